// friedel classify: names the crystal system and space group of measured patterns, or refuses, with the reason.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>

#include "host/classification.h"
#include "host/classifier.h"
#include "host/device.h"
#include "host/error.h"
#include "host/explanation.h"
#include "host/interrupt.h"
#include "host/pattern_reader.h"
#include "host/progress_line.h"
#include "host/second_opinion.h"
#include "host/shipped_files.h"
#include "tools/command.h"

namespace friedel::tools {

namespace {

struct Options {
    std::vector<std::string> inputs;  // the first may be the model
    std::string output, structures, explain;
    DeviceChoice device;
    double wavelength = 0;
    double least_coverage = 0.6;
    int threads = 0;
    bool quiet = false;
};

// A first input that ends in .h5 is the model; results have the same ending, patterns have not.
bool names_model(const Options& options) { return std::filesystem::path(options.inputs.front()).extension() == ".h5"; }

int run(const Options& options) {
    const bool own_model = names_model(options);
    const std::vector<std::string> inputs(options.inputs.begin() + (own_model ? 1 : 0), options.inputs.end());
    if (inputs.empty()) fail("no patterns named; give files or folders of them after the model");
    const Model model = Model::read(own_model ? std::filesystem::path(options.inputs.front()) : shipped_model());
    const std::string structures = structures_to_search(options.structures, !own_model);
    PatternReaderConfig config;
    config.grid = model.grid;
    config.model_wavelength = model.wavelength_angstrom;
    config.stated_wavelength = options.wavelength;
    config.least_coverage = options.least_coverage;
    config.threads = options.threads;
    PatternReader reader(pattern_files(inputs), config);
    std::unique_ptr<ClassificationOutput> output;
    if (!options.output.empty()) output = std::make_unique<ClassificationOutput>(options.output, model, reader.files());

    std::optional<Explainer> explainer;
    if (!options.explain.empty()) explainer.emplace(options.explain);

    const InterruptGuard guard;
    const auto start = std::chrono::steady_clock::now();
    Device device(options.device, options.threads, options.quiet);
    Classifier classifier(model, *device.backend);
    std::optional<SecondOpinion> second;
    if (!structures.empty()) {
        ProgressLine progress("structures", options.quiet);
        second.emplace(structures, model, device, shown_on(progress));
    }
    std::size_t done = 0, answered = 0, refused = 0, failed = 0, assumed = 0;
    {
        ProgressLine progress("patterns", options.quiet || !output);
        std::vector<float> probabilities;
        PatternBatch batch;
        while (reader.next(batch)) {
            if (interrupted()) fail("interrupted after ", done, " of ", reader.files(), " patterns; no results were written");
            probabilities.resize(static_cast<std::size_t>(batch.size) * model.classes());
            classifier.probabilities(probabilities.data(), batch.patterns.data(), batch.size);
            if (second) {
                const std::vector<float> votes = second->votes(batch.patterns.data(), batch.size);
                for (std::size_t at = 0; at < votes.size(); at += space_groups) pool_opinions(probabilities.data() + at, votes.data() + at);
            }
            for (int i = 0; i < batch.size; ++i) {
                Classification result;
                result.file = batch.file[i];
                result.coverage = batch.coverage[i];
                result.refused = batch.refusal[i];
                if (!batch.error[i].empty()) {
                    std::cerr << "friedel: " << batch.error[i] << '\n';
                    result.refused = batch.error[i];
                    ++failed;
                } else {
                    if (result.refused.empty()) {
                        interpret(result, model, probabilities.data() + static_cast<std::size_t>(i) * model.classes());
                        if (const SearchCandidate* closest = second ? second->closest(static_cast<std::size_t>(i)) : nullptr) {
                            const auto structure = static_cast<std::size_t>(closest->structure);
                            result.closest = second->library().name[structure];
                            result.closest_formula = second->library().formula[structure];
                            result.similarity = closest->similarity;
                        }
                        // What is wrong with the pattern says more than that the answer is uncertain.
                        const std::string unlike = second ? second->unlike(static_cast<std::size_t>(i)) : std::string();
                        if (!unlike.empty()) result.refused = unlike;
                    }
                    if (explainer && batch.refusal[i].empty()) {
                        explainer->explain(result, batch.patterns.data() + static_cast<std::size_t>(i) * model.grid.points, model,
                                           second ? &*second : nullptr, static_cast<std::size_t>(i));
                    }
                    ++(result.refused.empty() ? answered : refused);
                    assumed += batch.wavelength_assumed[i] != 0;
                }
                if (output)
                    output->add(result);
                else if (batch.error[i].empty())
                    std::cout << one_line(result) << '\n';
            }
            done += static_cast<std::size_t>(batch.size);
            progress.show(static_cast<double>(done) / static_cast<double>(reader.files()), done);
        }
    }
    if (output) output->finish();
    if (!options.quiet) {
        const double rate = static_cast<double>(done) / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        char number[32];
        std::snprintf(number, sizeof number, "%.*f", rate < 10 ? 1 : 0, rate);
        std::cerr << done << " patterns: " << answered << " answered, " << refused << " refused, " << failed << " not read; " << number
                  << " a second\n";
        if (assumed > 0) {
            std::cerr << assumed << (assumed == 1 ? " states" : " state") << " no wavelength: the model's " << model.wavelength_angstrom
                      << " angstrom was taken; --wavelength gives another\n";
        }
    }
    return failed == 0 ? 0 : 1;
}

}  // namespace

std::function<int()> classify_command(CLI::App& app) {
    const auto o = std::make_shared<Options>();
    app.add_option("PATTERNS", o->inputs,
                   "A trained model (.h5) first, or none for the one that ships; then pattern files: text of two or three columns or with "
                   "named ones, XRDML, UDF, Rigaku RAS and RASX, Bruker RAW, UXD and BRML, STOE RAW, GSAS, powder CIF, NeXus; folders of "
                   "them; - for standard input")
        ->required();
    app.add_option("-o,--output", o->output, "Results: .csv, .jsonl or .h5; without it they are printed, a line each");
    app.add_option(
        "--structures", o->structures,
        "Structure library to search as well, as 'friedel match' does: both opinions become one, and the structure that fits best is "
        "named. Where no MODEL is named the library that ships is searched, or what tools/fetch_structures.sh has fetched; none: the "
        "network alone, a thousand times as fast");
    app.add_option("--explain", o->explain,
                   "Folder to draw into how each answer came about, as SVG: the background, what the network is given, the fit");
    app.add_option("--wavelength", o->wavelength,
                   "Of all patterns, angstrom, whatever they state; they are converted to the model's through d")
        ->check(CLI::Range(0.05, 5.0));
    app.add_option("--min-coverage", o->least_coverage, "Refuse a pattern that covers less than this part of the model's range")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 1.0));
    app.add_option("--threads", o->threads, "0: one per core")->capture_default_str()->check(CLI::Range(0, 1024));
    add_device_options(app, o->device);
    app.add_flag("-q,--quiet", o->quiet, "Show no progress and no summary");
    app.footer(
        "A pattern that cannot be read is named on standard error, the rest is done, and the exit status is 1. Examples:\n"
        "  friedel classify quartz.xy\n"
        "  friedel classify model.h5 patterns/ -o results.csv\n"
        "  friedel classify model.h5 synchrotron.xye --wavelength 0.4139");
    return [o] { return run(*o); };
}

}  // namespace friedel::tools
