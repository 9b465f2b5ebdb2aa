#include "host/patterns/instrument_files.h"

#include <charconv>

#include "host/support/error.h"
#include "host/support/radiation.h"

namespace friedel {

namespace {

bool has_gsas_bank(std::string_view bytes) {
    const std::string_view head = bytes.substr(0, 16384);
    return head.starts_with("BANK ") || head.find("\nBANK ") != std::string_view::npos;
}

bool is_uxd(std::string_view bytes) {
    const std::string_view head = bytes.substr(0, 1 << 16);
    return head.find("_FILEVERSION") != std::string_view::npos && head.find("_STEPSIZE") != std::string_view::npos;
}

}  // namespace

double mean_k_alpha(double alpha1, double alpha2, double ratio) {
    if (!may_be_stated(alpha1)) return 0;
    if (!may_be_stated(alpha2) || ratio > 1) return alpha1;
    const double second = ratio > 0 ? ratio : 0.5;
    return (alpha1 + second * alpha2) / (1 + second);
}

std::optional<double> take_number(std::string_view& text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n,\"");
    if (first == std::string_view::npos) return std::nullopt;
    const char* begin = text.data() + first;
    const char* const end = text.data() + text.size();
    if (*begin == '+') ++begin;
    double value = 0;
    const auto [stop, error] = std::from_chars(begin, end, value);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    return value;
}

std::optional<MeasuredPattern> parse_instrument_file(std::string_view bytes, const std::string& name) {
    std::optional<MeasuredPattern> pattern;
    if (bytes.starts_with("RAW1.01") || bytes.starts_with("RAW4.00")) {
        pattern = parse_bruker_raw(bytes, name);
    } else if (bytes.starts_with("*RAS_DATA_START")) {
        pattern = parse_ras(bytes, name);
    } else if (bytes.starts_with("<") && bytes.substr(0, 4096).find("xrdMeasurement") != std::string_view::npos) {
        pattern = parse_xrdml(bytes, name);
    } else if (bytes.starts_with("RAW_1.06Powdat")) {
        pattern = parse_stoe_raw(bytes, name);
    } else if (bytes.starts_with("SIETRONICS XRD SCAN")) {
        pattern = parse_sietronics(bytes, name);
    } else if (has_gsas_bank(bytes)) {
        pattern = parse_gsas(bytes, name);
    } else if (is_uxd(bytes)) {
        pattern = parse_uxd(bytes, name);
    } else {
        pattern = parse_with_xylib(bytes, name);
        if (!pattern) pattern = parse_jade(bytes, name);
    }
    if (!pattern) return std::nullopt;
    pattern->name = name;
    check_pattern(*pattern);
    return pattern;
}

}  // namespace friedel
