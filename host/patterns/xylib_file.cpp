// Formats that xylib reads rightly: Bruker RAW of versions 1 and 2, Philips UDF, powder CIF. The only module that knows xylib.
#include <xylib/xylib.h>

#include <algorithm>
#include <memory>
#include <sstream>

#include "host/patterns/instrument_files.h"
#include "host/patterns/pattern_axis.h"
#include "host/patterns/stated_wavelength.h"
#include "host/support/error.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

struct Format {
    const char* name;  // xylib's
    const char* what;
};

const Format* format_of(std::string_view bytes) {
    static constexpr Format raw = {"bruker_raw", "Bruker RAW file"}, udf = {"philips_udf", "Philips UDF file"},
                            cif = {"pdcif", "powder CIF"};
    constexpr std::size_t head = 1 << 16;
    const auto has = [&](const char* text) { return bytes.substr(0, head).find(text) != std::string_view::npos; };
    if (bytes.starts_with("RAW ") || bytes.starts_with("RAW2")) return &raw;
    if (bytes.starts_with("SampleIdent,")) return &udf;
    if ((bytes.starts_with("data_") || has("\ndata_")) && (has("\n_pd_meas_") || has("\n_pd_proc_") || has("\n_pd_calc_intensity")))
        return &cif;
    return nullptr;
}

// The number that any of the keys has, of the file or of the scan; 0 where none has.
double number_of(const xylib::DataSet& file, const xylib::Block& scan, std::initializer_list<const char*> keys) {
    for (const char* key : keys) {
        for (const xylib::MetaData* meta : {&scan.meta, &file.meta}) {
            if (!meta->has_key(key)) continue;
            const std::string value = meta->get(key);
            std::string_view text = value;
            if (const std::optional<double> number = take_number(text)) return *number;
        }
    }
    return 0;
}

// Columns by what a powder CIF calls them; other formats have angle and intensity alone. -1: there is none.
int column_of(const xylib::Block& scan, std::initializer_list<const char*> names) {
    for (const char* name : names) {
        for (int i = 1; i <= scan.get_column_count(); ++i) {
            if (scan.get_column(i).get_name() == name) return i;
        }
    }
    return -1;
}

struct AxisColumn {
    int number = -1;  // -1: there is none
    PatternAxis axis;
};

AxisColumn axis_of(const xylib::Block& scan) {
    const int angle = column_of(scan, {"meas_2theta_scan", "meas_2theta_corrected", "proc_2theta_corrected", "meas_2theta", "proc_2theta"});
    if (angle >= 0) return {angle, two_theta_in_degrees};
    const int d = column_of(scan, {"proc_d_spacing"});
    if (d >= 0) return {d, PatternAxis{AxisQuantity::d}};
    return {column_of(scan, {"proc_recip_len_Q", "proc_recip_len_q"}), PatternAxis{AxisQuantity::q}};
}

PatternAxis take_columns(MeasuredPattern& pattern, const xylib::Block& scan, bool cif, const std::string& name) {
    const AxisColumn column = cif ? axis_of(scan) : AxisColumn{1, two_theta_in_degrees};
    const int angle = column.number;
    const int intensity = cif ? column_of(scan, {"meas_counts_total", "meas_intensity_total", "meas_counts_net", "meas_intensity_net",
                                                 "proc_intensity_total", "proc_intensity_net"})
                              : 2;
    if (angle < 0 || intensity < 0) {
        fail(name, ": a powder CIF without ",
             angle < 0 ? "angles (_pd_meas_2theta_scan or a range and increment)"
                       : "measured intensities (_pd_meas_counts_total and the like)",
             export_as_text);
    }
    const xylib::Column &x = scan.get_column(angle), &y = scan.get_column(intensity);
    const int points = scan.get_point_count();
    for (int i = 0; i < points; ++i) {
        pattern.two_theta_deg.push_back(x.get_value(i));
        pattern.intensity.push_back(y.get_value(i));
    }
    return column.axis;
}

// What the anode's name says, of a CIF that gives no number.
double wavelength_by_name(const xylib::DataSet& file, const xylib::Block& scan) {
    StatedWavelength stated;
    for (const xylib::MetaData* meta : {&scan.meta, &file.meta}) {
        for (const char* key : {"diffrn_radiation_type", "diffrn_source_target"}) {
            if (meta->has_key(key)) stated.read("radiation: " + meta->get(key));
        }
    }
    return stated.angstrom();
}

bool is_of_neutrons(const xylib::DataSet& file, const xylib::Block& scan) {
    constexpr const char* key = "diffrn_radiation_probe";
    for (const xylib::MetaData* meta : {&scan.meta, &file.meta}) {
        if (meta->has_key(key) && lower_case(meta->get(key)).find("neutron") != std::string::npos) return true;
    }
    return false;
}

}  // namespace

std::optional<MeasuredPattern> parse_with_xylib(std::string_view bytes, const std::string& name) {
    const Format* const format = format_of(bytes);
    if (!format) return std::nullopt;
    // xylib takes what there is of a list that has no end.
    if (std::string_view(format->name) == "philips_udf" && bytes.substr(0, bytes.find_last_not_of(" \r\n\t\x1a") + 1).back() != '/')
        fail(name, ": ends early; it is truncated, copy it again");
    MeasuredPattern pattern;
    try {
        std::istringstream stream{std::string(bytes)};
        const std::unique_ptr<xylib::DataSet> file(xylib::load_stream(stream, format->name));
        const bool cif = std::string_view(format->name) == "pdcif";
        const xylib::Block* scan = nullptr;
        for (int i = 0; i < file->get_block_count(); ++i) {
            const xylib::Block* const block = file->get_block(i);
            if (cif && axis_of(*block).number < 0) {
                if (column_of(*block, {"meas_time_of_flight"}) >= 0)
                    fail(name, ": a powder CIF over time of flight; scans over 2theta, d or Q can be read");
                continue;
            }
            if (scan) fail(name, ": holds several scans; export one of them");
            scan = block;
        }
        if (!scan && cif) return std::nullopt;  // a structure that mentions its powder pattern
        if (!scan) fail(name, ": a ", format->what, " without a scan; export it again");
        const PatternAxis axis = take_columns(pattern, *scan, cif, name);
        const double ratio = number_of(*file, *scan, {"RatioAlpha21", "INTENSITY_RATIO"});
        pattern.wavelength_angstrom =
            mean_k_alpha(number_of(*file, *scan, {"K_ALPHA1", "LAMDA1", "LabdaAlpha1", "diffrn_radiation_wavelength"}),
                         number_of(*file, *scan, {"K_ALPHA2", "LAMDA2", "LabdaAlpha2"}), ratio);
        if (cif && is_of_neutrons(*file, *scan)) pattern.neutrons = "its _diffrn_radiation_probe is neutrons";
        if (cif && pattern.wavelength_angstrom == 0) pattern.wavelength_angstrom = wavelength_by_name(*file, *scan);
        convert_axis(pattern, axis);
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {  // of xylib, whose messages run over several lines
        std::string reason = error.what();
        std::replace(reason.begin(), reason.end(), '\n', ' ');
        fail(name, ": is no whole ", format->what, " (", reason, "); it is truncated or damaged, export it again");
    }
    return pattern;
}

}  // namespace friedel
