#include "host/answers/result_lines.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <utility>

#include "host/support/error.h"
#include "host/support/text_file.h"

namespace friedel {

namespace fs = std::filesystem;

namespace {

// 0 where there is no file.
std::size_t lines_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(in), {}, '\n'));
}

// The whole lines of a file, one by one; where names are quoted one may hold ends of lines, and several lines are one record.
class Records {
public:
    Records(const fs::path& file, bool quoted) : in_(file, std::ios::binary), quoted_(quoted) {}

    // False where there are no more whole ones.
    bool next() {
        const std::size_t first = line_ + lines_;
        if (!std::getline(in_, text_) || in_.eof()) return false;
        for (std::string more; is_open() && std::getline(in_, more) && !in_.eof();) text_ += "\n" + more;
        if (is_open()) return false;
        line_ = first;
        lines_ = 1 + static_cast<std::size_t>(std::count(text_.begin(), text_.end(), '\n'));
        whole_ += text_.size() + 1;
        return true;
    }

    const std::string& text() const { return text_; }  // without its end
    std::size_t line() const { return line_; }         // the number of its first, from 1
    std::uintmax_t whole() const { return whole_; }    // bytes up to its end
    // Where it begins, and its bytes.
    std::pair<std::uintmax_t, std::size_t> span() const { return {whole_ - text_.size() - 1, text_.size() + 1}; }

private:
    bool is_open() const { return quoted_ && std::count(text_.begin(), text_.end(), '"') % 2 == 1; }

    std::ifstream in_;
    bool quoted_;
    std::string text_;
    std::size_t line_ = 0, lines_ = 1;
    std::uintmax_t whole_ = 0;
};

[[noreturn]] void fail_as_no_result(const fs::path& file, std::size_t line, const std::string& reason) {
    fail(file.string(), ": line ", line, " is not a result of 'friedel classify' (", reason, "); remove the file and leave --resume out");
}

void check_header(const std::string& header, const fs::path& file, const ResultLines::Format& format) {
    if (header == format.header) return;
    if (format.header.starts_with(header + ','))
        fail(file.string(), ": holds results of an earlier version of friedel; go on with that one, or give another file with -o");
    fail_as_no_result(file, 1, "other columns than these are written");
}

ResultLines::Origin origin_of(const Records& records, const fs::path& file, const ResultLines::Format& format) {
    try {
        return format.parse(records.text());
    } catch (const Error& error) {
        fail_as_no_result(file, records.line(), error.what());
    }
}

}  // namespace

ResultLines::ResultLines(const fs::path& file, const std::string& answered_by, bool go_on, const OutdatedResults& outdated,
                         const Format& format)
    : file_(behind_links(file)),
      temporary_(file_.string() + ".part"),
      aside_(temporary_.string() + ".old"),
      lock_(file_.string() + ".lock", file.string()),
      answered_by_(answered_by) {
    go_on = go_on && read_earlier(outdated, format);
    if (!go_on) keep_aside(format.header.empty() ? 0 : 1);
    out_.open(temporary_, go_on ? std::ios::binary | std::ios::app : std::ios::binary);
    if (!out_) fail(file.string(), ": ", cannot_be_written(errno));
    if (!go_on && !format.header.empty()) out_ << format.header << '\n';
}

ResultLines::~ResultLines() {
    std::error_code ignored;
    if (!finished_ && kept_ == 0) fs::remove(temporary_, ignored);
}

void ResultLines::add(const std::string& line) {
    out_ << line << '\n';
    check_written();
    ++lines_;
}

void ResultLines::flush() {
    out_.flush();
    check_written();
    kept_ = lines_;
}

void ResultLines::finish() {
    out_.close();
    check_written();
    std::error_code failure;
    fs::rename(temporary_, file_, failure);
    if (failure) fail(file_.string(), ": ", cannot_be_written(failure.value()), "; the results are in ", temporary_.string());
    finished_ = true;
    fs::remove(aside_, failure);
}

