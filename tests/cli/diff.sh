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

# States of one run: each is a run of its own, by the same rays
simulate loud.yaml states --state 0 --state 0.5
cmp -s states/seats.csv loud/seats.csv ||
  fail "states beside it change a run"
cmp -s states/states/empty/seats.csv empty/seats.csv ||
  fail "the empty state is not the run that is empty"
"$program" diff states --from empty --to full -o between --json >between.json
"$program" diff empty loud --json >apart.json
for part in .changes .dead .seats .change_se_db; do
  [ "$(jq -c "$part" between.json)" = "$(jq -c "$part" apart.json)" ] ||
    fail "$part of two states is not that of two runs"
done
jq -e '.before.state == "empty" and .after.state == "full"' between.json \
  >/dev/null || fail "states are not named"
[ -s between/maps/change_spl_dba.png ] || fail "no map between states"
for half in '50 % full' 50-percent 0.5; do
  "$program" diff states --to "$half" --json | jq -e '.changes[0].change > 0 and
    .before.state == "full" and .after.state == "50 % full"' >/dev/null ||
    fail "no state '$half'"
done
"$program" diff states soft --from 0 --json | jq -e '.changes[0].change < -6 and
  .before.state == "empty"' >/dev/null || fail "a state against another run"
refuse "no state 'crowded', only 'full', 'empty', '50 % full'; .*--state" \
  states --from crowded --to full
refuse "no state 'empty', only 'full'" loud --from empty
got=0
"$program" simulate loud.yaml -o twice --state 1 >/dev/null 2>stderr || got=$?
{ [ "$got" -eq 3 ] && grep -q 'of the run itself' stderr && [ ! -e twice ]; } ||
  fail "exit code $got for a state twice: $(head -3 stderr)"

# The page has them all; another run stands beside them; a stopped one goes on
"$program" report states --compare soft >/dev/null
for name in full empty '50 % full' soft; do
  grep -q "\"name\":\"$name\",\"values\"" states/report.html ||
    fail "no state '$name' in the page"
done
rm states/run.json
refuse 'states: error: the run is not finished .*--resume' states --from empty
stamp=$(stat -c %Y%i states/states/empty/run.json)
simulate loud.yaml states --state 0 --resume
[ "$stamp" = "$(stat -c %Y%i states/states/empty/run.json)" ] ||
  fail "a finished state was simulated again"
{ [ -e states/run.json ] && [ ! -e states/states/50-percent ]; } ||
  fail "a state of an earlier run stayed"
mkdir -p foreign/states/mine
touch foreign/states/mine/precious
got=0
"$program" simulate loud.yaml -o foreign --rays 64 >/dev/null 2>&1 || got=$?
{ [ "$got" -eq 3 ] && [ -e foreign/states/mine/precious ]; } ||
  fail "wrote into a folder of somebody else"

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
"$program" diff states --from empty --to full >table
grep -q 'Dead seats' table || fail "no table of two states"
# refuse_report PATTERN RUN: no page of a folder like that
refuse_report() {
  local got=0
  "$program" report "$2" >stdout 2>stderr || got=$?
  { [ "$got" -eq 3 ] && grep -Eq "$1" stderr && [ ! -s stdout ]; } ||
    fail "exit code $got, no '$1' in: $(head -3 stderr)"
}
refuse_report 'newer: error: was written by fullhouse 9.9.9' newer
refuse_report 'half: error: the run is not finished .*--resume' half
refuse_report 'torn/run.json:[0-9]+:[0-9]+: error: .*damaged' torn
refuse_report 'nowhere: error: there is no such folder' nowhere
cp -r loud page
head -c 5000 loud/page.json >page/page.json
refuse_report 'page/page.json:[0-9]+:[0-9]+: error: .*damaged' page
jq '.states[0] |= del(.values)' loud/page.json >page/page.json
refuse_report "page.json: error: 'states' is missing .*damaged" page
jq '.seats.position.zlib |= .[:40]' loud/page.json >page/page.json
refuse_report "page.json: error: 'seats' is missing .*damaged" page
{ cat loud.yaml; echo 'microphones: [{name: M, at: [8,12,2]}]'; } >heard.yaml
simulate heard.yaml blind --no-seats
refuse_report 'blind: error: the run has no seats .*audience' blind
mkdir full
touch full/other
got=0
"$program" diff loud soft -o full >/dev/null 2>stderr || got=$?
{ [ "$got" -eq 3 ] && grep -q 'not empty' stderr; } ||
  fail "wrote into a full folder"
echo "diff works"
