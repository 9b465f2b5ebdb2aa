// Pattern files as people write them, and as nobody should.
#include "host/patterns/pattern_file.h"

#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>

#include "host/patterns/resample.h"
#include "host/support/error.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

using test::shared_dir;
using test::TemporaryDirectory;
using test::write_text;

// 120 rows; `row` writes row i.
std::string rows(const std::function<std::string(int)>& row, int count = 120) {
    std::string text;
    for (int i = 0; i < count; ++i) text += row(i) + '\n';
    return text;
}

std::string formatted(const char* format, double a, double b) {
    char text[100];
    std::snprintf(text, sizeof text, format, a, b);
    return text;
}

double angle_of(int i) { return 5 + 0.25 * i; }
double intensity_of(int i) { return 1.5 + i % 7; }

std::string plain(const char* format = "%.2f %.1f", int count = 120) {
    return rows([&](int i) { return formatted(format, angle_of(i), intensity_of(i)); }, count);
}

std::string with_decimal_commas(std::string text) {
    for (char& c : text) c = c == '.' ? ',' : c;
    return text;
}

void expect_as_written(const std::string& text, const std::string& what) {
    SCOPED_TRACE(what);
    const MeasuredPattern pattern = parse_pattern(text, "x.xy");
    ASSERT_EQ(pattern.two_theta_deg.size(), 120u);
    for (int i = 0; i < 120; ++i) {
        ASSERT_EQ(pattern.two_theta_deg[static_cast<std::size_t>(i)], angle_of(i));
        ASSERT_EQ(pattern.intensity[static_cast<std::size_t>(i)], intensity_of(i));
    }
}

// What is wrong with `text`, and the words its message must hold.
void expect_refused(const std::string& text, std::initializer_list<const char*> words) {
    const std::string message = test::error_of([&] { parse_pattern(text, "bad.xy"); });
    EXPECT_TRUE(message.starts_with("bad.xy: ")) << message << ": " << text.substr(0, 60);
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
    for (const char* word : words) EXPECT_NE(message.find(word), std::string::npos) << message << " | wanted: " << word;
}

TEST(PatternFile, ReadsEverySeparator) {
    for (const char* format : {"%.2f %.1f", "%.2f\t%.1f", "%.2f,%.1f", "%.2f, %.1f", "%.2f;%.1f", "  %8.2f   %9.1f  ", "%.2f , %.1f",
                               "%.3e %.3e", "+%.2f +%.1f"}) {
        expect_as_written(plain(format), format);
    }
    for (const char* format : {"%.2f %.1f", "%.2f\t%.1f", "%.2f;%.1f", "%.2f; %.1f", "%.3e %.3e"}) {
        expect_as_written(with_decimal_commas(plain(format)), std::string("decimal commas: ") + format);
    }
}

TEST(PatternFile, SkipsCommentsHeadersAndByteOrderMark) {
    expect_as_written("\xef\xbb\xbf" + plain(), "byte-order mark");
    expect_as_written("Sample: quartz\nDate 2020-01-01 12:00\n2theta intensity\n120\n\n" + plain() + "\n\n", "header");
    for (const char* mark : {"#", ";", "!", "'", "\"", "##END="}) {
        expect_as_written(mark + std::string(" a comment\n") + plain() + mark + " the end\n", mark);
    }
    expect_as_written(plain("%.2f %.1f # counts"), "comments behind rows");
}

TEST(PatternFile, ReadsScansFromHighAnglesToLow) {
    std::string down;
    for (int i = 119; i >= 0; --i) down += formatted("%.2f %.1f\n", angle_of(i), intensity_of(i));
    expect_as_written(down, "reversed");
    expect_refused(down + "5.5 7\n", {"line 121", "5.5 after 5"});
}

