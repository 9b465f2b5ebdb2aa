#!/usr/bin/env python3
"""Sums of two measured patterns, as mixtures for 'friedel classify' to be tried on; see bench/results, "Lines that a structure leaves
unexplained".

sums_of_two.py LABELS.csv FOLDER [COUNT [SEED]]: draws pairs of the labelled patterns without repeats (seed 5) and writes their sums as
FOLDER/mNN_PERCENT_first_second.xy. The strongest point of the second is 15, 30, 60 or 100 % of the first's, in turn; pairs that have less
than 55 degrees in common are passed over.
"""
import bisect
import csv
import pathlib
import random
import sys


def read(file):
    angle, intensity = [], []
    for line in open(file, errors="replace"):
        try:
            x, y = (float(field) for field in line.replace(",", " ").split()[:2])
        except ValueError:
            continue
        angle.append(x)
        intensity.append(y)
    return angle, intensity


def at(x, angle, intensity):
    k = min(max(bisect.bisect(angle, x), 1), len(angle) - 1)
    part = (x - angle[k - 1]) / (angle[k] - angle[k - 1])
    return intensity[k - 1] + part * (intensity[k] - intensity[k - 1])


def main(labels, folder, count=60, seed=5):
    rows = [row["file"] for row in csv.DictReader(open(labels)) if not row.get("repeat_of")]
    random.seed(seed)
    random.shuffle(rows)
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    made = 0
    for first, second in zip(rows[0::2], rows[1::2]):
        if made == count:
            break
        (xa, ya), (xb, yb) = (read(pathlib.Path(labels).parent / file) for file in (first, second))
        low, high = max(xa[0], xb[0]), min(xa[-1], xb[-1])
        if high - low < 55:
            continue
        part = (0.15, 0.3, 0.6, 1.0)[made % 4]
        scale_a, scale_b = 1000 / (max(ya) - min(ya)), 1000 * part / (max(yb) - min(yb))
        name = f"m{made:02d}_{round(part * 100):03d}_{pathlib.Path(first).stem}_{pathlib.Path(second).stem}.xy"
        with open(pathlib.Path(folder) / name, "w") as out:
            for x, y in zip(xa, ya):
                if low <= x <= high:
                    out.write(f"{x:.4f} {scale_a * y + scale_b * at(x, xb, yb):.3f}\n")
        made += 1
    print(f"{made} sums in {folder}")


if __name__ == "__main__":
    main(*sys.argv[1:3], *map(int, sys.argv[3:5]))
