// Configurations as text.
#include "host/config.h"

#include <gtest/gtest.h>

#include "host/error.h"

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

TEST(Config, TakesWholeNumbersWithAnExponent) {
    TrainingConfig config;
    read_toml(config, "[network]\nhidden = [4e+03, 1.024e3]\n", "old.toml");
    EXPECT_EQ(config.network.hidden, (std::vector<int>{4000, 1024}));
    for (const char* bad : {"[4000.5]", "[4e300]", "[nan]", "['4000']", "[-4e3]"})
        EXPECT_THROW(read_toml(config, std::string("[network]\nhidden = ") + bad, "bad.toml"), Error) << bad;
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

}  // namespace
}  // namespace friedel
