#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every C file is as clang-format writes it.
set -euo pipefail
command -v clang-format >/dev/null || { echo "skipped: no clang-format"; exit 77; }
git ls-files -z '*.c' '*.h' | xargs -0 clang-format --dry-run --Werror
