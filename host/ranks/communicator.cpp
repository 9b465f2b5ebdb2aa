#include "host/ranks/communicator.h"

#include <algorithm>
#include <cstdlib>

#include "host/support/error.h"
#include "host/support/shared_module.h"
#include "host/support/thread_pool.h"

namespace friedel {

namespace {

constexpr const char* module_name = "libfriedel_mpi.so";

// The number that the first of these environment variables holds, else 0.
int number_in_environment(std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const char* const text = std::getenv(name);
        if (text && *text) return std::atoi(text);
    }
    return 0;
}

// Set by mpirun of Open MPI, by mpirun of MPICH and Intel MPI and by srun --mpi=pmi2.
int ranks_of_mpi() { return number_in_environment({"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}); }
int tasks_of_srun() { return number_in_environment({"SLURM_STEP_NUM_TASKS"}); }

}  // namespace

int launched_processes() { return std::max({1, ranks_of_mpi(), tasks_of_srun()}); }
bool is_first_launched() { return number_in_environment({"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "SLURM_PROCID"}) == 0; }

std::unique_ptr<Communicator> open_communicator() {
    const int ranks = ranks_of_mpi(), tasks = tasks_of_srun();
    const bool pmix = std::getenv("PMIX_RANK") != nullptr;
    if (ranks <= 1 && tasks > 1 && !pmix) {
        fail("srun started ", tasks, " processes that know nothing of each other; use srun --mpi=pmix, or one task (srun -n 1)");
    }
    if (ranks <= 1 && !(pmix && tasks > 1)) return std::make_unique<Communicator>();
    const std::filesystem::path file = module_file(module_name);
    if (file.empty()) {
        fail("started as ", ranks > 1 ? ranks : tasks,
             " ranks, but built without MPI; install libopenmpi-dev and build again, or start one");
    }
    // Open MPI loads modules of its own that look for its symbols among the program's.
    void* const module = open_module(file, true, "the MPI module cannot be loaded", "load the MPI that friedel was built with");
    return std::unique_ptr<Communicator>(module_function<Communicator*()>(module, file, "friedel_mpi_communicator")());
}

int threads_of_rank(int wanted, const Communicator& ranks) {
    return wanted > 0 ? wanted : std::max(1, usable_cores() / ranks.sharing_cores());
}

RowShare rows_of_rank(int batch, const Communicator& ranks) {
    const int size = ranks.size(), rank = ranks.rank();
    if (batch < size)
        fail("training.batch: ", batch, " patterns cannot be shared by ", size, " ranks; let it be a multiple of their number");
    const int even = batch / size, more = batch % size;
    return {rank * even + (rank < more ? rank : more), even + (rank < more)};
}

}  // namespace friedel
