// The physics against independent oracles: cctbx's peak lists, gemmi's structure factors and extinctions in double precision, direct sums.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <gemmi/cif.hpp>
#include <gemmi/it92.hpp>
#include <gemmi/sfcalc.hpp>
#include <gemmi/small.hpp>
#include <gemmi/smcif.hpp>
#include <map>
#include <set>

#include "host/crystals/cif.h"
#include "host/simulation/form_factors.h"
#include "host/simulation/peak_list.h"
#include "kernels/noise.h"
#include "kernels/pattern.h"
#include "kernels/structure_factor.h"
#include "kernels/texture.h"
#include "tests/csv_table.h"
#include "tests/gemmi_operations.h"
#include "tests/minerals.h"

namespace friedel {
namespace {

namespace fs = std::filesystem;

using test::mineral;
using test::mineral_files;

// Intensities of `peaks` with coincident lines merged, by angle.
std::map<double, double> merged(const std::vector<Peak>& peaks) {
    std::map<double, double> lines;
    for (const Peak& peak : peaks) {
        const auto near = lines.lower_bound(peak.two_theta_deg - 2e-5);
        if (near != lines.end() && near->first < peak.two_theta_deg + 2e-5) {
            near->second += peak.intensity;
        } else {
            lines[peak.two_theta_deg] = peak.intensity;
        }
    }
    return lines;
}

class PeakList : public testing::TestWithParam<const char*> {};

// A line of cctbx: percents of the strongest, without and with f', f'' (Sasaki).
struct ReferenceLine {
    double two_theta_deg, intensity, anomalous;
};

// Columns: two_theta_deg,d_A,hkl(mult),absF,I_cctbx_it1992,I_wk1995,I_sasaki,I_henke,I_pymatgen,...
std::vector<ReferenceLine> reference_lines(const fs::path& file) {
    const test::CsvTable table(file);
    std::vector<ReferenceLine> lines;
    for (std::size_t i = 0; i < table.size(); ++i)
        lines.push_back(
            {table.number(i, "two_theta_deg"), table.number(i, "I_cctbx_it1992"), table.number(i, "I_cctbx_it1992_fpfdp_sasaki")});
    return lines;
}

// Every line of either has its like in the other, but for what is too weak to be listed; calls f(ours, reference) for each pair.
void pair_lines(const std::map<double, double>& ours, const std::vector<ReferenceLine>& reference,
                const std::function<void(double, const ReferenceLine&)>& f) {
    ASSERT_GE(reference.size(), 6u);
    std::set<double> paired;
    for (const ReferenceLine& line : reference) {
        const auto found = ours.lower_bound(line.two_theta_deg - 1e-4);
        ASSERT_TRUE(found != ours.end() && std::abs(found->first - line.two_theta_deg) < 1.1e-5)  // the reference has five decimals
            << line.two_theta_deg;
        f(found->second, line);
        paired.insert(found->first);
    }
    for (const auto& [angle, intensity] : ours) EXPECT_TRUE(paired.contains(angle) || intensity < 1e-4) << angle << ": " << intensity;
}

TEST_P(PeakList, AgreesWithCctbx) {
    const fs::path folder = test::shared_dir("reference/peaks");
    if (folder.empty()) GTEST_SKIP() << test::shared_missing;
    pair_lines(merged(peak_list(mineral(GetParam()), {})), reference_lines(folder / (std::string(GetParam()) + ".csv")),
               [](double ours, const ReferenceLine& line) { EXPECT_NEAR(ours, line.intensity, 1e-3) << line.two_theta_deg; });
}

// Cromer and Liberman against cctbx's Sasaki table: two tabulations of one quantity, tenths of a point apart.
TEST_P(PeakList, AnomalousIsNearSasaki) {
    const fs::path folder = test::shared_dir("reference/peaks");
    if (folder.empty()) GTEST_SKIP() << test::shared_missing;
    PeakListOptions options;
    options.anomalous = true;
    double largest_change = 0;
    pair_lines(merged(peak_list(mineral(GetParam()), options)), reference_lines(folder / (std::string(GetParam()) + ".csv")),
               [&](double ours, const ReferenceLine& line) {
                   const double change = std::abs(line.anomalous - line.intensity);
                   largest_change = std::max(largest_change, change);
                   EXPECT_NEAR(ours, line.anomalous, 0.03 + 0.15 * change) << line.two_theta_deg;
               });
    EXPECT_GT(largest_change, 0.15) << "it would pass without f' and f''";
}

INSTANTIATE_TEST_SUITE_P(Reference, PeakList, testing::Values("Si", "NaCl", "quartz", "corundum", "calcite"));

TEST(StructureFactor, AgreesWithGemmiOnEveryMineral) {
    const std::vector<fs::path> files = mineral_files();
    ASSERT_EQ(files.size(), 52u);
    for (const fs::path& file : files) {
        gemmi::SmallStructure small = gemmi::make_small_structure_from_block(gemmi::cif::read_file(file.string()).blocks.at(0));
        // gemmi's direct sum wants crystallographic occupancies and its own symmetry; minerals carry theirs as a loop of operations.
        const Structure structure = read_cif(file).front();
        gemmi::StructureFactorCalculator<gemmi::IT92<double>> calculator(small.cell);
        const auto expected = [&](const Peak& p) {
            std::complex<double> f = 0;
            const double stol_sq = small.cell.calculate_stol_sq({p.h, p.k, p.l});
            for (const auto& atom : small.sites) {
                const double f0 = gemmi::IT92<double>::get(atom.element).calculate_sf(stol_sq);
                const double b = 8 * gemmi::pi() * gemmi::pi() * atom.u_iso;
                // The distinct images, by brute force over all operations of the file.
                std::vector<gemmi::Fractional> seen;
                for (const SymmetryOperation& op : structure.operations) {
                    const auto& r = op.rotation;
                    gemmi::Fractional x(r[0] * atom.fract.x + r[1] * atom.fract.y + r[2] * atom.fract.z + op.translation[0] / 24.0,
                                        r[3] * atom.fract.x + r[4] * atom.fract.y + r[5] * atom.fract.z + op.translation[1] / 24.0,
                                        r[6] * atom.fract.x + r[7] * atom.fract.y + r[8] * atom.fract.z + op.translation[2] / 24.0);
                    x = x.wrap_to_unit();
                    bool known = false;
                    for (const auto& other : seen) known = known || small.cell.find_nearest_pbc_image(x, other, 0).dist() < 0.05;
                    if (known) continue;
                    seen.push_back(x);
                    f += atom.occ * f0 * std::exp(-b * stol_sq) * std::polar(1.0, 2 * gemmi::pi() * (p.h * x.x + p.k * x.y + p.l * x.z));
                }
            }
            return std::norm(f);
        };
        PeakListOptions options;
        if (structure.atoms.size() > 20) options.high_deg = 50;
        const std::vector<Peak> peaks = peak_list(structure, options);
        ASSERT_GE(peaks.size(), 3u) << file;
        double strongest = 0;
        for (const Peak& peak : peaks) strongest = std::max(strongest, peak.f_squared);
        for (const Peak& peak : peaks) {
            // Relative 1e-4 in |F| is 2e-4 in its square; reflections that vanish by accident vanish to rounding.
            EXPECT_NEAR(peak.f_squared, expected(peak), 2e-4 * expected(peak) + 1e-12 * strongest)
                << file << ' ' << peak.h << ' ' << peak.k << ' ' << peak.l;
        }
    }
}

// One structure as a library, for the float kernels.
struct OneCrystal {
    explicit OneCrystal(const Structure& structure) : crystal(structure) {
        for (double x : structure.cell) cell.push_back(static_cast<float>(x));
        position.assign(crystal.position().begin(), crystal.position().end());
        occupancy.assign(crystal.occupancy().begin(), crystal.occupancy().end());
        b_iso.assign(crystal.b_iso().begin(), crystal.b_iso().end());
    }
    CrystalView<float> view() const {
        return {cell.data(),
                position.data(),
                occupancy.data(),
                b_iso.data(),
                crystal.element().data(),
                crystal.images().data(),
                static_cast<int>(occupancy.size()),
                crystal.view().operations,
                0};
    }
    Crystal crystal;
    std::vector<float> cell, position, occupancy, b_iso;
};

template <class Real>
struct ReflectionStore {
    explicit ReflectionStore(int n) : h(n), k(n), l(n), m(n), stol(n), intensity(n) {
        list = {h.data(), k.data(), l.data(), m.data(), stol.data(), intensity.data(), n, 0};
    }
    std::vector<std::int16_t> h, k, l, m;
    std::vector<Real> stol, intensity;
    Reflections<Real> list;
};

// One name for all equivalents of a reflection.
std::array<int, 3> canonical(const std::array<int, 3>& hkl, const OperationSet& operations) {
    std::array<int, 3> largest = hkl;
    for (int r = 0; r < operations.laue_count(); ++r) {
        std::array<int, 3> image;
        transform(image.data(), hkl.data(), operations.representatives[r].rotation);
        largest = std::max({largest, image, {-image[0], -image[1], -image[2]}});
    }
    return largest;
}

// Reflection by reflection. Single precision loses what large terms leave of each other: to 1e-6 of the strongest.
TEST(StructureFactor, FloatAgreesWithDouble) {
    for (const fs::path& file : mineral_files()) {
        const Structure structure = read_cif(file).front();
        const OneCrystal one(structure);
        const CrystalView<float> crystal = one.view();
        const Metric<float> reciprocal = direct_metric(crystal.cell).inverse();
        const float d_min = 1.0902f;
        ReflectionStore<float> found(reflections_bound(reciprocal, d_min));
        SerialBlock block;
        find_reflections(block, found.list, reciprocal, crystal.operations, d_min);
        std::vector<float> x(5000), y(5000), z(5000);
        std::vector<std::int32_t> first(crystal.atoms + 1);
        Sites<float> sites{x.data(), y.data(), z.data(), first.data()};
        expand_sites(block, sites, crystal);
        structure_factors(block, found.list, sites, crystal, form_factors_float(), 0.0f, 1.0f);
        // Which of those at the end of the range are found is left to rounding.
        const double smallest_d = 1.0904;
        PeakListOptions options;
        options.low_deg = 0;
        options.high_deg = 2 * std::asin(1.54184 / (2 * 1.0902)) * 180 / pi_d;
        std::map<std::array<int, 3>, const Peak*> expected;
        const std::vector<Peak> peaks = peak_list(structure, options);
        double strongest = 0;
        for (const Peak& peak : peaks) {
            if (peak.d_angstrom > smallest_d) expected[canonical({peak.h, peak.k, peak.l}, crystal.operations)] = &peak;
            strongest = std::max(strongest, peak.f_squared);
        }
        std::size_t compared = 0;
        for (std::size_t i = 0; i < static_cast<std::size_t>(found.list.count); ++i) {
            const double d = 0.5 / std::sqrt(static_cast<double>(found.stol[i]));
            if (d < smallest_d) continue;
            const auto pair = expected.find(canonical({found.h[i], found.k[i], found.l[i]}, crystal.operations));
            ASSERT_NE(pair, expected.end()) << file << ' ' << found.h[i] << ' ' << found.k[i] << ' ' << found.l[i];
            const Peak& peak = *pair->second;
            EXPECT_NEAR(found.intensity[i], peak.f_squared, 1e-4 * peak.f_squared + 1e-6 * strongest)
                << file << ' ' << peak.h << ' ' << peak.k << ' ' << peak.l;
            EXPECT_NEAR(d / peak.d_angstrom, 1, 1e-6) << file;
            EXPECT_EQ(found.m[i], peak.multiplicity) << file;
            ++compared;
        }
        EXPECT_EQ(compared, expected.size()) << file;
        EXPECT_GE(compared, 3u) << file;
    }
}

// By definition: h R = h and h . t not a whole number, for any operation.
bool systematically_absent(const int* hkl, const OperationSet& operations) {
    std::uint64_t fixing = 0;
    for (int i = 0; i < operations.representatives_count; ++i) {
        int image[3];
        transform(image, hkl, operations.representatives[i].rotation);
        if (std::equal(image, image + 3, hkl)) fixing |= std::uint64_t{1} << i;
    }
    return systematically_absent(hkl, operations, fixing);
}

TEST(Reflections, SpaceGroupsAgreeWithGemmi) {
    for (const gemmi::SpaceGroup& group : gemmi::spacegroup_tables::main) {
        if (group.number == 0) continue;
        const gemmi::GroupOps ops = group.operations();
        Structure structure;
        structure.name = group.xhm();
        structure.cell = {7.1, 8.2, 9.3, 83, 94, 77};
        structure.operations = test::operations_of(ops);
        structure.atoms.push_back({"X", 6, {0.123, 0.234, 0.345}, 1, 0});
        const Crystal crystal(structure);
        // A general metric averaged over the group fits every setting of every crystal system.
        const Metric<double> general = direct_metric(structure.cell.data());
        Metric<double> direct{};
        constexpr int row[6] = {0, 1, 2, 1, 0, 0}, column[6] = {0, 1, 2, 2, 2, 1};
        for (const SymmetryOperation& op : structure.operations) {
            for (int e = 0; e < 6; ++e) {
                const double x[3] = {double(op.rotation[row[e]]), double(op.rotation[3 + row[e]]), double(op.rotation[6 + row[e]])};
                const double y[3] = {double(op.rotation[column[e]]), double(op.rotation[3 + column[e]]),
                                     double(op.rotation[6 + column[e]])};
                direct.m[e] += general.product(x, y) / static_cast<double>(structure.operations.size());
            }
        }
        const Metric<double> reciprocal = direct.inverse();
        const double d_min = 1.71;
        ReflectionStore<double> found(reflections_bound(reciprocal, d_min));
        SerialBlock block;
        find_reflections(block, found.list, reciprocal, crystal.view().operations, d_min);
        int allowed = 0, listed = 0;
        for (int h = -8; h <= 8; ++h) {
            for (int k = -8; k <= 8; ++k) {
                for (int l = -8; l <= 8; ++l) {
                    const int hkl[3] = {h, k, l};
                    if ((!h && !k && !l) || reciprocal.product(hkl, hkl) > 1 / (d_min * d_min)) continue;
                    const bool absent = ops.is_systematically_absent({h, k, l});
                    ASSERT_EQ(systematically_absent(hkl, crystal.view().operations), absent)
                        << group.xhm() << ' ' << h << ' ' << k << ' ' << l;
                    allowed += !absent;
                }
            }
        }
        for (int i = 0; i < found.list.count; ++i) listed += found.m[i];
        EXPECT_EQ(listed, allowed) << group.xhm();
        EXPECT_EQ(atoms_in_cell(crystal), static_cast<int>(ops.order())) << group.xhm();
    }
}

TEST(Structure, PatternDoesNotChangeWithOriginSettingOrSupercell) {
    const Structure quartz = mineral("quartz");
    const std::map<double, double> expected = merged(peak_list(quartz, {}));
    const auto compare = [&](const Structure& other, const char* what) {
        std::map<double, double> lines;
        for (const auto& [angle, intensity] : merged(peak_list(other, {}))) {
            if (intensity > 1e-7) lines[angle] = intensity;
        }
        for (const auto& [angle, intensity] : expected) {
            const auto near = lines.lower_bound(angle - 1e-5);
            ASSERT_TRUE(near != lines.end() && near->first < angle + 1e-5) << what << ' ' << angle;
            EXPECT_NEAR(near->second, intensity, 1e-6) << what << ' ' << angle;
        }
        EXPECT_EQ(lines.size(), expected.size()) << what;
    };
    // Every atom of the cell in P1, then moved, doubled along c, and in another basis.
    Structure p1 = quartz;
    p1.atoms.clear();
    const Crystal crystal(quartz);
    for (std::size_t a = 0; a < crystal.element().size(); ++a) {
        for (std::size_t r = 0; r < crystal.representatives().size(); ++r) {
            if (!(crystal.images()[a] >> r & 1)) continue;
            const SymmetryOperation& op = crystal.representatives()[r];
            Atom atom{"", crystal.element()[a], {}, 1.0, 0.0};
            for (int i = 0; i < 3; ++i) {
                for (int j = 0; j < 3; ++j) atom.position[i] += op.rotation[3 * i + j] * crystal.position()[3 * a + j];
                atom.position[i] += op.translation[i] / 24.0;
            }
            p1.atoms.push_back(atom);
        }
    }
    ASSERT_EQ(p1.atoms.size(), 9u);
    p1.operations = {quartz.operations.front()};
    compare(p1, "P1");
    Structure moved = p1;
    for (Atom& atom : moved.atoms) {
        atom.position[0] += 0.137;
        atom.position[1] -= 0.251;
        atom.position[2] += 0.333;
    }
    compare(moved, "origin");
    Structure doubled = p1;
    doubled.cell[2] *= 2;
    doubled.atoms.clear();
    for (double shift : {0.0, 1.0}) {
        for (Atom atom : p1.atoms) {
            atom.position[2] = (atom.position[2] + shift) / 2;
            doubled.atoms.push_back(atom);
        }
    }
    compare(doubled, "supercell");
    Structure permuted = p1;  // a, b, c -> c, a, b
    permuted.cell = {p1.cell[2], p1.cell[0], p1.cell[1], p1.cell[5], p1.cell[3], p1.cell[4]};
    for (Atom& atom : permuted.atoms) atom.position = {atom.position[2], atom.position[0], atom.position[1]};
    compare(permuted, "setting");
}

TEST(Texture, MarchDollaseKeepsItsMeanOverTheSphere) {
    for (double r : {0.2, 0.5, 0.8, 1.0, 1.5, 3.0}) {
        double mean = 0;
        constexpr int n = 200000;
        for (int i = 0; i < n; ++i) {
            const double cosine = (i + 0.5) / n;
            mean += march_dollase(cosine * cosine, r) / n;
        }
        EXPECT_NEAR(mean, 1.0, 1e-4) << r;
    }
}

TEST(Texture, AveragesOverEquivalents) {
    const Structure structure = mineral("corundum");
    const Crystal crystal(structure);
    const Metric<double> reciprocal = direct_metric(structure.cell.data()).inverse();
    SerialBlock block;
    ReflectionStore<double> found(reflections_bound(reciprocal, 1.2));
    find_reflections(block, found.list, reciprocal, crystal.view().operations, 1.2);
    ASSERT_GT(found.list.count, 10);
    for (const double r : {1.0, 0.6}) {
        for (int i = 0; i < found.list.count; ++i) found.intensity[i] = 1;
        const int axis[3] = {1, 0, 4};
        apply_texture(block, found.list, reciprocal, crystal.view().operations, axis, r);
        for (int i = 0; i < found.list.count; ++i) {
            // Every operation of the group, by hand.
            double mean = 0;
            for (const SymmetryOperation& op : structure.operations) {
                const int hkl[3] = {found.h[i], found.k[i], found.l[i]};
                int image[3];
                transform(image, hkl, op.rotation);
                const double dot = reciprocal.product(image, axis);
                const double cos_sq = dot * dot / (reciprocal.product(image, image) * reciprocal.product(axis, axis));
                mean += std::pow(r * r * cos_sq + (1 - cos_sq) / r, -1.5) / static_cast<double>(structure.operations.size());
            }
            EXPECT_NEAR(found.intensity[i], mean, 1e-9 * mean) << found.h[i] << ' ' << found.k[i] << ' ' << found.l[i];
            if (r == 1.0) {
                EXPECT_NEAR(found.intensity[i], 1.0, 1e-12);
            }
        }
    }
}

TEST(Lattice, StrainKeepsTheCrystalSystem) {
    const float strain[6] = {0.01f, -0.02f, 0.015f, 0.004f, -0.006f, 0.009f};
    for (const char* name : {"quartz", "spinel", "rutile"}) {
        const Structure structure = mineral(name);
        const Crystal crystal(structure);
        const Metric<double> g = strained_metric(direct_metric(structure.cell.data()), strain, crystal.view().operations);
        EXPECT_NEAR(g.m[0], g.m[1], 1e-9) << name;
        EXPECT_NE(g.m[0], structure.cell[0] * structure.cell[0]);
        EXPECT_NEAR(g.m[5], std::string(name) == "quartz" ? -g.m[0] / 2 : 0.0, 1e-9) << name;
        EXPECT_NEAR(g.m[3], 0.0, 1e-9) << name;
        if (std::string(name) == "spinel") {
            EXPECT_NEAR(g.m[0], g.m[2], 1e-9);
        }
    }
}

TEST(Noise, PoissonHasItsMeanAndVariance) {
    for (float mean : {0.0f, 0.03f, 0.7f, 3.9f, 4.1f, 12.0f, 150.0f, 20000.0f}) {
        double sum = 0, squares = 0;
        constexpr int n = 400000;
        for (int i = 0; i < n; ++i) {
            const float u = uniform_open(random4(3, i, Purpose::counting_noise, 0).bits[0]);
            float k = 0;
            poisson_quantiles(&k, &mean, &u, 1);
            ASSERT_EQ(k, std::floor(k));
            ASSERT_GE(k, 0);
            sum += k;
            squares += static_cast<double>(k) * k;
        }
        const double average = sum / n, variance = squares / n - average * average;
        const double error = std::sqrt(mean / n);
        EXPECT_NEAR(average, mean, 4 * error + 2e-3 * mean) << mean;
        EXPECT_NEAR(variance, mean, 0.015 * mean + 1e-12) << mean;
    }
}

TEST(Noise, NormalQuantileInvertsTheDistribution) {
    for (double u : {1e-6, 1e-3, 0.02, 0.3, 0.5, 0.77, 0.99, 0.9999}) {
        const double z = normal_quantile(static_cast<float>(u));
        EXPECT_NEAR(0.5 * std::erfc(-z / std::sqrt(2.0)), u, 2e-6 + 1e-4 * std::min(u, 1 - u)) << u;
    }
}

#if defined(__OPTIMIZE__) && defined(__FMA__)
constexpr double exponential_tolerance = 4e-7;
#else
constexpr double exponential_tolerance = 3e-6;
#endif

TEST(RealMath, FloatFunctionsAgreeWithTheLibrary) {
    for (int i = -4000; i <= 4000; ++i) {
        const float x = i * 0.00537f;
        EXPECT_NEAR(cos_turns(x), std::cos(2 * pi_d * x), 4e-7);
        EXPECT_NEAR(sincos_turns(x).sine, std::sin(2 * pi_d * x), 4e-7);
        EXPECT_NEAR(sincos_turns(x).cosine, std::cos(2 * pi_d * x), 4e-7);
        const double fine = i * 0.0053717;
        EXPECT_NEAR(cos_turns(fine), std::cos(2 * pi_d * fine), 3e-14);  // the library rounds 2 pi t, up to 135 radians
        EXPECT_NEAR(sin_turns(fine), std::sin(2 * pi_d * fine), 3e-14);
        EXPECT_NEAR(exponential(x), std::exp(static_cast<double>(x)), exponential_tolerance * std::exp(static_cast<double>(x)));
        EXPECT_NEAR(arc_tangent(x), std::atan(static_cast<double>(x)), 2e-7);
        EXPECT_NEAR(error_function(x), std::erf(static_cast<double>(x)), 4e-7);
        if (x > 0) {
            EXPECT_NEAR(logarithm(x), std::log(static_cast<double>(x)), 3e-7 * (1 + std::abs(std::log(static_cast<double>(x)))));
        }
    }
    EXPECT_EQ(exponential(-1000.0f), 0.0f);
}

// cos 2phi = cos 2theta sqrt(1 + h^2), and where no such angle is the end of the range.
TEST(AxialDivergence, MovesALineAsTheFormulaSays) {
    constexpr double degrees = pi_d / 180;
    for (const float slit : {0.0f, 0.004f, 0.03f, 0.09f}) {
        for (float two_theta_deg = 1; two_theta_deg < 178; two_theta_deg += 0.37f) {
            for (const float quantile : {0.03125f, 0.5f, 0.999f}) {
                const double h = 2.0 * slit * (1 - std::sqrt(1.0 - quantile));
                const double cosine = std::cos(two_theta_deg * degrees) * std::sqrt(1 + h * h);
                const double expected = std::acos(std::clamp(cosine, -1.0, 1.0)) / degrees;
                // Where a line is driven to the end of the range a rounding error counts as its root.
                const double tolerance = cosine > 0.9999 || cosine < -0.9999 ? 0.01 : 5e-5;
                ASSERT_NEAR(axial_position_deg(two_theta_deg, slit, quantile), expected, tolerance) << two_theta_deg << ", " << slit;
            }
            ASSERT_EQ(axial_position_deg(two_theta_deg, 0, 0.7f), two_theta_deg);
            ASSERT_EQ(axial_spread_deg(two_theta_deg, 0), 0);
        }
    }
    EXPECT_EQ(axial_parts(0, 0.1f), 1);
    EXPECT_EQ(axial_parts(0.12f, 0.1f), 3) << "half a width apart";
    EXPECT_EQ(axial_parts(5, 0.1f), max_axial_parts);
}

TEST(RealMath, DoubleFunctionsAgreeWithTheLibrary) {
    for (int i = -100000; i <= 100000; ++i) {
        const double x = i * 0.00697;
        ASSERT_NEAR(exponential(x) / std::exp(x), 1.0, 1e-15) << x;
        const double y = std::abs(i) * 1e-5;
        ASSERT_NEAR(arc_sine(y), std::asin(y), 4e-16) << y;
    }
    EXPECT_EQ(exponential(-1000.0), 0.0);
    EXPECT_EQ(exponential(0.0), 1.0);
    EXPECT_EQ(arc_sine(1.0), 0.5 * pi_d);
}

}  // namespace
}  // namespace friedel
