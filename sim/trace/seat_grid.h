// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_SEAT_GRID_H
#define FH_TRACE_SEAT_GRID_H

#include "engine.h"

/*
  Where the seats are, as two grids of cubes around all of them: "zones" of
  some metres, by which mirror sequences are kept apart, and cells of the size
  of a seat's volume, by which rays find the seats that they pass.
*/

/// Cubes in a box
typedef struct {
  float low[3];
  float cell_m;
  size_t n[3];
} Cubes;

typedef struct {
  size_t n_seats;
  Detector* seats; ///< [n_seats] volumes; owned
  Detector* near;  ///< [n_seats] small volumes, to check the gather; owned
  Cubes zones;
  uint32_t* zone_of; ///< [n_seats] zone, numbered over those with seats; owned
  int32_t* zone_at;  ///< [cubes of zones] number, -1 where nobody sits; owned
  size_t n_zones;
  Cubes cells;
  uint32_t* first;  ///< [cubes of cells + 1] range in `member`; owned
  uint32_t* member; ///< Seats whose volume touches a cell; owned
} SeatGrid;

/// Build the grids; `radius_m` of the seats' volumes
FhStatus
seat_grid_new(const Engine* engine, float radius_m, SeatGrid* grid);

void
seat_grid_clear(SeatGrid* grid);

/// Walk through cubes along a segment
typedef struct {
  size_t cube[3];
  int step[3];
  float next[3], delta[3];
  float until;
  bool inside;
} CubeWalk;

/// Begin with the first cube that the segment meets; `inside` false for none
void
cube_walk_begin(const Cubes* cubes,
                const float origin[3],
                const float direction[3],
                float length_m,
                CubeWalk* walk);

/// On to the next cube; false when the walk ends
bool
cube_walk_next(const Cubes* cubes, CubeWalk* walk);

/**
   Where a segment passes the sphere around a seat, each in one cell only.

   @param cell Cell of the walk: only that which holds the middle of the chord
   answers.
   @param[out] along_m Path to the point next to the seat [m].
   @return False when it misses, or when another cell answers.
*/
bool
seat_grid_meets(const SeatGrid* grid,
                const Detector* seat,
                const float origin[3],
                const float direction[3],
                float length_m,
                size_t cell,
                float* along_m);

/// Index of the cube where a walk stands
static inline size_t
cube_of_walk(const Cubes* const cubes, const CubeWalk* const walk)
{
  return (walk->cube[2] * cubes->n[1] + walk->cube[1]) * cubes->n[0] +
         walk->cube[0];
}

#endif // FH_TRACE_SEAT_GRID_H
