// friedel: the one program, a table of subcommands. Errors are one line on standard error and a non-zero exit.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <vector>

#include "host/ranks/communicator.h"
#include "host/support/error.h"
#include "host/support/gemm.h"
#include "host/support/interrupt.h"
#include "host/support/text_format.h"
#include "tools/command.h"
#include "tools/notices.h"
#include "tools/usage_error.h"

namespace friedel::tools {

// One line per subcommand, in the order in which they are used. Each is defined in tools/NAME.cpp.

namespace {
struct Entry {
    const char* name;
    const char* summary;
    Command command;
    bool shares_work = false;  // with the other processes that mpirun or srun started
};

const std::vector<Entry> commands = {
    {"ingest", "Turn CIF files, folders and archives into a structure library", ingest_command},
    {"info", "Describe a file that friedel wrote, or what is read of a measured pattern", info_command},
    {"split", "Cut a structure library into training and test parts by structure type", split_command},
    {"merge", "Make one structure library of several", merge_command},
    {"statistics", "Count what the crystals of libraries are made of, or compare two libraries", statistics_command},
    {"generate", "Make random crystals of any space group as a structure library", generate_command},
    {"peaks", "Print the reflection list of a CIF as CSV", peaks_command},
    {"simulate", "Compute powder patterns of CIFs or of a structure library", simulate_command},
    {"train", "Train a network on patterns simulated while it trains", train_command, true},
    {"evaluate", "Measure how well a model names patterns whose space groups are known", evaluate_command},
    {"calibrate", "Fit the probabilities of a model and choose when it refuses", calibrate_command},
    {"classify", "Name the crystal system and space group of measured patterns", classify_command, true},
    {"match", "Find the structures whose patterns are most like measured ones", match_command},
    {"index", "Find the unit cell of measured patterns, and what its absences say of the space group", index_command},
    {"export", "Write a model for other programs to run", export_command},
    {"bench", "Measure what this machine does a second, stage by stage", bench_command},
};

// Letters put in, left out or exchanged between two words (Levenshtein's distance).
int letters_apart(const std::string& a, const std::string& b) {
    std::vector<int> row(b.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = static_cast<int>(j);
    for (std::size_t i = 0; i < a.size(); ++i) {
        int diagonal = row[0]++;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const int exchanged = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = std::min({exchanged, row[j] + 1, diagonal + 1});
        }
    }
    return row.back();
}

// A question after the one of `known` that is hardly another word; empty where none is.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& known) {
    const auto closest = std::min_element(known.begin(), known.end(), [&](const std::string& a, const std::string& b) {
        return letters_apart(word, a) < letters_apart(word, b);
    });
    return closest != known.end() && letters_apart(word, *closest) <= 2 ? "did you mean '" + *closest + "'? " : "";
}

int no_such_command(const std::string& word) {
    std::vector<std::string> names;
    for (const Entry& entry : commands) names.emplace_back(entry.name);
    tell("'", word, "' is not a command; ", did_you_mean(word, names), "friedel --help lists them");
    return usage_status;
}

// The same of the first option in a command line that `command` does not have, and of a value apart from its flag.
std::string option_meant(const CLI::App& command) {
    const std::vector<std::string> unknown = command.remaining();
    if (command.get_name() == "train" && std::find(unknown.begin(), unknown.end(), "auto") != unknown.end())
        return "if it is of --resume, write --resume=auto, with no blank; ";
    const auto option = std::find_if(unknown.begin(), unknown.end(), [](const std::string& word) { return word.rfind("--", 0) == 0; });
    if (option == unknown.end()) return "";
    std::vector<std::string> names;
    for (const CLI::Option* known : command.get_options()) {
        for (const std::string& name : known->get_lnames()) names.push_back("--" + name);
    }
    const std::string word = option->substr(0, option->find('=')), meant = did_you_mean(word, names);
    return meant.empty() ? "" : "for '" + word + "', " + meant;
}

// 'friedel help' and 'friedel help COMMAND' are other words for --help and COMMAND --help.
std::vector<std::string> words_of(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    if (words.empty() || words[0] != "help") return words;
    words.erase(words.begin());
    words.resize(std::min<std::size_t>(words.size(), 1));
    if (words.empty() || words[0] != "--help") words.emplace_back("--help");
    return words;
}
}  // namespace

int main(int argc, char** argv) {
    // A file beyond the limit (ulimit -f) is an error like a full disk, with a message of its own.
    std::signal(SIGXFSZ, SIG_IGN);
    CLI::App app{"Friedel names the crystal system and space group of a powder from its X-ray diffraction pattern.", "friedel"};
    app.failure_message([](const CLI::App* all, const CLI::Error& error) {
        const auto chosen = all->get_subcommands();
        const std::string name = chosen.empty() ? "friedel" : "friedel " + chosen.front()->get_name();
        const std::string meant = chosen.empty() ? "" : option_meant(*chosen.front());
        return name + ": " + without_controls(error.what()) + "; " + meant + "see " + name + " --help\n";
    });
    app.set_version_flag("--version", "friedel " FRIEDEL_VERSION);
    app.require_subcommand(1);
    int status = 0;
    for (const Entry& entry : commands) {
        CLI::App* const sub = app.add_subcommand(entry.name, entry.summary);
        sub->callback([run = entry.command(*sub), &entry, &status] {
            if (!entry.shares_work && launched_processes() > 1 && is_first_launched())
                tell(launched_processes(), " processes were started, and each does all of '", entry.name, "'");
            status = run();
        });
    }
    app.footer("'friedel help COMMAND', or COMMAND --help, shows the options of one.");
    const std::vector<std::string> words = words_of(argc, argv);
    if (words.empty()) {
        std::cerr << app.help();
        return usage_status;
    }
    try {
        app.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // which takes the last word first
        return status;
    } catch (const CLI::ParseError& error) {
        const bool is_word = !words[0].empty() && words[0][0] != '-';
        if (is_word && app.get_subcommands().empty()) return no_such_command(words[0]);
        return app.exit(error) == 0 ? 0 : usage_status;
    } catch (const UsageError& error) {
        tell(without_controls(error.what()));
        return usage_status;
    } catch (const std::bad_alloc&) {
        std::cerr << "friedel: out of memory; use smaller batches or fewer files at a time\n";  // allocates nothing
    } catch (const std::exception& error) {
        tell(without_controls(error.what()));
        // As a shell says of a program that a signal ended.
        if (interrupting_signal()) return signal_status + interrupting_signal();
    }
    return 1;
}

// What was printed may still lie in a buffer, and the disk behind a redirection may be full.
int with_output_written(int status) {
    std::cout.flush();
    const bool written = std::cout.good() && std::fflush(stdout) == 0 && !std::ferror(stdout);
    if (written || errno == EPIPE) return status;  // whoever read it had enough
    tell("standard output: writing failed (", std::strerror(errno), "); check the space on the disk");
    return status == 0 ? 1 : status;
}

}  // namespace friedel::tools

int main(int argc, char** argv) {
    const int status = friedel::tools::with_output_written(friedel::tools::main(argc, argv));
    friedel::leave_where_threads_may_hang(status);
    return status;
}
