// SPDX-License-Identifier: GPL-3.0-or-later
#include "../result/json.h"
#include "page.h"
#include "report_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Triangles that the page can hold; of larger models the largest are kept
#define MAX_TRIANGLES 30000u
static double
triangle_m2(const FhScene* const s, const size_t t)
{
  const uint32_t* const k = s->triangle[t];
  double e[2][3];
  for (size_t i = 0; i < 3; ++i) {
    e[0][i] = (double)(s->vertex[k[1]][i] - s->vertex[k[0]][i]);
    e[1][i] = (double)(s->vertex[k[2]][i] - s->vertex[k[0]][i]);
  }
  const double x = e[0][1] * e[1][2] - e[0][2] * e[1][1];
  const double y = e[0][2] * e[1][0] - e[0][0] * e[1][2];
  const double z = e[0][0] * e[1][1] - e[0][1] * e[1][0];
  return 0.5 * sqrt(x * x + y * y + z * z);
}

static int
descending(const void* const a, const void* const b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return x > y ? -1 : x < y;
}

/// Area that a triangle must have to be shown [m2]
static double
least_area(const FhScene* const s)
{
  if (s->n_triangles <= MAX_TRIANGLES) {
    return 1e-9;
  }
  double* const area = (double*)calloc(s->n_triangles, sizeof *area);
  if (!area) {
    return 1.0;
  }
  for (size_t t = 0; t < s->n_triangles; ++t) {
    area[t] = triangle_m2(s, t);
  }
  qsort(area, s->n_triangles, sizeof *area, descending);
  const double least = area[MAX_TRIANGLES];
  free(area);
  return least;
}

json_t*
report_mesh(const FhScene* const s)
{
  float* const vertex = (float*)calloc(3 * s->n_vertices + 1, sizeof *vertex);
  uint32_t* const index =
    (uint32_t*)calloc(3 * s->n_triangles + 1, sizeof *index);
  json_t* out = NULL;
  if (vertex && index) {
    for (size_t v = 0; v < s->n_vertices; ++v) {
      double world[3];
      fh_scene_to_world(s, s->vertex[v], world);
      for (size_t k = 0; k < 3; ++k) {
        vertex[3 * v + k] = (float)world[k];
      }
    }
    const double least = least_area(s);
    size_t n = 0;
    for (size_t t = 0; t < s->n_triangles; ++t) {
      if (s->kind[t] == FH_SURFACE_PLAIN && triangle_m2(s, t) > least) {
        memcpy(index + n, s->triangle[t], sizeof s->triangle[t]);
        n += 3;
      }
    }
    out = json_pack("{s:o, s:o}",
                    "vertices",
                    page_pack(PAGE_F32, vertex, 3 * s->n_vertices),
                    "triangles",
                    page_pack(PAGE_U32, index, n));
  }
  free(vertex);
  free(index);
  return out;
}

json_t*
report_seats(const FhScene* const s)
{
  float* const at = (float*)calloc(3 * s->n_seats + 1, sizeof *at);
  uint8_t* const area = (uint8_t*)calloc(s->n_seats + 1, 1);
  uint32_t* const id = (uint32_t*)calloc(s->n_seats + 1, sizeof *id);
  json_t* out = NULL;
  if (at && area && id) {
    for (size_t i = 0; i < s->n_seats; ++i) {
      double world[3];
      fh_scene_to_world(s, s->seats[i].at, world);
      for (size_t k = 0; k < 3; ++k) {
        at[3 * i + k] = (float)world[k];
      }
      area[i] = (uint8_t)(s->seats[i].area < 255 ? s->seats[i].area : 255);
      id[i] = s->seats[i].id;
    }
    out = json_pack("{s:I, s:o, s:o, s:o}",
                    "count",
                    (json_int_t)s->n_seats,
                    "position",
                    page_pack(PAGE_F32, at, 3 * s->n_seats),
                    "area",
                    page_pack(PAGE_U8, area, s->n_seats),
                    "id",
                    page_pack(PAGE_U32, id, s->n_seats));
  }
  free(at);
  free(area);
  free(id);
  return out;
}

static void
add_loudspeaker(json_t* const out,
                const char* const name,
                const double at[3],
                const double yaw_deg,
                const double pitch_deg)
{
  const double yaw = yaw_deg * FH_PI / 180.0;
  const double pitch = pitch_deg * FH_PI / 180.0;
  const double aim[3] = {
    -sin(yaw) * cos(pitch), cos(yaw) * cos(pitch), sin(pitch)};
  json_array_append_new(out,
                        json_pack("{s:s, s:o, s:o}",
                                  "name",
                                  name,
                                  "at",
                                  json_numbers(at, 3),
                                  "aim",
                                  json_numbers(aim, 3)));
}

json_t*
report_loudspeakers(const FhVenue* const v)
{
  json_t* const out = json_array();
  for (size_t i = 0; i < v->n_loudspeakers; ++i) {
    const FhLoudspeaker* const s = &v->loudspeakers[i];
    if (!s->muted) {
      add_loudspeaker(out, s->name, s->at, s->yaw_deg, s->pitch_deg);
    }
  }
  for (size_t i = 0; i < v->n_arrays; ++i) {
    const FhArray* const a = &v->arrays[i];
    if (!a->muted) {
      add_loudspeaker(out, a->name, a->top, a->yaw_deg, a->pitch_deg);
    }
  }
  return out;
}
