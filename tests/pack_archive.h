// Archives for tests, written by libarchive.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace friedel::test {

using Members = std::vector<std::pair<std::string, std::string>>;

// Packs members with libarchive: kind is "zip", "tar", "tar.gz", "tar.xz", or "gz" for one raw file.
inline void pack(const std::filesystem::path& file, const std::string& kind, const Members& members) {
    archive* const out = archive_write_new();
    if (kind == "zip") archive_write_set_format_zip(out);
    if (kind.starts_with("tar")) archive_write_set_format_pax_restricted(out);
    if (kind == "gz") archive_write_set_format_raw(out);
    if (kind.ends_with("gz")) archive_write_add_filter_gzip(out);
    if (kind.ends_with("xz")) archive_write_add_filter_xz(out);
    ASSERT_EQ(archive_write_open_filename(out, file.c_str()), ARCHIVE_OK);
    for (const auto& [name, text] : members) {
        archive_entry* const entry = archive_entry_new();
        archive_entry_set_pathname(entry, name.c_str());
        archive_entry_set_size(entry, static_cast<la_int64_t>(text.size()));
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        archive_write_header(out, entry);
        archive_write_data(out, text.data(), text.size());
        archive_entry_free(entry);
    }
    archive_write_close(out);
    archive_write_free(out);
}

}  // namespace friedel::test
