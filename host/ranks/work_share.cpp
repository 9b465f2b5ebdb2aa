#include "host/ranks/work_share.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "host/support/error.h"
#include "host/support/interrupt.h"
#include "host/support/seconds_since.h"

namespace friedel {

namespace {

using Clock = std::chrono::steady_clock;

// One portion is worked on while the next one is read.
constexpr std::size_t portions_at_once = 2;
// No portion is begun while one this far before it is unfinished, which bounds what is kept for the sake of the order.
constexpr std::size_t window_per_rank = 64;
constexpr std::chrono::milliseconds between_polls{1};

// Messages: a letter, for some a portion, for some a text.
enum Letter : char { briefing = 'B', do_portion = 'P', all_done = 'E', result_of = 'R', failed = 'F' };

std::string message(Letter letter, std::size_t portion = 0, const std::string& text = "") {
    std::string bytes(1 + sizeof portion, letter);
    std::memcpy(bytes.data() + 1, &portion, sizeof portion);
    return bytes + text;
}

std::size_t portion_of(const std::string& bytes) {
    std::size_t portion = 0;
    if (bytes.size() < 1 + sizeof portion) fail("MPI: a message between ranks is cut short; use one build of friedel on all machines");
    std::memcpy(&portion, bytes.data() + 1, sizeof portion);
    return portion;
}

std::string text_of(const std::string& bytes) { return bytes.substr(std::min(bytes.size(), 1 + sizeof(std::size_t))); }

// ---- The one who works, on a rank other than the first ----

class RemoteDesk : public WorkDesk {
public:
    explicit RemoteDesk(Communicator& ranks) : ranks_(ranks) {}
    std::optional<std::size_t> next(bool wait) override {
        while (true) {
            listen();
            if (!portions_.empty()) {
                const std::size_t portion = portions_.front();
                portions_.pop_front();
                return portion;
            }
            if (ended_ || !wait) return std::nullopt;
            std::this_thread::sleep_for(between_polls);
        }
    }
    void done(std::size_t portion, std::string result) override { ranks_.send(0, message(result_of, portion, result)); }
    // Nothing where all is done before this rank could begin.
    std::optional<std::string> wait_for_briefing() {
        for (; !briefing_ && !ended_; listen()) std::this_thread::sleep_for(between_polls);
        return briefing_;
    }
    void wait_for_end() {
        for (; !ended_; listen()) std::this_thread::sleep_for(between_polls);
    }

private:
    void listen() {
        while (const std::optional<RankMessage> got = ranks_.receive()) {
            if (got->text[0] == all_done)
                ended_ = true;
            else if (got->text[0] == briefing)
                briefing_ = text_of(got->text);
            else
                portions_.push_back(portion_of(got->text));
        }
    }

    Communicator& ranks_;
    std::optional<std::string> briefing_;
    std::deque<std::size_t> portions_;
    bool ended_ = false;
};

// ---- The one who works on the first rank, in a thread of its own ----

class LocalDesk : public WorkDesk {
public:
    std::optional<std::size_t> next(bool wait) override {
        std::unique_lock lock(mutex_);
        if (wait) changed_.wait(lock, [this] { return !portions_.empty() || ended_; });
        if (portions_.empty()) return std::nullopt;
        const std::size_t portion = portions_.front();
        portions_.pop_front();
        return portion;
    }
    void done(std::size_t portion, std::string result) override { tell(message(result_of, portion, result)); }

    // The other side of the desk.
    void give(std::size_t portion) {
        const std::lock_guard lock(mutex_);
        portions_.push_back(portion);
        changed_.notify_all();
    }
    void end() {
        const std::lock_guard lock(mutex_);
        portions_.clear();
        ended_ = true;
        changed_.notify_all();
    }
    void tell(std::string text) {
        const std::lock_guard lock(mutex_);
        messages_.push_back({0, std::move(text)});
        changed_.notify_all();
    }
    std::optional<RankMessage> receive(std::chrono::milliseconds longest) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, longest, [this] { return !messages_.empty(); });
        if (messages_.empty()) return std::nullopt;
        RankMessage got = std::move(messages_.front());
        messages_.pop_front();
        return got;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::size_t> portions_;
    std::deque<RankMessage> messages_;
    bool ended_ = false;
};

// ---- The one who hands out ----

class Office {
public:
    Office(Communicator& ranks, const SharedWork& work) : ranks_(ranks), work_(work), workers_(static_cast<std::size_t>(ranks.size())) {
        for (std::size_t portion = 0; portion < work.portions; ++portion) waiting_.insert(waiting_.end(), portion);
    }

    WorkOutcome run() {
        for (int rank = 1; rank < ranks_.size(); ++rank) ranks_.send(rank, message(briefing, 0, work_.briefing));
        std::thread local([this] { work_here(); });
        try {
            while (outcome_.taken < work_.portions && !outcome_.interrupted) {
                hand_out();
                listen();
                look_for_lost();
                outcome_.interrupted = interrupted();
            }
        } catch (...) {
            end(local);
            throw;
        }
        end(local);
        for (const Worker& worker : workers_) {
            outcome_.failed_ranks += worker.state != State::working;
            outcome_.rank_is_lost |= worker.state == State::lost;
        }
        return outcome_;
    }

private:
    enum class State { working, failed, lost };
    struct Worker {
        State state = State::working;
        std::set<std::size_t> portions;  // given and not brought back
        Clock::time_point heard = Clock::now();
    };

