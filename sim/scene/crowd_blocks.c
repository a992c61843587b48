// SPDX-License-Identifier: GPL-3.0-or-later
#include "scene_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
  Blocks of people among the walls, with all sides that may show in some state.
  What stands where is in crowd_occupancy.c.
*/

/// Longest part of a side [m]
#define SIDE_PART_M 1.0

/// A side closer to a wall than this is not exposed [m]
#define WALL_GAP_M 2e-3

/// First thing that a ray meets, up to `far_m`
static double
reach(const FhScene* const scene,
      const FhRaycaster* const caster,
      const double from[3],
      const double direction[3],
      const double far_m,
      FhHit* const hit)
{
  float o[3];
  float d[3];
  fh_scene_from_world(scene, from, o);
  for (size_t k = 0; k < 3; ++k) {
    d[k] = (float)direction[k];
  }
  fh_raycast(caster, o, d, 0.0f, (float)far_m, hit);
  return hit->triangle == FH_NO_HIT ? far_m : (double)hit->distance_m;
}

static void
piece_centre(const Area* const area, const size_t i, double at[3])
{
  for (size_t k = 0; k < 3; ++k) {
    at[k] =
      (area->floor[area->piece[i][0]][k] + area->floor[area->piece[i][1]][k] +
       area->floor[area->piece[i][2]][k]) /
      3.0;
  }
}

/// Height free over a place, less 5 cm, at most that of a block
static double
headroom(const FhScene* const scene,
         const FhRaycaster* const caster,
         const double floor[3],
         const double height)
{
  static const double up[3] = {0.0, 0.0, 1.0};
  const double from[3] = {floor[0], floor[1], floor[2] + 0.01};
  FhHit hit;
  const double free_m = reach(scene, caster, from, up, height + 0.1, &hit);
  return fmin(height, fmax(free_m - 0.05, 0.05));
}

/// Pull the tops under low ceilings and in from leaning walls
static void
fit_tops(const FhScene* const scene,
         const FhRaycaster* const caster,
         Area* const area)
{
  const double height = fh_crowd_top_m(area->audience->posture);
  for (size_t v = 0; v < area->n_vertices; ++v) {
    memcpy(area->top[v], area->floor[v], sizeof area->top[v]);
    area->top[v][2] += height;
  }
  for (size_t i = 0; i < area->n_pieces; ++i) {
    double c[3];
    piece_centre(area, i, c);
    const double centre_lift = headroom(scene, caster, c, height);
    for (size_t k = 0; k < 3; ++k) {
      const uint32_t v = area->piece[i][k];
      const double* const f = area->floor[v];
      const double d = hypot(c[0] - f[0], c[1] - f[1]);
      const double in = d > 0.0 ? fmin(0.05 / d, 0.5) : 0.0;
      const double place[3] = {f[0] + in * (c[0] - f[0]),
                               f[1] + in * (c[1] - f[1]),
                               f[2] + in * (c[2] - f[2])};
      const double lift =
        fmin(headroom(scene, caster, place, height), centre_lift);
      area->top[v][2] = fmin(area->top[v][2], f[2] + lift);
    }
  }
  for (size_t i = 0; i < area->n_pieces; ++i) {
    double c[3] = {0.0, 0.0, 0.0};
    for (size_t k = 0; k < 3; ++k) {
      for (size_t j = 0; j < 3; ++j) {
        c[j] += area->top[area->piece[i][k]][j] / 3.0;
      }
    }
    c[2] -= 0.01;
    for (size_t k = 0; k < 3; ++k) {
      double* const top = area->top[area->piece[i][k]];
      double d[3] = {top[0] - c[0], top[1] - c[1], top[2] - 0.01 - c[2]};
      const double length = sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]);
      if (!(length > 0.1)) {
        continue;
      }
      for (size_t j = 0; j < 3; ++j) {
        d[j] /= length;
      }
      FhHit hit;
      const double t = reach(scene, caster, c, d, length, &hit);
      // Nearer things are columns and the like: they may stand in a crowd
      if (t < length - WALL_GAP_M && t > length - 0.6) {
        for (size_t j = 0; j < 3; ++j) {
          top[j] -= (length - t + 0.01) * d[j];
        }
      }
    }
  }
}

