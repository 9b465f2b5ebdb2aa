#include "host/training/checkpoint.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "host/support/descriptor.h"
#include "host/support/error.h"
#include "host/support/hash.h"
#include "host/support/seconds_since.h"

namespace friedel {

namespace fs = std::filesystem;

const FileKind checkpoint_kind = {"checkpoint", 3, "go on with the program that wrote it, or remove it"};

namespace {

const std::string infix = ".checkpoint.";
constexpr int step_digits = 12;
const std::string closing = "\nfriedel checksum ";
constexpr std::size_t hash_digits = 16;

std::string closing_line(const Fnv1a& hash) { return closing + hash.text() + "\n"; }
std::size_t closing_size() { return closing.size() + hash_digits + 1; }

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path("."); }

fs::path checkpoint_name(const fs::path& output, std::int64_t step) {
    char digits[24];
    std::snprintf(digits, sizeof digits, "%0*lld", step_digits, static_cast<long long>(step));
    return output.string() + infix + digits;
}

// One name for all, so that what a killed run leaves is overwritten by the next.
fs::path temporary_name(const fs::path& output) { return output.string() + infix + "part"; }

// The disk, or what the user may have of it, is full.
class NoSpace : public Error {
public:
    using Error::Error;
};

void check_call(bool good, const fs::path& file, const char* what) {
    if (good) return;
    const int reason = errno;
    const std::string text = file.string() + ": cannot " + what + " (" + std::strerror(reason) + ")";
    if (reason == ENOSPC || reason == EDQUOT) throw NoSpace(text);
    throw Error(text);
}

// A file or folder whose contents can be known to be on the disk.
class DurableFile {
public:
    DurableFile(const fs::path& path, int flags) : path_(path), open_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
        check_call(open_.is_open(), path_, "be opened");
    }
    void write(const void* bytes, std::size_t size) const { check_call(write_all(open_, bytes, size), path_, "be written"); }
    void sync() const { check_call(synced(), path_, "be brought to the disk"); }
    // Some file systems (FUSE, SMB) bring files to the disk and refuse to be asked about folders.
    void sync_where_possible() const {
        check_call(synced() || errno == EINVAL || errno == ENOTSUP || errno == EBADF, path_, "be brought to the disk");
    }

private:
    bool synced() const {
        while (fsync(open_.number()) != 0) {
            if (errno != EINTR) return false;
        }
        return true;
    }

    const fs::path& path_;
    Descriptor open_;
};

void sync_folder(const fs::path& folder) { DurableFile(folder, O_RDONLY | O_DIRECTORY).sync_where_possible(); }

void write_durably(const fs::path& file, const fs::path& temporary, const std::vector<unsigned char>& image) {
    try {
        Fnv1a hash;
        hash.add(image.data(), image.size());
        const std::string line = closing_line(hash);
        {
            const DurableFile out(temporary, O_WRONLY | O_CREAT | O_TRUNC);
            out.write(image.data(), image.size());
            out.write(line.data(), line.size());
            out.sync();
        }
        check_call(std::rename(temporary.c_str(), file.c_str()) == 0, file, "be renamed to");
        sync_folder(folder_of(file));
    } catch (...) {
        std::error_code ignored;
        fs::remove(temporary, ignored);
        throw;
    }
}

// Leaves the `kept` newest up to `step`, and the newest up to `spared`. Later ones were passed over when the run was resumed before them.
void prune(const fs::path& output, std::int64_t step, int kept, std::int64_t spared) {
    std::vector<Checkpoint> all = list_checkpoints(output);
    const auto later = std::find_if(all.begin(), all.end(), [&](const Checkpoint& checkpoint) { return checkpoint.step > step; });
    std::error_code ignored;
    for (auto old = later; old != all.end(); ++old) fs::remove(old->file, ignored);
    const auto unproven = std::find_if(all.begin(), later, [&](const Checkpoint& checkpoint) { return checkpoint.step > spared; });
    for (auto old = all.begin(); later - old > kept; ++old)
        if (old + 1 != unproven) fs::remove(old->file, ignored);
}

// Removes one, but never the newest that is whole: the oldest, that of `spared` last. False where there is none to remove.
bool make_room(const fs::path& output, std::int64_t spared) {
    std::vector<Checkpoint> all = list_checkpoints(output);
    const std::optional<Checkpoint> newest = newest_whole_checkpoint(output, [](const std::string&) {});
    std::erase_if(all, [&](const Checkpoint& one) { return newest && one.step == newest->step; });
    if (all.empty()) return false;
    const bool first_is_spared = all.front().step <= spared && (all.size() == 1 || all[1].step > spared);
    std::error_code failure;
    return fs::remove(all[first_is_spared && all.size() > 1 ? 1 : 0].file, failure);
}

}  // namespace

