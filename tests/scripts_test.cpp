// Scripts beside the program: what is wrong with their options is told at once, in one line.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/test_paths.h"

namespace friedel {
namespace {

void expect_refused(const std::string& command, const std::string& why, int status) {
    SCOPED_TRACE(command);
    const test::TemporaryDirectory folder;
    test::write_text(folder / "there", "nothing\n");
    const auto result = test::run_script("source='" + test::source_dir().string() + "'; " + command, folder.path);
    EXPECT_EQ(result.status, status) << result.out;
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_NE(result.err.find(why), std::string::npos) << result.err;
}

TEST(Scripts, TrainReleaseChecksItsOptionsFirst) {
    for (const auto& [options, why] : std::vector<std::pair<std::string, std::string>>{
             {"there --minutes", "train_release: --minutes needs a value"},
             {"there --minutes soon", "--minutes soon: is no number of minutes"},
             {"there --minutes 0.0", "--minutes 0.0: is no number of minutes"},
             {"there --labels nope.csv", "--labels nope.csv: cannot be read"},
             {"there --labels there", "--labels there: its first line does not name the columns"},
             {"there --start-from nope.h5", "--start-from nope.h5: cannot be read"},
             {"--nonsense", "--nonsense is no option"},
             {"nope.cif", "nope.cif is not there"}})
        expect_refused("bash \"$source/tools/train_release.sh\" " + options, why, 2);
}

TEST(Scripts, StudyNamesTheChangeThatItDoesNotKnow) {
    for (const auto& [options, why] : std::vector<std::pair<std::string, std::string>>{
             {"--only nonsense there there there", "there is no change 'nonsense'"},
             {"--only 'base,no texture, no jitter of intensities,no such thing' there there there", "there is no change 'no such thing'"},
             {"--steps 0 there there there", "--steps 0: needs a number above 0"},
             {"--steps", "--steps : needs a whole number"},
             {"there nope.h5", "nope.h5 is not there"}})
        expect_refused("bash \"$source/bench/study.sh\" " + options, why, 2);
    // Known ones are, as far as the program that is missing here.
    expect_refused(
        "FRIEDEL=/nowhere bash \"$source/bench/study.sh\" --only 'base,no noise,no texture, no jitter of intensities' there there there",
        "/nowhere is missing", 1);
}

TEST(Scripts, OnnxClassifyHelpsWithoutOnnxruntime) {
    const std::string script = "python3 -I -S '" + (test::source_dir() / "tools/onnx_classify.py").string() + "' ";
    const test::TemporaryDirectory folder;
    if (test::run_script("python3 -c ''", folder.path).status != 0) GTEST_SKIP() << "no python3";
    const auto help = test::run_script(script + "--help", folder.path);
    EXPECT_EQ(help.status, 0) << help.err;
    EXPECT_NE(help.out.find("--wavelength"), std::string::npos) << help.out;
    expect_refused(script + "model.onnx pattern.xy", "pip install numpy onnxruntime", 1);
}

}  // namespace
}  // namespace friedel
