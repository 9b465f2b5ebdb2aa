// What the README shows is run: every ```sh block, in order, in a folder where data/ is to be found and `friedel` is this program.
// (Blocks marked ```bash, which set up the machine or train for long, are not.) Links to files must lead somewhere.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <regex>

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

TEST(Readme, EverySubcommandIsShown) {
    const std::string readme = test::read_text(test::source_dir() / "README.md");
    const std::string help = test::run_friedel("--help").out;
    const std::size_t list = help.find("Subcommands:");
    ASSERT_NE(list, std::string::npos);
    const std::regex subcommand("\n  ([a-z]+) ");
    int found = 0;
    for (auto it = std::sregex_iterator(help.begin() + static_cast<long>(list), help.end(), subcommand); it != std::sregex_iterator();
         ++it, ++found)
        EXPECT_NE(readme.find("\nfriedel " + (*it)[1].str() + " "), std::string::npos) << "no example of friedel " << (*it)[1];
    EXPECT_GE(found, 5);
}

TEST(Readme, LinksLeadSomewhere) {
    for (const std::string name : {"README.md", "data/README.md"}) {
        const fs::path file = test::source_dir() / name;
        const std::string text = test::read_text(file);
        const std::regex link("\\]\\(([^)#:]+)\\)");
        for (auto it = std::sregex_iterator(text.begin(), text.end(), link); it != std::sregex_iterator(); ++it)
            EXPECT_TRUE(fs::exists(file.parent_path() / (*it)[1].str())) << name << " links to " << (*it)[1];
    }
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
