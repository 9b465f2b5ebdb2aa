#include "host/training/config.h"

#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <type_traits>

#include "host/support/error.h"
#include "host/support/joined.h"
#include "host/support/radiation.h"
#include "host/support/text_encoding.h"
#include "host/training/config_keys.h"

namespace friedel {

namespace {

// A value being read: its key, and where it stands.
struct Reading {
    const Key& key;
    std::string where;  // "config.toml:12"

    [[noreturn]] void refuse(const std::string& what, const std::string& wanted) const {
        fail(where, ": ", key.path(), " ", what, "; give ", wanted);
    }
    std::string range() const {
        std::ostringstream text;
        text.precision(9);
        text << key.low << " to " << key.high;
        return text.str();
    }
};

std::string in_words(const toml::node& node) {
    // toml++ works out how wide an array is by converting logarithms below 0 to unsigned.
    if (const toml::array* const array = node.as_array()) {
        return "[" + joined(*array, in_words) + "]";
    }
    if (node.is_table()) return "a table";
    std::ostringstream text;
    text.precision(9);
    if (const std::optional<double> number = node.is_floating_point() ? node.value<double>() : std::nullopt)
        text << *number;  // toml++ writes 0.05 with all digits that its nearest double has
    else
        node.visit([&](const auto& value) { text << value; });
    return text.str();
}

double read_number(const Reading& r, const toml::node& node) {
    const std::optional<double> value = node.is_number() ? node.value<double>() : std::nullopt;
    if (!value) r.refuse("is not a number", "a number from " + r.range());
    if (!(*value >= r.key.low && *value <= r.key.high)) r.refuse("is out of range: " + in_words(node), "a number from " + r.range());
    return *value;
}

template <class Integer>
Integer read_integer(const Reading& r, const toml::node& node) {
    std::optional<std::int64_t> value = node.is_integer() ? node.value<std::int64_t>() : std::nullopt;
    // Written with an exponent, as 4e+03, it is a whole number all the same.
    if (const std::optional<double> real = node.value<double>(); !value && real && std::nearbyint(*real) == *real && std::abs(*real) < 1e15)
        value = static_cast<std::int64_t>(*real);
    if (!value) r.refuse("is not a whole number", "a whole number from " + r.range());
    read_number(r, node);
    return static_cast<Integer>(*value);
}

float read_float(const Reading& r, const toml::node& node) { return static_cast<float>(read_number(r, node)); }

const std::string distribution_forms =
    "a number, {uniform = [a, b]}, {log_uniform = [a, b]} or {normal = [mean, deviation]}, the last three with probability and otherwise "
    "if wanted";

constexpr const char* kinds_of_distributions[] = {"constant", "uniform", "log_uniform", "normal"};  // by Distribution::Kind

// The words beside that of the kind. False of another word.
bool read_part(Distribution& d, const Reading& r, const std::string& word, const toml::node& value) {
    if (word != "probability" && word != "otherwise") return false;
    const std::optional<double> number = value.is_number() ? value.value<double>() : std::nullopt;
    if (!number) r.refuse("has a " + word + " that is not a number", distribution_forms);
    if (word == "otherwise") {
        d.otherwise = read_float(r, value);
    } else {
        if (!(*number >= 0 && *number <= 1)) r.refuse("has probability " + in_words(value), "a probability from 0 to 1");
        d.probability = static_cast<float>(*number);
    }
    return true;
}

void read_kind(Distribution& d, const Reading& r, const std::string& word, const toml::node& value) {
    const auto kind = std::find(std::begin(kinds_of_distributions), std::end(kinds_of_distributions), word);
    if (kind == std::end(kinds_of_distributions)) r.refuse("has an unknown part '" + word + "'", distribution_forms);
    d.kind = static_cast<Distribution::Kind>(kind - std::begin(kinds_of_distributions));
    if (d.kind == Distribution::Kind::constant) {
        d.a = read_float(r, value);
        return;
    }
    const toml::array* const ends = value.as_array();
    if (!ends || ends->size() != 2 || !ends->get(0)->is_number() || !ends->get(1)->is_number())
        r.refuse("needs two numbers in " + word, distribution_forms);
    d.a = read_float(r, *ends->get(0));
    if (d.kind == Distribution::Kind::normal) {
        d.b = ends->get(1)->value<float>().value();
        if (!(d.b >= 0)) r.refuse("has a negative deviation", "a deviation of 0 or more");
        // Draws are cut at three deviations.
        if (d.a - 3 * d.b < r.key.low || d.a + 3 * d.b > r.key.high)
            r.refuse("gives numbers out of range within three deviations", "numbers from " + r.range());
        return;
    }
    d.b = read_float(r, *ends->get(1));
    if (d.b < d.a) r.refuse("has its ends in the wrong order", "the lower one first");
    if (d.kind == Distribution::Kind::log_uniform && !(d.a > 0))
        r.refuse("is log_uniform from " + in_words(*ends->get(0)), "a lower end above 0");
}

Distribution read_distribution(const Reading& r, const toml::node& node, const Distribution& before) {
    Distribution d;
    d.otherwise = before.otherwise;
    if (node.is_number()) {
        d.a = read_float(r, node);
        return d;
    }
    const toml::table* const table = node.as_table();
    if (!table) r.refuse("is not a distribution", distribution_forms);
    int kinds = 0;
    for (const auto& [name, value] : *table) {
        const std::string word(name.str());
        if (read_part(d, r, word, value)) continue;
        read_kind(d, r, word, value);
        ++kinds;
    }
    if (kinds != 1) r.refuse(kinds ? "names two distributions" : "names no distribution", distribution_forms);
    return d;
}

template <class Element, class Read>
std::vector<Element> read_list(const Reading& r, const toml::node& node, Read&& read) {
    std::vector<Element> list;
    if (const toml::array* const array = node.as_array()) {
        for (const toml::node& element : *array) list.push_back(read(r, element));
    } else {
        list.push_back(read(r, node));
    }
    return list;
}

// How each kind of key is read.
struct Reader {
    const Reading& r;
    const toml::node& node;

