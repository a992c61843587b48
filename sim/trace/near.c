// SPDX-License-Identifier: GPL-3.0-or-later
#include "near.h"

#include <stdlib.h>

/// Surfaces nearer to a microphone than this are looked at [m]
#define NEAR_HEIGHT_M 1.0f
/// Nearer than this it is on the surface, which is refused elsewhere [m]
#define ON_SURFACE_M 1e-3f
/// Radius of a disc, at most [m]
#define NEAR_RADIUS_M 1.0f
/// The same against the distance of the nearest source, about which irradiance
/// is curved
#define SOURCE_SHARE 0.2f
/// A disc of less than this many heights smoothes nothing
#define LEAST_HEIGHTS 0.5f
/// Directions in which surfaces are looked for
#define N_LOOKS 256u
/// Points at which a disc is looked at
#define N_POINTS 64u
/// Two points this far from one plane are in it [m]
#define SAME_PLANE_M 5e-3f
/// Least cosine between equal normals
#define SAME_NORMAL 0.999f

/// The plane that is met in a direction; false when it is far
static bool
look(const Engine* const engine,
     const float at[3],
     const float d[3],
     NearDisc* const disc)
{
  const FhScene* const scene = engine->scene;
  FhHit hit;
  fh_raycast(engine->caster, at, d, 0.0f, 8.0f * NEAR_HEIGHT_M, &hit);
  if (hit.triangle == FH_NO_HIT) {
    return false;
  }
  memcpy(disc->normal, scene->normal[hit.triangle], sizeof disc->normal);
  const float cosine = dot3(disc->normal, d);
  const float sign = cosine > 0.0f ? -1.0f : 1.0f;
  disc->height_m = hit.distance_m * fabsf(cosine);
  disc->material = scene->material[hit.triangle];
  for (size_t k = 0; k < 3; ++k) {
    disc->normal[k] *= sign;
    disc->foot[k] = at[k] - disc->height_m * disc->normal[k];
  }
  return disc->height_m > ON_SURFACE_M && disc->height_m < NEAR_HEIGHT_M &&
         engine->surfaces[disc->material].scatters;
}

static bool
same_plane(const NearDisc* const disc,
           const float at[3],
           const float normal[3],
           const uint32_t material)
{
  const float to[3] = {
    at[0] - disc->foot[0], at[1] - disc->foot[1], at[2] - disc->foot[2]};
  return material == disc->material &&
         fabsf(dot3(to, disc->normal)) < SAME_PLANE_M &&
         dot3(normal, disc->normal) > SAME_NORMAL;
}

/// Two unit vectors that span the disc
static void
span(const NearDisc* const disc, float t[3], float w[3])
{
  const float* const n = disc->normal;
  const size_t k = fabsf(n[0]) < 0.6f ? 0u : 1u;
  float length2 = 0.0f;
  for (size_t i = 0; i < 3; ++i) {
    t[i] = (i == k ? 1.0f : 0.0f) - n[k] * n[i];
    length2 += t[i] * t[i];
  }
  for (size_t i = 0; i < 3; ++i) {
    t[i] /= sqrtf(length2);
  }
  w[0] = n[1] * t[2] - n[2] * t[1];
  w[1] = n[2] * t[0] - n[0] * t[2];
  w[2] = n[0] * t[1] - n[1] * t[0];
}

static void
point_of(const NearDisc* const disc,
         const float radius_m,
         const float turn,
         float at[3])
{
  float t[3];
  float w[3];
  span(disc, t, w);
  const float c = radius_m * cosf(2.0f * (float)FH_PI * turn);
  const float s = radius_m * sinf(2.0f * (float)FH_PI * turn);
  for (size_t k = 0; k < 3; ++k) {
    at[k] = disc->foot[k] + c * t[k] + s * w[k];
  }
}

