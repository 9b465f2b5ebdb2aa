#!/usr/bin/env bash
# Sets Friedel up, builds all of it (CUDA code too where a toolkit is found) and passes the tests. Safe to run again.
set -euo pipefail

usage() {
    cat <<'HELP'
Usage: tools/test.sh [--preset NAME] [--no-packages]
  --preset NAME   release (default), debug, asan (AddressSanitizer and UBSan) or tsan (ThreadSanitizer)
  --no-packages   install nothing
HELP
}

preset=release
setup=()
while (($#)); do
    case $1 in
        --preset) preset=${2:?test: --preset needs a name} && shift 2 ;;
        --no-packages) setup+=(--no-packages) && shift ;;
        -h | --help) usage && exit 0 ;;
        *) usage >&2 && exit 2 ;;
    esac
done
cd "$(dirname "$0")/.."
tools/setup.sh --preset "$preset" "${setup[@]}"

printf '== Testing build/%s\n' "$preset"
log=build/$preset/ctest.log
status=0
ctest --preset "$preset" --parallel "$(nproc)" 2>&1 | tee "$log" || status=$?
skipped=$(grep -c '\*\*\*Skipped' "$log" || true)
if ((skipped)); then
    printf '== %d tests were skipped; build/%s/friedel_tests --gtest_filter=NAME says what each lacks\n' "$skipped" "$preset/tests"
fi
if ((status)); then
    printf '== FAILED: the tests above; all of the output is in %s\n' "$log" >&2
    exit 1
fi
printf '== Passed: %s\n' "$(grep 'tests passed' "$log")"
