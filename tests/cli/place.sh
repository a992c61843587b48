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
