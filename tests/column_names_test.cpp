// Names of columns in text, as instruments and beamlines write them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>

#include "host/patterns/pattern_file.h"
#include "host/support/error.h"
#include "tests/test_paths.h"

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
    for (const char* header :
         {"2theta,signal,background\n", "2theta,signal,noise\n", "2theta,signal,error\n", "2theta,counts,uncorrected\n"})
        EXPECT_EQ(first_of(header, ",3,5\n"), 3) << header;
    for (const char* comment : {"# Log: Intensity corrected for Lp\n", "# Time: int_time 30 s\n", "# Radial distance: 200 mm\n"})
        EXPECT_NEAR(parse_pattern(comment + angles, "a.xy").two_theta_deg.front(), 10, 1e-6) << comment;
    for (const char* header : {"# d*2_nm^-2 I\n", "Radial Distance (mm)\n", "# log10(q.m)_None I\n"})
        EXPECT_THROW(parse_pattern(header + q, "a.dat"), Error) << header;
}

std::string error_of(const std::string& text) {
    return test::error_of([&] { parse_pattern(text, "a.csv"); });
}

std::string rows(const std::function<std::string(int)>& behind_the_angle) {
    std::string text;
    for (int i = 0; i < points; ++i) text += std::to_string(10 + 0.02 * i) + behind_the_angle(i) + "\n";
    return text;
}

std::string with_comma(double value) { return "," + std::to_string(value); }

// Energies, temperatures and distances are no angles, however small their numbers.
TEST(ColumnNames, OtherAxesAreNamed) {
    const std::string two = rows([](int i) { return with_comma(intensity_at(i)); });
    for (const char* header : {"energy_keV,counts\n", "E,I\n", "r,G\n", "Temperature,Intensity\n", "T_K,I\n", "time_s,counts\n",
                               "tof_us,I\n", "#L r($\\AA$)  G($\\AA^{-2}$)\n", "# wavelength_nm,Intensity\n"})
        EXPECT_NE(error_of(header + two).find("not 2theta, theta, Q, d or 1/d"), std::string::npos) << header;
    for (const char* header :
         {"x,y\n", "# R int = 0.05\n", "# R int 0.05\n", "# E: 40 kV, I: 30 mA\n", "# temperature, 300 K\n", "pos,counts\n"})
        EXPECT_NEAR(parse_pattern(header + two, "a.csv").two_theta_deg.front(), 10, 1e-6) << header;
    std::string q;
    for (int i = 0; i < points; ++i) q += std::to_string(1 + 0.02 * i) + with_comma(intensity_at(i)) + "\n";
    for (const char* header : {"#L Q S\n", "#L Q  S\n", "Q,S(Q)\n", "q,sample\n", "# q_A^-1,PSD\n"})
        EXPECT_TRUE(parse_pattern(header + q, "a.sq").needs_no_wavelength) << header;
}

// Where nothing is called the intensity, either.
TEST(ColumnNames, OtherAxesAreNamedWhateverStandsBesideThem) {
    const std::string two = rows([](int i) { return with_comma(intensity_at(i)); });
    std::string blanks = two;
    std::replace(blanks.begin(), blanks.end(), ',', ' ');
    for (const char* header :
         {"time (s),voltage (V)\n", "wavelength (nm),absorbance\n", "m/z,abundance\n", "m/z,relative\n", "ppm,y\n",
          "Wavenumber,Transmittance\n", "Wavenumber (cm-1),T\n", "Binding Energy (eV),CPS1\n", "position_mm,y\n", "Hz,amplitude\n",
          "x (mm),y\n", "Field (Oe),Moment (emu)\n", "# wavelength (nm),absorbance\n", "# time (s),signal 1 (V)\n"}) {
        const std::string error = error_of(header + two), first = std::string(header).substr(0, std::string(header).find(','));
        EXPECT_NE(error.find("a.csv: its axis is '" + first.substr(first.find_first_not_of("# ")) + "', not 2theta"), std::string::npos)
            << header << error;
    }
    EXPECT_NE(error_of("position (mm),y\n" + two).find("is in mm; write 2theta in degrees"), std::string::npos);
    EXPECT_NE(error_of("m/z abundance\n" + blanks).find("its axis is 'm/z'"), std::string::npos);
    for (const char* header : {"x,y\n",
                               "Pos. [\u00b02Th.],Iobs [cts]\n",
                               "\u00b02Th,y\n",
                               "Angle,PSD\n",
                               "Position,Counts\n",
                               "time,unknown\n",
                               "# Time (s), 30\n",
                               "# Time (s), long\n",
                               "# Temperature (K): 300, sample: quartz\n",
                               "# Wavelength (A): CuKa\n",
                               "# exposure (s) = 30, frames\n",
                               "theta-2theta,scan\n",
                               "PSD [deg],cts\n",
                               "Winkel,Impulse\n",
                               "Angles,Intensity\n",
                               "Positions,Intensity\n",
                               "2thetas,I\n",
                               "# channel 12 counts\n",
                               "# distance 250 counts\n",
                               "# Energy 12.4 keV counts 1000\n",
                               "# chi 0 phi 0 intensity in counts\n"}) {
        for (const std::string& table : {two, blanks}) EXPECT_EQ(error_of(header + table), "no error") << header;
    }
}

