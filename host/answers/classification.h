// What a model says about one pattern, in a crystallographer's terms. Leaves out: files of results (classification_output.h).
#pragma once

#include <string>
#include <vector>

#include "host/network/model.h"
#include "host/patterns/pattern_file.h"

namespace friedel {

struct Candidate {
    int space_group;
    float probability;
};

struct Classification {
    std::string file;
    std::string title;       // what a stack calls the pattern, else empty
    std::string file_state;  // PatternList::file_state(), when it was read
    std::string note;        // what was taken off the pattern (ReadPattern); empty: nothing
    std::string refused;     // why; empty: the answer stands. What could be computed is there all the same
    int system = -1;         // crystal system, the sum over its groups; -1: nothing was computed
    float system_probability = 0;
    std::vector<Candidate> candidates;  // the five likeliest space groups; none from a model of crystal systems
    std::vector<int> set;               // space groups, one of which is right with the model's calibrated set_level; empty without one
    int extinction = -1;                // likeliest extinction group, the sum over its members; -1 from a model of crystal systems
    float extinction_probability = 0;
    float entropy = 0;                 // nats
    double coverage = 0;               // part of the model's range that was measured
    std::vector<float> probabilities;  // [classes]; empty: nothing was computed
    std::string closest;               // structure whose pattern is most like this one, where a library was searched
    std::string closest_formula;
    int closest_space_group = 0;     // of that structure, which need not be the answer
    bool closest_is_parent = false;  // it is the structure idealised to that group, of higher symmetry than its own, that is so alike
    float similarity = 0;            // of the two patterns, see matcher.h
    // Its cell as fitted to this pattern, a b c in angstrom and alpha beta gamma in degrees; none where nothing was fitted. And by how much
    // its lengths had to change for that, relatively.
    std::vector<float> closest_cell;
    float closest_lattice_change = 0;
    std::vector<float> unexplained;  // lines that this structure does not account for: two-theta for the model's wavelength, degrees
    std::string second_phase;        // structure of a second phase, which was taken off the pattern; empty where none was found
    std::string second_formula;
    int second_space_group = 0;
    float second_part = 0;       // of the intensity, 0 to 0.5
    std::string lattice;         // Bravais lattice that indexing finds likeliest; empty where it was not asked or found none
    std::vector<float> cell;     // of it: a b c in angstrom, alpha beta gamma in degrees
    float cell_probability = 0;  // that it is right
    bool unread = false;         // `refused` says why the file could not be read
    double wavelength = 0;       // angstrom, what the pattern was taken to be measured with; 0: it was not read
    WavelengthSource wavelength_source = WavelengthSource::unknown;
};

// Fills in what follows from the probabilities: from `system` on to `entropy`, and `probabilities`; refuses where the entropy exceeds the
// model's threshold.
void interpret(Classification& classification, const Model& model, const float* probabilities);

// Classifications as bytes, for another process on a machine of the same kind, and back. Throws Error for anything else.
std::string packed(const std::vector<Classification>& classifications);
std::vector<Classification> unpacked(const std::string& bytes);

// One line for a terminal.
std::string one_line(const Classification& classification);

}  // namespace friedel
