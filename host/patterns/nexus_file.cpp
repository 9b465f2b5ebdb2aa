#include "host/patterns/nexus_file.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "host/patterns/instrument_files.h"
#include "host/patterns/stated_wavelength.h"
#include "host/support/error.h"
#include "host/support/joined.h"
#include "host/support/text_format.h"

namespace friedel {

namespace {

constexpr int deepest = 8;  // links may run in circles

std::string text_attribute(const H5File& file, const std::string& object, const std::string& name) {
    return file.has_attribute(object, name) ? file.read_text_attribute(object, name) : std::string();
}

// The group that the attributes `default` lead to, from this one on: itself where they lead nowhere.
std::string default_group(const H5File& file, std::string group) {
    for (int depth = 0; depth < deepest; ++depth) {
        const std::string next = text_attribute(file, group.empty() ? "/" : group, "default");
        if (next.empty() || !file.exists(group + "/" + next)) break;
        group += "/" + next;
    }
    return group;
}

struct Quantity {
    double value = 0;
    std::string units;    // in lower case
    bool varies = false;  // it holds several values
};

Quantity first_of(const H5File& file, const std::string& group, std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const std::string path = group + "/" + name;
        if (!file.exists(path) || file.is_group(path)) continue;
        const std::vector<double> values = file.read<double>(path);
        if (values.empty()) continue;
        const auto [least, most] = std::minmax_element(values.begin(), values.end());
        constexpr double doublet = 0.01;  // relative: the lines of one are nearer to each other
        return {values.front(), lower_case(text_attribute(file, path, "units")), *most - *least > doublet * std::abs(values.front())};
    }
    return {};
}

double angstrom_of_wavelength(const Quantity& length) {
    const bool metres = length.units == "m" || length.value < 1e-8;
    return length.value * (metres                                                      ? 1e10
                           : length.units == "nm" || length.units.starts_with("nanom") ? 10
                           : length.units == "pm"                                      ? 0.01
                                                                                       : 1);
}

// 0 for energies of another unit. Without one they are what photons of powders may have: tens of keV, or thousands of eV.
double angstrom_of_energy(const Quantity& energy) {
    constexpr double joule_per_kev = 1.602176634e-16;
    constexpr double least_kev = 4, most_kev = 200;
    const auto may_be_kev = [&](double kev) { return kev >= least_kev && kev <= most_kev; };
    const bool is_bare = energy.units.empty();
    const double kev = is_bare && may_be_kev(energy.value)          ? energy.value
                       : is_bare && may_be_kev(energy.value / 1000) ? energy.value / 1000
                       : energy.units == "kev"                      ? energy.value
                       : energy.units == "ev"                       ? energy.value / 1000
                       : energy.units == "j"                        ? energy.value / joule_per_kev
                                                                    : 0;
    return kev > 0 ? kev_angstrom / kev : 0;
}

// The groups below `group` that may say what the beam was, by their class: names are anybody's choice. Those without a class go by the
// name that the standard's examples have.
struct Beam {
    std::string group;
    bool is_source = false;  // whose energy is that of its electrons
};
void find_beams(std::vector<Beam>& found, const H5File& file, const std::string& group, int depth) {
    if (depth == deepest) return;
    for (const std::string& child : file.children(group)) {
        const std::string path = group + "/" + child, type = file.is_group(path) ? text_attribute(file, path, "NX_class") : "not a group";
        const auto is = [&](const char* class_name, const char* name) { return type.empty() ? child == name : type == class_name; };
        const bool is_source = is("NXsource", "source");
        const bool is_crystal = type == "NXcrystal";  // where NXmonopd has it
        if (is_source || is_crystal || is("NXbeam", "beam") || is("NXmonochromator", "monochromator")) found.push_back({path, is_source});
        if (is("NXinstrument", "instrument") || is("NXsample", "sample") || type == "NXmonochromator")
            find_beams(found, file, path, depth + 1);
    }
}

struct BeamWavelength {
    double angstrom = 0;  // 0 where the entry states neither a wavelength nor the energy of its photons
    bool varies = false;
};

// In the notes of pyFAI, JSON with lengths in metres.
double angstrom_of_notes(const H5File& file, const std::string& group, int depth) {
    constexpr std::string_view key = "\"wavelength\":";
    if (depth == deepest) return 0;
    for (const std::string& child : file.children(group)) {
        const std::string path = group + "/" + child;
        if (!file.is_group(path)) continue;
        if (text_attribute(file, path, "NX_class") == "NXnote" && file.exists(path + "/data")) {
            std::string text;
            try {
                text = file.read_text(path + "/data");
            } catch (const Error&) {  // notes may be pictures
            }
            std::size_t at = text.find(key);
            if (at != std::string::npos) at = text.find_first_not_of(" \n", at + key.size());
            double metres = 0;
            if (at != std::string::npos) std::from_chars(text.data() + at, text.data() + text.size(), metres);
            if (metres > 0) return angstrom_of_wavelength({metres, "m"});
        }
        if (const double angstrom = angstrom_of_notes(file, path, depth + 1); angstrom > 0) return angstrom;
    }
    return 0;
}

// What the sources' anodes say: "target_material", a symbol.
double angstrom_of_anodes(const H5File& file, const std::vector<Beam>& beams) {
    StatedWavelength stated;
    for (const Beam& beam : beams) {
        const std::string path = beam.group + "/target_material";
        if (!beam.is_source || !file.exists(path) || file.is_group(path)) continue;
        try {
            stated.read("anode: " + file.read_text(path));
        } catch (const Error&) {  // no text
        }
    }
    return stated.angstrom();
}

// Of the entry that holds a scan.
BeamWavelength wavelength_of(const H5File& file, const std::string& entry, const std::string& scan) {
    std::vector<Beam> beams;
    find_beams(beams, file, entry, 0);
    beams.push_back({entry});
    for (const Beam& beam : beams) {
        const Quantity length = first_of(file, beam.group, {"incident_wavelength", "wavelength"});
        if (length.value > 0) return {angstrom_of_wavelength(length), length.varies};
    }
    for (const Beam& beam : beams) {
        if (beam.is_source) continue;
        const Quantity energy = first_of(file, beam.group, {"incident_energy", "energy"});
        const double wavelength = angstrom_of_energy(energy);
        if (wavelength > 0) return {wavelength, energy.varies};
    }
    const Quantity beside_signal = first_of(file, scan, {"incident_wavelength", "wavelength"});
    if (beside_signal.value > 0 && !beside_signal.varies) return {angstrom_of_wavelength(beside_signal)};
    const double anode = angstrom_of_anodes(file, beams);
    return {anode > 0 ? anode : angstrom_of_notes(file, entry, 0)};
}

// The names of the axes, one for each dimension, a dot for those without.
std::vector<std::string> axis_names(const H5File& file, const std::string& group) {
    if (!file.has_attribute(group, "axes")) return {};
    std::vector<std::string> axes = file.read_text_attributes(group, "axes");
    if (axes.size() != 1) return axes;
    std::vector<std::string> parts;  // as older files join them
    for (std::size_t begin = 0; begin <= axes[0].size();) {
        const std::size_t end = std::min(axes[0].find(':', begin), axes[0].size());
        parts.push_back(axes[0].substr(begin, end - begin));
        begin = end + 1;
    }
    return parts;
}

// What an axis is: by its name, or what pyFAI says of one that it calls `radial`; its units, or those names may hold ("2th_rad").
struct AxisWords {
    std::string name, units;
};
AxisWords words_of_axis(const H5File& file, const std::string& path) {
    AxisWords words{path.substr(path.rfind('/') + 1), text_attribute(file, path, "units")};
    if (words.units.empty()) words.units = text_attribute(file, path, "unit");
    const bool is_abbreviated = words.units.size() == 1 && is_axis_name(words.name);  // two_theta in "d": degrees
    if (is_axis_name(words.units) && !is_abbreviated) return {words.units, ""};
    for (const char* attribute : {"name", "long_name"}) {
        const std::string other = text_attribute(file, path, attribute);
        if (is_axis_name(words.name)) break;
        if (is_axis_name(other)) words.name = other;
    }
    const std::string unit = lower_case(words.units);
    if (words.name == "radial" && is_inverse_length(words.units)) words.name = "q";
    if (words.name == "radial" && (unit.starts_with("deg") || unit.starts_with("rad"))) words.name = "two_theta";
    return words;
}

// Which dimension of a scan's signal is the pattern's: the last one whose axis is one of patterns, and as long. Nothing where none is.
struct PatternDimension {
    std::size_t number = 0;
    std::string axis;  // its path
};
std::optional<PatternDimension> pattern_dimension(const H5File& file, const std::string& group, const Shape& shape) {
    std::vector<std::string> axes = axis_names(file, group);
    while (axes.size() < shape.size()) axes.insert(axes.begin(), ".");  // one name alone is the last dimension's
    for (std::size_t i = shape.size(); i-- > 0 && axes.size() == shape.size();) {
        const std::string path = group + "/" + axes[i];
        if (shape[i] < static_cast<std::size_t>(min_points) || !file.exists(path) || file.is_group(path)) continue;
        if (file.shape(path) == Shape{shape[i]} && is_axis_name(words_of_axis(file, path).name)) return PatternDimension{i, path};
    }
    return std::nullopt;
}

bool is_scan(const H5File& file, const std::string& group) {
    constexpr std::size_t most_dimensions = 4;  // maps of sectors
    const std::string signal = text_attribute(file, group, "signal");
    if (text_attribute(file, group, "NX_class") != "NXdata" || signal.empty() || !file.exists(group + "/" + signal)) return false;
    const Shape shape = file.shape(group + "/" + signal);
    if (shape.empty() || shape.size() > most_dimensions) return false;
    // One that has an axis of another kind is told so; maps and pictures are many.
    return (shape.size() <= 2 && shape.back() >= static_cast<std::size_t>(min_points)) || pattern_dimension(file, group, shape);
}

void find_scans(std::vector<std::string>& found, const H5File& file, const std::string& group, int depth) {
    if (!group.empty() && is_scan(file, group)) found.push_back(group);
    if (depth == deepest) return;
    for (const std::string& child : file.children(group.empty() ? "/" : group)) {
        const std::string path = group + "/" + child;
        if (file.is_group(path)) find_scans(found, file, path, depth + 1);
    }
}

// Those that are against an axis of patterns, where some are; else all.
std::vector<std::string> scans_below(const H5File& file, const std::string& group) {
    std::vector<std::string> all, patterns;
    find_scans(all, file, group, 0);
    for (const std::string& scan : all) {
        if (pattern_dimension(file, scan, file.shape(scan + "/" + text_attribute(file, scan, "signal")))) patterns.push_back(scan);
    }
    return patterns.empty() ? all : patterns;
}

std::string listed(const std::vector<std::string>& scans) {
    constexpr std::size_t most_named = 5;
    std::string list;
    for (std::size_t i = 0; i < std::min(scans.size(), most_named); ++i) append_word(list, scans[i]);
    return list + (scans.size() > most_named ? ", ..." : "");
}

}  // namespace

