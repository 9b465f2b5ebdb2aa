#include "host/network/model.h"

#include <algorithm>
#include <cmath>

#include "host/crystals/space_groups.h"
#include "host/support/error.h"
#include "host/support/hash.h"
#include "host/support/joined.h"

namespace friedel {

const FileKind model_kind = {"model", 2, "train it again with 'friedel train'"};

namespace {

constexpr int max_points = 1 << 20;  // of a grid or of any layer
constexpr std::size_t max_layers = 100, max_lattice_scales = 100;
constexpr float largest_parameter = 1e4f;
constexpr const char* target_names[] = {"space_group", "crystal_system"};
constexpr const char *training_group = "training/", *cure = "the model is damaged, train it again";

bool all_fields(std::string_view) { return true; }

std::string layer_name(int member, int layer) { return "members/" + std::to_string(member) + "/layers/" + std::to_string(layer); }

// [outputs][inputs] of a layer.
Shape weight_shape(const NetworkShape& shape, int layer) {
    return {static_cast<std::size_t>(shape.outputs(layer)), static_cast<std::size_t>(shape.inputs(layer))};
}

void check_shape(const H5File& h5, const std::string& name, const Shape& expected) {
    const Shape found = h5.shape(name);
    if (found == expected) return;
    const auto text = [](const Shape& shape) {
        return joined(
            shape, [](std::size_t extent) { return std::to_string(extent); }, " x ");
    };
    fail(h5.path().string(), ": ", name, " is ", text(found), " where the widths ask for ", text(expected), "; ", cure);
}

// Steps [outputs] of which the weights [outputs][inputs] of each row become whole numbers: 127 are its largest weight, or a step is
// `coarseness` times the row's root mean square where that is more.
std::vector<float> steps_of_rows(const float* weights, const Shape& shape, float coarseness) {
    constexpr float max_steps = 127;
    std::vector<float> step(shape[0]);
    for (std::size_t row = 0; row < shape[0]; ++row) {
        const float* const values = weights + row * shape[1];
        float largest = 0;
        double squares = 0;
        for (std::size_t i = 0; i < shape[1]; ++i) {
            largest = std::max(largest, std::abs(values[i]));
            squares += static_cast<double>(values[i]) * static_cast<double>(values[i]);
        }
        const auto rms = static_cast<float>(std::sqrt(squares / static_cast<double>(shape[1])));
        step[row] = std::max(largest / max_steps, coarseness * rms);
    }
    return step;
}

// Weights as whole numbers of those steps. The error is at most half a step; coarse steps need few bits, compressed.
void write_bytes(H5File& h5, const std::string& name, const float* weights, const Shape& shape, const std::vector<float>& step) {
    std::vector<std::int8_t> counts(shape[0] * shape[1], 0);
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const float of_row = step[i / shape[1]];
        if (of_row > 0) counts[i] = static_cast<std::int8_t>(std::lround(weights[i] / of_row));
    }
    h5.write(name, counts.data(), shape, true);
    h5.write(name + "_step", step.data(), {shape[0]}, false);
}

// Reads one tensor of a member, checking its values.
void read_tensor(float* values, const H5File& h5, const std::string& name) {
    const std::vector<float> read = h5.read<float>(name);
    if (!std::all_of(read.begin(), read.end(), [](float value) { return std::abs(value) <= largest_parameter; })) {
        fail(h5.path().string(), ": ", name,
             " holds numbers that are not finite or above 10 000; the training diverged or the file is damaged, train it again");
    }
    std::copy(read.begin(), read.end(), values);
}

// Weights [outputs][inputs], however they are stored. Returns the steps of those that are whole numbers, or nothing.
std::vector<float> read_weights(float* values, const H5File& h5, const std::string& name, const Shape& shape) {
    read_tensor(values, h5, name);
    if (!h5.exists(name + "_step")) return {};
    check_shape(h5, name + "_step", {shape[0]});
    std::vector<float> step(shape[0]);
    read_tensor(step.data(), h5, name + "_step");
    for (std::size_t row = 0; row < shape[0]; ++row) {
        for (std::size_t i = 0; i < shape[1]; ++i) values[row * shape[1] + i] *= step[row];
    }
    return step;
}

// Reads a model's file part by part; every part is checked before the next relies on it.
class ModelReader {
public:
    explicit ModelReader(const std::filesystem::path& file) : h5_(H5File::open(file, model_kind)) {}

