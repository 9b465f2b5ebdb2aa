#include "host/answers/onnx_file.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <protozero/pbf_builder.hpp>
#include <variant>

#include "host/support/error.h"
#include "host/support/text_file.h"

namespace friedel {

namespace {

// The messages of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto), of each the fields that are written here.
using Tag = protozero::pbf_tag_type;
enum class ModelProto : Tag {
    ir_version = 1,
    producer_name = 2,
    producer_version = 3,
    model_version = 5,
    graph = 7,
    opset_import = 8,
    metadata_props = 14
};
enum class GraphProto : Tag { node = 1, name = 2, initializer = 5, input = 11, output = 12 };
enum class NodeProto : Tag { input = 1, output = 2, name = 3, op_type = 4, attribute = 5 };
enum class AttributeProto : Tag { name = 1, i = 3, ints = 8, type = 20 };
enum class TensorProto : Tag { dims = 1, data_type = 2, name = 8, raw_data = 9 };
enum class ValueInfoProto : Tag { name = 1, type = 2 };
enum class TypeProto : Tag { tensor_type = 1 };
enum class TensorTypeProto : Tag { elem_type = 1, shape = 2 };
enum class TensorShapeProto : Tag { dim = 1 };
enum class DimensionProto : Tag { dim_value = 1, dim_param = 2 };
enum class OperatorSetIdProto : Tag { domain = 1, version = 2 };
enum class StringStringEntryProto : Tag { key = 1, value = 2 };

template <class Message>
using Builder = protozero::pbf_builder<Message>;

// Old enough for any runtime since 2020; what is used here has not changed since.
constexpr int ir_version = 7, opset = 13;
constexpr int type_float = 1, type_int64 = 7;         // TensorProto.DataType
constexpr int attribute_int = 2, attribute_ints = 7;  // AttributeProto.AttributeType

constexpr std::size_t largest_message = 2'147'483'647;  // bytes; protobuf counts them in 31 bits
static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

struct Attribute {
    const char* name;
    std::variant<std::int64_t, std::vector<std::int64_t>> value;
};

constexpr std::int64_t batch_axis = -1;  // in a shape: any number of patterns

class Graph {
public:
    explicit Graph(Builder<ModelProto>& model) : graph_(model, ModelProto::graph) { graph_.add_string(GraphProto::name, "friedel"); }

    void declare(GraphProto role, const std::string& name, const std::vector<std::int64_t>& shape) {
        Builder<ValueInfoProto> value(graph_, role);
        value.add_string(ValueInfoProto::name, name);
        Builder<TypeProto> type(value, ValueInfoProto::type);
        Builder<TensorTypeProto> tensor(type, TypeProto::tensor_type);
        tensor.add_int32(TensorTypeProto::elem_type, type_float);
        Builder<TensorShapeProto> all(tensor, TensorTypeProto::shape);
        for (std::int64_t extent : shape) {
            Builder<DimensionProto> dimension(all, TensorShapeProto::dim);
            if (extent == batch_axis)
                dimension.add_string(DimensionProto::dim_param, "batch");
            else
                dimension.add_int64(DimensionProto::dim_value, extent);
        }
    }

    // Returns the name, to be handed to a node. An empty shape is a scalar.
    std::string constant(const std::string& name, const float* values, const std::vector<int>& shape) {
        return add_constant(name, type_float, reinterpret_cast<const char*>(values), sizeof(float), shape);
    }
    std::string constant(const std::string& name, const std::int64_t* values, const std::vector<int>& shape) {
        return add_constant(name, type_int64, reinterpret_cast<const char*>(values), sizeof(std::int64_t), shape);
    }

    // Returns the name of its output.
    std::string node(const char* operation, const std::vector<std::string>& inputs, const std::string& output,
                     const std::vector<Attribute>& attributes = {}) {
        Builder<NodeProto> node(graph_, GraphProto::node);
        for (const std::string& input : inputs) node.add_string(NodeProto::input, input);
        node.add_string(NodeProto::output, output);
        node.add_string(NodeProto::name, output);
        node.add_string(NodeProto::op_type, operation);
        for (const Attribute& attribute : attributes) {
            Builder<AttributeProto> message(node, NodeProto::attribute);
            message.add_string(AttributeProto::name, attribute.name);
            if (const auto* const list = std::get_if<std::vector<std::int64_t>>(&attribute.value)) {
                for (std::int64_t element : *list) message.add_int64(AttributeProto::ints, element);
                message.add_enum(AttributeProto::type, attribute_ints);
            } else {
                message.add_int64(AttributeProto::i, std::get<std::int64_t>(attribute.value));
                message.add_enum(AttributeProto::type, attribute_int);
            }
        }
        return output;
    }

private:
    std::string add_constant(const std::string& name, int type, const char* bytes, std::size_t size, const std::vector<int>& shape) {
        Builder<TensorProto> tensor(graph_, GraphProto::initializer);
        for (int extent : shape) {
            tensor.add_int64(TensorProto::dims, extent);
            size *= static_cast<std::size_t>(extent);
        }
        tensor.add_int32(TensorProto::data_type, type);
        tensor.add_string(TensorProto::name, name);
        tensor.add_bytes(TensorProto::raw_data, bytes, size);
        return name;
    }

