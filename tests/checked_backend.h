// The processor's backend, pretending to be a device whose memory is its own: matrices of operands are never arrays of floats, and every
// pointer that it is given must lie in memory that it allocated. Code that hands it the host's memory works on a processor and would end
// a run on a GPU: here it fails a test.
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "host/network/backend.h"

namespace friedel::test {

class CheckedBackend : public Backend {
public:
    explicit CheckedBackend(ThreadPool& pool) : inner_(make_cpu_backend(pool)) {}

    std::string description() const override { return "checked " + inner_->description(); }
    std::string device_identity() const override { return inner_->device_identity(); }
    bool is_gpu() const override { return true; }
    void wait() override { inner_->wait(); }
    void* allocate(std::size_t bytes) override {
        void* const memory = inner_->allocate(bytes);
        memory_[static_cast<const std::byte*>(memory)] = bytes;
        return memory;
    }
    void release(void* memory) noexcept override {
        memory_.erase(static_cast<const std::byte*>(memory));
        inner_->release(memory);
    }
    void upload(void* to, const void* from, std::size_t bytes) override {
        check(to, bytes, "upload");
        inner_->upload(to, from, bytes);
    }
    void download(void* to, const void* from, std::size_t bytes) override {
        check(from, bytes, "download");
        inner_->download(to, from, bytes);
    }
    void copy(void* to, const void* from, std::size_t bytes) override {
        check(to, bytes, "copy");
        check(from, bytes, "copy");
        inner_->copy(to, from, bytes);
    }

    std::unique_ptr<PatternStream> open_stream(const LibraryView& library, const SamplerView& sampler, const SimulationConfig& simulation,
                                               const PreprocessConfig& preprocess, const CrystalTableStore* tables) override {
        return std::make_unique<Stream>(*this, inner_->open_stream(library, sampler, simulation, preprocess, tables),
                                        simulation.grid.points);
    }
    void preprocess(Operand* inputs, float* patterns, int n, const Grid& grid, const PreprocessConfig& config) override {
        check_matrix(inputs, n, grid.points, "preprocess");
        check_floats(patterns, n, grid.points, "preprocess");
        inner_->preprocess(inputs, patterns, n, grid, config);
    }

    bool operands_are_floats() const override { return false; }
    std::size_t matrix_bytes(int rows, int columns) const override { return inner_->matrix_bytes(rows, columns); }
    void to_operands(Operand* to, const float* from, int rows, int columns) override {
        check_matrix(to, rows, columns, "to_operands");
        check_floats(from, rows, columns, "to_operands");
        inner_->to_operands(to, from, rows, columns);
    }
    void from_operands(float* to, const Operand* from, int rows, int columns) override {
        check_floats(to, rows, columns, "from_operands");
        check_matrix(from, rows, columns, "from_operands");
        inner_->from_operands(to, from, rows, columns);
    }

