// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TESTS_HALL_SCENE_H
#define FULLHOUSE_TESTS_HALL_SCENE_H

#include "box_scene.h"

/*
  A hall of 60 x 40 x 20 m with a stage, two rear and two side balconies,
  reflectors over the stage and an audience on blocks or rows of seats; T of
  about 3 s at 1 kHz. Three sizes: about 380, 3 600 and 27 000 triangles.
*/

typedef enum { HALL_SMALL, HALL_MIDDLE, HALL_LARGE } HallSize;

typedef enum {
  HALL_WALL,
  HALL_CEILING,
  HALL_AUDIENCE,
  HALL_STAGE,
  HALL_FRONT,
  HALL_CLOUD,
  HALL_MATERIALS
} HallMaterial;

/// Where the audience sits
typedef struct {
  float x0, x1, y0, y1, z;
} HallArea;

#define HALL_AREAS 5
static const HallArea hall_area[HALL_AREAS] = {
  {16.0f, 58.0f, 3.0f, 37.0f, 0.0f},
  {47.0f, 59.5f, 1.0f, 39.0f, 6.6f},
  {47.0f, 59.5f, 1.0f, 39.0f, 12.6f},
  {16.0f, 46.0f, 0.4f, 3.2f, 6.6f},
  {16.0f, 46.0f, 36.8f, 39.6f, 6.6f}};

static const float hall_absorption[HALL_MATERIALS][FH_N_OCTAVES] = {
  {0.14f, 0.13f, 0.12f, 0.10f, 0.10f, 0.10f, 0.10f, 0.11f},
  {0.18f, 0.15f, 0.12f, 0.10f, 0.09f, 0.09f, 0.10f, 0.10f},
  {0.35f, 0.45f, 0.58f, 0.68f, 0.75f, 0.78f, 0.80f, 0.80f},
  {0.20f, 0.16f, 0.12f, 0.10f, 0.08f, 0.08f, 0.08f, 0.08f},
  {0.15f, 0.12f, 0.10f, 0.10f, 0.10f, 0.10f, 0.10f, 0.10f},
  {0.12f, 0.10f, 0.08f, 0.07f, 0.07f, 0.07f, 0.07f, 0.07f}};

static const float hall_scattering[HALL_MATERIALS][FH_N_OCTAVES] = {
  {0.08f, 0.10f, 0.12f, 0.16f, 0.20f, 0.25f, 0.30f, 0.35f},
  {0.08f, 0.10f, 0.14f, 0.18f, 0.22f, 0.28f, 0.32f, 0.35f},
  {0.20f, 0.30f, 0.45f, 0.60f, 0.70f, 0.75f, 0.80f, 0.80f},
  {0.05f, 0.06f, 0.08f, 0.10f, 0.12f, 0.15f, 0.18f, 0.20f},
  {0.15f, 0.20f, 0.30f, 0.40f, 0.50f, 0.60f, 0.65f, 0.70f},
  {0.10f, 0.12f, 0.16f, 0.20f, 0.25f, 0.30f, 0.30f, 0.30f}};

static inline size_t
hall_parts(const float length, const float q)
{
  const float n = ceilf(length / q);
  return n < 1.0f ? 1 : (size_t)n;
}

/// Parallelogram cut into pieces of about q
static inline void
hall_quad(FhScene* const s,
          const float p[3],
          const float u[3],
          const float v[3],
          const float q,
          const uint32_t material)
{
  const size_t nu =
    hall_parts(sqrtf(u[0] * u[0] + u[1] * u[1] + u[2] * u[2]), q);
  const size_t nv =
    hall_parts(sqrtf(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]), q);
  for (size_t j = 0; j < nv; ++j) {
    for (size_t i = 0; i < nu; ++i) {
      float at[3];
      float du[3];
      float dv[3];
      for (size_t k = 0; k < 3; ++k) {
        du[k] = u[k] / (float)nu;
        dv[k] = v[k] / (float)nv;
        at[k] = p[k] + (float)i * du[k] + (float)j * dv[k];
      }
      test_scene_add_quad(s, at, du, dv, material);
    }
  }
}

