#!/usr/bin/env bash
# Kills the program again and again where it can hurt, and checks that nothing is lost: a training run ends with the very weights of an
# undisturbed one, and no other command ever leaves a broken file under its final name. Prints what happened, in counts.
set -euo pipefail

usage() {
    cat <<'HELP'
Usage: tools/soak.sh [--kills N] [--friedel PROGRAM] [--structures DIRECTORY] [--seed N]
  --kills N               of the training run (default 100); of ingest, simulate and classify together as many again
  --friedel PROGRAM       default build/release/friedel
  --structures DIRECTORY  CIFs (default data/minerals)
  --seed N                of the moments (default 1)
HELP
}

kills=100
root=$(cd "$(dirname "$0")/.." && pwd)
friedel=$root/build/release/friedel
structures=$root/data/minerals
seed=1
while (($#)); do
    case $1 in
        --kills) kills=${2:?soak: --kills needs a number} && shift 2 ;;
        --friedel) friedel=$(realpath "${2:?soak: --friedel needs a program}"); shift 2 ;;
        --structures) structures=$(realpath "${2:?soak: --structures needs a folder}"); shift 2 ;;
        --seed) seed=${2:?soak: --seed needs a number} && shift 2 ;;
        -h | --help) usage && exit 0 ;;
        *) usage >&2 && exit 2 ;;
    esac
done
die() {
    printf 'soak: %s\n' "$*" >&2
    exit 1
}
[[ -x $friedel ]] || die "$friedel: is not there; build it with tools/setup.sh, or name another with --friedel"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
RANDOM=$seed

# Starts the command and kills it after a random part of LONGEST milliseconds; fails where it had ended by then.
killed_within() {
    local longest=$1 pid
    shift
    "$@" >out 2>err &
    pid=$!
    sleep "$(printf '%d.%03d' $((RANDOM % longest / 1000)) $((RANDOM % longest % 1000)))"
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null && return 1
    (($? == 137))
}

milliseconds() {
    local begin end
    begin=$(date +%s%N)
    "$@" >out 2>err || die "$*: $(tail -n 1 err)"
    end=$(date +%s%N)
    echo $(((end - begin) / 1000000))
}

same_weights() { [[ $(weights part.h5) == "$(weights whole.h5)" ]]; }
weights() { "$friedel" info --json "$1" | grep weights_hash; }

"$friedel" ingest "$structures" -q -o library.h5 >/dev/null
train=("$friedel" train library.h5 --preset quick --set grid.step_deg=0.2 --set grid.points=425 --set 'network.hidden=[256, 128]'
    --set network.dropout=0.1 --set training.batch=64 --set optimiser.warmup_steps=1 --set training.checkpoint_minutes=0
    --set training.report_seconds=0.1 --steps "$((20 * kills + 200))" --device cpu -q)
printf 'undisturbed run: %d ms\n' "$(milliseconds "${train[@]}" -o whole.h5)"

# A run that is killed before its first checkpoint begins anew, so the moments lie within a second and a half.
done_kills=0 in_writing=0 broken=0 finished_early=0
while ((done_kills < kills)); do
    if ! killed_within 1500 "${train[@]}" -o part.h5 --resume=auto; then
        grep -q . err && die "training: $(tail -n 1 err)"
        finished_early=$((finished_early + 1))
        same_weights || die 'other weights than undisturbed'
        rm -f part.h5*
        continue
    fi
    done_kills=$((done_kills + 1))
    [[ -e part.h5.checkpoint.part ]] && in_writing=$((in_writing + 1))
    grep -c 'passed over' err >/dev/null && broken=$((broken + 1))
done
"${train[@]}" -o part.h5 --resume=auto >out 2>err || die "training: $(tail -n 1 err)"
same_weights || die 'other weights than undisturbed'
printf 'training: %d kills, %d of them while a checkpoint was being written; %d checkpoints not whole under their names\n' \
    "$done_kills" "$in_writing" "$broken"
printf 'training: %d runs reached their end, each with the weights of the undisturbed run\n' $((finished_early + 1))

# Other commands: their output is there whole or not at all, and a rerun makes it.
whole() {
    case $1 in
        *.h5) "$friedel" info "$1" >/dev/null 2>&1 ;;
        *) cmp -s "$1" "whole_$1" ;;
    esac
}
# shellcheck disable=SC2034  # used by their names
{
    ingest=(ingest "$structures" -q -o made.h5)
    simulate=(simulate library.h5 --random 4000 -o patterns.h5)
    classify=(classify -q whole.h5 "$root/data/examples" -o results.csv)
}
commands=(ingest simulate classify)
for command in "${commands[@]}"; do
    declare -n arguments=$command
    made=${arguments[-1]}
    longest=$(milliseconds "$friedel" "${arguments[@]}")
    cp "$made" "whole_$made"
    stopped=0 there=0
    for ((i = 0; i < (kills + 2) / 3; ++i)); do
        rm -f "$made"
        if killed_within $((longest + 50)) "$friedel" "${arguments[@]}"; then stopped=$((stopped + 1)); fi
        [[ -e $made ]] || continue
        whole "$made" || die "$command: left a broken $made"
        there=$((there + 1))
    done
    rm -f "$made"
    "$friedel" "${arguments[@]}" >out 2>err || die "$command: $(tail -n 1 err)"
    whole "$made" || die "$command: the rerun's $made is broken"
    printf '%s: %d kills, %d whole files, no broken one\n' "$command" "$stopped" "$there"
done

# A disk that is full: a file may be no larger than this many kilobytes.
for command in "${commands[@]}"; do
    declare -n arguments=$command
    made=${arguments[-1]}
    cp "whole_$made" "$made"
    if (trap '' XFSZ && ulimit -f 1 && exec "$friedel" "${arguments[@]}") >out 2>err; then die "$command: did not notice that the disk is full"; fi
    cmp -s "$made" "whole_$made" || die "$command: a full disk spoilt the earlier $made"
    grep -q "$made" err || die "$command: its error does not name $made: $(tail -n 1 err)"
done
printf 'full disk: %d commands said so, what was there before is there still\n' "${#commands[@]}"
