// Every subcommand given what it cannot use: one line on standard error that names the file, exit status 1, and nothing written.
// Usage errors exit with 2. A new subcommand is a line in the tables below.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <set>
#include <vector>

#include "host/patterns/pattern_output.h"
#include "tests/refusals.h"

namespace friedel {
namespace {

namespace fs = std::filesystem;
using test::listing;
using test::read_text;
using test::run_friedel;
using test::RunResult;
using test::TemporaryDirectory;
using test::write_text;

// `{}` stands for the bad file; outputs go to out*, which must not exist afterwards.
std::string with_file(std::string arguments, const std::string& file) {
    return arguments.replace(arguments.find("{}"), 2, "'" + file + "'");
}

void expect_refused(const std::string& arguments, const std::string& file, const fs::path& folder) {
    test::expect_refused(with_file(arguments, file), file, 1, folder);
}

const std::string quartz = "data/minerals/quartz.cif";
std::string cif(const std::string& name = quartz) { return read_text(test::source_dir() / name); }

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), by);
}

// What no command can use, whatever it expects. Returns the names.
std::vector<std::string> write_universally_bad_files(const fs::path& folder) {
    std::string noise;
    std::uint32_t state = 1;
    for (int i = 0; i < 4096; ++i) noise += static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
    write_text(folder / "empty", "");
    write_text(folder / "noise", noise);
    write_text(folder / "zeros", std::string(1000, '\0'));
    write_text(folder / "prose", "Der Worte sind genug gewechselt,\nlasst mich auch endlich Taten sehn!\n");
    write_text(folder / "archive", "PK\x03\x04 not really a zip");
    fs::create_directory(folder / "folder");
    return {"absent", "empty", "noise", "zeros", "prose", "archive", "folder", "no/such/folder"};
}

// Subcommands that read one CIF.
const std::vector<std::string> cif_commands = {"peaks {}", "simulate {} -o out.h5", "simulate {} -o out.xy --plot out.svg"};
// Subcommands that read an HDF5 file.
const std::vector<std::string> h5_commands = {"info {}", "info --json {}", "split {} --train out_a.h5 --test out_b.h5",
                                              "statistics {} -o out.h5", "generate -q -n 5 --statistics {} -o out.h5"};

TEST(BadInput, NoCommandAcceptsRubbish) {
    const TemporaryDirectory folder;
    const std::vector<std::string> files = write_universally_bad_files(folder.path);
    for (const auto& commands : {cif_commands, h5_commands})
        for (const std::string& command : commands)
            for (const std::string& file : files) expect_refused(command, file, folder.path);
}

TEST(BadInput, IngestOfRubbishWritesNothing) {
    const TemporaryDirectory folder;
    for (const std::string& file : write_universally_bad_files(folder.path)) {
        SCOPED_TRACE(file);
        const RunResult result = run_friedel("ingest -q " + file + " -o out.h5", folder.path);
        EXPECT_EQ(result.status, 1);
        EXPECT_NE(result.err.find(file), std::string::npos) << result.err;
        EXPECT_FALSE(fs::exists(folder / "out.h5"));
    }
}

TEST(BadInput, CifsThatMakeNoCrystal) {
    const TemporaryDirectory folder;
    const std::string good = cif();
    const std::vector<std::pair<std::string, std::string>> bad = {
        {"truncated.cif", good.substr(0, good.size() / 2)},
        {"no_cell.cif", replaced(good, "_cell_length_a 4.9134\n", "")},
        {"flat_cell.cif", replaced(good, "_cell_length_c 5.4052", "_cell_length_c 0")},
        {"negative_cell.cif", replaced(good, "_cell_length_a 4.9134", "_cell_length_a -4.9134")},
        {"impossible_angles.cif", replaced(good, "_cell_angle_alpha 90", "_cell_angle_alpha 179")},
        {"cell_in_words.cif", replaced(good, "_cell_length_a 4.9134", "_cell_length_a wide")},
        {"nan_cell.cif", replaced(good, "_cell_length_a 4.9134", "_cell_length_a nan")},
        {"huge_cell.cif", replaced(good, "_cell_length_a 4.9134", "_cell_length_a 1e30")},
        {"long_cell.cif", replaced(good, "_cell_length_a 4.9134", "_cell_length_a 900")},
        {"vast_cell.cif",
         replaced(replaced(good, "_cell_length_a 4.9134", "_cell_length_a 450"), "_cell_length_c 5.4052", "_cell_length_c 450")},
        {"unknown_element.cif", replaced(good, "Si1 Si", "Xx1 Xx")},
        {"ragged_loop.cif", good + "Si9 Si 0.5\n"},
        {"bad_operation.cif", replaced(good, "'x,y,z'", "'x,y,w'")},
        {"no_atoms.cif", good.substr(0, good.find("loop_\n_atom_site_label"))},
    };
    for (const auto& [name, text] : bad) {
        write_text(folder / name, text);
        for (const std::string& command : cif_commands) expect_refused(command, name, folder.path);
    }
}

