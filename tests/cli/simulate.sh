#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# fullhouse simulate from the outside: simulate.sh CASE PROGRAM SHARE
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
case=$1
program=$(realpath "$2")
share=$(realpath "$3")
export FULLHOUSE_SHARE=$share
cd "$work"
needs jq

# A box of 16 x 24 x 8 m with people in it, two loudspeakers, two microphones
write_hall() {
  cat >hall.yaml <<'YAML'
fullhouse: 1
name: Box
geometry:
  faces:
    - {material: Floor, points: [[0,0,0],[16,0,0],[16,6,0],[0,6,0]]}
    - {material: Audience, points: [[0,6,0],[16,6,0],[16,24,0],[0,24,0]]}
    - {material: Ceiling, points: [[0,0,8],[0,24,8],[16,24,8],[16,0,8]]}
    - {material: Wall, points: [[0,0,0],[0,24,0],[0,24,8],[0,0,8]]}
    - {material: Wall, points: [[16,0,0],[16,0,8],[16,24,8],[16,24,0]]}
    - {material: Wall, points: [[0,0,0],[0,0,8],[16,0,8],[16,0,0]]}
    - {material: Wall, points: [[0,24,0],[16,24,0],[16,24,8],[0,24,8]]}
materials:
  Floor: {absorption: [0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1], scattering: 0.1}
  Audience: {absorption: [0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1], scattering: 0.1}
  Ceiling: {absorption: [0.3,0.3,0.3,0.3,0.3,0.3,0.3,0.3], scattering: 0.3}
  Wall: {absorption: [0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1], scattering: 0.3}
audience:
  - {name: "stalls, all", surface: Audience, posture: seated, seat: medium, capacity: 300, spacing_m: 2.0}
system:
  loudspeakers:
    - {name: L, model: omni, at: [3,2,4]}
    - {name: R 2, model: omni, at: [13,2,4], delay_ms: 5}
microphones:
  - {name: FOH, at: [8,18,1.5]}
  - {name: Side, at: [3,10,1.3]}
YAML
}

# expect CODE PATTERN COMMAND...: exit code, one message on stderr, no folder
expect() {
  local code=$1 pattern=$2 got=0
  shift 2
  rm -rf out
  timeout 120 "$@" >stdout 2>stderr || got=$?
  [ "$got" -eq "$code" ] ||
    fail "exit code $got, wanted $code: $* $(head -3 stderr)"
  grep -Eq "$pattern" stderr || fail "no '$pattern' in: $(head -3 stderr)"
  [ ! -s stdout ] || fail "talk on stdout: $(head -3 stdout)"
  [ ! -e out ] || fail "left behind: $(ls -A out)"
}

columns="id,area,x,y,z,spl_db,spl_dba,spl_63,spl_125,spl_250,spl_500,spl_1000"
columns+=",spl_2000,spl_4000,spl_8000,direct_dba,d_r_db,edt_1000,t30_1000"
for key in c50 c80; do
  for band in 63 125 250 500 1000 2000 4000 8000; do
    columns+=",${key}_$band"
  done
done
columns+=",d50,ts_ms,sti,tilt_db,dead,cause,se_db"

check_folder() {
  local run=$1 n_pairs=$2
  [ "$(head -1 "$run/seats.csv")" = "$columns" ] || fail "columns of $run"
  [ "$(find "$run/ir" -name 'RIR_*.wav' | wc -l)" -eq "$n_pairs" ] ||
    fail "responses of $run"
  [ -s "$run/ir/rirs.sofa" ] || fail "no SOFA file"
  for map in spl_dba spl_63 spl_8000 sti c80 d_r t30 dead; do
    [ "$(head -c 4 "$run/maps/$map.png" | tail -c 3)" = PNG ] ||
      fail "no map $map"
  done
  jq -e '.seed == 1 and (.venue.hash | length) == 16 and .interrupted == false
    and (.timings.trace_s > 0) and (.trace.rays > 0)
    and (.sources | length) > 0' "$run/run.json" >/dev/null || fail run.json
  # Emitted = absorbed + air + escaped + left (+ what roulette gained)
  jq -e '.trace.energy_balance as $e | [range(8) | $e.absorbed[.] + $e.air[.]
    + $e.escaped[.] + $e.left[.] + $e.sampling[.] - 1 | fabs] | max < 1e-3' \
    "$run/run.json" >/dev/null || fail "energy balance"
  jq -e --argjson n "$n_pairs" '(.pairs | length) == $n and
    (.pairs + .system | all(has("source") and has("microphone") and
    has("distance_m") and (.t30_s | length) == 8 and (.t30_s_se | length) == 8
    and has("edt_s_se") and has("c80_db_se") and has("g_db") and has("spl_db")
    and has("direct_db") and has("onset_s") and (.sti | has("male"))))' \
    "$run/microphones.json" >/dev/null || fail microphones.json
  jq -e '.dead == ([.zones[].n_seats] | add // 0)' "$run/deadzones.json" \
    >/dev/null || fail deadzones.json
  local odd
  odd=$(find "$run" -name '*tmp*' -o -name '.part*')
  [ -z "$odd" ] || fail "half-written: $odd"
}

