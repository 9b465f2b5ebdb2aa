// Patterns as spreadsheets and programs of laboratories save them: empty columns, remarks, times of day, decimal commas, empty cells.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>

#include "host/patterns/pattern_file.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

constexpr int points = 300;

double angle_at(int i) { return 5 + 0.01 * i; }
int counts_at(int i) { return 20 + (i * 7) % 13 + (i % 50 == 0 ? 1800 : 0); }

std::string number(double value, int decimals, char point) {
    char text[32];
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
    std::string written = text;
    if (const std::size_t at = written.find('.'); at != written.npos) written[at] = point;
    return written;
}

// A header, then a row for each point.
std::string sheet(const std::string& header, const std::function<std::string(int)>& row) {
    std::string text = header;
    for (int i = 0; i < points; ++i) text += row(i) + "\n";
    return text;
}

void expect_all_points(const std::string& text, const std::string& name) {
    SCOPED_TRACE(name + ": " + text.substr(0, 60));
    MeasuredPattern pattern;
    ASSERT_NO_THROW(pattern = parse_pattern(text, name));
    ASSERT_EQ(pattern.two_theta_deg.size(), static_cast<std::size_t>(points));
    EXPECT_TRUE(pattern.sigma.empty());
    for (int i = 0; i < points; ++i) {
        ASSERT_NEAR(pattern.two_theta_deg[static_cast<std::size_t>(i)], angle_at(i), 1e-9);
        ASSERT_EQ(pattern.intensity[static_cast<std::size_t>(i)], counts_at(i)) << i;
    }
}

std::string error_of(const std::string& text) {
    return test::error_of([&] { parse_pattern(text, "a.csv"); });
}

TEST(Spreadsheet, EmptyColumnsBehindTheRows) {
    for (const std::string header : {"", "2Theta;I;;\n", "2Theta;Intensity;;\r\n", "2Theta;I\n", "\"2Theta\";\"I\";;\n", "# a; b;;\n"}) {
        for (const std::string end : {"", ";", ";;", ";;;", "; ;", ";;\r"}) {
            for (const int decimals : {0, 1}) {
                expect_all_points(
                    sheet(header, [&](int i) { return number(angle_at(i), 2, ',') + ";" + number(counts_at(i), decimals, ',') + end; }),
                    "semicolons.csv");
            }
        }
    }
    for (const std::string header : {"", "2Theta,I,,\n", "2theta,counts\n"}) {
        for (const std::string end : {"", ",", ",,", ",,,,", ", , \r"})
            expect_all_points(sheet(header, [&](int i) { return number(angle_at(i), 2, '.') + "," + std::to_string(counts_at(i)) + end; }),
                              "commas.csv");
    }
    // Beside other columns, which the names are needed for.
    expect_all_points(
        sheet("No;2Theta;I;Temp;;\n",
              [](int i) { return std::to_string(i) + ";" + number(angle_at(i), 2, ',') + ";" + std::to_string(counts_at(i)) + ";21,5;;"; }),
        "more.csv");
}

// Rows of empty cells, in between and below.
TEST(Spreadsheet, RowsOfEmptyCells) {
    for (const char separator : {',', ';', '\t'}) {
        for (const std::string& header : {std::string(), std::string("2Theta") + separator + "I\n",
                                          std::string("No") + separator + "2Theta" + separator + "I" + separator + "Temp\n"}) {
            const std::string gap(static_cast<std::size_t>(std::count(header.begin(), header.end(), separator)) + header.empty(),
                                  separator);
            const std::string text = sheet(header, [&](int i) {
                std::string row = number(angle_at(i), 2, '.') + separator + std::to_string(counts_at(i));
                if (gap.size() > 1) row = std::to_string(i) + separator + row + separator + "21";
                return row + (i % 40 == 30 ? "\n" + gap : "");
            });
            expect_all_points(text + gap + "\r\n" + gap + "\n", "gaps.csv");
        }
    }
}

// Blanks do not tell names apart.
TEST(Spreadsheet, NamesOfMoreWordsThanColumns) {
    for (const std::string header :
         {"Two Theta (deg) Intensity (counts)", "2 Theta Intensity", "# 2 theta (degrees)   Intensity",
          "# Two Theta (deg)  Intensity (a.u.)", "# columns: 2theta intensity", "# 2theta vs counts", "Angle 2 theta  Counts per second"}) {
        expect_all_points(sheet(header + "\n", [](int i) { return number(angle_at(i), 2, '.') + "   " + std::to_string(counts_at(i)); }),
                          header);
    }
}

