// friedel classify: names the crystal system and space group of measured patterns, or refuses, with the reason.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <unordered_map>

#include "host/answers/answerer.h"
#include "host/answers/classification_output.h"
#include "host/answers/opinions.h"
#include "host/network/device.h"
#include "host/patterns/nexus_file.h"
#include "host/patterns/pattern_list.h"
#include "host/patterns/pattern_reader.h"
#include "host/ranks/communicator.h"
#include "host/ranks/work_share.h"
#include "host/support/error.h"
#include "host/support/hash.h"
#include "host/support/hdf5_file.h"
#include "host/support/interrupt.h"
#include "host/support/progress_line.h"
#include "host/support/seconds_since.h"
#include "host/support/shipped_files.h"
#include "host/support/text_file.h"
#include "host/support/text_format.h"
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

// Patterns that a rank answers at once: a search takes its time for each, and an interrupt waits for them.
constexpr std::size_t portion_alone = 64, portion_with_search = 16;

struct Options {
    std::vector<std::string> inputs;  // the first may be the model
    std::string output, structures, explain;
    DeviceChoice device;
    ReadingOptions reading;
    double rank_timeout_seconds = 900;
    int threads = 0;
    std::optional<bool> indexing;
    bool resume = false, quiet = false;
};

// A first input that ends in .h5 is the model, unless it holds patterns, or others wrote it: that its reader refuses; results have the same
// ending, patterns seldom.
bool names_model(const Options& options) {
    const fs::path first = options.inputs.front();
    if (first.extension() != ".h5" || is_nexus_pattern(first) || PatternStack::open(first)) return false;
    return !is_hdf5_file(first) || H5File::open_foreign(first).has_attribute("/", "friedel_kind");
}

// What all ranks know before they begin.
struct Task {
    Task(const Options& given, const Communicator& ranks)
        : options(given),
          own_model(names_model(given)),
          model_file(own_model ? fs::path(given.inputs.front()) : shipped_model()),
          model(Model::read(model_file)),
          structures(structures_to_search(given.structures, !own_model)),
          indexing(decide_indexing(given.indexing, !structures.empty(), model)),
          portion(structures.empty() && !indexing ? portion_alone : portion_with_search) {
        const std::vector<std::string> inputs(given.inputs.begin() + (own_model ? 1 : 0), given.inputs.end());
        if (inputs.empty()) misused("no patterns named; give files or folders of them after the model");
        if (!given.explain.empty() && ranks.size() > 1) misused("--explain draws in one process; leave it out, or start one");
        if (!given.output.empty()) {
            const std::string fault = fault_of_output_name(given.output, begin());
            if (!fault.empty()) misused(fault);
        }
        refuse_overwriting(given.output, given.inputs);
        refuse_overwriting(given.output, {given.structures, structures});
        if (given.resume && given.output.empty()) misused("--resume goes on with the results in a file; name it with -o");
        if (ranks.size() > 1 && std::find(inputs.begin(), inputs.end(), "-") != inputs.end())
            misused("standard input (-) reaches one process alone; write it to a file, or start one");
        if (given.resume && std::find(inputs.begin(), inputs.end(), "-") != inputs.end())
            misused("--resume cannot tell what comes from standard input (-) from what came before; leave it out, or name a file");
        list = PatternList::of_paths(inputs);
        refuse_overwriting(given.output, list);
        const fs::path ending = fs::path(given.output).extension();
        if (ending == ".h5") check_hdf5_output(given.output, classification_kind);
        if (ending == ".csv" && !given.resume) check_replaceable(given.output, "file,space_group,symbol,");
        if (ending == ".jsonl" && !given.resume) check_replaceable(given.output, "{\"file\":\"");
    }

    ClassificationOutput::Begin begin() const {
        return options.resume ? ClassificationOutput::Begin::where_it_ended : ClassificationOutput::Begin::anew;
    }

