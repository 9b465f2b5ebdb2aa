// friedel evaluate: how well a model names patterns whose space groups are known, measured or simulated, with the files that show it.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "host/answers/evaluation.h"
#include "host/answers/known_patterns.h"
#include "host/answers/report.h"
#include "host/crystals/structure_library.h"
#include "host/indexing/pattern_lines.h"
#include "host/network/classifier.h"
#include "host/patterns/labels.h"
#include "host/patterns/pattern_reader.h"
#include "host/simulation/simulator.h"
#include "host/support/error.h"
#include "host/support/hash.h"
#include "host/support/interrupt.h"
#include "host/support/progress_line.h"
#include "host/support/radiation.h"
#include "host/support/shipped_files.h"
#include "host/support/text_file.h"
#include "host/training/config.h"
#include "kernels/preprocess.h"
#include "tools/command.h"
#include "tools/notices.h"
#include "tools/options.h"
#include "tools/output_files.h"
#include "tools/reading_options.h"
#include "tools/structure_searches.h"
#include "tools/usage_error.h"

namespace friedel::tools {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct Options {
    std::string model, labels, data, library, structures, config, output;
    DeviceChoice device;
    MeasuredOptions measured;
    std::optional<bool> indexing;
    int patterns = 2000, threads = 0;
    std::uint64_t seed = 2;
    bool quiet = false;
};

MeasuredPatterns measured_patterns(const Options& options) {
    MeasuredPatterns patterns{read_labels(options.labels), folder_of_patterns(options.labels, options.data), options.measured};
    if (std::ranges::all_of(patterns.labels, [](const Label& label) { return !label.repeat_of.empty(); }))
        fail(options.labels, ": every row is a repeat, none is left to judge by; leave repeat_of empty for one of each specimen");
    if (!options.data.empty() && !fs::is_directory(patterns.folder))
        fail(options.data, ": is no folder; --data names the one that holds the patterns");
    return patterns;
}

// Read and searched for again: few are drawn, and all of them would have to be kept.
DrawnPattern draw_measured(const fs::path& file, const MeasuredOptions& options, const Model& model, Device& device,
                           SecondOpinion* second) {
    PatternReaderConfig config = reader_config(model, options);
    config.batch = config.threads = 1;
    const PatternList list = PatternList::of_files({file.string()});
    PatternReader reader(list, config);
    PatternBatch one;
    DrawnPattern drawn;
    if (!reader.next(one) || !one.rows[0].error.empty()) return drawn;
    drawn.pattern = preprocessed(one.patterns, model);
    if (!second) return drawn;
    Evidence evidence(model, device, {second, false});
    evidence.gather(one.patterns.data(), 1, one.recorded());
    drawn.pattern = preprocessed(evidence.patterns(), model);
    const StructureOpinion& opinion = *evidence.structures(0);
    if (std::vector<float> fitted = second->fitted_pattern(opinion); !fitted.empty()) {
        drawn.compared = preprocessed(std::move(fitted), model);
        const auto structure = static_cast<std::size_t>(opinion.closest()->structure);
        drawn.structure = second->library().formula[structure] + ", " + second->library().name[structure];
    }
    return drawn;
}

// Of pattern i among the answers, [classes].
std::vector<float> row_of(const std::vector<float>& probabilities, std::size_t i, int classes) {
    const auto first = probabilities.begin() + static_cast<std::ptrdiff_t>(i) * classes;
    return {first, first + classes};
}

// The patterns of a labels file; what cannot be read is named on standard error and counted.
PatternSource evaluate_measured(Evaluation& evaluation, const Options& options, const Model& model, Device& device,
                                const OtherOpinions& others) {
    const MeasuredPatterns patterns = measured_patterns(options);
    ProgressLine progress("patterns", options.quiet);
    const KnownAnswers answers = answer_measured(model, patterns, device, others, shown_on(progress));
    progress.clear();
    for (const std::string& problem : answers.problems) tell(problem);
    if (!options.quiet) tell_of_wavelength(answers.assumed, model.wavelength_angstrom);
    evaluation.unreadable = static_cast<int>(answers.problems.size());
    const std::vector<float> probabilities = answers.probabilities(model.calibration.belief);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const Label& label = patterns.labels[answers.known[i].source];
        evaluation.patterns.push_back({label.file, label.space_group, label.group, !label.repeat_of.empty(), answers.known[i].refused,
                                       row_of(probabilities, i, answers.classes)});
    }
    const fs::path& folder = patterns.folder;
    if (evaluation.patterns.empty())
        fail(options.labels, ": none of its patterns can be read from ", folder.empty() ? "." : folder.string(),
             "; --data names their folder");
    const auto draw = [&evaluation, &model, &device, second = others.search, folder, read_as = patterns.options](std::size_t index) {
        return draw_measured(folder / evaluation.patterns[index].file, read_as, model, device, second);
    };
    return {model.grid, model.preprocess.square_root, "the structure that fits best, as it was fitted", draw};
}

