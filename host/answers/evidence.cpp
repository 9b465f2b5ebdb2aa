#include "host/answers/evidence.h"

#include <algorithm>

#include "host/indexing/pattern_lines.h"
#include "host/patterns/k_alpha.h"
#include "host/support/error.h"
#include "host/support/interrupt.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

// Empty if there are enough.
std::string too_few_lines(const std::vector<ObservedLine>& lines) {
    const int count = count_telling_lines(lines);
    if (count >= min_telling_lines) return {};
    if (count == 0) return "no line stands out: amorphous, empty, or too noisy";
    return "only one line, which any structure can have: a film, a single crystal, or too short a range";
}

// None of 451 RRUFF patterns has more than 0.85 of its lines' heights in orders of one spacing.
std::string too_oriented(const std::vector<ObservedLine>& lines) {
    constexpr double too_much = 0.9;
    const OrdersOfOneSpacing orders = orders_of_one_spacing(lines, emission_lines(cu_k_alpha_angstrom).first_angstrom);
    if (orders.part < too_much) return {};
    return "nearly all its lines are orders of one spacing, " + formatted("%.4g", orders.d_angstrom) +
           " angstrom: the crystals lie on one face, or it is a film; grind it, or fill it from the side";
}

}  // namespace

void Evidence::gather(const float* patterns, int n, const std::vector<Recording>& recorded) {
    patterns_.assign(patterns, patterns + static_cast<std::ptrdiff_t>(n) * model_.grid.points);
    look_at_lines(n, recorded);
    if (others_.search) {
        structures_ = others_.search->opinions(patterns, n, resolved_, recorded);
        std::vector<std::size_t> telling;
        for (std::size_t i = 0; i < structures_.size(); ++i) {
            if (!tells_nothing(i)) telling.push_back(i);
        }
        others_.search->take_off_second_phases(structures_, patterns_, resolved_, telling, recorded);
        votes_.clear();
        second_groups_.assign(structures_.size(), {});
        for (std::size_t i = 0; i < structures_.size(); ++i) {
            votes_.insert(votes_.end(), structures_[i].votes.begin(), structures_[i].votes.end());
            const auto& second = structures_[i].second_phase;
            if (!second) continue;
            second_groups_[i] = second_group(second->candidate.space_group, second->part);
            no_evidence_[i] = fault_of_lines(i);
        }
    }
    if (others_.indexing) indexed_ = indexed_patterns(resolved_, votes_, device_.pool);
    if (interrupted()) fail("interrupted while patterns were looked at");
}

// Whether they tell anything.
void Evidence::look_at_lines(int n, const std::vector<Recording>& recorded) {
    const double wavelength = static_cast<double>(model_.wavelength_angstrom);
    no_evidence_.assign(static_cast<std::size_t>(n), {});
    if (others_.search || others_.indexing)
        resolved_ = resolved_patterns(patterns_.data(), n, model_.grid, wavelength, device_.pool, recorded);
    device_.pool.run(n, [&](int row, int) {
        const auto i = static_cast<std::size_t>(row);
        if (!resolved_.empty()) {
            no_evidence_[i] = fault_of_lines(i);
        } else if (may_have_few_lines(pattern(i), model_.grid)) {
            ThreadPool alone(1);
            const auto own = recorded.empty() ? recorded : std::vector<Recording>{recorded[i]};
            no_evidence_[i] = too_few_lines(resolved_patterns(pattern(i), 1, model_.grid, wavelength, alone, own).front().lines);
        }
    });
}

// Of a pattern that is resolved into lines; empty where they tell something.
std::string Evidence::fault_of_lines(std::size_t i) const {
    const std::vector<ObservedLine>& lines = resolved_[i].lines;
    // Of noise alone the quick look does not know.
    const bool may_be_few = lines.empty() || may_have_few_lines(pattern(i), model_.grid);
    const std::string few = may_be_few ? too_few_lines(lines) : std::string();
    return few.empty() ? too_oriented(lines) : few;
}

void Evidence::look_for_other_tubes(const std::vector<std::size_t>& which, const std::vector<Recording>& recorded) {
    if (others_.search) others_.search->look_for_other_tubes(structures_, patterns_.data(), which, recorded);
}

Objection Evidence::objection(std::size_t i, bool answer_is_sure) const {
    if (!no_evidence_[i].empty()) return {Objection::Kind::lines_tell_nothing, no_evidence_[i]};
    return others_.search ? others_.search->objection(structures_[i], answer_is_sure) : Objection();
}

}  // namespace friedel
