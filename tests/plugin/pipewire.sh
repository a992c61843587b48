#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# fullhouse-live and the plugin in jalv on PipeWire's JACK: pipewire.sh BUILD PROBE
set -euo pipefail
build=$1
probe=$2
for tool in pipewire pw-jack jalv jack_lsp; do
  command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
work=$(mktemp -d)
chmod 700 "$work"
export XDG_RUNTIME_DIR=$work HOME=$work LV2_PATH=$build/lv2:/usr/lib/lv2
unset PIPEWIRE_REMOTE
pids=()
stop_all() {
  local pid
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap stop_all EXIT
fail() { echo "FAIL: $*"; exit 1; }

has_port() { timeout 10 pw-jack jack_lsp 2>/dev/null | grep -qx "$1"; }
wait_for() {
  local i
  for ((i = 0; i < 150; ++i)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.2
  done
  fail "waited for: $*"
}

pipewire >"$work/pipewire" 2>&1 &
pids+=($!)
wait_for timeout 10 pw-jack jack_lsp

# PipeWire 0.3 loses periods in freewheel now and then: some tries for all bits
# at lag 0; a client with a latency would not make it in any
through() {
  local said i
  for ((i = 0; i < 12; ++i)); do
    said=$(timeout 120 pw-jack "$probe" "$1:in_l" "$1:out_l" 2)
    echo "$1: $said"
    if grep -q ' lag=0 .*difference=0.000000000' <<<"$said" &&
      ! grep -q 'rms_out=0.000000' <<<"$said"; then
      return 0
    fi
  done
  fail "$1: a latency, or a flat EQ that changes bits"
}

pw-jack "$build/fullhouse-live" -G -j fhlive >"$work/live" 2>&1 &
live=$!
pids+=("$live")
wait_for has_port fhlive:out_l
through fhlive

pw-jack jalv -i -n fhjalv urn:fullhouse:auto-eq >"$work/jalv" 2>&1 </dev/null &
pids+=($!)
wait_for has_port fhjalv:out_l
through fhjalv

kill -TERM "$live"
rc=0; wait "$live" || rc=$?
[ $rc -eq 0 ] || fail "exit $rc after SIGTERM"
grep -q 'ended as told' "$work/live" || { cat "$work/live"; fail "no last line"; }
