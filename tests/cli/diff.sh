#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# fullhouse diff from the outside: diff.sh PROGRAM SHARE
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
program=$(realpath "$1")
FULLHOUSE_SHARE=$(realpath "$2")
export FULLHOUSE_SHARE
cd "$work"
needs jq

# venue GAIN SPACING: a box with one source at its front
venue() {
  cat <<YAML
fullhouse: 1
name: Box
$(box_faces 16 24 8)
materials:
  Wall: {absorption: [0.4,0.4,0.4,0.4,0.4,0.4,0.4,0.4], scattering: 0.3}
audience:
  - {name: stalls, surface: [[2,6,0],[14,6,0],[14,22,0],[2,22,0]],
     posture: seated, seat: medium, capacity: 100, spacing_m: $2}
system:
  loudspeakers:
    - {name: C, model: omni, at: [8,2,4], gain_db: $1}
background_noise: NC-55
YAML
}

simulate() {
  "$program" simulate "$1" -o "$2" --rays 1024 --gather-rays 64 --threads 1 \
    --no-responses --no-maps --quiet "${@:3}" >/dev/null
}

# refuse PATTERN ARGUMENT...: exit code 3 and one message, nothing written
refuse() {
  local pattern=$1 got=0
  shift
  "$program" diff "$@" -o out >stdout 2>stderr || got=$?
  [ "$got" -eq 3 ] || fail "exit code $got, wanted 3: $* $(head -3 stderr)"
  grep -Eq "$pattern" stderr || fail "no '$pattern' in: $(head -3 stderr)"
  { [ ! -s stdout ] && [ ! -e out ]; } || fail "wrote something: $*"
}

venue -8 2.0 >loud.yaml
venue -14 2.0 >soft.yaml
venue -8 2.5 >other.yaml
simulate loud.yaml loud
simulate soft.yaml soft
simulate other.yaml other
simulate loud.yaml empty --occupancy 0

# The same seed: every level falls by the gain, to the rounding of the table
"$program" diff loud soft -o change --json >soft.json
jq -e '[.changes[] | select(.key | startswith("spl_")) | .least, .most] |
  length == 18 and all(. <= -5.98 and . >= -6.02)' soft.json >/dev/null ||
  fail "levels do not fall by 6 dB: $(head -40 soft.json)"
jq -e '.changes[] | select(.key == "spl_dba") |
  .down == .seats and .up == 0' soft.json >/dev/null || fail "counts of levels"
jq -e '[.changes[] | select(.key == "c80_1000" or .key == "t30_1000") |
  .least, .most] | all(fabs < 0.011)' soft.json >/dev/null ||
  fail "a gain changed clarity or decay"
cmp -s soft.json change/diff.json || fail "diff.json is not what --json prints"
for map in spl_dba spl_63 sti c80_1000 t30_1000 dead; do
  [ "$(head -c 4 "change/maps/change_$map.png" | tail -c 3)" = PNG ] ||
    fail "no map of $map"
done

# Softer means more noise: what is lost one way is gained the other way
"$program" diff soft loud --json >loud.json
lost=$(jq -c .dead.lost soft.json)
[ "$lost" != "[]" ] || fail "no seat was lost"
[ "$lost" = "$(jq -c .dead.gained loud.json)" ] || fail "lost is not gained"
[ "$(awk -F, 'NR > 1 && $(NF-2) != ""' soft/seats.csv | wc -l)" = \
  "$(jq .dead.after soft.json)" ] || fail "dead seats are not those of the table"

# A run and itself; people take level away
"$program" diff loud loud --json | jq -e '[.changes[] |
  select(.seats > 0) | .least, .most] | all(. == 0)' >/dev/null ||
  fail "a run differs from itself"
"$program" diff empty loud --json | jq -e '.changes[0].change < -0.5' \
  >/dev/null || fail "people take nothing away"
"$program" diff empty loud | grep -q 'dead\|Dead' || fail "no table"

# What cannot be compared
refuse 'other: error: has .* seats .* compare runs of one venue' loud other
refuse 'nowhere: error: there is no such folder' loud nowhere
mkdir half half/checkpoint
refuse 'half: error: the run is not finished .*--resume' loud half
cp -r loud newer
jq '.format = 99 | .version = "9.9.9"' loud/run.json >newer/run.json
refuse 'newer: error: was written by fullhouse 9.9.9 .*use that version' \
  loud newer
cp -r loud torn
head -c 300 loud/run.json >torn/run.json
refuse 'torn/run.json:[0-9]+:[0-9]+: error: .*damaged' loud torn
cp -r loud cut
head -c 3000 loud/seats.csv >cut/seats.csv
refuse 'cut/seats.csv:[0-9]+: error: .*not that of a seat' loud cut
cp -r loud missing
rm missing/deadzones.json
refuse 'missing: error: no finished run .*deadzones.json' loud missing
got=0
"$program" diff loud 2>/dev/null || got=$?
[ "$got" -eq 2 ] || fail "exit code $got for one run"
mkdir full
touch full/other
got=0
"$program" diff loud soft -o full >/dev/null 2>stderr || got=$?
{ [ "$got" -eq 3 ] && grep -q 'not empty' stderr; } ||
  fail "wrote into a full folder"
echo "diff works"
