// Medians of numbers, and lists in words.
#include <gtest/gtest.h>

#include <limits>

#include "host/support/joined.h"
#include "host/support/median.h"

namespace friedel {
namespace {

TEST(Median, IsTheUpperOneOfTheMiddle) {
    std::vector<float> one = {7}, two = {2, 1}, odd = {5, -1, 3}, even = {4, 1, 3, 2};
    EXPECT_EQ(median(one), 7);
    EXPECT_EQ(median(two), 2);
    EXPECT_EQ(median(odd), 3);
    EXPECT_EQ(median(even), 3);
    std::vector<double> far = {std::numeric_limits<double>::infinity(), 0.5, 0.25};
    EXPECT_EQ(median(far), 0.5);
}

TEST(Joined, PutsSeparatorsBetweenWords) {
    EXPECT_EQ(joined(std::vector<std::string>{}), "");
    EXPECT_EQ(joined(std::vector<std::string>{"a"}), "a");
    EXPECT_EQ(joined(std::vector<std::string>{"a", "b", "c"}), "a, b, c");
    EXPECT_EQ(joined(
                  std::vector<int>{3, 4}, [](int number) { return std::to_string(number); }, " x "),
              "3 x 4");
    // Nothing is separated from the start of the list.
    EXPECT_EQ(joined(std::vector<std::string>{"", "b", ""}), "b, ");
    std::string list;
    append_word(list, "a");
    append_word(list, "b", "; ");
    EXPECT_EQ(list, "a; b");
}

}  // namespace
}  // namespace friedel
