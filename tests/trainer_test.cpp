// Training as a whole: the same weights for any number of cores and however often a run is stopped, and a network that learns.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "host/network/bf16_gemm.h"
#include "host/support/error.h"
#include "host/training/trainer.h"
#include "host/training/training_run.h"
#include "tests/csv_table.h"
#include "tests/refusals.h"
#include "tests/train_command.h"

namespace friedel {
namespace {

namespace fs = std::filesystem;
using test::small_library;
using test::TrainCommand;

TrainingConfig small_config() {
    TrainingConfig config = preset("quick");
    for (const char* setting :
         {"grid.step_deg=0.2", "grid.points=425", "network.hidden=[48, 32]", "network.dropout=[0.2, 0.1]", "training.batch=64",
          "training.steps=12", "training.minutes=0", "training.seed=7", "optimiser.warmup_steps=2"})
        set_key(config, setting);
    check(config);
    return config;
}

std::vector<std::vector<float>> train(const TrainingConfig& config, int threads, int steps, Precision precision = Precision::float32) {
    const StructureLibrary library = StructureLibrary::read(small_library());
    ThreadPool pool(threads);
    const auto backend = make_cpu_backend(pool, precision);
    Trainer trainer(*backend, config, library);
    for (int step = 0; step < steps; ++step) trainer.step();
    return trainer.answering_parameters();
}

TEST(Trainer, SameWeightsOnAnyNumberOfCores) {
    const TrainingConfig config = small_config();
    const auto one = train(config, 1, 6);
    EXPECT_EQ(one, train(config, 2, 6));
    EXPECT_EQ(one, train(config, 5, 6));
    TrainingConfig other = config;
    other.run.seed = 8;
    EXPECT_NE(one, train(other, 1, 6)) << "the seed changes nothing";
}

// What one step left unfinished when it threw does not reach the next, and no work aside is lost without a word.
TEST(Trainer, WorkAsideIsDoneOrRefused) {
    const TrainingConfig config = small_config();
    const StructureLibrary library = StructureLibrary::read(small_library());
    ThreadPool pool(2);
    const auto backend = make_cpu_backend(pool);
    const Sampler sampler(library.view(), config.network.target, config.run.tempering);
    const auto stream = backend->open_stream(library.view(), sampler.view(), config.simulation, config.preprocess);
    constexpr int rows = 4;
    const int points = config.simulation.grid.points;
    Matrix patterns(*backend, rows, points), others(*backend, rows, points);
    const StepState begin{5, 0, 100};
    const Buffer<StepState> state(*backend, &begin, 1);
    const auto draw = [&](Matrix& to, Buffer<std::int32_t>& labels) { stream->draw(to.data(), labels.data(), state.data(), 0, rows); };
    const auto is_drawn = [&](const Buffer<std::int32_t>& labels) {
        std::vector<std::int32_t> found(rows);
        labels.download(found.data());
        return std::none_of(found.begin(), found.end(), [](std::int32_t label) { return label < 0; });
    };
    const std::vector<std::int32_t> none(rows, -1);
    Buffer<std::int32_t> first(*backend, none.data(), rows), second(*backend, none.data(), rows);

    EXPECT_THROW(backend->overlap(
                     [&] {
                         draw(patterns, first);
                         fail("aside");
                     },
                     [] {}),
                 Error);
    draw(patterns, first);
    EXPECT_TRUE(is_drawn(first)) << "put off for ever";
    EXPECT_THROW(backend->overlap(
                     [&] {
                         draw(patterns, first);
                         draw(others, second);
                     },
                     [] {}),
                 Error);
    backend->overlap([&] { draw(others, second); }, [] {});
    EXPECT_TRUE(is_drawn(second));
}

TEST(Trainer, SameWeightsOnAnyNumberOfCoresInBf16) {
    if (const std::string missing = Bf16Gemm::missing(); !missing.empty()) GTEST_SKIP() << missing;
    const TrainingConfig config = small_config();
    const auto one = train(config, 1, 6, Precision::bf16);
    EXPECT_EQ(one, train(config, 2, 6, Precision::bf16));
    EXPECT_EQ(one, train(config, 5, 6, Precision::bf16));
    EXPECT_NE(one, train(config, 1, 6)) << "it multiplied floats";
}

TEST(Trainer, ConvolutionsKeepTheBits) {
    TrainingConfig config = small_config();
    for (const char* setting : {"network.filters=[32, 64]", "network.kernels=[24, 8]", "network.strides=[8, 4]"}) set_key(config, setting);
    check(config);
    const auto one = train(config, 1, 4);
    EXPECT_EQ(one.front().size(), config.shape().size());
    EXPECT_EQ(one, train(config, 2, 4));
    EXPECT_EQ(one, train(config, 5, 4));
    EXPECT_NE(one, train(config, 1, 3)) << "nothing is learnt";
}

// A model file with convolutions gives back what was written, and no other.
TEST(Trainer, ConvolutionsAreKeptInTheModel) {
    const test::TemporaryDirectory folder;
    TrainingConfig config = small_config();
    for (const char* setting : {"network.filters=[32, 64]", "network.kernels=[24, 8]", "network.strides=[8, 4]"}) set_key(config, setting);
    Model model;
    model.grid = config.simulation.grid;
    model.wavelength_angstrom = 1.54f;
    model.shape = config.shape();
    model.members = {initial_parameters(model.shape, 3, 0)};
    model.write(folder / "model.h5");
    const Model read = Model::read(folder / "model.h5");
    EXPECT_EQ(read.shape, model.shape);
    EXPECT_EQ(read.shape.text(), "425-32x24/8-64x8/4-48-32-230");
    EXPECT_EQ(read.members, model.members);

    for (const Convolution& impossible :
         {Convolution{33, 24, 8}, Convolution{32, 20, 4}, Convolution{32, 24, 7}, Convolution{32, 800, 8}}) {
        Model wrong = model;
        wrong.shape.convolutions.front() = impossible;
        wrong.members.clear();
        wrong.write(folder / "wrong.h5");
        const std::string error = test::error_of([&] { Model::read(folder / "wrong.h5"); });
        EXPECT_NE(error.find("wrong.h5: convolution 1 has"), std::string::npos) << error << ", of " << wrong.shape.text();
    }
}

TEST(Trainer, ResumesToTheSameBits) {
    const TrainingConfig config = small_config();
    const StructureLibrary library = StructureLibrary::read(small_library());
    const test::TemporaryDirectory folder;
    const FileKind kind{"checkpoint", 1, "start anew"};
    ThreadPool pool(2);
    const auto backend = make_cpu_backend(pool);
    Trainer undisturbed(*backend, config, library), first(*backend, config, library);
    for (int step = 0; step < 12; ++step) undisturbed.step();
    for (int step = 0; step < 5; ++step) first.step();
    {
        H5File file = H5File::create(folder / "checkpoint.h5", kind);
        first.save(file);
        file.commit();
    }
    Trainer second(*backend, config, library);
    second.restore(H5File::open(folder / "checkpoint.h5", kind));
    EXPECT_EQ(second.steps(), 5);
    EXPECT_NE(second.answering_parameters(), undisturbed.answering_parameters());
    for (int step = 0; step < 7; ++step) second.step();
    EXPECT_EQ(second.answering_parameters(), undisturbed.answering_parameters());
}

// How far the learning rate is backed off belongs to what a checkpoint keeps, and so do the lowest losses.
TEST(Trainer, ResumesAsWaryAsItWas) {
    TrainingConfig config = small_config();
    const StructureLibrary library = StructureLibrary::read(small_library());
    const test::TemporaryDirectory folder;
    const FileKind kind{"checkpoint", 1, "start anew"};
    ThreadPool pool(2);
    const auto backend = make_cpu_backend(pool);
    Trainer first(*backend, config, library);
    for (int step = 0; step < 100; ++step) first.step();
    first.take_results();
    const double lowest = first.watches()[0][0].lowest();
    EXPECT_GT(lowest, 0);
    EXPECT_LT(lowest, std::log(230.0));
    config.optimiser.learning_rate = 1e30f;
    Trainer wild(*backend, config, library);
    for (int step = 0; step < 5; ++step) wild.step();
    const auto copy_of = [&](const Trainer& trainer) {
        {
            H5File file = H5File::create(folder / "checkpoint.h5", kind);
            trainer.save(file);
            file.commit();
        }
        auto copy = std::make_unique<Trainer>(*backend, config, library);
        copy->restore(H5File::open(folder / "checkpoint.h5", kind));
        return copy;
    };
    EXPECT_EQ(copy_of(first)->watches()[0][0].lowest(), lowest);
    EXPECT_EQ(copy_of(first)->take_results().halvings, 0);
    // The first step was taken, the second skipped; of the third to the fifth each halved the rate.
    const auto copy = copy_of(wild);
    for (Trainer* trainer : {&wild, copy.get()}) {
        const Trainer::Results results = trainer->take_results();
        EXPECT_EQ(results.halvings, 3);
        EXPECT_EQ(results.skipped_in_a_row, 4);
        EXPECT_EQ(results.skipped, trainer == &wild ? 4 : 0);
    }
}

// Generated crystals beside those of the library, and alone, on any number of cores and however often a run is stopped.
TEST(Trainer, GeneratedCrystalsKeepTheBits) {
    TrainingConfig config = small_config();
    const CrystalTableStore tables(CrystalStatistics::shipped());
    const FileKind kind{"checkpoint", 1, "start anew"};
    for (const float share : {0.5f, 1.0f}) {
        config.run.synthetic = share;
        const StructureLibrary library = share < 1 ? StructureLibrary::read(small_library()) : StructureLibrary();
        ThreadPool one(1), three(3);
        const auto first = make_cpu_backend(one), second = make_cpu_backend(three);
        Trainer undisturbed(*first, config, library, &tables), stopped(*second, config, library, &tables);
        for (int step = 0; step < 8; ++step) undisturbed.step();
        for (int step = 0; step < 3; ++step) stopped.step();
        const test::TemporaryDirectory folder;
        {
            H5File file = H5File::create(folder / "checkpoint.h5", kind);
            stopped.save(file);
            file.commit();
        }
        Trainer resumed(*second, config, library, &tables);
        resumed.restore(H5File::open(folder / "checkpoint.h5", kind));
        for (int step = 0; step < 5; ++step) resumed.step();
        EXPECT_EQ(resumed.answering_parameters(), undisturbed.answering_parameters());
        EXPECT_NE(undisturbed.answering_parameters(), train(small_config(), 1, 8));
    }
}

TEST(Trainer, SpreadsTheTargetOverTheGraphOfSubgroups) {
    TrainingConfig config = small_config();
    const auto sharp = train(config, 2, 2);
    config.loss.graph_smoothing = 0.2f;
    EXPECT_NE(train(config, 2, 2), sharp);
}

// Each member starts elsewhere and drops others, on the same patterns.
TEST(Trainer, MembersOfAnEnsembleDiffer) {
    TrainingConfig config = small_config();
    config.network.members = 2;
    const auto both = train(config, 2, 3);
    ASSERT_EQ(both.size(), 2u);
    EXPECT_NE(both[0], both[1]);
    config.network.members = 1;
    EXPECT_EQ(train(config, 2, 3)[0], both[0]) << "a member depends on how many there are";
}

// A first step that is far too long makes every later loss infinite: those steps are counted, change nothing, and blame no
// structure.
TEST(Trainer, SkipsStepsThatAreNotFinite) {
    TrainingConfig config = small_config();
    config.optimiser.learning_rate = 1e30f;
    const StructureLibrary library = StructureLibrary::read(small_library());
    ThreadPool pool(2);
    const auto backend = make_cpu_backend(pool);
    Trainer trainer(*backend, config, library);
    trainer.step();
    EXPECT_EQ(trainer.take_results().skipped, 0);
    const auto before = trainer.answering_parameters();
    for (int step = 0; step < 5; ++step) trainer.step();
    const Trainer::Results results = trainer.take_results();
    EXPECT_EQ(results.skipped, 5);
    EXPECT_EQ(results.skipped_in_a_row, 5);
    EXPECT_EQ(results.samples, 0);
    EXPECT_EQ(trainer.answering_parameters(), before);
    EXPECT_TRUE(trainer.nonfinite_structures().empty());
    EXPECT_EQ(trainer.take_results().skipped, 0) << "counted twice";
}

void expect_to_learn(Precision precision) {
    TrainingConfig config = small_config();
    const StructureLibrary library = StructureLibrary::read(small_library());
    ThreadPool pool;
    const auto backend = make_cpu_backend(pool, precision);
    config.run.steps = 250;
    Trainer trainer(*backend, config, library);
    trainer.step();
    const double before = trainer.take_results().loss;
    while (trainer.steps() < config.run.steps - 1) trainer.step();
    trainer.take_results();
    trainer.step();
    const Trainer::Results last = trainer.take_results();
    EXPECT_GT(before, 4) << "an untrained network already knows";
    EXPECT_LT(last.loss, 0.7);
    EXPECT_GT(last.accuracy, 0.8);
}

TEST(Trainer, LearnsToTellMineralsApart) { expect_to_learn(Precision::float32); }

TEST(Trainer, LearnsToTellMineralsApartInBf16) {
    if (const std::string missing = Bf16Gemm::missing(); !missing.empty()) GTEST_SKIP() << missing;
    expect_to_learn(Precision::bf16);
}

TEST_F(TrainCommand, StartsFromAModel) {
    const std::string all = "train " + library + small;
    ASSERT_EQ(test::run_friedel(all + "--steps 60" + model("first.h5")).status, 0);
    const std::string from = " --start-from '" + (folder / "first.h5").string() + "' ";
    // A step of no length leaves the weights as they were.
    const auto still =
        test::run_friedel(all + "--steps 2 --set optimiser.learning_rate=1e-8 --set optimiser.average_decay=0" + from + model("same.h5"));
    ASSERT_EQ(still.status, 0) << still.err;
    const Model first = Model::read(folder / "first.h5"), same = Model::read(folder / "same.h5");
    for (std::size_t i = 0; i < first.members[0].size(); ++i) ASSERT_NEAR(same.members[0][i], first.members[0][i], 1e-4f);
    EXPECT_EQ(same.provenance.started_from.rfind("first.h5", 0), 0u) << same.provenance.started_from;
    const auto other =
        test::run_friedel(all + "--steps 2 --set 'network.hidden=[16]' --set network.dropout=0.1" + from + model("other.h5"));
    EXPECT_EQ(other.status, 1);
    EXPECT_NE(other.err.find("first.h5: its network"), std::string::npos) << other.err;
    EXPECT_EQ(test::run_friedel(all + "--steps 2 --resume" + from + model("first.h5")).status, 1) << "nothing to resume";
    EXPECT_EQ(test::run_friedel(all + "--steps 2 --resume=auto" + from + model("once_more.h5")).status, 0) << "nothing to resume yet";
}

// What the run says of measured patterns at its end is what evaluate finds.
TEST_F(TrainCommand, MeasuredPatternsValidate) {
    const std::string examples = (test::source_dir() / "data/examples").string(), file = "'" + (folder / "model.h5").string() + "'";
    test::write_text(folder / "labels.csv",
                     "file,space_group\nNaCl.xy,225\nalbite.xy,2\ncalcite.xy,167\nquartz.xy,154\nquartz.xy.gone,154\nrutile.xy,136\n");
    const auto trained = test::run_friedel("train " + library + small + "--steps 250 --measured '" + (folder / "labels.csv").string() +
                                           "' --data '" + examples + "' -o " + file);
    ASSERT_EQ(trained.status, 0) << trained.err;
    EXPECT_NE(trained.err.find("quartz.xy.gone"), std::string::npos) << trained.err;
    const auto judged = test::run_friedel("evaluate -q " + file + " --structures none --labels '" + (folder / "labels.csv").string() +
                                          "' --data '" + examples + "' -o '" + (folder / "out").string() + "'");
    const test::CsvTable predictions(folder / "out/predictions.csv");
    ASSERT_EQ(predictions.size(), 5u) << judged.err;
    int right = 0;
    for (std::size_t i = 0; i < predictions.size(); ++i) right += predictions.at(i, "space_group") == predictions.at(i, "true_space_group");
    EXPECT_GE(right, 1) << "it has learnt nothing, and every answer would do";
    const std::string expected = std::to_string(20 * right) + ".0 % of 5 measured patterns named right";
    EXPECT_NE(trained.out.find(expected), std::string::npos) << trained.out << expected;
}

// Where validation was better before, the summary says when; steps so long that the network is thrown about make it so.
TEST_F(TrainCommand, TellsWhenValidationWasBest) {
    const auto trained =
        test::run_friedel(all +
                          "--steps 200 --set optimiser.learning_rate=0.05 --set optimiser.average_decay=0 --set optimiser.cosine=false "
                          "--set training.validation_minutes=0.001 --validation " +
                          library + " -o '" + (folder / "model.h5").string() + "'");
    ASSERT_EQ(trained.status, 0) << trained.err;
    const test::CsvTable metrics(folder / "model.h5.metrics.csv");
    ASSERT_GE(metrics.size(), 2u);
    std::size_t best = 0;
    const auto accuracy = [&](std::size_t row) { return std::stod(metrics.at(row, "simulated_accuracy")); };
    for (std::size_t row = 0; row < metrics.size(); ++row) {
        const double gain = accuracy(row) - accuracy(best);
        if (gain > 0 || (gain == 0 && metrics.number(row, "simulated_loss") < metrics.number(best, "simulated_loss"))) best = row;
    }
    const bool was_better = accuracy(best) > accuracy(metrics.size() - 1);
    EXPECT_EQ(trained.out.find("; it was ") != std::string::npos, was_better) << trained.out;
    EXPECT_EQ(trained.out.find("--keep-best would have") != std::string::npos, was_better) << trained.out;
    EXPECT_EQ(trained.out.find(" after step " + metrics.at(best, "step") + "\n") != std::string::npos, was_better) << trained.out;
}

TEST_F(TrainCommand, RefusesWhatIsSaidTwice) {
    for (const char* twice : {"--seed 6 --set training.seed=5", "--steps 2 --set training.steps=3", "--steps 2 --set training.minutes=1",
                              "--minutes 1 --set training.minutes=2", "--minutes 1 --set training.steps=2"}) {
        const auto refused = test::run_friedel("train --show-config --preset quick " + std::string(twice));
        EXPECT_EQ(refused.status, 2) << twice;
        EXPECT_NE(refused.err.find(" excludes --set training."), std::string::npos) << refused.err;
    }
    EXPECT_EQ(test::run_friedel("train --show-config --preset quick --steps 2 --set training.minutes=0").status, 0);
}

TEST_F(TrainCommand, TellsOfStatisticsThatAreNotUsed) {
    const std::string uniform = "--steps 2 --statistics uniform --set training.fill=";
    const auto unused = test::run_friedel(all + uniform + "0" + model("none.h5")),
               used = test::run_friedel(all + uniform + "0.1" + model("some.h5"));
    EXPECT_NE(unused.err.find("--statistics uniform: has no effect"), std::string::npos) << unused.err;
    EXPECT_EQ(used.err.find("has no effect"), std::string::npos) << used.err;
}

// Every key that --show-config has, with its value and a meaning.
TEST_F(TrainCommand, KeysAreListedWithTheirValues) {
    const std::string given = "--preset quick --set training.batch=77 --steps 1234";
    const auto keys = test::run_friedel("train --keys " + given), config = test::run_friedel("train --show-config " + given);
    ASSERT_EQ(keys.status, 0) << keys.err;
    EXPECT_NE(keys.out.find("\nbatch = 77  # "), std::string::npos) << keys.out;
    EXPECT_NE(keys.out.find("\nsteps = 1234  # "), std::string::npos) << keys.out;
    std::istringstream lines(config.out);
    int compared = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.find(" = ") == std::string::npos || line.starts_with('#')) continue;
        EXPECT_NE(keys.out.find("\n" + line + "  # "), std::string::npos) << line;
        ++compared;
    }
    EXPECT_GT(compared, 60);
}

