// NeXus files: which scan, which axis, which wavelength, and what a detector's mask leaves.
#include <gtest/gtest.h>
#include <hdf5.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "host/patterns/pattern_list.h"
#include "host/support/hdf5_file.h"
#include "tests/instrument_patterns.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

using test::error_of;
using test::expect_pattern;
using test::intensity_at;
using test::points;
using test::write_text;

TEST(NexusFile, IsReadByItsDefaultScan) {
    const test::TemporaryDirectory folder;
    std::string beam_quantity = "incident_wavelength", beam_units = "nm", beam_group = "instrument/beam", beam_class;
    double beam = 0.15406;
    int masked = 0;  // points at either end
    const auto write = [&](const std::string& axis, const std::string& units, const std::function<double(int)>& x, int scans) {
        H5File file = H5File::create(folder / "a.nxs", {"foreign", 1, ""});
        std::vector<double> axis_values, values;
        for (int i = 0; i < points; ++i) {
            axis_values.push_back(x(i));
            values.push_back(i < masked || i >= points - masked ? std::nan("") : intensity_at(i));
        }
        for (int s = 0; s < scans; ++s) {
            const std::string data = "entry/data" + std::to_string(s);
            file.write(data + "/" + axis, axis_values);
            file.write(data + "/I", values);
            file.write_attribute(data, "NX_class", std::string("NXdata"));
            file.write_attribute(data, "signal", std::string("I"));
            file.write_attribute(data, "axes", axis);
            file.write_attribute(data + "/" + axis, "units", units);
        }
        const std::string group = "entry/" + beam_group;
        file.write(group + "/" + beam_quantity, &beam, {1});
        file.write_attribute(group + "/" + beam_quantity, "units", beam_units);
        if (!beam_class.empty()) {
            file.write_attribute(group.substr(0, group.rfind('/')), "NX_class", std::string("NXinstrument"));
            file.write_attribute(group, "NX_class", beam_class);
        }
        file.commit();
    };
    const auto angle = [](int i) { return 10 + 0.02 * i; };
    write("two_theta", "deg", angle, 1);
    expect_pattern(read_pattern(folder / "a.nxs"), 10, 0.02, 1.5406);
    for (const auto& [units, of_degree] : {std::pair("mrad", M_PI / 0.18), std::pair("radian", M_PI / 180), std::pair("arcmin", 60.0)}) {
        write(
            "two_theta", units, [&](int i) { return angle(i) * of_degree; }, 1);
        expect_pattern(read_pattern(folder / "a.nxs"), 10, 0.02, 1.5406);
    }
    write("two_theta", "mm", angle, 1);
    EXPECT_NE(error_of([&] { read_pattern(folder / "a.nxs"); }).find("is in mm; write 2theta in degrees"), std::string::npos);
    write(
        "q", "1/nm", [&](int i) { return 40 * M_PI * std::sin(angle(i) * M_PI / 360) / 1.5406; }, 1);
    expect_pattern(read_pattern(folder / "a.nxs"), 10, 0.02, 1.5406);
    for (const auto& [quantity, units, value] :
         {std::tuple("incident_wavelength", "m", 1.5406e-10), std::tuple("incident_wavelength", "angstrom", 1.5406),
          std::tuple("incident_energy", "keV", 12.398419843 / 1.5406), std::tuple("incident_energy", "eV", 12398.419843 / 1.5406),
          std::tuple("incident_energy", "J", 12.398419843 / 1.5406 * 1.602176634e-16)}) {
        beam_quantity = quantity, beam_units = units, beam = value;
        write("two_theta", "deg", angle, 1);
        expect_pattern(read_pattern(folder / "a.nxs"), 10, 0.02, 1.5406);
    }
    // A group is what its class says, whatever its name.
    for (const auto& [group, type, quantity, units, value] :
         {std::tuple("instrument/DCM", "NXmonochromator", "wavelength", "angstrom", 1.5406),
          std::tuple("instrument/Si111", "NXcrystal", "wavelength", "angstrom", 1.5406),
          std::tuple("b12/my_beam", "NXbeam", "incident_energy", "keV", 12.398419843 / 1.5406)}) {
        beam_group = group, beam_class = type, beam_quantity = quantity, beam_units = units, beam = value;
        write("two_theta", "deg", angle, 1);
        expect_pattern(read_pattern(folder / "a.nxs"), 10, 0.02, 1.5406);
    }
    // The energy of a source is that of its electrons.
    beam_group = "instrument/ring", beam_class = "NXsource", beam_quantity = "energy", beam_units = "eV", beam = 6e9;
    write("two_theta", "deg", angle, 1);
    EXPECT_EQ(read_pattern(folder / "a.nxs").wavelength_angstrom, 0);
    write("q", "1/m", angle, 1);
    EXPECT_NE(error_of([&] { read_pattern(folder / "a.nxs"); }).find("is in 1/m; write it in angstrom"), std::string::npos);
    masked = 5;
    write("two_theta", "deg", angle, 1);
    const MeasuredPattern between = read_pattern(folder / "a.nxs");
    ASSERT_EQ(between.intensity.size(), static_cast<std::size_t>(points - 10));
    EXPECT_NEAR(between.two_theta_deg.front(), angle(5), 1e-9);
    masked = 0;
    write("two_theta", "deg", angle, 2);
    EXPECT_NE(error_of([&] { read_pattern(folder / "a.nxs"); }).find("holds 2 scans"), std::string::npos);
    write("temperature", "K", angle, 1);
    EXPECT_NE(error_of([&] { read_pattern(folder / "a.nxs"); }).find("'temperature', not 2theta"), std::string::npos);
    const std::string whole = test::read_text(folder / "a.nxs");
    test::write_text(folder / "a.nxs", whole.substr(0, whole.size() / 2));
    EXPECT_NE(error_of([&] { read_pattern(folder / "a.nxs"); }).find("truncated"), std::string::npos);
}

