#include "host/training/validations.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "host/support/error.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

std::string member_path(std::size_t member) { return "best/members/" + std::to_string(member); }

[[noreturn]] void refuse(const H5File& file, const std::string& path) {
    fail(file.path().string(), ": ", path, " is no state of a run; remove it to go on from an earlier one");
}

std::vector<double> read_numbers(const H5File& file, const std::string& path, std::size_t count) {
    std::vector<double> values = file.read<double>(path);
    if (values.size() != count || !std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); }))
        refuse(file, path);
    return values;
}

}  // namespace

bool ValidationHistory::add(const ValidationResult& result, std::int64_t step) {
    last = result;
    ++looks;
    if (result.accuracy < best_accuracy || (result.accuracy == best_accuracy && !(result.loss < best_loss))) return false;
    best_accuracy = result.accuracy;
    best_loss = result.loss;
    best_step = step;
    return true;
}

std::optional<ValidationResult> Validations::Set::ask(const Model& model, Device& device, bool& is_best) {
    if (!patterns) return std::nullopt;
    const ValidationResult result = patterns->validate(model, device);
    is_best = history.add(result, model.provenance.steps);
    return result;
}

void Validations::Set::save(H5File& file) const {
    if (!history.last) return;
    const std::string path = std::string("validation/") + name;
    const ValidationHistory& h = history;
    const double values[] = {static_cast<double>(h.last->count), h.last->accuracy, h.last->loss,
                             static_cast<double>(h.looks),       h.best_accuracy,  h.best_loss,
                             static_cast<double>(h.best_step)};
    file.write(path + "/found", values, {std::size(values)});
    file.write_strings(path + "/patterns", {patterns->hash()});
}

bool Validations::Set::restore(const H5File& file, const Tell& tell) {
    const std::string path = std::string("validation/") + name;
    if (!file.exists(path + "/found")) return false;
    const std::vector<std::string> hash = file.read_strings(path + "/patterns");
    if (!patterns || hash.size() != 1 || hash[0] != patterns->hash()) {
        tell(std::string("goes on ") + (patterns ? "with other" : "without") + " " + name +
             " validation patterns: what was found on those of before is not counted");
        return false;
    }
    const std::vector<double> values = read_numbers(file, path + "/found", 7);
    history.last = ValidationResult{static_cast<int>(values[0]), values[1], values[2]};
    history.looks = static_cast<std::int64_t>(values[3]);
    history.best_accuracy = values[4];
    history.best_loss = values[5];
    history.best_step = static_cast<std::int64_t>(values[6]);
    return true;
}

Validations::Validations(const ValidationSet* simulated, const ValidationSet* measured, bool keep_best)
    : simulated_{"simulated", simulated, {}}, measured_{"measured", measured, {}}, keep_best_(keep_best) {}

// A second copy of the network may find no room on a device that training fills; training is worth more.
Validations::Found Validations::look(Model&& model, Device& device, const Tell& tell) {
    Found found;
    if (!can_look_) return found;
    last_step_ = model.provenance.steps;
    try {
        found.simulated = simulated_.ask(model, device, found.best_of_simulated);
        found.measured = measured_.ask(model, device, found.best_of_measured);
    } catch (const Error& error) {
        can_look_ = false;
        tell(std::string("validation failed (") + error.what() + "); training goes on without it");
    }
    if (keep_best_ && (measured_.patterns ? found.best_of_measured : found.best_of_simulated))
        best_ = KeptNetwork{std::move(model.members), model.provenance.steps, model.provenance.seconds};
    return found;
}

std::string Validations::why_best() const {
    const ValidationHistory& history = decisive().history;
    return formatted("%.1f %% of %d %s patterns, the best of %lld validation%s", 100 * history.best_accuracy, history.last->count,
                     decisive().name, static_cast<long long>(history.looks), history.looks == 1 ? "" : "s");
}

void Validations::save(H5File& file) const {
    simulated_.save(file);
    measured_.save(file);
    const double last_step = static_cast<double>(last_step_);
    file.write("validation/last_step", &last_step, {1});
    if (!best_) return;
    const double values[] = {static_cast<double>(best_->step), best_->seconds};
    file.write("best/step_and_seconds", values, {std::size(values)});
    for (std::size_t m = 0; m < best_->members.size(); ++m)
        file.write(member_path(m), best_->members[m].data(), {best_->members[m].size()}, false);
}

// Checkpoints of before there was this hold none of it.
void Validations::restore(const H5File& file, const Tell& tell) {
    if (!file.exists("validation/last_step")) return;
    last_step_ = static_cast<std::int64_t>(read_numbers(file, "validation/last_step", 1)[0]);
    const bool knows_simulated = simulated_.restore(file, tell), knows_measured = measured_.restore(file, tell);
    if (!keep_best_ || !(measured_.patterns ? knows_measured : knows_simulated)) return;
    const bool held = file.exists("best/step_and_seconds");
    const std::vector<double> values = held ? read_numbers(file, "best/step_and_seconds", 2) : std::vector<double>{-1, 0};
    if (static_cast<std::int64_t>(values[0]) != decisive().history.best_step) {
        tell("the network kept as the best was chosen by other patterns; it is looked for anew");
        decisive().history = {};
        return;
    }
    best_ = KeptNetwork{{}, static_cast<std::int64_t>(values[0]), values[1]};
    while (file.exists(member_path(best_->members.size()))) best_->members.push_back(file.read<float>(member_path(best_->members.size())));
}

}  // namespace friedel
