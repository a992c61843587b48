#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Install what is missing, build, and run every test. Safe to repeat.
set -euo pipefail
cd "$(dirname "$0")/.."

./examples/packages.sh --tests
launcher=()
command -v ccache >/dev/null && launcher=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
cmake --preset release "${launcher[@]}" -DFULLHOUSE_WERROR=ON >/dev/null
cmake --build build
echo "Built in $PWD/build; running the tests."
ctest --test-dir build --output-on-failure -j "$(nproc)" "$@"
