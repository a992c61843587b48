// SPDX-License-Identifier: GPL-3.0-or-later
#include "scene_private.h"
#include "wander.h"

#include <fh/places.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
  Which space a point is in shows where wandering rays get to: places that they
  meet from within a solid and from the room never see each other. Nothing is
  asked of the mesh, be it leaky or turned inside out here and there.
*/

#define N_WALKS   64U
#define N_BOUNCES 24U
#define FAR_M     1e6f

/// Nearer to a surface than this, a point lies on it [m]
#define ON_SURFACE_M 0.02f

/// Pairs of places that are asked whether they see each other
#define N_PAIRS 256U

/// Fewer pairs that do are holes that rays strayed through
#define COMMON_PAIRS 6U

/// Nothing radiates or listens so near to a surface [m]
#define TOUCHES_M 1e-3f

/// Share of directions that lead out, from which on a point is outside
#define OUTSIDE_SHARE 0.4

/// What was found out about one point
typedef struct {
  float (*met)[3]; ///< [n_met] places that its rays met, a little off; owned
  size_t n_met;
  double way_m; ///< Sum of the ways between them
  double open;  ///< Share of first rays that met nothing
  float nearest;
  bool crowd;
  size_t space;     ///< First point of the same space
  size_t n_fellows; ///< Points of this space, at its first point
} Point;

static void
wander(const FhScene* const scene,
       const FhRaycaster* const caster,
       const float at[3],
       Point* const point)
{
  uint64_t random = 1;
  unsigned open = 0;
  point->nearest = FAR_M;
  for (unsigned w = 0; w < N_WALKS; ++w) {
    float o[3];
    float d[3];
    memcpy(o, at, sizeof o);
    even_direction(w, N_WALKS, d);
    for (unsigned bounce = 0; bounce < N_BOUNCES; ++bounce) {
      FhHit hit;
      fh_raycast(caster, o, d, bounce ? 1e-4f : 0.0f, FAR_M, &hit);
      if (hit.triangle == FH_NO_HIT) {
        open += bounce == 0;
        break;
      }
      if (bounce == 0) {
        point->nearest = fminf(point->nearest, hit.distance_m);
      }
      const float* const n = scene->normal[hit.triangle];
      for (size_t k = 0; k < 3; ++k) {
        o[k] += hit.distance_m * d[k];
      }
      point->way_m += (double)hit.distance_m;
      // Off the surface, so that its thickness of rounding does not matter
      const float side = wander_side(n, d);
      for (size_t k = 0; k < 3; ++k) {
        o[k] += side * 1e-4f * n[k];
      }
      wander_scatter(&random, n, d, d);
      // Farther off than lines of sight are clear at their ends (1 mm), lest
      // they leave a solid through the wall that they begin at
      float* const met = point->met[point->n_met++];
      for (size_t k = 0; k < 3; ++k) {
        met[k] = o[k] + side * 5e-3f * n[k];
      }
    }
  }
  point->open = (double)open / (double)N_WALKS;

  // Under the top of a block
  static const float up[3] = {0.0f, 0.0f, 1.0f};
  FhHit hit;
  fh_raycast(caster, at, up, 0.0f, 3.0f, &hit);
  point->crowd = hit.triangle != FH_NO_HIT &&
                 scene->kind[hit.triangle] == FH_SURFACE_CROWD_TOP &&
                 scene->normal[hit.triangle][2] > 0.0f;
}

static bool
share_space(const FhRaycaster* const caster,
            const Point* const a,
            const Point* const b)
{
  size_t common = 0;
  for (size_t i = 0; i < N_PAIRS && a->n_met && b->n_met; ++i) {
    common += fh_visible(
      caster, a->met[i * 61U % a->n_met], b->met[i * 37U % b->n_met]);
    if (common >= COMMON_PAIRS) {
      return true;
    }
  }
  return false;
}

/// Put points into spaces; returns the first point of the room
static size_t
sort_spaces(const FhScene* const scene,
            const FhRaycaster* const caster,
            Point* const points,
            const size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    points[i].space = i;
    for (size_t j = 0; j < i; ++j) {
      if (points[j].space == j && share_space(caster, &points[i], &points[j])) {
        points[i].space = j;
        break;
      }
    }
    ++points[points[i].space].n_fellows;
  }
  // The space of most points; of equals the one where ways are longer
  size_t room = SIZE_MAX;
  for (size_t i = 0; i < n; ++i) {
    const Point* const p = &points[i];
    if (p->space != i || (scene->closed && p->open > OUTSIDE_SHARE)) {
      continue;
    }
    const Point* const r = room < n ? &points[room] : NULL;
    if (!r || p->n_fellows > r->n_fellows ||
        (p->n_fellows == r->n_fellows &&
         p->way_m * (double)r->n_met > r->way_m * (double)p->n_met)) {
      room = i;
    }
  }
  return room;
}

FhStatus
fh_scene_places(const FhScene* const scene,
                const FhRaycaster* const caster,
                const float (*const at)[3],
                const size_t n,
                FhPlace* const place)
{
  // A few seats say which space is the room
  const size_t n_seats = scene->n_seats < 8 ? scene->n_seats : 8;
  const size_t n_all = n + n_seats;
  Point* const points = (Point*)calloc(n_all + 1, sizeof *points);
  FhStatus status = points ? FH_OK : FH_ERR_NO_MEM;
  for (size_t i = 0; i < n_all && !status; ++i) {
    points[i].met =
      (float(*)[3])malloc((size_t)N_WALKS * N_BOUNCES * sizeof(float[3]));
    if (!points[i].met) {
      status = FH_ERR_NO_MEM;
      break;
    }
    wander(scene,
           caster,
           i < n ? at[i] : scene->seats[(i - n) * scene->n_seats / n_seats].at,
           &points[i]);
  }
  if (!status) {
    const size_t room = sort_spaces(scene, caster, points, n_all);
    for (size_t i = 0; i < n; ++i) {
      const Point* const p = &points[i];
      place[i] = p->crowd                                   ? FH_PLACE_CROWD
                 : scene->closed && p->open > OUTSIDE_SHARE ? FH_PLACE_OUTSIDE
                 : p->open == 0.0 && p->space != room       ? FH_PLACE_SOLID
                 : p->nearest < ON_SURFACE_M                ? FH_PLACE_SURFACE
                                                            : FH_PLACE_ROOM;
    }
  }
  for (size_t i = 0; points && i < n_all; ++i) {
    free(points[i].met);
  }
  free(points);
  return status;
}

bool
fh_place_on_surface(const FhRaycaster* const caster, const float at[3])
{
  // To the corners, edges and faces of a cube: 27 cells but for its middle
  for (uint32_t i = 0; i < 26; ++i) {
    const uint32_t cell = i < 13 ? i : i + 1;
    const uint32_t digit[3] = {cell % 3, cell / 3 % 3, cell / 9};
    float d[3];
    float square = 0.0f;
    for (size_t k = 0; k < 3; ++k) {
      d[k] = (float)digit[k] - 1.0f;
      square += d[k] * d[k];
    }
    for (size_t k = 0; k < 3; ++k) {
      d[k] /= sqrtf(square);
    }
    FhHit hit;
    fh_raycast(caster, at, d, 0.0f, TOUCHES_M, &hit);
    if (hit.triangle != FH_NO_HIT) {
      return true;
    }
  }
  return false;
}
