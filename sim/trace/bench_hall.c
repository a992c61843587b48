// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/bench.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Rows, and seats in a row, are this far apart [m]
#define ROW_M   0.9f
#define SEAT_M  0.54f
#define N_AREAS 5

const float fh_bench_stage[3] = {6.0f, 20.0f, 2.5f};

/// Where the audience sits
typedef struct {
  float x0, x1, y0, y1, z;
} Area;

static const Area areas[] = {{16.0f, 58.0f, 3.0f, 37.0f, 0.0f},
                             {47.0f, 59.5f, 1.0f, 39.0f, 6.6f},
                             {47.0f, 59.5f, 1.0f, 39.0f, 12.6f},
                             {16.0f, 46.0f, 0.4f, 3.2f, 6.6f},
                             {16.0f, 46.0f, 36.8f, 39.6f, 6.6f}};

static const float hall_absorption[FH_HALL_MATERIALS][FH_N_OCTAVES] = {
  {0.14f, 0.13f, 0.12f, 0.10f, 0.10f, 0.10f, 0.10f, 0.11f},
  {0.18f, 0.15f, 0.12f, 0.10f, 0.09f, 0.09f, 0.10f, 0.10f},
  {0.35f, 0.45f, 0.58f, 0.68f, 0.75f, 0.78f, 0.80f, 0.80f},
  {0.20f, 0.16f, 0.12f, 0.10f, 0.08f, 0.08f, 0.08f, 0.08f},
  {0.15f, 0.12f, 0.10f, 0.10f, 0.10f, 0.10f, 0.10f, 0.10f},
  {0.12f, 0.10f, 0.08f, 0.07f, 0.07f, 0.07f, 0.07f, 0.07f}};

static const float hall_scattering[FH_HALL_MATERIALS][FH_N_OCTAVES] = {
  {0.08f, 0.10f, 0.12f, 0.16f, 0.20f, 0.25f, 0.30f, 0.35f},
  {0.08f, 0.10f, 0.14f, 0.18f, 0.22f, 0.28f, 0.32f, 0.35f},
  {0.20f, 0.30f, 0.45f, 0.60f, 0.70f, 0.75f, 0.80f, 0.80f},
  {0.05f, 0.06f, 0.08f, 0.10f, 0.12f, 0.15f, 0.18f, 0.20f},
  {0.15f, 0.20f, 0.30f, 0.40f, 0.50f, 0.60f, 0.65f, 0.70f},
  {0.10f, 0.12f, 0.16f, 0.20f, 0.25f, 0.30f, 0.30f, 0.30f}};

/// A scene that grows
typedef struct {
  FhScene* scene;
  size_t vertex_room, triangle_room;
  bool failed;
} Builder;

static bool
resize(void* const list, const size_t n, const size_t size)
{
  void* old = NULL;
  memcpy(&old, list, sizeof(void*));
  void* const grown = realloc(old, n * size);
  if (grown) {
    memcpy(list, &grown, sizeof(void*));
  }
  return grown != NULL;
}

static bool
make_room(Builder* const s)
{
  FhScene* const scene = s->scene;
  if (scene->n_vertices + 4 > s->vertex_room) {
    s->vertex_room = 2 * s->vertex_room + 1024;
    s->failed |= !resize(&scene->vertex, s->vertex_room, sizeof *scene->vertex);
  }
  if (scene->n_triangles + 2 > s->triangle_room) {
    const size_t n = 2 * s->triangle_room + 1024;
    s->triangle_room = n;
    s->failed |= !resize(&scene->triangle, n, sizeof *scene->triangle) ||
                 !resize(&scene->material, n, sizeof *scene->material) ||
                 !resize(&scene->block, n, sizeof *scene->block) ||
                 !resize(&scene->kind, n, sizeof *scene->kind) ||
                 !resize(&scene->normal, n, sizeof *scene->normal);
  }
  return !s->failed;
}

