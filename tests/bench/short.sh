#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# fullhouse bench --short ends with every figure and says what it measured
set -euo pipefail
out=$("$1" bench --short --json --quiet)
python3 - "$out" <<'END'
import json
import sys

bench = json.loads(sys.argv[1])
for key in ("tracer_vs_bare_intersect", "mega_bounces_per_second_per_core",
            "two_threads_vs_one", "seats_level_seconds",
            "place_reevaluation_speedup", "eq_run_us_64"):
    assert bench[key] > 0.0, key
    assert bench["measured_on"][key], key
# Orders of magnitude alone: the machine may be busy
assert bench["tracer_vs_bare_intersect"] < 1.5
assert bench["place_reevaluation_speedup"] > 50.0
END