    Model read() {
        read_input();
        read_target();
        read_shape();
        read_members();
        read_calibration();
        model_.provenance = read_provenance(h5_, training_group, cure, all_fields);
        return std::move(model_);
    }

private:
    [[noreturn]] void damaged(const std::string& what) const { fail(h5_.path().string(), ": ", what, "; ", cure); }

    template <class T>
    void single(const std::string& name, T& value) const {
        const std::vector<T> read = h5_.read<T>(name);
        if (read.size() != 1) damaged(name + " is not a single value");
        value = read[0];
    }

    std::string text(const std::string& name) const {
        const std::vector<std::string> read = h5_.read_strings(name);
        if (read.size() != 1) damaged(name + " is not a single text");
        return read[0];
    }

    void read_input() {
        model_.grid.start_deg = static_cast<float>(h5_.read_number_attribute("/", "start_deg"));
        model_.grid.step_deg = static_cast<float>(h5_.read_number_attribute("/", "step_deg"));
        model_.grid.points = h5_.read_integer_attribute("/", "points");
        model_.wavelength_angstrom = static_cast<float>(h5_.read_number_attribute("/", "wavelength_angstrom"));
        model_.preprocess.remove_background = h5_.read_number_attribute("/", "remove_background") != 0;
        model_.preprocess.background_window_deg = static_cast<float>(h5_.read_number_attribute("/", "background_window_deg"));
        model_.preprocess.remove_pedestal = h5_.read_number_attribute("/", "remove_pedestal") != 0;
        model_.preprocess.square_root = h5_.read_number_attribute("/", "square_root") != 0;
        model_.preprocess.unit_rms = h5_.read_number_attribute("/", "unit_rms") != 0;
        if (!(model_.grid.step_deg >= 1e-4f && model_.grid.step_deg <= 10) || !(model_.grid.start_deg > 0) || model_.grid.points < 1 ||
            model_.grid.points > max_points ||
            !(model_.grid.start_deg + model_.grid.step_deg * static_cast<float>(model_.grid.points) <= 180) ||
            !(model_.wavelength_angstrom > 0.01f && model_.wavelength_angstrom < 100)) {
            damaged("its grid is impossible");
        }
        if (!(model_.preprocess.background_window_deg > 0 && model_.preprocess.background_window_deg <= 180)) {
            damaged("the window of its background is impossible");
        }
    }

    void read_target() {
        const std::string target = h5_.read_text_attribute("/", "target");
        if (target == target_names[0])
            model_.target = Target::space_group;
        else if (target == target_names[1])
            model_.target = Target::crystal_system;
        else
            damaged("its target is '" + target + "'");
    }

    void read_shape() {
        const std::vector<std::int32_t> widths = h5_.read<std::int32_t>("widths");
        if (widths.size() < 2 || widths.size() > max_layers ||
            std::any_of(widths.begin(), widths.end(), [](int width) { return width < 1 || width > max_points; })) {
            damaged("its widths are impossible");
        }
        model_.shape.widths.assign(widths.begin(), widths.end());
        if (h5_.exists("convolutions")) {
            const std::vector<std::int32_t> convolutions = h5_.read<std::int32_t>("convolutions");
            if (convolutions.empty() || convolutions.size() % 3 != 0 || convolutions.size() > 3 * max_layers ||
                std::any_of(convolutions.begin(), convolutions.end(), [](int number) { return number < 1 || number > max_points; })) {
                damaged("its convolutions are impossible");
            }
            for (std::size_t i = 0; i < convolutions.size(); i += 3)
                model_.shape.convolutions.push_back({convolutions[i], convolutions[i + 1], convolutions[i + 2]});
            if (const std::string fault = model_.shape.fault_of_convolutions(); !fault.empty()) damaged(fault);
        }
        if (widths.front() != model_.grid.points)
            damaged("its network takes " + std::to_string(widths.front()) + " points, its grid has " + std::to_string(model_.grid.points));
        if (widths.back() != classes_of(model_.target))
            damaged("its network has " + std::to_string(widths.back()) + " classes, a " +
                    std::string(target_names[static_cast<int>(model_.target)]) + " has " + std::to_string(classes_of(model_.target)));
    }

