#include "host/training/benchmark.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>

#include "host/crystals/crystal_statistics.h"
#include "host/crystals/crystal_tables.h"
#include "host/crystals/generated_structures.h"
#include "host/network/network.h"
#include "host/simulation/simulation_work.h"
#include "host/simulation/simulator.h"
#include "host/support/seconds_since.h"
#include "host/training/sampler.h"
#include "host/training/trainer.h"
#include "kernels/pattern.h"

namespace friedel {

namespace {

using Clock = std::chrono::steady_clock;

// More than any cache holds.
constexpr std::size_t copied_bytes_cpu = std::size_t{1} << 27, copied_bytes_gpu = std::size_t{1} << 30;
constexpr int product_extent_cpu = 2048, product_extent_gpu = 8192;
constexpr std::size_t calculated_cpu = std::size_t{1} << 18, calculated_gpu = std::size_t{1} << 23;
constexpr int calculated_times = 1024;
constexpr int patterns_counted = 256;
constexpr int crystals_made = 4096;

class Benchmark {
public:
    Benchmark(const TrainingConfig& config, const StructureLibrary& library, Device& device, const BenchmarkOptions& options)
        : config_(config),
          library_(library),
          backend_(*device.backend),
          pool_(device.pool),
          options_(options),
          shape_(config.shape()),
          loss_{config.loss, shape_.classes(), nullptr},
          batch_(config.run.batch),
          operand_bytes_(static_cast<double>(backend_.matrix_bytes(1, 1024)) / 1024) {
        if (config.run.synthetic > 0 || config.run.fill > 0) tables_ = std::make_unique<CrystalTableStore>(CrystalStatistics::shipped());
    }

    std::vector<BenchmarkRow> go() {
        measure_limits();
        measure_simulation();
        measure_generation();
        measure_network();
        measure_steps();
        return std::move(rows_);
    }

private:
    double best_seconds(const std::function<void()>& work) const {
        const auto seconds_of = [&](int repeats) {
            const auto start = Clock::now();
            for (int i = 0; i < repeats; ++i) work();
            backend_.wait();
            return seconds_since(start) / repeats;
        };
        seconds_of(1);  // plans, scratch and caches
        const int repeats = std::max(1, static_cast<int>(options_.seconds / std::max(seconds_of(1), 1e-7)));
        double best = seconds_of(repeats);
        for (int round = 1; round < options_.rounds; ++round) best = std::min(best, seconds_of(repeats));
        return best;
    }

    bool wanted(const std::string& stage) const {
        return options_.only.empty() ||
               std::ranges::any_of(options_.only, [&](const std::string& part) { return stage.find(part) != std::string::npos; });
    }

    void add(BenchmarkRow row) {
        const auto share = [&](double work, double rate) { return rate > 0 ? work / row.seconds / rate : 0; };
        const double largest = std::max({share(row.traffic.bytes, copy_rate_), share(row.traffic.operations, product_rate_),
                                         share(row.traffic.arithmetic, arithmetic_rate_)});
        if (largest > 0) row.fraction_of_limit = largest;
        if (options_.tell) options_.tell(row);
        rows_.push_back(std::move(row));
    }

    // Stages are recorded and run again, as in training: a device then shows no gaps between their launches.
    void add(const std::string& stage, int patterns, const Traffic& traffic, const std::function<void()>& work) {
        if (!wanted(stage)) return;
        const std::unique_ptr<RecordedStep> step = backend_.record(work);
        const double seconds = best_seconds([&] { step->run(); });
        add({stage, seconds, patterns / seconds, traffic});
    }

    std::vector<float> random_values(std::size_t n) const {
        std::vector<float> values(n);
        for (std::size_t i = 0; i < n; ++i)
            values[i] = 2 * uniform_open(random4(config_.run.seed, i / 4, Purpose::shuffle, 0).bits[i % 4]) - 1;
        return values;
    }

    // A matrix of random numbers: products of zeros take less power, and so less time.
    Matrix random_matrix(int rows, int columns) const {
        constexpr int max_rows = 1024;
        Matrix made(backend_, rows, columns);
        const std::vector<float> values = random_values(static_cast<std::size_t>(std::min(rows, max_rows)) * columns);
        const Buffer<float> there(backend_, values.data(), values.size());
        for (int row = 0; row < rows; row += max_rows) {
            const int here = std::min(max_rows, rows - row);
            backend_.to_operands(made.rows_from(row), there.data(), here, columns);
        }
        return made;
    }

