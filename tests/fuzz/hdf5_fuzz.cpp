// libFuzzer target: a good structure library, model, file of statistics, stack of patterns or NeXus file with some of its datasets and
// attributes removed, reshaped, retyped or filled with other numbers is refused with an Error, or what was read can be used. The HDF5
// library's own reading of damaged bytes is not tested here: it is the edits that are drawn, and every file is well-formed.
//   build/fuzz/tests/fuzz/hdf5_fuzz -max_total_time=60 CORPUS tests/fuzz/hdf5
#include <hdf5.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "host/crystals/cif.h"
#include "host/crystals/crystal_statistics.h"
#include "host/crystals/crystal_tables.h"
#include "host/crystals/generated_structures.h"
#include "host/crystals/structure_library.h"
#include "host/crystals/symmetry.h"
#include "host/network/classifier.h"
#include "host/network/device.h"
#include "host/network/model.h"
#include "host/network/network.h"
#include "host/patterns/pattern_list.h"
#include "host/patterns/pattern_output.h"
#include "host/patterns/resample.h"
#include "host/simulation/simulator.h"
#include "host/support/error.h"
#include "host/support/radiation.h"

namespace friedel {
namespace {

namespace fs = std::filesystem;

constexpr const char* quartz = R"(data_quartz
_cell_length_a 4.9134
_cell_length_b 4.9134
_cell_length_c 5.4052
_cell_angle_gamma 120
_space_group_name_H-M_alt 'P 32 2 1'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Si 0.4699 0 0.66666
O 0.4141 0.2681 0.7854
)";
constexpr const char* halite = R"(data_halite
_cell_length_a 5.6402
_cell_length_b 5.6402
_cell_length_c 5.6402
_space_group_name_H-M_alt 'F m -3 m'
loop_
_atom_site_label
_atom_site_fract_x
_atom_site_fract_y
_atom_site_fract_z
Na 0 0 0
Cl 0.5 0.5 0.5
)";

// What is edited: made once, copied for every run.
struct Subjects {
    fs::path folder = fs::temp_directory_path() / ("friedel_hdf5_fuzz." + std::to_string(getpid()));
    fs::path library = folder / "library.h5", model = folder / "model.h5", half_model = folder / "half_model.h5",
             byte_model = folder / "byte_model.h5", statistics = folder / "statistics.h5", stack = folder / "stack.h5",
             nexus = folder / "nexus.h5", edited = folder / "edited.h5";

    Subjects() {
        fs::create_directories(folder);
        StructureLibrary structures;
        for (const char* text : {quartz, halite}) {
            for (const Structure& structure : parse_cif(text, "fuzz.cif", {200}).structures) {
                const StandardStructure standard = standardise(structure, {0.01, 200});
                structures.add(standard.structure, standard.structure_type);
            }
        }
        structures.rejections.push_back({"file", "block", "reason"});
        structures.write(library);
        Model network;
        network.grid = {5, 1, 20};
        network.shape.widths = {20, 3, 230};
        network.members = {initial_parameters(network.shape, 1, 0), initial_parameters(network.shape, 1, 1)};
        network.calibration.lattice_scales = {1, 0.99f, 1.01f};
        network.write(model);
        network.write(half_model, Model::Weights::half);
        network.write(byte_model, Model::Weights::byte);
        CrystalStatistics::uniform().write(statistics);
        std::vector<float> pattern(200);
        for (std::size_t i = 0; i < pattern.size(); ++i) pattern[i] = 1 + static_cast<float>(i % 7);
        PatternOutput out(stack, {10, 0.1f, 200}, parse_radiation("cu"), 2, "");
        out.add(pattern.data(), "one", 1);
        out.add(pattern.data(), "two", 2);
        out.finish();
        write_nexus(pattern);
    }
    void write_nexus(const std::vector<float>& pattern) const {
        H5File file = H5File::create(nexus, {"foreign", 1, ""});
        std::vector<double> axis;
        for (std::size_t i = 0; i < pattern.size(); ++i) axis.push_back(10 + 0.1 * static_cast<double>(i));
        file.write("entry/data/two_theta", axis);
        file.write("entry/data/I", pattern);
        file.write_attribute("/", "default", std::string("entry"));
        file.write_attribute("entry", "default", std::string("data"));
        file.write_attribute("entry/data", "NX_class", std::string("NXdata"));
        file.write_attribute("entry/data", "signal", std::string("I"));
        file.write_attribute("entry/data", "axes", std::string("two_theta"));
        file.write_attribute("entry/data/two_theta", "units", std::string("deg"));
        const double wavelength = 0.154;
        file.write("entry/instrument/source/wavelength", &wavelength, {1});
        file.write_attribute("entry/instrument/source/wavelength", "units", std::string("nm"));
        file.commit();
    }
    ~Subjects() { fs::remove_all(folder); }
};

