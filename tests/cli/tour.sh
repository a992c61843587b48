#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# fullhouse tour from the outside: tour.sh PROGRAM SHARE [MPI_PROGRAM]
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
program=$(realpath "$1")
FULLHOUSE_SHARE=$(realpath "$2")
export FULLHOUSE_SHARE
mpi=${3:+$(realpath "$3")}
cd "$work"
needs jq

# hall LENGTH NAME: a hall with two loudspeakers, an array and a centre
hall() {
  cat <<YAML
fullhouse: 1
name: $2
$(box_faces 12 "$1" 6)
materials:
  Wall: {absorption: [0.6,0.6,0.6,0.6,0.6,0.6,0.6,0.6], scattering: 0.4}
audience:
  - {name: stalls, surface: [[1,4,0],[11,4,0],[11,$(($1 - 1)),0],[1,$(($1 - 1)),0]],
     posture: seated, seat: medium, capacity: 60, spacing_m: 2.0}
system:
  loudspeakers:
    - {name: L, model: fh-point-90x60, at: [1,1,4], aim: {yaw_deg: -20}}
    - {name: R, model: fh-point-90x60, at: [11,1,4], aim: {yaw_deg: 20}}
    - {name: FillL, model: fh-point-90x60, at: [4,1,2], gain_db: -6}
    - {name: FillR, model: fh-point-90x60, at: [8,1,2], gain_db: -6}
  arrays:
    - {name: A, box: fh-line-10, count: 4, top: [6,1,5.5], splay_deg: [1,2,3]}
placement:
  - {move: [L, R], within: [[0.5,0.5,3],[11.5,1.5,5]], yaw_deg: [-40,40], gain_db: [-6,0]}
  - {move: [FillL, FillR], gain_db: [-12,0]}
YAML
}
hall 14 Short >short.yaml
hall 20 Long >long.yaml
cat >tour.yaml <<'YAML'
name: Two <halls> & none
inventory:
  - {model: fh-point-90x60, count: 3}
  - {model: fh-line-10, count: 3}
nights:
  - {name: One, date: Monday, venue: short.yaml}
  - {name: Two, venue: long.yaml, occupancy: 0.5}
  - {name: Three, venue: nowhere.yaml}
YAML
quick=(--evaluations 8 --rays 256 --threads 1 --quiet)

# Killed after its first night, the tour goes on with the second
"$program" tour tour.yaml -o out "${quick[@]}" >/dev/null 2>&1 &
pid=$!
for _ in $(seq 1200); do
  [ -e out/01-one/night.json ] && break
  kill -0 $pid 2>/dev/null || break
  sleep 0.1
done
kill -9 $pid 2>/dev/null || true
wait $pid 2>/dev/null || true
[ -e out/01-one/night.json ] || fail "no first night"
[ -e out/tour.json ] || fail "the folder was not marked"
stamp=$(stat -c %Y.%y out/01-one/night.json)
got=0
"$program" tour tour.yaml -o out --evaluations 8 --rays 256 --threads 1 --json \
  >tour.json 2>said || got=$?
[ "$got" -eq 1 ] || fail "exit code $got with a night that failed: $(cat said)"
[ "$stamp" = "$(stat -c %Y.%y out/01-one/night.json)" ] ||
  fail "the first night was done again"
grep -q 'done before, kept' said || fail "not told that it was kept"
grep -q "nowhere.yaml" said || fail "no word of the venue that is not there"
cmp -s tour.json out/tour.json || fail "tour.json is not what --json prints"

# The night that failed comes first; the others have what is asked for
[ "$(jq -r '.nights[0].name, .nights[0].verdict' tour.json | xargs)" = \
  "Three failed" ] || fail "order: $(jq -c '[.nights[].name]' tour.json)"
jq -e '[.nights[1,2] | .trouble] | .[0] >= .[1]' tour.json >/dev/null ||
  fail "not ranked"
for night in 01-one 02-two; do
  for file in run/run.json run/report.html run/report.pdf run/deadzones.json \
    run/maps/spl_dba.png place/venue.yaml place/moves.txt; do
    [ -s "out/$night/$file" ] || fail "no $night/$file"
  done
done
jq -e '.venue.audience[0].occupancy == 0.5' out/02-two/run/run.json >/dev/null ||
  fail "occupancy of the night"

