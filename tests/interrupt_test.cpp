#include "host/support/interrupt.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <thread>

namespace friedel {
namespace {

TEST(Interrupt, OneRequestMayComeAsTwoSignals) {
    {
        const InterruptGuard guard;
        EXPECT_FALSE(interrupted());
        std::raise(SIGTERM);
        EXPECT_EQ(interrupting_signal(), SIGTERM);
        std::raise(SIGTERM);  // as timeout(1) sends it to the process and to its group
        std::raise(SIGINT);
        EXPECT_EQ(interrupting_signal(), SIGTERM);
    }
    const InterruptGuard next;  // begins anew, for the tests that follow
    EXPECT_FALSE(interrupted());
}

// A terminal that goes away asks to stop, unless nohup(1) said that it does not matter.
TEST(Interrupt, HangUpsCountUnlessIgnored) {
    {
        const InterruptGuard guard;
        std::raise(SIGHUP);
        EXPECT_EQ(interrupting_signal(), SIGHUP);
    }
    std::signal(SIGHUP, SIG_IGN);
    {
        const InterruptGuard guard;
        std::raise(SIGHUP);
        EXPECT_FALSE(interrupted());
    }
    std::signal(SIGHUP, SIG_DFL);
}

TEST(InterruptDeathTest, ALaterSignalEndsTheProgram) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(
        {
            const InterruptGuard guard;
            std::raise(SIGINT);
            std::this_thread::sleep_for(std::chrono::milliseconds(1100));
            std::raise(SIGINT);
        },
        testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace friedel