// Choices read off the input from its front; zeros once it is used up.
class Choices {
public:
    explicit Choices(std::span<const std::uint8_t> input) : rest_(input) {}
    // A number from 0 to `most`, of as few bytes as hold it.
    std::uint64_t up_to(std::uint64_t most) {
        std::uint64_t value = 0;
        for (std::uint64_t reach = most; reach > 0; reach >>= 8) value = value << 8 | next();
        return most == UINT64_MAX ? value : value % (most + 1);
    }
    std::size_t index(std::size_t size) { return static_cast<std::size_t>(up_to(size - 1)); }
    std::vector<std::uint8_t> bytes(std::size_t count) {
        std::vector<std::uint8_t> taken(count);
        for (std::uint8_t& byte : taken) byte = next();
        return taken;
    }

private:
    std::uint8_t next() {
        if (rest_.empty()) return 0;
        const std::uint8_t byte = rest_.front();
        rest_ = rest_.subspan(1);
        return byte;
    }
    std::span<const std::uint8_t> rest_;
};

struct Handle {
    hid_t id;
    herr_t (*close)(hid_t);
    ~Handle() {
        if (id >= 0) close(id);
    }
    operator hid_t() const { return id; }
};

// Every dataset and attribute of a file: "group/dataset", or "object@attribute".
std::vector<std::string> objects_of(const fs::path& path) {
    std::vector<std::string> names;
    const Handle file{H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose};
    H5Ovisit2(
        file, H5_INDEX_NAME, H5_ITER_INC,
        [](hid_t root, const char* name, const H5O_info_t* info, void* out) -> herr_t {
            auto& all = *static_cast<std::vector<std::string>*>(out);
            if (info->type == H5O_TYPE_DATASET) all.emplace_back(name);
            std::pair<std::vector<std::string>*, std::string> context{&all, name};
            const Handle object{H5Oopen(root, name, H5P_DEFAULT), H5Oclose};
            H5Aiterate2(
                object, H5_INDEX_NAME, H5_ITER_INC, nullptr,
                [](hid_t, const char* attribute, const H5A_info_t*, void* where) -> herr_t {
                    const auto& [list, owner] = *static_cast<std::pair<std::vector<std::string>*, std::string>*>(where);
                    list->push_back(owner + "@" + attribute);
                    return 0;
                },
                &context);
            return 0;
        },
        &names, H5O_INFO_BASIC);
    return names;
}

// Other contents for one object, or none.
void edit(hid_t file, const std::string& object, Choices& choices) {
    const std::size_t at = object.find('@');
    const std::string owner = object.substr(0, at), attribute = at == std::string::npos ? "" : object.substr(at + 1);
    const bool replace = choices.up_to(7) > 0;
    const bool values_only = replace && attribute.empty() && choices.up_to(1) == 1;
    if (values_only) {  // some bytes of what is there
        const Handle dataset{H5Dopen2(file, owner.c_str(), H5P_DEFAULT), H5Dclose};
        if (dataset < 0) return;  // an edit before this one removed it
        const Handle type{H5Dget_type(dataset), H5Tclose}, space{H5Dget_space(dataset), H5Sclose};
        const hssize_t elements = H5Sget_simple_extent_npoints(space);
        if (elements < 1 || elements > 1 << 20 || H5Tis_variable_str(type) > 0) return;
        std::vector<std::uint8_t> bytes(static_cast<std::size_t>(elements) * H5Tget_size(type));
        H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data());
        const std::size_t first = choices.index(bytes.size());
        const std::vector<std::uint8_t> other = choices.bytes(1 + choices.index(16));
        std::copy_n(other.begin(), std::min(other.size(), bytes.size() - first), bytes.begin() + static_cast<std::ptrdiff_t>(first));
        H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data());
        return;
    }
    if (attribute.empty())
        H5Ldelete(file, owner.c_str(), H5P_DEFAULT);
    else
        H5Adelete_by_name(file, owner.c_str(), attribute.c_str(), H5P_DEFAULT);
    if (!replace) return;

    const hid_t numbers[] = {H5T_NATIVE_FLOAT, H5T_NATIVE_DOUBLE, H5T_NATIVE_INT8, H5T_NATIVE_UINT16, H5T_NATIVE_INT64, H5T_NATIVE_UINT64};
    const std::size_t kind = choices.index(8);
    const Handle type{H5Tcopy(kind < 6 ? numbers[kind] : H5T_C_S1), H5Tclose};
    if (kind == 6) H5Tset_size(type, 1 + choices.index(64));
    if (kind == 7) H5Tset_size(type, H5T_VARIABLE);
    std::vector<hsize_t> extent(choices.index(4));
    const bool vast = attribute.empty() && choices.up_to(7) == 0;  // claimed, never written
    for (hsize_t& size : extent) size = choices.up_to(vast ? hsize_t{1} << 40 : 12);
    const Handle space{extent.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr),
                       H5Sclose};
    const std::vector<std::uint8_t> values = choices.bytes(16);
    const auto filled = [&](hssize_t elements) {
        std::vector<std::uint8_t> bytes(static_cast<std::size_t>(elements) * std::max<std::size_t>(H5Tget_size(type), 16));
        for (std::size_t i = 0; i < bytes.size() && !values.empty(); ++i) bytes[i] = values[i % values.size()];
        return bytes;
    };
    if (!attribute.empty()) {
        const Handle made{H5Acreate_by_name(file, owner.c_str(), attribute.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                          H5Aclose};
        if (made >= 0 && kind != 7) H5Awrite(made, type, filled(H5Sget_simple_extent_npoints(space)).data());
        return;
    }
    const Handle creation{H5Pcreate(H5P_DATASET_CREATE), H5Pclose};
    if (vast && !extent.empty()) {
        const std::vector<hsize_t> chunk(extent.size(), 4);
        H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data());
    }
    const Handle made{H5Dcreate2(file, owner.c_str(), type, space, H5P_DEFAULT, creation, H5P_DEFAULT), H5Dclose};
    if (made >= 0 && !vast && kind != 7) {
        H5Dwrite(made, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, filled(H5Sget_simple_extent_npoints(space)).data());
    }
}

