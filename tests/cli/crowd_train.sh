#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# From traced venues to weights and their score: repeatable, refused when bad
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
fullhouse=$1

# Exit code of a command that has to fail
code_of() {
  local code=0
  "$@" >"$work/out" 2>"$work/err" || code=$?
  echo "$code"
}

"$fullhouse" crowd examples --quiet --rays 64 --seats 6 -n 36 \
  -o "$work/venues" >"$work/out"
"$fullhouse" crowd train --quiet --ridge -o "$work/a.safetensors" \
  "$work/venues" >"$work/out"
grep -q '^Data: .* 30 venues' "$work/out" || fail "did not hold out a sixth"
grep -q '6 venues held out: model' "$work/out" || fail "no scores"
grep -aq 'ridge, lambda' "$work/a.safetensors" || fail "no recipe in the file"

# The same again, to the bit; other measurements give other weights
"$fullhouse" crowd train --quiet --ridge -o "$work/b.safetensors" \
  "$work/venues" >"$work/out"
cmp "$work/a.safetensors" "$work/b.safetensors" || fail "does not repeat"
"$fullhouse" crowd train --quiet --ridge --seed 2 -o "$work/c.safetensors" \
  "$work/venues" >"$work/out"
cmp -s "$work/a.safetensors" "$work/c.safetensors" && fail "the seed is lost"

# A choice is scored on parts of the venues to learn from, and writes nothing
"$fullhouse" crowd train --quiet --folds 5 --draws 2 --nets 1 "$work/venues" \
  >"$work/folds"
grep -c '^  part [1-5] ' "$work/folds" | grep -qx 5 || fail "not five parts"
awk '$1 == "all" { found = NF == 7 && $2 > 0 && $3 > 0 } END { exit !found }' \
  "$work/folds" || fail "no score of all parts"
code=$(code_of "$fullhouse" crowd train --folds 2 -o "$work/d.safetensors" \
  "$work/venues")
[ "$code" = 2 ] || fail "takes --folds with an output (exit $code)"

# The fit to the microphone must beat doing nothing and undoing what it hears
"$fullhouse" crowd evaluate --json -m "$work/a.safetensors" "$work/venues" \
  >"$work/score.json"
python3 - "$work/score.json" <<'PYTHON' || fail "scores"
import json, sys
score = json.load(open(sys.argv[1]))
assert len(score) == 7, list(score)
rms = {k: v["rms_db"] for k, v in score["all"]["methods"].items()}
assert rms["physics fit"] < 0.6 * rms["nothing"], rms
assert rms["physics fit"] < 0.6 * rms["raw inverse"], rms
assert score["all"]["venues"] == 6
PYTHON

# The weights that are shipped, on venues that they never saw
"$fullhouse" crowd evaluate --json \
  -m "$(dirname "$fullhouse")/share/fullhouse/crowd.safetensors" \
  "$work/venues" >"$work/shipped.json"
python3 - "$work/shipped.json" <<'PYTHON' || fail "scores of the shipped weights"
import json, sys
methods = json.load(open(sys.argv[1]))["all"]["methods"]
rms = {k: v["rms_db"] for k, v in methods.items()}
assert rms["model"] < 0.6 * rms["nothing"], rms
assert rms["model"] < 0.6 * rms["raw inverse"], rms
tonal = {k: v["tonal_rms_db"] for k, v in methods.items()}
assert tonal["model"] < tonal["physics fit"], tonal
PYTHON

# The page: each table and picture, of what was trained in place of the weights
mkdir "$work/page"
"$fullhouse" crowd evaluate --quiet --page "$work/page" --draws 2 --nets 1 \
  -m "$work/a.safetensors" "$work/venues" >"$work/out"
[ "$(sed -n '/^| left out/,/^$/p' "$work/page/results.md" | wc -l)" -ge 16 ] ||
  fail "the page lacks parts that were left out"
grep -q '^| arena | [0-9.]* | [0-9.]* | ' "$work/page/results.md" || fail "no class left out"
grep -q '^| all nets: ridge regression | [0-9.]* | ' "$work/page/results.md" || fail "no ridge"
for picture in octaves classes parts; do
  grep -q "($picture.png)" "$work/page/results.md" || fail "no $picture"
  head -c 4 "$work/page/$picture.png" | grep -aq PNG || fail "not drawn: $picture"
done
code=$(code_of "$fullhouse" crowd evaluate --page "$work/absent" "$work/venues")
[ "$code" = 4 ] || fail "writes a page into no folder (exit $code)"

# Bad input
head -c 300 "$work/a.safetensors" >"$work/short.safetensors"
code=$(code_of "$fullhouse" crowd evaluate -m "$work/short.safetensors" \
  "$work/venues")
[ "$code" = 3 ] || fail "takes truncated weights (exit $code)"
mkdir "$work/few"
cp "$work"/venues/venue-00000[0-5].* "$work/few"
code=$(code_of "$fullhouse" crowd train --quiet -o "$work/few.safetensors" \
  "$work/few")
[ "$code" = 3 ] || fail "trains on six venues (exit $code)"
[ -e "$work/few.safetensors" ] && fail "leaves weights behind"
code=$(code_of "$fullhouse" crowd evaluate "$work/few")
[ "$code" = 3 ] || fail "scores without held-out venues (exit $code)"
"$fullhouse" crowd examples --quiet --rays 128 --seats 6 -n 1296 --shard 1/1296 \
  -o "$work/other" >"$work/out"
cp "$work"/other/venue-000000.* "$work/few"
code=$(code_of "$fullhouse" crowd train --quiet -o "$work/few.safetensors" \
  "$work/few")
[ "$code" = 3 ] || fail "takes venues made otherwise (exit $code)"
grep -q 'venue 1 was made with another seed, other rays' "$work/err" ||
  fail "does not say which venue differs"
code=$(code_of "$fullhouse" crowd train "$work/few")
[ "$code" = 2 ] || fail "trains without an output (exit $code)"
echo ok
