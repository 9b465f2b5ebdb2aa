#include "host/patterns/pattern_reader.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "host/patterns/humps.h"
#include "host/patterns/k_alpha.h"
#include "host/patterns/resample.h"
#include "host/support/error.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

constexpr double narrowest_of_tubes_deg = 0.02;  // none of the 451 RRUFF patterns is refused for it

std::string whole_percent(double part) {
    char text[16];
    std::snprintf(text, sizeof text, "%.0f %%", 100 * part);
    return text;
}

std::string range_text(double low, double high) {
    char text[48];
    std::snprintf(text, sizeof text, "%.6g to %.6g degrees", low, high);
    return text;
}

// hump: what was taken off, left as it is where there is nothing.
void take_off_hump(float* pattern, const Grid& grid, std::vector<float>& hump) {
    const std::vector<float> level = without_humps(pattern, grid);
    if (std::equal(level.begin(), level.end(), pattern)) return;
    hump.resize(level.size());
    for (std::size_t i = 0; i < level.size(); ++i) hump[i] = std::exchange(pattern[i], level[i]) - level[i];
}

// Median of the steps.
double step_of(const MeasuredPattern& pattern) {
    const std::vector<double>& x = pattern.two_theta_deg;
    if (x.size() < 2) return 0;
    std::vector<double> steps;
    for (std::size_t i = 1; i < x.size(); ++i) steps.push_back(x[i] - x[i - 1]);
    const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
    std::nth_element(steps.begin(), middle, steps.end());
    return *middle;
}

// Full width at half height of the strongest lines, their median, in degrees of the file, of a pattern smoothed over a hundredth of a
// degree; 0 where too few lines are made of enough points: they may be spikes.
double width_of_strongest_lines(const MeasuredPattern& pattern) {
    constexpr std::size_t min_points_of_line = 4, lines = 5, min_lines = 3;
    constexpr double smoothed_deg = 0.01, apart_deg = 0.3, min_height = 0.1;
    const std::vector<double>& x = pattern.two_theta_deg;
    const double step = (x.back() - x.front()) / static_cast<double>(x.size() - 1);
    const auto reach = static_cast<std::size_t>(0.5 * smoothed_deg / step);
    std::vector<double> sum(x.size() + 1, 0.0), y(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) sum[i + 1] = sum[i] + pattern.intensity[i];
    for (std::size_t i = 0; i < x.size(); ++i) {
        const std::size_t first = i > reach ? i - reach : 0, end = std::min(x.size(), i + reach + 1);
        y[i] = (sum[end] - sum[first]) / static_cast<double>(end - first);
    }
    std::vector<double> sorted = y, widths;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    const double level = *middle;
    double strongest = 0;
    for (std::size_t line = 0; line < lines; ++line) {
        const auto top = static_cast<std::size_t>(std::max_element(y.begin(), y.end()) - y.begin());
        const double height = y[top] - level;
        if (line == 0) strongest = height;
        if (!(height > min_height * strongest)) break;
        std::size_t first = top, last = top;
        while (first > 0 && y[first - 1] > level + height / 2) --first;
        while (last + 1 < y.size() && y[last + 1] > level + height / 2) ++last;
        if (last - first + 1 >= min_points_of_line) widths.push_back(x[last] - x[first]);
        for (std::size_t i = 0; i < x.size(); ++i) {
            if (std::fabs(x[i] - x[top]) < apart_deg) y[i] = level;
        }
    }
    if (widths.size() < min_lines) return 0;
    std::sort(widths.begin(), widths.end());
    return widths[widths.size() / 2];
}

}  // namespace

PatternReader::PatternReader(const PatternList& list, const PatternReaderConfig& config, NextRange next_range)
    : list_(list), config_(config), next_range_(std::move(next_range)), readers_(config.threads) {
    if (!next_range_) {
        next_range_ = [this](bool) {
            const std::size_t count = std::min(static_cast<std::size_t>(config_.batch), list_.size() - next_);
            return PatternRange{std::exchange(next_, next_ + count), count};
        };
    }
    start_reading(next_range_(false));
}

PatternReader::~PatternReader() = default;

