// Training against the limit that matrix products set, all in one run: the products alone, training on resident patterns, simulation
// alone, and a step of the trainer, which does both.
// Usage: train_bench LIBRARY.h5 [RESULTS.json [DEVICE [PRECISION [BATCH]]]], DEVICE and PRECISION as --device and --precision of friedel.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "host/crystals/structure_library.h"
#include "host/network/device.h"
#include "host/network/network.h"
#include "host/support/error.h"
#include "host/support/seconds_since.h"
#include "host/training/config.h"
#include "host/training/sampler.h"
#include "host/training/trainer.h"

namespace friedel {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int rounds = 6;                 // the best of these is reported: what else ran on the machine only ever adds time
constexpr double shortest_seconds = 0.2;  // of a round: work that is done sooner is repeated

bool on_one_core = false;  // then seconds are the processor's, which do not count when others had the core

double seconds_of(const std::function<void()>& work, Backend& backend, int repeats) {
    const auto start = Clock::now();
    const std::clock_t start_of_processor = std::clock();
    for (int i = 0; i < repeats; ++i) work();
    backend.wait();
    const double on_the_clock = seconds_since(start);
    const double on_the_processor = static_cast<double>(std::clock() - start_of_processor) / CLOCKS_PER_SEC;
    return (on_one_core ? on_the_processor : on_the_clock) / repeats;
}

struct Contender {
    const char* name;
    std::function<void()> work;
    double best = 1e30;
    int repeats = 1;
};

// Simulation and training by themselves, on buffers that the trainer would have.
class Stages {
public:
    Stages(const TrainingConfig& config, const StructureLibrary& library, Backend& backend)
        : config_(config),
          shape_(config.shape()),
          batch_(config.run.batch),
          backend_(backend),
          sampler_(library.view(), config.network.target, config.run.tempering),
          stream_(backend.open_stream(library.view(), sampler_.view(), config.simulation, config.preprocess)),
          network_(backend, shape_, config.dropout(), batch_, true),
          parameters_(backend, shape_, initial_parameters(shape_, 1, 0)),
          gradient_(backend, shape_.size()),
          m_(backend, shape_.size()),
          v_(backend, shape_.size()),
          average_(backend, shape_.size()),
          patterns_(backend, batch_, config.simulation.grid.points),
          labels_(backend, static_cast<std::size_t>(batch_)),
          samples_(backend, static_cast<std::size_t>(batch_)),
          state_(backend, &begin, 1),
          guard_(backend, 1),
          left_(backend, batch_, widest()),
          right_(backend, batch_, widest()) {
        const std::vector<float> half(static_cast<std::size_t>(batch_) * widest(), 0.5f);
        const Buffer<float> half_there(backend, half.data(), half.size());
        backend.to_operands(left_.data(), half_there.data(), batch_, widest());
    }

    void simulate() { stream_->draw(patterns_.data(), labels_.data(), state_.data(), 0, batch_); }

    void train() {
        network_.backpropagate(gradient_.data(), samples_.data(), patterns_.data(), labels_.data(), parameters_,
                               {config_.loss, shape_.classes(), nullptr}, state_.data(), 0);
        float* const average = config_.optimiser.average_decay > 0 ? average_.data() : nullptr;
        backend_.optimise({parameters_.values().data(), m_.data(), v_.data(), average, gradient_.data()}, guard_.data(),
                          shape_.weights_end(), shape_.size(), config_.optimiser, state_.data(), parameters_.copies());
        backend_.advance(state_.data());
    }

    // Those of one step: forward, of the weights' gradient, and of the activations' but for the inputs.
    void products() {
        for (int layer = 0; layer < shape_.layers(); ++layer) {
            const int in = shape_.inputs(layer), out = shape_.outputs(layer);
            const Operand* const w = parameters_.weight(layer);
            backend_.gemm(right_.data(), {left_.data(), Transpose::no, w, Transpose::yes, batch_, out, in});
            backend_.gemm(gradient_.data() + shape_.weight_offset(layer),
                          {right_.data(), Transpose::yes, left_.data(), Transpose::no, out, in, batch_});
            if (layer) backend_.gemm(right_.data(), {left_.data(), Transpose::no, w, Transpose::no, batch_, in, out});
        }
    }

    double flops_of_products() const {
        double flops = 0;
        for (int layer = 0; layer < shape_.layers(); ++layer)
            flops += (layer ? 6.0 : 4.0) * shape_.inputs(layer) * shape_.outputs(layer) * batch_;
        return flops;
    }

private:
    static constexpr StepState begin{1, 0, 100000};

