#include "tests/test_paths.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "host/support/error.h"

namespace friedel::test {

namespace fs = std::filesystem;

const char* const shared_missing = "SKIPPED FOR WANT OF DATA: set FRIEDEL_SHARED to the folder that holds reference/ and data/";

namespace {
// The environment speaks for a test program that was carried to another machine.
fs::path from_environment(const char* variable, const char* otherwise) {
    const char* const given = std::getenv(variable);
    return given ? given : otherwise;
}
}  // namespace

fs::path source_dir() { return from_environment("FRIEDEL_SOURCE_DIR", FRIEDEL_SOURCE_DIR); }
fs::path program() { return from_environment("FRIEDEL_PROGRAM", FRIEDEL_PROGRAM); }

fs::path shared_dir(const std::string& part) {
    const char* const given = std::getenv("FRIEDEL_SHARED");
    const fs::path folder = (given ? fs::path(given) : source_dir() / ".." / "shared") / part;
    return fs::exists(folder) ? folder : fs::path();
}

TemporaryDirectory::TemporaryDirectory() {
    std::string name = (fs::temp_directory_path() / "friedel-test-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("cannot make a temporary directory");
    path = name;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
}

static RunResult run_command(const std::string& before, const fs::path& directory) {
    const TemporaryDirectory scratch;
    std::string command;
    if (!directory.empty()) command += "cd '" + directory.string() + "' && ";
    command += before + " >'" + (scratch / "out").string() + "' 2>'" + (scratch / "err").string() + "' </dev/null";
    const int status = std::system(command.c_str());
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    // Said wherever a CUDA backend was built and no driver is found, or no device of it may be used; no error.
    constexpr std::string_view note = "; running on the CPU\n";
    std::string err = read_text(scratch / "err");
    const std::size_t line = err.find('\n') + 1;
    if (std::string_view(err).substr(0, line).ends_with(note)) err.erase(0, line);
    return {code, read_text(scratch / "out"), err};
}

RunResult run_friedel(const std::string& arguments, const fs::path& directory) {
    return run_command("'" + program().string() + "' " + arguments, directory);
}

RunResult run_script(const std::string& script, const fs::path& directory) {
    const TemporaryDirectory scratch;
    write_text(scratch / "script.sh", script);
    return run_command("friedel='" + program().string() + "' bash '" + (scratch / "script.sh").string() + "'", directory);
}

std::string read_text(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::string error_of(const std::function<void()>& f) {
    try {
        f();
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

void write_text(const fs::path& file, const std::string& text) {
    std::ofstream out(file, std::ios::binary);
    out << text;
    if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

}  // namespace friedel::test
