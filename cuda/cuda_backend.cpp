// The CUDA backend: memory, streams, recorded steps, and the launches of every stage. Built as a library of its own with three functions
// that the program finds by name (host/network/device.cpp).
#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>

#include "cuda/check.h"
#include "cuda/convolution.h"
#include "cuda/current_stream.h"
#include "cuda/gemm.h"
#include "cuda/gradient_sum.h"
#include "cuda/network.h"
#include "cuda/owned.h"
#include "cuda/pattern_stream.h"
#include "cuda/simulate.h"
#include "host/network/backend.h"
#include "host/support/shared_module.h"

extern "C" const char* friedel_cuda_version();

namespace friedel::cuda {

namespace {

constexpr std::size_t pinned_bytes = 4096;
constexpr int oldest_capability = 75, oldest_with_bf16 = 80;

// A step as a CUDA graph: one launch, and no work on the host.
class RecordedGraph : public RecordedStep {
public:
    RecordedGraph(const CurrentStream& stream, GraphExec exec) : stream_(stream), exec_(std::move(exec)) {}
    void run() override { check(cudaGraphLaunch(exec_, stream_), "running a step"); }

private:
    const CurrentStream& stream_;
    GraphExec exec_;
};

class CudaBackend : public Backend {
public:
    CudaBackend(int number, const std::string& precision)
        : number_(number), precision_(select(number, parse_precision(precision))), gemm_(precision_), current_(number) {
        check(cudaStreamCreateWithFlags(main_.fill(), cudaStreamNonBlocking), "making a stream");
        check(cudaStreamCreateWithFlags(aside_.fill(), cudaStreamNonBlocking), "making a stream");
        check(cudaEventCreateWithFlags(fork_.fill(), cudaEventDisableTiming), "making an event");
        check(cudaEventCreateWithFlags(join_.fill(), cudaEventDisableTiming), "making an event");
        current_.use(main_);
    }

    std::string description() const override { return std::string(properties_of(number_).name) + ", " + precision_name(precision_); }

    std::string device_identity() const override {
        const cudaDeviceProp properties = properties_of(number_);
        char host[256] = {};
        gethostname(host, sizeof host - 1);
        std::string identity = host;
        char digits[4];
        for (const char byte : properties.uuid.bytes) {
            std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(byte));
            identity += digits;
        }
        return identity;
    }

    bool is_gpu() const override { return true; }
    void wait() override { wait("waiting for the device"); }

