#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The plugin in jalv, and fullhouse-live, on a JACK server with audio flowing:
# jack_hosts.sh BUILD PROBE
set -euo pipefail
build=$1
probe=$2
for tool in jackd jalv jack_lsp oscsend oscdump; do
  command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
# shellcheck source=tests/plugin/jack_server.sh
. "$(dirname "$0")/jack_server.sh"
live=$build/fullhouse-live
export LV2_PATH=$build/lv2:/usr/lib/lv2
export HOME=$work

fail() { echo "FAIL: $*"; exit 1; }

echo "-- wrong use, no server, bad files"
rc=0; JACK_DEFAULT_SERVER=none-$$ "$live" -G >"$work/out" 2>"$work/err" || rc=$?
[ $rc -eq 4 ] || fail "exit $rc without a server"
grep -q 'error: no JACK server' "$work/err" || fail "no word about the server"
[ "$(wc -l <"$work/err")" -eq 1 ] || fail "more than one line: $(cat "$work/err")"
rc=0; "$live" --osc=x 2>/dev/null || rc=$?
[ $rc -eq 2 ] || fail "exit $rc for a bad option"
start_jack 256
rc=0; "$live" -G /nowhere.fhp 2>"$work/err" || rc=$?
[ $rc -eq 3 ] || fail "exit $rc for a missing profile"
grep -q '/nowhere.fhp' "$work/err" || fail "the message does not name the file"
head -c 100000 /dev/urandom >"$work/bad.fhp"
rc=0; "$live" -G "$work/bad.fhp" 2>"$work/err" || rc=$?
[ $rc -eq 3 ] || fail "exit $rc for a profile of noise"
rc=0; "$live" -G -p limit_db:7 2>"$work/err" || rc=$?
{ [ $rc -eq 2 ] && grep -q '0 to 6' "$work/err"; } || fail "limit_db:7 is taken"
echo '{"format": "fullhouse soundcheck", "version": 99}' >"$work/check.json"
rc=0; "$live" -G -b "$work/check.json" 2>"$work/err" || rc=$?
{ [ $rc -eq 3 ] && grep -q 'version 99' "$work/err"; } || fail "version 99 is taken"

echo "-- a curve of another program in every form"
printf '20 1\n1000 0\n20000 -3\n' >"$work/x.frd"
"$live" --convert "$work/x.frd" -e "$work/curves" >"$work/out"
[ "$(wc -l <"$work/out")" -eq 7 ] || fail "7 files, not $(cat "$work/out")"
while read -r file; do [ -s "$file" ] || fail "no $file"; done <"$work/out"
printf '20 1\n10 2\n' >"$work/x.frd"
rc=0; "$live" --convert "$work/x.frd" -e "$work/curves" 2>"$work/err" || rc=$?
{ [ $rc -eq 3 ] && grep -q 'x.frd: line 2: frequencies must rise' "$work/err"; } ||
  fail "a falling frequency is taken: $(cat "$work/err")"
rm -r "$work/curves"

through() { # NAME: bits unchanged, no latency
  local said lag
  said=$("$probe" "$1:in_l" "$1:out_l" 2)
  echo "$1: $said"
  lag=${said#*lag=}
  lag=${lag%% *}
  [ "$lag" -eq 0 ] || fail "$1: latency of $lag frames"
  grep -q 'difference=0.000000000' <<<"$said" || fail "$1: a flat EQ changes bits"
  ! grep -q 'rms_out=0.000000' <<<"$said" || fail "$1: no sound"
}

echo "-- jalv"
jalv -i -n fhjalv urn:fullhouse:auto-eq >"$work/jalv" 2>&1 </dev/null &
pids+=($!)
wait_for has_port fhjalv:out_l || { cat "$work/jalv"; exit 1; }
through fhjalv
jack_lsp -l fhjalv:out_l | grep 'latency = \[ 0 0 \] frames' >/dev/null ||
  { jack_lsp -l fhjalv:out_l; fail "jalv reports a latency"; }

echo "-- fullhouse-live"
"$live" -G -j fhlive -O 0 -p mode:0 -e "$work/curves" >"$work/live" 2>&1 &
live_pid=$!
pids+=("$live_pid")
wait_for has_port fhlive:out_l || { cat "$work/live"; exit 1; }
through fhlive
wait_for grep -q 'OSC on port' "$work/live"
port=$(sed -n 's/.*OSC on port //p' "$work/live")

echo "-- OSC"
for ((i = 0; i < 20; ++i)); do
  listen=$((20000 + RANDOM))
  oscdump -L "$listen" >"$work/osc" 2>"$work/oscerr" &
  dump=$!
  sleep 0.3
  if kill -0 "$dump" 2>/dev/null; then break; fi
done
pids+=("$dump")
sends() { oscsend 127.0.0.1 "$port" "$@"; }
heard() { grep -q "$1" "$work/osc"; }
sends /fullhouse/subscribe i "$listen"
wait_for heard '/fullhouse/state is '
wait_for heard '/fullhouse/occupancy ff '
wait_for heard '/fullhouse/confidence f '
wait_for heard '/fullhouse/eq f\{31\} '
wait_for heard '/fullhouse/mode f 0.000000'
sends /fullhouse/freeze i 1
wait_for heard '/fullhouse/freeze f 1.000000'
sends /fullhouse/freeze F
sends /fullhouse/amount f 40
wait_for heard '/fullhouse/amount f 40.000000'
sends /fullhouse/mode s auto
wait_for heard '/fullhouse/mode f 2.000000'
sends /fullhouse/mode s suggest
sends /fullhouse/limit_db f 99
wait_for heard '/fullhouse/limit_db f 6.000000'
for trigger in apply undo panic baseline; do sends "/fullhouse/$trigger"; done
sends /fullhouse/nonsense f 1
sends /fullhouse/amount s words
sends /fullhouse/profile s /nowhere.fhp
wait_for grep -q '/nowhere.fhp' "$work/live"
sends /fullhouse/enabled i 0
wait_for heard '/fullhouse/enabled f 0.000000'
sends /fullhouse/enabled T
# Garbage on the port kills nobody
head -c 2000 /dev/urandom >"/dev/udp/127.0.0.1/$port"
printf '#bundle\0\0\0\0\0\0\0\0\1\377\377\377\377' >"/dev/udp/127.0.0.1/$port"
sends /fullhouse/trim if 17 3
# 1 kHz is number 17 of 20 Hz to 20 kHz: the response there goes to 3 dB
eq_is_up() {
  tail -n 200 "$work/osc" | grep '/fullhouse/eq' | tail -1 |
    awk '{ exit !($(3 + 18) > 2.5 && $(3 + 18) < 3.5) }'
}
wait_for eq_is_up || { grep /fullhouse/eq "$work/osc" | tail -1; exit 1; }
is_exported() { grep -q '; 1000 3\.0' "$work/curves/graphic-eq.txt"; }
wait_for grep -q '; 1000 ' "$work/curves/graphic-eq.txt"
wait_for is_exported || { cat "$work/curves/graphic-eq.txt"; exit 1; }
sends /fullhouse/unsubscribe i "$listen"
echo "$(wc -l <"$work/osc") OSC messages heard"

echo "-- the end"
kill -TERM "$live_pid"
rc=0; wait "$live_pid" || rc=$?
[ $rc -eq 0 ] || fail "exit $rc after SIGTERM"
grep -q 'ended as told' "$work/live" || fail "no last line"
cat "$work/live"
