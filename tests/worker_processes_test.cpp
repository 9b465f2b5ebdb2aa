#include "host/support/worker_processes.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <set>

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

TEST(WorkerProcesses, WaitGivesUp) {
    WorkerProcesses workers(1, 100, work);
    EXPECT_FALSE(workers.wait(0.01).has_value());
}

}  // namespace
}  // namespace friedel
