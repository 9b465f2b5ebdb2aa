// Where tests find their files, and how they run the program.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace friedel::test {

std::filesystem::path source_dir();
std::filesystem::path program();

// The folder of reference and measured data beside the checkout (or $FRIEDEL_SHARED); empty if absent. Use as
//   const auto shared = shared_dir("reference/peaks"); if (shared.empty()) GTEST_SKIP() << shared_missing;
std::filesystem::path shared_dir(const std::string& part);
extern const char* const shared_missing;

// A fresh empty directory, removed when the object goes.
class TemporaryDirectory {
public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    std::filesystem::path operator/(const std::string& name) const { return path / name; }
    std::filesystem::path path;
};

struct RunResult {
    int status;  // exit status, or 128 + signal
    std::string out, err;
};

// Runs `friedel ARGUMENTS` through the shell, with `directory` as the working directory.
RunResult run_friedel(const std::string& arguments, const std::filesystem::path& directory = {});

// Runs a bash script in which $friedel is the program, with `directory` as the working directory. Its loops must end by themselves.
RunResult run_script(const std::string& script, const std::filesystem::path& directory);

std::string read_text(const std::filesystem::path& file);
// The message of the Error that f throws, or "no error".
std::string error_of(const std::function<void()>& f);

void write_text(const std::filesystem::path& file, const std::string& text);

}  // namespace friedel::test
