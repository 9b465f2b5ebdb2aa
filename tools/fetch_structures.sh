#!/usr/bin/env bash
# Makes the structure library that 'friedel classify' searches where none is named: what ships, what is fetched, and whatever
# structures the caller has. Safe to run again.
set -euo pipefail

usage() {
    cat <<'HELP'
Usage: tools/fetch_structures.sh [-o LIBRARY.h5] [--amcsd] [--cod] [PATH...]
  PATH...       structures of your own: CIFs, folders and archives of them (.zip .tar .tar.gz .tar.xz), libraries (.h5)
  --amcsd       the American Mineralogist database anew (4 MB from pypi.org); what ships in data/structures was made from it
  --cod         the minerals' part of the Crystallography Open Database (rsync, about 20 000 files)
  -o LIBRARY    default data/structures/fetched.h5, which 'friedel classify' then searches by itself
What cannot be fetched or read is named and left out: the library is made of the rest, and the exit status is 1.
HELP
}

output=data/structures/fetched.h5
amcsd=0
cod=0
paths=()
while (($#)); do
    case $1 in
        -o) output=$(realpath -m "${2:?fetch_structures: -o needs a file}"); shift 2 ;;
        --amcsd) amcsd=1 && shift ;;
        --cod) cod=1 && shift ;;
        -h | --help) usage && exit 0 ;;
        -*) usage >&2 && exit 2 ;;
        *) paths+=("$(realpath "$1")"); shift ;;
    esac
done
cd "$(dirname "$0")/.."
friedel=build/release/friedel
[[ -x $friedel ]] || { printf 'fetch_structures: %s is missing; run tools/setup.sh first\n' "$friedel" >&2 && exit 1; }

# The package that carries the database, by its exact file: the checksum says whether it is the one that was looked at.
amcsd_url=https://files.pythonhosted.org/packages/1c/b3/6b2f93676c9f1f57e0ee767f11b69c530fabaee1a43ce7990a972dbea400/larixite-2026.1.0-py3-none-any.whl
amcsd_sha256=7ec900ea26e28787a022b495a7c5942fbb0f0d7b7d59c0b810da8735803aaf55

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
libraries=(data/structures/known.h5)
own=()
failed=0

# NAME PATH...: what can be read of them as a library among the others.
ingest() {
    local made=$work/$1.h5 status=0
    shift
    "$friedel" ingest "$@" -o "$made" || status=$?
    [[ -e $made ]] || { printf 'fetch_structures: %s was not made\n' "$output" >&2 && exit "$status"; }
    ((status == 0)) || failed=1
    libraries+=("$made")
}

if ((amcsd)); then
    printf '== American Mineralogist Crystal Structure Database (Downs and Hall-Wallace 2003), as the package larixite carries it\n'
    if ! command -v python3 >/dev/null; then
        printf 'fetch_structures: python3 is missing, which unpacks the database; the shipped copy is used\n' >&2
        failed=1
    elif curl -fsSL --retry 2 --max-time 300 -o "$work/larixite.whl" "$amcsd_url" &&
        printf '%s  %s\n' "$amcsd_sha256" "$work/larixite.whl" | sha256sum --check --quiet; then
        python3 -m zipfile -e "$work/larixite.whl" "$work/larixite"
        python3 tools/amcsd_to_cifs.py "$work/larixite/larixite/amcsd_cif1.db" "$work/amcsd.tar.gz"
        ingest amcsd "$work/amcsd.tar.gz"
    else
        printf 'fetch_structures: the package could not be fetched from pypi.org (is there a network?); the shipped copy is used\n' >&2
        failed=1
    fi
fi
if ((cod)); then
    printf '== Crystallography Open Database, the part of minerals\n'
    if command -v rsync >/dev/null && rsync -az --include '*/' --include '*.cif' --exclude '*' rsync://www.crystallography.net/cif/9/ "$work/cod/"; then
        ingest cod "$work/cod"
    else
        printf 'fetch_structures: crystallography.net could not be reached by rsync; without it\n' >&2
        failed=1
    fi
fi
for path in "${paths[@]}"; do
    if [[ $path == *.h5 ]]; then libraries+=("$path"); else own+=("$path"); fi
done
if ((${#own[@]})); then
    printf '== CIFs of your own\n'
    ingest own "${own[@]}"
fi

printf '== One library of all\n'
mkdir -p "$(dirname "$output")"
"$friedel" merge "${libraries[@]}" -o "$output"
"$friedel" match "$output" --save-index -q
printf '== %s\n' "$output"
((!failed)) || { printf 'fetch_structures: not everything could be fetched and read, see above\n' >&2 && exit 1; }