// What is in a column without a name is there all the same.
TEST(Spreadsheet, ColumnsThatAreNotEmpty) {
    const auto row = [](int i, const std::string& end) { return number(angle_at(i), 2, '.') + ";" + std::to_string(counts_at(i)) + end; };
    EXPECT_NE(error_of(sheet("", [&](int i) { return row(i, i == 200 ? ";7;" : ";;"); })).find("3 columns where 2 stood before"),
              std::string::npos);
    EXPECT_NE(error_of(sheet("", [&](int i) { return row(i, i == 200 ? ";;7" : ";;"); })), "no error");
    EXPECT_NE(error_of(sheet("", [&](int i) { return row(i, ";;7"); })), "no error");
    expect_all_points(sheet("2Theta;I;;\n", [&](int i) { return row(i, i == 200 ? ";7;" : ";;"); }), "named.csv");
    EXPECT_NE(error_of(sheet("2Theta;I\n", [&](int i) { return row(i, i == 200 ? ";7;" : ";;"); })), "no error");
}

TEST(Spreadsheet, RemarksAndTimesOfDayBesideTheNumbers) {
    const auto row = [](int i, char point, const std::string& sign) {
        return number(angle_at(i), 2, point) + sign + std::to_string(counts_at(i)) + sign;
    };
    for (const std::string remark : {"ok", "2026-11-30T10:00:00", "10:00:00", "30.11.2026 10:00:00", "n/a", "-"}) {
        expect_all_points(sheet("2theta,counts,remark\n", [&](int i) { return row(i, '.', ",") + remark; }), "remarks.csv");
        expect_all_points(sheet("2Theta;Counts;Zeit\n", [&](int i) { return row(i, ',', ";") + remark; }), "Zeiten.csv");
        expect_all_points(sheet("2Theta\tCounts\tZeit\n", [&](int i) { return row(i, ',', "\t") + remark; }), "tabs.txt");
        expect_all_points(sheet("Zeit;2Theta;Counts\n", [&](int i) { return remark + ";" + row(i, ',', ";"); }), "first.csv");
    }
    expect_all_points(sheet("2theta,counts,remark\n", [&](int i) { return row(i, '.', ",") + (i == 150 ? "bad" : ""); }), "one.csv");
    // Whatever they are called: the intensities are the one column of numbers beside the angles.
    for (const std::string header : {"2Theta;Impulse;Bemerkung\n", "2Theta;Impulse;Zeit\n", "\"2Theta\";\"Imp.\";\"Uhrzeit\";\"Wer\"\n"}) {
        const std::string more = header.find("Wer") == header.npos ? "" : ";Meier";
        expect_all_points(sheet(header, [&](int i) { return row(i, ',', ";") + "30.11.2026 10:00" + more; }), "any.csv");
        expect_all_points(sheet("Probe;" + header, [&](int i) { return "A;" + row(i, ',', ";") + "10:00" + more; }), "Probe.csv");
    }
    EXPECT_NE(error_of(sheet("2Theta;Probe 1;Probe 2;Bemerkung\n", [&](int i) { return row(i, ',', ";") + "17;ok"; }))
                  .find("does not say which of 'Probe 1', 'Probe 2' is the intensity"),
              std::string::npos);
    // Commas may set thousands apart where angles have decimal ones.
    EXPECT_NE(error_of(sheet("2Theta;Counts;Zeit\n", [](int i) { return number(angle_at(i), 2, ',') + (i % 50 ? ";950;x" : ";1,861;x"); })),
              "no error");
    // One cell without a number does not make its column one of texts, and the next one the intensities.
    for (const std::string cell : {"-", "#N/A", "<1", "cps"}) {
        const std::string text = sheet("2theta,sampleA,sampleB\n", [&](int i) { return row(i, '.', ",") + "50"; });
        const std::size_t begin = text.find('\n') + 1, comma = text.find(',', begin) + 1, end = text.find(',', comma);
        const std::string other = text.substr(0, comma) + cell + text.substr(end);
        const bool is_read = error_of(other) == "no error";
        EXPECT_TRUE(!is_read || parse_pattern(other, "a.csv").intensity.back() == counts_at(points - 1)) << cell;
    }
    expect_all_points(sheet("2theta counts remark\n", [&](int i) { return row(i, '.', " ") + "ok"; }), "blanks.txt");
    // Angles tell that commas are decimal ones, and below names that commas separate none is.
    EXPECT_NE(error_of(sheet("2Theta;Counts;Zeit\n", [&](int i) { return row(i, '.', ";") + "1,5;x"; })), "no error");
    EXPECT_NE(error_of(sheet("2Theta;Counts;Zeit\n", [&](int i) { return row(i, i == 9 ? '.' : ',', ";") + "x"; })), "no error");
    EXPECT_NE(error_of(sheet("2Theta;Counts;Zeit\n", [&](int i) { return i == 100 ? "6;1.861;x" : row(i, ',', ";") + "x"; })), "no error");
    EXPECT_NE(error_of(sheet("2Theta,Counts,Zeit\n", [&](int i) { return row(i, ',', ";") + "x"; })), "no error");
    EXPECT_NE(error_of(sheet("2Theta;Counts;Zeit\n", [&](int i) { return i == 9 ? "5,09;bad;x" : row(i, ',', ";") + "x"; })), "no error");
}

