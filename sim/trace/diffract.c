// SPDX-License-Identifier: GPL-3.0-or-later
#include "diffract.h"

#include "image_box.h"

#include <stdlib.h>

/// Edges that are tried, and the shortest of them [m]
#define MAX_EDGES  96u
#define MIN_EDGE_M 1.0f
/// Mirrors that are tried, and the smallest of them [m2]
#define MAX_MIRRORS   48u
#define MIN_MIRROR_M2 4.0
/// A hidden reflection that would be this far under the direct sound is left
/// out, -15 dB
#define SIGNIFICANT 0.03
/// Lines of sight to an edge end this far off it [m]
#define OFF_EDGE_M 0.02
/// A hit may lie this far from where the mirror says [m]
#define TOLERANCE_M 5e-3f

/// A plane or an edge by its size
typedef struct {
  double size;
  size_t index;
} Ranked;

static int
by_size(const void* const a, const void* const b)
{
  const Ranked* const x = (const Ranked*)a;
  const Ranked* const y = (const Ranked*)b;
  if (x->size != y->size) {
    return x->size > y->size ? -1 : 1;
  }
  return x->index < y->index ? -1 : x->index > y->index;
}

static FhStatus
rank_edges(Diffraction* const d)
{
  const size_t n = fh_edges_count(d->edges);
  const FhEdge* const all = fh_edges_all(d->edges);
  Ranked* const ranked = (Ranked*)engine_alloc(n, sizeof(Ranked));
  d->longest = (const FhEdge**)engine_alloc(MAX_EDGES, sizeof(void*));
  if (!ranked || !d->longest) {
    free(ranked);
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < n; ++i) {
    ranked[i].size = (double)all[i].length_m;
    ranked[i].index = i;
  }
  if (n) {
    qsort(ranked, n, sizeof *ranked, by_size);
  }
  for (size_t i = 0; i < n && i < MAX_EDGES; ++i) {
    if (ranked[i].size >= (double)MIN_EDGE_M) {
      d->longest[d->n_edges++] = &all[ranked[i].index];
    }
  }
  free(ranked);
  return FH_OK;
}

/// Largest face of the box around a plane's triangles [m2]
static double
extent(const Plane* const plane)
{
  double size[3];
  for (size_t k = 0; k < 3; ++k) {
    size[k] = plane->high[k] - plane->low[k];
  }
  return fmax(size[0] * size[1], fmax(size[1] * size[2], size[2] * size[0]));
}

static FhStatus
rank_mirrors(const Engine* const engine, Diffraction* const d)
{
  const size_t n = engine->planes.n_planes;
  Ranked* const ranked = (Ranked*)engine_alloc(n, sizeof(Ranked));
  d->mirrors = (uint32_t*)engine_alloc(MAX_MIRRORS, sizeof(uint32_t));
  if (!ranked || !d->mirrors) {
    free(ranked);
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < n; ++i) {
    const Plane* const plane = &engine->planes.planes[i];
    ranked[i].size = plane->mirrors ? extent(plane) : 0.0;
    ranked[i].index = i;
  }
  qsort(ranked, n, sizeof *ranked, by_size);
  for (size_t i = 0; i < n && i < MAX_MIRRORS; ++i) {
    if (ranked[i].size >= MIN_MIRROR_M2) {
      d->mirrors[d->n_mirrors++] = (uint32_t)ranked[i].index;
    }
  }
  free(ranked);
  return FH_OK;
}

FhStatus
diffraction_new(const Engine* const engine, Diffraction* const diffraction)
{
  memset(diffraction, 0, sizeof *diffraction);
  FhStatus status = fh_edges_new(engine->scene, &diffraction->edges);
  status = status ? status : rank_edges(diffraction);
  if (!status && diffraction->n_edges) {
    status = rank_mirrors(engine, diffraction);
  }
  if (status) {
    diffraction_clear(diffraction);
  }
  return status;
}

void
diffraction_clear(Diffraction* const diffraction)
{
  fh_edges_free(diffraction->edges);
  free((void*)diffraction->longest);
  free(diffraction->mirrors);
  memset(diffraction, 0, sizeof *diffraction);
}

