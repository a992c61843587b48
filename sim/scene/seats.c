// SPDX-License-Identifier: GPL-3.0-or-later
#include "scene_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Floors closer than this over each other are one [m]
#define SAME_FLOOR_M 0.5

/// More seats than this come from a slip in units or spacing
#define MAX_SEATS 1000000U

/// A grid point on the floor of an area
typedef struct {
  uint64_t order; ///< Along a Z curve
  double at[3];   ///< On the floor, world [m]
} Spot;

typedef struct {
  size_t n, room;
  Spot* spots;
} Spots;

/// Bits of x and y in turn
static uint64_t
interleave(const uint32_t x, const uint32_t y)
{
  uint64_t out = 0;
  for (unsigned i = 0; i < 32; ++i) {
    out |= (uint64_t)(x >> i & 1U) << (2 * i);
    out |= (uint64_t)(y >> i & 1U) << (2 * i + 1);
  }
  return out;
}

static int
by_order(const void* const a, const void* const b)
{
  const Spot* const p = (const Spot*)a;
  const Spot* const q = (const Spot*)b;
  if (p->order != q->order) {
    return p->order < q->order ? -1 : 1;
  }
  return p->at[2] < q->at[2] ? -1 : p->at[2] > q->at[2];
}

static FhStatus
add_spot(Spots* const list, const Spot* const spot)
{
  if (list->n >= MAX_SEATS) {
    return FH_ERR_LIMIT;
  }
  if (list->n == list->room) {
    const size_t room = list->room ? 2 * list->room : 256;
    Spot* const grown = (Spot*)realloc(list->spots, room * sizeof *grown);
    if (!grown) {
      return FH_ERR_NO_MEM;
    }
    list->spots = grown;
    list->room = room;
  }
  list->spots[list->n++] = *spot;
  return FH_OK;
}

/// Grid points within one piece of floor
static FhStatus
scan_piece(const Area* const area,
           const size_t i,
           const double origin[2],
           const double step,
           Spots* const list)
{
  const double* const a = area->floor[area->piece[i][0]];
  const double* const b = area->floor[area->piece[i][1]];
  const double* const c = area->floor[area->piece[i][2]];
  double low[2];
  double high[2];
  for (size_t k = 0; k < 2; ++k) {
    low[k] = fmin(fmin(a[k], b[k]), c[k]);
    high[k] = fmax(fmax(a[k], b[k]), c[k]);
  }
  const double whole =
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  size_t first[2];
  size_t last[2];
  for (size_t k = 0; k < 2; ++k) {
    // Below the origin there is nothing: it lies a step before the grid
    first[k] = (size_t)fmax(ceil((low[k] - origin[k]) / step), 0.0);
    last[k] = (size_t)fmax(floor((high[k] - origin[k]) / step), 0.0);
  }
  FhStatus status = FH_OK;
  for (size_t iy = first[1]; !status && iy <= last[1]; ++iy) {
    for (size_t ix = first[0]; !status && ix <= last[0]; ++ix) {
      const double x = origin[0] + (double)ix * step;
      const double y = origin[1] + (double)iy * step;
      const double wb =
        ((x - a[0]) * (c[1] - a[1]) - (y - a[1]) * (c[0] - a[0])) / whole;
      const double wc =
        ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])) / whole;
      if (wb >= 0.0 && wc >= 0.0 && wb + wc <= 1.0) {
        const Spot spot = {
          interleave((uint32_t)ix, (uint32_t)iy),
          {x, y, a[2] + wb * (b[2] - a[2]) + wc * (c[2] - a[2])}};
        status = add_spot(list, &spot);
      }
    }
  }
  return status;
}

/// Sort, and drop what lies on the shared edge of two pieces
static void
settle(Spots* const list)
{
  if (!list->n) {
    return;
  }
  qsort(list->spots, list->n, sizeof(Spot), by_order);
  size_t n = 1;
  for (size_t i = 1; i < list->n; ++i) {
    const Spot* const last = &list->spots[n - 1];
    const Spot* const spot = &list->spots[i];
    if (spot->order != last->order ||
        spot->at[2] - last->at[2] > SAME_FLOOR_M) {
      list->spots[n++] = *spot;
    }
  }
  list->n = n;
}