    int widest() const { return *std::max_element(shape_.widths.begin(), shape_.widths.end()); }

    const TrainingConfig& config_;
    NetworkShape shape_;
    int batch_;
    Backend& backend_;
    Sampler sampler_;
    std::unique_ptr<PatternStream> stream_;
    Network network_;
    Parameters parameters_;
    Buffer<float> gradient_, m_, v_, average_;
    Matrix patterns_;
    Buffer<std::int32_t> labels_;
    Buffer<SampleLoss> samples_;
    Buffer<StepState> state_;
    Buffer<StepGuard> guard_;
    Matrix left_, right_;  // of products, whose results nobody needs
};

// The best of all rounds of each, in turn.
void time_in_turn(std::vector<Contender>& contenders, Backend& backend) {
    for (Contender& c : contenders) {
        seconds_of(c.work, backend, 2);
        c.repeats = std::max(1, static_cast<int>(shortest_seconds / seconds_of(c.work, backend, 1)));
    }
    for (int round = 0; round < rounds; ++round) {
        for (Contender& c : contenders) c.best = std::min(c.best, seconds_of(c.work, backend, c.repeats));
    }
}

nlohmann::json measure(const char* title, const TrainingConfig& config, const StructureLibrary& library, Backend* backend) {
    const NetworkShape shape = config.shape();
    const int batch = config.run.batch;
    Trainer trainer(*backend, config, library);
    Stages alone(config, library, *backend);
    alone.simulate();
    trainer.step();
    std::vector<Contender> contenders{{"products alone", [&] { alone.products(); }},
                                      {"training alone", [&] { alone.train(); }},
                                      {"simulation alone", [&] { alone.simulate(); }},
                                      {"simulation and training", [&] { trainer.step(); }}};
    time_in_turn(contenders, *backend);

    const double products = contenders[0].best, training = contenders[1].best, simulation = contenders[2].best, step = contenders[3].best;
    const double gflops = alone.flops_of_products() / products * 1e-9, slower = std::max(training, simulation);
    std::printf("%s: %s, %.1f M parameters, batch %d\n", title, shape.text().c_str(), static_cast<double>(shape.parameters()) * 1e-6,
                batch);
    nlohmann::json result{{"network", shape.text()}, {"batch", batch}, {"products_gflops", gflops}};
    for (const Contender& c : contenders) {
        std::printf("  %-24s %8.1f ms  %7.0f samples/s  %5.1f %% of the limit\n", c.name, c.best * 1e3, batch / c.best,
                    100 * products / c.best);
        result[std::string(c.name) + "_ms"] = c.best * 1e3;
    }
    result["step_over_slower"] = step / slower;
    result["step_over_sum"] = step / (training + simulation);
    std::printf("  a step takes %.2f of the slower alone, %.2f of one after the other\n", step / slower, step / (training + simulation));
    std::printf("  products: %.0f GFLOP/s\n", gflops);
    return result;
}

int run(int argc, char** argv) {
    if (argc < 2) fail("usage: train_bench LIBRARY.h5 [RESULTS.json [DEVICE [PRECISION [BATCH]]]]");
    const StructureLibrary library = StructureLibrary::read(argv[1]);
    Device device({argc > 3 ? argv[3] : "cpu", argc > 4 ? argv[4] : "auto"});
    on_one_core = device.pool.size() == 1 && (argc <= 3 || std::string(argv[3]) == "cpu");
    const std::string description = device.backend->description();
    std::printf("%d structures, %s, best of %d\n", library.size(), description.c_str(), rounds);
    TrainingConfig twenty_million = preset("friedel");
    twenty_million.network.hidden = {7168, 640};
    twenty_million.network.dropout = {0.2f, 0.2f};
    TrainingConfig ours = preset("friedel");
    TrainingConfig paper = preset("paper-space-group");
    if (argc > 5) twenty_million.run.batch = ours.run.batch = paper.run.batch = std::stoi(argv[5]);
    nlohmann::json results{{"structures", library.size()}, {"device", description}};
    results["friedel"] = measure("preset friedel", ours, library, device.backend.get());
    results["twenty_million"] = measure("20 M parameters", twenty_million, library, device.backend.get());
    results["paper"] = measure("preset paper-space-group", paper, library, device.backend.get());
    if (argc > 2) std::ofstream(argv[2]) << results.dump(2) << '\n';
    return 0;
}

}  // namespace
}  // namespace friedel

int main(int argc, char** argv) {
    try {
        return friedel::run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "train_bench: %s\n", error.what());
        return 1;
    }
}
