// SPDX-License-Identifier: GPL-3.0-or-later
#include "../trace/pool.h"
#include "faces.h"
#include "scene_private.h"

#include <fh/finite_faces.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Nothing is shorter [m]
#define SHORTEST_M 1e-3
/// Rays that tell the free path from a face
#define N_PROBES 64u
/// Farthest that matters [m]
#define FAR_M 200.0f
/// How far over a face, and how far beyond its edge, a neighbour is sought [m]
#define OVER_M   0.03f
#define BEYOND_M 0.06f
/// Places along an edge where that is done
#define N_PLACES 3u
/// Directions within a plane in which its width is measured
#define N_WIDTHS 36u
/// Mean of the cosine of the angle of incidence in a diffuse field
#define MEAN_COSINE (2.0 / 3.0)
/// Limits in steps of half an octave re 1 kHz: below 25 Hz all is mirrored
#define STEP_LOW  (-11)
#define STEP_HIGH 10

/// A face as it is measured
typedef struct {
  const uint32_t* triangle; ///< [n]
  size_t n;
  double area_m2;
  double normal[3];   ///< Towards the room
  double along[2][3]; ///< Unit vectors: across its width, along its length
  double extent_m[2];
  double free_path_m;
} Face;

static void
ray_from(const double at[3],
         const double over[3],
         const float over_m,
         float out[3])
{
  for (size_t k = 0; k < 3; ++k) {
    out[k] = (float)(at[k] + (double)over_m * over[k]);
  }
}

/// Mean free path on one side of a triangle, weighted by the cosine; `missed`
/// receives the share of rays that meet nothing
static double
free_path(const Faces* const f,
          const uint32_t triangle,
          const double normal[3],
          double* const missed)
{
  double middle[3] = {0.0, 0.0, 0.0};
  for (size_t i = 0; i < 3; ++i) {
    double at[3];
    faces_place(f, triangle, i, at);
    for (size_t k = 0; k < 3; ++k) {
      middle[k] += at[k] / 3.0;
    }
  }
  float from[3];
  ray_from(middle, normal, 1e-3f, from);
  double sum[3] = {0.0, 0.0, 0.0};
  for (size_t i = 0; i < N_PROBES; ++i) {
    float d[3];
    even_direction(i, N_PROBES, d);
    double cosine = 0.0;
    for (size_t k = 0; k < 3; ++k) {
      cosine += (double)d[k] * normal[k];
    }
    for (size_t k = 0; k < 3 && cosine < 0.0; ++k) {
      d[k] = -d[k];
    }
    FhHit hit;
    fh_raycast(f->caster, from, d, 0.0f, FAR_M, &hit);
    const double weight = fabs(cosine);
    const bool miss = hit.triangle == FH_NO_HIT;
    sum[0] += weight;
    sum[1] += weight * (double)(miss ? FAR_M : hit.distance_m);
    sum[2] += miss ? weight : 0.0;
  }
  *missed = sum[2] / sum[0];
  return sum[1] / sum[0];
}

/// The side that sound is on: fewer rays get lost there, or there is more room
static void
find_room(const Faces* const f, Face* const face)
{
  uint32_t greatest = face->triangle[0];
  double area = -1.0;
  for (size_t i = 0; i < face->n; ++i) {
    double n[3];
    const double one = faces_normal(f, face->triangle[i], n);
    face->area_m2 += one;
    if (one > area) {
      area = one;
      greatest = face->triangle[i];
      memcpy(face->normal, n, sizeof n);
    }
  }
  if (!(face->area_m2 > 0.0)) {
    return;
  }
  const double back[3] = {-face->normal[0], -face->normal[1], -face->normal[2]};
  double missed[2];
  const double path[2] = {free_path(f, greatest, face->normal, &missed[0]),
                          free_path(f, greatest, back, &missed[1])};
  const bool turn = fabs(missed[0] - missed[1]) > 0.15 ? missed[1] < missed[0]
                                                       : path[1] > path[0];
  face->free_path_m = path[turn];
  if (turn) {
    memcpy(face->normal, back, sizeof back);
  }
}

