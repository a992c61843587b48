#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The torture host sees each sin of a plugin that sins on purpose:
# torture_control.sh PROGRAM BUNDLES
set -euo pipefail
torture=$1
export LV2_PATH=$2:/usr/lib/lv2

# sin|case|words that must be in the verdict
while IFS='|' read -r sin one words; do
  set +e
  said=$("$torture" -s -o "$one" -c "sin=$sin" urn:fullhouse:bad)
  rc=$?
  set -e
  case "$said" in
    *"calls are not seen"*) echo "skipped: a sanitizer owns the allocator"; exit 77 ;;
  esac
  if [ "$sin" = 0 ]; then
    [ $rc -eq 0 ] || { echo "FAIL: a good plugin is blamed: $said"; exit 1; }
  else
    if [ $rc -ne 1 ] || ! grep -q "^FAIL.*$words" <<<"$said"; then
      echo "FAIL: sin $sin is not seen (exit $rc): $said"; exit 1
    fi
  fi
  echo "ok: sin $sin in case $one${words:+: $words}"
done <<'END'
0|blocks|
0|state|
0|latency|
0|bits|
0|bypass|
1|blocks|malloc=
2|blocks|free=
3|blocks|pthread_mutex_lock=
4|blocks|write=
5|blocks|nanosleep=
6|blocks|write outside of an audio buffer
7|blocks|not finite
8|latency|latency says 64, is 64
9|blocks|fopen=.*fclose=
10|bits|other bits
11|state|differs after a round trip
12|bypass|bits differ
END
