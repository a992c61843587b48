// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine.h"

#include <stdlib.h>

/*
  Triangles that lie in one plane make one mirror. Planes are found by rounding
  normal and offset; a plane that falls on a rounding edge may come out twice,
  which costs time but no truth: a path is valid for the plane of the very
  triangle that it meets.
*/

#define NORMAL_STEP   1e-3
#define OFFSET_STEP_M 4e-3
/// A point this far behind a plane is behind it [m]
#define BEHIND_M 2e-3

typedef struct {
  int64_t key[4];
  uint32_t plane;
  bool used;
} Slot;

static void
triangle_plane(const FhScene* const scene,
               const size_t t,
               double n[3],
               double* const offset)
{
  const uint32_t* const v = scene->triangle[t];
  double p[3][3];
  for (size_t i = 0; i < 3; ++i) {
    for (size_t k = 0; k < 3; ++k) {
      p[i][k] = (double)scene->vertex[v[i]][k];
    }
  }
  double e[2][3];
  for (size_t k = 0; k < 3; ++k) {
    e[0][k] = p[1][k] - p[0][k];
    e[1][k] = p[2][k] - p[0][k];
  }
  n[0] = e[0][1] * e[1][2] - e[0][2] * e[1][1];
  n[1] = e[0][2] * e[1][0] - e[0][0] * e[1][2];
  n[2] = e[0][0] * e[1][1] - e[0][1] * e[1][0];
  const double length = sqrt(dot3d(n, n));
  const double scale = length > 0.0 ? 1.0 / length : 0.0;
  // Of the two normals take the one whose first large component is positive
  const size_t first = fabs(n[0]) * scale > NORMAL_STEP   ? 0
                       : fabs(n[1]) * scale > NORMAL_STEP ? 1
                                                          : 2;
  const double sign = n[first] < 0.0 ? -scale : scale;
  for (size_t k = 0; k < 3; ++k) {
    n[k] *= sign;
  }
  *offset = (dot3d(n, p[0]) + dot3d(n, p[1]) + dot3d(n, p[2])) / 3.0;
}

static void
grow_box(Plane* const plane, const FhScene* const scene, const size_t t)
{
  for (size_t i = 0; i < 3; ++i) {
    for (size_t k = 0; k < 3; ++k) {
      const double x = (double)scene->vertex[scene->triangle[t][i]][k];
      plane->low[k] = fmin(plane->low[k], x);
      plane->high[k] = fmax(plane->high[k], x);
    }
  }
}

/// Which side of the plane holds all vertices, if one does
static int
side_of_scene(const Plane* const plane, const FhScene* const scene)
{
  bool front = true;
  bool back = true;
  for (size_t v = 0; v < scene->n_vertices && (front || back); ++v) {
    const double p[3] = {(double)scene->vertex[v][0],
                         (double)scene->vertex[v][1],
                         (double)scene->vertex[v][2]};
    const double d = dot3d(plane->normal, p) - plane->offset;
    front &= d > -BEHIND_M;
    back &= d < BEHIND_M;
  }
  return front && !back ? 1 : back && !front ? -1 : 0;
}

static uint32_t
find_plane(Slot* const slots, const size_t n_slots, const int64_t key[4])
{
  uint64_t h = 0;
  for (size_t i = 0; i < 4; ++i) {
    h = mix64(h, (uint64_t)key[i]);
  }
  size_t at = h & (n_slots - 1);
  while (slots[at].used &&
         memcmp(slots[at].key, key, sizeof slots[at].key) != 0) {
    at = (at + 1) & (n_slots - 1);
  }
  return (uint32_t)at;
}

FhStatus
planes_new(const Engine* const engine, Planes* const planes)
{
  const FhScene* const scene = engine->scene;
  size_t n_slots = 64;
  while (n_slots < 2 * scene->n_triangles) {
    n_slots *= 2;
  }
  Slot* const slots = (Slot*)engine_alloc(n_slots, sizeof(Slot));
  planes->planes = (Plane*)engine_alloc(scene->n_triangles, sizeof(Plane));
  planes->plane_of =
    (uint32_t*)engine_alloc(scene->n_triangles, sizeof(uint32_t));
  planes->n_planes = 0;
  if (!slots || !planes->planes || !planes->plane_of) {
    free(slots);
    planes_clear(planes);
    return FH_ERR_NO_MEM;
  }

  for (size_t t = 0; t < scene->n_triangles; ++t) {
    double n[3];
    double offset = 0.0;
    triangle_plane(scene, t, n, &offset);
    const int64_t key[4] = {llrint(n[0] / NORMAL_STEP),
                            llrint(n[1] / NORMAL_STEP),
                            llrint(n[2] / NORMAL_STEP),
                            llrint(offset / OFFSET_STEP_M)};
    Slot* const slot = &slots[find_plane(slots, n_slots, key)];
    if (!slot->used) {
      slot->used = true;
      memcpy(slot->key, key, sizeof slot->key);
      slot->plane = (uint32_t)planes->n_planes++;
      Plane* const plane = &planes->planes[slot->plane];
      memcpy(plane->normal, n, sizeof plane->normal);
      plane->offset = offset;
      for (size_t k = 0; k < 3; ++k) {
        plane->low[k] = (double)FAR_M;
        plane->high[k] = -(double)FAR_M;
      }
    }
    Plane* const plane = &planes->planes[slot->plane];
    grow_box(plane, scene, t);
    // Triangles of a block that is not there are points, and mirror nothing
    const bool there = scene->triangle[t][0] != scene->triangle[t][1];
    plane->mirrors |= there && engine->surfaces[scene->material[t]].mirrors;
    planes->plane_of[t] = slot->plane;
  }
  free(slots);

  // Worth its time only where planes are few enough for a full search
  if (planes->n_planes <= 4096) {
    for (size_t i = 0; i < planes->n_planes; ++i) {
      planes->planes[i].inside = side_of_scene(&planes->planes[i], scene);
    }
  }
  return FH_OK;
}

void
planes_clear(Planes* const planes)
{
  free(planes->planes);
  free(planes->plane_of);
  memset(planes, 0, sizeof *planes);
}
