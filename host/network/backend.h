// The device that trains and answers, at the level of a stage: one virtual call per stage and batch. All pointers are the device's.
// Inside a recorded step nothing is allocated or returned to the host, and what changes from step to step lies in a StepState there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "host/network/precision.h"
#include "host/network/product.h"
#include "host/support/thread_pool.h"
#include "kernels/adamw.h"
#include "kernels/convolution.h"
#include "kernels/crystal.h"
#include "kernels/draw_structure.h"
#include "kernels/preprocess.h"
#include "kernels/simulation_config.h"
#include "kernels/softmax.h"

namespace friedel {

// An element of a matrix that is to be multiplied: float, or bfloat16 where the device's matrix units want that. Only the backend knows.
struct Operand;

// A recorded step that can be run again and again.
class RecordedStep {
public:
    virtual ~RecordedStep() = default;
    virtual void run() = 0;
};

class Communicator;
class CrystalTableStore;

// A tensor of parameters that has a matrix of operands, see Parameters.
struct OperandCopy {
    std::size_t begin;  // within all parameters
    int rows, columns;
    Operand* to;
};

// What a device is asked to do to an array of numbers over and over, to see how fast it can: multiply-adds, or exponentials as the
// simulation takes them.
enum class Arithmetic { multiply_add, exponential };

// An endless stream of freshly simulated patterns, each a pure function of the seed and of its number in the run.
class PatternStream {
public:
    virtual ~PatternStream() = default;
    // A batch for the step that comes `ahead` steps after the present one: inputs, a matrix [n][grid.points], preprocessed, and labels
    // [n]. Row i has the number first_sample(*state, ahead, n) + i.
    virtual void draw(Operand* inputs, std::int32_t* labels, const StepState* state, int ahead, int n) = 0;
};

class Backend {
public:
    virtual ~Backend() = default;
    virtual std::string description() const = 0;
    // Machine and device, the same for two backends on one device; empty for the processor, which processes may share.
    virtual std::string device_identity() const { return ""; }
    virtual bool is_gpu() const = 0;
    virtual void wait() = 0;  // until all that was asked for is done

    // Memory.
    virtual void* allocate(std::size_t bytes) = 0;  // zeroed; throws Error where memory does not suffice
    virtual void release(void* memory) noexcept = 0;
    virtual void upload(void* to, const void* from, std::size_t bytes) = 0;
    virtual void download(void* to, const void* from, std::size_t bytes) = 0;
    virtual void copy(void* to, const void* from, std::size_t bytes) = 0;  // within the device

    // Keeps a library on the device and simulates from it, and from crystals that it generates where the sampler says so; for those
    // `tables` must be there. The library may be empty. What is pointed to must outlive the stream.
    virtual std::unique_ptr<PatternStream> open_stream(const LibraryView& library, const SamplerView& sampler,
                                                       const SimulationConfig& simulation, const PreprocessConfig& preprocess,
                                                       const CrystalTableStore* tables = nullptr) = 0;
    // Patterns [n][grid.points] as they were measured or simulated become the network's input, a matrix [n][grid.points]; their own
    // memory is used up. Where operands are floats, both may be the same.
    virtual void preprocess(Operand* inputs, float* patterns, int n, const Grid& grid, const PreprocessConfig& config) = 0;

    // Matrices of operands, rows one after another at a distance that the backend chooses; what lies between them is zero when memory is
    // allocated, and stays so: products may take it in. Where operands are floats the distance is the number of columns, and an array of
    // floats may stand for a matrix.
    virtual bool operands_are_floats() const = 0;
    virtual std::size_t matrix_bytes(int rows, int columns) const = 0;
    virtual void to_operands(Operand* to, const float* from, int rows, int columns) = 0;
    virtual void from_operands(float* to, const Operand* from, int rows, int columns) = 0;

