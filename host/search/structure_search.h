// Which structures of a library explain a measured pattern, and what that says about its space group. A search by similarity of ideal
// patterns (matcher.h) proposes; each proposal, and each parent of higher symmetry that it has (parent_structures.h), is fitted to the
// pattern (pattern_fit.h); votes weighted by how good the fits are give probabilities of the space groups.
// Leaves out: mixtures.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "host/patterns/recording.h"
#include "host/search/matcher.h"
#include "host/search/pattern_fit.h"
#include "host/support/radiation.h"

namespace friedel {

// Numbers chosen on the RRUFF development set; see bench/results.
struct SearchConfig {
    MatcherConfig matcher;
    int fitted = 20;                // of the most similar structures; 0: none, the votes go by similarity of ideal patterns alone
    double worth_finishing = 0.15;  // a fit so much less similar than the best one, with the patterns blurred, is not finished
    double worth_a_parent = 0.08;   // nor parents looked for if it is finished and so much less similar
    // Of the candidates that are less similar than the best by no more than this the composition is varied too; negative: of none. Wrong
    // structures gain by it, too; see bench/results.
    double worth_composition = -1;
    // A candidate's vote falls by e for so much less similarity than the best one's, and grows with this power of the order of its point
    // group. Where nothing is fitted the width is that of similarity to ideal patterns.
    double vote_width = 0.008, ideal_vote_width = 0.03;
    double symmetry_power = 0.7;
    // It falls with the lattice's change x as (1 + (x / usual_strain)^2)^-strain_power: a lattice that had to be changed is less likely the
    // right one's. Votes of one group add up as powers do, so that a group counts by its best candidate more than by their number:
    // libraries hold some kinds of structure a hundred times.
    double usual_strain = 0.003, strain_power = 0.5, votes_power = 2;
    // And with the March-Dollase parameter r as (1 + (ln r / usual_texture)^2)^-texture_power: with a texture to fit, fluorites look like
    // zincblende.
    double usual_texture = 0.1, texture_power = 0.5;
    // The vote of a parent counts less by e to this power where the structure's own symmetry was determined by those who measured it:
    // a file that states a group which its atoms have. Computed structures are stated without symmetry, and may lack what their parents
    // have.
    double determined_symmetry = 2;
    double doubtful = 0.87;  // a best fit of this similarity, its lattice unchanged, is as likely not to be of the right structure
    double doubt_width = 0.029;
    double doubt_of_strain = 30;  // taken off the logarithm of the odds, per unit of the lattice's change
    // Lines broader than this tell no structure: what fits them is a glass's hump as well.
    double broadest_fwhm_deg = 1.2;
    float unlike = 0.65f;  // a best fit below this similarity is next to never right: the pattern is like nothing in the library
    // An answer of this probability stands all the same: networks have seen more structures than are searched. Asking that of the network
    // alone refused eleven more of 366 RRUFF patterns, ten of them answered rightly.
    float sure = 0.9f;
    Radiation radiation = parse_radiation("cu");  // of the fitted patterns, whose second line lies where that of the measured one does
};

// What patterns that were recorded so are fitted with.
Radiation radiation_of(const Recording& recorded, const SearchConfig& config);

struct SearchCandidate {
    int structure;                                    // in the library
    int space_group;                                  // the structure's own, or that of the parent that was fitted
    int point_group_order;                            // of it: 1 to 48
    bool is_parent = false;                           // the structure is a distorted or ordered model of what was fitted
    float similarity = -1;                            // of the fitted pattern; of the ideal one where nothing is fitted
    double lattice_change = 0;                        // relative: 0.01 is a cell one per cent larger than the library's
    PatternFit fit{};                                 // its `structure` is the one in `phase`
    std::shared_ptr<const StructureLibrary> phase{};  // what was fitted, of one structure; null where nothing was