void ResultLines::check_written() const {
    if (!out_) fail(file_.string(), ": writing failed; the disk may be full");
}

// What an interrupted run left is not lost because --resume was: it lies beside until there are whole results.
void ResultLines::keep_aside(std::size_t lines_of_header) {
    const std::size_t lines = lines_of(temporary_);
    // Of two interrupted runs the one that came further is kept.
    if (lines <= std::max(lines_of_header, lines_of(aside_))) return;
    std::error_code failure;
    fs::rename(temporary_, aside_, failure);
    if (failure) fail(temporary_.string(), ": cannot be renamed (", failure.message(), "); go on with --resume, or remove it");
    earlier_.put_aside = aside_.string() + ": " + std::to_string(lines - lines_of_header) +
                         " results of an interrupted run, kept here until this one ends; to go on with them instead, stop, rename it to " +
                         temporary_.string() + " and add --resume";
}

// Leaves the whole lines of earlier results under the temporary name, less outdated ones. False where there are none.
bool ResultLines::read_earlier(const OutdatedResults& outdated, const Format& format) {
    std::error_code failure;
    // A run that was killed before its first result leaves none in the temporary file.
    const bool has_some = lines_of(temporary_) > (format.header.empty() ? 0u : 1u);
    const fs::path& source = has_some || !fs::exists(file_, failure) ? temporary_ : file_;
    if (!fs::exists(source, failure)) return false;
    std::vector<Span> to_take_out;
    const std::uintmax_t whole = read_results(source, outdated, format, to_take_out);
    if (source == file_) {  // whole under the temporary name, or not there
        const fs::path copy = temporary_.string() + ".copy";
        fs::copy_file(file_, copy, fs::copy_options::overwrite_existing, failure);
        if (!failure) fs::rename(copy, temporary_, failure);
    }
    if (failure) fail(file_.string(), ": cannot be copied to ", temporary_.string(), " (", failure.message(), ")");
    fs::resize_file(temporary_, whole, failure);
    if (failure) fail(temporary_.string(), ": cannot be cut after its last whole line (", failure.message(), ")");
    if (!to_take_out.empty()) take_out(to_take_out);
    lines_ = kept_ = earlier_.patterns.size();
    return whole > 0;
}

// Takes the results of a file for earlier ones, but for those that it adds to to_take_out. Returns the bytes of its whole lines.
std::uintmax_t ResultLines::read_results(const fs::path& source, const OutdatedResults& outdated, const Format& format,
                                         std::vector<Span>& to_take_out) {
    Records records(source, !format.header.empty());
    std::size_t by_others = 0;
    while (records.next()) {
        if (records.line() == 1 && !format.header.empty()) {
            check_header(records.text(), source, format);
            continue;
        }
        Origin origin = origin_of(records, source, format);
        if (origin.answered_by != answered_by_) by_others = records.line();
        if (is_outdated(origin, outdated)) {
            to_take_out.push_back(records.span());
            continue;
        }
        if (origin.unread) earlier_.unread.insert(origin.file);
        earlier_.patterns.insert(std::move(origin.file));
    }
    if (by_others > 0) {
        fail(source.string(), ": the result in line ", by_others,
             " is another model's, or of other structures or options; repeat those to go on, or give another file with -o");
    }
    return records.whole();
}

bool ResultLines::is_outdated(const Origin& origin, const OutdatedResults& outdated) {
    if (outdated.is_changed && outdated.is_changed(origin.file, origin.file_state)) return earlier_.changed.insert(origin.file), true;
    return origin.unread && outdated.if_unread.contains(origin.file);
}

// lines: of the temporary file, ascending.
void ResultLines::take_out(const std::vector<Span>& lines) const {
    std::ifstream in(temporary_, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(in), {});
    std::string kept;
    std::size_t from = 0;
    for (const auto& [begin, bytes] : lines) {
        kept.append(text, from, begin - from);
        from = begin + bytes;
    }
    kept.append(text, from);
    write_text_file(temporary_, kept);
}

}  // namespace friedel