    void measure_limits() {
        const bool gpu = backend_.is_gpu();
        {
            const std::size_t bytes = gpu ? copied_bytes_gpu : copied_bytes_cpu;
            Buffer<std::byte> from(backend_, bytes), to(backend_, bytes);
            const std::vector<float> noise = random_values(std::size_t{1} << 20);
            const std::size_t piece = noise.size() * sizeof noise[0];
            for (std::size_t at = 0; at < bytes; at += piece) backend_.upload(from.data() + at, noise.data(), piece);
            const double moved = 2.0 * static_cast<double>(bytes),
                         seconds = best_seconds([&] { backend_.copy(to.data(), from.data(), bytes); });
            add({"limit: copy, bytes", seconds, moved / seconds});
            copy_rate_ = moved / seconds;
        }
        {
            const std::size_t n = gpu ? calculated_gpu : calculated_cpu;
            Buffer<float> values(backend_, n);
            const double times = static_cast<double>(n) * calculated_times;
            const auto seconds_of = [&](Arithmetic what) {
                return best_seconds([&] { backend_.calculate(what, values.data(), n, calculated_times); });
            };
            const double adding = seconds_of(Arithmetic::multiply_add), raising = seconds_of(Arithmetic::exponential);
            add({"limit: multiply-adds, operations", adding, 2 * times / adding});
            add({"limit: exponentials", raising, times / raising});
            arithmetic_rate_ = 2 * times / adding;
        }
        const int n = gpu ? product_extent_gpu : product_extent_cpu;
        const Matrix a = random_matrix(n, n), b = random_matrix(n, n);
        Matrix c(backend_, n, n);
        const double operations = 2.0 * n * n * n;
        const double seconds = best_seconds([&] { backend_.gemm(c.data(), {a.data(), Transpose::no, b.data(), Transpose::yes, n, n, n}); });
        add({"limit: matrix product, operations", seconds, operations / seconds});
        product_rate_ = operations / seconds;
    }

    // Draws, simulates and prepares a batch of a library.
    void add_simulation(const std::string& stage, const StructureLibrary& library, int batch) {
        if (wanted(stage)) add_simulation(stage, library, Sampler(library.view(), config_.network.target, config_.run.tempering), batch);
    }
    void add_simulation(const std::string& stage, const StructureLibrary& library, const Sampler& sampler, int batch) {
        const auto stream = backend_.open_stream(library.view(), sampler.view(), config_.simulation, config_.preprocess);
        SimulationWork work;
        for (int i = 0; i < patterns_counted; ++i) {
            const DrawnStructure drawn = draw_structure(sampler.view(), config_.run.seed, static_cast<std::uint64_t>(i));
            work += work_of_pattern(
                draw_parameters(config_.simulation, library.view(), drawn.structure, config_.run.seed, static_cast<std::uint64_t>(i)),
                library.view(), config_.simulation.grid);
        }
        add_draw(stage, *stream, batch, work.operations() / patterns_counted * batch);
    }
    void add_draw(const std::string& stage, PatternStream& stream, int batch, double arithmetic) {
        const StepState begin{config_.run.seed, 0, 1};
        const Buffer<StepState> state(backend_, &begin, 1);
        Matrix patterns(backend_, batch, config_.simulation.grid.points);
        Buffer<std::int32_t> labels(backend_, static_cast<std::size_t>(batch));
        const auto bytes = static_cast<double>(backend_.matrix_bytes(batch, config_.simulation.grid.points));
        add(stage, batch, {.bytes = bytes, .arithmetic = arithmetic},
            [&] { stream.draw(patterns.data(), labels.data(), state.data(), 0, batch); });
    }

    void measure_simulation() {
        add_simulation("simulation", library_, batch_);
        for (int batch : options_.batches) add_simulation("simulation, batch of " + std::to_string(batch), library_, batch);
        std::vector<int> order(static_cast<std::size_t>(library_.size()));
        std::iota(order.begin(), order.end(), 0);
        std::erase_if(order, [&](int i) { return library_.space_group[i] == 0; });
        std::vector<int> reflections(static_cast<std::size_t>(library_.size()));
        PatternParameters ideal{};
        ideal.radiation = config_.simulation.radiation;
        ideal.lattice_scale = 1;
        const float d_min = smallest_d(ideal.radiation, config_.simulation.grid);
        for (int i : order) reflections[i] = reflections_bound(reciprocal_metric(library_.view().crystal(i), ideal), d_min);
        std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return reflections[a] < reflections[b]; });
        const char* const names[] = {"simulation, smaller third", "simulation, middle third", "simulation, larger third"};
        if (order.size() < std::size(names)) return;
        for (std::size_t part = 0; part < std::size(names); ++part) {
            const auto at = [&](std::size_t third) { return order.begin() + static_cast<std::ptrdiff_t>(order.size() * third / 3); };
            add_simulation(names[part], library_.subset({at(part), at(part + 1)}), batch_);
        }
    }