TEST(BadInput, IngestGoesOnAndSaysWhatWasLeftOut) {
    const TemporaryDirectory folder;
    fs::create_directory(folder / "cifs");
    write_text(folder / "cifs" / "a.cif", cif());
    write_text(folder / "cifs" / "b.cif", cif().substr(0, 300));
    write_text(folder / "cifs" / "c.cif", cif("data/minerals/NaCl.cif"));
    const RunResult result = run_friedel("ingest -q cifs -o out.h5", folder.path);
    EXPECT_EQ(result.status, 0) << result.err;
    const RunResult left_out = run_friedel("info --rejections out.h5", folder.path);
    EXPECT_NE(left_out.out.find("b.cif"), std::string::npos);
    EXPECT_EQ(left_out.out.find("a.cif"), std::string::npos);
}

TEST(BadInput, DamagedLibraries) {
    const TemporaryDirectory folder;
    ASSERT_EQ(run_friedel("ingest -q '" + (test::source_dir() / quartz).string() + "' -o good.h5", folder.path).status, 0);
    const std::string good = read_text(folder / "good.h5");
    for (const std::size_t length : {good.size() / 4, good.size() / 2, good.size() - 1}) {
        write_text(folder / "cut.h5", good.substr(0, length));
        for (const std::string& command : h5_commands) expect_refused(command, "cut.h5", folder.path);
    }
}

TEST(BadInput, WithoutPermission) {
    if (geteuid() == 0) GTEST_SKIP() << "the superuser may read everything; run the tests as another user";
    const TemporaryDirectory folder;
    write_text(folder / "secret", cif());
    fs::permissions(folder / "secret", fs::perms::none);
    for (const auto& commands : {cif_commands, h5_commands})
        for (const std::string& command : commands) expect_refused(command, "secret", folder.path);
}

// A file-size limit stands in for the full disk: both make write() fail.
TEST(BadInput, FullDiskLeavesNothing) {
    const TemporaryDirectory folder;
    const std::string source = test::source_dir().string();
    const TemporaryDirectory inputs;
    const std::string library = (inputs / "library.h5").string(), model = (inputs / "model.h5").string(),
                      others = source + "/data/structures/minerals.h5";
    ASSERT_EQ(run_friedel("ingest -q '" + source + "/data/minerals' -o '" + library + "'").status, 0);
    ASSERT_EQ(run_friedel("train '" + library + "' --preset quick --steps 20 -q -o '" + model + "'").status, 0);
    const std::vector<std::string> writers = {"ingest -q '" + source + "/data/minerals' -o out.h5",
                                              "simulate '" + source + "/" + quartz + "' -o out.h5",
                                              "simulate '" + source + "/" + quartz + "' -o out.xy",
                                              "simulate '" + source + "/" + quartz + "' --plot out.svg",
                                              "train '" + library + "' --preset quick --steps 20 -q -o out.h5",
                                              "calibrate '" + model + "' --library '" + others + "' -q -o out.h5",
                                              "evaluate '" + model + "' --library '" + others + "' --patterns 50 -q -o out",
                                              "classify -q '" + model + "' '" + source + "/data/examples' -o out.csv",
                                              "classify -q '" + model + "' '" + source + "/data/examples' -o out.jsonl",
                                              "classify -q '" + model + "' '" + source + "/data/examples' -o out.h5"};
    for (const std::string& arguments : writers) {
        SCOPED_TRACE(arguments);
        const std::string command = "cd '" + folder.path.string() + "' && (trap '' XFSZ; ulimit -f 2; '" + test::program().string() + "' " +
                                    arguments + " >stdout 2>stderr </dev/null)";
        const int status = std::system(command.c_str());
        EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 1);
        const std::string err = read_text(folder / "stderr");
        EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1) << err;
        EXPECT_NE(err.find("out"), std::string::npos) << err;
        // The metrics of training are a log, kept as far as they go.
        for (const std::string& name : listing(folder.path)) {
            EXPECT_TRUE(name == "stderr" || name == "stdout" || name == "out" || name == "out.h5.metrics.csv") << name;
        }
        fs::remove_all(folder / "out");
    }
}

