#include "host/indexing/indexing_report.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "host/crystals/extinction.h"
#include "host/crystals/space_groups.h"
#include "host/indexing/indexed_lines.h"
#include "host/patterns/k_alpha.h"
#include "host/support/bragg.h"
#include "host/support/csv.h"
#include "host/support/csv_table.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

// Symbols of the groups of a setting, without those that only the crystal system tells apart.
std::string groups_of(const CellFindings& found) {
    std::string text;
    for (int group : absence_settings(found.cell.lattice)[static_cast<std::size_t>(found.setting)].space_groups)
        text += (text.empty() ? "" : " ") + std::string(space_group_symbol(group));
    return text;
}

// Cells whose absences were looked at, the likeliest first.
std::vector<const CellFindings*> likeliest_cells(const IndexingOpinion& opinion) {
    std::vector<const CellFindings*> cells;
    for (const CellFindings& found : opinion.cells) {
        if (found.setting >= 0) cells.push_back(&found);
    }
    std::stable_sort(cells.begin(), cells.end(), [](const CellFindings* a, const CellFindings* b) { return a->weight > b->weight; });
    return cells;
}

// Of fewer lines what frequency says is no find.
bool has_too_few_lines(const Indexed& indexed) {
    return indexed.problem.empty() && indexed.opinion.pattern.lines.size() < min_indexed_lines;
}

double first_line_of_copper() { return emission_lines(cu_k_alpha_angstrom).first_angstrom; }

// Degrees of the file, at low angles, over those of copper's wavelength, which lines were looked for at.
double degrees_of_file(const Indexed& indexed) {
    return indexed.first_line_angstrom > 0 ? indexed.first_line_angstrom / first_line_of_copper() : 1;
}

// An angle of a line, as it is in the file.
double angle_of_file(double two_theta_deg, const Indexed& indexed) {
    return indexed.first_line_angstrom > 0 ? converted_angle(two_theta_deg, first_line_of_copper(), indexed.first_line_angstrom)
                                           : two_theta_deg;
}

// Of the likeliest cell, with angles of the file.
std::vector<IndexedLine> lines_of(const Indexed& indexed, const CellFindings& found) {
    std::vector<IndexedLine> lines = indexed_lines(indexed.opinion.pattern, found.cell, indexed.opinion.wavelength_angstrom);
    for (IndexedLine& line : lines) {
        line.observed_deg = angle_of_file(line.observed_deg, indexed);
        line.calculated_deg = angle_of_file(line.calculated_deg, indexed);
    }
    return lines;
}

std::string reason_of(const Indexed& indexed) {
    return has_too_few_lines(indexed) ? "fewer than " + std::to_string(min_indexed_lines) + " lines" : indexed.problem;
}

// A row of the table, and what its fields are taken from.
struct Row {
    explicit Row(const Indexed& of) : indexed(of), cells(likeliest_cells(of.opinion)) {
        if (has_answer()) group = likeliest_groups(of.opinion.probabilities.data(), 1).front();
    }

    bool has_answer() const { return !indexed.opinion.probabilities.empty() && !has_too_few_lines(indexed); }
    float probability_of(int space_group) const { return indexed.opinion.probabilities[static_cast<std::size_t>(space_group - 1)]; }
    // Of a number of the likeliest cell.
    template <class Number>
    std::string of_cell(const char* format, const Number& number) const {
        return cells.empty() ? "" : formatted(format, number(*cells.front()));
    }

    const Indexed& indexed;
    std::vector<const CellFindings*> cells;
    int group = 0;  // the likeliest; 0: there is none
};

// Of the edges and angles of the likeliest cell.
template <std::size_t i>
std::string cell_field(const Row& row) {
    return row.of_cell("%.5f", [](const CellFindings& found) { return tabulated_cell(found.cell.lattice, found.cell.reciprocal)[i]; });
}

