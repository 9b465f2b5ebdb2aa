#!/usr/bin/env python3
"""Runs an exported model with onnxruntime on raw patterns, prepared by nothing but what the file's metadata say, and compares with Friedel.

onnx_oracle.py MODEL.onnx FOLDER: FOLDER holds, as raw 32-bit floats, patterns, inputs, logits and probabilities as Friedel has them.
"""
import json
import sys

import numpy as np
import onnxruntime


def prepare(patterns, meta):
    """patterns [n][grid_points] on the grid -> the network's input, by steps 3 and 4 of the metadata's `preprocessing`."""
    width, window = int(meta["background_bin_points"]), int(meta["background_window_bins"])
    points = patterns.shape[1]
    prepared = []
    for pattern in patterns.astype(np.float64):
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
        prepared.append(final)
    return np.array(prepared)


def compare(what, ours, theirs, tolerance):
    difference = np.abs(ours - theirs) / np.maximum(np.abs(theirs), 1)
    if ours.shape != theirs.shape or not difference.max() <= tolerance:
        sys.exit(f"{what}: shapes {ours.shape} and {theirs.shape}, largest difference {difference.max():.3g}, allowed {tolerance:g}")
    print(f"{what}: largest difference {difference.max():.3g}")


def main(model, folder):
    try:
        import onnx

        onnx.checker.check_model(onnx.load(model), full_check=True)
    except ImportError:
        print("onnx is not installed: the file passes onnxruntime alone")
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    meta = session.get_modelmeta().custom_metadata_map
    points, classes = int(meta["grid_points"]), len(json.loads(meta["classes"]))
    read = lambda name, width: np.fromfile(f"{folder}/{name}", dtype=np.float32).reshape(-1, width)
    patterns, inputs = read("patterns", points), read("inputs", points)
    logits, probabilities = session.run(["logits", "probabilities"], {"pattern": inputs})

    # A square root makes rounding near zero large.
    prepared = prepare(patterns, meta)
    compare("squared inputs", prepared**2, inputs.astype(np.float64) ** 2, 1e-5)
    compare("logits", logits.reshape(-1, classes), read("logits", classes), 1e-5)
    compare("probabilities", probabilities, read("probabilities", classes), 1e-5)
    own = session.run(["probabilities"], {"pattern": prepared.astype(np.float32)})[0]
    compare("probabilities of raw patterns", own, probabilities, 1e-3)


main(*sys.argv[1:])
