// SPDX-License-Identifier: GPL-3.0-or-later
#include "scene_private.h"

#include <fh/check.h>
#include <fh/places.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAR_M 1e6f

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

/// Densities that nobody stands or sits at [1/m2]
#define MOST_STANDING 7.0
#define MOST_SEATED   4.0

/// A ray that got out
typedef struct {
  float from[3], direction[3];
} Escape;

static uint64_t
next_random(uint64_t* const state)
{
  uint64_t z = (*state += 0x9E3779B97F4A7C15U);
  z = (z ^ z >> 30U) * 0xBF58476D1CE4E5B9U;
  z = (z ^ z >> 27U) * 0x94D049BB133111EBU;
  return z ^ z >> 31U;
}

static float
uniform(uint64_t* const state)
{
  return (float)(next_random(state) >> 40U) / 16777216.0f;
}

static void
random_direction(uint64_t* const state, float out[3])
{
  const float z = 2.0f * uniform(state) - 1.0f;
  const float phi = 2.0f * (float)FH_PI * uniform(state);
  const float r = sqrtf(fmaxf(1.0f - z * z, 0.0f));
  out[0] = r * cosf(phi);
  out[1] = r * sinf(phi);
  out[2] = z;
}

// --- places ---------------------------------------------------------------

/// A thing of the venue that has to be in the air
typedef struct {
  const char* what;
  const char* name;
  int line;
  const double* at;
  bool listens;
} Thing;

static size_t
list_things(const FhVenue* const venue, Thing* const things)
{
  size_t n = 0;
  for (size_t i = 0; i < venue->n_loudspeakers; ++i) {
    const FhLoudspeaker* const l = &venue->loudspeakers[i];
    const Thing t = {"loudspeaker", l->name, l->line, l->at, false};
    things[n++] = t;
  }
  for (size_t i = 0; i < venue->n_arrays; ++i) {
    const FhArray* const a = &venue->arrays[i];
    const Thing t = {"array", a->name, a->line, a->top, false};
    things[n++] = t;
  }
  for (size_t i = 0; i < venue->n_microphones; ++i) {
    const FhMicrophone* const m = &venue->microphones[i];
    const Thing t = {"microphone", m->name, m->line, m->at, true};
    things[n++] = t;
  }
  return n;
}

static void
judge_thing(const FhVenue* const venue,
            const Thing* const t,
            const FhPlace place,
            FhDiag* const diag)
{
  static const char* const where[] = {
    [FH_PLACE_ROOM] = "",
    [FH_PLACE_SURFACE] = "is within 2 cm of a surface; move it away",
    [FH_PLACE_CROWD] = "is within the audience; raise it over their heads",
    [FH_PLACE_SOLID] = "is inside a wall or a solid; move it",
    [FH_PLACE_OUTSIDE] = "is outside the room; move it, or check `units`"};
  if (place == FH_PLACE_ROOM || (place == FH_PLACE_SURFACE && !t->listens)) {
    return;
  }
  const bool wrong = place == FH_PLACE_SOLID || place == FH_PLACE_OUTSIDE;
  fh_diag_add(diag,
              wrong ? FH_DIAG_ERROR : FH_DIAG_WARNING,
              venue->path,
              t->line,
              t->line ? 1 : 0,
              "%s \"%s\" at (%.2f, %.2f, %.2f) %s",
              t->what,
              t->name,
              t->at[0],
              t->at[1],
              t->at[2],
              where[place]);
}

FhStatus
fh_check_places(const FhVenue* const venue,
                const FhScene* const scene,
                const FhRaycaster* const caster,
                FhDiag* const diag)
{
  const size_t n =
    venue->n_loudspeakers + venue->n_arrays + venue->n_microphones;
  Thing* const things = (Thing*)calloc(n + 1, sizeof *things);
  float(*const at)[3] = (float(*)[3])calloc(n + 1, sizeof *at);
  FhPlace* const place = (FhPlace*)calloc(n + 1, sizeof *place);
  FhStatus status = things && at && place ? FH_OK : FH_ERR_NO_MEM;
  if (!status) {
    list_things(venue, things);
    for (size_t i = 0; i < n; ++i) {
      fh_scene_from_world(scene, things[i].at, at[i]);
    }
    status = fh_scene_places(scene, caster, (const float(*)[3])at, n, place);
  }
  for (size_t i = 0; i < n && !status; ++i) {
    judge_thing(venue, &things[i], place[i], diag);
  }
  free(things);
  free(at);
  free(place);
  return status;
}

