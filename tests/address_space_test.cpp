// Batch systems that limit the address space (ulimit -v, h_vmem): work that finds no room says so and ends.
#include <gtest/gtest.h>

#include "tests/train_command.h"

namespace friedel {
namespace {

using test::TrainCommand;

// When OpenBLAS is loaded it makes a thread per core, and raises SIGINT where one finds no room.
const std::string limited = "export OPENBLAS_NUM_THREADS=1\nulimit -v ";

// OpenBLAS waits for ever for a buffer that it cannot have: no command may get that far.
TEST_F(TrainCommand, EndsWhereTheAddressSpaceIsTooSmall) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers take terabytes of address space";
#endif
    int trained = 0, no_room = 0;
    for (int megabytes = 175; megabytes <= 1000 && trained == 0; megabytes += 75) {
        const auto result = test::run_script(limited + std::to_string(1024 * megabytes) + "\n" + "timeout -s KILL 60 $friedel " + all +
                                                 "--steps 2 --threads 2 -q -o model.h5",
                                             folder.path);
        EXPECT_TRUE(result.status == 0 || result.status == 1) << megabytes << " MB: " << result.status << "\n" << result.err;
        trained += result.status == 0;
        no_room += result.err.find("no room for matrix products") != std::string::npos;
        EXPECT_TRUE(result.status == 0 || !result.err.empty()) << megabytes << " MB";
    }
    EXPECT_EQ(trained, 1) << "a gigabyte is enough";
    EXPECT_GT(no_room, 0);
}

// What was measured before a batch found no memory is written all the same.
TEST_F(TrainCommand, ABenchmarkThatFindsNoMemoryKeepsItsFigures) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "sanitizers take terabytes of address space";
#endif
    const auto result = test::run_script(limited + "1000000\n$friedel bench " + library + small +
                                             "--threads 1 --rounds 1 --seconds 0.001 --only step --batches 1000000 -o bench.jsonl",
                                         folder.path);
    EXPECT_EQ(result.status, 1) << result.err;
    EXPECT_NE(result.err.find("no memory for"), std::string::npos) << result.err;
    EXPECT_NE(test::read_text(folder / "bench.jsonl").find("step, batch of 64"), std::string::npos);
}

}  // namespace
}  // namespace friedel