    // Tells these answers from those of another model, other structures or other options (but for the last digits of another precision).
    std::string answered_by() const {
        const ReadingOptions& reading = options.reading;
        const std::string what = nlohmann::json{hash_file(model_file),   structures.empty() ? "" : hash_file(structures),
                                                reading.wavelength,      reading.min_coverage,
                                                reading.strip_k_alpha_2, reading.keep_humps,
                                                reading.keep_spikes,     indexing,
                                                answer_edition}
                                     .dump();
        Fnv1a hash;
        hash.add(what.data(), what.size());
        return hash.text();
    }
    std::size_t portions() const { return (list.size() + portion - 1) / portion; }
    PatternRange range(std::size_t number) const { return {number * portion, std::min(portion, list.size() - number * portion)}; }

    // What the first rank tells the others: which patterns there are, and which of them need no answer any more.
    std::string briefing(const std::vector<std::size_t>& left_out) const {
        return nlohmann::json{{"patterns", list.size()}, {"names", list.fingerprint()}, {"left_out", left_out}}.dump();
    }
    void follow(const std::string& briefing) {
        const nlohmann::json told = nlohmann::json::parse(briefing);
        if (told.at("patterns") != list.size() || told.at("names") != list.fingerprint())
            fail("sees ", list.size(), " patterns, others than the first rank's ", told.at("patterns").get<std::size_t>());
        list.leave_out(told.at("left_out").get<std::vector<std::size_t>>());
    }

    const Options& options;
    bool own_model;
    fs::path model_file;
    Model model;
    std::string structures;
    bool indexing;
    std::size_t portion;
    PatternList list;
};

// What every rank does: portions of the list, until there are none.
void answer_portions(const Task& task, const Communicator& ranks, WorkDesk& desk) {
    const int threads = threads_of_rank(task.options.threads, ranks);
    const PatternReaderConfig config =
        task.options.reading.config(task.model.grid, static_cast<double>(task.model.wavelength_angstrom), threads);
    PatternReader reader(task.list, config, [&](bool wait) {
        const std::optional<std::size_t> portion = desk.next(wait);
        return portion ? task.range(*portion) : PatternRange{};
    });
    DeviceChoice choice = task.options.device;
    choice.rank_on_node = ranks.rank_on_node();
    const bool quiet = task.options.quiet || !ranks.first();
    Device device(choice, threads, teller(quiet));
    std::optional<Explainer> explainer;
    if (!task.options.explain.empty())
        explainer.emplace(task.options.explain, task.options.resume ? Explainer::Earlier::kept : Explainer::Earlier::replaced);
    const std::unique_ptr<SecondOpinion> second = open_second_opinion(task.structures, task.model, device, quiet);
    Answerer answerer(task.model, device, {second.get(), task.indexing}, std::move(explainer));
    for (PatternBatch batch; reader.next(batch);) desk.done(batch.first / task.portion, packed(answerer.answer(batch)));
}

struct Counts {
    std::size_t answered = 0, refused = 0, unread = 0, assumed = 0;
    PatternNotes notes;
    std::size_t all() const { return answered + refused + unread; }

    void add(const Classification& c) {
        ++(c.unread ? unread : c.refused.empty() ? answered : refused);
        assumed += c.wavelength_source == WavelengthSource::assumed;
        notes.add(c.file, c.note);
    }
};

void print_summary(const Counts& counts, const Task& task, std::size_t there_already, double seconds) {
    const double rate = static_cast<double>(counts.all()) / seconds;
    const std::string speed = counts.all() > 0 ? "; " + formatted(rate < 10 ? "%.1f" : "%.0f", rate) + " a second" : "";
    std::ostringstream line;  // written at once: launchers of ranks write to standard error, too
    line << counts.all() << (counts.all() == 1 ? " pattern: " : " patterns: ") << counts.answered << " answered, " << counts.refused
         << " refused, " << counts.unread << " not read" << speed;
    if (there_already > 0) line << "; results of " << there_already << " more were there already";
    std::cerr << line.str() + '\n';
    if (!task.options.output.empty()) counts.notes.tell();
    tell_of_input(task.list, counts.assumed, static_cast<double>(task.model.wavelength_angstrom));
    const Calibration& calibration = task.model.calibration;
    if (!std::isfinite(calibration.entropy_threshold)) return;
    const bool chosen_with_search = calibration.fitted_on.find(" with a search of ") != std::string::npos;
    if (chosen_with_search && task.structures.empty())
        std::cerr
            << "the model's threshold for refusals was chosen with a search of structures beside it; without one it refuses too much\n";
    if (!chosen_with_search && !task.structures.empty())
        std::cerr << "the model's threshold for refusals was chosen without a search of structures; beside one it refuses too little\n";
}

