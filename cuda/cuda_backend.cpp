// The CUDA backend: memory, streams, recorded steps, and the launches of every stage. Built as a library of its own with two functions
// that the program finds by name (host/device.cpp).
#include <dlfcn.h>

#include <cstring>
#include <string>

#include "cuda/check.h"
#include "cuda/convolution.h"
#include "cuda/gemm.h"
#include "cuda/gradient_sum.h"
#include "cuda/network.h"
#include "cuda/pattern_stream.h"
#include "cuda/simulate.h"
#include "host/backend.h"

namespace friedel::cuda {

namespace {

constexpr int oldest_capability = 75;

// A step as a CUDA graph: one launch, and no work on the host.
class GraphProgram : public Program {
public:
    GraphProgram(const Stream& stream, GraphExec exec) : stream_(stream), exec_(std::move(exec)) {}
    void run() override { check(cudaGraphLaunch(exec_, stream_), "running a step"); }

private:
    const Stream& stream_;
    GraphExec exec_;
};

class CudaBackend : public Backend {
public:
    CudaBackend(int number, Precision precision) : precision_(precision), number_(select(number)), gemm_(precision) {
        check(cudaStreamCreateWithFlags(main_.fill(), cudaStreamNonBlocking), "making a stream");
        check(cudaStreamCreateWithFlags(aside_.fill(), cudaStreamNonBlocking), "making a stream");
        check(cudaEventCreateWithFlags(fork_.fill(), cudaEventDisableTiming), "making an event");
        check(cudaEventCreateWithFlags(join_.fill(), cudaEventDisableTiming), "making an event");
        current_ = main_;
    }

    std::string description() const override {
        cudaDeviceProp properties;
        check(cudaGetDeviceProperties(&properties, number_), "asking what the device is");
        return std::string(properties.name) + ", " +
               (precision_ == Precision::bf16   ? "bf16"
                : precision_ == Precision::tf32 ? "tf32"
                                                : "float");
    }

    bool is_gpu() const override { return true; }
    void wait() override { check(cudaStreamSynchronize(main_), "waiting for the device"); }