// HDF5 holds rows back and writes them when a dataset is closed.
TEST(BadInput, AStackThatTheDiskCannotHoldIsNoStack) {
    const TemporaryDirectory folder;
    const std::string library = (test::source_dir() / "data/structures/minerals.h5").string();
    for (const char* kilobytes : {"60", "100", "140"}) {
        const std::string command = "cd '" + folder.path.string() + "' && (trap '' XFSZ; ulimit -f " + kilobytes + "; '" +
                                    test::program().string() + "' simulate '" + library + "' --random 20 -o out.h5 >/dev/null 2>stderr)";
        const int status = std::system(command.c_str());
        EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 1) << kilobytes;
        EXPECT_NE(read_text(folder / "stderr").find("out.h5: cannot "), std::string::npos) << read_text(folder / "stderr");
        EXPECT_EQ(listing(folder.path), std::set<std::string>{"stderr"});
    }
}

TEST(BadInput, WhatIsReadIsNotWrittenOver) {
    const TemporaryDirectory folder;
    const std::string source = test::source_dir().string();
    fs::create_directory(folder / "scans");
    for (const char* name : {"scan.csv", "quartz.xy"}) fs::copy_file(source + "/data/examples/quartz.xy", folder / "scans" / name);
    fs::copy_file(source + "/" + quartz, folder / "scans/quartz.cif");
    test::write_text(folder / "labels.csv", "file,space_group\nscans/scan.csv,154\n");
    fs::copy_file(source + "/data/structures/minerals.h5", folder / "library.h5");
    fs::create_directory(folder / "links");
    fs::create_symlink("../scans/scan.csv", folder / "links/alias.csv");
    const std::string labelled = "--labels labels.csv -o scans/scan.csv";
    for (const std::string& arguments :
         {std::string("classify --structures none scans -o scans/scan.csv"), std::string("index links -o scans/scan.csv"),
          std::string("match library.h5 scans -o scans/scan.csv"), std::string("index scans -o scans/scan.csv"),
          "match library.h5 " + labelled, "index " + labelled, std::string("ingest scans -o scans/quartz.cif"),
          std::string("train library.h5 --steps 1 -o scans/quartz.xy"), std::string("bench library.h5 -o library.h5")}) {
        SCOPED_TRACE(arguments);
        const auto result = run_friedel(arguments, folder.path);
        EXPECT_EQ(result.status, 1);
        EXPECT_NE(result.err.find("name another file"), std::string::npos) << result.err;
    }
    // What a command that writes HDF5 would replace must be HDF5 as well.
    test::write_text(folder / "notes.h5", "bought milk");
    for (const std::string& arguments :
         {std::string("merge library.h5 -o scans/quartz.xy"), std::string("split library.h5 --train train.h5 --test scans/quartz.xy"),
          std::string("generate -q -n 5 -o scans/quartz.xy"), std::string("statistics library.h5 -o scans/quartz.xy"),
          "export '" + source + "/data/models/friedel-cu.h5' --half -o scans/quartz.xy",
          "calibrate '" + source + "/data/models/friedel-cu.h5' --labels labels.csv -o scans/quartz.xy",
          std::string("simulate scans/quartz.cif -o notes.h5"), std::string("classify --structures none scans/scan.csv -o notes.h5")}) {
        SCOPED_TRACE(arguments);
        const auto result = run_friedel(arguments, folder.path);
        EXPECT_EQ(result.status, 1);
        EXPECT_NE(result.err.find(": is there already and is no HDF5 file"), std::string::npos) << result.err;
    }
    EXPECT_EQ(read_text(folder / "notes.h5"), "bought milk");
    EXPECT_FALSE(fs::exists(folder / "train.h5"));
    for (const char* name : {"scan.csv", "quartz.xy"})
        EXPECT_EQ(read_text(folder / "scans" / name), read_text(source + "/data/examples/quartz.xy"));
    EXPECT_EQ(read_text(folder / "scans/quartz.cif"), read_text(source + "/" + quartz));
}