static void
add_triangle(FhScene* const scene,
             const uint32_t a,
             const uint32_t b,
             const uint32_t c,
             const uint32_t material)
{
  float e[2][3];
  for (size_t k = 0; k < 3; ++k) {
    e[0][k] = scene->vertex[b][k] - scene->vertex[a][k];
    e[1][k] = scene->vertex[c][k] - scene->vertex[a][k];
  }
  const float n[3] = {e[0][1] * e[1][2] - e[0][2] * e[1][1],
                      e[0][2] * e[1][0] - e[0][0] * e[1][2],
                      e[0][0] * e[1][1] - e[0][1] * e[1][0]};
  const float length = sqrtf(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
  const size_t i = scene->n_triangles++;
  scene->triangle[i][0] = a;
  scene->triangle[i][1] = b;
  scene->triangle[i][2] = c;
  scene->material[i] = material;
  scene->block[i] = -1;
  scene->kind[i] = FH_SURFACE_PLAIN;
  for (size_t k = 0; k < 3; ++k) {
    scene->normal[i][k] = n[k] / length;
  }
  scene->normal[i][3] = 0.0f;
  scene->surface_m2 += 0.5 * (double)length;
}

/// Parallelogram with corner `p` and edges `u`, `v`; normal along u x v
static void
add_quad(Builder* const s,
         const float p[3],
         const float u[3],
         const float v[3],
         const uint32_t material)
{
  if (!make_room(s)) {
    return;
  }
  FhScene* const scene = s->scene;
  const uint32_t base = (uint32_t)scene->n_vertices;
  for (size_t corner = 0; corner < 4; ++corner) {
    const float a = corner == 1 || corner == 2 ? 1.0f : 0.0f;
    const float b = corner >= 2 ? 1.0f : 0.0f;
    float* const to = scene->vertex[scene->n_vertices];
    for (size_t k = 0; k < 3; ++k) {
      to[k] = p[k] + a * u[k] + b * v[k];
      const bool first = scene->n_vertices == 0;
      scene->low[k] = first ? to[k] : fminf(scene->low[k], to[k]);
      scene->high[k] = first ? to[k] : fmaxf(scene->high[k], to[k]);
    }
    to[3] = 0.0f;
    ++scene->n_vertices;
  }
  add_triangle(scene, base, base + 1, base + 2, material);
  add_triangle(scene, base, base + 2, base + 3, material);
}

static size_t
hall_parts(const float length, const float q)
{
  const float n = ceilf(length / q);
  return n < 1.0f ? 1 : (size_t)n;
}

/// Parallelogram cut into pieces of about q
static void
hall_quad(Builder* const s,
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
      add_quad(s, at, du, dv, material);
    }
  }
}