    void* allocate(std::size_t bytes) override {
        void* memory = nullptr;
        check(cudaMalloc(&memory, bytes > 0 ? bytes : 1),
              ("allocating " + std::to_string(bytes / 1'000'000) + " MB of device memory").c_str());
        check(cudaMemsetAsync(memory, 0, bytes, current_), "clearing device memory");
        return memory;
    }
    void release(void* memory) noexcept override { cudaFree(memory); }
    void upload(void* to, const void* from, std::size_t bytes) override {
        check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, main_), "copying to the device");
        check(cudaStreamSynchronize(main_), "copying to the device");
    }
    void download(void* to, const void* from, std::size_t bytes) override {
        check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, main_), "copying from the device");
        check(cudaStreamSynchronize(main_), "copying from the device");
    }

    std::unique_ptr<PatternStream> open_stream(const LibraryView& library, const SamplerView& sampler, const SimulationConfig& simulation,
                                               const PreprocessConfig& preprocess, const CrystalTableStore* tables) override {
        return std::make_unique<CudaPatternStream>(current_, precision_, library, sampler, simulation, preprocess, tables);
    }

    void preprocess(Operand* inputs, float* patterns, int n, const Grid& grid, const PreprocessConfig& config) override {
        float* const scratch = scratch_floats(static_cast<std::size_t>(n) * preprocess_scratch(grid));
        with(inputs, [&](auto* out) { preprocess_patterns(current_, out, stride(grid.points), patterns, n, grid, config, scratch); });
    }

    bool operands_are_floats() const override { return false; }
    std::size_t matrix_bytes(int rows, int columns) const override {
        return static_cast<std::size_t>(rows) * stride(columns) * operand_size(precision_);
    }
    void to_operands(Operand* to, const float* from, int rows, int columns) override {
        with(to, [&](auto* out) { cuda::to_operands(current_, out, from, rows, columns, stride(columns)); });
    }

    void from_operands(float* to, const Operand* from, int rows, int columns) override {
        with(const_cast<Operand*>(from), [&](auto* values) { cuda::from_operands(current_, to, values, rows, columns, stride(columns)); });
    }

    void gemm(Operand* c, const Operand* a, Transpose transpose_a, const Operand* b, Transpose transpose_b, int rows, int columns,
              int inner) override {
        gemm_.multiply(current_, c, false, a, transpose_a, b, transpose_b, rows, columns, inner);
    }
    void gemm(float* c, const Operand* a, Transpose transpose_a, const Operand* b, Transpose transpose_b, int rows, int columns,
              int inner) override {
        gemm_.multiply(current_, c, true, a, transpose_a, b, transpose_b, rows, columns, inner);
    }

    void convolve(Operand* out, const Operand* in, const Operand* filters, const ConvolutionShape& shape, int rows) override {
        convolution().forward(current_, out, in, filters, shape, rows);
    }
    // cuDNN gives gradients of operands' own type.
    void convolve_backward_filters(float* gradient, const Operand* out_gradient, const Operand* in, const ConvolutionShape& shape,
                                   int rows) override {
        if (precision_ != Precision::bf16) return convolution().backward_filters(current_, gradient, out_gradient, in, shape, rows);
        float* const scratch = scratch_floats(static_cast<std::size_t>(shape.filters) * shape.patch());
        convolution().backward_filters(current_, scratch, out_gradient, in, shape, rows);
        cuda::from_operands(current_, gradient, reinterpret_cast<const __nv_bfloat16*>(scratch), shape.filters, shape.patch(),
                            shape.patch());
    }
    void convolve_backward_input(Operand* in_gradient, const Operand* out_gradient, const Operand* filters, const ConvolutionShape& shape,
                                 int rows) override {
        convolution().backward_input(current_, in_gradient, out_gradient, filters, shape, rows);
    }

    void add_bias(float* out, const float* bias, int rows, int width) override { cuda::add_bias(current_, out, bias, rows, width); }

    void activate(Operand* out, const float* bias, int rows, int width, float dropout, int layer, const StepState* state) override {
        with(out, [&](auto* values) { cuda::activate(current_, values, bias, rows, width, stride(width), dropout, layer, state); });
    }

    void activate_backward(Operand* gradient, float* bias_gradient, const Operand* out, int rows, int width, float dropout) override {
        float* const scratch = scratch_floats(reduction_scratch(width));
        with(gradient, [&](auto* values) {
            cuda::activate_backward(current_, values, bias_gradient, reinterpret_cast<decltype(values)>(const_cast<Operand*>(out)), rows,
                                    width, stride(width), dropout, scratch);
        });
    }

    void softmax_loss(SampleLoss* samples, Operand* gradient, float* logits, const std::int32_t* labels, int n, int classes,
                      const LossConfig& config, const float* smoothing, const StepState* state) override {
        with(gradient, [&](auto* values) {
            cuda::softmax_loss(current_, samples, values, logits, labels, n, classes, stride(classes), config, smoothing, state);
        });
    }
    void add_losses(LossTotals* totals, StepGuard* guard, const SampleLoss* samples, int n) override {
        cuda::add_losses(current_, totals, guard, samples, n);
    }

    void optimise(const AdamwArrays& arrays, StepGuard* guard, std::size_t weights, std::size_t size, const OptimiserConfig& config,
                  const StepState* state) override {
        cuda::optimise(current_, arrays, guard, weights, size, config, state, scratch_floats(reduction_scratch(1)));
    }
    void advance(StepState* state) override { cuda::advance(current_, state); }

    void join(Communicator& ranks) override {
        const auto make = part<MakeGradientSum>("libfriedel_nccl.so", "friedel_nccl_sum", "several ranks on GPUs need NCCL");
        gradient_sum_.reset(make(ranks));
    }
    void begin_sum(float* values, std::size_t n) override {
        if (gradient_sum_) gradient_sum_->begin(current_, values, n);
    }
    void finish_sums() override {
        if (gradient_sum_) gradient_sum_->finish(current_);
    }

    void overlap(const std::function<void()>& aside, const std::function<void()>& main) override {
        check(cudaEventRecord(fork_, main_), "forking a step");
        check(cudaStreamWaitEvent(aside_, fork_, 0), "forking a step");
        current_ = aside_;
        aside();
        current_ = main_;
        main();
        check(cudaEventRecord(join_, aside_), "joining a step");
        check(cudaStreamWaitEvent(main_, join_, 0), "joining a step");
    }

    // The first run is an ordinary one: it makes the plans of the products and the scratch that a recording may not make.
    std::unique_ptr<Program> record(std::function<void()> step) override {
        step();
        check(cudaStreamSynchronize(main_), "running the first step");
        Graph graph;
        check(cudaStreamBeginCapture(main_, cudaStreamCaptureModeThreadLocal), "recording a step");
        try {
            step();
        } catch (...) {
            cudaStreamEndCapture(main_, graph.fill());
            throw;
        }
        check(cudaStreamEndCapture(main_, graph.fill()), "recording a step");
        GraphExec exec;
        check(cudaGraphInstantiate(exec.fill(), graph, 0), "recording a step");
        return std::make_unique<GraphProgram>(main_, std::move(exec));
    }

