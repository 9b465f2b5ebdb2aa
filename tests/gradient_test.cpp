// Gradients of the network against finite differences in double precision, from one list of cases; softmax and AdamW by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

#include "host/network/network.h"
#include "host/support/gemm.h"
#include "tests/every_backend.h"

using namespace friedel;

namespace {

struct Case {
    const char* name;
    std::vector<int> widths;
    std::vector<float> dropout;
    int batch;
    LossConfig loss;
    bool graph;
    std::int64_t step;
    std::vector<Convolution> convolutions = {};
};

const std::vector<Case> cases = {
    {"linear", {9, 7}, {}, 5, {LossKind::cross_entropy, 0, 0, 0}, false, 0},
    {"two_hidden_layers", {37, 70, 19, 7}, {0, 0}, 33, {LossKind::cross_entropy, 0, 0, 0}, false, 0},
    {"dropout", {20, 150, 130, 7}, {0.5f, 0.3f}, 17, {LossKind::cross_entropy, 0, 0, 0}, false, 3},
    {"even_smoothing", {11, 16, 230}, {0}, 8, {LossKind::cross_entropy, 0.1f, 0, 0}, false, 0},
    {"graph_smoothing", {11, 16, 7}, {0}, 8, {LossKind::cross_entropy, 0.05f, 0.3f, 0}, true, 0},
    {"squared", {11, 16, 7}, {0}, 8, {LossKind::mean_squared_error, 0.1f, 0, 0}, false, 0},
    {"alternating_even", {11, 16, 7}, {0}, 8, {LossKind::alternating, 0, 0, 16}, false, 1},
    {"alternating_odd", {11, 16, 7}, {0}, 8, {LossKind::alternating, 0, 0, 16}, false, 2},
    {"convolution", {37, 7}, {0}, 5, {LossKind::cross_entropy, 0, 0, 0}, false, 0, {{32, 8, 4}}},
    {"convolutions", {90, 20, 7}, {0, 0, 0.3f}, 19, {LossKind::cross_entropy, 0, 0, 0}, false, 3, {{32, 16, 4}, {64, 8, 2}}},
    {"convolution_of_everything", {16, 7}, {0}, 3, {LossKind::cross_entropy, 0, 0, 0}, false, 0, {{32, 16, 1}}},
    {"convolution_of_many_groups", {600, 7}, {0}, 9, {LossKind::cross_entropy, 0, 0, 0}, false, 0, {{32, 8, 8}}},
};

// The same loss in double precision, straight from the definitions; masks are read off the network's own zeros.
double loss_of(const Case& c, const NetworkShape& shape, const std::vector<float>& parameters, std::size_t changed, double change,
               const std::vector<float>& input, const std::vector<int>& labels, const std::vector<float>& smoothing) {
    const auto parameter = [&](std::size_t i) { return parameters[i] + (i == changed ? change : 0.0); };
    const std::int64_t epoch = c.loss.epoch_patterns ? c.step * c.batch / c.loss.epoch_patterns : 0;
    const bool squared = c.loss.kind == LossKind::mean_squared_error || (c.loss.kind == LossKind::alternating && epoch % 2 == 0);
    double total = 0;
    for (int row = 0; row < c.batch; ++row) {
        std::vector<double> x(input.begin() + row * shape.points(), input.begin() + (row + 1) * shape.points());
        for (int layer = 0; layer < shape.layers(); ++layer) {
            // Of a convolution, the values at one position after another; each position sees its own run of the values before.
            const int step = shape.is_convolution(layer) ? shape.convolution(layer).stride * shape.convolution(layer).channels : 0;
            std::vector<double> y(static_cast<std::size_t>(shape.positions(layer)) * shape.outputs(layer));
            for (int k = 0; k < static_cast<int>(y.size()); ++k) {
                const int j = k % shape.outputs(layer), first = k / shape.outputs(layer) * step;
                double z = parameter(shape.bias_offset(layer) + j);
                for (int i = 0; i < shape.inputs(layer); ++i)
                    z += x[first + i] * parameter(shape.weight_offset(layer) + static_cast<std::size_t>(j) * shape.inputs(layer) + i);
                if (layer + 1 < shape.layers()) {
                    z = std::max(z, 0.0);
                    if (c.dropout[layer] > 0) {
                        // kernels/dense.h: unit j of a pass of 128 takes half (j / 16) % 2 of word (j / 16) / 2 of block j % 16.
                        const Random4 r = random4(7, c.step * c.batch + row, Purpose::dropout,
                                                  (static_cast<std::uint32_t>(layer) << 16) + j / 128 * 16 + j % 16);
                        const int part = j % 128 / 16;
                        const double u = (r.bits[part / 2] >> (part % 2 * 16) & 0xffff) / 65536.0;
                        const double rate = std::round(c.dropout[layer] * 65536.0) / 65536.0;
                        z = u >= rate ? z / (1 - rate) : 0;
                    }
                }
                y[k] = z;
            }
            x = y;
        }
        double sum = 0;
        for (double z : x) sum += std::exp(z);
        const int classes = shape.classes();
        double sample = 0;
        for (int j = 0; j < classes; ++j) {
            const double graph = smoothing.empty() ? 0 : c.loss.graph_smoothing;
            double target = c.loss.label_smoothing / double(classes);
            if (graph > 0) target += graph * smoothing[labels[row] * classes + j];
            if (j == labels[row]) target += 1 - c.loss.label_smoothing - graph;
            const double log_p = x[j] - std::log(sum);
            sample += squared ? (std::exp(log_p) - target) * (std::exp(log_p) - target) / classes : -target * log_p;
        }
        total += sample / c.batch;
    }
    return total;
}

float uniform_at(std::uint64_t what, std::uint32_t i) { return uniform_open(random4(99, what, Purpose::bootstrap, i).bits[0]); }

}  // namespace

