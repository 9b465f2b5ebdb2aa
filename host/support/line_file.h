// A text file that grows by whole lines, each handed to the system at once. A disk that is full costs lines, never the program.
#pragma once

#include <filesystem>
#include <string>

#include "host/support/descriptor.h"
#include "host/support/tell.h"

namespace friedel {

// Throws Error where a LineFile could not append to a file of this name: found out before the work. Leaves everything as it is.
void check_appendable(const std::filesystem::path& file, char first);

class LineFile {
public:
    // Opens for appending, behind the whole lines that are there: half a line, which a killed program may leave, is cut off. `first` is the
    // character that such a file begins with; one that begins otherwise is somebody else's and is left as it is. One process
    // at a time appends. Throws Error.
    LineFile(std::filesystem::path file, char first, Tell tell);
    LineFile(const LineFile&) = delete;
    LineFile& operator=(const LineFile&) = delete;

    // Appends the line and its end. A line that cannot be written leaves nothing of itself; the first one is told.
    void append(const std::string& line);

private:
    std::filesystem::path file_;
    Descriptor open_;
    Tell tell_;  // once, then empty
};

}  // namespace friedel