static void
check_counts(const FhVenue* const venue, FhDiag* const diag)
{
  if (!venue->n_loudspeakers && !venue->n_arrays) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                venue->path,
                0,
                0,
                "has no loudspeakers; add some under `system`");
  }
  if (!venue->n_microphones && !venue->n_audience) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                venue->path,
                0,
                0,
                "has neither audience nor microphones; nobody would listen");
  }
}

// --- audience -------------------------------------------------------------

/// Of 26 directions, more than this lead out from outside only
#define MOST_OPEN 11U

/// Distance to the first surface from ears in 26 directions, and how many of
/// these lead out
static float
nearest_surface(const FhRaycaster* const caster,
                const float at[3],
                unsigned* const n_out)
{
  float nearest = FAR_M;
  *n_out = 0;
  for (size_t i = 0; i < 26; ++i) {
    float d[3];
    FhHit hit;
    even_direction(i, 26, d);
    fh_raycast(caster, at, d, 0.0f, FAR_M, &hit);
    *n_out += hit.triangle == FH_NO_HIT;
    nearest =
      hit.triangle == FH_NO_HIT ? nearest : fminf(nearest, hit.distance_m);
  }
  return nearest;
}

/// What was found out about the seats of an area
typedef struct {
  size_t n, n_out, n_close, n_raised;
  float out_at[3], close_at[3];
  double raised_m;
} AreaSeats;

static void
look_from_seat(const FhVenue* const venue,
               const FhScene* const scene,
               const FhRaycaster* const caster,
               const FhSeat* const seat,
               AreaSeats* const area)
{
  unsigned n_out = 0;
  const float nearest = nearest_surface(caster, seat->at, &n_out);
  ++area->n;
  if (scene->closed && n_out > MOST_OPEN) {
    if (!area->n_out++) {
      memcpy(area->out_at, seat->at, sizeof area->out_at);
    }
  } else if (nearest < 0.05f) {
    if (!area->n_close++) {
      memcpy(area->close_at, seat->at, sizeof area->close_at);
    }
  }
  // A second floor a chair's height under the first; a slab's underside faces
  // down and is none
  static const float down[3] = {0.0f, 0.0f, -1.0f};
  const float ear_m =
    (float)fh_crowd_ear_m(venue->audience[seat->area].posture);
  const float under[3] = {
    seat->at[0], seat->at[1], seat->at[2] - ear_m - 0.02f};
  FhHit hit;
  fh_raycast(caster, under, down, 0.0f, 1.6f, &hit);
  if (hit.triangle != FH_NO_HIT && hit.distance_m > 0.25f &&
      scene->kind[hit.triangle] == FH_SURFACE_PLAIN &&
      scene->normal[hit.triangle][2] > 0.9f) {
    area->raised_m += (double)hit.distance_m;
    ++area->n_raised;
  }
}

static void
judge_area(const FhVenue* const venue,
           const FhScene* const scene,
           const size_t a,
           const double plan_m2,
           const AreaSeats* const seats,
           FhDiag* const diag)
{
  const FhAudience* const area = &venue->audience[a];
  double at[3];
  if (seats->n_out) {
    fh_scene_to_world(scene, seats->out_at, at);
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                venue->path,
                0,
                0,
                "audience \"%s\": %zu of %zu seats are outside the room, the "
                "first at (%.2f, %.2f, %.2f); draw the area within the walls",
                area->name,
                seats->n_out,
                seats->n,
                at[0],
                at[1],
                at[2]);
  }
  if (seats->n_close) {
    fh_scene_to_world(scene, seats->close_at, at);
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                venue->path,
                0,
                0,
                "audience \"%s\": %zu of %zu seats are in a wall or within "
                "5 cm of one, the first at (%.2f, %.2f, %.2f); draw the area "
                "smaller",
                area->name,
                seats->n_close,
                seats->n,
                at[0],
                at[1],
                at[2]);
  }
  if (2 * seats->n_raised > seats->n) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                venue->path,
                0,
                0,
                "audience \"%s\" lies %.2f m over a floor: its surface should "
                "be the floor itself, ears and heads are added to it",
                area->name,
                seats->raised_m / (double)seats->n_raised);
  }
  const double density = area->capacity / plan_m2;
  const double most =
    area->posture == FH_POSTURE_STANDING ? MOST_STANDING : MOST_SEATED;
  if (!(density <= most)) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                venue->path,
                0,
                0,
                "audience \"%s\": %.0f persons on %.1f m2 are %.1f per m2; "
                "check `capacity` and the area",
                area->name,
                area->capacity,
                plan_m2,
                density);
  }
}

