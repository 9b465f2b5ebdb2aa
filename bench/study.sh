#!/usr/bin/env bash
# What each choice in training is worth: trains the same network on the same number of patterns with one thing changed at a time, and
# evaluates each on measured patterns, on structure types held out, and on types trained on. Run it again and it goes on where it was.
set -euo pipefail

usage() {
    cat <<'HELP'
Usage: bench/study.sh [OPTIONS] TRAIN.h5 TEST.h5 LABELS.csv
  TRAIN.h5, TEST.h5   structure libraries, of 'friedel split'
  LABELS.csv          measured patterns of known space groups
  --steps N           default 1000, the first 100 of them warm-up; half of fewer than 200
  --batch N           patterns of a step (default 512; 8192 suits a GPU)
  --hidden WIDTHS     of the network (default "[2048, 768]")
  --only NAME,...     of the changes listed by --list; default all
  --threads N         default 1
  -o FOLDER           for models, evaluations and table.md (default study)
HELP
}

# A name, then the keys that differ from preset 'friedel'.
changes=(
    'base'
    'no texture, no jitter of intensities|simulation.march_dollase=1 simulation.intensity_jitter=0'
    'no spread of displacement factors|simulation.b_iso_scale=1'
    'no lattice strain|simulation.lattice_strain=0 simulation.lattice_strain_anisotropic=0'
    'no zero shift, no displacement|simulation.zero_shift_deg=0 simulation.displacement_deg=0'
    'one width|simulation.caglioti_u=0 simulation.caglioti_v=0 simulation.caglioti_w=0.006 simulation.size_angstrom=1500 simulation.microstrain=0.0003 simulation.axial_divergence=0'
    'no background|simulation.chebyshev_amplitude=0 simulation.hump_height=0 simulation.air_scatter=0'
    'no noise|simulation.counts_at_maximum=0 simulation.gaussian_noise=0'
    'no impurities|simulation.impurity_fraction=0'
    'one wavelength|simulation.kalpha2_ratio=0 simulation.kbeta_ratio=0 simulation.tungsten_ratio=0'
    'no solid solutions|simulation.substitution=0'
    'no transparency, no dead time|simulation.transparency_deg=0 simulation.saturation=0'
    'ideal patterns|simulation.march_dollase=1 simulation.intensity_jitter=0 simulation.b_iso_scale=1 simulation.lattice_strain=0 simulation.lattice_strain_anisotropic=0 simulation.zero_shift_deg=0 simulation.displacement_deg=0 simulation.caglioti_u=0 simulation.caglioti_v=0 simulation.caglioti_w=0.006 simulation.size_angstrom=1500 simulation.microstrain=0.0003 simulation.axial_divergence=0 simulation.chebyshev_amplitude=0 simulation.hump_height=0 simulation.air_scatter=0 simulation.counts_at_maximum=0 simulation.gaussian_noise=0 simulation.impurity_fraction=0 simulation.kalpha2_ratio=0.5 simulation.kbeta_ratio=0 simulation.tungsten_ratio=0 simulation.substitution=0 simulation.transparency_deg=0 simulation.saturation=0'
    'groups balanced|training.tempering=0'
    'groups as frequent as in the library|training.tempering=1'
    'intensities, not their square roots|preprocess.square_root=false'
    'maximum of 1, not unit root mean square|preprocess.unit_rms=false'
    'mean squared error|loss.kind=mean_squared_error'
    'alternating loss, as in the paper|loss.kind=alternating loss.epoch_patterns=51200'
    'label smoothing 0.1|loss.label_smoothing=0.1'
    'smoothing over the group-subgroup graph 0.1|loss.graph_smoothing=0.1'
    'background left on|preprocess.remove_background=false preprocess.remove_pedestal=false'
)

refuse() {
    printf 'study: %s; see bench/study.sh --help\n' "$1" >&2
    exit 2
}

