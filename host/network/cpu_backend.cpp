// The backend of the processor: blocks of kernels/ on all cores. Work is cut by shapes alone, so results do not depend on their number.
// Matrix products multiply floats or, where the processor does that faster, bfloat16.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "host/crystals/crystal_tables.h"
#include "host/network/backend.h"
#include "host/network/cpu_convolution.h"
#include "host/network/cpu_operands.h"
#include "host/ranks/communicator.h"
#include "host/simulation/preprocessing.h"
#include "host/simulation/simulator.h"
#include "host/support/available_memory.h"
#include "host/support/error.h"
#include "host/support/gemm.h"
#include "kernels/arithmetic_rate.h"
#include "kernels/dense.h"
#include "kernels/draw_parameters.h"
#include "kernels/pattern.h"

namespace friedel {

namespace {

constexpr int row_chunk = 16;
constexpr int parameter_tile = 1 << 15;
constexpr std::size_t copied_bytes = 1 << 20;

struct FloatGemm {
    static std::string kernels() { return "OpenBLAS for " + gemm_kernels(); }
    template <class... Arguments>
    static void multiply(Arguments&&... arguments) {
        friedel::gemm(arguments...);
    }
};

class RecordedClosure : public RecordedStep {
public:
    explicit RecordedClosure(std::function<void()> step) : step_(std::move(step)) {}
    void run() override { step_(); }

private:
    std::function<void()> step_;
};

template <class Value>
class CpuBackend : public Backend {
public:
    explicit CpuBackend(ThreadPool& pool) : pool_(pool), convolution_(pool) {}

    static constexpr bool of_floats = std::is_same_v<Value, float>;
    static Value* values(Operand* operands) { return reinterpret_cast<Value*>(operands); }
    static const Value* values(const Operand* operands) { return reinterpret_cast<const Value*>(operands); }

    std::string description() const override {
        return std::to_string(pool_.size()) + (pool_.size() == 1 ? " core" : " cores") + ", " + gemm_.kernels();
    }

    bool is_gpu() const override { return false; }
    void wait() override {}

    void* allocate(std::size_t bytes) override {
        const std::size_t padded = (bytes + 63) / 64 * 64;
        // Linux promises memory that it does not have, or that a batch system allows nobody, and kills who touches it: ask first.
        void* const memory = padded < available_memory() ? std::aligned_alloc(64, padded) : nullptr;
        if (!memory) fail("no memory for ", padded / 1'000'000, " MB more; use a smaller training.batch, network or ensemble");
        std::memset(memory, 0, padded);
        return memory;
    }
    void release(void* memory) noexcept override { std::free(memory); }
    void upload(void* to, const void* from, std::size_t bytes) override {
        if (bytes > 0) std::memcpy(to, from, bytes);  // of nothing, the pointers may be null
    }
    void download(void* to, const void* from, std::size_t bytes) override {
        if (bytes > 0) std::memcpy(to, from, bytes);
    }
    void copy(void* to, const void* from, std::size_t bytes) override {
        const std::size_t pieces = (bytes + copied_bytes - 1) / copied_bytes;
        pool_.run(static_cast<int>(pieces), [&](int piece, int) {
            const std::size_t begin = static_cast<std::size_t>(piece) * copied_bytes;
            std::memcpy(static_cast<char*>(to) + begin, static_cast<const char*>(from) + begin, std::min(copied_bytes, bytes - begin));
        });
    }

    std::unique_ptr<PatternStream> open_stream(const LibraryView& library, const SamplerView& sampler, const SimulationConfig& simulation,
                                               const PreprocessConfig& preprocess, const CrystalTableStore* tables) override;

    void preprocess(Operand* inputs, float* patterns, int n, const Grid& grid, const PreprocessConfig& config) override {
        pool_.run(n, [&](int i, int) { preprocess_pattern(patterns + static_cast<std::size_t>(i) * grid.points, grid, config); });
        if (static_cast<void*>(inputs) != patterns) to_operands(inputs, patterns, n, grid.points);
    }

