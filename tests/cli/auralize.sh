#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# fullhouse auralize from the outside: auralize.sh PROGRAM MAKE_WAV SHARE
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
program=$(realpath "$1")
make_wav=$(realpath "$2")
FULLHOUSE_SHARE=$(realpath "$3")
export FULLHOUSE_SHARE
cd "$work"
needs jq

cat >box.yaml <<YAML
fullhouse: 1
name: Box
$(box_faces 12 16 6)
materials:
  Wall: {absorption: [0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5], scattering: 0.4}
audience:
  - {name: stalls, surface: [[1,4,0],[11,4,0],[11,15,0],[1,15,0]],
     posture: seated, seat: medium, capacity: 60, spacing_m: 2.0}
system:
  loudspeakers:
    - {name: L, model: omni, at: [1,1,4]}
    - {name: R, model: omni, at: [11,1,4], gain_db: -12}
microphones:
  - {name: FOH, at: [6,14,2.5]}
YAML
"$program" simulate box.yaml -o run --rays 4096 --threads 1 --no-responses \
  --no-maps --quiet
"$make_wav" noise dry.wav 44100

listen() {
  "$program" auralize run --threads 1 --json "$@"
}

# Two seats in one scale, each at the level of the table (0.5 dB: the seats'
# estimator and the microphones' have errors of their own)
last=$(tail -n 1 run/seats.csv | cut -d, -f1)
for seat in 0 "$last"; do
  listen --seat "$seat" --dry dry.wav --format mono -o "seat$seat.wav" \
    >"seat$seat.json"
  wanted=$(awk -F, -v id="$seat" '$1 == id {print $7}' run/seats.csv)
  jq -e --argjson wanted "$wanted" \
    '(.simulated_dba - $wanted) | fabs < 0.5' "seat$seat.json" >/dev/null ||
    fail "seat $seat is not at $wanted dB(A): $(cat "seat$seat.json")"
done
[ "$(jq .full_scale_db seat0.json)" = "$(jq .full_scale_db "seat$last.json")" ] ||
  fail "two scales in one run"
jq -e '.peak_db < .full_scale_db and .seconds > 0.3' seat0.json >/dev/null ||
  fail "does not fit into the scale: $(cat seat0.json)"
# What is in the files differs as what is told
jq -e -s '(.[0].leq_db - .[1].leq_db) -
  (.[0].simulated_dba - .[1].simulated_dba) | fabs < 1.5' \
  seat0.json "seat$last.json" >/dev/null || fail "levels of two seats"

# Formats; one loudspeaker alone is softer; the response by itself in pascals
[ "$(listen --receiver FOH --dry dry.wav --format b-format -o b.wav |
  jq .channels)" = 4 ] || fail "B-format has no 4 channels"
[ "$(listen --receiver FOH --dry dry.wav -o binaural.wav |
  jq -r .format)" = binaural ] || fail "binaural is not what is asked for first"
[ "$(listen --receiver FOH --source R --format mono -o r.wav |
  jq '.simulated_dba | floor')" -lt \
  "$(listen --receiver FOH --source L --format mono -o l.wav |
    jq '.simulated_dba | floor')" ] || fail "R is not softer than L"
"$program" ir analyze l.wav --json |
  jq -e '.onset_s > 0.03 and .onset_s < 0.06 and .t30_s[4] < 1' >/dev/null ||
  fail "the response is none: $("$program" ir analyze l.wav --json)"

# refuse CODE PATTERN ARGUMENT...: one message, nothing written
refuse() {
  local code=$1 pattern=$2 got=0
  shift 2
  "$program" auralize "$@" -o out.wav >stdout 2>stderr || got=$?
  [ "$got" -eq "$code" ] || fail "exit code $got, wanted $code: $*"
  grep -Eq "$pattern" stderr || fail "no '$pattern' in: $(head -3 stderr)"
  { [ ! -s stdout ] && [ ! -e out.wav ]; } || fail "wrote something: $*"
}
refuse 3 "no microphone 'Balcony'; there are FOH" run --receiver Balcony
refuse 3 'no seat 99999' run --seat 99999
refuse 3 'no loudspeaker of that name' run --seat 0 --source Q
refuse 3 'nothing.wav: error: No such file' run --seat 0 --dry nothing.wav
refuse 3 'box.yaml: error: holds no head-related responses' \
  run --seat 0 --hrtf box.yaml
refuse 3 'cannot be read; name a SOFA file' run --seat 0 --hrtf nothing.sofa
refuse 2 'where to listen' run
refuse 2 'mono, binaural or b-format' run --seat 0 --format stereo
refuse 3 'there is no such folder' nowhere --seat 0
mkdir moved
mv box.yaml moved
refuse 3 'say where it is with --venue' run --seat 0
listen --seat 0 --format mono --venue moved/box.yaml -o m.wav >/dev/null
sed -i 's/0.5,0.5/0.4,0.5/' moved/box.yaml
refuse 3 'was changed since run was simulated' run --seat 0 --venue moved/box.yaml
echo "auralize works"