// Start, step and end in a line, intensities in the next ones: with a title, as a header may precede it, one or ten to a line.
TEST(PatternFile, ReadsIntensitiesBelowStartStepAndEnd) {
    const auto stepped = [](int in_a_line, const char* head) {
        std::string text = head;
        for (int i = 0; i < 120; ++i) text += formatted("%9.1f", intensity_of(i), 0) + (i % in_a_line == in_a_line - 1 ? "\n" : " ");
        return text;
    };
    for (const char* head : {"5 0.25 34.75\n", "  5.000   0.2500  34.750 Quartz, 40 kV\n", "# from a D500\nQuartz\n5,0.25,34.75\n"}) {
        for (const int in_a_line : {1, 3, 8, 10}) {
            SCOPED_TRACE(head + std::to_string(in_a_line));
            const MeasuredPattern pattern = parse_pattern(stepped(in_a_line, head), "x.dat");
            ASSERT_EQ(pattern.two_theta_deg.size(), 120u);
            for (std::size_t i = 0; i < 120; ++i) {
                ASSERT_NEAR(pattern.two_theta_deg[i], angle_of(static_cast<int>(i)), 1e-9);
                ASSERT_EQ(pattern.intensity[i], intensity_of(static_cast<int>(i)));
            }
        }
    }
    expect_refused(stepped(1, "5 0.25 35\n"), {"start 5, step 0.25 and end 35", "121 intensities, but 120 follow"});
    expect_refused(stepped(10, "5 0.25 34.75\n") + "nan\n", {"121 follow"});
    // Three columns whose first row might be such a line are angles, intensities and deviations.
    EXPECT_EQ(parse_pattern("1 0.02 90\n" + plain("%.2f %.1f 2"), "x.xye").two_theta_deg.size(), 121u);
}

// As pandas and R write tables: a column of row numbers before, names and even numbers in quotes.
TEST(PatternFile, FindsItsColumnsAmongOthers) {
    expect_as_written(
        ",2theta,intensity\n" + rows([](int i) { return std::to_string(i) + formatted(",%.2f,%.1f", angle_of(i), intensity_of(i)); }),
        "pandas");
    expect_as_written("\"\",\"two_theta\",\"intensity\"\n" +
                          rows([](int i) { return '"' + std::to_string(i) + formatted("\",%.2f,%.1f", angle_of(i), intensity_of(i)); }),
                      "R");
    expect_as_written("\"Angle\",\"Counts\"\n" + plain("\"%.2f\",\"%.1f\""), "all in quotes");
    expect_as_written("Counts,2Theta\n" + rows([](int i) { return formatted("%.1f,%.2f", intensity_of(i), angle_of(i)); }),
                      "intensities first");
    const MeasuredPattern pattern = parse_pattern(
        "2theta (rad),intensity\n" + rows([](int i) { return formatted("%.12f,%.1f", angle_of(i) * M_PI / 180, intensity_of(i)); }),
        "x.csv");
    for (std::size_t i = 0; i < 120; ++i) ASSERT_NEAR(pattern.two_theta_deg[i], angle_of(static_cast<int>(i)), 1e-9);
}

TEST(PatternFile, ReadsAnyLineEnd) {
    for (const std::string end : {"\r\n", "\r"}) {
        std::string text;
        for (char c : "# header\n" + plain()) text += c == '\n' ? end : std::string(1, c);
        expect_as_written(text, end == "\r" ? "CR" : "CRLF");
    }
    std::string unfinished = plain();
    unfinished.pop_back();
    expect_as_written(unfinished, "no line end at the end");
}

TEST(PatternFile, ReadsTheStandardDeviation) {
    const MeasuredPattern pattern =
        parse_pattern(rows([](int i) { return formatted("%.2f %.1f 0.25", angle_of(i), intensity_of(i)); }), "x.xye");
    ASSERT_EQ(pattern.sigma.size(), 120u);
    EXPECT_EQ(pattern.sigma[7], 0.25);
    EXPECT_TRUE(parse_pattern(plain(), "x.xy").sigma.empty());
}

