#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# `fullhouse ir` from the outside: results, formats, bad input, exit codes.
#   ir.sh FULLHOUSE MAKE_WAV SCHEMA_CHECK SCHEMA
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
fullhouse=$1
make_wav=$2
schema_check=$3
schema=$4
needs jq
cd "$work"

# expect CODE PATTERN COMMAND...: exit code, message on stderr, empty stdout
expect() {
  local code=$1 pattern=$2 rc=0
  shift 2
  "$@" >out 2>err || rc=$?
  [ "$rc" -eq "$code" ] || { cat err; fail "exit $rc, not $code: $*"; }
  grep -q -- "$pattern" err || { cat err; fail "no '$pattern': $*"; }
  [ ! -s out ] || { cat out; fail "a result in spite of an error: $*"; }
}

near() {
  awk -v a="$1" -v b="$2" -v t="$3" \
    'BEGIN { d = a - b; exit !(d * d <= t * t) }' ||
    fail "$1 is not within $3 of $2 ($4)"
}

# Exactly the pinned keys, in every state of the options
pinned='bands_hz broadband c50_db c80_db channels d50 edt_s noise_floor_db onset_s rate_hz reasons sti t20_s t30_s ts_s usable_range_db'
"$make_wav" decay good.wav
"$fullhouse" ir analyze good.wav --json >good.json
[ "$(jq -r 'keys | join(" ")' good.json)" = "$pinned" ] || fail "other keys"
[ "$(jq -c .bands_hz good.json)" = "[63,125,250,500,1000,2000,4000,8000]" ] ||
  fail "bands"
near "$(jq '.t30_s[4]' good.json)" 0.4 0.02 "T30 at 1 kHz"
near "$(jq .onset_s good.json)" 0.01 0.0001 onset
# T = 0.5 s alone would be 0.74, 0.3 s 0.83 (IEC 60268-16 closed form)
near "$(jq .sti.male good.json)" 0.785 0.02 STI
"$schema_check" "$schema" good.json || fail "schema"
"$fullhouse" ir analyze good.wav --json --third --mtf --detail >third.json
[ "$(jq '.bands_hz | length' third.json)" = 24 ] || fail "thirds"
[ "$(jq '.mtf | length' third.json)" = 7 ] || fail "mtf"
"$schema_check" "$schema" third.json || fail "schema of thirds"
jq 'del(.t30_s)' good.json >bad.json
if "$schema_check" "$schema" bad.json 2>/dev/null; then fail "a lax schema"; fi
jq '.extra = 1' good.json >bad.json
if "$schema_check" "$schema" bad.json 2>/dev/null; then fail "a lax schema"; fi

# Any rate and container gives the same values
for rate in 44100 88200 96000 176400 192000; do
  "$make_wav" decay "r$rate.wav" "$rate"
  near "$("$fullhouse" ir analyze "r$rate.wav" --json | jq '.t30_s[5]')" 0.4 \
    0.02 "T30 at $rate Hz"
done
for name in good.flac good.aiff good.rf64 good.sofa; do
  "$make_wav" decay "$name"
  near "$("$fullhouse" ir analyze "$name" --json | jq '.t30_s[4]')" \
    "$(jq '.t30_s[4]' good.json)" 0.002 "T30 of $name"
done
"$fullhouse" ir analyze good.wav --export good.txt --quiet >/dev/null
near "$("$fullhouse" ir analyze good.txt --json | jq '.t30_s[4]')" \
  "$(jq '.t30_s[4]' good.json)" 0.0001 "T30 of text"
for name in copy.csv copy.sofa copy.flac; do
  "$fullhouse" ir analyze good.wav --export "$name" --quiet >/dev/null
  near "$("$fullhouse" ir analyze "$name" --json | jq '.t30_s[4]')" \
    "$(jq '.t30_s[4]' good.json)" 0.002 "T30 of $name"
done
printf '0.0\n1.0\n' >norate.csv
expect 3 "--rate" "$fullhouse" ir analyze norate.csv
printf '# a remark\n0.5\nhello\n' >words.csv
expect 3 "words.csv:3: error" "$fullhouse" ir analyze words.csv --rate 48000
printf '0.5\nnan\n' >nan.csv
expect 3 "nan.csv:2: error" "$fullhouse" ir analyze nan.csv --rate 48000

