// Which files of a folder are taken for patterns.
#include "host/patterns/pattern_list.h"

#include <gtest/gtest.h>

#include "host/support/error.h"
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

}  // namespace
}  // namespace friedel
