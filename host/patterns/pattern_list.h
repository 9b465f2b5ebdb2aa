// Which measured patterns a command is about: files, those of folders, and the rows of stacks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "host/patterns/pattern_file.h"
#include "host/patterns/pattern_stack.h"

namespace friedel {

class PatternList {
public:
    // Files as they are, and patterns within them (pattern_address.h), one pattern each; one need not exist.
    static PatternList of_files(std::vector<std::string> files);
    // Files as they are; folders with all in them that has the ending of a pattern, by name; each pattern of a stack, and patterns and
    // stacks within files (pattern_address.h); "-" for standard input. A file need not exist. A folder without any, or a stack that cannot
    // be read, throws Error where it is the only path; among others it is one that reading tells of.
    static PatternList of_paths(const std::vector<std::string>& paths);

    std::size_t size() const { return entries_.size(); }
    // The file, as the caller named it or as it was found.
    std::string file(std::size_t i) const;
    // The same in UTF-8 (utf_8_of_bytes()), with what it is within the file.
    std::string name(std::size_t i) const;
    // What tells its file from any that lay or will lie under the name: its size and when it was last written, which those who put an older
    // file there leave or make another. Empty for standard input and where there is none.
    std::string file_state(std::size_t i) const;
    // What a stack calls the pattern; empty where it does not say.
    std::string title(std::size_t i) const;
    // Called by any thread. Throws Error as read_pattern() does.
    MeasuredPattern read(std::size_t i) const;

    // In words, which files of folders were passed over for their endings; empty where none was. Hidden files and friedel's own tables are
    // no loss.
    std::string passed_over() const;

    // Whether it reads this file.
    bool reads(const std::filesystem::path& file) const;

    // Numbers of the patterns of these names, ascending; and without these.
    std::vector<std::size_t> numbers_of(const std::unordered_set<std::string>& names) const;
    void leave_out(const std::vector<std::size_t>& numbers);

    // Names of the stacks and folders that its patterns lie in.
    std::unordered_set<std::string> holders() const;

    // The same for two lists of the same names.
    std::string fingerprint() const;

private:
    void add(const std::string& path);
    void add_stack(std::uint32_t file);

    struct Entry {
        std::uint32_t file, row;
    };

    std::vector<std::string> files_;
    std::vector<std::unique_ptr<PatternStack>> stacks_;  // [files], or shorter; null for a file of one pattern
    std::vector<Entry> entries_;
    std::map<std::uint32_t, std::string> complaints_;  // why there is nothing to read, by file
    std::map<std::string, std::size_t> passed_over_;   // by ending
};

}  // namespace friedel
