// Sources of radiation as headers of text files state them: the anodes of tubes, "Anode: Co", "Mo Ka", "cobalt radiation". Leaves out:
// wavelengths and energies (stated_wavelength.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "host/patterns/stated_wavelength.h"

namespace friedel {

// How much a claim says, from little to much.
enum Worth { of_line_alone, of_target, of_anode, of_energy, of_second_line, of_wavelength, of_first_line };

// The wavelength of the anode that a line (in lower case) names.
std::optional<StatedWavelength::Claim> anode_in(std::string_view lower);
// A source that a line names and that has no wavelength here, in words; empty where it names none.
std::string other_source_in(std::string_view lower);
// Whether a line (in lower case) says that the pattern is of neutrons; not "neutron activation of the sample".
bool names_neutrons(std::string_view lower);

}  // namespace friedel
