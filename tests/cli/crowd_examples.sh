#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Traced venues: six classes, resumed, shared, the same bits every way
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
fullhouse=$1

examples() {
  "$fullhouse" crowd examples --quiet --rays 64 --seats 6 "$@"
}

examples -o "$work/all" -n 6 --threads 1 >"$work/out"
grep -q '6 venues' "$work/out" || fail "no count of venues"
[ "$(find "$work/all" -name '*.fhp' | wc -l)" = 6 ] || fail "no 6 profiles"
[ "$(find "$work/all" -name '*.safetensors' | wc -l)" = 6 ] || fail "no 6 houses"

# Two shards on more threads, one of them stopped and resumed
examples -o "$work/parts" -n 6 --shard 1/2 --threads 2 >"$work/out"
examples -o "$work/parts" -n 6 --shard 2/2 --threads 2 >"$work/out"
rm "$work/parts/venue-000003.safetensors"
examples -o "$work/parts" -n 6 --threads 2 >"$work/out"
diff -r "$work/all" "$work/parts" || fail "shards differ from one process"

# Another seed gives other houses
examples -o "$work/other" -n 1 --seed 2 >"$work/out"
cmp -s "$work/all/venue-000000.fhp" "$work/other/venue-000000.fhp" &&
  fail "the seed does nothing"

# A folder made otherwise is not mixed with
code=0
examples -o "$work/all" -n 6 --seed 2 >"$work/out" 2>"$work/err" || code=$?
[ "$code" = 3 ] || fail "mixed two seeds in one folder (exit $code)"
grep -q 'seed 1' "$work/err" || fail "does not say what the folder holds"

# A damaged file is refused, never carried on with
head -c 200 "$work/parts/venue-000001.safetensors" >"$work/short"
mv "$work/short" "$work/parts/venue-000001.safetensors"
code=0
examples -o "$work/parts" -n 6 >"$work/out" 2>"$work/err" || code=$?
[ "$code" = 3 ] || fail "takes a truncated file (exit $code)"

for bad in 0/2 3/2 x 1/2/3; do
  code=0
  examples -o "$work/bad" --shard "$bad" 2>"$work/err" || code=$?
  [ "$code" = 2 ] || fail "--shard $bad: exit $code"
done
echo ok
