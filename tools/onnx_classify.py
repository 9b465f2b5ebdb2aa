#!/usr/bin/env python3
"""Classifies measured patterns with a network that 'friedel export --onnx' wrote, by what the file's metadata say and nothing else:
a pattern of what other programs have to do. Needs numpy and onnxruntime.

onnx_classify.py MODEL.onnx [--wavelength ANGSTROM] PATTERN.xy...: two columns, two-theta in degrees and intensity; lines that do not begin
with two numbers are passed over. Prints a JSON object for each. Leaves out what 'friedel classify' does beside the network:
other formats, wavelengths that files state, gaps, search, indexing, and refusal of patterns that cover too little of the range.
"""
import argparse
import json
import sys

try:
    import numpy as np
    import onnxruntime
except ImportError as error:
    missing = error  # --help does without
else:
    missing = None


def read_pattern(file):
    rows = []
    for line in open(file, encoding="utf-8-sig", errors="replace"):
        try:
            angle, intensity = (float(field) for field in line.replace(",", " ").split()[:2])
            rows.append((angle, intensity))
        except ValueError:
            continue
    angle, intensity = np.array(rows).T
    return angle, intensity


def convert_wavelength(angle, intensity, measured, wanted):
    """Step 1: every line goes to where its d diffracts `wanted`."""
    if abs(wanted / measured - 1) < 0.002:
        return angle, intensity
    sine = np.sin(np.radians(angle / 2)) * wanted / measured
    kept = np.cumsum(sine >= 1) == 0
    return 2 * np.degrees(np.arcsin(sine[kept])), intensity[kept]


def resample(angle, intensity, start, step, points):
    """Step 2: the straight lines between the measured points, integrated over each step of the grid where it is the coarser one."""
    centre = start + step * np.arange(points)
    measured_step = (angle[-1] - angle[0]) / (len(angle) - 1)
    below, above = intensity[:10].mean(), intensity[-10:].mean()
    if measured_step >= 0.75 * step:
        low = high = centre
        out = np.interp(centre, angle, intensity)
    else:
        low, high = np.maximum(centre - step / 2, angle[0]), np.minimum(centre + step / 2, angle[-1])
        area = np.concatenate([[0], np.cumsum(np.diff(angle) * (intensity[1:] + intensity[:-1]) / 2)])

        def area_to(x):
            segment = np.clip(np.searchsorted(angle, x, side="right") - 1, 0, len(angle) - 2)
            at = np.interp(x, angle, intensity)
            return area[segment] + (x - angle[segment]) * (intensity[segment] + at) / 2

        width = high - low
        out = np.where(width > 0, (area_to(high) - area_to(low)) / np.where(width > 0, width, 1), np.interp(centre, angle, intensity))
    out = np.where(high < angle[0] - 1e-3 * step, below, out)
    return np.where(low > angle[-1] + 1e-3 * step, above, out)


def scale_lattice(pattern, scale, start, step):
    """The pattern with every d multiplied by `scale`: cubic interpolation (Catmull-Rom) at where it lay before."""
    points = len(pattern)
    sine = np.sin(np.radians((start + step * np.arange(points)) / 2)) * scale
    origin = np.where(sine < 1, (2 * np.degrees(np.arcsin(np.minimum(sine, 1))) - start) / step, points - 1)
    origin = np.clip(origin, 0, points - 1)
    second = origin.astype(int)
    t = origin - second
    a, b, c, d = (pattern[np.clip(second + offset, 0, points - 1)] for offset in (-1, 0, 1, 2))
    return b + t / 2 * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))


def prepare(pattern, meta):
    """Steps 3 to 5: background, scale, square root."""
    width, window, points = int(meta["background_bin_points"]), int(meta["background_window_bins"]), len(pattern)
    nothing = 0.0
    if meta["remove_background"] == "1" and points >= 2 * width:
        nothing = float(meta["negligible"]) * np.abs(pattern).max()
        bins = points // width
        mean = pattern[: bins * width].reshape(bins, width).mean(axis=1)
        background = mean.copy()
        for h in range(window, 0, -1):
            if 2 * h < bins:
                background[h:-h] = np.minimum(background[h:-h], (background[: -2 * h] + background[2 * h :]) / 2)
        pedestal = 0.0
        if meta["remove_pedestal"] == "1":
            excess = mean - background
            pedestal = excess.mean()
            for _ in range(10):
                kept = excess[excess < 2 * pedestal]
                if len(kept) == 0:
                    break
                pedestal = kept.mean()
        at = (np.arange(points) + 0.5) / width - 0.5
        left = np.clip(np.floor(at).astype(int), 0, bins - 2)
        pattern = pattern - pedestal - background[left] - (at - left) * (background[left + 1] - background[left])
    highest = pattern.max()
    scaled = np.maximum(pattern, 0) / highest if highest > nothing else np.zeros(points)
    final = np.sqrt(scaled) if meta["square_root"] == "1" else scaled
    if meta["unit_rms"] == "1" and final.any():
        final = final / np.sqrt((final**2).mean())
    return final


def softmax(logits):
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def probabilities_of(session, meta, pattern):
    """pattern [grid_points] after step 2 -> [classes]: of each network the mean of its logits over the lattice scales, then the mean of
    the networks' softmax."""
    start, step = float(meta["grid_start_deg"]), float(meta["grid_step_deg"])
    scales = [float(scale) for scale in meta["lattice_scales"].split(",") if scale] or [1.0]
    inputs = np.array([prepare(scale_lattice(pattern, scale, start, step) if scale != 1 else pattern, meta) for scale in scales])
    logits = session.run(["logits"], {"pattern": inputs.astype(np.float32)})[0]
    logits = logits.reshape(-1, len(scales), logits.shape[-1]).mean(axis=1)  # [members][classes]
    believed = softmax(logits / float(meta["temperature"])).mean(axis=0)
    doubt = float(meta["doubt"])
    return (1 - doubt) * believed + doubt / len(believed)


def classify(session, file, wavelength):
    meta = session.get_modelmeta().custom_metadata_map
    wanted = float(meta["wavelength_angstrom"])
    angle, intensity = convert_wavelength(*read_pattern(file), wavelength or wanted, wanted)
    pattern = resample(angle, intensity, float(meta["grid_start_deg"]), float(meta["grid_step_deg"]), int(meta["grid_points"]))
    probabilities = probabilities_of(session, meta, pattern)
    entropy = -sum(p * np.log(p) for p in probabilities if p > 0)
    order = np.argsort(-probabilities, kind="stable")
    answer = {meta["target"]: json.loads(meta["classes"])[order[0]], "probability": float(probabilities[order[0]])}
    answer["entropy"] = float(entropy)
    answer["refused"] = bool(entropy > float(meta["entropy_threshold_nats"]))
    level, least = float(meta["set_level"]), float(meta["set_probability"])
    if level > 0:
        answer["set"] = [json.loads(meta["classes"])[i] for i in order if probabilities[i] >= least] or [answer[meta["target"]]]
    return answer


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("model")
    arguments.add_argument("patterns", nargs="+")
    arguments.add_argument("--wavelength", type=float, default=0, help="of the patterns, in angstrom; without it, the model's")
    given = arguments.parse_args()
    if missing:
        sys.exit(f"onnx_classify: needs numpy and onnxruntime ({missing}); python3 -m pip install numpy onnxruntime")
    session = onnxruntime.InferenceSession(given.model, providers=["CPUExecutionProvider"])
    for file in given.patterns:
        print(json.dumps({"file": file, **classify(session, file, given.wavelength)}))


if __name__ == "__main__":
    main()