class Gradient : public test::OnEveryBackend {};

TEST_P(Gradient, AgreesWithFiniteDifferences) {
    for (const Case& c : cases) {
        SCOPED_TRACE(c.name);
        const NetworkShape shape{c.widths, c.convolutions};
        Network network(*backend, shape, c.dropout, c.batch, true);
        std::vector<float> parameters = initial_parameters(shape, 5, 0);
        for (int layer = 0; layer < shape.layers(); ++layer)
            for (int j = 0; j < shape.outputs(layer); ++j) parameters[shape.bias_offset(layer) + j] = 0.2f * uniform_at(layer, j);
        std::vector<float> input(static_cast<std::size_t>(c.batch) * shape.points()), smoothing;
        for (std::size_t i = 0; i < input.size(); ++i) input[i] = uniform_at(100, static_cast<std::uint32_t>(i));
        std::vector<int> labels(c.batch);
        for (int row = 0; row < c.batch; ++row) labels[row] = static_cast<int>(uniform_at(101, row) * shape.classes());
        if (c.graph) {
            for (int i = 0; i < shape.classes() * shape.classes(); ++i) smoothing.push_back(uniform_at(102, i));
            for (int i = 0; i < shape.classes(); ++i) {
                float sum = 0;
                for (int j = 0; j < shape.classes(); ++j) sum += smoothing[i * shape.classes() + j];
                for (int j = 0; j < shape.classes(); ++j) smoothing[i * shape.classes() + j] /= sum;
            }
        }
        const StepState state{7, c.step, 100};
        const Buffer<StepState> state_there(*backend, &state, 1);
        const Buffer<float> input_there(*backend, input.data(), input.size()),
            smoothing_there(*backend, smoothing.data(), smoothing.size());
        const Buffer<std::int32_t> labels_there(*backend, labels.data(), labels.size());
        const Parameters parameters_there(*backend, shape, parameters);
        Matrix operands(*backend, c.batch, shape.points());
        backend->to_operands(operands.data(), input_there.data(), c.batch, shape.points());
        Buffer<float> gradient_there(*backend, shape.size());
        Buffer<SampleLoss> samples_there(*backend, static_cast<std::size_t>(c.batch));
        network.backpropagate(gradient_there.data(), samples_there.data(), operands.data(), labels_there.data(), parameters_there,
                              {c.loss, shape.classes(), c.graph ? smoothing_there.data() : nullptr}, state_there.data(), 0);
        std::vector<float> gradient(shape.size());
        std::vector<SampleLoss> samples(c.batch);
        gradient_there.download(gradient.data());
        samples_there.download(samples.data());
        double mean_loss = 0;
        for (const SampleLoss& sample : samples) mean_loss += sample.loss / c.batch;
        EXPECT_NEAR(mean_loss, loss_of(c, shape, parameters, 0, 0, input, labels, smoothing), loss_tolerance());

        double largest = 0;
        for (float g : gradient) largest = std::max(largest, std::abs(double{g}));
        ASSERT_GT(largest, 1e-5);
        for (int layer = 0; layer < shape.layers(); ++layer) {
            const std::size_t weights = static_cast<std::size_t>(shape.inputs(layer)) * shape.outputs(layer);
            for (int probe = 0; probe < 24; ++probe) {
                const bool bias = probe % 4 == 0;
                const std::size_t i =
                    bias ? shape.bias_offset(layer) + static_cast<std::size_t>(uniform_at(200 + layer, probe) * shape.outputs(layer))
                         : shape.weight_offset(layer) + static_cast<std::size_t>(uniform_at(200 + layer, probe) * weights);
                const double h = 1e-6;
                const double numeric = (loss_of(c, shape, parameters, i, h, input, labels, smoothing) -
                                        loss_of(c, shape, parameters, i, -h, input, labels, smoothing)) /
                                       (2 * h);
                // Sums over positions as well as samples: where products are rounded, more units end on the other side of 0.
                const double allowed = (c.convolutions.empty() ? 1 : 2) * gradient_tolerance();
                EXPECT_NEAR(gradient[i], numeric, allowed * largest + 2e-8) << "layer " << layer << (bias ? " bias" : " weight");
            }
        }
    }
}

