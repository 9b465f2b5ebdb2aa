// What indexing found, for a terminal, as CSV, and beside known space groups.
#pragma once

#include <array>
#include <string>

#include "host/indexing/indexing_opinion.h"
#include "host/patterns/pattern_file.h"

namespace friedel {

struct Indexed {
    std::string name, title;         // of the file; what a stack calls the pattern, else empty
    std::string problem;             // why it could not be read; empty if it could
    std::string note;                // what was taken off it (ReadPattern)
    double wavelength = 0;           // angstrom
    double first_line_angstrom = 0;  // of ReadPattern
    WavelengthSource wavelength_source = WavelengthSource::unknown;
    IndexingOpinion opinion;
};

// The likeliest unit cells and space groups, so many at most, as a table of lines.
std::string described(const Indexed& indexed, int max_cells, int max_groups);

// The lines of the pattern and which reflections of the likeliest cell they are, as a table; empty where there is no cell. Angles are the
// file's.
std::string described_lines(const Indexed& indexed);

// Of a table in CSV, with their line ends.
std::string indexing_csv_header();
std::string indexing_csv_line(const Indexed& indexed);

// All cells whose absences were looked at, the likeliest first, and the groups of a probability of 1e-4 or more, as one line of JSON; of
// the likeliest cell also the lines with their reflections.
std::string indexing_json(const Indexed& indexed);

// How often the Bravais lattice, the crystal system, the extinction group and the space group come out right, by crystal system.
class IndexingTally {
public:
    void add(int true_space_group, const IndexingOpinion& opinion);
    std::string table() const;

private:
    struct Row {
        int patterns = 0, lattice = 0, system = 0, extinction = 0, group = 0;
    };
    std::array<Row, crystal_systems + 1> rows_{};  // the last: of all
};

}  // namespace friedel