std::optional<NexusData> find_nexus_data(const H5File& file, const std::string& within) {
    const std::string name = file.path().string();
    if (!within.empty() && (!file.exists(within) || !file.is_group(within))) {
        const std::vector<std::string> scans = scans_below(file, "");
        fail(name, ": holds no group '", within, "'; its scans are ", scans.empty() ? "none" : listed(scans));
    }
    std::string group = default_group(file, within);
    if (group.empty() || !is_scan(file, group)) {
        const std::vector<std::string> scans = scans_below(file, within);
        if (scans.empty()) return std::nullopt;
        if (scans.size() > 1) fail(name, ": holds ", scans.size(), " scans (", listed(scans), "); name one, as ", name, "::", scans[0]);
        group = scans.front();
    }
    NexusData data;
    data.signal = group + "/" + text_attribute(file, group, "signal");
    const Shape shape = file.shape(data.signal);
    PatternDimension along{shape.size() - 1, ""};
    if (const std::optional<PatternDimension> found = pattern_dimension(file, group, shape)) {
        along = *found;
    } else {
        const std::vector<std::string> axes = axis_names(file, group);
        if (!axes.empty()) along.axis = group + "/" + axes.back();
        if (axes.empty() || !file.exists(along.axis)) fail(name, ": ", group, " names no axis for its signal", export_as_text);
    }
    data.axis = file.read<double>(along.axis);
    if (shape[along.number] != data.axis.size())
        fail(name, ": ", group, " has ", shape[along.number], " intensities and ", data.axis.size(), " angles; write it again");
    std::size_t rows = 1;
    for (std::size_t i = 0; i < shape.size(); ++i) rows *= i == along.number ? 1 : std::max<std::size_t>(shape[i], 1);
    if (rows > 1) data.rows = rows;
    data.dimension = along.number;
    const AxisWords words = words_of_axis(file, along.axis);
    data.kind = axis_of(words.name, words.units, name);
    const std::string entry = group.substr(0, group.find('/', 1));
    const BeamWavelength beam = wavelength_of(file, entry, group);
    data.wavelength_angstrom = mean_k_alpha(beam.angstrom, 0, 0);
    if (beam.varies) data.wavelength_doubt = "its wavelength or energy changes from frame to frame";
    return data;
}

