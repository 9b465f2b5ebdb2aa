// How an answer came about, drawn: the pattern as it was measured with its background, what the network was given, and the structure
// that fits best over it. Three SVG files a pattern.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "host/answers/classification.h"
#include "host/network/model.h"
#include "host/search/second_opinion.h"

namespace friedel {

class Explainer {
public:
    // Drawings that are there: of the run that is gone on with, or of another.
    enum class Earlier { kept, replaced };

    // Makes the folder; throws Error, naming it, if that cannot be.
    Explainer(const std::filesystem::path& folder, Earlier earlier);

    // Writes NAME.background.svg, NAME.input.svg and, where a structure was fitted, NAME.fit.svg, with the file's name, and a number
    // where that is taken. `pattern` [points of the model's grid] as it was read and `hump`, what was taken off it before (ReadPattern);
    // it is number i of the last call of `second`, which may be null.
    void explain(const Classification& answer, const float* pattern, const std::vector<float>& hump, const Model& model,
                 const SecondOpinion* second, std::size_t i);

private:
    std::string name_for(const std::string& file);

    std::filesystem::path folder_;
    Earlier earlier_;
    std::set<std::string> names_;
};

}  // namespace friedel
