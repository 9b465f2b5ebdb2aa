#!/usr/bin/env python3
"""What this GPU can do, measured through PyTorch: memory bandwidth by a large copy, matrix rates by large products of random numbers.

Usage: python3 bench/peers/gpu_ceilings.py [RESULTS.json]   Needs torch with CUDA. Fractions of the limit are quoted against these.
"""
import json
import sys

import torch


def milliseconds(work, rounds=20):
    """Median over rounds, by events on the device."""
    for _ in range(3):
        work()
    times = []
    for _ in range(rounds):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        work()
        end.record()
        torch.cuda.synchronize()
        times.append(start.elapsed_time(end))
    return sorted(times)[rounds // 2]


def main():
    results = {"device": torch.cuda.get_device_name(), "torch": torch.__version__}
    source = torch.rand(1 << 30, device="cuda")
    target = torch.empty_like(source)
    moved = 2 * source.numel() * source.element_size()
    results["copy_gb_per_s"] = moved / milliseconds(lambda: target.copy_(source)) * 1e-6
    del source, target
    n = 8192
    for name, dtype, tf32 in [("bf16", torch.bfloat16, False), ("tf32", torch.float32, True), ("float", torch.float32, False)]:
        torch.backends.cuda.matmul.allow_tf32 = tf32
        a, b = (torch.randn(n, n, device="cuda").to(dtype) for _ in range(2))
        results[f"{name}_tflops"] = 2 * n**3 / milliseconds(lambda: a @ b) * 1e-9
    for key, value in results.items():
        print(f"{key}: {value if isinstance(value, str) else round(value, 1)}")
    if len(sys.argv) > 1:
        with open(sys.argv[1], "w", encoding="utf-8") as out:
            json.dump(results, out, indent=2)


if __name__ == "__main__":
    main()
