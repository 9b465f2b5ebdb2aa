// Ranks over MPI, built as a library of its own, libfriedel_mpi.so, that communicator.cpp opens. Every wait is a poll with a time limit, so
// that a rank that has stopped is named by the others instead of holding them for ever. All calls come from one thread.
#include <mpi.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <list>
#include <numeric>

#include "host/ranks/communicator.h"
#include "host/support/error.h"
#include "host/support/seconds_since.h"

namespace friedel {

namespace {

using Clock = std::chrono::steady_clock;

constexpr int roll_call_tag = 1, message_tag = 2;
constexpr double roll_call_seconds = 5;
constexpr std::size_t largest_message = std::size_t{1} << 30;  // bytes
constexpr std::size_t largest_part = std::size_t{1} << 20;     // floats of one sum: the next part travels while this one is added

void check(int status, const char* what) {
    if (status == MPI_SUCCESS) return;
    char text[MPI_MAX_ERROR_STRING];
    int length = 0;
    MPI_Error_string(status, text, &length);
    fail("MPI: ", what, ": ", text);
}

class MpiCommunicator : public Communicator {
public:
    MpiCommunicator() {
        int provided = 0;
        check(MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided), "starting");
        check(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "starting");
        check(MPI_Comm_rank(MPI_COMM_WORLD, &rank_), "asking for the rank");
        check(MPI_Comm_size(MPI_COMM_WORLD, &size_), "asking for the number of ranks");
        MPI_Comm node;
        check(MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank_, MPI_INFO_NULL, &node), "finding the ranks of this node");
        look_at_node(node);
        check(MPI_Comm_free(&node), "finding the ranks of this node");
        char name[MPI_MAX_PROCESSOR_NAME] = {};
        int length = 0;
        check(MPI_Get_processor_name(name, &length), "asking for the name of this machine");
        hosts_.resize(static_cast<std::size_t>(size_) * sizeof name);
        check(MPI_Allgather(name, sizeof name, MPI_CHAR, hosts_.data(), sizeof name, MPI_CHAR, MPI_COMM_WORLD), "gathering names");
    }
    ~MpiCommunicator() override { MPI_Finalize(); }

    int rank() const override { return rank_; }
    int size() const override { return size_; }
    int rank_on_node() const override { return rank_on_node_; }
    int sharing_cores() const override { return sharing_cores_; }
    void set_timeout(double seconds) override { timeout_seconds_ = seconds; }
    double timeout_seconds() const override { return timeout_seconds_; }

    void begin_sum(float* values, std::size_t n) override {
        for (std::size_t begin = 0; begin < n; begin += largest_part) {
            const int count = static_cast<int>(std::min(largest_part, n - begin));
            check(MPI_Iallreduce(MPI_IN_PLACE, values + begin, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD, &pending_.emplace_back()),
                  "summing gradients");
        }
    }
    void finish_sums() override { wait("summing gradients"); }

    void sum(double* values, std::size_t n) override {
        check(MPI_Iallreduce(MPI_IN_PLACE, values, static_cast<int>(n), MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD, &pending_.emplace_back()),
              "summing losses");
        wait("summing losses");
    }

    void broadcast(void* values, std::size_t bytes) override {
        auto* const from = static_cast<char*>(values);
        for (std::size_t begin = 0; begin < bytes; begin += largest_message) {
            const int count = static_cast<int>(std::min(largest_message, bytes - begin));
            check(MPI_Ibcast(from + begin, count, MPI_BYTE, 0, MPI_COMM_WORLD, &pending_.emplace_back()), "sending orders");
            wait("sending orders");
        }
    }

    std::vector<std::string> gather(const std::string& text) override {
        const int length = static_cast<int>(text.size());
        std::vector<int> lengths(static_cast<std::size_t>(size_)), begins(lengths.size());
        check(MPI_Iallgather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, MPI_COMM_WORLD, &pending_.emplace_back()), "gathering texts");
        wait("gathering texts");
        std::exclusive_scan(lengths.begin(), lengths.end(), begins.begin(), 0);
        std::string all(static_cast<std::size_t>(begins.back() + lengths.back()), '\0');
        check(MPI_Igatherv(text.data(), length, MPI_CHAR, all.data(), lengths.data(), begins.data(), MPI_CHAR, 0, MPI_COMM_WORLD,
                           &pending_.emplace_back()),
              "gathering texts");
        wait("gathering texts");
        std::vector<std::string> texts;
        if (rank_ > 0) return texts;
        for (std::size_t i = 0; i < lengths.size(); ++i)
            texts.push_back(all.substr(static_cast<std::size_t>(begins[i]), static_cast<std::size_t>(lengths[i])));
        return texts;
    }

    void send(int to, std::string message) override {
        forget_sent();
        Sent& sent = sent_.emplace_back(Sent{std::move(message), MPI_REQUEST_NULL});
        check(MPI_Isend(sent.text.data(), static_cast<int>(sent.text.size()), MPI_CHAR, to, message_tag, MPI_COMM_WORLD, &sent.request),
              "sending a message");
    }

    std::optional<RankMessage> receive() override {
        forget_sent();
        int found = 0, length = 0;
        MPI_Status status;
        check(MPI_Iprobe(MPI_ANY_SOURCE, message_tag, MPI_COMM_WORLD, &found, &status), "looking for messages");
        if (!found) return std::nullopt;
        check(MPI_Get_count(&status, MPI_CHAR, &length), "looking for messages");
        RankMessage message{status.MPI_SOURCE, std::string(static_cast<std::size_t>(length), '\0')};
        check(MPI_Recv(message.text.data(), length, MPI_CHAR, message.from, message_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE),
              "receiving a message");
        return message;
    }

    void abort() override { MPI_Abort(MPI_COMM_WORLD, 1); }