    void* allocate(std::size_t bytes) override {
        choose_device(number_);
        Owned<void*, cudaFree> memory;
        check(cudaMalloc(memory.fill(), bytes > 0 ? bytes : 1),
              ("allocating " + std::to_string(bytes / 1'000'000) + " MB of device memory").c_str());
        check(cudaMemsetAsync(memory, 0, bytes, current_), "clearing device memory");
        return memory.release();
    }
    void release(void* memory) noexcept override { cudaFree(memory); }
    void upload(void* to, const void* from, std::size_t bytes) override {
        check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, current_), "copying to the device");
        wait("copying to the device");
    }
    // What is small, as the losses of the last steps are, through memory that the device writes to by itself.
    void download(void* to, const void* from, std::size_t bytes) override {
        void* const there = bytes <= pinned_bytes ? pinned_memory() : to;
        check(cudaMemcpyAsync(there, from, bytes, cudaMemcpyDeviceToHost, current_), "copying from the device");
        wait("copying from the device");
        if (there != to) std::memcpy(to, there, bytes);
    }
    void copy(void* to, const void* from, std::size_t bytes) override {
        check(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToDevice, current_), "copying on the device");
    }

    std::unique_ptr<PatternStream> open_stream(const LibraryView& library, const SamplerView& sampler, const SimulationConfig& simulation,
                                               const PreprocessConfig& preprocess, const CrystalTableStore* tables) override {
        choose_device(number_);
        return std::make_unique<CudaPatternStream>(current_, precision_, library, sampler, simulation, preprocess, tables);
    }

    void preprocess(Operand* inputs, float* patterns, int n, const Grid& grid, const PreprocessConfig& config) override {
        float* const scratch = scratch_floats(static_cast<std::size_t>(n) * preprocess_scratch(grid));
        with(inputs, n, grid.points, [&](const auto& rows) { preprocess_patterns(current_, rows, patterns, grid, config, scratch); });
    }

    bool operands_are_floats() const override { return false; }
    std::size_t matrix_bytes(int rows, int columns) const override {
        return static_cast<std::size_t>(rows) * stride(columns) * operand_size(precision_);
    }
    void to_operands(Operand* to, const float* from, int rows, int columns) override {
        with(to, rows, columns, [&](const auto& matrix) { cuda::to_operands(current_, matrix, from); });
    }

    void from_operands(float* to, const Operand* from, int rows, int columns) override {
        with(from, rows, columns, [&](const auto& matrix) { cuda::from_operands(current_, to, matrix); });
    }

    void gemm(Operand* c, const Product& product) override { gemm_.multiply(current_, c, Gemm::Result::operands, product); }
    void gemm(float* c, const Product& product) override { gemm_.multiply(current_, c, Gemm::Result::floats, product); }

    void convolve(Operand* out, const Operand* in, const Operand* filters, const ConvolutionShape& shape, int rows) override {
        convolution().forward(current_, out, in, filters, shape, rows);
    }
    // cuDNN gives gradients of operands' own type.
    void convolve_backward_filters(float* gradient, const Operand* out_gradient, const Operand* in, const ConvolutionShape& shape,
                                   int rows) override {
        if (precision_ != Precision::bf16) return convolution().backward_filters(current_, gradient, out_gradient, in, shape, rows);
        float* const scratch = scratch_floats(static_cast<std::size_t>(shape.filters) * shape.patch());
        convolution().backward_filters(current_, scratch, out_gradient, in, shape, rows);
        const OperandRows<const __nv_bfloat16> without_gaps{reinterpret_cast<const __nv_bfloat16*>(scratch), shape.filters, shape.patch(),
                                                            shape.patch()};
        cuda::from_operands(current_, gradient, without_gaps);
    }
    void convolve_backward_input(Operand* in_gradient, const Operand* out_gradient, const Operand* filters, const ConvolutionShape& shape,
                                 int rows) override {
        convolution().backward_input(current_, in_gradient, out_gradient, filters, shape, rows);
    }

    void add_bias(float* out, const float* bias, int rows, int width) override { cuda::add_bias(current_, out, bias, rows, width); }

    void activate(Operand* out, const float* bias, int rows, int width, float dropout, int layer, const StepState* state) override {
        with(out, rows, width, [&](const auto& matrix) { cuda::activate(current_, matrix, bias, dropout, layer, state); });
    }

    void activate_backward(Operand* gradient, float* bias_gradient, const Operand* out, int rows, int width, float dropout) override {
        float* const scratch = scratch_floats(reduction_scratch(width));
        with(gradient, rows, width, [&]<class Value>(const OperandRows<Value>& matrix) {
            cuda::activate_backward(current_, matrix, bias_gradient, reinterpret_cast<const Value*>(out), dropout, scratch);
        });
    }

    void softmax_loss(SampleLoss* samples, Operand* gradient, float* logits, const std::int32_t* labels, int n, const Loss& loss,
                      const StepState* state) override {
        with(gradient, n, loss.classes,
             [&](const auto& matrix) { cuda::softmax_loss(current_, samples, matrix, logits, labels, loss, state); });
    }
    void add_losses(LossTotals* totals, StepGuard* guard, const SampleLoss* samples, int n, const LossConfig& config,
                    const StepState* state) override {
        cuda::add_losses(current_, totals, guard, samples, n, config, state);
    }

    void optimise(const AdamwArrays& arrays, StepGuard* guard, std::size_t weights, std::size_t size, const OptimiserConfig& config,
                  const StepState* state, const std::vector<OperandCopy>& copies) override {
        float* const scratch = scratch_floats(reduction_scratch(1));
        with_operands(precision_, static_cast<Operand*>(nullptr), [&]<class Value>(Value*) {
            OperandCopyTable<Value> table{};
            for (const OperandCopy& copy : copies) {
                if (table.count == table.capacity) break;
                table.tensor[table.count++] = {copy.begin, copy.begin + static_cast<std::size_t>(copy.rows) * copy.columns,
                                               static_cast<std::uint32_t>(copy.columns), static_cast<std::uint32_t>(stride(copy.columns)),
                                               reinterpret_cast<Value*>(copy.to)};
            }
            cuda::optimise(current_, {arrays, weights, size, guard, config, state}, table, scratch);
        });
        // Of networks deeper than the table.
        for (std::size_t i = OperandCopyTable<float>::capacity; i < copies.size(); ++i)
            to_operands(copies[i].to, arrays.parameters + copies[i].begin, copies[i].rows, copies[i].columns);
    }
    void advance(StepState* state) override { cuda::advance(current_, state); }

    void join(Communicator& ranks) override {
        choose_device(number_);
        const auto make = companion_function<MakeGradientSum>("libfriedel_nccl.so", "friedel_nccl_sum", "several ranks on GPUs need NCCL");
        gradient_sum_.reset(make(ranks));
    }
    void begin_sum(float* values, std::size_t n) override {
        if (gradient_sum_) gradient_sum_->begin(current_, values, n);
    }
    void finish_sums() override {
        if (gradient_sum_) gradient_sum_->finish(current_);
    }

    void overlap(const std::function<void()>& aside, const std::function<void()>& main) override {
        check(cudaEventRecord(fork_, current_), "forking a step");
        check(cudaStreamWaitEvent(aside_, fork_, 0), "forking a step");
        {
            const CurrentStream::Switch to_aside(current_, aside_);
            aside();
        }
        main();
        check(cudaEventRecord(join_, aside_), "joining a step");
        check(cudaStreamWaitEvent(current_, join_, 0), "joining a step");
    }

    // The first run is an ordinary one: it makes the plans of the products and the scratch that a recording may not make.
    std::unique_ptr<RecordedStep> record(std::function<void()> step) override {
        step();
        wait("running the first step");
        Graph graph;
        check(cudaStreamBeginCapture(current_, cudaStreamCaptureModeThreadLocal), "recording a step");
        try {
            step();
        } catch (...) {
            cudaStreamEndCapture(current_, graph.fill());
            cudaGetLastError();  // of a recording that was broken off
            throw;
        }
        check(cudaStreamEndCapture(current_, graph.fill()), "recording a step");
        GraphExec exec;
        check(cudaGraphInstantiate(exec.fill(), graph, 0), "recording a step");
        return std::make_unique<RecordedGraph>(current_, std::move(exec));
    }

    void calculate(Arithmetic what, float* values, std::size_t n, int times) override {
        cuda::calculate(current_, what == Arithmetic::exponential, values, n, times);
    }

