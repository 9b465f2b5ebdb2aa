#!/usr/bin/env python3
"""The networks of train_bench in PyTorch: dense training alone, on random patterns already in memory.

Usage: python3 bench/peers/pytorch_dense.py [RESULTS.json [DEVICE [BATCH]]]   DEVICE: cpu (default) or cuda.
Needs torch (PyPI). A peer to measure beside Friedel, never shipped or linked.
A step is what train_bench calls "training alone": forward with ReLU and dropout, loss, backward, clipping, AdamW. Best of several rounds.
On a GPU: bf16 autocast, fused AdamW, once as written and once through torch.compile; no pattern is ever moved or simulated.
On the processor: fused AdamW, once in float and once with bf16 autocast ("_bf16").
"""
import json
import sys
import time

import torch
from torch import nn

NETWORKS = {
    "friedel": ([2125, 3072, 1024, 230], [0.0, 0.0], 512),
    "twenty_million": ([2125, 7168, 640, 230], [0.2, 0.2], 512),
    "paper": ([8500, 4000, 3000, 1000, 800, 230], [0.6, 0.5, 0.4, 0.3], 500),
}
# Suffix of the result's name, torch.compile, bf16 autocast.
WAYS = {"cuda": [("", False, True), ("_compiled", True, True)], "cpu": [("", False, False), ("_bf16", False, True)]}
ROUNDS = 6
SHORTEST_SECONDS = 0.2


def network(widths, dropout):
    layers = []
    for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        layers.append(nn.Linear(inputs, outputs))
        if i < len(dropout):
            layers += [nn.ReLU(), nn.Dropout(dropout[i])]
    return nn.Sequential(*layers)


def measure(widths, dropout, batch, device, compiled, bf16):
    net = network(widths, dropout).to(device)
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.02, fused=True)
    loss = nn.CrossEntropyLoss(label_smoothing=0.05)
    patterns = torch.rand(batch, widths[0], device=device)
    labels = torch.randint(widths[-1], (batch,), device=device)
    on_gpu = device == "cuda"

    def loss_of(inputs, wanted):
        with torch.autocast(device, dtype=torch.bfloat16, enabled=bf16):
            return loss(net(inputs), wanted)

    if compiled:
        loss_of = torch.compile(loss_of)

    def step():
        optimiser.zero_grad(set_to_none=True)
        loss_of(patterns, labels).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()

    # On one core the processor's time, as train_bench: it does not count when others had the core.
    clock = time.process_time if not on_gpu and torch.get_num_threads() == 1 else time.perf_counter

    def seconds(repeats):
        start = clock()
        for _ in range(repeats):
            step()
        if on_gpu:
            torch.cuda.synchronize()
        return (clock() - start) / repeats

    seconds(3)
    repeats = max(1, int(SHORTEST_SECONDS / seconds(1)))
    return min(seconds(repeats) for _ in range(ROUNDS))


def main():
    device = sys.argv[2] if len(sys.argv) > 2 else "cpu"
    torch.set_float32_matmul_precision("high")
    name_of_device = torch.cuda.get_device_name() if device == "cuda" else f"{torch.get_num_threads()} threads"
    results = {"torch": torch.__version__, "device": name_of_device}
    print(f"torch {torch.__version__}, {name_of_device}")
    for name, (widths, dropout, batch) in NETWORKS.items():
        if len(sys.argv) > 3:
            batch = int(sys.argv[3])
        for suffix, compiled, bf16 in WAYS[device]:
            best = measure(widths, dropout, batch, device, compiled, bf16)
            key = name + suffix
            results[key] = {"network": "-".join(map(str, widths)), "batch": batch, "step_ms": best * 1e3}
            print(f"{key}: {best * 1e3:.3f} ms a step, {batch / best:.0f} samples/s", flush=True)
            if len(sys.argv) > 1:
                with open(sys.argv[1], "w", encoding="utf-8") as out:
                    json.dump(results, out, indent=2)


if __name__ == "__main__":
    main()
