// Memory that is left, as machines and control groups of both versions state it.
#include "host/support/available_memory.h"

#include <gtest/gtest.h>

#include "tests/test_paths.h"

namespace friedel {
namespace {

class AvailableMemory : public ::testing::Test {
protected:
    test::TemporaryDirectory folder;
    void write(const char* name, const char* text) {
        std::filesystem::create_directories((folder / name).parent_path());
        test::write_text(folder / name, text);
    }
    std::size_t found() const { return available_memory(folder / "proc", folder / "groups"); }
};

TEST_F(AvailableMemory, OfTheMachine) {
    EXPECT_GT(found(), std::size_t{1} << 60) << "nobody says";
    write("proc/meminfo", "MemTotal:       24000 kB\nMemFree:         100 kB\nMemAvailable:    2000 kB\n");
    EXPECT_EQ(found(), 2'048'000u);
    write("proc/self/cgroup", "0::/\n");
    write("groups/memory.max", "max\n");
    write("groups/memory.current", "1000\n");
    EXPECT_EQ(found(), 2'048'000u);
}

// The group itself may have no limit, but the one of the job around it.
TEST_F(AvailableMemory, OfGroupsWithinGroups) {
    write("proc/meminfo", "MemAvailable:    2000 kB\n");
    write("proc/self/cgroup", "0::/job_7/step_0\n");
    write("groups/job_7/step_0/memory.max", "max\n");
    write("groups/job_7/step_0/memory.current", "300000\n");
    write("groups/job_7/memory.max", "1000000\n");
    write("groups/job_7/memory.current", "400000\n");
    write("groups/job_7/memory.stat", "anon 300000\ninactive_file 50000\n");
    EXPECT_EQ(found(), 650'000u);
    write("groups/job_7/memory.current", "1200000\n");
    EXPECT_EQ(found(), 0u);
}

TEST_F(AvailableMemory, OfTheFirstVersion) {
    write("proc/meminfo", "MemAvailable:    2000 kB\n");
    write("proc/self/cgroup", "9:cpu,memory:/slurm/job_7\n8:pids:/\n");
    write("groups/memory/slurm/job_7/memory.limit_in_bytes", "900000\n");
    write("groups/memory/slurm/job_7/memory.usage_in_bytes", "500000\n");
    write("groups/memory/memory.limit_in_bytes", "9223372036854771712\n");
    write("groups/memory/memory.usage_in_bytes", "500000\n");
    EXPECT_EQ(found(), 400'000u);
}

}  // namespace
}  // namespace friedel
