// friedel info: describes any file that friedel wrote, by its friedel_kind. A new kind is a function and a line in the table.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "host/crystals/crystal_statistics.h"
#include "host/crystals/space_groups.h"
#include "host/crystals/structure_library.h"
#include "host/network/model.h"
#include "host/patterns/k_alpha.h"
#include "host/patterns/pattern_address.h"
#include "host/patterns/pattern_file.h"
#include "host/patterns/pattern_stack.h"
#include "host/simulation/pattern_output.h"
#include "host/support/error.h"
#include "host/support/hash.h"
#include "host/support/hdf5_file.h"
#include "host/support/text_format.h"
#include "host/training/checkpoint.h"
#include "host/training/training_setup.h"
#include "tools/command.h"

namespace friedel::tools {

namespace {

struct Options {
    std::string file;
    bool json = false, config = false, rejections = false;
};

void print_space_groups(const std::map<int, int>& groups) {
    std::printf("space groups (number symbol count)\n");
    int column = 0;
    for (const auto& [group, count] : groups)
        std::printf("%5d %-9s%8d%s", group, space_group_symbol(group), count, ++column % 5 ? "" : "\n");
    if (column % 5) std::printf("\n");
}

// How a library came about that was not read from files: attribute and text.
std::vector<std::pair<std::string, std::string>> origin_of_library(const std::string& library) {
    const H5File file = H5File::open(library, structure_library_kind);
    std::vector<std::pair<std::string, std::string>> origin;
    for (const char* how : {"merged", "generated", "split"}) {
        if (file.has_attribute("/", how)) origin.emplace_back(how, file.read_text_attribute("/", how));
    }
    return origin;
}

void describe_library(const Options& options) {
    const StructureLibrary library = StructureLibrary::read(options.file);
    if (options.rejections) {
        std::printf("file\tblock\treason\n");
        for (const Rejection& rejection : library.rejections) {
            std::printf("%s\t%s\t%s\n", without_controls(rejection.file).c_str(), without_controls(rejection.block).c_str(),
                        without_controls(rejection.reason).c_str());
        }
        return;
    }
    std::map<int, int> groups;
    std::array<int, crystal_systems> systems{};
    int unlabelled = 0;
    for (std::uint16_t group : library.space_group) {
        if (group == 0) {
            ++unlabelled;
            continue;
        }
        ++groups[group];
        ++systems[static_cast<std::size_t>(crystal_system(group))];
    }
    const double mean_atoms = library.size() ? static_cast<double>(library.element.size()) / library.size() : 0;
    const std::vector<std::pair<std::string, std::string>> origin = origin_of_library(options.file);
    int other_powders = 0;
    for (std::size_t i = 0; i < library.powder_group.size(); ++i)
        other_powders += library.powder_group[i] > 0 && library.powder_group[i] != library.space_group[i];
    if (options.json) {
        nlohmann::json json = {{"kind", structure_library_kind.name},
                               {"format", structure_library_kind.format},
                               {"structures", library.size()},
                               {"atoms", library.element.size()},
                               {"structure_types", library.structure_type_name.size()},
                               {"rejections", library.rejections.size()}};
        if (library.has_powder_groups()) json["other_powder_groups"] = other_powders;
        for (const auto& [how, what] : origin) json[how] = what;
        for (const auto& [group, count] : groups) json["space_groups"][std::to_string(group)] = count;
        for (int system = 0; system < crystal_systems; ++system)
            json["crystal_systems"][crystal_system_name(system)] = systems[static_cast<std::size_t>(system)];
        std::cout << json.dump(2) << '\n';
        return;
    }
    std::printf("%s: structure library, format %d\n", options.file.c_str(), structure_library_kind.format);
    for (const auto& [how, what] : origin) std::printf("%-18s%s\n", how.c_str(), without_controls(what).c_str());
    std::printf("structures        %d (%zu types, %zu space groups)\n", library.size(), library.structure_type_name.size(), groups.size());
    std::printf("atoms             %zu in the asymmetric units, %.1f a structure\n", library.element.size(), mean_atoms);
    std::printf("left out          %zu (list them with --rejections)\n", library.rejections.size());
    if (library.has_powder_groups()) std::printf("other as powders  %d show another space group than their atoms have\n", other_powders);
    for (int system = 0; system < crystal_systems; ++system) {
        std::printf("%-18s%d\n", crystal_system_name(system), systems[static_cast<std::size_t>(system)]);
    }
    if (unlabelled) std::printf("%-18s%d\n", "no group sought", unlabelled);
    print_space_groups(groups);
}

void describe_patterns(const Options& options) {
    const H5File file = H5File::open(options.file, patterns_kind);
    const Shape shape = file.shape("patterns");
    const double start_deg = file.read_number_attribute("patterns", "start_deg"),
                 step_deg = file.read_number_attribute("patterns", "step_deg");
    std::map<int, int> groups;
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
        for (const auto& [group, count] : groups) json["space_groups"][std::to_string(group)] = count;
        std::cout << json.dump(2) << '\n';
        return;
    }
    std::printf("%s: simulated patterns, format %d\n", options.file.c_str(), patterns_kind.format);
    std::printf("patterns          %zu of %zu space groups\n", shape.at(0), groups.size());
    std::printf("grid              %zu points from %g degrees, step %g\n", shape.at(1), start_deg, step_deg);
    if (!made_by.empty()) std::printf("made by           (--config shows how)\n");
    print_space_groups(groups);
}

// The same for the same bits, whenever and wherever they were trained.
std::string weights_hash(const Model& model) {
    Fnv1a hash;
    for (const std::vector<float>& member : model.members) hash.add(member.data(), member.size() * sizeof(float));
    return hash.text();
}

void describe_model(const Options& options) {
    const Model model = Model::read(options.file);
    const Provenance& made = model.provenance;
    if (options.config) {
        std::printf("%s", made.config.c_str());
        return;
    }
    TrainingConfig trained;
    if (!made.config.empty()) read_toml(trained, made.config, options.file);
    const bool is_finished = has_all(made, trained);
    const Calibration& calibration = model.calibration;
    const bool refuses = std::isfinite(calibration.entropy_threshold);
    const char* const target = model.target == Target::space_group ? "space group" : "crystal system";
    if (options.json) {
        nlohmann::json json = {
            {"kind", model_kind.name},
            {"format", model_kind.format},
            {"target", target},
            {"network", model.shape.text()},
            {"members", model.members.size()},
            {"parameters", model.shape.parameters()},
            {"grid", {{"start_deg", model.grid.start_deg}, {"step_deg", model.grid.step_deg}, {"points", model.grid.points}}},
            {"wavelength_angstrom", model.wavelength_angstrom},
            {"temperature", calibration.belief.temperature},
            {"doubt", calibration.belief.doubt},
            {"lattice_scales", calibration.lattice_scales},
            {"set_level", calibration.set_level},
            {"set_probability", calibration.set_probability},
            {"library", made.library},
            {"library_hash", made.library_hash},
            {"started_from", made.started_from},
            {"earlier_library_hashes", made.earlier_library_hashes},
            {"statistics_hash", made.statistics_hash},
            {"runs", made.runs},
            {"seed", made.seed},
            {"steps", made.steps},
            {"finished", is_finished},
            {"patterns", made.patterns},
            {"seconds", made.seconds},
            {"config", made.config},
            {"weights_hash", weights_hash(model)}};
        json["entropy_threshold"] = refuses ? nlohmann::json(calibration.entropy_threshold) : nlohmann::json();
        std::cout << json.dump(2) << '\n';
        return;
    }
    std::printf("%s: model, format %d\n", options.file.c_str(), model_kind.format);
    std::printf("names             %s (%d classes)\n", target, model.classes());
    std::printf("network           %s, %zu parameters", model.shape.text().c_str(), model.shape.parameters());
    if (model.members.size() > 1) std::printf(", ensemble of %zu", model.members.size());
    std::printf("\ngrid              %d points from %g degrees, step %g, at %g angstrom\n", model.grid.points, model.grid.start_deg,
                model.grid.step_deg, model.wavelength_angstrom);
    const std::string hash = made.library_hash.empty() ? "" : " (" + made.library_hash + ")";
    std::printf("trained on        %lld patterns in %lld steps and %.0f s, from %s%s, seed %llu\n", static_cast<long long>(made.patterns),
                static_cast<long long>(made.steps), made.seconds, made.library.c_str(), hash.c_str(),
                static_cast<unsigned long long>(made.seed));
    for (const std::string& run : made.runs)
        std::printf("%s%s\n", &run == made.runs.data() ? "trained           " : "                  ", run.c_str());
    if (!is_finished) std::printf("unfinished        its training was interrupted\n");
    if (!made.statistics_hash.empty()) std::printf("generated from    statistics %s\n", made.statistics_hash.c_str());
    if (!made.started_from.empty()) std::printf("started from      %s\n", made.started_from.c_str());
    if (calibration.fitted_on.empty()) {
        std::printf("calibration       none: probabilities are the network's own, nothing is refused\n");
    } else {
        std::printf("calibration       temperature %.3f, doubt %.3f, ", calibration.belief.temperature, calibration.belief.doubt);
        if (refuses) std::printf("refuses above an entropy of %.3f nats", calibration.entropy_threshold);
        std::printf("%s (%s)\n", refuses ? "" : "refuses nothing", calibration.fitted_on.c_str());
    }
    if (calibration.set_level > 0)
        std::printf("sets              groups of probability %.4f or more: they hold the right one for %g %% of such patterns\n",
                    static_cast<double>(calibration.set_probability), 100 * static_cast<double>(calibration.set_level));
    std::printf("configuration     (--config shows it)\n");
}

void describe_statistics(const Options& options) {
    const CrystalStatistics statistics = CrystalStatistics::read(options.file);
    std::map<int, int> groups;
    long long structures = 0, sites = 0;
    for (int group = 1; group <= space_groups; ++group) {
        const auto count = static_cast<int>(statistics.group_count[static_cast<std::size_t>(group - 1)]);
        if (count) groups[group] = count;
        structures += count;
    }
    for (std::uint32_t count : statistics.element) sites += count;
    if (options.json) {
        nlohmann::json json = {{"kind", crystal_statistics_kind.name},
                               {"format", crystal_statistics_kind.format},
                               {"structures", structures},
                               {"sites", sites},
                               {"source", statistics.source},
                               {"hash", statistics.hash()}};
        for (const auto& [group, count] : groups) json["space_groups"][std::to_string(group)] = count;
        std::cout << json.dump(2) << '\n';
        return;
    }
    std::printf("%s: statistics of crystals, format %d\n", options.file.c_str(), crystal_statistics_kind.format);
    std::printf("gathered from     %lld structures with %lld sites: %s\n", structures, sites, statistics.source.c_str());
    std::printf("partly occupied   %.1f %% of the sites\n", 100 * static_cast<double>(statistics.partial));
    print_space_groups(groups);
}

// How far an unfinished run had come, and whether 'train --resume' would go on from here.
void describe_checkpoint(const Options& options) {
    const std::string fault = checkpoint_fault(options.file);
    const H5File file = H5File::open(options.file, checkpoint_kind);
    const auto texts = [&](const char* name) { return file.exists(name) ? file.read_strings(name) : std::vector<std::string>(); };
    const auto text = [&](const char* name) {
        const std::vector<std::string> all = texts(name);
        return all.empty() ? "" : all.front();
    };
    const std::string settings = text("config");
    if (options.config) {
        std::printf("%s", settings.c_str());
        return;
    }
    TrainingConfig config;
    read_toml(config, settings, options.file);
    const auto number = [&](auto one, const char* name) {
        const auto all = file.read<decltype(one)>(name);
        if (all.size() != 1) fail(options.file, ": has no ", name, "; remove it to go on from an earlier one");
        return all[0];
    };
    const std::int64_t step = number(std::int64_t{}, "step"), total = number(std::int64_t{}, "total_steps");
    const double seconds = number(0.0, "seconds"), minutes = config.run.minutes;
    const std::vector<std::string> runs = texts("runs");
    const NetworkShape shape = config.shape();
    const char* const target = config.network.target == Target::space_group ? "space group" : "crystal system";
    if (options.json) {
        nlohmann::json json = {{"kind", checkpoint_kind.name},
                               {"format", checkpoint_kind.format},
                               {"whole", fault.empty()},
                               {"step", step},
                               {"patterns", step * config.run.batch},
                               {"seconds", seconds},
                               {"target", target},
                               {"network", shape.text()},
                               {"members", config.network.members},
                               {"library_hash", text("library_hash")},
                               {"statistics_hash", text("statistics_hash")},
                               {"started_from", text("started_from")},
                               {"runs", runs},
                               {"config", settings}};
        json[minutes > 0 ? "minutes" : "steps"] = minutes > 0 ? nlohmann::json(minutes) : nlohmann::json(total);
        if (!fault.empty()) json["fault"] = fault;
        std::cout << json.dump(2) << '\n';
        return;
    }
    std::printf("%s: checkpoint, format %d\n", options.file.c_str(), checkpoint_kind.format);
    const std::string of_all =
        minutes > 0 ? formatted(", %.1f of ", seconds / 60) + formatted("%g minutes", minutes) : " of " + std::to_string(total);
    std::printf("step              %lld%s\n", static_cast<long long>(step), of_all.c_str());
    std::printf("trained on        %lld patterns in %.0f s\n", static_cast<long long>(step * config.run.batch), seconds);
    for (const std::string& run : runs) std::printf("%-18s%s\n", &run == runs.data() ? "trained" : "", without_controls(run).c_str());
    std::printf("names             %s\n", target);
    std::printf("network           %s, %zu parameters", shape.text().c_str(), shape.parameters());
    if (config.network.members > 1) std::printf(", ensemble of %d", config.network.members);
    std::printf("\n");
    for (const auto& [what, name] :
         {std::pair("library", "library_hash"), {"statistics", "statistics_hash"}, {"started from", "started_from"}})
        if (const std::string value = text(name); !value.empty()) std::printf("%-18s%s\n", what, without_controls(value).c_str());
    if (fault.empty())
        std::printf("whole             yes: its bytes have the checksum that it states\n");
    else
        std::printf("whole             no: it %s; 'friedel train --resume' passes it over\n", fault.c_str());
    std::printf("configuration     (--config shows it)\n");
}

// Datasets and their shapes, of kinds that hold nothing to summarise.
void describe_contents(const Options& options) {
    const H5File file = H5File::open_any(options.file);
    std::vector<std::pair<std::string, Shape>> datasets;
    const std::function<void(const std::string&)> gather = [&](const std::string& group) {
        for (const std::string& child : file.children(group.empty() ? "/" : group)) {
            const std::string name = group.empty() ? child : group + "/" + child;
            if (file.is_group(name))
                gather(name);
            else
                datasets.emplace_back(name, file.shape(name));
        }
    };
    gather("");
    if (options.json) {
        nlohmann::json json = {{"kind", file.kind()}, {"format", file.format()}, {"datasets", nlohmann::json::object()}};
        for (const auto& [name, shape] : datasets) json["datasets"][name] = shape;
        std::cout << json.dump(2) << '\n';
        return;
    }
    std::printf("%s: %s, format %d\n", options.file.c_str(), spaced(file.kind()).c_str(), file.format());
    for (const auto& [name, shape] : datasets) {
        std::string extent;
        for (std::size_t size : shape) extent += (extent.empty() ? "" : " x ") + std::to_string(size);
        std::printf("%-28s  %s\n", name.c_str(), extent.empty() ? "1" : extent.c_str());
    }
}

// What was read from a file of an instrument: whether it is what the user thinks it is.
void describe_measured(const Options& options) {
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

// Not written by friedel: no HDF5 file, or one without its mark.
bool is_foreign(const std::string& file) {
    std::error_code unreadable;
    std::ifstream in(file, std::ios::binary);
    std::string head(4, '\0');
    in.read(head.data(), static_cast<std::streamsize>(head.size()));
    if (!in || head != "\x89HDF") return std::filesystem::is_regular_file(file, unreadable);
    return !H5File::open_foreign(file).has_attribute("/", "friedel_kind");
}

// So badly damaged that nothing else can be said of it: a checkpoint by its name, MODEL.checkpoint.STEP.
void refuse_broken_checkpoint(const std::string& file) {
    const std::size_t at = file.rfind(".checkpoint.");
    if (at == std::string::npos || !std::filesystem::is_regular_file(file)) return;
    const std::string fault = checkpoint_fault(file);
    if (fault.empty()) return;
    try {
        H5File::open(file, checkpoint_kind);
    } catch (const Error&) {
        fail(file, ": ", fault, "; 'friedel train --resume' passes it over");
    }
}

// Who describes each kind of file, by its friedel_kind.
const std::map<std::string, void (*)(const Options&)> describers = {
    {"structure_library", describe_library},     {"patterns", describe_patterns},     {"model", describe_model},
    {"crystal_statistics", describe_statistics}, {"checkpoint", describe_checkpoint}, {"classification", describe_contents},
    {"search_index", describe_contents},
};

}  // namespace

std::function<int()> info_command(CLI::App& app) {
    auto options = std::make_shared<Options>();
    app.add_option("FILE", options->file,
                   "Any file that friedel wrote (.h5), or a measured pattern or stack of them (FILE[N]: one of a stack; FILE::/GROUP: one "
                   "of several "
                   "scans): what was read from it")
        ->required();
    auto* const json = app.add_flag("--json", options->json, "Print JSON");
    app.add_flag(
           "--config", options->config,
           "Print what a model or a checkpoint was trained with, for 'friedel train --config', or the options that patterns were simulated "
           "with")
        ->excludes(json);
    app.add_flag("--rejections", options->rejections, "List what ingest left out of a structure library, tab-separated")->excludes(json);
    app.footer(
        "Examples:\n"
        "  friedel info library.h5\n"
        "  friedel info measured.xrdml\n"
        "  friedel info model.h5 --config > settings.toml");
    return [options] {
        refuse_broken_checkpoint(options->file);
        if (!pattern_address(options->file).is_file() || is_foreign(options->file)) {
            describe_measured(*options);
            return 0;
        }
        const std::string kind = H5File::open_any(options->file).kind();
        const auto describer = describers.find(kind);
        if (describer == describers.end())
            fail(options->file, ": is of kind '", kind, "', which this program does not know; use a newer friedel");
        if (options->config && kind != model_kind.name && kind != checkpoint_kind.name && kind != patterns_kind.name)
            fail(options->file, ": is of kind '", kind, "'; only models, checkpoints and patterns have what --config prints");
        if (options->rejections && kind != structure_library_kind.name)
            fail(options->file, ": is of kind '", kind, "'; only structure libraries have the list that --rejections prints");
        describer->second(*options);
        return 0;
    };
}

}  // namespace friedel::tools
