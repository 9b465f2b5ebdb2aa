// friedel index: the unit cells that explain the lines of measured patterns, what is absent, and what that says of the space group.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "host/indexing/indexing_report.h"
#include "host/patterns/k_alpha.h"
#include "host/patterns/pattern_reader.h"
#include "host/support/error.h"
#include "host/support/interrupt.h"
#include "host/support/progress_line.h"
#include "host/support/text_file.h"
#include "host/support/thread_pool.h"
#include "tools/command.h"
#include "tools/labelled_patterns.h"
#include "tools/notices.h"
#include "tools/options.h"
#include "tools/output_files.h"
#include "tools/reading_options.h"
#include "tools/usage_error.h"

namespace friedel::tools {

namespace {

struct Options {
    std::vector<std::string> patterns;
    std::string labels, folder, output;
    ReadingOptions reading;
    int cells = 3, groups = 5, threads = 0;
    bool lines = false, quiet = false;
};

std::vector<Indexed> index_batch(const PatternBatch& batch, ThreadPool& pool) {
    std::vector<Indexed> all(batch.rows.size());
    const std::vector<double>& frequency = usual_group_frequency();
    pool.run(batch.size(), [&](int row, int) {
        const auto i = static_cast<std::size_t>(row);
        const ReadPattern& read = batch.rows[i];
        Indexed& indexed = all[i];
        indexed.name = read.file;
        indexed.title = read.title;
        indexed.note = read.note;
        indexed.wavelength = read.wavelength;
        indexed.first_line_angstrom = read.first_line_angstrom;
        indexed.wavelength_source = read.wavelength_source;
        indexed.problem = !read.refusal.empty() ? read.file + ": " + read.refusal : read.error;
        if (!indexed.problem.empty() || interrupted()) return;
        const float* const pattern = batch.patterns.data() + i * static_cast<std::size_t>(comparison_grid.points);
        indexed.opinion = indexing_opinion(find_lines(pattern, comparison_grid, read.recorded), frequency);
    });
    return all;
}

// What was found, on its way: into rows of the results' file, onto the terminal, or beside the known groups.
class Findings {
public:
    Findings(const Options& options, bool as_json) : options_(options), as_json_(as_json) {
        if (!as_json_) rows_ = indexing_csv_header();
    }

    // known: null where nothing is.
    void add(const Indexed& indexed, const Label* known) {
        if (as_json_)
            rows_ += indexing_json(indexed);
        else if (!options_.output.empty())
            rows_ += indexing_csv_line(indexed);
        if (!indexed.problem.empty()) {
            tell(indexed.problem);
            ++unreadable_;
            return;
        }
        notes_.add(indexed.name, indexed.note);
        assumed_ += indexed.wavelength_source == WavelengthSource::assumed;
        if (known)
            tally_.add(known->space_group, indexed.opinion);
        else if (options_.output.empty())
            std::cout << described(indexed, options_.cells, options_.groups) << (options_.lines ? described_lines(indexed) : "");
    }

    void finish(const LabelledPatterns& patterns) const {
        if (!options_.output.empty()) write_text_file(options_.output, rows_);
        if (!patterns.labels.empty()) {
            if (unreadable_ == patterns.list.size()) fail(options_.labels, ": none of its patterns can be read; --data names their folder");
            std::cout << tally_.table();
        }
        if (options_.quiet) return;
        if (!patterns.labels.empty() || !options_.output.empty()) notes_.tell();  // described() says them
        tell_of_input(patterns.list, assumed_, assumed_wavelength());
    }