constexpr CsvColumn<Row> csv_columns[] = {
    {"file", [](const Row& row) { return csv_field(row.indexed.name); }},
    {"indexed", [](const Row& row) { return row.indexed.problem.empty() ? formatted("%g", row.indexed.opinion.indexed) : ""; }},
    {"lines", [](const Row& row) { return if_any(row.indexed.problem.empty(), std::to_string(row.indexed.opinion.pattern.lines.size())); }},
    {"lattice", [](const Row& row) { return row.cells.empty() ? "" : std::string(bravais_name(row.cells.front()->cell.lattice)); }},
    {"a", cell_field<0>},
    {"b", cell_field<1>},
    {"c", cell_field<2>},
    {"alpha", cell_field<3>},
    {"beta", cell_field<4>},
    {"gamma", cell_field<5>},
    {"volume",
     [](const Row& row) { return row.of_cell("%.4f", [](const CellFindings& found) { return volume_of(found.cell.reciprocal); }); }},
    {"cell_probability",
     [](const Row& row) {
         return row.of_cell("%.4f", [&](const CellFindings& found) { return row.indexed.opinion.indexed * found.weight; });
     }},
    {"m20", [](const Row& row) { return row.of_cell("%.2f", [](const CellFindings& found) { return found.cell.m20; }); }},
    {"shift",
     [](const Row& row) {
         return row.of_cell("%.4f", [&](const CellFindings& found) { return found.cell.shift_deg * degrees_of_file(row.indexed); });
     }},
    {"wavelength", [](const Row& row) { return if_any(row.indexed.wavelength > 0, formatted("%.6g", row.indexed.wavelength)); }},
    {"wavelength_from", [](const Row& row) { return std::string(wavelength_source_name(row.indexed.wavelength_source)); }},
    {"reason", [](const Row& row) { return csv_field(reason_of(row.indexed)); }},
    {"name", [](const Row& row) { return csv_field(row.indexed.title); }},
    {"space_group", [](const Row& row) { return if_any(row.group > 0, std::to_string(row.group)); }},
    {"symbol", [](const Row& row) { return row.group > 0 ? csv_field(space_group_symbol(row.group)) : ""; }},
    {"probability",
     [](const Row& row) { return row.group > 0 ? formatted("%g", static_cast<double>(row.probability_of(row.group))) : ""; }},
    {"groups_of_absences",
     [](const Row& row) { return row.group > 0 && !row.cells.empty() ? csv_field(groups_of(*row.cells.front())) : ""; }},
};
// Behind the probabilities of all groups.
constexpr CsvColumn<Row> later_csv_columns[] = {{"note", [](const Row& row) { return csv_field(row.indexed.note); }}};

}  // namespace

std::string described(const Indexed& indexed, int max_cells, int max_groups) {
    const IndexingOpinion& opinion = indexed.opinion;
    char text[256];
    std::snprintf(text, sizeof text, ": wavelength %.6g (%s), %zu lines", indexed.wavelength,
                  wavelength_source_name(indexed.wavelength_source), opinion.pattern.lines.size());
    std::string out = indexed.name + (indexed.title.empty() ? "" : " (" + without_controls(indexed.title) + ")") + text;
    if (!indexed.note.empty()) out += ", " + indexed.note;
    const std::vector<const CellFindings*> cells = likeliest_cells(opinion);
    if (cells.empty()) return out + "; no cell explains them\n";
    std::snprintf(text, sizeof text, ", width %.3f degrees; indexed rightly with probability %.2f\n",
                  opinion.pattern.shape.fwhm_deg(40) * degrees_of_file(indexed), opinion.indexed);
    out += text;
    out +=
        "    right  lattice      a        b        c     alpha    beta   gamma    shift   M20   lines  evidence  "
        "groups of its absences\n";
    for (std::size_t c = 0; c < std::min(cells.size(), static_cast<std::size_t>(max_cells)); ++c) {
        const IndexedCell& cell = cells[c]->cell;
        const std::array<double, 6> edges = tabulated_cell(cell.lattice, cell.reciprocal);
        std::snprintf(text, sizeof text, "  %5.1f %%  %-7s %8.4f %8.4f %8.4f %7.2f %7.2f %7.2f  %7.3f %5.1f %3d/%-3d %9.0f  ",
                      100 * opinion.indexed * cells[c]->weight, bravais_name(cell.lattice), edges[0], edges[1], edges[2], edges[3],
                      edges[4], edges[5], cell.shift_deg * degrees_of_file(indexed), cell.m20, cell.indexed, cell.lines, cell.evidence);
        out += text + groups_of(*cells[c]) + '\n';
    }
    out += " ";
    for (int group : likeliest_groups(opinion.probabilities.data(), max_groups)) {
        std::snprintf(text, sizeof text, " %d %s %.1f %%", group, space_group_symbol(group),
                      100 * static_cast<double>(opinion.probabilities[static_cast<std::size_t>(group - 1)]));
        out += text;
    }
    return out + '\n';
}

std::string described_lines(const Indexed& indexed) {
    const std::vector<const CellFindings*> cells = likeliest_cells(indexed.opinion);
    if (cells.empty()) return "";
    std::string out = "  observed calculated difference         d   height     h   k   l\n";
    for (const IndexedLine& line : lines_of(indexed, *cells.front())) {
        if (line.hkl) {
            const auto& [h, k, l] = *line.hkl;
            print(out, "  %8.3f %10.3f %10.3f %9.5f %7.2f%%  %4d%4d%4d\n", line.observed_deg, line.calculated_deg,
                  line.observed_deg - line.calculated_deg, line.d_angstrom, 100 * line.height, h, k, l);
        } else {
            print(out, "  %8.3f          -          - %9.5f %7.2f%%     -   -   -\n", line.observed_deg, line.d_angstrom,
                  100 * line.height);
        }
    }
    return out;
}

