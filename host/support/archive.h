// Files to read, one after another, from paths that name files, folders, archives (.zip, .tar, .tar.gz, .tar.xz, ...) or compressed
// single files (.gz, .xz): members are streamed, nothing is unpacked to disk. The only module that knows libarchive.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace friedel {

struct InputFile {
    std::string name;   // path as given, or archive/member
    std::string text;   // the whole content
    std::string error;  // why it could not be read; then there is no text
};

struct InputOptions {
    std::vector<std::string> endings = {".cif"};  // wanted in folders and archives, lower case; a file named by itself may have any
    std::uint64_t max_bytes = 64 << 20;           // of one file, unpacked
    bool all_archives = false;                    // the paths name archives, whatever they are called
    bool may_be_empty = false;                    // an archive without a wanted file is no error
};

class InputFiles {
public:
    InputFiles(std::vector<std::filesystem::path> paths, InputOptions options = {});
    ~InputFiles();
    InputFiles(const InputFiles&) = delete;
    InputFiles& operator=(const InputFiles&) = delete;

    // The next file, in a fixed order (folders by name, archives as packed); nothing at the end. What cannot be read comes as an
    // InputFile with an error, and the rest goes on.
    std::optional<InputFile> next();

    // Part of all bytes to read that has been read, 0 to 1.
    double progress() const;

private:
    struct OpenArchive;
    std::optional<InputFile> next_member();
    InputFile read_plain(const std::filesystem::path& file) const;
    void add(const std::filesystem::path& path);
    bool wanted(const std::string& name) const;

    struct Entry {
        std::filesystem::path path;
        std::uint64_t bytes;
        std::string error;
    };
    InputOptions options_;
    std::vector<Entry> entries_;
    std::size_t next_entry_ = 0;
    std::uint64_t bytes_total_ = 0, bytes_done_ = 0;
    std::unique_ptr<OpenArchive> archive_;
};

}  // namespace friedel
