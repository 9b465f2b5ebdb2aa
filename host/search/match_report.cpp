#include "host/search/match_report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>

#include "host/crystals/elements.h"
#include "host/crystals/space_groups.h"
#include "host/search/scattering_power.h"
#include "host/support/csv.h"
#include "host/support/csv_table.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

using Json = nlohmann::ordered_json;

std::span<const SearchCandidate> first_of(const Match& match, int shown) {
    return std::span(match.candidates).first(std::min(match.candidates.size(), static_cast<std::size_t>(shown)));
}

double vote_for(int space_group, const Match& match) { return static_cast<double>(match.votes[static_cast<std::size_t>(space_group - 1)]); }

const std::string& name_of(const SecondPhase& phase, const StructureLibrary& library) {
    return library.name[static_cast<std::size_t>(phase.candidate.structure)];
}

const std::string& formula_of(const SecondPhase& phase, const StructureLibrary& library) {
    return library.formula[static_cast<std::size_t>(phase.candidate.structure)];
}

// A candidate of a pattern, or a pattern without one.
struct Row {
    // Of a candidate; empty without one.
    template <class Field>
    std::string of(const Field& field) const {
        return candidate ? field(*candidate) : "";
    }
    // Of the pattern's second phase; empty without one.
    template <class Field>
    std::string of_second(const Field& field) const {
        return match.second_phase ? field(*match.second_phase) : "";
    }
    // Of its structure in the library.
    std::string of_structure(const std::vector<std::string>& texts) const {
        return candidate ? csv_field(texts[static_cast<std::size_t>(candidate->structure)]) : "";
    }

    const Match& match;
    const StructureLibrary& library;
    const SearchCandidate* candidate = nullptr;
    int rank = 0;
};

constexpr CsvColumn<Row> csv_columns[] = {
    {"file", [](const Row& row) { return csv_field(row.match.file); }},
    {"rank", [](const Row& row) { return if_any(row.candidate, std::to_string(row.rank)); }},
    {"similarity",
     [](const Row& row) { return row.of([](const SearchCandidate& c) { return formatted("%.4f", static_cast<double>(c.similarity)); }); }},
    {"space_group", [](const Row& row) { return row.of([](const SearchCandidate& c) { return std::to_string(c.space_group); }); }},
    {"symbol",
     [](const Row& row) { return row.of([](const SearchCandidate& c) { return csv_field(space_group_symbol(c.space_group)); }); }},
    {"formula", [](const Row& row) { return row.of_structure(row.library.formula); }},
    {"structure", [](const Row& row) { return row.of_structure(row.library.name); }},
    {"parent", [](const Row& row) { return row.of([](const SearchCandidate& c) { return yes_or_no(c.is_parent); }); }},
    {"lattice_change", [](const Row& row) { return row.of([](const SearchCandidate& c) { return formatted("%.4f", c.lattice_change); }); }},
    {"vote",
     [](const Row& row) {
         return row.of([&](const SearchCandidate& c) { return formatted("%.4f", vote_for(c.space_group, row.match)); });
     }},
    {"reason", [](const Row& row) { return csv_field(row.match.reason); }},
    {"wavelength", [](const Row& row) { return if_any(row.match.wavelength > 0, formatted("%.6g", row.match.wavelength)); }},
    {"wavelength_from", [](const Row& row) { return std::string(wavelength_source_name(row.match.wavelength_source)); }},
    {"name", [](const Row& row) { return csv_field(row.match.title); }},
    {"note", [](const Row& row) { return csv_field(row.match.note); }},
    {"second_phase",
     [](const Row& row) { return row.of_second([&](const SecondPhase& p) { return csv_field(name_of(p, row.library)); }); }},
    {"second_formula",
     [](const Row& row) { return row.of_second([&](const SecondPhase& p) { return csv_field(formula_of(p, row.library)); }); }},
    {"second_space_group",
     [](const Row& row) { return row.of_second([](const SecondPhase& p) { return std::to_string(p.candidate.space_group); }); }},
    {"second_part",
     [](const Row& row) { return row.of_second([](const SecondPhase& p) { return formatted("%.3f", static_cast<double>(p.part)); }); }},
};

// What the fit says about instrument and specimen.
Json fit_json(const PatternParameters& p) {
    return {{"displacement_deg", p.displacement_deg}, {"fwhm_deg", std::sqrt(p.caglioti_w)},
            {"size_angstrom", p.size_angstrom},       {"microstrain", p.microstrain},
            {"b_iso_scale", p.b_iso_scale},           {"march_dollase", p.march_dollase},
            {"texture_axis", p.texture_axis},         {"metric_change", p.strain}};
}

}  // namespace

