#include "tools/structure_searches.h"

#include "host/support/progress_line.h"
#include "tools/notices.h"

namespace friedel::tools {

std::unique_ptr<SecondOpinion> open_second_opinion(const std::filesystem::path& structures, const Model& model, Device& device,
                                                   bool quiet) {
    if (structures.empty()) return nullptr;
    ProgressLine progress("structures", quiet);
    return std::make_unique<SecondOpinion>(structures, model, device, shown_on(progress), teller());
}

}  // namespace friedel::tools