// What was read from standard input the last time has the same name as what comes now.
TEST(BadInput, StandardInputIsNotResumed) {
    const auto result = run_friedel("classify - -o results.csv --resume");
    EXPECT_EQ(result.status, 2);
    EXPECT_NE(result.err.find("standard input"), std::string::npos) << result.err;
}

TEST(BadInput, ALinkToNowhereIsTold) {
    const TemporaryDirectory folder;
    fs::copy_file(test::source_dir() / "data/examples/quartz.xy", folder / "quartz.xy");
    fs::create_symlink("/nowhere", folder / "lost.xy");
    const auto result = run_friedel("index -q . -o results.csv", folder.path);
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.err.find("lost.xy"), std::string::npos) << result.err;
}

// One bad path among several costs its own patterns, no others.
TEST(BadInput, FolderWithoutPatternsAmongOthersIsTold) {
    const TemporaryDirectory folder;
    fs::copy_file(test::source_dir() / "data/examples/quartz.xy", folder / "quartz.xy");
    fs::create_directory(folder / "nothing");
    H5File::create(folder / "broken.h5", patterns_kind).commit();  // and no patterns in it
    const auto result = run_friedel("index nothing quartz.xy broken.h5 -o results.csv", folder.path);
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.err.find("friedel: nothing: holds no pattern"), std::string::npos) << result.err;
    EXPECT_NE(result.err.find("friedel: broken.h5: "), std::string::npos) << result.err;
    EXPECT_EQ(result.out, "");
    const std::string table = read_text(folder / "results.csv");
    EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 4) << table;
    EXPECT_EQ(run_friedel("index nothing -o alone.csv", folder.path).status, 1);
    EXPECT_FALSE(fs::exists(folder / "alone.csv"));
}

TEST(BadInput, OutputFolderThatIsNotThere) {
    const TemporaryDirectory folder;
    const std::string source = test::source_dir().string();
    expect_refused("ingest -q '" + source + "/data/minerals/NaCl.cif' -o {}", "no/such/folder/out.h5", folder.path);
    for (const std::string output : {"-o {}out.h5", "-o {}out.xy", "-o {}out.csv", "--plot {}out.svg"})
        expect_refused("simulate '" + source + "/data/minerals/NaCl.cif' " + output, "no/such/folder/", folder.path);
}

TEST(BadInput, NamesThatCannotBeWrittenAreToldAtOnce) {
    const TemporaryDirectory folder;
    fs::create_symlink("loop.h5", folder / "loop.h5");
    ASSERT_EQ(::mkfifo((folder / "pipe.h5").c_str(), 0600), 0);
    expect_refused("generate -q -n 5 -o {}", std::string(300, 'x') + ".h5", folder.path);
    expect_refused("generate -q -n 5 -o {}", "loop.h5", folder.path);
    expect_refused("generate -q -n 5 -o {}", "pipe.h5", folder.path);
}

