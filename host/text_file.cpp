#include "host/text_file.h"

#include <fstream>

#include "host/error.h"

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

}  // namespace friedel
