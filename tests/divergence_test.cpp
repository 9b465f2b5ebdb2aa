// Training that diverges, told from training that fluctuates: by losses as they come in real runs and in broken ones.
#include "host/training/divergence.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "host/training/loss_watch.h"

namespace friedel {
namespace {

constexpr std::int64_t window = 1000;
const std::vector<double> even(230, 1.0 / 230);

DivergenceWatch watch_of(const std::vector<double>& means, const std::vector<double>& shares = even, bool squared = false) {
    DivergenceWatch watch({}, squared, shares, window);
    for (const double mean : means)
        for (int part = 0; part < 4; ++part) watch.add(mean * window / 4, window / 4);
    return watch;
}

TEST(Divergence, UntaughtKnowsHowFrequentTheClassesAre) {
    LossConfig config;
    EXPECT_DOUBLE_EQ(chance_loss(config, false, std::vector<double>(4, 0.25)), std::log(4.0));
    EXPECT_DOUBLE_EQ(chance_loss(config, false, {0.5, 0.5, 0, 0}), std::log(2.0));
    // By hand: (0.45, 0.45, 0.05, 0.05) is the best answer to targets of (0.85, 0.05, 0.05, 0.05) and (0.05, 0.85, 0.05, 0.05).
    config.label_smoothing = 0.2f;
    EXPECT_NEAR(chance_loss(config, true, {0.5, 0.5, 0, 0}), 2 * 0.4 * 0.4 / 4, 1e-7);
    EXPECT_NEAR(chance_loss(config, false, {0.5, 0.5, 0, 0}), -0.9 * std::log(0.45) - 0.1 * std::log(0.05), 1e-7);
}

TEST(Divergence, LossesThatFallOrFluctuateAreFine) {
    EXPECT_FALSE(watch_of({}).is_high());
    EXPECT_FALSE(watch_of({5.5, 5.0, 4.0, 3.0, 2.5, 2.6, 2.4}).is_high());
    EXPECT_FALSE(watch_of({40, 30, 20, 9, 7, 5.5, 5.4}).is_high()) << "a start with large weights";
    EXPECT_FALSE(watch_of({5.4, 6.0, 5.9, 5.6, 5.4}).is_high()) << "a warm-up that is steep";
    EXPECT_FALSE(watch_of({5.4, 1.0, 2.6, 2.6, 2.6, 0.2, 0.9, 0.9}).is_high());
    EXPECT_FALSE(watch_of({5.4, 1.0, 8.0, 2.0}).is_high()) << "an accident that it recovered from";
    EXPECT_FALSE(watch_of({5.4, 0.5, 400, 200, 100, 50}).diverged()) << "one that it recovers from";
    EXPECT_FALSE(watch_of({5.4, 3.3, 5.4, 5.4, 5.4}).is_high()) << "what was hardly learnt";
    std::vector<double> one(230), uneven = {0.999, 0.001};
    one[7] = 1;
    EXPECT_FALSE(watch_of({5.4, 0.1, 1e-4, 1e-6, 3e-6, 4e-6, 5e-6}, one).is_high()) << "a single class";
    EXPECT_FALSE(watch_of({0.5, 0.004, 0.012, 0.013, 0.012}, uneven).is_high()) << "a class that is rare";
}

TEST(Divergence, LossesThatGrowAreFoundAfterThreeWindows) {
    const auto expect_found = [](const std::vector<double>& grows, bool squared) {
        for (std::size_t windows = 1; windows <= grows.size(); ++windows) {
            const DivergenceWatch watch = watch_of({grows.begin(), grows.begin() + static_cast<std::ptrdiff_t>(windows)}, even, squared);
            EXPECT_EQ(watch.diverged(), windows >= 5) << grows.back() << ", " << windows;
            EXPECT_EQ(watch.is_high(), windows >= 3) << grows.back() << ", " << windows;
        }
    };
    expect_found({5.4, 1.0, 3.5, 3.9, 4.4}, false);      // more than three times the lowest
    expect_found({5.4, 3.0, 5.5, 5.45, 5.44}, false);    // what was learnt is lost
    expect_found({5.4, 5.3, 20.0, 60.0, 300.0}, false);  // nothing was ever learnt
    expect_found({700, 600, 1500, 9000, 1e30}, false);
    expect_found({0.0043, 0.0043, 0.0080, 0.0085, 0.0087}, true);
    EXPECT_EQ(watch_of({5.4, 1.0, 3.5, 3.9, 4.4}).text(),
              "the mean loss of the last 1000 patterns is 4.4; it was 1 at its lowest, and an untaught network has 5.438");
}

// In turns with the other kind of loss: three windows of one epoch count, not those of several.
TEST(Divergence, OtherKindsOfLossComeBetween) {
    DivergenceWatch watch = watch_of({5.4, 1.0, 5.0, 5.0});
    EXPECT_TRUE(watch.is_high());
    watch.add(0, 0);
    EXPECT_FALSE(watch.is_high());
    watch.add(5.0 * window, window);
    EXPECT_TRUE(watch.is_high());
    EXPECT_FALSE(watch.diverged());
}

// Of two networks: one window more and what was before is proven, until one of them grows.
TEST(Divergence, OneNetworkThatGrowsIsEnough) {
    TrainingConfig config = preset("quick");
    config.network.members = 2;
    LossWatch watch(config);
    TrainingLog log({}, [](const std::string&) {});
    const DivergenceWatch none = watch_of({});
    const auto look = [&](const std::vector<double>& first, const std::vector<double>& second, std::int64_t step) {
        watch.look({{watch_of(first), none}, {watch_of(second), none}}, step, log);
    };
    look({5.4}, {5.4}, 10);
    EXPECT_EQ(watch.proven_step(), -1);
    look({5.4, 1}, {5.4, 1}, 20);
    EXPECT_EQ(watch.proven_step(), 10);
    look({5.4, 1}, {5.4, 1}, 25);
    EXPECT_EQ(watch.proven_step(), 10) << "no window more";
    look({5.4, 1, 1}, {5.4, 1, 3.5}, 30);
    EXPECT_TRUE(watch.is_high());
    EXPECT_EQ(watch.growth().find("network 1 of the ensemble diverges: after 30 steps the mean loss"), 0u) << watch.growth();
    EXPECT_EQ(watch.divergence(), "");
    EXPECT_EQ(watch.proven_step(), 10);
    look({5.4, 1, 1, 1, 1}, {5.4, 1, 3.5, 3.9, 4.4}, 50);
    EXPECT_EQ(watch.divergence(), watch.growth());
    look({5.4, 1, 1, 1, 1, 1}, {5.4, 1, 3.5, 3.9, 4.4, 1}, 60);
    EXPECT_FALSE(watch.is_high());
    EXPECT_EQ(watch.proven_step(), 20);
}

}  // namespace
}  // namespace friedel
