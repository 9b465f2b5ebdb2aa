#!/usr/bin/env bash
# Everything that is claimed of the GPU, run on one: tests, compute-sanitizer, benchmarks, PyTorch beside them, a timed training run.
# FRIEDEL_ACCEPTANCE_STAGE is set by this script for itself: the stage that a process of it is to run.
set -euo pipefail

usage() {
    cat <<'HELP'
Usage: tools/gpu_acceptance.sh [OPTIONS] [STAGE...]
Stages, each of ten minutes at most; without any, all of them in this order:
  build      compile here (only without --bundle)
  device     the tests that need a CUDA device
  bench      every stage beside the limits of this GPU, with its bytes and operations, over the minerals and over --library
  train_bench  products, training, simulation and both at once
  pytorch    the ceilings of this GPU, and the same networks in PyTorch on patterns that are there already
  train      a training run of --minutes on --library, with its validation
  sanitize   compute-sanitizer: memcheck, racecheck, initcheck and synccheck over the tests of the device
  test       the rest of the test suite
  study      bench/study.sh: what each effect and choice is worth, on --library, --validation and --measured (only when named)
Options:
  --bundle FOLDER    run what tools/bundle.sh --with-tests made instead of building
  --library FILE     structure library for bench and train; the minerals that ship where it is not given
  --validation FILE  structures held out, for train
  --measured FILE    labels of measured patterns, for train
  --minutes N        of train (5)
  --batch N          patterns in a batch (8192)
  --out FOLDER       where results go (bench/results/NAME-OF-THE-GPU)
HELP
}

bundle='' library='' validation='' measured='' minutes=5 batch=8192 out='' stages=()
while (($#)); do
    case $1 in
        --bundle) bundle=$(realpath -m "${2:?gpu_acceptance: --bundle needs a folder}"); shift 2 ;;
        --library) library=$(realpath -m "${2:?gpu_acceptance: --library needs a file}"); shift 2 ;;
        --validation) validation=$(realpath -m "${2:?gpu_acceptance: --validation needs a file}"); shift 2 ;;
        --measured) measured=$(realpath -m "${2:?gpu_acceptance: --measured needs a file}"); shift 2 ;;
        --minutes) minutes=${2:?gpu_acceptance: --minutes needs a number} && shift 2 ;;
        --batch) batch=${2:?gpu_acceptance: --batch needs a number} && shift 2 ;;
        --out) out=${2:?gpu_acceptance: --out needs a folder} && shift 2 ;;
        build | test | sanitize | device | bench | train_bench | pytorch | train | study) stages+=("$1") && shift ;;
        -h | --help) usage && exit 0 ;;
        *) usage >&2 && exit 2 ;;
    esac