# Several channels
"$make_wav" decay four.wav 48000 4
"$make_wav" decay two.wav 48000 2
"$fullhouse" ir analyze four.wav --channels B-format --json >b.json
"$fullhouse" ir analyze four.wav --channels AmbiX >/dev/null 2>err
grep -q "really B-format" err || fail "any four channels pass as B-format"
"$fullhouse" ir analyze two.wav --binaural --json >ears.json
[ "$(jq -r 'keys | join(" ")' b.json)" = \
  "$(echo "$pinned lf lfc" | tr ' ' '\n' | sort | paste -sd' ')" ] ||
  fail "keys of B-format"
[ "$(jq -r 'keys | join(" ")' ears.json)" = \
  "$(echo "$pinned iacc" | tr ' ' '\n' | sort | paste -sd' ')" ] ||
  fail "keys of binaural"
for file in b.json ears.json; do
  "$schema_check" "$schema" "$file" || fail "schema of $file"
done
expect 3 "has 2 channels, but B-format (FuMa) needs 4" \
  "$fullhouse" ir analyze two.wav --channels B-format
expect 3 "has 1 channel, but binaural needs 2" \
  "$fullhouse" ir analyze good.wav --binaural
expect 3 "needs 3" "$fullhouse" ir analyze two.wav --channels 3

# Strength against itself at 10 m: the whole room over its own energy, 0 dB; at
# 1 m the same file is 20 dB weaker
near "$("$fullhouse" ir analyze good.wav --reference good.wav --json |
  jq '.g_db[4]')" 0 0.1 "G"
near "$("$fullhouse" ir analyze good.wav --reference good.wav \
  --reference-distance 1 --json | jq '.g_db[4]')" 20 0.1 "G at 1 m"

# Speech in noise is worse than in quiet
quiet=$("$fullhouse" ir analyze good.wav --speech 65 --json | jq .sti.male)
noisy=$("$fullhouse" ir analyze good.wav --speech 65 \
  --noise 60,60,60,60,60,60,60 --json | jq .sti.male)
awk -v a="$noisy" -v b="$quiet" 'BEGIN { exit !(a < b - 0.2) }' ||
  fail "noise does not matter: $noisy, $quiet"

# Bad input: one message, exit 3, no number
: >empty.wav
expect 3 "empty" "$fullhouse" ir analyze empty.wav --json
for name in good.wav good.aiff good.flac; do
  head -c 60000 "$name" >"short.${name##*.}"
  expect 3 "cut short" "$fullhouse" ir analyze "short.${name##*.}" --json
done
printf 'RIFFxxxx' >header.wav
expect 3 "error" "$fullhouse" ir analyze header.wav --json
for kind in silent dc noise one; do
  "$make_wav" "$kind" "$kind.wav"
  expect 3 "no impulse response" "$fullhouse" ir analyze "$kind.wav" --json
done
"$make_wav" reversed reversed.wav
expect 3 "reversed" "$fullhouse" ir analyze reversed.wav --json
"$make_wav" nan nan.wav
expect 3 "NaN" "$fullhouse" ir analyze nan.wav --json
"$make_wav" clipped clipped.wav
expect 3 "clipped" "$fullhouse" ir analyze clipped.wav --json
"$fullhouse" ir analyze clipped.wav --allow-clipped >out 2>err
grep -q "values are wrong" err || fail "clipping is allowed in silence"
expect 3 "cannot be read" "$fullhouse" ir analyze nowhere.wav
expect 2 "needs --speech" "$fullhouse" ir analyze good.wav --noise 1,2,3,4,5,6,7
expect 2 "not 'loud'" "$fullhouse" ir analyze good.wav --speech loud
expect 2 "did you mean 'sweep'" "$fullhouse" ir swep