private:
    // What was queued may wait for other ranks, who may never come: then they are watched.
    void wait(const char* what) {
        if (gradient_sum_) gradient_sum_->watch(current_);
        check(cudaStreamSynchronize(current_), what);
    }

    static cudaDeviceProp properties_of(int number) {
        cudaDeviceProp properties;
        check(cudaGetDeviceProperties(&properties, number), "asking what the device is");
        return properties;
    }

    // Makes sure of the device before anything is asked of it, and says what matrices are to hold there.
    static Precision select(int number, std::optional<Precision> precision) {
        int devices = 0;
        check(cudaGetDeviceCount(&devices), "looking for devices");
        if (number >= devices) fail("there is no CUDA device ", number, ", only ", devices, "; nvidia-smi -L lists them");
        const cudaDeviceProp properties = properties_of(number);
        const int capability = 10 * properties.major + properties.minor;
        if (capability < oldest_capability) {
            fail(properties.name, " has compute capability ", properties.major, ".", properties.minor,
                 ", friedel needs 7.5; use --device cpu");
        }
        if (capability < oldest_with_bf16 && precision && precision != Precision::float32) {
            fail(properties.name, " has no ", precision_name(*precision), "; use --precision float or --device cpu");
        }
        choose_device(number);
        check_kernels();
        return precision.value_or(capability < oldest_with_bf16 ? Precision::float32 : Precision::bf16);
    }

    // A function of a library beside this one that only some runs need.
    template <class Function>
    static Function* companion_function(const char* library, const char* function, const char* need) {
        // The one that was built with this, whatever LD_LIBRARY_PATH says first.
        Dl_info here{};
        std::filesystem::path beside;
        if (dladdr(reinterpret_cast<const void*>(&friedel_cuda_version), &here) != 0)
            beside = std::filesystem::path(here.dli_fname).parent_path() / library;
        std::error_code ignored;
        const std::filesystem::path file = std::filesystem::exists(beside, ignored) ? beside : library;
        void* const opened = open_module(file, false, need + std::string(", which cannot be loaded"),
                                         "put its folder into LD_LIBRARY_PATH, or use --device cpu");
        return module_function<Function>(opened, file, function);
    }

    ConvolutionEngine& convolution() {
        if (!convolution_) {
            choose_device(number_);
            const auto make = companion_function<MakeConvolutionEngine>("libfriedel_cudnn.so", "friedel_cudnn_engine",
                                                                        "convolutions on a GPU need cuDNN 9");
            convolution_.reset(make(precision_));
        }
        return *convolution_;
    }

    int stride(int columns) const { return row_stride(precision_, columns); }

    // Calls f with a matrix of operands as what they are.
    template <class Pointer, class F>
    void with(Pointer operands, int rows, int columns, F&& f) const {
        with_operands(precision_, operands, [&](auto* values) { f(OperandRows{values, rows, columns, stride(columns)}); });
    }

    float* scratch_floats(std::size_t size) {
        choose_device(number_);
        return scratch_.at_least(size);
    }

    void* pinned_memory() {
        choose_device(number_);
        if (!pinned_) check(cudaMallocHost(pinned_.fill(), pinned_bytes), "allocating memory of the host");
        return pinned_;
    }

    int number_;
    Precision precision_;
    Owned<void*, cudaFreeHost> pinned_;
    Gemm gemm_;
    std::unique_ptr<ConvolutionEngine> convolution_;
    std::unique_ptr<GradientSum> gradient_sum_;  // null: one rank alone
    Stream main_, aside_;
    Event fork_, join_;
    CurrentStream current_;
    DeviceScratch<float> scratch_;  // of one stage at a time, all on the main stream
};

}  // namespace

}  // namespace friedel::cuda

extern "C" {

const char* friedel_cuda_version() { return FRIEDEL_VERSION; }

int friedel_cuda_devices() {
    int devices = 0;
    return cudaGetDeviceCount(&devices) == cudaSuccess ? devices : 0;
}

friedel::Backend* friedel_cuda_backend(int number, const char* precision) { return new friedel::cuda::CudaBackend(number, precision); }
}