done
((${#stages[@]})) || stages=(build device bench train_bench pytorch train sanitize test)
for file in "$library" "$validation" "$measured" ${bundle:+"$bundle/bin/friedel_tests"}; do
    [[ -z $file || -e $file ]] || { printf 'gpu_acceptance: %s: is not there\n' "$file" >&2 && exit 2; }
done
[[ -n $out ]] && out=$(realpath -m "$out")
cd "$(dirname "$0")/.."

gpu=$(nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | head -n 1 || true)
if [[ -z $gpu ]]; then
    printf 'gpu_acceptance: nvidia-smi finds no GPU here; run this on a machine with one\n' >&2
    exit 1
fi
out=${out:-bench/results/$(tr -cs 'A-Za-z0-9\n' '-' <<<"$gpu")}
mkdir -p "$out"
nvidia-smi --query-gpu=name,driver_version,memory.total,clocks.max.sm --format=csv >"$out/gpu.csv"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [[ -n $bundle ]]; then
    # (A link that points nowhere came from another machine.)
    [[ -e $bundle/share/data ]] || ln -sfn "$PWD/data" "$bundle/share/data"
    friedel=$bundle/bin/friedel tests=$bundle/bin/friedel_tests train_bench=$bundle/bin/train_bench
else
    friedel=$PWD/build/release/friedel tests=$PWD/build/release/tests/friedel_tests train_bench=$PWD/build/release/bench/train_bench
fi
# A test that finds no device fails here.
export FRIEDEL_SOURCE_DIR=$PWD FRIEDEL_PROGRAM=$friedel FRIEDEL_TEST_DEVICE=required
minerals=$PWD/data/structures/minerals.h5

stage_build() {
    [[ -n $bundle ]] && return 0
    tools/setup.sh
}

of_the_device='*Cuda*:*cuda*:Device.*'

# OUTPUT: which tests failed, and how many were skipped, each after its reason.
what_tests_say() {
    local skipped
    grep -E '^\[  FAILED  \]' "$1" | sort -u | head -n 40 || true
    skipped=$(grep -cE '^\[  SKIPPED \] .* ms\)$' "$1") || return 0
    printf '   %d skipped:\n' "$skipped"
    grep --no-group-separator -B 1 -E '^\[  SKIPPED \] .* ms\)$' "$1" | head -n 40 || true
}

stage_device() {
    local failed=0
    timeout -k 5 280 "$tests" --gtest_filter="$of_the_device" --gtest_output="json:$out/tests-cuda.json" >"$out/tests-cuda.txt" 2>&1 || failed=1
    printf '   on the device: %s\n' "$(grep -E '^\[  (PASSED|FAILED|SKIPPED)' "$out/tests-cuda.txt" | grep -E ' tests?' | paste -sd ' ')"
    what_tests_say "$out/tests-cuda.txt"
    return $failed
}

# On the processor, which the tolerances of what commands answer are for; split among the cores.
stage_test() {
    local failed=0 shards part
    shards=$(($(nproc) < 8 ? $(nproc) : 8))
    for ((part = 0; part < shards; ++part)); do
        env -u FRIEDEL_TEST_DEVICE CUDA_VISIBLE_DEVICES= GTEST_TOTAL_SHARDS="$shards" GTEST_SHARD_INDEX="$part" \
            timeout -k 5 570 "$tests" --gtest_filter="-$of_the_device" \
            >"$work/tests-$part.txt" 2>&1 &
        pids[part]=$!
    done
    for ((part = 0; part < shards; ++part)); do wait "${pids[part]}" || failed=1; done
    cat "$work"/tests-*.txt >"$out/tests.txt"
    what_tests_say "$out/tests.txt"
    return $failed
}

# The smaller cases, in bf16, which has all the code: what is multiplied, trained or too large is the libraries' own or takes too long.
stage_sanitize() {
    local tool failed=0
    for tool in memcheck racecheck initcheck synccheck; do
        timeout -k 5 145 compute-sanitizer --tool $tool --report-api-errors no --error-exitcode 9 --target-processes all "$tests" \
            --gtest_filter='Precisions/Cuda*/bf16-*Trains*:*MultipliesIn*:*Unusual*:*TooMuch*:*Replays*:*SumsOfOne*' >"$out/sanitize-$tool.txt" 2>&1 || failed=1
        # A device that is refused to the tool leaves no finding either.
        grep -qE 'ERROR SUMMARY: 0 errors|RACECHECK SUMMARY: 0 hazards' "$out/sanitize-$tool.txt" || failed=1
        grep -qE '^\[  PASSED  \] [1-9]' "$out/sanitize-$tool.txt" || failed=1
        printf '   %s: %s\n' $tool "$(grep -E 'ERROR SUMMARY|RACECHECK SUMMARY' "$out/sanitize-$tool.txt" | tail -n 1)"
    done
    return $failed
}

# NAME OPTIONS...: friedel bench into stages-NAME.jsonl and .txt
measure() {
    local name=$1 && shift
    "$friedel" bench "$@" --set "training.batch=$batch" --device cuda --seconds 0.05 --rounds 3 -o "$out/stages-$name.jsonl" |
        tee "$out/stages-$name.txt"
}

stage_bench() {
    local preset failed=0
    for preset in friedel paper-space-group convolutional; do
        measure "$preset" --preset $preset --batches "$((batch / 8)),$((batch * 2))" || failed=1
    done
    # Every effect at the paper's number of points, and crystals that are made on the device.
    measure friedel-8500-points --preset friedel --set grid.step_deg=0.01 --set grid.points=8500 --only simulation || failed=1
    measure friedel-generated --preset friedel --only crystals || failed=1
    measure friedel-generated-step --preset friedel --set training.synthetic=1 --only step || failed=1
    [[ -z $library ]] || measure library "$library" --preset friedel --only simulation || failed=1
    # What widths in sections are worth: the same with a width for every line.
    measure friedel-own-widths --preset friedel --set simulation.width_sections=0 --only simulation || failed=1
    [[ -z $library ]] || measure library-own-widths "$library" --preset friedel --set simulation.width_sections=0 --only simulation || failed=1
    return $failed
}

stage_train_bench() {
    local precision failed=0
    for precision in bf16 tf32; do
        timeout -k 5 190 "$train_bench" "$minerals" "$out/bench-minerals-$precision.json" cuda $precision "$batch" |
            tee "$out/bench-minerals-$precision.txt" || failed=1
    done
    [[ -z $library ]] || timeout -k 5 190 "$train_bench" "$library" "$out/bench-library-bf16.json" cuda bf16 "$batch" |
        tee "$out/bench-library-bf16.txt" || failed=1
    return $failed
}

stage_pytorch() {
    local failed=0
    python3 bench/peers/gpu_ceilings.py "$out/ceilings.json" || failed=1
    python3 bench/peers/pytorch_dense.py "$out/pytorch.json" cuda "$batch" | tee "$out/pytorch.txt" || failed=1
    return $failed
}

stage_train() {
    local options=(--preset friedel --set "training.batch=$batch" --minutes "$minutes" --device cuda)
    [[ -z $validation ]] || options+=(--validation "$validation")
    [[ -z $measured ]] || options+=(--measured "$measured")
    rm -f "$out"/model.h5.checkpoint.*  # of a run that was killed
    "$friedel" train "${library:-$minerals}" -o "$out/model.h5" "${options[@]}" 2>&1 | tee "$out/train.txt"
}

stage_study() {
    [[ -n $library && -n $validation && -n $measured ]] || { printf 'gpu_acceptance: study needs --library, --validation and --measured\n' >&2 && return 1; }
    FRIEDEL=$friedel bench/study.sh --batch "$batch" --steps 300 --hidden '[2048, 1024]' --threads "$(nproc)" -o "$out/study" \
        "$library" "$validation" "$measured"
}

# A stage runs in a process of its own: what fails or hangs there leaves the others their turn.
if [[ -n ${FRIEDEL_ACCEPTANCE_STAGE:-} ]]; then
    "stage_$FRIEDEL_ACCEPTANCE_STAGE"
    exit 0
fi
failed=()
for stage in "${stages[@]}"; do
    printf '== %s on %s\n' "$stage" "$gpu"
    started=$SECONDS result=passed
    FRIEDEL_ACCEPTANCE_STAGE=$stage timeout -k 5 590 tools/gpu_acceptance.sh --out "$out" --minutes "$minutes" --batch "$batch" \
        ${bundle:+--bundle "$bundle"} ${library:+--library "$library"} ${validation:+--validation "$validation"} \
        ${measured:+--measured "$measured"} || result=FAILED
    printf '== %s: %s, %d s\n' "$stage" "$result" $((SECONDS - started)) | tee -a "$out/stages.txt"
    [[ $result == passed ]] || failed+=("$stage")
done
printf '== Results in %s\n' "$out"
((${#failed[@]} == 0)) || { printf 'gpu_acceptance: failed: %s\n' "${failed[*]}" >&2 && exit 1; }