class Adamw : public test::OnEveryBackend {};

TEST_P(Adamw, FirstTwoStepsByHand) {
    OptimiserConfig config;
    config.learning_rate = 0.1f;
    config.weight_decay = 0.5f;
    config.clip_norm = 1;
    config.average_decay = 0.5f;
    config.cosine = false;
    const float start[2] = {1, -2}, zero[2] = {0, 0};
    const float gradient[2] = {3, -4};  // norm 5: clipped to 0.6, -0.8
    const StepState begin{1, 0, 10};
    Buffer<float> weights(*backend, start, 2), m(*backend, 2), v(*backend, 2), averages(*backend, start, 2), slope(*backend, gradient, 2);
    Buffer<StepState> state(*backend, &begin, 1);
    const AdamwArrays arrays{weights.data(), m.data(), v.data(), averages.data(), slope.data()};
    Buffer<StepGuard> guard(*backend, 1);
    float w[2], average[2];
    backend->optimise(arrays, guard.data(), 1, 2, config, state.data(), {});
    weights.download(w);
    averages.download(average);
    // First step: the corrected moments are g and g^2, so that the step is the learning rate. The weight decays, the bias does not.
    EXPECT_NEAR(w[0], 1 * (1 - 0.05) - 0.1, 1e-6);
    EXPECT_NEAR(w[1], -2 + 0.1, 1e-6);
    EXPECT_NEAR(average[0], 1 + (1 - 0.1) * (w[0] - 1), 1e-6);  // decay min(0.5, t / (t + 9))
    const double before = w[0];
    backend->advance(state.data());
    slope.upload(zero);
    backend->optimise(arrays, guard.data(), 1, 2, config, state.data(), {});
    weights.download(w);
    const double first = 0.9 * 0.1 * 0.6 / (1 - 0.81), second = 0.999 * 0.001 * 0.36 / (1 - 0.999 * 0.999);
    EXPECT_NEAR(w[0], before * 0.95 - 0.1 * first / std::sqrt(second), 1e-5);
}

