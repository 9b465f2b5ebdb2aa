// Instruments' own formats: small files of each made here, whole, truncated and damaged; and files that instruments wrote, where at hand.
#include "host/patterns/instrument_files.h"
#include "host/patterns/pattern_list.h"

#include <gtest/gtest.h>

#include <tuple>

#include <cmath>
#include <cstring>
#include <functional>

#include "host/support/error.h"
#include "host/support/hdf5_file.h"
#include "host/support/text_format.h"
#include "tests/instrument_patterns.h"
#include "tests/pack_archive.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

using test::error_of;
using test::expect_pattern;
using test::intensity_at;
using test::points;

std::string xrdml(const std::string& axis = "2Theta", int scans = 1) {
    std::string counts, scan;
    for (int i = 0; i < points; ++i) counts += std::to_string(std::lround(intensity_at(i))) + " ";
    for (int s = 0; s < scans; ++s) {
        scan += "<scan scanAxis=\"Gonio\"><dataPoints><positions axis=\"" + axis +
                "\" unit=\"deg\"><startPosition>10</startPosition><endPosition>15.98</endPosition></positions>"
                "<counts unit=\"counts\">" +
                counts + "</counts></dataPoints></scan>";
    }
    return "<?xml version=\"1.0\"?><xrdMeasurements xmlns=\"http://www.xrdml.com/XRDMeasurement/2.2\"><xrdMeasurement>"
           "<usedWavelength intended=\"K-Alpha\"><kAlpha1>1.540598</kAlpha1><kAlpha2>1.544426</kAlpha2>"
           "<ratioKAlpha2KAlpha1>0.5</ratioKAlpha2KAlpha1></usedWavelength>" +
           scan + "</xrdMeasurement></xrdMeasurements>";
}

std::string ras() {
    std::string text =
        "*RAS_DATA_START\r\n*RAS_HEADER_START\r\n*HW_XG_WAVE_LENGTH_ALPHA1 \"1.540593\"\r\n*HW_XG_WAVE_LENGTH_ALPHA2 \"1.544414\"\r\n"
        "*RAS_HEADER_END\r\n*RAS_INT_START\r\n";
    for (int i = 0; i < points; ++i) {  // behind an attenuator of 10 from point 200
        const double attenuation = i < 200 ? 1 : 10;
        text +=
            std::to_string(5 + 0.02 * i) + " " + std::to_string(intensity_at(i) / attenuation) + " " + std::to_string(attenuation) + "\r\n";
    }
    return text + "*RAS_INT_END\r\n*RAS_DATA_END\r\n";
}

std::string gsas(const std::string& type) {
    std::string text = "A title line\r\n# Calibrated wavelength = 0.413259\r\nBANK 1 300 30 CONST 1500 2 0 0 " + type + "\r\n";
    char field[40] = "1500 1";
    const int per_line = type == "STD" ? 10 : type == "ESD" ? 5 : 1;
    for (int i = 0; i < points; ++i) {
        if (type == "STD") std::snprintf(field, sizeof field, " 1%6.0f", intensity_at(i));
        if (type == "ESD") std::snprintf(field, sizeof field, "%8.2f%8.2f", intensity_at(i), 10.0);
        if (type == "FXYE") std::snprintf(field, sizeof field, "%.4f %.3f %.3f", 1500 + 2.0 * i, intensity_at(i), 10.0);
        text += field;
        if (i % per_line == per_line - 1) text += "\r\n";
    }
    return text;
}

template <class T>
void put(std::string& bytes, std::size_t at, T value) {
    if (bytes.size() < at + sizeof value) bytes.resize(at + sizeof value, '\0');
    std::memcpy(bytes.data() + at, &value, sizeof value);
}

void put_intensities(std::string& bytes, std::size_t at, int from, int count, double scale = 1) {
    for (int i = 0; i < count; ++i) put(bytes, at + 4 * static_cast<std::size_t>(i), static_cast<float>(scale * intensity_at(from + i)));
}