/// Solid block seen from outside; without its bottom unless told
static inline void
hall_block(FhScene* const s,
           const float a[3],
           const float b[3],
           const float q,
           const uint32_t material,
           const bool bottom)
{
  const float x[3] = {b[0] - a[0], 0, 0};
  const float y[3] = {0, b[1] - a[1], 0};
  const float z[3] = {0, 0, b[2] - a[2]};
  const float top[3] = {a[0], a[1], b[2]};
  const float back[3] = {a[0], b[1], a[2]};
  const float right[3] = {b[0], a[1], a[2]};
  if (bottom) {
    hall_quad(s, a, y, x, q, material);
  }
  hall_quad(s, top, x, y, q, material);
  hall_quad(s, a, x, z, q, material);
  hall_quad(s, back, z, x, q, material);
  hall_quad(s, a, z, y, q, material);
  hall_quad(s, right, y, z, q, material);
}

static inline void
hall_shell(FhScene* const s, const float q)
{
  const float o[3] = {0, 0, 0};
  const float x[3] = {60, 0, 0};
  const float y[3] = {0, 40, 0};
  const float z[3] = {0, 0, 20};
  hall_quad(s, o, x, y, q, HALL_WALL);
  hall_quad(s, z, y, x, q, HALL_CEILING);
  hall_quad(s, o, z, x, q, HALL_WALL);
  hall_quad(s, y, x, z, q, HALL_WALL);
  hall_quad(s, o, y, z, q, HALL_WALL);
  hall_quad(s, x, z, y, q, HALL_WALL);
}

static inline void
hall_fittings(FhScene* const s, const HallSize size, const float q)
{
  const float stage[2][3] = {{0, 6, -0.01f}, {14, 34, 1}};
  hall_block(s, stage[0], stage[1], q, HALL_STAGE, false);
  for (size_t i = 0; i < 2; ++i) {
    const float z = i ? 12.0f : 6.0f;
    const float slab[2][3] = {{46.5f, 0, z}, {60, 40, z + 0.6f}};
    const float edge[2][3] = {{46.3f, 0, z - 0.2f}, {46.5f, 40, z + 1.4f}};
    hall_block(s, slab[0], slab[1], q, HALL_FRONT, true);
    hall_block(s, edge[0], edge[1], q, HALL_FRONT, true);
    const float y = i ? 36.6f : 0.0f;
    const float f = i ? 36.4f : 3.4f;
    const float side[2][3] = {{15.5f, y, 6}, {46.3f, y + 3.4f, 6.6f}};
    const float rim[2][3] = {{15.5f, f, 5.8f}, {46.3f, f + 0.2f, 7.4f}};
    hall_block(s, side[0], side[1], q, HALL_FRONT, true);
    hall_block(s, rim[0], rim[1], q, HALL_FRONT, true);
  }
  const bool small = size == HALL_SMALL;
  for (int i = 0; i < (small ? 4 : 8); ++i) {
    for (int j = 0; j < (small ? 1 : 4); ++j) {
      const float x = 2.0f + (float)i * (small ? 3.5f : 2.0f);
      const float y = small ? 8.0f : 6.0f + (float)j * 7.0f;
      const float z = 12.0f + 0.15f * (float)i;
      const float cloud[2][3] = {
        {x, y, z},
        {x + (small ? 3.0f : 1.6f), y + (small ? 24.0f : 5.0f), z + 0.1f}};
      hall_block(s, cloud[0], cloud[1], q, HALL_CLOUD, true);
    }
  }
}