static void
mirror_point(const Plane* const plane, const float at[3], float image[3])
{
  double behind = -plane->offset;
  for (size_t k = 0; k < 3; ++k) {
    behind += plane->normal[k] * (double)at[k];
  }
  for (size_t k = 0; k < 3; ++k) {
    image[k] = (float)((double)at[k] - 2.0 * behind * plane->normal[k]);
  }
}

static float
distance(const float a[3], const float b[3])
{
  const float d[3] = {b[0] - a[0], b[1] - a[1], b[2] - a[2]};
  return sqrtf(dot3(d, d));
}

/// Where the way from `a` to the image of `b` meets the plane; false when it
/// does not, or beside its triangles' box
static bool
mirror_meets(const Plane* const plane,
             const float a[3],
             const float image[3],
             float at[3])
{
  const double from[3] = {(double)a[0], (double)a[1], (double)a[2]};
  const double to[3] = {(double)image[0], (double)image[1], (double)image[2]};
  const double x = dot3d(plane->normal, from) - plane->offset;
  const double y = dot3d(plane->normal, to) - plane->offset;
  if (!(x * y < 0.0)) {
    return false;
  }
  for (size_t k = 0; k < 3; ++k) {
    const double p = from[k] + x / (x - y) * (to[k] - from[k]);
    if (p < plane->low[k] - 1e-3 || p > plane->high[k] + 1e-3) {
      return false;
    }
    at[k] = (float)p;
  }
  return true;
}

/// Material of the plane at a place seen from `a`; false when no surface of it
/// is there or something stands before it
static bool
mirror_seen(const Engine* const engine,
            const uint32_t plane,
            const float a[3],
            const float at[3],
            uint32_t* const material)
{
  float d[3] = {at[0] - a[0], at[1] - a[1], at[2] - a[2]};
  const float length = sqrtf(dot3(d, d));
  if (!(length > 0.0f)) {
    return false;
  }
  for (size_t k = 0; k < 3; ++k) {
    d[k] /= length;
  }
  FhHit hit;
  fh_raycast(engine->caster, a, d, 0.0f, length + TOLERANCE_M, &hit);
  if (hit.triangle == FH_NO_HIT ||
      engine->planes.plane_of[hit.triangle] != plane ||
      hit.distance_m < length - TOLERANCE_M) {
    return false;
  }
  *material = engine->scene->material[hit.triangle];
  return !(engine->surfaces[*material].one_sided &&
           dot3(engine->scene->normal[hit.triangle], d) > 0.0f);
}

/// True when a surface of the plane is at a place at all
static bool
mirror_is_there(const Engine* const engine,
                const uint32_t plane,
                const float at[3],
                const float from[3])
{
  const float length = distance(at, from);
  float near[3];
  for (size_t k = 0; k < 3; ++k) {
    near[k] = at[k] + fminf(0.02f, 0.5f * length) * (from[k] - at[k]) / length;
  }
  uint32_t material = 0;
  return mirror_seen(engine, plane, near, at, &material);
}

/// One reflection that something hides
typedef struct {
  const Engine* engine;
  const Emitter* emitter;
  const float* receiver;
  uint32_t plane;
  bool hidden_after; ///< Between the mirror and the receiver; else before it
  float from[3];     ///< The source, or its image where hidden after
  float to[3];       ///< The receiver, or its image where hidden before
} Hidden;

/// Check the way over an edge at a place; sets the mirror's material, where the
/// sound departs to and where it comes from
static bool
way_is_free(const Hidden* const h,
            const float apex[3],
            uint32_t* const material,
            float departs_to[3],
            float comes_from[3])
{
  const Plane* const plane = &h->engine->planes.planes[h->plane];
  const float* const source = h->emitter->radiator.at;
  float at[3];
  if (h->hidden_after) {
    // Source, mirror, edge, receiver
    if (!mirror_meets(plane, apex, h->from, at) ||
        !mirror_seen(h->engine, h->plane, source, at, material) ||
        !mirror_seen(h->engine, h->plane, apex, at, material) ||
        !fh_visible(h->engine->caster, apex, h->receiver)) {
      return false;
    }
    memcpy(departs_to, at, sizeof at);
    memcpy(comes_from, apex, 3 * sizeof(float));
    return true;
  }
  // Source, edge, mirror, receiver
  if (!mirror_meets(plane, apex, h->to, at) ||
      !mirror_seen(h->engine, h->plane, apex, at, material) ||
      !mirror_seen(h->engine, h->plane, h->receiver, at, material) ||
      !fh_visible(h->engine->caster, source, apex)) {
    return false;
  }
  memcpy(departs_to, apex, 3 * sizeof(float));
  memcpy(comes_from, at, sizeof at);
  return true;
}

