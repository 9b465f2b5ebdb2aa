#include "host/network/classifier.h"

#include <algorithm>
#include <cmath>

#include "host/network/lattice_scale.h"
#include "host/network/network.h"
#include "host/simulation/preprocessing.h"
#include "host/support/error.h"
#include "kernels/preprocess.h"

namespace friedel {

namespace {
constexpr int batch = 256;
}

struct Classifier::State {
    State(const Model& m, Backend& b)
        : model(m),
          backend(b),
          network(b, m.shape, std::vector<float>(static_cast<std::size_t>(m.shape.layers()), 0.0f), batch, false),
          patterns(b, static_cast<std::size_t>(batch) * m.grid.points) {
        if (!b.operands_are_floats()) inputs = Matrix(b, batch, m.grid.points);
        for (const auto& member : m.members) parameters.emplace_back(b, m.shape, member);
        for (float scale : m.calibration.lattice_scales) scalers.emplace_back(m.grid, scale);
    }
    Operand* input() { return backend.operands_are_floats() ? reinterpret_cast<Operand*>(patterns.data()) : inputs.data(); }

    const Model& model;
    Backend& backend;
    Network network;
    Buffer<float> patterns;  // [batch][points]
    Matrix inputs;           // the same, where operands are not floats
    std::vector<Parameters> parameters;
    std::vector<LatticeScaler> scalers;
};

Classifier::Classifier(const Model& model, Backend& backend) : state_(std::make_unique<State>(model, backend)) {}
Classifier::~Classifier() = default;

int Classifier::points() const { return state_->model.grid.points; }
int Classifier::classes() const { return state_->model.classes(); }
int Classifier::members() const { return static_cast<int>(state_->model.members.size()); }

void Classifier::logits(float* logits, const float* patterns, int n) {
    State& s = *state_;
    const std::size_t width = static_cast<std::size_t>(points()), answers = static_cast<std::size_t>(classes());
    std::vector<float> scaled(s.scalers.empty() ? 0 : batch * width), answer(batch * answers);
    const std::size_t scales = std::max<std::size_t>(1, s.scalers.size());
    std::fill(logits, logits + static_cast<std::size_t>(members()) * n * answers, 0.0f);
    for (int first = 0; first < n; first += batch) {
        const int rows = std::min(batch, n - first);
        for (std::size_t i = 0; i < scales; ++i) {
            const float* from = patterns + first * width;
            for (int row = 0; row < rows && !s.scalers.empty(); ++row) s.scalers[i].scale(scaled.data() + row * width, from + row * width);
            if (!s.scalers.empty()) from = scaled.data();
            s.backend.upload(s.patterns.data(), from, rows * width * sizeof(float));
            s.backend.preprocess(s.input(), s.patterns.data(), rows, s.model.grid, s.model.preprocess);
            for (int member = 0; member < members(); ++member) {
                s.backend.download(answer.data(), s.network.answer(s.input(), s.parameters[static_cast<std::size_t>(member)], rows),
                                   rows * answers * sizeof(float));
                float* const to = logits + (static_cast<std::size_t>(member) * n + first) * answers;
                for (std::size_t j = 0; j < rows * answers; ++j) to[j] += answer[j] / static_cast<float>(scales);
            }
        }
    }
}

void Classifier::probabilities(float* probabilities, const float* patterns, int n) {
    std::vector<float> all(static_cast<std::size_t>(members()) * n * classes());
    logits(all.data(), patterns, n);
    mix_members(probabilities, all.data(), members(), n, classes(), state_->model.calibration.belief);
}

std::vector<float> preprocessed(std::vector<float> pattern, const Model& model) {
    preprocess_pattern(pattern.data(), model.grid, model.preprocess);
    return pattern;
}

void mix_members(float* probabilities, const float* logits, int members, int n, int classes, const Belief& belief) {
    const std::size_t size = static_cast<std::size_t>(n) * classes;
    const float share = (1 - belief.doubt) / static_cast<float>(members);
    std::fill(probabilities, probabilities + size, belief.doubt / static_cast<float>(classes));
    std::vector<float> row(static_cast<std::size_t>(classes));
    for (int member = 0; member < members; ++member) {
        for (int i = 0; i < n; ++i) {
            const float* const from = logits + member * size + static_cast<std::size_t>(i) * classes;
            if (!std::all_of(from, from + classes, [](float logit) { return std::isfinite(logit); })) {
                fail("the network's answer is not finite; the model is damaged, train it again");
            }
            std::copy(from, from + classes, row.begin());
            SerialBlock block;
            softmax_row(block, row.data(), classes, belief.temperature);
            float* const to = probabilities + static_cast<std::size_t>(i) * classes;
            for (int j = 0; j < classes; ++j) to[j] += share * row[static_cast<std::size_t>(j)];
        }
    }
}

float entropy(const float* probabilities, int classes) {
    double total = 0;
    for (int j = 0; j < classes; ++j) {
        if (probabilities[j] > 0) total -= double{probabilities[j]} * std::log(double{probabilities[j]});
    }
    return static_cast<float>(total);
}

void crystal_system_probabilities(float* systems, const float* space_group_probabilities) {
    std::fill(systems, systems + crystal_systems, 0.0f);
    for (int group = 1; group <= space_groups; ++group)
        systems[class_of(Target::crystal_system, group)] += space_group_probabilities[group - 1];
}

}  // namespace friedel
