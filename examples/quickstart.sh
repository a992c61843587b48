#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From nothing to a simulated theatre, a rehearsed show and the plugin in a real
# host. Installs what is missing and builds; safe to repeat.
set -euo pipefail
cd "$(dirname "$0")/.."
out=$PWD/build/quickstart
began=$SECONDS

say() { printf '\n== %s\n' "$*"; }

say "1/5 Installing what is missing"
./examples/packages.sh --show

say "2/5 Building"
cmake --preset release -DFULLHOUSE_BUILD_TESTS=OFF >/dev/null
cmake --build build | tail -n 1
mkdir -p "$out"

say "3/5 Simulating the theatre with a full house"
./build/fullhouse simulate venues/theatre-1200 -o "$out/theatre"

echo "First report after $(( (SECONDS - began) / 60 )) min $(( (SECONDS - began) % 60 )) s: $out/theatre/report.html"

say "4/5 Rehearsing a show in the club with the auto-EQ, doors to full house"
./build/fullhouse profile venues/club-600 -o "$out/club-600.fhp" --rays 32768
./build/fullhouse rehearse "$out/club-600.fhp" -o "$out/rehearsal" --minutes 50

say "5/5 Running the plugin in a host (jalv, on a JACK server without hardware)"
home=$(mktemp -d)
pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait || true
  rm -rf "$home"
}
trap stop EXIT
export JACK_DEFAULT_SERVER="fullhouse-$$" JACK_NO_AUDIO_RESERVATION=1
export LV2_PATH="$PWD/build/lv2:/usr/lib/lv2" HOME="$home"
# What servers that were killed left behind would be in the way
pgrep -x jackd >/dev/null || rm -rf /dev/shm/jack-* /dev/shm/jack_* 2>/dev/null || true
jackd -n "$JACK_DEFAULT_SERVER" --no-realtime -d dummy -r 48000 -p 256 \
  >"$home/jackd" 2>&1 &
pids+=($!)
for _ in $(seq 100); do jack_lsp >/dev/null 2>&1 && break; sleep 0.1; done
jalv -i -n auto-eq urn:fullhouse:auto-eq </dev/null >"$home/jalv" 2>&1 &
pids+=($!)
for _ in $(seq 100); do
  jack_lsp 2>/dev/null | grep -q '^auto-eq:out_l$' && break
  sleep 0.1
done
jack_connect system:capture_1 auto-eq:in_l
jack_connect auto-eq:out_l system:playback_1
jack_lsp -c | grep -A1 '^auto-eq:\(in\|out\)_l'
echo "The plugin runs in jalv, connected to the server's input and output."

say "Done in $(( (SECONDS - began) / 60 )) min $(( (SECONDS - began) % 60 )) s. Look at"
cat <<END
  $out/theatre/report.html        the theatre in 3D: every seat, dead zones, curves
  $out/theatre/maps/spl_dba.png   level at every seat
  $out/theatre/maps/sti.png       intelligibility
  $out/theatre/seats.csv          every number, a row for each seat
  $out/theatre/ir/                impulse responses (WAV, SOFA)
  $out/rehearsal/tonal_error.png  the show: untouched, microphone undone, auto-EQ
  $out/rehearsal/occupancy.png    how well the crowd was counted by ear
END
