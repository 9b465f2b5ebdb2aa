// NeXus files: which scan, which axis, which wavelength, and what a detector's mask leaves.
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace friedel