    void read_members() {
        const std::size_t members = h5_.children("members").size();
        if (members == 0) damaged("it holds no network");
        for (std::size_t m = 0; m < members; ++m) {
            // All shapes first: memory is taken for what is there, not for what the widths claim.
            for (int l = 0; l < model_.shape.layers(); ++l) {
                const Shape weight = weight_shape(model_.shape, l);
                const std::string name = layer_name(static_cast<int>(m), l);
                check_shape(h5_, name + "/weight", weight);
                check_shape(h5_, name + "/bias", {weight[0]});
            }
            std::vector<float> parameters(model_.shape.size());
            for (int l = 0; l < model_.shape.layers(); ++l) {
                const std::string name = layer_name(static_cast<int>(m), l);
                const Shape weight = weight_shape(model_.shape, l);
                const std::vector<float> steps =
                    read_weights(parameters.data() + model_.shape.weight_offset(l), h5_, name + "/weight", weight);
                model_.stored[name] = {h5_.is_half(name + "/weight"), steps};
                read_tensor(parameters.data() + model_.shape.bias_offset(l), h5_, name + "/bias");
            }
            model_.members.push_back(std::move(parameters));
        }
    }

    void read_calibration() {
        if (h5_.exists("calibration/lattice_scales")) {
            model_.calibration.lattice_scales = h5_.read<float>("calibration/lattice_scales");
            const std::vector<float>& scales = model_.calibration.lattice_scales;
            if (scales.size() > max_lattice_scales ||
                !std::all_of(scales.begin(), scales.end(), [](float scale) { return scale > 0.8f && scale < 1.25f; })) {
                damaged("its lattice scales are impossible");
            }
        }
        single("calibration/temperature", model_.calibration.belief.temperature);
        if (h5_.exists("calibration/doubt")) single("calibration/doubt", model_.calibration.belief.doubt);
        single("calibration/entropy_threshold", model_.calibration.entropy_threshold);
        if (h5_.exists("calibration/set_level")) {
            single("calibration/set_level", model_.calibration.set_level);
            single("calibration/set_probability", model_.calibration.set_probability);
        }
        const auto is_part = [](float value) { return value >= 0 && value <= 1; };
        const Belief& belief = model_.calibration.belief;
        if (!(belief.temperature >= 0.01f && belief.temperature <= 100) || !is_part(belief.doubt) ||
            std::isnan(model_.calibration.entropy_threshold) || !is_part(model_.calibration.set_level) ||
            !is_part(model_.calibration.set_probability)) {
            damaged("its calibration is impossible");
        }
        model_.calibration.fitted_on = text("calibration/fitted_on");
    }

    H5File h5_;
    Model model_;
};

// Writes a model's file part by part.
class ModelWriter {
public:
    ModelWriter(const Model& model, const std::filesystem::path& file) : model_(model), h5_(H5File::create(file, model_kind)) {}

    void write(Model::Weights weights, float coarseness) {
        write_input();
        write_shape();
        write_members(weights, coarseness);
        write_calibration();
        write_provenance(h5_, training_group, model_.provenance, all_fields);
        h5_.commit();
    }

private:
    template <class T>
    void single(const std::string& name, const T& value) {
        h5_.write(name, &value, {1});
    }

    void write_input() {
        h5_.write_attribute("/", "start_deg", static_cast<double>(model_.grid.start_deg));
        h5_.write_attribute("/", "step_deg", static_cast<double>(model_.grid.step_deg));
        h5_.write_attribute("/", "points", model_.grid.points);
        h5_.write_attribute("/", "wavelength_angstrom", static_cast<double>(model_.wavelength_angstrom));
        h5_.write_attribute("/", "remove_background", model_.preprocess.remove_background ? 1 : 0);
        h5_.write_attribute("/", "background_window_deg", static_cast<double>(model_.preprocess.background_window_deg));
        h5_.write_attribute("/", "remove_pedestal", model_.preprocess.remove_pedestal ? 1 : 0);
        h5_.write_attribute("/", "square_root", model_.preprocess.square_root ? 1 : 0);
        h5_.write_attribute("/", "unit_rms", model_.preprocess.unit_rms ? 1 : 0);
    }