    void operator()(float* v) const { *v = read_float(r, node); }
    void operator()(double* v) const { *v = read_number(r, node); }
    void operator()(int* v) const { *v = read_integer<int>(r, node); }
    void operator()(std::int64_t* v) const { *v = read_integer<std::int64_t>(r, node); }
    void operator()(std::uint64_t* v) const { *v = read_integer<std::uint64_t>(r, node); }
    void operator()(bool* v) const {
        if (!node.is_boolean()) r.refuse("is not true or false", "true or false");
        *v = *node.value<bool>();
    }
    void operator()(Distribution* v) const { *v = read_distribution(r, node, *v); }
    void operator()(Radiation* v) const {
        if (!node.is_string()) r.refuse("is not text", "an anode or wavelengths in quotation marks, \"cu\" or \"1.5406,1.5444:0.5\"");
        try {
            *v = parse_radiation(*node.value<std::string>());
        } catch (const Error& error) {
            fail(r.where, ": ", r.key.path(), ": ", error.what());
        }
    }
    void operator()(std::vector<int>* v) const { *v = read_list<int>(r, node, read_integer<int>); }
    void operator()(std::vector<float>* v) const { *v = read_list<float>(r, node, read_float); }
    void operator()(const Choice& choice) const {
        std::string permitted;
        for (std::size_t i = 0; i < choice.words.size(); ++i) {
            if (node.value<std::string>() == choice.words[i]) return choice.set(static_cast<int>(i));
            permitted += (i ? " or \"" : "\"") + choice.words[i] + "\"";
        }
        r.refuse("is not one of its words: " + in_words(node), permitted);
    }
};

// Shortest text that reads back as the same float.
std::string shortest(double value, bool single = true) {
    if (std::abs(value) < 1e9 && std::nearbyint(value) == value) return std::to_string(std::llround(value));
    for (int digits = 1; digits <= 17; ++digits) {
        std::ostringstream text;
        text.precision(digits);
        text << value;
        const double back = std::stod(text.str());
        if (single ? static_cast<float>(back) == static_cast<float>(value) : back == value) return text.str();
    }
    return std::to_string(value);
}

template <class Element>
std::string list_text(const std::vector<Element>& list) {
    std::string text = "[";
    for (const Element& element : list) text += (text.size() > 1 ? ", " : "") + shortest(element);
    return text + "]";
}

// How each kind of key is written.
struct Writer {
    std::string operator()(const float* v) const { return shortest(*v); }
    std::string operator()(const double* v) const { return shortest(*v, false); }
    std::string operator()(const int* v) const { return std::to_string(*v); }
    std::string operator()(const std::int64_t* v) const { return std::to_string(*v); }
    std::string operator()(const std::uint64_t* v) const { return std::to_string(*v); }
    std::string operator()(const bool* v) const { return *v ? "true" : "false"; }
    std::string operator()(const Distribution* v) const {
        if (v->kind == Distribution::Kind::constant && v->probability == 1) return shortest(v->a);
        std::string text = std::string("{") + kinds_of_distributions[static_cast<int>(v->kind)] + " = ";
        text += v->kind == Distribution::Kind::constant ? shortest(v->a) : "[" + shortest(v->a) + ", " + shortest(v->b) + "]";
        if (v->probability != 1) text += ", probability = " + shortest(v->probability) + ", otherwise = " + shortest(v->otherwise);
        return text + "}";
    }
    std::string operator()(const Radiation* v) const {
        std::string text = "\"";
        for (int i = 0; i < v->lines; ++i) text += (i ? "," : "") + shortest(v->wavelength[i]) + ":" + shortest(v->weight[i]);
        return text + "\"";
    }
    std::string operator()(const std::vector<int>* v) const { return list_text(*v); }
    std::string operator()(const std::vector<float>* v) const { return list_text(*v); }
    std::string operator()(const Choice& choice) const { return "\"" + choice.words[choice.get()] + "\""; }
};

// Whether the value of a key that is one number is permitted; true of any other kind.
struct WithinRange {
    double low, high;

