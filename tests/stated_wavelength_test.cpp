// Wavelengths as headers state them, and what is none.
#include "host/patterns/stated_wavelength.h"

#include <gtest/gtest.h>

#include "host/patterns/pattern_file.h"
#include "host/support/error.h"
#include "tests/test_paths.h"

namespace friedel {
namespace {

// 120 points.
std::string plain() {
    std::string text;
    for (int i = 0; i < 120; ++i) text += std::to_string(10 + 0.25 * i) + " " + std::to_string(100 + i % 17) + "\n";
    return text;
}

TEST(StatedWavelength, IsReadFromTheHeader) {
    const auto wavelength = [](const std::string& header) { return parse_pattern(header + "\n" + plain(), "x.xy").wavelength_angstrom; };
    EXPECT_EQ(wavelength("##X-RAY WAVELENGTH=1.541838"), 1.541838);
    EXPECT_EQ(wavelength("# Wavelength (A): 0.4139"), 0.4139);
    EXPECT_EQ(wavelength("K-Alpha1 wavelength,1.54060"), 1.54060);
    EXPECT_NEAR(wavelength("# lambda = 0.0709 nm"), 0.709, 1e-12);
    EXPECT_NEAR(wavelength("# Wavelength (nm): 0.1541"), 1.541, 1e-12);
    EXPECT_NEAR(wavelength("# wavelength 1,54187 angstrom"), 1.54187, 1e-12);
    EXPECT_NEAR(wavelength("# Wavelength 1 1.5406, 2 1.5444"), 1.5406, 1e-12);
    EXPECT_NEAR(wavelength("# wavelength 1 A"), 1, 1e-12);
    EXPECT_NEAR(wavelength("# lambda = 1"), 1, 1e-12);
    EXPECT_EQ(wavelength("# wavelength: unknown, 3 samples"), 0);
    EXPECT_EQ(wavelength("# wavelength -5"), 0);
    EXPECT_EQ(wavelength("# wavelength unknown, 120 points"), 0);
    EXPECT_EQ(wavelength("# nothing"), 0);
    // Metres, picometres, energies, other languages, as programs of beamlines and laboratories write them.
    EXPECT_NEAR(wavelength("# Wavelength: 0.9e-10 m"), 0.9, 1e-12);
    EXPECT_NEAR(wavelength("# {\"wavelength\":4.139e-11}"), 0.4139, 1e-12);
    EXPECT_NEAR(wavelength("# wavelength 41.39 pm"), 0.4139, 1e-12);
    EXPECT_NEAR(wavelength("# Wellenlänge: 1,5406 Å"), 1.5406, 1e-12);
    EXPECT_NEAR(wavelength("# λ = 1.5406 Å"), 1.5406, 1e-12);
    EXPECT_NEAR(wavelength("# Energy = 11.07 keV"), 12.398419843 / 11.07, 1e-9);
    EXPECT_NEAR(wavelength("# photon energy 8048 eV"), 12.398419843 / 8.048, 1e-9);
    EXPECT_NEAR(wavelength("# Energy (keV): 30"), 12.398419843 / 30, 1e-9);
    EXPECT_NEAR(wavelength("# E = 60 keV"), 12.398419843 / 60, 1e-9);
    EXPECT_NEAR(wavelength("e: 25.5keV, 200 mA"), 12.398419843 / 25.5, 1e-9);
    EXPECT_NEAR(wavelength("# wl: 0.0486 nm"), 0.486, 1e-12);
    for (const char* none : {"# E: 40 kV", "# E 1 scan at 60 keV", "# E = 60", "# wl 3 of 5 samples"})
        EXPECT_EQ(wavelength(none), 0) << none;
    EXPECT_EQ(wavelength("# energy threshold 11 keV"), 0);
    EXPECT_EQ(wavelength("# energy 11"), 0) << "of what unit?";
    EXPECT_NEAR(wavelength("# pyFAI calibration, wavelength 1.2e-10"), 1.2, 1e-12);
    EXPECT_NEAR(wavelength("# using wavelength 1.2"), 1.2, 1e-12);
    // Anodes: the mean of the doublet.
    for (const char* line : {"# Anode: Co", "Anode=Co", "# Radiation: Co Kα", "# Co Ka", "# CoK-alpha", "# co k\\a"})
        EXPECT_NEAR(wavelength(line), 1.7902758, 1e-6) << line;
    EXPECT_NEAR(wavelength("# Mo Ka1"), 0.7093, 1e-6);
    EXPECT_EQ(wavelength("# Co3O4, cobalt, tube 3, no Kapton"), 0);
    EXPECT_EQ(wavelength("# sample Co"), 0);
    EXPECT_NEAR(wavelength("# wavelength: Mo"), 0.71073, 1e-5);
    // What is no wavelength of the beam.
    for (const char* line :
         {"# wavelength ratio 0.5", "# sin(theta)/lambda max 0.6", "# laser lambda = 0.532 um", "# K-Beta wavelength 1.39225"})
        EXPECT_EQ(wavelength(line), 0) << line;
    EXPECT_EQ(wavelength("# K-Beta wavelength 1.39225\n# K-Alpha2 wavelength 1.54443\n# K-Alpha1 wavelength 1.54060"), 1.5406);
    EXPECT_EQ(wavelength("# Anode: Cu\n# Energy = 11 keV\n# wavelength 0.7"), 0.7) << "the wavelength says it best";
    const MeasuredPattern doubtful = parse_pattern("# wavelength 0.7\n# wavelength 1.5406\n" + plain(), "x.xy");
    EXPECT_THROW(wavelength_of(doubtful, 0, 1.54), Error);
    EXPECT_EQ(wavelength_of(doubtful, 0.7, 1.54).first, 0.7) << "who gives one need not ask the file";
    for (const char* line : {"# wavelength: 0.62 A\n# Wavelength error: 0.5", "# wavelength 0.62\n# wavelength tolerance 0.5 %",
                             "# wavelength 0.62\n# detector Lambda 2.0 firmware", "# resolution 0.01 deg, wavelength 0.62 A",
                             "# WAVE_LENGTH1 = 0.62", "# Wellenl\xe4nge 0.62"})
        EXPECT_EQ(wavelength(line), 0.62) << line;
    EXPECT_NEAR(wavelength("# Fe Ka fluorescence suppressed by discriminator\n# Anode: Co"), 1.7902758, 1e-6);
    EXPECT_NEAR(wavelength("# Wavelength Kα1 and Kα2: 1.54056 1.54439 Å"), 1.54056, 1e-9);
    EXPECT_NEAR(wavelength("# Wavelength Kα1 – 0.70930 Å"), 0.7093, 1e-9);
    EXPECT_NEAR(wavelength("# wavelength calibrated with 2 analysers, 0.41 A"), 0.41, 1e-9);
    EXPECT_NEAR(wavelength("# Cu Ka1 radiation, 2theta scan"), 1.5405929, 1e-6);
    EXPECT_NEAR(wavelength("# Energy: 17,479 eV"), 12.398419843 / 17.479, 1e-9);
    EXPECT_EQ(parse_pattern("# theta (deg) = 12.5 fixed incidence\n" + plain(), "x.xy").two_theta_deg,
              parse_pattern(plain(), "x.xy").two_theta_deg);
    EXPECT_EQ(wavelength("# wavelength 1.5406\n# wavelength 1.54187"), 1.5406) << "one anode's";
}

TEST(StatedWavelength, InOtherWords) {
    const auto wavelength = [](const std::string& header) { return parse_pattern(header + "\n" + plain(), "x.xy").wavelength_angstrom; };
    for (const char* line :
         {"# Target: Co", "Röhre: Co", "# R\xf6hre: Co", "Anode: Kobalt", "Anode Material Co", "# Anode material: Cobalt", "Strahlung: Co",
          "管球: Co", "線源：Ｃｏ", "Strahlung: Kobalt Kα", "ターゲット: Co", "阳极: Co", "靶材：钴", "钴靶, 40 kV", "Ánodo: Co",
          "Анод: Кобальт", "*TARGET\t\t=  27", "2Theta [°] (Cobalt (Co))"})
        EXPECT_NEAR(wavelength(line), 1.7902758, 1e-6) << line;
    for (const char* line :
         {"波長: 1.7889", "波長（Å） 1.7889", "WAVE 1.7889", "# wave = 1.7889", "波长: 1.7889", "Longitud de onda: 1.7889",
          "Длина волны: 1.7889", "\xb2\xa8\xb3\xa4: 1.7889", "2Theta (Coupled TwoTheta/Theta) WL=1.7889"})
        EXPECT_EQ(wavelength(line), 1.7889) << line;
    EXPECT_NEAR(wavelength("# Anode: Cu\n# Target: Fe"), 1.54187, 1e-4) << "the anode says it best";
    EXPECT_NEAR(wavelength("Energie 30 keV"), 12.398419843 / 30, 1e-9);
    EXPECT_NEAR(wavelength("# wavelength: 40 pm"), 0.4, 1e-12);
    for (const char* line :
         {"# target thickness 3, Co film", "# sample of cobalt and iron", "# microwave 3.5", "# waves 1.2", "# tube 3, iron",
          "# sputter target: Co", "# PLD target: Co-doped ZnO", "# monochromatic radiation, silver behenate", "# Wave guide height 1.2",
          "# wave form 0.5", "# sample: cobalt (Co)", "*TARGET = 270", "铜片, 钴"})
        EXPECT_EQ(wavelength(line), 0) << line;
}

// What is understood by its size or in other words is used; what says something of the wavelength and cannot be used is not passed over.
TEST(StatedWavelength, IsNotAssumedWhereALineSaysAnother) {
    const auto read = [](const std::string& header) { return parse_pattern(header + "\n" + plain(), "x.xy"); };
    for (const char* line :
         {"# X-ray source: Co tube", "# Co radiation", "Co-Strahlung", "# cobalt radiation", "# X-ray tube: Co",
          "# measured with Co x-rays", "# Kobalt-Strahlung", "# wavelength 179.02758", "# Radiation source: Co radiation"})
        EXPECT_NEAR(read(line).wavelength_angstrom, 1.7902758, 1e-6) << line;
    EXPECT_NEAR(read("# wavelength 154.06").wavelength_angstrom, 1.5406, 1e-9);
    EXPECT_NEAR(read("# Energy: 8047").wavelength_angstrom, 12.398419843 / 8.047, 1e-9);
    for (const char* line : {"# wavelength: 1.5406 nm", "# wavelength = 15.406", "Lambda (nm): 1.54", "# wavelength 1.54 um",
                             "# CuKb radiation", "# Radiation: Cu K-beta", "# Anode: W", "# ID22, 12 keV", "# Source: synchrotron",
                             "# energy 11", "# X-ray energy: 17.4", "# wavelength 154060"}) {
        const MeasuredPattern pattern = read(line);
        EXPECT_EQ(pattern.wavelength_angstrom, 0) << line;
        const std::string error = test::error_of([&] { wavelength_of(pattern, 0, 1.54); });
        EXPECT_TRUE(error.starts_with("x.xy: its line '" + std::string(line) + "' states ")) << line << ": " << error;
        EXPECT_NE(error.find("; give the right one with --wavelength"), std::string::npos) << error;
        EXPECT_EQ(wavelength_of(pattern, 0.7, 1.54).first, 0.7);
        EXPECT_EQ(wavelength_of(read(std::string(line) + "\n# wavelength 1.2 A"), 0, 1.54).first, 1.2) << "another line says it";
    }
    EXPECT_NE(test::error_of([&] { wavelength_of(read("# wavelength: 1.5406 nm"), 0, 1.54); }).find("a wavelength of 15.406 angstrom"),
              std::string::npos);
    for (const char* line : {"# wavelength 0",
                             "# wavelength: 0.000",
                             "# wavelength -1",
                             "# wavelength unknown, 120 points",
                             "# wavelength: unknown, 3 samples",
                             "# Ni filter for Cu Kb",
                             "# Cu, Kb filter",
                             "# laser lambda = 532 nm",
                             "# UV lambda 254 nm",
                             "# sin(theta)/lambda max 0.6",
                             "# Energy threshold 11",
                             "# energy 6 GeV",
                             "# Fe radiation damage",
                             "# lambda sample 12.5",
                             "# K-Beta wavelength 1.39225",
                             "# wavelength",
                             "# Source: lab 3",
                             "# Source: in-house",
                             "# Source: In situ cell",
                             "# Source: V2O5 from Merck",
                             "# Source: W. Smith",
                             "# Radiation: V-filtered",
                             "# X-ray tube: in use since May",
                             "# Tube: 40 kV, 30 mA",
                             "# copper tube",
                             "# Radiation: monochromated",
                             "# Energy 0"})
        EXPECT_EQ(wavelength_of(read(line), 0, 1.54).second, WavelengthSource::assumed) << line;
}

// Whatever the axis, and whatever wavelength is said.
TEST(StatedWavelength, PatternsOfNeutronsAreRefused) {
    for (const char* line : {"# Radiation: neutrons", "# Source: neutron", "# Source = neutron", "Radiation neutron",
                             "# neutron powder diffraction, D2B", "# probe: neutron"}) {
        for (const char* below : {"", "\n# wavelength 1.594 A", "\n# wavelength: 1.5406 nm", "\nq (1/A), intensity"}) {
            const std::string error = test::error_of([&] { parse_pattern(std::string(line) + below + "\n" + plain(), "x.xy"); });
            EXPECT_TRUE(error.starts_with("x.xy: its line '" + std::string(line) + "' names neutrons")) << below << ": " << error;
        }
    }
    EXPECT_NO_THROW(parse_pattern("# neutron activation of the sample\n" + plain(), "x.xy"));
}

// Samples lie in tubes, too, and are irradiated; an anode is what the word of the source is about.
TEST(StatedWavelength, AnElementIsAnAnodeOnlyBehindTheWordOfTheSource) {
    const auto read = [](const std::string& header) { return parse_pattern(header + "\n" + plain(), "x.xy"); };
    for (const char* line : {"# glass tube, Fe powder",
                             "# glass tube: Fe powder",
                             "# quartz tube Fe",
                             "# in a tube (Co)",
                             "# Tube, Fe powder",
                             "# tube 3, Fe",
                             "# carbon nanotube: Co",
                             "# gamma irradiation: Co",
                             "# after irradiation, Co",
                             "# Bestrahlung: Co",
                             "# monochromatic radiation, Ag",
                             "# Anode: Cu foil",
                             "# cell with anode: copper foil",
                             "# Radiation: Co-doped sample",
                             "# wavelength calibrated, Ag behenate",
                             "# no radiation; Fe",
                             "# Glasröhre: Fe",
                             "# sealed tube: iron",
                             "# Probe in der Röhre, Eisen",
                             "# Sample: Co-doped BaSO4, 40 kV",
                             "# Mo powder, 40 kV",
                             "# Ag target sputtered film, 30 mA",
                             "# sample in Cu tube, 40 kV",
                             "# sample in a sealed (Ag tube), 40 kV 30 mA",
                             "# Ag tube, electrolysis 20 mA",
                             "# heated at 300 C, Fe tube, 20 mA heater",
                             "# Sample holder: Cu tube, 40 kV",
                             "# Cu tube furnace, 2 kV",
                             "# Fe tube",
                             "# Co tube, filtered",
                             "# Ni filter",
                             "# 40 kV, 30 mA, Co",
                             "# Co tube, 5 mass %",
                             "# Fe, 40 kV, test tube"})
        EXPECT_EQ(wavelength_of(read(line), 0, 1.54).second, WavelengthSource::assumed) << line;
    for (const char* line : {"Anode material,Co",
                             "\"anode\": \"Co\"",
                             "# X-ray tube, Co",
                             "# X-ray tube (Co)",
                             "# Tube: Co, 40 kV",
                             "Tube,Co",
                             "# Tube 1: Co",
                             "# Bruker D8 Advance, tube: Co, 40 kV",
                             "# Generator: 40 kV 30 mA, tube Co",
                             "# Configuration: tube=Co; slit=0.5",
                             "# Anode: Co  Sample: quartz",
                             "# Strahlung: Co  Probe: Quarz",
                             "# Radiation: Co  holder: glass",
                             "# Radiation: Co plate detector",
                             "# sample in a glass tube, X-ray tube: Co",
                             "# Sample: Fe in a glass tube; anode: Co",
                             "# Röntgenröhre: Co",
                             "# Röntgenstrahlung: Co",
                             "# Anode - Co",
                             "# 40 kV, 30 mA, Co tube",
                             "# 40kV/30mA; Co-tube",
                             "# Co tube, 40 kV",
                             "# Fe filter, Co tube",
                             "# Kβ filter: Fe; Co tube",
                             "# Co-Röhre, 40 kV",
                             "# 40 kV, cobalt tube",
                             "_ANODE = Co",
                             "# Anode = [Co]"})
        EXPECT_NEAR(read(line).wavelength_angstrom, 1.7902758, 1e-6) << line;
}

// With and without a nought before the point or comma, whatever the rows have.
TEST(StatedWavelength, BelowOneAngstrom) {
    const auto wavelength = [](const std::string& header) { return parse_pattern(header + "\n" + plain(), "x.xy").wavelength_angstrom; };
    for (const char* line : {"# wavelength .5", "# Wavelength (Angstroms): .5", "# lambda: .5", "# lambda=.5", "# wavelength 0,5",
                             "# Wellenlänge 0,50 Å", "# wavelength: .05 nm", "# wavelength ...... 0.5", "WAVE .5"})
        EXPECT_NEAR(wavelength(line), 0.5, 1e-12) << line;
    EXPECT_EQ(wavelength("# wavelength .7093"), 0.7093);
    EXPECT_NEAR(wavelength("# lambda = .154187 nm"), 1.54187, 1e-12);
    EXPECT_EQ(wavelength("# wavelength 1,5"), 1.5);
    EXPECT_EQ(wavelength("# wavelength 1,54 A"), 1.54);
    EXPECT_EQ(wavelength("# wavelengths 1,2: 1.5406"), 1.5406);
    for (const char* line :
         {"# Wavelength K-Alpha 1,2 = 1.5418", "# wavelength K-alpha (1,2) 1.5418", "# Wavelength (K-Alpha 1,2): 1.5418"})
        EXPECT_EQ(wavelength(line), 1.5418) << line;
    EXPECT_NEAR(wavelength("# Energy: 8,05 keV"), 12.398419843 / 8.05, 1e-9);
    EXPECT_NEAR(wavelength("# E = 12398 eV"), 12.398419843 / 12.398, 1e-9);
    for (const char* line : {"# E = 3.2 eV", "# E: 250 eV", "# E_g = 12398 eV", "# Sample E 12398"}) EXPECT_EQ(wavelength(line), 0) << line;
    for (const char* line : {"# wavelength -.5", "# wavelength -1.5", "# wavelength as in v.5"}) EXPECT_EQ(wavelength(line), 0) << line;
}

}  // namespace
}  // namespace friedel
