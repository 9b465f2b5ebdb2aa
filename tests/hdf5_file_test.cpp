#include "host/support/hdf5_file.h"

#include <gtest/gtest.h>
#include <hdf5.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <csignal>
#include <fstream>
#include <numeric>

#include "host/support/error.h"
#include "host/support/text_file.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

using test::error_of;

const FileKind thing{"thing", 3, "make it again with 'friedel thing'"};

// What helps depends on what is wrong.
TEST(TextFile, TheCureFitsTheCause) {
    EXPECT_EQ(cannot_be_written(ENOSPC), "cannot be written (No space left on device); free some space, or write elsewhere");
    EXPECT_NE(cannot_be_written(EDQUOT).find("free some space"), std::string::npos);
    EXPECT_NE(cannot_be_written(EACCES).find("check the folder and its permissions"), std::string::npos);
    EXPECT_NE(cannot_be_written(EROFS).find("name a folder that may be written to"), std::string::npos);
}

TEST(Hdf5File, RoundTrip) {
    const test::TemporaryDirectory folder;
    const auto path = folder / "a.h5";
    std::vector<float> numbers(3000);
    std::iota(numbers.begin(), numbers.end(), -5.0f);
    {
        H5File file = H5File::create(path, thing);
        file.write("deep/numbers", numbers.data(), {1000, 3});
        file.write("empty", std::vector<std::uint16_t>{});
        file.write_strings("names", {"quartz", "", "β-Sn"});
        file.write_attribute("deep/numbers", "unit", std::string("angstrom"));
        file.write_attribute("/", "seed", 7);
        file.create_dataset<std::uint8_t>("rows", {4, 2});
        const std::uint8_t row[] = {1, 2, 3, 4};
        file.write_rows("rows", 1, 2, row);
        EXPECT_FALSE(std::filesystem::exists(path)) << "nothing may stand under the final name before commit";
        file.commit();
    }
    const H5File file = H5File::open(path, thing);
    EXPECT_EQ(file.read<float>("deep/numbers"), numbers);
    EXPECT_EQ(file.shape("deep/numbers"), (Shape{1000, 3}));
    EXPECT_TRUE(file.read<std::uint16_t>("empty").empty());
    EXPECT_EQ(file.read_strings("names"), (std::vector<std::string>{"quartz", "", "β-Sn"}));
    EXPECT_EQ(file.read_text_attribute("deep/numbers", "unit"), "angstrom");
    EXPECT_EQ(file.read_number_attribute("/", "seed"), 7.0);
    EXPECT_EQ(file.read<std::uint8_t>("rows"), (std::vector<std::uint8_t>{0, 0, 1, 2, 3, 4, 0, 0}));
    std::uint8_t one_row[2];
    file.read_rows(one_row, "rows", 2, 1);
    EXPECT_EQ(one_row[1], 4);
    EXPECT_TRUE(file.exists("deep/numbers"));
    EXPECT_FALSE(file.exists("deep/none"));
    EXPECT_FALSE(file.exists("none/at/all"));
    EXPECT_EQ(file.children(), (std::vector<std::string>{"deep", "empty", "names", "rows"}));
    EXPECT_LT(std::filesystem::file_size(path), numbers.size() * sizeof(float)) << "not compressed";
}

// Every half-precision number comes back as it is, and what lies between two of them goes to the nearer.
TEST(Hdf5File, HalfPrecisionRoundsToTheNearest) {
    const test::TemporaryDirectory folder;
    std::vector<float> values, expected;
    for (int exponent = -24; exponent <= 15; ++exponent) {
        for (int fraction : {0, 1, 2, 511, 1022, 1023}) {
            // 11 significant bits above 2^-14, fewer below; `between` is two fifths of the way to the next number, or three.
            const double step = std::ldexp(1.0, std::max(exponent, -14) - 10);
            const double low = exponent < -14 ? step * std::floor(std::ldexp(1 + fraction / 1024.0, exponent) / step)
                                              : std::ldexp(1 + fraction / 1024.0, exponent);
            for (double sign : {1.0, -1.0}) {
                for (double part : {0.0, 0.4, 0.6}) {
                    if (exponent == 15 && fraction == 1023 && part > 0.5) continue;  // beyond the largest
                    values.push_back(static_cast<float>(sign * (low + part * step)));
                    expected.push_back(static_cast<float>(sign * (part > 0.5 ? low + step : low)));
                }
            }
        }
    }
    {
        H5File file = H5File::create(folder / "a.h5", thing);
        file.write_half("x", values.data(), {values.size()});
        file.commit();
    }
    EXPECT_EQ(H5File::open(folder / "a.h5", thing).read<float>("x"), expected);
}

TEST(Hdf5File, UncommittedLeavesNothing) {
    const test::TemporaryDirectory folder;
    { H5File::create(folder / "a.h5", thing).write("x", std::vector<int>{1}); }
    EXPECT_TRUE(std::filesystem::is_empty(folder.path));
}

