#!/usr/bin/env bash
# Trains the model that ships (data/models/friedel-cu.h5), from crystal structures on, on whatever device is there. Run it again and it
# goes on where it was interrupted.
set -euo pipefail

usage() {
    cat <<'HELP'
Usage: tools/train_release.sh [--minutes M] [--labels FILE.csv] [--start-from MODEL.h5] [-o FOLDER] PATH...
  PATH...              structures to train on beside the minerals that ship: CIFs, folders and archives of them;
                       the model that ships was trained on the Materials Project's (mp_cifs.tar.xz) and Open Chemistry's crystals
  --minutes M          how long to train; default 4 with an NVIDIA GPU (an H200 made 82 million patterns of them for the model that ships),
                       190 without, and then a dense network of a quarter of the size (27 million patterns on two quiet cores with bfloat16)
  --start-from MODEL   go on from a model's weights, at full precision
  --labels FILE.csv    measured patterns to look at while training and at the end; they choose how far the network is believed, and when to refuse
  -o FOLDER            for everything that is made (default: release)
HELP
}

# Whatever is wrong with the options is told before the work of hours.
refuse() {
    printf 'train_release: %s; see tools/train_release.sh --help\n' "$1" >&2
    exit 2
}

folder=release
minutes=
labels=
start=()
paths=()
while (($#)); do
    case $1 in
        --minutes | --labels | --start-from | -o) [[ -n ${2-} ]] || refuse "$1 needs a value" ;;
        -h | --help) usage && exit 0 ;;
        -*) refuse "$1 is no option" ;;
        *) [[ -e $1 ]] || refuse "$1 is not there" ;;
    esac
    case $1 in
        --minutes)
            [[ $2 =~ ^[0-9]{1,6}(\.[0-9]+)?$ && $2 =~ [1-9] ]] || refuse "--minutes $2: is no number of minutes above 0 and below 1000000"
            minutes=$2 && shift 2
            ;;
        --labels)
            [[ -f $2 && -r $2 ]] || refuse "--labels $2: cannot be read"
            head=$(grep -a -m 1 . "$2" | tr -d '\0') || head=
            [[ $head == *file* && $head == *space_group* ]] || refuse "--labels $2: its first line does not name the columns file,space_group"
            labels=$(realpath "$2") && shift 2
            ;;
        --start-from)
            [[ -f $2 && -r $2 ]] || refuse "--start-from $2: cannot be read"
            start=(--start-from "$(realpath "$2")") && shift 2
            ;;
        -o) folder=$2 && shift 2 ;;
        *) paths+=("$(realpath "$1")") && shift ;;
    esac
