// Which folder may include which: kernels itself only, host not cuda or tools, and so on; and nothing else at the top level.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "host/support/shared_module.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

namespace fs = std::filesystem;

const std::set<std::string> folders = {"kernels", "cuda", "host", "tools", "tests", "bench"};
// From the folder, into these besides itself. cuda/ implements interfaces of host/ and uses its tables (form factors, crystals) and errors.
const std::map<std::string, std::set<std::string>> permitted = {
    {"kernels", {}},
    {"cuda", {"kernels", "host"}},
    {"host", {"kernels"}},
    {"tools", {"host", "kernels"}},
    {"tests", {"host", "kernels", "cuda"}},
    {"bench", {"host", "kernels", "cuda"}},
};

struct Include {
    std::string from, file, to;
};

std::vector<Include> project_includes() {
    const std::regex include("^\\s*#\\s*include\\s+\"([^\"]+)\"");
    std::vector<Include> found;
    for (const std::string& folder : folders) {
        for (const auto& entry : fs::recursive_directory_iterator(test::source_dir() / folder)) {
            static const std::set<std::string> endings = {".h", ".cpp", ".cu", ".cuh"};
            if (!endings.contains(entry.path().extension().string())) continue;
            std::ifstream in(entry.path());
            std::smatch match;
            for (std::string line; std::getline(in, line);) {
                if (std::regex_search(line, match, include)) {
                    found.push_back({folder, entry.path().lexically_relative(test::source_dir()).string(), match[1]});
                }
            }
        }
    }
    return found;
}

TEST(Layout, IncludesPointOneWay) {
    const std::vector<Include> includes = project_includes();
    ASSERT_GT(includes.size(), 200u) << "the includes were not found";
    for (const Include& include : includes) {
        const std::string to = include.to.substr(0, include.to.find('/'));
        EXPECT_TRUE(folders.contains(to)) << include.file << " includes \"" << include.to << "\"; write project paths from the top level";
        EXPECT_TRUE(to == include.from || permitted.at(include.from).contains(to)) << include.file << " includes " << include.to;
    }
}

// Within host/ every folder builds on those before it alone.
TEST(Layout, FoldersOfHostBuildOnEachOther) {
    const std::vector<std::string> order = {"support", "ranks",    "crystals", "simulation", "patterns",
                                            "network", "indexing", "search",   "training",   "answers"};
    const auto place = [&](const std::string& path) {  // "host/crystals/cif.h"
        const std::string folder = path.substr(5, path.find('/', 5) - 5);
        const auto found = std::find(order.begin(), order.end(), folder);
        EXPECT_NE(found, order.end()) << path << " is in a folder without a place; say in this test what it builds on";
        return found - order.begin();
    };
    int looked_at = 0;
    for (const Include& include : project_includes()) {
        if (include.from != "host" || !include.to.starts_with("host/")) continue;
        ++looked_at;
        EXPECT_LE(place(include.to), place(include.file)) << include.file << " includes " << include.to;
    }
    EXPECT_GT(looked_at, 200);
}

TEST(Layout, OnlyCudaKnowsTheToolkit) {
    const std::regex toolkit("^\\s*#\\s*include\\s+<(cuda|cub|thrust|cudnn|nccl)");
    for (const std::string folder : {"host", "kernels", "tools"}) {
        int files = 0;
        for (const auto& entry : fs::recursive_directory_iterator(test::source_dir() / folder)) {
            if (!entry.is_regular_file()) continue;
            ++files;
            std::ifstream in(entry.path());
            for (std::string line; std::getline(in, line);) EXPECT_FALSE(std::regex_search(line, toolkit)) << entry.path() << ": " << line;
        }
        EXPECT_GT(files, 20) << folder;
    }
}

// It could not be linked in a bundle, where HDF5 is an archive for programs alone.
TEST(Layout, CudaBackendDoesWithoutHdf5) {
    const fs::path backend = module_file("libfriedel_cuda.so");
    if (backend.empty()) GTEST_SKIP() << "built without CUDA";
    std::ifstream in(backend, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    ASSERT_NE(bytes.find("libcublasLt.so"), std::string::npos) << "the libraries that it needs were not found";
    EXPECT_EQ(bytes.find("libhdf5"), std::string::npos) << "something of friedel_host that the backend calls lies beside what needs HDF5";
}

// CIF text, the table of settings, the tables of scattering and the reduction of cells: each stands behind one module of its own.
TEST(Layout, EachPartOfGemmiStandsBehindOneModule) {
    const std::regex of_gemmi("^\\s*#\\s*include\\s+<gemmi/([^>]+)>");
    std::map<std::string, std::set<std::string>> modules;  // of each header
    for (const auto& entry : fs::recursive_directory_iterator(test::source_dir() / "host")) {
        if (!entry.is_regular_file()) continue;
        std::ifstream in(entry.path());
        std::smatch match;
        for (std::string line; std::getline(in, line);) {
            if (std::regex_search(line, match, of_gemmi)) modules[match[1]].insert(entry.path().filename().string());
        }
    }
    EXPECT_GE(modules.size(), 4u);
    for (const auto& [header, files] : modules) EXPECT_EQ(files.size(), 1u) << header << " is known to " << *files.begin() << " and others";
}

// Of what is tracked: who follows the README in this folder leaves models and results here.
TEST(Layout, TopLevelIsFixed) {
    if (!fs::exists(test::source_dir() / ".git")) GTEST_SKIP() << "SKIPPED: no checkout, and what is tracked is not known";
    const test::RunResult listed = test::run_script("git -c safe.directory='*' ls-files | cut -d/ -f1 | sort -u", test::source_dir());
    if (listed.out.empty()) GTEST_SKIP() << "SKIPPED: git lists nothing: " << listed.err;
    std::set<std::string> found;
    std::istringstream names(listed.out);
    for (std::string name; std::getline(names, name);) {
        if (!name.starts_with(".")) found.insert(name);
    }
    EXPECT_EQ(found, (std::set<std::string>{"CMakeLists.txt", "CMakePresets.json", "LICENSE", "README.md", "bench", "cuda", "data", "host",
                                            "kernels", "tests", "tools"}));
}

}  // namespace
}  // namespace friedel
