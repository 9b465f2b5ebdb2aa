#include "host/support/text_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "host/support/error.h"

namespace friedel {

namespace fs = std::filesystem;

void write_text_file(const fs::path& file, const std::string& text) {
    const fs::path temporary = file.string() + ".part";
    std::ofstream out(temporary, std::ios::binary);
    if (!out) fail(file.string(), ": cannot be written; check that its folder exists and may be written to");
    out << text;
    out.close();
    std::error_code failure;
    if (!out) {
        fs::remove(temporary, failure);
        fail(file.string(), ": writing failed; the disk may be full");
    }
    fs::rename(temporary, file, failure);
    if (failure) {
        const std::string reason = failure.message();
        fs::remove(temporary, failure);
        fail(file.string(), ": cannot be written (", reason, ")");
    }
}

void check_writable(const fs::path& file) {
    if (file.empty()) return;
    if (fs::is_directory(file)) fail(file.string(), ": is a folder; give a file name");
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    if (!fs::is_directory(folder)) fail(file.string(), ": its folder is not there; make it first");
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
        fail(file.string(), ": cannot be written (", std::strerror(errno), "); name a folder that may be written to");
}

}  // namespace friedel