// Which earlier results do not count: those of files that are others now, and those of stacks whose patterns are known now.
OutdatedResults outdated_results(const PatternList& list) {
    std::unordered_map<std::string, std::size_t> number;
    for (std::size_t i = 0; i < list.size(); ++i) number.emplace(list.name(i), i);
    const auto is_changed = [&list, number = std::move(number)](const std::string& pattern, const std::string& file_state) {
        const auto known = number.find(pattern);
        const std::string state = known == number.end() ? "" : list.file_state(known->second);
        return !state.empty() && state != file_state;
    };
    return {is_changed, list.holders()};
}

// What the first rank does with the answers of all: writes them to a file or prints them, counts them, shows how far the work is.
class Results {
public:
    explicit Results(const Task& task) : task_(task), progress_("patterns", task.options.quiet || task.options.output.empty()) {
        const Options& options = task.options;
        if (options.output.empty()) return;
        OutdatedResults outdated;
        if (options.resume) outdated = outdated_results(task.list);
        file_.emplace(options.output, task.model, task.list.size(), task.answered_by(), task.begin(), outdated);
        const EarlierResults& earlier = file_->earlier();
        tell_of(earlier);
        there_already_ = task.list.numbers_of(earlier.patterns);
        unread_before_ = task.list.numbers_of(earlier.unread).size();
    }

    // Of patterns of the list, their numbers.
    const std::vector<std::size_t>& there_already() const { return there_already_; }

    void take(const std::string& bytes) {
        for (const Classification& c : unpacked(bytes)) {
            counts_.add(c);
            if (c.unread) tell(without_controls(c.refused));
            if (file_)
                file_->add(c);
            else if (!c.unread)
                std::cout << without_controls(one_line(c)) << '\n';
        }
        if (file_) file_->flush();
        progress_.show(static_cast<double>(counts_.all()) / static_cast<double>(task_.list.size()), counts_.all());
    }

    // Throws Error where the work was interrupted.
    void finish(const WorkOutcome& outcome) {
        if (file_ && !outcome.interrupted) file_->finish();
        progress_.clear();
        if (outcome.interrupted) fail("interrupted after ", counts_.all(), " of ", task_.list.size(), " patterns");
        if (!task_.options.quiet) print_summary(counts_, task_, there_already_.size(), seconds_since(start_));
        if (unread_before_ > 0)
            tell(unread_before_,
                 " of those that were there already could not be read then; to have them read anew, remove their lines from the results");
    }

    // What to add to the message when the work ends early.
    std::string kept() const {
        const fs::path file = file_ ? file_->unfinished_file() : fs::path();
        return file.empty() ? std::string() : "; results so far are kept in " + file.string() + ", go on with --resume";
    }
    bool all_read() const { return counts_.unread + unread_before_ == 0; }

private:
    static void tell_of(const EarlierResults& earlier) {
        if (!earlier.put_aside.empty()) tell(earlier.put_aside);
        const std::size_t changed = earlier.changed.size();
        if (changed == 0) return;
        tell(changed, changed == 1 ? " pattern was" : " patterns were", " changed after being answered (",
             without_controls(*earlier.changed.begin()), "): answered anew");
    }

