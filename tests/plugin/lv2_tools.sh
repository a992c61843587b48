#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The tools of others accept the bundle: lv2_tools.sh BUNDLE_FOLDER
set -euo pipefail
bundle=$1
uri=urn:fullhouse:auto-eq
for tool in lv2_validate lv2ls lv2info lv2bench lv2file sord_validate; do
  command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
LV2_PATH=$(dirname "$bundle"):/usr/lib/lv2
export LV2_PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

lv2_validate "$bundle"/*.ttl >"$work/validate" 2>&1 || {
  cat "$work/validate"; echo "FAIL: lv2_validate"; exit 1; }
grep -q 'Found 0 errors' "$work/validate"
tail -1 "$work/validate"

lv2ls | grep -x "$uri" >/dev/null
lv2info "$uri" >"$work/info"
grep -q 'Has latency: *yes, reported by port 23' "$work/info"
[ "$(grep -c '^	Port ' "$work/info")" -eq 62 ]
echo "lv2info: $(grep -c '^	Port ' "$work/info") ports"

lv2bench -n 96000 -b 64 "$uri" 2>"$work/err" | tee "$work/bench"
grep -q "$uri" "$work/bench"

# A sine through lv2file comes out as it went in: flat EQ, latency 0
sox_like() { # mono 16 bit WAV of two seconds, 48 kHz, from awk alone
  awk 'BEGIN {
    n = 96000; bytes = n * 4
    printf "RIFF"; u32(36 + bytes); printf "WAVEfmt "; u32(16); u16(1); u16(2)
    u32(48000); u32(192000); u16(4); u16(16); printf "data"; u32(bytes)
    for (i = 0; i < n; ++i) {
      x = int(8000 * sin(6.283185307 * 997 * i / 48000)); if (x < 0) x += 65536
      u16(x); u16(x)
    }
  }
  function u16(x) { printf "%c%c", x % 256, int(x / 256) % 256 }
  function u32(x) { u16(x % 65536); u16(int(x / 65536)) }'
}
LC_ALL=C sox_like >"$work/in.wav"
lv2file -i "$work/in.wav" -o "$work/out.wav" -c 1:in_l \
  -c 2:in_r -c 1:mic_1 -c 2:mic_2 "$uri" >"$work/lv2file" 2>&1 || {
  cat "$work/lv2file"; echo "FAIL: lv2file"; exit 1; }
cmp <(tail -c 384000 "$work/in.wav") <(tail -c 384000 "$work/out.wav") || {
  echo "FAIL: a flat equaliser changed the samples"; exit 1; }
echo "lv2file: bit-exact"
