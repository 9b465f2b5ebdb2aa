#include "cuda/gradient_sum.h"

#include <nccl.h>

#include <exception>

#include "cuda/check.h"

namespace friedel::cuda {

namespace {

void check(ncclResult_t status, const char* what) {
    if (status != ncclSuccess) fail("NCCL: ", what, ": ", ncclGetErrorString(status), "; NCCL_DEBUG=INFO says more");
}

// Other ranks take part in the regular end; where an error is on its way they may not come.
ncclResult_t leave(ncclComm_t group) { return std::uncaught_exceptions() > 0 ? ncclCommAbort(group) : ncclCommDestroy(group); }

class NcclSum : public GradientSum {
public:
    explicit NcclSum(Communicator& ranks) {
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

private:
    Owned<ncclComm_t, leave> group_;
    Stream stream_;  // of its own: sums travel while the backward pass goes on
    Event ready_, done_;
};

}  // namespace

}  // namespace friedel::cuda

extern "C" friedel::cuda::GradientSum* friedel_nccl_sum(friedel::Communicator& ranks) { return new friedel::cuda::NcclSum(ranks); }
