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

bool is_scan(const H5File& file, const std::string& group) {
    const std::string signal = text_attribute(file, group, "signal");
    if (text_attribute(file, group, "NX_class") != "NXdata" || signal.empty() || !file.exists(group + "/" + signal)) return false;
    const Shape shape = file.shape(group + "/" + signal);
    return (shape.size() == 1 || shape.size() == 2) && shape.back() >= static_cast<std::size_t>(min_points);
}

void find_scans(std::vector<std::string>& found, const H5File& file, const std::string& group, int depth) {
    if (!group.empty() && is_scan(file, group)) found.push_back(group);
    if (depth == deepest) return;
    for (const std::string& child : file.children(group.empty() ? "/" : group)) {
        const std::string path = group + "/" + child;
        if (file.is_group(path)) find_scans(found, file, path, depth + 1);
    }
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

// 0 for energies of another unit.
double angstrom_of_energy(const Quantity& energy) {
    constexpr double joule_per_kev = 1.602176634e-16;
    const double kev = energy.units == "kev"  ? energy.value
                       : energy.units == "ev" ? energy.value / 1000
                       : energy.units == "j"  ? energy.value / joule_per_kev
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
        if (is_source || is("NXbeam", "beam") || is("NXmonochromator", "monochromator")) found.push_back({path, is_source});
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

BeamWavelength wavelength_of_entry(const H5File& file, const std::string& entry) {
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
    return {angstrom_of_notes(file, entry, 0)};
}

// The axis of the last dimension: `axes` holds one name for each, a dot for those without.
std::string axis_name(const H5File& file, const std::string& group) {
    if (!file.has_attribute(group, "axes")) return {};
    const std::vector<std::string> axes = file.read_text_attributes(group, "axes");
    if (axes.empty()) return {};
    const std::size_t colon = axes.back().rfind(':');  // as older files join them
    return colon == std::string::npos ? axes.back() : axes.back().substr(colon + 1);
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
        std::vector<std::string> scans;
        find_scans(scans, file, "", 0);
        fail(name, ": holds no group '", within, "'; its scans are ", scans.empty() ? "none" : listed(scans));
    }
    std::string group = default_group(file, within);
    if (group.empty() || !is_scan(file, group)) {
        std::vector<std::string> scans;
        find_scans(scans, file, within, 0);
        if (scans.empty()) return std::nullopt;
        if (scans.size() > 1) fail(name, ": holds ", scans.size(), " scans (", listed(scans), "); name one, as ", name, "::", scans[0]);
        group = scans.front();
    }
    const std::string axis = axis_name(file, group);
    if (axis.empty() || !file.exists(group + "/" + axis)) fail(name, ": ", group, " names no axis for its signal", export_as_text);
    NexusData data;
    data.signal = group + "/" + text_attribute(file, group, "signal");
    data.axis = file.read<double>(group + "/" + axis);
    const Shape shape = file.shape(data.signal);
    if (shape.back() != data.axis.size())
        fail(name, ": ", group, " has ", shape.back(), " intensities and ", data.axis.size(), " angles; write it again");
    if (shape.size() == 2 && shape[0] != 1) data.rows = shape[0];
    data.kind = axis_of(axis, text_attribute(file, group + "/" + axis, "units"), name);
    const std::string entry = group.substr(0, group.find('/', 1));
    const BeamWavelength beam = wavelength_of_entry(file, entry);
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
        fail(name,
             ": an HDF5 file without a pattern (a group of NX_class NXdata whose signal has one dimension, or two, the last one along its ",
             min_points, " angles or more)", export_as_text);
    }
    if (data->rows > 0) fail(name, ": holds ", data->rows, " patterns; name one of them, as ", name, "[0]");
    return pattern_of_row(*data, name, file.read<double>(data->signal));
}

}  // namespace friedel
