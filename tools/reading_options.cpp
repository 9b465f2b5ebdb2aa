#include "tools/reading_options.h"

#include "tools/options.h"

namespace friedel::tools {

void add_reading_options(CLI::App& app, ReadingOptions& reading, const std::string& of_what) {
    add_wavelength_option(app, reading.wavelength, of_what);
    app.add_flag(
        "--keep-humps", reading.keep_humps,
        "Leave in what is wider than lines, as glass makes it, a rise at the start of the scan, and steps in the background; "
        "they are taken off otherwise");
    app.add_flag(
        "--keep-spikes", reading.keep_spikes,
        "Leave in single points far above both neighbours, narrower than any line of the pattern, as cosmic rays make them; they are taken "
        "off otherwise, and results note where");
}

CLI::Option* add_strip_option(CLI::App& app, bool& strip_k_alpha_2, const std::string& remark) {
    return app.add_flag("--strip-kalpha2", strip_k_alpha_2,
                        "Take the second line of the tube's doublet off first (Rachinger's correction)" + remark);
}

CLI::Option* add_min_coverage_option(CLI::App& app, double& min_coverage, const std::string& help) {
    return app.add_option("--min-coverage", min_coverage, help)->capture_default_str()->check(within(0.0, 1.0));
}

PatternReaderConfig ReadingOptions::config(const Grid& grid, double wavelength_angstrom, int threads) const {
    PatternReaderConfig config;
    config.grid = grid;
    config.model_wavelength = wavelength_angstrom;
    config.given_wavelength = wavelength;
    config.strip_k_alpha_2 = strip_k_alpha_2;
    config.keep_humps = keep_humps;
    config.keep_spikes = keep_spikes;
    config.min_coverage = min_coverage;
    config.threads = threads;
    return config;
}

}  // namespace friedel::tools
