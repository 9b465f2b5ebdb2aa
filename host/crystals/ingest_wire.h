// Jobs of ingest and what becomes of them, as they travel between the processes of one program.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/crystals/symmetry.h"
#include "host/support/archive.h"

namespace friedel {

// Structure `ordinal` of a file (0: the reading of the file itself) that a worker is not to try again.
struct Skip {
    std::uint32_t ordinal;
    std::string reason;
};

struct JobFile {
    InputFile input;
    std::vector<Skip> skips;
};

struct JobResult {
    std::vector<StandardStructure> structures;
    std::vector<Rejection> rejections;
};

std::string packed(const std::vector<JobFile>& job);
std::vector<JobFile> unpacked_job(const std::string& bytes);

// Without labels of atoms; operations are those of the standard setting.
std::string packed(const JobResult& result);
JobResult unpacked_result(const std::string& bytes);

}  // namespace friedel
