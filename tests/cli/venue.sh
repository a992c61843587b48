#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Broken venue files from the outside: one message with place and remedy, exit
# code 3, nothing on stdout, at once.
#   venue.sh FULLHOUSE
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
fullhouse=$1
cd "$work"

# refused WHAT PLACE TEXT: `check v.yaml` and `simulate` say the same
refused() {
  local what=$1 place=$2 text=$3 rc
  for command in "check v.yaml" "simulate v.yaml -o run"; do
    rc=0
    # shellcheck disable=SC2086
    timeout 20 "$fullhouse" $command >out 2>err || rc=$?
    [ "$rc" -eq 3 ] || { head -5 err; fail "$what: exit $rc, not 3 ($command)"; }
    [ "$(grep -c ': error: ' err)" -eq 1 ] ||
      { head -5 err; fail "$what: not one error ($command)"; }
    grep -q "^v.yaml:${place}error: .*$text" err ||
      { head -5 err; fail "$what: no '$place ... $text' ($command)"; }
    [ ! -s out ] || fail "$what: output in spite of an error ($command)"
    [ ! -e run ] || fail "$what: a run folder was left ($command)"
  done
}

room='geometry: {faces: [
  {material: brick_bare, points: [[0,0,0],[8,0,0],[8,9,0],[0,9,0]]},
  {material: brick_bare, points: [[0,0,3],[8,0,3],[8,9,3],[0,9,3]]}]}'
venue() { printf 'fullhouse: 1\n%s\n%s\n' "$room" "$1" >v.yaml; }
speaker() { venue "system: {loudspeakers: [{name: L, model: omni, at: [1, 1, 1], $1}]}"; }

: >v.yaml
refused "empty" " " "empty"
printf 'fullhouse: 1\ngeometry: {file: [\n' >v.yaml
refused "garbled" "[0-9]*:[0-9]*: " "not YAML"
head -c 4096 /dev/urandom >v.yaml
printf '\0' >>v.yaml
refused "binary" " " "binary"
printf 'fullhouse: 1\nname: \377\376\n' >v.yaml
refused "not UTF-8" "2:7: " "UTF-8"
head -c 17000000 /dev/zero | tr '\0' ' ' >v.yaml
refused "huge" " " "16 MB"
printf 'fullhouse: 1\nname: ' >v.yaml
head -c 1000000 /dev/zero | tr '\0' '[' >>v.yaml
refused "a million brackets" "2:70: " "64 levels"
printf 'hello: world\n' >v.yaml
refused "no venue" "1:1: " "fullhouse: 1"
venue 'name: twice
name: again'
refused "a key twice" "6:1: " "second time"
speaker "gain_db: .nan"
refused "NaN" "[0-9]*:[0-9]*: " "finite"
speaker "delay_ms: -3"
refused "negative" "[0-9]*:[0-9]*: " "outside 0 to 2000"
speaker "gainn_db: 3"
refused "unknown key" "[0-9]*:[0-9]*: " "did you mean 'gain_db'"
room=${room/brick_bare/brik_bare}
venue ""
refused "unknown material" "[0-9]*:[0-9]*: " "brik_bare.*brick_bare"
room=${room/brik_bare/brick_bare}
room=${room//8,/8000,}
venue ""
refused "millimetres" "[0-9]*:[0-9]*: " "units: mm"
room='geometry: {file: none.obj}'
venue ""
refused "missing model" "2:18: " "not there"
: >none.obj
rc=0
"$fullhouse" check v.yaml >out 2>err || rc=$?
[ "$rc" -eq 3 ] || fail "empty model: exit $rc"
grep -q "none.obj: error: " err || fail "empty model: no message"

rc=0
"$fullhouse" check nowhere 2>err || rc=$?
[ "$rc" -eq 3 ] || fail "no such folder: exit $rc"
mkdir -p empty
rc=0
"$fullhouse" check empty 2>err || rc=$?
[ "$rc" -eq 3 ] || fail "folder without venue: exit $rc"
grep -q "holds no venue.yaml" err || fail "folder without venue: no message"

"$fullhouse" --help-venue >out || fail "--help-venue"
grep -q '^system.loudspeakers' out || fail "--help-venue lacks loudspeakers"
"$fullhouse" --venue-schema >out || fail "--venue-schema"
cmp -s out "$FULLHOUSE_SHARE/fullhouse.schema.json" || fail "schema differs"
echo "venue files: all refused as they should be"

# A result that the output did not take is no success
for words in "check club-600" "check club-600 --json" --help-venue; do
  rc=0
  # shellcheck disable=SC2086
  "$fullhouse" $words >/dev/full 2>err || rc=$?
  [ "$rc" -eq 4 ] || fail "$words to a full disk: exit $rc"
  grep -q "cannot be printed: No space left" err || fail "$words: $(cat err)"
done