done
((${#paths[@]})) || { usage >&2 && exit 2; }
folder=$(realpath -m "$folder")
cd "$(dirname "$0")/.."
friedel=build/release/friedel
[[ -x $friedel ]] || { printf 'train_release: %s is missing; run tools/setup.sh first\n' "$friedel" >&2 && exit 1; }
mkdir -p "$folder"
# A GPU has time for convolutions, and wants large batches: with as many patterns they are worth five points on types that neither saw
# and seven on measured patterns. A processor trains six times as many patterns of the dense network.
network=(--preset friedel)
if [[ -e build/release/libfriedel_cuda.so ]] && nvidia-smi -L >/dev/null 2>&1; then
    minutes=${minutes:-4}
    network=(--preset convolutional --set training.batch=8192 --set optimiser.warmup_steps=500 --set training.fill=0)
fi
minutes=${minutes:-190}

# Each step leaves a file under its final name only when it is whole: what is there already is not made again. Where structures or patterns
# could not be read the status is 1, they are named above, and the rest is done; other steps that fail make nothing.
step() {
    local made=$1 what=$2
    shift 2
    [[ -e $made ]] && { printf '== %s: %s is there\n' "$what" "$made" && return; }
    printf '== %s\n' "$what"
    local started=$SECONDS status=0 note=
    "$friedel" "$@" || status=$?
    if ((status == 1)) && [[ $1 =~ ^(ingest|calibrate|evaluate)$ && -e $made ]]; then
        note=', without what is named above'
    elif ((status)); then
        printf 'train_release: %s failed; mend it and give the same command again\n' "$what" >&2
        exit "$status"
    fi
    printf '== %s: %d s%s\n' "$what" $((SECONDS - started)) "$note"
}

step "$folder/structures.h5" 'Reading structures' ingest "${paths[@]}" -o "$folder/structures.h5"
step "$folder/test.h5" 'Structure types set aside for testing' split "$folder/structures.h5" --fraction 0.05 --seed 1 \
    --train "$folder/train_part.h5" --test "$folder/test.h5"
# What powders are mostly of: compounds of oxygen, sulphur, fluorine and chlorine, without elements that hardly any mineral has. The network
# has room for half the structures, and this half is worth five points on measured minerals; all of them are searched all the same.
step "$folder/common.h5" 'Structures of common elements' merge "$folder/train_part.h5" --containing O,S,F,Cl \
    --lacking He,Ne,Ar,Kr,Xe,Tc,Pm,Po,At,Rn,Fr,Ra,Ac,Pa,Np,Pu,Am,Cm,Pr,Sm,Eu,Gd,Tb,Dy,Ho,Er,Tm,Yb,Lu,Ga,In,Ru,Rh,Os,Ir,Re,Rb,Hf,Sc \
    -o "$folder/common.h5"
# The network is to answer with what a powder shows: 11 minutes of one core for the parents of 73 000 structures. Those of more than 1500
# reflections, a twentieth, would take 40 % of the time to simulate.
step "$folder/train.h5" 'One library to train on, with the groups that powders show' merge "$folder/common.h5" data/structures/minerals.h5 \
    --without-types-of "$folder/test.h5" --most-reflections 1500 --powder-groups -o "$folder/train.h5"

precision=()
# Twice as fast where the processor multiplies bfloat16, and what a GPU does anyway.
if grep -q avx512_bf16 /proc/cpuinfo 2>/dev/null; then precision=(--precision bf16); fi
measured=()
[[ -z $labels ]] || measured=(--measured "$labels")
training=("$folder/train.h5" -o "$folder/model.h5" "${network[@]}" --set training.labels=powder --minutes "$minutes" --validation "$folder/test.h5" "${measured[@]}" "${precision[@]}")
if compgen -G "$folder/model.h5.checkpoint*" >/dev/null; then
    printf '== Training goes on\n'
    "$friedel" train "${training[@]}" --resume
else
    step "$folder/model.h5" "Training for $minutes minutes" train "${training[@]}" "${start[@]}"
fi

if [[ -n $labels ]]; then
    # As it is used: beside a search of the structures that ship.
    step "$folder/calibrated.h5" 'How far to believe it' calibrate "$folder/model.h5" --labels "$labels" --structures data/structures/known.h5 \
        --lattices 9 --accuracy 0.9 --sets 0.95 -o "$folder/calibrated.h5"
else
    step "$folder/calibrated.h5" 'How far to believe it' calibrate "$folder/model.h5" --library "$folder/test.h5" --patterns 4000 --lattices 9 -o "$folder/calibrated.h5"
fi
step "$folder/friedel-cu.h5" 'Weights rounded' export "$folder/calibrated.h5" --megabytes 24.5 -o "$folder/friedel-cu.h5"
step "$folder/unseen/report.html" 'On structure types it never saw' evaluate "$folder/friedel-cu.h5" --library "$folder/test.h5" --patterns 4000 -o "$folder/unseen"
if [[ -n $labels ]]; then
    step "$folder/measured/report.html" 'On measured patterns' evaluate "$folder/friedel-cu.h5" --labels "$labels" -o "$folder/measured"
fi
printf '== %s; copy it to data/models to ship it\n' "$folder/friedel-cu.h5"