private:
    static int select(int number) {
        int devices = 0;
        check(cudaGetDeviceCount(&devices), "looking for devices");
        if (number >= devices) fail("there is no CUDA device ", number, ", only ", devices, "; nvidia-smi -L lists them");
        cudaDeviceProp properties;
        check(cudaGetDeviceProperties(&properties, number), "asking what the device is");
        if (10 * properties.major + properties.minor < oldest_capability) {
            fail(properties.name, " has compute capability ", properties.major, ".", properties.minor,
                 ", friedel needs 7.5; use --device cpu");
        }
        check(cudaSetDevice(number), "choosing the device");
        return number;
    }

    // A function of a library beside this one that only some runs need.
    template <class Function>
    static Function* part(const char* library, const char* function, const char* need) {
        void* const opened = dlopen(library, RTLD_NOW | RTLD_LOCAL);
        if (!opened) {
            fail(need, ", which cannot be loaded (", dlerror(), "); put its folder into LD_LIBRARY_PATH, or use --device cpu");
        }
        void* const found = dlsym(opened, function);
        if (!found) fail(library, " belongs to another version of friedel; build both together");
        return reinterpret_cast<Function*>(found);
    }

    ConvolutionEngine& convolution() {
        if (!convolution_) {
            const auto make =
                part<MakeConvolutionEngine>("libfriedel_cudnn.so", "friedel_cudnn_engine", "convolutions on a GPU need cuDNN 9");
            convolution_.reset(make(precision_));
        }
        return *convolution_;
    }

    int stride(int columns) const { return row_stride(precision_, columns); }

    // Calls f with the operands as what they are.
    template <class F>
    void with(Operand* operands, F&& f) {
        if (precision_ == Precision::bf16) {
            f(reinterpret_cast<__nv_bfloat16*>(operands));
        } else {
            f(reinterpret_cast<float*>(operands));
        }
    }

    // Used by one stage at a time, all on the main stream. It never shrinks, and what it was before stays, because a recorded step may
    // still point there.
    float* scratch_floats(std::size_t size) {
        if (scratch_.empty() || scratch_.back().size() < size) scratch_.emplace_back(size);
        return scratch_.back().data();
    }

    Precision precision_;
    int number_;
    Gemm gemm_;
    std::unique_ptr<ConvolutionEngine> convolution_;
    std::unique_ptr<GradientSum> gradient_sum_;  // null: one rank alone
    Stream main_, aside_;
    Event fork_, join_;
    cudaStream_t current_ = nullptr;
    std::vector<DeviceArray<float>> scratch_;
};

Precision precision_named(const std::string& name) {
    if (name == "bf16") return Precision::bf16;
    if (name == "tf32") return Precision::tf32;
    return Precision::float32;
}

}  // namespace

}  // namespace friedel::cuda

extern "C" {

const char* friedel_cuda_version() { return FRIEDEL_VERSION; }

int friedel_cuda_devices() {
    int devices = 0;
    return cudaGetDeviceCount(&devices) == cudaSuccess ? devices : 0;
}

friedel::Backend* friedel_cuda_backend(int number, const char* precision) {
    return new friedel::cuda::CudaBackend(number, friedel::cuda::precision_named(precision));
}
}
