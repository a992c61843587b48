#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Install into a prefix, move it elsewhere, and work from there: programs find
# their data, another project the libraries, hosts the plugin:
#   install.sh BUILD SOURCE CC
set -euo pipefail
build=$1
source=$2
cc=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
unset FULLHOUSE_SHARE LV2_PATH PKG_CONFIG_PATH CMAKE_PREFIX_PATH

cmake --install "$build" --prefix "$work/before" >"$work/said"
mv "$work/before" "$work/prefix"
prefix=$work/prefix
lib=$(dirname "$(find "$prefix" -name libfh_ir.a)")
[ -d "$lib/pkgconfig" ] || fail "no libraries"

echo "-- nothing names the folder it was installed to, or where it was built"
grep -rl -e "$work/before" -e "$build" -e "$source" "$prefix" >"$work/said" || true
[ ! -s "$work/said" ] || fail "paths in: $(cat "$work/said")"

echo "-- programs"
cd "$work"
"$prefix/bin/fullhouse" --version
"$prefix/bin/fullhouse" simulate theatre-1200 -o run --rays 512 --gather-rays 16 --no-maps \
  --no-responses --quiet
[ -s run/report.html ] || fail "no report"
for file in share/bash-completion/completions/fullhouse \
  share/fullhouse/materials.yaml share/fullhouse/schema/analyze.schema.json; do
  [ -s "$prefix/$file" ] || fail "no $file"
done
if command -v help2man >/dev/null; then
  [ -s "$prefix/share/man/man1/fullhouse-simulate.1" ] || fail "no man page"
fi

echo "-- CMake"
cmake -S "$source/tests/package/guest" -B guest -DCMAKE_PREFIX_PATH="$prefix" \
  -DCMAKE_C_COMPILER="$cc" -DEXAMPLES="$source/examples" >said 2>&1 ||
  { cat said; fail "find_package(fullhouse)"; }
cmake --build guest >said 2>&1 || { cat said; fail "the guest does not build"; }
guest/sweep_to_response response.wav
guest/analyze_response response.wav | head -3
guest/equalise_sine
XDG_DATA_DIRS=$prefix/share guest/simulate_venue \
  "$prefix/share/fullhouse/club-600" 256
# One component asks for what it needs and no more
sed -e 's/find_package.*/find_package(fullhouse REQUIRED COMPONENTS ir)\nfind_package(embree QUIET CONFIG)/' \
  -e 's/ equalise_sine:live//; s/simulate_venue:sim//' \
  "$source/tests/package/guest/CMakeLists.txt" >CMakeLists.txt
cmake -S . -B alone -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_COMPILER="$cc" \
  -DEXAMPLES="$source/examples" >said 2>&1 || { cat said; fail "COMPONENTS ir"; }
! cmake -S "$source/tests/package/guest" -B none -DCMAKE_PREFIX_PATH="$work/nowhere" \
  -DEXAMPLES="$source/examples" >said 2>&1 || fail "found where it is not"

echo "-- pkg-config"
export PKG_CONFIG_PATH=$lib/pkgconfig
for pair in sweep_to_response:ir equalise_sine:live simulate_venue:sim; do
  name=${pair%:*}
  module=fullhouse-${pair#*:}
  pkg-config --validate "$module"
  pkg-config --cflags "$module" | grep -qF "$work" || fail "$module is not moved"
  # shellcheck disable=SC2046
  "$cc" -std=c17 "$source/examples/$name.c" $(pkg-config --cflags --libs "$module") \
    -o "$name" || fail "$module"
done
./equalise_sine | grep -q ' 1000 Hz +[56]' || fail "equalise_sine"

bundle=$(find "$prefix" -name fullhouse.lv2)
if [ -z "$bundle" ] || ! command -v lv2ls >/dev/null; then
  echo "no plugin or no lv2ls here: not asked"
  exit 0
fi
echo "-- plugin in the prefix, and in ~/.lv2"
LV2_PATH=$(dirname "$bundle") lv2ls | grep -qx urn:fullhouse:auto-eq || fail "lv2ls"
for file in "$bundle"/*.so; do
  [ "$(nm -D --defined-only "$file" | wc -l)" -eq 1 ] || fail "$file exports more"
done
HOME=$work/home cmake --build "$build" --target user-install >said 2>&1 ||
  { cat said; fail "user-install"; }
LV2_PATH=$work/home/.lv2 lv2ls | grep -qx urn:fullhouse:auto-eq || fail "user-install"