TEST(Spreadsheet, NumbersInQuotesBetweenSemicolons) {
    for (const std::string header : {"", "2Theta;Counts\n", "\"2Theta\";\"Counts\"\n"}) {
        for (const bool all : {false, true}) {
            const std::string quote = all ? "\"" : "";
            expect_all_points(
                sheet(header,
                      [&](int i) { return quote + number(angle_at(i), 2, ',') + quote + ";\"" + number(counts_at(i), 2, ',') + "\""; }),
                "decimals.csv");
            const auto with_sign = [](int counts) {
                return counts < 1000 ? std::to_string(counts)
                                     : std::to_string(counts / 1000) + "." + std::to_string(1000 + counts % 1000).substr(1);
            };
            expect_all_points(
                sheet(header,
                      [&](int i) { return quote + number(angle_at(i), 2, ',') + quote + ";\"" + with_sign(counts_at(i)) + ",00\""; }),
                "thousands.csv");
        }
    }
    EXPECT_NE(error_of(sheet("", [](int i) { return number(angle_at(i), 2, ',') + ";\"" + std::to_string(counts_at(i)) + ";7\""; })),
              "no error");
}

// What is below the rows is passed over where it is surely no row, and nothing follows.
TEST(Spreadsheet, LinesBelowTheRows) {
    const auto row = [](int i) { return number(angle_at(i), 2, ',') + ";" + std::to_string(counts_at(i)); };
    for (const std::string header : {"", "2Theta;I\n", "2Theta;I;remark\n"}) {
        const std::string rows = sheet(header, [&](int i) { return row(i) + (header.size() > 10 ? ";ok" : ""); });
        for (const std::string below :
             {"END", "END\n", "Mittelwert;55,2\nSumme;1234\n", "\n\nMax: 1820\r\n", "\"Mean\",55.2\n", "Mittelwert;;55,2\n"})
            expect_all_points(rows + below, "below.csv");
        for (const std::string below : {"Bemerkung;1\n", "5.0x;3\n", "#\n8,0O;26\n", "8,00\n",
                                        "Ende der Messung;und so weiter, was immer das heißen mag, hier unten\n"})
            EXPECT_NE(error_of(rows + below), "no error") << below;
        for (const std::string behind : {"8,00;26", "8,00;26;ok", "2Theta;I\n8,00;26", "8,00"})
            EXPECT_NE(error_of(rows + "END\n" + behind + "\n"), "no error") << behind;
    }
    EXPECT_NE(error_of(sheet("", [&](int i) { return i == 150 ? "Summe;7" : row(i); })).find("a row behind a line"), std::string::npos);
    EXPECT_NE(error_of(sheet("", [&](int i) { return i == 50 ? "END" : row(i); })).find("is not a row of numbers"), std::string::npos);
    // Samples may be called so.
    expect_all_points(sheet("sample;2Theta;I\n", [&](int i) { return "Total;" + row(i); }), "total.csv");
}