    bool operands_are_floats() const override { return of_floats; }
    std::size_t matrix_bytes(int rows, int columns) const override { return operand_row<Value>(rows, columns) * sizeof(Value); }
    void to_operands(Operand* to, const float* from, int rows, int columns) override {
        for_rows(rows, [&](SerialBlock&, int row) {
            convert(values(to) + operand_row<Value>(row, columns), from + static_cast<std::size_t>(row) * columns, columns);
        });
    }
    void from_operands(float* to, const Operand* from, int rows, int columns) override {
        for (int row = 0; row < rows; ++row)
            convert(to + static_cast<std::size_t>(row) * columns, values(from) + operand_row<Value>(row, columns), columns);
    }

    // Work aside is cut into pieces, which fill the gaps that open where workers wait for each other.
    void overlap(const std::function<void()>& aside, const std::function<void()>& main) override {
        // Whichever of both throws, the next step begins without what is left of this one.
        struct Deferring {
            CpuBackend& backend;
            ~Deferring() {
                backend.deferring_ = false;
                backend.deferred_pieces_ = 0;
            }
        } const none_left{*this};
        deferring_ = true;
        aside();
        deferring_ = false;
        std::atomic<int> next{0};
        const auto take = [&](int) {
            const int piece = next.fetch_add(1);
            if (piece >= deferred_pieces_) return false;
            deferred_(piece);
            return true;
        };
        struct SpareWork {
            ThreadPool& pool;
            ~SpareWork() { pool.set_spare_work(nullptr); }
        } const spare_work{pool_};
        pool_.set_spare_work(take);
        main();
        pool_.run(pool_.size(), [&](int, int worker) {
            while (take(worker)) {
            }
        });
    }

    // Runs piece(i) for i in [0, pieces): now, or inside overlap() in the gaps of what it overlaps.
    void run_pieces(int pieces, std::function<void(int)> piece) {
        if (deferring_) {
            if (deferred_pieces_ > 0) fail("work aside: one lot of pieces fits, and there are two");
            deferred_ = std::move(piece);
            deferred_pieces_ = pieces;
        } else {
            pool_.run(pieces, [&](int i, int) { piece(i); });
        }
    }

    void gemm(Operand* c, const Product& product) override { multiply(values(c), product); }
    void gemm(float* c, const Product& product) override { multiply(c, product); }

    void convolve(Operand* out, const Operand* in, const Operand* filters, const ConvolutionShape& shape, int rows) override {
        convolution_.forward(values(out), values(in), values(filters), shape, rows);
    }
    void convolve_backward_filters(float* gradient, const Operand* out_gradient, const Operand* in, const ConvolutionShape& shape,
                                   int rows) override {
        convolution_.backward_filters(gradient, values(out_gradient), values(in), shape, rows);
    }
    void convolve_backward_input(Operand* in_gradient, const Operand* out_gradient, const Operand* filters, const ConvolutionShape& shape,
                                 int rows) override {
        convolution_.backward_input(values(in_gradient), values(out_gradient), values(filters), shape, rows);
    }

    void add_bias(float* out, const float* bias, int rows, int width) override {
        for_rows(rows, [&](SerialBlock& block, int row) { add_bias_row(block, out + static_cast<std::size_t>(row) * width, bias, width); });
    }

    void activate(Operand* operands, const float* bias, int rows, int width, float dropout, int layer, const StepState* state) override {
        Value* const out = values(operands);
        Dropout what{dropout, 0, 0, static_cast<std::uint32_t>(layer)};
        if (dropout > 0) {
            what.seed = state->seed;
            what.first_sample = first_sample(*state, 0, rows);
        }
        for_rows(rows,
                 [&](SerialBlock& block, int row) { activate_row(block, out + operand_row<Value>(row, width), bias, row, width, what); });
    }

