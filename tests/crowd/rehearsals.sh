#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Rehearse whole shows and print what the auto-EQ made of them: houses that
# fill, weather alone, faults of the microphone, the profile of another venue;
# each with the learned network and with the physics alone.
#
#   rehearsals.sh FULLHOUSE FOLDER [VENUE...]
#
# Takes about a minute of one core for each show; profiles already in FOLDER
# (VENUE.fhp) are used as they are. With VENUEs only those are filled.
set -euo pipefail

if [ $# -lt 2 ]; then
  echo "usage: rehearsals.sh FULLHOUSE FOLDER [VENUE...]" >&2
  exit 2
fi
fullhouse=$(realpath "$1")
folder=$2
shift 2
venues=("$@")
[ ${#venues[@]} -gt 0 ] || venues=(club-600 arena-12000)
mkdir -p "$folder"
cd "$folder"

profile() {
  [ -s "$1.fhp" ] || "$fullhouse" profile "$1" -o "$1.fhp" --quiet >/dev/null
}

cat > fill.yaml <<'END'
minutes: 50
occupancy: [{minute: 0, value: 0}, {minute: 45, value: 1}]
temperature_c: [{minute: 0, value: 20}, {minute: 45, value: 23}]
humidity_percent: [{minute: 0, value: 50}, {minute: 45, value: 60}]
END
cat > weather.yaml <<'END'
minutes: 50
occupancy: [{minute: 0, value: 0}]
temperature_c: [{minute: 0, value: 20}, {minute: 45, value: 26}]
humidity_percent: [{minute: 0, value: 50}, {minute: 45, value: 65}]
END
for fault in "moved delay_ms: 4" "gain gain_db: 6"; do
  cat > "${fault%% *}.yaml" <<END
minutes: 30
occupancy: [{minute: 0, value: 0}]
faults: [{minute: 10, ${fault#* }}]
END
done

# Median of the last ten minutes; largest EQ; minutes in which it held
summary='
import json, statistics, sys
name, path = sys.argv[1:]
minutes = json.load(open(path))["minutes"]
last = minutes[-10:]
column = lambda key: statistics.median(m[key] for m in last)
untouched, raw, ours = (column("tonal_" + key + "_db")
                        for key in ("untouched", "raw_inverse", "ours"))
ratio = f"{ours / untouched:6.2f}" if untouched > 0.05 else "     -"
largest = max(abs(x) for m in minutes for x in m["eq_db"])
rms = max(m["eq_rms_db"] for m in minutes)
held = sum(m["state"].startswith("Holding") for m in minutes)
print(f"{name:42s} {untouched:9.2f} {raw:6.2f} {ours:6.2f} {ratio}"
      f" {rms:7.2f} {largest:9.2f} {held:5d}/{len(minutes)}")
'

# show NAME PROFILE WORLD SCENARIO
show() {
  local kind
  for kind in learned physics; do
    local options=()
    [ "$kind" = learned ] || options=(--physics)
    "$fullhouse" rehearse "$2.fhp" --world "$3.fhp" --scenario "$4.yaml" \
      -o "$1-$kind" --quiet "${options[@]}" >/dev/null
    python3 -c "$summary" "$1, $kind" "$1-$kind/rehearsal.json"
  done
}

for venue in "${venues[@]}" club-600 theatre-1200; do profile "$venue"; done
printf '%-42s %9s %6s %6s %6s %7s %9s %s\n' 'show' untouched raw ours ratio \
  'EQ rms' 'EQ most' 'held [min]'
for venue in "${venues[@]}"; do show "fills-$venue" "$venue" "$venue" fill; done
for what in weather moved gain; do
  show "$what-club-600" club-600 club-600 "$what"
done
show foreign-club-600-theatre-1200 club-600 theatre-1200 fill