# A folder becomes one table; what is wrong in it is said and left out
mkdir batch
cp good.wav good.flac silent.wav batch
rc=0
"$fullhouse" ir analyze batch -o table.csv 2>err || rc=$?
[ "$rc" -eq 3 ] || fail "exit $rc for a folder with a silent file"
[ "$(wc -l <table.csv)" = 3 ] || fail "rows of the table"
grep -q "silent.wav: error" err || fail "the silent file is not named"
expect 2 "one file at a time" "$fullhouse" ir analyze batch --json
rm batch/silent.wav
"$fullhouse" ir analyze batch >table.csv
[ "$(wc -l <table.csv)" = 3 ] || fail "rows on stdout"
awk -F, 'NR == 1 { n = NF } NF != n { exit 1 }' table.csv || fail "ragged table"

[ "$("$fullhouse" ir analyze four.wav --channels all | wc -l)" = 5 ] ||
  fail "a row for each channel"
[ "$("$fullhouse" ir analyze good.sofa --measurement all | wc -l)" = 2 ] ||
  fail "a row for each measurement"

# Pictures
"$fullhouse" ir analyze good.wav --plot p.png >/dev/null
"$fullhouse" ir analyze good.wav --plot p.svg --plot-what decay,echogram \
  >/dev/null
[ "$(head -c 4 p.png | od -An -c | tr -d ' \n')" = '211PNG' ] || fail "no PNG"
grep -q "<svg" p.svg || fail "no SVG"
expect 3 "png, .svg or .pdf" "$fullhouse" ir analyze good.wav --plot p.bmp
expect 3 "not 'pie'" "$fullhouse" ir analyze good.wav --plot q.png \
  --plot-what pie

# A sweep, played through nothing at all, comes back as a pulse
"$fullhouse" ir sweep -o sweep.wav --duration 1 --before 0.1 --after 0.5 \
  --repeats 3 --inverse inverse.wav --quiet
[ -s inverse.wav ] || fail "no inverse filter"
[ "$(jq .repeats sweep.json)" = 3 ] || fail "sweep"
"$fullhouse" ir deconvolve sweep.wav --sweep sweep.wav -o pulse.wav --json \
  >found.json
near "$(jq .peak_s found.json)" 0 0.00002 "peak of the pulse"
[ "$(jq .repeats_used found.json)" = 3 ] || fail "repeats"
expect 3 "the sweeps take 4.10 s" "$fullhouse" ir deconvolve good.wav \
  --sweep sweep.wav -o x.wav
"$make_wav" decay other.wav 44100
expect 3 "44100 Hz, the sweep at 48000 Hz" "$fullhouse" ir deconvolve \
  other.wav --sweep sweep.wav -o x.wav
for seconds in 0.8 1.3; do
  "$fullhouse" ir sweep -o "s$seconds.wav" --duration "$seconds" \
    --before 0.1 --after 1 --quiet
done
expect 3 "another sweep" "$fullhouse" ir deconvolve s0.8.wav \
  --sweep s1.3.wav -o x.wav
expect 3 "another sweep" "$fullhouse" ir deconvolve s1.3.wav \
  --sweep s0.8.wav -o x.wav
expect 3 "clipped" "$fullhouse" ir deconvolve clipped.wav --sweep sweep.wav \
  -o x.wav
"$fullhouse" ir sweep -o s0.5.wav --duration 0.5 --before 0.1 --after 0.1 --quiet
expect 3 "silent" "$fullhouse" ir deconvolve silent.wav --sweep s0.5.wav \
  -o x.wav
expect 3 "no response stands out" "$fullhouse" ir deconvolve noise.wav \
  --sweep s0.5.wav -o x.wav
[ ! -e x.wav ] || fail "a response was invented"
expect 2 "half of --rate" "$fullhouse" ir sweep -o y.wav --to 30000
expect 2 "no such sweep" "$fullhouse" ir sweep -o y.wav --from 300 --to 200
expect 3 ".flac" "$fullhouse" ir sweep -o y.mp3 --duration 0.1
echo '{"from_hz": 1,' >sweep.json
expect 3 "sweep.json:" "$fullhouse" ir deconvolve s1.3.wav \
  --sweep sweep.wav -o x.wav
echo "ok"