static FhStatus
check_audience(const FhVenue* const venue,
               const FhScene* const scene,
               const FhRaycaster* const caster,
               FhCheckReport* const out,
               FhDiag* const diag)
{
  out->n_audience = venue->n_audience;
  out->area_seats = (size_t*)calloc(venue->n_audience + 1, sizeof(size_t));
  out->area_m2 = (double*)calloc(venue->n_audience + 1, sizeof(double));
  AreaSeats* const areas =
    (AreaSeats*)calloc(venue->n_audience + 1, sizeof *areas);
  if (!out->area_seats || !out->area_m2 || !areas) {
    free(areas);
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < scene->n_seats; ++i) {
    const FhSeat* const seat = &scene->seats[i];
    ++out->area_seats[seat->area];
    out->area_m2[seat->area] += (double)seat->area_m2;
    look_from_seat(venue, scene, caster, seat, &areas[seat->area]);
  }
  for (size_t a = 0; a < venue->n_audience; ++a) {
    if (areas[a].n) {
      judge_area(venue, scene, a, out->area_m2[a], &areas[a], diag);
    } else {
      fh_diag_add(diag,
                  FH_DIAG_ERROR,
                  venue->path,
                  0,
                  0,
                  "audience \"%s\" has no seat with room for a head",
                  venue->audience[a].name);
    }
  }
  free(areas);
  return FH_OK;
}

// --- holes ----------------------------------------------------------------

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
    nearest_surface(caster, o, &n_open);
    if (n_open > MOST_OPEN) {
      continue; // Outside: that is said elsewhere
    }
    random_direction(&random, d);
    for (size_t bounce = 0; bounce < N_BOUNCES; ++bounce) {
      FhHit hit;
      fh_raycast(caster, o, d, 0.0f, FAR_M, &hit);
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
      const float side =
        normal[0] * d[0] + normal[1] * d[1] + normal[2] * d[2] > 0.0f ? -1.0f
                                                                      : 1.0f;
      float s[3];
      float length = 0.0f;
      random_direction(&random, s);
      for (size_t k = 0; k < 3; ++k) {
        o[k] += hit.distance_m * d[k] + side * 2e-4f * normal[k];
        s[k] += 1.001f * side * normal[k];
        length += s[k] * s[k];
      }
      for (size_t k = 0; k < 3; ++k) {
        d[k] = s[k] / sqrtf(length);
      }
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

static FhStatus
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

// --- surfaces -------------------------------------------------------------

/// Faces of two materials in one place: which one counts is chance
static void
check_overlaps(const FhVenue* const venue,
               const FhScene* const scene,
               const FhRaycaster* const caster,
               FhDiag* const diag)
{
  size_t n = 0;
  size_t pair[2] = {0, 0};
  double first[3] = {0.0, 0.0, 0.0};
  for (uint32_t t = 0; t < scene->n_triangles; ++t) {
    if (scene->kind[t] != FH_SURFACE_PLAIN) {
      continue;
    }
    float at[3];
    for (size_t k = 0; k < 3; ++k) {
      at[k] = (scene->vertex[scene->triangle[t][0]][k] +
               scene->vertex[scene->triangle[t][1]][k] +
               scene->vertex[scene->triangle[t][2]][k]) /
              3.0f;
    }
    for (int side = -1; side <= 1; side += 2) {
      float from[3];
      float d[3];
      for (size_t k = 0; k < 3; ++k) {
        d[k] = (float)side * scene->normal[t][k];
        from[k] = at[k] - 2e-3f * d[k];
      }
      FhHit hit;
      fh_raycast(caster, from, d, 0.0f, 2.5e-3f, &hit);
      if (hit.triangle != FH_NO_HIT && hit.triangle != t &&
          scene->kind[hit.triangle] == FH_SURFACE_PLAIN &&
          scene->material[hit.triangle] != scene->material[t] &&
          fabsf(hit.distance_m - 2e-3f) < 5e-4f) {
        if (!n++) {
          pair[0] = scene->material[t];
          pair[1] = scene->material[hit.triangle];
          fh_scene_to_world(scene, at, first);
        }
        break;
      }
    }
  }
  if (n) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                venue->path,
                0,
                0,
                "%zu faces lie on others of a different material, the first "
                "at (%.2f, %.2f, %.2f): \"%s\" and \"%s\"; cut one out of the "
                "other in the model",
                n,
                first[0],
                first[1],
                first[2],
                venue->mesh.material_name[pair[0]],
                venue->mesh.material_name[pair[1]]);
  }
}