// A group of class NXdata with intensities [rows][points], or [points] where `rows` is 0: those of row r are (r + 1) times the usual ones.
void write_scan(H5File& file, const std::string& group, std::size_t rows) {
    std::vector<double> axis, values;
    for (int i = 0; i < points; ++i) axis.push_back(10 + 0.02 * i);
    for (std::size_t row = 0; row < std::max<std::size_t>(rows, 1); ++row)
        for (int i = 0; i < points; ++i) values.push_back(intensity_at(i) * static_cast<double>(row + 1));
    file.write(group + "/tth", axis);
    file.write(group + "/I", values.data(), rows ? Shape{rows, axis.size()} : Shape{axis.size()});
    file.write_attribute(group, "NX_class", std::string("NXdata"));
    file.write_attribute(group, "signal", std::string("I"));
    file.write_attribute(group, "axes", std::string("tth"));
    file.write_attribute(group + "/tth", "units", std::string("deg"));
}

// Of several scans in one file, as BLISS writes them, one is read by its group; of a stack one pattern by its number.
TEST(NexusFile, PatternsWithinAFileAreRead) {
    const test::TemporaryDirectory folder;
    const std::string name = (folder / "scans.h5").string();
    H5File file = H5File::create(name, {"foreign", 1, ""});
    write_scan(file, "1.1/integrated", 0);
    write_scan(file, "2.1/integrated", 3);
    file.commit();
    EXPECT_NE(error_of([&] { read_pattern(name); }).find("(/1.1/integrated, /2.1/integrated); name one, as " + name + "::/1.1/integrated"),
              std::string::npos);
    for (const char* scan : {"::/1.1/integrated", "::/1.1", "::/1.1/", "::/2.1[0]"}) expect_pattern(read_pattern(name + scan), 10, 0.02, 0);
    EXPECT_DOUBLE_EQ(read_pattern(name + "::/2.1/integrated[2]").intensity[7], 3 * intensity_at(7));
    EXPECT_EQ(read_pattern(name + "::/2.1[2]").name, name + "::/2.1[2]");
    for (const auto& [within, wrong] : {std::pair("::/3.1", "no group '/3.1'; its scans are /1.1/integrated, /2.1/integrated"),
                                        std::pair("::/2.1", "holds 3 patterns; name one of them, as"),
                                        std::pair("::/2.1[3]", "holds 3 patterns, counted from 0; there is no [3]"),
                                        std::pair("::/1.1[0]", "holds one pattern; name it without [0]"), std::pair("[0]", "holds 2 scans"),
                                        std::pair("[x]", "no such file")}) {
        const std::string error = error_of([&] { read_pattern(name + within); });
        EXPECT_NE(error.find(wrong), std::string::npos) << within << ": " << error;
    }
    const PatternList list = PatternList::of_paths({name + "::/2.1[1]", name + "::/2.1", name + "::/1.1"});
    ASSERT_EQ(list.size(), 5u);
    EXPECT_EQ(list.name(0), name + "::/2.1[1]");
    EXPECT_EQ(list.name(3), name + "::/2.1[2]");
    EXPECT_EQ(list.name(4), name + "::/1.1");
    EXPECT_EQ(list.file(0), name);
    EXPECT_TRUE(list.reads(name));
    EXPECT_DOUBLE_EQ(list.read(0).intensity[7], list.read(2).intensity[7]);
    // A file of the very name is that file.
    std::filesystem::copy(name, name + "[0]");
    write_text(name + "[0]", "not HDF5");
    EXPECT_NE(error_of([&] { read_pattern(name + "[0]"); }).find("no rows"), std::string::npos);
}

