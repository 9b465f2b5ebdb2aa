#include "tools/structure_searches.h"

#include "host/support/error.h"
#include "host/support/progress_line.h"
#include "tools/notices.h"

namespace friedel::tools {

std::unique_ptr<SecondOpinion> open_second_opinion(const std::filesystem::path& structures, const Model& model, Device& device,
                                                   bool quiet) {
    if (structures.empty()) return nullptr;
    ProgressLine progress("structures", quiet);
    if (model.target != Target::space_group) fail("the model names crystal systems; a search of structures goes with one of space groups");
    auto search = std::make_unique<StructureSearch>(read_known_structures(structures), SearchConfig(), device, shown_on(progress),
                                                    index_beside(structures));
    tell_of_index(search->matcher(), structures, teller());
    return std::make_unique<SecondOpinion>(std::move(search), model.grid, static_cast<double>(model.wavelength_angstrom), device);
}

}  // namespace friedel::tools
