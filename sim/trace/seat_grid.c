// SPDX-License-Identifier: GPL-3.0-or-later
#include "seat_grid.h"

#include <stdlib.h>

/// Edge of a zone [m]
#define ZONE_M 4.0f
/// Cubes of a grid, at most: then they are made larger
#define CUBES_MAX 2000000.0f

static size_t
count_of(const Cubes* const cubes)
{
  return cubes->n[0] * cubes->n[1] * cubes->n[2];
}

static void
cubes_init(Cubes* const cubes,
           const float low[3],
           const float high[3],
           const float cell_m)
{
  cubes->cell_m = cell_m;
  for (;;) {
    float n = 1.0f;
    for (size_t k = 0; k < 3; ++k) {
      cubes->low[k] = low[k];
      cubes->n[k] =
        (size_t)greater(1.0f, ceilf((high[k] - low[k]) / cubes->cell_m));
      n *= (float)cubes->n[k];
    }
    if (n <= CUBES_MAX) {
      return;
    }
    cubes->cell_m *= 1.5f;
  }
}

static size_t
along(const Cubes* const cubes, const size_t k, const float x)
{
  const float i = (x - cubes->low[k]) / cubes->cell_m;
  const float last = (float)(cubes->n[k] - 1);
  return (size_t)lesser(greater(i, 0.0f), last);
}

/// Cube that holds a point, or SIZE_MAX outside
static size_t
cube_of_point(const Cubes* const cubes, const float at[3])
{
  size_t i[3];
  for (size_t k = 0; k < 3; ++k) {
    const float x = (at[k] - cubes->low[k]) / cubes->cell_m;
    if (!(x >= 0.0f && x <= (float)cubes->n[k])) {
      return SIZE_MAX;
    }
    i[k] = along(cubes, k, at[k]);
  }
  return (i[2] * cubes->n[1] + i[1]) * cubes->n[0] + i[0];
}

void
cube_walk_begin(const Cubes* const cubes,
                const float origin[3],
                const float direction[3],
                const float length_m,
                CubeWalk* const walk)
{
  float from = 0.0f;
  float to = length_m;
  for (size_t k = 0; k < 3; ++k) {
    const float high = cubes->low[k] + (float)cubes->n[k] * cubes->cell_m;
    if (fabsf(direction[k]) < 1e-12f) {
      if (origin[k] < cubes->low[k] || origin[k] > high) {
        to = -1.0f;
      }
      continue;
    }
    const float a = (cubes->low[k] - origin[k]) / direction[k];
    const float b = (high - origin[k]) / direction[k];
    from = greater(from, lesser(a, b));
    to = lesser(to, greater(a, b));
  }
  walk->inside = from < to;
  walk->until = to;
  if (!walk->inside) {
    return;
  }
  for (size_t k = 0; k < 3; ++k) {
    walk->cube[k] = along(cubes, k, origin[k] + from * direction[k]);
    walk->step[k] = direction[k] > 0.0f ? 1 : -1;
    if (fabsf(direction[k]) < 1e-12f) {
      walk->next[k] = FAR_M;
      walk->delta[k] = FAR_M;
      continue;
    }
    const size_t wall = walk->cube[k] + (direction[k] > 0.0f ? 1u : 0u);
    walk->next[k] =
      (cubes->low[k] + (float)wall * cubes->cell_m - origin[k]) / direction[k];
    walk->delta[k] = cubes->cell_m / fabsf(direction[k]);
  }
}

bool
cube_walk_next(const Cubes* const cubes, CubeWalk* const walk)
{
  size_t k = walk->next[0] < walk->next[1] ? 0u : 1u;
  k = walk->next[2] < walk->next[k] ? 2u : k;
  if (walk->next[k] >= walk->until ||
      (walk->step[k] < 0 && walk->cube[k] == 0) ||
      (walk->step[k] > 0 && walk->cube[k] + 1 == cubes->n[k])) {
    walk->inside = false;
    return false;
  }
  if (walk->step[k] > 0) {
    ++walk->cube[k];
  } else {
    --walk->cube[k];
  }
  walk->next[k] += walk->delta[k];
  return true;
}

bool
seat_grid_meets(const SeatGrid* const grid,
                const Detector* const seat,
                const float origin[3],
                const float direction[3],
                const float length_m,
                const size_t cell,
                float* const along_m)
{
  const float to[3] = {
    seat->at[0] - origin[0], seat->at[1] - origin[1], seat->at[2] - origin[2]};
  const float along_ray = dot3(to, direction);
  const float across2 = dot3(to, to) - along_ray * along_ray;
  const float r2 = seat->radius_m * seat->radius_m;
  if (across2 >= r2) {
    return false;
  }
  const float half = sqrtf(r2 - across2);
  const float first = greater(along_ray - half, 0.0f);
  const float last = lesser(along_ray + half, length_m);
  const float middle = 0.5f * (first + last);
  const float at[3] = {origin[0] + middle * direction[0],
                       origin[1] + middle * direction[1],
                       origin[2] + middle * direction[2]};
  *along_m = along_ray;
  return last > first && cube_of_point(&grid->cells, at) == cell;
}

