#include "tools/options.h"

#include <charconv>
#include <cstdint>
#include <sstream>

#include "host/support/radiation.h"

namespace friedel::tools {

CLI::Validator within(double low, double high) {
    std::ostringstream name;
    name << "in [" << low << ", " << high << "]";
    return CLI::Validator(
        [low, high, range = name.str()](std::string& text) {
            double value = 0;
            const bool inside = CLI::detail::lexical_cast(text, value) && value >= low && value <= high;
            return inside ? std::string() : text + " is not " + range;
        },
        name.str());
}

CLI::Validator above_zero() {
    return CLI::Validator(
        [](std::string& text) {
            double value = 0;
            return CLI::detail::lexical_cast(text, value) && value > 0 && value < 1e300 ? std::string() : text + " is not above 0";
        },
        "above 0");
}

CLI::Validator not_empty() {
    return CLI::Validator([](std::string& text) { return text.empty() ? std::string("no name given") : std::string(); }, "");
}

CLI::Validator seed_range() {
    return CLI::Validator(
        [](std::string& text) {
            std::int64_t value = 0;
            const char* const text_end = text.data() + text.size();
            const auto [end, error] = std::from_chars(text.data(), text_end, value);
            const bool good = error == std::errc() && end == text_end && value >= 0;
            return good ? std::string() : text + " is no whole number from 0 to 9223372036854775807";
        },
        "");
}

CLI::Option* add_wavelength_option(CLI::App& app, double& wavelength, const std::string& help) {
    const auto by_anode = [](std::string& text) {
        const std::string typed = text;
        double value = 0;
        if (!CLI::detail::lexical_cast(text, value)) {
            // "cu-kb" is a radiation to simulate: the doublet with a little K-beta.
            const bool one = typed.find(',') == typed.npos && !typed.ends_with("-kb") && !typed.ends_with("-tube");
            try {
                value = one ? mean_wavelength(parse_radiation(typed)) : 0;
            } catch (const Error&) {
                value = 0;
            }
            text = std::to_string(value);
        }
        if (!(value >= shortest_wavelength && value <= longest_wavelength))
            return "'" + typed + "' is neither one wavelength of 0.05 to 5 angstrom nor an anode; Cu is 1.5418 or cu, Mo 0.7107 or mo";
        return std::string();
    };
    return app.add_option("--wavelength", wavelength, help + "; in angstrom, or cu, co, cr, fe, ni, mo, ag")
        ->transform(CLI::Validator(by_anode, ""))
        ->type_name("WAVELENGTH");
}

CLI::Option* add_threads_option(CLI::App& app, int& threads) {
    return app.add_option("--threads", threads, "Cores to use; 0: all")->capture_default_str()->check(within(0, 1024));
}

CLI::Option* add_quiet_option(CLI::App& app, bool& quiet) { return app.add_flag("-q,--quiet", quiet, "Show no progress and no summary"); }

void add_device_options(CLI::App& app, DeviceChoice& choice) {
    const auto complaint = [](const DeviceChoice& wanted) { return complaint_of([&] { check_device_choice(wanted); }); };
    app.add_option("--device", choice.device, "auto (the first CUDA device, or else the processor), cpu, cuda or cuda:N")
        ->capture_default_str()
        ->check([complaint](const std::string& device) {
            return complaint({device, "auto"});
        });
    app.add_option("--precision", choice.precision,
                   "Of what matrix products multiply: auto (bf16 on a CUDA device, float on the processor), bf16, tf32 or float")
        ->capture_default_str()
        ->check([complaint](const std::string& precision) {
            return complaint({"cpu", precision});
        });
}

void add_indexing_option(CLI::App& app, std::optional<bool>& indexing) {
    app.add_flag_callback(
        "--indexing", [&indexing] { indexing = true; },
        "Index each pattern as well (some tenths of a second of a core): its unit cell and absences count beside the other opinions. "
        "On by default where structures are searched");
    app.add_flag_callback(
        "--no-indexing", [&indexing] { indexing = false; }, "Leave that out");
}

bool decide_indexing(const std::optional<bool>& asked, bool structures_searched, const Model& model) {
    if (model.target == Target::space_group) return asked.value_or(structures_searched);
    if (asked.value_or(false)) fail("--indexing: the model names crystal systems, indexing space groups; leave it out");
    return false;
}

}  // namespace friedel::tools
