// Where networks train and answer: the threads of this process, and the backend chosen with --device.
// The CUDA backend is a library of its own, libfriedel_cuda.so, opened only where a driver is found: without one the program starts as fast
// and needs no CUDA library.
#pragma once

#include <memory>
#include <string>

#include "host/network/backend.h"
#include "host/ranks/communicator.h"
#include "host/support/tell.h"
#include "host/support/thread_pool.h"

namespace friedel {

struct DeviceChoice {
    // "cpu"; "cuda" or "cuda:N", an Error where it cannot be had; "auto", the first CUDA device or else the processor.
    std::string device = "auto";
    // Of what matrix products multiply: "bf16", "tf32" (float on the processor) or "float"; "auto" is bf16 on a CUDA device that has
    // it, else float. Sums and parameters are single precision in any case.
    std::string precision = "auto";
    // Which of the visible devices, counted round and round, where "auto" or "cuda" leaves that open: ranks of one node take one each.
    int rank_on_node = 0;
};

struct Device {
    // threads = 0: one per core. `tell` hears why "auto" takes the processor where the program was built for CUDA.
    explicit Device(const DeviceChoice& choice, int threads = 0, const Tell& tell = {});

    ThreadPool pool;
    std::unique_ptr<Backend> backend;
};

// Throws Error unless `choice` is one that Device knows.
void check_device_choice(const DeviceChoice& choice);

// The backend of a CUDA device, `number` as the CUDA runtime counts them; round and round, if `wrap`. Throws Error, saying what is missing
// and what to do.
std::unique_ptr<Backend> make_cuda_backend(int number, const std::string& precision, bool wrap = false);

// What is wrong with the devices (Backend::device_identity()) of ranks that are to add up their gradients; empty if nothing.
std::string duplicate_device_fault(const std::vector<std::string>& identities);
// Called by all ranks before Backend::join(), which would wait for ever where a rank has no GPU or another's. The first throws Error.
void check_distinct_devices(const Backend& backend, Communicator& ranks);

}  // namespace friedel
