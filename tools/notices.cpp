#include "tools/notices.h"

#include "host/answers/known_patterns.h"

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

void warn_if_trained_on(const std::string& library, const Model& model) {
    if (!library.empty() && was_trained_on(model, library))
        tell("the model was trained on ", library, ": these figures measure memory; give structures held out");
}

ShowProgress shown_on(ProgressLine& line) {
    return [&line](std::size_t done, std::size_t all) { line.show(static_cast<double>(done) / static_cast<double>(all), done); };
}

}  // namespace friedel::tools