    std::size_t unreadable() const { return unreadable_; }

private:
    const Options& options_;
    bool as_json_;
    std::string rows_;
    IndexingTally tally_;
    PatternNotes notes_;
    std::size_t unreadable_ = 0, assumed_ = 0;
};

PatternReaderConfig reading_for_lines(const Options& o) {
    PatternReaderConfig config = o.reading.config(comparison_grid, assumed_wavelength(), o.threads);
    config.min_coverage = 0;  // a few lines at low angles may be all that a cell needs
    config.whose = "the searched";
    config.batch = 64;
    return config;
}

void index_all(Findings& findings, const LabelledPatterns& patterns, const Options& o) {
    const InterruptGuard guard;
    ThreadPool pool(o.threads);
    PatternReader reader(patterns.list, reading_for_lines(o));
    const bool prints = patterns.labels.empty() && o.output.empty();
    ProgressLine progress("patterns", o.quiet || prints);
    std::size_t done = 0;
    PatternBatch batch;
    while (!interrupted() && reader.next(batch)) {
        const std::vector<Indexed> all = index_batch(batch, pool);
        if (interrupted()) break;
        for (std::size_t i = 0; i < all.size(); ++i)
            findings.add(all[i], patterns.labels.empty() ? nullptr : &patterns.labels[batch.first + i]);
        done += all.size();
        progress.show(static_cast<double>(done) / static_cast<double>(patterns.list.size()), done);
    }
    progress.clear();
    if (interrupted()) fail("interrupted; nothing was written");
}

int run(const Options& o) {
    if (o.labels.empty() == o.patterns.empty()) misused("give either PATTERNS or --labels FILE.csv");
    const bool as_json = is_json_lines(o.output);
    refuse_overwriting(o.output, o.patterns);
    refuse_overwriting(o.output, {o.labels});
    const LabelledPatterns patterns = patterns_to_read(o.patterns, o.labels, o.folder);
    refuse_overwriting(o.output, patterns.list);
    check_replaceable(o.output, as_json ? "{\"file\":\"" : "file,indexed,");
    Findings findings(o, as_json);
    index_all(findings, patterns, o);
    findings.finish(patterns);
    return findings.unreadable() == 0 ? 0 : 1;
}

}  // namespace

std::function<int()> index_command(CLI::App& app) {
    const auto o = std::make_shared<Options>();
    app.add_option("PATTERNS", o->patterns,
                   "Pattern files, folders of them, stacks, FILE[N] of a stack, FILE::/GROUP; the formats of friedel classify");
    auto* const output =
        app.add_option(
               "-o,--output", o->output,
               ".csv, a line for each pattern: the probability that it is indexed, its likeliest unit cell, the wavelength that was taken, "
               "the likeliest space group, those of the cell's absences, and the probabilities of all (where no cell is found, how often "
               "such patterns have them; nothing with fewer than four lines), or why it could not be read. .jsonl: the same of all cells. "
               "Without it cells and groups are printed")
            ->check(not_empty());
    auto* const labels =
        app.add_option("--labels", o->labels,
                       "CSV with columns file,space_group: how often the answer is right, instead of PATTERNS; repeats are left out");
    app.add_option("--cells", o->cells, "Unit cells to print")
        ->capture_default_str()
        ->check(within(1, 12))
        ->excludes(output)
        ->excludes(labels);
    app.add_option("--groups", o->groups, "Space groups to print")
        ->capture_default_str()
        ->check(within(1, space_groups))
        ->excludes(output)
        ->excludes(labels);
    app.add_flag("--lines", o->lines,
                 "Print the lines of each pattern beside the reflections of its likeliest cell: observed and calculated angle (the shift "
                 "in it), difference, d, height as fitted in per cent of the strongest point, hkl; .jsonl has them in any case")
        ->excludes(output)
        ->excludes(labels);
    app.add_option("--data", o->folder, "Folder of the labels' files; that of the labels where not given")->needs(labels);
    add_reading_options(app, o->reading, "Of all patterns, whatever they state");
    add_threads_option(app, o->threads);
    add_quiet_option(app, o->quiet);
    app.footer(
        "Knows no structures: lines of d from 1.09 angstrom on, cells, absences, and how often groups occur. Broad lines, many impurities "
        "and cells of thousands of\n"
        "cubic angstrom defeat it, and it says so. Of each unit cell it prints the probability that it is right, the Bravais lattice,\n"
        "edges in angstrom and angles in degrees (a triclinic cell is Niggli's), the shift of the measured angles in degrees (at low "
        "angles), de Wolff's\n"
        "figure of merit, how many of the lines looked at it explains, the logarithm of its evidence over that of chance, and the groups "
        "whose\n"
        "absences fit best. Last come the likeliest space groups over all cells. Examples:\n"
        "  friedel index unknown.xy\n"
        "  friedel index patterns/ -o groups.csv");
    return [o] { return run(*o); };
}

}  // namespace friedel::tools
