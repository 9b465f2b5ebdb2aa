#include "host/network/provenance.h"

#include <algorithm>

#include "host/support/error.h"

namespace friedel {

namespace {

using Texts = std::vector<std::string>;
using Counts = std::array<std::uint32_t, space_groups>;

void store(H5File& file, const std::string& name, const std::string& text) { file.write_strings(name, {text}); }
void store(H5File& file, const std::string& name, const Texts& texts) { file.write_strings(name, texts); }
void store(H5File& file, const std::string& name, const Counts& counts) { file.write(name, counts.data(), {counts.size()}); }
template <class Number>
void store(H5File& file, const std::string& name, const Number& number) {
    file.write(name, &number, {1});
}

bool is_empty(const std::string& text) { return text.empty(); }
bool is_empty(const Texts& texts) { return texts.empty(); }
template <class Number>
bool is_empty(const Number&) {
    return false;
}

// Each returns what is wrong with it, or nothing.
const char* fetch(std::string& text, const H5File& file, const std::string& name) {
    Texts found = file.read_strings(name);
    if (found.size() != 1) return " is not a single text";
    text = std::move(found[0]);
    return nullptr;
}
const char* fetch(Texts& texts, const H5File& file, const std::string& name) {
    texts = file.read_strings(name);
    return nullptr;
}
const char* fetch(Counts& counts, const H5File& file, const std::string& name) {
    const std::vector<std::uint32_t> found = file.read<std::uint32_t>(name);
    if (found.size() != counts.size()) return " are not 230";
    std::copy(found.begin(), found.end(), counts.begin());
    return nullptr;
}
template <class Number>
const char* fetch(Number& number, const H5File& file, const std::string& name) {
    const std::vector<Number> found = file.read<Number>(name);
    if (found.size() != 1) return " is not a single value";
    number = found[0];
    return nullptr;
}

}  // namespace

void write_provenance(H5File& file, const std::string& group, const Provenance& made, const KeptFields& kept) {
    for_each_provenance_field(made, [&](const char* name, const auto& value, Told told) {
        if (kept(name) && !(told == Told::sometimes && is_empty(value))) store(file, group + name, value);
    });
}

Provenance read_provenance(const H5File& file, const std::string& group, const std::string& cure, const KeptFields& kept) {
    Provenance made;
    for_each_provenance_field(made, [&](const char* name, auto& value, Told told) {
        const std::string full = group + name;
        if (!kept(name) || (told != Told::always && !file.exists(full))) return;
        if (const char* const fault = fetch(value, file, full)) fail(file.path().string(), ": ", full, fault, "; ", cure);
    });
    return made;
}

}  // namespace friedel
