#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `fullhouse array` on a small outdoor system: tables, JSON, pictures, messages
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

fullhouse=$1

# A field of 40 x 60 m with an array, a pair of subwoofers and a fill
cat >"$work/venue.yaml" <<'YAML'
fullhouse: 1
name: Field
open_air: true
geometry:
  faces:
    - {material: Grass, points: [[-20, 0, 0], [20, 0, 0], [20, 60, 0], [-20, 60, 0]]}
materials: {Grass: {absorption: 0.5, scattering: 0.5, source: "a test"}}
audience:
  - {name: field, surface: [[-15, 5, 0], [15, 5, 0], [15, 50, 0], [-15, 50, 0]], posture: standing, capacity: 500, spacing_m: 2}
system:
  loudspeakers:
    - {name: SubL, model: fh-sub-18, at: [-3, 0, 0.5]}
    - {name: SubC, model: fh-sub-18, at: [0, 0, 0.5]}
    - {name: SubR, model: fh-sub-18, at: [3, 0, 0.5]}
    - {name: Fill, model: fh-point-110x50, at: [0, 0.5, 1.2], gain_db: -10}
  arrays:
    - {name: Main, box: fh-line-10, count: 6, top: [0, 0, 8], pitch_deg: 2, splay_deg: [1, 2, 3, 4, 6]}
YAML

"$fullhouse" array "$work/venue.yaml" -o "$work/out" --map dba,63 >"$work/text"
grep -q '^Main: 6 x fh-line-10' "$work/text" || fail "no array in the table"
grep -q 'headroom' "$work/text" || fail "no headroom"
grep -q 'mean .* dB(A)' "$work/text" || fail "no levels of the seats"
grep -q 'SubL' "$work/text" && fail "loudspeakers shown beside arrays"
for picture in Main-coverage Main-polar map-dba map-63; do
  [ "$(head -c 8 "$work/out/$picture.png" | od -An -tx1 | tr -d ' \n')" = \
    89504e470d0a1a0a ] || fail "$picture is no PNG"
done

# The lowest box looks down by pitch less all splay: 2 - 16 degrees
"$fullhouse" array "$work/venue.yaml" --json >"$work/json"
jq -e '
  (.arrays | length) == 1 and .arrays[0].name == "Main"
  and (.arrays[0].boxes | length) == 6
  and (.arrays[0].boxes[5].forward[2] + 0.24192 | fabs) < 1e-4
  and (.arrays[0].coverage | all(.bottom_deg <= .aim_deg and .aim_deg <= .top_deg
       and .distance_m == (.distance_m | sort)))
  and .seats.lowest_dba < .seats.mean_dba and .seats.mean_dba < .seats.highest_dba
  and .headroom.headroom_db > 0 and .headroom.headroom_db < 20' \
  "$work/json" >"$work/text" || fail "JSON: $(cat "$work/json")"

# Groups on and off: without the array it is quieter, and both parts are there
mean()
{
  "$fullhouse" array "$work/venue.yaml" --json "$@" | jq .seats.mean_dba
}
all=$(mean)
off=$(mean --off Main)
only=$(mean --on Main)
jq -ne "$off < $only and $only <= $all + 0.5" >"$work/text" ||
  fail "levels $all, without $off, alone $only"

# An arc of 90 degrees over 6 m: (3 - 3 / tan 67.5) m behind at the ends
"$fullhouse" array "$work/venue.yaml" --arc 90 -a SubL,SubC,SubR >"$work/arc"
awk '/SubL|SubR/ {if ($3 < 3.4 || $3 > 3.8) exit 1} /SubC/ {if ($3 != "0.00") exit 1}' \
  "$work/arc" || fail "delays of the arc"

# End-fire and cardioid: delays by distance over the speed of sound (343.2 m/s)
cat >"$work/subs.yaml" <<'YAML'
fullhouse: 1
name: Subs
open_air: true
geometry:
  faces:
    - {material: Grass, points: [[-20, 0, 0], [20, 0, 0], [20, 60, 0], [-20, 60, 0]]}
materials: {Grass: {absorption: 0.5, scattering: 0.5, source: "a test"}}
system:
  loudspeakers:
    - {name: Back, model: fh-sub-18, at: [0, 0, 0.5]}
    - {name: Mid, model: fh-sub-18, at: [0, 1.2, 0.5]}
    - {name: Front, model: fh-sub-18, at: [0, 2.4, 0.5]}
YAML
"$fullhouse" array "$work/subs.yaml" --end-fire >"$work/text"
awk '/Back/ && $3 != "0.00" {exit 1} /Mid/ && $3 != "3.50" {exit 1}
  /Front/ && $3 != "6.99" {exit 1}' "$work/text" || fail "end-fire: $(cat "$work/text")"
"$fullhouse" array "$work/subs.yaml" --cardioid -a Back,Mid >"$work/text"
awk '/Back/ && ($3 != "3.50" || $4 != "yes") {exit 1}
  /Mid/ && ($3 != "0.00" || $4 != "no") {exit 1}' "$work/text" ||
  fail "cardioid: $(cat "$work/text")"

# Set so, the pair is quiet behind: boxes that throw forward a little leave some
sed 's/at: \[0, 0, 0.5\]/at: [0, 0, 0.5], delay_ms: 3.4965, invert: true/; /Front/d' \
  "$work/subs.yaml" >"$work/pair.yaml"
"$fullhouse" array "$work/pair.yaml" --together -f 63 --json >"$work/json"
jq -e '.arrays[0] | .name == "Back + Mid" and .boxes[0].invert
  and .coverage[0].rear_db < -18' "$work/json" >"$work/text" ||
  fail "cardioid pair: $(jq -c .arrays[0].coverage "$work/json")"

# A gain that nothing can play is a "no"
sed 's/count: 6,/count: 6, gain_db: 19,/' "$work/venue.yaml" >"$work/loud.yaml"
set +e
"$fullhouse" array "$work/loud.yaml" >"$work/text" 2>"$work/talk"
code=$?
set -e
[ $code = 1 ] || fail "too much gain exits with $code"
grep -q 'too much' "$work/talk" || fail "no word about too much gain"

# Bad input
expect()
{
  local wanted=$1 words=$2
  shift 2
  set +e
  "$fullhouse" array "$@" >"$work/text" 2>"$work/talk"
  local code=$?
  set -e
  [ $code = "$wanted" ] || fail "$* exits with $code, not $wanted"
  grep -q -- "$words" "$work/talk" || fail "$*: $(cat "$work/talk")"
}
expect 3 "no loudspeaker or array is called 'Nobody'" "$work/venue.yaml" -a Nobody
expect 3 "two loudspeakers at different places" "$work/subs.yaml" --cardioid
expect 2 "needs a folder" "$work/venue.yaml" --map 63
expect 2 "pink or programme" "$work/venue.yaml" --input brown
sed 's/fh-line-10/fh-line-11/' "$work/venue.yaml" >"$work/bad.yaml"
expect 3 "did you mean 'fh-line-1" "$work/bad.yaml"
sed 's/splay_deg: \[1,/splay_deg: [25,/' "$work/venue.yaml" >"$work/splay.yaml"
"$fullhouse" array "$work/splay.yaml" >"$work/text" 2>"$work/talk"
grep -q 'splay.yaml:[0-9]*.*allows 0 to 12' "$work/talk" || fail "no word about splay"
