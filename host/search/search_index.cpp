#include "host/search/search_index.h"

#include <cmath>

#include "host/support/error.h"
#include "host/support/hdf5_file.h"

namespace friedel {

namespace {

const FileKind search_index_kind{"search_index", 1, "make it again with 'friedel match LIBRARY --save-index'"};

}  // namespace

void SearchIndex::write(const std::filesystem::path& path, const std::string& fingerprint, std::size_t points) const {
    H5File file = H5File::create(path, search_index_kind);
    // Not compressed: reading it is to take a moment.
    file.write("pattern", pattern.data(), {inverse_norm.size(), points}, false);
    file.write("inverse_norm", inverse_norm.data(), {inverse_norm.size()}, false);
    file.write_strings("fingerprint", {fingerprint});
    file.commit();
}

std::optional<SearchIndex> SearchIndex::read(const std::filesystem::path& path, const std::string& fingerprint, std::size_t entries,
                                             std::size_t points, std::string& why) {
    if (!std::filesystem::exists(path)) return std::nullopt;
    try {
        const H5File file = H5File::open(path, search_index_kind);
        if (file.read_strings("fingerprint") != std::vector<std::string>{fingerprint}) {
            why = "is of another library, or of other settings";
            return std::nullopt;
        }
        if (file.shape("pattern") != Shape{entries, points} || file.shape("inverse_norm") != Shape{entries}) {
            why = "does not have the size that the library asks for";
            return std::nullopt;
        }
        SearchIndex index{file.read<std::uint8_t>("pattern"), file.read<float>("inverse_norm")};
        for (float norm : index.inverse_norm) {
            if (std::isfinite(norm) && norm >= 0) continue;
            why = "is damaged";
            return std::nullopt;
        }
        return index;
    } catch (const Error& error) {
        why = error.what();
        return std::nullopt;
    }
}

std::filesystem::path index_beside(const std::filesystem::path& library) {
    std::filesystem::path index = library;
    return index.replace_extension(".index.h5");
}

}  // namespace friedel
