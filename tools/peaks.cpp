// friedel peaks: the reflection list of a CIF, as CSV.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <numeric>

#include "host/crystals/cif.h"
#include "host/simulation/peak_list.h"
#include "host/support/error.h"
#include "tools/command.h"
#include "tools/notices.h"
#include "tools/options.h"
#include "tools/usage_error.h"

namespace friedel::tools {

namespace {

struct Options {
    std::string file;
    std::string block;
    PeakListOptions list;
    std::vector<double> range{5, 90};
    int count = 100;
    bool count_given = false;
};

// The first few names that --block takes.
std::string blocks_of(const std::vector<Structure>& structures) {
    constexpr std::size_t few = 8;
    std::string names;
    for (std::size_t i = 0; i < std::min(structures.size(), few); ++i) {
        const std::string& name = structures[i].name;
        names += (i > 0 ? ", " : "") + name.substr(name.rfind('#') + 1);
    }
    return names + (structures.size() > few ? ", ..." : "");
}

int run(const Options& options) {
    const std::vector<Structure> structures = read_cif(options.file);
    const Structure* chosen = &structures.front();
    if (!options.block.empty()) {
        if (structures.size() == 1) fail(options.file, ": holds one structure; leave --block out");
        const auto found =
            std::find_if(structures.begin(), structures.end(), [&](const Structure& s) { return s.name.ends_with("#" + options.block); });
        if (found == structures.end())
            fail(options.file, ": no data block ", options.block, " with a structure; there are ", blocks_of(structures));
        chosen = &*found;
    } else if (structures.size() > 1) {
        fail(options.file, ": holds ", structures.size(), " structures; choose one with --block: ", blocks_of(structures));
    }
    tell_of_doubts(*chosen);
    PeakListOptions list = options.list;
    if (!(options.range[0] < options.range[1])) misused("--range must rise, not from ", options.range[0], " to ", options.range[1]);
    list.low_deg = options.range[0];
    list.high_deg = options.range[1];
    const std::vector<Peak> peaks = peak_list(*chosen, list);

    // The strongest, printed by ascending angle.
    std::vector<int> order(peaks.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return peaks[a].intensity > peaks[b].intensity; });
    if (options.count > 0 && order.size() > static_cast<std::size_t>(options.count)) {
        const std::size_t left_out = order.size() - static_cast<std::size_t>(options.count);
        order.resize(options.count);
        if (!options.count_given) tell(left_out, " weaker reflection", left_out > 1 ? "s" : "", " left out (--count 0 prints all)");
    }
    std::sort(order.begin(), order.end());
    std::puts("two_theta_deg,d_angstrom,h,k,l,multiplicity,f_squared,intensity");
    for (int i : order) {
        const Peak& p = peaks[i];
        std::printf("%.6f,%.7f,%d,%d,%d,%d,%.6g,%.6f\n", p.two_theta_deg, p.d_angstrom, p.h, p.k, p.l, p.multiplicity, p.f_squared,
                    p.intensity);
    }
    return 0;
}

}  // namespace

std::function<int()> peaks_command(CLI::App& app) {
    const auto options = std::make_shared<Options>();
    app.add_option("FILE", options->file, "CIF file; its own symmetry and atoms are used as they stand")->required();
    add_wavelength_option(app, options->list.wavelength, "Of the radiation, 1.54184 where it is not given");
    app.add_option("--range", options->range, "Lowest and highest two-theta in degrees")
        ->expected(2)
        ->type_name("LO HI")
        ->capture_default_str()
        ->check(within(0, 180));
    app.add_flag("--anomalous", options->list.anomalous, "Add f' and f'' (Cromer and Liberman)");
    app.add_option("--default-b", options->list.default_b_iso, "B in angstrom^2 for atoms without a displacement parameter")
        ->check(within(0, 100))
        ->capture_default_str();
    auto* const count = app.add_option("--count", options->count, "Print this many of the strongest reflections (0: all)")
                            ->check(within(0, 1e9))
                            ->capture_default_str();
    app.add_option("--block", options->block, "Data block, where the file holds several structures");
    app.footer(
        "Intensities are percentages of the strongest line; reflections that coincide are rows of their own and add up.\n"
        "Example: friedel peaks data/minerals/quartz.cif --range 20 60");
    return [options, count] {
        options->count_given = count->count() > 0;
        return run(*options);
    };
}

}  // namespace friedel::tools
