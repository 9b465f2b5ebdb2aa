// Patterns in HDF5 files as NeXus lays them out: a group of class NXdata whose attributes name the signal and its axis.
// The axis is 2theta in degrees or radians, Q in inverse angstrom or nanometres, or d in angstrom.
#include <cmath>

#include "host/error.h"
#include "host/hdf5_file.h"
#include "host/instrument_files.h"
#include "host/pattern_axis.h"

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
    return shape.size() == 1 && shape[0] >= static_cast<std::size_t>(fewest_points);
}

void find_scans(std::vector<std::string>& found, const H5File& file, const std::string& group, int depth) {
    if (group != "" && is_scan(file, group)) found.push_back(group);
    if (depth == deepest) return;
    for (const std::string& child : file.children(group.empty() ? "/" : group)) {
        const std::string path = group + "/" + child;
        if (file.is_group(path)) find_scans(found, file, path, depth + 1);
    }
}

// The group that the attributes `default` lead to, from the root on; empty where they lead nowhere.
std::string default_group(const H5File& file) {
    std::string group;
    for (int depth = 0; depth < deepest; ++depth) {
        const std::string next = text_attribute(file, group.empty() ? "/" : group, "default");
        if (next.empty() || !file.exists(group + "/" + next)) break;
        group += "/" + next;
    }
    return group;
}

double number_below(const H5File& file, const std::string& entry, std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const std::string path = entry + "/" + name;
        if (!file.exists(path)) continue;
        const std::vector<double> values = file.read<double>(path);
        if (!values.empty()) return values.front() * (text_attribute(file, path, "units") == "nm" ? 10 : 1);
    }
    return 0;
}

}  // namespace

MeasuredPattern read_nexus(const std::filesystem::path& path) {
    const std::string name = path.string();
    const H5File file = H5File::open_foreign(path);
    std::string group = default_group(file);
    if (group.empty() || !is_scan(file, group)) {
        std::vector<std::string> scans;
        find_scans(scans, file, "", 0);
        if (scans.empty()) {
            fail(name,
                 ": an HDF5 file without a pattern (a group of NX_class NXdata with a signal of one dimension); export the scan as "
                 "text of two columns (.xy)");
        }
        if (scans.size() > 1)
            fail(name, ": holds ", scans.size(), " scans (", scans[0], ", ", scans[1],
                 "); name one with the attribute 'default', or export it");
        group = scans.front();
    }
    const std::string axes = text_attribute(file, group, "axes");
    if (axes.empty() || !file.exists(group + "/" + axes))
        fail(name, ": ", group, " names no axis for its signal; export the scan as text of two columns (.xy)");
    MeasuredPattern pattern;
    pattern.name = name;
    pattern.intensity = file.read<double>(group + "/" + text_attribute(file, group, "signal"));
    pattern.two_theta_deg = file.read<double>(group + "/" + axes);
    if (pattern.two_theta_deg.size() != pattern.intensity.size())
        fail(name, ": ", group, " has ", pattern.intensity.size(), " intensities and ", pattern.two_theta_deg.size(),
             " angles; write it again");
    const std::string entry = group.substr(0, group.find('/', 1));
    pattern.wavelength_angstrom = mean_k_alpha(number_below(file, entry,
                                                            {"instrument/beam/incident_wavelength", "instrument/monochromator/wavelength",
                                                             "instrument/source/wavelength", "wavelength"}),
                                               0, 0);
    convert_axis(pattern, axis_of(axes, text_attribute(file, group + "/" + axes, "units"), name));
    check_pattern(pattern);
    return pattern;
}

}  // namespace friedel
