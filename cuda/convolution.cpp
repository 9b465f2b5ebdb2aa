// As the kernel is a multiple of the stride, every convolution is given to cuDNN as one of stride 1, of `stride` times the channels and a
// kernel shorter by as much: no copy is needed for that, see kernels/convolution.h, and channels then come in the multiples of 8 that
// tensor cores want, for the pattern's single channel too.
#include "cuda/convolution.h"

#include <cudnn.h>

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "cuda/check.h"
#include "cuda/owned.h"

namespace friedel::cuda {

namespace {

constexpr std::size_t largest_workspace = std::size_t{512} << 20;  // bytes; algorithms that want more are passed over
constexpr int max_algorithms = 16;
constexpr std::int64_t max_values = 0x7fffffff;  // of a tensor

void check(cudnnStatus_t status, const char* what) {
    if (status != CUDNN_STATUS_SUCCESS) fail("cuDNN: ", what, ": ", cudnnGetErrorString(status), "; use a network without convolutions");
}

using Handle = Owned<cudnnHandle_t, cudnnDestroy>;
using Tensor = Owned<cudnnTensorDescriptor_t, cudnnDestroyTensorDescriptor>;
using Filter = Owned<cudnnFilterDescriptor_t, cudnnDestroyFilterDescriptor>;
using Description = Owned<cudnnConvolutionDescriptor_t, cudnnDestroyConvolutionDescriptor>;

enum class Pass { forward, backward_filters, backward_input };

struct Plan {
    Tensor in, out;
    Filter filters;
    Description convolution;
    int algorithm = 0;  // of the pass's own enumeration
    std::size_t workspace = 0;
};

class CudnnEngine : public ConvolutionEngine {
public:
    explicit CudnnEngine(Precision precision) : precision_(precision) { check(cudnnCreate(handle_.fill()), "starting"); }

    void forward(cudaStream_t stream, void* out, const void* in, const void* filters, const ConvolutionShape& shape, int rows) override {
        const Plan& p = plan_for(Pass::forward, shape, rows);
        in = packed(stream, in, shape, rows);
        check(cudnnSetStream(handle_, stream), "choosing a stream");
        check(cudnnConvolutionForward(handle_, &one_, p.in, in, p.filters, filters, p.convolution,
                                      static_cast<cudnnConvolutionFwdAlgo_t>(p.algorithm), workspace_.at_least(p.workspace), p.workspace,
                                      &zero_, p.out, out),
              "a convolution");
    }

    void backward_filters(cudaStream_t stream, void* gradient, const void* out_gradient, const void* in, const ConvolutionShape& shape,
                          int rows) override {
        const Plan& p = plan_for(Pass::backward_filters, shape, rows);
        in = packed(stream, in, shape, rows);
        check(cudnnSetStream(handle_, stream), "choosing a stream");
        check(cudnnConvolutionBackwardFilter(handle_, &one_, p.in, in, p.out, out_gradient, p.convolution,
                                             static_cast<cudnnConvolutionBwdFilterAlgo_t>(p.algorithm), workspace_.at_least(p.workspace),
                                             p.workspace, &zero_, p.filters, gradient),
              "the gradient of filters");
    }

    void backward_input(cudaStream_t stream, void* in_gradient, const void* out_gradient, const void* filters,
                        const ConvolutionShape& shape, int rows) override {
        const Plan& p = plan_for(Pass::backward_input, shape, rows);
        check(cudnnSetStream(handle_, stream), "choosing a stream");
        const RowBytes bytes = row_bytes(shape);
        void* const apart = bytes.used == bytes.stride ? in_gradient : packed_.at_least(bytes.used * static_cast<std::size_t>(rows));
        check(cudnnConvolutionBackwardData(handle_, &one_, p.filters, filters, p.out, out_gradient, p.convolution,
                                           static_cast<cudnnConvolutionBwdDataAlgo_t>(p.algorithm), workspace_.at_least(p.workspace),
                                           p.workspace, &zero_, p.in, apart),
              "the gradient of a convolution's input");
        if (apart == in_gradient) return;
        // Values beyond the last kernel get no gradient.
        cuda::check(cudaMemset2DAsync(static_cast<char*>(in_gradient) + bytes.used, bytes.stride, 0, bytes.stride - bytes.used,
                                      static_cast<std::size_t>(rows), stream),
                    "clearing a gradient");
        cuda::check(cudaMemcpy2DAsync(in_gradient, bytes.stride, apart, bytes.used, bytes.used, static_cast<std::size_t>(rows),
                                      cudaMemcpyDeviceToDevice, stream),
                    "copying a gradient");
    }

private:
    using Key = std::tuple<Pass, int, int, int, int, int, int>;

    const Plan& plan_for(Pass pass, const ConvolutionShape& shape, int rows) {
        std::unique_ptr<Plan>& plan = plans_[{pass, shape.length, shape.channels, shape.filters, shape.kernel, shape.stride, rows}];
        if (!plan) {
            auto made = std::make_unique<Plan>();
            describe(*made, shape, rows);
            choose(*made, pass);
            plan = std::move(made);
        }
        return *plan;
    }

    // Of a row of inputs: how far apart they lie, and what of one the kernels reach.
    struct RowBytes {
        std::size_t stride, used;
    };
    RowBytes row_bytes(const ConvolutionShape& shape) const {
        const auto bytes = [&](int values) { return static_cast<std::size_t>(values) * operand_size(precision_); };
        return {bytes(row_stride(precision_, shape.inputs())), bytes(shape.length / shape.stride * shape.stride * shape.channels)};
    }