TEST(NexusFile, FilesOfFriedelThatHoldNoPatternAreNamed) {
    const test::TemporaryDirectory folder;
    for (const char* kind : {"model", "structure_library"}) {
        H5File::create(folder / "a.h5", {kind, 1, ""}).commit();
        const std::string error = error_of([&] { read_pattern(folder / "a.h5"); });
        EXPECT_NE(error.find(std::string("a.h5: is a friedel ") + (kind[0] == 'm' ? "model" : "structure library") + ", not a pattern"),
                  std::string::npos)
            << error;
    }
}

// pyFAI keeps what it was told, in metres, in a note.
TEST(NexusFile, TheWavelengthOfPyFai) {
    const test::TemporaryDirectory folder;
    const auto wavelength = [&](const std::string& note) {
        H5File file = H5File::create(folder / "a.h5", {"foreign", 1, ""});
        write_scan(file, "entry_0000/pyFAI/results", 0);
        file.write_strings("entry_0000/pyFAI/configuration/data", {note});
        file.write_attribute("entry_0000/pyFAI/configuration", "NX_class", std::string("NXnote"));
        file.commit();
        return read_pattern(folder / "a.h5").wavelength_angstrom;
    };
    EXPECT_NEAR(wavelength(R"({"poni": {"dist": 0.1, "wavelength": 5e-11}, "unit": ["2th_deg"]})"), 0.5, 1e-9);
    EXPECT_NEAR(wavelength("{\n  \"wavelength\":\n  4.139e-11\n}"), 0.4139, 1e-9);
    EXPECT_EQ(wavelength(R"({"wavelength": null, "dist": 0.1})"), 0);
    EXPECT_EQ(wavelength("a note"), 0);
}

// The writer of pyFAI calls the axis `radial`, says in attributes what it is, and writes `unit`.
TEST(NexusFile, TheAxesOfPyFai) {
    const test::TemporaryDirectory folder;
    const auto read = [&](const std::string& axis, const std::vector<std::pair<std::string, std::string>>& attributes, double factor) {
        H5File file = H5File::create(folder / "a.h5", {"foreign", 1, ""});
        std::vector<double> x, values;
        for (int i = 0; i < points; ++i) {
            const double angle = 10 + 0.02 * i;
            x.push_back(factor * (axis == "2th" ? angle : 4 * M_PI * std::sin(angle * M_PI / 360) / 1.5405929));
            values.push_back(intensity_at(i));
        }
        const std::string group = "entry/integrate/results", name = axis == "2th" ? "radial" : axis;
        file.write(group + "/" + name, x);
        file.write(group + "/data", values);
        file.write_attribute(group, "NX_class", std::string("NXdata"));
        file.write_attribute(group, "signal", std::string("data"));
        file.write_attribute(group, "axes", name);
        for (const auto& [attribute, value] : attributes) file.write_attribute(group + "/" + name, attribute, value);
        file.commit();
        return read_pattern(folder / "a.h5");
    };
    expect_pattern(read("2th", {{"name", "2th"}, {"unit", "deg"}}, 1), 10, 0.02, 0);
    expect_pattern(read("2th", {{"long_name", "Scattering angle $2\\theta$ ($^{o}$)"}}, 1), 10, 0.02, 0);
    expect_pattern(read("2th", {{"units", "2th_rad"}}, M_PI / 180), 10, 0.02, 0);
    EXPECT_NEAR(read("q", {{"unit", "nm^-1"}}, 10).two_theta_deg.front(), 10, 1e-3);
    EXPECT_NEAR(read("radial", {{"long_name", "Scattering vector $q$ ($nm^{-1}$)"}, {"units", "nm^-1"}}, 10).two_theta_deg.front(), 10,
                1e-3);
    EXPECT_NEAR(read("radial", {{"name", "q"}, {"unit", "nm^-1"}}, 10).two_theta_deg.front(), 10, 1e-3);
    EXPECT_NEAR(read("radial", {{"units", "nm^-1"}}, 10).two_theta_deg.front(), 10, 1e-3);
    expect_pattern(read("2th", {{"units", "deg"}}, 1), 10, 0.02, 0);
    EXPECT_NE(error_of([&] { read("radial", {{"name", "r"}, {"unit", "mm"}}, 1); }).find("'radial', not 2theta"), std::string::npos);
}