private:
    void look_at_node(MPI_Comm node) {
        int ranks_here = 0;
        check(MPI_Comm_rank(node, &rank_on_node_), "finding the ranks of this node");
        check(MPI_Comm_size(node, &ranks_here), "finding the ranks of this node");
        // A bit for each of 16 384 cores: the system refuses a set that is smaller than its own, which may be of 8192.
        using Cores = std::array<cpu_set_t, 16>;
        Cores mine{};
        const bool known = sched_getaffinity(0, sizeof mine, mine.data()) == 0;
        std::vector<Cores> all(static_cast<std::size_t>(ranks_here));
        check(MPI_Allgather(&mine, sizeof mine, MPI_BYTE, all.data(), sizeof mine, MPI_BYTE, node), "comparing cores");
        if (!known) return;
        sharing_cores_ = static_cast<int>(
            std::count_if(all.begin(), all.end(), [&](const Cores& set) { return std::memcmp(&set, &mine, sizeof mine) == 0; }));
    }

    void forget_sent() {
        sent_.remove_if([](Sent& sent) {
            int done = 0;
            check(MPI_Test(&sent.request, &done, MPI_STATUS_IGNORE), "sending a message");
            return done != 0;
        });
    }

    // Until all that is pending is done.
    void wait(const char* what) {
        const Clock::time_point start = Clock::now();
        for (int polls = 0;; ++polls) {
            int done = 0;
            check(MPI_Testall(static_cast<int>(pending_.size()), pending_.data(), &done, MPI_STATUSES_IGNORE), what);
            if (done) break;
            constexpr int impatient_polls = 1000;  // then others may need the core more
            if (polls > impatient_polls) sched_yield();
            if (polls % impatient_polls == 0 && seconds_since(start) > timeout_seconds_) name_the_lost(what);
        }
        pending_.clear();
    }

    // The ranks that still run all come here at about the same time, and say so to each other; those that say nothing are lost.
    [[noreturn]] void name_the_lost(const char* what) {
        const int here = 1;
        std::vector<MPI_Request> sent(static_cast<std::size_t>(size_), MPI_REQUEST_NULL);
        std::vector<bool> answered(static_cast<std::size_t>(size_), false);
        answered[static_cast<std::size_t>(rank_)] = true;
        for (int other = 0; other < size_; ++other) {
            if (other != rank_) MPI_Isend(&here, 1, MPI_INT, other, roll_call_tag, MPI_COMM_WORLD, &sent[static_cast<std::size_t>(other)]);
        }
        for (const Clock::time_point start = Clock::now(); seconds_since(start) < roll_call_seconds; sched_yield()) {
            int found = 0, heard = 0;
            MPI_Status status;
            MPI_Iprobe(MPI_ANY_SOURCE, roll_call_tag, MPI_COMM_WORLD, &found, &status);
            if (!found) continue;
            MPI_Recv(&heard, 1, MPI_INT, status.MPI_SOURCE, roll_call_tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            answered[static_cast<std::size_t>(status.MPI_SOURCE)] = true;
        }
        std::string lost;
        for (int other = 0; other < size_; ++other) {
            if (answered[static_cast<std::size_t>(other)]) continue;
            const char* const host = hosts_.data() + static_cast<std::size_t>(other) * MPI_MAX_PROCESSOR_NAME;
            lost += (lost.empty() ? "rank " : ", rank ") + std::to_string(other) + " on " + host;
        }
        if (lost.empty()) fail("MPI: ", what, " took more than ", timeout_seconds_, " s; raise training.rank_timeout_seconds");
        fail(lost, " has not answered for ", timeout_seconds_,
             " s; look at that machine and go on with --resume, or raise training.rank_timeout_seconds");
    }

    int rank_ = 0, size_ = 1, rank_on_node_ = 0, sharing_cores_ = 1;
    double timeout_seconds_ = 600;
    std::vector<char> hosts_;  // [size][MPI_MAX_PROCESSOR_NAME]
    std::vector<MPI_Request> pending_;
    struct Sent {
        std::string text;
        MPI_Request request;
    };
    std::list<Sent> sent_;  // and not yet gone
};

}  // namespace

}  // namespace friedel

extern "C" friedel::Communicator* friedel_mpi_communicator() { return new friedel::MpiCommunicator; }
