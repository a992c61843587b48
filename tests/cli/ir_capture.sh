#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Capture through jackd's dummy backend: a room of three taps comes back.
#   ir_capture.sh FULLHOUSE JACK_ROOM
set -euo pipefail
fullhouse=$1
room=$2
for tool in jackd jack_lsp jq; do
  command -v "$tool" >/dev/null || { echo "no $tool: skipped"; exit 77; }
done
work=$(mktemp -d)
server="fh-ir-$$"
export JACK_DEFAULT_SERVER="$server" JACK_NO_AUDIO_RESERVATION=1
pids=()
stop() {
  exec 3>&- || true
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap stop EXIT
fail() { echo "FAIL: $*"; exit 1; }

# No server: one clear message, exit 4
rc=0
"$fullhouse" ir capture -o "$work/x.wav" --quiet 2>"$work/err" || rc=$?
[ "$rc" -eq 4 ] || fail "exit $rc without a server, not 4"
grep -q "no JACK server" "$work/err" || fail "no message without a server"

# JACK's list of servers has room for eight, and those that were killed hard
# stay in it: begin a new list where no server runs
pgrep -x jackd >/dev/null || rm -rf /dev/shm/jack-* /dev/shm/jack_* 2>/dev/null || true
# Synchronous mode: a client that is late delays the graph and loses nothing
jackd -n "$server" -S --no-realtime -d dummy -r 48000 -p 1024 \
  >"$work/jackd" 2>&1 &
pids+=($!)
for ((i = 0; i < 300; ++i)); do
  if jack_lsp >/dev/null 2>&1; then break; fi
  sleep 0.1
done
jack_lsp >/dev/null 2>&1 || { cat "$work/jackd"; fail "jackd does not start"; }

mkfifo "$work/hold"
"$room" <"$work/hold" >"$work/room" &
pids+=($!)
exec 3>"$work/hold"
for ((i = 0; i < 300; ++i)); do
  if grep -q ready "$work/room" 2>/dev/null; then break; fi
  sleep 0.1
done
grep -q ready "$work/room" || fail "the room does not start"

capture() {
  "$fullhouse" ir capture --play room:in --record room:out --from 50 \
    --duration 1 --before 0.2 --after 0.3 "$@"
}

capture -o "$work/ir.wav" --recording "$work/raw.wav" --json \
  >"$work/found.json" 2>"$work/err" || { cat "$work/err"; fail "capture"; }
grep -q "peak" "$work/err" || fail "no levels reported"
[ -s "$work/raw.wav" ] || fail "no recording kept"
[ "$(jq .channels "$work/found.json")" = 1 ] || fail "channels"

# The loop through the server adds whole periods; the taps keep their places
"$fullhouse" ir analyze "$work/ir.wav" --export "$work/ir.txt" >/dev/null \
  2>&1 || true
[ -s "$work/ir.txt" ] || fail "no text"
awk '/Data start/ { data = 1; n = 0; next }
     data { x[n++] = $1 }
     END {
       for (i = 0; i < n; ++i) if (x[i] > x[p]) p = i
       printf "peak at %d: %.3f, %.3f, %.3f\n", p, x[p], x[p + 480], x[p + 1500]
       if (p % 1024) exit 1
       # The cut at 20 kHz takes a tenth of a pulse
       if (x[p] < 0.4 || x[p] > 0.5) exit 1
       if ((x[p + 480] / x[p] - 0.5)^2 > 0.0004) exit 1
       if ((x[p + 1500] / x[p] + 0.25)^2 > 0.0004) exit 1
     }' "$work/ir.txt" || fail "the room's taps did not come back"

# Nothing connected that sounds: silence is said, and no file is left
rc=0
"$fullhouse" ir capture --play room:in --record system:capture_1 --from 50 \
  --duration 0.3 --before 0.1 --after 0.1 -o "$work/silent.wav" --quiet \
  2>"$work/err" || rc=$?
# The dummy backend's inputs are silent or hold noise; both are no response
case "$rc" in 1 | 3) ;; *) fail "exit $rc for an input without the sweep" ;; esac
[ ! -e "$work/silent.wav" ] || fail "a response was invented"

rc=0
capture -o "$work/x.wav" --record nowhere:out --quiet 2>"$work/err" || rc=$?
[ "$rc" -eq 4 ] || fail "exit $rc for a missing port, not 4"
grep -q "jack_lsp" "$work/err" || fail "no hint about ports"
echo "ok"
