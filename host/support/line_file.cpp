#include "host/support/line_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "host/support/error.h"
#include "host/support/file_lock.h"
#include "host/support/text_file.h"

namespace friedel {

namespace {

const char* const somebody_elses = ": is there already, and nothing that this program appends to; name another file, or remove it";

// The length of the file up to the end of its last whole line.
off_t whole_lines(int descriptor) {
    off_t end = lseek(descriptor, 0, SEEK_END);
    for (char last = 0; end > 0 && pread(descriptor, &last, 1, end - 1) == 1 && last != '\n';) --end;
    return end;
}

}  // namespace

void check_appendable(const std::filesystem::path& file, char first) {
    std::error_code none;
    if (file.empty() || !std::filesystem::exists(file, none)) return check_writable(file);
    if (std::filesystem::is_directory(file, none)) fail(file.string(), ": is a folder; give a file name");
    if (::access(file.c_str(), W_OK) != 0) fail(file.string(), ": ", cannot_be_written(errno));
    if (!std::filesystem::is_regular_file(file, none)) return;  // a terminal or a pipe
    std::ifstream in(file, std::ios::binary);
    if (char found = first; in.get(found) && found != first) fail(file.string(), somebody_elses);
}

LineFile::LineFile(std::filesystem::path file, char first, Tell tell)
    : file_(std::move(file)), open_(::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)), tell_(std::move(tell)) {
    if (!open_.is_open()) fail(file_.string(), ": ", cannot_be_written(errno));
    if (!lock(open_)) fail(file_.string(), ": another run appends to it now; wait until that has ended, or name another file");
    const int descriptor = open_.number();
    if (char found = first; pread(descriptor, &found, 1, 0) == 1 && found != first) fail(file_.string(), somebody_elses);
    const off_t end = whole_lines(descriptor);
    if (ftruncate(descriptor, end) == 0) lseek(descriptor, end, SEEK_SET);  // of a terminal or a pipe there is nothing to cut
}

void LineFile::append(const std::string& line) {
    const off_t begin = lseek(open_.number(), 0, SEEK_CUR);
    const std::string text = line + "\n";
    if (write_all(open_, text.data(), text.size())) return;
    if (tell_) tell_(file_.string() + ": lines are lost (" + std::strerror(errno) + "); check the space on the disk");
    tell_ = nullptr;
    if (ftruncate(open_.number(), begin) == 0) lseek(open_.number(), begin, SEEK_SET);
}

}  // namespace friedel
