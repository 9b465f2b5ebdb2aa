#include "host/support/archive.h"

#include <gtest/gtest.h>

#include "tests/pack_archive.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

using test::Members;
using test::pack;

namespace fs = std::filesystem;

std::vector<InputFile> read_all(const std::vector<fs::path>& paths, const InputOptions& options = {}) {
    InputFiles files(paths, options);
    std::vector<InputFile> result;
    double progress = 0;
    while (auto file = files.next()) {
        result.push_back(*file);
        EXPECT_GE(files.progress(), progress);
        progress = files.progress();
    }
    EXPECT_NEAR(files.progress(), 1.0, 1e-9);
    return result;
}

TEST(InputFiles, EveryKindOfArchive) {
    const test::TemporaryDirectory folder;
    const std::string long_text(300000, 'x');
    const Members members = {
        {"b/one.cif", "first"}, {"README.txt", "not wanted"}, {"__MACOSX/._one.cif", "not wanted"}, {"a/two.CIF", long_text}};
    for (const char* kind : {"zip", "tar", "tar.gz", "tar.xz"}) {
        const fs::path file = folder / (std::string("pack.") + kind);
        pack(file, kind, members);
        const std::vector<InputFile> read = read_all({file});
        ASSERT_EQ(read.size(), 2u) << kind;
        EXPECT_EQ(read[0].name, file.filename().string() + "/b/one.cif");
        EXPECT_EQ(read[0].text, "first") << kind;
        EXPECT_EQ(read[1].text, long_text) << kind;
        EXPECT_TRUE(read[0].error.empty());
    }
    pack(folder / "single.cif.gz", "gz", {{"single.cif", "alone"}});
    const std::vector<InputFile> single = read_all({folder / "single.cif.gz"});
    ASSERT_EQ(single.size(), 1u);
    EXPECT_EQ(single[0].text, "alone");
}

TEST(InputFiles, FoldersAreReadInTheOrderOfNames) {
    const test::TemporaryDirectory folder;
    fs::create_directories(folder / "sub");
    test::write_text(folder / "b.cif", "b");
    test::write_text(folder / "a.cif", "a");
    test::write_text(folder / "sub" / "c.cif", "c");
    test::write_text(folder / "notes.txt", "n");
    pack(folder / "sub" / "d.zip", "zip", {{"e.cif", "e"}});
    std::string texts;
    for (const InputFile& file : read_all({folder.path})) texts += file.text;
    EXPECT_EQ(texts, "abce");
}

TEST(InputFiles, WhatCannotBeReadIsReportedAndTheRestGoesOn) {
    const test::TemporaryDirectory folder;
    test::write_text(folder / "good.cif", "good");
    test::write_text(folder / "fake.zip", "this is no archive");
    test::write_text(folder / "big.cif", std::string(2 << 20, 'x'));
    fs::create_directories(folder / "empty");
    pack(folder / "words.tar", "tar", {{"README.txt", "words"}});
    pack(folder / "nested.tar", "tar", {{"inner.zip", "PK"}});
    pack(folder / "cut.tar.gz", "tar.gz", {{"one.cif", std::string(100000, 'q') + "and more"}, {"two.cif", "second"}});
    fs::resize_file(folder / "cut.tar.gz", fs::file_size(folder / "cut.tar.gz") / 2);
    const std::vector<InputFile> read =
        read_all({folder / "none.cif", folder / "fake.zip", folder / "big.cif", folder / "empty", folder / "words.tar",
                  folder / "nested.tar", folder / "cut.tar.gz", folder / "none.zip", folder / "good.cif"},
                 {{".cif"}, 1 << 20});
    ASSERT_EQ(read.size(), 9u);
    const std::vector<std::string> expected = {
        "No such file",      "not an archive",     "larger than the limit of 1 MiB", "holds no .cif file", "without any .cif file",
        "inside an archive", "cannot be unpacked", "cannot be read (No such file"};
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_NE(read[i].error.find(expected[i]), std::string::npos) << read[i].name << ": " << read[i].error;
        EXPECT_TRUE(read[i].text.empty());
    }
    EXPECT_EQ(read.back().text, "good");
}

}  // namespace
}  // namespace friedel