MeasuredPattern pattern_of_row(const NexusData& data, const std::string& name, std::vector<double> intensity) {
    MeasuredPattern pattern;
    pattern.name = name;
    pattern.two_theta_deg = data.axis;
    pattern.intensity = std::move(intensity);
    pattern.wavelength_angstrom = data.wavelength_angstrom;
    pattern.is_monochromatic = data.is_monochromatic;
    pattern.wavelength_doubt = data.wavelength_doubt;
    // Masks are infinities, too.
    for (double& value : pattern.intensity) value = std::isfinite(value) ? value : std::numeric_limits<double>::quiet_NaN();
    leave_out_unmeasured(pattern);
    convert_axis(pattern, data.kind);
    check_pattern(pattern);
    return pattern;
}

bool is_nexus_pattern(const std::filesystem::path& path) {
    if (!is_hdf5_file(path)) return false;
    try {
        const std::optional<NexusData> data = find_nexus_data(H5File::open_foreign(path));
        return data && data->rows == 0;
    } catch (const Error&) {
        return false;
    }
}

MeasuredPattern read_nexus(const std::filesystem::path& path, const std::string& within) {
    const std::string name = path.string() + (within.empty() ? "" : "::" + within);
    const H5File file = H5File::open_foreign(path);
    const std::optional<NexusData> data = find_nexus_data(file, within);
    if (!data && file.has_attribute("/", "friedel_kind")) {
        fail(name, ": is a friedel ", spaced(file.kind()),
             ", not a pattern; give a measured pattern, or patterns that 'friedel simulate' wrote");
    }
    if (!data) {
        fail(name, ": an HDF5 file without a pattern (a group of NX_class NXdata whose signal has ", min_points,
             " points or more along an axis of ", "2theta, Q or d; pictures of a detector are to be integrated first)", export_as_text);
    }
    if (data->rows > 0) fail(name, ": holds ", data->rows, " patterns; name one of them, as ", name, "[0]");
    return pattern_of_row(*data, name, file.read<double>(data->signal));
}

}  // namespace friedel