TEST(Hdf5File, RefusesWhatItCannotRead) {
    const test::TemporaryDirectory folder;
    const auto path = folder / "a.h5";
    {
        H5File file = H5File::create(path, thing);
        file.write("x", std::vector<float>(100000, 1.0f), false);
        file.commit();
    }
    EXPECT_NE(error_of([&] { H5File::open(folder / "none.h5", thing); }).find("No such file"), std::string::npos);
    EXPECT_NE(error_of([&] { H5File::open(folder.path, thing); }).find("is a folder"), std::string::npos);
    EXPECT_NE(error_of([&] { H5File::open(path, {"other", 3, ""}); }).find("is of the kind 'thing', not 'other'"), std::string::npos);
    EXPECT_NE(error_of([&] {
                  H5File::open(path, {"thing", 4, "make it again"});
              }).find("this program reads format 4; make it again"),
              std::string::npos);
    EXPECT_NE(error_of([&] { H5File::open(path, thing).read<float>("y"); }).find("cannot find 'y'"), std::string::npos);
    test::write_text(folder / "text.h5", "not HDF5 at all");
    EXPECT_NE(error_of([&] { H5File::open(folder / "text.h5", thing); }).find("is not an HDF5 file"), std::string::npos);
    test::write_text(folder / "empty.h5", "");
    EXPECT_NE(error_of([&] { H5File::open(folder / "empty.h5", thing); }).find("is not an HDF5 file"), std::string::npos);
    std::filesystem::resize_file(path, 100000);
    EXPECT_NE(error_of([&] { H5File::open(path, thing); }).find("truncated"), std::string::npos);
    EXPECT_NE(error_of([&] { H5File::create(folder / "none" / "a.h5", thing); }).find("cannot be written"), std::string::npos);
}

// A few hundred bytes that claim terabytes, and attributes larger than the variables they are read into.
TEST(Hdf5File, BelievesNoMoreThanTheFileCanHold) {
    const test::TemporaryDirectory folder;
    const auto path = folder / "a.h5";
    {
        H5File file = H5File::create(path, thing);
        file.create_dataset<float>("vast", {std::size_t{1} << 20, std::size_t{1} << 20});  // chunks that are never written
        file.write_attribute("/", "number", std::nan(""));
        file.write_attribute("/", "fraction", 2.5);
        file.commit();
    }
    ASSERT_LT(std::filesystem::file_size(path), 100000u);
    const H5File file = H5File::open(path, thing);
    EXPECT_NE(error_of([&] { file.read<float>("vast"); }).find("'vast' claims more entries"), std::string::npos);
    float row[4];
    EXPECT_NE(error_of([&] { file.read_rows(row, "vast", ~std::size_t{0} - 1, 4); }).find("has no rows"), std::string::npos);
    EXPECT_NE(error_of([&] { file.read_number_attribute("/", "number"); }).find("not a finite number"), std::string::npos);
    EXPECT_NE(error_of([&] { file.read_integer_attribute("/", "fraction"); }).find("not a whole number"), std::string::npos);
}

// A program that ended in the midst of writing leaves a mark in its file, and in every copy of it.
TEST(Hdf5File, NamesTheCureOfAFileThatWasNeverClosed) {
    const test::TemporaryDirectory folder;
    const std::string name = (folder / "a.h5").string();
    const pid_t child = fork();
    if (child == 0) {
        const hid_t latest = H5Pcreate(H5P_FILE_ACCESS);
        H5Pset_libver_bounds(latest, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
        const hid_t file = H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, latest);
        _exit(file < 0 || H5Fflush(file, H5F_SCOPE_GLOBAL) < 0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_EQ(status, 0);
    const std::string error = error_of([&] { H5File::open_foreign(name); });
    EXPECT_TRUE(error.starts_with(name + ": its writer has not closed it")) << error;
    EXPECT_NE(error.find("'h5clear -s " + name + "'"), std::string::npos) << error;
}

// A full disk, played by a limit on the size of a file, in a child of its own.
TEST(Hdf5File, FullDiskLeavesNothing) {
    const test::TemporaryDirectory folder;
    const pid_t child = fork();
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{200000, 200000};
        setrlimit(RLIMIT_FSIZE, &limit);
        const std::string message = error_of([&] {
            H5File file = H5File::create(folder / "a.h5", thing);
            file.write("x", std::vector<float>(1000000, 1.0f), false);
            file.commit();
        });
        if (message.find("check the space on the disk") != std::string::npos) _exit(0);
        std::fputs(("the child said: " + message + "\n").c_str(), stderr);
        _exit(1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT_TRUE(std::filesystem::is_empty(folder.path));
}

}  // namespace
}  // namespace friedel
