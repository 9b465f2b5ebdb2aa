#!/usr/bin/env bash
# From nothing to named powders with what ships in data/: installs, builds, ingests, simulates, trains for a minute, classifies.
# Safe to run again; results are in quickstart/ (or the folder given).
set -euo pipefail

usage() {
    cat <<'HELP'
Usage: tools/quickstart.sh [--output DIR] [--minutes M] [--generated] [--no-packages]
  --output DIR    where results go (default: quickstart)
  --minutes M     how long to train (default: 1)
  --generated     train on random crystals alone, without any structure
  --no-packages   install nothing
HELP
}

output=quickstart
minutes=1
generated=
setup=()
while (($#)); do
    case $1 in
        --output) output=${2:?quickstart: --output needs a folder} && shift 2 ;;
        --minutes) minutes=${2:?quickstart: --minutes needs a number} && shift 2 ;;
        --generated) generated=1 && shift ;;
        --no-packages) setup+=(--no-packages) && shift ;;
        -h | --help) usage && exit 0 ;;
        *) usage >&2 && exit 2 ;;
    esac
done
output=$(realpath -m "$output")
cd "$(dirname "$0")/.."
tools/setup.sh --target friedel "${setup[@]}"

show() {
    printf '\n== %s\n' "$1"
    shift
    printf '$ friedel'
    printf ' %s' "${@/#"$PWD/"/}"
    printf '\n'
    build/release/friedel "$@"
}

mkdir -p "$output"
started=$SECONDS
show 'Structures: 52 minerals become a structure library' ingest data/minerals -o "$output/minerals.h5"
show 'A pattern: topaz as a diffractometer would record it' simulate data/minerals/topaz.cif --radiation cu --size 900 \
    --axial-divergence 0.02 --air-scatter 0.06 14 --hump 0.03 24 9 --counts 6000 --plot "$output/topaz.svg" -o "$output/topaz.xy"
if [[ $generated ]]; then
    show "A network: $minutes min on patterns of crystals that are made up while it trains, none of them twice" train --stream synthetic:1 \
        --preset quick --minutes "$minutes" -o "$output/model.h5"
    show 'Structures to calibrate it with, made up as well' generate -n 2000 --seed 2 -o "$output/structures.h5"
    structures=$output/structures.h5
    seen='made-up crystals alone'
else
    show "A network: $minutes min on patterns simulated while it trains" train "$output/minerals.h5" --preset quick --minutes "$minutes" \
        -o "$output/model.h5"
    structures=$output/minerals.h5
    seen='these 52 structures alone'
fi
show 'Its probabilities, made to mean what they say' calibrate "$output/model.h5" --library "$structures" --patterns 2000 \
    --coverage 0.95 -o "$output/model.h5"
show 'Eight example patterns, named' classify "$output/model.h5" data/examples -o "$output/results.csv"
build/release/friedel classify "$output/model.h5" data/examples --quiet
show 'The same by the network and the structures that ship' classify data/examples -o "$output/shipped.csv"
build/release/friedel classify data/examples --quiet
show 'How often the small network is right' evaluate "$output/model.h5" --labels data/examples/labels.csv -o "$output/evaluation"

cat <<DONE

== Done in $((SECONDS - started)) s. In $output:
  topaz.svg               a simulated pattern with its indices
  model.h5                the network; friedel info describes it
  results.csv             what it says about data/examples
  shipped.csv             what the model that ships says about them
  evaluation/             report.html (open it in a browser), metrics.json, predictions.csv
The small network has seen $seen, and its examples are simulated: it shows the way, not the accuracy on your powders.
For these: friedel classify YOUR.xy; and tools/fetch_structures.sh for more structures to compare them with.
DONE
