// SPDX-License-Identifier: GPL-3.0-or-later
#include "check_parts.h"
#include "wander.h"

#include <fh/places.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Rays that look for holes
#define N_WALKS   4096U
#define N_BOUNCES 24U

/// Rays that got out and are followed up
#define MAX_ESCAPES 2000U

/// Holes nearer to each other than this are one [m]
#define HOLE_M 1.0

/// Share of the rays that got out, below which a hole is not named
#define LEAST_HOLE_SHARE 0.02

/// More than this is worth a warning (escaped energy share of a traced run)
#define ESCAPE_WARNING 1e-3

/// A ray that got out
typedef struct {
  float from[3], direction[3];
} Escape;

/// Place of source, microphone or seat `p`
static void
point_at(const FhVenue* const venue,
         const FhScene* const scene,
         const size_t n_seats,
         const size_t p,
         float at[3])
{
  const size_t n_sources = venue->n_loudspeakers + venue->n_arrays;
  if (p < n_sources) {
    fh_scene_from_world(scene,
                        p < venue->n_loudspeakers
                          ? venue->loudspeakers[p].at
                          : venue->arrays[p - venue->n_loudspeakers].top,
                        at);
  } else if (p < n_sources + scene->n_microphones) {
    memcpy(at, scene->microphone[p - n_sources], 3 * sizeof *at);
  } else {
    const size_t seat = p - n_sources - scene->n_microphones;
    memcpy(
      at, scene->seats[seat * scene->n_seats / n_seats].at, 3 * sizeof *at);
  }
}

/// Rays wander from where sound is made and heard; those that get out
static size_t
find_escapes(const FhVenue* const venue,
             const FhScene* const scene,
             const FhRaycaster* const caster,
             Escape escapes[MAX_ESCAPES],
             double* const share)
{
  size_t n = 0;
  size_t n_out = 0;
  size_t n_rays = 0;
  const size_t n_seats = scene->n_seats < 64 ? scene->n_seats : 64;
  const size_t n_points =
    venue->n_loudspeakers + venue->n_arrays + scene->n_microphones + n_seats;
  uint64_t random = 1;
  for (size_t w = 0; w < N_WALKS && n_points; ++w) {
    float o[3];
    float d[3];
    unsigned n_open = 0;
    point_at(venue, scene, n_seats, w % n_points, o);
    check_nearest_surface(caster, o, &n_open);
    if (n_open > CHECK_MOST_OPEN || fh_place_on_surface(caster, o)) {
      continue; // Outside, or half of it: that is said elsewhere
    }
    wander_direction(&random, d);
    for (size_t bounce = 0; bounce < N_BOUNCES; ++bounce) {
      FhHit hit;
      fh_raycast(caster, o, d, 0.0f, CHECK_FAR_M, &hit);
      ++n_rays;
      if (hit.triangle == FH_NO_HIT) {
        ++n_out;
        if (n < MAX_ESCAPES) {
          memcpy(escapes[n].from, o, sizeof o);
          memcpy(escapes[n++].direction, d, sizeof d);
        }
        break;
      }
      const float* const normal = scene->normal[hit.triangle];
      const float off = wander_side(normal, d) * 2e-4f;
      for (size_t k = 0; k < 3; ++k) {
        o[k] += hit.distance_m * d[k] + off * normal[k];
      }
      wander_scatter(&random, normal, d, d);
    }
  }
  *share = n_rays ? (double)n_out / (double)n_rays : 0.0;
  return n;
}

/// Nearest point of an edge to a ray; returns the distance
static double
edge_to_ray(const double a[3],
            const double b[3],
            const double o[3],
            const double d[3],
            double at[3])
{
  double u[3];
  double w[3];
  double uu = 0.0;
  double ud = 0.0;
  double uw = 0.0;
  double dw = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    u[k] = b[k] - a[k];
    w[k] = a[k] - o[k];
    uu += u[k] * u[k];
    ud += u[k] * d[k];
    uw += u[k] * w[k];
    dw += d[k] * w[k];
  }
  // Least distance of a + s u and o + t d, 0 <= s <= 1, t >= 0
  const double whole = uu - ud * ud;
  double s = whole > 1e-12 ? (ud * dw - uw) / whole : 0.0;
  s = fmin(fmax(s, 0.0), 1.0);
  const double t = fmax(dw + s * ud, 0.0);
  double d2 = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    at[k] = a[k] + s * u[k];
    const double x = at[k] - o[k] - t * d[k];
    d2 += x * x;
  }
  return sqrt(d2);
}

