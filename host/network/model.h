// A trained model: the grid and preprocessing its input needs, the networks, what their answers mean, when to refuse, how it was trained.
// Stored as HDF5 (friedel_kind "model", format 2). Leaves out: how it is applied (classifier.h), how it is trained (trainer.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "host/network/network_shape.h"
#include "host/network/provenance.h"
#include "host/support/hdf5_file.h"
#include "kernels/crystal.h"
#include "kernels/preprocess.h"
#include "kernels/simulation_config.h"

namespace friedel {

extern const FileKind model_kind;

// What the classes of a network are.
enum class Target { space_group, crystal_system };
int classes_of(Target target);                     // 230 or 7
int class_of(Target target, int space_group);      // 0-based class of a space group, 1 to 230
std::string class_name(Target target, int index);  // "225", or "cubic"

// How far a network's word is believed: (1 - doubt) softmax(logits / temperature) + doubt / classes. The temperature is for what a network
// is unsure of and shows (Guo et al. 2017), the doubt for what nothing in the pattern warns of: a structure unlike all that were trained
// on, a wrong label. Without it a few sure and wrong answers make all the others less sure than they should be.
struct Belief {
    float temperature = 1, doubt = 0;
};

// Fitted on held-out patterns by `friedel calibrate`; the defaults leave the network's answers as they are and refuse nothing.
struct Calibration {
    Belief belief;
    float entropy_threshold = std::numeric_limits<float>::infinity();  // nats; an answer of higher entropy is refused
    // Factors on the lattice: the network is asked about the pattern at each, and its logits are averaged. Empty: as it is.
    std::vector<float> lattice_scales;
    // Conformal sets: the groups that are at least this probable hold the true one for this part of the patterns. 0: no sets.
    float set_level = 0, set_probability = 0;
    std::string fitted_on;  // in words: file, count, aim; empty if never fitted
};

struct Model {
    Grid grid;                                        // of the network's input
    float wavelength_angstrom = cu_k_alpha_angstrom;  // the one the grid is meant for; other patterns are converted through d
    PreprocessConfig preprocess;
    Target target = Target::space_group;
    NetworkShape shape;
    std::vector<std::vector<float>> members;  // [members][shape.size()] parameters of each network of the ensemble
    // How the file that it was read from stores the weights of each layer, by its name there.
    struct StoredWeights {
        bool half = false;         // of half precision
        std::vector<float> steps;  // [outputs] of which they are whole numbers; empty if they are not
    };
    std::map<std::string, StoredWeights> stored;
    Calibration calibration;
    Provenance provenance;

    int classes() const { return shape.classes(); }

    // How they are stored: as single or half precision, as whole numbers of a byte with a scale for each unit of a layer, or as in the file
    // that they were read from: the weights stay the same.
    enum class Weights { single, half, byte, as_read };
    // coarseness: least distance of the values that weights in bytes are rounded to, in root mean squares of a unit's weights.
    void write(const std::filesystem::path& file, Weights weights = Weights::single, float coarseness = 0) const;
    // Checks that all parts fit together and that all weights are finite. Throws Error.
    static Model read(const std::filesystem::path& file);
};

}  // namespace friedel