    void activate_backward(Operand* gradient, float* bias_gradient, const Operand* out, int rows, int width, float dropout) override {
        pool_.run((width + columns_at_once - 1) / columns_at_once, [&](int tile, int) {
            const int begin = tile * columns_at_once;
            const Columns columns{begin, std::min(columns_at_once, width - begin), rows, operand_stride<Value>(width)};
            if (out) {
                activate_backward_columns(values(gradient), bias_gradient, values(out), columns, dropout);
            } else {
                bias_gradient_columns(bias_gradient, values(gradient), columns);
            }
        });
    }

    void softmax_loss(SampleLoss* samples, Operand* gradient, float* logits, const std::int32_t* labels, int n, const Loss& loss,
                      const StepState* state) override {
        const std::int64_t batch = batch_of(*state, n), epoch = loss_epoch(loss.config, state->step, batch);
        for_rows(n, [&](SerialBlock& block, int row) {
            samples[row] = softmax_loss_row(block, values(gradient) + operand_row<Value>(row, loss.classes),
                                            logits + static_cast<std::size_t>(row) * loss.classes, labels[row], loss, epoch,
                                            1.0f / static_cast<float>(batch));
        });
    }

    void add_losses(LossTotals* totals, StepGuard* guard, const SampleLoss* samples, int n, const LossConfig& config,
                    const StepState* state) override {
        SerialBlock block;
        const bool squared = is_squared(config, loss_epoch(config, state->step, batch_of(*state, n)));
        add_batch(*totals, *guard, loss_totals(block, samples, n), squared);
    }

    void optimise(const AdamwArrays& arrays, StepGuard* guard, std::size_t weights, std::size_t size, const OptimiserConfig& config,
                  const StepState* state, const std::vector<OperandCopy>& copies) override {
        const double norm = gradient_norm(arrays.gradient, size);
        const bool taken = may_step(*guard, norm);
        count_step(*guard, taken);
        if (!taken) return;
        const float clip = clip_factor(config, norm);
        const StepRates rates = rates_of(*guard, config, *state);
        for_parameters(size, [&](std::size_t, std::size_t begin, int n) {
            const int decaying = begin >= weights ? 0 : static_cast<int>(std::min<std::size_t>(n, weights - begin));
            adamw_range(arrays, begin, decaying, config, rates, clip, config.weight_decay);
            adamw_range(arrays, begin + decaying, n - decaying, config, rates, clip, 0);
        });
        for (const OperandCopy& copy : copies) to_operands(copy.to, arrays.parameters + copy.begin, copy.rows, copy.columns);
    }

    void advance(StepState* state) override { complete_step(*state); }

    void join(Communicator& ranks) override { ranks_ = &ranks; }
    void begin_sum(float* values, std::size_t n) override {
        if (ranks_) ranks_->begin_sum(values, n);
    }
    void finish_sums() override {
        if (ranks_) ranks_->finish_sums();
    }

    std::unique_ptr<RecordedStep> record(std::function<void()> step) override {
        step();
        return std::make_unique<RecordedClosure>(std::move(step));
    }

    void calculate(Arithmetic what, float* values, std::size_t n, int times) override {
        for_parameters(n, [&](std::size_t, std::size_t begin, int size) {
            constexpr int together = SerialBlock::tile;  // in registers while they are computed upon
            for (int first = 0; first < size; first += together) {
                float* const here = values + begin + first;
                const int count = std::min(together, size - first);
                what == Arithmetic::exponential ? repeat_exponential(here, count, times) : repeat_multiply_add(here, count, times);
            }
        });
    }

private:
    template <class Result>
    void multiply(Result* c, const Product& p) {
        gemm_.multiply(c, values(p.a), p.transpose_a, values(p.b), p.transpose_b, p.rows, p.columns, p.inner, pool_);
    }

    template <class F>
    void for_rows(int rows, F&& f) {
        pool_.run((rows + row_chunk - 1) / row_chunk, [&](int chunk, int) {
            SerialBlock block;
            for (int row = chunk * row_chunk; row < std::min(rows, (chunk + 1) * row_chunk); ++row) f(block, row);
        });
    }

