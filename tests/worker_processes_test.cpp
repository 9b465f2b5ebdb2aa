#include "host/support/worker_processes.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <map>
#include <set>

#include "tests/test_paths.h"

namespace friedel {
namespace {

using Kind = WorkerProcesses::Outcome::Kind;

std::string work(const std::string& job, const std::function<void(std::uint32_t)>& begin_step) {
    begin_step(3);
    if (job == "hang") {
        begin_step(4);
        while (true) pause();
    }
    if (job == "crash") raise(SIGKILL);
    if (job == "throw") throw 1;
    return "did " + job;
}

// With so many seconds for a job.
std::map<std::uint64_t, WorkerProcesses::Outcome> run(const std::vector<std::string>& jobs, int processes, double limit) {
    WorkerProcesses workers(processes, limit, work);
    std::map<std::uint64_t, WorkerProcesses::Outcome> outcomes;
    std::size_t sent = 0;
    while (outcomes.size() < jobs.size()) {
        while (sent < jobs.size() && workers.has_idle()) {
            workers.submit(sent, jobs[sent]);
            ++sent;
        }
        if (auto outcome = workers.wait(5)) outcomes.emplace(outcome->id, *outcome);
    }
    return outcomes;
}

TEST(WorkerProcesses, EveryJobComesBack) {
    std::vector<std::string> jobs;
    for (int i = 0; i < 200; ++i) jobs.push_back(std::string(static_cast<std::size_t>(i * 997 % 5000), 'x'));
    jobs.push_back(std::string(3 << 20, 'y'));  // larger than any buffer of a socket
    const auto outcomes = run(jobs, 3, 30);
    for (const auto& [id, outcome] : outcomes) {
        EXPECT_EQ(outcome.kind, Kind::done);
        EXPECT_EQ(outcome.result, "did " + jobs[id]);
    }
}

TEST(WorkerProcesses, HangsAndCrashesCostOnlyThemselves) {
    const auto outcomes = run({"a", "hang", "crash", "b", "throw", "c", "hang", "d"}, 2, 2);
    const std::map<std::uint64_t, Kind> expected = {{0, Kind::done},    {1, Kind::timed_out}, {2, Kind::crashed},   {3, Kind::done},
                                                    {4, Kind::crashed}, {5, Kind::done},      {6, Kind::timed_out}, {7, Kind::done}};
    for (const auto& [id, kind] : expected) EXPECT_EQ(outcomes.at(id).kind, kind) << id;
    EXPECT_EQ(outcomes.at(1).failed_step, 4u);
    EXPECT_EQ(outcomes.at(2).failed_step, 3u);
    EXPECT_EQ(outcomes.at(5).result, "did c");
}

// One that is ended before it begins says nothing about its job.
TEST(WorkerProcesses, TellsWhetherAStepBegan) {
    WorkerProcesses workers(1, 100, [](const std::string& job, const auto& begin_step) -> std::string {
        if (job == "begins") begin_step(7);
        std::_Exit(9);
    });
    for (const std::string job : {"begins", "does not"}) {
        workers.submit(1, job);
        const auto outcome = workers.wait(20);
        ASSERT_TRUE(outcome);
        EXPECT_EQ(outcome->kind, Kind::crashed);
        EXPECT_EQ(outcome->began, job == "begins");
    }
}

std::set<std::string> open_descriptors() {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) found.insert(entry.path().filename().string());
    return found;
}

// Where the system refuses the third one, the two before it do not stay.
TEST(WorkerProcesses, OnesThatCannotAllBeStartedLeaveNothing) {
    const std::set<std::string> before = open_descriptors();
    rlimit usual;
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &usual), 0);
    const int next = dup(0);  // the first number that is free
    close(next);
    const rlimit few{static_cast<rlim_t>(next) + 4, usual.rlim_max};  // one stays open of each pair
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    const std::string error = test::error_of([] { WorkerProcesses(8, 100, work); });
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &usual), 0);
    EXPECT_NE(error.find("cannot talk to worker processes (Too many open files)"), std::string::npos) << error;
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a child is left";
    EXPECT_EQ(errno, ECHILD);
}

TEST(WorkerProcesses, WaitGivesUp) {
    WorkerProcesses workers(1, 100, work);
    EXPECT_FALSE(workers.wait(0.01).has_value());
}

}  // namespace
}  // namespace friedel