// One pattern, written against axes by the names that programs give them.
TEST(PatternFile, AxesByManyNames) {
    const auto read = [](const std::string& header, const std::function<double(double)>& x_of) {
        std::string text = header;
        char row[64];
        for (int i = 0; i < 500; ++i) {
            std::snprintf(row, sizeof row, "%.9f %d\n", x_of(10 + 0.1 * i), 100 + i % 7);
            text += row;
        }
        return parse_pattern(text, "x.dat");
    };
    const double wavelength = 0.9;
    const auto sine = [](double angle) { return std::sin(angle * M_PI / 360); };
    const std::string stated = "# wavelength 0.9\n";
    const struct {
        std::string header;
        std::function<double(double)> x;
    } cases[] = {
        {"# 2th_deg I\n", [](double angle) { return angle; }},
        {"# 2th_rad I\n", [](double angle) { return angle * M_PI / 180; }},
        {"Theta [deg], Intensity\n", [](double angle) { return angle / 2; }},
        {"# q_nm^-1 I\n", [&](double angle) { return 40 * M_PI * sine(angle) / wavelength; }},
        {"# 2theta (deg) intensity\n", [](double angle) { return angle; }},
        {"# q (1 / nm) intensity\n", [&](double angle) { return 40 * M_PI * sine(angle) / wavelength; }},
        {"# q_A^-1 I\n", [&](double angle) { return 4 * M_PI * sine(angle) / wavelength; }},
        {"sample\n Q (Inverse Nanometres)\n Intensity\n", [&](double angle) { return 40 * M_PI * sine(angle) / wavelength; }},
        {"d (nm), Intensity\n", [&](double angle) { return wavelength / (20 * sine(angle)); }},
        {"Q_1/A,Intensity\n", [&](double angle) { return 4 * M_PI * sine(angle) / wavelength; }},
        {"momentum transfer (1/A),Intensity\n", [&](double angle) { return 4 * M_PI * sine(angle) / wavelength; }},
        {"q_inv_nm,Intensity\n", [&](double angle) { return 40 * M_PI * sine(angle) / wavelength; }},
        {"Q (\u00c5\u207b\u00b9),Intensity\n", [&](double angle) { return 4 * M_PI * sine(angle) / wavelength; }},
        {"D_hkl,Intensity\n", [&](double angle) { return wavelength / (2 * sine(angle)); }},
        {"dspacing_A,Intensity\n", [&](double angle) { return wavelength / (2 * sine(angle)); }},
        {"2\u03b8 (rad),Intensity\n", [](double angle) { return angle * M_PI / 180; }},
        {"2theta_rad,Intensity\n", [](double angle) { return angle * M_PI / 180; }},
        {"Theta_degrees,Intensity\n", [](double angle) { return angle / 2; }},
        {"th_rad,Intensity\n", [](double angle) { return angle * M_PI / 360; }},
        {"d* (1/A),Intensity\n", [&](double angle) { return 2 * sine(angle) / wavelength; }},
        {"1/d,Intensity\n", [&](double angle) { return 2 * sine(angle) / wavelength; }},
        {"d [nm^-1],Intensity\n", [&](double angle) { return 20 * sine(angle) / wavelength; }},
        {"4pi sin(x)/lambda,Intensity\n", [&](double angle) { return 4 * M_PI * sine(angle) / wavelength; }},
        {"2theta (mrad),Intensity\n", [](double angle) { return angle * M_PI / 0.18; }},
        {"2theta_mrad,Intensity\n", [](double angle) { return angle * M_PI / 0.18; }},
        {"theta (\u00b5rad),Intensity\n", [](double angle) { return angle * M_PI / 360e-6; }},
        {"2theta (arcmin),Intensity\n", [](double angle) { return angle * 60; }},
        {"2th [arcsec],Intensity\n", [](double angle) { return angle * 3600; }},
        {"2theta (Grad),Intensity\n", [](double angle) { return angle; }},
        {"2theta (\u00b0),Intensity\n", [](double angle) { return angle; }},
        {"d (pm),Intensity\n", [&](double angle) { return 100 * wavelength / (2 * sine(angle)); }},
        {"d_pm,Intensity\n", [&](double angle) { return 100 * wavelength / (2 * sine(angle)); }},
        {"q (1/pm),Intensity\n", [&](double angle) { return 0.04 * M_PI * sine(angle) / wavelength; }},
        {"d_A I\n", [&](double angle) { return wavelength / (2 * sine(angle)); }},
        {"#\t 2th_deg\t I\n", [](double angle) { return angle; }},
        {"! 2th_rad I\n", [](double angle) { return angle * M_PI / 180; }},
        {"#\tq_nm^-1\tI\n", [&](double angle) { return 40 * M_PI * sine(angle) / wavelength; }},
        {"// q(1/A) intensity\n", [&](double angle) { return 4 * M_PI * sine(angle) / wavelength; }},
        {"x.tif\nScattering vector q (1/nm)\nIntensity\n", [&](double angle) { return 40 * M_PI * sine(angle) / wavelength; }},
        {"# Scattering vector (1/nm) Intensity\n", [&](double angle) { return 40 * M_PI * sine(angle) / wavelength; }},
        {"# x-axis: q (nm^-1)\n", [&](double angle) { return 40 * M_PI * sine(angle) / wavelength; }},
        {"# X label = Q [1/A]\n# y-axis: intensity\n", [&](double angle) { return 4 * M_PI * sine(angle) / wavelength; }},
        {"# column 1: 2th_rad\n", [](double angle) { return angle * M_PI / 180; }},
        {"Q-Space (nm^-1)\n", [&](double angle) { return 40 * M_PI * sine(angle) / wavelength; }},
        {"# q-vector [\u00c5^-1]\n", [&](double angle) { return 4 * M_PI * sine(angle) / wavelength; }},
        {"D-spacings (Angstroms)\n", [&](double angle) { return wavelength / (2 * sine(angle)); }},
    };
    for (const auto& one : cases) {
        SCOPED_TRACE(one.header);
        const MeasuredPattern pattern = read(stated + one.header, one.x);
        ASSERT_EQ(pattern.two_theta_deg.size(), 500u);
        const bool angle = one.header.find("th") != std::string::npos || one.header.find("Theta") != std::string::npos ||
                           one.header.find("\u03b8") != std::string::npos;
        EXPECT_EQ(wavelength_of(pattern, 0.7, 1.54).second, angle ? WavelengthSource::option : WavelengthSource::not_needed);
        EXPECT_EQ(wavelength_of(pattern, 0.7, 1.54).first, angle ? 0.7 : wavelength) << "what the angles are of";
        for (int i = 0; i < 500; i += 99) {
            EXPECT_NEAR(pattern.two_theta_deg[static_cast<std::size_t>(i)], 10 + 0.1 * i, 1e-4);
            EXPECT_EQ(pattern.intensity[static_cast<std::size_t>(i)], 100 + i % 7);
        }
    }
    for (const char* intensity : {"log10(I)", "sqrt (counts)"}) {
        const std::string header = std::string("2theta, ") + intensity + "\n";
        const std::string error = test::error_of([&] { read(header, [](double angle) { return angle; }); });
        EXPECT_NE(error.find("as they were counted"), std::string::npos) << intensity << ": " << error;
    }
    for (const char* words : {"# Sample D log 12\n", "# D log 12\n", "# 2theta scan log\n", "2theta cps sqrt(cps)\n"})
        EXPECT_EQ(read(words, [](double angle) { return angle; }).two_theta_deg.size(), 500u) << words << "are no intensities";
    for (const char* axis : {"position (mm)", "2theta (px)", "Angle [s]"}) {
        const std::string error = test::error_of([&] { read(std::string(axis) + ", Intensity\n", [](double angle) { return angle; }); });
        EXPECT_NE(error.find(std::string("its axis ") + axis + " is in "), std::string::npos) << error;
        EXPECT_NE(error.find("; write 2theta in degrees"), std::string::npos) << error;
    }
    for (const char* axis : {"Energy (keV)", "Omega", "sin(theta)/lambda", "tof", "chi_deg", "Momentum (1/nm)"}) {
        const std::string header = std::string(axis) + ", Intensity\n";
        const std::string error = test::error_of([&] { read(header, [](double angle) { return angle; }); });
        EXPECT_NE(error.find(std::string("its axis is '") + axis + "'"), std::string::npos) << error;
    }
}

