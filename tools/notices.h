// What the user should know beside the results: progress and lines on standard error.
#pragma once

#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "host/crystals/structure.h"
#include "host/network/model.h"
#include "host/patterns/pattern_list.h"
#include "host/support/progress_line.h"
#include "host/support/tell.h"

namespace friedel::tools {

// A line made of all arguments, with the program's name before it; in one piece, lest lines of several ranks mix.
template <class... Parts>
void tell(const Parts&... parts) {
    std::ostringstream line;
    line << "friedel: ";
    (line << ... << parts) << '\n';
    std::cerr << line.str();
}

// The same for work that tells of itself; nobody where the user wants to hear of nothing.
Tell teller(bool quiet = false);

// What its file leaves in doubt: which of two origins it uses, of which of two groups it is, or all of its symmetry; and displacements
// that no atom has.
void tell_of_doubts(const Structure& structure);
// Of all structures of a file, each kind of doubt once.
void tell_of_doubts(const std::vector<Structure>& structures);

// How many patterns state no wavelength, so that the one of the model or of what they were compared with was taken.
void tell_of_wavelength(std::size_t assumed, double wavelength_angstrom);

// What a user should know of how patterns were read: that, and what folders hold beside them.
void tell_of_input(const PatternList& list, std::size_t assumed, double wavelength_angstrom);

// What was taken off patterns before they were looked at.
class PatternNotes {
public:
    void add(const std::string& file, const std::string& note);
    // In one line: how many there are, and the first of them.
    void tell() const;

private:
    std::size_t count_ = 0;
    std::string first_;
};

// A model looks good on what it was trained on, whatever it is worth.
void warn_if_trained_on(const std::string& library, const Model& model);

// Of a network that train --keep-best kept, as good on what chose it as luck makes the best of many. A library, or a CSV of labels.
void warn_if_chosen_by(const std::string& file, const Model& model);

// Shows on a line how far long work is.
ShowProgress shown_on(ProgressLine& line);

}  // namespace friedel::tools