// The second range begins within the first and was counted three times as long.
std::string raw_1(bool two_ranges) {
    std::string bytes = "RAW1.01";
    put(bytes, 12, std::uint32_t{two_ranges ? 2u : 1u});
    const double lines[] = {1.54184, 1.5406, 1.54439, 1.39222, 0.5};
    for (int i = 0; i < 5; ++i) put(bytes, 616 + 8 * static_cast<std::size_t>(i), lines[i]);
    const auto range = [&](std::size_t at, int from, int count, float seconds) {
        put(bytes, at, std::uint32_t{304});
        put(bytes, at + 4, static_cast<std::uint32_t>(count));
        put(bytes, at + 16, 10 + 0.02 * from);
        put(bytes, at + 176, 0.02);
        put(bytes, at + 192, seconds);
        put(bytes, at + 256, std::uint32_t{40});
        put_intensities(bytes, at + 344, from, count, two_ranges ? seconds : 1);
        return at + 344 + 4 * static_cast<std::size_t>(count);
    };
    if (!two_ranges) {
        range(712, 0, points, 4);
    } else {
        range(range(712, 0, 200, 1), 150, 150, 3);
    }
    return bytes;
}

std::string raw_4() {
    std::string bytes = "RAW4.00";
    put(bytes, 61, std::uint32_t{10});  // a segment of text
    put(bytes, 65, std::uint32_t{42});
    const std::size_t at = 61 + 42;
    put(bytes, at, std::uint32_t{0});
    put(bytes, at + 72, 37.0);
    put(bytes, at + 80, 0.02);
    put(bytes, at + 88, static_cast<std::uint32_t>(points));
    put(bytes, at + 112, 1.5418);
    put(bytes, at + 136, std::uint32_t{4});
    put(bytes, at + 140, std::uint32_t{100});
    put_intensities(bytes, at + 160 + 100, 0, points);
    return bytes;
}

std::string old_raw() {
    std::string bytes = "RAW ";
    put(bytes, 4, static_cast<std::uint32_t>(points));
    put(bytes, 12, 0.02f);
    put(bytes, 24, 10.0f);
    put(bytes, 72, 1.5406f);
    put(bytes, 76, 1.54439f);
    put(bytes, 152, std::uint32_t{0});
    put_intensities(bytes, 156, 0, points);
    return bytes;
}

std::string raw_2() {
    std::string bytes = "RAW2";
    put(bytes, 4, std::uint16_t{1});
    put(bytes, 190, 1.5406f);
    put(bytes, 194, 1.54439f);
    put(bytes, 198, 0.5f);
    put(bytes, 256, std::uint16_t{60});
    put(bytes, 258, static_cast<std::uint16_t>(points));
    put(bytes, 268, 0.02f);
    put(bytes, 272, 10.0f);
    put_intensities(bytes, 256 + 60, 0, points);
    return bytes;
}

std::string stoe() {
    std::string bytes = "RAW_1.06Powdat";
    constexpr std::uint16_t data_blocks = 3, blocks = 8;
    put(bytes, 0x142, 1.5406f);
    put(bytes, 0x146, 1.54439f);
    put(bytes, 0x1da, data_blocks);
    put(bytes, 0x1dc, blocks);
    const std::size_t data = 512 * (blocks - data_blocks), range = data - 512;
    put(bytes, range + 0x22, static_cast<std::uint16_t>(points));
    put(bytes, range + 0x2c, 10.0f);
    put(bytes, range + 0x34, static_cast<float>(10 + 0.02 * (points - 1)));
    put(bytes, range + 0x3c, 0.02f);
    for (int i = 0; i < points; ++i)
        put(bytes, data + 4 * static_cast<std::size_t>(i), static_cast<std::uint32_t>(std::lround(intensity_at(i))));
    bytes.resize(512 * blocks, '\0');
    return bytes;
}

std::string counts(const char* format, int per_line, const char* line_end) {
    std::string text;
    for (int i = 0; i < points; ++i) {
        char field[32];
        std::snprintf(field, sizeof field, format, std::lround(intensity_at(i)));
        text += field;
        if (i % per_line == per_line - 1 && i + 1 < points) text += line_end;
    }
    return text;
}

std::string udf() {
    return "SampleIdent,quartz ,/\nAnode,Cu,/\nLabdaAlpha1, 1.54060,/\nLabdaAlpha2, 1.54439,/\nRatioAlpha21, 0.50000,/\n"
           "DataAngleRange,  10.0000,  15.9800,/\nScanStepSize,   0.020,/\nRawScan\n" +
           counts("%8ld,", 8, "\n") + "/\n";
}