/// Width and length: the narrowest direction and the one across it
static void
measure(const Faces* const f, Face* const face)
{
  const double* const n = face->normal;
  double u[3];
  double v[3];
  const double axis[3] = {fabs(n[0]) < 0.6, fabs(n[0]) >= 0.6, 0.0};
  faces_cross(n, axis, u);
  const double length = sqrt(faces_dot(u, u));
  for (size_t k = 0; k < 3; ++k) {
    u[k] /= length;
  }
  faces_cross(n, u, v);
  double extent[N_WIDTHS];
  double d[N_WIDTHS][3];
  size_t best = 0;
  for (size_t i = 0; i < N_WIDTHS; ++i) {
    const double angle = FH_PI * (double)i / (double)N_WIDTHS;
    double low = INFINITY;
    double high = -INFINITY;
    for (size_t k = 0; k < 3; ++k) {
      d[i][k] = cos(angle) * u[k] + sin(angle) * v[k];
    }
    for (size_t t = 0; t < 3 * face->n; ++t) {
      double at[3];
      faces_place(f, face->triangle[t / 3], t, at);
      const double x = faces_dot(at, d[i]);
      low = fmin(low, x);
      high = fmax(high, x);
    }
    extent[i] = high - low;
    best = extent[i] < extent[best] ? i : best;
  }
  const size_t across = (best + N_WIDTHS / 2) % N_WIDTHS;
  memcpy(face->along[0], d[best], sizeof d[best]);
  memcpy(face->along[1], d[across], sizeof d[across]);
  // What fills only a part of its box is as narrow as its area says
  face->extent_m[1] = fmax(extent[across], SHORTEST_M);
  face->extent_m[0] =
    fmax(fmin(extent[best], face->area_m2 / face->extent_m[1]), SHORTEST_M);
}

/// Whether nothing goes on at a place of an edge: neither a wall that rises
/// there nor a surface in (nearly) the same plane
static bool
is_free(const Faces* const f,
        const Face* const face,
        const double at[3],
        const double outward[3])
{
  float from[3];
  float out[3];
  float down[3];
  ray_from(at, face->normal, OVER_M, from);
  for (size_t k = 0; k < 3; ++k) {
    from[k] -= 0.01f * (float)outward[k];
    out[k] = (float)outward[k];
    down[k] = (float)-face->normal[k];
  }
  FhHit hit;
  fh_raycast(f->caster, from, out, 0.0f, BEYOND_M, &hit);
  if (hit.triangle != FH_NO_HIT) {
    return false;
  }
  for (size_t k = 0; k < 3; ++k) {
    from[k] += BEYOND_M * out[k];
  }
  fh_raycast(f->caster, from, down, 0.0f, OVER_M + 0.01f, &hit);
  return hit.triangle == FH_NO_HIT;
}

/// Share of the edge's length that is free
static double
free_share(const Faces* const f,
           const Face* const face,
           const uint32_t triangle,
           const size_t from,
           const double edge[3])
{
  double a[3];
  double third[3];
  double outward[3];
  faces_place(f, triangle, from, a);
  faces_side(f, triangle, from, from + 2, third);
  faces_cross(edge, face->normal, outward);
  const double length = sqrt(faces_dot(outward, outward));
  double inside = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    outward[k] /= length;
    inside += outward[k] * third[k];
  }
  for (size_t k = 0; k < 3 && inside > 0.0; ++k) {
    outward[k] = -outward[k];
  }
  double share = 0.0;
  for (size_t i = 0; i < N_PLACES; ++i) {
    const double x = ((double)i + 0.5) / (double)N_PLACES;
    double at[3];
    for (size_t k = 0; k < 3; ++k) {
      at[k] = a[k] + x * edge[k];
    }
    share += is_free(f, face, at, outward) ? 1.0 / (double)N_PLACES : 0.0;
  }
  return share;
}

/// Shares of the edges that bound its width and its length that are free
static void
free_edges(const Faces* const f, const Face* const face, double share[2])
{
  double all[2] = {0.0, 0.0};
  double free_m[2] = {0.0, 0.0};
  for (size_t i = 0; i < 3 * face->n; ++i) {
    const uint32_t t = face->triangle[i / 3];
    if (f->inner[3 * t + i % 3]) {
      continue;
    }
    double edge[3];
    faces_side(f, t, i % 3, i % 3 + 1, edge);
    if (!(faces_dot(edge, edge) > SHORTEST_M * SHORTEST_M)) {
      continue;
    }
    const double here = free_share(f, face, t, i % 3, edge);
    for (size_t k = 0; k < 2; ++k) {
      const double bounds = fabs(faces_dot(edge, face->along[1 - k]));
      all[k] += bounds;
      free_m[k] += here * bounds;
    }
  }
  for (size_t k = 0; k < 2; ++k) {
    share[k] = all[k] > 0.0 ? free_m[k] / all[k] : 0.0;
  }
}

/// Half octaves re 1 kHz of the frequency below which an extent is too small.
/// One free edge and one corner make a strip of twice the width with its image
static int
limit_step(const Faces* const f,
           const Face* const face,
           const size_t k,
           double share)
{
  if (!(share > 0.0)) {
    return STEP_LOW;
  }
  const double seen_m = MEAN_COSINE * face->extent_m[k] / share;
  const double hz = f->speed_m_s * face->free_path_m / (2.0 * seen_m * seen_m);
  const double step = round(2.0 * log2(hz / 1000.0));
  return (int)fmin(fmax(step, STEP_LOW), STEP_HIGH);
}