    const Task& task_;
    std::optional<ClassificationOutput> file_;
    std::vector<std::size_t> there_already_;
    std::size_t unread_before_ = 0;
    Counts counts_;
    ProgressLine progress_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// The first rank, which also writes what all of them find.
int classify(Task& task, Communicator& ranks) {
    Results results(task);
    const InterruptGuard guard;
    SharedWork work;
    if (ranks.size() > 1) work.briefing = task.briefing(results.there_already());
    task.list.leave_out(results.there_already());
    work.portions = task.portions();
    work.timeout_seconds = task.options.rank_timeout_seconds;
    work.work = [&](WorkDesk& desk, const std::string&) { answer_portions(task, ranks, desk); };
    work.tell = teller();
    work.take = [&](std::size_t, const std::string& bytes) { results.take(bytes); };
    WorkOutcome outcome;
    try {
        outcome = share_work(ranks, work);
        results.finish(outcome);
    } catch (const Error& error) {
        fail(error.what(), results.kept());
    }
    if (outcome.rank_is_lost) ranks.abort();
    return results.all_read() && outcome.failed_ranks == 0 ? 0 : 1;
}

int run(const Options& options) {
    const std::unique_ptr<Communicator> ranks = open_communicator();
    try {
        Task task(options, *ranks);
        if (ranks->first()) return classify(task, *ranks);
        SharedWork work;
        work.work = [&](WorkDesk& desk, const std::string& briefing) {
            task.follow(briefing);
            answer_portions(task, *ranks, desk);
        };
        share_work(*ranks, work);
    } catch (const Error& error) {
        if (ranks->size() == 1) throw;
        if (ranks->first()) {
            tell(error.what());
            ranks->abort();
        }
        leave_work(*ranks, error.what());
    }
    return 0;  // what befell this rank the first one has told, and a launcher would end the others
}

}  // namespace

std::function<int()> classify_command(CLI::App& app) {
    const auto o = std::make_shared<Options>();
    app.add_option("PATTERNS", o->inputs,
                   "A trained model (.h5) first, or none for the one that ships; then pattern files: text of two or three columns, with "
                   "named ones, or of intensities below start, step and end, XRDML, UDF, Rigaku RAS and RASX, Bruker RAW, UXD and BRML, "
                   "STOE RAW, GSAS, powder CIF, NeXus; folders of "
                   "them; stacks, HDF5 files of many (of 'friedel simulate', or NeXus); FILE[N], pattern N of a stack, from 0; "
                   "FILE::/GROUP, a scan "
                   "of an HDF5 file of several; - for standard input")
        ->required();
    app.add_option("-o,--output", o->output, "Results: .csv, .jsonl or .h5; without it they are printed, a line each")->check(not_empty());
    app.add_option(
           "--structures", o->structures,
           "Structure library to search as well, as 'friedel match' does: both opinions become one, and the structure that fits best is "
           "named. Where no MODEL is named the library that ships is searched, or what tools/fetch_structures.sh has fetched; none: the "
           "network alone, several times as fast")
        ->check(not_empty());
    app.add_option("--explain", o->explain,
                   "Folder to draw into how each answer came about, as SVG: the background, what the network is given, the fit");
    add_indexing_option(app, o->indexing);
    add_reading_options(app, o->reading, "Of all patterns, whatever they state; they are converted to the model's through d");
    add_strip_option(app, o->reading.strip_k_alpha_2, "; the network that ships does not need it");
    add_min_coverage_option(app, o->reading.min_coverage, "Refuse a pattern that covers less than this part of the model's range");
    add_threads_option(app, o->threads);
    app.add_flag("--resume", o->resume,
                 "Go on with the results in the file of -o, or with what an interrupted run left in FILE.part: patterns that are in it are "
                 "not looked at again, unless their file has another size or time than it had (file_state)");
    app.add_option("--rank-timeout", o->rank_timeout_seconds, "Under mpirun: seconds of silence of a process until the others do its share")
        ->capture_default_str()
        ->check(within(1.0, 1e6));
    add_device_options(app, o->device);
    add_quiet_option(app, o->quiet);
    app.footer(
        "The system and the group are each the likeliest by itself: where the groups of one system share its probability, the likeliest\n"
        "group may be of another. Results say which wavelength a pattern was taken to have and whose word that is (wavelength_from: file,\n"
        "option, assumed where there is none, or not needed for Q and d), and what answered (answered_by: one model, library and set of\n"
        "options has one mark). --resume goes on with results of the same mark only.\n"
        "A pattern that cannot be read is named on standard error, the rest is done, and the exit status is 1. Examples:\n"
        "  friedel classify quartz.xy\n"
        "  friedel classify model.h5 patterns/ -o results.csv\n"
        "  friedel classify model.h5 synchrotron.xye --wavelength 0.4139\n"
        "  mpirun -np 8 friedel classify patterns/ -o results.csv --resume");
    return [o] { return run(*o); };
}

}  // namespace friedel::tools
