#!/usr/bin/env python3
"""A table of what bench/study.sh evaluated: the space groups named rightly, and by how much each network differs from the first one.

Usage: study_table.py WHAT=NAME...   reads NAME.measured, NAME.test and NAME.train, folders of 'friedel evaluate'.
Differences are of the same patterns, in points, with 95 % bootstrap intervals: files (or structures) are drawn, not patterns.
"""
import csv
import random
import sys
from pathlib import Path

DRAWS = 1000
KINDS = {"measured": "measured patterns", "test": "types held out", "train": "types trained on"}


def right_by_group(folder):
    """Of each group of patterns that belong together: how many, and how many named rightly; in the file's order."""
    groups = {}
    with open(Path(folder) / "predictions.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row.get("repeat") == "yes":
                continue
            group = groups.setdefault(row["file"].split("#")[0], [0, 0])
            group[0] += 1
            group[1] += row["space_group"] == row["true_space_group"]
    return groups


def cell(own, base):
    text = f"{100 * sum(right for _, right in own.values()) / sum(count for count, _ in own.values()):.1f} %"
    if own is base:
        return text
    # Of each group: how many, and how many more than by the first network.
    changes = [(count, right - base[group][1]) for group, (count, right) in own.items()]

    def points(drawn):
        counts, more = zip(*drawn)
        return 100 * sum(more) / sum(counts)

    draw = random.Random(1)
    differences = sorted(points(draw.choices(changes, k=len(changes))) for _ in range(DRAWS))
    low, high = differences[DRAWS // 40], differences[-DRAWS // 40]
    return f"{text}, {points(changes):+.1f} ({low:+.1f} to {high:+.1f})"


def main():
    print("| changed |" + "".join(f" {title} |" for title in KINDS.values()))
    print("| --- |" + " --- |" * len(KINDS))
    base = {}
    for argument in sys.argv[1:]:
        what, name = argument.rsplit("=", 1)
        row = f"| {what} |"
        for kind in KINDS:
            own = right_by_group(f"{name}.{kind}")
            row += f" {cell(own, base.setdefault(kind, own))} |"
        print(row)


if __name__ == "__main__":
    main()
