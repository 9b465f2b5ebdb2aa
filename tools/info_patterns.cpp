// friedel info, of simulated patterns and of measured ones.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/crystals/space_groups.h"
#include "host/patterns/k_alpha.h"
#include "host/patterns/pattern_file.h"
#include "host/patterns/pattern_output.h"
#include "host/patterns/pattern_stack.h"
#include "host/support/error.h"
#include "host/support/hdf5_file.h"
#include "tools/info.h"

namespace friedel::tools {

void describe_patterns(const InfoOptions& options) {
    const H5File file = H5File::open(options.file, patterns_kind);
    const Shape shape = file.shape("patterns");
    const double start_deg = file.read_number_attribute("patterns", "start_deg"),
                 step_deg = file.read_number_attribute("patterns", "step_deg");
    GroupCounts groups;
    for (std::uint16_t group : file.read<std::uint16_t>("space_group"))
        if (group >= 1 && group <= space_groups) ++groups[group];
    std::string made_by;
    if (file.exists("made_by")) {
        for (const std::string& part : file.read_strings("made_by")) made_by += part;
    }
    if (options.config) {
        std::printf("%s", made_by.c_str());
        return;
    }
    if (options.json) {
        nlohmann::json json = {{"kind", patterns_kind.name}, {"format", patterns_kind.format}, {"patterns", shape.at(0)},
                               {"points", shape.at(1)},      {"start_deg", start_deg},         {"step_deg", step_deg},
                               {"made_by", made_by}};
        add_space_groups(json, groups);
        print_json(json);
        return;
    }
    std::printf("%s: simulated patterns, format %d\n", options.file.c_str(), patterns_kind.format);
    std::printf("patterns          %zu of %zu space groups\n", shape.at(0), groups.size());
    std::printf("grid              %zu points from %g degrees, step %g\n", shape.at(1), start_deg, step_deg);
    if (!made_by.empty()) std::printf("made by           (--config shows how)\n");
    print_space_groups(groups);
}

// What was read from a file of an instrument: whether it is what the user thinks it is.
void describe_measured(const InfoOptions& options) {
    if (options.config || options.rejections)
        fail(options.file, ": is no file that friedel wrote; --config is for models and checkpoints, --rejections for structure libraries");
    const std::unique_ptr<PatternStack> stack = PatternStack::open(options.file);
    const MeasuredPattern pattern = stack ? stack->read(0) : read_pattern(options.file);
    const std::vector<double>& angles = pattern.two_theta_deg;
    double min_step = 180, largest_step = 0;
    for (std::size_t i = 1; i < angles.size(); ++i) {
        min_step = std::min(min_step, angles[i] - angles[i - 1]);
        largest_step = std::max(largest_step, angles[i] - angles[i - 1]);
    }
    const auto [lowest, highest] = std::minmax_element(pattern.intensity.begin(), pattern.intensity.end());
    if (options.json) {
        nlohmann::ordered_json json = {
            {"kind", "measured pattern"},           {"points", angles.size()},          {"two_theta_deg", {angles.front(), angles.back()}},
            {"step_deg", {min_step, largest_step}}, {"intensity", {*lowest, *highest}}, {"deviations", !pattern.sigma.empty()}};
        if (stack) json["patterns"] = stack->size();
        if (pattern.wavelength_angstrom > 0) json["wavelength_angstrom"] = pattern.wavelength_angstrom;
        json["needs_no_wavelength"] = pattern.needs_no_wavelength;
        std::cout << json.dump(2) << '\n';
        return;
    }
    if (stack)
        std::printf("%s: a stack of %zu patterns, the first of %zu points\n", options.file.c_str(), stack->size(), angles.size());
    else
        std::printf("%s: a measured pattern of %zu points\n", options.file.c_str(), angles.size());
    std::printf("two-theta         %.5g to %.5g degrees", angles.front(), angles.back());
    if (largest_step - min_step < 1e-3 * largest_step)
        std::printf(", in steps of %.5g\n", (angles.back() - angles.front()) / static_cast<double>(angles.size() - 1));
    else
        std::printf(", in steps of %.5g to %.5g\n", min_step, largest_step);
    std::printf("intensity         %.5g to %.5g%s\n", *lowest, *highest, pattern.sigma.empty() ? "" : ", with standard deviations");
    if (pattern.needs_no_wavelength)
        std::printf("wavelength        not needed: written against Q or d; the angles are those of %.6g angstrom\n",
                    pattern.wavelength_angstrom);
    else if (!pattern.wavelength_doubt.empty())
        std::printf("wavelength        in doubt: %s\n", pattern.wavelength_doubt.c_str());
    else if (pattern.wavelength_angstrom > 0)
        std::printf(
            "wavelength        %.6g angstrom, %s\n", pattern.wavelength_angstrom,
            emission_lines(pattern.wavelength_angstrom, pattern.is_monochromatic).second_shift > 0 ? "a tube's doublet" : "a single line");
    else
        std::printf("wavelength        not stated; --wavelength gives it to classify, match and index\n");
}

}  // namespace friedel::tools
