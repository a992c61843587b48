#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Causes of dead zones where they are known: causes.sh PROGRAM SHARE
# A field with one loudspeaker is sound; a wall behind it, a tower that plays
# too late, noise and a reversed polarity each make it dead. What is quoted must
# come true when the suspect is really taken away.
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
program=$(realpath "$1")
FULLHOUSE_SHARE=$(realpath "$2")
export FULLHOUSE_SHARE
cd "$work"
needs jq

# field NOISE [LOUDSPEAKER...]: half absorbing ground under the sky
field() {
  local noise=$1 one
  shift
  cat <<YAML
fullhouse: 1
name: Field
open_air: true
geometry:
  faces:
    - {material: Ground, points: [[-30,-10,0],[30,-10,0],[30,70,0],[-30,70,0]]}
    $faces
materials:
  Ground: {absorption: [0.9,0.9,0.9,0.9,0.9,0.9,0.9,0.9], scattering: 0.5}
  $materials
audience:
  - {name: field, surface: [[-6,22,0],[6,22,0],[6,32,0],[-6,32,0]],
     posture: seated, seat: medium, capacity: 60, spacing_m: 2}
background_noise: $noise
system:
  loudspeakers:
YAML
  for one; do
    echo "    - {model: omni, $one}"
  done
}

# simulate NAME: the venue NAME.yaml into the run NAME
simulate() {
  "$program" simulate "$1.yaml" -o "$1" --rays 1024 --gather-rays 64 \
    --threads 1 --no-responses --no-maps --quiet >/dev/null 2>&1 ||
    fail "$1 cannot be simulated"
}

# zone NAME FILTER: a jq filter holds for the first dead zone of a run
zone() {
  jq -e ".zones[0] | $2" "$1/deadzones.json" >/dev/null ||
    fail "$1: not $2: $(jq -c '.zones[0] | del(.seats)' "$1/deadzones.json")"
}

# mean NAME COLUMN: over the seats
mean() {
  awk -F, -v name="$2" 'NR == 1 { for (i = 1; i <= NF; ++i) if ($i == name)
    at = i; next } { sum += $at; ++n } END { print sum / n }' "$1/seats.csv"
}

faces=''
materials=''
field NC-20 "name: C, at: [0,0,6]" >sound.yaml
field '[90,90,90,90,90,90,90,90]' "name: C, at: [0,0,6]" >noise.yaml
field NC-20 "name: C, at: [0,0,6]" \
  "name: Tower, at: [0,36,6], delay_ms: 150" >late.yaml
field NC-20 "name: A, at: [-0.2,0,6]" \
  "name: B, at: [0.2,0,6], invert: true" >pair.yaml
faces='- {material: RearWall, points: [[-30,45,0],[-30,45,20],[30,45,20],[30,45,0]]}'
materials='RearWall: {absorption: [0.02,0.02,0.02,0.02,0.02,0.02,0.02,0.02], scattering: 0.05}'
field NC-20 "name: C, at: [0,0,6]" >wall.yaml

faces='- {material: Fence, points: [[-20,21,0],[0,21,0],[0,21,9],[-20,21,9]]}'
materials='Fence: {absorption: [0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1], scattering: 0.1}'
field NC-20 "name: C, at: [0,0,6]" >fence.yaml

for name in sound wall noise late pair fence; do
  simulate "$name"
done
jq -e '.dead == 0' sound/deadzones.json >/dev/null ||
  fail "a dead seat in the field that is sound"

# A wall's echo: taken away with the wall, which leaves the sound field
zone wall '.cause == "echo" and (.because | test("without sound off RearWall")) and
  (.remedy | test("RearWall"))'
zone wall '.counterfactuals[0].change < -1'

# A tower that comes 150 ms late: without it, the sound field again
zone late '.cause == "echo" and (.because | test("without Tower"))'
zone late '(.remedy | test("Tower arrives 1[0-9][0-9] ms")) and
  .counterfactuals[0].change < -1'

# Noise: the STI that is promised is that of the field without it
zone noise '.cause == "background noise"'
gain=$(jq '.zones[0].counterfactuals[] | select(.blames == "background noise") |
  .change' noise/deadzones.json)
awk -v gain="$gain" -v before="$(mean noise sti)" -v after="$(mean sound sti)" \
  'BEGIN { d = after - before - gain; exit !(d < 0.03 && d > -0.03) }' ||
  fail "noise costs $gain of STI, but $(mean noise sti) becomes $(mean sound sti)"

# Reversed polarity: each works against the other, and one alone is 6 dB under
# two in phase, so far more than the two together
zone pair '.cause == "interference" and (.because | test("works against")) and
  (.remedy | test("polarity"))'
zone pair '.counterfactuals[0] | .unit == "dB" and .change > 4'

# A fence before half of them: without it they have the level of the sound field
zone fence '.cause == "blocked line of sight" and .proved and
  (.because | test("without Fence")) and (.remedy | test("a fill near"))'
zone fence '.counterfactuals[0] | .quantity == "level" and
  .reflections == "traced" and .change_se >= 0 and .change_se < 0.5 and
  ((.after - .before - .change) | fabs) < 0.001'
# hidden NAME: mean level of the fence's zone in a run, 250 Hz to 4 kHz
hidden() {
  jq -r '.zones[0].seats[]' fence/deadzones.json | awk -F, 'NR == FNR {
    zone[$1] = 1; next } $1 in zone { p2 = 0; for (i = 10; i <= 14; ++i)
    p2 += 10 ^ ($i / 10); sum += 10 * log(p2) / log(10); ++n }
    END { print sum / n }' - "$1/seats.csv"
}
gain=$(jq '.zones[0].counterfactuals[0].change' fence/deadzones.json)
awk -v gain="$gain" -v before="$(hidden fence)" -v after="$(hidden sound)" \
  'BEGIN { d = after - before - gain; exit !(gain > 3 && d < 0.5 && d > -0.5) }' ||
  fail "the fence costs $gain dB, but $(hidden fence) becomes $(hidden sound)"

# Without proofs causes are guesses, and say so
"$program" simulate fence.yaml -o guess --rays 1024 --gather-rays 64 --no-proofs \
  --threads 1 --no-responses --no-maps --quiet >/dev/null 2>&1
zone guess '(.proved | not) and .counterfactuals == [] and
  (.because | test("blocked line of sight .*not proved"))'

# No place under the ground is searched in silence
{ cat late.yaml; echo "placement:"
  echo "  - {move: [Tower], within: [[0,24,-3],[0,24,-2]]}"; } >under.yaml
got=0
"$program" place under.yaml -o placed --threads 1 --quiet >/dev/null 2>stderr ||
  got=$?
{ [ "$got" -eq 3 ] && grep -q "the rules would put it, .*'Tower'" stderr &&
  [ ! -e placed ]; } || fail "exit code $got: $(head -3 stderr)"
echo "causes are those that were made"
