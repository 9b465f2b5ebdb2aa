#include <cstring>
#include <nlohmann/json.hpp>

#include "host/answers/classification.h"
#include "host/support/error.h"

namespace friedel {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Candidate, space_group, probability)

namespace {

using nlohmann::json;

// Hands every member to `field`, in the order in which they travel.
template <class C, class Field>
void for_each_field(C& c, const Field& field) {
    field(c.file);
    field(c.title);
    field(c.file_state);
    field(c.note);
    field(c.refused);
    field(c.system);
    field(c.system_probability);
    field(c.candidates);
    field(c.set);
    field(c.extinction);
    field(c.extinction_probability);
    field(c.entropy);
    field(c.coverage);
    field(c.probabilities);
    field(c.closest);
    field(c.closest_formula);
    field(c.closest_space_group);
    field(c.closest_is_parent);
    field(c.similarity);
    field(c.closest_cell);
    field(c.closest_lattice_change);
    field(c.unexplained);
    field(c.second_phase);
    field(c.second_formula);
    field(c.second_space_group);
    field(c.second_part);
    field(c.lattice);
    field(c.cell);
    field(c.cell_probability);
    field(c.unread);
    field(c.wavelength);
    field(c.wavelength_source);
}

template <class T>
json to_json_value(const T& value) {
    return value;
}
json to_json_value(const std::vector<float>& values) {
    std::vector<std::uint8_t> bytes(values.size() * sizeof(float));
    if (!bytes.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
    return json::binary(std::move(bytes));
}

template <class T>
void from_json_value(T& value, const json& from) {
    from.get_to(value);
}
void from_json_value(std::vector<float>& values, const json& from) {
    const auto& bytes = from.get_binary();
    values.resize(bytes.size() / sizeof(float));
    if (!values.empty()) std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
}

}  // namespace

std::string packed(const std::vector<Classification>& classifications) {
    json all = json::array();
    for (const Classification& c : classifications) {
        json& one = all.emplace_back(json::array());
        for_each_field(c, [&](const auto& value) { one.push_back(to_json_value(value)); });
    }
    std::string bytes;
    json::to_cbor(all, bytes);
    return bytes;
}

std::vector<Classification> unpacked(const std::string& bytes) {
    std::vector<Classification> classifications;
    try {
        for (const json& one : json::from_cbor(bytes)) {
            Classification c;
            std::size_t at = 0;
            for_each_field(c, [&](auto& value) { from_json_value(value, one.at(at++)); });
            classifications.push_back(std::move(c));
        }
    } catch (const json::exception& error) {
        fail("results from another process cannot be understood (", error.what(), "); use one build of friedel on all machines");
    }
    return classifications;
}

}  // namespace friedel
