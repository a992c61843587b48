#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# fullhouse validate and calibrate from the outside: a room that was "measured"
# by simulating it, and tables that are wrong: validate.sh PROGRAM
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
fullhouse=$(realpath "$1")
needs jq
cd "$work"

# room WALL FLOOR: a box of 12 x 9 x 6 m with these absorptions
room() {
  cat <<YAML
fullhouse: 1
name: Box
$(box_faces 12 9 6 Floor)
# kept: what people write
materials:
  Floor: {absorption: [$2,$2,$2,$2,$2,$2,$2,$2], scattering: 0.4}
  Wall: {absorption: [$1,$1,$1,$1,$1,$1,$1,$1], scattering: 0.4}
system:
  loudspeakers:
    - {name: S1, model: omni, at: [2,2,1.5]}
    - {name: "S 2", model: omni, at: [4,7,1.7]}
microphones:
  - {name: R1, at: [9,6,1.2]}
  - {name: R2, at: [6,3,1.3]}
  - {name: R3, at: [10,2,1.4]}
YAML
}
room 0.12 0.30 >true.yaml
room 0.18 0.30 >guess.yaml

"$fullhouse" simulate true.yaml -o run --no-maps --quiet >/dev/null
{
  echo "source,microphone,parameter,63,125,250,500,1000,2000,4000,8000"
  jq -r '.pairs[] | .source as $s | .microphone as $m |
    ([$s, $m, "t30_s"] + .t30_s), ([$s, $m, "edt_s"] + .edt_s),
    ([$s, $m, "c80_db"] + .c80_db), ([$s, $m, "g_db"] + .g_db) | @csv' \
    run/microphones.json
} >measured.csv

# The same room with another seed: what differs is chance alone
"$fullhouse" validate true.yaml measured.csv --seed 7 --json >same.json ||
  fail "a room does not agree with itself"
jq -e '.passed and .jnd < 0.5 and .n_missing == 0 and (.pairs | length) == 192' \
  same.json >/dev/null || fail "with itself: $(jq -c '[.jnd, .n_missing]' same.json)"
# Its impulse responses, analysed as measured ones
rc=0
"$fullhouse" validate true.yaml run/ir --bands 500-4000 --json >ir.json 2>err || rc=$?
[ "$rc" -eq 0 ] || fail "its impulse responses: exit $rc, $(jq .jnd ir.json)"
jq -e '[.pairs[] | .source] | unique == ["S 2", "S1"]' ir.json >/dev/null ||
  fail "names of the responses"
# A page about it, linked from the run's report
"$fullhouse" validate true.yaml measured.csv --page run/validate.html --quiet >out
for text in "default-src 'none'" "within 1." "<svg" "S 2 R3" "All 192 values"; do
  grep -q "$text" run/validate.html || fail "no '$text' in the page"
done
if grep -qi "<script" run/validate.html; then fail "the page runs a script"; fi
[ "$(find run -name 'validate.html*' | wc -l)" -eq 1 ] || fail "left-overs of the page"
{ cat true.yaml; printf 'audience:\n  - {name: a, surface: Floor, posture: standing, capacity: 20, spacing_m: 3}\n'; } >seats.yaml
"$fullhouse" simulate seats.yaml -o seats --rays 256 --gather-rays 16 --no-maps \
  --no-responses --quiet >/dev/null
mv run/validate.html seats/
"$fullhouse" report seats --quiet >out
grep -q '"validation": *"validate.html"' seats/report.html || fail "the report has no link to the page"
rc=0
"$fullhouse" validate true.yaml measured.csv --page none/p.html --quiet >out 2>err || rc=$?
[ "$rc" -eq 4 ] || fail "no folder for the page: exit $rc"
# The same in one SOFA file, found by places; a venue without one of them
rc=0
"$fullhouse" validate true.yaml run/ir/rirs.sofa --bands 500-4000 --json >sofa.json 2>err || rc=$?
[ "$rc" -eq 0 ] || fail "its SOFA file: exit $rc, $(cat err)"
# WAV files are the very same responses
[ "$(jq -c '[.pairs[] | [.source, .microphone, .parameter, .band_hz, .measured]] | sort' ir.json)" = \
  "$(jq -c '[.pairs[] | [.source, .microphone, .parameter, .band_hz, .measured]] | sort' sofa.json)" ] ||
  fail "WAV and SOFA differ"
