#!/usr/bin/env bash
# Builds the native half of the agent.
#   build.sh BUILD_DIR OUTPUT_DIR [cmake argument …]    for example -DSANITIZE=address,undefined or -DBUILD_TESTING=OFF
set -euo pipefail
case "${1:-}" in -h|--help|"") sed -n '2,3s/^# \{0,1\}//p' "$0"; [ -n "${1:-}" ]; exit ;; esac
[ $# -ge 2 ] || { echo "build.sh: BUILD_DIR and OUTPUT_DIR are needed; see --help" >&2; exit 2; }
build=$1 output=$2; shift 2
command -v cmake >/dev/null || { echo "build.sh: no cmake; the native half needs CMake 3.24 or newer: apt-get install cmake" >&2; exit 1; }
command -v "${CC:-cc}" >/dev/null || { echo "build.sh: no C compiler '${CC:-cc}': apt-get install gcc libc6-dev" >&2; exit 1; }
command -v make >/dev/null || command -v ninja >/dev/null || { echo "build.sh: neither make nor ninja: apt-get install make" >&2; exit 1; }
mkdir -p "$build"
cmake -S "$(dirname "$0")" -B "$build" -DNATIVE_OUTPUT_DIRECTORY="$(realpath -m "$output")" "$@" >"$build/configure.log" 2>&1 || {
  cat "$build/configure.log" >&2; echo "build.sh: cmake could not configure the build" >&2; exit 1; }
grep -E '^-- libdataplane' "$build/configure.log" || true
cmake --build "$build" --parallel "$(nproc)" >"$build/build.log" 2>&1 || {
  grep -E -A12 'error|Error' "$build/build.log" >&2 || tail -40 "$build/build.log" >&2
  echo "build.sh: the native build failed; whole log: $build/build.log" >&2; exit 1; }
