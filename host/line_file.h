// A text file that grows by whole lines, each handed to the system at once. A disk that is full costs lines, never the program.
#pragma once

#include <filesystem>
#include <string>

namespace friedel {

class LineFile {
public:
    // Opens for appending, behind the whole lines that are there. Throws Error.
    explicit LineFile(std::filesystem::path file);
    ~LineFile();
    LineFile(const LineFile&) = delete;
    LineFile& operator=(const LineFile&) = delete;

    // Appends the line and its end. A line that cannot be written leaves nothing of itself; the first one is told on standard error.
    void append(const std::string& line);

private:
    std::filesystem::path file_;
    int descriptor_;
    bool told_ = false;
};

}  // namespace friedel
