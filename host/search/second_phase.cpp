#include "host/search/second_phase.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "host/search/pattern_fit.h"
#include "kernels/pattern.h"

namespace friedel {

namespace {

// Chosen on sums of two RRUFF patterns, and on patterns of structures that the library lacks; see bench/results.
constexpr float well_explained = 0.9f, better_together = 0.03f, least_similar = 0.65f;
constexpr double unstrained = 0.006;
// The first phase may be any of so many groups: of a mixture the likeliest candidate of the whole is often neither.
constexpr std::size_t max_firsts = 4;
// What exceeds the fitted intensity by no more than this part of it is explained: fits are not exact. It is some from this part of the
// strongest line's on.
constexpr float inexact = 0.35f, some_intensity = 0.002f;

using Pattern = std::vector<float>;  // [fit_grid.points]

// What `fitted` is multiplied with to be what it explains of the pattern: half of it lies below. Lines of another phase do not matter.
float scale_of(const Pattern& fitted, const ResolvedPattern& pattern, const Pattern& intensity) {
    constexpr float some = 0.01f;
    std::vector<std::pair<float, float>> ratios;  // with their weights
    float total = 0;
    for (int i = pattern.measured.first; i < pattern.measured.end; ++i) {
        const auto at = static_cast<std::size_t>(i);
        if (fitted[at] < some) continue;
        ratios.emplace_back(intensity[at] / fitted[at], fitted[at]);
        total += fitted[at];
    }
    std::sort(ratios.begin(), ratios.end());
    float below = 0;
    for (const auto& [ratio, weight] : ratios) {
        below += weight;
        if (below > total / 2) return std::max(0.0f, ratio);
    }
    return 0;
}

// The pattern without what `fitted` explains of it.
Pattern unexplained(const ResolvedPattern& pattern, const Pattern& fitted) {
    const float scale = scale_of(fitted, pattern, pattern.intensity);
    Pattern rest = pattern.intensity;
    for (std::size_t i = 0; i < rest.size(); ++i) {
        const float explained = scale * fitted[i];
        rest[i] -= explained;
        if (explained > some_intensity) rest[i] = rest[i] < inexact * explained ? 0 : rest[i];
    }
    return rest;
}

// One way to explain a pattern by two structures.
struct Pair {
    std::size_t of;  // which pattern
    SearchCandidate candidate[2];
    Pattern fitted[2];
    float ratio = 0;  // of the second to the first
    float similarity = -1;
};

Pattern sum_of(const Pattern& first, const Pattern& second, float ratio_of_second) {
    Pattern both = first;
    for (std::size_t i = 0; i < both.size(); ++i) both[i] += ratio_of_second * second[i];
    return both;
}

class PairSearch {
public:
    PairSearch(const std::vector<MixedPattern>& patterns, StructureSearch& search, ThreadPool& pool)
        : patterns_(patterns), search_(search), pool_(pool), targets_(patterns.size()) {
        pool_.run(static_cast<int>(patterns.size()), [&](int row, int) {
            const auto i = static_cast<std::size_t>(row);
            targets_[i] = prepare_for_fit(patterns[i].resolved.intensity.data(), radiation_of(patterns[i].recorded, search.config()));
        });
    }

    // The most similar pair of each pattern; its similarity is -1 where there is none.
    std::vector<Pair> best() {
        std::vector<Pair> pairs = first_phases();
        search_for(1, pairs);
        std::vector<Pair> best(patterns_.size());
        for (Pair& pair : pairs) {
            if (pair.similarity > best[pair.of].similarity) best[pair.of] = std::move(pair);
        }
        std::vector<Pair> found;
        for (Pair& pair : best) {
            if (pair.similarity > 0) found.push_back(std::move(pair));
        }
        for (const int which : {0, 1}) search_for(which, found);
        return found;
    }

private:
    // The likeliest candidate of each of several groups.
    std::vector<Pair> first_phases() const {
        std::vector<Pair> pairs;
        for (std::size_t i = 0; i < patterns_.size(); ++i) {
            std::vector<int> groups;
            for (const SearchCandidate& candidate : patterns_[i].candidates) {
                if (groups.size() == max_firsts) break;
                if (std::find(groups.begin(), groups.end(), candidate.space_group) != groups.end()) continue;
                groups.push_back(candidate.space_group);
                Pair& pair = pairs.emplace_back();
                pair.of = i;
                pair.candidate[0] = candidate;
            }
        }
        pool_.run(static_cast<int>(pairs.size()), [&](int row, int) {
            Pair& pair = pairs[static_cast<std::size_t>(row)];
            pair.fitted[0] = search_.fitted_pattern(pair.candidate[0]);
        });
        return pairs;
    }