TEST_F(TrainCommand, NamesTheKeyThatIsWrong) {
    const auto refuses = [&](const std::string& arguments, const std::string& what, int status = 1) {
        test::expect_refused("train " + library + small + "--steps 2 " + model("bad.h5") + arguments, what, status, folder.path);
    };
    refuses("--set network.widths=3", "network.widths", 2);
    refuses("--set training.batch=0", "friedel: --set training.batch=0: training.batch is out of range", 2);
    refuses("--set training.batch=many", "training.batch", 2);
    refuses("--set optimiser.learning_rate=nan", "optimiser.learning_rate", 2);
    refuses("--set network.dropout=1.5", "network.dropout", 2);
    refuses("--set grid.points=-5", "grid.points", 2);
    refuses("--set 'network.filters=[32]'", "1 filters, 0 kernels", 2);
    refuses("--set 'network.filters=[32]' --set 'network.kernels=[16]' --set 'network.strides=[3]'", "divides the kernel", 2);
    refuses("--set 'network.filters=[40]' --set 'network.kernels=[16]' --set 'network.strides=[8]'", "multiple of 32", 2);
    refuses("--set training.batch=1000000 --set 'network.hidden=[65536]' --set network.dropout=0.1", "training.batch");
    refuses("--measured nowhere.csv", "nowhere.csv");
    refuses("--validation nowhere.h5", "nowhere.h5");
    test::write_text(folder / "bad.toml", "[training]\nbatch = 12\nbatsch = 13\n");
    refuses("--config '" + (folder / "bad.toml").string() + "'", "batsch");
}