TEST(Spreadsheet, CellsWithoutAnIntensityWereNotMeasured) {
    const auto row = [](int i, const std::string& cell) {
        return number(angle_at(i), 2, ',') + ";" + (i >= 60 && i < 70 ? cell : std::to_string(counts_at(i)));
    };
    for (const std::string cell : {"", "#NV", "#N/A", "nan"}) {
        const MeasuredPattern pattern = parse_pattern(sheet("2Theta;I\n", [&](int i) { return row(i, cell); }), "a.csv");
        ASSERT_EQ(pattern.two_theta_deg.size(), static_cast<std::size_t>(points - 10)) << cell;
        EXPECT_NEAR(pattern.two_theta_deg[60], angle_at(70), 1e-9);
        EXPECT_EQ(pattern.intensity[60], counts_at(70));
    }
    for (const std::string header : {"2Theta;I;remark\n", "2Theta;I;sigma\n"}) {
        const auto cells = [&](int i) {
            return row(i, "") + (header.find("sigma") == header.npos ? ";ok" : i >= 60 && i < 70 ? ";" : ";4,5");
        };
        EXPECT_EQ(parse_pattern(sheet(header, cells), "a.csv").two_theta_deg.size(), static_cast<std::size_t>(points - 10)) << header;
    }
    // A number too wide for its column is a strong line's.
    EXPECT_NE(error_of(sheet("", [&](int i) { return row(i, "########"); })).find("widen it and save again"), std::string::npos);
    EXPECT_NE(error_of(sheet("2Theta;I\n", [&](int i) { return row(i, "########"); })), "no error");
    // A row without its separator, and the last of a file that was cut off, are damaged.
    const std::string whole = sheet("2Theta;I\n", [&](int i) { return row(i, ""); });
    EXPECT_NE(error_of(sheet("2Theta;I\n", [&](int i) { return i == 99 ? "5,99" : row(i, ""); })), "no error");
    EXPECT_NE(error_of(whole + "8,00;"), "no error");
    EXPECT_NE(error_of(sheet("2Theta;I;remark\n", [&](int i) { return row(i, "") + ";ok"; }) + "8,00;;"), "no error");
    EXPECT_EQ(error_of(whole + "8,00;\n"), "no error");
}

TEST(Spreadsheet, DecimalCommasInQuotesBetweenCommas) {
    const auto quoted = [](const std::string& angle, const std::string& counts) { return '"' + angle + "\",\"" + counts + '"'; };
    for (const std::string header : {"", "\"2Theta\",\"I\"\n", "2Theta,Intensity\r\n"}) {
        for (const int decimals : {0, 2})
            expect_all_points(
                sheet(header, [&](int i) { return quoted(number(angle_at(i), 2, ','), number(counts_at(i), decimals, ',')) + "\r"; }),
                "a.csv");
        expect_all_points(sheet(header, [&](int i) { return quoted(number(angle_at(i), 2, '.'), std::to_string(counts_at(i))); }), "a.csv");
    }
}

TEST(Spreadsheet, UnitsBelowTheNames) {
    const auto row = [](int i) { return number(angle_at(i), 2, '.') + "," + std::to_string(counts_at(i)); };
    expect_all_points(sheet("\"2theta\",\"Intensity\"\n\"(deg)\",\"(a.u.)\"\n\"sample A\",\"\"\n", row), "a.csv");
    const auto of_origin = [](int i) {
        return std::to_string(i + 1) + "\t" + number(angle_at(i), 2, '.') + "\t" + std::to_string(counts_at(i));
    };
    expect_all_points(sheet("Long Name\t2theta\tIntensity\nUnits\tdeg\ta.u.\nComments\t\tbatch 3\n", of_origin), "origin.txt");
}

// As FullProf writes its .prf: reflections stand in the last columns of the first rows.
TEST(Spreadsheet, RowsWithoutTheirLastColumns) {
    const std::string header = " CELL: 4.99\n 2Theta\tYobs\tYcal\tYobs-Ycal\tBackg\tPosr\t(hkl)\tK\n";
    const auto row = [](int i) {
        return number(angle_at(i), 2, '.') + "\t" + std::to_string(counts_at(i)) + "\t21\t-1\t5" + (i < 20 ? "\t23.1\t( 1 0 2)\t0" : "");
    };
    expect_all_points(sheet(header, row), "a.prf");
    EXPECT_NE(error_of(sheet(header, row) + "8.00\t2"), "") << "the last row was cut off";
}

TEST(Spreadsheet, WhatIsNoIntensityIsSaid) {
    const auto row = [](int i) { return number(angle_at(i), 2, '.') + "," + number(std::log10(counts_at(i)), 4, '.'); };
    for (const char* name :
         {"Log Intensity", "Log Counts", "logI", "log_I", "log10(I)", "ln(I)", "Intensity (log scale)", "Intensity (dB)", "sqrt(Counts)"})
        EXPECT_NE(error_of(sheet(std::string("2theta,") + name + "\n", row)).find("its intensities are '" + std::string(name)),
                  std::string::npos)
            << name << ": " << error_of(sheet(std::string("2theta,") + name + "\n", row));
    const auto spacings = [](int i) {
        return number(angle_at(i), 3, '.') + " " + number(1.54187 / (2 * std::sin(angle_at(i) * M_PI / 360)), 5, '.') + " " +
               std::to_string(counts_at(i));
    };
    EXPECT_NE(error_of(sheet("", spacings)).find("its second column is the lattice spacing d of the first"), std::string::npos);
}

}  // namespace
}  // namespace friedel