static double
mirrored(const int step[2], const double hz)
{
  double share = 1.0;
  for (size_t k = 0; k < 2; ++k) {
    share *= fmin(1.0, hz / (1000.0 * exp2(0.5 * (double)step[k])));
  }
  return share;
}

/// Faces on their way to limits, for many threads
typedef struct {
  Faces* faces;
  uint32_t* first; ///< [n + 1] into `faces->order`; owned
  double* area_m2; ///< [n]; owned
  size_t n;
} Rating;

static void
rate_face(void* const user, const unsigned worker, const uint64_t chunk)
{
  (void)worker;
  const Rating* const r = (const Rating*)user;
  Faces* const f = r->faces;
  Face face = {.triangle = &f->order[r->first[chunk]],
               .n = r->first[chunk + 1] - r->first[chunk]};
  int step[2] = {STEP_LOW, STEP_LOW};
  find_room(f, &face);
  if (face.area_m2 > 0.0) {
    double share[2];
    measure(f, &face);
    free_edges(f, &face, share);
    for (size_t k = 0; k < 2; ++k) {
      step[k] = limit_step(f, &face, k, share[k]);
    }
  }
  for (size_t t = 0; t < face.n; ++t) {
    memcpy(f->step[face.triangle[t]], step, sizeof step);
  }
  r->area_m2[chunk] = face.area_m2;
}

static void
sum_up(const Rating* const r, FhFiniteFaces* const out)
{
  double all_m2 = 0.0;
  double mirrored_m2 = 0.0;
  for (size_t i = 0; i < r->n; ++i) {
    const int* const step = r->faces->step[r->faces->order[r->first[i]]];
    all_m2 += r->area_m2[i];
    mirrored_m2 += r->area_m2[i] * mirrored(step, fh_octave_hz(1));
    out->n_small += step[0] > STEP_LOW || step[1] > STEP_LOW;
  }
  out->n_faces = r->n;
  out->share_mirrored = all_m2 > 0.0 ? mirrored_m2 / all_m2 : 1.0;
}

static FhStatus
rate_faces(Faces* const f, const unsigned n_threads, FhFiniteFaces* const out)
{
  const size_t n = f->scene->n_triangles;
  Rating r = {.faces = f,
              .first = (uint32_t*)calloc(n + 1, sizeof *r.first),
              .area_m2 = (double*)calloc(n + 1, sizeof *r.area_m2)};
  FhStatus status = r.first && r.area_m2 ? FH_OK : FH_ERR_NO_MEM;
  for (size_t i = 0; i < n && !status; ++i) {
    if (!i || f->face[f->order[i]] != f->face[f->order[i - 1]]) {
      r.first[r.n++] = (uint32_t)i;
    }
  }
  if (!status) {
    r.first[r.n] = (uint32_t)n;
    status = pool_run(
      n_threads ? n_threads : pool_processors(), 0, r.n, rate_face, NULL, &r);
  }
  if (!status) {
    sum_up(&r, out);
  }
  free(r.first);
  free(r.area_m2);
  return status;
}

/// Multiply the shares that a material mirrors
static void
keep_mirrored(FhMaterial* const m,
              const double octave[FH_N_OCTAVES],
              const double third[FH_N_THIRDS])
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    m->scattering[b] = 1.0f - (1.0f - m->scattering[b]) * (float)octave[b];
  }
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    m->scattering_third[i] =
      1.0f - (1.0f - m->scattering_third[i]) * (float)third[i];
  }
}

static void
add_scattering(FhMaterial* const m, const int step[2])
{
  double octave[FH_N_OCTAVES];
  double third[FH_N_THIRDS];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    octave[b] = mirrored(step, fh_octave_hz(b));
  }
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    third[i] = mirrored(step, fh_third_hz(i));
  }
  keep_mirrored(m, octave, third);
}

/// Make room for one more material
static bool
grow(FhScene* const scene)
{
  const size_t n = scene->n_materials + 1;
  FhMaterial* const materials =
    (FhMaterial*)realloc(scene->materials, n * sizeof *materials);
  if (!materials) {
    return false;
  }
  scene->materials = materials;
  if (scene->hidden_m2) {
    double* const hidden =
      (double*)realloc(scene->hidden_m2, n * sizeof *hidden);
    if (!hidden) {
      return false;
    }
    hidden[n - 1] = 0.0;
    scene->hidden_m2 = hidden;
  }
  scene->n_materials = n;
  return true;
}

