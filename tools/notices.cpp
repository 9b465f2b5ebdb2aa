#include "tools/notices.h"

#include "host/answers/known_patterns.h"
#include "host/support/hash.h"
#include "host/support/text_format.h"

namespace friedel::tools {

Tell teller(bool quiet) { return quiet ? Tell() : Tell(tell<std::string>); }

namespace {

using Doubts = std::vector<std::string>;  // [kinds], empty where there is none

Doubts doubts_of(const Structure& structure) {
    const std::string &contradiction = structure.symmetry_contradiction, &other_operators = structure.operations_contradiction;
    return {structure.origin_assumed ? "fits either of its group's two origins; origin choice 2 was taken. Operators in the file would "
                                       "tell; append :1 to the symbol for the other"
                                     : structure.origin_chosen,
            structure.symmetry_unstated
                ? "no symmetry is stated; taken as P1, with no atoms but those listed. A space group or operators in the file would tell"
                : "",
            contradiction.empty() ? "" : contradiction + "; the symbol was taken. Operators in the file would tell",
            other_operators.empty() ? "" : other_operators + "; these were taken. Correct whichever is wrong",
            structure.displacement_doubt};
}

}  // namespace

void tell_of_doubts(const std::vector<Structure>& structures) {
    std::vector<std::string> lines;  // [kinds], of the first structure that has this doubt
    std::vector<int> counts;
    for (const Structure& structure : structures) {
        const Doubts doubts = doubts_of(structure);
        lines.resize(doubts.size());
        counts.resize(doubts.size());
        for (std::size_t kind = 0; kind < doubts.size(); ++kind) {
            if (doubts[kind].empty()) continue;
            if (++counts[kind] == 1) lines[kind] = structure.name + ": " + doubts[kind];
        }
    }
    for (std::size_t kind = 0; kind < lines.size(); ++kind) {
        if (counts[kind] == 1) tell(lines[kind]);
        if (counts[kind] > 1) tell(lines[kind], "; ", counts[kind] - 1, " more of the file likewise");
    }
}

void tell_of_doubts(const Structure& structure) { tell_of_doubts(std::vector<Structure>{structure}); }

void tell_of_wavelength(std::size_t assumed, double wavelength_angstrom) {
    if (assumed == 0) return;
    std::cerr << assumed << (assumed == 1 ? " states" : " state") << " no wavelength: " << wavelength_angstrom
              << " angstrom was taken; --wavelength gives another\n";
}

void tell_of_input(const PatternList& list, std::size_t assumed, double wavelength_angstrom) {
    const std::string passed_over = list.passed_over();
    if (!passed_over.empty()) std::cerr << passed_over << '\n';
    tell_of_wavelength(assumed, wavelength_angstrom);
}

void PatternNotes::add(const std::string& file, const std::string& note) {
    if (note.empty()) return;
    if (++count_ == 1) first_ = without_controls(file) + ": " + note;
}

void PatternNotes::tell() const {
    if (count_ == 1) std::cerr << first_ + '\n';
    if (count_ > 1) std::cerr << first_ + "; and of " + std::to_string(count_ - 1) + " more patterns something, as results note\n";
}

void warn_if_trained_on(const std::string& library, const Model& model) {
    if (!library.empty() && was_trained_on(model, library))
        tell("the model was trained on ", library, ": these figures measure memory; give structures held out");
}

void warn_if_chosen_by(const std::string& file, const Model& model) {
    if (!file.empty() && !model.provenance.chosen_on.empty() && model.provenance.chosen_on == hash_file(file))
        tell("the network was chosen by what it answers to patterns of ", file, " (", model.provenance.chosen,
             "): figures on them flatter it; give others");
}

ShowProgress shown_on(ProgressLine& line) {
    return [&line](std::size_t done, std::size_t all) { line.show(static_cast<double>(done) / static_cast<double>(all), done); };
}

}  // namespace friedel::tools
