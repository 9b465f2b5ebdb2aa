// What a search among known structures found in measured patterns, for a terminal, as CSV and as lines of JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "host/patterns/pattern_file.h"
#include "host/search/second_phase.h"

namespace friedel {

// What was found for one pattern; no candidates where it could not be read or compared.
struct Match {
    std::string file, title, reason, note;  // note: of ReadPattern
    bool unread = false;
    std::vector<SearchCandidate> candidates;
    std::vector<float> votes;                 // [230]
    std::optional<SecondPhase> second_phase;  // that the pattern was compared without
    double wavelength = 0;                    // angstrom
    WavelengthSource wavelength_source = WavelengthSource::unknown;
};

// The space group with the most of the votes [230].
int most_voted(const std::vector<float>& votes);

// Of each pattern the likeliest candidates, `shown` at most.
std::string described(const std::vector<Match>& matches, const StructureLibrary& library, int shown);

// A table with a line for each candidate, and for each pattern without any.
std::string matches_csv(const std::vector<Match>& matches, const StructureLibrary& library, int shown);

// A line for each pattern; of the candidates that were fitted also what the fit says about instrument and specimen.
std::string matches_json(const std::vector<Match>& matches, const StructureSearch& search, int shown);

}  // namespace friedel
