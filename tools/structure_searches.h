// Searches of structures as commands begin them: with progress, and a notice where the library's index cannot be used.
#pragma once

#include <filesystem>
#include <memory>

#include "host/network/device.h"
#include "host/network/model.h"
#include "host/search/second_opinion.h"

namespace friedel::tools {

// Beside a model; null where no library is named. quiet: without progress. Throws Error, naming the file, for a library without a structure
// of known group, and for a model that does not name space groups.
std::unique_ptr<SecondOpinion> open_second_opinion(const std::filesystem::path& structures, const Model& model, Device& device, bool quiet);

}  // namespace friedel::tools
