// Labels files, good and bad.
#include "host/patterns/labels.h"

#include <gtest/gtest.h>

#include "host/support/csv.h"
#include "host/support/error.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

using Fields = std::vector<std::string>;

TEST(Csv, SplitsAndQuotes) {
    EXPECT_EQ(split_csv("a,b,,c"), (Fields{"a", "b", "", "c"}));
    EXPECT_EQ(split_csv(""), Fields{""});
    EXPECT_EQ(split_csv("\"a,b\",\"say \"\"no\"\"\",x\r"), (Fields{"a,b", "say \"no\"", "x"}));
    EXPECT_THROW(split_csv("a,\"b"), Error);
    for (const std::string text : {"plain", "a,b", "say \"no\"", ""}) EXPECT_EQ(split_csv(csv_field(text)), Fields{text});
}

TEST(Labels, ReadsColumnsInAnyOrder) {
    test::TemporaryDirectory directory;
    const auto file = directory / "labels.csv";
    test::write_text(file,
                     "\xef\xbb\xbfspace_group,formula,file,group,repeat_of\r\n225,\"K(Na,Ca)\",b.xy,a.xy,a.xy\r\n\r\n 14 ,,a.xy,,\r\n");
    const std::vector<Label> labels = read_labels(file);
    ASSERT_EQ(labels.size(), 2u);
    EXPECT_EQ(labels[0].file, "b.xy");
    EXPECT_EQ(labels[0].space_group, 225);
    EXPECT_EQ(labels[0].group, "a.xy");
    EXPECT_EQ(labels[0].repeat_of, "a.xy");
    EXPECT_EQ(labels[0].line, 2);
    EXPECT_EQ(labels[1].space_group, 14);
    EXPECT_EQ(labels[1].group, "a.xy") << "a file without a group is one of its own";
    EXPECT_EQ(labels[1].line, 4);
}

TEST(Labels, NamesOfColumnsAsPeopleWriteThem) {
    const test::TemporaryDirectory directory;
    const auto file = directory / "labels.csv";
    for (const char* header : {"FILE,SPACE_GROUP", "File,Space Group", "file , Space group"}) {
        test::write_text(file, std::string(header) + "\na.xy,14\n");
        ASSERT_EQ(read_labels(file).size(), 1u) << header;
        EXPECT_EQ(read_labels(file)[0].space_group, 14) << header;
    }
}

TEST(Labels, NumbersOfTablesSymbolsAndOtherSeparators) {
    test::TemporaryDirectory directory;
    const auto file = directory / "labels.csv";
    for (const char separator : {',', ';', '\t'}) {
        std::string text = "file,space_group\na.xy,14.0\nb.xy,Fm-3m\nc.xy,P 1 21/c 1\nd.xy,P63/mmc\n";
        std::replace(text.begin(), text.end(), ',', separator);
        test::write_text(file, text);
        const std::vector<Label> labels = read_labels(file);
        ASSERT_EQ(labels.size(), 4u);
        EXPECT_EQ(labels[0].space_group, 14);
        EXPECT_EQ(labels[1].space_group, 225);
        EXPECT_EQ(labels[2].space_group, 14);
        EXPECT_EQ(labels[3].space_group, 194);
    }
}

TEST(Labels, RefusesWithTheLineAndTheCure) {
    test::TemporaryDirectory directory;
    const auto file = directory / "labels.csv";
    const std::pair<std::string, std::string> cases[] = {
        {"", "is empty"},
        {"file,space_group\n", "holds no label"},
        {"name,space_group\na,1\n", "line 1: has no column 'file'"},
        {"file,group\na,1\n", "line 1: has no column 'space_group'"},
        {"file,file,space_group\na,b,1\n", "line 1: names the column 'file' twice"},
        {"file,space_group\na.xy,231\n", "line 2: '231' is no space group"},
        {"file,space_group\na.xy,0\n", "line 2: '0' is no space group"},
        {"file,space_group\na.xy,Fm-3x\n", "line 2: 'Fm-3x' is no space group"},
        {"file,space_group\na.xy,14.5\n", "line 2: '14.5' is no space group"},
        {"file,space_group\na.xy,\n", "line 2: '' is no space group"},
        {"file,space_group\n,14\n", "line 2: names no file"},
        {"file,space_group\na.xy,14\nb.xy,2\n\na.xy,14\n", "line 5: names a.xy again, after line 2"},
        {"file,space_group\na,b.xy,14\n", "line 2: has 3 fields where the header names 2"},
        {"file,space_group\n\"a.xy,14\n", "line 2: a quoted field does not end"},
        {std::string("file,space_group\na\0b,14\n", 24), "is a binary file"},
    };
    for (const auto& [text, expected] : cases) {
        test::write_text(file, text);
        const std::string error = test::error_of([&] { read_labels(file); });
        EXPECT_NE(error.find(expected), std::string::npos) << error << "\nexpected: " << expected << "\nof: " << text;
        EXPECT_TRUE(error.starts_with(file.string())) << error;
    }
    EXPECT_THROW(read_labels(directory / "absent.csv"), Error);
    EXPECT_THROW(read_labels(directory.path), Error);
}

TEST(Labels, ReadsTheMeasuredCollection) {
    const auto shared = test::shared_dir("data/measured/rruff");
    if (shared.empty()) GTEST_SKIP() << test::shared_missing;
    const std::vector<Label> labels = read_labels(shared / "labels.csv");
    EXPECT_EQ(labels.size(), 451u);
    EXPECT_EQ(std::count_if(labels.begin(), labels.end(), [](const Label& label) { return label.repeat_of.empty(); }), 366);
}

}  // namespace
}  // namespace friedel