    // The network. Rows are samples. c[rows][columns] = op(a) op(b).
    virtual void gemm(Operand* c, const Product& product) = 0;
    virtual void gemm(float* c, const Product& product) = 0;
    // Convolutions of `rows` signals, kernels/convolution.h: in is a matrix [rows][shape.inputs()], out [rows][shape.outputs()] and filters
    // [shape.filters][shape.patch()]. Shapes are such as NetworkShape::fault_of_convolutions() finds no fault with.
    virtual void convolve(Operand* out, const Operand* in, const Operand* filters, const ConvolutionShape& shape, int rows) = 0;
    virtual void convolve_backward_filters(float* gradient, const Operand* out_gradient, const Operand* in, const ConvolutionShape& shape,
                                           int rows) = 0;
    virtual void convolve_backward_input(Operand* in_gradient, const Operand* out_gradient, const Operand* filters,
                                         const ConvolutionShape& shape, int rows) = 0;
    virtual void add_bias(float* out, const float* bias, int rows, int width) = 0;
    // Bias, ReLU and dropout, see kernels/dense.h. `layer` tells one mask from another. bias begins at a multiple of 16 bytes.
    virtual void activate(Operand* out, const float* bias, int rows, int width, float dropout, int layer, const StepState* state) = 0;
    // `out` null: a layer without ReLU and dropout, of which only the bias gradient is wanted.
    virtual void activate_backward(Operand* gradient, float* bias_gradient, const Operand* out, int rows, int width, float dropout) = 0;
    // gradient [n][classes], a matrix, of the mean loss of the whole batch, to which other ranks' rows may belong; it may be the memory of
    // the logits where operands are floats. samples [n].
    virtual void softmax_loss(SampleLoss* samples, Operand* gradient, float* logits, const std::int32_t* labels, int n, const Loss& loss,
                              const StepState* state) = 0;
    // Adds the losses of samples [n] to the totals and tells them to the guard of the network.
    virtual void add_losses(LossTotals* totals, StepGuard* guard, const SampleLoss* samples, int n, const LossConfig& config,
                            const StepState* state) = 0;
    // All parameters at once; those from `weights` on are biases and do not decay. What is not finite is skipped: kernels/step_guard.h.
    // Writes the `copies` too.
    virtual void optimise(const AdamwArrays& arrays, StepGuard* guard, std::size_t weights, std::size_t size, const OptimiserConfig& config,
                          const StepState* state, const std::vector<OperandCopy>& copies) = 0;
    virtual void advance(StepState* state) = 0;  // to the next step

    // Sums over the ranks that train together, see Communicator; without join() there is one rank, and they do nothing.
    virtual void join(Communicator& ranks) = 0;
    virtual void begin_sum(float* values, std::size_t n) = 0;
    virtual void finish_sums() = 0;

    // `main` and `aside` touch different memory: the device may run them together. `aside` only draws patterns.
    virtual void overlap(const std::function<void()>& aside, const std::function<void()>& main) = 0;
    // Runs `step` once and keeps it for running again.
    virtual std::unique_ptr<RecordedStep> record(std::function<void()> step) = 0;

    // Applies `what` to each of n values `times` times over: what the arithmetic of the device can do, for benchmarks.
    virtual void calculate(Arithmetic what, float* values, std::size_t n, int times) = 0;
};

// Throws Error where this program or this processor does not do bf16.
std::unique_ptr<Backend> make_cpu_backend(ThreadPool& pool, Precision precision = Precision::float32);

// An array on a device. The backend must outlive it.
template <class T>
class Buffer {
public:
    Buffer() = default;
    Buffer(Backend& backend, std::size_t size)
        : backend_(&backend), data_(static_cast<T*>(backend.allocate(size * sizeof(T)))), size_(size) {}
    Buffer(Backend& backend, const T* from, std::size_t size) : Buffer(backend, size) { upload(from); }
    Buffer(Buffer&& other) noexcept { *this = std::move(other); }
    Buffer& operator=(Buffer&& other) noexcept {
        std::swap(backend_, other.backend_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        return *this;
    }
    ~Buffer() {
        if (data_) backend_->release(data_);
    }

    T* data() { return data_; }
    const T* data() const { return data_; }
    std::size_t size() const { return size_; }
    void upload(const T* from) { backend_->upload(data_, from, size_ * sizeof(T)); }
    void download(T* to) const { backend_->download(to, data_, size_ * sizeof(T)); }

private:
    Backend* backend_ = nullptr;
    T* data_ = nullptr;
    std::size_t size_ = 0;
};

// A matrix of operands on a device.
class Matrix {
public:
    Matrix() = default;
    Matrix(Backend& backend, int rows, int columns)
        : backend_(&backend), columns_(columns), memory_(backend, backend.matrix_bytes(rows, columns)) {}
    Operand* data() { return reinterpret_cast<Operand*>(memory_.data()); }
    const Operand* data() const { return reinterpret_cast<const Operand*>(memory_.data()); }
    // From this row on, as a matrix of the same width.
    Operand* rows_from(int row) { return reinterpret_cast<Operand*>(memory_.data() + backend_->matrix_bytes(row, columns_)); }
    const Operand* rows_from(int row) const {
        return reinterpret_cast<const Operand*>(memory_.data() + backend_->matrix_bytes(row, columns_));
    }

private:
    Backend* backend_ = nullptr;
    int columns_ = 0;
    Buffer<std::byte> memory_;
};

}  // namespace friedel
