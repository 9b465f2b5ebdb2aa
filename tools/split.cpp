// friedel split: cuts a structure library in two by structure type, so that the test part holds only types the training part lacks.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "host/crystals/structure_library.h"
#include "host/support/error.h"
#include "host/support/hash.h"
#include "host/support/text_format.h"
#include "tools/command.h"
#include "tools/options.h"
#include "tools/output_files.h"
#include "tools/usage_error.h"

namespace friedel::tools {

namespace {

struct Options {
    std::string library, train, test;
    double fraction = 0.1;
    std::uint64_t seed = 1;
};

// Types in an order that the seed draws, each by its name alone: a type keeps its place among the others whatever else a library holds,
// so that a library made again, or a larger one, is cut nearly alike.
std::vector<std::uint32_t> shuffled_types(const std::vector<std::string>& names, std::uint64_t seed) {
    std::vector<std::pair<std::string, std::uint32_t>> order;
    for (std::size_t type = 0; type < names.size(); ++type) {
        Fnv1a hash;
        hash.add(names[type].data(), names[type].size());
        hash.add(&seed, sizeof seed);  // after the name: eight rounds more spread names that differ at the end alone
        order.emplace_back(hash.text(), static_cast<std::uint32_t>(type));
    }
    std::sort(order.begin(), order.end());
    std::vector<std::uint32_t> types;
    for (const auto& [drawn, type] : order) types.push_back(type);
    return types;
}

int run(const Options& options) {
    for (const std::string& made : {options.train, options.test}) {
        refuse_overwriting(made, {options.library});
        check_hdf5_output(made, structure_library_kind);
    }
    if (std::filesystem::absolute(options.train).lexically_normal() == std::filesystem::absolute(options.test).lexically_normal())
        misused(options.test, ": is given to both parts; name two files");
    const StructureLibrary library = StructureLibrary::read(options.library);
    std::vector<int> members(library.structure_type_name.size());
    for (std::uint32_t type : library.structure_type) ++members[type];

    // Types go to the test part until it has its share; one that would overshoot by more than it is short stays.
    const double wanted = options.fraction * library.size();
    std::vector<char> in_test(members.size(), 0);
    double taken = 0;
    for (std::uint32_t type : shuffled_types(library.structure_type_name, options.seed)) {
        if (std::abs(taken + members[type] - wanted) >= std::abs(taken - wanted)) continue;
        in_test[type] = 1;
        taken += members[type];
    }
    std::vector<int> train, test;
    for (int i = 0; i < library.size(); ++i) (in_test[library.structure_type[i]] ? test : train).push_back(i);
    if (train.empty() || test.empty()) {
        fail(options.library, ": has too few structure types (", members.size(), ") to cut at a fraction of ", options.fraction,
             "; choose another");
    }
    const std::string how = "fraction " + std::to_string(options.fraction) + ", seed " + std::to_string(options.seed);
    const auto write = [&](const std::vector<int>& chosen, const std::string& file, const char* part) {
        const StructureLibrary subset = library.subset(chosen);
        subset.write(file, {{"split", how + ", " + part}});
        std::printf("%-6s %8d structures (%s) %8zu types -> %s\n", part, subset.size(),
                    percent(static_cast<double>(subset.size()) / library.size()).c_str(), subset.structure_type_name.size(), file.c_str());
    };
    write(train, options.train, "train");
    write(test, options.test, "test");
    return 0;
}

}  // namespace

std::function<int()> split_command(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("LIBRARY", options->library, "Structure library to cut")->required();
    app.add_option("--train", options->train, "Library to write the larger part to")->required();
    app.add_option("--test", options->test, "Library to write the smaller part to")->required();
    app.add_option("--fraction", options->fraction, "Part of the structures for --test")->capture_default_str()->check(within(0.0, 1.0));
    add_seed_option(app, options->seed, "Another seed draws other types")->capture_default_str();
    app.footer(
        "A structure type is a space group with its occupied Wyckoff positions. Example:\n"
        "  friedel split library.h5 --train train.h5 --test test.h5 --fraction 0.05");
    return [options] { return run(*options); };
}

}  // namespace friedel::tools
