// Many pattern files, read and brought to a model's grid in batches; the next batch is read while the caller works on this one.
// A file that cannot be used is an entry that says why, never the end.
#pragma once

#include <cstddef>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

#include "host/thread_pool.h"
#include "kernels/simulation_config.h"

namespace friedel {

struct PatternReaderConfig {
    Grid grid;
    double model_wavelength = 1.54184;  // angstrom, the one the grid is meant for
    double stated_wavelength = 0;       // of all patterns; 0: what each file states, or the model's
    double least_coverage = 0.6;        // part of the grid's range that must have been measured
    int batch = 256;
    int threads = 0;  // that read; 0: one per core
};

struct PatternBatch {
    int size = 0;
    std::vector<float> patterns;           // [size][grid.points], zeros where there is an error or a refusal
    std::vector<std::string> file;         // [size]
    std::vector<std::string> error;        // [size] why the file could not be read, with its name; empty if it could
    std::vector<std::string> refusal;      // [size] why the pattern cannot be classified; empty if it can
    std::vector<double> coverage;          // [size]
    std::vector<char> wavelength_assumed;  // [size] neither the file nor the caller states one
};

// The pattern files that the paths name: files as they are, folders with all that is in them that has the ending of a pattern, by
// name; "-" stands for standard input. Throws Error for a folder without any; a file need not exist.
std::vector<std::string> pattern_files(const std::vector<std::string>& paths);

class PatternReader {
public:
    PatternReader(std::vector<std::string> files, const PatternReaderConfig& config);
    ~PatternReader();
    PatternReader(const PatternReader&) = delete;
    PatternReader& operator=(const PatternReader&) = delete;

    std::size_t files() const { return files_.size(); }

    // False at the end. The arrays of `batch` are reused.
    bool next(PatternBatch& batch);

private:
    void start_reading();
    void read_one(int row);

    std::vector<std::string> files_;
    PatternReaderConfig config_;
    ThreadPool readers_;
    PatternBatch ahead_;
    std::size_t first_ahead_ = 0, next_file_ = 0;
    std::future<void> reading_;  // last, so that it ends before what it writes to goes
};

}  // namespace friedel
