// Opinions on the space group of a pattern put together as one answer: a network's probabilities, the votes of a search of structures
// (structure_search.h) and what indexing says (indexing_opinion.h). Each is [230]; votes fall short of a sum of 1 by the probability
// that they know nothing, what was not indexed is 0. Leaves out: how each comes about.
#pragma once

#include <cstddef>
#include <vector>

namespace friedel {

// Votes taken into the other opinions' probabilities, in their place: the weighted geometric mean of the two as far as some candidate is
// right, the others alone as far as none is. Neither rules out what the other is sure of: both are lifted a little from zero first. That
// some candidate is right is the less likely the less probable its group is to the others.
void pool_votes(float* probabilities, const float* votes);

// What indexing says taken into probabilities, in their place: they are multiplied by how much likelier than usual (than group_frequency
// [230]) indexing finds each group, to a power below 1 because both look at the same lines. Networks are surer than they should be of
// structures unlike those they saw: a part of their probability goes to groups as frequency has them first. An opinion of zeros, of what
// was not indexed, leaves them as they are.
void pool_indexing(float* probabilities, const float* opinion, const std::vector<double>& group_frequency);

// Changes with what the same network, votes and lines are answered.
constexpr int answer_edition = 7;

// The group of a second phase, which was taken off a pattern, and the probability that it is the one asked for; 0: there is none.
struct SecondGroup {
    int space_group = 0;
    float probability = 0;
};
// Of a phase that has this part, 0 to 0.5, of the intensity. Whoever measured a mixture meant the stronger phase, the more surely the
// stronger it is: as the squares of both parts.
SecondGroup second_group(int space_group, float part);

// Opinions on n patterns, [n][classes] each or empty, taken into a network's probabilities, [n][classes]. What indexing says is taken in
// first: it counts in full as far as no structure fits, and votes for groups that it does not find are doubted. The groups of second
// phases, [n] or empty, come last.
void pool_all(std::vector<float>& probabilities, const std::vector<float>& votes, const std::vector<float>& indexed,
              const std::vector<SecondGroup>& seconds, std::size_t classes);

// Votes that sum to 1: what they leave goes to the groups as they are in the library, `frequency` [230].
std::vector<float> completed_votes(std::vector<float> votes, const std::vector<float>& frequency);

}  // namespace friedel
