// Gives the files of a folder, and of an archive if one is named, to a fuzz target, one by one: what fuzzing once found stays found,
// without libFuzzer.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "host/support/archive.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void give(const std::string& bytes) { LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()); }

}  // namespace

int main(int count, char** arguments) {
    if (count < 2 || count > 3) return 2;
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(arguments[1])) {
        std::ifstream in(entry.path(), std::ios::binary);
        give({std::istreambuf_iterator<char>(in), {}});
        ++files;
    }
    if (count == 3) {
        friedel::InputOptions options;
        options.endings = {""};
        friedel::InputFiles grown({arguments[2]}, options);
        while (const auto input = grown.next()) {
            if (!input->error.empty()) {
                std::fprintf(stderr, "%s: %s\n", input->name.c_str(), input->error.c_str());
                return 1;
            }
            give(input->text);
            ++files;
        }
    }
    std::printf("%d inputs\n", files);
    return files > 0 ? 0 : 1;
}
