// Results as lines of text, one pattern each: written under a temporary name that becomes the final one at the end, and gone on with
// after an interruption. Leaves out: what stands in a line (classification_output.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "host/support/file_lock.h"

namespace friedel {

// Which earlier results do not count.
struct OutdatedResults {
    // Whether the pattern's file is another than that of this state (Origin), which was answered; none: no file is.
    std::function<bool(const std::string& pattern, const std::string& file_state)> is_changed;
    std::unordered_set<std::string> if_unread;  // as one file, of which the patterns are known now
};

struct EarlierResults {
    std::unordered_set<std::string> patterns;  // their names
    std::unordered_set<std::string> unread;    // those of them that could not be read then
    std::unordered_set<std::string> changed;   // whose results were taken out: OutdatedResults::is_changed
    std::string put_aside;                     // says where those of an interrupted run are that nobody goes on with; empty: nowhere
};

class ResultLines {
public:
    struct Origin {
        std::string file, answered_by;
        bool unread;             // nobody says whose word its wavelength is (WavelengthSource)
        std::string file_state;  // PatternList::file_state() when it was answered
    };
    struct Format {
        std::string header;                        // may be empty
        Origin (*parse)(const std::string& line);  // throws Error where it is no result
    };

    // go_on: after the whole lines of FILE.part, or else of FILE. Throws Error where these are other than `answered_by` gave, where the
    // file cannot be written, and where another process writes it.
    ResultLines(const std::filesystem::path& file, const std::string& answered_by, bool go_on, const OutdatedResults& outdated,
                const Format& format);
    ~ResultLines();
    ResultLines(const ResultLines&) = delete;
    ResultLines& operator=(const ResultLines&) = delete;

    const EarlierResults& earlier() const { return earlier_; }
    void add(const std::string& line);
    // What was added survives the end of this process.
    void flush();
    // Where lines are kept if the work ends now; empty if nowhere.
    std::filesystem::path unfinished_file() const { return kept_ > 0 && !finished_ ? temporary_ : std::filesystem::path(); }
    void finish();

private:
    // A line of a file: where it begins, and its bytes with the end of line.
    using Span = std::pair<std::uintmax_t, std::size_t>;

    void check_written() const;
    void keep_aside(std::size_t lines_of_header);
    bool read_earlier(const OutdatedResults& outdated, const Format& format);
    std::uintmax_t read_results(const std::filesystem::path& source, const OutdatedResults& outdated, const Format& format,
                                std::vector<Span>& to_take_out);
    bool is_outdated(const Origin& origin, const OutdatedResults& outdated);
    void take_out(const std::vector<Span>& lines) const;

    std::filesystem::path file_, temporary_, aside_;
    FileLock lock_;
    std::string answered_by_;
    EarlierResults earlier_;
    std::ofstream out_;
    std::size_t lines_ = 0, kept_ = 0;  // results added, and of these on the disk
    bool finished_ = false;
};

}  // namespace friedel
