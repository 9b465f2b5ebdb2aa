// Files that are given as patterns and are none say what they are, and what to do.
#include <gtest/gtest.h>

#include <string>

#include "host/patterns/pattern_file.h"
#include "tests/model_commands.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

std::string error_of(const std::string& text) {
    return test::error_of([&] { parse_pattern(text, "a"); });
}

TEST(OtherFiles, SayWhatTheyAre) {
    const std::string zip = "PK\x03\x04 [Content_Types].xml ";
    const std::pair<std::string, const char*> files[] = {
        {zip + "xl/workbook.xml", "is an Excel workbook; save the sheet as CSV"},
        {zip + "word/document.xml", "is a Word document"},
        {zip + "mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "is a workbook of LibreOffice; save the sheet as CSV"},
        {zip + "other", "is a zip archive and neither .rasx nor .brml"},
        {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 .....", "is an Excel workbook (.xls)"},
        {"file;space_group\na.xy;225\n",
         "is a table of files with their space groups, not a pattern; 'friedel evaluate --labels' takes it"},
        {"step,patterns,loss\n1,512,5.4\n", "holds the metrics of a training"},
        {"{\n  \"friedel\": \"1.0\"}", "is a file of Friedel's results"},
        {"{\"a\": 3}", "is JSON"},
        {"{\\rtf1\\ansi 5.0 21\\par\n", "is a document of a word processor (RTF); save it as plain text"},
    };
    for (const auto& [text, what] : files) EXPECT_NE(error_of(text).find(what), std::string::npos) << what << ": " << error_of(text);
}

// A table of measurements may name the file that they are from.
TEST(OtherFiles, ATableOfAPatternMayNameItsFile) {
    std::string quotes = "# 12\" cryostat;\"X\n";
    for (int i = 0; i < 200; ++i) quotes += std::to_string(10 + 0.02 * i) + " " + std::to_string(20 + i % 7) + "\n";
    EXPECT_EQ(error_of(quotes), "no error") << "quotes that do not match in what is no table";
    std::string text = "file,2theta,intensity\n";
    for (int i = 0; i < 200; ++i) text += "a.raw," + std::to_string(10 + 0.02 * i) + "," + std::to_string(20 + i % 7) + "\n";
    EXPECT_EQ(parse_pattern(text, "a.csv").two_theta_deg.size(), 200u);
}

using OwnFiles = test::ModelCommands;

TEST_F(OwnFiles, ResultsAreNoPatterns) {
    ASSERT_EQ(run("ingest -q minerals/quartz.cif minerals/calcite.cif -o two.h5").status, 0);
    ASSERT_EQ(run("simulate -q minerals/quartz.cif -o q.xy").status, 0);
    for (const std::string command : {"classify model.h5 q.xy", "match two.h5 q.xy", "index q.xy"}) {
        for (const std::string ending : {".csv", ".jsonl"}) {
            const std::string output = command.substr(0, command.find(' ')) + ending;
            ASSERT_EQ(run(command + " -q -o " + output).status, 0) << command;
            EXPECT_NE(run("index -q " + output).err.find("is a file of Friedel's results, not a pattern; name the measured files"),
                      std::string::npos)
                << run("index " + output).err;
            EXPECT_EQ(run("info " + output).status, 1);
        }
    }
    ASSERT_EQ(run("classify model.h5 q.xy -q -o r.h5").status, 0);
    for (const std::string file : {"r.h5", "model.h5", "two.h5"})
        EXPECT_NE(run("index -q " + file).err.find("not a pattern; give a measured pattern"), std::string::npos)
            << run("index " + file).err;
}

}  // namespace
}  // namespace friedel
