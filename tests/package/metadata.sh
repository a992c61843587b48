#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The menu's entry and what stores of programs read are valid: metadata.sh BUILD SOURCE
set -euo pipefail
build=$1
source=$2
for tool in desktop-file-validate appstreamcli xmllint; do
  command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
desktop=$source/cmake/packaging/fullhouse-live.desktop
desktop-file-validate "$desktop"
for file in "$build"/cmake/packaging/*.metainfo.xml; do
  echo "$(basename "$file"): $(appstreamcli validate --no-net --pedantic "$file" | tail -1)"
  appstreamcli validate --no-net "$file" >/dev/null
done
icon=$(sed -n 's/^Icon=//p' "$desktop")
xmllint --noout "$source/cmake/packaging/$icon.svg"
program=$(sed -n 's/^Exec=\([^ ]*\).*/\1/p' "$desktop")
[ ! -e "$build/fullhouse-live" ] || [ -x "$build/$program" ]
