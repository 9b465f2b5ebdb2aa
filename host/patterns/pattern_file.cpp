#include "host/patterns/pattern_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "host/patterns/instrument_files.h"
#include "host/patterns/other_files.h"
#include "host/patterns/pattern_address.h"
#include "host/patterns/pattern_stack.h"
#include "host/patterns/plain_text.h"
#include "host/patterns/text_rows.h"
#include "host/patterns/thousands.h"
#include "host/support/descriptor.h"
#include "host/support/error.h"
#include "host/support/interrupt.h"
#include "host/support/text_encoding.h"

namespace friedel {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t largest_file = std::size_t{64} << 20;

// A pipe or a terminal may give nothing for ever; an interrupt ends that wait.
void wait_for_bytes(int descriptor, const std::string& name) {
    constexpr int patience_ms = 100;
    pollfd waited{descriptor, POLLIN, 0};
    while (::poll(&waited, 1, patience_ms) == 0 || waited.revents == 0) {
        if (interrupted()) fail(name, ": interrupted while it was waited for");
    }
}

// All there is; one read where the size is known, which a stream library does not do.
std::string read_all(int descriptor, const std::string& name) {
    struct stat status {};
    if (fstat(descriptor, &status) != 0) fail(name, ": cannot be read (", std::strerror(errno), ")");
    if (S_ISDIR(status.st_mode)) fail(name, ": is a folder, not a pattern");
    std::string text;
    text.resize(std::min<std::size_t>(static_cast<std::size_t>(status.st_size), largest_file) + 1);
    std::size_t used = 0;
    while (true) {
        if (!S_ISREG(status.st_mode)) wait_for_bytes(descriptor, name);
        const ssize_t got = ::read(descriptor, text.data() + used, text.size() - used);
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got < 0) fail(name, ": cannot be read (", std::strerror(errno), ")");
        if (got == 0) break;
        used += static_cast<std::size_t>(got);
        if (used > largest_file) fail(name, ": is larger than ", largest_file >> 20, " MB, which no pattern is");
        if (used == text.size()) text.resize(2 * text.size());
    }
    text.resize(used);
    return text;
}

std::string read_text(const fs::path& file) {
    const std::string name = file.string();
    const Descriptor descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));  // a pipe without a writer would not even open
    if (!descriptor.is_open()) {
        if (errno == ENOENT) fail(name, ": no such file");
        fail(name, ": cannot be opened (", std::strerror(errno), ")");
    }
    return read_all(descriptor.number(), name);
}

}  // namespace

// Programs of DOS end text with Ctrl-Z.
std::string_view without_dos_end(std::string_view text) {
    const std::size_t end = text.find_last_not_of("\x1a \t\r\n") + 1, mark = text.find('\x1a', end);
    return mark == std::string_view::npos || text.find('\0') != std::string_view::npos ? text : text.substr(0, mark);
}

MeasuredPattern parse_pattern(std::string_view text, const std::string& name) {
    if (is_utf_16(text)) return parse_pattern(utf_8_of_utf_16(text), name);
    text = without_dos_end(without_byte_order_mark(text));
    if (text.empty()) fail(name, ": is empty");
    if (std::optional<MeasuredPattern> pattern = parse_instrument_file(text, name)) return std::move(*pattern);
    refuse_other_kinds(text, name);
    std::string plain;
    const auto has = [&](std::string_view bytes) { return text.find(bytes) != std::string_view::npos; };
    if (has("\xef\xbc") || has("\xef\xbd") || has("\xe3\x80\x80")) text = plain = half_width(text);
    std::string unquoted, without;
    if (std::optional<std::string> rows = without_quotes(text)) text = unquoted = std::move(*rows);
    if (std::optional<std::string> counts = without_thousands(text, name)) text = without = std::move(*counts);
    if (std::optional<MeasuredPattern> pattern = parse_table(text, name)) return std::move(*pattern);
    if (std::optional<MeasuredPattern> pattern = parse_stepped(text, name)) return std::move(*pattern);
    return parse_plain_text(text, name);
}

MeasuredPattern read_standard_input() {
    const std::string name = "standard input", text = read_all(STDIN_FILENO, name);
    if (text.starts_with("PK\x03\x04")) fail(name, ": is a zip archive (.rasx and .brml are); give it as a file");
    return parse_pattern(text, name);
}

MeasuredPattern read_pattern(const fs::path& file) {
    const PatternAddress address = pattern_address(file.string());
    if (address.row) return PatternStack::read_row(address.without_row(), *address.row);
    if (!address.is_file()) return read_nexus(address.file, address.group);
    if (address.file != file.string()) return read_pattern(address.file);
    const std::string text = read_text(file);
    if (text.starts_with("PK\x03\x04")) {
        if (std::optional<MeasuredPattern> pattern = read_rasx(file)) return std::move(*pattern);
        if (std::optional<MeasuredPattern> pattern = read_brml(file)) return std::move(*pattern);
    }
    if (text.starts_with("\x89HDF")) return read_nexus(file);
    return parse_pattern(text, file.string());
}

}  // namespace friedel
