#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A stadium of 3 million triangles and 100 000 seats runs within 8 GB, and what
# run.json says was expected before the rays is near what was taken.
#
# usage: memory.sh FULLHOUSE MAKE_STADIUM [--short]
#   --short: 30 000 triangles and 1 000 seats, within 500 MB. The whole takes
#   about five minutes of one processor.
set -euo pipefail
triangles=3e6 seats=1e5 most_mb=8000
if [ "${3:-}" = --short ]; then
  triangles=3e4 seats=1e3 most_mb=500
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$2" "$work/stadium" "$triangles" "$seats"
"$1" simulate "$work/stadium" -o "$work/run" --rays 4096 --gather-rays 32 --quiet
rows=$(wc -l <"$work/run/seats.csv")
python3 - "$work/run/run.json" "$seats" "$most_mb" "$rows" <<'END'
import json
import sys

run = json.load(open(sys.argv[1]))
wanted, most, seats = float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]) - 1
expected, peak = run["memory"]["expected_mb"], run["memory"]["peak_mb"]
print(f"{run['scene']['triangles']} triangles, {seats} seats: at most {peak:.0f} MB,",
      f"{expected:.0f} MB expected; timings {run['timings']}")
assert seats >= 0.95 * wanted, "too few seats"
assert peak <= most, f"more than {most} MB"
# Small runs are mostly the program itself, with what the report needs
assert expected > 0.5 * peak and peak > 0.5 * expected, "badly estimated"
END
