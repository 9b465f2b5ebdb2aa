// Search by similarity: which structures of a library have a pattern like a measured one. Nothing is learnt: every structure's ideal
// pattern is compared with the measured one at many lattice scales, all at once as a matrix product.
// Similarity: the correlation of square roots of intensity in steps of 0.1 degrees, after the same preprocessing on both sides.
// Without its mean taken out (a mere cosine) the dense patterns of large cells look like everything.
// Leaves out: mixtures (a second phase lowers the similarity, it is not searched for).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "host/crystals/structure_library.h"
#include "host/network/device.h"
#include "host/search/search_index.h"
#include "host/support/progress_line.h"
#include "host/support/tell.h"
#include "kernels/preprocess.h"
#include "kernels/simulation_config.h"

namespace friedel {

struct MatcherConfig {
    Grid grid{5, 0.1f, 851};
    float wavelength_angstrom = cu_k_alpha_angstrom;
    float fwhm_deg = 0.35f;        // of the peaks that are compared with: wide, so that lattices a little off still overlap
    double largest_strain = 0.03;  // lattices of relaxed structures are off by a few per cent; thermal expansion and substitution add to it
    double strain_step = 0.0025;   // 0.2 degrees at the end of the grid
    int candidates = 50;           // kept of each pattern
};

struct MatchCandidate {
    int structure;     // in the library
    float similarity;  // -1 to 1
    float strain;      // relative change of the lattice that fits best: 0.01 is a cell one per cent larger than the library's
};

class Matcher {
public:
    // The ideal pattern of every structure of the library, 0.9 kB of memory each: from the file `index` where that has them, simulated
    // otherwise. What is passed by reference must outlive the matcher.
    Matcher(const StructureLibrary& library, const MatcherConfig& config, Device& device, const ShowProgress& progress = {},
            const std::filesystem::path& index = {});

    const MatcherConfig& config() const { return config_; }
    // Why an index that is there was not used; empty where it was, or where there is none.
    const std::string& index_refused() const { return index_refused_; }
    void save_index(const std::filesystem::path& file) const;

    // Raw patterns [n][grid.points] -> the best candidates of each, most similar first; structures of unknown group are never among them.
    std::vector<std::vector<MatchCandidate>> match(const float* patterns, int n);

private:
    // The pattern on a lattice strained by `strain` fine steps, shifted by shift_deg: out [points], mean 0, norm 1.
    void transformed(float* out, const float* pattern, int strain, double shift_deg) const;
    void tabulate_strains();
    struct Buffers;
    void prepare(Buffers& buffers, const float* patterns, int count);
    void score(Buffers& buffers, int count, int begin, int entries);
    void refine(MatchCandidate& candidate, const float* pattern) const;
    // scores [strains][entries], of one pattern and the entries from `begin` on: the best of them and of what is in `best` stay there.
    void keep_best(std::vector<MatchCandidate>& best, const float* scores, int begin, int entries) const;
    void unpack(float* out, int entry) const;
    std::string fingerprint() const;
    // The ideal pattern of an entry into out [points]; returns its inverse norm.
    float simulate_entry(std::uint8_t* out, int entry) const;
    bool as_simulated() const;

    const StructureLibrary& library_;
    MatcherConfig config_;
    PreprocessConfig preprocess_;
    Device& device_;
    std::vector<int> structures_;  // [entries] of known space group
    // [fine strains][points]: where in a measured pattern, in steps of the grid, the lines of the grid's points lie.
    std::vector<float> strained_;
    SearchIndex index_;
    std::string index_refused_;
};

// Why the index beside a library was not used, where one is there.
void tell_of_index(const Matcher& matcher, const std::filesystem::path& library, const Tell& tell);

}  // namespace friedel
