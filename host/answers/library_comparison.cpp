#include "host/answers/library_comparison.h"

#include <algorithm>
#include <cmath>

#include "host/answers/report_assets.h"
#include "host/answers/report_figures.h"
#include "host/crystals/space_groups.h"
#include "host/simulation/reflection_storage.h"
#include "host/support/bragg.h"
#include "host/support/markup.h"
#include "kernels/reflections.h"
#include "kernels/simulation_config.h"

namespace friedel {

namespace {

constexpr float wavelength = cu_k_alpha_angstrom, last_deg = 90;  // up to which reflections are counted
constexpr double first_line_deg = 20, last_line_deg = 60;         // between which lines are counted
constexpr double line_width_deg = 0.1;                            // reflections nearer than this to the one before make one line

enum class Property { atomic_volume, b_over_a, c_over_a, tetragonal_c_a, hexagonal_c_a, sites, atoms, multiplicity, reflections, lines };
// By Property.
constexpr const char* names[] = {"volume per atom, angstrom^3",      "b/a, monoclinic and orthorhombic",
                                 "c/a, monoclinic and orthorhombic", "c/a, tetragonal",
                                 "c/a, trigonal and hexagonal",      "sites",
                                 "atoms in the primitive cell",      "multiplicity / general position's",
                                 "reflections to 90 degrees (Cu)",   "lines per degree, 20 to 60 (Cu)"};

double quantile(const std::vector<double>& sorted, double u) {
    return sorted[static_cast<std::size_t>(u * static_cast<double>(sorted.size() - 1))];
}

using Properties = std::vector<StructureProperty>;  // by Property

void add(Properties& all, Property property, double value) { all[static_cast<std::size_t>(property)].values.push_back(value); }

void add_atoms_and_cell(Properties& all, const CrystalView<float>& crystal) {
    const int order = crystal.operations.representatives_count;
    int in_primitive_cell = 0;
    for (int atom = 0; atom < crystal.atoms; ++atom) {
        const int copies = copies_in_primitive_cell(crystal, atom);
        in_primitive_cell += copies;
        add(all, Property::multiplicity, static_cast<double>(copies) / order);
    }
    std::array<double, 6> cell;
    std::copy_n(crystal.cell, 6, cell.begin());
    add(all, Property::sites, crystal.atoms);
    add(all, Property::atoms, in_primitive_cell);
    add(all, Property::atomic_volume, cell_volume(cell) / (in_primitive_cell * crystal.operations.centrings_count));
    const int system = crystal_system(crystal.space_group);
    if (system == systems::monoclinic || system == systems::orthorhombic) {
        add(all, Property::b_over_a, cell[1] / cell[0]);
        add(all, Property::c_over_a, cell[2] / cell[0]);
    } else if (system >= systems::tetragonal && system <= systems::hexagonal) {
        add(all, system == systems::tetragonal ? Property::tetragonal_c_a : Property::hexagonal_c_a, cell[2] / cell[0]);
    }
}

// Nothing of a crystal with too many reflections to list.
void add_reflections_and_lines(Properties& all, const CrystalView<float>& crystal, ReflectionStorage<float>& storage) {
    const float d_min = static_cast<float>(1 / inverse_d_of(last_deg, wavelength));
    const Metric<float> reciprocal = direct_metric(crystal.cell).inverse();
    const int bound = reflections_bound(reciprocal, d_min);
    if (bound > max_reflections) return;
    storage.reserve(bound);
    Reflections<float> found = storage.view();
    SerialBlock block;
    find_reflections(block, found, reciprocal, crystal.operations, d_min);
    add(all, Property::reflections, found.count);
    std::vector<double> angles;
    for (int r = 0; r < found.count; ++r) {
        const double angle = two_theta_of_sine(wavelength * std::sqrt(static_cast<double>(found.stol_sq[r])));
        if (angle > first_line_deg && angle < last_line_deg) angles.push_back(angle);
    }
    std::sort(angles.begin(), angles.end());
    int distinct = 0;
    for (std::size_t r = 0; r < angles.size(); ++r) distinct += r == 0 || angles[r] - angles[r - 1] > line_width_deg;
    add(all, Property::lines, distinct / (last_line_deg - first_line_deg));
}

}  // namespace

std::vector<StructureProperty> structure_properties(const StructureLibrary& library, int sample) {
    Properties all;
    for (const char* const name : names) all.push_back({name, {}});
    const LibraryView view = library.view();
    const int n = std::min(sample, library.size());
    ReflectionStorage<float> storage;
    for (int i = 0; i < n; ++i) {
        const CrystalView<float> crystal = view.crystal(static_cast<int>(static_cast<long long>(i) * library.size() / n));
        if (crystal.space_group == 0) continue;
        add_atoms_and_cell(all, crystal);
        add_reflections_and_lines(all, crystal, storage);
    }
    return all;
}

double largest_difference(std::vector<double> a, std::vector<double> b) {
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
    double largest = 0;
    for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
        const double x = std::min(a[i], b[j]);
        while (i < a.size() && a[i] <= x) ++i;
        while (j < b.size() && b[j] <= x) ++j;
        largest = std::max(largest, std::abs(static_cast<double>(i) / static_cast<double>(a.size()) -
                                             static_cast<double>(j) / static_cast<double>(b.size())));
    }
    return largest;
}

