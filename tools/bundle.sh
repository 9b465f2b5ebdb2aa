#!/usr/bin/env bash
# A relocatable Friedel: program, CUDA backend and every library but the C library, the driver and CUDA's own, as a folder and a tarball.
set -euo pipefail

usage() {
    cat <<'HELP'
Usage: tools/bundle.sh [-o FOLDER] [--arch MARCH] [--cuda LIST] [--with-tests]
  -o FOLDER       where to put the bundle (build/bundle/friedel); FOLDER.tar.xz is written beside it
  --arch MARCH    processor to compile for, as in -march (x86-64-v3: any server since 2015)
  --cuda LIST     GPU architectures, as CMAKE_CUDA_ARCHITECTURES (75-real;80-real;86-real;89-real;90-real;100-real;120);
                  100 and newer need CUDA 12.8
  --with-tests    the test program and the benchmarks as well
  --without-data  programs and libraries alone (18 MB packed), for a machine where the source lies too (tools/gpu_acceptance.sh --bundle)
The bundle runs as FOLDER/bin/friedel on Linux machines whose C library is as new as this one's. Each of CUDA's libraries (cuBLASLt, and
cuDNN and NCCL for those who need them) is looked for in LD_LIBRARY_PATH, $CUDA_HOME, /usr/local/cuda, and the nvidia packages of the
python3 that is found first.
HELP
}

folder=build/bundle/friedel arch=x86-64-v3 cuda='75-real;80-real;86-real;89-real;90-real;100-real;120' tests=OFF data=yes
while (($#)); do
    case $1 in
        -o) folder=$(realpath -m "${2:?bundle: -o needs a folder}"); shift 2 ;;
        --arch) arch=${2:?bundle: --arch needs a processor} && shift 2 ;;
        --cuda) cuda=${2:?bundle: --cuda needs a list} && shift 2 ;;
        --with-tests) tests=ON && shift ;;
        --without-data) data='' && shift ;;
        -h | --help) usage && exit 0 ;;
        *) usage >&2 && exit 2 ;;
    esac
done
cd "$(dirname "$0")/.."
for program in cmake ldd readelf tar xz; do
    command -v "$program" >/dev/null || { printf 'bundle: %s is missing; run tools/setup.sh first\n' "$program" >&2 && exit 1; }
done
# What lies there is replaced: an earlier bundle, and nothing else.
if [[ -e $folder && ! -e $folder/bin/friedel ]] && { [[ ! -d $folder ]] || [[ -n $(find "$folder" -mindepth 1 -maxdepth 1 ! -name bin ! -name lib ! -name share) ]]; }; then
    printf 'bundle: %s: is there already and is no bundle; name another folder with -o, or remove it\n' "$folder" >&2
    exit 1
fi

mkdir -p build
printf '== Building for %s, GPUs %s\n' "$arch" "$cuda"
cmake -S . -B build/bundle-build -G Ninja -DCMAKE_BUILD_TYPE=Release -DFRIEDEL_ARCH="$arch" -DFRIEDEL_STATIC=ON -DCMAKE_CUDA_ARCHITECTURES="$cuda" \
    -DFRIEDEL_TESTS=$tests -DFRIEDEL_BENCH=$tests >build/bundle-configure.log || { cat build/bundle-configure.log >&2; exit 1; }
cmake --build build/bundle-build >build/bundle-build.log || { tail -n 30 build/bundle-build.log >&2; exit 1; }

printf '== Collecting into %s\n' "$folder"
rm -rf "$folder" "$folder.tar.xz"
mkdir -p "$folder/bin" "$folder/lib" "$folder/share"
built=(build/bundle-build/friedel)
for backend in build/bundle-build/libfriedel_{cuda,cudnn,nccl}.so; do
    [[ -e $backend ]] && built+=("$backend")
done
[[ $tests == ON ]] && built+=(build/bundle-build/tests/friedel_tests build/bundle-build/bench/train_bench build/bundle-build/bench/simulation_bench)
cp "${built[@]}" "$folder/lib/"
cp README.md LICENSE "$folder/share/"
[[ -z $data ]] || cp -r data "$folder/share/"
# The C library comes with the machine, CUDA's with its toolkit; libcuda with the driver.
ldd "${built[@]}" | awk '$3 ~ /^\// {print $3}' | sort -u |
    grep -Ev '/(libc|libm|libdl|librt|libpthread|libresolv|libcuda|libcudart|libcublas|libcublasLt|libcudnn[a-z_]*|libnccl|libnvrtc)\.so' |
    xargs -I{} cp -L {} "$folder/lib/"
strip --strip-unneeded "$folder"/lib/* 2>/dev/null || true

# By the names that the backend asks for: of the toolkit that it was built with.
needed=$(readelf -d build/bundle-build/libfriedel_*.so 2>/dev/null | sed -n 's/.*NEEDED.*\[\(lib\(cublasLt\|cudnn\|nccl\)\.so[.0-9]*\)\].*/\1/p' | sort -u | tr '\n' ' ') || true
for name in "${built[@]##*/}"; do
    [[ $name == *.so ]] && continue
    cat >"$folder/bin/$name" <<'WRAPPER'
#!/bin/sh
# Runs the program of the same name in ../lib with the libraries beside it, and CUDA's wherever they are.
here=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
found=$here/lib
have() { [ -e "$1/$2" ]; }
if [ -d "$here/share/data" ]; then export FRIEDEL_DATA="${FRIEDEL_DATA:-$here/share/data}"; fi
missing="NEEDED"
look_in() {
    still=
    for library in $missing; do
        if have "$1" "$library"; then
            case :$found: in *:"$1":*) ;; *) found=$found:$1 ;; esac
        else
            still="$still $library"
        fi
    done
    missing=$still
}
for place in $(printf %s "${LD_LIBRARY_PATH:-}" | tr : ' ') "${CUDA_HOME:-/nonexistent}/lib64" /usr/local/cuda/lib64; do look_in "$place"; done
if [ -n "$missing" ] && command -v python3 >/dev/null 2>&1; then
    for place in $(python3 -c 'import glob, sys
for folder in sys.path:
    for name in ("cublas", "cudnn", "nccl", "cu13", "cu12"):
        print(*glob.glob(f"{folder}/nvidia/{name}/lib"))' 2>/dev/null); do
        look_in "$place"
    done
fi
LD_LIBRARY_PATH=${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$found exec "$here/lib/NAME" "$@"
WRAPPER
    sed -i "s/missing=\"NEEDED\"/missing=\"$needed\"/; s|/lib/NAME\"|/lib/$name\"|" "$folder/bin/$name"
    chmod +x "$folder/bin/$name"
done
tar -C "$(dirname "$folder")" -cJf "$folder.tar.xz" "$(basename "$folder")"
printf '== %s (%s), %s.tar.xz (%s)\n' "$folder" "$(du -sh "$folder" | cut -f1)" "$folder" "$(du -h "$folder.tar.xz" | cut -f1)"
