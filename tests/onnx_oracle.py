#!/usr/bin/env python3
"""Runs an exported model with onnxruntime on raw patterns, prepared by nothing but what the file's metadata say, and compares with Friedel.

onnx_oracle.py MODEL.onnx FOLDER: FOLDER holds, as raw 32-bit floats, patterns, inputs, logits and probabilities as Friedel has them.
"""
import json
import pathlib
import sys

import numpy as np
import onnxruntime

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tools"))
from onnx_classify import prepare  # by the metadata alone, as other programs would


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
    prepared = np.array([prepare(pattern.astype(np.float64), meta) for pattern in patterns])
    compare("squared inputs", prepared**2, inputs.astype(np.float64) ** 2, 1e-5)
    compare("logits", logits.reshape(-1, classes), read("logits", classes), 1e-5)
    compare("probabilities", probabilities, read("probabilities", classes), 1e-5)
    own = session.run(["probabilities"], {"pattern": prepared.astype(np.float32)})[0]
    compare("probabilities of raw patterns", own, probabilities, 1e-3)


main(*sys.argv[1:])
