#include "tools/notices.h"

#include "host/answers/known_patterns.h"
#include "host/support/hash.h"
#include "host/support/text_format.h"

namespace friedel::tools {

Tell teller(bool quiet) { return quiet ? Tell() : Tell(tell<std::string>); }

void tell_of_origin(const Structure& structure) {
    if (!structure.origin_assumed) return;
    tell(structure.name, ": fits either of its group's two origins; origin choice 2 was taken. Operators in the file would tell");
}

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
