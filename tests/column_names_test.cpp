// Names of columns in text, as instruments and beamlines write them.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <string>

#include "host/patterns/pattern_file.h"
#include "host/support/error.h"

namespace friedel {
namespace {

constexpr int points = 200;
double intensity_at(int i) { return 100 + 10 * (i % 13); }

// As beamlines name intensities, and SPEC its columns.
TEST(ColumnNames, AnAxisIsNotLostForTheNameBesideIt) {
    std::string q, angles;
    for (int i = 0; i < points; ++i) {
        char line[96];
        std::snprintf(line, sizeof line, "%.8f %.4f\n", 4 * M_PI * std::sin(0.5 * M_PI / 180 * (10 + 0.02 * i)) / 1.5405929,
                      intensity_at(i));
        q += line;
        std::snprintf(line, sizeof line, "%.2f %.4f\n", 10 + 0.02 * i, intensity_at(i));
        angles += line;
    }
    for (const char* header : {"# q_A^-1 I_corr\n", "# q_A^-1 intensity_normalized\n", "q_A^-1 Iq\n", "# unit: q_A^-1\n"}) {
        const MeasuredPattern pattern = parse_pattern(header + q, "a.dat");
        EXPECT_NEAR(pattern.two_theta_deg.front(), 10, 1e-3) << header;
        EXPECT_TRUE(pattern.is_monochromatic);
    }
    EXPECT_NEAR(parse_pattern("#S 1 scan\n#N 2\n#L Two Theta  Detector\n# a comment\n" + angles, "s.dat").two_theta_deg.front(), 10, 1e-6);
    EXPECT_NEAR(parse_pattern("#S 1 scan\n#N 2\n#L TwoTheta[Deg]  Intensity[a.u.]\n" + angles, "s.dat").two_theta_deg.front(), 10, 1e-6);
    const auto first_of = [&](const std::string& header, const char* row) {
        std::string text = header;
        for (int i = 0; i < points; ++i) text += std::to_string(10 + 0.02 * i) + row;
        return parse_pattern(text + "90 7 8\n", "a.csv").intensity.front();
    };
    for (const char* header :
         {"2theta,I_err,I\n", "2theta,Intensity_error,Counts\n", "2theta,I_calc,I_obs\n", "2theta,Int_time,Intensity\n"})
        EXPECT_EQ(first_of(header, ",3,5\n"), 5) << header;
    for (const char* comment : {"# Log: Intensity corrected for Lp\n", "# Time: int_time 30 s\n", "# Radial distance: 200 mm\n"})
        EXPECT_NEAR(parse_pattern(comment + angles, "a.xy").two_theta_deg.front(), 10, 1e-6) << comment;
    for (const char* header : {"# d*2_nm^-2 I\n", "Radial Distance (mm)\n", "# log10(q.m)_None I\n"})
        EXPECT_THROW(parse_pattern(header + q, "a.dat"), Error) << header;
}

}  // namespace
}  // namespace friedel
