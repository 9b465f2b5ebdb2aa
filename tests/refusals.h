// What every refusal of the program looks like.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include "tests/test_paths.h"

namespace friedel::test {

inline std::set<std::string> listing(const std::filesystem::path& folder) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        names.insert(entry.path().lexically_relative(folder).string());
    return names;
}

// `friedel ARGUMENTS`, run in the folder, exits with this status, says why in one line that holds `what`, and leaves no file behind.
inline void expect_refused(const std::string& arguments, const std::string& what, int status, const std::filesystem::path& folder) {
    SCOPED_TRACE(arguments);
    const std::set<std::string> before = listing(folder);
    const RunResult result = run_friedel(arguments, folder);
    EXPECT_EQ(result.status, status);
    EXPECT_TRUE(result.out.empty()) << "output must not begin before the input is known to be good";
    EXPECT_EQ(std::count(result.err.begin(), result.err.end(), '\n'), 1) << result.err;
    EXPECT_EQ(result.err.rfind("friedel", 0), 0u) << result.err;
    EXPECT_NE(result.err.find(what), std::string::npos) << result.err;
    EXPECT_EQ(listing(folder), before);
}

}  // namespace friedel::test
