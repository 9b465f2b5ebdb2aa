#include "host/support/archive.h"
#include "host/support/text_format.h"

#include <archive.h>
#include <archive_entry.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstring>
#include <fstream>
#include <set>

namespace friedel {

namespace fs = std::filesystem;

namespace {

bool ends_with_any(const std::string& name, const std::vector<std::string>& endings) {
    const std::string low = lower_case(name);
    return std::any_of(endings.begin(), endings.end(), [&](const std::string& ending) { return low.ends_with(ending); });
}

const std::vector<std::string> compressed_endings = {".gz", ".xz", ".bz2", ".zst"};
const std::vector<std::string> archive_endings = {".zip",    ".tar",    ".tgz",     ".txz",     ".tbz2",
                                                  ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst", ".7z"};

bool is_archive(const std::string& name) { return ends_with_any(name, archive_endings); }
bool is_compressed_single(const std::string& name) { return !is_archive(name) && ends_with_any(name, compressed_endings); }

// Files that macOS leaves beside the real ones.
bool is_resource_fork(const std::string& name) {
    return name.find("__MACOSX/") != std::string::npos || fs::path(name).filename().string().starts_with("._");
}

}  // namespace

struct InputFiles::OpenArchive {
    archive* handle = archive_read_new();
    std::string name;
    std::uint64_t bytes = 0;
    bool single = false;  // one compressed file, not an archive
    bool held_something = false;

    OpenArchive(const fs::path& path, std::uint64_t size) : name(path.string()), bytes(size), single(is_compressed_single(path.string())) {
        archive_read_support_filter_all(handle);
        if (single) {
            archive_read_support_format_raw(handle);
        } else {
            archive_read_support_format_tar(handle);
            archive_read_support_format_gnutar(handle);
            archive_read_support_format_zip(handle);
            archive_read_support_format_7zip(handle);
        }
    }
    ~OpenArchive() { archive_read_free(handle); }
    OpenArchive(const OpenArchive&) = delete;
    OpenArchive& operator=(const OpenArchive&) = delete;

