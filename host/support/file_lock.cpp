#include "host/support/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "host/support/error.h"
#include "host/support/text_file.h"

namespace friedel {

namespace {

bool is_still_named(const Descriptor& open, const std::filesystem::path& file) {
    struct stat opened, named;
    return ::fstat(open.number(), &opened) == 0 && ::stat(file.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
           opened.st_dev == named.st_dev;
}

}  // namespace

bool lock(const Descriptor& open) {
    struct stat opened;
    if (::fstat(open.number(), &opened) == 0 && !S_ISREG(opened.st_mode)) return true;  // a terminal, /dev/null
    return ::flock(open.number(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

FileLock::FileLock(std::filesystem::path file, const std::string& what) : file_(std::move(file)) {
    constexpr int tries = 10;
    for (int i = 0; i < tries; ++i) {  // anew where a run that ended removed the file in between
        open_ = Descriptor(::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
        if (!open_.is_open()) fail(what, ": ", cannot_be_written(errno));
        if (!lock(open_)) fail(what, ": another run writes it now; wait until that has ended, or name another file");
        struct stat opened;
        if (::fstat(open_.number(), &opened) == 0 && opened.st_size > 0)
            fail(file_.string(), ": is there already and no lock of this program, which are empty; name another file, or remove it");
        if (is_still_named(open_, file_)) return;
    }
    fail(what, ": its lock, ", file_.string(), ", is removed again and again by something else; name another file");
}

FileLock::~FileLock() {
    std::error_code ignored;
    std::filesystem::remove(file_, ignored);
}

}  // namespace friedel
