#!/usr/bin/env python3
"""The networks of train_bench in PyTorch: dense training alone, on random patterns already in memory.

Usage: python3 bench/peers/pytorch_dense.py [RESULTS.json [DEVICE [BATCH [NETWORK...]]]]   DEVICE: cpu (default) or cuda.
Needs torch (PyPI). A peer to measure beside Friedel, never shipped or linked.
A step is what train_bench calls "training alone": forward with ReLU and dropout, loss, backward, clipping, AdamW. Best of several rounds.
On a GPU: bf16 autocast and fused AdamW,
  once as written, once through torch.compile ("_compiled") and once more as CUDA graphs ("_graphs"), all on one batch that stays on the
  device: the favourable case, in which no pattern is ever moved or simulated;
  and compiled, on batches that are new in every step, copied from pinned memory of the host while the step before runs ("_moved"): the
  fair case, in which patterns that are ready somewhere are trained on.
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
# Suffix of the result's name, mode of torch.compile, bf16 autocast, whether patterns come from the host.
WAYS = {
    "cuda": [
        ("", None, True, False),
        ("_compiled", "default", True, False),
        ("_graphs", "reduce-overhead", True, False),
        ("_moved", "default", True, True),
    ],
    "cpu": [("", None, False, False), ("_bf16", None, True, False)],
}
HOST_BATCHES = 4
ROUNDS = 6
SHORTEST_SECONDS = 0.2


def network(widths, dropout):
    layers = []
    for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        layers.append(nn.Linear(inputs, outputs))
        if i < len(dropout):
            layers += [nn.ReLU(), nn.Dropout(dropout[i])]
    return nn.Sequential(*layers)


class HostBatches:
    """Batches of pinned memory, the next one on its way to the device while the present one is trained on."""

    def __init__(self, batch, points, classes):
        self.patterns = [torch.rand(batch, points).pin_memory() for _ in range(HOST_BATCHES)]
        self.labels = [torch.randint(classes, (batch,)).pin_memory() for _ in range(HOST_BATCHES)]
        self.stream, self.turn = torch.cuda.Stream(), 0
        self.send()

    def send(self):
        # What the device did with the memory that is now used again must be over.
        self.stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self.stream):
            i = self.turn % HOST_BATCHES
            self.next = [x[i].to("cuda", non_blocking=True) for x in (self.patterns, self.labels)]
        self.turn += 1

    def take(self):
        torch.cuda.current_stream().wait_stream(self.stream)
        now = self.next
        for x in now:
            x.record_stream(torch.cuda.current_stream())
        self.send()
        return now


def measure(widths, dropout, batch, device, mode, bf16, moved):
    net = network(widths, dropout).to(device)
    optimiser = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.02, fused=True)
    loss = nn.CrossEntropyLoss(label_smoothing=0.05)
    if moved:
        take = HostBatches(batch, widths[0], widths[-1]).take
    else:
        resident = torch.rand(batch, widths[0], device=device), torch.randint(widths[-1], (batch,), device=device)
        take = lambda: resident  # noqa: E731
    on_gpu = device == "cuda"

    def loss_of(inputs, wanted):
        with torch.autocast(device, dtype=torch.bfloat16, enabled=bf16):
            return loss(net(inputs), wanted)

    if mode:
        torch._dynamo.reset()
        loss_of = torch.compile(loss_of, mode=mode)

    def step():
        optimiser.zero_grad(set_to_none=True)
        loss_of(*take()).backward()
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
    for name in sys.argv[4:] or NETWORKS:
        widths, dropout, batch = NETWORKS[name]
        if len(sys.argv) > 3:
            batch = int(sys.argv[3])
        for suffix, mode, bf16, moved in WAYS[device]:
            key = name + suffix
            try:
                best = measure(widths, dropout, batch, device, mode, bf16, moved)
            except Exception as error:  # no compiler there, or too little memory: the other ways are measured all the same
                print(f"{key}: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}", flush=True)
                continue
            results[key] = {"network": "-".join(map(str, widths)), "batch": batch, "step_ms": best * 1e3}
            print(f"{key}: {best * 1e3:.3f} ms a step, {batch / best:.0f} samples/s", flush=True)
            if len(sys.argv) > 1:
                with open(sys.argv[1], "w", encoding="utf-8") as out:
                    json.dump(results, out, indent=2)


if __name__ == "__main__":
    main()
