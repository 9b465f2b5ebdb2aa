// friedel index: the unit cells that explain the lines of measured patterns, what is absent, and what that says of the space group.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <sstream>
#include <tuple>

#include "host/csv.h"
#include "host/error.h"
#include "host/extinction.h"
#include "host/indexing_opinion.h"
#include "host/interrupt.h"
#include "host/labels.h"
#include "host/pattern_list.h"
#include "host/resample.h"
#include "host/space_groups.h"
#include "host/text_file.h"
#include "host/text_format.h"
#include "host/thread_pool.h"
#include "tools/command.h"

namespace friedel::tools {

namespace {

namespace fs = std::filesystem;

struct Options {
    std::vector<std::string> patterns;
    std::string labels, output;
    double wavelength = 0;
    int cells = 3, groups = 5, threads = 0;
    bool quiet = false;
};

// Symbols of the groups of a setting, without those that only the crystal system tells apart.
std::string groups_of(const CellFindings& found) {
    std::string text;
    for (int group : absence_settings(found.cell.lattice)[static_cast<std::size_t>(found.setting)].space_groups)
        text += (text.empty() ? "" : " ") + std::string(space_group_symbol(group));
    return text;
}

std::vector<int> likeliest(const std::vector<float>& probabilities, int most) {
    std::vector<int> groups;
    for (int g = 1; g <= space_groups; ++g) groups.push_back(g);
    std::stable_sort(groups.begin(), groups.end(), [&](int a, int b) {
        return probabilities[static_cast<std::size_t>(a - 1)] > probabilities[static_cast<std::size_t>(b - 1)];
    });
    groups.resize(static_cast<std::size_t>(most));
    return groups;
}

// What was found out about one pattern.
struct Indexed {
    std::string name, problem;  // why it could not be read; empty if it could
    double wavelength = 0;      // angstrom
    WavelengthSource wavelength_source = WavelengthSource::unknown;
    IndexingOpinion opinion;
};

// Cells whose absences were looked at, the likeliest first.
std::vector<const CellFindings*> likeliest_cells(const IndexingOpinion& opinion) {
    std::vector<const CellFindings*> cells;
    for (const CellFindings& found : opinion.cells) {
        if (found.setting >= 0) cells.push_back(&found);
    }
    std::stable_sort(cells.begin(), cells.end(), [](const CellFindings* a, const CellFindings* b) { return a->weight > b->weight; });
    return cells;
}

std::string described(const Indexed& indexed, const Options& o) {
    const IndexingOpinion& opinion = indexed.opinion;
    char text[256];
    std::snprintf(text, sizeof text, ": wavelength %.6g (%s), %zu lines", indexed.wavelength,
                  wavelength_source_name(indexed.wavelength_source), opinion.lines.lines.size());
    std::string out = indexed.name + text;
    const std::vector<const CellFindings*> cells = likeliest_cells(opinion);
    if (cells.empty()) return out + "; no cell explains them\n";
    std::snprintf(text, sizeof text, ", width %.3f degrees; indexed rightly with probability %.2f\n", opinion.lines.shape.fwhm_deg(40),
                  opinion.indexed);
    out += text;
    out +=
        "    right  lattice      a        b        c     alpha    beta   gamma    shift   M20   lines  evidence  "
        "groups of its absences\n";
    for (std::size_t c = 0; c < std::min(cells.size(), static_cast<std::size_t>(o.cells)); ++c) {
        const IndexedCell& cell = cells[c]->cell;
        const std::array<double, 6> edges = tabulated_cell(cell.lattice, cell.reciprocal);
        std::snprintf(text, sizeof text, "  %5.1f %%  %-7s %8.4f %8.4f %8.4f %7.2f %7.2f %7.2f  %7.3f %5.1f %3d/%-3d %9.0f  ",
                      100 * opinion.indexed * cells[c]->weight, bravais_name(cell.lattice), edges[0], edges[1], edges[2], edges[3],
                      edges[4], edges[5], cell.shift_deg, cell.m20, cell.indexed, cell.lines, cell.evidence);
        out += text + groups_of(*cells[c]) + '\n';
    }
    out += " ";
    for (int group : likeliest(opinion.probabilities, o.groups)) {
        std::snprintf(text, sizeof text, " %d %s %.1f %%", group, space_group_symbol(group),
                      100 * static_cast<double>(opinion.probabilities[static_cast<std::size_t>(group - 1)]));
        out += text;
    }
    return out + '\n';
}

void write_header(std::ostream& out) {
    out << "file,indexed,lines,lattice,a,b,c,alpha,beta,gamma,volume,cell_probability,m20,shift,wavelength,wavelength_from,reason";
    for (int g = 1; g <= space_groups; ++g) out << ",p" << g;
    out << '\n';
}

void write_row(std::ostream& out, const Indexed& indexed) {
    const IndexingOpinion& opinion = indexed.opinion;
    out << csv_field(indexed.name) << ',';
    if (indexed.problem.empty()) out << opinion.indexed << ',' << opinion.lines.lines.size();
    const std::vector<const CellFindings*> cells = likeliest_cells(opinion);
    if (cells.empty()) {
        out << (indexed.problem.empty() ? ",,,,,,,,,,," : ",,,,,,,,,,,,");
    } else {
        const IndexedCell& cell = cells.front()->cell;
        out << ',' << bravais_name(cell.lattice);
        for (double edge : tabulated_cell(cell.lattice, cell.reciprocal)) out << formatted(",%.5f", edge);
        out << formatted(",%.4f,%.4f,%.2f,%.4f", volume_of(cell.reciprocal), opinion.indexed * cells.front()->weight, cell.m20,
                         cell.shift_deg);
    }
    out << ',';
    if (indexed.wavelength > 0) out << formatted("%.6g", indexed.wavelength);
    out << ',' << wavelength_source_name(indexed.wavelength_source) << ',' << csv_field(indexed.problem);
    for (int g = 0; g < space_groups; ++g) {
        out << ',';
        if (!opinion.probabilities.empty()) out << opinion.probabilities[static_cast<std::size_t>(g)];
    }
    out << '\n';
}

// How often the lattice, the crystal system, the extinction group and the space group come out right.
class Tally {
public:
    void add(int truth, const IndexingOpinion& opinion) {
        const int answer = likeliest(opinion.probabilities, 1).front();
        const auto best = std::max_element(opinion.cells.begin(), opinion.cells.end(),
                                           [](const CellFindings& a, const CellFindings& b) { return a.weight < b.weight; });
        for (std::size_t row : {static_cast<std::size_t>(crystal_system(truth)), std::size_t{crystal_systems}}) {
            auto& n = count_[row];
            ++n[0];
            n[1] += best != opinion.cells.end() && best->cell.lattice == bravais_of(truth);
            n[2] += crystal_system(answer) == crystal_system(truth);
            n[3] += extinction_group(answer) == extinction_group(truth);
            n[4] += answer == truth;
        }
    }
    void print() const {
        std::printf("%-14s%9s%10s%9s%12s%13s\n", "", "patterns", "lattice", "system", "extinction", "space group");
        for (std::size_t row = 0; row <= crystal_systems; ++row) {
            const auto& n = count_[row];
            if (n[0] == 0) continue;
            const double per = 100.0 / n[0];
            std::printf("%-14s%9d%8.1f %%%7.1f %%%10.1f %%%11.1f %%\n",
                        row < crystal_systems ? crystal_system_name(static_cast<int>(row)) : "all", n[0], n[1] * per, n[2] * per,
                        n[3] * per, n[4] * per);
        }
    }

private:
    std::array<std::array<int, 5>, crystal_systems + 1> count_{};
};

int run(const Options& o) {
    if (o.labels.empty() == o.patterns.empty()) fail("give either PATTERNS or --labels FILE.csv");
    if (!o.output.empty() && std::filesystem::path(o.output).extension() != ".csv")
        fail(o.output, ": results are written as .csv; give that ending");
    refuse_overwriting(o.output, o.patterns);
    refuse_overwriting(o.output, {o.labels});
    std::vector<int> truth;
    PatternList list = PatternList::of_files({});
    if (o.labels.empty()) {
        list = PatternList::of_paths(o.patterns);
    } else {
        std::vector<std::string> files;
        for (const Label& label : read_labels(o.labels)) {
            if (!label.repeat_of.empty()) continue;
            files.push_back((fs::path(o.labels).parent_path() / label.file).string());
            truth.push_back(label.space_group);
        }
        list = PatternList::of_files(files);
    }
    std::ostringstream out;
    write_header(out);
    const std::vector<double> frequency = usual_group_frequency();
    const InterruptGuard guard;
    ThreadPool pool(o.threads);
    Tally tally;
    int unreadable = 0;
    std::size_t assumed = 0;
    constexpr std::size_t batch = 64;
    for (std::size_t first = 0; first < list.size() && !interrupted(); first += batch) {
        const std::size_t n = std::min(batch, list.size() - first);
        std::vector<Indexed> all(n);
        pool.run(static_cast<int>(n), [&](int i, int) {
            if (interrupted()) return;
            Indexed& indexed = all[static_cast<std::size_t>(i)];
            indexed.name = list.name(first + static_cast<std::size_t>(i));
            try {
                MeasuredPattern measured = list.read(first + static_cast<std::size_t>(i));
                std::tie(indexed.wavelength, indexed.wavelength_source) = wavelength_of(measured, o.wavelength, indexing_wavelength);
                if (std::fabs(indexed.wavelength / indexing_wavelength - 1) > same_anode)
                    convert_wavelength(measured, indexed.wavelength, indexing_wavelength);
                std::vector<float> pattern(static_cast<std::size_t>(indexing_grid.points));
                resample(pattern.data(), indexing_grid, measured);
                indexed.opinion = indexing_opinion(pattern.data(), indexing_grid, frequency);
            } catch (const Error& error) {
                indexed.problem = error.what();
            }
        });
        if (interrupted()) break;
        for (std::size_t i = 0; i < n; ++i) {
            if (!o.output.empty()) write_row(out, all[i]);
            if (!all[i].problem.empty()) {
                std::cerr << "friedel: " << all[i].problem << '\n';
                ++unreadable;
                continue;
            }
            assumed += all[i].wavelength_source == WavelengthSource::assumed;
            if (truth.empty() && !o.quiet) std::cout << described(all[i], o);
            if (!truth.empty()) tally.add(truth[first + i], all[i].opinion);
        }
    }
    if (interrupted()) fail("interrupted; nothing was written");
    if (!o.output.empty()) write_text_file(o.output, out.str());
    if (!truth.empty()) tally.print();
    if (!o.quiet) tell_of_input(list, assumed, indexing_wavelength);
    return unreadable == 0 ? 0 : 1;
}

}  // namespace

std::function<int()> index_command(CLI::App& app) {
    const auto o = std::make_shared<Options>();
    app.add_option("PATTERNS", o->patterns, "Pattern files, folders of them, stacks; the formats of friedel classify");
    app.add_option(
        "-o,--output", o->output,
        "CSV: a line for each pattern: the probability that it is indexed, its likeliest unit cell, the wavelength that was taken, "
        "the probabilities of all space groups, or why it could not be read");
    app.add_option("--cells", o->cells, "Unit cells to print")->capture_default_str()->check(within(1, 12));
    app.add_option("--groups", o->groups, "Space groups to print")->capture_default_str()->check(within(1, space_groups));
    app.add_option("--labels", o->labels,
                   "CSV with columns file,space_group: how often the answer is right, instead of PATTERNS; repeats are left out");
    add_wavelength_option(app, o->wavelength, "Of all patterns, whatever they state");
    add_threads_option(app, o->threads);
    app.add_flag("-q,--quiet", o->quiet, "Print no cells");
    app.footer(
        "Knows no structures: lines, cells, absences, and how often groups occur. Broad lines, many impurities and cells of thousands of\n"
        "cubic angstrom defeat it, and it says so. Of each unit cell it prints the probability that it is right, the Bravais lattice,\n"
        "edges in angstrom and angles in degrees (a triclinic cell is Niggli's), the shift of the measured angles in degrees, de Wolff's\n"
        "figure of merit, how many of the lines looked at it explains, the logarithm of its evidence over that of chance, and the groups "
        "whose\n"
        "absences fit best. Last come the likeliest space groups over all cells. Examples:\n"
        "  friedel index unknown.xy\n"
        "  friedel index patterns/ -o groups.csv");
    return [o] { return run(*o); };
}

}  // namespace friedel::tools