static inline void
hall_row(FhScene* const s,
         const HallSize size,
         const HallArea* const area,
         const bool first,
         const float x)
{
  const float pitch = 1.08f;
  const float wide = area->y1 - area->y0;
  const size_t n =
    size == HALL_LARGE ? (size_t)(wide / pitch) : (first ? 3 : 1);
  for (size_t i = 0; i < n; ++i) {
    const float part = wide / (float)n;
    const float y0 = area->y0 + (size == HALL_LARGE ? (float)i * pitch + 0.04f
                                                    : (float)i * part + 0.3f);
    const float y1 = size == HALL_LARGE ? y0 + 1.0f : y0 + part - 0.6f;
    const float seat[2][3] = {{x, y0, area->z - 0.01f},
                              {x + 0.5f, y1, area->z + 0.8f}};
    hall_block(s, seat[0], seat[1], 60.0f, HALL_AUDIENCE, false);
  }
}

static inline void
hall_audience(FhScene* const s, const HallSize size)
{
  for (size_t i = 0; i < HALL_AREAS; ++i) {
    const HallArea* const area = &hall_area[i];
    if (size == HALL_SMALL) {
      const float block[2][3] = {{area->x0, area->y0, area->z - 0.01f},
                                 {area->x1, area->y1, area->z + 0.8f}};
      hall_block(s, block[0], block[1], 30.0f, HALL_AUDIENCE, false);
      continue;
    }
    const float pitch = 0.9f;
    const int rows = (int)((area->x1 - area->x0) / pitch);
    for (int r = 0; r < rows; ++r) {
      hall_row(s, size, area, i == 0, area->x0 + (float)r * pitch + 0.2f);
    }
  }
}

/// Up to `max` seats, ears 1.2 m above the floor, spread over all areas evenly
static inline bool
hall_seats(FhScene* const s, const size_t max)
{
  size_t n_all = 0;
  for (size_t i = 0; i < HALL_AREAS; ++i) {
    n_all += (size_t)((hall_area[i].x1 - hall_area[i].x0) / 0.9f) *
             (size_t)((hall_area[i].y1 - hall_area[i].y0) / 0.54f);
  }
  float(*const at)[3] = (float(*)[3])calloc(n_all + 1, sizeof *at);
  if (!at) {
    return false;
  }
  size_t n = 0;
  size_t kept = 0;
  for (size_t i = 0; i < HALL_AREAS; ++i) {
    const HallArea* const a = &hall_area[i];
    const size_t rows = (size_t)((a->x1 - a->x0) / 0.9f);
    const size_t columns = (size_t)((a->y1 - a->y0) / 0.54f);
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < columns; ++c, ++n) {
        if (max < n_all && n * max / n_all < kept) {
          continue;
        }
        at[kept][0] = a->x0 + (float)r * 0.9f + 0.45f;
        at[kept][1] = a->y0 + ((float)c + 0.5f) * 0.54f;
        at[kept][2] = a->z + 1.2f;
        ++kept;
      }
    }
  }
  const bool ok =
    test_scene_set_seats(s, (const float(*)[3])at, kept < max ? kept : max);
  free(at);
  return ok;
}

/// Build the hall with its seats; false when out of memory
static inline bool
hall_init(FhScene* const s, const HallSize size, const size_t n_seats)
{
  if (!test_scene_init(s)) {
    return false;
  }
  for (size_t i = 0; i < HALL_MATERIALS; ++i) {
    FhMaterial m = test_material(0.0f, 0.0f);
    memcpy(m.absorption, hall_absorption[i], sizeof m.absorption);
    memcpy(m.scattering, hall_scattering[i], sizeof m.scattering);
    (void)test_scene_add_material(s, m);
  }
  const float q = size == HALL_SMALL    ? 21.0f
                  : size == HALL_MIDDLE ? 7.0f
                                        : 4.0f;
  hall_shell(s, q);
  hall_fittings(s, size, q);
  hall_audience(s, size);
  s->volume_m3 = 46000.0;
  return hall_seats(s, n_seats);
}

#endif // FULLHOUSE_TESTS_HALL_SCENE_H