    // f(tile, begin, n)
    template <class F>
    void for_parameters(std::size_t size, F&& f) {
        const std::size_t tiles = (size + parameter_tile - 1) / parameter_tile;
        pool_.run(static_cast<int>(tiles), [&](int tile, int) {
            const std::size_t begin = static_cast<std::size_t>(tile) * parameter_tile;
            f(static_cast<std::size_t>(tile), begin, static_cast<int>(std::min<std::size_t>(parameter_tile, size - begin)));
        });
    }

    double gradient_norm(const float* gradient, std::size_t size) {
        partial_.resize((size + parameter_tile - 1) / parameter_tile);
        for_parameters(size, [&](std::size_t tile, std::size_t begin, int n) { partial_[tile] = squared_norm_range(gradient, begin, n); });
        double total = 0;
        for (double part : partial_) total += part;
        return std::sqrt(total);
    }

    ThreadPool& pool_;
    Communicator* ranks_ = nullptr;
    std::conditional_t<of_floats, FloatGemm, Bf16Gemm> gemm_;
    CpuConvolution<Value> convolution_;
    std::vector<double> partial_;
    bool deferring_ = false;
    std::function<void(int)> deferred_;
    int deferred_pieces_ = 0;
};

template <class Value>
class CpuPatternStream : public PatternStream {
public:
    CpuPatternStream(CpuBackend<Value>& backend, const LibraryView& library, const SamplerView& sampler, const SimulationConfig& simulation,
                     const PreprocessConfig& preprocess, const CrystalTableStore* tables)
        : backend_(backend),
          library_(library),
          sampler_(sampler),
          simulation_(simulation),
          preprocess_(preprocess),
          tables_(tables ? tables->view() : CrystalTables{}) {}

    void draw(Operand* operands, std::int32_t* labels, const StepState* state, int ahead, int n) override {
        const std::uint64_t seed = state->seed, first = first_sample(*state, ahead, n);
        backend_.run_pieces(n, [=, this](int row) {
            const int points = simulation_.grid.points;
            const DrawnStructure drawn = draw_structure(sampler_, seed, first + row);
            labels[row] = drawn.label;
            Value* const out = CpuBackend<Value>::values(operands) + operand_row<Value>(row, points);
            float* pattern;
            if constexpr (CpuBackend<Value>::of_floats) {
                pattern = out;
            } else {
                thread_local std::vector<float> scratch;
                scratch.resize(static_cast<std::size_t>(points));
                pattern = scratch.data();
            }
            const PatternParameters parameters =
                draw_parameters(simulation_, drawn.structure, drawn.impurities(library_.structures), seed, first + row);
            if (drawn.structure < 0) {
                simulate_generated_pattern(pattern, parameters, tables_, simulation_.grid);
            } else {
                simulate_one_pattern(pattern, parameters, library_, simulation_.grid);
            }
            preprocess_pattern(pattern, simulation_.grid, preprocess_);
            if constexpr (!CpuBackend<Value>::of_floats) convert(out, pattern, points);
        });
    }

private:
    CpuBackend<Value>& backend_;
    LibraryView library_;
    SamplerView sampler_;
    SimulationConfig simulation_;
    PreprocessConfig preprocess_;
    CrystalTables tables_;
};

template <class Value>
std::unique_ptr<PatternStream> CpuBackend<Value>::open_stream(const LibraryView& library, const SamplerView& sampler,
                                                              const SimulationConfig& simulation, const PreprocessConfig& preprocess,
                                                              const CrystalTableStore* tables) {
    return std::make_unique<CpuPatternStream<Value>>(*this, library, sampler, simulation, preprocess, tables);
}

}  // namespace

std::unique_ptr<Backend> make_cpu_backend(ThreadPool& pool, Precision precision) {
    if (precision != Precision::bf16) return std::make_unique<CpuBackend<float>>(pool);
    if (const std::string missing = Bf16Gemm::missing(); !missing.empty()) fail(missing, "; use --precision float");
    return std::make_unique<CpuBackend<Bfloat16>>(pool);
}

}  // namespace friedel
