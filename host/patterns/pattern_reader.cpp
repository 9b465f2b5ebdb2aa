#include "host/patterns/pattern_reader.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <tuple>
#include <utility>

#include "host/patterns/background_steps.h"
#include "host/patterns/humps.h"
#include "host/patterns/k_alpha.h"
#include "host/patterns/resample.h"
#include "host/patterns/spikes.h"
#include "host/patterns/strong_lines.h"
#include "host/support/error.h"
#include "host/support/median.h"
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

// hump: what was taken off, left as it is where there is nothing. start_deg: where the pattern was begun.
void take_off_hump(float* pattern, const Grid& grid, double start_deg, std::vector<float>& hump) {
    const double before = (start_deg - static_cast<double>(grid.start_deg)) / static_cast<double>(grid.step_deg);
    const int begin = static_cast<int>(std::ceil(std::clamp(before - 1e-3, 0.0, static_cast<double>(grid.points))));
    const std::vector<float> level = without_humps(without_rise_at_start(pattern, grid, begin).data(), grid);
    if (std::equal(level.begin(), level.end(), pattern)) return;
    hump.resize(level.size());
    for (std::size_t i = 0; i < level.size(); ++i) hump[i] = std::exchange(pattern[i], level[i]) - level[i];
}

// Adds to a note what was taken off, such a thing or several, at these angles: the file's, or those that its Q or d have at
// pattern.wavelength_angstrom.
void note_taken_off(std::string& note, const std::string& one, const std::string& several, const std::vector<double>& angles_deg,
                    const MeasuredPattern& pattern) {
    if (angles_deg.empty()) return;
    const bool is_one = angles_deg.size() == 1;
    constexpr std::size_t most_named = 5;
    note += note.empty() ? "" : "; ";
    if (angles_deg.size() > most_named) {
        note += formatted("%zu ", angles_deg.size()) + several + formatted(" from %.2f to %.2f", angles_deg.front(), angles_deg.back());
    } else {
        note += (is_one ? one : several) + " at ";
        for (std::size_t i = 0; i < angles_deg.size(); ++i) note += (i > 0 ? ", " : "") + formatted("%.2f", angles_deg[i]);
    }
    note += " degrees";
    if (pattern.needs_no_wavelength) note += " for " + formatted("%.5g", pattern.wavelength_angstrom) + " angstrom";
    note += is_one ? " was taken off" : " were taken off";
}

void take_off_what_is_no_line(MeasuredPattern& pattern, const PatternReaderConfig& config, std::string& note) {
    if (!config.keep_spikes) {
        const Spikes spikes = take_off_spikes(pattern);
        note_taken_off(note, "a spike", "spikes", spikes.angles_deg, pattern);
        if (spikes.left_in > 0)
            note = formatted("%zu spikes were left in: too many to take off, or lines narrower than a step", spikes.left_in);
    }
    if (config.keep_humps) return;
    std::vector<double> angles;
    for (const BackgroundStep& step : take_off_steps(pattern)) angles.push_back(step.two_theta_deg);
    note_taken_off(note, "a step in the background", "steps in the background", angles, pattern);
}

// Median of the steps.
double step_of(const MeasuredPattern& pattern) {
    const std::vector<double>& x = pattern.two_theta_deg;
    if (x.size() < 2) return 0;
    std::vector<double> steps;
    for (std::size_t i = 1; i < x.size(); ++i) steps.push_back(x[i] - x[i - 1]);
    return median(steps);
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
    StrongLines left(x, std::move(y));
    std::vector<double> widths;
    double strongest = 0;
    for (std::size_t number = 0; number < lines; ++number) {
        const StrongLines::Line line = left.strongest();
        if (number == 0) strongest = line.height;
        if (!(line.height > min_height * strongest)) break;
        if (line.points() >= min_points_of_line) widths.push_back(x[line.end - 1] - x[line.first]);
        left.level_off_near(line.top, apart_deg);
    }
    return widths.size() < min_lines ? 0 : median(widths);
}

// Why angles that end where half a turn in radians does are hardly degrees; empty where they go on, or where radiation is so hard that
// three degrees hold lines.
std::string doubt_of_axis(const MeasuredPattern& pattern, double wavelength_angstrom) {
    constexpr double hard_angstrom = 0.3;  // three degrees end at d of 5.7 angstrom
    if (pattern.needs_no_wavelength || wavelength_angstrom < hard_angstrom || !(pattern.two_theta_deg.back() <= std::numbers::pi))
        return {};
    return "its angles end at " + formatted("%.4g", pattern.two_theta_deg.back()) +
           " degrees, as if they were radians; name the first column in a line above, as '2theta (rad) intensity' (or q, d, 1/d)";
}