    // The inputs without gaps between what is used of their rows: with gaps cuDNN takes five to fifty times as long (H200, cuDNN 9).
    const void* packed(cudaStream_t stream, const void* in, const ConvolutionShape& shape, int rows) {
        const RowBytes bytes = row_bytes(shape);
        if (bytes.used == bytes.stride) return in;
        void* const apart = packed_.at_least(bytes.used * static_cast<std::size_t>(rows));
        cuda::check(cudaMemcpy2DAsync(apart, bytes.used, in, bytes.stride, bytes.used, static_cast<std::size_t>(rows),
                                      cudaMemcpyDeviceToDevice, stream),
                    "packing a convolution's input");
        return apart;
    }
    void describe(Plan& plan, const ConvolutionShape& shape, int rows) const {
        const cudnnDataType_t type = precision_ == Precision::bf16 ? CUDNN_DATA_BFLOAT16 : CUDNN_DATA_FLOAT;
        const int channels = shape.stride * shape.channels, length = shape.length / shape.stride, kernel = shape.kernel / shape.stride;
        const auto signals = [&](Tensor& tensor, int c, int w) {
            if (static_cast<std::int64_t>(rows) * c * w > max_values) {
                fail("cuDNN: ", rows, " rows of ", c * w, " values are more than the ", max_values,
                     " that it counts; use a smaller training.batch, or more ranks");
            }
            check(cudnnCreateTensorDescriptor(tensor.fill()), "describing signals");
            check(cudnnSetTensor4dDescriptorEx(tensor, type, rows, c, 1, w, w * c, 1, w * c, c), "describing signals");
        };
        signals(plan.in, channels, length);
        signals(plan.out, shape.filters, shape.positions());
        check(cudnnCreateFilterDescriptor(plan.filters.fill()), "describing filters");
        check(cudnnSetFilter4dDescriptor(plan.filters, type, CUDNN_TENSOR_NHWC, shape.filters, channels, 1, kernel), "describing filters");
        check(cudnnCreateConvolutionDescriptor(plan.convolution.fill()), "describing a convolution");
        check(cudnnSetConvolution2dDescriptor(plan.convolution, 0, 0, 1, 1, 1, 1, CUDNN_CROSS_CORRELATION, CUDNN_DATA_FLOAT),
              "describing a convolution");
        check(cudnnSetConvolutionMathType(plan.convolution, math()), "describing a convolution");
    }

    cudnnMathType_t math() const {
        return precision_ == Precision::bf16 ? CUDNN_TENSOR_OP_MATH : precision_ == Precision::tf32 ? CUDNN_DEFAULT_MATH : CUDNN_FMA_MATH;
    }

    void choose(Plan& plan, Pass pass) {
        switch (pass) {
            case Pass::forward: {
                cudnnConvolutionFwdAlgoPerf_t found[max_algorithms];
                int count = 0;
                check(cudnnGetConvolutionForwardAlgorithm_v7(handle_, plan.in, plan.filters, plan.convolution, plan.out, max_algorithms,
                                                             &count, found),
                      "choosing an algorithm");
                return take_best(plan, found, count);
            }
            case Pass::backward_filters: {
                cudnnConvolutionBwdFilterAlgoPerf_t found[max_algorithms];
                int count = 0;
                check(cudnnGetConvolutionBackwardFilterAlgorithm_v7(handle_, plan.in, plan.out, plan.convolution, plan.filters,
                                                                    max_algorithms, &count, found),
                      "choosing an algorithm");
                return take_best(plan, found, count);
            }
            case Pass::backward_input: {
                cudnnConvolutionBwdDataAlgoPerf_t found[max_algorithms];
                int count = 0;
                check(cudnnGetConvolutionBackwardDataAlgorithm_v7(handle_, plan.filters, plan.out, plan.convolution, plan.in,
                                                                  max_algorithms, &count, found),
                      "choosing an algorithm");
                return take_best(plan, found, count);
            }
        }
    }

    // The list begins with what cuDNN takes for the fastest.
    template <class Performance>
    void take_best(Plan& plan, const Performance* found, int count) const {
        const Performance* const best = std::find_if(found, found + count, [&](const Performance& one) {
            return one.status == CUDNN_STATUS_SUCCESS && one.determinism == CUDNN_DETERMINISTIC && one.memory <= largest_workspace &&
                   (precision_ != Precision::float32 || one.mathType == CUDNN_FMA_MATH);
        });
        if (best == found + count) fail("cuDNN: knows no algorithm for such a convolution; use other filters, kernels or --precision");
        check(cudnnSetConvolutionMathType(plan.convolution, best->mathType), "choosing an algorithm");
        plan.algorithm = best->algo;
        plan.workspace = best->memory;
    }

    Precision precision_;
    Handle handle_;
    std::map<Key, std::unique_ptr<Plan>> plans_;
    DeviceScratch<char> workspace_, packed_;
    const float one_ = 1, zero_ = 0;
};

}  // namespace

}  // namespace friedel::cuda

extern "C" friedel::cuda::ConvolutionEngine* friedel_cudnn_engine(friedel::Precision precision) {
    return new friedel::cuda::CudnnEngine(precision);
}