// Maps, and stacks whose patterns lie along another dimension than the last, as those of pyFAI's diffmap; pictures beside them do not
// matter.
TEST(NexusFile, MapsAreStacks) {
    const test::TemporaryDirectory folder;
    const std::string name = (folder / "map.h5").string();
    const auto size = static_cast<std::size_t>(points);
    const auto write = [&](const Shape& shape, const std::vector<std::string>& axes, std::size_t along) {
        H5File file = H5File::create(name, {"foreign", 1, ""});
        std::size_t all = 1, behind = 1;
        for (std::size_t i = 0; i < shape.size(); ++i) all *= shape[i], behind *= i > along ? shape[i] : 1;
        std::vector<double> x, values(all), picture(size * size, 1.0);
        for (int i = 0; i < points; ++i) x.push_back(10 + 0.02 * i);
        for (std::size_t i = 0; i < all; ++i) {
            const std::size_t line = i / (behind * size) * behind + i % behind;
            values[i] = intensity_at(static_cast<int>(i / behind % size)) * static_cast<double>(line + 1);
        }
        std::string joined;
        for (const std::string& axis : axes) joined += (joined.empty() ? "" : ":") + axis;
        for (const auto& [group, signal, names] :
             {std::tuple("entry/map", &values, joined), std::tuple("entry/mean", &picture, std::string(".:."))}) {
            file.write(std::string(group) + "/I", signal->data(), signal == &values ? shape : Shape{size, size});
            file.write_attribute(group, "NX_class", std::string("NXdata"));
            file.write_attribute(group, "signal", std::string("I"));
            file.write_attribute(group, "axes", names);
        }
        file.write("entry/map/2th", x);
        file.write_attribute("entry/map/2th", "unit", std::string("deg"));
        file.commit();
        const PatternList list = PatternList::of_paths({name});
        ASSERT_EQ(list.size(), all / size);
        for (std::size_t i = 0; i < list.size(); ++i) {
            EXPECT_EQ(list.name(i), name + "[" + std::to_string(i) + "]");
            for (std::size_t point : {std::size_t{0}, std::size_t{7}, size - 1})
                ASSERT_DOUBLE_EQ(list.read(i).intensity[point], static_cast<double>(i + 1) * intensity_at(static_cast<int>(point))) << i;
        }
    };
    write({3, size}, {".", "2th"}, 1);
    write({size, 3}, {"2th", "frame"}, 0);
    write({2, 3, size}, {"slow", "fast", "2th"}, 2);
    write({size, 2, 3}, {"2th", "slow", "fast"}, 0);
    write({2, size, 2, 3}, {"azimuthal", "2th", "slow", "fast"}, 1);
}

