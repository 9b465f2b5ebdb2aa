#include "host/training/config_values.h"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <type_traits>

#include "host/support/error.h"
#include "host/support/joined.h"
#include "host/support/radiation.h"

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
    const auto compared = static_cast<double>(*value);  // what is too large for a double's digits is rounded, as the ends are
    if (!(compared >= r.key.low && compared <= r.key.high))
        r.refuse("is out of range: " + in_words(node), "a whole number from " + r.range());
    return static_cast<Integer>(*value);
}

float read_float(const Reading& r, const toml::node& node) { return static_cast<float>(read_number(r, node)); }

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
        d.b = static_cast<float>(ends->get(1)->value<double>().value());
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
    Reading r;
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

// Shortest text that reads back as the same Real.
template <class Real>
std::string shortest(double value) {
    if (std::abs(value) < 1e9 && std::nearbyint(value) == value) return std::to_string(std::llround(value));
    for (int digits = 1; digits <= 17; ++digits) {
        std::ostringstream text;
        text.precision(digits);
        text << value;
        const double back = std::stod(text.str());
        if (static_cast<Real>(back) == static_cast<Real>(value)) return text.str();
    }
    return std::to_string(value);
}

template <class Element>
std::string list_text(const std::vector<Element>& list) {
    std::string text = "[";
    for (const Element& element : list) text += (text.size() > 1 ? ", " : "") + shortest<float>(element);
    return text + "]";
}

// How each kind of key is written.
struct Writer {
    std::string operator()(const float* v) const { return shortest<float>(*v); }
    std::string operator()(const double* v) const { return shortest<double>(*v); }
    std::string operator()(const int* v) const { return std::to_string(*v); }
    std::string operator()(const std::int64_t* v) const { return std::to_string(*v); }
    std::string operator()(const std::uint64_t* v) const { return std::to_string(*v); }
    std::string operator()(const bool* v) const { return *v ? "true" : "false"; }
    std::string operator()(const Distribution* v) const {
        if (v->kind == Distribution::Kind::constant && v->probability == 1) return shortest<float>(v->a);
        std::string text = std::string("{") + kinds_of_distributions[static_cast<int>(v->kind)] + " = ";
        text += v->kind == Distribution::Kind::constant ? shortest<float>(v->a)
                                                        : "[" + shortest<float>(v->a) + ", " + shortest<float>(v->b) + "]";
        if (v->probability != 1)
            text += ", probability = " + shortest<float>(v->probability) + ", otherwise = " + shortest<float>(v->otherwise);
        return text + "}";
    }
    std::string operator()(const Radiation* v) const {
        std::string text = "\"";
        for (int i = 0; i < v->lines; ++i) text += (i ? "," : "") + shortest<float>(v->wavelength[i]) + ":" + shortest<float>(v->weight[i]);
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

}  // namespace

void read_value(const Key& key, const toml::node& node, const std::string& where) { std::visit(Reader{{key, where}, node}, key.target); }

std::string value_text(const Key& key) { return std::visit(Writer{}, key.target); }

bool is_within_range(const Key& key) { return std::visit(WithinRange{key.low, key.high}, key.target); }

}  // namespace friedel
