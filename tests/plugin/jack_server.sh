# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
# To be sourced: a JACK server of our own, found by nobody else.
#   start_jack [PERIOD]   wait_for COMMAND...   stop_all
pids=()
work=$(mktemp -d)

stop_all() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  pids=()
  rm -rf "$work"
}
trap stop_all EXIT

# Try a command until it succeeds, for 30 s
wait_for() {
  local i
  for ((i = 0; i < 300; ++i)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
  echo "FAIL: waited 30 s for: $*"
  return 1
}

# JACK's list of servers has room for eight, and those that were killed hard
# stay in it: begin a new list where no server runs
clear_jack() {
  pgrep -x jackd >/dev/null || rm -rf /dev/shm/jack-* /dev/shm/jack_* 2>/dev/null || true
}

start_jack() {
  clear_jack
  export JACK_DEFAULT_SERVER="fh-$$" JACK_NO_AUDIO_RESERVATION=1
  jackd -n "$JACK_DEFAULT_SERVER" --no-realtime -d dummy -r 48000 \
    -p "${1:-256}" >"$work/jackd" 2>&1 &
  pids+=($!)
  wait_for jack_lsp || { cat "$work/jackd"; exit 1; }
}

has_port() {
  jack_lsp 2>/dev/null | grep -qx "$1"
}