std::string uxd(const char* drive = "COUPLED") {
    return std::string("; made here\r\n_FILEVERSION=2\r\n_WL1=1.5406\r\n_WL2 = 1.54439\r\n_WLRATIO=0.5\r\n; range 1\r\n_DRIVE='") + drive +
           "'\r\n_STEPSIZE=0.02\r\n_START=10.0\r\n_2THETA=10.0\r\n_COUNTS\r\n" + counts("%8ld", 8, "\r\n") + "\r\n";
}

// Angles beside the counts, which need not have one step.
std::string uxd_of_pairs() {
    std::string text = "_FILEVERSION=2\n_WL1=1.5406\n_DRIVE='COUPLED'\n_STEPSIZE=0.5\n_START=1\n_2THETACOUNTS\n";
    for (int i = 0; i < points; ++i) text += std::to_string(10 + 0.02 * i) + "  " + std::to_string(std::lround(intensity_at(i))) + "\n";
    return text;
}

std::string powder_cif(bool scan) {
    std::string text = "data_test\n_diffrn_radiation_wavelength 1.5406\n";
    if (!scan) {
        return text +
               "_pd_meas_2theta_range_min 10\n_pd_meas_2theta_range_max 15.98\n_pd_meas_2theta_range_inc "
               "0.02\nloop_\n_pd_meas_counts_total\n" +
               counts("%8ld", 1, "\n") + "\n";
    }
    text += "loop_\n_pd_meas_2theta_scan\n_pd_calc_intensity_total\n_pd_meas_intensity_total\n";
    for (int i = 0; i < points; ++i) text += std::to_string(10 + 0.02 * i) + " 7 " + std::to_string(std::lround(intensity_at(i))) + "(9)\n";
    return text;
}

// As beamlines write them; Bragg's law gives the wavelength where two columns say the same.
std::string table(bool angles, int frames = 1) {
    std::string text = angles ? "frame  twotheta  dspacing  intensity  date\n" : "# q [1/A], I, sigma\n";
    for (int f = 0; f < frames; ++f) {
        for (int i = 0; i < points; ++i) {
            const double theta = 0.5 * M_PI / 180 * (10 + 0.02 * i);
            char line[96];
            if (angles)
                std::snprintf(line, sizeof line, "%d %.2f %.6f %.4f 07/07/2022\n", f, 10 + 0.02 * i, 0.7 / (2 * std::sin(theta)),
                              intensity_at(i));
            else
                std::snprintf(line, sizeof line, "%.8f,%.4f,1\n", 4 * M_PI * std::sin(theta) / 1.5405929, intensity_at(i));
            text += line;
        }
    }
    return text;
}

std::string raw_data(const char* axis) {
    std::string rows;
    for (int i = 0; i < points; ++i) {
        const double angle = 10 + 0.02 * i;
        rows += "<Datum>0.5,1," + std::to_string(angle) + "," + std::to_string(angle / 2) + "," +
                std::to_string(std::lround(intensity_at(i))) + "</Datum>";
    }
    return std::string(
               "<?xml version=\"1.0\"?><RawData><FixedInformation><WaveLengthAlpha1 Unit=\"Angstrom\" Value=\"1.5406\"/>"
               "<WaveLengthAlpha2 Value=\"1.54439\"/><WaveLengthRatio Value=\"0.5\"/></FixedInformation><DataRoutes>"
               "<DataRoute RouteFlag=\"Measured\"><Datum>1</Datum></DataRoute><DataRoute RouteFlag=\"Final\"><ScanInformation><ScanAxes>"
               "<ScanAxisInfo AxisId=\"Theta\"><Start>5</Start><Stop>7.99</Stop><Increment>0.01</Increment></ScanAxisInfo><ScanAxisInfo "
               "AxisId=\"") +
           axis + "\"><Start>10</Start><Stop>15.98</Stop><Increment>0.02</Increment></ScanAxisInfo></ScanAxes></ScanInformation>" + rows +
           "</DataRoute></DataRoutes></RawData>";
}

