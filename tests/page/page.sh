#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Simulate a venue full and empty, with a second run beside them, and use the
# page as a person would:
# page.sh FULLHOUSE VENUE WORK
set -euo pipefail
fullhouse=$1
venue=$2
work=$3
here=$(cd "$(dirname "$0")" && pwd)
[ -x /usr/bin/chromium ] || { echo "skipped: no chromium"; exit 77; }
command -v npm >/dev/null || { echo "skipped: no npm"; exit 77; }
mkdir -p "$work"
cp "$here"/{package.json,package-lock.json,.npmrc,page.js} "$work"
(cd "$work" && npm ci --no-audit --no-fund --ignore-scripts --loglevel=error)
rm -rf "$work/full" "$work/half" "$work/large"
"$fullhouse" simulate "$venue" -o "$work/full" --rays 1024 --gather-rays 64 \
  --state 0 --quiet --no-responses >/dev/null
"$fullhouse" simulate "$venue" -o "$work/half" --rays 1024 --gather-rays 64 \
  --quiet --occupancy 0.5 --no-responses --no-maps >/dev/null
"$fullhouse" report "$work/full" --compare "$work/half"
if command -v pdftotext >/dev/null; then
  pdftotext -layout "$work/full/report.pdf" "$work/paper.txt"
  for word in Goals 'Dead zones' Loudspeakers 'standard error' Octaves \
    $(jq -r '.sources[].name' "$work/full/run.json"); do
    grep -q "$word" "$work/paper.txt" ||
      { echo "FAIL: no '$word' in report.pdf"; exit 1; }
  done
  pages=$(pdfinfo "$work/full/report.pdf" | sed -n 's/^Pages: *//p')
  [ "$pages" -ge 6 ] || { echo "FAIL: report.pdf has $pages pages"; exit 1; }
fi
"$fullhouse" simulate "$(dirname "$venue")/arena-12000" -o "$work/large" \
  --rays 1024 --gather-rays 32 --quiet --no-responses >/dev/null
for run in full large; do
  size=$(stat -c %s "$work/$run/report.html")
  [ "$size" -le 5000000 ] || { echo "FAIL: $size bytes of $run"; exit 1; }
done
rc=0; "$fullhouse" report "$work" 2>"$work/said" || rc=$?
{ [ $rc -eq 3 ] && grep -q 'run.json' "$work/said"; } ||
  { echo "FAIL: exit $rc for a folder that is no run"; exit 1; }
cd "$work"
node page.js "$work/full/report.html" \
  "$work/node_modules/axe-core/axe.min.js" "$work/large/report.html"
