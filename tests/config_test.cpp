// Configurations as text.
#include "host/training/config.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>

#include "host/support/error.h"
#include "host/training/trained_on.h"

namespace friedel {
namespace {

// What a model says of itself is read again by calibrate and evaluate: every preset, and numbers of many digits.
TEST(Config, ReadsWhatItWrites) {
    for (const std::string& name : preset_names()) {
        TrainingConfig config = preset(name), again;
        set_key(config, "training.validation_patterns=1234567");
        set_key(config, "network.hidden=[5120, 65536, 1000, 12345]");
        set_key(config, "network.dropout=0");
        const std::string text = to_toml(config);
        EXPECT_NE(text.find("hidden = [5120, 65536, 1000, 12345]\n"), std::string::npos) << text;
        read_toml(again, text, name);
        EXPECT_EQ(again.network.hidden, config.network.hidden);
        EXPECT_EQ(to_toml(again), text) << name;
    }
}

// As Windows' Notepad saves it.
TEST(Config, PassesOverAByteOrderMark) {
    TrainingConfig config;
    read_toml(config, "\xEF\xBB\xBF[training]\r\nbatch = 77\r\n", "with a mark");
    EXPECT_EQ(config.run.batch, 77);
}

// Options set numbers past the readers; a run that stores what cannot be read again could not be resumed.
TEST(Config, ChecksEveryNumber) {
    const auto refused = [](auto&& change) {
        TrainingConfig config = preset("friedel");
        change(config);
        try {
            check(config);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_EQ(refused([](TrainingConfig&) {}), "");
    EXPECT_EQ(refused([](TrainingConfig& c) { c.optimiser.learning_rate = 1e-8f; }), "") << "the end of its range as a float";
    EXPECT_EQ(refused([](TrainingConfig& c) { c.run.minutes = 1e7; }),
              "training.minutes: is out of range: 10000000; give a number from 0 to 1e+06");
    EXPECT_NE(refused([](TrainingConfig& c) { c.run.minutes = std::nan(""); }), "");
    EXPECT_NE(refused([](TrainingConfig& c) { c.run.seed = UINT64_MAX; }), "");
    EXPECT_NE(refused([](TrainingConfig& c) { c.run.steps = 0; }), "");
    EXPECT_NE(refused([](TrainingConfig& c) { c.simulation.uniform_noise_low.a = 1; }).find("uniform_noise_low: reaches 1"),
              std::string::npos);
}

// A run that is gone on with may last longer, report otherwise and take shorter steps, and nothing else.
TEST(Config, SaysWhatContradictsTheRunResumed) {
    const TrainingConfig stored = preset("friedel");
    const auto contradicts = [&](const char* setting) {
        TrainingConfig wanted = stored;
        set_key(wanted, setting);
        return contradiction(stored, wanted);
    };
    for (const char* free :
         {"training.steps=7", "training.minutes=7", "training.report_seconds=7", "training.checkpoints_kept=7",
          "training.validation_steps=7", "training.stop_on_divergence=false", "optimiser.learning_rate=0.7", "optimiser.clip_norm=7"})
        EXPECT_EQ(contradicts(free), "") << free;
    TrainingConfig changed = stored;
    for (const char* setting : {"optimiser.learning_rate=0.7", "training.report_seconds=7", "optimiser.clip_norm=0.5"})
        set_key(changed, setting);
    const std::vector<std::string> told = changes_of_learning(stored, changed);
    ASSERT_EQ(told.size(), 2u) << "how often it reports decides nothing";
    EXPECT_EQ(told[0].rfind("optimiser.learning_rate 0.7 instead of ", 0), 0u) << told[0];
    EXPECT_EQ(told[1].rfind("optimiser.clip_norm 0.5 instead of ", 0), 0u) << told[1];
    EXPECT_EQ(contradicts("training.labels=powder"), "training.labels is \"powder\" here and \"structure\" there");
    for (const char* bound : {"training.seed=7", "training.keep_best=true", "training.batch=7", "training.fill=0.7",
                              "loss.label_smoothing=0.7", "grid.points=77"})
        EXPECT_NE(contradicts(bound), "") << bound;
}

TEST(Config, TakesWholeNumbersWithAnExponent) {
    TrainingConfig config;
    read_toml(config, "[network]\nhidden = [4e+03, 1.024e3]\n", "old.toml");
    EXPECT_EQ(config.network.hidden, (std::vector<int>{4000, 1024}));
    for (const char* bad : {"[4000.5]", "[4e300]", "[nan]", "['4000']", "[-4e3]"})
        EXPECT_THROW(read_toml(config, std::string("[network]\nhidden = ") + bad, "bad.toml"), Error) << bad;
}

TEST(Config, KeepsNumbersThatRoundAtItsPrecision) {
    TrainingConfig config, again;
    set_key(config, "training.seed=9007199254740993");  // no double is that
    set_key(config, "simulation.counts_at_maximum={normal=[5e8, 16777217]}");  // no float
    read_toml(again, to_toml(config), "a.toml");
    EXPECT_EQ(again.run.seed, 9007199254740993u);
    EXPECT_EQ(to_toml(again), to_toml(config));
    EXPECT_THROW(set_key(config, "training.seed=-1"), Error);
}

// Found by fuzzing: letters beyond ASCII took toml++ where it says it never goes.
TEST(Config, LettersBeyondAscii) {
    TrainingConfig config;
    read_toml(config,
              "# Gr\xc3\xb6\xc3\x9f"
              "e \xef\xbb\xb7\n[training]\nbatch = 99\n",
              "comment.toml");
    EXPECT_EQ(config.run.batch, 99);
    EXPECT_THROW(read_toml(config, "[grid]\nstep_deg = 0.0\x14\xef\xbb\xb7ints = 2\n", "value.toml"), Error);
    EXPECT_THROW(set_key(config, "grid.\xef\xbb\xb7=3"), Error);
}

// Found by fuzzing: toml++ is not asked to show arrays.
TEST(Config, ShowsWhatIsNoWord) {
    TrainingConfig config;
    const auto says = [&](const std::string& value, const std::string& shown) {
        try {
            read_toml(config, "[network]\ntarget = " + value + "\n", "bad.toml");
            ADD_FAILURE() << value;
        } catch (const Error& error) {
            EXPECT_NE(std::string(error.what()).find("bad.toml:2: network.target is not one of its words: " + shown + ";"),
                      std::string::npos)
                << error.what();
        }
    };
    says("[5, [0.05], {a = 1}]", "[5, [0.05], a table]");
    says("[]", "[]");
    says("7", "7");
}

// Whether a test is of what was learnt: the library itself, those before it, and none that only gave the patterns of generated crystals.
TEST(Config, KnowsWhatAModelWasTrainedOn) {
    TrainingConfig config;
    Provenance made;
    made.config = to_toml(config);
    made.library_hash = "00000000000000aa";
    made.earlier_library_hashes = {"00000000000000bb"};
    EXPECT_EQ(trained_library_hash(made), "00000000000000aa");
    EXPECT_TRUE(knows_library(made, "00000000000000aa"));
    EXPECT_TRUE(knows_library(made, "00000000000000bb"));
    EXPECT_FALSE(knows_library(made, "00000000000000cc"));
    config.run.synthetic = 1;
    made.config = to_toml(config);
    EXPECT_EQ(trained_library_hash(made), "");
    EXPECT_FALSE(knows_library(made, "00000000000000aa"));
    EXPECT_TRUE(knows_library(made, "00000000000000bb"));
}

}  // namespace
}  // namespace friedel
