// SPDX-License-Identifier: GPL-3.0-or-later
#include "obstacle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Faces met on one line at most
#define MAX_FACES 24
/// A line goes on this far behind a face [m]
#define STEP_M 1e-3f

/// A corner of a triangle
typedef struct {
  uint32_t material, vertex, triangle;
} Corner;

static int
by_place(const void* const a, const void* const b)
{
  const Corner* const x = (const Corner*)a;
  const Corner* const y = (const Corner*)b;
  if (x->material != y->material) {
    return x->material < y->material ? -1 : 1;
  }
  if (x->vertex != y->vertex) {
    return x->vertex < y->vertex ? -1 : 1;
  }
  return (x->triangle > y->triangle) - (x->triangle < y->triangle);
}

static uint32_t
root_of(uint32_t* const parent, uint32_t i)
{
  while (parent[i] != i) {
    parent[i] = parent[parent[i]];
    i = parent[i];
  }
  return i;
}

FhStatus
things_new(const FhScene* const scene,
           const uint32_t* const material,
           Things* const out)
{
  const size_t n = scene->n_triangles;
  *out = (Things){n, NULL};
  out->thing = (uint32_t*)calloc(n + 1, sizeof(uint32_t));
  Corner* const corner = (Corner*)calloc(3 * n + 1, sizeof(Corner));
  if (!out->thing || !corner) {
    free(corner);
    things_clear(out);
    return FH_ERR_NO_MEM;
  }
  for (uint32_t t = 0; t < n; ++t) {
    out->thing[t] = t;
    for (size_t k = 0; k < 3; ++k) {
      corner[3 * t + k] = (Corner){material[t], scene->triangle[t][k], t};
    }
  }
  qsort(corner, 3 * n, sizeof *corner, by_place);
  for (size_t i = 1; i < 3 * n; ++i) {
    if (corner[i].material == corner[i - 1].material &&
        corner[i].vertex == corner[i - 1].vertex) {
      const uint32_t a = root_of(out->thing, corner[i].triangle);
      const uint32_t b = root_of(out->thing, corner[i - 1].triangle);
      out->thing[a > b ? a : b] = a < b ? a : b;
    }
  }
  for (uint32_t t = 0; t < n; ++t) {
    out->thing[t] = root_of(out->thing, t);
  }
  free(corner);
  return FH_OK;
}

void
things_clear(Things* const things)
{
  free(things->thing);
  memset(things, 0, sizeof *things);
}

static void
count_one(Obstacles* const o, const uint32_t thing)
{
  for (size_t i = 0; i < o->n; ++i) {
    if (o->thing[i] == thing) {
      ++o->n_met[i];
      return;
    }
  }
  if (o->n < MAX_OBSTACLES) {
    o->thing[o->n] = thing;
    o->n_met[o->n++] = 1;
  }
}

void
obstacles_count(const FhScene* const scene,
                const FhRaycaster* const caster,
                const Things* const things,
                const float from[3],
                const float to[3],
                Obstacles* const obstacles)
{
  float d[3];
  float length = 0.0f;
  for (size_t k = 0; k < 3; ++k) {
    d[k] = to[k] - from[k];
    length += d[k] * d[k];
  }
  length = sqrtf(length);
  for (size_t k = 0; k < 3; ++k) {
    d[k] /= fmaxf(length, 1e-6f);
  }
  float near = STEP_M;
  for (size_t i = 0; i < MAX_FACES && near < length - STEP_M; ++i) {
    FhHit hit;
    fh_raycast(caster, from, d, near, length - STEP_M, &hit);
    if (hit.triangle == FH_NO_HIT) {
      return;
    }
    if (scene->kind[hit.triangle] == FH_SURFACE_PLAIN) {
      count_one(obstacles, things->thing[hit.triangle]);
    }
    near = hit.distance_m + STEP_M;
  }
}

void
obstacles_sort(Obstacles* const o)
{
  for (size_t i = 1; i < o->n; ++i) {
    for (size_t k = i; k > 0 && o->n_met[k] > o->n_met[k - 1]; --k) {
      const uint32_t thing = o->thing[k];
      const size_t n = o->n_met[k];
      o->thing[k] = o->thing[k - 1];
      o->n_met[k] = o->n_met[k - 1];
      o->thing[k - 1] = thing;
      o->n_met[k - 1] = n;
    }
  }
}

/// Whether a triangle belongs to one of them
static bool
obstacles_have(const Obstacles* const obstacles,
               const Things* const things,
               const size_t triangle)
{
  for (size_t i = 0; i < obstacles->n; ++i) {
    if (things->thing[triangle] == obstacles->thing[i]) {
      return true;
    }
  }
  return false;
}

FhStatus
cleared_new(const FhScene* const scene,
            const Things* const things,
            const Obstacles* const obstacles,
            Cleared* const out)
{
  memset(out, 0, sizeof *out);
  out->scene = *scene;
  out->triangle =
    (uint32_t(*)[3])calloc(scene->n_triangles + 1, sizeof *out->triangle);
  if (!out->triangle) {
    return FH_ERR_NO_MEM;
  }
  memcpy(
    out->triangle, scene->triangle, scene->n_triangles * sizeof *out->triangle);
  out->scene.triangle = out->triangle;
  for (size_t t = 0; t < scene->n_triangles; ++t) {
    if (obstacles_have(obstacles, things, t)) {
      // Numbers stay: what is away is a point
      out->triangle[t][1] = out->triangle[t][0];
      out->triangle[t][2] = out->triangle[t][0];
    }
  }
  const FhStatus status = fh_raycaster_new(&out->scene, 1, &out->caster);
  if (status) {
    cleared_clear(out);
  }
  return status;
}

void
cleared_clear(Cleared* const cleared)
{
  fh_raycaster_free(cleared->caster);
  free(cleared->triangle);
  memset(cleared, 0, sizeof *cleared);
}
