// An exported model holds the weights and the metadata, field by field of onnx.proto, and answers in onnxruntime as in Friedel.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <protozero/pbf_reader.hpp>
#include <random>
#include <sstream>

#include "host/answers/onnx_file.h"
#include "host/network/classifier.h"
#include "host/network/device.h"
#include "host/network/network.h"
#include "host/support/error.h"
#include "tests/refusals.h"

namespace friedel {
namespace {

namespace fs = std::filesystem;

Model random_model(Target target, int members, std::vector<Convolution> convolutions = {}) {
    Model model;
    model.grid = {8.0f, 0.02f, 1203};  // the last three points fill no bin of the background
    model.wavelength_angstrom = 0.7093f;
    model.target = target;
    model.shape.widths = {model.grid.points, 40, 24, classes_of(target)};
    model.shape.convolutions = std::move(convolutions);
    std::mt19937 random(11);
    std::normal_distribution<float> bias(0, 0.3f);
    for (int member = 0; member < members; ++member) {
        model.members.push_back(initial_parameters(model.shape, 5, member));
        for (int layer = 0; layer < model.shape.layers(); ++layer)
            for (int i = 0; i < model.shape.outputs(layer); ++i)
                model.members.back()[model.shape.bias_offset(layer) + static_cast<std::size_t>(i)] = bias(random);
    }
    model.calibration.belief = {1.7f, 0.1f};
    model.calibration.entropy_threshold = 2.25f;
    model.calibration.fitted_on = "labels.csv, 40 measured patterns";
    model.provenance.config = "[training]\nseed = 3\n";
    model.provenance.library = "train.h5";
    model.provenance.library_hash = "00ff";
    model.provenance.started_from = "first.h5 (00ee), trained on 7 patterns";
    model.provenance.chosen_on = "00dd";
    model.provenance.seed = 18446744073709551615ull;
    model.provenance.steps = 12;
    model.provenance.training_count[224] = 9;
    return model;
}

// Peaks over a sloping background with noise; the last pattern is constant.
std::vector<float> random_patterns(const Grid& grid, int n) {
    std::mt19937 random(3);
    std::uniform_real_distribution<float> part(0, 1);
    std::normal_distribution<float> noise(0, 4);
    std::vector<float> patterns;
    for (int row = 0; row < n; ++row) {
        std::vector<float> pattern(static_cast<std::size_t>(grid.points), 50.0f);
        for (int peak = 0; row + 1 < n && peak < 12; ++peak) {
            const float centre = part(random) * static_cast<float>(grid.points), height = 900 * part(random), width = 3 + 6 * part(random);
            for (int i = 0; i < grid.points; ++i)
                pattern[static_cast<std::size_t>(i)] += height * std::exp(-std::pow((static_cast<float>(i) - centre) / width, 2.0f));
        }
        for (int i = 0; row + 1 < n && i < grid.points; ++i)
            pattern[static_cast<std::size_t>(i)] += 0.02f * static_cast<float>(grid.points - i) + noise(random);
        patterns.insert(patterns.end(), pattern.begin(), pattern.end());
    }
    return patterns;
}

// The fields of one message by number. Field numbers below are those of onnx.proto.
std::multimap<std::uint32_t, protozero::data_view> messages_of(protozero::data_view message) {
    std::multimap<std::uint32_t, protozero::data_view> fields;
    for (protozero::pbf_reader reader(message); reader.next();) {
        const std::uint32_t tag = reader.tag();  // gone once the value is read
        if (reader.wire_type() == protozero::pbf_wire_type::length_delimited)
            fields.emplace(tag, reader.get_view());
        else
            reader.skip();
    }
    return fields;
}

std::string text_of(protozero::data_view message, std::uint32_t field) {
    const auto fields = messages_of(message);
    const auto found = fields.find(field);
    return found == fields.end() ? "" : found->second.to_string();
}

TEST(Export, HoldsTheWeightsAndWhatTheModelKnows) {
    const test::TemporaryDirectory folder;
    const Model model = random_model(Target::space_group, 2);
    model.write(folder / "model.h5");
    const auto result = test::run_friedel("export model.h5 --onnx -o model.onnx", folder.path);
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_NE(result.out.find("1203-40-24-230, ensemble of 2"), std::string::npos) << result.out;
    const std::string bytes = test::read_text(folder / "model.onnx");
    const auto fields = messages_of(bytes);
    std::map<std::string, std::string> metadata;
    for (auto [it, end] = fields.equal_range(14); it != end; ++it) metadata[text_of(it->second, 1)] = text_of(it->second, 2);
    EXPECT_EQ(metadata["wavelength_angstrom"], "0.7093");
    EXPECT_EQ(metadata["grid_start_deg"], "8");
    EXPECT_EQ(metadata["grid_step_deg"], "0.02");
    EXPECT_EQ(metadata["grid_points"], "1203");
    EXPECT_EQ(metadata["background_bin_points"], "5");
    EXPECT_EQ(metadata["background_window_bins"], "20");
    EXPECT_EQ(metadata["temperature"], "1.7");
    EXPECT_EQ(metadata["entropy_threshold_nats"], "2.25");
    EXPECT_EQ(metadata["training_config"], model.provenance.config);
    EXPECT_EQ(metadata["training_seed"], "18446744073709551615");
    EXPECT_EQ(metadata["training_started_from"], model.provenance.started_from);
    EXPECT_EQ(metadata["training_chosen_on"], "00dd");
    for_each_provenance_field(model.provenance, [&](const std::string& name, const auto&, Told) {
        EXPECT_TRUE(metadata.contains("training_" + name)) << "what a model's file says ONNX says as well: " << name;
    });
    EXPECT_EQ(nlohmann::json::parse(metadata["classes"]).at(224), "225");
    EXPECT_EQ(nlohmann::json::parse(metadata["training_structures_by_space_group"]).at(224), 9);

    const auto graph = messages_of(fields.find(7)->second);
    std::map<std::string, protozero::data_view> tensors;
    for (auto [it, end] = graph.equal_range(5); it != end; ++it) tensors[text_of(it->second, 8)] = messages_of(it->second).find(9)->second;
    for (int member : {0, 1}) {
        for (int layer : {0, 1, 2}) {
            const std::string name = "members/" + std::to_string(member) + "/layers/" + std::to_string(layer);
            const float* const parameters = model.members[static_cast<std::size_t>(member)].data();
            const std::size_t outputs = static_cast<std::size_t>(model.shape.outputs(layer)),
                              inputs = static_cast<std::size_t>(model.shape.inputs(layer));
            ASSERT_EQ(tensors[name + "/weight"].size(), outputs * inputs * 4) << name;
            EXPECT_EQ(std::memcmp(tensors[name + "/weight"].data(), parameters + model.shape.weight_offset(layer), outputs * inputs * 4),
                      0);
            ASSERT_EQ(tensors[name + "/bias"].size(), outputs * 4) << name;
            EXPECT_EQ(std::memcmp(tensors[name + "/bias"].data(), parameters + model.shape.bias_offset(layer), outputs * 4), 0);
        }
    }
    EXPECT_EQ(text_of(graph.find(11)->second, 1), "pattern");
}

// 1 GB of weights, three times: refused before anything of it is looked at.
TEST(Export, RefusesWhatTheFormatCannotHold) {
    const test::TemporaryDirectory folder;
    Model model;
    model.shape.widths = {8500, 29000, 230};
    model.members.resize(3);
    const std::string error = test::error_of([&] { write_onnx(folder / "large.onnx", model); });
    EXPECT_NE(error.find("large.onnx: the networks take"), std::string::npos) << error;
    EXPECT_NE(error.find("network.members"), std::string::npos) << error;
    EXPECT_TRUE(fs::is_empty(folder.path));
}

TEST(Export, SaysWhatIsWrong) {
    const test::TemporaryDirectory folder;
    random_model(Target::crystal_system, 1).write(folder / "model.h5");
    const auto refuses = [&](const std::string& arguments, int status, const std::string& what) {
        test::expect_refused("export " + arguments, what, status, folder.path);
    };
    refuses("model.h5 --onnx -o .", 1, "is a folder");
    refuses("model.h5 --onnx -o nowhere/model.onnx", 1, "nowhere/model.onnx: its folder is not there");
    refuses("nothing.h5 --onnx -o model.onnx", 1, "nothing.h5");
    refuses("model.h5 -o model.onnx", 2, "--onnx");
    refuses("model.h5 --onnx -o model.txt", 2, "give the ending .onnx");
    EXPECT_FALSE(fs::exists(folder / "model.onnx") || fs::exists(folder / "model.txt"));
}

struct Exported {
    Target target;
    int members;
    std::vector<Convolution> convolutions;
};
class ExportToOnnxruntime : public ::testing::TestWithParam<Exported> {};

std::string python() {
    const char* const given = std::getenv("FRIEDEL_PYTHON");
    return given ? given : "python3";
}
bool has_onnxruntime() { return std::system(("'" + python() + "' -c 'import numpy, onnxruntime' >/dev/null 2>&1").c_str()) == 0; }
std::string want_of_onnxruntime() {
    return "SKIPPED FOR WANT OF ONNXRUNTIME: " + python() +
           " has no numpy and onnxruntime; set FRIEDEL_PYTHON to one that has (python3 -m venv, pip install onnx onnxruntime)";
}

// The script does by the file's metadata alone, from measured files on, what 'friedel classify' does.
TEST(ExportScript, ClassifiesAsFriedelDoes) {
    if (!has_onnxruntime()) GTEST_SKIP() << want_of_onnxruntime();
    const test::TemporaryDirectory folder;
    const std::string examples = (test::source_dir() / "data/examples").string();
    for (const float wavelength : {1.54184f, 0.7093f}) {
        for (const float step : {0.04f, 0.013f}) {  // coarser than the files, where means are taken, and finer
            Model model = random_model(Target::space_group, 2);
            model.grid = {5.0f, step, static_cast<int>(25 / step)};
            model.wavelength_angstrom = wavelength;
            model.shape.widths[0] = model.grid.points;
            for (int member = 0; member < 2; ++member)
                model.members[static_cast<std::size_t>(member)] = initial_parameters(model.shape, 5, member);
            model.calibration.lattice_scales = {0.99f, 1.0f, 1.01f};
            model.calibration.set_level = 0.9f;
            model.calibration.set_probability = 0.01f;
            model.write(folder / "model.h5");
            write_onnx(folder / "model.onnx", model);
            const std::string patterns = "'" + examples + "/quartz.xy' '" + examples + "/topaz.xy'";
            ASSERT_EQ(
                test::run_friedel("classify model.h5 " + patterns + " --structures none --wavelength 1.5418 -o own.jsonl -q", folder.path)
                    .status,
                0);
            const std::string script = (test::source_dir() / "tools/onnx_classify.py").string();
            const std::string command = "'" + python() + "' '" + script + "' '" + (folder / "model.onnx").string() + "' " + patterns +
                                        " --wavelength 1.5418 >'" + (folder / "theirs.jsonl").string() + "'";
            ASSERT_EQ(std::system(command.c_str()), 0);
            std::istringstream own(test::read_text(folder / "own.jsonl")), theirs(test::read_text(folder / "theirs.jsonl"));
            int compared = 0;
            for (std::string a, b; std::getline(own, a) && std::getline(theirs, b); ++compared) {
                const auto ours = nlohmann::json::parse(a), script_says = nlohmann::json::parse(b);
                EXPECT_EQ(std::to_string(ours["space_group"].get<int>()), script_says["space_group"].get<std::string>());
                EXPECT_NEAR(ours["probability"].get<double>(), script_says["probability"].get<double>(), 1e-5);
                EXPECT_NEAR(ours["entropy"].get<double>(), script_says["entropy"].get<double>(), 1e-4);
                EXPECT_EQ(ours["set"].size(), script_says["set"].size());
            }
            EXPECT_EQ(compared, 2);
        }
    }
}

TEST_P(ExportToOnnxruntime, AnswersAsFriedelDoes) {
    if (!has_onnxruntime()) GTEST_SKIP() << want_of_onnxruntime();
    const auto& [target, members, convolutions] = GetParam();
    const test::TemporaryDirectory folder;
    const Model model = random_model(target, members, convolutions);
    write_onnx(folder / "model.onnx", model);

    constexpr int n = 5;
    const auto save = [&](const char* name, const std::vector<float>& values) {
        test::write_text(folder / name, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
    };
    Device device({"cpu"}, 2);
    Classifier classifier(model, *device.backend);
    std::vector<float> patterns = random_patterns(model.grid, n);
    save("patterns", patterns);
    std::vector<float> answers(static_cast<std::size_t>(members * n * model.classes()));
    classifier.logits(answers.data(), patterns.data(), n);
    save("logits", answers);
    answers.resize(static_cast<std::size_t>(n * model.classes()));
    classifier.probabilities(answers.data(), patterns.data(), n);
    save("probabilities", answers);
    device.backend->preprocess(reinterpret_cast<Operand*>(patterns.data()), patterns.data(), n, model.grid, model.preprocess);
    save("inputs", patterns);

    const std::string oracle = (test::source_dir() / "tests/onnx_oracle.py").string();
    const std::string command = "'" + python() + "' '" + oracle + "' '" + (folder / "model.onnx").string() + "' '" + folder.path.string() +
                                "' >'" + (folder / "out").string() + "' 2>&1";
    const int status = std::system(command.c_str());
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << test::read_text(folder / "out");
    std::printf("%s", test::read_text(folder / "out").c_str());
}

INSTANTIATE_TEST_SUITE_P(Models, ExportToOnnxruntime,
                         ::testing::Values(Exported{Target::space_group, 1, {}}, Exported{Target::space_group, 3, {}},
                                           Exported{Target::crystal_system, 1, {}},
                                           Exported{Target::space_group, 2, {{32, 64, 8}, {64, 8, 2}}}),
                         [](const auto& info) { return "Model" + std::to_string(info.index); });

}  // namespace
}  // namespace friedel