    // Crystals made in the step, and as many of a library that were made before: the difference is what making them costs.
    void measure_generation() {
        const std::string made_now = "simulation, generated crystals", made_before = "simulation, crystals generated before";
        if (!tables_ || (!wanted(made_now) && !wanted(made_before))) return;
        LibraryWish wish;
        wish.structures = crystals_made;
        wish.tempering = config_.run.tempering;
        wish.seed = config_.run.seed;
        const StructureLibrary before = generate_library(*tables_, wish, pool_).structures;
        if (wanted(made_before)) add_simulation(made_before, before, Sampler(before.view(), config_.network.target, 1), batch_);
        if (!wanted(made_now)) return;
        const StructureLibrary none;
        const Sampler sampler(none.view(), config_.network.target, config_.run.tempering,
                              {.share = 1, .fill = 0, .group_share = tables_->group_share(config_.run.tempering)});
        const auto stream = backend_.open_stream(none.view(), sampler.view(), config_.simulation, config_.preprocess, tables_.get());
        add_draw(made_now, *stream, batch_, 0);
    }

    // A network in training, for its stages to work on.
    struct NetworkInTraining {
        NetworkInTraining(Backend& backend, const NetworkShape& shape, const TrainingConfig& config, int batch)
            : network(backend, shape, config.dropout(), batch, true),
              parameters(backend, shape, initial_parameters(shape, config.run.seed, 0)),
              gradient(backend, shape.size()),
              first(backend, shape.size()),
              second(backend, shape.size()),
              average(backend, shape.size()),
              begin{config.run.seed, 0, 1 << 30},
              state(backend, &begin, 1),
              guard(backend, 1),
              labels(backend, static_cast<std::size_t>(batch)),
              samples(backend, static_cast<std::size_t>(batch)) {}

        AdamwArrays arrays(const OptimiserConfig& config) {
            return {parameters.values().data(), first.data(), second.data(), config.average_decay > 0 ? average.data() : nullptr,
                    gradient.data()};
        }

        Network network;
        Parameters parameters;
        Buffer<float> gradient, first, second, average;
        StepState begin;
        Buffer<StepState> state;
        Buffer<StepGuard> guard;
        Buffer<std::int32_t> labels;
        Buffer<SampleLoss> samples;
    };

    void measure_network() {
        NetworkInTraining n(backend_, shape_, config_, batch_);
        for (int layer = 0; layer < shape_.layers(); ++layer) measure_layer(n, layer);
        measure_loss(n);
        measure_optimiser(n);
        measure_whole(n);
    }

    void measure_layer(NetworkInTraining& n, int layer) {
        const int rows = batch_ * shape_.positions(layer);
        const double values = static_cast<double>(rows) * shape_.outputs(layer);
        const int width = shape_.outputs(layer), inputs = shape_.inputs(layer);
        const std::string of = ", layer " + std::to_string(layer);
        const bool convolves = shape_.is_convolution(layer), last = layer + 1 == shape_.layers();
        const ConvolutionShape convolution = convolves ? shape_.convolution(layer) : ConvolutionShape{};
        const int columns = convolves ? convolution.inputs() : inputs, outputs = convolves ? convolution.outputs() : width;
        const Matrix in = random_matrix(batch_, columns);
        Matrix out(backend_, batch_, outputs), slope = random_matrix(batch_, outputs);
        float* const weights = n.gradient.data() + shape_.weight_offset(layer);
        const double operations = 2.0 * values * inputs;
        add((convolves ? "convolution" : "product") + of, batch_, {.operations = operations}, [&] {
            if (convolves) {
                backend_.convolve(out.data(), in.data(), n.parameters.weight(layer), convolution, batch_);
            } else {
                backend_.gemm(out.data(), {in.data(), Transpose::no, n.parameters.weight(layer), Transpose::yes, batch_, width, inputs});
            }
        });
        add("gradient of weights" + of, batch_, {.operations = operations}, [&] {
            if (convolves) {
                backend_.convolve_backward_filters(weights, slope.data(), in.data(), convolution, batch_);
            } else {
                backend_.gemm(weights, {slope.data(), Transpose::yes, in.data(), Transpose::no, width, inputs, batch_});
            }
        });
        if (last) return;
        const float dropout = config_.dropout()[layer];
        add("bias, ReLU, dropout" + of, batch_, {.bytes = 2 * values * operand_bytes_},
            [&] { backend_.activate(out.data(), n.parameters.bias(layer), rows, width, dropout, layer, n.state.data()); });
        add("the same backwards" + of, batch_, {.bytes = 3 * values * operand_bytes_}, [&] {
            backend_.activate_backward(slope.data(), n.gradient.data() + shape_.bias_offset(layer), out.data(), rows, width, dropout);
        });
    }