TEST(InstrumentFiles, EveryFormatGivesThePatternThatWentIn) {
    const double copper = (1.540598 + 0.5 * 1.544426) / 1.5;
    expect_pattern(parse_pattern(xrdml(), "a.xrdml"), 10, 0.02, copper);
    expect_pattern(parse_pattern(ras(), "a.ras"), 5, 0.02, (1.540593 + 0.5 * 1.544414) / 1.5, 1e-3);
    for (const std::string type : {"STD", "ESD", "FXYE"}) {
        SCOPED_TRACE(type);
        const MeasuredPattern pattern = parse_pattern(gsas(type), "a.gsas");
        expect_pattern(pattern, 15, 0.02, 0.413259);
        EXPECT_EQ(pattern.sigma.size(), type == "STD" ? 0u : static_cast<std::size_t>(points));
    }
    const double bruker = (1.5406 + 0.5 * 1.54439) / 1.5;
    expect_pattern(parse_pattern(raw_1(false), "a.raw"), 10, 0.02, bruker, 1e-3);
    expect_pattern(parse_pattern(raw_1(true), "a.raw"), 10, 0.02, bruker, 1e-3);
    expect_pattern(parse_pattern(raw_4(), "a.raw"), 37, 0.02, 1.5418, 1e-3);
    expect_pattern(parse_pattern(old_raw(), "a.raw"), 10, 0.02, bruker, 1e-3);
    expect_pattern(parse_pattern(raw_2(), "a.raw"), 10, 0.02, bruker, 1e-3);
    expect_pattern(parse_pattern(stoe(), "a.raw"), 10, 0.02, bruker);
    expect_pattern(parse_pattern(udf(), "a.udf"), 10, 0.02, bruker);
    expect_pattern(parse_pattern(uxd(), "a.uxd"), 10, 0.02, bruker);
    expect_pattern(parse_pattern(uxd_of_pairs(), "a.uxd"), 10, 0.02, 1.5406);
    // Numbers that are not counts: of peaks, of columns, in comments.
    const std::string peaks = "_D-I\n3.34 100\n2.45 8\n";
    expect_pattern(parse_pattern(uxd() + peaks, "a.uxd"), 10, 0.02, bruker);
    expect_pattern(parse_pattern(uxd_of_pairs() + peaks, "a.uxd"), 10, 0.02, 1.5406);
    const auto with = [](const std::string& what, const std::string& instead) {
        std::string text = uxd();
        return text.replace(text.find(what), what.size(), instead);
    };
    expect_pattern(parse_pattern(with("_COUNTS", peaks + "_COUNTS=8 ; 1 2"), "a.uxd"), 10, 0.02, bruker);
    expect_pattern(parse_pattern(with("_START=10.0\r\n", ""), "a.uxd"), 10, 0.02, bruker);
    expect_pattern(parse_pattern(powder_cif(false), "a.cif"), 10, 0.02, 1.5406);
    expect_pattern(parse_pattern(powder_cif(true), "a.cif"), 10, 0.02, 1.5406);
    // Against d and Q; a wavelength by its anode; a time of flight.
    const auto cif = [](const std::string& header, const std::string& axis, const std::function<double(double)>& x_of) {
        std::string text = "data_a\n" + header + "loop_\n" + axis + "\n_pd_meas_intensity_total\n";
        for (int i = 0; i < points; ++i) text += formatted("%.12f %.3f\n", x_of(10 + 0.02 * i), intensity_at(i));
        return text;
    };
    const auto sine = [](double angle) { return std::sin(angle * M_PI / 360); };
    const std::string wavelength = "_diffrn_radiation_wavelength 1.5406\n";
    expect_pattern(parse_pattern(cif(wavelength, "_pd_proc_d_spacing", [&](double angle) { return 1.5406 / (2 * sine(angle)); }), "a"), 10,
                   0.02, 1.5406, 1e-2);
    expect_pattern(
        parse_pattern(cif(wavelength, "_pd_proc_recip_len_Q", [&](double angle) { return 4 * M_PI * sine(angle) / 1.5406; }), "a"), 10,
        0.02, 1.5406, 1e-2);
    const MeasuredPattern by_name =
        parse_pattern(cif("_diffrn_radiation_type 'Co K\\a'\n", "_pd_meas_2theta_scan", [](double angle) { return angle; }), "a");
    EXPECT_NEAR(by_name.wavelength_angstrom, 1.7902758, 1e-6);
    EXPECT_NE(error_of([&] {
                  parse_pattern(
                      cif("_diffrn_radiation_probe neutron\n" + wavelength, "_pd_meas_2theta_scan", [](double angle) { return angle; }),
                      "a");
              }).find("a: its _diffrn_radiation_probe is neutrons"),
              std::string::npos);
    EXPECT_NE(error_of([&] {
                  parse_pattern(cif("", "_pd_meas_time_of_flight", [](double angle) { return angle; }), "a");
              }).find("time of flight"),
              std::string::npos);
    expect_pattern(parse_pattern(table(true), "a.dat"), 10, 0.02, 0.7, 1e-3);
}