static void
count_hole(FhCheckReport* const out, const double at[3], const double gap_m)
{
  for (size_t i = 0; i < out->n_holes; ++i) {
    FhHole* const h = &out->holes[i];
    double d2 = 0.0;
    for (size_t k = 0; k < 3; ++k) {
      d2 += (h->at[k] - at[k]) * (h->at[k] - at[k]);
    }
    if (d2 < HOLE_M * HOLE_M) {
      h->share += 1.0;
      h->gap_m = fmin(h->gap_m, gap_m);
      return;
    }
  }
  if (out->n_holes < FH_HOLES_MAX) {
    FhHole* const h = &out->holes[out->n_holes++];
    memcpy(h->at, at, sizeof h->at);
    h->share = 1.0;
    h->gap_m = gap_m;
  }
}

static int
by_share(const void* const a, const void* const b)
{
  const double p = ((const FhHole*)a)->share;
  const double q = ((const FhHole*)b)->share;
  return p > q ? -1 : p < q;
}

FhStatus
check_holes(const FhVenue* const venue,
            const FhScene* const scene,
            const FhRaycaster* const caster,
            const Weld* const weld,
            FhCheckReport* const out,
            FhDiag* const diag)
{
  if (!scene->closed) {
    return FH_OK;
  }
  Escape* const escapes = (Escape*)malloc(MAX_ESCAPES * sizeof *escapes);
  Edge* edges = NULL;
  size_t n_edges = 0;
  FhStatus status = escapes
                      ? mesh_edges((const uint32_t(*)[3])weld->mesh.triangle,
                                   weld->mesh.n_triangles,
                                   &edges,
                                   &n_edges)
                      : FH_ERR_NO_MEM;
  const size_t n =
    status ? 0
           : find_escapes(venue, scene, caster, escapes, &out->escaped_share);
  for (size_t i = 0; i < n; ++i) {
    double o[3];
    double d[3];
    double best[3] = {0.0, 0.0, 0.0};
    double least = 1e30;
    fh_scene_to_world(scene, escapes[i].from, o);
    for (size_t k = 0; k < 3; ++k) {
      d[k] = (double)escapes[i].direction[k];
    }
    for (size_t e = 0; e < n_edges; ++e) {
      double at[3];
      if (edges[e].n == 1) {
        const double gap = edge_to_ray(weld->mesh.vertex[edges[e].low],
                                       weld->mesh.vertex[edges[e].high],
                                       o,
                                       d,
                                       at);
        if (gap < least) {
          least = gap;
          memcpy(best, at, sizeof best);
        }
      }
    }
    if (least < 1e30) {
      count_hole(out, best, least);
    }
  }
  free(edges);
  free(escapes);
  if (n) {
    qsort(out->holes, out->n_holes, sizeof out->holes[0], by_share);
    size_t n_kept = 0;
    for (size_t i = 0; i < out->n_holes; ++i) {
      out->holes[i].share /= (double)n;
      // What few rays passed was rather another hole nearby
      n_kept += i == 0 || out->holes[i].share > LEAST_HOLE_SHARE;
    }
    out->n_holes = n_kept;
    char list[600] = "";
    size_t length = 0;
    for (size_t i = 0; i < out->n_holes && i < 8; ++i) {
      const double* const at = out->holes[i].at;
      const int more = snprintf(list + length,
                                sizeof list - length,
                                "%s(%.2f, %.2f, %.2f)",
                                i ? ", " : "",
                                at[0],
                                at[1],
                                at[2]);
      length += more > 0 ? (size_t)more : 0;
    }
    fh_diag_add(diag,
                out->escaped_share > ESCAPE_WARNING ? FH_DIAG_WARNING
                                                    : FH_DIAG_NOTE,
                venue->path,
                0,
                0,
                "the model leaks: %.2g %% of rays get out at each reflection%s"
                "%s; close the gaps in the model",
                100.0 * out->escaped_share,
                out->n_holes ? ", by holes at " : "",
                list);
  }
  return status;
}