// Why a wavelength that nobody stated may not be taken to be a tube's; empty if it may.
std::string doubt_of_wavelength(const MeasuredPattern& pattern, WavelengthSource source) {
    if (source != WavelengthSource::assumed) return {};
    const double width = width_of_strongest_lines(pattern);
    if (!(width > 0 && width < narrowest_of_tubes_deg)) return {};
    return "its lines are " + formatted("%.3f", width) +
           " degrees wide, which a tube's are not, and no wavelength is stated; give it with --wavelength";
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
    const auto points = static_cast<std::size_t>(config_.grid.points);
    ahead_.first = range.first;
    ahead_.patterns.assign(range.count * points, 0.0f);
    ahead_.rows.assign(range.count, {});
    if (range.count == 0) return;
    reading_ = std::async(std::launch::async, [this, points] {
        readers_.run(ahead_.size(), [this, points](int row, int) {
            const auto i = static_cast<std::size_t>(row);
            ahead_.rows[i] = read_one(ahead_.first + i, ahead_.patterns.data() + i * points);
        });
    });
}

ReadPattern PatternReader::read_one(std::size_t i, float* out) const {
    ReadPattern read;
    read.file = list_.name(i);
    read.title = list_.title(i);
    read.file_state = list_.file_state(i);
    try {
        MeasuredPattern pattern = list_.read(i);
        take_off_what_is_no_line(pattern, config_, read.note);
        std::tie(read.wavelength, read.wavelength_source) = wavelength_of(pattern, config_.given_wavelength, config_.model_wavelength);
        // Of the lines as they are in the file.
        read.refusal = doubt_of_axis(pattern, read.wavelength);
        if (read.refusal.empty()) read.refusal = doubt_of_wavelength(pattern, read.wavelength_source);
        // Against Q or d each line stands where it was put with one wavelength, which nobody says was a doublet's.
        const bool as_it_stands = read.wavelength_source == WavelengthSource::not_needed;
        const bool stripped =
            config_.strip_k_alpha_2 && !as_it_stands && !pattern.is_monochromatic && strip_k_alpha_2(pattern, read.wavelength);
        // First lines come to lie where the model's do: seconds are as far from them as the anode has it, and may be missing.
        const EmissionLines emission = emission_lines(read.wavelength, pattern.is_monochromatic);
        read.recorded.second_shift = stripped ? 0 : emission.second_shift;
        // Against Q or d they do by themselves, whatever wavelength the angles are for.
        read.first_line_angstrom = as_it_stands ? read.wavelength : emission.first_angstrom;
        convert_wavelength(pattern, read.first_line_angstrom, emission_lines(config_.model_wavelength).first_angstrom);
        read.recorded.step_deg = step_of(pattern);
        read.coverage = resample(out, config_.grid, pattern);
        if (!config_.keep_humps && !pattern.two_theta_deg.empty())
            take_off_hump(out, config_.grid, pattern.two_theta_deg.front(), read.hump);
        if (read.refusal.empty()) read.refusal = refusal_of(pattern, read, out);
        if (!read.refusal.empty()) std::fill_n(out, config_.grid.points, 0.0f);
    } catch (const Error& error) {
        read.error = error.what();
    } catch (const std::bad_alloc&) {
        read.error = read.file + ": not enough memory to read it";
    }
    return read;
}

std::string PatternReader::refusal_of(const MeasuredPattern& pattern, const ReadPattern& read, const float* on_grid) const {
    if (read.coverage < config_.min_coverage) {
        constexpr double hardly_degrees = 20;  // Q, d and radians end below this
        const bool doubtful = !pattern.needs_no_wavelength && pattern.points() > 0 && pattern.two_theta_deg.back() < hardly_degrees;
        const double start = config_.grid.start_deg, end = start + (config_.grid.points - 1) * static_cast<double>(config_.grid.step_deg);
        return "covers " + whole_percent(std::floor(100 * read.coverage) / 100) + " of " + config_.whose + " " + range_text(start, end) +
               ", " + whole_percent(config_.min_coverage) + " are needed (--min-coverage)" +
               (read.wavelength_source == WavelengthSource::assumed ? "; its wavelength is not stated, that of the model was assumed"
                                                                    : "") +
               (doubtful ? "; if its first column is Q, d or radians, name it in a line above" : "") +
               (pattern.needs_no_wavelength ? "; if its Q or d is in nanometres, its file must say so" : "");
    }
    const auto [lowest, highest] = std::minmax_element(on_grid, on_grid + config_.grid.points);
    return *lowest == *highest ? "no signal within " + config_.whose + " range" : "";
}

std::vector<Recording> PatternBatch::recorded() const {
    std::vector<Recording> all;
    for (const ReadPattern& row : rows) all.push_back(row.recorded);
    return all;
}

bool PatternReader::next(PatternBatch& batch) {
    if (ahead_.size() == 0) start_reading(next_range_(true));
    if (ahead_.size() == 0) return false;
    reading_.get();
    std::swap(batch, ahead_);
    start_reading(next_range_(false));
    return true;
}

}  // namespace friedel