TEST_F(TrainCommand, AFileLiesOverThePresetAndItsStepsOverMinutes) {
    test::write_text(folder / "mine.toml", "[training]\nsteps = 400\n");
    const std::string mine = " --config '" + (folder / "mine.toml").string() + "'";
    const auto shown = [&](const std::string& arguments) { return test::run_friedel("train --show-config " + arguments).out; };
    const auto without_length = [](std::string config) {
        std::istringstream lines(config);
        std::string kept;
        for (std::string line; std::getline(lines, line);) {
            if (!line.starts_with("steps = ") && !line.starts_with("minutes = ")) kept += line + '\n';
        }
        return kept;
    };
    EXPECT_EQ(without_length(shown(mine)), without_length(shown("")));
    for (const std::string preset : {"", " --preset quick"}) {
        for (const std::string& steps : {mine, std::string(" --set training.steps=400")}) {
            EXPECT_NE(shown(preset + steps).find("steps = 400\n"), std::string::npos);
            EXPECT_NE(shown(preset + steps).find("\nminutes = 0\n"), std::string::npos);
        }
    }
    // Whoever gives both wants both.
    test::write_text(folder / "both.toml", "[training]\nsteps = 400\nminutes = 3\n");
    for (const std::string& both :
         {std::string("--set training.steps=400 --set training.minutes=3"), "--config '" + (folder / "both.toml").string() + "'"}) {
        EXPECT_NE(shown("--preset quick " + both).find("\nsteps = 400\n"), std::string::npos) << both;
        EXPECT_NE(shown("--preset quick " + both).find("\nminutes = 3\n"), std::string::npos) << both;
    }
}

}  // namespace
}  // namespace friedel