// Lines above the numbers that say what the first ones are: no angles, or nothing where pyFAI left its own names in.
TEST(PatternFile, LinesThatNameAnotherAxis) {
    expect_refused("x.tif\nMomentum (1/nm)\nIntensity\n" + plain(), {"its axis is 'Momentum (1/nm)', not 2theta"});
    expect_refused("x.tif\nAzimuth (Degrees)\nIntensity\n" + plain(), {"its axis is 'Azimuth (Degrees)', not 2theta"});
    expect_refused("loop_\n_pd_meas_position_x\n_pd_meas_intensity_total\n" + plain(), {"'_pd_meas_position_x', not 2theta"});
    expect_refused("#{str(dim1_unit):14s}  {'I':14s}  {'sigma':14s}\n" + plain("%.2f %.1f 2"), {"line 1", "pyFAI", "q_nm^-1"});
    for (const char* remark : {"# step of q (1/nm): 0.1\n", "# q (1/nm) = 12\n", "# q (1/nm) resolution\n", "# Azimuthal integration\n"})
        EXPECT_EQ(parse_pattern(remark + plain(), "a.xy").two_theta_deg.front(), angle_of(0)) << remark;
}

// Of scans and of samples.
TEST(PatternFile, RemarksThatLookLikeAxes) {
    for (const char* remark : {"# Axis: Theta\n", "# axis = theta/2theta\n", "# Quartz [A-1]\n", "# Run (a-1)\n"})
        EXPECT_NEAR(parse_pattern(std::string(remark) + plain(), "a.xy").two_theta_deg.front(), angle_of(0), 1e-9) << remark;
}