case $case in
run)
  write_hall
  "$program" simulate hall.yaml -o run --rays 4096 --json >summary.json
  jq -e '.seats.n > 50 and (.system | length) == 2' summary.json >/dev/null
  check_folder run 4
  [ -f "run/ir/RIR_Box_R-2_FOH.wav" ] || fail "name of a response"
  # What is measured in the written response is what the tables say
  "$program" ir analyze run/ir/RIR_Box_L_FOH.wav --json >ir.json
  jq -e --slurpfile ir ir.json '(.pairs[] | select(.source == "L" and
    .microphone == "FOH")) as $p | [range(3; 7) as $b |
    ($ir[0].t30_s[$b] / $p.t30_s[$b] - 1 | fabs)] | max < 0.05' \
    run/microphones.json >/dev/null || fail "T30 of the response"
  jq -e --slurpfile ir ir.json '(.pairs[] | select(.source == "L" and
    .microphone == "FOH")) as $p | [range(3; 7) as $b |
    ($ir[0].c80_db[$b] - $p.c80_db[$b] | fabs)] | max < 0.5' \
    run/microphones.json >/dev/null || fail "C80 of the response"
  jq -e --slurpfile ir ir.json '(.pairs[] | select(.source == "L" and
    .microphone == "FOH")) as $p | ($ir[0].onset_s - $p.onset_s | fabs) < 1e-3' \
    run/microphones.json >/dev/null || fail "onset of the response"
  # A second run takes the place of the first; options leave things out
  "$program" simulate hall.yaml -o run --rays 1024 --no-seats --no-maps \
    --occupancy 0 --quiet
  [ ! -e run/maps ] || fail "old maps"
  [ "$(wc -l <run/seats.csv)" -eq 1 ] || fail "seats left out"
  jq -e '.venue.audience[0].occupancy == 0' run/run.json >/dev/null ||
    fail occupancy
  ;;