void PatternReader::start_reading(PatternRange range) {
    const std::size_t size = range.count;
    ahead_.first = range.first;
    ahead_.size = static_cast<int>(size);
    ahead_.patterns.assign(size * static_cast<std::size_t>(config_.grid.points), 0.0f);
    ahead_.file.assign(size, {});
    ahead_.title.assign(size, {});
    ahead_.error.assign(size, {});
    ahead_.refusal.assign(size, {});
    ahead_.coverage.assign(size, 0.0);
    ahead_.wavelength.assign(size, 0.0);
    ahead_.wavelength_source.assign(size, WavelengthSource::unknown);
    ahead_.recorded.assign(size, {});
    ahead_.hump.assign(size, {});
    if (size == 0) return;
    reading_ = std::async(std::launch::async, [this] { readers_.run(ahead_.size, [this](int row, int) { read_one(row); }); });
}

void PatternReader::read_one(int row) {
    const auto i = static_cast<std::size_t>(row);
    ahead_.file[i] = list_.name(ahead_.first + i);
    ahead_.title[i] = list_.title(ahead_.first + i);
    float* const out = ahead_.patterns.data() + i * static_cast<std::size_t>(config_.grid.points);
    try {
        MeasuredPattern pattern = list_.read(ahead_.first + i);
        const auto [wavelength, source] = wavelength_of(pattern, config_.given_wavelength, config_.model_wavelength);
        ahead_.wavelength[i] = wavelength;
        ahead_.wavelength_source[i] = source;
        // Against Q or d each line stands where it was put with one wavelength, which nobody says was a doublet's.
        if (source == WavelengthSource::assumed) {
            const double width = width_of_strongest_lines(pattern);
            if (width > 0 && width < narrowest_of_tubes_deg)
                ahead_.refusal[i] = "its lines are " + formatted("%.3f", width) +
                                    " degrees wide, which a tube's are not, and no wavelength is stated; give it with --wavelength";
        }
        const bool stripped = config_.strip_k_alpha_2 && source != WavelengthSource::not_needed && !pattern.is_monochromatic &&
                              strip_k_alpha_2(pattern, wavelength);
        // First lines come to lie where the model's do: seconds are as far from them as the anode has it, and may be missing.
        const EmissionLines emission = emission_lines(wavelength, pattern.is_monochromatic);
        ahead_.recorded[i].second_shift = stripped ? 0 : emission.second_shift;
        // Against Q or d they do by themselves, whatever wavelength the angles are for.
        const double first = source == WavelengthSource::not_needed ? wavelength : emission.first_angstrom;
        convert_wavelength(pattern, first, emission_lines(config_.model_wavelength).first_angstrom);
        ahead_.recorded[i].step_deg = step_of(pattern);
        ahead_.coverage[i] = resample(out, config_.grid, pattern);
        if (!config_.keep_humps) take_off_hump(out, config_.grid, ahead_.hump[i]);
        const auto [lowest, highest] = std::minmax_element(out, out + config_.grid.points);
        if (!ahead_.refusal[i].empty()) {
            // Nothing else counts.
        } else if (ahead_.coverage[i] < config_.min_coverage) {
            constexpr double hardly_degrees = 20;  // Q, d and radians end below this
            const bool doubtful = !pattern.needs_no_wavelength && pattern.two_theta_deg.back() < hardly_degrees;
            const double start = config_.grid.start_deg,
                         end = start + (config_.grid.points - 1) * static_cast<double>(config_.grid.step_deg);
            ahead_.refusal[i] =
                "covers " + whole_percent(std::floor(100 * ahead_.coverage[i]) / 100) + " of " + config_.whose + " " +
                range_text(start, end) + ", " + whole_percent(config_.min_coverage) + " are needed" +
                (source == WavelengthSource::assumed ? "; its wavelength is not stated, that of the model was assumed" : "") +
                (doubtful ? "; if its first column is Q, d or radians, name it in a line above" : "");
        } else if (*lowest == *highest) {
            ahead_.refusal[i] = "no signal within " + config_.whose + " range";
        }
        if (!ahead_.refusal[i].empty()) std::fill_n(out, config_.grid.points, 0.0f);
    } catch (const Error& error) {
        ahead_.error[i] = error.what();
    } catch (const std::bad_alloc&) {
        ahead_.error[i] = ahead_.file[i] + ": not enough memory to read it";
    }
}

bool PatternReader::next(PatternBatch& batch) {
    if (ahead_.size == 0) start_reading(next_range_(true));
    if (ahead_.size == 0) return false;
    reading_.get();
    std::swap(batch, ahead_);
    start_reading(next_range_(false));
    return true;
}

}  // namespace friedel
