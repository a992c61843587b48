// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TESTS_HALL_SCENE_H
#define FULLHOUSE_TESTS_HALL_SCENE_H

#include "box_scene.h"

#include <fh/bench.h>

/*
  The hall of the benchmarks, as tests want it.
*/

typedef FhHall HallSize;
#define HALL_SMALL     FH_HALL_SMALL
#define HALL_MIDDLE    FH_HALL_MIDDLE
#define HALL_LARGE     FH_HALL_LARGE
#define HALL_WALL      FH_HALL_WALL
#define HALL_CEILING   FH_HALL_CEILING
#define HALL_AUDIENCE  FH_HALL_AUDIENCE
#define HALL_STAGE     FH_HALL_STAGE
#define HALL_MATERIALS FH_HALL_MATERIALS

/// Build the hall with its seats; false when out of memory
static inline bool
hall_init(FhScene* const s, const HallSize size, const size_t n_seats)
{
  return fh_bench_hall(size, 0.0, n_seats, s) == FH_OK;
}

#endif // FULLHOUSE_TESTS_HALL_SCENE_H
