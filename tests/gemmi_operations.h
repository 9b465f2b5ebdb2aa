// Symmetry operations as gemmi's tables have them, for tests that hold ours against them.
#pragma once

#include <gemmi/symmetry.hpp>
#include <vector>

#include "host/crystals/structure.h"

namespace friedel::test {

inline std::vector<SymmetryOperation> operations_of(const gemmi::GroupOps& group) {
    std::vector<SymmetryOperation> all;
    for (const gemmi::Op& op : group) {
        SymmetryOperation ours;
        for (int i = 0; i < 9; ++i) ours.rotation[i] = static_cast<std::int8_t>(op.rot[i / 3][i % 3] / gemmi::Op::DEN);
        for (int i = 0; i < 3; ++i) ours.translation[i] = static_cast<std::int8_t>((op.tran[i] * 24 / gemmi::Op::DEN % 24 + 24) % 24);
        all.push_back(ours);
    }
    return all;
}

}  // namespace friedel::test
