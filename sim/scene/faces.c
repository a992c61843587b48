// SPDX-License-Identifier: GPL-3.0-or-later
#include "faces.h"

#include <math.h>
#include <stdlib.h>

/// Cosine between the normals of two triangles of one plane, 1 degree
#define SAME_PLANE 0.99985

double
faces_dot(const double a[3], const double b[3])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

void
faces_cross(const double a[3], const double b[3], double out[3])
{
  for (size_t k = 0; k < 3; ++k) {
    const size_t i = (k + 1) % 3;
    const size_t j = (k + 2) % 3;
    out[k] = a[i] * b[j] - a[j] * b[i];
  }
}

void
faces_place(const Faces* const f,
            const uint32_t triangle,
            const size_t corner,
            double at[3])
{
  const uint32_t* const v = f->scene->triangle[triangle];
  for (size_t k = 0; k < 3; ++k) {
    at[k] = (double)f->scene->vertex[v[corner % 3]][k];
  }
}

/// Vector along a side of a triangle
void
faces_side(const Faces* const f,
           const uint32_t triangle,
           const size_t from,
           const size_t to,
           double out[3])
{
  double at[3];
  faces_place(f, triangle, from, at);
  faces_place(f, triangle, to, out);
  for (size_t k = 0; k < 3; ++k) {
    out[k] -= at[k];
  }
}

/// Unit normal; the area, 0 for a triangle without one
double
faces_normal(const Faces* const f, const uint32_t triangle, double n[3])
{
  double e[2][3];
  faces_side(f, triangle, 0, 1, e[0]);
  faces_side(f, triangle, 0, 2, e[1]);
  faces_cross(e[0], e[1], n);
  const double length = sqrt(faces_dot(n, n));
  for (size_t k = 0; k < 3; ++k) {
    n[k] = length > 0.0 ? n[k] / length : 0.0;
  }
  return 0.5 * length;
}

static int
by_corners(const void* const a, const void* const b)
{
  const Side3* const x = (const Side3*)a;
  const Side3* const y = (const Side3*)b;
  const uint32_t p[4] = {x->low, x->high, x->triangle, x->from};
  const uint32_t q[4] = {y->low, y->high, y->triangle, y->from};
  for (size_t k = 0; k < 4; ++k) {
    if (p[k] != q[k]) {
      return p[k] < q[k] ? -1 : 1;
    }
  }
  return 0;
}

static FhStatus
list_sides(Faces* const f)
{
  const size_t n = f->scene->n_triangles;
  f->side = (Side3*)calloc(3 * n + 1, sizeof *f->side);
  f->inner = (bool*)calloc(3 * n + 1, sizeof *f->inner);
  if (!f->side || !f->inner) {
    return FH_ERR_NO_MEM;
  }
  for (size_t t = 0; t < n; ++t) {
    for (uint32_t i = 0; i < 3; ++i) {
      const uint32_t a = f->scene->triangle[t][i];
      const uint32_t b = f->scene->triangle[t][(i + 1) % 3];
      f->side[3 * t + i] =
        (Side3){a < b ? a : b, a < b ? b : a, (uint32_t)t, i};
    }
  }
  qsort(f->side, 3 * n, sizeof *f->side, by_corners);
  return FH_OK;
}

static uint32_t
root_of(uint32_t* const face, uint32_t t)
{
  while (face[t] != t) {
    face[t] = face[face[t]];
    t = face[t];
  }
  return t;
}

/// Triangles that share a side in one plane are of one face
static void
join(Faces* const f, const Side3* const a, const Side3* const b)
{
  double n[2][3];
  const double area = fmin(faces_normal(f, a->triangle, n[0]),
                           faces_normal(f, b->triangle, n[1]));
  if (area > 0.0 && fabs(faces_dot(n[0], n[1])) > SAME_PLANE) {
    const uint32_t p = root_of(f->face, a->triangle);
    const uint32_t q = root_of(f->face, b->triangle);
    f->face[p < q ? q : p] = p < q ? p : q;
    f->inner[3 * a->triangle + a->from] = true;
    f->inner[3 * b->triangle + b->from] = true;
  }
}

static FhStatus
join_faces(Faces* const f)
{
  const size_t n = f->scene->n_triangles;
  f->face = (uint32_t*)calloc(n + 1, sizeof *f->face);
  f->order = (uint32_t*)calloc(n + 1, sizeof *f->order);
  f->step = (int(*)[2])calloc(n + 1, sizeof *f->step);
  uint32_t* const first = (uint32_t*)calloc(n + 2, sizeof *first);
  if (!f->face || !f->order || !f->step || !first) {
    free(first);
    return FH_ERR_NO_MEM;
  }
  for (size_t t = 0; t < n; ++t) {
    f->face[t] = (uint32_t)t;
  }
  for (size_t i = 0; i < 3 * n; ++i) {
    const Side3* const a = &f->side[i];
    for (size_t j = i + 1;
         j < 3 * n && f->side[j].low == a->low && f->side[j].high == a->high;
         ++j) {
      join(f, a, &f->side[j]);
    }
  }
  for (size_t t = 0; t < n; ++t) {
    f->face[t] = root_of(f->face, (uint32_t)t);
    ++first[f->face[t] + 1];
  }
  for (size_t t = 0; t < n; ++t) {
    first[t + 1] += first[t];
  }
  for (size_t t = 0; t < n; ++t) {
    f->order[first[f->face[t]]++] = (uint32_t)t;
  }
  free(first);
  return FH_OK;
}

FhStatus
faces_find(Faces* const f)
{
  const FhStatus status = list_sides(f);
  return status ? status : join_faces(f);
}

void
faces_clear(Faces* const f)
{
  free(f->step);
  free(f->order);
  free(f->face);
  free(f->inner);
  free(f->side);
}
