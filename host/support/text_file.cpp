#include "host/support/text_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "host/support/error.h"

namespace friedel {

namespace fs = std::filesystem;

std::string cannot_be_written(int reason) {
    const bool no_room = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
    const bool too_many_open = reason == EMFILE || reason == ENFILE;
    return std::string("cannot be written (") + std::strerror(reason) + "); " +
           (no_room                  ? "free some space, or write elsewhere"
            : too_many_open          ? "close other programs, or raise ulimit -n"
            : reason == EROFS        ? "name a folder that may be written to"
            : reason == ENOENT       ? "its folder is not there; make it first"
            : reason == ENAMETOOLONG ? "give a shorter name"
                                     : "check the folder and its permissions");
}

void write_text_file(const fs::path& named, const std::string& text) {
    const fs::path file = behind_links(named), temporary = file.string() + ".part";
    std::ofstream out(temporary, std::ios::binary);
    if (!out) fail(file.string(), ": ", cannot_be_written(errno));
    out << text;
    out.close();
    std::error_code failure;
    if (!out) {
        fs::remove(temporary, failure);
        fail(file.string(), ": writing failed; the disk may be full");
    }
    fs::rename(temporary, file, failure);
    if (failure) {
        const std::string reason = cannot_be_written(failure.value());
        fs::remove(temporary, failure);
        fail(file.string(), ": ", reason);
    }
}

void check_writable(const fs::path& file) {
    if (file.empty()) return;
    std::error_code failure;
    const fs::file_status there = fs::status(file, failure);
    if (fs::is_directory(there)) fail(file.string(), ": is a folder; give a file name");
    if (there.type() == fs::file_type::none)
        fail(file.string(), ": cannot be written (", failure.message(), "); name a file in a folder that may be written to");
    if (fs::exists(there) && !fs::is_regular_file(there)) fail(file.string(), ": is no file that can be replaced; name another");
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    if (!fs::is_directory(folder, failure)) fail(file.string(), ": its folder is not there; make it first");
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
        fail(file.string(), ": cannot be written (", std::strerror(errno), "); name a folder that may be written to");
}

void check_replaceable(const fs::path& file, const std::string& beginning) {
    check_writable(file);
    std::string found(beginning.size(), '\0');
    std::ifstream in(file, std::ios::binary);
    std::error_code none;
    if (!in && fs::file_size(file, none) > 0 && !none)
        fail(file.string(), ": is there already and cannot be read; name another file, or remove it");
    in.read(found.data(), static_cast<std::streamsize>(found.size()));
    found.resize(static_cast<std::size_t>(in.gcount()));
    if (!found.empty() && found != beginning)
        fail(file.string(), ": is there already and holds no earlier result of this command; name another file, or remove it");
}

fs::path behind_links(fs::path file) {
    constexpr int most = 32;
    std::error_code failure;
    for (int i = 0; i < most && fs::is_symlink(file, failure); ++i) file = file.parent_path() / fs::read_symlink(file, failure);
    return file;
}

}  // namespace friedel
