#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Debian packages: made, asked what they hold and need, and read by lintian:
#   deb.sh BUILD
set -euo pipefail
build=$1
for tool in cpack dpkg-deb dpkg-shlibdeps lintian help2man; do
  command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAIL: $*"; exit 1; }

cpack --config "$build/CPackConfig.cmake" -B "$work/made" >"$work/said" 2>&1 ||
  { cat "$work/said"; fail "cpack"; }
shopt -s nullglob
packages=("$work"/made/*.deb)
declare -A file=()
for package in "${packages[@]}"; do
  name=$(dpkg-deb -f "$package" Package)
  file[$name]=$package
  dpkg-deb -c "$package" >"$work/$name.list"
  echo "$name: $(stat -c %s "$package") bytes, needs $(dpkg-deb -f "$package" Depends)"
done
[ ${#packages[@]} -eq 3 ] || fail "${#packages[@]} packages"

holds() { grep -qE " \./usr/$2( |$)" "$work/$1.list" || fail "$1 lacks $2"; }
for path in bin/fullhouse bin/fullhouse-live share/fullhouse/materials.yaml \
  share/man/man1/fullhouse-simulate.1.gz share/man/man7/fullhouse-tutorial.7.gz \
  share/doc/fullhouse/copyright share/doc/fullhouse/changelog.Debian.gz \
  share/applications/fullhouse-live.desktop \
  share/bash-completion/completions/fullhouse \
  share/zsh/vendor-completions/_fullhouse \
  share/fish/vendor_completions.d/fullhouse.fish; do
  holds fullhouse "$path"
done
holds fullhouse-lv2 lib/lv2/fullhouse.lv2/manifest.ttl
holds fullhouse-lv2 lib/lv2/fullhouse.lv2/fullhouse.so
holds fullhouse-lv2 lib/lv2/fullhouse.lv2/fullhouse_ui.so
holds fullhouse-lv2 lib/lv2/fullhouse.lv2/crowd.safetensors
holds fullhouse-dev include/fh/run.h
# No file is in two packages
sed 's/.* \.//' "$work"/*.list | grep -v '/$' | sort | uniq -d >"$work/twice"
[ ! -s "$work/twice" ] || fail "in two packages: $(cat "$work/twice")"
# What the programs link is asked for
for library in libc6 libfftw3 libembree libjack; do
  dpkg-deb -f "${file[fullhouse]}" Depends | grep -q "$library" || fail "no $library"
done
dpkg-deb -f "${file[fullhouse-lv2]}" Depends | grep -q libcairo2 || fail "no libcairo2"

# A history that closes no bug of Debian's is right for packages of our own
lintian --suppress-tags initial-upload-closes-no-bugs --allow-root \
  --fail-on error "${packages[@]}" >"$work/said" 2>&1 ||
  { cat "$work/said"; fail "lintian"; }
cat "$work/said"
