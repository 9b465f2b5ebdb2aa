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

// What patterns and structures are compared in, here and on the device, at most so many at a time.
struct Matcher::Buffers {
    Buffers(Backend& backend, int most_patterns, int strains_of_each, int points)
        : width(static_cast<std::size_t>(points)),
          strains(strains_of_each),
          prepared(static_cast<std::size_t>(most_patterns) * width),
          rows(prepared.size() * static_cast<std::size_t>(strains)),
          ideal(entries_at_a_time * width),
          scores(static_cast<std::size_t>(most_patterns) * strains * entries_at_a_time),
          rows_there(backend, rows.size()),
          ideal_there(backend, ideal.size()),
          scores_there(backend, scores.size()),
          rows_operands(backend, most_patterns * strains, points),
          ideal_operands(backend, entries_at_a_time, points) {}

    std::size_t width;
    int strains;
    std::vector<float> prepared;  // [patterns][width]
    std::vector<float> rows;      // [patterns][strains][width]
    std::vector<float> ideal;     // [entries][width]
    std::vector<float> scores;    // [patterns][strains][entries]
    Buffer<float> rows_there, ideal_there, scores_there;
    Matrix rows_operands, ideal_operands;
};

// Raw patterns [count][points], preprocessed and on strained lattices.
void Matcher::prepare(Buffers& b, const float* patterns, int count) {
    const int half = strain_steps(config_);
    device_.pool.run(count, [&](int i, int) {
        float* const pattern = b.prepared.data() + static_cast<std::size_t>(i) * b.width;
        std::copy_n(patterns + static_cast<std::size_t>(i) * b.width, b.width, pattern);
        preprocess_pattern(pattern, config_.grid, preprocess_);
        for (int s = 0; s < b.strains; ++s) {
            float* const row = b.rows.data() + (static_cast<std::size_t>(i) * b.strains + s) * b.width;
            transformed(row, pattern, (s - half) * fine_strains_in_a_step, 0);
        }
    });
    b.rows_there.upload(b.rows.data());
    device_.backend->to_operands(b.rows_operands.data(), b.rows_there.data(), count * b.strains, config_.grid.points);
}

// Scores [count][strains][entries] of the prepared patterns with the entries from `begin` on.
void Matcher::score(Buffers& b, int count, int begin, int entries) {
    Backend& backend = *device_.backend;
    const int points = config_.grid.points, rows = count * b.strains;
    device_.pool.run(entries, [&](int e, int) { unpack(b.ideal.data() + static_cast<std::size_t>(e) * b.width, begin + e); });
    b.ideal_there.upload(b.ideal.data());
    backend.to_operands(b.ideal_operands.data(), b.ideal_there.data(), entries, points);
    backend.gemm(b.scores_there.data(),
                 {b.rows_operands.data(), Transpose::no, b.ideal_operands.data(), Transpose::yes, rows, entries, points});
    backend.download(b.scores.data(), b.scores_there.data(), static_cast<std::size_t>(rows) * entries * sizeof(float));
}

std::vector<std::vector<MatchCandidate>> Matcher::match(const float* patterns, int n) {
    const int all_entries = static_cast<int>(structures_.size());
    std::vector<std::vector<MatchCandidate>> found(static_cast<std::size_t>(n));
    Buffers b(*device_.backend, std::min(n, patterns_at_a_time), 2 * strain_steps(config_) + 1, config_.grid.points);
    for (int first = 0; first < n; first += patterns_at_a_time) {
        const int count = std::min(patterns_at_a_time, n - first);
        const auto found_of = [&](int i) -> std::vector<MatchCandidate>& { return found[static_cast<std::size_t>(first + i)]; };
        prepare(b, patterns + static_cast<std::size_t>(first) * b.width, count);
        for (int begin = 0; begin < all_entries; begin += entries_at_a_time) {
            if (interrupted()) fail("interrupted while structures were compared");
            const int entries = std::min(entries_at_a_time, all_entries - begin);
            score(b, count, begin, entries);
            device_.pool.run(count, [&](int i, int) {
                keep_best(found_of(i), b.scores.data() + static_cast<std::size_t>(i) * b.strains * entries, begin, entries);
            });
        }
        device_.pool.run(count, [&](int i, int) {
            for (MatchCandidate& candidate : found_of(i)) refine(candidate, b.prepared.data() + static_cast<std::size_t>(i) * b.width);
            std::stable_sort(found_of(i).begin(), found_of(i).end(),
                             [](const auto& a, const auto& c) { return a.similarity > c.similarity; });
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