/// Shrink the disc until all of it is in sight, of one plane and material;
/// false when nothing is left
static bool
fit(const Engine* const engine, const float at[3], NearDisc* const disc)
{
  while (disc->radius_m > LEAST_HEIGHTS * disc->height_m) {
    float clear_m = disc->radius_m;
    for (uint32_t i = 0; i < N_POINTS; ++i) {
      const float share = sqrtf(((float)i + 1.0f) / (float)N_POINTS);
      const float radius = disc->radius_m * share;
      const float turn = (float)i * 0.618033989f;
      float p[3];
      point_of(disc, radius, turn - floorf(turn), p);
      float d[3];
      float r2 = 0.0f;
      for (size_t k = 0; k < 3; ++k) {
        d[k] = p[k] - at[k];
        r2 += d[k] * d[k];
      }
      const float r = sqrtf(r2);
      for (size_t k = 0; k < 3; ++k) {
        d[k] /= r;
      }
      NearDisc met;
      if (!look(engine, at, d, &met) ||
          !same_plane(disc, met.foot, met.normal, met.material)) {
        clear_m = lesser(clear_m, radius);
      }
    }
    if (clear_m >= disc->radius_m) {
      return true;
    }
    disc->radius_m = 0.9f * clear_m;
  }
  return false;
}

static float
nearest_source(const Engine* const engine, const float at[3])
{
  float nearest2 = FAR_M;
  for (size_t e = 0; e < engine->n_emitters; ++e) {
    const float* const from = engine->emitters[e].radiator.at;
    const float d[3] = {from[0] - at[0], from[1] - at[1], from[2] - at[2]};
    nearest2 = lesser(nearest2, dot3(d, d));
  }
  return sqrtf(nearest2);
}

static void
find_discs(const Engine* const engine,
           const float at[3],
           NearDiscs* const discs)
{
  const float radius =
    lesser(NEAR_RADIUS_M, SOURCE_SHARE * nearest_source(engine, at));
  NearDisc seen[32];
  size_t n_seen = 0;
  for (uint32_t i = 0; i < N_LOOKS && discs->n < NEAR_MAX; ++i) {
    float d[3];
    const float turn = (float)i * 0.618033989f;
    sphere_direction(
      ((float)i + 0.5f) / (float)N_LOOKS, turn - floorf(turn), d);
    NearDisc disc;
    if (!look(engine, at, d, &disc)) {
      continue;
    }
    bool known = false;
    for (size_t k = 0; k < n_seen && !known; ++k) {
      known = same_plane(&seen[k], disc.foot, disc.normal, disc.material);
    }
    if (known || n_seen == sizeof seen / sizeof *seen) {
      continue;
    }
    seen[n_seen++] = disc;
    disc.radius_m = radius;
    if (!fit(engine, at, &disc)) {
      continue;
    }
    // Integral of h / (pi r^3) over the disc, over its area
    const float a2 = disc.radius_m * disc.radius_m;
    const float far2 = a2 + disc.height_m * disc.height_m;
    disc.share =
      2.0f * (1.0f - disc.height_m / sqrtf(far2)) / ((float)FH_PI * a2);
    discs->disc[discs->n++] = disc;
    discs->reach2 = greater(discs->reach2, far2);
  }
}

NearDiscs*
near_discs_new(const Engine* const engine)
{
  NearDiscs* const discs =
    (NearDiscs*)engine_alloc(engine->n_mics, sizeof(NearDiscs));
  for (size_t m = 0; m < engine->n_mics && discs; ++m) {
    find_discs(engine, engine->mics[m].at, &discs[m]);
  }
  return discs;
}

const NearDisc*
near_disc_of(const NearDiscs* const discs,
             const float at[3],
             const float normal[3],
             const uint32_t material)
{
  for (size_t i = 0; i < discs->n; ++i) {
    const NearDisc* const disc = &discs->disc[i];
    if (!same_plane(disc, at, normal, material)) {
      continue;
    }
    const float to[3] = {
      at[0] - disc->foot[0], at[1] - disc->foot[1], at[2] - disc->foot[2]};
    const float h = dot3(to, disc->normal);
    if (dot3(to, to) - h * h < disc->radius_m * disc->radius_m) {
      return disc;
    }
  }
  return NULL;
}

void
near_disc_draw(const NearDisc* const disc,
               const float u,
               const float v,
               float at[3])
{
  // The share within r is (1 - h / r) / (1 - h / R)
  const float h = disc->height_m;
  const float far = sqrtf(disc->radius_m * disc->radius_m + h * h);
  const float r = h / (1.0f - u * (1.0f - h / far));
  point_of(disc, sqrtf(greater(r * r - h * h, 0.0f)), v, at);
}