/// Solid block seen from outside; without its bottom unless told
static void
hall_block(Builder* const s,
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

static void
hall_shell(Builder* const s, const float q)
{
  const float o[3] = {0, 0, 0};
  const float x[3] = {60, 0, 0};
  const float y[3] = {0, 40, 0};
  const float z[3] = {0, 0, 20};
  hall_quad(s, o, x, y, q, FH_HALL_WALL);
  hall_quad(s, z, y, x, q, FH_HALL_CEILING);
  hall_quad(s, o, z, x, q, FH_HALL_WALL);
  hall_quad(s, y, x, z, q, FH_HALL_WALL);
  hall_quad(s, o, y, z, q, FH_HALL_WALL);
  hall_quad(s, x, z, y, q, FH_HALL_WALL);
}

static void
hall_fittings(Builder* const s, const FhHall size, const float q)
{
  const float stage[2][3] = {{0, 6, -0.01f}, {14, 34, 1}};
  hall_block(s, stage[0], stage[1], q, FH_HALL_STAGE, false);
  for (size_t i = 0; i < 2; ++i) {
    const float z = i ? 12.0f : 6.0f;
    const float slab[2][3] = {{46.5f, 0, z}, {60, 40, z + 0.6f}};
    const float edge[2][3] = {{46.3f, 0, z - 0.2f}, {46.5f, 40, z + 1.4f}};
    hall_block(s, slab[0], slab[1], q, FH_HALL_FRONT, true);
    hall_block(s, edge[0], edge[1], q, FH_HALL_FRONT, true);
    const float y = i ? 36.6f : 0.0f;
    const float f = i ? 36.4f : 3.4f;
    const float side[2][3] = {{15.5f, y, 6}, {46.3f, y + 3.4f, 6.6f}};
    const float rim[2][3] = {{15.5f, f, 5.8f}, {46.3f, f + 0.2f, 7.4f}};
    hall_block(s, side[0], side[1], q, FH_HALL_FRONT, true);
    hall_block(s, rim[0], rim[1], q, FH_HALL_FRONT, true);
  }
  const bool small = size == FH_HALL_SMALL;
  for (int i = 0; i < (small ? 4 : 8); ++i) {
    for (int j = 0; j < (small ? 1 : 4); ++j) {
      const float x = 2.0f + (float)i * (small ? 3.5f : 2.0f);
      const float y = small ? 8.0f : 6.0f + (float)j * 7.0f;
      const float z = 12.0f + 0.15f * (float)i;
      const float cloud[2][3] = {
        {x, y, z},
        {x + (small ? 3.0f : 1.6f), y + (small ? 24.0f : 5.0f), z + 0.1f}};
      hall_block(s, cloud[0], cloud[1], q, FH_HALL_CLOUD, true);
    }
  }
}

static void
hall_row(Builder* const s,
         const FhHall size,
         const Area* const area,
         const bool first,
         const float x)
{
  const float pitch = 1.08f;
  const float wide = area->y1 - area->y0;
  const size_t n =
    size == FH_HALL_LARGE ? (size_t)(wide / pitch) : (first ? 3 : 1);
  for (size_t i = 0; i < n; ++i) {
    const float part = wide / (float)n;
    const float y0 =
      area->y0 + (size == FH_HALL_LARGE ? (float)i * pitch + 0.04f
                                        : (float)i * part + 0.3f);
    const float y1 = size == FH_HALL_LARGE ? y0 + 1.0f : y0 + part - 0.6f;
    const float seat[2][3] = {{x, y0, area->z - 0.01f},
                              {x + 0.5f, y1, area->z + 0.8f}};
    hall_block(s, seat[0], seat[1], 60.0f, FH_HALL_AUDIENCE, false);
  }
}

static void
hall_audience(Builder* const s, const FhHall size)
{
  for (size_t i = 0; i < N_AREAS; ++i) {
    const Area* const area = &areas[i];
    if (size == FH_HALL_SMALL) {
      const float block[2][3] = {{area->x0, area->y0, area->z - 0.01f},
                                 {area->x1, area->y1, area->z + 0.8f}};
      hall_block(s, block[0], block[1], 30.0f, FH_HALL_AUDIENCE, false);
      continue;
    }
    const float pitch = 0.9f;
    const int rows = (int)((area->x1 - area->x0) / pitch);
    for (int r = 0; r < rows; ++r) {
      hall_row(s, size, area, i == 0, area->x0 + (float)r * pitch + 0.2f);
    }
  }
}

static FhStatus
add_seats(FhScene* const scene, const size_t max)
{
  size_t n_all = 0;
  for (size_t i = 0; i < N_AREAS; ++i) {
    n_all += (size_t)((areas[i].x1 - areas[i].x0) / ROW_M) *
             (size_t)((areas[i].y1 - areas[i].y0) / SEAT_M);
  }
  const size_t n_wanted = max < n_all ? max : n_all;
  scene->seats = (FhSeat*)calloc(n_wanted + 1, sizeof(FhSeat));
  if (!scene->seats) {
    return FH_ERR_NO_MEM;
  }
  size_t n = 0;
  size_t kept = 0;
  for (size_t i = 0; i < N_AREAS; ++i) {
    const Area* const a = &areas[i];
    const size_t rows = (size_t)((a->x1 - a->x0) / ROW_M);
    const size_t columns = (size_t)((a->y1 - a->y0) / SEAT_M);
    for (size_t place = 0; place < rows * columns; ++place, ++n) {
      if (kept == n_wanted || n * n_wanted / n_all < kept) {
        continue;
      }
      const size_t row_number = place / columns;
      const float row = (float)row_number;
      const float column = (float)(place % columns);
      FhSeat* const seat = &scene->seats[kept];
      seat->id = (uint32_t)kept++;
      seat->area = (uint32_t)i;
      seat->area_m2 = ROW_M * SEAT_M;
      seat->front[0] = -1.0f;
      seat->at[0] = a->x0 + row * ROW_M + 0.45f;
      seat->at[1] = a->y0 + (column + 0.5f) * SEAT_M;
      seat->at[2] = a->z + 1.2f;
    }
  }
  scene->n_seats = kept;
  return FH_OK;
}

static FhStatus
add_materials(FhScene* const scene)
{
  scene->materials = (FhMaterial*)calloc(FH_HALL_MATERIALS, sizeof(FhMaterial));
  if (!scene->materials) {
    return FH_ERR_NO_MEM;
  }
  scene->n_materials = FH_HALL_MATERIALS;
  for (size_t i = 0; i < FH_HALL_MATERIALS; ++i) {
    FhMaterial* const m = &scene->materials[i];
    m->two_sided = true;
    memcpy(m->absorption, hall_absorption[i], sizeof m->absorption);
    memcpy(m->scattering, hall_scattering[i], sizeof m->scattering);
    fh_octaves_to_thirds(m->absorption, m->absorption_third);
    fh_octaves_to_thirds(m->scattering, m->scattering_third);
  }
  return FH_OK;
}

FhStatus
fh_bench_hall(const FhHall hall,
              const double edge_m,
              const size_t n_seats,
              FhScene* const out)
{
  memset(out, 0, sizeof *out);
  const float own = hall == FH_HALL_SMALL    ? 21.0f
                    : hall == FH_HALL_MIDDLE ? 7.0f
                                             : 4.0f;
  const float q = edge_m > 0.0 ? (float)edge_m : own;
  Builder builder = {out, 0, 0, false};
  hall_shell(&builder, q);
  hall_fittings(&builder, hall, q);
  hall_audience(&builder, hall);
  out->volume_m3 = 46000.0;
  out->closed = true;
  out->air = fh_air_default();
  FhStatus status = builder.failed ? FH_ERR_NO_MEM : add_materials(out);
  status = status ? status : add_seats(out, n_seats);
  if (status) {
    fh_scene_clear(out);
  }
  return status;
}