    std::string reason() const {
        const char* text = archive_error_string(handle);
        std::string reason = text ? text : "no reason given";
        std::replace(reason.begin(), reason.end(), '\n', ' ');
        return reason;
    }
};

InputFiles::InputFiles(std::vector<fs::path> paths, InputOptions options) : options_(std::move(options)) {
    // Names of archive members are converted to the locale; without one, those that are not ASCII are lost.
    if (std::string_view(std::setlocale(LC_CTYPE, nullptr)) == "C") std::setlocale(LC_CTYPE, "C.UTF-8");
    for (const fs::path& path : paths) add(path);
    for (const Entry& entry : entries_) bytes_total_ += entry.bytes;
}

InputFiles::~InputFiles() = default;

bool InputFiles::wanted(const std::string& name) const { return ends_with_any(name, options_.endings) && !is_resource_fork(name); }

void InputFiles::add(const fs::path& path) {
    std::error_code code;
    if (!fs::is_directory(path, code)) {
        const std::uint64_t bytes = fs::file_size(path, code);
        entries_.push_back({path, code ? 0 : bytes, ""});
        return;
    }
    std::vector<fs::path> found;
    std::set<fs::path> visited = {fs::canonical(path, code)};  // links may lead back
    const auto options = fs::directory_options::follow_directory_symlink;
    for (fs::recursive_directory_iterator at(path, options, code), end; !code && at != end; at.increment(code)) {
        const std::string name = at->path().string();
        std::error_code ignored;
        if (fs::is_directory(at->path(), ignored)) {
            if (!visited.insert(fs::canonical(at->path(), ignored)).second) at.disable_recursion_pending();
            continue;
        }
        if (!fs::is_regular_file(at->path(), ignored)) continue;  // opening a pipe would wait for whoever writes to it
        if (wanted(name) || is_archive(name) || (is_compressed_single(name) && wanted(at->path().stem().string())))
            found.push_back(at->path());
    }
    if (code) entries_.push_back({path, 0, "cannot be listed (" + code.message() + "); check the permissions"});
    std::sort(found.begin(), found.end());
    if (found.empty() && !code) entries_.push_back({path, 0, "holds no " + options_.endings.front() + " file and no archive"});
    for (const fs::path& file : found) add(file);
}

double InputFiles::progress() const {
    std::uint64_t done = bytes_done_;
    if (archive_)
        done += std::min<std::uint64_t>(archive_->bytes,
                                        static_cast<std::uint64_t>(std::max<la_int64_t>(archive_filter_bytes(archive_->handle, -1), 0)));
    return bytes_total_ ? static_cast<double>(done) / static_cast<double>(bytes_total_) : 1.0;
}

InputFile InputFiles::read_plain(const fs::path& file) const {
    InputFile input{file.string(), "", ""};
    std::error_code code;
    const std::uint64_t bytes = fs::file_size(file, code);
    if (!code && bytes > options_.max_bytes) {
        input.error = "is larger than the limit of " + std::to_string(options_.max_bytes >> 20) + " MiB";
        return input;
    }
    errno = 0;
    std::ifstream in(file, std::ios::binary);
    input.text.resize(code ? 0 : bytes);
    if (in) in.read(input.text.data(), static_cast<std::streamsize>(input.text.size()));
    if (!in || code) {
        input.text.clear();
        const int reason = errno;
        input.error =
            "cannot be read (" + (reason ? std::string(std::strerror(reason)) : code.message()) + "); check the name and the permissions";
    }
    return input;
}

std::optional<InputFile> InputFiles::next_member() {
    OpenArchive& open = *archive_;
    const auto finish = [&](std::optional<InputFile> last) {
        bytes_done_ += open.bytes;
        archive_.reset();
        return last;
    };
    while (true) {
        archive_entry* entry = nullptr;
        const int status = archive_read_next_header(open.handle, &entry);
        if (status == ARCHIVE_EOF) {
            if (open.held_something || options_.may_be_empty) return finish(std::nullopt);
            return finish(InputFile{open.name, "", "is an archive without any " + options_.endings.front() + " file"});
        }
        if (status < ARCHIVE_WARN)
            return finish(InputFile{open.name, "", "cannot be unpacked (" + open.reason() + "); it is damaged or not an archive"});

        const char* given = archive_entry_pathname(entry);
        const std::string member = open.single ? fs::path(open.name).stem().string() : given ? given : "?";
        if (!open.single && archive_entry_filetype(entry) != AE_IFREG) continue;
        InputFile input{open.single ? open.name : fs::path(open.name).filename().string() + "/" + member, "", ""};
        if (!open.single && (is_archive(member) || is_compressed_single(member))) {
            open.held_something = true;
            input.error = "is an archive inside an archive; unpack the outer one";
            return input;
        }
        if (!open.single && !wanted(member)) continue;
        open.held_something = true;
        const void* block = nullptr;
        std::size_t size = 0;
        la_int64_t offset = 0;
        int read = ARCHIVE_OK;
        while ((read = archive_read_data_block(open.handle, &block, &size, &offset)) == ARCHIVE_OK) {
            const std::uint64_t end = static_cast<std::uint64_t>(offset) + size;
            if (end > options_.max_bytes) {
                input.text.clear();
                input.error = "is larger than the limit of " + std::to_string(options_.max_bytes >> 20) + " MiB";
                return open.single ? finish(input) : input;
            }
            if (input.text.size() < end) input.text.resize(end);
            std::memcpy(input.text.data() + offset, block, size);
        }
        if (read == ARCHIVE_EOF) return input;
        // ARCHIVE_FATAL: the archive cannot be read on; anything less concerns this member (a password, a checksum).
        input.text.clear();
        input.error = "cannot be unpacked (" + open.reason() + ")";
        if (read == ARCHIVE_FATAL) return finish(input);
        return input;
    }
}

std::optional<InputFile> InputFiles::next() {
    while (archive_ || next_entry_ < entries_.size()) {
        if (archive_) {
            if (auto input = next_member()) return input;
            continue;
        }
        const Entry& entry = entries_[next_entry_++];
        const std::string name = entry.path.string();
        if (!entry.error.empty()) return InputFile{name, "", entry.error};
        if (!options_.all_archives && !is_archive(name) && !is_compressed_single(name)) {
            bytes_done_ += entry.bytes;
            return read_plain(entry.path);
        }
        const auto refuse = [&](const std::string& reason) {
            archive_.reset();
            bytes_done_ += entry.bytes;
            return InputFile{name, "", reason};
        };
        if (::access(name.c_str(), R_OK) != 0)
            return refuse(std::string("cannot be read (") + std::strerror(errno) + "); check the name and the permissions");
        archive_ = std::make_unique<OpenArchive>(entry.path, entry.bytes);
        if (archive_read_open_filename(archive_->handle, name.c_str(), 1 << 18) != ARCHIVE_OK) {
            return refuse("cannot be unpacked (" + archive_->reason() + "); it is damaged or not an archive");
        }
    }
    return std::nullopt;
}

}  // namespace friedel
