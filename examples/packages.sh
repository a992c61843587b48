#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Install what building (with --show: trying, with --tests: testing) needs on
# Debian 12 or later.
# Safe to repeat: asks the package manager only for what is missing.
set -euo pipefail

build=(build-essential cmake ninja-build pkg-config git
  libembree-dev libfftw3-dev libsndfile1-dev libsoxr-dev libassimp-dev
  libyaml-dev libjansson-dev libcairo2-dev libpango1.0-dev libnetcdf-dev
  libmysofa-dev zlib1g-dev libnlopt-dev libopenblas-dev liblapacke-dev
  lv2-dev libjack-jackd2-dev liblo-dev libx11-dev libopenmpi-dev openmpi-bin
  fonts-dejavu-core nodejs npm help2man)
show=(jackd2 jalv lilv-utils procps)
tests=(libcmocka-dev liblilv-dev lilv-utils lsp-plugins-lv2 sordi jackd2 jalv lv2file
  ardour pipewire-bin pipewire-jack libpipewire-0.3-modules
  liblo-tools chromium xvfb xauth xdotool x11-utils imagemagick
  poppler-utils jq libxml2-utils clang clang-format clang-tidy
  libclang-rt-14-dev shellcheck desktop-file-utils appstream lintian man-db
  procps ccache
  zsh fish)

wanted=("${build[@]}")
case "${1:-}" in
  --show) wanted+=("${show[@]}") ;;
  --tests) wanted+=("${tests[@]}") ;;
esac

missing=()
for package in "${wanted[@]}"; do
  case "$package" in
    nodejs) command -v node >/dev/null && continue ;;
    npm) command -v npm >/dev/null && continue ;;
  esac
  dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null |
    grep -qx installed || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
echo "Installing ${#missing[@]} packages: ${missing[*]}" >&2
"${as_root[@]}" apt-get update -q >&2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