sed 's/\[9,6,1.2\]/[9,6,1.4]/' true.yaml >moved.yaml
"$fullhouse" validate moved.yaml run/ir/rirs.sofa --within 100 >out 2>err || fail "a moved microphone"
[ "$(grep -c 'rirs.sofa: warning: measurement .* no microphone within 0.1 m of (9.00, 6.00, 1.20)' err)" -eq 2 ] ||
  fail "a moved microphone is not named: $(cat err)"
cp measured.csv no.sofa
rc=0
"$fullhouse" validate true.yaml no.sofa >out 2>err || rc=$?
[ "$rc" -eq 3 ] || fail "no SOFA file: exit $rc"
grep -q "no.sofa: error: is no SOFA file" err || fail "no SOFA file: $(cat err)"
# Other walls: no
rc=0
"$fullhouse" validate guess.yaml measured.csv --plot it.png >out 2>err || rc=$?
[ "$rc" -eq 1 ] || fail "wrong walls: exit $rc, not 1"
grep -q "NOT within" out || fail "wrong walls: no verdict"
[ "$(head -c 4 it.png | tail -c 3)" = PNG ] || fail "no picture"

# calibrate finds the walls; the floor was right
"$fullhouse" calibrate guess.yaml measured.csv -o fitted.yaml --json >fit.json
jq -e '.jnd_fitted.mean < 0.6 * .jnd_before.mean and
  .jnd_left_out.mean < 0.7 * .jnd_before.mean and
  (.materials[] | select(.material == "Wall") |
    [.after, .se] | transpose | all(.[0] > 0.10 and .[0] < 0.14 and
      .[1] > 0 and .[1] < 0.05))' \
  fit.json >/dev/null || fail "the walls: $(jq -c . fit.json)"
grep -q "what people write" fitted.yaml || fail "comments were lost"
"$fullhouse" validate fitted.yaml measured.csv >/dev/null ||
  fail "the fitted room is off"
"$fullhouse" calibrate guess.yaml measured.csv -o again.yaml --threads 1 --quiet >/dev/null
cmp -s fitted.yaml again.yaml || fail "one thread gives another fit"

# Scattering: walls taken for smoother than they are make the room too live, which
# absorption alone, held fast, mends less well
sed 's/scattering: 0.4/scattering: 0.1/' true.yaml >smooth.yaml
"$fullhouse" calibrate smooth.yaml measured.csv -o rough.yaml --prior 0.05 --rounds 3 --rays 8192 \
  --scattering --json >rough.json
"$fullhouse" calibrate smooth.yaml measured.csv -o held.yaml --prior 0.05 --rounds 3 --rays 8192 \
  --json >held.json
jq -s -e '.[0].jnd_fitted.mean < 0.5 and .[0].jnd_left_out.mean < 0.5 and
  .[0].jnd_fitted.mean < 0.6 * .[1].jnd_fitted.mean and
  (.[0].materials[] | select(.material == "Wall") |
    .scattering_offset > 0.7 and .scattering_offset < 2.5 and .scattering_sd < 0.4)' \
  rough.json held.json >/dev/null || fail "scattering: $(jq -c '[.jnd_fitted, .materials]' rough.json held.json)"
"$fullhouse" validate rough.yaml measured.csv --within 0.5 >/dev/null ||
  fail "the rough room is off"

