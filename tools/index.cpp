// friedel index: the unit cells that explain the lines of measured patterns, what is absent, and what that says of the space group.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>

#include "host/error.h"
#include "host/extinction.h"
#include "host/hdf5_file.h"
#include "host/indexing.h"
#include "host/labels.h"
#include "host/pattern_list.h"
#include "host/resample.h"
#include "host/space_groups.h"
#include "tools/command.h"

namespace friedel::tools {
namespace {

struct Options {
    std::vector<std::string> files;
    std::string labels, stack;
    int most = 1 << 30, verbose = 0;
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
    int right[7] = {}, first5[7] = {}, count[7] = {}, system_right[7] = {};
    double seconds = 0;
    std::vector<double> times;
    for (std::size_t i = 0; i < list.size() && static_cast<int>(i) < o.most; ++i) {
        const MeasuredPattern measured = list.read(i);
        std::vector<float> pattern(static_cast<std::size_t>(grid.points));
        resample(pattern.data(), grid, measured);
        const auto begin = std::chrono::steady_clock::now();
        const ObservedLines lines = find_lines(pattern.data(), grid);
        const auto middle = std::chrono::steady_clock::now();
        const auto cells = index_pattern(lines);
        const double peak_s = std::chrono::duration<double>(middle - begin).count();
        const double s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        seconds += s;
        times.push_back(s);
        const int group = truth.empty() ? 0 : truth[i];
        const char* wanted = group ? bravais_name(bravais_of(group)) : "?";
        if (group) {
            const int system = crystal_system(group);
            ++count[system];
            if (!cells.empty() && cells[0].lattice == bravais_of(group)) ++right[system];
            if (!cells.empty() && (lattice_system(cells[0].lattice) == system || (system == 4 && cells[0].lattice == Bravais::hP))) ++system_right[system];
            for (std::size_t c = 0; c < cells.size() && c < 5; ++c) {
                if (cells[c].lattice == bravais_of(group)) {
                    ++first5[system];
                    break;
                }
            }
        }
        if (o.verbose > 0) {
            std::printf("%s true %d %s: %zu lines fwhm %.3f..%.3f eta %.2f r %.1f noise %.4f rest %.3f, %.2f + %.2f s\n", list.name(i).c_str(), group, wanted,
                        lines.lines.size(), lines.shape.fwhm_deg(20), lines.shape.fwhm_deg(80), lines.shape.eta, lines.shape.second_ratio,
                        static_cast<double>(lines.noise[2000]), lines.remainder, peak_s, s - peak_s);
            for (std::size_t c = 0; c < cells.size() && static_cast<int>(c) < o.verbose; ++c) {
                const auto cell = cell_of(cells[c].reciprocal);
                std::printf("   %s %8.4f %8.4f %8.4f %7.3f %7.3f %7.3f V %8.1f shift %6.3f evidence %7.1f M20 %6.1f %d of %d\n",
                            bravais_name(cells[c].lattice), cell[0], cell[1], cell[2], cell[3], cell[4], cell[5], volume_of(cells[c].reciprocal),
                            cells[c].shift_deg, cells[c].evidence, cells[c].m20, cells[c].indexed, cells[c].lines);
            }
            if (o.verbose > 20) {
                for (const auto& l : lines.lines) std::printf("      %8.3f +- %.3f %7.4f %7.1f\n", l.two_theta_deg, l.sigma_deg, l.height, l.significance);
            }
        }
    }
    int all = 0, all_right = 0, all_five = 0, all_system = 0;
    for (int s = 0; s < 7; ++s) {
        if (!count[s]) continue;
        std::printf("%-12s %4d  lattice %5.1f %%  first five %5.1f %%  system %5.1f %%\n", crystal_system_name(s), count[s], 100.0 * right[s] / count[s],
                    100.0 * first5[s] / count[s], 100.0 * system_right[s] / count[s]);
        all += count[s], all_right += right[s], all_five += first5[s], all_system += system_right[s];
    }
    if (all) std::printf("%-12s %4d  lattice %5.1f %%  first five %5.1f %%  system %5.1f %%\n", "all", all, 100.0 * all_right / all, 100.0 * all_five / all, 100.0 * all_system / all);
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
    app.add_option("-n", o->most, "At most");
    app.add_option("-v", o->verbose, "Cells to print");
    return [o] { return run(*o); };
}

}  // namespace friedel::tools