// Fit2D says how many points follow.
TEST(PatternFile, AFileOfFit2dThatIsCutOff) {
    const std::string head = "a.tif\n 2-Theta Angle (Degrees)\n Intensity\n      120\n";
    EXPECT_EQ(parse_pattern(head + plain(), "x.chi").two_theta_deg.size(), 120u);
    const std::string all = plain(), part = all.substr(0, all.rfind('\n', all.size() - 40) + 1);
    EXPECT_NE(test::error_of([&] { parse_pattern(head + part, "x.chi"); }).find("says that it holds 120 points, and ends after "),
              std::string::npos);
    EXPECT_EQ(parse_pattern("measured with\n 300\n" + part, "x.txt").name, "x.txt") << "a number that says something else";
}

TEST(PatternFile, IntensitiesBeyondSinglePrecision) {
    const std::string error = test::error_of([] { parse_pattern("20 1\n20.1 1e35\n20.2 5\n", "x.xy"); });
    EXPECT_NE(error.find("line 2: an intensity of 1e+35 is more than can be calculated with; scale the pattern"), std::string::npos)
        << error;
}

// Full-width letters and digits, as Japanese programs write them, and exponents of Fortran.
TEST(PatternFile, OtherLettersAndExponents) {
    const MeasuredPattern expected = parse_pattern(plain(), "x.xy");
    for (const char* header : {"２θ 強度\n", "２θ,強度\n", "２Θ（度） 強度\n", "２ｔｈｅｔａ 強度\n"})
        EXPECT_EQ(parse_pattern(header + plain(), "x.xy").two_theta_deg, expected.two_theta_deg) << header;
    EXPECT_EQ(parse_pattern("θ 強度\n" + plain(), "x.xy").two_theta_deg.front(), 2 * expected.two_theta_deg.front());
    const MeasuredPattern fortran = parse_pattern(
        "1.0D+01 9.01000D+02\n1.1D+01 1.5d3\n12.0 2.0E1\n" + rows([](int i) { return std::to_string(13 + i) + " 5\n"; }), "x.xy");
    EXPECT_EQ(fortran.two_theta_deg[0], 10);
    EXPECT_EQ(fortran.intensity[0], 901);
    EXPECT_EQ(fortran.intensity[1], 1500);
    EXPECT_EQ(fortran.intensity[2], 20);
    EXPECT_EQ(parse_pattern("1." + std::string(5000, '0') + "D+01 5.0\n" + plain(), "x.xy").two_theta_deg, expected.two_theta_deg)
        << "no number is so long: a line of text";
}

