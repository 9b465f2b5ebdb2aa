#!/usr/bin/env python3
"""The American Mineralogist Crystal Structure Database, as the package larixite carries it, into an archive of CIFs.

    amcsd_to_cifs.py amcsd_cif1.db OUTPUT.tar.gz

Downs and Hall-Wallace (2003), American Mineralogist 88, 247. Nothing but Python's own library is needed.
"""
import base64
import io
import json
import sqlite3
import struct
import sys
import tarfile

# Fractional coordinates are stored as 32-bit integers of 1/4 000 000, base64; two values beyond their range stand for "?" and ".".
SCALE, UNKNOWN, NOT_APPLICABLE = 4_000_000, 8_000_000, 12_000_000


def numbers(text):
    """One column of the atoms, as CIF writes it; None where the database has none."""
    if text in (None, "0", "<missing>"):
        return None
    raw = base64.b64decode(text)
    values = struct.unpack(f"<{len(raw) // 4}i", raw)
    return ["?" if v == UNKNOWN else "." if v == NOT_APPLICABLE else f"{v / SCALE:.6f}" for v in values]


def quoted(text):
    return "'" + " ".join(str(text).split()).replace("'", "") + "'"


def cif(row):
    """None where the entry has no atoms."""
    labels = json.loads(row["atoms_sites"]) if row["atoms_sites"] not in (None, "0", "<missing>") else None
    columns = {"label": labels, "fract_x": numbers(row["atoms_x"]), "fract_y": numbers(row["atoms_y"]), "fract_z": numbers(row["atoms_z"]),
               "occupancy": numbers(row["atoms_occupancy"]), "U_iso_or_equiv": numbers(row["atoms_u_iso"])}
    if not isinstance(labels, list) or any(columns[c] is None for c in ("fract_x", "fract_y", "fract_z")):
        return None
    columns = {name: values for name, values in columns.items() if values is not None}
    if any(len(values) != len(labels) for values in columns.values()):
        return None
    lines = [f"data_amcsd_{row['id']}", f"_chemical_name_mineral {quoted(row['mineral'])}"]
    for name in ("length_a", "length_b", "length_c", "angle_alpha", "angle_beta", "angle_gamma"):
        lines.append(f"_cell_{name} {row[name.split('_')[1]]}")
    lines += [f"_symmetry_space_group_name_H-M {quoted(row['hm_notation'])}", "loop_", "_symmetry_equiv_pos_as_xyz"]
    lines += [quoted(operation) for operation in json.loads(row["symmetry_xyz"])]
    lines += ["loop_"] + [f"_atom_site_{name}" for name in columns]
    lines += [" ".join(values).replace("'", "") for values in zip(*columns.values())]
    return "\n".join(lines) + "\n"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    written = skipped = 0
    with tarfile.open(sys.argv[2], "w:gz") as archive:
        for row in database.execute("""SELECT cif.*, minerals.name AS mineral, spacegroups.hm_notation, spacegroups.symmetry_xyz FROM cif
                                       JOIN minerals ON minerals.id = cif.mineral_id
                                       JOIN spacegroups ON spacegroups.id = cif.spacegroup_id ORDER BY cif.id"""):
            text = cif(row)
            if text is None:
                skipped += 1
                continue
            known = row["mineral"] != "<missing>"
            name = "".join(c if c.isalnum() else "_" for c in row["mineral"]) if known else "unnamed"
            member = tarfile.TarInfo(f"amcsd/{name}_{row['id']}.cif")
            data = text.encode()
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
            written += 1
    print(f"{written} structures, {skipped} entries without atoms left out -> {sys.argv[2]}")


if __name__ == "__main__":
    main()
