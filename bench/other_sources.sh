#!/usr/bin/env bash
# The minerals of data/minerals as tubes and synchrotrons would record them: how often indexing finds the lattice, and the program the group.
# Usage: bench/other_sources.sh FOLDER   Writes the patterns there. FRIEDEL=program (build/release/friedel).
set -euo pipefail
[[ $# == 1 ]] || { sed -n '2,3s/^# //p' "$0" >&2 && exit 2; }
friedel=$(realpath "${FRIEDEL:-build/release/friedel}")
minerals=$(realpath "$(dirname "$0")/../data/minerals")
mkdir -p "$1"
cd "$1"

# Runs friedel; what it says on standard error is shown only if it fails. Patterns that could not be read (status 1) are left out of what it
# prints, and that is no failure.
run() {
    local status=0
    "$friedel" "$@" >printed 2>errors || status=$?
    ((status == 0)) || cat errors >&2
    ((status == 0)) || [[ $status == 1 && -s printed ]] || { printf 'other_sources: %s failed, see above\n' "$1" >&2 && exit "$status"; }
}

while read -r name radiation range width step counts more; do
    mkdir -p "$name"
    printf 'file,space_group\n' >"$name/labels.csv"
    for cif in "$minerals"/*.cif; do
        mineral=$(basename "$cif" .cif)
        # shellcheck disable=SC2086  # the range and what follows are words
        run simulate "$cif" --radiation "$radiation" --range ${range/-/ } --fwhm "$width" --step "$step" --counts "$counts" \
            --microstrain 0.0004 --displacement 0.03 --air-scatter 0.1 10 $more -o "$name/$mineral.xy"
        printf '%s.xy,%s\n' "$mineral" "$(sed -n 's/^_symmetry_Int_Tables_number *//p' "$cif")" >>"$name/labels.csv"
    done
    printf '%s\n' "$name"
    run index --labels "$name/labels.csv"
    sed -n '1p;/^all/p' printed
    run evaluate --labels "$name/labels.csv" -o "$name/evaluation"
    sed -n '1,2p;4p' printed
done <<'SOURCES'
cu cu 5-90 0.1 0.01 4000
co co 6-110 0.1 0.01 4000
cr cr 8-140 0.1 0.01 4000
mo mo 2.5-40 0.06 0.01 4000
one_angstrom 1.0 4-60 0.03 0.01 4000
30_keV 0.4139 1.5-24 0.02 0.005 4000
hump_of_3_percent 0.4139 2-27 0.02 0.003 50000 --hump 0.03 9 4
hump_of_8_percent 0.4139 2-27 0.02 0.003 50000 --hump 0.08 9 4
SOURCES
rm -f printed errors
