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
options=(--gather-rays 64 --no-maps --no-responses --quiet)

# same FOLDER AS
same() {
  for file in seats.csv microphones.json deadzones.json; do
    cmp "$work/$2/$file" "$work/$1/$file"
  done
}

# cut FOLDER OPTIONS...: start, and kill as soon as a checkpoint is there; false
# where it ended before
cut() {
  local folder=$1 pid
  shift
  "$fullhouse" simulate "$work" -o "$work/$folder" --checkpoint 0.01 \
    "${options[@]}" "$@" &
  pid=$!
  for _ in $(seq 6000); do
    test -e "$work/$folder/checkpoint/trace.state" && break
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.01
  done
  kill "${signal:--KILL}" "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  test -e "$work/$folder/checkpoint/trace.state"
}

# By the number of rays and by the error asked for: threads, and killed runs
# that go on
for until in "--rays 8192" "--error 0.6"; do
  read -r -a how <<<"$until"
  one=one${how[0]}
  for threads in 1 2 7; do
    "$fullhouse" simulate "$work" -o "$work/$one$threads" \
      --threads "$threads" "${options[@]}" "${how[@]}"
    test -s "$work/$one$threads/seats.csv"
    same "$one$threads" "${one}1"
  done
  # More rays are asked for than are there when it is cut
  if cut "cut${how[0]}" --threads 1 "${how[@]}"; then
    # Other settings are refused
    if "$fullhouse" simulate "$work" -o "$work/cut${how[0]}" --resume \
      "${options[@]}" "${how[@]}" --seed 2 2>"$work/message"; then
      echo "a checkpoint of other settings was taken"
      exit 1
    fi
    grep -q "another venue or other settings" "$work/message"
    "$fullhouse" simulate "$work" -o "$work/cut${how[0]}" --threads 2 --resume \
      "${options[@]}" "${how[@]}"
  fi
  same "cut${how[0]}" "${one}1"
  test ! -e "$work/cut${how[0]}/checkpoint"
done

# Ended by a signal or by a time limit, a run keeps its state too
if signal=-TERM cut ended --threads 1 --rays 8192; then
  "$fullhouse" simulate "$work" -o "$work/ended" --resume --rays 8192 \
    "${options[@]}"
fi
same ended one--rays1
"$fullhouse" simulate "$work" -o "$work/limited" --rays 8192 --time-limit 0.1 \
  --threads 1 "${options[@]}" 2>"$work/message"
grep -q "go on with --resume" "$work/message"
"$fullhouse" simulate "$work" -o "$work/limited" --resume --rays 8192 \
  "${options[@]}"
same limited one--rays1

if "$fullhouse" simulate "$work" -o "$work/none" --resume --rays 8192 \
  "${options[@]}" 2>"$work/message"; then
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
"$fullhouse" crowd examples --quiet --rays 64 --seats 4 -n 3 --threads 1 \
  -o "$work/examples" >"$work/out"
mpirun -n 2 "$fullhouse_mpi" crowd examples --quiet --rays 64 --seats 4 -n 3 \
  --threads 1 -o "$work/examples2" >"$work/out"
grep -q '^Traced: 3 venues' "$work/out" || fail "ranks: examples not told once"
diff -r "$work/examples" "$work/examples2" >&2 || fail "ranks: other examples"
for ranks in 1 2 3; do
  for threads in 1 2; do
    for until in "--rays 8192" "--error 0.6"; do
      read -r -a how <<<"$until"
      mpirun -n "$ranks" "$fullhouse_mpi" simulate "$work" \
        -o "$work/ranks$ranks-$threads${how[0]}" --threads "$threads" \
        "${how[@]}" "${options[@]}"
      same "ranks$ranks-$threads${how[0]}" "one${how[0]}1"
    done
  done
done

# Ranks make the impulse responses together
"$fullhouse" simulate "$work" -o "$work/responses" --rays 512 --no-seats \
  --quiet
for ranks in 1 2 3; do
  mpirun -n "$ranks" "$fullhouse_mpi" simulate "$work" \
    -o "$work/responses$ranks" --rays 512 --no-seats --quiet --threads 1
  # But for the date in the SOFA file
  diff -r -x rirs.sofa "$work/responses/ir" "$work/responses$ranks/ir"
done
test -s "$work/responses3/ir/rirs.sofa"
test "$(find "$work/responses3/ir" -name '*.wav' | wc -l)" = 2
