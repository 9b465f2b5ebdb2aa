// Instruments' own formats: small files of each made here, whole, truncated and damaged; and files that instruments wrote, where at hand.
#include "host/instrument_files.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>

#include "host/error.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

using test::error_of;

constexpr int points = 300;
double intensity_at(int i) { return 100 + 50 * std::sin(0.1 * i); }

void expect_pattern(const MeasuredPattern& pattern, double start, double step, double wavelength, double tolerance = 0.5) {
    ASSERT_EQ(pattern.two_theta_deg.size(), static_cast<std::size_t>(points));
    EXPECT_NEAR(pattern.two_theta_deg.front(), start, 1e-6);
    EXPECT_NEAR(pattern.two_theta_deg.back(), start + (points - 1) * step, 1e-6);
    EXPECT_NEAR(pattern.wavelength_angstrom, wavelength, 1e-6);
    for (int i = 0; i < points; ++i) ASSERT_NEAR(pattern.intensity[static_cast<std::size_t>(i)], intensity_at(i), tolerance) << i;
}

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
}

// Cut anywhere, a file is refused in one line, or what is left is no such file; it never becomes a shorter pattern.
TEST(InstrumentFiles, TruncatedFilesAreRefused) {
    for (const std::string& whole : {xrdml(), ras(), gsas("STD"), gsas("FXYE"), raw_1(false), raw_1(true), raw_4()}) {
        for (const double part : {0.02, 0.3, 0.5, 0.9, 0.985}) {
            const std::string cut = whole.substr(0, static_cast<std::size_t>(part * static_cast<double>(whole.size())));
            const std::string message = error_of([&] { parse_pattern(cut, "cut.dat"); });
            EXPECT_TRUE(message.starts_with("cut.dat: ")) << message << " at " << part << " of " << whole.substr(0, 20);
        }
    }
}

TEST(InstrumentFiles, WhatCannotBeUsedIsNamed) {
    const auto says = [](const std::string& bytes, const std::string& expected) {
        const std::string message = error_of([&] { parse_pattern(bytes, "a"); });
        EXPECT_NE(message.find(expected), std::string::npos) << message;
    };
    says(xrdml("Omega"), "not of 2theta");
    says(xrdml("2Theta", 2), "holds 2 scans");
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
    says("RAW2 and more", "RAW file of a version that is not read");
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