TEST(InstrumentFiles, ColumnsArePickedByName) {
    const MeasuredPattern q = parse_pattern(table(false), "a.csv");
    expect_pattern(q, 10, 0.02, q.wavelength_angstrom, 1e-3);  // any wavelength would do: the angles are its own
    EXPECT_NEAR(q.wavelength_angstrom, 1.5405929, 1e-6);
    const MeasuredPattern twice = parse_pattern(table(true, 2), "a.dat");
    ASSERT_EQ(twice.intensity.size(), static_cast<std::size_t>(points));
    EXPECT_NEAR(twice.intensity[7], 2 * intensity_at(7), 1e-3);
}

TEST(InstrumentFiles, Brml) {
    const test::TemporaryDirectory folder;
    test::pack(folder / "a.brml", "zip",
               {{"Experiment0/DataContainer.xml", "<DataContainer/>"}, {"Experiment0/RawData0.xml", raw_data("TwoTheta")}});
    expect_pattern(read_pattern(folder / "a.brml"), 10, 0.02, (1.5406 + 0.5 * 1.54439) / 1.5);
    const auto says = [&](const test::Members& members, const std::string& expected) {
        test::pack(folder / "b.brml", "zip", members);
        const std::string message = error_of([&] { read_pattern(folder / "b.brml"); });
        EXPECT_NE(message.find(expected), std::string::npos) << message;
    };
    says({{"Experiment0/RawData0.xml", raw_data("Phi")}}, "another axis than 2theta");
    says({{"Experiment0/RawData0.xml", raw_data("TwoTheta")}, {"Experiment0/RawData1.xml", raw_data("TwoTheta")}}, "several scans");
    says({{"Experiment0/RawData0.xml", raw_data("TwoTheta").substr(0, 3000)}}, "no whole XML");
    std::string unfinished = raw_data("TwoTheta");
    unfinished.replace(unfinished.find("15.98<"), 5, "85.98");
    says({{"Experiment0/RawData0.xml", unfinished}}, "was not finished");
    says({{"word/document.xml", "<w/>"}}, "is a Word document");
    says({{"some/other.xml", "<w/>"}}, "neither .rasx nor .brml");
}

TEST(InstrumentFiles, NexusStacks) {
    const test::TemporaryDirectory folder;
    const std::string name = (folder / "stack.nxs").string();
    H5File file = H5File::create(name, {"foreign", 1, ""});
    std::vector<double> axis, values;
    for (int i = 0; i < points; ++i) axis.push_back(10 + 0.02 * i);
    for (int row = 0; row < 3; ++row)
        for (int i = 0; i < points; ++i) values.push_back(intensity_at(i) * (row + 1));
    file.write("entry/data/two_theta", axis);
    file.write("entry/data/I", values.data(), {3, static_cast<std::size_t>(points)});
    file.write_attribute("entry/data", "NX_class", std::string("NXdata"));
    file.write_attribute("entry/data", "signal", std::string("I"));
    file.write_attribute("entry/data", "axes", std::string("frame:two_theta"));
    file.write_attribute("entry/data/two_theta", "units", std::string("deg"));
    const double wavelength = 0.4139;
    file.write("entry/wavelength", &wavelength, {1});
    file.commit();
    const PatternList list = PatternList::of_paths({"before.xy", name});
    ASSERT_EQ(list.size(), 4u);
    EXPECT_EQ(list.name(0), "before.xy");
    EXPECT_EQ(list.name(3), name + "[2]");
    const MeasuredPattern first = list.read(1), last = list.read(3);
    expect_pattern(first, 10, 0.02, 0.4139);
    EXPECT_DOUBLE_EQ(last.intensity[7], 3 * first.intensity[7]);
    EXPECT_NE(error_of([&] { read_pattern(name); }).find("holds 3 patterns"), std::string::npos);
}

