#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Beside pyroomacoustics' ray tracer in the same box: rays, bounces and time of
# one thread. Needs its Python package; without it nothing is measured.
#
# usage: pyroomacoustics.sh BENCH_BOX
set -euo pipefail
if ! python3 -c "import pyroomacoustics" 2>/dev/null; then
  echo "pyroomacoustics is not installed: skipped (pip install pyroomacoustics)"
  exit 77
fi
ours=$("$1")
python3 - "$ours" <<'END'
import json
import sys
import time

import numpy
import pyroomacoustics as pra

ours = json.loads(sys.argv[1])
material = pra.Material(energy_absorption=0.2, scattering=0.3)
room = pra.ShoeBox(ours["size_m"], fs=16000, materials=material, max_order=3,
                   ray_tracing=True, air_absorption=True)
room.set_ray_tracing(n_rays=ours["rays"], receiver_radius=0.5,
                     energy_thres=1e-6, time_thres=3.0)
room.add_source(ours["source_m"])
room.add_microphone(numpy.array(ours["microphone_m"]))
begin = time.thread_time()
room.compute_rir()
theirs = time.thread_time() - begin
print(f"pyroomacoustics {pra.__version__}: {theirs:.2f} s of one thread")
print(f"fullhouse: {ours['cpu_s']:.2f} s, {ours['bounces'] / 1e6:.1f} M bounces")
print(f"{theirs / ours['cpu_s']:.1f} times as fast, for {ours['rays']} rays")
END