threads)
  write_hall
  for n in 1 2 7; do
    "$program" simulate hall.yaml -o "run$n" --rays 2048 --no-maps --quiet \
      --threads "$n"
  done
  for n in 2 7; do
    cmp run1/seats.csv "run$n/seats.csv"
    cmp run1/microphones.json "run$n/microphones.json"
    for wav in run1/ir/*.wav; do
      cmp "$wav" "run$n/ir/$(basename "$wav")"
    done
  done
  "$program" simulate hall.yaml -o other --rays 2048 --no-maps --quiet --seed 2
  if cmp -s run1/seats.csv other/seats.csv; then
    fail "another seed gives the same numbers"
  fi
  ;;
bundled)
  for venue in club-600 festival-field; do
    [ -d "$share/$venue" ] || { echo "skipped: no $venue"; exit 77; }
    "$program" simulate "$share/$venue" -o "$venue" --rays 1024 \
      --gather-rays 16 --quiet
    n=$(jq '(.sources | length) * (.microphones | length)' "$venue/run.json")
    check_folder "$venue" "$n"
    [ "$(wc -l <"$venue/seats.csv")" -gt 100 ] || fail "seats of $venue"
  done
  # Out in the open nearly all energy leaves, and nobody is warned of holes
  jq -e '.trace.energy_balance.escaped[4] > 0.2 and .venue.open_air' \
    festival-field/run.json >/dev/null || fail "open air"
  ;;
holes)
  write_hall
  # No back wall: energy leaves there, and the place is told
  grep -v '\[0,24,0\],\[16,24,0\]' hall.yaml >open.yaml
  "$program" simulate open.yaml -o run --rays 2048 --no-maps >/dev/null 2>stderr
  grep -Eq 'open.yaml: warning: .*holes near \(' stderr || fail "no warning"
  jq -e '.trace.energy_balance.escaped[4] > 0.05 and
    (.trace.holes | length) > 0' run/run.json >/dev/null || fail "holes"
  ;;
bad)
  write_hall
  simulate=("$program" simulate -o out --quiet --rays 1024)
  expect 3 'nowhere.yaml: error' "${simulate[@]}" nowhere.yaml
  printf 'fullhouse: 1\nname: [open\n' >bad.yaml
  expect 3 'bad.yaml:[0-9]+:[0-9]+: error: not YAML' "${simulate[@]}" bad.yaml
  head -c 4096 /dev/urandom >bad.yaml
  expect 3 'bad.yaml.* error: ' "${simulate[@]}" bad.yaml
  head -c 20000000 /dev/zero | tr '\0' a >bad.yaml
  expect 3 'bad.yaml: error: larger' "${simulate[@]}" bad.yaml
  { printf 'fullhouse: 1\nname: '; head -c 1000000 /dev/zero | tr '\0' '['; } \
    >bad.yaml
  expect 3 'bad.yaml:[0-9]+:[0-9]+: error: nested' "${simulate[@]}" bad.yaml
  sed 's/at: \[3,2,4\]/at: [.nan,2,4]/' hall.yaml >bad.yaml
  expect 3 'bad.yaml:[0-9]+:[0-9]+: error: .*finite' "${simulate[@]}" bad.yaml
  sed 's/\[0.3,0.3/[-0.3,0.3/' hall.yaml >bad.yaml
  expect 3 'bad.yaml:[0-9]+:[0-9]+: error: .*-0.3' "${simulate[@]}" bad.yaml
  sed 's/  Wall: .*/  Wall: brick_paintd/' hall.yaml >bad.yaml
  expect 3 "did you mean 'brick_painted'" "${simulate[@]}" bad.yaml
  # Inside a wall is outside of the room
  sed 's/at: \[3,10,1.3\]/at: [16.2,10,1.3]/' hall.yaml >bad.yaml
  expect 3 "bad.yaml:[0-9]+:([0-9]+:)? error: microphone .Side..*move it" \
    "${simulate[@]}" bad.yaml
  sed 's/at: \[3,2,4\]/at: [-3,2,4]/' hall.yaml >bad.yaml
  expect 3 "bad.yaml:[0-9]+:([0-9]+:)? error: loudspeaker .L..*move it" \
    "${simulate[@]}" bad.yaml
  # On the floor: where it is written, and no leak of a closed room in sight
  sed 's/at: \[3,2,4\]/at: [3,2,0]/' hall.yaml >bad.yaml
  expect 3 'bad.yaml:[0-9]+:1: error: loudspeaker "L" .*on a surface' \
    "${simulate[@]}" bad.yaml
  sed 's/at: \[3,10,1.3\]/at: [3,4,0]/' hall.yaml >bad.yaml
  expect 3 'bad.yaml:[0-9]+:1: error: microphone "Side" .*on a surface' \
    "${simulate[@]}" bad.yaml
  got=0; "$program" check bad.yaml >stdout 2>stderr || got=$?
  [ $got -eq 1 ] || fail "check of a microphone on the floor: $got"
  ! grep -qE 'leaks|hole' stdout stderr || fail "a closed room leaks"
  sed '/model: omni/d; s/  loudspeakers:/  loudspeakers: []/' hall.yaml >bad.yaml
  expect 3 'bad.yaml.* error: .*no loudspeaker' "${simulate[@]}" bad.yaml
  sed '/^audience:/,/stalls/d; /^microphones:/,$d' hall.yaml >bad.yaml
  expect 3 'bad.yaml.* error: nobody listens' "${simulate[@]}" bad.yaml
  printf 'fullhouse: 1\nname: x\ngeometry: {faces: []}\n' >bad.yaml
  expect 3 'bad.yaml:[0-9]+:[0-9]+: error: .*empty' "${simulate[@]}" bad.yaml
  # Millimetres taken for metres
  sed -E '/points:/s/([0-9]+)/\1000/g' hall.yaml >bad.yaml
  expect 3 'bad.yaml:[0-9]+:[0-9]+: error: ' "${simulate[@]}" bad.yaml
  expect 2 'venue' "$program" simulate -o out
  expect 2 'RUN' "$program" simulate hall.yaml
  expect 2 'occupancy' "$program" simulate hall.yaml -o out --occupancy 2
  expect 2 'rays' "$program" simulate hall.yaml -o out --rays nan
  ;;
