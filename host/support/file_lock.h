// One process at a time writes under a name. The lock ends with the process, however that ends.
#pragma once

#include <filesystem>
#include <string>

#include "host/support/descriptor.h"

namespace friedel {

class FileLock {
public:
    // Locks `file`, which is made and, in the end, removed: not what is to be written, but a name beside it. Throws Error, naming `what` is
    // to be written, if another process has it. Where the file system knows no locks there is none.
    FileLock(std::filesystem::path file, const std::string& what);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    std::filesystem::path file_;
    Descriptor open_;
};

// Of an open file, until it is closed. False if another process, or another opening of the file, has it. Devices have no locks.
bool lock(const Descriptor& open);

}  // namespace friedel
