#!/usr/bin/env bash
# The minerals of data/minerals as tubes other than copper's record them, in files that state no wavelength: how many are told the right
# anode, and what becomes of the others.
# Usage: bench/unstated_tubes.sh FOLDER   Writes the patterns there. FRIEDEL=program (build/release/friedel).
set -euo pipefail
[[ $# == 1 ]] || { sed -n '2,4s/^# //p' "$0" >&2 && exit 2; }
friedel=$(realpath "${FRIEDEL:-build/release/friedel}")
minerals=$(realpath "$(dirname "$0")/../data/minerals")
mkdir -p "$1"
cd "$1"

while read -r anode range; do
    mkdir -p "$anode"
    printf '' >"$anode.groups"
    for cif in "$minerals"/*.cif; do
        mineral=$(basename "$cif" .cif)
        # shellcheck disable=SC2086  # the range is two words
        "$friedel" simulate "$cif" --radiation "$anode" --range $range --fwhm 0.12 --counts 6000 --hump 0.03 20 9 --texture 0.85 0 0 1 \
            -o "$anode/$mineral.csv" >"$anode.printed"
        printf '%s %s\n' "$anode/$mineral.csv" "$(sed -n 's/^_symmetry_Int_Tables_number *//p' "$cif")" >>"$anode.groups"
    done
    "$friedel" classify -q "$anode" -o "$anode.jsonl"
    # A group of the other hand has the same pattern: P4_1 2_1 2 and P4_3 2_1 2, say.
    awk -v anode="$anode" '
        BEGIN { split("76 78 91 95 92 96 144 145 151 153 152 154 169 170 171 172 178 179 180 181 212 213", g)
                for (i = 1; i in g; i += 2) hand[g[i + 1]] = g[i] }
        function of_one_hand(group) { return group in hand ? hand[group] : group }
        FNR == NR { truth[$1] = $2; next }
        { match($0, /"file":"[^"]*"/); file = substr($0, RSTART + 8, RLENGTH - 9) }
        /"refused":true/ { if (!/anode was/) ++refused; else if ($0 ~ "anode was " anode " ") ++told; else ++misled; next }
        { match($0, /"space_group":[0-9]+/); group = substr($0, RSTART + 14, RLENGTH - 14)
          if (of_one_hand(group) == of_one_hand(truth[file])) ++right; else ++wrong }
        END { printf "%s: %d told the anode, %d another, %d answered rightly, %d wrongly, %d refused for other reasons\n",
                     anode, told, misled, right, wrong, refused }' "$anode.groups" "$anode.jsonl"
done <<'TUBES'
co 10 100
fe 10 100
cr 15 130
TUBES
