#include "host/training/config_keys.h"

namespace friedel {

namespace {

template <class Enum>
Choice choice(Enum& value, std::vector<std::string> words) {
    return {std::move(words), [&value] { return static_cast<int>(value); }, [&value](int i) { value = static_cast<Enum>(i); }};
}

constexpr double largest_count = 1e12;

}  // namespace

std::vector<Key> config_keys(TrainingConfig& config) {
    SimulationConfig& s = config.simulation;
    PreprocessConfig& p = config.preprocess;
    NetworkConfig& n = config.network;
    LossConfig& l = config.loss;
    OptimiserConfig& o = config.optimiser;
    RunConfig& r = config.run;
    return {
        {"grid", "start_deg", &s.grid.start_deg, 0.1, 170, "first point, degrees two-theta"},
        {"grid", "step_deg", &s.grid.step_deg, 0.0005, 1, "distance of the points, degrees two-theta"},
        {"grid", "points", &s.grid.points, 16, 200000, "points of a pattern, the network's input"},

        {"simulation", "radiation", &s.radiation, 0.1, 5,
         "an anode (\"cu\", \"mo\", ...), or wavelengths in angstrom with weights, \"1.5406,1.5444:0.5\""},
        {"simulation", "monochromator_two_theta_deg", &s.monochromator_two_theta_deg, 0, 120, "angle of a monochromator, 0: none"},
        {"simulation", "default_b_iso", &s.default_b_iso, 0, 20, "B in angstrom^2 of atoms whose source states none"},
        {"simulation", "b_iso_scale", &s.b_iso_scale, 0, 50, "factor on every B"},
        {"simulation", "caglioti_u", &s.caglioti_u, -1, 10, "FWHM^2 = U tan^2 + V tan + W of the Gaussian part, degrees^2"},
        {"simulation", "caglioti_v", &s.caglioti_v, -10, 1, "degrees^2"},
        {"simulation", "caglioti_w", &s.caglioti_w, 0, 10, "degrees^2"},
        {"simulation", "axial_divergence", &s.axial_divergence, 0, 0.2, "half-heights of specimen and detector over the radius"},
        {"simulation", "width_sections", &s.width_sections, 0, max_width_sections,
         "parts of the range in each of which all lines have one width, which is faster; 0, or where widths below 0.4 or above 48 steps "
         "are drawn: every line has its own"},
        {"simulation", "zero_shift_deg", &s.zero_shift_deg, -2, 2, "added to two-theta"},
        {"simulation", "wavelength_scale", &s.wavelength_scale, 0.9, 1.1, "factor on the wavelength"},
        {"simulation", "kalpha2_ratio", &s.kalpha2_ratio, -1, 1, "weight of the second line; -1: as in radiation"},
        {"simulation", "kbeta_ratio", &s.kbeta_ratio, -1, 1, "weight of the third line, K beta of \"cu-tube\"; -1: as in radiation"},
        {"simulation", "tungsten_ratio", &s.tungsten_ratio, -1, 1,
         "weight of the fourth line, W L alpha of \"cu-tube\"; -1: as in radiation"},
        {"simulation", "displacement_deg", &s.displacement_deg, -2, 2, "of the specimen: added to two-theta, times cos theta"},
        {"simulation", "transparency_deg", &s.transparency_deg, 0, 2, "of the specimen: taken off two-theta, times sin 2theta"},
        {"simulation", "size_angstrom", &s.size_angstrom, 0, 1e6, "crystallite size (Scherrer, K = 0.9), 0: no broadening"},
        {"simulation", "microstrain", &s.microstrain, 0, 0.1, "e, Lorentzian FWHM 4 e tan theta"},
        {"simulation", "march_dollase", &s.march_dollase, 0.05, 20, "texture about a drawn low-index axis, 1: none"},
        {"simulation", "lattice_strain", &s.lattice_strain, -0.3, 0.3, "relative change of all cell edges"},
        {"simulation", "lattice_strain_anisotropic", &s.lattice_strain_anisotropic, 0, 0.2,
         "standard deviation of changes of the single cell parameters that keep the crystal system"},
        {"simulation", "substitution", &s.substitution, 0, 2, "standard deviation of ln of what the sites of each element scatter"},
        {"simulation", "intensity_jitter", &s.intensity_jitter, 0, 3, "standard deviation of ln I of each reflection"},
        {"simulation", "impurity_fraction", &s.impurity_fraction, 0, 1, "strongest line of a second structure over the first's"},
        {"simulation", "chebyshev_amplitude", &s.chebyshev_amplitude, 0, 10, "of a polynomial background"},
        {"simulation", "chebyshev_terms", &s.chebyshev_terms, 0, max_background_terms, "its terms"},
        {"simulation", "hump_height", &s.hump_height, 0, 10, "of each of three amorphous humps"},
        {"simulation", "hump_width_deg", &s.hump_width_deg, 0.1, 180, "their width"},
        {"simulation", "air_scatter", &s.air_scatter, 0, 10, "height at the low-angle end"},
        {"simulation", "air_scatter_decay_deg", &s.air_scatter_decay_deg, 0.1, 180, "angle in which it falls to 1/e"},
        {"simulation", "paper_background", &s.paper_background, 0, 1, "the recipe of Vecsei et al. 2019"},
        {"simulation", "saturation", &s.saturation, 0, 0.9, "share of the strongest point that the detector's dead time loses"},
        {"simulation", "counts_at_maximum", &s.counts_at_maximum, 0, 1e9, "of counting statistics, 0: none"},
        {"simulation", "gaussian_noise", &s.gaussian_noise, 0, 10, "standard deviation, relative to the strongest point"},
        {"simulation", "uniform_noise_low", &s.uniform_noise_low, 0, 10, "noise of each point uniform from here ..."},
        {"simulation", "uniform_noise_high", &s.uniform_noise_high, 0, 10, "... to here"},

        {"preprocess", "remove_background", &p.remove_background, 0, 1, "by peak clipping (SNIP)"},
        {"preprocess", "background_window_deg", &p.background_window_deg, 0.01, 90, "largest half-window of the clipping"},
        {"preprocess", "remove_pedestal", &p.remove_pedestal, 0, 1, "the mean of the noise that is left above the background"},
        {"preprocess", "square_root", &p.square_root, 0, 1, "of the intensity, scaled to a maximum of 1"},
        {"preprocess", "unit_rms", &p.unit_rms, 0, 1, "scale to a root mean square of 1 instead"},

        {"network", "target", choice(n.target, {"space_group", "crystal_system"}), 0, 0, "what the classes are"},
        {"network", "filters", &n.filters, 32, 4096, "of each layer of convolutions, multiples of 32; []: dense layers alone"},
        {"network", "kernels", &n.kernels, 8, 4096, "of each layer of convolutions, points that a filter covers, multiples of 8"},
        {"network", "strides", &n.strides, 1, 4096,
         "of each layer of convolutions, points from one position to the next, divisors of the kernel"},
        {"network", "hidden", &n.hidden, 1, 65536, "widths of the hidden dense layers"},
        {"network", "dropout", &n.dropout, 0, 0.95, "of each hidden dense layer, or one number for all"},
        {"network", "members", &n.members, 1, 100, "networks of the ensemble, trained on the same patterns"},

        {"loss", "kind", choice(l.kind, {"cross_entropy", "mean_squared_error", "alternating"}), 0, 0,
         "mean_squared_error: of the softmax; alternating: that in even epochs, cross_entropy in odd ones"},
        {"loss", "label_smoothing", &l.label_smoothing, 0, 0.9, "share of the target spread over all classes"},
        {"loss", "graph_smoothing", &l.graph_smoothing, 0, 0.9, "share of the target spread over the maximal sub- and minimal supergroups"},
        {"loss", "epoch_patterns", &l.epoch_patterns, 0, largest_count, "patterns in an epoch; 0: structures in the library"},

        {"optimiser", "learning_rate", &o.learning_rate, 1e-8, 1, "AdamW, at its peak", Resuming::learning},
        {"optimiser", "beta1", &o.beta1, 0, 0.9999, "decay of the mean gradient"},
        {"optimiser", "beta2", &o.beta2, 0, 0.99999, "decay of its mean square"},
        {"optimiser", "epsilon", &o.epsilon, 1e-12, 0.1, "added to its root"},
        {"optimiser", "weight_decay", &o.weight_decay, 0, 1, "decoupled, of weights but not biases"},
        {"optimiser", "clip_norm", &o.clip_norm, 0, 1e6, "largest norm of the whole gradient, 0: no limit", Resuming::learning},
        {"optimiser", "average_decay", &o.average_decay, 0, 0.99999, "moving average of the weights, 0: none"},
        {"optimiser", "warmup_steps", &o.warmup_steps, 0, 1e9, "steps in which the learning rate rises; at most half of the run"},
        {"optimiser", "cosine", &o.cosine, 0, 1, "let the learning rate fall afterwards, along half a cosine"},
        {"optimiser", "final_fraction", &o.final_fraction, 0, 1, "of the peak, at the last step"},

        {"training", "seed", &r.seed, 0, 9.2e18, "of everything random"},
        {"training", "batch", &r.batch, 1, 1 << 20, "patterns in a step"},
        {"training", "steps", &r.steps, 1, largest_count, "steps to take", Resuming::free},
        {"training", "minutes", &r.minutes, 0, 1e6, "where above 0: as many steps as fit, instead of steps", Resuming::free},
        {"training", "tempering", &r.tempering, 0, 1, "n structures of a class count as n^tempering: 1 natural, 0 balanced"},
        {"training", "labels", choice(r.labels, {"structure", "powder"}), 0, 0,
         "powder: the group that a powder of a structure shows, where 'friedel merge --powder-groups' looked for it"},
        {"training", "synthetic", &r.synthetic, 0, 1, "share of the patterns whose crystals are generated, groups tempered as above"},
        {"training", "fill", &r.fill, 0, 0.9,
         "largest share, of the other patterns, for generated crystals of groups that the library lacks: each counts as one structure"},
        {"training", "validation_patterns", &r.validation_patterns, 0, 1e7, "simulated from held-out structures", Resuming::free},
        {"training", "report_seconds", &r.report_seconds, 0.01, 1e6, "between rows of metrics.csv", Resuming::free},
        {"training", "validation_minutes", &r.validation_minutes, 0.001, 1e6, "between validations", Resuming::free},
        {"training", "validation_steps", &r.validation_steps, 0, largest_count,
         "where above 0: steps between validations, instead of minutes; at the same steps whatever else the machine does", Resuming::free},
        {"training", "keep_best", &r.keep_best, 0, 1,
         "write the network that validation found best as well: of the measured patterns where there are some, else of simulated ones"},
        {"training", "checkpoint_minutes", &r.checkpoint_minutes, 0, 1e6, "between checkpoints; 0: as often as they can be written",
         Resuming::free},
        {"training", "stop_on_divergence", &r.stop_on_divergence, 0, 1, "where the loss grows far above its lowest", Resuming::free},
        {"training", "checkpoints_kept", &r.checkpoints_kept, 1, 1000,
         "the newest ones of an unfinished run, beside one from before the loss last rose", Resuming::free},
        {"training", "rank_timeout_seconds", &r.rank_timeout_seconds, 1, 1e6,
         "how long ranks that train together wait for one of them, while the first validates for example", Resuming::free},
    };
}

}  // namespace friedel
