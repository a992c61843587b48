// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TESTS_BOX_SCENE_H
#define FULLHOUSE_TESTS_BOX_SCENE_H

#include <fh/scene.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
  Scenes made by hand for the tests of the transport engine: triangles are
  added one quadrilateral at a time, each with a material by index.
*/

/// Room for this many triangles, vertices and materials in a test scene
#define TEST_SCENE_MAX     65536
#define TEST_MATERIALS_MAX 32

/// A material with one absorption and one scattering for all octaves
static inline FhMaterial
test_material(const float absorption, const float scattering)
{
  FhMaterial m;
  memset(&m, 0, sizeof m);
  m.two_sided = true;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    m.absorption[b] = absorption;
    m.scattering[b] = scattering;
  }
  return m;
}

/// Start an empty scene; false when out of memory
static inline bool
test_scene_init(FhScene* const s)
{
  memset(s, 0, sizeof *s);
  s->vertex = (float(*)[4])calloc(TEST_SCENE_MAX, sizeof *s->vertex);
  s->triangle = (uint32_t(*)[3])calloc(TEST_SCENE_MAX, sizeof *s->triangle);
  s->material = (uint32_t*)calloc(TEST_SCENE_MAX, sizeof *s->material);
  s->block = (int32_t*)calloc(TEST_SCENE_MAX, sizeof *s->block);
  s->kind = (uint8_t*)calloc(TEST_SCENE_MAX, sizeof *s->kind);
  s->normal = (float(*)[4])calloc(TEST_SCENE_MAX, sizeof *s->normal);
  s->materials = (FhMaterial*)calloc(TEST_MATERIALS_MAX, sizeof *s->materials);
  s->closed = true;
  s->air = fh_air_default();
  return s->vertex && s->triangle && s->material && s->block && s->kind &&
         s->normal && s->materials;
}

static inline void
test_scene_free(FhScene* const s)
{
  free(s->vertex);
  free(s->triangle);
  free(s->material);
  free(s->block);
  free(s->kind);
  free(s->normal);
  free(s->materials);
  free(s->seats);
  free(s->microphone);
  memset(s, 0, sizeof *s);
}

static inline uint32_t
test_scene_add_material(FhScene* const s, const FhMaterial material)
{
  s->materials[s->n_materials] = material;
  return (uint32_t)s->n_materials++;
}

static inline void
test_scene_add_triangle(FhScene* const s,
                        const uint32_t a,
                        const uint32_t b,
                        const uint32_t c,
                        const uint32_t material)
{
  double e[2][3];
  for (size_t k = 0; k < 3; ++k) {
    e[0][k] = (double)s->vertex[b][k] - (double)s->vertex[a][k];
    e[1][k] = (double)s->vertex[c][k] - (double)s->vertex[a][k];
  }
  const double n[3] = {e[0][1] * e[1][2] - e[0][2] * e[1][1],
                       e[0][2] * e[1][0] - e[0][0] * e[1][2],
                       e[0][0] * e[1][1] - e[0][1] * e[1][0]};
  const double length = sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
  const size_t i = s->n_triangles++;
  s->triangle[i][0] = a;
  s->triangle[i][1] = b;
  s->triangle[i][2] = c;
  s->material[i] = material;
  s->block[i] = -1;
  for (size_t k = 0; k < 3; ++k) {
    s->normal[i][k] = (float)(n[k] / length);
  }
  s->surface_m2 += 0.5 * length;
}

/// Parallelogram with corner `p` and edges `u`, `v`; normal along u x v
static inline void
test_scene_add_quad(FhScene* const s,
                    const float p[3],
                    const float u[3],
                    const float v[3],
                    const uint32_t material)
{
  const uint32_t base = (uint32_t)s->n_vertices;
  for (size_t corner = 0; corner < 4; ++corner) {
    const float a = corner == 1 || corner == 2 ? 1.0f : 0.0f;
    const float b = corner >= 2 ? 1.0f : 0.0f;
    for (size_t k = 0; k < 3; ++k) {
      const float x = p[k] + a * u[k] + b * v[k];
      s->vertex[s->n_vertices][k] = x;
      s->low[k] = s->n_vertices && s->low[k] < x ? s->low[k] : x;
      s->high[k] = s->n_vertices && s->high[k] > x ? s->high[k] : x;
    }
    ++s->n_vertices;
  }
  test_scene_add_triangle(s, base, base + 1, base + 2, material);
  test_scene_add_triangle(s, base, base + 2, base + 3, material);
}

/// Inside of a box from the origin; walls x0 x1 y0 y1 z0 z1, normals inward
static inline void
test_scene_add_box(FhScene* const s,
                   const float d[3],
                   const uint32_t material[6])
{
  const float o[3] = {0, 0, 0};
  const float x[3] = {d[0], 0, 0};
  const float y[3] = {0, d[1], 0};
  const float z[3] = {0, 0, d[2]};
  test_scene_add_quad(s, o, y, z, material[0]);
  test_scene_add_quad(s, x, z, y, material[1]);
  test_scene_add_quad(s, o, z, x, material[2]);
  test_scene_add_quad(s, y, x, z, material[3]);
  test_scene_add_quad(s, o, x, y, material[4]);
  test_scene_add_quad(s, z, y, x, material[5]);
  s->volume_m3 = (double)d[0] * (double)d[1] * (double)d[2];
}

/// Set the microphones, a copy of `at`
static inline bool
test_scene_set_microphones(FhScene* const s,
                           const float (*const at)[3],
                           const size_t n)
{
  free(s->microphone);
  s->microphone = (float(*)[3])calloc(n, sizeof *s->microphone);
  if (!s->microphone) {
    return false;
  }
  memcpy(s->microphone, at, n * sizeof *at);
  s->n_microphones = n;
  return true;
}

/// Set the seats at these ears, each standing for 1 m2
static inline bool
test_scene_set_seats(FhScene* const s,
                     const float (*const at)[3],
                     const size_t n)
{
  free(s->seats);
  s->seats = (FhSeat*)calloc(n, sizeof *s->seats);
  if (!s->seats) {
    return false;
  }
  for (size_t i = 0; i < n; ++i) {
    s->seats[i].id = (uint32_t)i;
    s->seats[i].area_m2 = 1.0f;
    s->seats[i].front[0] = -1.0f;
    memcpy(s->seats[i].at, at[i], sizeof s->seats[i].at);
  }
  s->n_seats = n;
  return true;
}

#endif // FULLHOUSE_TESTS_BOX_SCENE_H