warmup=100
steps=1000
batch=512
hidden='[2048, 768]'
only=
threads=1
folder=study
files=()
while (($#)); do
    case $1 in
        --steps | --batch | --threads) [[ ${2-} =~ ^[0-9]{1,9}$ ]] || refuse "$1 ${2-}: needs a whole number" ;;
        --hidden | --only | -o) [[ -n ${2-} ]] || refuse "$1 needs a value" ;;
        --list) printf '%s\n' "${changes[@]%%|*}" && exit 0 ;;
        -h | --help) usage && exit 0 ;;
        -*) refuse "$1 is no option" ;;
        *) [[ -f $1 ]] || refuse "$1 is not there" ;;
    esac
    case $1 in
        --steps) steps=$2 && shift 2 ;;
        --batch) batch=$2 && shift 2 ;;
        --hidden) hidden=$2 && shift 2 ;;
        --only) only=,$2, && shift 2 ;;
        --threads) threads=$2 && shift 2 ;;
        -o) folder=$2 && shift 2 ;;
        *) files+=("$(realpath "$1")") && shift ;;
    esac
done
((10#$steps > 0)) || refuse "--steps $steps: needs a number above 0"
((10#$steps >= 2 * warmup)) || warmup=$((10#$steps / 2))
# Names hold commas themselves: what is left when all known ones are taken out is unknown.
unknown=$only
for change in "${changes[@]}"; do
    while [[ $unknown == *",${change%%|*},"* ]]; do unknown=${unknown/",${change%%|*},"/,}; done
done
[[ ! $unknown =~ [^,] ]] || refuse "--only: there is no change '$(sed 's/^,*//; s/,*$//' <<<"$unknown")' (--list names all)"
((${#files[@]} == 3)) || { usage >&2 && exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
friedel=${FRIEDEL:-$here/../build/release/friedel}
[[ -x $friedel ]] || { printf 'study: %s is missing; run tools/setup.sh first\n' "$friedel" >&2 && exit 1; }
mkdir -p "$folder"
cd "$folder"
names=()

# RESULT OPTIONS...: evaluates the network $name into the folder RESULT, and what that prints into RESULT.txt, which is there only when
# it is whole. Patterns that cannot be read are named, and the status is 1; the others are judged all the same.
evaluate() {
    local result=$1 status=0
    shift
    [[ ! -e $result.txt ]] || return 0
    "$friedel" evaluate "$name.h5" "$@" --threads "$threads" -o "$result" >part.txt 2>part.errors || status=$?
    ((status == 0)) || cat part.errors >&2
    # It is printed last, after all files are written.
    ((status == 0)) || [[ $status == 1 && -s part.txt ]] || { printf 'study: %s was not evaluated, see above\n' "$result" >&2 && exit "$status"; }
    rm part.errors
    mv part.txt "$result.txt"
}

for change in "${changes[@]}"; do
    what=${change%%|*}
    [[ -z $only || $only == *",$what,"* ]] || continue
    keys=()
    [[ $change == *'|'* ]] && for key in ${change#*|}; do keys+=(--set "$key"); done
    name=${what//[^a-z0-9]/_}
    [[ -e $name.h5 ]] || "$friedel" train "${files[0]}" --preset friedel --set "network.hidden=$hidden" --set training.minutes=0 \
        --set "optimiser.warmup_steps=$warmup" --set "training.batch=$batch" --steps "$steps" --precision bf16 --threads "$threads" "${keys[@]}" --resume=auto -q -o "$name.h5"
    evaluate "$name.measured" --labels "${files[2]}"
    for kind in test train; do
        library=${files[1]}
        [[ $kind == train ]] && library=${files[0]}
        # Every network is asked about the same patterns, with all effects.
        "$friedel" train --preset friedel --show-config >effects.toml
        evaluate "$name.$kind" --library "$library" --patterns 3000 --config effects.toml
    done
    names+=("$what=$name")
    printf '%s: %s\n' "$what" "$(grep '^space group' "$name.measured.txt")"
done
python3 "$here/study_table.py" "${names[@]}" >table.part && mv table.part table.md
cat table.md
