#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The window on an X server of its own: 100 lives, jalv.gtk3, fullhouse-live:
# window.sh BUILD UI_CYCLE
set -euo pipefail
build=$1
cycle=$2
for tool in Xvfb xdotool jackd jalv.gtk3 jack_lsp import; do
  command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
# shellcheck source=tests/plugin/jack_server.sh
. "$(dirname "$0")/jack_server.sh"
fail() { echo "FAIL: $*"; exit 1; }

# Xvfb finds a free display by itself and writes its number
Xvfb -displayfd 5 -screen 0 2100x1300x24 -nolisten tcp 5>"$work/display" \
  >/dev/null 2>&1 &
pids+=($!)
wait_for test -s "$work/display"
DISPLAY=:$(cat "$work/display")
export DISPLAY HOME=$work LV2_PATH=$build/lv2:/usr/lib/lv2

echo "-- 100 lives"
"$cycle" "$build/lv2/fullhouse.lv2/fullhouse_ui.so" 100

start_jack 256
colour() { # X Y of the root window
  import -window root -crop "1x1+$1+$2" -depth 8 rgb:- 2>/dev/null |
    od -An -tu1 | tr -s ' ' | sed 's/^ //; s/ $//'
}
# FREEZE lit: Okabe and Ito's reddish purple at its corner
is_frozen() { [ "$(colour "$1" 20)" = "204 121 167" ]; }
is_not_frozen() { [ "$(colour "$1" 20)" = "35 38 42" ]; }

echo "-- jalv.gtk3: a click on FREEZE comes back as the state"
stdbuf -oL jalv.gtk3 -n fhgtk --print-controls urn:fullhouse:auto-eq >"$work/gtk" 2>&1 &
pids+=($!)
wait_for xdotool search --onlyvisible --name 'Fullhouse Auto-EQ'
wait_for is_not_frozen 735 || { colour 735 20; cat "$work/gtk"; exit 1; }
xdotool mousemove 857 40
sleep 0.3
xdotool click 1
# State 10 is "frozen by hand": from the port through run() and back to stdout
wait_for grep -q '^state = 10' "$work/gtk"
wait_for is_frozen 735 || { colour 735 20; exit 1; }
xdotool click 1
wait_for is_not_frozen 735
xdotool mousemove 760 245 mousedown 1 mousemove 760 345 mouseup 1
xdotool mousemove 857 40
kill "${pids[-1]}"
wait "${pids[-1]}" 2>/dev/null || true
unset 'pids[-1]'
! grep -q 'X Error' "$work/gtk" || { cat "$work/gtk"; fail "X error"; }
grep -c '^state = ' "$work/gtk" | sed 's/$/ states printed/'

echo "-- fullhouse-live at twice the size"
FULLHOUSE_SCALE=2 "$build/fullhouse-live" -j fhwin -O 0 >"$work/live" 2>&1 &
live=$!
pids+=("$live")
wait_for xdotool search --onlyvisible --name fhwin
xdotool mousemove 1714 80
sleep 0.3
xdotool click 1
wait_for grep -q 'Frozen by hand' "$work/live"
big_frozen() { [ "$(colour 1470 40)" = "204 121 167" ]; }
wait_for big_frozen
kill -TERM "$live"
rc=0; wait "$live" || rc=$?
[ $rc -eq 0 ] || fail "exit $rc after SIGTERM"
