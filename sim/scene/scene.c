// SPDX-License-Identifier: GPL-3.0-or-later
#include "scene_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void
fh_scene_from_world(const FhScene* const scene,
                    const double world[3],
                    float out[3])
{
  for (size_t k = 0; k < 3; ++k) {
    out[k] = (float)(world[k] - scene->origin[k]);
  }
}

void
fh_scene_to_world(const FhScene* const scene, const float at[3], double out[3])
{
  for (size_t k = 0; k < 3; ++k) {
    out[k] = (double)at[k] + scene->origin[k];
  }
}

void
fh_scene_clear(FhScene* const scene)
{
  free(scene->vertex);
  free(scene->triangle);
  free(scene->material);
  free(scene->block);
  free(scene->kind);
  free(scene->normal);
  free(scene->materials);
  free(scene->block_loss_db);
  free(scene->block_area);
  free(scene->hidden_m2);
  free(scene->seats);
  free(scene->microphone);
  memset(scene, 0, sizeof *scene);
}

/// Middle of the bounding box, on whole metres
static void
set_origin(const FhMesh* const mesh, FhScene* const scene)
{
  for (size_t k = 0; k < 3; ++k) {
    double low = 1e30;
    double high = -1e30;
    for (size_t v = 0; v < mesh->n_vertices; ++v) {
      low = fmin(low, mesh->vertex[v][k]);
      high = fmax(high, mesh->vertex[v][k]);
    }
    scene->origin[k] = floor(0.5 * (low + high) + 0.5);
  }
}

/// Vertices and triangles of the model itself
static FhStatus
put_plain(const FhMesh* const mesh, FhScene* const s)
{
  const size_t n = mesh->n_triangles + 1;
  s->vertex = (float(*)[4])calloc(mesh->n_vertices + 1, sizeof *s->vertex);
  s->triangle = (uint32_t(*)[3])malloc(n * sizeof *s->triangle);
  s->material = (uint32_t*)calloc(n, sizeof *s->material);
  s->block = (int32_t*)malloc(n * sizeof *s->block);
  s->kind = (uint8_t*)malloc(n * sizeof *s->kind);
  s->normal = (float(*)[4])malloc(n * sizeof *s->normal);
  if (!s->vertex || !s->triangle || !s->material || !s->block || !s->kind ||
      !s->normal) {
    return FH_ERR_NO_MEM;
  }
  for (size_t v = 0; v < mesh->n_vertices; ++v) {
    fh_scene_from_world(s, mesh->vertex[v], s->vertex[v]);
    s->vertex[v][3] = 0.0f;
  }
  s->n_vertices = mesh->n_vertices;
  for (size_t t = 0; t < mesh->n_triangles; ++t) {
    memcpy(s->triangle[t], mesh->triangle[t], sizeof(uint32_t[3]));
    s->material[t] = mesh->material[t];
    s->block[t] = -1;
    s->kind[t] = FH_SURFACE_PLAIN;
  }
  s->n_triangles = mesh->n_triangles;
  return FH_OK;
}

/// Leave out the triangles that blocks replace
static void
drop_replaced(const bool* const keep, FhScene* const s)
{
  size_t n = 0;
  for (size_t t = 0; t < s->n_triangles; ++t) {
    if (keep[t]) {
      memmove(s->triangle[n], s->triangle[t], sizeof s->triangle[n]);
      s->material[n++] = s->material[t];
    }
  }
  s->n_triangles = n;
}

static FhStatus
put_materials(const FhVenue* const venue,
              const size_t n_blocks,
              FhScene* const s)
{
  const size_t n = venue->mesh.n_materials + 2 * n_blocks;
  s->materials = (FhMaterial*)calloc(n + 1, sizeof *s->materials);
  s->hidden_m2 = (double*)calloc(n + 1, sizeof *s->hidden_m2);
  if (!s->materials || !s->hidden_m2) {
    return FH_ERR_NO_MEM;
  }
  if (venue->mesh.n_materials) {
    memcpy(s->materials,
           venue->materials,
           venue->mesh.n_materials * sizeof *s->materials);
  }
  s->n_materials = n;
  return FH_OK;
}

static FhStatus
put_microphones(const FhVenue* const venue, FhScene* const s)
{
  s->microphone =
    (float(*)[3])calloc(venue->n_microphones + 1, sizeof *s->microphone);
  if (!s->microphone) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < venue->n_microphones; ++i) {
    fh_scene_from_world(s, venue->microphones[i].at, s->microphone[i]);
  }
  s->n_microphones = venue->n_microphones;
  return FH_OK;
}

/// Area vector of a triangle, twice as long as its area; right-handed
static double
triangle_normal(const FhScene* const s, const size_t t, double n[3])
{
  double e[2][3];
  for (size_t k = 0; k < 3; ++k) {
    const double o = (double)s->vertex[s->triangle[t][0]][k];
    e[0][k] = (double)s->vertex[s->triangle[t][1]][k] - o;
    e[1][k] = (double)s->vertex[s->triangle[t][2]][k] - o;
  }
  n[0] = e[0][1] * e[1][2] - e[0][2] * e[1][1];
  n[1] = e[0][2] * e[1][0] - e[0][0] * e[1][2];
  n[2] = e[0][0] * e[1][1] - e[0][1] * e[1][0];
  return sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
}

