#include "host/pattern_reader.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <utility>

#include "host/error.h"
#include "host/pattern_file.h"
#include "host/resample.h"

namespace friedel {

namespace fs = std::filesystem;

namespace {

// A CIF is more often a structure than a pattern, an .h5 file a model, a .csv labels or results: those are named one by one.
constexpr std::array<const char*, 17> endings = {".xy",  ".xye",  ".txt",  ".dat", ".asc",  ".xrdml", ".ras", ".rasx", ".raw",
                                                 ".uxd", ".brml", ".gsas", ".gsa", ".fxye", ".xra",   ".udf", ".nxs"};

std::string all_endings() {
    std::string all;
    for (const char* ending : endings) all += (all.empty() ? "" : ", ") + std::string(ending);
    return all;
}

bool has_pattern_ending(const fs::path& file) {
    std::string ending = file.extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
    return std::find(endings.begin(), endings.end(), ending) != endings.end();
}

MeasuredPattern read_input(const std::string& file) {
    if (file != "-") return read_pattern(file);
    const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
    return parse_pattern(text, "standard input");
}

std::string percent(double part) {
    char text[16];
    std::snprintf(text, sizeof text, "%.0f %%", 100 * part);
    return text;
}

std::string range_text(double low, double high) {
    char text[48];
    std::snprintf(text, sizeof text, "%.6g to %.6g degrees", low, high);
    return text;
}

}  // namespace

std::vector<std::string> pattern_files(const std::vector<std::string>& paths) {
    std::vector<std::string> files;
    for (const std::string& path : paths) {
        std::error_code ignored;
        if (path == "-" || !fs::is_directory(path, ignored)) {
            files.push_back(path);
            continue;
        }
        const std::size_t first = files.size();
        std::error_code failure;
        for (fs::recursive_directory_iterator entry(path, failure), end; !failure && entry != end; entry.increment(failure)) {
            if (entry->is_regular_file(ignored) && has_pattern_ending(entry->path())) files.push_back(entry->path().string());
        }
        if (failure) fail(path, ": cannot be listed (", failure.message(), ")");
        if (files.size() == first) fail(path, ": holds no pattern (", all_endings(), "); name files with other endings one by one");
        std::sort(files.begin() + static_cast<std::ptrdiff_t>(first), files.end());
    }
    return files;
}

PatternReader::PatternReader(std::vector<std::string> files, const PatternReaderConfig& config)
    : files_(std::move(files)), config_(config), readers_(config.threads) {
    start_reading();
}

PatternReader::~PatternReader() = default;

void PatternReader::start_reading() {
    const std::size_t size = std::min(static_cast<std::size_t>(config_.batch), files_.size() - next_file_);
    first_ahead_ = std::exchange(next_file_, next_file_ + size);
    ahead_.size = static_cast<int>(size);
    ahead_.patterns.assign(size * static_cast<std::size_t>(config_.grid.points), 0.0f);
    ahead_.file.assign(size, {});
    ahead_.error.assign(size, {});
    ahead_.refusal.assign(size, {});
    ahead_.coverage.assign(size, 0.0);
    ahead_.wavelength_assumed.assign(size, 0);
    if (size == 0) return;
    reading_ = std::async(std::launch::async, [this] { readers_.run(ahead_.size, [this](int row, int) { read_one(row); }); });
}

void PatternReader::read_one(int row) {
    const auto i = static_cast<std::size_t>(row);
    ahead_.file[i] = files_[first_ahead_ + i];
    float* const out = ahead_.patterns.data() + i * static_cast<std::size_t>(config_.grid.points);
    try {
        MeasuredPattern pattern = read_input(ahead_.file[i]);
        double wavelength = config_.stated_wavelength > 0 ? config_.stated_wavelength : pattern.wavelength_angstrom;
        if (wavelength == 0) {
            wavelength = config_.model_wavelength;
            ahead_.wavelength_assumed[i] = 1;
        }
        convert_wavelength(pattern, wavelength, config_.model_wavelength);
        ahead_.coverage[i] = resample(out, config_.grid, pattern);
        const auto [lowest, highest] = std::minmax_element(out, out + config_.grid.points);
        if (ahead_.coverage[i] < config_.least_coverage) {
            const double start = config_.grid.start_deg,
                         end = start + (config_.grid.points - 1) * static_cast<double>(config_.grid.step_deg);
            ahead_.refusal[i] = "covers " + percent(ahead_.coverage[i]) + " of the model's " + range_text(start, end) + ", " +
                                percent(config_.least_coverage) + " are needed";
        } else if (*lowest == *highest) {
            ahead_.refusal[i] = "no signal within the model's range";
        }
        if (!ahead_.refusal[i].empty()) std::fill_n(out, config_.grid.points, 0.0f);
    } catch (const Error& error) {
        ahead_.error[i] = error.what();
    } catch (const std::bad_alloc&) {
        ahead_.error[i] = ahead_.file[i] + ": not enough memory to read it";
    }
}

bool PatternReader::next(PatternBatch& batch) {
    if (ahead_.size == 0) return false;
    reading_.get();
    std::swap(batch, ahead_);
    start_reading();
    return true;
}

}  // namespace friedel