    void work_here() {
        try {
            work_.work(desk_, work_.briefing);
        } catch (...) {
            local_failure_ = std::current_exception();
            desk_.tell(message(failed));
        }
    }

    void hand_out() {
        const std::size_t end = outcome_.taken + window_per_rank * workers_.size();
        // One portion to each before any gets a second one.
        for (std::size_t round = 1; round <= portions_at_once; ++round) {
            for (std::size_t rank = 0; rank < workers_.size(); ++rank) {
                Worker& worker = workers_[rank];
                if (worker.state != State::working || worker.portions.size() >= round) continue;
                if (waiting_.empty() || *waiting_.begin() >= end) return;
                const std::size_t portion = *waiting_.begin();
                waiting_.erase(waiting_.begin());
                if (worker.portions.empty()) worker.heard = Clock::now();
                worker.portions.insert(portion);
                if (rank == 0)
                    desk_.give(portion);
                else
                    ranks_.send(static_cast<int>(rank), message(do_portion, portion));
            }
        }
    }

    void listen() {
        const bool alone = ranks_.size() == 1;
        std::optional<RankMessage> got = desk_.receive(alone ? std::chrono::milliseconds(50) : between_polls);
        for (; got; got = desk_.receive(std::chrono::milliseconds(0))) hear(*got);
        while ((got = ranks_.receive())) hear(*got);
    }

    void hear(const RankMessage& got) {
        Worker& worker = workers_[static_cast<std::size_t>(got.from)];
        worker.heard = Clock::now();
        if (got.text[0] == failed) return give_up(got.from, State::failed, got.from == 0 ? local_reason() : text_of(got.text));
        if (worker.state == State::lost) worker.state = State::working;
        const std::size_t portion = portion_of(got.text);
        worker.portions.erase(portion);
        // Done twice where the first to have it was taken for lost.
        if (portion >= outcome_.taken) results_.try_emplace(portion, text_of(got.text));
        waiting_.erase(portion);
        while (!results_.empty() && results_.begin()->first == outcome_.taken) {
            work_.take(outcome_.taken, results_.begin()->second);
            results_.erase(results_.begin());
            ++outcome_.taken;
        }
    }

    void look_for_lost() {
        for (int rank = 1; rank < ranks_.size(); ++rank) {
            const Worker& worker = workers_[static_cast<std::size_t>(rank)];
            if (worker.state != State::working || worker.portions.empty() || seconds_since(worker.heard) < work_.timeout_seconds) continue;
            const std::string seconds = std::to_string(static_cast<long>(work_.timeout_seconds));
            give_up(rank, State::lost, "has not answered for " + seconds + " s");
        }
    }

    // What this rank's own work threw, in words.
    std::string local_reason() const {
        try {
            std::rethrow_exception(local_failure_);
        } catch (const std::exception& error) {
            return error.what();
        }
    }

    // The others do what the rank had. Where there are none left, this rank's own failure, which whoever called it tells, ends the work.
    void give_up(int rank, State state, const std::string& why) {
        Worker& worker = workers_[static_cast<std::size_t>(rank)];
        worker.state = state;
        for (std::size_t portion : worker.portions) {
            if (portion >= outcome_.taken && !results_.contains(portion)) waiting_.insert(portion);
        }
        worker.portions.clear();
        const std::string what = "rank " + std::to_string(rank) + ": " + why;
        if (!none_left()) {
            if (work_.tell) work_.tell(what + "; the others do its share");
            return;
        }
        if (work_.tell && rank > 0) work_.tell(what);
        std::rethrow_exception(local_failure_);
    }

    bool none_left() const {
        for (const Worker& worker : workers_) {
            if (worker.state == State::working) return false;
        }
        return true;
    }

    void end(std::thread& local) {
        desk_.end();
        for (int rank = 1; rank < ranks_.size(); ++rank) ranks_.send(rank, message(all_done));
        local.join();
    }

    Communicator& ranks_;
    const SharedWork& work_;
    LocalDesk desk_;
    std::exception_ptr local_failure_;
    std::vector<Worker> workers_;                 // [ranks]
    std::set<std::size_t> waiting_;               // portions that nobody has
    std::map<std::size_t, std::string> results_;  // that come before their turn
    WorkOutcome outcome_;
};

}  // namespace

WorkOutcome share_work(Communicator& ranks, const SharedWork& work) {
    if (ranks.first()) return Office(ranks, work).run();
    RemoteDesk desk(ranks);
    try {
        if (const std::optional<std::string> told = desk.wait_for_briefing()) work.work(desk, *told);
    } catch (const std::exception& error) {
        ranks.send(0, message(failed, 0, error.what()));
    }
    desk.wait_for_end();
    return {};
}

void leave_work(Communicator& ranks, const std::string& why) {
    ranks.send(0, message(failed, 0, why));
    RemoteDesk(ranks).wait_for_end();
}

}  // namespace friedel
