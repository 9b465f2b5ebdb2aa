// libFuzzer target: whatever the members of a Bruker BRML or Rigaku RASX archive hold, the reader gives a pattern that keeps its promises,
// or an Error. The first byte says which of the two, a line of three dashes parts the members.
//   build/fuzz/tests/fuzz/archive_fuzz -max_total_time=60 CORPUS tests/fuzz/archive
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "host/patterns/pattern_file.h"
#include "host/support/error.h"
#include "tests/pack_archive.h"

namespace {

// What is read: written anew for every run, gone at the end.
struct Archive {
    std::filesystem::path file = std::filesystem::temp_directory_path() / ("friedel_archive_fuzz." + std::to_string(getpid()) + ".zip");
    ~Archive() {
        std::error_code ignored;
        std::filesystem::remove(file, ignored);
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace friedel;
    if (size == 0) return 0;
    static const Archive archive;
    std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    test::Members members;
    const bool brml = data[0] % 2 == 0;
    constexpr std::string_view between = "\n---\n";
    for (int number = 0; number < 4; ++number) {
        const std::size_t end = text.find(between);
        const std::string digit = std::to_string(number);
        const std::string rasx = number % 2 == 0 ? "Data" + digit + "/Profile0.txt" : "Data" + digit + "/MesurementConditions0.xml";
        members.emplace_back(brml ? "Experiment0/RawData" + digit + ".xml" : rasx, std::string(text.substr(0, end)));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + between.size());
    }
    test::pack(archive.file, "zip", members);
    try {
        check_pattern(read_pattern(archive.file));
    } catch (const Error&) {
    }
    return 0;
}