// A step whose gradient or loss is not finite leaves everything as it was and is counted; the next good one is taken.
TEST_P(Adamw, SkipsWhatIsNotFinite) {
    OptimiserConfig config;
    config.average_decay = 0.5f;
    const float start[3] = {1, -2, 3}, moments[3] = {0.5f, 0.25f, 0.125f}, good[3] = {1, 2, 3};
    constexpr float infinity = std::numeric_limits<float>::infinity(), not_a_number = std::numeric_limits<float>::quiet_NaN();
    const StepState begin{1, 0, 10};
    Buffer<float> weights(*backend, start, 3), m(*backend, moments, 3), v(*backend, moments, 3), averages(*backend, start, 3),
        slope(*backend, good, 3);
    Buffer<StepState> state(*backend, &begin, 1);
    Buffer<StepGuard> guard(*backend, 1);
    const AdamwArrays arrays{weights.data(), m.data(), v.data(), averages.data(), slope.data()};
    const auto values = [](const Buffer<float>& buffer) {
        std::vector<float> all(3);
        buffer.download(all.data());
        return all;
    };
    const auto step = [&](const std::vector<float>& gradient, const std::vector<float>& losses) {
        std::vector<SampleLoss> samples;
        for (float loss : losses) samples.push_back({loss, 1});
        const Buffer<SampleLoss> there(*backend, samples.data(), samples.size());
        Buffer<LossTotals> totals(*backend, 1);
        backend->add_losses(totals.data(), guard.data(), there.data(), static_cast<int>(samples.size()), {}, state.data());
        slope.upload(gradient.data());
        backend->optimise(arrays, guard.data(), 2, 3, config, state.data(), {});
        LossTotals sum;
        totals.download(&sum);
        StepGuard counts;
        guard.download(&counts);
        return std::pair{sum, counts};
    };
    const std::vector<float> before = values(weights), moments_before = values(m);
    const auto expect_nothing_changed = [&] {
        EXPECT_EQ(values(weights), before);
        EXPECT_EQ(values(averages), before);
        EXPECT_EQ(values(m), moments_before);
        EXPECT_EQ(values(v), moments_before);
    };
    for (const float bad : {infinity, -infinity, not_a_number, 1e30f}) {  // 1e30: its square is no float
        for (const float clip : {0.0f, 1.0f}) {
            config.clip_norm = clip;
            step({1, bad, 2}, {1, 2});
            expect_nothing_changed();
        }
    }
    for (const float bad : {infinity, not_a_number}) {
        EXPECT_EQ(step({1, 1, 1}, {1, bad}).first.samples, 0) << "counted as a loss";
        expect_nothing_changed();
    }
    const auto [sum, counts] = step({1, 1, 1}, {1, 2});
    EXPECT_EQ(sum.samples, 2);
    EXPECT_EQ(sum.loss, 3);
    EXPECT_EQ(counts.skipped, 10);
    EXPECT_EQ(counts.in_a_row, 0);
    EXPECT_NE(values(weights), before);
    EXPECT_EQ(step({1, 1, infinity}, {1, 2}).second.in_a_row, 1);
}

