#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The lines of the tutorial, run as they stand and in their order:
#   tutorial.sh BUILD SOURCE PLAY_IN_ROOM
set -euo pipefail
build=$1
source=$2
play=$3
page=$source/cmake/packaging/fullhouse-tutorial.7
# shellcheck source=tests/plugin/jack_server.sh
. "$(dirname "$0")/../plugin/jack_server.sh"
export FULLHOUSE_SHARE=$source/venues HOME=$work
fail() { echo "FAIL: $*"; exit 1; }
PATH=$build:$PATH
cp "$source/venues/club-600/club-600.obj" "$work/hall.obj"
cd "$work"
has_jack=true
for tool in jackd jack_lsp oscsend; do
  command -v "$tool" >/dev/null || has_jack=false
done
[ -x "$build/fullhouse-live" ] || has_jack=false
$has_jack || echo "without JACK, so without fullhouse-live"

# What the reader does in the editor: the page's own words
edit() {
  sed -i '/^audience:/,$d' hall/venue.yaml
  sed -n '/^\.\\" venue.yaml/,/^\.\\" end/p' "$page" | grep -v '^\.' >>hall/venue.yaml
}

port=
n=0
run() {
  echo "+ $1"
  local rc=0
  eval "$1" >out 2>err || rc=$?
  case $1:$rc in
    *:0 | *" validate "*:1) ;; # 1: the answer is no
    *) cat out err; fail "exit $rc" ;;
  esac
  n=$((n + 1))
}
live() { # Until it is stopped at the end
  $has_jack || return 0
  start_jack 1024
  echo "+ $1"
  # A port of this run's own, and no display
  eval "exec ${1/-O 9000/-O 0} -G" >live 2>&1 &
  pids+=($!)
  wait_for grep -q 'OSC on port' live || { cat live; exit 1; }
  port=$(sed -n 's/.*OSC on port //p' live)
  n=$((n + 1))
}

while IFS= read -r line; do
  line=${line//\\-/-}
  # Short versions, so that this is a test and no wait
  case $line in
    edit) edit; continue ;;
    empty) sed -i 's/^occupancy: .*/occupancy: 0/' hall/venue.yaml; continue ;;
    *" import "*) ;;
    *" simulate "*) line+=" --rays 2048 --gather-rays 32 --no-maps --quiet" ;;
    *" profile "*) line+=" --rays 1024 --seats 8 --quiet" ;;
    *" rehearse "*) line+=" --minutes 1 --quiet" ;;
    *" sweep "*) line+=" --duration 2 --after 2" ;;
    *" validate "*) line+=" --rays 2048 --quiet" ;;
    *" calibrate "*) line+=" --rays 2048 --rounds 1 --no-left-out --quiet" ;;
    fullhouse-live*) live "$line"; continue ;;
    oscsend*)
      $has_jack || continue
      line=${line/ 9000 / $port } ;;
  esac
  run "$line"
  case $line in
    *"freeze i 1") wait_for grep -q 'Frozen by hand' live || { cat live; exit 1; } ;;
    *" import "*) grep -q '16.00 x 28.00' out || fail "not the size that the page says" ;;
    *" sweep "*)
      mkdir -p measured
      "$play" sweep.wav empty/ir/RIR_*_L_FOH.wav recorded.wav ;;
  esac
done < <(sed -n -e 's/^\.\\" end/edit/p; s/^\.\\" occupancy: 0/empty/p; s/^\$ //p' "$page")
for file in array/L-coverage.png full/report.html full/ir empty/seats.csv hall.fhp \
  rehearsal/rehearsal.json measured/hall_L_FOH.wav hall/calibrated.yaml; do
  [ -s "$file" ] || fail "no $file"
done
if $has_jack; then
  kill -TERM "${pids[-1]}"
  wait "${pids[-1]}" || fail "fullhouse-live: exit $?"
  unset 'pids[-1]'
fi
echo "$n lines of the tutorial work"
[ "$n" -ge 14 ] || fail "too few"
