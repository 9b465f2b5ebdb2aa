// Processes that work on one thing together, each a rank: this is the only door to MPI. A program that mpirun or srun started as several
// ranks opens libfriedel_mpi.so (mpi_communicator.cpp); any other is alone and neither loads nor starts MPI.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace friedel {

struct RankMessage {
    int from;
    std::string text;
};

// This class itself is a rank alone. All ranks make the same calls in the same order; each may throw Error, naming the rank at fault.
class Communicator {
public:
    virtual ~Communicator() = default;
    virtual int rank() const { return 0; }
    virtual int size() const { return 1; }
    virtual int rank_on_node() const { return 0; }
    // Ranks of this node that may run on the same cores as this one, itself included.
    virtual int sharing_cores() const { return 1; }
    bool first() const { return rank() == 0; }

    // How long to wait for the others before one of them is taken for lost.
    virtual void set_timeout(double /*seconds*/) {}
    virtual double timeout_seconds() const { return 600; }

    // values [n] become their sums over all ranks, with the same bits on each. Several sums may be under way at once; none of the values
    // may be touched before finish_sums().
    virtual void begin_sum(float* /*values*/, std::size_t /*n*/) {}
    virtual void finish_sums() {}
    virtual void sum(double* /*values*/, std::size_t /*n*/) {}
    virtual void broadcast(void* /*values*/, std::size_t /*bytes*/) {}  // from the first rank to all
    // On the first rank: the texts of all, in their order. On the others nothing.
    virtual std::vector<std::string> gather(const std::string& text) { return {text}; }
    // A message to one rank; it is kept until it has left.
    virtual void send(int /*to*/, std::string /*message*/) {}
    // The next message that has come from any rank, in the order in which each sent them; nothing where there is none yet.
    virtual std::optional<RankMessage> receive() { return std::nullopt; }
    // Ends all ranks at once, after one of them has said why.
    virtual void abort() {}
};

// How many processes mpirun or srun started, of which this is one, and whether it is their first; 1 where neither did.
int launched_processes();
bool is_first_launched();

// Throws Error where this process is one of several and there is no MPI for it.
std::unique_ptr<Communicator> open_communicator();

// Threads that this rank should have: as many as wanted, or its part of the cores where that is 0.
int threads_of_rank(int wanted, const Communicator& ranks);

// Rows of a batch that belong to a rank: as even as can be.
struct RowShare {
    int first, count;
};
RowShare rows_of_rank(int batch, const Communicator& ranks);

}  // namespace friedel
