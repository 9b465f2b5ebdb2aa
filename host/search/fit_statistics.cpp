#include "host/search/fit_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

#include "host/support/text_format.h"

namespace friedel {

namespace {

struct Quantity {
    const char* name;
    std::function<double(const FittedPattern&)> of;
};

std::vector<Quantity> quantities() {
    const auto width = [](const FittedPattern& p) { return std::sqrt(static_cast<double>(p.parameters.caglioti_w)); };
    const auto anisotropic = [](const FittedPattern& p) {
        const float* const s = p.parameters.strain;
        const double mean = static_cast<double>(s[0] + s[1] + s[2]) / 3;
        double largest = 0;
        for (int i = 0; i < 6; ++i) largest = std::max(largest, std::fabs(static_cast<double>(s[i]) - (i < 3 ? mean : 0)) / 2);
        return 100 * largest;
    };
    return {{"displacement, degrees", [](const FittedPattern& p) { return static_cast<double>(p.parameters.displacement_deg); }},
            {"instrument's width, degrees", width},
            {"microstrain", [](const FittedPattern& p) { return static_cast<double>(p.parameters.microstrain); }},
            {"March-Dollase parameter", [](const FittedPattern& p) { return static_cast<double>(p.parameters.march_dollase); }},
            {"factor on displacement parameters", [](const FittedPattern& p) { return static_cast<double>(p.parameters.b_iso_scale); }},
            {"lattice against the library's, %", [](const FittedPattern& p) { return 100 * p.lattice_change; }},
            {"the same, anisotropic part, %", anisotropic}};
}

}  // namespace

std::string fit_summary(const std::vector<FittedPattern>& patterns) {
    std::vector<FittedPattern> believed;
    int wrong = 0, missing = 0;
    for (const FittedPattern& pattern : patterns) {
        if (pattern.similarity >= believed_similarity) believed.push_back(pattern);
        wrong += !pattern.answered_rightly;
        missing += !pattern.answered_rightly && !pattern.right_group_found;
    }
    std::string out;
    print(out, "\n%d wrong answers; in %d of them no candidate has the right space group\n", wrong, missing);
    print(out, "%zu patterns that a structure of the right space group fits with a similarity of %.2f or more; quantiles:\n",
          believed.size(), static_cast<double>(believed_similarity));
    if (believed.empty()) return out;
    constexpr double levels[] = {0.05, 0.25, 0.5, 0.75, 0.95};
    print(out, "%-34s", "");
    for (double level : levels) print(out, "%9.0f %%", 100 * level);
    for (const Quantity& quantity : quantities()) {
        std::vector<double> values;
        for (const FittedPattern& pattern : believed) values.push_back(quantity.of(pattern));
        std::sort(values.begin(), values.end());
        print(out, "\n%-34s", quantity.name);
        for (double level : levels)
            print(out, "%11.4g", values[static_cast<std::size_t>(level * static_cast<double>(values.size() - 1) + 0.5)]);
    }
    return out + "\n";
}

}  // namespace friedel
