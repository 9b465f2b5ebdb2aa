#include "host/search/matcher.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "host/simulation/preprocessing.h"
#include "host/simulation/simulator.h"
#include "host/support/bragg.h"
#include "host/support/correlation.h"
#include "host/support/error.h"
#include "host/support/hash.h"
#include "host/support/interrupt.h"
#include "kernels/real_math.h"

namespace friedel {

namespace {

constexpr int entries_at_a_time = 2048, patterns_at_a_time = 64;
// Refinement around the best step of the search.
constexpr int fine_strains_in_a_step = 5;
constexpr double fine_shift_step_deg = 0.03;
constexpr int fine_strains = 3, fine_shifts = 3;  // to either side

// Of the lattice, to either side.
int strain_steps(const MatcherConfig& config) { return static_cast<int>(std::lround(config.largest_strain / config.strain_step)); }
int fine_strain_steps(const MatcherConfig& config) { return strain_steps(config) * fine_strains_in_a_step + fine_strains; }
double fine_strain_step(const MatcherConfig& config) { return config.strain_step / fine_strains_in_a_step; }

}  // namespace

Matcher::Matcher(const StructureLibrary& library, const MatcherConfig& config, Device& device, const ShowProgress& progress,
                 const std::filesystem::path& index)
    : library_(library), config_(config), device_(device) {
    for (int i = 0; i < library.size(); ++i) {
        if (library.space_group[static_cast<std::size_t>(i)] > 0) structures_.push_back(i);
    }
    tabulate_strains();
    const auto points = static_cast<std::size_t>(config_.grid.points);
    if (!index.empty()) {
        if (auto kept = SearchIndex::read(index, fingerprint(), structures_.size(), points, index_refused_)) {
            index_ = std::move(*kept);
            if (as_simulated()) return;
            index_refused_ = "was written by a program that simulates otherwise";
        }
    }
    index_.pattern.resize(structures_.size() * points);
    index_.inverse_norm.resize(structures_.size());
    const int entries = static_cast<int>(structures_.size()), parts = (entries + entries_at_a_time - 1) / entries_at_a_time;
    for (int part = 0; part < parts; ++part) {
        if (interrupted()) fail("interrupted while structures were compared");
        const int first = part * entries_at_a_time, count = std::min(entries_at_a_time, entries - first);
        device_.pool.run(count, [&](int i, int) {
            const auto entry = static_cast<std::size_t>(first + i);
            index_.inverse_norm[entry] = simulate_entry(index_.pattern.data() + entry * points, first + i);
        });
        if (progress) progress(static_cast<std::size_t>(first + count), structures_.size());
    }
}

float Matcher::simulate_entry(std::uint8_t* out, int entry) const {
    const auto points = static_cast<std::size_t>(config_.grid.points);
    SimulationConfig ideal;
    ideal.grid = config_.grid;
    ideal.radiation.wavelength[0] = config_.wavelength_angstrom;
    ideal.caglioti_w.a = config_.fwhm_deg * config_.fwhm_deg;
    const LibraryView view = library_.view();
    thread_local std::vector<float> pattern;
    pattern.resize(points);
    simulate_one_pattern(pattern.data(), draw_parameters(ideal, view, structures_[static_cast<std::size_t>(entry)], 0, 0), view,
                         config_.grid);
    preprocess_pattern(pattern.data(), config_.grid, preprocess_);
    double sum = 0, square = 0;
    for (std::size_t p = 0; p < points; ++p) {
        out[p] = static_cast<std::uint8_t>(std::lround(255 * pattern[p]));
        sum += out[p];
        square += static_cast<double>(out[p]) * out[p];
    }
    const double spread = square - sum * sum / static_cast<double>(points);
    return spread > 0 ? static_cast<float>(1 / std::sqrt(spread)) : 0.0f;
}

// Of what the patterns are made and how, but for the operations of symmetry, which every index so far leaves out, and the program: that
// as_simulated() finds out.
std::string Matcher::fingerprint() const {
    Fnv1a hash;
    StructureLibrary::for_each_array([&](const char*, auto array, LibraryRow row, std::size_t, auto pointer) {
        if constexpr (!std::is_null_pointer_v<decltype(pointer)>) {
            const auto& values = library_.*array;
            if (row == LibraryRow::structure || row == LibraryRow::structure_offset || row == LibraryRow::atom)
                hash.add(values.data(), values.size() * sizeof(values[0]));
        }
    });
    const float settings[] = {config_.grid.start_deg, config_.grid.step_deg, config_.wavelength_angstrom, config_.fwhm_deg};
    hash.add(settings, sizeof settings);
    return hash.text();
}

// Whether a few patterns of the index are those that this program makes, to a unit of the last place.
bool Matcher::as_simulated() const {
    constexpr int asked = 16;
    const int entries = static_cast<int>(structures_.size());
    const auto points = static_cast<std::size_t>(config_.grid.points);
    std::vector<std::uint8_t> anew(points);
    for (int n = 0; n < std::min(asked, entries); ++n) {
        const auto entry = static_cast<int>(static_cast<std::int64_t>(n) * entries / std::min(asked, entries));
        simulate_entry(anew.data(), entry);
        const std::uint8_t* const kept = index_.pattern.data() + static_cast<std::size_t>(entry) * points;
        for (std::size_t p = 0; p < points; ++p) {
            if (std::abs(anew[p] - kept[p]) > 1) return false;
        }
    }
    return true;
}

void Matcher::save_index(const std::filesystem::path& file) const {
    index_.write(file, fingerprint(), static_cast<std::size_t>(config_.grid.points));
}

void Matcher::unpack(float* out, int entry) const {
    const auto index = static_cast<std::size_t>(entry), points = static_cast<std::size_t>(config_.grid.points);
    const std::uint8_t* const from = index_.pattern.data() + index * points;
    const float scale = index_.inverse_norm[index];
    FRIEDEL_SIMD
    for (std::size_t p = 0; p < points; ++p) out[p] = scale * static_cast<float>(from[p]);
}

void Matcher::tabulate_strains() {
    const Grid& grid = config_.grid;
    const int half = fine_strain_steps(config_);
    for (int s = -half; s <= half; ++s) {
        const double strain = s * fine_strain_step(config_);
        for (int i = 0; i < grid.points; ++i) {
            // The library's line at theta lies where sin theta' = sin theta / (1 + strain) in the measured pattern.
            const double here_deg = grid.start_deg + static_cast<double>(i) * grid.step_deg;
            const double there_deg = two_theta_of_sine(std::sin(theta_rad_of(here_deg)) / (1 + strain));
            strained_.push_back(static_cast<float>((there_deg - grid.start_deg) / grid.step_deg));
        }
    }
}

void Matcher::transformed(float* out, const float* pattern, int strain, double shift_deg) const {
    const int points = config_.grid.points;
    const float* const there = strained_.data() + static_cast<std::size_t>(strain + fine_strain_steps(config_)) * points;
    const auto shift = static_cast<float>(shift_deg / config_.grid.step_deg);
    FRIEDEL_SIMD
    for (int i = 0; i < points; ++i) {
        const float at = there[i] + shift, left = std::floor(at), part = at - left;
        const bool inside = left >= 0 && left < static_cast<float>(points - 1);
        const int from = inside ? static_cast<int>(left) : 0;
        const float value = (1 - part) * pattern[from] + part * pattern[from + 1];
        out[i] = inside ? value : 0.0f;
    }
    // With the mean taken out here, that of what it is multiplied with no longer matters.
    normalise(out, points);
}

void Matcher::refine(MatchCandidate& candidate, const float* pattern) const {
    const auto points = static_cast<std::size_t>(config_.grid.points);
    const auto entry = std::lower_bound(structures_.begin(), structures_.end(), candidate.structure) - structures_.begin();
    std::vector<float> ideal(points), moved(points);
    unpack(ideal.data(), static_cast<int>(entry));
    const int start = static_cast<int>(std::lround(static_cast<double>(candidate.strain) / fine_strain_step(config_)));
    for (int s = start - fine_strains; s <= start + fine_strains; ++s) {
        for (int z = -fine_shifts; z <= fine_shifts; ++z) {
            transformed(moved.data(), pattern, s, z * fine_shift_step_deg);
            const float similarity = dot(ideal.data(), moved.data(), config_.grid.points);
            if (similarity > candidate.similarity) {
                candidate.similarity = similarity;
                candidate.strain = static_cast<float>(s * fine_strain_step(config_));
            }
        }
    }
}

void Matcher::keep_best(std::vector<MatchCandidate>& best, const float* scores, int begin, int entries) const {
    const int half = strain_steps(config_);
    std::vector<float> highest(static_cast<std::size_t>(entries), -1.0f);
    std::vector<int> where(highest.size());
    for (int s = 0; s <= 2 * half; ++s) {
        const float* const row = scores + static_cast<std::size_t>(s) * entries;
        for (std::size_t e = 0; e < highest.size(); ++e) {
            if (row[e] > highest[e]) {
                highest[e] = row[e];
                where[e] = s;
            }
        }
    }
    for (std::size_t e = 0; e < highest.size(); ++e) {
        best.push_back(
            {structures_[static_cast<std::size_t>(begin) + e], highest[e], static_cast<float>((where[e] - half) * config_.strain_step)});
    }
    const auto kept = std::min(best.size(), static_cast<std::size_t>(config_.candidates));
    std::partial_sort(best.begin(), best.begin() + static_cast<std::ptrdiff_t>(kept), best.end(), [](const auto& a, const auto& b) {
        return a.similarity != b.similarity ? a.similarity > b.similarity : a.structure < b.structure;
    });
    best.resize(kept);
}

std::vector<std::vector<MatchCandidate>> Matcher::match(const float* patterns, int n) {
    const int points = config_.grid.points, entries = static_cast<int>(structures_.size());
    const auto width = static_cast<std::size_t>(points);
    const int half = strain_steps(config_), strains = 2 * half + 1;
    Backend& backend = *device_.backend;
    std::vector<std::vector<MatchCandidate>> found(static_cast<std::size_t>(n));
    const int max_rows = std::min(n, patterns_at_a_time) * strains;
    Buffer<float> rows_there(backend, static_cast<std::size_t>(max_rows) * width), ideal_there(backend, entries_at_a_time * width),
        scores_there(backend, static_cast<std::size_t>(max_rows) * entries_at_a_time);
    Matrix rows_operands(backend, max_rows, points), ideal_operands(backend, entries_at_a_time, points);
    std::vector<float> prepared(static_cast<std::size_t>(std::min(n, patterns_at_a_time)) * width),
        rows(static_cast<std::size_t>(max_rows) * width), ideal(entries_at_a_time * width),
        scores(static_cast<std::size_t>(max_rows) * entries_at_a_time);

    for (int first = 0; first < n; first += patterns_at_a_time) {
        const int count = std::min(patterns_at_a_time, n - first);
        device_.pool.run(count, [&](int i, int) {
            float* const pattern = prepared.data() + static_cast<std::size_t>(i) * width;
            std::copy_n(patterns + static_cast<std::size_t>(first + i) * width, width, pattern);
            preprocess_pattern(pattern, config_.grid, preprocess_);
            for (int s = 0; s < strains; ++s) {
                transformed(rows.data() + (static_cast<std::size_t>(i) * strains + s) * width, pattern, (s - half) * fine_strains_in_a_step,
                            0);
            }
        });
        rows_there.upload(rows.data());
        backend.to_operands(rows_operands.data(), rows_there.data(), count * strains, points);
        for (int begin = 0; begin < entries; begin += entries_at_a_time) {
            if (interrupted()) fail("interrupted while structures were compared");
            const int here = std::min(entries_at_a_time, entries - begin);
            device_.pool.run(here, [&](int e, int) { unpack(ideal.data() + static_cast<std::size_t>(e) * width, begin + e); });
            ideal_there.upload(ideal.data());
            backend.to_operands(ideal_operands.data(), ideal_there.data(), here, points);
            backend.gemm(scores_there.data(),
                         {rows_operands.data(), Transpose::no, ideal_operands.data(), Transpose::yes, count * strains, here, points});
            backend.download(scores.data(), scores_there.data(), static_cast<std::size_t>(count) * strains * here * sizeof(float));
            device_.pool.run(count, [&](int i, int) {
                const float* const own = scores.data() + static_cast<std::size_t>(i) * strains * here;
                keep_best(found[static_cast<std::size_t>(first + i)], own, begin, here);
            });
        }
        device_.pool.run(count, [&](int i, int) {
            std::vector<MatchCandidate>& best = found[static_cast<std::size_t>(first + i)];
            for (MatchCandidate& candidate : best) refine(candidate, prepared.data() + static_cast<std::size_t>(i) * width);
            std::stable_sort(best.begin(), best.end(), [](const auto& a, const auto& b) { return a.similarity > b.similarity; });
        });
    }
    return found;
}

void tell_of_index(const Matcher& matcher, const std::filesystem::path& library, const Tell& tell) {
    if (matcher.index_refused().empty()) return;
    tell(index_beside(library).string() + ": " + matcher.index_refused() + "; the patterns are simulated anew ('friedel match " +
         library.string() + " --save-index' replaces it)");
}

}  // namespace friedel