    void gemm(Operand* c, const Product& product) override {
        check_matrix(c, product.rows, product.columns, "gemm");
        check_factors(product);
        inner_->gemm(c, product);
    }
    void gemm(float* c, const Product& product) override {
        check_floats(c, product.rows, product.columns, "gemm");
        check_factors(product);
        inner_->gemm(c, product);
    }
    void convolve(Operand* out, const Operand* in, const Operand* filters, const ConvolutionShape& shape, int rows) override {
        check_convolution(out, in, filters, shape, rows);
        inner_->convolve(out, in, filters, shape, rows);
    }
    void convolve_backward_filters(float* gradient, const Operand* out_gradient, const Operand* in, const ConvolutionShape& shape,
                                   int rows) override {
        check_floats(gradient, shape.filters, shape.patch(), "convolve_backward_filters");
        check_matrix(out_gradient, rows, shape.outputs(), "convolve_backward_filters");
        check_matrix(in, rows, shape.inputs(), "convolve_backward_filters");
        inner_->convolve_backward_filters(gradient, out_gradient, in, shape, rows);
    }
    void convolve_backward_input(Operand* in_gradient, const Operand* out_gradient, const Operand* filters, const ConvolutionShape& shape,
                                 int rows) override {
        check_convolution(out_gradient, in_gradient, filters, shape, rows);
        inner_->convolve_backward_input(in_gradient, out_gradient, filters, shape, rows);
    }
    void add_bias(float* out, const float* bias, int rows, int width) override {
        check_floats(out, rows, width, "add_bias");
        check_floats(bias, 1, width, "add_bias");
        inner_->add_bias(out, bias, rows, width);
    }
    void activate(Operand* out, const float* bias, int rows, int width, float dropout, int layer, const StepState* state) override {
        check_matrix(out, rows, width, "activate");
        check_floats(bias, 1, width, "activate");
        if (dropout > 0) check(state, sizeof *state, "activate");
        inner_->activate(out, bias, rows, width, dropout, layer, state);
    }
    void activate_backward(Operand* gradient, float* bias_gradient, const Operand* out, int rows, int width, float dropout) override {
        check_matrix(gradient, rows, width, "activate_backward");
        check_floats(bias_gradient, 1, width, "activate_backward");
        if (out) check_matrix(out, rows, width, "activate_backward");
        inner_->activate_backward(gradient, bias_gradient, out, rows, width, dropout);
    }
    void softmax_loss(SampleLoss* samples, Operand* gradient, float* logits, const std::int32_t* labels, int n, const Loss& loss,
                      const StepState* state) override {
        check(samples, sizeof *samples * static_cast<std::size_t>(n), "softmax_loss");
        check_matrix(gradient, n, loss.classes, "softmax_loss");
        check_floats(logits, n, loss.classes, "softmax_loss");
        check(labels, sizeof *labels * static_cast<std::size_t>(n), "softmax_loss");
        if (loss.smoothing) check_floats(loss.smoothing, loss.classes, loss.classes, "softmax_loss");
        check(state, sizeof *state, "softmax_loss");
        EXPECT_NE(static_cast<const void*>(gradient), logits) << "softmax_loss: a matrix of operands may be no array of floats";
        inner_->softmax_loss(samples, gradient, logits, labels, n, loss, state);
    }
    void add_losses(LossTotals* totals, StepGuard* guard, const SampleLoss* samples, int n, const LossConfig& config,
                    const StepState* state) override {
        check(totals, sizeof *totals, "add_losses");
        check(guard, sizeof *guard, "add_losses");
        check(samples, sizeof *samples * static_cast<std::size_t>(n), "add_losses");
        check(state, sizeof *state, "add_losses");
        inner_->add_losses(totals, guard, samples, n, config, state);
    }
    void optimise(const AdamwArrays& arrays, StepGuard* guard, std::size_t weights, std::size_t size, const OptimiserConfig& config,
                  const StepState* state, const std::vector<OperandCopy>& copies) override {
        for (const float* array : {static_cast<const float*>(arrays.parameters), static_cast<const float*>(arrays.first_moment),
                                   static_cast<const float*>(arrays.second_moment), arrays.gradient})
            check(array, size * sizeof(float), "optimise");
        if (arrays.average) check(arrays.average, size * sizeof(float), "optimise");
        check(guard, sizeof *guard, "optimise");
        check(state, sizeof *state, "optimise");
        for (const OperandCopy& copy : copies) check_matrix(copy.to, copy.rows, copy.columns, "optimise");
        inner_->optimise(arrays, guard, weights, size, config, state, copies);
    }
    void advance(StepState* state) override {
        check(state, sizeof *state, "advance");
        inner_->advance(state);
    }
    void join(Communicator& ranks) override { inner_->join(ranks); }
    void begin_sum(float* values, std::size_t n) override {
        check(values, n * sizeof(float), "begin_sum");
        inner_->begin_sum(values, n);
    }
    void finish_sums() override { inner_->finish_sums(); }
    void overlap(const std::function<void()>& aside, const std::function<void()>& main) override { inner_->overlap(aside, main); }
    std::unique_ptr<RecordedStep> record(std::function<void()> step) override { return inner_->record(std::move(step)); }
    void calculate(Arithmetic what, float* values, std::size_t n, int times) override {
        check(values, n * sizeof(float), "calculate");
        inner_->calculate(what, values, n, times);
    }

private:
    class Stream : public PatternStream {
    public:
        Stream(const CheckedBackend& backend, std::unique_ptr<PatternStream> inner, int points)
            : backend_(backend), inner_(std::move(inner)), points_(points) {}
        void draw(Operand* inputs, std::int32_t* labels, const StepState* state, int ahead, int n) override {
            backend_.check_matrix(inputs, n, points_, "draw");
            backend_.check(labels, sizeof *labels * static_cast<std::size_t>(n), "draw");
            backend_.check(state, sizeof *state, "draw");
            inner_->draw(inputs, labels, state, ahead, n);
        }

    private:
        const CheckedBackend& backend_;
        std::unique_ptr<PatternStream> inner_;
        int points_;
    };

    void check(const void* from, std::size_t bytes, const char* where) const {
        const auto* const place = static_cast<const std::byte*>(from);
        const auto after = memory_.upper_bound(place);
        const bool inside = after != memory_.begin() && place + bytes <= std::prev(after)->first + std::prev(after)->second;
        EXPECT_TRUE(inside) << where << ": a pointer to " << bytes << " bytes that the device did not allocate";
    }
    void check_floats(const float* from, int rows, int columns, const char* where) const {
        check(from, static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns) * sizeof(float), where);
    }
    void check_matrix(const Operand* from, int rows, int columns, const char* where) const {
        check(from, matrix_bytes(rows, columns), where);
    }
    void check_factors(const Product& p) const {
        p.transpose_a == Transpose::yes ? check_matrix(p.a, p.inner, p.rows, "gemm") : check_matrix(p.a, p.rows, p.inner, "gemm");
        p.transpose_b == Transpose::yes ? check_matrix(p.b, p.columns, p.inner, "gemm") : check_matrix(p.b, p.inner, p.columns, "gemm");
    }
    void check_convolution(const Operand* out, const Operand* in, const Operand* filters, const ConvolutionShape& shape, int rows) const {
        check_matrix(out, rows, shape.outputs(), "convolve");
        check_matrix(in, rows, shape.inputs(), "convolve");
        check_matrix(filters, shape.filters, shape.patch(), "convolve");
    }

    std::unique_ptr<Backend> inner_;
    std::map<const std::byte*, std::size_t> memory_;
};

}  // namespace friedel::test
