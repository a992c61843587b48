#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Below the crossover a box answers with its modes: low_frequency.sh PROGRAM
# REFERENCE, a table of the Green function of a rigid box (damping 25 1/s)
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
program=$(realpath "$1")
reference=$(realpath "$2")
needs jq
cd "$work"

# write_box ABSORPTION FILE: the box of the reference
write_box() {
  local a=$1
  cat >"$2" <<YAML
fullhouse: 1
name: Box
air: {temperature_c: 20, humidity_percent: 50}
$(box_faces 5.1 3.9 2.7 Floor)
materials:
  Wall: {absorption: [$a,$a,$a,$a,$a,$a,$a,$a], scattering: 0.2}
  Floor: {absorption: [$a,$a,$a,$a,$a,$a,$a,$a], scattering: 0.2}
system:
  loudspeakers:
    - {name: S, model: omni, at: [1.1,0.8,0.9]}
microphones:
  - {name: R, at: [3.7,2.9,1.4]}
YAML
}
simulate=("$program" simulate --rays 2048 --no-maps)

# 0.298 of absorption is a damping of 25 1/s after Eyring. The response that
# the user gets has the spectrum of the reference, 0.05 of the field at 1 m
# where it is faint
write_box 0.298 box.yaml
"${simulate[@]}" box.yaml -o run --crossover 300 >/dev/null 2>stderr
grep -q 'note: an empty box.*300 Hz' stderr || fail "no word of the modes"
python3 - run/ir/RIR_Box_S_R.wav run/microphones.json "$reference" <<'END'
import cmath
import json
import math
import struct
import sys

data = open(sys.argv[1], "rb").read()
at = data.index(b"data")
n = struct.unpack("<I", data[at + 4:at + 8])[0] // 4
ir = struct.unpack("<%df" % n, data[at + 8:at + 8 + 4 * n])
# 100 dB of power in each octave, in air of 413.3 Pa s/m
metre = math.sqrt(1e-2 * 413.3 / (4 * math.pi))
n_checked = 0
for line in open(sys.argv[3]):
    if not line[0].isdigit():
        continue
    f, real, imaginary = [float(x) for x in line.split(",")[:3]]
    if f < 47:
        continue  # No loudspeaker is known below 44.7 Hz
    is_now = abs(sum(x * cmath.exp(-2j * math.pi * f * i / 48000)
                     for i, x in enumerate(ir))) / metre
    should = abs(complex(real, imaginary)) * 4 * math.pi
    assert abs(is_now - should) < 0.01 * should + 0.002, (f, is_now, should)
    n_checked += 1
assert n_checked == 11

# Levels are means over the same spectrum
pair = json.load(open(sys.argv[2]))["pairs"][0]
for b, f0 in enumerate((63.0957, 125.8925)):
    mean = 0.0
    for i in range(24):
        f = f0 * 2 ** ((i + 0.5) / 24 - 0.5)
        h = sum(x * cmath.exp(-2j * math.pi * f * k / 48000)
                for k, x in enumerate(ir))
        mean += abs(h) ** 2 / 24
    level = 10 * math.log10(mean / 4e-10)
    assert abs(level - pair["spl_db"][b]) < 0.1, (f0, level, pair["spl_db"])
END

# By itself where single modes matter; not where losses are too great for it
write_box 0.05 live.yaml
"${simulate[@]}" live.yaml -o auto --threads 1 >/dev/null 2>stderr
grep -q 'note: an empty box' stderr || fail "no word of the modes"
jq -e '.settings.wave_solver != null and .scene.below_schroeder[1] and
  (.settings.crossover_hz / .scene.schroeder_hz - 1 | fabs) < 1e-6 and
  (.scene.below_schroeder[4] | not)' auto/run.json >/dev/null || fail run.json
"${simulate[@]}" box.yaml -o damped --quiet
jq -e '.settings.wave_solver == null and .settings.crossover_hz == 0' \
  damped/run.json >/dev/null || fail "a damped box has modes"
"${simulate[@]}" live.yaml -o rays --crossover 0 --quiet
jq -e '.settings.wave_solver == null' rays/run.json >/dev/null ||
  fail "modes where none were wanted"
# Both answers agree above the hand-over, and only there
jq -e --slurpfile rays rays/microphones.json '.pairs[0].spl_db as $wave |
  $rays[0].pairs[0].spl_db as $by_rays |
  ([range(4; 8) | $wave[.] == $by_rays[.]] | all) and
  ([range(0; 2) | $wave[.] != $by_rays[.]] | all)' \
  auto/microphones.json >/dev/null || fail "levels about the crossover"
"${simulate[@]}" live.yaml -o two --threads 2 --quiet
cmp auto/microphones.json two/microphones.json
cmp auto/ir/RIR_Box_S_R.wav two/ir/RIR_Box_S_R.wav

# Two loudspeakers against each other in one place: silence where waves rule
sed 's/    - {name: S, .*/&\n    - {name: T, model: omni, at: [1.1,0.8,0.9], invert: true}/' \
  live.yaml >pair.yaml
"${simulate[@]}" pair.yaml -o pair --crossover 300 --quiet
jq -e '.system[0].spl_db[1] < .pairs[0].spl_db[1] - 60' \
  pair/microphones.json >/dev/null || fail "opposite loudspeakers are heard"

# Standing room, empty: the seats have modes, too
sed '/^system:/i audience:\n  - {name: floor, surface: Floor, posture: standing, capacity: 10, spacing_m: 1.0}' \
  live.yaml >seats.yaml
"${simulate[@]}" seats.yaml -o seats --occupancy 0 --quiet
"${simulate[@]}" seats.yaml -o seats_by_rays --occupancy 0 --crossover 0 --quiet
jq -e '.settings.wave_solver != null' seats/run.json >/dev/null ||
  fail "an empty floor is no box"
python3 - seats/seats.csv seats_by_rays/seats.csv <<'END'
import csv
import statistics
import sys

wave, rays = (list(csv.DictReader(open(name))) for name in sys.argv[1:])
assert len(wave) > 5

def spread(rows, band):
    return statistics.pstdev(float(row["spl_" + band]) for row in rows)

# Modes make some places louder than others; rays know nothing of that
assert spread(wave, "63") > spread(rays, "63") + 1, spread(wave, "63")
assert all(a["spl_2000"] == b["spl_2000"] for a, b in zip(wave, rays))
END

# Not where no solver knows the venue
got=0
"${simulate[@]}" seats.yaml -o out --crossover 200 --quiet 2>stderr || got=$?
[ "$got" -eq 3 ] || fail "a crossover with a crowd in the way: $got"
grep -q 'seats.yaml: error: .*leave the crossover out' stderr || fail "no word"
