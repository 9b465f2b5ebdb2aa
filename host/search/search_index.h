// What a search compares measured patterns with, kept in a file beside the structure library so that it need not be simulated at every
// start: the ideal pattern of each structure, a byte a point.
// File format (friedel_kind "search_index", format 1): pattern [entries][points], inverse_norm [entries], fingerprint.
// Leaves out: how the patterns are made (matcher.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace friedel {

struct SearchIndex {
    std::vector<std::uint8_t> pattern;  // [entries][points] square roots of intensity, 255 the highest
    std::vector<float> inverse_norm;    // [entries] of the above less their mean

    // `fingerprint` tells what the patterns were made of and how. Written to a temporary name and renamed.
    void write(const std::filesystem::path& file, const std::string& fingerprint, std::size_t points) const;
    // Nothing where the file is not there; where it is damaged, or of another fingerprint or size, `why` says so.
    static std::optional<SearchIndex> read(const std::filesystem::path& file, const std::string& fingerprint, std::size_t entries,
                                           std::size_t points, std::string& why);
};

// minerals.h5 -> minerals.index.h5
std::filesystem::path index_beside(const std::filesystem::path& library);

}  // namespace friedel