    template <class Target>
    bool operator()(const Target& target) const {
        if constexpr (std::is_pointer_v<Target>) {
            using Number = std::remove_pointer_t<Target>;
            if constexpr (std::is_arithmetic_v<Number> && !std::is_same_v<Number, bool>)
                return *target >= static_cast<Number>(low) && *target <= static_cast<Number>(high);
        }
        return true;
    }
};

const std::string set_origin = "--set ";  // of text that is no file

void read_table(TrainingConfig& config, const toml::table& root, const std::string& origin) {
    const std::vector<Key> keys = config_keys(config);
    const auto where = [&](const toml::source_region& source) {
        const bool has_lines = source.begin.line > 0 && !origin.starts_with(set_origin);
        return has_lines ? origin + ":" + std::to_string(source.begin.line) : origin;
    };
    const auto list_of = [&](auto&& part) {
        std::string all, last;
        for (const Key& key : keys) {
            const std::string word = part(key);
            if (!word.empty() && word != last) append_word(all, last = word);
        }
        return all;
    };
    for (const auto& [section, node] : root) {
        const std::string section_name(section.str());
        const bool known = std::any_of(keys.begin(), keys.end(), [&](const Key& key) { return key.section == section_name; });
        if (!known || !node.is_table()) {
            fail(where(section.source()), ": ", section_name, known ? " is not a table" : " is unknown", "; the tables are ",
                 list_of([](const Key& key) { return key.section; }));
        }
        for (const auto& [name, value] : *node.as_table()) {
            const std::string key_name(name.str());
            const auto key = std::find_if(keys.begin(), keys.end(), [&](const Key& candidate) {
                return candidate.section == section_name && candidate.name == key_name;
            });
            if (key == keys.end()) {
                fail(where(name.source()), ": ", section_name, ".", name.str(), " is unknown; the keys of [", section_name, "] are ",
                     list_of([&](const Key& candidate) { return candidate.section == section_name ? candidate.name : ""; }));
            }
            const Reading reading{*key, where(name.source())};
            std::visit(Reader{reading, value}, key->target);
        }
    }
    // Who asks for a number of steps asks for no time, whatever a preset says.
    const toml::node_view<const toml::node> training = root["training"];
    if (training["steps"] && !training["minutes"]) config.run.minutes = 0;
}

}  // namespace

NetworkShape TrainingConfig::shape() const {
    NetworkShape shape;
    shape.widths.push_back(simulation.grid.points);
    shape.widths.insert(shape.widths.end(), network.hidden.begin(), network.hidden.end());
    shape.widths.push_back(classes_of(network.target));
    for (std::size_t i = 0; i < network.filters.size(); ++i)
        shape.convolutions.push_back({network.filters[i], network.kernels.at(i), network.strides.at(i)});
    return shape;
}

std::vector<float> TrainingConfig::dropout() const {
    std::vector<float> all(network.filters.size(), 0.0f);
    for (std::size_t i = 0; i < network.hidden.size(); ++i) {
        if (network.dropout.size() == network.hidden.size())
            all.push_back(network.dropout[i]);
        else
            all.push_back(network.dropout.empty() ? 0.0f : network.dropout[0]);
    }
    return all;
}

namespace {

// toml++ 3.3 runs into undefined behaviour on some letters beyond ASCII, which only comments have a use for here.
toml::table parse_ascii(const std::string& utf_8, const std::string& origin) {
    std::string text(without_byte_order_mark(utf_8));  // Windows' Notepad writes one
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 127; }, '?');
    return toml::parse(text, origin);
}

}  // namespace

