// Configurations that ship with the program, as the TOML that `friedel train --config` would read.

#include "host/support/error.h"
#include "host/support/joined.h"
#include "host/training/config.h"

namespace friedel {

namespace {

// Vecsei, Choo, Chang, Neupert, Phys. Rev. B 99, 245120 (2019), arXiv 1812.05625: patterns of 8500 points, noise and background as there,
// dense network, loss alternating by epoch. The paper gives no widths for its Gaussian peaks: FWHM 0.05 to 0.3 degrees is our reading.
const std::string paper_common = R"(
[grid]
start_deg = 5
step_deg = 0.01
points = 8500

[simulation]
radiation = "1.54184"
caglioti_w = {log_uniform = [0.0025, 0.09]}
paper_background = true
uniform_noise_low = 0.002
uniform_noise_high = 0.02

[preprocess]
remove_background = false
remove_pedestal = false
square_root = false

[loss]
kind = "alternating"

[optimiser]
learning_rate = 0.001
epsilon = 1e-7
weight_decay = 0
cosine = false
warmup_steps = 0

[training]
batch = 500
steps = 50000
)";

const std::string paper_space_group = paper_common + R"(
[network]
target = "space_group"
hidden = [4000, 3000, 1000, 800]
dropout = [0.6, 0.5, 0.4, 0.3]
)";

const std::string paper_crystal_system = paper_common + R"(
[network]
target = "crystal_system"
hidden = [4000, 3000, 1000, 800]
dropout = [0.6, 0.5, 0.4, 0.3]
)";

// Ours: what separates simulated from measured patterns is drawn anew for every pattern, and both pass the same preprocessing. The
// distributions cover, with a margin, what was fitted to 303 measured patterns (bench/results/README.md, "What was fitted").
const std::string realistic_patterns = R"(
[simulation]
radiation = "cu-tube"
kalpha2_ratio = {uniform = [0.45, 0.52], probability = 0.7, otherwise = 0}
kbeta_ratio = {log_uniform = [0.002, 0.03], probability = 0.15, otherwise = 0}
tungsten_ratio = {log_uniform = [0.002, 0.03], probability = 0.1, otherwise = 0}
b_iso_scale = {log_uniform = [0.5, 16]}
caglioti_u = {uniform = [0, 0.03]}
caglioti_v = {uniform = [-0.005, 0]}
caglioti_w = {log_uniform = [0.0005, 0.04]}
axial_divergence = {uniform = [0.005, 0.04], probability = 0.3}
width_sections = 24
zero_shift_deg = {normal = [0, 0.02]}
displacement_deg = {normal = [0.03, 0.05]}
transparency_deg = {uniform = [0, 0.04], probability = 0.3}
size_angstrom = {log_uniform = [200, 4000]}
microstrain = {log_uniform = [0.00005, 0.002]}
march_dollase = {log_uniform = [0.4, 1.6], probability = 0.6}
lattice_strain = {uniform = [-0.02, 0.02]}
lattice_strain_anisotropic = {uniform = [0, 0.01]}
substitution = {uniform = [0, 0.25], probability = 0.6}
intensity_jitter = {uniform = [0, 0.3]}
impurity_fraction = {log_uniform = [0.01, 0.15], probability = 0.2}
chebyshev_amplitude = {log_uniform = [0.003, 0.2], probability = 0.7}
hump_height = {log_uniform = [0.01, 0.15], probability = 0.15}
air_scatter = {log_uniform = [0.01, 0.3], probability = 0.4}
saturation = {uniform = [0.02, 0.25], probability = 0.15}
counts_at_maximum = {log_uniform = [300, 100000], probability = 0.7}
gaussian_noise = {log_uniform = [0.0005, 0.03], probability = 0.7}

[preprocess]
remove_background = true
square_root = true
)";

// A network that hardly ever sees a pattern twice does not need dropout or smoothing: without them, and with inputs of unit root mean
// square, it named 36 instead of 31 % of the types it trained on and 24 instead of 22 % of RRUFF after the same 614 000 patterns.
const std::string long_training = realistic_patterns + R"(unit_rms = true

[grid]
start_deg = 5
step_deg = 0.04
points = 2125

[loss]
kind = "cross_entropy"

[optimiser]
learning_rate = 0.001
beta2 = 0.99
weight_decay = 0.02
clip_norm = 1
average_decay = 0.999
warmup_steps = 300
final_fraction = 0.01

[training]
batch = 512
minutes = 60
tempering = 0.7
)";

const std::string friedel_preset = long_training + R"(
[network]
target = "space_group"
hidden = [3072, 1024]
dropout = 0
)";

// Convolutions without pooling and a dense head, as the strongest published networks for single-phase patterns are built (Salgado et al.,
// npj Comput. Mater. 9, 214, 2023); filters and widths are ours. With as many patterns it names five points more of types that it never
// saw than a dense network of 27 million weights, and seven more of measured patterns; a processor trains a sixth as many.
const std::string convolutional = long_training + R"(
[network]
target = "space_group"
filters = [64, 128, 128, 256]
kernels = [16, 8, 8, 8]
strides = [4, 2, 2, 2]
hidden = [2560, 1024]
dropout = 0
)";

// The first run of a newcomer: a small network on a coarse grid, about a minute on two cores.
const std::string quick = realistic_patterns + R"(
[grid]
start_deg = 5
step_deg = 0.04
points = 2125

[network]
hidden = [512, 256]
dropout = 0.1

[optimiser]
learning_rate = 0.002
beta2 = 0.99
weight_decay = 0.02
clip_norm = 1
average_decay = 0.99
warmup_steps = 10

[training]
batch = 256
minutes = 1
tempering = 0.5
validation_patterns = 500
validation_minutes = 0.25
)";

struct Preset {
    const char* name;
    const std::string* text;
};

const Preset presets[] = {
    {"friedel", &friedel_preset},
    {"convolutional", &convolutional},
    {"quick", &quick},
    {"paper-space-group", &paper_space_group},
    {"paper-crystal-system", &paper_crystal_system},
};

}  // namespace

std::vector<std::string> preset_names() {
    std::vector<std::string> names;
    for (const Preset& preset : presets) names.emplace_back(preset.name);
    return names;
}

const std::string& preset_text(const std::string& name) {
    for (const Preset& preset : presets) {
        if (preset.name == name) return *preset.text;
    }
    fail("'", name, "' is no preset; the presets are ", joined(preset_names()));
}

TrainingConfig preset(const std::string& name) {
    TrainingConfig config;
    read_toml(config, preset_text(name), "preset " + name);
    return config;
}

}  // namespace friedel
