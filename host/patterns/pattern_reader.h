// Many pattern files, read and brought to a model's grid in batches; the next batch is read while the caller works on this one.
// A file that cannot be used is an entry that says why, never the end.
#pragma once

#include <cstddef>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "host/patterns/pattern_list.h"
#include "host/patterns/recording.h"
#include "host/support/thread_pool.h"
#include "kernels/simulation_config.h"

namespace friedel {

constexpr double default_min_coverage = 0.45;  // 20 to 60 degrees, a quick scan, is just enough for 5 to 90

struct PatternReaderConfig {
    Grid grid;
    double model_wavelength = cu_k_alpha_angstrom;  // angstrom, the one the grid is meant for
    double given_wavelength = 0;                    // of all patterns; 0: what each file states, or the model's
    bool strip_k_alpha_2 = false;                   // where the wavelength is an anode's
    bool keep_humps = false;                        // humps.h and background_steps.h take them off else
    bool keep_spikes = false;                       // spikes.h takes them off else
    double min_coverage = default_min_coverage;     // part of the grid's range that must have been measured
    std::string whose = "the model's";              // the grid, in words
    int batch = 256;
    int threads = 0;  // that read; 0: one per core
};

// What is known of one pattern beside its points.
struct ReadPattern {
    std::string file;        // as the list names it
    std::string title;       // what a stack calls it, else empty
    std::string file_state;  // PatternList::file_state(), when it was read
    std::string error;       // why the file could not be read, with its name; empty if it could
    std::string refusal;     // why the pattern cannot be classified; empty if it can
    std::string note;        // what else should be known: what was taken off it; empty: nothing
    double coverage = 0;     // part of the grid's range that was measured
    double wavelength = 0;   // angstrom; 0 where it is not known: the file could not be read
    WavelengthSource wavelength_source = WavelengthSource::unknown;
    double first_line_angstrom = 0;  // of that radiation's lines the first, which was brought to where the grid's first line is
    Recording recorded;
    std::vector<float> hump;  // what was taken off it as a hump, [grid.points]; empty where nothing was
};

struct PatternBatch {
    std::size_t first = 0;          // its number in the list
    std::vector<float> patterns;    // [size()][grid.points], zeros where there is an error or a refusal
    std::vector<ReadPattern> rows;  // [size()]

    int size() const { return static_cast<int>(rows.size()); }
    std::vector<Recording> recorded() const;  // [size()]
};

// Patterns of a list, one after the other; of none where `count` is 0.
struct PatternRange {
    std::size_t first = 0, count = 0;
};

// The patterns to read next. With `wait` it returns none only at the end; without, also where it is not known yet.
using NextRange = std::function<PatternRange(bool wait)>;

class PatternReader {
public:
    // Reads the whole list in its order, or what `next_range` says. `list` must outlive the reader.
    PatternReader(const PatternList& list, const PatternReaderConfig& config, NextRange next_range = {});
    ~PatternReader();
    PatternReader(const PatternReader&) = delete;
    PatternReader& operator=(const PatternReader&) = delete;

    // False at the end. The arrays of `batch` are reused.
    bool next(PatternBatch& batch);

private:
    void start_reading(PatternRange range);
    // Pattern i of the list, its points -> out [grid.points].
    ReadPattern read_one(std::size_t i, float* out) const;
    // Why a pattern that was read and brought to the grid, `on_grid` [grid.points], cannot be classified; empty if it can.
    std::string refusal_of(const MeasuredPattern& pattern, const ReadPattern& read, const float* on_grid) const;

    const PatternList& list_;
    PatternReaderConfig config_;
    NextRange next_range_;
    ThreadPool readers_;
    PatternBatch ahead_;
    std::size_t next_ = 0;       // of the list
    std::future<void> reading_;  // last, so that it ends before what it writes to goes
};

}  // namespace friedel
