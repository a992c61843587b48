#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The same bytes on 1, 2 and 3 ranks with 1 and 2 threads, and after a kill
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"
fullhouse=$1
fullhouse_mpi=${2:-}

cat >"$work/venue.yaml" <<END
fullhouse: 1
name: Shed
$(box_faces 12 9 5 Floor Ceiling)
materials:
  Floor: {absorption: [0.1,0.1,0.1,0.1,0.2,0.2,0.2,0.2], scattering: 0.3}
  Ceiling: {absorption: [0.3,0.4,0.5,0.6,0.6,0.6,0.6,0.6], scattering: 0.4}
  Wall: {absorption: [0.2,0.2,0.2,0.2,0.2,0.2,0.2,0.2], scattering: 0.2}
audience:
  - {name: floor, surface: [[3,2,0],[10,2,0],[10,7,0],[3,7,0]], posture: standing, capacity: 60, spacing_m: 1.0}
system:
  loudspeakers:
    - {name: L, model: omni, at: [1,3,3]}
    - {name: R, model: omni, at: [1,6,3], delay_ms: 3}
microphones:
  - {name: FOH, at: [8,4.5,2.2]}
END
options=(--rays 8192 --gather-rays 64 --no-maps --no-responses --quiet)

same() {
  for file in seats.csv microphones.json deadzones.json; do
    cmp "$work/one/$file" "$1/$file"
  done
}

"$fullhouse" simulate "$work" -o "$work/one" --threads 1 "${options[@]}"
test -s "$work/one/seats.csv"

# Killed once a checkpoint is there, then resumed
"$fullhouse" simulate "$work" -o "$work/cut" --threads 1 --checkpoint 0.01 \
  "${options[@]}" --rays 8192 &
pid=$!
for _ in $(seq 600); do
  test -e "$work/cut/checkpoint/trace.state" && break
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.02
done
kill -9 "$pid" 2>/dev/null || true
wait "$pid" 2>/dev/null || true
if test -e "$work/cut/checkpoint/trace.state"; then
  # Other settings are refused
  if "$fullhouse" simulate "$work" -o "$work/cut" --resume "${options[@]}" \
    --seed 2 2>"$work/message"; then
    echo "a checkpoint of other settings was taken"
    exit 1
  fi
  grep -q "another venue or other settings" "$work/message"
  "$fullhouse" simulate "$work" -o "$work/cut" --threads 2 --resume \
    "${options[@]}"
fi
same "$work/cut"
test ! -e "$work/cut/checkpoint"

if "$fullhouse" simulate "$work" -o "$work/none" --resume "${options[@]}" \
  2>"$work/message"; then
  echo "resumed from nothing"
  exit 1
fi
grep -q "there is no checkpoint" "$work/message"

if [ -z "$fullhouse_mpi" ] || ! command -v mpirun >/dev/null; then
  echo "no MPI here: ranks not tried"
  exit 0
fi
export OMPI_MCA_rmaps_base_oversubscribe=1
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_btl_vader_single_copy_mechanism=none
for ranks in 1 2 3; do
  threads=$((ranks == 2 ? 2 : 1))
  mpirun -n "$ranks" "$fullhouse_mpi" simulate "$work" \
    -o "$work/ranks$ranks" --threads "$threads" "${options[@]}"
  same "$work/ranks$ranks"
done
