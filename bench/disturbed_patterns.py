#!/usr/bin/env python3
"""Measured patterns as other instruments would have recorded them: in coarse steps, on a hump of glass, with a slit changed on the
way, from 10 degrees on in the scatter of air, and from 20 to 60 degrees alone.

Usage: bench/disturbed_patterns.py LABELS.csv FOLDER [EVERY]   Every EVERY-th (3) labelled pattern without a repeat, as it is and disturbed,
each kind in a folder of FOLDER with a labels.csv of its own, for `friedel evaluate --labels FOLDER/KIND/labels.csv`.
"""
import csv
import math
import pathlib
import sys


def read(path):
    points = []
    for line in path.read_text(errors="replace").splitlines():
        fields = line.replace(",", " ").split()
        try:
            points.append((float(fields[0]), float(fields[1])))
        except (IndexError, ValueError):
            pass
    return points


def summed(points, step):
    """Points of the width of `step`, each the sum of those within it."""
    n = max(1, round(step / (points[1][0] - points[0][0])))
    groups = (points[i : i + n] for i in range(0, len(points) - n + 1, n))
    return [(sum(x for x, _ in g) / n, sum(y for _, y in g)) for g in groups]


def on_hump(points, height):
    """A Gaussian at 23 degrees, 9 wide, of a part of the strongest point; its counts bring no noise of their own."""
    top = max(y for _, y in points)
    return [(x, y + height * top * math.exp(-4 * math.log(2) * ((x - 23) / 9) ** 2)) for x, y in points]


def with_step(points, height, angle):
    """Higher by a part of the strongest point from an angle on; below it, where that is negative."""
    top = max(y for _, y in points)
    return [(x, y + abs(height) * top * ((x >= angle) == (height > 0))) for x, y in points]


def from_10(points, height=0.0):
    """Begun at 10 degrees, on a rise of a part of the strongest point that falls to 1/e within 2 degrees; it brings no noise of its own."""
    kept = [(x, y) for x, y in points if x >= 10]
    top = max(y for _, y in kept)
    return [(x, y + height * top * math.exp(-(x - 10) / 2)) for x, y in kept]


def between(points, first, last):
    return [(x, y) for x, y in points if first <= x <= last]


KINDS = {
    "as_is": lambda p: p,
    "step_0.05": lambda p: summed(p, 0.05),
    "step_0.1": lambda p: summed(p, 0.1),
    "hump_0.1": lambda p: on_hump(p, 0.1),
    "hump_0.5": lambda p: on_hump(p, 0.5),
    "background_step_0.2": lambda p: with_step(p, 0.2, 40),
    "background_step_-1": lambda p: with_step(p, -1, 60),
    "from_10": from_10,
    "from_10_rise_0.5": lambda p: from_10(p, 0.5),
    "from_10_rise_2": lambda p: from_10(p, 2),
    "20_to_60": lambda p: between(p, 20, 60),
}


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    labels, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    rows = [row for row in csv.DictReader(labels.open()) if row.get("repeat_of", "") == ""]
    rows = rows[:: int(sys.argv[3]) if len(sys.argv) == 4 else 3]
    for kind, disturb in KINDS.items():
        (folder / kind).mkdir(parents=True, exist_ok=True)
        with (folder / kind / "labels.csv").open("w", newline="") as out:
            written = csv.writer(out)
            written.writerow(["file", "space_group", "group"])
            for row in rows:
                name = pathlib.Path(row["file"]).with_suffix(".xy").name
                points = disturb(read(labels.parent / row["file"]))
                (folder / kind / name).write_text("".join(f"{x:.5f} {y:.6g}\n" for x, y in points))
                written.writerow([name, row["space_group"], row.get("group", "")])


main()
