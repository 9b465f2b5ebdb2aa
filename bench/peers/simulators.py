#!/usr/bin/env python3
"""Peak lists and full patterns of other programs on the structures that simulation_bench uses, one core.

Usage: taskset -c 0 python3 bench/peers/simulators.py data/minerals [results.json [PEER...]]
Needs, each optional: gemmi, cctbx-base, pymatgen, numpy (PyPI). Peers are measured here, never shipped or linked.
A full pattern is 8 500 points from 5 to 90 degrees, the sum of the peaks' profiles of 0.1 degree in numpy: Gaussians cut off ten widths
away ("cut"), and pseudo-Voigts with their tails over the whole range ("full"), which is what simulation_bench computes.
"""
import glob
import json
import math
import os
import subprocess
import sys
import time

import numpy as np

WAVELENGTH = 1.54184
GRID = 5 + 0.01 * np.arange(8500)


def atoms_in_cell(path):
    """Counted in a process of its own: cctbx does not survive beside gemmi."""
    code = "import gemmi, sys; print(len(gemmi.read_small_structure(sys.argv[1]).get_all_unit_cell_sites()))"
    return int(subprocess.run([sys.executable, "-c", code, path], capture_output=True, check=True, text=True).stdout)


def cut_profile(angles, intensities, fwhm=0.1):
    out = np.zeros(GRID.size)
    decay = 4 * math.log(2) / fwhm**2
    for angle, intensity in zip(angles, intensities):
        first, last = np.searchsorted(GRID, (angle - 10 * fwhm, angle + 10 * fwhm))
        out[first:last] += intensity * np.exp(-decay * (GRID[first:last] - angle) ** 2)
    return out / max(out.max(), 1e-30)


def full_profile(angles, intensities, fwhm=0.1, eta=0.5):
    out = np.zeros(GRID.size)
    decay, half = 4 * math.log(2) / fwhm**2, fwhm / 2
    for angle, intensity in zip(angles, intensities):
        x_sq = (GRID - angle) ** 2
        out += intensity * (eta * half / math.pi / (x_sq + half**2) + (1 - eta) * math.sqrt(decay / math.pi) * np.exp(-decay * x_sq))
    return out / max(out.max(), 1e-30)


def lorentz_polarisation(sin_sq):
    return (1 + (1 - 2 * sin_sq) ** 2) / (sin_sq * np.sqrt(1 - sin_sq))


def gemmi_peaks(files):
    import gemmi
    loaded = []
    for path in files:
        s = gemmi.read_small_structure(path)
        s.change_occupancies_to_crystallographic()
        loaded.append((s, gemmi.StructureFactorCalculatorX(s.cell)))
    d_min = WAVELENGTH / (2 * math.sin(math.radians(45)))

    def peaks(item):
        s, calculator = item
        ops = s.spacegroup.operations()
        hkls = gemmi.make_miller_array(s.cell, s.spacegroup, d_min)
        angles, intensities = [], []
        for hkl in hkls:
            stol_sq = s.cell.calculate_1_d2(hkl) / 4
            f = abs(calculator.calculate_sf_from_small_structure(s, hkl))
            multiplicity = 2 * len(ops.sym_ops) / ops.epsilon_factor_without_centering(hkl)
            if ops.is_centrosymmetric():
                multiplicity /= 2
            sin_sq = stol_sq * WAVELENGTH**2
            angles.append(2 * math.degrees(math.asin(math.sqrt(sin_sq))))
            intensities.append(multiplicity * f * f * lorentz_polarisation(sin_sq))
        return angles, intensities
    return [x for x in loaded if x[0].spacegroup], peaks


def cctbx_peaks(files):
    import iotbx.cif
    loaded = []
    for path in files:
        try:
            model = iotbx.cif.reader(file_path=path).build_crystal_structures()
            structure = next(iter(model.values()))
            structure.scattering_type_registry(table="it1992")
            loaded.append(structure)
        except Exception:  # one reader's refusal only removes the structure from its own average
            pass
    d_min = WAVELENGTH / (2 * math.sin(math.radians(45)))

    def peaks(structure):
        f = structure.structure_factors(d_min=d_min, algorithm="direct", anomalous_flag=False).f_calc()
        amplitude_sq = np.abs(f.data().as_numpy_array()) ** 2
        multiplicity = f.multiplicities().data().as_numpy_array()
        angles = f.two_theta(WAVELENGTH, deg=True).data().as_numpy_array()
        sin_sq = np.sin(np.radians(angles / 2)) ** 2
        return angles, amplitude_sq * multiplicity * lorentz_polarisation(sin_sq)
    return loaded, peaks


def pymatgen_peaks(files):
    from pymatgen.analysis.diffraction.xrd import XRDCalculator
    from pymatgen.core import Structure
    calculator = XRDCalculator(wavelength=WAVELENGTH)
    loaded = [Structure.from_file(path) for path in files[:12]]

    def peaks(structure):
        pattern = calculator.get_pattern(structure, two_theta_range=(5, 90))
        return pattern.x, pattern.y
    return loaded, peaks


def rate(items, work, rounds=5):
    """Of the best round through all items, in seconds of the processor's time, as simulation_bench measures."""
    best = math.inf
    for _ in range(rounds):
        start, passes = time.process_time(), 0
        while passes == 0 or time.process_time() - start < 0.5:
            for item in items:
                work(item)
            passes += 1
        best = min(best, (time.process_time() - start) / passes)
    return len(items) / best


def main():
    files = sorted(glob.glob(os.path.join(sys.argv[1], "*.cif")))
    files = [f for f in files if 6 <= atoms_in_cell(f) <= 58]
    results = {"structures": len(files)}
    wanted = sys.argv[3:] or ["gemmi", "cctbx", "pymatgen"]  # one a process: their extension modules do not all get on
    for name, load in (("gemmi", gemmi_peaks), ("cctbx", cctbx_peaks), ("pymatgen", pymatgen_peaks)):
        if name not in wanted:
            continue
        try:
            items, peaks = load(files)
        except ImportError as missing:
            print(f"{name}: skipped, {missing}")
            continue
        lists = rate(items, peaks)
        cut = rate(items, lambda item: cut_profile(*peaks(item)))
        full = rate(items, lambda item: full_profile(*peaks(item)))
        print(f"{name}: {lists:.1f} peak lists, {cut:.1f} cut and {full:.1f} full patterns a second and core ({len(items)} structures)")
        results[name] = {"peak_lists_per_core_second": lists, "cut_patterns_per_core_second": cut, "full_patterns_per_core_second": full}
    if len(sys.argv) > 2:
        with open(sys.argv[2], "w") as out:
            json.dump(results, out, indent=2)


if __name__ == "__main__":
    main()