/// Cells [from, to] that a seat's volume touches
static void
cells_about(const SeatGrid* const grid,
            const Detector* const seat,
            size_t from[3],
            size_t to[3])
{
  for (size_t k = 0; k < 3; ++k) {
    from[k] = along(&grid->cells, k, seat->at[k] - seat->radius_m);
    to[k] = along(&grid->cells, k, seat->at[k] + seat->radius_m);
  }
}

/// Visit the cells of a seat: count them, or note the seat in them
static void
visit_cells(SeatGrid* const grid, const size_t seat, uint32_t* const fill)
{
  size_t from[3];
  size_t to[3];
  cells_about(grid, &grid->seats[seat], from, to);
  const size_t* const n = grid->cells.n;
  for (size_t z = from[2]; z <= to[2]; ++z) {
    for (size_t y = from[1]; y <= to[1]; ++y) {
      for (size_t x = from[0]; x <= to[0]; ++x) {
        const size_t cell = (z * n[1] + y) * n[0] + x;
        if (fill) {
          grid->member[fill[cell]++] = (uint32_t)seat;
        } else {
          ++grid->first[cell + 1];
        }
      }
    }
  }
}

static FhStatus
fill_cells(SeatGrid* const grid)
{
  const size_t n_cells = count_of(&grid->cells);
  grid->first = (uint32_t*)engine_alloc(n_cells + 1, sizeof(uint32_t));
  uint32_t* const fill = (uint32_t*)engine_alloc(n_cells, sizeof(uint32_t));
  if (!grid->first || !fill) {
    free(fill);
    return FH_ERR_NO_MEM;
  }
  for (size_t s = 0; s < grid->n_seats; ++s) {
    visit_cells(grid, s, NULL);
  }
  for (size_t c = 0; c < n_cells; ++c) {
    grid->first[c + 1] += grid->first[c];
    fill[c] = grid->first[c];
  }
  grid->member =
    (uint32_t*)engine_alloc(grid->first[n_cells], sizeof(uint32_t));
  for (size_t s = 0; s < grid->n_seats && grid->member; ++s) {
    visit_cells(grid, s, fill);
  }
  free(fill);
  return grid->member ? FH_OK : FH_ERR_NO_MEM;
}

static FhStatus
fill_zones(SeatGrid* const grid)
{
  const size_t n = count_of(&grid->zones);
  grid->zone_of = (uint32_t*)engine_alloc(grid->n_seats, sizeof(uint32_t));
  grid->zone_at = (int32_t*)engine_alloc(n, sizeof(int32_t));
  if (!grid->zone_of || !grid->zone_at) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < n; ++i) {
    grid->zone_at[i] = -1;
  }
  for (size_t s = 0; s < grid->n_seats; ++s) {
    int32_t* const zone =
      &grid->zone_at[cube_of_point(&grid->zones, grid->seats[s].at)];
    if (*zone < 0) {
      *zone = (int32_t)grid->n_zones++;
    }
    grid->zone_of[s] = (uint32_t)*zone;
  }
  return FH_OK;
}

FhStatus
seat_grid_new(const Engine* const engine,
              const float radius_m,
              SeatGrid* const grid)
{
  const FhScene* const scene = engine->scene;
  memset(grid, 0, sizeof *grid);
  grid->n_seats = scene->n_seats;
  grid->seats = (Detector*)engine_alloc(scene->n_seats, sizeof(Detector));
  grid->near = (Detector*)engine_alloc(scene->n_seats, sizeof(Detector));
  if (!grid->seats || !grid->near) {
    seat_grid_clear(grid);
    return FH_ERR_NO_MEM;
  }
  float low[3] = {FAR_M, FAR_M, FAR_M};
  float high[3] = {-FAR_M, -FAR_M, -FAR_M};
  for (size_t s = 0; s < scene->n_seats; ++s) {
    memcpy(grid->seats[s].at, scene->seats[s].at, sizeof grid->seats[s].at);
    grid->seats[s].radius_m = radius_m;
    for (size_t k = 0; k < 3; ++k) {
      low[k] = lesser(low[k], scene->seats[s].at[k] - radius_m - 1e-3f);
      high[k] = greater(high[k], scene->seats[s].at[k] + radius_m + 1e-3f);
    }
  }
  cubes_init(&grid->zones, low, high, ZONE_M);
  cubes_init(&grid->cells, low, high, 2.0f * radius_m);
  FhStatus status = fill_zones(grid);
  status = status ? status : fill_cells(grid);
  if (status) {
    seat_grid_clear(grid);
  }
  return status;
}

void
seat_grid_clear(SeatGrid* const grid)
{
  free(grid->seats);
  free(grid->near);
  free(grid->zone_of);
  free(grid->zone_at);
  free(grid->first);
  free(grid->member);
  memset(grid, 0, sizeof *grid);
}