    // Searches for one phase of each pair in what the other leaves, and takes it where the two are more similar together than before.
    void search_for(int which, std::vector<Pair>& pairs) {
        std::vector<float> rests;
        std::vector<Recording> recorded;
        for (const Pair& pair : pairs) {
            const Pattern rest = unexplained(patterns_[pair.of].resolved, pair.fitted[1 - which]);
            rests.insert(rests.end(), rest.begin(), rest.end());
            recorded.push_back(patterns_[pair.of].recorded);
        }
        auto found = search_.search(rests.data(), static_cast<int>(pairs.size()), fit_grid, cu_k_alpha_angstrom, recorded);
        pool_.run(static_cast<int>(pairs.size()), [&](int row, int) {
            const auto i = static_cast<std::size_t>(row);
            search_.leave_out_broad(found[i]);
            if (!found[i].empty()) take_if_better(pairs[i], which, found[i].front());
        });
    }

    void take_if_better(Pair& pair, int which, const SearchCandidate& candidate) const {
        Pattern fitted[2] = {pair.fitted[0], pair.fitted[1]};
        fitted[which] = search_.fitted_pattern(candidate);
        bool is_better = false;
        for (float logarithm = -3; logarithm <= 3; logarithm += 0.25f) {  // from a twentieth to twenty times the first
            const float ratio = std::exp(logarithm);
            const float similarity = similarity_to(targets_[pair.of], sum_of(fitted[0], fitted[1], ratio));
            if (similarity <= pair.similarity) continue;
            is_better = true;
            pair.ratio = ratio;
            pair.similarity = similarity;
        }
        if (!is_better) return;
        pair.candidate[which] = candidate;
        pair.fitted[which] = std::move(fitted[which]);
    }

    const std::vector<MixedPattern>& patterns_;
    StructureSearch& search_;
    ThreadPool& pool_;
    std::vector<PatternToFit> targets_;
};

bool is_believed(const Pair& pair, float alone) {
    if (pair.similarity < well_explained || pair.similarity < alone + better_together) return false;
    return std::ranges::all_of(pair.candidate, [](const SearchCandidate& candidate) {
        return candidate.similarity >= least_similar && std::abs(candidate.lattice_change) <= unstrained;
    });
}

// Each point's intensity is shared out as the two fitted patterns have it there.
SecondPhase weaker_of(const Pair& pair, const ResolvedPattern& pattern) {
    const auto held = [&](const Pattern& fitted) {
        return std::accumulate(fitted.begin() + pattern.measured.first, fitted.begin() + pattern.measured.end, 0.0f);
    };
    const float first = held(pair.fitted[0]), second = pair.ratio * held(pair.fitted[1]);
    const int weaker = second > first ? 0 : 1;
    SecondPhase phase;
    phase.candidate = pair.candidate[weaker];
    phase.part = std::min(first, second) / (first + second);
    phase.share.resize(pattern.intensity.size());
    constexpr float neither = 0.005f;  // of the strongest line: where no line is, it has nothing
    const float scale[2] = {1, pair.ratio};
    for (std::size_t i = 0; i < phase.share.size(); ++i) {
        const float of_weaker = scale[weaker] * pair.fitted[weaker][i];
        phase.share[i] = of_weaker / (of_weaker + scale[1 - weaker] * pair.fitted[1 - weaker][i] + neither);
    }
    return phase;
}

}  // namespace

std::vector<std::optional<SecondPhase>> find_second_phases(const std::vector<MixedPattern>& patterns, StructureSearch& search,
                                                           ThreadPool& pool) {
    std::vector<std::optional<SecondPhase>> phases(patterns.size());
    if (patterns.empty()) return phases;
    for (const Pair& pair : PairSearch(patterns, search, pool).best()) {
        const MixedPattern& pattern = patterns[pair.of];
        if (is_believed(pair, pattern.candidates.front().similarity)) phases[pair.of] = weaker_of(pair, pattern.resolved);
    }
    return phases;
}

}  // namespace friedel