// The quick path for short numbers must round as the standard library does.
TEST(PatternFile, RoundsNumbersCorrectly) {
    for (const char* number : {"0.1", "5.01", "89.99999999", "123456789012345", "0.123456789012345", "1234567.8901234567890123", "7.", ".5",
                               "1e-3", "2.5E2", "00071.00000000", "99999999999999999999", "-0.7", "4.35e-310"}) {
        const double expected = std::strtod(number, nullptr);
        const MeasuredPattern pattern = parse_pattern("1 " + std::string(number) + "\n" + plain(), "x.xy");
        EXPECT_EQ(pattern.intensity.front(), expected) << number;
    }
}

TEST(PatternFile, RefusesBadRowsByTheirLine) {
    expect_refused("# c\n" + plain() + "40 inf\n", {"line 122", "intensity", "not a finite"});
    expect_refused(plain() + "40 inf\n", {"line 121", "not a finite"});
    expect_refused(plain() + "40 1e999\n", {"line 121", "not a finite"});
    expect_refused("-150 7\n-1.5 7\n" + plain(), {"line 1", "negative angle -150", "cut the pattern"});
    expect_refused(plain() + "20 7\n", {"line 121", "20 after 34.75", "sort"});
    expect_refused(plain() + "34.75 7\n", {"line 121", "twice"});
    expect_refused(plain() + "181 7\n", {"line 121", "180", "2theta"});
    expect_refused(plain() + "40 7 3\n", {"line 121", "3 columns where 2"});
    expect_refused(plain() + "40\n", {"line 121", "one number where 2 columns stood before"});
    expect_refused(plain() + "40 abc\n", {"line 121", "'40 abc'", "#"});
    expect_refused(plain() + "40 --3\n", {"line 121"});
    expect_refused(plain("%.2f %.1f 1 2"), {"line 1", "more than three columns"});
    expect_refused(plain("%.2f %.1f -2"), {"line 1", "standard deviation"});
}

// The first column neither rises nor stays below 180, the second does both evenly.
TEST(PatternFile, ColumnsThatAreSwappedAreTold) {
    for (const double scale : {1.0, 1000.0}) {
        for (const char* header : {"", "# a comment\n"}) {
            const std::string swapped = header + rows([&](int i) { return formatted("%.1f %.2f", scale * intensity_of(i), angle_of(i)); });
            expect_refused(swapped, {"its columns are swapped: the second rises evenly from 5 to 34.75", "write the angle first"});
            expect_refused(with_decimal_commas(swapped), {"its columns are swapped"});
        }
    }
    expect_refused(rows([&](int i) { return formatted("%.1f %.2f", intensity_of(i), intensity_of(i + 1)); }), {"sort the rows"});
    const std::string numbered = rows([](int i) { return std::to_string(2 * i) + formatted(",%.2f,%.1f", angle_of(i), intensity_of(i)); });
    expect_refused(numbered, {"its second column rises evenly", "name the columns in a line above (index, 2theta, intensity)"});
    expect_as_written("index,2theta,intensity\n" + numbered, "numbered");
    expect_as_written("intensity,2theta\n" + rows([](int i) { return formatted("%.1f,%.2f", intensity_of(i), angle_of(i)); }), "named");
}

TEST(PatternFile, RefusesWhatIsNoPattern) {
    expect_refused("", {"empty"});
    expect_refused("\n\n# nothing\n", {"no rows"});
    expect_refused("some words\n", {"no rows"});
    expect_refused(rows([](int i) { return std::to_string(i); }), {"one column"});
    expect_refused(plain("%.2f %.1f", 12), {"12 points", "peaks"});
    expect_refused(plain("%.2f 3"), {"every intensity is 3"});
    expect_refused(plain("%.2f -%.1f"), {"no intensity is above 0, the highest is -1.5", "export the counts themselves"});
    expect_refused("2theta,x,intensity\n" + plain("%.2f,5,-%.1f"), {"no intensity is above 0"});
    expect_refused("data_NaCl\n_cell_length_a 5.64\n", {"CIF", "friedel simulate"});
    expect_refused("# a comment\ndata_NaCl\n_cell_length_a 5.64\n", {"CIF"});
    expect_refused("PK\x03\x04....", {"zip"});
    expect_refused("\x89HDF\r\n\x1a\n", {"HDF5"});
    expect_refused("\x1f\x8b\x08", {"gzip"});
    expect_refused("<?xml version=\"1.0\"?>", {"XML"});
    expect_refused("RAW1.01", {"truncated"});
    expect_refused("*RAS_DATA_START\n", {"a RAS file"});
    expect_refused("title\nBANK 1 100 10 CONST 500 2 0 0 STD\n 1 2 3\n", {"truncated"});
    expect_refused(std::string("5\0001\n\0\0\0\0", 8), {"binary"});
    expect_refused(
        "\xff\xfe"
        "5",
        {"empty"});
}