// The settings that the simulated patterns are drawn from: those the model was trained with, unless a file says otherwise.
SimulationConfig simulation_of(const Options& options, const Model& model) {
    if (options.config.empty()) return simulation_of_training(model);
    TrainingConfig training;
    read_toml_file(training, options.config);
    const double wavelength = mean_wavelength(training.simulation.radiation);
    if (std::abs(wavelength / static_cast<double>(model.wavelength_angstrom) - 1) > 0.01)
        fail(options.config, ": radiation of ", wavelength, " angstrom; the model's grid is meant for ", model.wavelength_angstrom,
             ", give that with simulation.radiation");
    if (!options.quiet) tell("of ", options.config, " table [simulation] counts alone; grid, preprocessing and network are the model's");
    training.simulation.grid = model.grid;
    return training.simulation;
}

// As it was simulated, beside the ideal one.
DrawnPattern draw_simulated(const SimulatedPatterns& patterns, std::size_t index, const Model& model) {
    const LibraryView library = patterns.library.view();
    const int structure = patterns.structures[index % patterns.structures.size()];
    SimulationConfig undisturbed;
    undisturbed.radiation = patterns.simulation.radiation;
    DrawnPattern drawn;
    for (const bool ideal : {false, true}) {
        std::vector<float> pattern(static_cast<std::size_t>(model.grid.points));
        const auto parameters = draw_parameters(ideal ? undisturbed : patterns.simulation, library, structure, patterns.seed, index);
        simulate_one_pattern(pattern.data(), parameters, library, model.grid);
        (ideal ? drawn.compared : drawn.pattern) = preprocessed(std::move(pattern), model);
    }
    return drawn;
}

// Patterns simulated from a structure library, which should hold structures that the model was not trained on.
PatternSource evaluate_simulated(Evaluation& evaluation, const Options& options, const Model& model, Device& device,
                                 const OtherOpinions& others) {
    const auto library = std::make_shared<const StructureLibrary>(read_known_structures(options.library));
    const SimulatedPatterns patterns{*library, shuffled_structures(*library, options.seed), simulation_of(options, model), options.patterns,
                                     options.seed};
    ProgressLine progress("patterns", options.quiet);
    const KnownAnswers answers = answer_simulated(model, patterns, device, others, shown_on(progress));
    const std::vector<float> probabilities = answers.probabilities(model.calibration.belief);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const std::size_t structure = answers.known[i].source;
        evaluation.patterns.push_back({library->name[structure], answers.known[i].space_group,
                                       library->type_of(static_cast<int>(structure)), false, "",
                                       row_of(probabilities, i, answers.classes)});
    }
    // It keeps the library, to which `patterns` refers.
    const auto draw = [library, patterns, &model](std::size_t index) { return draw_simulated(patterns, index, model); };
    return {model.grid, model.preprocess.square_root, "the ideal pattern of the true structure, without any disturbance", draw};
}

// What was judged, and on what: the head of metrics.json.
Json subject_of(const Options& options, const Model& model) {
    Json subject;
    subject["friedel"] = FRIEDEL_VERSION;
    subject["model"] = {{"file", options.model},
                        {"hash", hash_file(options.model)},
                        {"target", model.target == Target::space_group ? "space_group" : "crystal_system"},
                        {"widths", model.shape.text()},
                        {"members", model.members.size()},
                        {"trained_on_patterns", model.provenance.patterns},
                        {"trained_on_library", model.provenance.library}};
    if (!options.structures.empty()) subject["searched"] = options.structures;
    if (!options.labels.empty()) {
        subject["measured"] = {{"labels", options.labels}};
    } else {
        subject["simulated"] = {{"library", options.library},
                                {"library_hash", hash_file(options.library)},
                                {"trained_on_this_library", was_trained_on(model, options.library)},
                                {"settings", options.config.empty() ? "the model's own" : options.config},
                                {"seed", options.seed}};
        if (!options.config.empty()) {
            std::ifstream in(options.config);
            subject["simulated"]["config"] = std::string(std::istreambuf_iterator<char>(in), {});
        }
    }
    return subject;
}

// Made at once: nobody waits for what cannot be written. One that stays empty is removed again.
class ResultsFolder {
public:
    explicit ResultsFolder(fs::path folder) : folder_(std::move(folder)) {
        std::error_code failure;
        is_new_ = fs::create_directories(folder_, failure);
        if (!fs::is_directory(folder_)) fail(folder_.string(), ": cannot be made (", failure.message(), "); name a folder to write to");
    }
    ~ResultsFolder() {
        std::error_code not_empty;
        if (is_new_) fs::remove(folder_, not_empty);
    }
    ResultsFolder(const ResultsFolder&) = delete;
    ResultsFolder& operator=(const ResultsFolder&) = delete;

private:
    fs::path folder_;
    bool is_new_;
};