    void measure_loss(NetworkInTraining& n) {
        const auto outputs = static_cast<std::size_t>(batch_) * static_cast<std::size_t>(shape_.classes());
        Buffer<float> logits(backend_, outputs);
        Matrix slope(backend_, batch_, shape_.classes());
        add("softmax, loss, gradient", batch_, {.bytes = static_cast<double>(outputs) * (4 + operand_bytes_)},
            [&] { backend_.softmax_loss(n.samples.data(), slope.data(), logits.data(), n.labels.data(), batch_, loss_, n.state.data()); });
    }

    void optimise(NetworkInTraining& n) {
        backend_.optimise(n.arrays(config_.optimiser), n.guard.data(), shape_.weights_end(), shape_.size(), config_.optimiser,
                          n.state.data(), n.parameters.copies());
    }

    void measure_optimiser(NetworkInTraining& n) {
        // Read: weights, moments, average and, for its norm, the gradient twice. Written: all but the gradient, weights as operands too.
        const double arrays = config_.optimiser.average_decay > 0 ? 10 : 8;
        double copied = 0;
        for (const OperandCopy& copy : n.parameters.copies()) copied += static_cast<double>(backend_.matrix_bytes(copy.rows, copy.columns));
        add("AdamW with norm and average", batch_, {.bytes = 4 * arrays * static_cast<double>(shape_.size()) + copied},
            [&] { optimise(n); });
    }

    void measure_whole(NetworkInTraining& n) {
        const Matrix patterns = random_matrix(batch_, shape_.points());
        add("answers to patterns in memory", batch_, {.operations = forward_operations()},
            [&] { n.network.answer(patterns.data(), n.parameters, batch_); });
        add("training on patterns in memory", batch_, {.operations = training_operations(batch_)}, [&] {
            n.network.backpropagate(n.gradient.data(), n.samples.data(), patterns.data(), n.labels.data(), n.parameters, loss_,
                                    n.state.data(), 0);
            optimise(n);
        });
    }

    double forward_operations() const {
        double all = 0;
        for (int layer = 0; layer < shape_.layers(); ++layer)
            all += 2.0 * batch_ * shape_.positions(layer) * shape_.outputs(layer) * shape_.inputs(layer);
        return all;
    }
    // Forwards, gradients of the weights, and of every layer's input but the pattern.
    double training_operations(int batch) const {
        double all = 0;
        for (int layer = 0; layer < shape_.layers(); ++layer)
            all += (layer > 0 ? 6.0 : 4.0) * batch * shape_.positions(layer) * shape_.outputs(layer) * shape_.inputs(layer);
        return all;
    }

    void measure_steps() {
        std::vector<int> batches = options_.batches;
        batches.insert(batches.begin(), batch_);
        for (int batch : batches) {
            const std::string stage = "step, batch of " + std::to_string(batch);
            if (!wanted(stage)) continue;
            TrainingConfig config = config_;
            config.run.batch = batch;
            Trainer trainer(backend_, config, library_, tables_.get());
            trainer.step();
            trainer.step();
            const double seconds = best_seconds([&] { trainer.step(); });
            add({stage, seconds, batch / seconds, {.operations = config.network.members * training_operations(batch)}});
        }
    }

    const TrainingConfig& config_;
    const StructureLibrary& library_;
    Backend& backend_;
    ThreadPool& pool_;
    const BenchmarkOptions& options_;
    std::unique_ptr<CrystalTableStore> tables_;  // none where the configuration trains on no generated crystals
    NetworkShape shape_;
    Loss loss_;
    int batch_;
    double operand_bytes_;
    double copy_rate_ = 0, product_rate_ = 0, arithmetic_rate_ = 0;
    std::vector<BenchmarkRow> rows_;
};

}  // namespace

std::vector<BenchmarkRow> run_benchmark(const TrainingConfig& config, const StructureLibrary& library, Device& device,
                                        const BenchmarkOptions& options) {
    return Benchmark(config, library, device, options).go();
}

}  // namespace friedel