void read_toml(TrainingConfig& config, const std::string& text, const std::string& origin) {
    toml::table root;
    try {
        root = parse_ascii(text, origin);
    } catch (const toml::parse_error& error) {
        fail(origin, ":", error.source().begin.line, ": is not TOML (", error.description(), "); correct that line");
    }
    read_table(config, root, origin);
}

void read_toml_file(TrainingConfig& config, const std::filesystem::path& file) {
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    if (!in || std::filesystem::is_directory(file)) fail(file.string(), ": cannot be read; name a TOML file");
    read_toml(config, text.str(), file.string());
}

void set_key(TrainingConfig& config, const std::string& assignment) {
    const std::size_t equals = assignment.find('='), dot = assignment.find('.');
    const std::string origin = set_origin + assignment;
    if (equals == std::string::npos || dot == std::string::npos || dot > equals) {
        fail(origin, ": is not of the form table.key=value, as in training.batch=256");
    }
    try {
        read_table(config, parse_ascii(assignment, origin), origin);
    } catch (const toml::parse_error&) {
        // A word may stand without the quotation marks that a shell would take away.
        try {
            read_table(config, parse_ascii(assignment.substr(0, equals + 1) + "\"" + assignment.substr(equals + 1) + "\"", origin), origin);
        } catch (const toml::parse_error& error) {
            fail(origin, ": is not TOML (", error.description(), "); write table.key=value");
        }
    }
}

void check(const TrainingConfig& c) {
    TrainingConfig copy = c;
    for (const Key& key : config_keys(copy)) {
        // Numbers come from options too, past the readers above; what is stored has to be read again.
        if (!std::visit(WithinRange{key.low, key.high}, key.target)) {
            fail(key.path(), ": is out of range: ", std::visit(Writer{}, key.target), "; give a number from ", key.low, " to ", key.high);
        }
    }
    const Grid& grid = c.simulation.grid;
    const double end = grid.start_deg + static_cast<double>(grid.points) * grid.step_deg;
    if (end > 179) fail("grid: ends at ", end, " degrees; let start_deg + points * step_deg be 179 at most");
    if (c.network.dropout.size() > 1 && c.network.dropout.size() != c.network.hidden.size()) {
        fail("network.dropout: has ", c.network.dropout.size(), " numbers for ", c.network.hidden.size(),
             " hidden layers; give one for each, or one for all");
    }
    if (c.loss.label_smoothing + c.loss.graph_smoothing >= 1) {
        fail("loss: label_smoothing and graph_smoothing take ", c.loss.label_smoothing + c.loss.graph_smoothing,
             " of the target; let them be below 1 together");
    }
    if (c.loss.graph_smoothing > 0 && c.network.target != Target::space_group) {
        fail("loss.graph_smoothing: is about space groups; set it to 0 where network.target is \"crystal_system\"");
    }
    const Distribution &low = c.simulation.uniform_noise_low, &high = c.simulation.uniform_noise_high;
    if (low.highest() > high.highest()) {
        fail("simulation.uniform_noise_low: reaches ", low.highest(), ", and uniform_noise_high ", high.highest(),
             " only; let it be no more");
    }
    if (c.network.kernels.size() != c.network.filters.size() || c.network.strides.size() != c.network.filters.size()) {
        fail("network: has ", c.network.filters.size(), " filters, ", c.network.kernels.size(), " kernels and ", c.network.strides.size(),
             " strides; give one of each for every layer of convolutions, or [] for all three");
    }
    const NetworkShape shape = c.shape();
    if (const std::string fault = shape.fault_of_convolutions(); !fault.empty()) fail("network: ", fault);
    for (int layer = 0; layer < shape.layers(); ++layer) {
        if (static_cast<double>(shape.inputs(layer)) * shape.outputs(layer) > 2e9) {
            fail("network.hidden: makes a layer of ", shape.inputs(layer), " by ", shape.outputs(layer), " weights; let it be below 2e9");
        }
    }
}