static FhStatus
scan_area(const Area* const area, Spots* const list)
{
  const double step = area->audience->spacing_m;
  double low[2] = {1e30, 1e30};
  double high[2] = {-1e30, -1e30};
  for (size_t v = 0; v < area->n_vertices; ++v) {
    for (size_t k = 0; k < 2; ++k) {
      low[k] = fmin(low[k], area->floor[v][k]);
      high[k] = fmax(high[k], area->floor[v][k]);
    }
  }
  // The grid's middle is the area's
  double origin[2];
  for (size_t k = 0; k < 2; ++k) {
    const double n = fmax(floor((high[k] - low[k]) / step), 1.0);
    origin[k] = 0.5 * (low[k] + high[k]) - 0.5 * (n - 1.0) * step;
    if (n > 1e5) {
      return FH_ERR_LIMIT;
    }
    // An odd row may fit within the rounding of a bent outline
    origin[k] -= step;
  }
  FhStatus status = FH_OK;
  for (size_t i = 0; i < area->n_pieces && !status; ++i) {
    status = scan_piece(area, i, origin, step, list);
  }
  settle(list);
  if (!status && !list->n) {
    // An area smaller than the grid has one seat, on its largest piece
    size_t best = 0;
    double best_m2 = 0.0;
    for (size_t i = 0; i < area->n_pieces; ++i) {
      const double* const a = area->floor[area->piece[i][0]];
      const double* const b = area->floor[area->piece[i][1]];
      const double* const c = area->floor[area->piece[i][2]];
      const double m2 =
        (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
      best = m2 > best_m2 ? i : best;
      best_m2 = fmax(best_m2, m2);
    }
    Spot spot = {0, {0.0, 0.0, 0.0}};
    for (size_t k = 0; k < 3; ++k) {
      for (size_t j = 0; j < 3; ++j) {
        spot.at[k] += area->floor[area->piece[best][j]][k] / 3.0;
      }
    }
    status = add_spot(list, &spot);
  }
  return status;
}

/// Nothing between the floor and a hand's breadth over the ears
static bool
has_headroom(const FhScene* const scene,
             const FhRaycaster* const caster,
             const Spot* const spot,
             const double ear_m)
{
  static const float up[3] = {0.0f, 0.0f, 1.0f};
  const double from[3] = {spot->at[0], spot->at[1], spot->at[2] + 0.02};
  float o[3];
  FhHit hit;
  fh_scene_from_world(scene, from, o);
  fh_raycast(caster, o, up, 0.0f, (float)ear_m + 0.08f, &hit);
  return hit.triangle == FH_NO_HIT;
}

static void
face(const Area* const area,
     const bool has_stage,
     const double stage[3],
     const double at[3],
     float front[3])
{
  double d[2] = {area->front[0], area->front[1]};
  if (has_stage) {
    const double to[2] = {stage[0] - at[0], stage[1] - at[1]};
    const double length = hypot(to[0], to[1]);
    if (length > 0.5) {
      d[0] = to[0] / length;
      d[1] = to[1] / length;
    }
  }
  front[0] = (float)d[0];
  front[1] = (float)d[1];
  front[2] = 0.0f;
}

FhStatus
seats_place(const FhVenue* const venue,
            const Crowd* const crowd,
            const FhRaycaster* const caster,
            FhScene* const scene,
            FhDiag* const diag)
{
  double stage[3];
  const bool has_stage = venue_stage(venue, stage);
  FhStatus status = FH_OK;
  for (uint32_t a = 0; a < crowd->n_areas && !status; ++a) {
    const Area* const area = &crowd->areas[a];
    const double ear_m = fh_crowd_ear_m(area->audience->posture);
    Spots list = {0, 0, NULL};
    status = scan_area(area, &list);
    FhSeat* const grown =
      status ? NULL
             : (FhSeat*)realloc(scene->seats,
                                (scene->n_seats + list.n) * sizeof *grown);
    if (status || !grown) {
      free(list.spots);
      if (status == FH_ERR_LIMIT) {
        fh_diag_add(diag,
                    FH_DIAG_ERROR,
                    venue->path,
                    0,
                    0,
                    "audience \"%s\": over a million seats; check the units "
                    "of the geometry, or set a larger `spacing_m`",
                    area->audience->name);
      }
      return status ? status : FH_ERR_NO_MEM;
    }
    scene->seats = grown;

    size_t n_low = 0;
    const double* low_at = NULL;
    const size_t first = scene->n_seats;
    for (size_t i = 0; i < list.n; ++i) {
      const Spot* const spot = &list.spots[i];
      if (!has_headroom(scene, caster, spot, ear_m)) {
        low_at = n_low++ ? low_at : spot->at;
        continue;
      }
      FhSeat* const seat = &scene->seats[scene->n_seats];
      const double ears[3] = {spot->at[0], spot->at[1], spot->at[2] + ear_m};
      seat->id = (uint32_t)scene->n_seats++;
      seat->area = a;
      fh_scene_from_world(scene, ears, seat->at);
      face(area, has_stage, stage, spot->at, seat->front);
    }
    for (size_t i = first; i < scene->n_seats; ++i) {
      scene->seats[i].area_m2 =
        (float)(area->plan_m2 / (double)(scene->n_seats - first));
    }
    if (n_low) {
      fh_diag_add(diag,
                  FH_DIAG_WARNING,
                  venue->path,
                  0,
                  0,
                  "audience \"%s\": %zu of %zu seats are left out, a surface "
                  "is less than %.2f m above their floor, the first at "
                  "(%.2f, %.2f, %.2f); draw the area smaller, or raise the "
                  "surface",
                  area->audience->name,
                  n_low,
                  list.n,
                  ear_m + 0.1,
                  low_at[0],
                  low_at[1],
                  low_at[2]);
    }
    free(list.spots);
  }
  return status;
}