int run(const Options& options) {
    if (options.labels.empty() == options.library.empty())
        misused("give either --labels FILE.csv (measured patterns) or --library FILE.h5 (simulated ones)");
    const Model model = Model::read(options.model);
    const fs::path folder = options.output;
    const ResultsFolder made(folder);
    for (const auto& [name, beginning] :
         {std::pair("predictions.csv", "file,"), {"metrics.json", "{"}, {"report.html", "<!DOCTYPE html>"}}) {
        refuse_overwriting(folder / name, {options.labels, options.library, options.model, options.structures});
        check_replaceable(folder / name, beginning);
    }

    const InterruptGuard guard;
    Device device(options.device, options.threads, teller(options.quiet));
    const std::unique_ptr<SecondOpinion> second = open_second_opinion(options.structures, model, device, options.quiet);
    const OtherOpinions others{second.get(), decide_indexing(options.indexing, second != nullptr, model)};
    Evaluation evaluation{model.target, model.calibration, model.provenance.training_count, {}, 0};
    const PatternSource patterns = options.labels.empty() ? evaluate_simulated(evaluation, options, model, device, others)
                                                          : evaluate_measured(evaluation, options, model, device, others);

    Json subject = subject_of(options, model);
    subject["indexed"] = others.indexing;
    write_text_file(folder / "predictions.csv", predictions_csv(evaluation));
    const Json metrics = metrics_json(evaluation, std::move(subject));
    write_text_file(folder / "metrics.json", metrics.dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
    write_text_file(folder / "report.html", report_html(evaluation, metrics, patterns));
    if (!options.quiet) {
        const auto repeats = std::count_if(evaluation.patterns.begin(), evaluation.patterns.end(), [](const auto& p) { return p.repeat; });
        std::cout << summary(evaluation) << evaluation.patterns.size() - static_cast<std::size_t>(repeats) << " patterns";
        if (repeats > 0) std::cout << ", " << repeats << " repeats left out";
        std::cout << ", " << evaluation.unreadable << " not read -> " << folder.string() << "/report.html, metrics.json, predictions.csv\n";
    }
    warn_if_trained_on(options.library, model);
    for (const std::string& file : {options.library, options.labels}) warn_if_chosen_by(file, model);
    return evaluation.unreadable == 0 ? 0 : 1;
}

// Where no model is named it is the one that ships, with its structures.
int run_with_defaults(Options options) {
    options.structures = structures_to_search(options.structures, options.model.empty());
    if (options.model.empty()) options.model = shipped_model().string();
    return run(options);
}

}  // namespace

std::function<int()> evaluate_command(CLI::App& app) {
    const auto o = std::make_shared<Options>();
    app.add_option("MODEL", o->model, "Trained model (.h5); where none is named, the one that ships, with a search of structures");
    auto* const labels =
        app.add_option("--labels", o->labels, "CSV of measured patterns: columns file,space_group, and group,repeat_of if there are any");
    app.add_option("--data", o->data, "Folder of the pattern files; without it, that of the labels")->needs(labels);
    add_wavelength_option(app, o->measured.wavelength, "Of all measured patterns, whatever they state")->needs(labels);
    add_strip_option(app, o->measured.strip_k_alpha_2, "; of measured patterns")->needs(labels);
    auto* const library = app.add_option("--library", o->library, "Structure library to simulate patterns from, instead of --labels");
    app.add_option("--patterns", o->patterns, "Simulated patterns")->capture_default_str()->check(within(1, 10'000'000))->needs(library);
    add_indexing_option(app, o->indexing);
    app.add_option("--structures", o->structures,
                   "Structure library to search as well, as 'friedel classify --structures' does; none: the network alone")
        ->check(not_empty());
    app.add_option("--config", o->config,
                   "Settings of the simulation, TOML: effects that it leaves out are off; without it, those the model was trained with")
        ->needs(library);
    add_seed_option(app, o->seed, "Another seed draws other patterns")->capture_default_str()->needs(library);
    app.add_option("-o,--output", o->output, "Folder for report.html, metrics.json and predictions.csv")->required();
    add_threads_option(app, o->threads);
    add_device_options(app, o->device);
    add_quiet_option(app, o->quiet);
    app.footer(
        "Measured patterns are read as 'friedel classify' reads them; none is asked whether it is of another tube. Simulated ones are "
        "answered as they are drawn, their humps left in.\n"
        "Examples:\n"
        "  friedel evaluate model.h5 --labels labels.csv -o results\n"
        "  friedel evaluate model.h5 --library held_out.h5 --patterns 5000 -o results");
    return [o] { return run_with_defaults(*o); };
}

}  // namespace friedel::tools
