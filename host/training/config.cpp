#include "host/training/config.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "host/support/error.h"
#include "host/support/joined.h"
#include "host/support/radiation.h"
#include "host/support/text_encoding.h"
#include "host/training/config_keys.h"
#include "host/training/config_values.h"

namespace friedel {

namespace {

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
            read_value(*key, value, where(name.source()));
        }
    }
    // Who asks for a number of steps asks for no time, whatever a preset says.
    const toml::node_view<const toml::node> training = root["training"];
    if (training["steps"] && !training["minutes"]) config.run.minutes = 0;
}

// toml++ 3.3 runs into undefined behaviour on some letters beyond ASCII, which only comments have a use for here.
toml::table parse_ascii(const std::string& utf_8, const std::string& origin) {
    std::string text(without_byte_order_mark(utf_8));  // Windows' Notepad writes one
    std::replace_if(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 127; }, '?');
    return toml::parse(text, origin);
}

struct ChangedKey {
    const Key& key;
    std::string was, is;
};

// Calls use() for every key that differs.
void for_each_change(const TrainingConfig& stored, const TrainingConfig& wanted, const std::function<void(const ChangedKey&)>& use) {
    TrainingConfig before = stored, after = wanted;
    const std::vector<Key> keys = config_keys(before), changed = config_keys(after);
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const std::string was = value_text(keys[i]), is = value_text(changed[i]);
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
        if (!is_within_range(key)) {
            fail(key.path(), ": is out of range: ", value_text(key), "; give a number from ", key.low, " to ", key.high);
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
        text += key.name + " = " + value_text(key) + "\n";
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
        text << key.name << " = " << value_text(key) << "  # " << key.help;
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