int most_voted(const std::vector<float>& votes) {
    return static_cast<int>(std::max_element(votes.begin(), votes.end()) - votes.begin()) + 1;
}

std::string described(const std::vector<Match>& matches, const StructureLibrary& library, int shown) {
    std::string text;
    for (const Match& match : matches) {
        const std::string note = match.note.empty() ? "" : "  (" + match.note + ")";
        if (match.candidates.empty()) {
            print(text, "%s  not compared: %s%s\n", match.file.c_str(), match.reason.c_str(), note.c_str());
            continue;
        }
        const int group = most_voted(match.votes);
        const std::string name = match.file + (match.title.empty() ? "" : " (" + without_controls(match.title) + ")");
        if (!match.reason.empty())
            print(text, "%s  %s%s\n", name.c_str(), match.reason.c_str(), note.c_str());
        else
            print(text, "%s  %s (%d), %.0f %% of the vote%s\n", name.c_str(), space_group_symbol(group), group,
                  100 * vote_for(group, match), note.c_str());
        if (match.second_phase) {
            const SecondPhase& second = *match.second_phase;
            print(text, "  beside %.0f %% of %s %s (%d)  %s, which was taken off\n", 100 * static_cast<double>(second.part),
                  formula_of(second, library).c_str(), space_group_symbol(second.candidate.space_group), second.candidate.space_group,
                  name_of(second, library).c_str());
        }
        for (const SearchCandidate& c : first_of(match, shown)) {
            const auto i = static_cast<std::size_t>(c.structure);
            print(text, "  %.3f  %-16s %s (%d)  %s%s, lattice %+.2f %%\n", static_cast<double>(c.similarity), library.formula[i].c_str(),
                  space_group_symbol(c.space_group), c.space_group, c.is_parent ? "parent of " : "", library.name[i].c_str(),
                  100 * c.lattice_change);
        }
    }
    return text;
}

std::string matches_csv(const std::vector<Match>& matches, const StructureLibrary& library, int shown) {
    std::string text = csv_header(csv_columns) + '\n';
    for (const Match& match : matches) {
        int rank = 0;
        if (match.candidates.empty()) text += csv_line(csv_columns, Row{match, library}) + '\n';
        for (const SearchCandidate& c : first_of(match, shown)) text += csv_line(csv_columns, Row{match, library, &c, ++rank}) + '\n';
    }
    return text;
}

std::string matches_json(const std::vector<Match>& matches, const StructureSearch& search, int shown) {
    std::string text;
    for (const Match& match : matches) {
        Json json{{"file", match.file}};
        if (!match.title.empty()) json["name"] = match.title;
        if (!match.reason.empty()) json["reason"] = match.reason;
        if (!match.note.empty()) json["note"] = match.note;
        if (match.wavelength > 0) {
            json["wavelength"] = rounded(match.wavelength, 6);
            json["wavelength_from"] = wavelength_source_name(match.wavelength_source);
        }
        if (!match.candidates.empty() && match.reason.empty()) {
            const int group = most_voted(match.votes);
            json["space_group"] = group;
            json["symbol"] = space_group_symbol(group);
            json["vote"] = match.votes[static_cast<std::size_t>(group - 1)];
        }
        if (match.second_phase) {
            const SecondPhase& second = *match.second_phase;
            json["second_phase"] = {{"structure", name_of(second, search.library())},
                                    {"formula", formula_of(second, search.library())},
                                    {"space_group", second.candidate.space_group},
                                    {"part_of_intensity", rounded(second.part, 3)}};
        }
        for (const SearchCandidate& c : first_of(match, shown)) {
            const auto i = static_cast<std::size_t>(c.structure);
            json["candidates"].push_back({{"similarity", c.similarity},
                                          {"space_group", c.space_group},
                                          {"formula", search.library().formula[i]},
                                          {"structure", search.library().name[i]},
                                          {"lattice_change", c.lattice_change},
                                          {"parent", c.is_parent}});
            if (!c.phase) continue;
            Json& fit = json["candidates"].back()["fit"] = fit_json(search.parameters(c));
            const std::vector<double> power = scattering_power(c.fit);
            for (std::size_t e = 0; e < power.size(); ++e) fit["scattering_power"][element_symbol(c.fit.elements[e])] = power[e];
        }
        text += json.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
    }
    return text;
}

}  // namespace friedel