// Cut anywhere, a file is refused in one line, or what is left is no such file; it never becomes a shorter pattern.
TEST(InstrumentFiles, TruncatedFilesAreRefused) {
    for (const std::string& whole :
         {xrdml(), ras(), gsas("STD"), gsas("FXYE"), raw_1(false), raw_1(true), raw_4(), old_raw(), raw_2(), stoe(), udf()}) {
        for (const double part : {0.02, 0.3, 0.5, 0.9, 0.985}) {
            const std::string cut = whole.substr(0, static_cast<std::size_t>(part * static_cast<double>(whole.size())));
            const std::string message = error_of([&] { parse_pattern(cut, "cut.dat"); });
            EXPECT_TRUE(message.starts_with("cut.dat: ")) << message << " at " << part << " of " << whole.substr(0, 20);
        }
    }
}

TEST(InstrumentFiles, ScansOfXrdmlAreAddedUpOrJoined) {
    std::string text = xrdml("2Theta", 2);
    const MeasuredPattern once = parse_pattern(xrdml(), "a"), twice = parse_pattern(text, "a");
    ASSERT_EQ(twice.intensity.size(), once.intensity.size());
    for (std::size_t i = 0; i < once.intensity.size(); ++i) EXPECT_EQ(twice.intensity[i], 2 * once.intensity[i]);
    // The second goes on where the first ends, and was measured twice as long.
    const std::size_t second = text.rfind("<scan ");
    const auto replace = [&](const std::string& what, const std::string& by, std::size_t from) {
        text.replace(text.find(what, from), what.size(), by);
    };
    replace("<startPosition>10</startPosition><endPosition>15.98<", "<startPosition>15.98</startPosition><endPosition>21.96<", second);
    replace("<counts ", "<commonCountingTime>2</commonCountingTime><counts ", second);
    replace("<counts ", "<commonCountingTime>1</commonCountingTime><counts ", 0);
    const MeasuredPattern joined = parse_pattern(text, "a");
    ASSERT_EQ(joined.intensity.size(), 2 * once.intensity.size() - 1);
    EXPECT_NEAR(joined.two_theta_deg.back(), 21.96, 1e-9);
    EXPECT_EQ(joined.intensity.back(), once.intensity.back() / 2);
    check_pattern(joined);
    // Two repeats, then a range of one: as high as the sum.
    std::string three = xrdml("2Theta", 3);
    const std::string range = "<startPosition>10</startPosition><endPosition>15.98<";
    three.replace(three.find(range, three.rfind("<scan ")), range.size(), "<startPosition>15.98</startPosition><endPosition>21.96<");
    for (std::size_t at = 0; (at = three.find("<counts ", at)) != std::string::npos; at += 60)
        three.insert(at, "<commonCountingTime>1</commonCountingTime>");
    const MeasuredPattern summed = parse_pattern(three, "a");
    EXPECT_EQ(summed.intensity.back(), 2 * once.intensity.back());
}

