#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# fullhouse place from the outside: place.sh PROGRAM SHARE
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
program=$(realpath "$1")
share=$(realpath "$2")
export FULLHOUSE_SHARE=$share
cd "$work"
needs jq

dead() {
  "$program" simulate "$1" -o "$2" --no-responses --no-receivers --no-maps \
    --json --quiet | jq .seats.dead
}

# Two fills under the balcony mend at least four dead seats of five, as a fresh
# simulation says
venue=$share/theatre-1200/mains-only.yaml
before=$(dead "$venue" before)
[ "$before" -ge 20 ] || fail "only $before dead seats to mend"
jq -e '[.zones[] | select(.n_seats > 4)] | length > 0 and
  all(.cause == "blocked line of sight" and .because != .cause and
      .remedy != "" and .counterfactuals[0].change > 0.5)' \
  before/deadzones.json >/dev/null || fail "causes: $(jq -c '.zones[].because' before/deadzones.json)"
"$program" place "$venue" -o placed --evaluations 60 --simulate 1 --json \
  --quiet >placed.json
jq -e '.options[0].added == 2 and (.options[0].moves | length) == 2' \
  placed.json >/dev/null || fail "no two fills: $(cat placed/moves.txt)"
for map in spl_dba sti dead; do
  for when in before after; do
    [ -s "placed/maps/${map}_$when.png" ] || fail "no map $map $when"
  done
done
after=$(dead placed/venue.yaml after)
echo "$before dead seats before, $after after"
[ $((5 * after)) -le "$before" ] || fail "$after of $before seats still dead"

# What cannot be met is said, and nothing is left behind
code=0
sed '/^placement:/,/^goals:/{/^goals:/!d}' "$venue" >none.yaml
sed -i "s|theatre-1200.obj|$share/theatre-1200/theatre-1200.obj|" none.yaml
"$program" place none.yaml -o none >stdout 2>stderr || code=$?
[ "$code" -eq 3 ] || fail "exit code $code without rules: $(cat stderr)"
grep -q "nothing may be moved" stderr || fail "no reason: $(cat stderr)"
if [ -e none ] || [ -s stdout ]; then fail "something came of it"; fi
code=0
"$program" place none.yaml >stdout 2>stderr || code=$?
[ "$code" -eq 2 ] || fail "exit code $code without a folder"

# A small room: what the stock lacks stays at home and is to be hired, others
# hang where the rule allows them
{
  printf 'fullhouse: 1\nname: Room\n'
  box_faces 10 14 5
  cat <<'YAML'
materials:
  Wall: {absorption: [0.6,0.6,0.6,0.6,0.6,0.6,0.6,0.6], scattering: 0.4}
audience:
  - {name: stalls, surface: [[1,4,0],[9,4,0],[9,13,0],[1,13,0]],
     posture: seated, seat: medium, capacity: 40, spacing_m: 2.0}
system:
  loudspeakers:
    - {name: L, model: fh-point-90x60, at: [1,1,4], aim: {yaw_deg: -20}}
    - {name: R, model: fh-point-90x60, at: [9,1,4], aim: {yaw_deg: 20}}
    - {name: C, model: fh-column, at: [5,1,4], gain_db: -6}
placement:
  - {move: [L, R], gain_db: [-6,0], models: [fh-point-60x40]}
  - {move: C, gain_db: [-12,0]}
YAML
} >room.yaml
"$program" place room.yaml -o stocked --evaluations 12 --simulate 1 --quiet \
  --threads 1 --json --stock fh-point-60x40=2 >stocked.json
jq -e '.lacking == [{model: "fh-column", count: 1,
    why: "to hang C as the venue\u0027s system has it"}] and
  .options[0].models == [{model: "fh-point-60x40", count: 2}] and
  .options[0].boxes == 2' stocked.json >/dev/null ||
  fail "stock: $(jq -c '.lacking, .options[0].models' stocked.json)"
grep -q 'L: hang fh-point-60x40 instead of fh-point-90x60' stocked/moves.txt ||
  fail "moves: $(cat stocked/moves.txt)"
grep -q 'C: leave at home: there is no fh-column for it' stocked/moves.txt ||
  fail "moves: $(cat stocked/moves.txt)"
# place.json and the dead zones of a simulation of the same count alike
"$program" simulate stocked/venue.yaml -o again --no-responses --no-receivers \
  --no-maps --quiet --seed 1 >/dev/null
[ "$(jq .options[0].full.dead_seats stocked.json)" -eq \
  "$(jq '[.zones[].n_seats] | add // 0' again/deadzones.json)" ] ||
  fail "dead seats differ from deadzones.json"

# refuse CODE PATTERN OPTION...: options that cannot be
refuse() {
  local want=$1 pattern=$2 got=0
  shift 2
  "$program" place room.yaml -o refused --evaluations 2 --quiet "$@" >stdout \
    2>stderr || got=$?
  [ "$got" -eq "$want" ] || fail "exit code $got, wanted $want: $(cat stderr)"
  grep -q -- "$pattern" stderr || fail "no '$pattern': $(cat stderr)"
  if [ -e refused ] || [ -s stdout ]; then fail "something came of it"; fi
}
refuse 2 'needs MODEL=N' --stock fh-column
refuse 2 'needs a number' --stock fh-column=few
refuse 3 'nothing in stock fits' --stock fh-dodec=4
refuse 3 "rule 1 cannot be met: 'L' weighs 22 kg" --max-mass 5
sed 's/models: \[fh-point-60x40\]/models: fh-point-60x40/' room.yaml >bad.yaml
got=0
"$program" place bad.yaml -o refused >stdout 2>stderr || got=$?
{ [ "$got" -eq 3 ] && grep -q "bad.yaml:.*'models' needs a list" stderr; } ||
  fail "models that are no list: $got $(cat stderr)"
echo "place works"
