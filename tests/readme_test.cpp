// What the README shows is run: every ```sh block, in order, in a folder where data/ is to be found and `friedel` is this program.
// (Blocks marked ```bash, which set up the machine or train for long, are not.) So are the quick examples of the commands' help. Links
// must lead somewhere.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/test_paths.h"

namespace friedel {
namespace {

namespace fs = std::filesystem;

TEST(Readme, EveryExampleRuns) {
    const std::string readme = test::read_text(test::source_dir() / "README.md");
    const std::regex block("\n```sh\n([^`]*)```\n");
    std::string script = "set -eux\nexport PATH='" + test::program().parent_path().string() + "':$PATH\n";
    int blocks = 0;
    for (auto it = std::sregex_iterator(readme.begin(), readme.end(), block); it != std::sregex_iterator(); ++it, ++blocks)
        script += (*it)[1];
    ASSERT_GE(blocks, 4);
    const test::TemporaryDirectory folder;
    fs::create_directory_symlink(test::source_dir() / "data", folder / "data");
    test::write_text(folder / "readme.sh", script);
    const std::string command = "cd '" + folder.path.string() + "' && bash readme.sh >out 2>err </dev/null";
    const int status = std::system(command.c_str());
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << test::read_text(folder / "err");
}

std::vector<std::string> matches(const std::string& text, const std::string& pattern) {
    const std::regex expression(pattern);
    std::vector<std::string> found;
    for (auto it = std::sregex_iterator(text.begin(), text.end(), expression); it != std::sregex_iterator(); ++it)
        found.push_back((*it)[1]);
    return found;
}

std::vector<std::string> subcommands() {
    const std::string help = test::run_friedel("--help").out;
    return matches(help.substr(std::min(help.find("Subcommands:"), help.size())), "\n  ([a-z]+) ");
}

// Commands that a help text shows, each on a line of its own or after "Example:".
std::vector<std::string> examples_in(const std::string& help) {
    return matches(help, "(?:\n  |Example: )((?:mpirun [^\n]*)?friedel [a-z]+ [^\n]*)");
}

TEST(Readme, EverySubcommandIsShown) {
    const std::string readme = test::read_text(test::source_dir() / "README.md");
    const std::vector<std::string> commands = subcommands();
    for (const std::string& command : commands)
        EXPECT_NE(readme.find("\nfriedel " + command + " "), std::string::npos) << "no example of friedel " << command;
    EXPECT_EQ(commands.size(), 16u);
}

TEST(Help, ExamplesUseOptionsOfTheirCommand) {
    for (const std::string& command : subcommands()) {
        const std::string help = test::run_friedel(command + " --help").out;
        const std::vector<std::string> examples = examples_in(help);
        EXPECT_FALSE(examples.empty()) << command;
        const std::vector<std::string> options = matches(help, "\n {2,8}(?:-[a-z], *)?(--[a-z0-9-]+)");
        EXPECT_GE(options.size(), 2u) << command;
        for (const std::string& example : examples) {
            const std::string arguments = example.substr(example.find("friedel "));
            EXPECT_TRUE(arguments.starts_with("friedel " + command + " ")) << "help of " << command << ": " << example;
            for (const std::string& option : matches(arguments, " (--[a-z0-9-]+)"))
                EXPECT_NE(std::find(options.begin(), options.end(), option), options.end()) << example << " uses " << option;
        }
    }
}

// Those of quick commands, in a folder where files of these names are to be found.
TEST(Help, ExamplesRun) {
    const test::TemporaryDirectory folder;
    const fs::path data = test::source_dir() / "data";
    fs::create_directory_symlink(data, folder / "data");
    fs::create_directory_symlink(data / "examples", folder / "patterns");
    fs::create_symlink(data / "models/friedel-cu.h5", folder / "model.h5");
    for (const char* name : {"quartz.xy", "unknown.xy"}) fs::copy_file(data / "examples/quartz.xy", folder / name);
    ASSERT_EQ(test::run_friedel("ingest -q data/minerals -o library.h5", folder.path).status, 0);
    for (const char* name : {"relaxed.h5", "generated.h5"}) fs::copy_file(folder / "library.h5", folder / name);
    const std::regex name_of_file("[a-z_]+[./][A-Za-z0-9._/]*");
    const std::set<std::string> outputs{"-o", "--plot", "--train", "--test", ">"};
    int run = 0;
    for (const std::string command :
         {"ingest", "peaks", "simulate", "merge", "split", "statistics", "info", "export", "index", "match", "classify"}) {
        for (const std::string& example : examples_in(test::run_friedel(command + " --help").out)) {
            std::istringstream words(example);
            bool has_all = example.starts_with("friedel ");
            for (std::string before, word; words >> word; before = word) {
                if (std::regex_match(word, name_of_file) && !outputs.contains(before)) has_all &= fs::exists(folder / word);
            }
            if (!has_all) continue;
            const test::RunResult result =
                test::run_script("export PATH='" + test::program().parent_path().string() + "':$PATH\n" + example + "\n", folder.path);
            EXPECT_EQ(result.status, 0) << example << ": " << result.err;
            ++run;
        }
    }
    EXPECT_GE(run, 15);
}

// As GitHub makes it of a heading.
std::string anchor_of(const std::string& heading) {
    std::string anchor;
    for (const char c : heading) {
        if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_') anchor += static_cast<char>(std::tolower(c));
        if (c == ' ') anchor += '-';
    }
    return anchor;
}

TEST(Readme, LinksLeadSomewhere) {
    int pages = 0, links = 0;
    for (auto it = fs::recursive_directory_iterator(test::source_dir()); it != fs::recursive_directory_iterator(); ++it) {
        const std::string name = it->path().filename().string();
        if (it->is_directory() && (name.starts_with('.') || name == "build" || name == "quickstart")) it.disable_recursion_pending();
        if (it->path().extension() != ".md") continue;
        ++pages;
        for (const std::string& link : matches(test::read_text(it->path()), "\\]\\(([^):]+)\\)")) {
            ++links;
            const std::size_t hash = std::min(link.find('#'), link.size());
            const fs::path target = hash == 0 ? it->path() : it->path().parent_path() / link.substr(0, hash);
            EXPECT_TRUE(fs::exists(target)) << it->path() << " links to " << link;
            if (hash == link.size() || !fs::is_regular_file(target)) continue;
            bool found = false;
            for (const std::string& heading : matches("\n" + test::read_text(target), "\n#+ ([^\n]*)"))
                found |= anchor_of(heading) == link.substr(hash + 1);
            EXPECT_TRUE(found) << it->path() << " links to " << link;
        }
    }
    EXPECT_GE(pages, 8);
    EXPECT_GE(links, 25);
}

// "The layout" names every directory that holds sources.
TEST(Readme, NamesEveryFolder) {
    const std::string readme = test::read_text(test::source_dir() / "README.md");
    for (const auto& entry : fs::directory_iterator(test::source_dir())) {
        const std::string name = entry.path().filename().string();
        if (!entry.is_directory() || name.starts_with('.') || name == "build" || name == "quickstart") continue;
        if (!fs::exists(entry.path() / "CMakeLists.txt") && name != "host" && name != "kernels" && name != "tools" && name != "data")
            continue;
        EXPECT_NE(readme.find("`" + name + "/`"), std::string::npos) << name;
    }
}

}  // namespace
}  // namespace friedel
