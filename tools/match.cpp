// friedel match: the structures of a library whose patterns are most like measured ones, and what they say about the space group.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include "host/answers/evaluation.h"
#include "host/answers/opinions.h"
#include "host/indexing/pattern_lines.h"
#include "host/patterns/k_alpha.h"
#include "host/patterns/pattern_reader.h"
#include "host/search/fit_statistics.h"
#include "host/search/match_report.h"
#include "host/search/second_opinion.h"
#include "host/support/error.h"
#include "host/support/interrupt.h"
#include "host/support/progress_line.h"
#include "host/support/text_file.h"
#include "host/support/text_format.h"
#include "tools/command.h"
#include "tools/labelled_patterns.h"
#include "tools/notices.h"
#include "tools/options.h"
#include "tools/output_files.h"
#include "tools/reading_options.h"
#include "tools/usage_error.h"

namespace friedel::tools {

namespace {

namespace fs = std::filesystem;

struct Options {
    std::string library, labels, data, output;
    std::vector<std::string> inputs;
    SearchConfig search;
    int shown = 5, threads = 0;
    ReadingOptions reading;
    bool save_index = false;
    DeviceChoice device;
    bool quiet = false;
};

// Why the vote says nothing of the pattern; empty if it does.
std::string doubt_of(const StructureOpinion& opinion, const std::vector<float>& votes, const SecondOpinion& search,
                     const ReadPattern& read) {
    if (opinion.candidates.empty() && !opinion.under_lines) return "nothing in it stands out from the background";
    const Objection objection = search.objection(opinion, false);
    const bool is_unlike = objection.kind == Objection::Kind::unlike;
    if (is_unlike) return objection.text + hint_at_wavelength(read.wavelength_source, read.wavelength);
    if (!objection.text.empty()) return objection.text;
    // What structures do not say the frequency of groups in the library does, and that is no find.
    const int group = most_voted(votes);
    const bool is_found =
        std::any_of(opinion.candidates.begin(), opinion.candidates.end(), [&](const SearchCandidate& c) { return c.space_group == group; });
    return is_found ? "" : "no structure fits well enough for a vote";
}

// What structures explain the patterns of a batch, those that are to be compared without their second phases.
std::vector<StructureOpinion> opinions_on(PatternBatch& batch, SecondOpinion& search, ThreadPool& pool) {
    const std::vector<Recording> recorded = batch.recorded();
    auto resolved = resolved_patterns(batch.patterns.data(), batch.size(), fit_grid, assumed_wavelength(), pool, recorded);
    auto opinions = search.opinions(batch.patterns.data(), batch.size(), resolved, recorded);
    std::vector<std::size_t> compared;
    for (std::size_t i = 0; i < opinions.size(); ++i) {
        if (batch.rows[i].error.empty() && batch.rows[i].refusal.empty()) compared.push_back(i);
    }
    search.take_off_second_phases(opinions, batch.patterns, resolved, compared, recorded);
    return opinions;
}

// Every pattern of the list against every structure.
std::vector<Match> match_all(const PatternList& list, SecondOpinion& search, ThreadPool& pool, const Options& options) {
    PatternReader reader(list, options.reading.config(fit_grid, assumed_wavelength(), options.threads));
    std::vector<Match> all;
    ProgressLine progress("patterns", options.quiet);
    PatternBatch batch;
    while (reader.next(batch)) {
        if (interrupted()) fail("interrupted after ", all.size(), " of ", list.size(), " patterns; nothing was written");
        std::vector<StructureOpinion> opinions = opinions_on(batch, search, pool);
        for (std::size_t i = 0; i < opinions.size(); ++i) {
            const ReadPattern& read = batch.rows[i];
            if (!read.error.empty()) tell(read.error);
            const std::string reason = read.error.empty() ? read.refusal : read.error;
            all.push_back(
                {read.file, read.title, reason, read.note, !read.error.empty(), {}, {}, {}, read.wavelength, read.wavelength_source});
            if (!reason.empty()) continue;
            Match& match = all.back();
            match.votes = completed_votes(opinions[i].votes, search.search().frequency());
            match.reason = doubt_of(opinions[i], match.votes, search, read);
            match.candidates = std::move(opinions[i].candidates);
            match.second_phase = std::move(opinions[i].second_phase);
        }
        progress.show(static_cast<double>(all.size()) / static_cast<double>(list.size()), all.size());
    }
    return all;
}

// The votes judged as a model's answers are.
void print_accuracy(const std::vector<Match>& matches, const std::vector<Label>& labels, const std::string& file) {
    Evaluation evaluation;
    for (std::size_t i = 0; i < matches.size(); ++i) {
        if (matches[i].candidates.empty()) continue;
        const Label& label = labels[i];
        evaluation.patterns.push_back({label.file, label.space_group, label.group, !label.repeat_of.empty(), "", matches[i].votes});
    }
    if (evaluation.patterns.empty()) {
        const auto read = std::find_if(matches.begin(), matches.end(), [](const Match& match) { return !match.unread; });
        if (read == matches.end()) fail(file, ": none of its patterns can be read; --data names their folder");
        fail(file, ": none of its patterns can be compared; ", read->file, " is left out: ", read->reason);
    }
    std::cout << summary(evaluation);
}

// What the fits found, of the patterns whose right group was among the candidates.
void print_fits(const std::vector<Match>& matches, const std::vector<Label>& labels, const StructureSearch& search) {
    std::vector<FittedPattern> fitted;
    for (std::size_t i = 0; i < matches.size(); ++i) {
        if (matches[i].candidates.empty()) continue;
        FittedPattern pattern;
        pattern.answered_rightly = most_voted(matches[i].votes) == labels[i].space_group;
        for (const SearchCandidate& candidate : matches[i].candidates) {
            if (candidate.space_group != labels[i].space_group || !candidate.phase) continue;
            pattern.right_group_found = true;
            pattern.similarity = candidate.similarity;
            pattern.parameters = search.parameters(candidate);
            pattern.lattice_change = candidate.lattice_change;
            break;  // the likeliest comes first
        }
        fitted.push_back(pattern);
    }
    std::cout << fit_summary(fitted);
}

void check_options(const Options& options) {
    refuse_overwriting(options.output, options.inputs);
    refuse_overwriting(options.output, {options.library, options.labels});
    const bool has_patterns = !options.inputs.empty() || !options.labels.empty();
    if (!options.inputs.empty() && !options.labels.empty()) misused("give either patterns or --labels FILE.csv");
    if (!has_patterns && !options.save_index) misused("give patterns, --labels FILE.csv or --save-index");
    if (!has_patterns && !options.output.empty())
        misused("-o ", options.output, ": there are no patterns to write results of; give some, or --labels FILE.csv");
}

// With the index of the library where that can be used; --save-index writes one.
std::unique_ptr<StructureSearch> open_search(StructureLibrary library, const Options& options, Device& device) {
    const fs::path index = index_beside(options.library);
    ProgressLine progress("structures", options.quiet);
    auto search = std::make_unique<StructureSearch>(std::move(library), options.search, device, shown_on(progress), index);
    progress.clear();
    if (!options.save_index) {
        tell_of_index(search->matcher(), options.library, teller());
        return search;
    }
    search->matcher().save_index(index);
    if (!options.quiet) tell(search->library().size(), " patterns -> ", index.string());
    return search;
}

// Written or printed; beside the known groups, how often the votes are right.
void show(const std::vector<Match>& matches, const std::vector<Label>& labels, const StructureSearch& search, const Options& options) {
    if (!options.output.empty()) {
        write_text_file(options.output, is_json_lines(options.output) ? matches_json(matches, search, options.shown)
                                                                      : matches_csv(matches, search.library(), options.shown));
    } else if (labels.empty()) {
        std::cout << described(matches, search.library(), options.shown);
    }
    if (labels.empty()) return;
    print_accuracy(matches, labels, options.labels);
    if (options.search.fitted > 0) print_fits(matches, labels, search);
}

int run(const Options& options) {
    const bool as_json = is_json_lines(options.output);
    check_options(options);
    const LabelledPatterns patterns = patterns_to_read(options.inputs, options.labels, options.data);
    refuse_overwriting(options.output, patterns.list);
    check_replaceable(options.output, as_json ? "{\"file\":\"" : "file,rank,similarity,");
    StructureLibrary library = read_known_structures(options.library);

    const InterruptGuard guard;
    Device device(options.device, options.threads, teller(options.quiet));
    std::unique_ptr<StructureSearch> structures = open_search(std::move(library), options, device);
    if (options.inputs.empty() && options.labels.empty()) return 0;  // the index alone was asked for
    SecondOpinion search(std::move(structures), fit_grid, assumed_wavelength(), device);
    const std::vector<Match> matches = match_all(patterns.list, search, device.pool, options);
    show(matches, patterns.labels, search.search(), options);
    PatternNotes notes;
    for (const Match& match : matches) notes.add(match.file, match.note);
    if (!options.quiet && (!options.output.empty() || !options.labels.empty())) notes.tell();
    const auto assumed = std::count_if(matches.begin(), matches.end(),
                                       [](const Match& match) { return match.wavelength_source == WavelengthSource::assumed; });
    if (!options.quiet) tell_of_input(patterns.list, static_cast<std::size_t>(assumed), assumed_wavelength());
    return std::any_of(matches.begin(), matches.end(), [](const Match& match) { return match.unread; }) ? 1 : 0;
}

}  // namespace

std::function<int()> match_command(CLI::App& app) {
    const auto o = std::make_shared<Options>();
    app.add_option("LIBRARY", o->library, "Structure library, as 'friedel ingest', 'generate', 'split' and 'merge' write them")->required();
    app.add_option("PATTERNS", o->inputs,
                   "Pattern files, stacks, FILE[N] of a stack, FILE::/GROUP, folders, or - for standard input, as of 'friedel classify'");
    app.add_option("-o,--output", o->output, "Results: .csv or .jsonl; without it they are printed")->check(not_empty());
    app.add_option("--count", o->shown,
                   "Structures to name for each pattern at most: those that begin to fit far worse than the best are dropped")
        ->capture_default_str()
        ->check(within(1, 1000));
    app.add_option("--strain", o->search.matcher.largest_strain,
                   "Largest relative change of the lattice at which structures are looked for; fits may take it further")
        ->capture_default_str()
        ->check(within(0, 0.1));
    app.add_option("--fwhm", o->search.matcher.fwhm_deg, "Width of the peaks that are compared with, degrees")
        ->capture_default_str()
        ->check(within(0.05, 2));
    app.add_option_function<double>(
           "--vote-width", [o](double width) { o->search.vote_width = o->search.ideal_vote_width = width; },
           "A vote falls by e for so much less similarity than the best one's; default " + formatted("%g", o->search.vote_width) +
               ", and " + formatted("%g", o->search.ideal_vote_width) + " with --fit 0")
        ->check(within(0.001, 1));
    app.add_option("--symmetry-power", o->search.symmetry_power, "Votes count by this power of the order of the point group")
        ->capture_default_str()
        ->check(within(0, 4));
    app.add_option("--fit", o->search.fitted, "Fit this many of the most similar structures; 0: go by similarity of ideal patterns alone")
        ->capture_default_str()
        ->check(within(0, 50));
    app.add_option("--worth-composition", o->search.worth_composition,
                   "Vary the composition of structures that are less similar than the best by no more than this; negative: of none")
        ->capture_default_str()
        ->check(within(-1.0, 1.0));
    auto* const labels = app.add_option(
        "--labels", o->labels, "CSV with columns file,space_group: how often the vote is right, instead of PATTERNS; repeats are left out");
    app.add_flag(
        "--save-index", o->save_index,
        "Keep what is simulated at the start in LIBRARY.index.h5, 0.9 kB a structure; any later search of the library begins at once");
    app.add_option("--data", o->data, "Folder of the labels' files; that of the labels where not given")->needs(labels);
    add_reading_options(app, o->reading, "Of all patterns, whatever they state");
    add_strip_option(app, o->reading.strip_k_alpha_2);
    add_min_coverage_option(app, o->reading.min_coverage, "Compare no pattern that covers less than this part of 5 to 90 degrees");
    add_threads_option(app, o->threads);
    add_device_options(app, o->device);
    add_quiet_option(app, o->quiet);
    app.footer(
        "A structure that is not in the library cannot be found; its space group may be, by its relatives. Examples:\n"
        "  friedel match library.h5 unknown.xy\n"
        "  friedel match library.h5 patterns/ -o matches.csv");
    return [o] { return run(*o); };
}

}  // namespace friedel::tools