std::vector<Checkpoint> list_checkpoints(const fs::path& output) {
    const std::string begin = output.filename().string() + infix;
    std::vector<Checkpoint> found;
    std::error_code failure;
    for (fs::directory_iterator entry(folder_of(output), failure), end; !failure && entry != end; entry.increment(failure)) {
        const std::string name = entry->path().filename().string();
        if (!name.starts_with(begin) || name.size() != begin.size() + step_digits) continue;
        const std::string digits = name.substr(begin.size());
        if (std::all_of(digits.begin(), digits.end(), [](unsigned char c) { return std::isdigit(c); }))
            found.push_back({std::stoll(digits), folder_of(output) / name});
    }
    std::sort(found.begin(), found.end(), [](const Checkpoint& a, const Checkpoint& b) { return a.step < b.step; });
    return found;
}

std::string checkpoint_fault(const fs::path& file) {
    std::error_code failure;
    const std::uintmax_t size = fs::file_size(file, failure);
    if (failure) return "cannot be read (" + failure.message() + ")";
    if (size == 0) return "is empty";
    const std::string cut = "is cut short or was never finished";
    if (size <= closing_size()) return cut;
    std::ifstream in(file, std::ios::binary);
    Fnv1a hash;
    std::vector<char> part(1 << 20);
    for (std::uintmax_t left = size - closing_size(); left > 0;) {
        const auto wanted = static_cast<std::streamsize>(std::min<std::uintmax_t>(left, part.size()));
        if (!in.read(part.data(), wanted)) return "cannot be read to its end";
        hash.add(part.data(), static_cast<std::size_t>(wanted));
        left -= static_cast<std::uintmax_t>(wanted);
    }
    std::string line(closing_size(), ' ');
    if (!in.read(line.data(), static_cast<std::streamsize>(line.size()))) return "cannot be read to its end";
    if (!line.starts_with(closing)) return cut;
    return line == closing_line(hash) ? "" : "is damaged: its bytes do not have the checksum that it states";
}

std::optional<Checkpoint> newest_whole_checkpoint(const fs::path& output, const Tell& tell) {
    std::vector<Checkpoint> all = list_checkpoints(output);
    for (; !all.empty(); all.pop_back()) {
        const std::string fault = checkpoint_fault(all.back().file);
        if (fault.empty()) return all.back();
        tell(all.back().file.string() + ": " + fault + "; passed over");
    }
    return std::nullopt;
}

void remove_checkpoints(const fs::path& output) {
    sync_folder(folder_of(output));  // the model's name comes to the disk before its checkpoints go
    std::error_code ignored;
    for (const Checkpoint& old : list_checkpoints(output)) fs::remove(old.file, ignored);
    fs::remove(temporary_name(output), ignored);
}

CheckpointWriter::CheckpointWriter(fs::path output, int kept) : output_(std::move(output)), kept_(kept) {}

void CheckpointWriter::start(std::int64_t step, std::vector<unsigned char> image, std::int64_t spared) {
    if (writing_.valid()) writing_.wait();
    if (step == written_step_) return;
    writing_ = std::async(std::launch::async, [output = output_, kept = kept_, step, spared, image = std::move(image)] {
        Outcome outcome{{step, checkpoint_name(output, step)}, image.size() + closing_size(), 0, ""};
        const auto start = std::chrono::steady_clock::now();
        try {
            for (bool written = false; !written;) {
                try {
                    write_durably(outcome.checkpoint.file, temporary_name(output), image);
                    written = true;
                } catch (const NoSpace&) {
                    if (!make_room(output, spared)) throw;
                }
            }
            prune(output, step, kept, spared);
        } catch (const std::exception& error) {
            outcome.fault = error.what();
        }
        outcome.seconds = seconds_since(start);
        return outcome;
    });
}

bool CheckpointWriter::busy() const { return writing_.valid(); }

std::optional<CheckpointWriter::Outcome> CheckpointWriter::outcome() {
    if (!writing_.valid() || writing_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return std::nullopt;
    return wait();
}

std::optional<CheckpointWriter::Outcome> CheckpointWriter::wait() {
    if (!writing_.valid()) return std::nullopt;
    Outcome outcome = writing_.get();
    if (outcome.fault.empty()) written_step_ = outcome.checkpoint.step;
    return outcome;
}

}  // namespace friedel
