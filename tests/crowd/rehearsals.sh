#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Rehearse whole shows and print what the auto-EQ made of them: houses that
# fill, weather alone, faults of the microphone, each with the learned network
# and with the physics alone; the profile of another venue with the network.
#
#   rehearsals.sh FULLHOUSE FOLDER [VENUE...]
#
# The venue that plays is traced with another seed than the profile that the
# auto-EQ is told (seeds 2 and 1), its reverberation changes with the audience,
# and its microphone drifts by a standard deviation of what the crowd model was
# trained for. Fills are played with the seeds of $SEEDS (default: 1 2 3).
#
# Takes about a minute and a half of one core for each show; profiles already in
# FOLDER (VENUE.fhp, VENUE-world.fhp) are used as they are. With VENUEs only
# those are filled.
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
read -ra seeds <<<"${SEEDS:-1 2 3}"
mkdir -p "$folder"
cd "$folder"

# profile VENUE: as the auto-EQ knows it, and as it is
profile() {
  [ -s "$1.fhp" ] || "$fullhouse" profile "$1" -o "$1.fhp" --quiet >/dev/null
  [ -s "$1-world.fhp" ] ||
    "$fullhouse" profile "$1" --seed 2 -o "$1-world.fhp" --quiet >/dev/null
}

drift='mic_gain_db: [{minute: 0, value: 0}, {minute: 45, value: 0.7}]
mic_tilt_db: [{minute: 0, value: 0}, {minute: 45, value: 0.5}]'
cat > fill.yaml <<END
minutes: 50
occupancy: [{minute: 0, value: 0}, {minute: 45, value: 1}]
temperature_c: [{minute: 0, value: 20}, {minute: 45, value: 23}]
humidity_percent: [{minute: 0, value: 50}, {minute: 45, value: 60}]
$drift
END
cat > weather.yaml <<END
minutes: 50
occupancy: [{minute: 0, value: 0}]
temperature_c: [{minute: 0, value: 20}, {minute: 45, value: 26}]
humidity_percent: [{minute: 0, value: 50}, {minute: 45, value: 65}]
$drift
END
for fault in "moved delay_ms: 4" "gain gain_db: 6"; do
  cat > "${fault%% *}.yaml" <<END
minutes: 30
occupancy: [{minute: 0, value: 0}]
faults: [{minute: 10, ${fault#* }}]
END
done

# Medians of the last ten minutes; largest EQ; distance of the room from the
# profile (over 3.2 it is another); minutes for which it held, and what held
# longest. Then what is left of the untouched error when only the design is taken in (early
# sound in full, late sound in part, as in plugin/dsp/target.c, of the true
# change), then the estimate, the doubt, the limits; ours is with the mover
summary='
import json, statistics, sys
name, path = sys.argv[1:]
show = json.load(open(path))
minutes, end = show["minutes"], show["end"]
ratio = lambda a, b: f"{a / b:6.2f}" if b > 0.05 else "     -"
largest = max(abs(x) for m in minutes for x in m["eq_db"])
rms = max(m["eq_rms_db"] for m in minutes)
held = {}
for m in minutes:
    if m["hold"]:
        held[m["hold"]] = held.get(m["hold"], 0.0) + m["held_s"] / 60.0
why = max(held, key=held.get).split(": ", 1)[-1] if held else ""
late = [1, 1, 0.9, 0.7, 0.5, 0.5, 0.5, 0.5]

def tonal(m, eq):
    x = [a + b for a, b in zip(m["true_change_db"], eq)][1:]
    return statistics.pstdev(x)

def undo(m, total, early):
    return [-e - k * (t - e) for t, e, k in zip(m[total], m[early], late)]

steps = [
    lambda m: undo(m, "true_change_db", "true_early_change_db"),
    lambda m: undo(m, "estimate_db", "estimate_early_db"),
    lambda m: m["wish_db"],
    lambda m: m["target_db"],
]
untouched, raw, ours = (end[key + "_db"]
                        for key in ("untouched", "raw_inverse", "ours"))
left = [ratio(statistics.median(tonal(m, eq(m)) for m in minutes[-10:]),
              untouched) for eq in steps]
all_ratio = ratio(end["all_ours_db"], end["all_untouched_db"])
print(f"{name:40s} {untouched:9.2f} {raw:6.2f} {ours:6.2f}"
      f" {ratio(ours, untouched)} {all_ratio} {rms:7.2f} {largest:9.2f}"
      f" {show['room_distance']:8.1f} {sum(held.values()):5.1f}", *left, why)
'

# show NAME PROFILE WORLD SCENARIO [SEED]
show() {
  local kind seed=${5:-1}
  for kind in "${kinds[@]}"; do
    local options=(--seed "$seed")
    [ "$kind" = learned ] || options+=(--physics)
    "$fullhouse" rehearse "$2.fhp" --world "$3-world.fhp" \
      --scenario "$4.yaml" -o "$1-$kind-$seed" --quiet "${options[@]}" >/dev/null
    python3 -c "$summary" "$1, $kind, $seed" "$1-$kind-$seed/rehearsal.json"
  done
}

# Profile of the first in the room of the second
foreign=(
  'club-600 arena-12000' 'arena-12000 club-600'
  'club-600 theatre-1200' 'theatre-1200 club-600'
  'arena-12000 theatre-1200' 'theatre-1200 arena-12000'
  'concert-hall-1700 theatre-1200' 'theatre-1200 concert-hall-1700'
  'club-600 concert-hall-1700' 'concert-hall-1700 arena-12000'
  'arena-12000 festival-field' 'festival-field arena-12000'
)

kinds=(learned physics)
for venue in "${venues[@]}" club-600; do profile "$venue"; done
for pair in "${foreign[@]}"; do
  profile "${pair% *}"
  profile "${pair#* }"
done
printf '%-40s %9s %6s %6s %6s %6s %7s %9s %8s %5s %6s %6s %6s %6s %s\n' show \
  untouched raw ours ratio '63 too' 'EQ rms' 'EQ most' distance held design \
  estim. doubt limits 'held for'
for venue in "${venues[@]}"; do
  for seed in "${seeds[@]}"; do
    show "fills-$venue" "$venue" "$venue" fill "$seed"
  done
done
for what in weather moved gain; do
  show "$what-club-600" club-600 club-600 "$what"
done
kinds=(learned)
for pair in "${foreign[@]}"; do
  show "foreign-${pair/ /-in-}" "${pair% *}" "${pair#* }" fill
done
