#!/usr/bin/env bash
# Installs what Friedel needs (Debian 12 or later, Ubuntu 24.04 or later) and builds it in build/PRESET. Safe to run again.
set -euo pipefail

usage() {
    cat <<'HELP'
Usage: tools/setup.sh [--preset NAME] [--target NAME] [--no-packages | --only-packages]
  --preset NAME   release (default), debug, asan (AddressSanitizer and UBSan) or tsan (ThreadSanitizer); built in build/NAME
  --target NAME   build this target alone, such as friedel (default: everything)
  --no-packages   install nothing; the build says what is missing
  --only-packages build nothing
HELP
}

say() { printf '== %s\n' "$*"; }
die() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

packages=(
    g++ cmake ninja-build pkg-config ccache
    gemmi-dev tao-pegtl-dev libsymspg-dev              # crystals
    libhdf5-dev libarchive-dev libtomlplusplus-dev nlohmann-json3-dev libprotozero-dev libpugixml-dev libxy-dev  # files
    librandom123-dev libopenblas-dev libdnnl-dev       # numbers
    libopenmpi-dev openmpi-bin                         # ranks
    libcli11-dev libspdlog-dev libgtest-dev            # program and tests
    libacl1-dev liblz4-dev libzstd-dev nettle-dev      # what libarchive needs in a bundle
)
preset=release
target=all
install=yes
build=yes
while (($#)); do
    case $1 in
        --preset) preset=${2:?setup: --preset needs a name} && shift 2 ;;
        --target) target=${2:?setup: --target needs a name} && shift 2 ;;
        --no-packages) install=no && shift ;;
        --only-packages) build=no && shift ;;
        -h | --help) usage && exit 0 ;;
        *) usage >&2 && exit 2 ;;
    esac
done
cd "$(dirname "$0")/.."

missing_packages() {
    local package
    for package in "${packages[@]}"; do
        [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || printf '%s\n' "$package"
    done
}

if [[ $install == yes ]]; then
    command -v apt-get >/dev/null ||
        die "no apt-get here; install the equivalents of '${packages[*]}', then run it with --no-packages"
    mapfile -t missing < <(missing_packages)
    if ((${#missing[@]})); then
        as_root=()
        if ((EUID != 0)); then
            command -v sudo >/dev/null || die "neither root nor sudo; have an administrator run: apt-get install ${missing[*]}"
            as_root=(sudo)
        fi
        say "Installing ${#missing[@]} packages: ${missing[*]}"
        "${as_root[@]}" apt-get update -q || die "apt-get update failed; see its message above"
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "${missing[@]}" ||
            die "these packages could not be installed: $(missing_packages | tr '\n' ' ')(Debian 12 or Ubuntu 24.04 have them all)"
    else
        say "All ${#packages[@]} packages are installed"
    fi
fi

[[ $build == yes ]] || exit 0
for program in cmake ninja c++; do
    command -v "$program" >/dev/null || die "$program is missing; run it without --no-packages, or install it"
done
say "Configuring build/$preset"
cmake --preset "$preset" >/dev/null || die "configuration failed; the message above names what is missing"
say "Building build/$preset ($target, $(nproc) jobs)"
cmake --build --preset "$preset" --target "$target" || die "the build failed; the first error is above"
say "Built build/$preset/friedel"