/// Normals, areas and the bounding box of all that is there
static void
finish_surfaces(FhScene* const s)
{
  s->surface_m2 = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    s->low[k] = 1e30f;
    s->high[k] = -1e30f;
  }
  for (size_t t = 0; t < s->n_triangles; ++t) {
    double n[3];
    const double length = triangle_normal(s, t, n);
    s->surface_m2 += 0.5 * length;
    for (size_t k = 0; k < 3; ++k) {
      // A collapsed triangle is never hit; up is as good as any normal
      s->normal[t][k] = (float)(length > 0.0 ? n[k] / length
                                : k == 2     ? 1.0
                                             : 0.0);
    }
    s->normal[t][3] = 0.0f;
    for (size_t i = 0; i < 3; ++i) {
      for (size_t k = 0; k < 3; ++k) {
        const float x = s->vertex[s->triangle[t][i]][k];
        s->low[k] = fminf(s->low[k], x);
        s->high[k] = fmaxf(s->high[k], x);
      }
    }
  }
  for (size_t m = 0; m < s->n_materials; ++m) {
    s->surface_m2 -= s->hidden_m2[m];
  }
}

static FhStatus
build(const FhVenue* const venue,
      const Weld* const weld,
      bool* const keep,
      Crowd* const crowd,
      FhScene* const s,
      FhDiag* const diag)
{
  set_origin(&weld->mesh, s);
  s->air = venue->air;
  FhRaycaster* caster = NULL;
  FhStatus status = crowd_floors(venue, weld, crowd, keep, diag);
  status = status ? status : put_plain(&weld->mesh, s);
  status = status ? status : put_materials(venue, crowd->n_blocks, s);
  status = status ? status : put_microphones(venue, s);
  status = status ? status : fh_raycaster_new(s, 1, &caster);
  if (!status) {
    finish_surfaces(s);
    status = crowd_raise(s, caster, crowd);
  }
  status = status ? status : seats_place(venue, crowd, caster, s, diag);
  if (!status) {
    scene_measure(venue, weld, caster, s, diag);
  }
  fh_raycaster_free(caster);
  drop_replaced(keep, s);
  status = status ? status : crowd_emit(venue, crowd, s);
  if (!status) {
    finish_surfaces(s);
    s->volume_m3 = fmax(s->volume_m3 - s->block_m3, 0.0);
  }
  return status;
}

FhStatus
fh_scene_build(const FhVenue* const venue,
               FhScene* const out,
               FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  if (!venue->mesh.n_triangles) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                venue->path,
                0,
                0,
                "has no surfaces; give `geometry`, at least the ground");
    return FH_ERR_INVALID_DATA;
  }
  Weld weld;
  Crowd crowd;
  memset(&crowd, 0, sizeof crowd);
  FhStatus status = weld_mesh(&venue->mesh, &weld);
  if (status) {
    return status;
  }
  weld_report(&weld, venue->path, diag);
  bool* const keep = (bool*)malloc((weld.mesh.n_triangles + 1) * sizeof *keep);
  if (!weld.mesh.n_triangles) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                venue->path,
                0,
                0,
                "no triangle of the geometry has an area; check `units`");
    status = FH_ERR_INVALID_DATA;
  } else if (!keep) {
    status = FH_ERR_NO_MEM;
  } else {
    status = build(venue, &weld, keep, &crowd, out, diag);
  }
  free(keep);
  crowd_clear(&crowd);
  weld_clear(&weld);
  if (status) {
    fh_scene_clear(out);
  }
  return status;
}

void
fh_scene_eyring_t60_s(const FhScene* const scene, double t60_s[FH_N_OCTAVES])
{
  double m[FH_N_OCTAVES];
  fh_air_octaves(&scene->air, m);
  double absorption_m2[FH_N_OCTAVES] = {0.0};
  double surface_m2 = 0.0;
  for (size_t t = 0; t < scene->n_triangles; ++t) {
    double n[3];
    const double area = 0.5 * triangle_normal(scene, t, n);
    surface_m2 += area;
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      absorption_m2[b] +=
        area * (double)scene->materials[scene->material[t]].absorption[b];
    }
  }
  for (size_t i = 0; scene->hidden_m2 && i < scene->n_materials; ++i) {
    surface_m2 -= scene->hidden_m2[i];
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      absorption_m2[b] -=
        scene->hidden_m2[i] * (double)scene->materials[i].absorption[b];
    }
  }
  const double speed = fh_air_speed_m_s(&scene->air);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double mean = fmin(fmax(absorption_m2[b] / surface_m2, 0.0), 0.999);
    const double loss =
      -surface_m2 * log(1.0 - mean) + 4.0 * m[b] * scene->volume_m3;
    // 24 ln 10 / c, 0.161 s/m at 20 degrees
    t60_s[b] = loss > 0.0 && surface_m2 > 0.0
                 ? 24.0 * log(10.0) / speed * scene->volume_m3 / loss
                 : 0.0;
  }
}
