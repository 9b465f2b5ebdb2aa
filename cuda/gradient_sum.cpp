#include "cuda/gradient_sum.h"

#include <nccl.h>

#include <chrono>
#include <exception>
#include <thread>

#include "cuda/check.h"
#include "cuda/owned.h"

namespace friedel::cuda {

namespace {

void check(ncclResult_t status, const char* what) {
    if (status != ncclSuccess) fail("NCCL: ", what, ": ", ncclGetErrorString(status), "; NCCL_DEBUG=INFO says more");
}

// Other ranks take part in the regular end; where an error is on its way they may not come.
ncclResult_t leave(ncclComm_t group) { return std::uncaught_exceptions() > 0 ? ncclCommAbort(group) : ncclCommDestroy(group); }

class NcclSum : public GradientSum {
public:
    explicit NcclSum(Communicator& ranks) : ranks_(ranks) {
        ncclUniqueId id{};
        if (ranks.first()) check(ncclGetUniqueId(&id), "starting");
        ranks.broadcast(&id, sizeof id);
        check(ncclCommInitRank(group_.fill(), ranks.size(), id, ranks.rank()), "joining the GPUs of all ranks");
        cuda::check(cudaStreamCreateWithFlags(stream_.fill(), cudaStreamNonBlocking), "making a stream");
        cuda::check(cudaEventCreateWithFlags(ready_.fill(), cudaEventDisableTiming), "making an event");
        cuda::check(cudaEventCreateWithFlags(done_.fill(), cudaEventDisableTiming), "making an event");
    }

    void begin(cudaStream_t stream, float* values, std::size_t n) override {
        cuda::check(cudaEventRecord(ready_, stream), "beginning a sum");
        cuda::check(cudaStreamWaitEvent(stream_, ready_, 0), "beginning a sum");
        check(ncclAllReduce(values, values, n, ncclFloat, ncclSum, group_, stream_), "summing gradients");
    }
    void finish(cudaStream_t stream) override {
        cuda::check(cudaEventRecord(done_, stream_), "finishing a sum");
        cuda::check(cudaStreamWaitEvent(stream, done_, 0), "finishing a sum");
    }

    void watch(cudaStream_t stream) override {
        using Clock = std::chrono::steady_clock;
        const auto start = Clock::now();
        for (;;) {
            const cudaError_t state = cudaStreamQuery(stream);
            if (state != cudaErrorNotReady) return cuda::check(state, "waiting for the device and other ranks");
            cudaGetLastError();  // not ready is no error, but the next launch would be told it
            ncclResult_t fault = ncclSuccess;
            check(ncclCommGetAsyncError(group_, &fault), "asking after the other ranks");
            const double waited = std::chrono::duration<double>(Clock::now() - start).count();
            if (fault != ncclSuccess || waited > ranks_.timeout_seconds()) {
                // Its kernels wait on the device until they are told not to, and no memory could be freed before.
                ncclCommAbort(group_.release());
                check(fault, "a rank is lost; go on with --resume");
                fail("a GPU of another rank has not come to a sum for ", ranks_.timeout_seconds(),
                     " s; look at the machines and go on with --resume, or raise training.rank_timeout_seconds");
            }
            std::this_thread::sleep_for(std::chrono::microseconds(100));
        }
    }

private:
    Communicator& ranks_;
    Owned<ncclComm_t, leave> group_;
    Stream stream_;  // of its own: sums travel while the backward pass goes on
    Event ready_, done_;
};

}  // namespace

}  // namespace friedel::cuda

extern "C" friedel::cuda::GradientSum* friedel_nccl_sum(friedel::Communicator& ranks) { return new friedel::cuda::NcclSum(ranks); }
