// friedel info, of models and of checkpoints of unfinished runs.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "host/network/model.h"
#include "host/support/error.h"
#include "host/support/hash.h"
#include "host/support/hdf5_file.h"
#include "host/support/text_format.h"
#include "host/training/checkpoint.h"
#include "host/training/training_setup.h"
#include "tools/info.h"

namespace friedel::tools {

namespace {

// The same for the same bits, whenever and wherever they were trained.
std::string weights_hash(const Model& model) {
    Fnv1a hash;
    for (const std::vector<float>& member : model.members) hash.add(member.data(), member.size() * sizeof(float));
    return hash.text();
}

const char* name_of(Target target) { return target == Target::space_group ? "space group" : "crystal system"; }

bool refuses(const Calibration& calibration) { return std::isfinite(calibration.entropy_threshold); }

// Of the lattice, by any of the factors on it: 0.016 for 1.6 %.
double largest_change(const std::vector<float>& scales) {
    double change = 0;
    for (const float scale : scales) change = std::max(change, std::abs(static_cast<double>(scale) - 1));
    return change;
}

nlohmann::json json_of(const Model& model, bool is_finished) {
    const Provenance& made = model.provenance;
    const Calibration& calibration = model.calibration;
    nlohmann::json json = {
        {"kind", model_kind.name},
        {"format", model_kind.format},
        {"target", name_of(model.target)},
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
        {"finished", is_finished},
        {"weights_hash", weights_hash(model)}};
    for_each_provenance_field(made, [&](const std::string& name, const auto& value, Told) {
        if (name != "structures_by_space_group") json[name] = value;  // of which ONNX has use, and nobody here
    });
    json["entropy_threshold"] = refuses(calibration) ? nlohmann::json(calibration.entropy_threshold) : nlohmann::json();
    return json;
}

void print(const std::string& file, const Model& model, bool is_finished) {
    const Provenance& made = model.provenance;
    const Calibration& calibration = model.calibration;
    std::printf("%s: model, format %d\n", file.c_str(), model_kind.format);
    std::printf("names             %s (%d classes)\n", name_of(model.target), model.classes());
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
    if (!made.chosen.empty())
        std::printf("chosen            %s (%s)\n", without_controls(made.chosen).c_str(), without_controls(made.chosen_on).c_str());
    else if (!is_finished)
        std::printf("unfinished        its training was interrupted\n");
    if (!made.statistics_hash.empty()) std::printf("generated from    statistics %s\n", made.statistics_hash.c_str());
    if (!made.started_from.empty()) std::printf("started from      %s\n", made.started_from.c_str());
    if (calibration.fitted_on.empty()) {
        std::printf("calibration       none: probabilities are the network's own, nothing is refused\n");
    } else {
        std::printf("calibration       temperature %.3f, doubt %.3f, ", calibration.belief.temperature, calibration.belief.doubt);
        if (refuses(calibration)) std::printf("refuses above an entropy of %.3f nats", calibration.entropy_threshold);
        std::printf("%s (%s)\n", refuses(calibration) ? "" : "refuses nothing", calibration.fitted_on.c_str());
    }
    if (calibration.lattice_scales.size() > 1)
        std::printf("lattices          %zu: the network is asked about each pattern at so many, up to %.2g %% larger and smaller\n",
                    calibration.lattice_scales.size(), 100 * largest_change(calibration.lattice_scales));
    if (calibration.set_level > 0)
        std::printf("sets              groups of probability %.4f or more: they hold the right one for %g %% of such patterns\n",
                    static_cast<double>(calibration.set_probability), 100 * static_cast<double>(calibration.set_level));
    std::printf("configuration     (--config shows it)\n");
}

template <class Number>
Number number_of(const H5File& file, const char* name) {
    const std::vector<Number> all = file.read<Number>(name);
    if (all.size() != 1) fail(file.path().string(), ": has no ", name, "; remove it to go on from an earlier one");
    return all[0];
}

// How far an unfinished run had come, and whether 'train --resume' would go on from here.
struct CheckpointSummary {
    explicit CheckpointSummary(const H5File& file) : made(read_checkpoint_record(file)), fault(checkpoint_fault(file.path())) {
        read_toml(config, made.config, file.path().string());
        step = number_of<std::int64_t>(file, "step");
        total_steps = number_of<std::int64_t>(file, "total_steps");
    }