TEST(InstrumentFiles, WhatCannotBeUsedIsNamed) {
    const auto says = [](const std::string& bytes, const std::string& expected) {
        const std::string message = error_of([&] { parse_pattern(bytes, "a"); });
        EXPECT_NE(message.find(expected), std::string::npos) << message;
    };
    says(xrdml("Omega"), "not of 2theta");
    const auto replaced = [](std::string text, const std::string& what, const std::string& by, std::size_t from) {
        return text.replace(text.find(what, from), what.size(), by);
    };
    const std::string twice = xrdml("2Theta", 2);
    const std::size_t second = twice.rfind("<scan ");
    says(replaced(twice, "<startPosition>10<", "<startPosition>11<", second), "neither repeat nor follow one another");
    const auto second_from = [&](const std::string& range) {
        return replaced(twice, "<startPosition>10</startPosition><endPosition>15.98<", range, second);
    };
    says(second_from("<startPosition>14</startPosition><endPosition>19.98<"), "two of which have 1.98 degrees in common");
    EXPECT_NO_THROW(parse_pattern(second_from("<startPosition>15.6</startPosition><endPosition>21.58<"), "a"));
    says(replaced(twice, "<dataPoints>", "<nonAmbientPoints/><dataPoints>", second), "2 scans of a series");
    says(ras() + ras(), "several scans");
    says(gsas("ALT"), "type ALT");
    std::string slow = gsas("STD");
    slow.replace(slow.find("CONST"), 5, "SLOG ");
    says(slow, "SLOG");
    says(gsas("STD") + gsas("STD").substr(13), "several banks");
    std::string gap = raw_1(true);
    put(gap, 712 + 344 + 4 * 200 + 16, 50.0);
    says(gap, "do not join");
    std::string step = raw_1(false);
    put(step, 712 + 176, -1.0);
    says(step, "a step of -1");
    std::string huge = raw_4();
    put(huge, 61 + 42 + 88, std::uint32_t{4'000'000'000u});
    says(huge, "truncated");
    says("RAW2 and more", "no whole Bruker RAW file");
    says(uxd("THETA"), "a scan along THETA");
    says(uxd() + "_COUNTS\n1 2 3\n", "several scans");
    says(uxd() + "5 six\n", "other than numbers");
    says(uxd_of_pairs() + "16.0\n", "truncated");
    says("_FILEVERSION=2\n_STEPSIZE=0.02\n", "without a scan");
    std::string stepless = uxd();
    says(stepless.replace(stepless.find("=0.02"), 5, "=0   "), "states no step");
    says("_FILEVERSION=2\n_STEPSIZE=0.02\n_COUNTS\n1 2 3 4\n", "where the scan begins");
    says("RAW5.00 and more", "RAW file of a kind that is not read");
    std::string uneven = stoe();
    put(uneven, 512 * 4 + 0x34, 40.0f);
    says(uneven, "states 300 points from 10 to 40");
    std::string extra = table(true);
    says(extra.replace(extra.find("07/07"), 0, "x "), "has not a number under each of");
    says(table(true, 2) + "2 9.0 4.5 1 x\n", "out of range or order");
    says("<html><body>nothing</body></html>", "XML and no XRDML");
}

// Range, step, count and wavelength as the files' headers state them.
TEST(InstrumentFiles, FilesThatInstrumentsWrote) {
    const auto folder = test::shared_dir("data/formats");
    if (folder.empty()) GTEST_SKIP() << test::shared_missing;
    struct Expected {
        const char* file;
        double start, end;
        std::size_t count;
        double wavelength;
    };
    const double panalytical = (1.540598 + 0.5 * 1.544426) / 1.5, rigaku = (1.540593 + 0.5 * 1.544414) / 1.5,
                 bruker = (1.5406 + 0.5 * 1.54439) / 1.5;
    const Expected all[] = {
        {"Bi2O3-2MoO3_400C_60min.xrdml", 9.90343322, 100.09488522, 0, panalytical},
        {"CoO-ZnO_1100C_60min.xrdml", 9.90343322, 100.09488522, 0, panalytical},
        {"TiO2_0p4009-ZnO_0p6010--8min.xrdml", 10.00943322, 99.99442286, 0, panalytical},
        {"HoB21.ras", 10, 70, 3001, rigaku},
        {"La1.75Sr0.25CuO4.ras", 5, 85, 4001, rigaku},
        {"FAP.XRA", 15, 15 + 0.02 * 5752, 5753, 0},
        {"NIST660CBI.gsas", 15.0066, 15.0066 + 0.0131303 * 8377, 8378, 0},
        {"11bmb_8716.fxye", 0.5, 0, 49494, 0.413259},
        {"Keokuk kaolinite.RAW", 10, 150, 7001, bruker},
        {"LaB6_Jan2018.raw", 10, 10 + 0.0197448 * 3039, 3040, bruker},
        {"bruker.raw", 37.0001, 37.0001 + 0.02045454498 * 4058, 4059, 1.5418},
        {"RM20220915Si01.rasx", 8.5, 0, 0, (1.540593 + 0.5 * 1.544414) / 1.5},
        {"stoe.raw", 10, 91.045, 5404, 1.20808},
        {"data.dat", 3, 54.98, 2600, 1.23984},
        {"single.csv", 30.00313, 110.0656, 0, 0},
    };
    for (const Expected& expected : all) {
        SCOPED_TRACE(expected.file);
        const MeasuredPattern pattern = read_pattern(folder / expected.file);
        EXPECT_NEAR(pattern.two_theta_deg.front(), expected.start, 1e-4);
        if (expected.end > 0) {
            EXPECT_NEAR(pattern.two_theta_deg.back(), expected.end, 1e-3);
        }
        if (expected.count > 0) {
            EXPECT_EQ(pattern.two_theta_deg.size(), expected.count);
        }
        EXPECT_NEAR(pattern.wavelength_angstrom, expected.wavelength, 1e-4);
    }
}

}  // namespace
}  // namespace friedel