namespace {

struct ChangedKey {
    const Key& key;
    std::string was, is;
};

// Calls use() for every key that differs.
void for_each_change(const TrainingConfig& stored, const TrainingConfig& wanted, const std::function<void(const ChangedKey&)>& use) {
    TrainingConfig before = stored, after = wanted;
    const std::vector<Key> keys = config_keys(before), changed = config_keys(after);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const std::string was = std::visit(Writer{}, keys[i].target), is = std::visit(Writer{}, changed[i].target);
        if (was != is) use({keys[i], was, is});
    }
}

std::string first_difference(const TrainingConfig& stored, const TrainingConfig& wanted, bool of_free_keys) {
    std::string first;
    for_each_change(stored, wanted, [&](const ChangedKey& change) {
        if (first.empty() && (of_free_keys || change.key.resuming == Resuming::same))
            first = change.key.path() + " is " + change.is + " here and " + change.was + " there";
    });
    return first;
}

}  // namespace

std::string contradiction(const TrainingConfig& stored, const TrainingConfig& wanted) { return first_difference(stored, wanted, false); }
std::string difference(const TrainingConfig& there, const TrainingConfig& here) { return first_difference(there, here, true); }

std::vector<std::string> changes_of_learning(const TrainingConfig& stored, const TrainingConfig& wanted) {
    std::vector<std::string> changes;
    for_each_change(stored, wanted, [&](const ChangedKey& change) {
        if (change.key.resuming == Resuming::learning) changes.push_back(change.key.path() + " " + change.is + " instead of " + change.was);
    });
    return changes;
}

std::string to_toml(const TrainingConfig& config) {
    TrainingConfig copy = config;
    std::string text, section;
    for (const Key& key : config_keys(copy)) {
        if (key.section != section) text += (section.empty() ? "[" : "\n[") + (section = key.section) + "]\n";
        text += key.name + " = " + std::visit(Writer{}, key.target) + "\n";
    }
    return text;
}

std::string describe_keys(const TrainingConfig& config) {
    TrainingConfig copy = config;
    std::ostringstream text;
    text << "# A distribution is " << distribution_forms
         << ":\n# with the rest of the probability the value is `otherwise`, as in {uniform = [0, 0.2], probability = 0.5, otherwise = "
            "0}.\n\n";
    text.precision(9);
    std::string section;
    for (const Key& key : config_keys(copy)) {
        if (key.section != section) text << (section.empty() ? "[" : "\n[") << (section = key.section) << "]\n";
        text << key.name << " = " << std::visit(Writer{}, key.target) << "  # " << key.help;
        if (const Choice* const choice = std::get_if<Choice>(&key.target)) {
            text << " (" << joined(choice->words) << ")";
        } else if (!std::holds_alternative<bool*>(key.target)) {
            text << " (" << key.low << " to " << key.high
                 << (std::holds_alternative<Distribution*>(key.target) ? ", or a distribution)" : ")");
        }
        text << "\n";
    }
    return text.str();
}

}  // namespace friedel