std::string indexing_csv_header() {
    std::string names = csv_header(csv_columns);
    for (int group = 1; group <= space_groups; ++group) names += ",p" + std::to_string(group);
    return names + ',' + csv_header(later_csv_columns) + '\n';
}

std::string indexing_csv_line(const Indexed& indexed) {
    const Row row(indexed);
    std::string fields = csv_line(csv_columns, row);
    for (int group = 1; group <= space_groups; ++group)
        fields += ',' + (row.has_answer() ? formatted("%g", static_cast<double>(row.probability_of(group))) : "");
    return fields + ',' + csv_line(later_csv_columns, row) + '\n';
}

std::string indexing_json(const Indexed& indexed) {
    const IndexingOpinion& opinion = indexed.opinion;
    nlohmann::ordered_json json{{"file", indexed.name}};
    if (!indexed.title.empty()) json["name"] = indexed.title;
    if (const std::string reason = reason_of(indexed); !reason.empty()) json["reason"] = reason;
    if (!indexed.note.empty()) json["note"] = indexed.note;
    if (indexed.wavelength > 0) {
        json["wavelength"] = rounded(indexed.wavelength, 6);
        json["wavelength_from"] = wavelength_source_name(indexed.wavelength_source);
    }
    if (indexed.problem.empty()) {
        json["indexed"] = opinion.indexed;
        json["lines"] = opinion.pattern.lines.size();
    }
    for (const CellFindings* const found : likeliest_cells(opinion)) {
        const IndexedCell& cell = found->cell;
        json["cells"].push_back({{"probability", opinion.indexed * found->weight},
                                 {"lattice", bravais_name(cell.lattice)},
                                 {"cell", tabulated_cell(cell.lattice, cell.reciprocal)},
                                 {"volume", volume_of(cell.reciprocal)},
                                 {"m20", cell.m20},
                                 {"shift", cell.shift_deg * degrees_of_file(indexed)},
                                 {"explained", cell.indexed},
                                 {"looked_at", cell.lines},
                                 {"evidence", cell.evidence},
                                 {"groups_of_absences", groups_of(*found)}});
        if (json["cells"].size() > 1) continue;
        for (const IndexedLine& line : lines_of(indexed, *found)) {
            nlohmann::ordered_json& one = json["cells"].back()["lines"].emplace_back();
            one = {{"observed", rounded(line.observed_deg, 4)}, {"d", rounded(line.d_angstrom, 5)}, {"height", rounded(line.height, 4)}};
            if (!line.hkl) continue;
            one["calculated"] = rounded(line.calculated_deg, 4);
            one["difference"] = rounded(line.observed_deg - line.calculated_deg, 4);
            one["hkl"] = *line.hkl;
        }
    }
    if (!opinion.probabilities.empty() && !has_too_few_lines(indexed)) {
        for (const int group : likeliest_groups(opinion.probabilities.data(), space_groups)) {
            const float probability = opinion.probabilities[static_cast<std::size_t>(group - 1)];
            if (probability < 1e-4f) break;
            json["space_groups"].push_back({{"space_group", group}, {"symbol", space_group_symbol(group)}, {"probability", probability}});
        }
    }
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

void IndexingTally::add(int truth, const IndexingOpinion& opinion) {
    const int answer = likeliest_groups(opinion.probabilities.data(), 1).front();
    const LikeliestCell cell = likeliest_cell(opinion);
    for (Row* const row : {&rows_[static_cast<std::size_t>(crystal_system(truth))], &rows_.back()}) {
        ++row->patterns;
        row->lattice += cell.probability > 0 && cell.lattice == indexed_lattice(truth);
        row->system += crystal_system(answer) == crystal_system(truth);
        row->extinction += extinction_group(answer) == extinction_group(truth);
        row->group += answer == truth;
    }
}

std::string IndexingTally::table() const {
    std::string text = formatted("%-14s%9s%10s%9s%12s%13s\n", "", "patterns", "lattice", "system", "extinction", "space group");
    for (int i = 0; i <= crystal_systems; ++i) {
        const Row& row = rows_[static_cast<std::size_t>(i)];
        if (row.patterns == 0) continue;
        const double per = 100.0 / row.patterns;
        print(text, "%-14s%9d%8.1f %%%7.1f %%%10.1f %%%11.1f %%\n", i < crystal_systems ? crystal_system_name(i) : "all", row.patterns,
              row.lattice * per, row.system * per, row.extinction * per, row.group * per);
    }
    return text;
}

}  // namespace friedel
