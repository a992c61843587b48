#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Real halls through the whole chain: Elmia against its measured parameters,
# the Musikverein's model for its size: simulate_rooms.sh BUILD DATA SHARE
set -euo pipefail
build=$(realpath "$1")
data=$2
FULLHOUSE_SHARE=$(realpath "$3")
export FULLHOUSE_SHARE
[ -f "$data/elmia_rr2/csv/measured.csv" ] ||
  { echo "skipped: no measured rooms in $data"; exit 77; }
command -v jq >/dev/null || { echo "skipped: no jq"; exit 77; }
data=$(realpath "$data")
here=$(realpath "$(dirname "$0")")
work=$(mktemp -d "${TMPDIR:-/tmp}/fullhouse-rooms-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
FULLHOUSE_BUILD=$build "$here/make-venues" "$data" venues >/dev/null 2>&1

# mean_measured QUANTITY HZ: mean of the twelve pairs, from the table's text
mean_measured() {
  awk -F, -v quantity="$1" -v band="$2 Hz" '
    $2 == "S1R1" { here = index($1, quantity "/") == 1 }
    here && $1 == band { for (i = 2; i <= 13; ++i) sum += $i; print sum / 12 }
  ' "$data/elmia_rr2/csv/measured.csv"
}

# mean_simulated KEY INDEX: the same of the run
mean_simulated() {
  jq --arg key "$1" --argjson i "$2" '[.pairs[] |
    select((.source == "S1" or .source == "S2") and (.microphone | test("^R[1-6]$")))
    | .[$key][$i]] | if length == 12 then add / 12 else error("pairs") end' \
    elmia/microphones.json
}

"$build/fullhouse" simulate venues/elmia -o elmia --quiet
status=0
sum=0
index=2
for hz in 250 500 1000 2000 4000; do
  t_sim=$(mean_simulated t30_s $index)
  t_measured=$(mean_measured T30 $hz)
  c_sim=$(mean_simulated c80_db $index)
  c_measured=$(mean_measured C $hz)
  echo "$hz Hz: T30 $t_sim s, measured $t_measured s;" \
    "C80 $c_sim dB, measured $c_measured dB"
  awk -v a="$t_sim" -v b="$t_measured" \
    'BEGIN { exit !(a > 0.8 * b && a < 1.2 * b) }' ||
    { echo "FAILED: T30 at $hz Hz is more than 20 % off"; status=1; }
  sum=$(awk -v s="$sum" -v a="$c_sim" -v b="$c_measured" \
    'BEGIN { d = a - b; print s + (d < 0 ? -d : d) / 5 }')
  index=$((index + 1))
done
echo "C80 is $sum dB off on average"
awk -v s="$sum" 'BEGIN { exit !(s < 2.0) }' ||
  { echo "FAILED: C80"; status=1; }

# 32 000 triangles, few rays: a T30 such as great halls have when empty
"$build/fullhouse" simulate venues/musikverein -o musikverein --rays 1024 \
  --gather-rays 16 --no-maps --no-responses --quiet
jq -e '.scene.triangles > 20000' musikverein/run.json >/dev/null ||
  { echo "FAILED: triangles of the Musikverein"; status=1; }
jq -e '[.pairs[].t30_s[4]] | length > 0 and (add / length) > 1.5 and
  (add / length) < 4.5' musikverein/microphones.json >/dev/null ||
  { echo "FAILED: T30 of the Musikverein"; status=1; }
exit $status
