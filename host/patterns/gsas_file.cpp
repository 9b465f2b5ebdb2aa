// GSAS powder data of constant wavelength: "BANK n channels records CONST start step 0 0 TYPE", start and step in hundredths of a degree.
// TYPE STD: ten fields of eight columns a line, two for the count of counters and six for the intensity; ESD: five pairs of intensity and
// standard deviation; FXYE and FXY: angle in hundredths of a degree, intensity (and standard deviation) a line.
#include <sstream>

#include "host/patterns/instrument_files.h"
#include "host/patterns/stated_wavelength.h"
#include "host/support/error.h"

namespace friedel {

namespace {

struct Bank {
    std::size_t channels = 0;
    double start_deg = 0, step_deg = 0;
    std::string type;
};

Bank parse_bank(const std::string& line, const std::string& name) {
    std::istringstream words(line);
    std::string bank, number, records, binning;
    Bank result;
    double start = 0, step = 0, unused = 0;
    words >> bank >> number >> result.channels >> records >> binning >> start >> step >> unused >> unused >> result.type;
    if (!words && result.type.empty()) result.type = "STD";
    if (!binning.starts_with("CONS"))
        fail(name, ": a GSAS file with '", binning, "' steps; only CONST, of constant wavelength, can be read");
    if (!(step > 0) || result.channels == 0) fail(name, ": its BANK line states no channels or no step; export it again");
    result.start_deg = start / 100;
    result.step_deg = step / 100;
    return result;
}

// Up to `channels` intensities from fixed columns: the field of 8, of which the first 2 may count the counters.
void take_fields(MeasuredPattern& pattern, const std::string& line, const Bank& bank, bool with_sigma) {
    const std::size_t stride = with_sigma ? 16 : 8;
    for (std::size_t at = 0; at < line.size() && pattern.intensity.size() < bank.channels; at += stride) {
        const auto field = [&](std::size_t begin, std::size_t width) -> std::optional<double> {
            if (begin >= line.size()) return std::nullopt;
            std::string_view text = std::string_view(line).substr(begin, width);
            return take_number(text);
        };
        const std::optional<double> value = with_sigma ? field(at, 8) : field(at + 2, 6);
        if (!value) return;
        pattern.two_theta_deg.push_back(bank.start_deg + bank.step_deg * static_cast<double>(pattern.intensity.size()));
        pattern.intensity.push_back(*value);
        if (with_sigma) pattern.sigma.push_back(field(at + 8, 8).value_or(0));
    }
}

}  // namespace

MeasuredPattern parse_gsas(std::string_view bytes, const std::string& name) {
    std::istringstream in{std::string(bytes)};
    MeasuredPattern pattern;
    std::optional<Bank> bank;
    StatedWavelength stated;
    for (std::string line; std::getline(in, line);) {
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
        if (line.starts_with("BANK ")) {
            if (bank) fail(name, ": holds several banks; export one of them");
            bank = parse_bank(line, name);
            stated.apply_to(pattern);
        } else if (!bank) {
            stated.read(line);
        } else if (pattern.intensity.size() >= bank->channels || line.empty() || line.starts_with("#")) {
            continue;
        } else if (bank->type.starts_with("FXY")) {
            std::string_view text = line;
            const std::optional<double> angle = take_number(text), intensity = angle ? take_number(text) : std::nullopt;
            if (!intensity) fail(name, ": '", line.substr(0, 40), "' is not a row of numbers after BANK; export it again");
            pattern.two_theta_deg.push_back(*angle / 100);
            pattern.intensity.push_back(*intensity);
            if (bank->type == "FXYE") pattern.sigma.push_back(take_number(text).value_or(0));
        } else if (bank->type == "STD" || bank->type == "ESD") {
            take_fields(pattern, line, *bank, bank->type == "ESD");
        } else {
            fail(name, ": a GSAS file of type ", bank->type, "; STD, ESD and FXYE can be read");
        }
    }
    if (pattern.intensity.size() < bank->channels) {
        fail(name, ": ends after ", pattern.intensity.size(), " of ", bank->channels, " channels; it is truncated, copy it again");
    }
    return pattern;
}

}  // namespace friedel
