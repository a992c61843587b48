#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
set -euo pipefail
command -v shellcheck >/dev/null || { echo "skipped: no shellcheck"; exit 77; }
git ls-files '*.sh' .ci/run | xargs shellcheck -x -P SCRIPTDIR
