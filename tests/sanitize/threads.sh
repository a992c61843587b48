#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# No two threads of the engine race: its tests and whole simulations, built with
# the thread sanitizer, on 1, 2 and 7 threads, which also give the same bytes.
#
# usage: threads.sh [BUILD]    default build/tsan, configured and built here;
#                              takes about 20 minutes of one processor
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
build=$(realpath -m "${1:-$source/build/tsan}")
tests=(raycast one_walk variants image_sources diffract trace_input trace_laws seats
  gather_cache direct_field place synth)
launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
cmake -S "$source" --preset tsan -B "$build" "${launcher[@]}" >/dev/null
cmake --build "$build" --target fullhouse make_stadium "${tests[@]/#/test_}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export FULLHOUSE_SHARE=$source/venues
export TSAN_OPTIONS="suppressions=$source/tests/sanitize/tsan.supp exitcode=66"

pattern=$(IFS='|'; echo "${tests[*]}")
ctest --test-dir "$build" --output-on-failure -R "^($pattern)\$"

"$build/tests/bench/make_stadium" "$work/stadium" 2000 300
for threads in 1 2 7; do
  for until in "--rays 4096" "--error 1.5"; do
    name=${until// /}
    echo "simulate $until on $threads threads"
    # shellcheck disable=SC2086 # two words
    "$build/fullhouse" simulate "$work/stadium" -o "$work/$name-$threads" \
      $until --gather-rays 32 --threads "$threads" --quiet --no-maps
    for file in seats.csv microphones.json deadzones.json; do
      cmp "$work/$name-1/$file" "$work/$name-$threads/$file"
    done
  done
done
echo "no races"