static FhStatus
add_side(Crowd* const crowd, const Side* const side)
{
  if (crowd->n_sides == crowd->sides_room) {
    const size_t room = crowd->sides_room ? 2 * crowd->sides_room : 128;
    Side* const grown = (Side*)realloc(crowd->sides, room * sizeof *grown);
    if (!grown) {
      return FH_ERR_NO_MEM;
    }
    crowd->sides = grown;
    crowd->sides_room = room;
  }
  crowd->sides[crowd->n_sides++] = *side;
  return FH_OK;
}

/// Height of a piece's top over a place [m]
static double
top_over(const Area* const area, const size_t piece, const double at[2])
{
  const double* const a = area->top[area->piece[piece][0]];
  const double* const b = area->top[area->piece[piece][1]];
  const double* const c = area->top[area->piece[piece][2]];
  const double whole =
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
  if (!(fabs(whole) > 1e-9)) {
    return a[2];
  }
  const double wb =
    ((at[0] - a[0]) * (c[1] - a[1]) - (at[1] - a[1]) * (c[0] - a[0])) / whole;
  const double wc =
    ((b[0] - a[0]) * (at[1] - a[1]) - (b[1] - a[1]) * (at[0] - a[0])) / whole;
  return a[2] + wb * (b[2] - a[2]) + wc * (c[2] - a[2]);
}

/// What stands beside a part of a side: another block, a wall, nothing
static void
look_beside(const FhScene* const scene,
            const FhRaycaster* const caster,
            const Crowd* const crowd,
            Side* const side)
{
  double out[3] = {side->floor[1][1] - side->floor[0][1],
                   side->floor[0][0] - side->floor[1][0],
                   0.0};
  const double length = hypot(out[0], out[1]);
  if (!(length > 0.0)) {
    side->wall = true;
    return;
  }
  out[0] /= length;
  out[1] /= length;
  double mid[3];
  double high[3];
  for (size_t k = 0; k < 3; ++k) {
    mid[k] = 0.5 * (side->floor[0][k] + side->floor[1][k]);
    high[k] = 0.5 * (side->top[0][k] + side->top[1][k]);
  }
  const double beside[2] = {mid[0] + 0.05 * out[0], mid[1] + 0.05 * out[1]};
  for (size_t a = 0; a < crowd->n_areas; ++a) {
    const Area* const area = &crowd->areas[a];
    double z = 0.0;
    const size_t piece = area_find(area, beside, mid[2], &z);
    if (piece != SIZE_MAX && fabs(z - mid[2]) < 1.5) {
      side->beside = (int32_t)(area->first_block + area->strip[piece]);
      side->beside_top_m = top_over(area, piece, beside);
      break;
    }
  }
  // All of the height: over a parapet the rest of the side shows
  static const double heights[] = {0.02, 0.35, 0.7, 0.9, 0.985};
  side->wall = true;
  for (size_t i = 0; i < sizeof heights / sizeof heights[0]; ++i) {
    const double f = heights[i];
    double from[3];
    for (size_t k = 0; k < 3; ++k) {
      from[k] = mid[k] + f * (high[k] - mid[k]) - 0.02 * out[k];
    }
    FhHit hit;
    side->wall = side->wall &&
                 reach(scene, caster, from, out, 0.1, &hit) < 0.02 + WALL_GAP_M;
  }
}

static void
lerp(const double a[3], const double b[3], const double f, double out[3])
{
  for (size_t k = 0; k < 3; ++k) {
    out[k] = f >= 1.0 ? b[k] : a[k] + f * (b[k] - a[k]);
  }
}