// What the reader let through must be fit for use.
void use(const StructureLibrary& library, const fs::path& copy) {
    SimulationConfig config;
    config.grid = {20, 0.5f, 60};
    std::vector<float> pattern(static_cast<std::size_t>(config.grid.points));
    for (int i = 0; i < library.size() && i < 4; ++i) {
        library.structure(i);
        library.type_of(i);
        if (cell_volume(library.structure(i).cell) > 5000) continue;  // slow, and no more is learnt
        simulate_one_pattern(pattern.data(), draw_parameters(config, library.view(), i, 1, 1), library.view(), config.grid);
    }
    library.subset({0}).write(copy);
    StructureLibrary::read(copy);
}

void use(const Model& model, const fs::path& copy) {
    static Device device({"cpu"}, 1);
    Classifier classifier(model, *device.backend);
    std::vector<float> pattern(static_cast<std::size_t>(model.grid.points), 0.5f), answer(static_cast<std::size_t>(model.classes()));
    classifier.probabilities(answer.data(), pattern.data(), 1);
    model.write(copy);
    Model::read(copy);
}

void use(const CrystalStatistics& statistics) {
    const CrystalTableStore tables(statistics);
    GeneratedCrystal crystal;
    for (const int group : {1, 62, 225}) generate(crystal, tables.view(), group, 1, 1);
}

void use_patterns(const fs::path& file) {
    const PatternList list = PatternList::of_paths({file.string()});
    for (std::size_t i = 0; i < std::min<std::size_t>(list.size(), 3); ++i) {
        MeasuredPattern pattern = list.read(i);
        check_pattern(pattern);
        convert_wavelength(pattern, pattern.wavelength_angstrom > 0 ? pattern.wavelength_angstrom : 0.7, 1.54184);
        Grid grid;
        std::vector<float> values(static_cast<std::size_t>(grid.points));
        resample(values.data(), grid, pattern);
    }
}

}  // namespace
}  // namespace friedel

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace friedel;
    static const Subjects subjects;
    static const std::array files = {subjects.library, subjects.model,      subjects.statistics, subjects.stack,
                                     subjects.nexus,   subjects.half_model, subjects.byte_model};
    static const std::vector<std::vector<std::string>> objects_of_files = [] {
        std::vector<std::vector<std::string>> all;
        for (const fs::path& file : files) all.push_back(objects_of(file));
        return all;
    }();
    Choices choices({data, size});
    const auto kind = choices.index(files.size());
    const std::vector<std::string>& objects = objects_of_files[kind];
    fs::copy_file(files[kind], subjects.edited, fs::copy_options::overwrite_existing);
    {
        const Handle file{H5Fopen(subjects.edited.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose};
        for (std::uint64_t edits = 1 + choices.up_to(2); edits > 0; --edits) {
            edit(file, objects[choices.index(objects.size())], choices);
        }
    }
    try {
        const fs::path copy = subjects.folder / "copy.h5";
        switch (kind) {
            case 0:
                use(StructureLibrary::read(subjects.edited), copy);
                break;
            case 2:
                use(CrystalStatistics::read(subjects.edited));
                break;
            case 3:
            case 4:
                use_patterns(subjects.edited);
                break;
            default:
                use(Model::read(subjects.edited), copy);
        }
    } catch (const Error&) {
    }
    return 0;
}
