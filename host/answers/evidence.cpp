#include "host/answers/evidence.h"

#include <algorithm>

#include "host/indexing/indexing_opinion.h"
#include "host/indexing/pattern_lines.h"
#include "host/support/error.h"
#include "host/support/interrupt.h"

namespace friedel {

namespace {

// Empty if there are enough.
std::string too_few_lines(const ObservedLines& pattern) {
    const int count = count_telling_lines(pattern);
    if (count >= min_telling_lines) return {};
    if (count == 0) return "no line stands out: amorphous, empty, or too noisy";
    return "only one line, which any structure can have: a film, a single crystal, or too short a range";
}

}  // namespace

void Evidence::gather(const float* patterns, int n, const std::vector<Recording>& recorded) {
    const double wavelength = static_cast<double>(model_.wavelength_angstrom);
    const auto points = static_cast<std::size_t>(model_.grid.points);
    too_few_lines_.assign(static_cast<std::size_t>(n), {});
    if (others_.search || others_.indexing) lines_ = lines_of_patterns(patterns, n, model_.grid, wavelength, device_.pool, recorded);
    device_.pool.run(n, [&](int row, int) {
        const auto i = static_cast<std::size_t>(row);
        const float* const pattern = patterns + i * points;
        if (!lines_.empty()) {
            // Of noise alone the quick look does not know.
            if (lines_[i].lines.empty() || may_have_few_lines(pattern, model_.grid)) too_few_lines_[i] = too_few_lines(lines_[i]);
        } else if (may_have_few_lines(pattern, model_.grid)) {
            ThreadPool alone(1);
            const auto own = recorded.empty() ? recorded : std::vector<Recording>{recorded[i]};
            too_few_lines_[i] = too_few_lines(lines_of_patterns(pattern, 1, model_.grid, wavelength, alone, own).front());
        }
    });
    if (others_.search) votes_ = others_.search->votes(patterns, n, lines_, recorded);
    if (others_.indexing) indexed_ = indexed_patterns(lines_, votes_, device_.pool);
    if (interrupted()) fail("interrupted while patterns were looked at");
}

std::string Evidence::objection(std::size_t i, float probability) const {
    if (!too_few_lines_[i].empty()) return too_few_lines_[i];
    return others_.search ? others_.search->unlike(i, probability) : std::string();
}

}  // namespace friedel
