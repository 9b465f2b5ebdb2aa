#include "host/support/hash.h"

#include <fstream>
#include <vector>

#include "host/support/error.h"

namespace friedel {

std::string hash_file(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    Fnv1a hash;
    std::vector<char> part(1 << 20);
    while (in.read(part.data(), static_cast<std::streamsize>(part.size())), in.gcount() > 0)
        hash.add(part.data(), static_cast<std::size_t>(in.gcount()));
    if (!in.eof()) fail(file.string(), ": cannot be read; check the name and the permissions");
    return hash.text();
}

}  // namespace friedel
