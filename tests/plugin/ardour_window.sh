#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The window in Ardour 7 itself, by hand and not in CI (three minutes, and
# Ardour's own start is no test of ours): opens from the mixer strip, a click on
# FREEZE is in the saved session, 100 times shut and open again.
#   ardour_window.sh BUILD [SCREENSHOT]
set -euo pipefail
build=$(realpath "$1")
shot=${2:-}
for tool in ardour ardour7-lua jackd Xvfb xdotool import; do
  command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
here=$(dirname "$0")
# shellcheck source=tests/plugin/jack_server.sh
. "$here/jack_server.sh"
fail() { echo "FAIL: $*"; exit 1; }
export HOME=$work LV2_PATH=$build/lv2:$build/tests/plugin/noise:/usr/lib/lv2
export LADSPA_PATH=$work LXVST_PATH=$work VST3_PATH=$work
mkdir -p "$work/.config/ardour7"
touch "$work/.config/ardour7/.a7" # It has been here before: no welcome

Xvfb -displayfd 5 -screen 0 2100x1300x24 -nolisten tcp 5>"$work/display" >/dev/null 2>&1 &
pids+=($!)
wait_for test -s "$work/display"
DISPLAY=:$(cat "$work/display")
export DISPLAY
FULLHOUSE_STEP=make FULLHOUSE_FOLDER=$work/show FULLHOUSE_NAME=show FULLHOUSE_INSERT=1 \
  FULLHOUSE_SET="" timeout 240 ardour7-lua "$here/ardour/session.lua" >"$work/out" 2>&1 ||
  { cat "$work/out"; fail "ardour7-lua"; }

# In step with its clients, or it drops Ardour, which is slow to load
export JACK_DEFAULT_SERVER="fh-$$" JACK_NO_AUDIO_RESERVATION=1
jackd -S -n "$JACK_DEFAULT_SERVER" --no-realtime -d dummy -r 48000 -p 4096 >"$work/jackd" 2>&1 &
pids+=($!)
wait_for jack_lsp
ardour "$work/show" show >"$work/gui" 2>&1 &
gui=$!
pids+=("$gui")

seen() { xdotool search --onlyvisible --name "$1"; }
click() { xdotool mousemove "$1" "$2"; sleep 0.3; xdotool click --repeat "${3:-1}" --delay 60 1; }
wait_for seen 'Audio/MIDI Setup'
sleep 3
eval "$(seen 'Audio/MIDI Setup' | head -1 | xargs xdotool getwindowgeometry --shell | grep -E '^[XY]=')"
click $((X + 287)) $((Y + 49)) # Audio system
sleep 2
click $((X + 239)) $((Y + 72)) # JACK
sleep 2
click $((X + 559)) $((Y + 351)) # Connect
wait_for seen '^show - Ardour'
sleep 10
click 1326 72 # Mix
sleep 4
main=$(seen '^show - Ardour' | head -1)
xdotool windowsize "$main" 1348 1280
sleep 4
click 330 269 2 # The strip's entry
wait_for seen 'Fullhouse Auto-EQ' || fail "no window"
sleep 2
window=$(seen 'Fullhouse Auto-EQ' | head -1)
xdotool windowmove "$window" 900 600
sleep 1
click 1757 673 # FREEZE
sleep 2
xdotool windowfocus "$main"
xdotool mousemove 700 600 key ctrl+s
frozen() { grep -q '<Port symbol="freeze" value="1"/>' "$work/show/show.ardour"; }
wait_for frozen || fail "the click is not in the session"
echo "the session says: freeze 1"
[ -z "$shot" ] || import -window root "$shot"

ardour=$(pgrep -P "$gui" || true)
ardour=${ardour:-$gui}
memory() { awk '/^VmRSS/ { print $2 }' "/proc/$ardour/status"; }
before=$(memory)
xdotool mousemove 330 269
hidden() { ! seen 'Fullhouse Auto-EQ'; }
for ((i = 0; i < 100; ++i)); do
  xdotool click --repeat 2 --delay 60 1
  wait_for hidden
  sleep 0.5
  xdotool click --repeat 2 --delay 60 1
  wait_for seen 'Fullhouse Auto-EQ'
  sleep 0.5
done
echo "100 times shut and open: memory of Ardour from $before to $(memory) kB"
! grep -qiE 'x error|badwindow' "$work/gui" || { cat "$work/gui"; fail "X error"; }
