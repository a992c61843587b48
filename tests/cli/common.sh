# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# What tests of the command line begin with: a folder of their own, $work, that
# goes when they end, words for failures, and a box to simulate.
set -euo pipefail
work=$(mktemp -d "${TMPDIR:-/tmp}/fullhouse-test-XXXXXX")
trap 'rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

# needs TOOL...: skip the test where one is missing
needs() {
  local tool
  for tool; do
    command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
  done
}

# box_faces X Y Z [FLOOR [CEILING]]: the geometry of a box with walls "Wall"
box_faces() {
  cat <<YAML
geometry:
  faces:
    - {material: ${4:-Wall}, points: [[0,0,0],[$1,0,0],[$1,$2,0],[0,$2,0]]}
    - {material: ${5:-Wall}, points: [[0,0,$3],[0,$2,$3],[$1,$2,$3],[$1,0,$3]]}
    - {material: Wall, points: [[0,0,0],[0,$2,0],[0,$2,$3],[0,0,$3]]}
    - {material: Wall, points: [[$1,0,0],[$1,0,$3],[$1,$2,$3],[$1,$2,0]]}
    - {material: Wall, points: [[0,0,0],[0,0,$3],[$1,0,$3],[$1,0,0]]}
    - {material: Wall, points: [[0,$2,0],[$1,$2,0],[$1,$2,$3],[0,$2,$3]]}
YAML
}