/// Sides along an outer edge, in parts
static FhStatus
add_outer(const FhScene* const scene,
          const FhRaycaster* const caster,
          Crowd* const crowd,
          const size_t a,
          const uint32_t piece,
          const uint32_t from,
          const uint32_t to)
{
  const Area* const area = &crowd->areas[a];
  double length2 = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    const double d = area->floor[to][k] - area->floor[from][k];
    length2 += d * d;
  }
  const size_t n = (size_t)ceil(sqrt(length2) / SIDE_PART_M);
  FhStatus status = FH_OK;
  for (size_t i = 0; i < n && !status; ++i) {
    Side side = {.area = (uint32_t)a,
                 .block = (uint32_t)area->first_block + area->strip[piece],
                 .beside = -1};
    for (size_t e = 0; e < 2; ++e) {
      const double f = (double)(i + e) / (double)n;
      lerp(area->floor[from], area->floor[to], f, side.floor[e]);
      lerp(area->top[from], area->top[to], f, side.top[e]);
    }
    look_beside(scene, caster, crowd, &side);
    status = add_side(crowd, &side);
  }
  return status;
}

/// The side of a strip towards the strip behind it
static FhStatus
add_inner(Crowd* const crowd, const size_t a, const Edge* const edge)
{
  const Area* const area = &crowd->areas[a];
  const bool first = area->strip[edge->triangle] < area->strip[edge->other];
  const uint32_t own = first ? edge->triangle : edge->other;
  const uint32_t behind = first ? edge->other : edge->triangle;
  // Walk the edge as the front piece does: outward is then to the right
  uint32_t from = edge->low;
  uint32_t to = edge->high;
  for (size_t k = 0; k < 3; ++k) {
    if (area->piece[own][k] == edge->high &&
        area->piece[own][(k + 1) % 3] == edge->low) {
      from = edge->high;
      to = edge->low;
    }
  }
  Side side = {.area = (uint32_t)a,
               .block = (uint32_t)area->first_block + area->strip[own],
               .beside = (int32_t)(area->first_block + area->strip[behind]),
               .beside_top_m = 1e9};
  memcpy(side.floor[0], area->floor[from], sizeof side.floor[0]);
  memcpy(side.floor[1], area->floor[to], sizeof side.floor[1]);
  memcpy(side.top[0], area->top[from], sizeof side.top[0]);
  memcpy(side.top[1], area->top[to], sizeof side.top[1]);
  return add_side(crowd, &side);
}

/// Surface that a block hides in a drawn polygon's place
static void
look_under(const FhScene* const scene,
           const FhRaycaster* const caster,
           Area* const area)
{
  static const double down[3] = {0.0, 0.0, -1.0};
  for (size_t i = 0; i < area->n_pieces && !area->from_mesh; ++i) {
    double c[3];
    piece_centre(area, i, c);
    c[2] += 0.05;
    FhHit hit;
    reach(scene, caster, c, down, 0.35, &hit);
    area->under[i] =
      hit.triangle == FH_NO_HIT ? UINT32_MAX : scene->material[hit.triangle];
  }
}

FhStatus
crowd_raise(const FhScene* const scene,
            const FhRaycaster* const caster,
            Crowd* const crowd)
{
  for (size_t a = 0; a < crowd->n_areas; ++a) {
    fit_tops(scene, caster, &crowd->areas[a]);
    look_under(scene, caster, &crowd->areas[a]);
  }
  for (size_t a = 0; a < crowd->n_areas; ++a) {
    const Area* const area = &crowd->areas[a];
    Edge* edges = NULL;
    size_t n = 0;
    FhStatus status =
      mesh_edges((const uint32_t(*)[3])area->piece, area->n_pieces, &edges, &n);
    for (size_t i = 0; i < n && !status; ++i) {
      const Edge* const e = &edges[i];
      if (e->n == 1) {
        const bool forward = e->balance > 0;
        status = add_outer(scene,
                           caster,
                           crowd,
                           a,
                           e->triangle,
                           forward ? e->low : e->high,
                           forward ? e->high : e->low);
      } else if (area->strip[e->triangle] != area->strip[e->other]) {
        status = add_inner(crowd, a, e);
      }
    }
    free(edges);
    if (status) {
      return status;
    }
  }
  return FH_OK;
}
