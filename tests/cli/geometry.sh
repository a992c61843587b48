#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `fullhouse check` and `fullhouse import` on good, doubtful and broken input:
# geometry.sh FULLHOUSE
set -euo pipefail

fullhouse=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
  echo "FAILED: $1" >&2
  [ ! -s "$work/err" ] || sed 's/^/  /' "$work/err" >&2
  failed=1
}

# expect CODE WHAT [TEXT...]: exit code of the last `run`, texts on its stderr
run() {
  code=0
  "$fullhouse" "$@" >"$work/out" 2>"$work/err" || code=$?
}
expect() {
  local want=$1 what=$2
  shift 2
  [ "$code" -eq "$want" ] || fail "$what: exit code $code, not $want"
  local text
  for text in "$@"; do
    grep -qF -- "$text" "$work/err" || fail "$what: no \"$text\""
  done
}
on_stdout() {
  grep -qF -- "$1" "$work/out" || fail "$2: no \"$1\" on stdout"
}

# box FILE [EXTRA]: a closed room of 10 x 8 x 4 m, with its own end wall
box() {
  local wall=${2-'    - {material: end, points: [[10,0,0],[10,0,4],[10,8,4],[10,8,0]]}'}
  cat >"$1" <<YAML
fullhouse: 1
name: Box
geometry:
  faces:
    - {material: floor, points: [[0,0,0],[10,0,0],[10,8,0],[0,8,0]]}
    - {material: ceiling, points: [[0,0,4],[0,8,4],[10,8,4],[10,0,4]]}
    - {material: wall, points: [[0,0,0],[0,0,4],[10,0,4],[10,0,0]]}
    - {material: wall, points: [[0,8,0],[10,8,0],[10,8,4],[0,8,4]]}
    - {material: wall, points: [[0,0,0],[0,8,0],[0,8,4],[0,0,4]]}
$wall
materials: {floor: concrete_floor, ceiling: plasterboard_ceiling, wall: brick_painted, end: brick_painted}
system:
  loudspeakers:
    - {name: S1, model: omni, at: [1,4,2]}
microphones:
  - {name: M1, at: [5,4,1.8]}
YAML
}

# --- check ----------------------------------------------------------------

box "$work/good.yaml"
run check "$work/good.yaml"
expect 0 'a good room'
on_stdout '10.00 x 8.00 x 4.00 m' 'a good room'
on_stdout '320 m3' 'a good room'
on_stdout '0 errors, 0 warnings' 'a good room'
run check --json "$work/good.yaml"
expect 0 'a good room as JSON'
jq -e '.ok and .closed and .open_edges == 0 and .triangles == 12 and
       (.volume_m3 - 320 | fabs) < 0.01 and (.surface_m2 - 304 | fabs) < 0.01 and
       .escaped_share == 0 and (.t60_s | length) == 8 and .t60_s[4] > 0.5' \
  "$work/out" >/dev/null || fail 'JSON of a good room'

{ cat "$work/good.yaml"; echo '  - {name: M2, at: [50,4,1.8]}'; } >"$work/outside.yaml"
run check "$work/outside.yaml"
expect 1 'a microphone outside' 'outside.yaml:17:' 'error: microphone "M2"' \
  '(50.00, 4.00, 1.80)' 'outside the room'

# A solid: a closed box in the room, with the microphone in it
box "$work/solid.yaml" '    - {material: end, points: [[10,0,0],[10,0,4],[10,8,4],[10,8,0]]}
    - {material: end, points: [[4,3,0],[6,3,0],[6,3,3],[4,3,3]]}
    - {material: end, points: [[4,5,0],[6,5,0],[6,5,3],[4,5,3]]}
    - {material: end, points: [[4,3,0],[4,5,0],[4,5,3],[4,3,3]]}
    - {material: end, points: [[6,3,0],[6,5,0],[6,5,3],[6,3,3]]}
    - {material: end, points: [[4,3,3],[6,3,3],[6,5,3],[4,5,3]]}'
run check "$work/solid.yaml"
expect 1 'a microphone in a solid' 'inside a wall or a solid' '(5.00, 4.00, 1.80)'