# One point source and one box are lacking; what hangs is in the truck, in pairs
jq -e '.hire | map({(.model): .count}) | add ==
  {"fh-point-90x60": 1, "fh-line-10": 1}' out/01-one/night.json >/dev/null ||
  fail "hire: $(jq -c .hire out/01-one/night.json)"
jq -e 'all(.hire[]; .why | startswith("to hang "))' out/01-one/night.json \
  >/dev/null || fail "no reason to hire: $(jq -c .hire out/01-one/night.json)"
jq -e --slurpfile placed out/01-one/place/place.json '.hire ==
  $placed[0].lacking' out/01-one/night.json >/dev/null ||
  fail "the list to hire is not that of the placement"
grep -q '1 × fh-line-10 to hang A as' out/index.html || fail "no reason on the page"
jq -e '.pack | map({(.model): .count}) | add ==
  {"fh-point-90x60": 2, "fh-line-10": 3}' out/01-one/night.json >/dev/null ||
  fail "pack: $(jq -c .pack out/01-one/night.json)"
jq -e '[.sources[] | select(.muted) | .name] == ["FillL", "FillR"]' \
  out/01-one/run/run.json >/dev/null || fail "what was left at home"

# The page: nothing from outside, names escaped
grep -q "default-src 'none'" out/index.html || fail "no policy"
grep -q 'Two &lt;halls&gt; &amp; none' out/index.html || fail "not escaped"
if grep -Eq '(src|href)="?https?:' out/index.html; then fail "outside links"; fi
grep -o 'href="0[^"]*"' out/index.html | cut -d'"' -f2 >links
[ -s links ] || fail "no links"
while read -r link; do
  [ -e "out/$link" ] || fail "dead link $link"
done <links

# Another truck: all is done again
sed 's/count: 3}/count: 4}/' tour.yaml >full.yaml
"$program" tour full.yaml -o out "${quick[@]}" >/dev/null 2>&1 || true
jq -e '.hire == [] and .done' out/01-one/night.json >/dev/null ||
  fail "a full truck lacks something"

# Ranks share the nights and come to the same
if [ -n "$mpi" ] && command -v mpirun >/dev/null; then
  launch=(mpirun -n 2 --oversubscribe)
  [ "$(id -u)" -ne 0 ] || launch+=(--allow-run-as-root)
  "${launch[@]}" "$mpi" tour full.yaml -o ranks "${quick[@]}" >/dev/null 2>&1 ||
    true
  for night in 01-one 02-two; do
    cmp "out/$night/run/seats.csv" "ranks/$night/run/seats.csv" ||
      fail "ranks differ in $night"
  done
  cmp out/tour.json ranks/tour.json || fail "ranks differ in tour.json"
fi

# refuse CODE PATTERN TEXT: a tour file that is wrong
refuse() {
  local got=0
  printf '%b' "$3" >bad.yaml
  "$program" tour bad.yaml -o bad >stdout 2>stderr || got=$?
  [ "$got" -eq "$1" ] || fail "exit code $got, wanted $1: $3"
  grep -Eq "$2" stderr || fail "no '$2' in: $(head -3 stderr)"
  { [ ! -s stdout ] && [ ! -e bad ]; } || fail "wrote something"
}
stock='inventory:\n  - {model: a, count: 1}\n'
nights='nights:\n  - {name: X, venue: short.yaml}\n'
refuse 3 'bad.yaml:.*inventory' "name: T\n$nights"
refuse 3 "bad.yaml:[0-9]+:[0-9]+: error: .*(did you mean|unknown)" \
  "name: T\nnihgts: 1\n$stock$nights"
refuse 3 "'a' is listed twice" \
  "name: T\ninventory: [{model: a, count: 1}, {model: a, count: 2}]\n$nights"
mkdir foreign
touch foreign/file
got=0
"$program" tour full.yaml -o foreign >/dev/null 2>stderr || got=$?
{ [ "$got" -eq 3 ] && grep -q 'no tour.json' stderr; } || fail "a foreign folder"
got=0
printf 'name: T\n%b%b' "$stock" "$nights" >poor.yaml
"$program" tour poor.yaml -o poor --quiet >/dev/null 2>stderr || got=$?
{ [ "$got" -eq 1 ] && grep -q 'nothing in stock fits' stderr; } ||
  fail "an inventory that fits nothing: $got $(cat stderr)"
echo "tour works"
