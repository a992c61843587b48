#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every line of the README that calls fullhouse, run as it stands, in the order
# of the README, with a model of ours as "your own hall":
#   readme.sh FULLHOUSE SOURCE
set -euo pipefail
fullhouse=$1
source=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$fullhouse" "$work/bin/fullhouse"
export PATH="$work/bin:$PATH"
cp "$source/venues/club-600/club-600.obj" "$work/hall.obj"
cd "$work"

# What the reader does in the editor: materials, audience, loudspeakers
edit() {
  sed -e 's/club-600.obj/hall.obj/' "$source/venues/club-600/venue.yaml" \
    >hall/venue.yaml
  cp hall.obj hall/
}

n=0
while IFS= read -r line; do
  # Short versions, so that this is a test and no wait
  case $line in
    *"EDITOR"*) edit; continue ;;
    *" simulate "*) line="$line --rays 1024 --no-responses --no-maps" ;;
    *" profile "*) line="$line --rays 1024 --seats 8" ;;
    *" rehearse "*) line="$line --minutes 1" ;;
    *VENUE* | *FILE*) continue ;;
  esac
  line=${line/ --rays/ --quiet --rays}
  echo "+ $line"
  eval "$line" >out 2>err || { echo "FAIL: exit $?"; cat out err; exit 1; }
  n=$((n + 1))
done < <(sed -n 's/^    //p' "$source/README.md" | sed 's/  *#.*//' |
  grep -E '^(fullhouse |.*EDITOR)')
[ "$n" -ge 5 ] || { echo "FAIL: only $n lines of the README were run"; exit 1; }
for file in run/seats.csv run/report.html run/states/empty/seats.csv hall.fhp \
  rehearsal/rehearsal.json; do
  [ -s "$file" ] || { echo "FAIL: no $file"; exit 1; }
done

# Commands that the text names
for command in array "ir analyze" "ir sweep" "ir deconvolve" "ir capture" report; do
  # shellcheck disable=SC2086
  "$fullhouse" $command --help >out || { echo "FAIL: $command"; exit 1; }
done
"$fullhouse" --help-venue >out
grep -q audience out
"$fullhouse" array hall >out || [ $? -eq 1 ]
"$fullhouse" diff run --from empty --to full >out
echo "$n lines of the README work"
