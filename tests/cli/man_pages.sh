#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every command has a man page, which reads without a warning and names its
# options: man_pages.sh DIR COMPLETIONS
set -euo pipefail
dir=$1
command -v man >/dev/null || { echo "skipped: no man"; exit 77; }
[ -e "$dir/fullhouse.1" ] || { echo "skipped: no help2man at the build"; exit 77; }
"$2" list fullhouse | while IFS= read -r command; do
  [ -e "$dir/${command// /-}.1" ] ||
    { echo "FAIL: no man page of '$command': see cmake/FullhouseManPages.cmake"; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for page in "$dir"/*.1; do
  LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 \
    man --warnings -l -Tutf8 "$page" >"$work/text" 2>"$work/said" </dev/null
  [ ! -s "$work/said" ] || { echo "FAIL: $page"; cat "$work/said"; exit 1; }
  grep -q 'fullhouse' "$work/text" || { echo "FAIL: $page is empty"; exit 1; }
done
LC_ALL=C.UTF-8 MANWIDTH=80 man -l -Tascii "$dir/fullhouse-ir-analyze.1" \
  2>/dev/null </dev/null | col -b >"$work/text"
grep -q -- '--third' "$work/text" || { echo "FAIL: --third is missing"; exit 1; }
echo "$(find "$dir" -name '*.1' | wc -l) man pages"