LibraryComparison compare_libraries(const std::string& first_name, const StructureLibrary& first, const std::string& second_name,
                                    const StructureLibrary& second, int sample) {
    return {first_name, second_name, structure_properties(first, sample), structure_properties(second, sample)};
}

std::string comparison_table(const LibraryComparison& comparison) {
    std::vector<StructureProperty> a = comparison.first, b = comparison.second;
    std::string table =
        formatted("%-35s %8s %8s %8s %8s %8s %8s %6s\n", "quantity", "number", "10 %", "25 %", "50 %", "75 %", "90 %", "differ");
    for (std::size_t p = 0; p < a.size(); ++p) {
        const bool comparable = !a[p].values.empty() && !b[p].values.empty();
        const std::string differ = comparable ? formatted("%.3f", largest_difference(a[p].values, b[p].values)) : "-";
        for (auto* property : {&a[p], &b[p]}) {
            std::vector<double>& values = property->values;
            std::sort(values.begin(), values.end());
            print(table, "%-35s %8zu", property == &a[p] ? property->name.c_str() : "", values.size());
            for (double u : {0.1, 0.25, 0.5, 0.75, 0.9})
                print(table, " %8s", values.empty() ? "-" : formatted("%.4g", quantile(values, u)).c_str());
            if (property == &b[p]) print(table, " %6s", differ.c_str());
            table += "\n";
        }
    }
    return table;
}

std::string comparison_page(const LibraryComparison& comparison) {
    const std::string first = escaped(comparison.first_name), second = escaped(comparison.second_name);
    std::string page = page_head("Friedel: two structure libraries");
    page += "<h1>" + first + " and " + second + "</h1>\n<p>For each quantity, the part of the structures (or sites) that have less of it. ";
    page += "<span class=\"key\"></span>" + first + " <span class=\"key dashed\"></span>" + second + "</p>\n<div class=\"pair\">\n";
    for (std::size_t p = 0; p < comparison.first.size(); ++p) {
        const std::vector<double>&a = comparison.first[p].values, &b = comparison.second[p].values;
        std::string caption;
        print(caption, "%zu and %zu values; ", a.size(), b.size());
        if (a.empty() || b.empty())
            caption += "there is nothing to compare.";
        else
            print(caption, "the distribution functions differ by at most %.3f.", largest_difference(a, b));
        page += figure(escaped(comparison.first[p].name), distribution_figure(comparison.first[p].name, a, b), caption);
    }
    return page + "</div>\n" + page_foot();
}

}  // namespace friedel