TEST(PatternFile, TwoBytesACharacterInEitherOrder) {
    const std::string text = "# \xc2\xb5m, \xce\xbb\n" + plain();
    const MeasuredPattern expected = parse_pattern(text, "text");
    for (const bool big_endian : {false, true}) {
        std::string wide = big_endian ? "\xfe\xff" : "\xff\xfe";
        const auto append = [&](unsigned unit) {
            const char high = static_cast<char>(unit >> 8), low = static_cast<char>(unit & 0xff);
            wide += big_endian ? high : low;
            wide += big_endian ? low : high;
        };
        for (std::size_t i = 0; i < text.size(); ++i) {
            const auto byte = static_cast<unsigned char>(text[i]);
            append(byte < 0x80 ? byte : (byte & 0x1fu) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3fu));
        }
        const MeasuredPattern pattern = parse_pattern(wide, "wide");
        EXPECT_EQ(pattern.two_theta_deg, expected.two_theta_deg);
        EXPECT_EQ(pattern.intensity, expected.intensity);
    }
}

TEST(PatternFile, EndsAsDosAndLostDisksHaveThem) {
    expect_as_written(plain() + "\x1a", "Ctrl-Z");
    expect_as_written(plain() + "\r\n\x1a\x1a\n", "several");
    expect_refused(plain() + std::string(500, '\0'), {"ends in NUL bytes", "copy or export it again"});
    expect_refused(plain() + "40 \x1a 5\n41 7\n", {"line 121", "is not a row of numbers"});
}

TEST(PatternFile, NamesFilesThatCannotBeRead) {
    const TemporaryDirectory folder;
    const auto message = [](const std::filesystem::path& file) { return test::error_of([&] { read_pattern(file); }); };
    EXPECT_EQ(message(folder / "missing.xy"), (folder / "missing.xy").string() + ": no such file");
    EXPECT_NE(message(folder.path).find("is a folder"), std::string::npos);
    write_text(folder / "empty.xy", "");
    EXPECT_NE(message(folder / "empty.xy").find("is empty"), std::string::npos);
    write_text(folder / "good.xy", plain());
    EXPECT_EQ(read_pattern(folder / "good.xy").intensity.size(), 120u);
    EXPECT_EQ(read_pattern(folder / "good.xy").name, (folder / "good.xy").string());
}

TEST(PatternFile, ReadsEveryMeasuredPattern) {
    const auto folder = shared_dir("data/measured/rruff");
    if (folder.empty()) GTEST_SKIP() << test::shared_missing;
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".xy") continue;
        ++files;
        const MeasuredPattern pattern = read_pattern(entry.path());
        EXPECT_GE(pattern.two_theta_deg.size(), 8500u) << pattern.name;
        EXPECT_EQ(pattern.two_theta_deg.front(), 5.0) << pattern.name;
    }
    EXPECT_EQ(files, 451);
}

MeasuredPattern sampled(double start, double step, int points, const std::function<double(double)>& f) {
    MeasuredPattern pattern;
    for (int i = 0; i < points; ++i) {
        pattern.two_theta_deg.push_back(start + i * step);
        pattern.intensity.push_back(f(start + i * step));
    }
    return pattern;
}

double peak_at_40(double x) { return 100 * std::exp(-(x - 40) * (x - 40) / (2 * 0.01 * 0.01)); }

