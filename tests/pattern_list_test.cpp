// Which files of a folder are taken for patterns.
#include "host/patterns/pattern_list.h"

#include <gtest/gtest.h>

#include "host/support/error.h"
#include "host/support/text_encoding.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

TEST(PatternList, TakesOfAFolderWhatMayBeAPattern) {
    const test::TemporaryDirectory folder;
    for (const char* name : {"b.xy", "deeper/a.XRDML", "table.csv", "numbers.CSV", "quote.csv", "steps.csv"}) {
        std::filesystem::create_directories((folder / name).parent_path());
        test::write_text(folder / name, "2theta,intensity\n5,1\n");
    }
    test::write_text(folder / "labels.csv",
                     "\xef\xbb\xbf"
                     "file;space_group\nb.xy;1\n");
    test::write_text(folder / "results.csv", "file,space_group,symbol\n");
    test::write_text(folder / "quote.csv", "5\" holder\n");
    test::write_text(folder / "steps.csv", "step,counts\n5,1\n");
    test::write_text(folder / "mine.csv", "space_group,\"file\"\r\n1,b.xy\r\n");
    test::write_text(folder / "metrics.csv", "step,patterns,loss\n1,512,5.4\n");
    test::write_text(folder / "empty.csv", "");
    test::write_text(folder / "notes.md", "5 1\n");
    test::write_text(folder / "structure.cif", "data_x\n");
    const PatternList list = PatternList::of_paths({folder.path.string()});
    std::vector<std::string> names;
    for (std::size_t i = 0; i < list.size(); ++i) names.push_back(std::filesystem::relative(list.name(i), folder.path).string());
    EXPECT_EQ(names, (std::vector<std::string>{"b.xy", "deeper/a.XRDML", "numbers.CSV", "quote.csv", "steps.csv", "table.csv"}));

    const test::TemporaryDirectory without;
    test::write_text(without / "labels.csv", "file,space_group\n");
    EXPECT_THROW(PatternList::of_paths({without.path.string()}), Error);
}

TEST(PatternList, NamesAreUtf8) {
    EXPECT_EQ(utf_8_of_bytes("a \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80.xy"), "a \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80.xy");
    // Latin-1, a character cut off, one longer than it need be, a surrogate, beyond Unicode.
    EXPECT_EQ(utf_8_of_bytes("\xe9.xy"), "\\xE9.xy");
    EXPECT_EQ(utf_8_of_bytes("\xe2\x82"), "\\xE2\\x82");
    EXPECT_EQ(utf_8_of_bytes("\xe0\x80\xaf"), "\\xE0\\x80\\xAF");
    EXPECT_EQ(utf_8_of_bytes("\xed\xa0\x80"), "\\xED\\xA0\\x80");
    EXPECT_EQ(utf_8_of_bytes("\xf5\x80\x80\x80"), "\\xF5\\x80\\x80\\x80");
}

}  // namespace
}  // namespace friedel