TEST(ColumnNames, WhatIsNoIntensityIsNotTakenForOne) {
    const std::string two = rows([](int i) { return with_comma(intensity_at(i)); }),
                      three = rows([](int i) { return with_comma(7) + with_comma(intensity_at(i)); });
    for (const char* other : {"temperature", "Temp (K)", "background", "difference", "residual", "time", "sigma", "monitor"}) {
        const std::string error = error_of(std::string("2theta,") + other + "\n" + two);
        EXPECT_NE(error.find(std::string("line 1: beside '2theta' stands '") + other + "', which is no intensity"), std::string::npos)
            << error;
        EXPECT_EQ(parse_pattern(std::string("2theta,") + other + ",sample\n" + three, "a.csv").intensity[3], intensity_at(3)) << other;
    }
    for (const char* header :
         {"2theta,y\n", "2theta,quartz\n", "2theta,s\n", "2theta,Ycalc\n", "2theta,absorbance\n", "# theta scan, background\n"})
        EXPECT_EQ(error_of(header + two), "no error") << header;
}

// Of several columns beside the angle one must be called the intensity; what is behind it are deviations where they are called so, or
// are like those of counts.
TEST(ColumnNames, TwoSamplesAreNotOneWithDeviations) {
    const std::string three = rows([](int i) { return with_comma(intensity_at(i)) + with_comma(intensity_at(i) / 8); }),
                      four = rows([](int i) { return with_comma(intensity_at(i)) + ",3,5"; }),
                      deviations = rows([](int i) { return with_comma(intensity_at(i)) + with_comma(0.3 * std::sqrt(intensity_at(i))); });
    for (const char* header : {"2theta,sample_A,sample_B\n", "2theta,intensity,intensity\n", "2theta,ferrihydrite,goethite\n",
                               "2theta,uncorrected,absorption\n", "2theta,Intensity_A,Intensity_B\n"}) {
        const std::string error = error_of(header + three);
        EXPECT_NE(error.find("line 1: does not say which of"), std::string::npos) << header << error;
        EXPECT_NE(error.find("name that column 'intensity', or write a file for each pattern"), std::string::npos) << header << error;
    }
    EXPECT_NE(error_of("# a comment\n2theta,25C,100C,200C\n" + four).find("line 2: does not say which of '25C', '100C', '200C'"),
              std::string::npos);
    EXPECT_NE(error_of("2theta,A,2theta,B\n" + four).find("which of 'A', 'B'"), std::string::npos);
    const auto has_deviations = [](const std::string& text) { return !parse_pattern(text, "a.csv").sigma.empty(); };
    for (const char* header :
         {"2theta,I,sigma\n", "2theta,Iobs,esd\n", "2theta,sample,err\n", "2theta,I,dI\n", "x,y,e\n", "pos,counts,Error\n"})
        EXPECT_TRUE(has_deviations(header + three)) << header;
    for (const char* header : {"2theta,I,unknown\n", "2theta,sample,unknown\n", "# theta scan here\n"})
        EXPECT_TRUE(has_deviations(header + deviations)) << header;
    std::string q;
    for (int i = 0; i < points; ++i)
        q += std::to_string(1 + 0.02 * i) + with_comma(intensity_at(i)) + with_comma(0.3 * std::sqrt(intensity_at(i))) + "\n";
    EXPECT_TRUE(parse_pattern("q,sample,unknown\n" + q, "a.csv").needs_no_wavelength);
    for (const char* header : {"2theta,I,background\n", "2theta,I,I_calc\n", "2theta,counts,monitor\n"})
        EXPECT_FALSE(has_deviations(header + three)) << header;
    EXPECT_EQ(parse_pattern("2theta,background,intensity\n" + three, "a.csv").intensity[3], intensity_at(3) / 8);
    const std::string scan = "#L Two Theta  Monitor  Detector\n" + rows([](int i) { return " 1000 " + std::to_string(intensity_at(i)); });
    EXPECT_EQ(parse_pattern("#S 1 ascan\n" + scan, "a.dat").intensity[3], intensity_at(3)) << "SPEC has it last";
    EXPECT_NE(error_of("#S 1 ascan\n" + scan + "\n#S 2 ascan\n" + scan).find("another scan begins"), std::string::npos);
}

TEST(ColumnNames, CountsAreDividedByTheirTimes) {
    const auto read = [](const char* header, const std::function<double(int)>& time) {
        return parse_pattern(header + rows([&](int i) { return with_comma(time(i)) + with_comma(intensity_at(i)); }), "a.csv").intensity;
    };
    const auto longer = [](int i) { return i < points / 2 ? 1.0 : 3.0; };
    const std::vector<double> rate = read("2theta,time,counts\n", longer);
    EXPECT_NEAR(rate[3], 2 * intensity_at(3), 1e-9);
    EXPECT_NEAR(rate[points - 1], 2 * intensity_at(points - 1) / 3, 1e-9);
    EXPECT_EQ(read("2theta,time,counts\n", [](int) { return 2.0; })[3], intensity_at(3));
    EXPECT_EQ(read("2theta,time,cps\n", longer)[3], intensity_at(3));
    EXPECT_EQ(read("2theta,time,Counts/s\n", longer)[3], intensity_at(3));
    EXPECT_EQ(read("2theta,time,counts\n", [](int i) { return 1.0 + i; })[3], intensity_at(3)) << "a clock";
}

}  // namespace
}  // namespace friedel