TEST(Resample, LeavesThePatternOfTheSameGridAsItIs) {
    const Grid grid;
    std::vector<float> out(8500);
    const MeasuredPattern pattern = sampled(5, 0.01, 8500, [](double x) { return std::sin(40 * x) + 3; });
    EXPECT_NEAR(resample(out.data(), grid, pattern), 1.0, 1e-6);
    for (std::size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], pattern.intensity[i], 2e-4) << i;
}

TEST(Resample, KeepsTheAreaWhereThePatternIsFiner) {
    const Grid grid{10, 0.05f, 1601};
    std::vector<float> out(1601);
    // A line much narrower than the grid's step, and off its points: interpolation would lose it.
    const MeasuredPattern pattern = sampled(9, 0.0033, 26000, [](double x) { return peak_at_40(x + 0.023); });
    EXPECT_NEAR(resample(out.data(), grid, pattern), 1.0, 1e-6);
    double area = 0;
    for (float value : out) area += value * 0.05;
    EXPECT_NEAR(area, 100 * 0.01 * std::sqrt(2 * M_PI), 1e-3);
}

TEST(Resample, InterpolatesWhereThePatternIsCoarser) {
    const Grid grid{10, 0.01f, 6001};
    std::vector<float> out(6001);
    const MeasuredPattern pattern = sampled(8, 0.1, 700, [](double x) { return 7 + 2 * x; });
    EXPECT_NEAR(resample(out.data(), grid, pattern), 1.0, 1e-6);
    for (int i = 0; i < grid.points; ++i) ASSERT_NEAR(out[static_cast<std::size_t>(i)], 7 + 2 * (10 + 0.01 * i), 1e-4) << i;
}

TEST(Resample, TellsWhatWasMeasured) {
    const Grid grid{10, 0.01f, 8001};  // 10 to 90
    std::vector<float> out(8001);
    const auto coverage = [&](const MeasuredPattern& pattern) { return resample(out.data(), grid, pattern); };
    const auto two = [](double) { return 2.0; };
    EXPECT_NEAR(coverage(sampled(20, 0.02, 2001, two)), 0.5, 1e-6);   // 20 to 60
    EXPECT_NEAR(coverage(sampled(100, 0.02, 2001, two)), 0.0, 1e-6);  // beyond
    EXPECT_NEAR(coverage(sampled(10, 1.0, 81, two)), 0.0, 1e-6);      // too coarse to show a line
    for (float value : out) ASSERT_EQ(value, 2.0f);
    MeasuredPattern gap = sampled(10, 0.02, 1001, two);  // 10 to 30, then 70 to 90
    const MeasuredPattern rest = sampled(70, 0.02, 1001, two);
    gap.two_theta_deg.insert(gap.two_theta_deg.end(), rest.two_theta_deg.begin(), rest.two_theta_deg.end());
    gap.intensity.insert(gap.intensity.end(), rest.intensity.begin(), rest.intensity.end());
    EXPECT_NEAR(coverage(gap), 0.5, 1e-6);
}

// Si 111, 220, 311 with a = 5.43102: d = 3.13560, 1.92016, 1.63751.
TEST(ConvertWavelength, MovesLinesThroughTheirSpacing) {
    const double copper = 1.54184, molybdenum = 0.71073;
    const auto angle = [](double d, double wavelength) { return 2 * std::asin(wavelength / (2 * d)) * 180 / M_PI; };
    MeasuredPattern pattern;
    for (double d : {3.13560, 1.92016, 1.63751, 0.6}) pattern.two_theta_deg.push_back(angle(d, molybdenum));
    pattern.intensity = {100, 67, 40, 1};
    convert_wavelength(pattern, molybdenum, copper);
    ASSERT_EQ(pattern.two_theta_deg.size(), 3u);  // nothing diffracts copper radiation at d = 0.6
    ASSERT_EQ(pattern.intensity.size(), 3u);
    EXPECT_NEAR(pattern.two_theta_deg[0], 28.4655, 1e-3);
    EXPECT_NEAR(pattern.two_theta_deg[1], 47.3427, 1e-3);
    EXPECT_NEAR(pattern.two_theta_deg[2], 56.1710, 1e-3);
}

}  // namespace
}  // namespace friedel
