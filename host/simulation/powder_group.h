// The space group that a powder of a structure shows, beside the one its atoms have: that of the most symmetric of its parents
// (parent_structures.h) whose ideal pattern is much like its own. Ordered or slightly distorted models, of which databases of relaxed
// structures are full, thus get the label of the measured powder of the phase.
// Leaves out: structures whose symmetry those who measured them determined (a file that states the group which its atoms have); they
// keep their own.
#pragma once

#include "host/crystals/structure_library.h"
#include "host/support/progress_line.h"
#include "host/support/thread_pool.h"

namespace friedel {

struct PowderGroupOptions {
    // Patterns are alike above this correlation of square roots of intensity, lines of 0.1 degrees, without background or noise. Lines of
    // a few per cent may come or go: relaxed structures order what crystals mix.
    double similarity = 0.97;
};

// Of one structure of known group.
int powder_group(const Structure& structure, const PowderGroupOptions& options = {});

// Of every structure of a library, into library.powder_group. Returns how many differ from the structure's own. Throws Error when
// interrupted.
int find_powder_groups(StructureLibrary& library, ThreadPool& pool, const PowderGroupOptions& options = {},
                       const ShowProgress& progress = {});

// Puts the powder's group, where it was looked for, in the place of the structure's own: for training on it.
void use_powder_groups(StructureLibrary& library);

}  // namespace friedel
