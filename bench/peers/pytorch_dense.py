#!/usr/bin/env python3
"""The networks of train_bench in PyTorch: dense training alone, on random patterns already in memory.

Usage: python3 bench/peers/pytorch_dense.py [results.json]   Needs torch (PyPI). A peer to measure beside Friedel, never shipped or linked.
A step is what train_bench calls "training alone": forward with ReLU and dropout, loss, backward, clipping, AdamW. Best of several.
"""
import json
import sys
import time

import torch
from torch import nn

NETWORKS = {
    "friedel": ([4250, 2048, 1024, 230], [0.2, 0.2], 512),
    "twenty_million": ([4250, 4096, 512, 230], [0.2, 0.2], 512),
    "paper": ([8500, 4000, 3000, 1000, 800, 230], [0.6, 0.5, 0.4, 0.3], 500),
}
ROUNDS = 6


def measure(widths, dropout, batch):
    layers = []
    for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        layers.append(nn.Linear(inputs, outputs))
        if i < len(dropout):
            layers += [nn.ReLU(), nn.Dropout(dropout[i])]
    net = nn.Sequential(*layers)
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.02, fused=True)
    loss = nn.CrossEntropyLoss(label_smoothing=0.05)
    patterns, labels = torch.rand(batch, widths[0]), torch.randint(widths[-1], (batch,))
    best = float("inf")
    for _ in range(ROUNDS + 1):
        start = time.perf_counter()
        optimiser.zero_grad(set_to_none=True)
        loss(net(patterns), labels).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        best = min(best, time.perf_counter() - start)
    return best


def main():
    results = {"torch": torch.__version__, "threads": torch.get_num_threads()}
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads")
    for name, (widths, dropout, batch) in NETWORKS.items():
        best = measure(widths, dropout, batch)
        results[name] = {"network": "-".join(map(str, widths)), "batch": batch, "step_ms": best * 1e3}
        print(f"{name}: {best * 1e3:.1f} ms a step, {batch / best:.0f} samples/s")
    if len(sys.argv) > 1:
        with open(sys.argv[1], "w", encoding="utf-8") as out:
            json.dump(results, out, indent=2)


if __name__ == "__main__":
    main()
