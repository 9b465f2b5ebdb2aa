// What a network is asked about while it trains are measured patterns as friedel classify reads them.
#include "host/training/validation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include "host/network/model.h"
#include "host/patterns/pattern_reader.h"
#include "host/support/radiation.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

// Lines of this width at angles of Cu K-alpha 1 (degrees), on a background of 100, in two columns from 4 to 100 degrees; `axis` makes
// the first one of an angle.
std::string text_of(const std::vector<double>& lines, double width, double step, const std::function<double(double)>& axis) {
    std::string text;
    for (int i = 0; 4 + step * i < 100; ++i) {
        const double angle = 4 + step * i;
        double intensity = 100;
        for (const double line : lines) intensity += 1000 * std::exp(-4 * std::log(2.0) * std::pow((angle - line) / width, 2));
        text += std::to_string(axis(angle)) + ' ' + std::to_string(intensity) + '\n';
    }
    return text;
}

double as_it_is(double angle) { return angle; }
double q_per_angstrom(double angle) { return 4 * std::numbers::pi * std::sin(angle * std::numbers::pi / 360) / 1.5405929; }

class MeasuredValidation : public ::testing::Test {
protected:
    MeasuredValidation() : config(preset("quick")) { config.simulation.grid = {5, 0.05f, 1101}; }

    ValidationSet read(const std::vector<std::string>& files) {
        std::string labels = "file,space_group\n";
        for (const std::string& file : files) labels += file + ",225\n";
        test::write_text(folder / "labels.csv", labels);
        warnings.clear();
        return ValidationSet::measured(config, folder / "labels.csv", folder.path, 0, 2,
                                       [this](const std::string& line) { warnings.push_back(line); });
    }
    // As friedel classify reads them.
    std::vector<float> read_to_classify(const std::vector<std::string>& files) const {
        std::vector<std::string> paths;
        for (const std::string& file : files) paths.push_back((folder / file).string());
        const PatternList list = PatternList::of_paths(paths);
        PatternReaderConfig reading;
        reading.grid = config.simulation.grid;
        reading.model_wavelength = mean_wavelength(config.simulation.radiation);
        PatternReader reader(list, reading);
        PatternBatch batch;
        EXPECT_TRUE(reader.next(batch));
        return batch.patterns;
    }

    TrainingConfig config;
    const test::TemporaryDirectory folder;
    std::vector<std::string> warnings;
};

// Against Q a line stands where it was put, whatever wavelength the file states.
TEST_F(MeasuredValidation, IsWhatIsClassified) {
    test::write_text(folder / "q.xy", "# wavelength 1.5418\n# Q (1/A) intensity\n" + text_of({22, 31, 55}, 0.1, 0.02, q_per_angstrom));
    test::write_text(folder / "angles.xy", "# wavelength 1.5405929\n" + text_of({22, 31, 55}, 0.1, 0.02, as_it_is));
    const std::vector<std::string> files = {"q.xy", "angles.xy"};
    const ValidationSet set = read(files);
    ASSERT_EQ(set.size(), 2);
    EXPECT_TRUE(warnings.empty()) << warnings.front();
    EXPECT_EQ(set.measured_patterns(), read_to_classify(files));
    const Grid& grid = config.simulation.grid;
    for (int row = 0; row < 2; ++row) {
        const auto first = set.measured_patterns().begin() + row * grid.points + 900;  // from 50 degrees on
        const auto strongest = std::max_element(first, set.measured_patterns().begin() + (row + 1) * grid.points);
        EXPECT_EQ(strongest - first, 100) << row << ": 55 degrees";
    }
}

TEST_F(MeasuredValidation, LeavesOutWhatClassifyRefuses) {
    const std::string stated = "# wavelength 1.5405929\n";
    test::write_text(folder / "good.xy", stated + text_of({22, 31, 55}, 0.1, 0.02, as_it_is));
    test::write_text(folder / "narrow.xy", text_of({12, 22, 31, 40, 55}, 0.008, 0.001, as_it_is));
    test::write_text(folder / "nothing.xy", stated + text_of({80}, 0.1, 0.02, as_it_is));
    test::write_text(folder / "short.xy", stated + text_of({22}, 0.1, 0.02, [](double angle) { return angle / 10; }));
    const ValidationSet set = read({"narrow.xy", "good.xy", "nothing.xy", "absent.xy", "short.xy"});
    EXPECT_EQ(set.measured_patterns(), read_to_classify({"good.xy"}));
    const char* const reasons[] = {"narrow.xy: its lines are 0.010 degrees wide", "nothing.xy: no signal within the model's range",
                                   "absent.xy: ", "short.xy: covers 9 % of the model's 5 to 60 degrees"};
    ASSERT_EQ(warnings.size(), std::size(reasons));
    for (std::size_t i = 0; i < warnings.size(); ++i) {
        EXPECT_NE(warnings[i].find(reasons[i]), std::string::npos) << warnings[i];
        EXPECT_TRUE(warnings[i].ends_with("; left out of validation")) << warnings[i];
    }
}

}  // namespace
}  // namespace friedel
