// How an answer came about, drawn: the pattern as it was measured with its background, what the network was given, and the structure
// that fits best over it. Three SVG files a pattern.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "host/answers/classification.h"
#include "host/network/model.h"

namespace friedel {

// One pattern and what became of it, each pattern [points of the model's grid].
struct Explained {
    const Classification& answer;
    const float* read;               // as it was read
    const std::vector<float>& hump;  // what was taken off it before (ReadPattern)
    const float* answered;           // without its second phase
    std::vector<float> fitted;       // with the structure that fits best; empty where there is none
};

class Explainer {
public:
    // Drawings that are there: of the run that is gone on with, or of another.
    enum class Earlier { kept, replaced };

    // Makes the folder; throws Error, naming it, if that cannot be.
    Explainer(const std::filesystem::path& folder, Earlier earlier);

    // Writes NAME.background.svg, NAME.input.svg and, where a structure was fitted, NAME.fit.svg, with the file's name, and a number
    // where that is taken.
    void explain(Explained pattern, const Model& model);

private:
    std::string name_for(const std::string& file);

    std::filesystem::path folder_;
    Earlier earlier_;
    std::set<std::string> names_;
};

}  // namespace friedel