// A folder is read with the stacks in it, those that cannot be read told among them; and more of them than a process may have open.
TEST(NexusFile, FoldersOfStacks) {
    const test::TemporaryDirectory folder;
    for (int i = 0; i < 100; ++i) {
        H5File file = H5File::create(folder / (std::to_string(100 + i) + ".h5"), {"foreign", 1, ""});
        write_scan(file, "entry/data", 3);
        file.commit();
    }
    std::filesystem::copy(folder / "100.h5", folder / "200.nxs");
    H5File own = H5File::create(folder / "own.h5", {"model", 1, ""});
    own.commit();
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit few{90, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    const PatternList list = PatternList::of_paths({folder.path.string()});
    EXPECT_EQ(list.size(), 303u);
    for (std::size_t i = 0; i < list.size(); ++i)
        EXPECT_DOUBLE_EQ(list.read(i).intensity[7], static_cast<double>(i % 3 + 1) * intensity_at(7)) << list.name(i);
    EXPECT_EQ(list.name(300), (folder / "200.nxs[0]").string());
    setrlimit(RLIMIT_NOFILE, &before);
}

// Masters of beamlines link to the files of their scans; texts behind such a link were read as empty.
TEST(NexusFile, LinksToOtherFilesAreFollowed) {
    const test::TemporaryDirectory folder;
    H5File scan = H5File::create(folder / "scan.h5", {"foreign", 1, ""});
    write_scan(scan, "entry/data", 0);
    scan.commit();
    // With texts of no fixed length, as h5py writes them.
    const hid_t written = H5Fopen((folder / "scan.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    const hid_t text = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(text, H5T_VARIABLE);
    for (const auto& [name, value] : {std::pair("NX_class", "NXdata"), std::pair("signal", "I"), std::pair("axes", "tth")}) {
        H5Adelete_by_name(written, "/entry/data", name, H5P_DEFAULT);
        const hid_t attribute = H5Acreate_by_name(written, "/entry/data", name, text, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
        EXPECT_GE(H5Awrite(attribute, text, &value), 0);
        H5Aclose(attribute);
    }
    H5Fclose(written);
    const hid_t master = H5Fcreate((folder / "master.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    EXPECT_GE(H5Lcreate_external("scan.h5", "/entry", master, "entry", H5P_DEFAULT, H5P_DEFAULT), 0);
    H5Fclose(master);
    H5Sclose(space);
    H5Tclose(text);
    expect_pattern(read_pattern(folder / "master.h5"), 10, 0.02, 0);
}

// A series that is still being measured: what its writer has flushed is read.
TEST(NexusFile, FilesAreReadWhileTheyAreWritten) {
    const test::TemporaryDirectory folder;
    const std::string name = (folder / "a.h5").string();
    const pid_t writer = fork();
    ASSERT_GE(writer, 0);
    if (writer == 0) {
        const hid_t access = H5Pcreate(H5P_FILE_ACCESS);
        H5Pset_libver_bounds(access, H5F_LIBVER_LATEST, H5F_LIBVER_LATEST);
        H5File made = H5File::create(folder / "b.h5", {"foreign", 1, ""});
        write_scan(made, "entry/data", 3);
        made.commit();
        const hid_t from = H5Fopen((folder / "b.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT),
                    to = H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access);
        H5Ocopy(from, "/entry", to, "entry", H5P_DEFAULT, H5P_DEFAULT);
        const bool ready = H5Fstart_swmr_write(to) >= 0 && H5Fflush(to, H5F_SCOPE_GLOBAL) >= 0;
        _exit(ready ? 0 : 1);  // and never closes it
    }
    int status = 1;
    ASSERT_EQ(waitpid(writer, &status, 0), writer);
    ASSERT_EQ(status, 0);
    EXPECT_EQ(PatternList::of_paths({name}).size(), 3u);
    EXPECT_DOUBLE_EQ(read_pattern(name + "[2]").intensity[7], 3 * intensity_at(7));
}

// What says no unit has the one with which powders are measured.
TEST(NexusFile, EnergiesWithoutUnits) {
    const test::TemporaryDirectory folder;
    const auto wavelength = [&](double energy) {
        H5File file = H5File::create(folder / "a.h5", {"foreign", 1, ""});
        write_scan(file, "entry/data", 0);
        file.write("entry/instrument/monochromator/energy", &energy, {1});
        file.commit();
        return read_pattern(folder / "a.h5").wavelength_angstrom;
    };
    EXPECT_NEAR(wavelength(30), 12.398419843 / 30, 1e-9);
    EXPECT_NEAR(wavelength(30000), 12.398419843 / 30, 1e-9);
    for (double none : {0.0, 1.5, 600.0, 6e9}) EXPECT_EQ(wavelength(none), 0) << none;
}

TEST(NexusFile, WavelengthsOfTheAnodeAndBesideTheSignal) {
    const test::TemporaryDirectory folder;
    const auto wavelength = [&](const std::function<void(H5File&)>& state) {
        H5File file = H5File::create(folder / "a.h5", {"foreign", 1, ""});
        write_scan(file, "entry/data", 0);
        state(file);
        file.commit();
        return read_pattern(folder / "a.h5").wavelength_angstrom;
    };
    const double length = 1.0332, lengths[] = {1.0332, 1.2};
    EXPECT_EQ(wavelength([&](H5File& file) { file.write("entry/data/wavelength", &length, {1}); }), length);
    EXPECT_EQ(wavelength([&](H5File& file) { file.write("entry/data/wavelength", lengths, {2}); }), 0) << "an axis, perhaps";
    EXPECT_NEAR(wavelength([&](H5File& file) { file.write_strings("entry/instrument/source/target_material", {"Co"}); }), 1.7902758, 1e-6);
}

}  // namespace
}  // namespace friedel