TEST(BadInput, UsageErrorsExitWithTwo) {
    const TemporaryDirectory folder;
    for (const std::string arguments : {"sing",
                                        "peaks",
                                        "peaks --wavelength blue x.cif",
                                        "ingest",
                                        "ingest a.cif",
                                        "split x.h5",
                                        "peaks x.cif --nonsense",
                                        "generate -n 5 --seed -1 -o x.h5",
                                        "train x.h5 --preset nonsense -o y.h5",
                                        "train x.h5 --seed 1.5 -o y.h5",
                                        "ingest a.cif --symprec none -o x.h5",
                                        "generate -n 5 --groups 0 -o x.h5",
                                        "match x.h5",
                                        "export m.h5 --onnx -o x.h5",
                                        "generate -n 5 --seed ' -1' -o x.h5",
                                        "generate -n 5 --seed 9223372036854775808 -o x.h5",
                                        "merge --containing Xx a.h5 -o b.h5",
                                        "classify - -o x.csv --resume",
                                        "statistics a.h5 -o x.html",
                                        "simulate x.cif --radiation blue -o x.xy",
                                        "bench --set nonsense=1",
                                        "train --stream synthetic:1 --set training.batch=many -o y.h5",
                                        "--nonsense"}) {
        test::expect_refused(arguments, "", 2, folder.path);
    }
    EXPECT_EQ(run_friedel("").status, 2);
    EXPECT_NE(run_friedel("peaks x.cif --nonsense").err.find("see friedel peaks --help"), std::string::npos);
}

TEST(Help, IsACommandToo) {
    const test::TemporaryDirectory folder;
    for (const auto& [asked, as] : {std::pair("help", "--help"), {"help train", "train --help"}}) {
        const test::RunResult result = run_friedel(asked);
        EXPECT_EQ(result.status, 0);
        EXPECT_EQ(result.out, run_friedel(as).out);
        EXPECT_GT(result.out.size(), 500u);
    }
    test::expect_refused("help trian", "did you mean 'train'?", 2, folder.path);
}

TEST(BadInput, MisspeltCommandIsNamed) {
    EXPECT_EQ(run_friedel("clasify x.xy").err, "friedel: 'clasify' is not a command; did you mean 'classify'? friedel --help lists them\n");
    EXPECT_EQ(run_friedel("pattern.xy").err, "friedel: 'pattern.xy' is not a command; friedel --help lists them\n");
    EXPECT_EQ(run_friedel("trian").err, "friedel: 'trian' is not a command; did you mean 'train'? friedel --help lists them\n");
    EXPECT_EQ(run_friedel("classify --structure=x a.xy").err,
              "friedel classify: The following argument was not expected: --structure=x; for '--structure', did you mean '--structures'? "
              "see friedel classify --help\n");
    EXPECT_EQ(run_friedel("evaluate --lables a.csv m.h5").err,
              "friedel evaluate: --output is required; for '--lables', did you mean '--labels'? see friedel evaluate --help\n");
    EXPECT_EQ(run_friedel("classify --nonsense a.xy").err,
              "friedel classify: The following argument was not expected: --nonsense; see friedel classify --help\n");
}

// What a newcomer is likely to try first and wrongly: each is refused with the cure, and leaves nothing behind.
TEST(BadInput, LikelyMistakesAreToldTheirCure) {
    const TemporaryDirectory folder;
    const std::string data = (test::source_dir() / "data").string();
    struct Mistake {
        std::string arguments, cure;
        int status;
    };
    const std::vector<Mistake> mistakes{
        {"simulate DATA/minerals/quartz.cif -o quartz.png", "patterns are written as .h5, .xy or .csv", 2},
        {"simulate DATA/minerals/quartz.cif --plot quartz.png", "ends in .svg", 2},
        {"simulate DATA/minerals/quartz.cif --random 5 --fwhm 0.3 -o q.h5", "--fwhm is drawn by --random", 2},
        {"simulate DATA/minerals/quartz.cif --preset quick -o q.h5", "--random N", 2},
        {"train DATA/minerals --preset quick -o model.h5 --steps 500 -q", "friedel ingest DATA/minerals -o library.h5", 1},
        {"match DATA/minerals DATA/examples/quartz.xy", "friedel ingest", 1},
        {"split DATA/minerals/quartz.cif --train a.h5 --test b.h5", "friedel ingest", 1},
        {"index DATA/minerals/quartz.cif", "is a CIF, a crystal structure and not a measured pattern", 1},
        {"classify DATA/examples/quartz.xy --wavelength copper", "'copper' is neither", 2},
        {"classify DATA/examples/quartz.xy --wavelength 1,5418", "'1,5418' is neither one wavelength", 2},
        {"classify DATA/examples/quartz.xy --wavelength cu-kb", "'cu-kb' is neither one wavelength", 2},
        {"simulate DATA/minerals/quartz.cif --radiation 1,54187 -o q.xy", "decimals are written with a point", 2},
        {"ingest DATA/minerals -o library.CSV", "library.CSV: this command writes HDF5; give a name that ends in .h5", 2},
        {"info --json --config DATA/models/friedel-cu.h5", "--json excludes --config", 2},
        {"peaks DATA/minerals/quartz.cif --range 60 20", "--range must rise, not from 60 to 20", 2},
        {"simulate DATA/minerals/quartz.cif --range 20 20.005 -o q.xy", "makes a pattern of 0 points; widen it", 2},
        {"simulate DATA/minerals/quartz.cif --range 20 20.02 --step 0.02 -o q.xy", "makes a pattern of 1 point; widen it", 2},
        {"simulate DATA/minerals/quartz.cif --range 20 80 --caglioti 0.01 -0.02 0.005 -o q.xy",
         "is -0.00474 degrees^2 at a two-theta of 80 degrees", 2},
        {"simulate DATA/minerals/quartz.cif --range 20 150 --caglioti 1 -2 0.75 -o q.xy", "is -0.25 degrees^2 at a two-theta of 90 degrees",
         2},
        {"train library.h5 -o model.h5 --steps 5 --resume auto", "write --resume=auto, with no blank", 2},
        {"classify DATA/examples/quartz.xy --wavelength 154.06", "'154.06' is neither", 2}};
    const auto with_data = [&](std::string text) {
        for (std::size_t at; (at = text.find("DATA")) != std::string::npos;) text.replace(at, 4, data);
        return text;
    };
    for (const auto& [mistake, cure, status] : mistakes) {
        test::expect_refused(with_data(mistake), with_data(cure), status, folder.path);
    }
}

