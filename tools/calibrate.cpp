// friedel calibrate: fits how far a model is to be believed and chooses when it refuses, on patterns that it was not trained on.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "host/answers/calibration.h"
#include "host/network/lattice_scale.h"
#include "host/support/error.h"
#include "host/support/interrupt.h"
#include "host/support/progress_line.h"
#include "host/support/shipped_files.h"
#include "host/support/text_file.h"
#include "host/support/text_format.h"
#include "tools/command.h"
#include "tools/notices.h"
#include "tools/options.h"
#include "tools/output_files.h"
#include "tools/structure_searches.h"
#include "tools/usage_error.h"

namespace friedel::tools {

namespace {

namespace fs = std::filesystem;

struct Options {
    std::string model, labels, folder, library, structures, output;
    int patterns = 20000;
    std::uint64_t seed = 20260101;  // other patterns than those of training and validation
    double accuracy = 0, coverage = 0, set_level = 0, wavelength = 0;
    GivenBelief given;
    int threads = 0, lattices = 0;
    DeviceChoice device;
    std::optional<bool> indexing;
    bool quiet = false;
};

bool indexes(const Options& o, const Model& model) { return decide_indexing(o.indexing, !o.structures.empty(), model); }

KnownAnswers answer(const Options& o, const Model& model) {
    Device device(o.device, o.threads, teller(o.quiet));
    const std::unique_ptr<SecondOpinion> second = open_second_opinion(o.structures, model, device, o.quiet);
    const OtherOpinions others{second.get(), indexes(o, model)};
    ProgressLine line("patterns", o.quiet);
    const ShowProgress progress = shown_on(line);
    if (!o.library.empty()) {
        const StructureLibrary library = read_known_structures(o.library);
        return answer_simulated(model, {library, shuffled_structures(library, o.seed), simulation_of_training(model), o.patterns, o.seed},
                                device, others, progress);
    }
    const std::vector<Label> labels = read_labels_without_repeats(o.labels);
    require_enough(labels.size());
    return answer_measured(model, {labels, folder_of_patterns(o.labels, o.folder), {o.wavelength}}, device, others, progress);
}

void check_options(const Options& o) {
    if (o.labels.empty() == o.library.empty()) misused("give either --labels FILE.csv or --library FILE.h5 to calibrate on");
    if (o.accuracy > 0 && o.coverage > 0) misused("give either --accuracy or --coverage, not both");
    refuse_overwriting(o.output, {o.labels, o.library, o.structures});
    check_hdf5_output(o.output, model_kind);
}

// Those that the model can be asked about, and what is to be known of them before they are used.
KnownAnswers usable_answers(const Options& o, const Model& model) {
    KnownAnswers answers = answer(o, model);
    const std::size_t asked = answers.size();
    answers.leave_out_uncovered();
    if (answers.size() < asked) {
        tell(asked - answers.size(), " of ", asked,
             " patterns cover too little of the model's range and are left out; if they should not, check --wavelength");
    }
    for (const std::string& problem : answers.problems) tell(problem);
    require_enough(answers.size());
    if (!o.quiet) tell_of_wavelength(answers.assumed, model.wavelength_angstrom);
    warn_if_trained_on(o.library, model);
    for (const std::string& file : {o.library, o.labels}) warn_if_chosen_by(file, model);
    return answers;
}

std::string source_of(const Options& o) { return fs::path(o.library.empty() ? o.labels : o.library).filename().string(); }

// The patterns that were answered, in words for the model's file.
std::string words_for(const Options& o, const Model& model, std::size_t patterns) {
    std::string words = source_of(o) + ", " + std::to_string(patterns) + (o.library.empty() ? " measured" : " simulated") + " patterns";
    if (!o.structures.empty()) words += " with a search of " + fs::path(o.structures).filename().string();
    if (indexes(o, model)) words += " and indexing";
    return words;
}

// Each prints what it fitted or chose.
Belief fitted_belief(const Options& o, const KnownAnswers& answers, const Model& model) {
    const Belief belief = fit_belief(answers, model.target, o.given);
    std::printf("%zu patterns of %s\n", answers.size(), source_of(o).c_str());
    std::printf("temperature %.3f, doubt %.3f: negative log-likelihood %.4f, was %.4f\n", static_cast<double>(belief.temperature),
                static_cast<double>(belief.doubt), negative_log_likelihood(answers, model.target, belief),
                negative_log_likelihood(answers, model.target, model.calibration.belief));
    if (is_at_bound(belief, o.given))
        tell(
            "that is as far as belief is fitted: on these patterns the network's word is worth next to nothing; train it longer, or "
            "calibrate it on patterns like those it is for");
    return belief;
}

void choose_threshold(Calibration& calibration, const Options& o, const std::vector<Outcome>& results) {
    if (o.accuracy == 0 && o.coverage == 0) {
        std::printf("refuses nothing; --accuracy or --coverage chooses a threshold\n");
        return;
    }
    const RefusalRule rule = o.accuracy > 0 ? rule_for_accuracy(results, o.accuracy) : rule_for_coverage(results, o.coverage);
    const std::string right = percent(rule.accuracy), answered = percent(rule.coverage);
    calibration.entropy_threshold = rule.entropy_threshold;
    calibration.fitted_on += (o.accuracy > 0 ? ", accuracy " + percent(o.accuracy) : ", coverage " + percent(o.coverage)) +
                             " wanted: " + right + " of the " + answered + " answered are right";
    const std::string refuses =
        std::isinf(rule.entropy_threshold) ? "nothing" : "above an entropy of " + std::to_string(rule.entropy_threshold);
    std::printf("refuses %s: answers %s, of which %s are right\n", refuses.c_str(), answered.c_str(), right.c_str());
}

void choose_sets(Calibration& calibration, const Options& o, const KnownAnswers& answers, Target target) {
    if (o.set_level == 0) return;
    calibration.set_level = static_cast<float>(o.set_level);
    calibration.set_probability = set_probability(answers, target, calibration.belief, o.set_level);
    std::printf("sets of the groups of probability %.4f or more hold the right one for %s\n",
                static_cast<double>(calibration.set_probability), percent(o.set_level).c_str());
}

int run(const Options& o) {
    check_options(o);
    Model model = Model::read(o.model);
    if (o.lattices > 0) model.calibration.lattice_scales = o.lattices > 1 ? lattice_scales(o.lattices) : std::vector<float>();
    const InterruptGuard guard;
    KnownAnswers answers = usable_answers(o, model);

    Calibration chosen;  // nothing of the old one but the lattices: its threshold belongs to the old probabilities
    chosen.lattice_scales = model.calibration.lattice_scales;
    chosen.belief = fitted_belief(o, answers, model);
    chosen.fitted_on = words_for(o, model, answers.size());
    // Threshold and sets are for patterns that are not refused whatever the answer.
    const std::size_t all = answers.size();
    answers.decide_refusals(chosen.belief);
    answers.leave_out_refused();
    if (answers.size() < all) {
        const std::string unlike = std::to_string(all - answers.size()) + " of them are refused as unlike anything searched; of the others";
        std::printf("%s:\n", unlike.c_str());
        chosen.fitted_on += ", " + unlike;
    }
    choose_threshold(chosen, o, outcomes(answers, model.target, chosen.belief));
    choose_sets(chosen, o, answers, model.target);
    model.calibration = chosen;
    model.write(o.output, Model::Weights::as_read);
    return answers.problems.empty() ? 0 : 1;
}

}  // namespace

std::function<int()> calibrate_command(CLI::App& app) {
    const auto o = std::make_shared<Options>();
    app.add_option("MODEL", o->model, "Trained model (.h5)")->required();
    app.add_option("-o,--output", o->output, "Calibrated model; may be the same file")->required();
    auto* const labels = app.add_option("--labels", o->labels,
                                        "CSV of measured patterns with columns file,space_group; rows with repeat_of are passed over");
    app.add_option("--data", o->folder, "Folder of the labels' files; that of the labels where not given")->needs(labels);
    auto* const library = app.add_option("--library", o->library,
                                         "Structure library to simulate patterns from, as in training; not the one it was trained on");
    add_indexing_option(app, o->indexing);
    app.add_option("--structures", o->structures,
                   "Structure library to search as well: for a model that classifies with --structures; none: the network alone")
        ->check(not_empty());
    app.add_option("--patterns", o->patterns, "How many to simulate")->capture_default_str()->check(within(20, 10000000))->needs(library);
    add_seed_option(app, o->seed, "Of the simulated patterns")->capture_default_str()->needs(library);
    app.add_option("--accuracy", o->accuracy, "Refuse so that this part of the answers is right")
        ->check(within(0.0, 1.0))
        ->check(above_zero());
    app.add_option("--coverage", o->coverage, "Refuse so that this part of the patterns is answered")
        ->check(within(0.0, 1.0))
        ->check(above_zero());
    app.add_option("--temperature", o->given.temperature, "Of the network's answers, instead of a fitted one: above 1 makes them less sure")
        ->check(within(0.05, 20.0));
    app.add_option("--doubt", o->given.doubt,
                   "Part of every answer that is spread over all groups, instead of a fitted one: for what nothing in a pattern warns of")
        ->check(within(0.0, 0.5));
    app.add_option("--lattices", o->lattices,
                   "Ask the network about each pattern as it is and at lattices up to 1.6 % larger and smaller, as many in all (odd), and "
                   "average; where not given as the model has it")
        ->check(CLI::IsMember({1, 3, 5, 7, 9, 11, 13, 15, 17}));
    app.add_option("--sets", o->set_level,
                   "Also name, of each pattern, the groups that hold the right one for this part of patterns like these (conformal sets)")
        ->check(within(0.5, 0.999));
    add_wavelength_option(app, o->wavelength, "Of all measured patterns, whatever they state")->needs(labels);
    add_threads_option(app, o->threads);
    add_device_options(app, o->device);
    add_quiet_option(app, o->quiet);
    app.footer(
        "Temperature, doubt and threshold are stored in the model, with what they were fitted on. Measured patterns are read as\n"
        "'friedel classify' reads them; simulated ones are answered as they are drawn, their humps left in. Examples:\n"
        "  friedel calibrate model.h5 --library test.h5 --accuracy 0.9 -o calibrated.h5\n"
        "  friedel calibrate model.h5 --labels rruff/labels.csv --coverage 0.5 -o calibrated.h5");
    return [o] {
        o->structures = structures_to_search(o->structures, false);
        return run(*o);
    };
}

}  // namespace friedel::tools
