// friedel index: the unit cells that explain the lines of measured patterns, what is absent, and what that says of the space group.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>

#include "host/error.h"
#include "host/extinction.h"
#include "host/hdf5_file.h"
#include "host/crystal_statistics.h"
#include "host/indexing_opinion.h"
#include "host/labels.h"
#include "host/pattern_list.h"
#include "host/resample.h"
#include "host/space_groups.h"
#include "tools/command.h"

namespace friedel::tools {
namespace {

struct Options {
    std::vector<std::string> files;
    std::string labels, stack, output;
    int most = 1 << 30, first = 0, verbose = 0;
    bool tune = false;
};

int run(const Options& o) {
    const Grid grid{5, 0.02f, 4250};
    PatternList list = PatternList::of_paths(o.files);
    std::vector<int> truth;
    if (!o.labels.empty()) {
        const auto folder = std::filesystem::path(o.labels).parent_path();
        std::vector<std::string> files;
        for (const Label& label : read_labels(o.labels)) {
            if (!label.repeat_of.empty()) continue;
            files.push_back((folder / label.file).string());
            truth.push_back(label.space_group);
        }
        list = PatternList::of_files(files);
    } else if (!o.stack.empty()) {
        const H5File file = H5File::open_any(o.stack);
        for (auto g : file.read<std::uint16_t>("space_group")) truth.push_back(g);
        list = PatternList::of_paths({o.stack});
    }
    std::vector<double> frequency(230);
    {
        const auto counts = CrystalStatistics::shipped().group_count;
        double all = 0;
        for (auto c : counts) all += c + 0.5;
        for (std::size_t g = 0; g < 230; ++g) frequency[g] = (counts[g] + 0.5) / all;
    }
    std::vector<IndexingOpinion> all_opinions;
    FILE* out = o.output.empty() ? nullptr : std::fopen(o.output.c_str(), "w");
    int group_right[7] = {}, extinction_right[7] = {};
    int right[7] = {}, first5[7] = {}, count[7] = {}, system_right[7] = {};
    double seconds = 0;
    std::vector<double> times;
    for (std::size_t i = 0; i < list.size() && static_cast<int>(i) < o.most; ++i) {
        const MeasuredPattern measured = list.read(i);
        std::vector<float> pattern(static_cast<std::size_t>(grid.points));
        resample(pattern.data(), grid, measured);
        const auto begin = std::chrono::steady_clock::now();
        const IndexingOpinion opinion = indexing_opinion(pattern.data(), grid, frequency);
        const ObservedLines& lines = opinion.lines;
        std::vector<IndexedCell> cells;
        for (const auto& c : opinion.cells) cells.push_back(c.cell);
        const double peak_s = 0;
        const auto& pr = opinion.probabilities;
        const int answer = static_cast<int>(std::max_element(pr.begin(), pr.end()) - pr.begin()) + 1;
        const std::size_t top_cell = static_cast<std::size_t>(std::max_element(opinion.cells.begin(), opinion.cells.end(), [](const auto& a, const auto& b) { return a.weight < b.weight; }) - opinion.cells.begin());
        const double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        seconds += s;
        times.push_back(s);
        const int group = truth.empty() ? 0 : truth[i];
        const char* wanted = group ? bravais_name(bravais_of(group)) : "?";
        if (group) {
            const int system = crystal_system(group);
            ++count[system];
            if (!cells.empty() && cells[top_cell].lattice == bravais_of(group)) ++right[system];
            group_right[system] += answer == group;
            extinction_right[system] += extinction_group(answer) == extinction_group(group);
            system_right[system] += crystal_system(answer) == system;
            for (std::size_t c = 0; c < cells.size() && c < 5; ++c) {
                if (cells[c].lattice == bravais_of(group)) {
                    ++first5[system];
                    break;
                }
            }
        }
        all_opinions.push_back(opinion);
        all_opinions.back().lines = {};
        if (out) {
            std::fprintf(out, "%s,%d,%d,%.4f,%.1f,%zu,%s", list.name(i).c_str(), group, answer, opinion.indexed, cells.empty() ? -99.0 : cells[0].evidence, lines.lines.size(), cells.empty() ? "?" : bravais_name(cells[top_cell].lattice));
            for (float x : pr) std::fprintf(out, ",%.3g", static_cast<double>(x));
            std::fprintf(out, "\n");
            std::fflush(out);
        }
        if (o.verbose > 0) {
            std::printf("%s answer %d (%.3f) indexed %.2f true %d %s: %zu lines fwhm %.3f..%.3f eta %.2f r %.1f noise %.4f rest %.3f, %.2f + %.2f s\n", list.name(i).c_str(), answer, static_cast<double>(pr[static_cast<std::size_t>(answer - 1)]), opinion.indexed, group, wanted,
                        lines.lines.size(), lines.shape.fwhm_deg(20), lines.shape.fwhm_deg(80), lines.shape.eta, lines.shape.second_ratio,
                        static_cast<double>(lines.noise[2000]), lines.remainder, peak_s, s - peak_s);
            for (std::size_t c = 0; c < cells.size() && static_cast<int>(c) < o.verbose; ++c) {
                const auto cell = cell_of(cells[c].reciprocal);
                std::printf("   %s %.3f %s: %8.4f %8.4f %8.4f %7.3f %7.3f %7.3f V %8.1f shift %6.3f evidence %7.1f M20 %6.1f %d of %d\n",
                            bravais_name(cells[c].lattice), opinion.cells[c].weight, opinion.cells[c].setting < 0 ? "-" : space_group_symbol(absence_settings(cells[c].lattice)[static_cast<std::size_t>(opinion.cells[c].setting)].space_groups.back()), cell[0], cell[1], cell[2], cell[3], cell[4], cell[5], volume_of(cells[c].reciprocal),
                            cells[c].shift_deg, cells[c].evidence, cells[c].m20, cells[c].indexed, cells[c].lines);
            }
            if (o.verbose > 20) {
                for (const auto& l : lines.lines) std::printf("      %8.3f +- %.3f %7.4f %7.1f\n", l.two_theta_deg, l.sigma_deg, l.height, l.significance);
            }
        }
    }
    int t[6] = {};
    for (int s = 0; s <= 7; ++s) {
        const int row[6] = {s < 7 ? count[s] : t[0], s < 7 ? right[s] : t[1], s < 7 ? first5[s] : t[2], s < 7 ? system_right[s] : t[3], s < 7 ? extinction_right[s] : t[4], s < 7 ? group_right[s] : t[5]};
        if (!row[0]) continue;
        std::printf("%-12s %4d  lattice %5.1f %% (first five cells %5.1f %%)  system %5.1f %%  extinction group %5.1f %%  space group %5.1f %%\n", s < 7 ? crystal_system_name(s) : "all", row[0],
                    100.0 * row[1] / row[0], 100.0 * row[2] / row[0], 100.0 * row[3] / row[0], 100.0 * row[4] / row[0], 100.0 * row[5] / row[0]);
        if (s < 7) for (int j = 0; j < 6; ++j) t[j] += row[j];
    }
    if (o.tune) {
        for (double e : {0.15, 0.25, 0.4, 0.6, 1.0}) {
            for (double a : {0.1, 0.2, 0.3, 0.45, 0.6, 1.0}) {
                for (double pp : {0.7, 1.0}) {
                    int ok = 0, ext = 0, sys = 0;
                    OpinionConfig w;
                    w.evidence_power = e, w.absence_power = a, w.prior_power = pp;
                    for (std::size_t i = 0; i < all_opinions.size(); ++i) {
                        weigh(all_opinions[i], frequency, w);
                        const auto& pr = all_opinions[i].probabilities;
                        const int answer = static_cast<int>(std::max_element(pr.begin(), pr.end()) - pr.begin()) + 1;
                        ok += answer == truth[i], ext += extinction_group(answer) == extinction_group(truth[i]), sys += crystal_system(answer) == crystal_system(truth[i]);
                    }
                    const double n = static_cast<double>(all_opinions.size()) / 100;
                    std::printf("evidence %.2f absence %.2f prior %.1f: group %.1f extinction %.1f system %.1f\n", e, a, pp, ok / n, ext / n, sys / n);
                }
            }
        }
    }
    std::sort(times.begin(), times.end());
    if (!times.empty()) std::printf("seconds: median %.2f, mean %.2f, longest %.2f\n", times[times.size() / 2], seconds / static_cast<double>(times.size()), times.back());
    return 0;
}

}  // namespace

std::function<int()> index_command(CLI::App& app) {
    const auto o = std::make_shared<Options>();
    app.add_option("PATTERNS", o->files, "Pattern files");
    app.add_option("--labels", o->labels, "CSV with columns file,space_group");
    app.add_option("--stack", o->stack, "Simulated patterns with their groups");
    app.add_option("-o", o->output, "Probabilities, CSV");
    app.add_flag("--tune", o->tune, "");
    app.add_option("-n", o->most, "At most");
    app.add_option("-v", o->verbose, "Cells to print");
    return [o] { return run(*o); };
}

}  // namespace friedel::tools
