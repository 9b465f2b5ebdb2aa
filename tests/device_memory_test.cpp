// Whatever works on a backend keeps its device's memory and the host's apart: run on a processor that pretends to have memory of its own.
#include <gtest/gtest.h>

#include "host/crystals/structure_library.h"
#include "host/network/classifier.h"
#include "host/network/model.h"
#include "host/search/matcher.h"
#include "host/training/config.h"
#include "host/training/trainer.h"
#include "tests/checked_backend.h"
#include "tests/train_command.h"

namespace friedel {
namespace {

TrainingConfig small_config(const std::vector<const char*>& more = {"network.members=2"}) {
    TrainingConfig config = preset("quick");
    for (const char* setting : {"grid.step_deg=0.2", "grid.points=425", "network.hidden=[48, 32]", "network.dropout=[0.2, 0.1]",
                                "training.batch=600", "training.steps=4", "training.minutes=0", "optimiser.warmup_steps=1"})
        set_key(config, setting);
    for (const char* setting : more) set_key(config, setting);
    check(config);
    return config;
}

// A batch of more patterns than are looked through at once.
TEST(DeviceMemory, TrainingStaysThere) {
    const StructureLibrary library = StructureLibrary::read(test::small_library());
    ThreadPool pool(2);
    const TrainingConfig config = small_config();
    test::CheckedBackend checked(pool);
    const auto plain = make_cpu_backend(pool);
    Trainer there(checked, config, library), here(*plain, config, library);
    for (int step = 0; step < 3; ++step) there.step(), here.step();
    EXPECT_EQ(there.take_results().loss, here.take_results().loss);
    EXPECT_EQ(there.answering_parameters(), here.answering_parameters());
    EXPECT_TRUE(there.nonfinite_structures().empty());

    // A first step that is far too long: losses are no longer finite.
    TrainingConfig wild = config;
    wild.optimiser.learning_rate = 1e30f;
    Trainer failing(checked, wild, library);
    for (int step = 0; step < 3; ++step) failing.step();
    EXPECT_GT(failing.take_results().skipped, 0);
    EXPECT_TRUE(failing.nonfinite_structures().empty()) << "it is the network";
}

TEST(DeviceMemory, ConvolutionsStayThere) {
    const StructureLibrary library = StructureLibrary::read(test::small_library());
    ThreadPool pool(2);
    const TrainingConfig config =
        small_config({"network.filters=[32]", "network.kernels=[16]", "network.strides=[8]", "network.dropout=0.1"});
    test::CheckedBackend checked(pool);
    Trainer trainer(checked, config, library);
    trainer.step();
    EXPECT_GT(trainer.take_results().samples, 0);
}

TEST(DeviceMemory, AnsweringStaysThere) {
    const TrainingConfig config = small_config();
    ThreadPool pool(2);
    Model model;
    model.shape = config.shape();
    model.grid = config.simulation.grid;
    model.preprocess = config.preprocess;
    for (int member = 0; member < 2; ++member) model.members.push_back(initial_parameters(model.shape, 3, member));
    const auto probabilities = [&](Backend& backend) {
        Classifier classifier(model, backend);
        const int n = 300;
        std::vector<float> patterns(static_cast<std::size_t>(n) * model.grid.points), found(static_cast<std::size_t>(n) * 230);
        for (std::size_t i = 0; i < patterns.size(); ++i) patterns[i] = static_cast<float>(i * 7919 % 1000);
        classifier.probabilities(found.data(), patterns.data(), n);
        return found;
    };
    test::CheckedBackend checked(pool);
    EXPECT_EQ(probabilities(checked), probabilities(*make_cpu_backend(pool)));
}

TEST(DeviceMemory, MatchingStaysThere) {
    const StructureLibrary library = StructureLibrary::read(test::small_library());
    Device device({"cpu"}, 2);
    device.backend = std::make_unique<test::CheckedBackend>(device.pool);
    MatcherConfig config;
    Matcher matcher(library, config, device);
    std::vector<float> pattern(static_cast<std::size_t>(config.grid.points), 1);
    pattern[300] = 100;
    EXPECT_FALSE(matcher.match(pattern.data(), 1).front().empty());
}

}  // namespace
}  // namespace friedel