# A hole of 0.5 m in the end wall: still a room, said with coordinates
box "$work/hole.yaml" '    - {material: end, points: [[10,0,0],[10,0,4],[10,7.5,4],[10,7.5,0]]}'
run check "$work/hole.yaml"
expect 0 'a hole' 'warning: the model leaks' '(10.00, 7.50,'
run check --json "$work/hole.yaml"
jq -e '.closed and .open_edges > 0 and .escaped_share > 0.001 and
       (.holes[0].at[0] - 10 | fabs) < 0.01 and (.volume_m3 - 320 | fabs) < 16' \
  "$work/out" >/dev/null || fail 'JSON of a hole'

# A wall twice, once in another material, and one over another
box "$work/twice.yaml" '    - {material: end, points: [[10,0,0],[10,0,4],[10,8,4],[10,8,0]]}
    - {material: wall, points: [[10,0,0],[10,0,4],[10,8,4],[10,8,0]]}'
run check "$work/twice.yaml"
expect 0 'a face twice' 'twice with different materials' '(10.00,'
box "$work/over.yaml" '    - {material: end, points: [[10,0,0],[10,0,4],[10,8,4],[10,8,0]]}
    - {material: wall, points: [[10,2,1],[10,2,3],[10,5,3],[10,5,1]]}'
run check "$work/over.yaml"
expect 0 'a face on another' 'lie on others of a different material'

# Open air, told and not told
sed -e '/ceiling, points/d' -e '/wall, points/d' -e '/end, points/d' \
  -e 's/^materials:.*/materials: {floor: grass}/' "$work/good.yaml" >"$work/open.yaml"
run check "$work/open.yaml"
expect 0 'open air, not told' 'open_air: true'
echo 'open_air: true' >>"$work/open.yaml"
run check "$work/open.yaml"
expect 0 'open air'
on_stdout 'open' 'open air'
on_stdout '0 errors, 0 warnings' 'open air'

# Audience: too dense, under a low ceiling, drawn at the height of seats
{ cat "$work/good.yaml"; echo 'audience:'
  echo '  - {name: pit, surface: floor, posture: standing, capacity: 2000}'; } >"$work/dense.yaml"
run check "$work/dense.yaml"
expect 0 'a dense crowd' 'audience "pit"' 'per m2'
{ cat "$work/good.yaml"; echo 'audience:'
  echo '  - {name: raised, surface: [[2,1,0.8],[8,1,0.8],[8,7,0.8],[2,7,0.8]], posture: seated, seat: medium, capacity: 40}'; } >"$work/raised.yaml"
run check "$work/raised.yaml"
expect 0 'a raised audience' 'over a floor'
{ cat "$work/good.yaml"; echo 'audience:'
  echo '  - {name: beyond, surface: [[2,1,0],[30,1,0],[30,7,0],[2,7,0]], posture: standing, capacity: 40}'; } >"$work/beyond.yaml"
run check "$work/beyond.yaml"
expect 1 'an audience outside' 'seats are outside the room'
{ cat "$work/good.yaml"; echo 'audience:'
  echo '  - {name: nobody, surface: [[2,1,3.5],[8,1,3.5],[8,7,3.5],[2,7,3.5]], posture: standing, capacity: 40}'; } >"$work/nobody.yaml"
run check "$work/nobody.yaml"
expect 1 'no room for heads' 'no seat with room for a head'

run check "$work/missing.yaml"
expect 3 'a missing venue' missing.yaml
run check
expect 2 'no venue' VENUE
run check "$work/good.yaml" "$work/good.yaml"
expect 2 'two venues' 'one venue'

# --- import ---------------------------------------------------------------