    bool is_fitted() const { return phase != nullptr; }
};

// Why a pattern should not be answered.
struct Objection {
    enum class Kind {
        none,
        lines_tell_nothing,  // too few of them, or orders of one spacing
        hidden,              // by what lies under the lines
        unlike,              // anything searched
        not_sharp
    };
    Kind kind = Kind::none;
    std::string text;  // empty if there is none
};

class StructureSearch {
public:
    // The ideal pattern of every structure of the library, 0.9 kB of memory each, is read from the file `index` or simulated, as Matcher
    // does. `device` must outlive the search.
    StructureSearch(StructureLibrary library, const SearchConfig& config, Device& device, const ShowProgress& progress = {},
                    const std::filesystem::path& index = {});

    const SearchConfig& config() const { return config_; }

    // Raw patterns [n][grid.points] for a wavelength -> the candidates of each, likeliest first; where the best are fitted, only
    // those that are. Structures of unknown group are never among them. recorded: each pattern [n]; empty: all with the lines of
    // the wavelength.
    std::vector<std::vector<SearchCandidate>> search(const float* patterns, int n, const Grid& grid, double wavelength_angstrom,
                                                     const std::vector<Recording>& recorded = {});

    // What the candidates say together: probabilities [230] of the space groups. Their sum falls short of 1 by the probability that none
    // of them is right. Votes count by the order of the point group: where a model of low symmetry and one of high explain a pattern
    // alike, the powder is most often the one of high symmetry.
    std::vector<float> vote(const std::vector<SearchCandidate>& candidates) const;

    // Leaves out the candidates whose fitted lines are broader than any structure's that can be told: of a pattern with sharp lines they
    // describe what lies under those. Whether there were any.
    bool leave_out_broad(std::vector<SearchCandidate>& candidates) const;

    // Why candidates, likeliest first, tell nothing of their pattern: what lies under its lines hides them (under_lines: leave_out_broad()
    // left some out), none is anything like it, which is no objection to an answer whose probability is config().sure or above, or it has
    // no sharp lines.
    Objection objection(const std::vector<SearchCandidate>& candidates, bool under_lines, bool answer_is_sure) const;

    // What the fit of a candidate that was fitted says about instrument and specimen.
    PatternParameters parameters(const SearchCandidate& candidate) const {
        return fitted_parameters(candidate.fit, candidate.phase->view());
    }

    // Its cell as fitted, in the setting of the library: a b c in angstrom, alpha beta gamma in degrees.
    std::array<double, 6> fitted_cell(const SearchCandidate& candidate) const;

    // The pattern of that fit on fit_grid, maximum 1, without any background.
    std::vector<float> fitted_pattern(const SearchCandidate& candidate) const;

    const StructureLibrary& library() const { return library_; }
    const Matcher& matcher() const { return matcher_; }

    // How often each space group is in the library, [230], sum 1: what is left to say where no candidate is right.
    const std::vector<float>& frequency() const { return frequency_; }

private:
    // A structure as a library of its own, and its parents once they are asked for.
    struct Phases {
        std::shared_ptr<const StructureLibrary> own;
        std::vector<std::shared_ptr<const StructureLibrary>> parents;
        bool looked_for = false;
    };

    void fit_best(std::vector<std::vector<SearchCandidate>>& found, const std::vector<float>& patterns,
                  const std::vector<Recording>& recorded);
    void find_parents(const std::vector<std::vector<SearchCandidate>>& found);
    std::vector<std::size_t> add_parents(std::vector<std::vector<SearchCandidate>>& found) const;
    // Of the lines of the fitted pattern at low angles; 0 where nothing was fitted.
    double fwhm_deg(const SearchCandidate& candidate) const;
    // What the vote of a candidate weighs beside that of the likeliest one.
    double weight(const SearchCandidate& candidate, const SearchCandidate& best) const;
    // How likely the first candidate is of the right structure, or one alike.
    double certainty(const SearchCandidate& best) const;
    bool worth_a_parent(const SearchCandidate& candidate, const SearchCandidate& best) const;

    StructureLibrary library_;
    SearchConfig config_;
    Device& device_;
    Matcher matcher_;
    std::vector<float> frequency_;
    std::unordered_map<int, Phases> phases_;  // by structure, of those fitted lately
};

}  // namespace friedel