// Without moments, a step is as long as the learning rate: halved by every skipped step but the first in a row, doubled by a hundred that
// were taken.
TEST_P(Adamw, BacksOffAfterSkippedSteps) {
    OptimiserConfig config;
    config.learning_rate = 0.5f;
    config.beta1 = config.beta2 = 0;
    config.cosine = false;
    const float infinity = std::numeric_limits<float>::infinity(), start = 0, up = -1;
    const StepState begin{1, 0, 10};
    Buffer<float> weight(*backend, &start, 1), m(*backend, 1), v(*backend, 1), slope(*backend, &up, 1);
    Buffer<StepState> state(*backend, &begin, 1);
    Buffer<StepGuard> guard(*backend, 1);
    Buffer<LossTotals> totals(*backend, 1);
    const SampleLoss fine{1, 1};
    const Buffer<SampleLoss> sample(*backend, &fine, 1);
    float before = start;
    const auto step = [&](float gradient) {
        slope.upload(&gradient);
        backend->add_losses(totals.data(), guard.data(), sample.data(), 1, {}, state.data());
        backend->optimise({weight.data(), m.data(), v.data(), nullptr, slope.data()}, guard.data(), 1, 1, config, state.data(), {});
        float after;
        weight.download(&after);
        return after - std::exchange(before, after);
    };
    EXPECT_NEAR(step(up), 0.5, 1e-6);
    for (const double expected : {0.5, 0.25, 0.125 / 2}) {
        const int skips = expected == 0.5 ? 1 : expected == 0.25 ? 2 : 3;
        for (int i = 0; i < skips; ++i) EXPECT_EQ(step(infinity), 0);
        // The first step after it is the shortest.
        EXPECT_NEAR(step(up), expected, expected * 2e-2);
    }
    for (int i = 0; i < 99; ++i) step(up);
    EXPECT_NEAR(step(up), 0.125, 0.01);
    for (int i = 0; i < 200; ++i) step(up);
    EXPECT_NEAR(step(up), 0.5, 1e-5);
    for (int i = 0; i < 30; ++i) step(infinity);
    EXPECT_NEAR(step(up), 0.5 / 1024, 1e-5) << "less than a thousandth helps nobody";
}

TEST(Schedule, WarmsUpAndFalls) {
    OptimiserConfig config;
    config.learning_rate = 1;
    config.warmup_steps = 4;
    config.final_fraction = 0.1f;
    EXPECT_NEAR(step_rates(config, 0, 104).learning_rate, 0.25, 1e-6);
    EXPECT_NEAR(step_rates(config, 3, 104).learning_rate, 1, 1e-6);
    EXPECT_NEAR(step_rates(config, 54, 104).learning_rate, 0.55, 1e-6);
    EXPECT_NEAR(step_rates(config, 104, 104).learning_rate, 0.1, 1e-6);
    EXPECT_NEAR(step_rates(config, 500, 104).learning_rate, 0.1, 1e-6);
    // Of six steps half warm up, not four.
    EXPECT_NEAR(step_rates(config, 0, 6).learning_rate, 1.0 / 3, 1e-6);
    EXPECT_NEAR(step_rates(config, 2, 6).learning_rate, 1, 1e-6);
    EXPECT_NEAR(step_rates(config, 6, 6).learning_rate, 0.1, 1e-6);
}

// OpenBLAS gives processors that it does not know kernels of 2004.
TEST(Gemm, KernelsAreWhatTheProcessorCanDo) {
#ifdef __x86_64__
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) GTEST_SKIP() << "a processor without AVX2";
    if (std::getenv("OPENBLAS_CORETYPE")) GTEST_SKIP() << "OPENBLAS_CORETYPE is set: somebody wants it so";
    EXPECT_NE(gemm_kernels(), "Prescott");
#else
    GTEST_SKIP() << "no x86-64";
#endif
}

TEST(Gemm, SameBitsOnAnyNumberOfThreads) {
    const int rows = 300, columns = 700, inner = 123;
    std::vector<float> a(rows * inner), b(columns * inner), one(rows * columns), three(rows * columns);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = uniform_at(1, static_cast<std::uint32_t>(i)) - 0.5f;
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = uniform_at(2, static_cast<std::uint32_t>(i)) - 0.5f;
    ThreadPool alone(1), many(3);
    gemm(one.data(), a.data(), Transpose::no, b.data(), Transpose::yes, rows, columns, inner, alone);
    gemm(three.data(), a.data(), Transpose::no, b.data(), Transpose::yes, rows, columns, inner, many);
    EXPECT_EQ(one, three);
    for (int i : {0, 255, 256, 299})
        for (int j : {0, 349, 350, 699}) {
            double sum = 0;
            for (int k = 0; k < inner; ++k) sum += double{a[i * inner + k]} * b[j * inner + k];
            EXPECT_NEAR(one[i * columns + j], sum, 1e-5);
        }
}

INSTANTIATE_TEST_SUITE_P(Backends, Gradient, test::every_backend, test::backend_name);
INSTANTIATE_TEST_SUITE_P(Backends, Adamw, test::every_backend, test::backend_name);
