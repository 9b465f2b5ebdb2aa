// A CUDA device against the processor: network, optimiser and whole training steps, in every precision. Both share the formulas: what is
// tested here is that the device runs them, not that they are right.
#include <algorithm>
#include <array>
#include <thread>
#include <tuple>

#include "host/network/network.h"
#include "host/training/config.h"
#include "host/training/sampler.h"
#include "host/training/trainer.h"
#include "kernels/arithmetic_rate.h"
#include "tests/cuda_device.h"

namespace friedel {
namespace {

using test::all_minerals;
using test::Values;

class Cuda : public test::CudaDevice {};

TEST_P(Cuda, MultipliesInEveryTransposition) {
    for (const std::array<int, 3>& shape : {std::array{5, 7, 3}, {64, 230, 100}, {257, 129, 511}, {512, 1024, 850}}) {
        const int rows = shape[0], columns = shape[1], inner = shape[2];
        const Values a = random_values(static_cast<std::size_t>(rows) * inner, 1),
                     b = random_values(static_cast<std::size_t>(inner) * columns, 2);
        for (const Transpose ta : {Transpose::no, Transpose::yes}) {
            for (const Transpose tb : {Transpose::no, Transpose::yes}) {
                SCOPED_TRACE(std::to_string(rows) + " " + std::to_string(columns) + " " + std::to_string(inner));
                const auto product = [&](Backend& backend, bool floats) {
                    const Matrix left = ta == Transpose::yes ? matrix(backend, a, inner, rows) : matrix(backend, a, rows, inner);
                    const Matrix right = tb == Transpose::yes ? matrix(backend, b, columns, inner) : matrix(backend, b, inner, columns);
                    const Product asked{left.data(), ta, right.data(), tb, rows, columns, inner};
                    if (floats) {
                        Buffer<float> c(backend, static_cast<std::size_t>(rows) * columns);
                        backend.gemm(c.data(), asked);
                        return values_of(c);
                    }
                    Matrix c(backend, rows, columns);
                    backend.gemm(c.data(), asked);
                    return values_of(backend, c, rows, columns);
                };
                const Values expected = product(*cpu, true);
                const double tolerance = 4 * rounding() * std::sqrt(inner);
                expect_near(product(*cuda, true), expected, tolerance);
                expect_near(product(*cuda, false), expected, tolerance);
            }
        }
    }
}

// Where a value is far from zero it is the mask alone that decides: on every draw, in every layer and at any step.
TEST_P(Cuda, DropsTheSameUnits) {
    const int rows = 257, width = 1000;
    const Values ones(static_cast<std::size_t>(rows) * width, 1.0f), bias(width, 1.0f);
    for (const auto& [step, layer, rate] : {std::tuple{0, 0, 0.3f}, {7, 2, 0.6f}, {1'000'000'000, 256 * 9 + 3, 0.01f}}) {
        const StepState state{0x123456789abcdefu, step, 2'000'000'000, 8192, 4096};
        const auto kept = [&, rate = rate, layer = layer](Backend& backend) {
            Matrix out = matrix(backend, ones, rows, width);
            const Buffer<float> b(backend, bias.data(), bias.size());
            const Buffer<StepState> there(backend, &state, 1);
            backend.activate(out.data(), b.data(), rows, width, rate, layer, there.data());
            std::vector<bool> found;
            for (const float value : values_of(backend, out, rows, width)) found.push_back(value > 0);
            return found;
        };
        EXPECT_EQ(kept(*cuda), kept(*cpu)) << step;
    }
}

TEST_P(Cuda, ActivatesWithTheSameMask) {
    const int rows = 100, width = 333;
    const Values z = random_values(rows * width, 3), bias = random_values(width, 4), slope = random_values(rows * width, 5);
    const StepState state{42, 17, 100};
    for (const float dropout : {0.0f, 0.4f}) {
        const auto run = [&](Backend& backend) {
            Matrix out = matrix(backend, z, rows, width), gradient = matrix(backend, slope, rows, width);
            const Buffer<float> b(backend, bias.data(), bias.size());
            Buffer<float> bias_gradient(backend, width);
            const Buffer<StepState> there(backend, &state, 1);
            backend.activate(out.data(), b.data(), rows, width, dropout, 3, there.data());
            backend.activate_backward(gradient.data(), bias_gradient.data(), out.data(), rows, width, dropout);
            return std::array{values_of(backend, out, rows, width), values_of(backend, gradient, rows, width), values_of(bias_gradient)};
        };
        const auto expected = run(*cpu), found = run(*cuda);
        // Where z + bias is near zero its sign is rounding's; everywhere else the masks are the same.
        int differing = 0;
        for (std::size_t i = 0; i < expected[0].size(); ++i) {
            const float sum = z[i] + bias[i % width];
            if (std::abs(sum) > 0.02f) differing += (expected[0][i] > 0) != (found[0][i] > 0);
        }
        EXPECT_EQ(differing, 0);
        expect_near(found[0], expected[0], 8 * rounding());
        if (!is("bf16")) {
            expect_near(found[1], expected[1], 1e-5);
            expect_near(found[2], expected[2], 1e-3);
        }
    }
}

TEST_P(Cuda, FindsTheSameLoss) {
    const int rows = 77, classes = 230;
    const Values logits = random_values(rows * classes, 6);
    std::vector<std::int32_t> labels(rows);
    for (int i = 0; i < rows; ++i) labels[static_cast<std::size_t>(i)] = i * 37 % classes;
    const StepState state{1, 3, 10};
    for (const LossKind kind : {LossKind::cross_entropy, LossKind::mean_squared_error, LossKind::alternating}) {
        const auto run = [&](Backend& backend) {
            Buffer<float> there(backend, logits.data(), logits.size());
            Matrix apart(backend, rows, classes);
            const Buffer<std::int32_t> l(backend, labels.data(), labels.size());
            const Buffer<StepState> s(backend, &state, 1);
            Buffer<SampleLoss> samples(backend, rows);
            Buffer<LossTotals> totals(backend, 1);
            Buffer<StepGuard> guard(backend, 1);
            const LossConfig config{kind, 0.1f, 0, 100};
            backend.softmax_loss(samples.data(), apart.data(), there.data(), l.data(), rows, {config, classes, nullptr}, s.data());
            backend.add_losses(totals.data(), guard.data(), samples.data(), rows, config, s.data());
            LossTotals sum;
            totals.download(&sum);
            EXPECT_EQ(sum.samples, rows);
            StepGuard by_kind;
            guard.download(&by_kind);
            const bool squared = is_squared(config, loss_epoch(config, state.step, rows));
            EXPECT_EQ(by_kind.losses[squared], sum.loss);
            EXPECT_EQ(by_kind.samples[squared], rows);
            EXPECT_EQ(by_kind.samples[!squared], 0);
            return std::pair{values_of(backend, apart, rows, classes), sum};
        };
        const auto [expected, expected_sum] = run(*cpu);
        const auto [found, found_sum] = run(*cuda);
        expect_near(found, expected, 2 * rounding() / rows);
        EXPECT_NEAR(found_sum.loss, expected_sum.loss, 1e-5 * std::abs(expected_sum.loss) + 1e-5);
        EXPECT_EQ(found_sum.correct, expected_sum.correct);
    }
}

TEST_P(Cuda, OptimisesAlike) {
    const std::size_t size = 100'003, weights = 90'000;
    OptimiserConfig config;
    config.clip_norm = 1;
    config.weight_decay = 0.1f;
    config.average_decay = 0.9f;
    const Values start = random_values(size, 7), slope = random_values(size, 8);
    const auto run = [&](Backend& backend) {
        Buffer<float> w(backend, start.data(), size), m(backend, size), v(backend, size), average(backend, start.data(), size),
            gradient(backend, slope.data(), size);
        const StepState begin{1, 0, 100};
        Buffer<StepState> state(backend, &begin, 1);
        Buffer<StepGuard> guard(backend, 1);
        for (int step = 0; step < 3; ++step) {
            backend.optimise({w.data(), m.data(), v.data(), average.data(), gradient.data()}, guard.data(), weights, size, config,
                             state.data(), {});
            backend.advance(state.data());
        }
        return std::pair{values_of(w), values_of(average)};
    };
    const auto expected = run(*cpu), found = run(*cuda);
    expect_near(found.first, expected.first, 1e-6);
    expect_near(found.second, expected.second, 1e-6);
}

// The weights as operands, written by the optimiser, are those of a pass of their own: in rows of any length, and of many tensors.
TEST_P(Cuda, OptimisesOperandsToo) {
    for (const std::vector<int>& widths : {std::vector<int>{7, 5, 3}, {850, 129, 230}, std::vector<int>(40, 9)}) {
        const NetworkShape shape{widths};
        const Values start = initial_parameters(shape, 1, 0), slope = random_values(shape.size(), 8);
        Parameters parameters(*cuda, shape, start), apart(*cuda, shape, start);
        Buffer<float> m(*cuda, shape.size()), v(*cuda, shape.size()), gradient(*cuda, slope.data(), slope.size());
        const StepState begin{1, 0, 100};
        const Buffer<StepState> state(*cuda, &begin, 1);
        Buffer<StepGuard> guard(*cuda, 1);
        cuda->optimise({parameters.values().data(), m.data(), v.data(), nullptr, gradient.data()}, guard.data(), shape.weights_end(),
                       shape.size(), {}, state.data(), parameters.copies());
        const Values now = values_of(parameters.values());
        EXPECT_NE(now, start);
        apart.values().upload(now.data());
        apart.refresh();
        for (std::size_t i = 0; i < apart.copies().size(); ++i) {
            const OperandCopy &one = parameters.copies()[i], &other = apart.copies()[i];
            Buffer<float> there(*cuda, static_cast<std::size_t>(one.rows) * one.columns);
            cuda->from_operands(there.data(), one.to, one.rows, one.columns);
            const Values fused = values_of(there);
            cuda->from_operands(there.data(), other.to, one.rows, one.columns);
            EXPECT_EQ(fused, values_of(there)) << "tensor " << i;
        }
    }
}

TrainingConfig small_training() {
    TrainingConfig config = preset("quick");
    for (const char* setting : {"grid.step_deg=0.1", "grid.points=850", "network.hidden=[128, 64]", "training.batch=128",
                                "training.steps=40", "training.minutes=0", "network.members=2"})
        set_key(config, setting);
    check(config);
    return config;
}

// Steps after the first are replays of a recorded graph.
TEST_P(Cuda, TrainsTheSameTwiceAndNearlyAsTheProcessor) {
    const StructureLibrary library = all_minerals();
    const TrainingConfig config = small_training();
    const auto losses = [&](Backend& backend) {
        Trainer trainer(backend, config, library);
        Values curve;
        for (int step = 0; step < 40; ++step) {
            trainer.step();
            curve.push_back(static_cast<float>(trainer.take_results().loss));
        }
        return std::pair{curve, trainer.answering_parameters()};
    };
    const auto first = losses(*cuda), again = losses(*cuda), reference = losses(*cpu);
    EXPECT_EQ(first.first, again.first);
    EXPECT_EQ(first.second, again.second);
    EXPECT_LT(first.first.back(), 0.7f * first.first.front()) << "it learns nothing";
    for (std::size_t step = 0; step < 5; ++step) EXPECT_NEAR(first.first[step], reference.first[step], is("bf16") ? 0.05 : 0.01) << step;
}

// Weights, second moments and the sums of losses after ten steps of a small training, step by step or recorded and run again;
// `add_up` as of Network::backpropagate().
auto after_ten_steps(Backend& cuda, bool recorded, const Network::GradientReady& add_up = {}) {
    const StructureLibrary library = all_minerals();
    const TrainingConfig config = small_training();
    const NetworkShape shape = config.shape();
    const int rows = config.run.batch;
    const Sampler sampler(library.view(), config.network.target, config.run.tempering);
    const auto stream = cuda.open_stream(library.view(), sampler.view(), config.simulation, config.preprocess);
    Network network(cuda, shape, config.dropout(), rows, true);
    Parameters parameters(cuda, shape, initial_parameters(shape, 5, 0));
    Buffer<float> gradient(cuda, shape.size()), m(cuda, shape.size()), v(cuda, shape.size());
    std::array<Matrix, 2> inputs{Matrix(cuda, rows, shape.points()), Matrix(cuda, rows, shape.points())};
    std::array<Buffer<std::int32_t>, 2> labels{Buffer<std::int32_t>(cuda, static_cast<std::size_t>(rows)),
                                               Buffer<std::int32_t>(cuda, static_cast<std::size_t>(rows))};
    Buffer<SampleLoss> samples(cuda, static_cast<std::size_t>(rows));
    Buffer<LossTotals> totals(cuda, 1);
    Buffer<StepGuard> guard(cuda, 1);
    const StepState begin{5, 0, 100};
    Buffer<StepState> state(cuda, &begin, 1);
    stream->draw(inputs[0].data(), labels[0].data(), state.data(), 0, rows);
    const auto step = [&](int current) {
        const auto now = static_cast<std::size_t>(current), next = 1 - now;
        cuda.overlap([&] { stream->draw(inputs[next].data(), labels[next].data(), state.data(), 1, rows); },
                     [&] {
                         network.backpropagate(gradient.data(), samples.data(), inputs[now].data(), labels[now].data(), parameters,
                                               {config.loss, shape.classes(), nullptr}, state.data(), 0, add_up);
                         cuda.add_losses(totals.data(), guard.data(), samples.data(), rows, config.loss, state.data());
                         cuda.finish_sums();
                         cuda.optimise({parameters.values().data(), m.data(), v.data(), nullptr, gradient.data()}, guard.data(),
                                       shape.weights_end(), shape.size(), config.optimiser, state.data(), parameters.copies());
                     });
        cuda.advance(state.data());
    };
    std::array<std::unique_ptr<RecordedStep>, 2> recorded_steps;
    for (int i = 0; i < 10; ++i) {
        auto& step_of_half = recorded_steps[static_cast<std::size_t>(i % 2)];
        if (!recorded) {
            step(i % 2);
        } else if (step_of_half) {
            step_of_half->run();
        } else {
            step_of_half = cuda.record([&, i] { step(i % 2); });
        }
    }
    LossTotals sum;
    totals.download(&sum);
    StepState after;
    state.download(&after);
    EXPECT_EQ(after.step, 10);
    Values weights(shape.size()), squares(shape.size());
    parameters.values().download(weights.data());
    v.download(squares.data());
    return std::tuple{weights, squares, sum.loss, sum.correct};
}

// A step by step, and the same recorded and run again: every bit of weights and losses.
TEST_P(Cuda, ReplaysWhatItDoesStepByStep) { EXPECT_EQ(after_ten_steps(*cuda, false), after_ten_steps(*cuda, true)); }

// NCCL takes no two ranks on one GPU. A single one has all but the partners: sums that begin on the stream of their own while the backward
// pass goes on, in a recorded step as well, and what waits for them.
TEST_P(Cuda, SumsOfOneRankChangeNothing) {
    Communicator alone;
    const auto expected = after_ten_steps(*cuda, true);
    try {
        cuda->join(alone);
    } catch (const Error& error) {
        GTEST_SKIP() << "SKIPPED FOR WANT OF NCCL: " << error.what();
    }
    std::size_t summed = 0;
    const Network::GradientReady add_up = [&](float* values, std::size_t n) {
        summed += n;
        cuda->begin_sum(values, n);
    };
    EXPECT_EQ(after_ten_steps(*cuda, false, add_up), expected);
    EXPECT_EQ(summed, 10 * small_training().shape().size()) << "each gradient is summed once";
    EXPECT_EQ(after_ten_steps(*cuda, true, add_up), expected);
}

// Every thread of the host may ask for work: it begins with device 0 whatever others chose.
TEST_P(Cuda, WorksFromAnyThread) {
    Values found;
    std::thread([&] {
        const Matrix made = matrix(*cuda, Values(64, 2.0f), 8, 8);
        found = values_of(*cuda, made, 8, 8);
    }).join();
    EXPECT_EQ(found, Values(64, 2.0f));
}

TEST_P(Cuda, CalculatesAndCopies) {
    const Values start = random_values(10'001, 12, 0);
    Buffer<float> values(*cuda, start.data(), start.size()), copied(*cuda, start.size());
    cuda->calculate(Arithmetic::multiply_add, values.data(), values.size(), 3);
    cuda->copy(copied.data(), values.data(), start.size() * sizeof(float));
    Values expected = start;
    repeat_multiply_add(expected.data(), static_cast<int>(expected.size()), 3);
    expect_near(values_of(copied), expected, 1e-6);
    cuda->calculate(Arithmetic::exponential, values.data(), values.size(), 2);
    repeat_exponential(expected.data(), static_cast<int>(expected.size()), 2);
    expect_near(values_of(values), expected, 1e-6);
}

// More memory than there is: one line that says what to do, and a device that goes on.
TEST_P(Cuda, GoesOnAfterTooMuchWasAsked) {
    const std::string petabyte = test::error_of([&] { cuda->allocate(std::size_t{1} << 50); });
    EXPECT_NE(petabyte.find("use a smaller"), std::string::npos) << petabyte;
    const Matrix made = matrix(*cuda, Values(64, 2.0f), 8, 8);
    EXPECT_EQ(values_of(*cuda, made, 8, 8), Values(64, 2.0f));
}

INSTANTIATE_TEST_SUITE_P(Precisions, Cuda, ::testing::Values("float", "tf32", "bf16"), test::name_of_precision);

TEST(Device, RefusesWhatIsNone) {
    for (const char* device : {"gpu", "cuda:", "cuda:x", "cuda0", "cuda:-1", ""}) {
        EXPECT_THROW(Device({device}), Error) << device;
    }
    EXPECT_THROW(Device({"cpu", "half"}), Error);
    EXPECT_NO_THROW(Device({"cpu"}));
}

TEST(Device, AutoFallsBackToTheProcessorAndSaysWhy) {
    std::string told;
    const Device device({"auto"}, 1, [&](const std::string& line) { told = line; });
    const std::string why = test::error_of([] { make_cuda_backend(0, "auto"); });
    const bool found = why == "no error", built_without = why.find("built without") != std::string::npos;
    EXPECT_EQ(device.backend->is_gpu(), found) << device.backend->description();
    EXPECT_FALSE(device.backend->description().empty());
    EXPECT_EQ(told.find("; running on the CPU") != std::string::npos, !found && !built_without) << told;
}

}  // namespace
}  // namespace friedel