    Builder<GraphProto> graph_;
};

// ONNX has filters as [filters][channels][kernel].
std::vector<float> transposed_filters(const float* filters, const ConvolutionShape& shape) {
    std::vector<float> transposed(static_cast<std::size_t>(shape.filters) * shape.patch());
    for (int f = 0; f < shape.filters; ++f)
        for (int k = 0; k < shape.kernel; ++k)
            for (int c = 0; c < shape.channels; ++c)
                transposed[(static_cast<std::size_t>(f) * shape.channels + c) * shape.kernel + k] =
                    filters[(static_cast<std::size_t>(f) * shape.kernel + k) * shape.channels + c];
    return transposed;
}

// The convolutions of one member, from [batch][points] to [batch][positions * filters] in Friedel's order. Returns the name of the latter.
std::string add_convolutions(Graph& graph, const NetworkShape& shape, const float* parameters, const std::string& member) {
    const std::int64_t channel_axis = 1;
    std::string value =
        graph.node("Unsqueeze", {"pattern", graph.constant(member + "/channel_axis", &channel_axis, {1})}, member + "/signal");
    for (int layer = 0; layer < shape.convolution_layers(); ++layer) {
        const std::string name = member + "/layers/" + std::to_string(layer);
        const ConvolutionShape own = shape.convolution(layer);
        const std::vector<float> filters = transposed_filters(parameters + shape.weight_offset(layer), own);
        const std::string weight = graph.constant(name + "/weight", filters.data(), {own.filters, own.channels, own.kernel});
        const std::string bias = graph.constant(name + "/bias", parameters + shape.bias_offset(layer), {own.filters});
        const std::vector<std::int64_t> kernel = {own.kernel}, strides = {own.stride};
        value = graph.node("Conv", {value, weight, bias}, name + "/sum", {{"kernel_shape", kernel}, {"strides", strides}});
        value = graph.node("Relu", {value}, name + "/output");
    }
    const std::vector<std::int64_t> channels_last = {0, 2, 1};
    value = graph.node("Transpose", {value}, member + "/positions", {{"perm", channels_last}});
    return graph.node("Flatten", {value}, member + "/features", {{"axis", 1}});
}

// One member, under the names that its weights have in the model file. Returns the name of its logits.
std::string add_member(Graph& graph, const Model& model, std::size_t member, const std::string& logits) {
    const NetworkShape& shape = model.shape;
    const float* const parameters = model.members[member].data();
    const std::string own = "members/" + std::to_string(member);
    std::string value = shape.convolutions.empty() ? "pattern" : add_convolutions(graph, shape, parameters, own);
    for (int layer = shape.convolution_layers(); layer < shape.layers(); ++layer) {
        const std::string name = own + "/layers/" + std::to_string(layer);
        const bool last = layer + 1 == shape.layers();
        const std::string weight =
            graph.constant(name + "/weight", parameters + shape.weight_offset(layer), {shape.outputs(layer), shape.inputs(layer)});
        const std::string bias = graph.constant(name + "/bias", parameters + shape.bias_offset(layer), {shape.outputs(layer)});
        value = graph.node("Gemm", {value, weight, bias}, last ? logits : name + "/sum", {{"transB", 1}});
        if (!last) value = graph.node("Relu", {value}, name + "/output");
    }
    return value;
}

void add_networks(Graph& graph, const Model& model) {
    const std::int64_t members = static_cast<std::int64_t>(model.members.size()), classes = model.classes();
    const bool ensemble = members > 1;
    graph.declare(GraphProto::input, "pattern", {batch_axis, model.grid.points});
    graph.declare(GraphProto::output, "logits",
                  ensemble ? std::vector<std::int64_t>{members, batch_axis, classes} : std::vector<std::int64_t>{batch_axis, classes});
    graph.declare(GraphProto::output, "probabilities", {batch_axis, classes});

    const std::string temperature = graph.constant("temperature", &model.calibration.belief.temperature, {});
    const std::int64_t first = 0;
    const std::string member_axis = ensemble ? graph.constant("member_axis", &first, {1}) : "";
    std::vector<std::string> logits, probabilities;
    for (std::size_t m = 0; m < model.members.size(); ++m) {
        const std::string name = "members/" + std::to_string(m);
        const std::string own = add_member(graph, model, m, ensemble ? name + "/logits" : "logits");
        const std::string tempered = graph.node("Div", {own, temperature}, name + "/tempered");
        probabilities.push_back(graph.node("Softmax", {tempered}, name + "/probabilities", {{"axis", -1}}));
        if (ensemble) logits.push_back(graph.node("Unsqueeze", {own, member_axis}, name + "/logits_of_members"));
    }
    if (ensemble) graph.node("Concat", logits, "logits", {{"axis", 0}});
    const float doubt = model.calibration.belief.doubt;
    graph.node("Mean", probabilities, doubt > 0 ? "undoubted" : "probabilities");
    if (doubt == 0) return;
    const float believed = 1 - doubt, even = doubt / static_cast<float>(classes);
    const std::string part = graph.node("Mul", {"undoubted", graph.constant("believed", &believed, {})}, "believed_part");
    graph.node("Add", {part, graph.constant("even", &even, {})}, "probabilities");
}

const char* const preprocessing_in_words =
    "1. Convert to wavelength_angstrom: sin(theta) of every point is multiplied by wavelength_angstrom / measured wavelength, unless the "
    "two differ by less than 0.2 %. "
    "2. Resample to two-theta = grid_start_deg + i * grid_step_deg, i = 0 ... grid_points - 1. The pattern is the straight lines between "
    "its points. Where the mean measured step is shorter than 0.75 grid steps, its mean over the grid step about the point (the integral "
    "of these lines over the part of that step that was measured, divided by its width), otherwise its value at the point; beyond either "
    "end the mean of the 10 outermost measured points. Call the result y, and m the largest absolute value of y. "
    "3. If remove_background is 1 and grid_points is at least 2 * background_bin_points: b = mean = the means of y over successive groups "
    "of background_bin_points points, as many as fill up. For h = background_window_bins down to 1, where 2 h is less than the number of "
    "bins, all i from h to bins - 1 - h at once: b[i] = min(b[i], (b[i-h] + b[i+h]) / 2). If remove_pedestal is 1: e = mean - b, p = mean "
    "of e, then ten times p = mean of those e below 2 p, ending early where there are none; otherwise p = 0. From y[i] subtract p and b at "
    "(i + 0.5) / background_bin_points - 0.5, linear between the bins and extrapolated along the first and last pair of them. "
    "4. t = the largest y. If t is at most negligible * m (without step 3: at most 0), the pattern is all zeros. Otherwise y = max(y, 0) / "
    "t, and if square_root is 1 its square root. "
    "5. If unit_rms is 1 and the pattern is not all zeros, y is divided by the root of the mean of y^2. "
    "tools/onnx_classify.py of Friedel's source does all of it.";

const char* const lattice_scales_in_words =
    "where there are any, y of step 2 is prepared and asked about once for each scale s, with every d multiplied by s: at two-theta the "
    "value that y has where sin(theta) is s times as large (the last point's where that exceeds 1), by cubic interpolation (Catmull-Rom: "
    "between b and c of neighbours a, b, c, d at fraction t, b + t / 2 (c - a + t (2 a - 5 b + 4 c - d + t (3 (b - c) + d - a)))), indices "
    "beyond the ends being those of the end points. The logits of each network are averaged over the scales; then the answer is "
    "(1 - doubt) times the mean over the networks of softmax(logits / temperature), plus doubt / number of classes.";

std::string number(float value) {  // the shortest text that reads as the same value
    char text[32];
    return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

using AddMetadata = std::function<void(const char* key, const std::string& value)>;

// What is done to a pattern before the network sees it.
void add_preprocessing(const AddMetadata& add, const Model& model) {
    add("preprocessing", preprocessing_in_words);
    add("wavelength_angstrom", number(model.wavelength_angstrom));
    add("grid_start_deg", number(model.grid.start_deg));
    add("grid_step_deg", number(model.grid.step_deg));
    add("grid_points", std::to_string(model.grid.points));
    add("remove_background", model.preprocess.remove_background ? "1" : "0");
    add("background_window_deg", number(model.preprocess.background_window_deg));
    add("background_window_bins", std::to_string(background_window_bins(model.grid, model.preprocess)));
    add("background_bin_points", std::to_string(background_bin_points(model.grid)));
    add("remove_pedestal", model.preprocess.remove_pedestal ? "1" : "0");
    add("negligible", number(preprocess_rounding));
    add("square_root", model.preprocess.square_root ? "1" : "0");
    add("unit_rms", model.preprocess.unit_rms ? "1" : "0");
}

// What the outputs mean, and when they are no answer.
void add_meaning(const AddMetadata& add, const Model& model) {
    nlohmann::json classes = nlohmann::json::array();
    for (int c = 0; c < model.classes(); ++c) classes.push_back(class_name(model.target, c));
    add("target", model.target == Target::space_group ? "space_group" : "crystal_system");
    add("classes", classes.dump());
    add("temperature", number(model.calibration.belief.temperature));
    add("doubt", number(model.calibration.belief.doubt));
    std::string scales;
    for (float scale : model.calibration.lattice_scales) scales += (scales.empty() ? "" : ",") + number(scale);
    add("lattice_scales", scales);
    add("lattice_scales_meaning", lattice_scales_in_words);
    add("refusal", "where the Shannon entropy of probabilities, -sum p ln p, exceeds entropy_threshold_nats");
    add("entropy_threshold_nats", number(model.calibration.entropy_threshold));
    add("sets",
        "where set_level is not 0: the classes of probability set_probability or more, or else the likeliest, hold the right one for "
        "set_level of patterns like those of the calibration");
    add("set_level", number(model.calibration.set_level));
    add("set_probability", number(model.calibration.set_probability));
    add("left_out",
        "friedel classify also takes off humps that are wider than lines, and spikes of one point, before anything else (--keep-humps and "
        "--keep-spikes leave them in), and refuses patterns that cover too little of the grid's range, or that have no sharp lines, only "
        "one, or orders of one spacing alone");
    add("calibration_fitted_on", model.calibration.fitted_on);
}

// What the network was trained on.
void add_provenance(const AddMetadata& add, const Provenance& made) {
    add("friedel_version", FRIEDEL_VERSION);
    for_each_provenance_field(made, [&](const std::string& name, const auto& value, Told) {
        using Value = std::decay_t<decltype(value)>;
        const std::string key = "training_" + name;
        if constexpr (std::is_same_v<Value, std::string>)
            add(key.c_str(), value);
        else if constexpr (std::is_same_v<Value, double>)
            add(key.c_str(), number(static_cast<float>(value)));
        else
            add(key.c_str(), nlohmann::json(value).dump());
    });
}

void add_metadata(Builder<ModelProto>& message, const Model& model) {
    const auto add = [&](const char* key, const std::string& value) {
        Builder<StringStringEntryProto> entry(message, ModelProto::metadata_props);
        entry.add_string(StringStringEntryProto::key, key);
        entry.add_string(StringStringEntryProto::value, value);
    };
    add_preprocessing(add, model);
    add_meaning(add, model);
    add_provenance(add, model.provenance);
}

}  // namespace

void write_onnx(const std::filesystem::path& file, const Model& model) {
    const auto require_room = [&](std::size_t bytes) {
        if (bytes <= largest_message) return;
        fail(file.string(), ": the networks take ", std::llround(static_cast<double>(bytes) / 1e6),
             " MB and an ONNX file holds 2147 MB at most; train with fewer network.members or a smaller network.hidden");
    };
    // Before anything is built, and once more with all names and metadata.
    const std::size_t weights = model.members.size() * model.shape.parameters() * sizeof(float);
    require_room(weights);
    std::string bytes;
    bytes.reserve(weights + (1 << 20));
    Builder<ModelProto> message(bytes);
    message.add_int64(ModelProto::ir_version, ir_version);
    message.add_string(ModelProto::producer_name, "friedel");
    message.add_string(ModelProto::producer_version, FRIEDEL_VERSION);
    message.add_int64(ModelProto::model_version, 1);
    {
        Builder<OperatorSetIdProto> operators(message, ModelProto::opset_import);
        operators.add_string(OperatorSetIdProto::domain, "");
        operators.add_int64(OperatorSetIdProto::version, opset);
    }
    add_metadata(message, model);
    {
        Graph graph(message);
        add_networks(graph, model);
    }
    require_room(bytes.size());
    write_text_file(file, bytes);
}

}  // namespace friedel
