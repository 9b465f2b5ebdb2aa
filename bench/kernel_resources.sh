#!/usr/bin/env bash
# What the compiler gives each of our kernels (not those of CUB and Thrust): registers, shared memory, stack and spills, as a table.
# Usage: bench/kernel_resources.sh [BUILD_FOLDER]   Compiles the .cu files of that build (build/release) once more, or asks ccache.
set -euo pipefail
build=${1:-build/release}
cd "$(dirname "$0")/.."
printf '| kernel | architecture | registers | shared memory, bytes | stack, bytes | spill stores and loads, bytes |\n| --- | --- | --- | --- | --- | --- |\n'
ninja -C "$build" -t commands friedel_cuda | grep -E '\.cu\.o' | grep -E ' -c ' | while read -r command; do
    (cd "$build" && eval "$command" 2>&1 >/dev/null)
done | c++filt | awk '
    /Compiling entry function/ {
        name = $0; arch = $0
        sub(/.*Compiling entry function .(void )?/, "", name)
        sub(/.*for .sm_/, "sm_", arch); sub(/.$/, "", arch)
        ours = name ~ /^friedel::cuda::/
        sub(/^friedel::cuda::\(anonymous namespace\)::/, "", name); sub(/\(.*/, "", name); sub(/__nv_bfloat16/, "bf16", name)
        stack = spills = "0"
    }
    /bytes stack frame/ { stack = $1; spills = $5 + 0 " and " $9 + 0 }
    /Used [0-9]+ registers/ {
        if (!ours) next
        match($0, /Used [0-9]+/); registers = substr($0, RSTART + 5, RLENGTH - 5)
        shared = 0
        if (match($0, /[0-9]+ bytes smem/)) { shared = substr($0, RSTART, RLENGTH); sub(/ .*/, "", shared) }
        printf "| `%s` | %s | %s | %s | %s | %s |\n", name, arch, registers, shared, stack, spills
    }' | sort