    void write_shape() {
        h5_.write_attribute("/", "target", std::string(target_names[static_cast<int>(model_.target)]));
        std::vector<std::string> names;
        for (int c = 0; c < model_.classes(); ++c) names.push_back(class_name(model_.target, c));
        h5_.write_strings("classes", names);
        const NetworkShape& shape = model_.shape;
        h5_.write("widths", std::vector<std::int32_t>(shape.widths.begin(), shape.widths.end()));
        if (shape.convolutions.empty()) return;
        std::vector<std::int32_t> convolutions;
        for (const Convolution& c : shape.convolutions) convolutions.insert(convolutions.end(), {c.filters, c.kernel, c.stride});
        h5_.write("convolutions", convolutions.data(), {shape.convolutions.size(), 3});
        h5_.write_attribute("convolutions", "layout", std::string("filters, kernel, stride of each layer before the dense ones"));
    }

    void write_members(Model::Weights weights, float coarseness) {
        const NetworkShape& shape = model_.shape;
        for (int m = 0; m < static_cast<int>(model_.members.size()); ++m) {
            const float* const parameters = model_.members[static_cast<std::size_t>(m)].data();
            for (int l = 0; l < shape.layers(); ++l) {
                const std::string name = layer_name(m, l);
                const Shape weight = weight_shape(shape, l);
                write_weights(name, parameters + shape.weight_offset(l), weight, weights, coarseness);
                h5_.write(name + "/bias", parameters + shape.bias_offset(l), {weight[0]}, false);
            }
        }
    }

    // values [outputs][inputs] of the layer of that name
    void write_weights(const std::string& layer, const float* values, const Shape& weight, Model::Weights weights, float coarseness) {
        const std::string name = layer + "/weight";
        const auto as_read = weights == Model::Weights::as_read ? model_.stored.find(layer) : model_.stored.end();
        const bool is_known = as_read != model_.stored.end();
        if (weights == Model::Weights::half || (is_known && as_read->second.half)) {
            h5_.write_half(name, values, weight, true);
        } else if (weights == Model::Weights::byte) {
            write_bytes(h5_, name, values, weight, steps_of_rows(values, weight, coarseness));
        } else if (is_known && !as_read->second.steps.empty()) {
            write_bytes(h5_, name, values, weight, as_read->second.steps);
        } else {
            h5_.write(name, values, weight, false);  // floats do not shrink: their last bits are noise
        }
    }

    void write_calibration() {
        const Calibration& calibration = model_.calibration;
        single("calibration/temperature", calibration.belief.temperature);
        if (calibration.belief.doubt > 0) single("calibration/doubt", calibration.belief.doubt);
        single("calibration/entropy_threshold", calibration.entropy_threshold);
        if (!calibration.lattice_scales.empty()) h5_.write("calibration/lattice_scales", calibration.lattice_scales);
        if (calibration.set_level > 0) {
            single("calibration/set_level", calibration.set_level);
            single("calibration/set_probability", calibration.set_probability);
        }
        h5_.write_strings("calibration/fitted_on", {calibration.fitted_on});
    }

    const Model& model_;
    H5File h5_;
};

}  // namespace

int classes_of(Target target) { return target == Target::space_group ? space_groups : crystal_systems; }

int class_of(Target target, int space_group) { return target == Target::space_group ? space_group - 1 : crystal_system(space_group); }

std::string class_name(Target target, int index) {
    return target == Target::space_group ? std::to_string(index + 1) : crystal_system_name(index);
}

void Model::write(const std::filesystem::path& file, Weights weights, float coarseness) const {
    ModelWriter(*this, file).write(weights, coarseness);
}

Model Model::read(const std::filesystem::path& file) { return ModelReader(file).read(); }

}  // namespace friedel