# The same room as a model in millimetres, y up, one wall in two pieces
cat >"$work/room.obj" <<'OBJ'
mtllib gone.mtl
v 0 0 0
v 10000 0 0
v 10000 0 -8000
v 0 0 -8000
v 0 4000 0
v 10000 4000 0
v 10000 4000 -8000
v 0 4000 -8000
usemtl Oak Parquet
f 1 2 3 4
usemtl Ceiling
f 5 8 7 6
usemtl Brick_01
f 1 5 6 2
f 2 6 7 3
f 3 7 8 4
usemtl Xyzzy
f 4 8 5 1
OBJ
run import "$work/room.obj" -o "$work/room" --units mm --up y
expect 0 'import' 'fullhouse check'
on_stdout '10.00 x 8.00 x 4.00 m' import
on_stdout '320 m3' import
on_stdout 'a stopgap' import
grep -q '"Brick_01": brick_painted' "$work/room/venue.yaml" || fail 'guess at brick'
grep -q '"Oak Parquet": wood_parquet_on_concrete' "$work/room/venue.yaml" ||
  fail 'guess at parquet'
run check "$work/room"
expect 0 'the imported room'
on_stdout '0 errors, 0 warnings' 'the imported room'

# Again, with a surface renamed and a material chosen by hand
sed -i -e 's/"Xyzzy": plaster_on_brick/"Xyzzy": curtain_heavy/' \
  -e 's/^name: .*/name: My room/' "$work/room/venue.yaml"
cp "$work/room/venue.yaml" "$work/before.yaml"
sed -i 's/usemtl Brick_01/usemtl Glass Wall/' "$work/room.obj"
run import "$work/room.obj" -o "$work/room" --units mm --up y --json
expect 0 'import again' "no surface 'Brick_01'"
jq -e '.again and .gone == ["Brick_01"] and (.closed) and
       ([.surfaces[] | select(.name == "Xyzzy") | .material, .assigned] ==
        ["curtain_heavy", "before"]) and
       ([.surfaces[] | select(.name == "Glass Wall") | .assigned] == ["name"])' \
  "$work/out" >/dev/null || fail 'JSON of import again'
[ "$(diff "$work/before.yaml" "$work/room/venue.yaml" | grep -c '^[<>]')" -eq 1 ] ||
  fail 'import again changed more than one line'

# Millimetres taken for metres: said, with the remedy
run import "$work/room.obj" -o "$work/huge" --up y
expect 3 'millimetres for metres' 'units: mm'
[ ! -e "$work/huge" ] || fail 'millimetres for metres: a folder was left behind'

# Broken models: one error each, and no venue is left behind
printf 'v 0 0 0\nv nan 0 0\nv 0 1 0\nf 1 2 3\n' >"$work/nan.obj"
printf 'v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n' >"$work/flat.obj"
printf 'v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 300000000\n' >"$work/index.obj"
: >"$work/empty.obj"
head -c 300 "$work/room/model.ac" >"$work/cut.ac"
head -c 2000 /dev/urandom >"$work/noise.glb"
cp "$work/room.obj" "$work/room.max"
for bad in nan.obj:2: flat.obj:faces index.obj:4: empty.obj:faces cut.ac:error \
  noise.glb:export room.max:export missing.obj:opened; do
  run import "$work/${bad%%:*}" -o "$work/bad"
  expect 3 "import ${bad%%:*}" "${bad#*:}"
  [ "$(grep -c 'error:' "$work/err")" -eq 1 ] || fail "${bad%%:*}: not one error"
  [ ! -e "$work/bad/venue.yaml" ] || fail "${bad%%:*}: a venue was left behind"
done

# Folders that cannot be written
run import "$work/room.obj" -o "$work/no/such/place" --units mm
expect 3 'no parent folder' 'cannot be made'
echo text >"$work/file"
run import "$work/room.obj" -o "$work/file" --units mm
expect 3 'a file for a folder' 'cannot be written'
run import "$work/room.obj" -o "$work/x" --units parsec
expect 2 'an unknown unit' parsec
run import "$work/room.obj"
expect 2 'no folder' '-o DIR'

# A venue that is not from an import is left alone
mkdir "$work/own"
cp "$work/good.yaml" "$work/own/venue.yaml"
run import "$work/room.obj" -o "$work/own" --units mm --up y
expect 3 'a venue of its own' 'venue.yaml:3:' 'give another folder'
cmp -s "$work/good.yaml" "$work/own/venue.yaml" || fail 'a venue of its own changed'
[ ! -e "$work/own/model.ac" ] || fail 'a model was left in a venue of its own'

[ "$failed" -eq 0 ] && echo 'check and import: all as expected'
exit "$failed"