TEST(BadInput, WavelengthByItsAnode) {
    const std::string quartz_pattern = (test::source_dir() / "data/examples/quartz.xy").string();
    const auto indexed = [&](const std::string& wavelength) {
        return run_friedel("index '" + quartz_pattern + "' --groups 1 --wavelength " + wavelength).out;
    };
    EXPECT_EQ(indexed("co"), indexed("1.790276"));
    EXPECT_NE(indexed("co"), indexed("cu"));
}

TEST(BadInput, NumbersOutOfRange) {
    const TemporaryDirectory folder;
    const std::string file = (test::source_dir() / quartz).string();
    // The last option is at fault, and is named.
    const auto refuse = [&](const std::string& command, const std::string& options) {
        const std::size_t last = options.rfind("--");
        test::expect_refused(command + options, options.substr(last, options.find(' ', last) - last), 2, folder.path);
    };
    for (const std::string options :
         {"--wavelength 0", "--wavelength -1", "--wavelength nan", "--range 60 20", "--count -1", "--default-b -1"})
        refuse("peaks '" + file + "' ", options);
    for (const std::string options : {"--size -5",
                                      "--size nan",
                                      "--fwhm -1",
                                      "--microstrain -1",
                                      "--lattice-scale 0",
                                      "--b-scale -1",
                                      "--default-b nan",
                                      "--counts -5",
                                      "--noise -1",
                                      "--air-scatter 1 0",
                                      "--hump 1 20 0",
                                      "--hump 1 20",
                                      "--texture 0 0 0 1",
                                      "--texture 0.5 0 0 0",
                                      "--texture 0.5 0.5 0 1",
                                      "--radiation blue",
                                      "--radiation nan",
                                      "--monochromator 200",
                                      "--impurity-fraction -1",
                                      "--random -1",
                                      "--random 2 --preset none",
                                      "--random 2 --set a.b=1",
                                      "--intensity-jitter -1",
                                      "--step 0",
                                      "--step nan",
                                      "--range 20 10",
                                      "--range 0 400",
                                      "--chebyshev nan",
                                      "--zero-shift inf",
                                      "--caglioti nan 0 0"})
        refuse("simulate '" + file + "' -o out.xy ", options);
    test::expect_refused("simulate '" + file + "' -o out.xy --impurity absent.cif", "absent.cif", 1, folder.path);
    test::expect_refused("simulate '" + file + "' -o out.xy --random 2 --config absent.toml", "absent.toml", 1, folder.path);
}

}  // namespace
}  // namespace friedel
