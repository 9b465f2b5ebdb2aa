// Wavelengths as the headers of text files state them, in words of many programs: "Wavelength: 0.9e-10 m", "##X-RAY WAVELENGTH=1.5418",
// "K-Alpha1 wavelength,1,54060", "Energy = 11.07 keV", "Anode: Co", "Mo Ka". Leaves out: instruments' own formats, which have fields.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "host/patterns/pattern_file.h"

namespace friedel {

constexpr double kev_angstrom = 12.398419843;  // energy times wavelength of a photon

class StatedWavelength {
public:
    struct Claim {
        int worth;
        double angstrom;
    };

    // A line of a header; others may come.
    void read(std::string_view line);
    // Of what was read the wavelength that says most: of K-alpha 1 before any, any before that of an energy, that before a tube's anode
    // (the mean of its doublet); 0 where nothing states one.
    double angstrom() const;
    // Sets the pattern's wavelength, where one is stated, whether it has one line ("1.54184 angstrom, one line", as friedel simulate
    // writes), and its doubt, where two of a kind contradict each other, or where all that is stated cannot be
    // used ("1.5406 nm").
    void apply_to(MeasuredPattern& pattern) const;

private:
    const Claim* best() const;
    void read_wavelength(std::string_view line, std::string_view lower);
    void read_energy(std::string_view line, std::string_view lower);
    void doubt_kev(std::string_view line, std::string_view lower);
    void doubt(std::string_view line, const std::string& what);

    std::vector<Claim> claims_;
    std::string unusable_;  // what the first line says that says something of the wavelength, and nothing that can be used
    std::string neutrons_;  // what the first line says that names them
    bool is_monochromatic_ = false;
};

}  // namespace friedel
