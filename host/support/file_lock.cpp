#include "host/support/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "host/support/error.h"

namespace friedel {

bool lock(int descriptor) { return ::flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK; }

FileLock::FileLock(std::filesystem::path file, const std::string& what)
    : file_(std::move(file)), descriptor_(::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) fail(file_.string(), ": cannot be written (", std::strerror(errno), "); check the folder and its permissions");
    if (lock(descriptor_)) return;
    ::close(descriptor_);
    fail(what, ": another run writes it now; wait until that has ended, or name another file");
}

FileLock::~FileLock() {
    std::error_code ignored;
    std::filesystem::remove(file_, ignored);
    ::close(descriptor_);
}

}  // namespace friedel