# Bad input ------------------------------------------------------------------
# refused PLACE TEXT: both commands refuse m.csv so
refused() {
  local rc
  for command in "validate true.yaml m.csv" "calibrate true.yaml m.csv -o bad.yaml"; do
    rc=0
    # shellcheck disable=SC2086
    timeout 60 "$fullhouse" $command >out 2>err || rc=$?
    [ "$rc" -eq 3 ] || fail "'$2': exit $rc ($command)"
    [ "$(grep -c ': error: ' err)" -eq 1 ] || fail "'$2': $(head -3 err)"
    grep -q "^m.csv:$1error: .*$2" err || fail "no '$1 $2' in $(head -3 err)"
    if [ -s out ] || [ -e bad.yaml ]; then fail "'$2': something was written"; fi
  done
}
head='source,microphone,parameter,125,1000'
: >m.csv
refused " " "is empty"
printf 'a,b\n' >m.csv
refused "1:1: " "source"
printf '%s\nS1,R1,t30_s,2000,1\n' "$head" >m.csv
refused "2:13: " "another unit"
printf '%s\nS1,R1,t30_s,1,x\n' "$head" >m.csv
refused "2:15: " "is no number"
printf '%s\nS1,R1,t30_s,nan,1\n' "$head" >m.csv
refused "2:13: " "outside"
printf '%s\nS1,R1,t30_s,1,1\nS1,R1,t30_s,2,2\n' "$head" >m.csv
refused "3: " "also given by line 2"
printf '%s\nS1,R1\n' "$head" >m.csv
refused "2:1: " "fewer cells"
printf '%s\nS9,R1,t30_s,1,1\n' "$head" >m.csv
refused " " "nothing about a pair"
grep -q "m.csv:2:1: warning: source 'S9' skipped" err || fail "S9 is not named"
printf 'source,microphone,parameter,315,1000\nS1,R1,d50_percent,,50\nS1,R1,sti,,1\nS1,R7,t30_s,,1\nS1,R1,lf,,0.2\n' >m.csv
"$fullhouse" validate true.yaml m.csv --within 100 >out 2>err || fail "skipping"
for text in "1:29: warning: column '315' skipped" "3:7: warning: parameter 'sti'" \
  "4:4: warning: microphone 'R7' skipped" "5: warning: lf skipped"; do
  grep -q "m.csv:$text" err || fail "no '$text' in $(cat err)"
done
grep -q '^D50' out || fail "D50 is lost"
printf '%s\nS1,R1,d50,0.5,0.5\nS1,R1,c50_db,3,0\n' "$head" >m.csv
"$fullhouse" validate true.yaml m.csv --within 100 >out 2>err || fail "C50"
grep -q "m.csv:3: warning: C50 at 125 Hz is +3.0 dB off" err || fail "C50 and D50"
mkdir folder
cp run/ir/RIR_Box_S1_R1.wav folder/
printf 'no sound' >folder/RIR_Box_S1_R2.wav
rc=0
"$fullhouse" validate true.yaml folder >out 2>err || rc=$?
[ "$rc" -eq 3 ] || fail "a broken response: exit $rc"
grep -q "S1_R2.wav: error: is no usable" err || fail "a broken response: $(cat err)"
rm folder/RIR_Box_S1_R2.wav
cp run/ir/RIR_Box_S1_R1.wav folder/take2_S1_R1.wav
rc=0
"$fullhouse" validate true.yaml folder >out 2>err || rc=$?
[ "$rc" -eq 3 ] || fail "two responses of a pair: exit $rc"
grep -q "also given by" err || fail "two responses of a pair: $(cat err)"
mv folder/take2_S1_R1.wav folder/other.wav
"$fullhouse" validate true.yaml folder --within 100 >out 2>err || fail "another response"
grep -q "other.wav: warning: skipped" err || fail "other.wav is not named"
rc=0
"$fullhouse" validate true.yaml nowhere.csv >out 2>err || rc=$?
[ "$rc" -eq 3 ] || fail "no file: exit $rc"
for usage in "validate true.yaml" "validate true.yaml m.csv --bands 300-500" \
  "validate true.yaml m.csv --parameters rt" "calibrate true.yaml m.csv" \
  "calibrate true.yaml m.csv -o x.yaml --parameters lf"; do
  rc=0
  # shellcheck disable=SC2086
  "$fullhouse" $usage >out 2>err || rc=$?
  [ "$rc" -eq 2 ] || fail "$usage: exit $rc, not 2"
done
rc=0
"$fullhouse" calibrate guess.yaml measured.csv -o none/x.yaml --rounds 1 --rays 64 \
  --no-left-out >out 2>err || rc=$?
[ "$rc" -eq 4 ] || fail "no folder for the output: exit $rc"
echo "validate and calibrate: as they should be"