    Provenance made;    // as far as a checkpoint keeps it
    std::string fault;  // of the file; empty where it is whole
    TrainingConfig config;
    std::int64_t step, total_steps;
};

nlohmann::json json_of(const CheckpointSummary& c) {
    const double minutes = c.config.run.minutes;
    nlohmann::json json = {{"kind", checkpoint_kind.name},
                           {"format", checkpoint_kind.format},
                           {"whole", c.fault.empty()},
                           {"step", c.step},
                           {"patterns", c.step * c.config.run.batch},
                           {"seconds", c.made.seconds},
                           {"target", name_of(c.config.network.target)},
                           {"network", c.config.shape().text()},
                           {"members", c.config.network.members},
                           {"library_hash", c.made.library_hash},
                           {"statistics_hash", c.made.statistics_hash},
                           {"started_from", c.made.started_from},
                           {"runs", c.made.runs},
                           {"config", c.made.config}};
    json[minutes > 0 ? "minutes" : "steps"] = minutes > 0 ? nlohmann::json(minutes) : nlohmann::json(c.total_steps);
    if (!c.fault.empty()) json["fault"] = c.fault;
    return json;
}

void print(const std::string& file, const CheckpointSummary& c) {
    const double minutes = c.config.run.minutes;
    std::printf("%s: checkpoint, format %d\n", file.c_str(), checkpoint_kind.format);
    const std::string of_all = minutes > 0 ? formatted(", %.1f of ", c.made.seconds / 60) + formatted("%g minutes", minutes)
                                           : " of " + std::to_string(c.total_steps);
    std::printf("step              %lld%s\n", static_cast<long long>(c.step), of_all.c_str());
    std::printf("trained on        %lld patterns in %.0f s\n", static_cast<long long>(c.step * c.config.run.batch), c.made.seconds);
    for (const std::string& run : c.made.runs)
        std::printf("%-18s%s\n", &run == c.made.runs.data() ? "trained" : "", without_controls(run).c_str());
    std::printf("names             %s\n", name_of(c.config.network.target));
    std::printf("network           %s, %zu parameters", c.config.shape().text().c_str(), c.config.shape().parameters());
    if (c.config.network.members > 1) std::printf(", ensemble of %d", c.config.network.members);
    std::printf("\n");
    for (const auto& [what, value] :
         {std::pair("library", c.made.library_hash), {"statistics", c.made.statistics_hash}, {"started from", c.made.started_from}})
        if (!value.empty()) std::printf("%-18s%s\n", what, without_controls(value).c_str());
    if (c.fault.empty())
        std::printf("whole             yes: its bytes have the checksum that it states\n");
    else
        std::printf("whole             no: it %s; 'friedel train --resume' passes it over\n", c.fault.c_str());
    std::printf("configuration     (--config shows it)\n");
}

}  // namespace

void describe_model(const InfoOptions& options) {
    const Model model = Model::read(options.file);
    if (options.config) {
        std::printf("%s", model.provenance.config.c_str());
        return;
    }
    TrainingConfig trained;
    if (!model.provenance.config.empty()) read_toml(trained, model.provenance.config, options.file);
    const bool is_finished = has_all(model.provenance, trained) || !model.provenance.chosen.empty();
    if (options.json)
        print_json(json_of(model, is_finished));
    else
        print(options.file, model, is_finished);
}

void describe_checkpoint(const InfoOptions& options) {
    const H5File file = H5File::open(options.file, checkpoint_kind);
    if (options.config) {
        std::printf("%s", read_checkpoint_record(file).config.c_str());
        return;
    }
    const CheckpointSummary summary(file);
    if (options.json)
        print_json(json_of(summary));
    else
        print(options.file, summary);
}

}  // namespace friedel::tools