output)
  write_hall
  simulate=("$program" simulate hall.yaml --quiet --rays 1024 --no-maps)
  touch file
  mkdir foreign
  touch foreign/thesis.tex
  got=0; "${simulate[@]}" -o file 2>stderr || got=$?
  [ $got -eq 4 ] || fail "a file as folder: $got"
  grep -q 'give another' stderr || fail "no remedy"
  got=0; "${simulate[@]}" -o file/run 2>stderr || got=$?
  [ $got -eq 4 ] || fail "a folder in a file: $got"
  got=0; "${simulate[@]}" -o foreign 2>stderr || got=$?
  [ $got -eq 3 ] || fail "somebody else's folder: $got"
  [ "$(ls -A foreign)" = thesis.tex ] || fail "somebody else's folder changed"
  # Read-only, for root as well
  got=0; "${simulate[@]}" -o /proc/self/run 2>stderr || got=$?
  [ $got -eq 4 ] || fail "a read-only folder: $got"
  grep -q 'give another' stderr || fail "no remedy"
  # Full: no file may be longer than 50 kB
  got=0; (ulimit -f 50; "${simulate[@]}" -o full 2>stderr) || got=$?
  [ $got -eq 4 ] || fail "a full folder: $got"
  grep -Eq '^full/.* error: cannot be written \(' stderr || fail "no place"
  [ ! -e full ] || fail "a full folder holds $(ls -A full)"
  # What was there before is still there
  "${simulate[@]}" -o kept
  cp kept/seats.csv before.csv
  got=0; (ulimit -f 50; "${simulate[@]}" -o kept --seed 2 2>stderr) || got=$?
  [ $got -eq 4 ] || fail "a full folder: $got"
  cmp before.csv kept/seats.csv || fail "an earlier run changed"
  ;;
stop)
  write_hall
  # Stopped by the time limit: everything is there, and says so
  "$program" simulate hall.yaml -o limited --rays 40000000 --time-limit 0.5 \
    --no-maps >/dev/null 2>stderr
  grep -q 'time limit' stderr || fail "nothing said of the time limit"
  jq -e '.trace.rays > 0 and .trace.rays < 40000000' limited/run.json \
    >/dev/null || fail "time limit"
  # Ctrl-C keeps what is finished (a background job ignores SIGINT: SIGTERM)
  "$program" simulate hall.yaml -o stopped --rays 40000000 --no-maps \
    --checkpoint 0.1 >stdout 2>stderr &
  pid=$!
  # Some rays are done once a checkpoint is there, on a busy machine too
  for _ in $(seq 600); do
    [ ! -e stopped/checkpoint/trace.state ] || break
    sleep 0.1
  done
  kill -TERM $pid
  got=0; wait $pid || got=$?
  [ $got -eq 130 ] || fail "Ctrl-C: $got $(cat stderr)"
  jq -e '.interrupted and .trace.rays > 0' stopped/run.json >/dev/null ||
    fail "nothing kept"
  [ "$(wc -l <stopped/seats.csv)" -gt 50 ] || fail "no seats kept"
  # The second one ends at once, and nothing has a final name
  "$program" simulate hall.yaml -o twice --rays 40000000 --no-maps \
    >stdout 2>stderr &
  pid=$!
  sleep 1
  kill -TERM $pid
  kill -TERM $pid 2>/dev/null || true
  got=0; wait $pid || got=$?
  [ $got -eq 130 ] || fail "twice Ctrl-C: $got"
  [ ! -e twice/seats.csv ] || [ -e twice/run.json ] || fail "half a run"
  # Killed: nothing under a final name, and the next run cleans up
  "$program" simulate hall.yaml -o killed --rays 40000000 --no-maps \
    >stdout 2>stderr &
  pid=$!
  sleep 1
  kill -KILL $pid
  wait $pid || true
  [ -z "$(ls killed)" ] || [ "$(ls killed)" = checkpoint ] ||
    fail "a killed run left $(ls killed)"
  "$program" simulate hall.yaml -o killed --rays 1024 --no-maps --quiet
  [ -z "$(find killed -name '.part*')" ] || fail "remains of a killed run"
  # No checkpoint to go on from
  got=0
  "$program" simulate hall.yaml -o none --resume --quiet 2>stderr || got=$?
  [ $got -eq 3 ] || fail "resume from nothing: $got"
  grep -q 'checkpoint' stderr || fail "no word of the checkpoint"
  ;;
*)
  fail "no case '$case'"
  ;;
esac
