// The costs of all structures of a library by Thrust: the same code on a device and, with a policy of the processor, in the tests.
// Everything that is pointed to must be where the policy works.
#pragma once

#include <thrust/copy.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/sort.h>
#include <thrust/transform.h>
#include <thrust/transform_reduce.h>

#include "cuda/structure_costs.h"

namespace friedel::cuda {

// reflections [structures] in the order of the library, ascending [structures] sorted.
template <class Policy>
void find_reflections_of_structures(const Policy& policy, std::int32_t* reflections, std::int32_t* ascending, const LibraryView& library,
                                    const SimulationConfig& config) {
    const int n = library.structures;
    thrust::transform(policy, thrust::counting_iterator<int>(0), thrust::counting_iterator<int>(n), reflections,
                      ReflectionsOfStructure(library, config));
    thrust::copy(policy, reflections, reflections + n, ascending);
    thrust::sort(policy, ascending, ascending + n);
}

// work [structures].
template <class Policy>
void find_work_of_structures(const Policy& policy, StructureWork* work, const LibraryView& library, const std::int32_t* reflections) {
    thrust::transform(policy, thrust::counting_iterator<int>(0), thrust::counting_iterator<int>(library.structures), work,
                      WorkOfStructure{library, reflections});
}

// Of the structures that have at most `most` reflections.
template <class Policy>
CrystalBounds largest_bounds(const Policy& policy, const LibraryView& library, const std::int32_t* reflections, std::int32_t most) {
    return thrust::transform_reduce(policy, thrust::counting_iterator<int>(0), thrust::counting_iterator<int>(library.structures),
                                    BoundsOfStructure{library, reflections, most}, CrystalBounds{}, LargerBounds{});
}

}  // namespace friedel::cuda