static FhStatus
measure_materials(const FhVenue* const venue,
                  const Weld* const weld,
                  FhCheckReport* const out)
{
  out->n_materials = venue->mesh.n_materials;
  out->material_m2 =
    (double*)calloc(venue->mesh.n_materials + 1, sizeof(double));
  if (!out->material_m2) {
    return FH_ERR_NO_MEM;
  }
  for (size_t t = 0; t < weld->mesh.n_triangles; ++t) {
    const uint32_t* const v = weld->mesh.triangle[t];
    double e[2][3];
    for (size_t k = 0; k < 3; ++k) {
      e[0][k] = weld->mesh.vertex[v[1]][k] - weld->mesh.vertex[v[0]][k];
      e[1][k] = weld->mesh.vertex[v[2]][k] - weld->mesh.vertex[v[0]][k];
    }
    const double n[3] = {e[0][1] * e[1][2] - e[0][2] * e[1][1],
                         e[0][2] * e[1][0] - e[0][0] * e[1][2],
                         e[0][0] * e[1][1] - e[0][1] * e[1][0]};
    out->material_m2[weld->mesh.material[t]] +=
      0.5 * sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
  }
  return FH_OK;
}

static void
check_decay(const FhVenue* const venue,
            const FhCheckReport* const out,
            FhDiag* const diag)
{
  // Longer than the driest marble mausoleum at mid frequencies
  const double mid = fmax(out->t60_s[3], out->t60_s[4]);
  if (out->closed && (mid > 15.0 || !(mid > 0.1))) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                venue->path,
                0,
                0,
                "the reverberation time would be %.2g s at mid frequencies; "
                "check `units` and the materials",
                mid);
  }
}

FhStatus
fh_check_venue(const FhVenue* const venue,
               FhCheckReport* const out,
               FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  FhScene scene;
  Weld weld;
  FhRaycaster* caster = NULL;
  FhStatus status = fh_scene_build(venue, &scene, diag);
  if (status) {
    return status;
  }
  status = weld_mesh(&venue->mesh, &weld);
  if (!status) {
    status = fh_raycaster_new(&scene, 1, &caster);
  }
  if (!status) {
    for (size_t k = 0; k < 3; ++k) {
      out->low[k] = (double)scene.low[k] + scene.origin[k];
      out->high[k] = (double)scene.high[k] + scene.origin[k];
    }
    out->volume_m3 = scene.volume_m3;
    out->surface_m2 = scene.surface_m2;
    out->closed = scene.closed;
    out->n_vertices = weld.mesh.n_vertices;
    out->n_triangles = weld.mesh.n_triangles;
    out->n_open_edges = weld.n_open_edges;
    out->n_seats = scene.n_seats;
    fh_scene_eyring_t60_s(&scene, out->t60_s);
    status = measure_materials(venue, &weld, out);
  }
  status = status ? status : fh_check_places(venue, &scene, caster, diag);
  if (!status) {
    check_counts(venue, diag);
  }
  status = status ? status : check_audience(venue, &scene, caster, out, diag);
  status =
    status ? status : check_holes(venue, &scene, caster, &weld, out, diag);
  if (!status) {
    check_overlaps(venue, &scene, caster, diag);
    check_decay(venue, out, diag);
  }
  fh_raycaster_free(caster);
  weld_clear(&weld);
  fh_scene_clear(&scene);
  if (status) {
    fh_check_clear(out);
  }
  return status;
}

void
fh_check_clear(FhCheckReport* const report)
{
  free(report->material_m2);
  free(report->area_seats);
  free(report->area_m2);
  memset(report, 0, sizeof *report);
}
