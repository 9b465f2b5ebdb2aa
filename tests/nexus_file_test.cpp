// NeXus files: which scan, which axis, which wavelength, and what a detector's mask leaves.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "host/support/hdf5_file.h"
#include "tests/instrument_patterns.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

using test::error_of;
using test::expect_pattern;
using test::intensity_at;
using test::points;

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

}  // namespace
}  // namespace friedel