/// A material and limits that one was made for
typedef struct {
  uint32_t material;
  int step[2];
} Made;

/// Material of a face's limits, made where there is none yet; UINT32_MAX when
/// memory runs out
static uint32_t
make(FhScene* const scene,
     const Made* const wanted,
     Made* const made,
     FhFiniteFaces* const out)
{
  const uint32_t first = (uint32_t)(scene->n_materials - out->n_materials);
  for (size_t k = 0; k < out->n_materials; ++k) {
    if (made[k].material == wanted->material &&
        made[k].step[0] == wanted->step[0] &&
        made[k].step[1] == wanted->step[1]) {
      return first + (uint32_t)k;
    }
  }
  if (!grow(scene)) {
    return UINT32_MAX;
  }
  made[out->n_materials++] = *wanted;
  FhMaterial* const m = &scene->materials[scene->n_materials - 1];
  *m = scene->materials[wanted->material];
  add_scattering(m, wanted->step);
  return (uint32_t)scene->n_materials - 1;
}

static FhStatus
assign(const Faces* const f, FhScene* const scene, FhFiniteFaces* const out)
{
  Made* const made = (Made*)calloc(scene->n_triangles + 1, sizeof *made);
  if (!made) {
    return FH_ERR_NO_MEM;
  }
  FhStatus status = FH_OK;
  for (size_t t = 0; t < scene->n_triangles && !status; ++t) {
    const Made wanted = {scene->material[t], {f->step[t][0], f->step[t][1]}};
    if (scene->kind[t] == FH_SURFACE_PLAIN &&
        (wanted.step[0] > STEP_LOW || wanted.step[1] > STEP_LOW)) {
      const uint32_t material = make(scene, &wanted, made, out);
      status = material == UINT32_MAX ? FH_ERR_NO_MEM : FH_OK;
      scene->material[t] = status ? scene->material[t] : material;
    }
  }
  free(made);
  return status;
}

/// Sums over the faces of a material, weighted by area
typedef struct {
  double area_m2;
  double octave[FH_N_OCTAVES];
  double third[FH_N_THIRDS];
} Share;

static FhStatus
average(const Faces* const f, FhScene* const scene)
{
  Share* const share = (Share*)calloc(scene->n_materials + 1, sizeof *share);
  if (!share) {
    return FH_ERR_NO_MEM;
  }
  for (size_t t = 0; t < scene->n_triangles; ++t) {
    double n[3];
    const double area = faces_normal(f, (uint32_t)t, n);
    Share* const s = &share[scene->material[t]];
    if (scene->kind[t] != FH_SURFACE_PLAIN) {
      continue;
    }
    s->area_m2 += area;
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      s->octave[b] += area * mirrored(f->step[t], fh_octave_hz(b));
    }
    for (size_t i = 0; i < FH_N_THIRDS; ++i) {
      s->third[i] += area * mirrored(f->step[t], fh_third_hz(i));
    }
  }
  for (size_t m = 0; m < scene->n_materials; ++m) {
    Share* const s = &share[m];
    if (!(s->area_m2 > 0.0)) {
      continue;
    }
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      s->octave[b] /= s->area_m2;
    }
    for (size_t i = 0; i < FH_N_THIRDS; ++i) {
      s->third[i] /= s->area_m2;
    }
    keep_mirrored(&scene->materials[m], s->octave, s->third);
  }
  free(share);
  return FH_OK;
}

static FhStatus
rate_scene(const FhScene* const scene,
           const FhRaycaster* const caster,
           const unsigned n_threads,
           Faces* const f,
           FhFiniteFaces* const out)
{
  f->scene = scene;
  f->caster = caster;
  f->speed_m_s = fh_air_speed_m_s(&scene->air);
  const FhStatus status = faces_find(f);
  return status ? status : rate_faces(f, n_threads, out);
}

FhStatus
fh_scene_scatter_faces(FhScene* const scene,
                       const FhRaycaster* const caster,
                       const unsigned n_threads,
                       FhFiniteFaces* const out)
{
  FhFiniteFaces done = {0};
  Faces f = {0};
  FhStatus status = rate_scene(scene, caster, n_threads, &f, &done);
  status = status ? status : assign(&f, scene, &done);
  faces_clear(&f);
  if (out && !status) {
    *out = done;
  }
  return status;
}

FhStatus
fh_scene_scatter_materials(FhScene* const scene,
                           const FhRaycaster* const caster,
                           const unsigned n_threads)
{
  FhFiniteFaces done = {0};
  Faces f = {0};
  FhStatus status = rate_scene(scene, caster, n_threads, &f, &done);
  status = status ? status : average(&f, scene);
  faces_clear(&f);
  return status;
}