static void
unit_from(const float a[3], const float b[3], float d[3])
{
  const float length = fmaxf(distance(a, b), 1e-6f);
  for (size_t k = 0; k < 3; ++k) {
    d[k] = (b[k] - a[k]) / length;
  }
}

/// The way of a hidden reflection over one edge
static void
bend(const Hidden* const h,
     const FhEdge* const edge,
     const ImageSink sink,
     void* const user)
{
  FhEdgePath path;
  if (!fh_edge_path(edge, h->from, h->to, &path) || path.lit ||
      path.apex_z_m < 0.0 || path.apex_z_m > (double)edge->length_m) {
    return;
  }
  float apex[3];
  float departs_to[3];
  float comes_from[3];
  uint32_t material = 0;
  fh_edge_point(edge, path.apex_z_m, OFF_EDGE_M, apex);
  if (!way_is_free(h, apex, &material, departs_to, comes_from)) {
    return;
  }
  F8 reflected[MAX_OCTETS];
  for (unsigned o = 0; o < h->engine->n_octets; ++o) {
    const Engine* const octet = &h->engine[o];
    reflected[o] = octet->surfaces[material].mirror;
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      double factor[2];
      fh_edge_factor(&path,
                     2.0 * FH_PI * engine_hz(octet, b) /
                       (double)octet->speed_m_s,
                     1.0,
                     1.0,
                     factor);
      reflected[o][b] *=
        (float)fmin(1.0, factor[0] * factor[0] + factor[1] * factor[1]);
    }
  }
  float departure[3];
  float towards[3];
  unit_from(h->emitter->radiator.at, departs_to, departure);
  unit_from(h->receiver, comes_from, towards);
  image_emit(h->engine,
             h->emitter,
             path.before_m + path.after_m,
             towards,
             departure,
             1,
             reflected,
             sink,
             user);
}

/// True when this reflection is there, matters and is hidden on one of its legs
static bool
find_hidden(Hidden* const h)
{
  const Plane* const plane = &h->engine->planes.planes[h->plane];
  const float* const source = h->emitter->radiator.at;
  float image[3];
  float at[3];
  mirror_point(plane, source, image);
  if (!mirror_meets(plane, h->receiver, image, at)) {
    return false;
  }
  const double direct = (double)distance(source, h->receiver);
  const double length = (double)distance(image, h->receiver);
  if (direct * direct < SIGNIFICANT * length * length ||
      !mirror_is_there(h->engine, h->plane, at, h->receiver)) {
    return false;
  }
  uint32_t material = 0;
  const bool before = mirror_seen(h->engine, h->plane, source, at, &material);
  const bool after =
    mirror_seen(h->engine, h->plane, h->receiver, at, &material);
  if (before == after) {
    return false;
  }
  h->hidden_after = before;
  if (before) {
    memcpy(h->from, image, sizeof h->from);
    memcpy(h->to, h->receiver, sizeof h->to);
  } else {
    memcpy(h->from, source, sizeof h->from);
    mirror_point(plane, h->receiver, h->to);
  }
  return true;
}

void
diffraction_arrivals(const Engine* const engine,
                     const Emitter* const emitter,
                     const float receiver[3],
                     const ImageSink sink,
                     void* const user)
{
  const Diffraction* const diffraction = engine->diffraction;
  Hidden hidden;
  memset(&hidden, 0, sizeof hidden);
  hidden.engine = engine;
  hidden.emitter = emitter;
  hidden.receiver = receiver;
  for (size_t i = 0; diffraction && i < diffraction->n_mirrors; ++i) {
    hidden.plane = diffraction->mirrors[i];
    if (!find_hidden(&hidden)) {
      continue;
    }
    for (size_t k = 0; k < diffraction->n_edges; ++k) {
      bend(&hidden, diffraction->longest[k], sink, user);
    }
  }
}
