// SPDX-License-Identifier: GPL-3.0-or-later
#include "reach.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Paths from each point, and reflections of each
#define N_PATHS   1024
#define N_BOUNCES 64
/// Seats that stand for all when loudspeakers look for a listener
#define N_SEATS 32

typedef struct {
  size_t n;
  float (*at)[3]; ///< Owned
} Points;

// SplitMix64, as in synth.c: the check must say the same every time
static float
draw(uint64_t* const state)
{
  uint64_t z = *state += 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  z ^= z >> 31;
  return (float)((double)(z >> 40) * 0x1p-24);
}

static void
even_direction(uint64_t* const state, float d[3])
{
  const float z = 2.0f * draw(state) - 1.0f;
  const float r = sqrtf(fmaxf(1.0f - z * z, 0.0f));
  const float phi = 2.0f * (float)FH_PI * draw(state);
  d[0] = r * cosf(phi);
  d[1] = r * sinf(phi);
  d[2] = z;
}

static float
dot(const float a[3], const float b[3])
{
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

// One path; true when it comes into sight of a target
static bool
path_arrives(const FhRun* const run,
             const float from[3],
             const Points* const targets,
             uint64_t* const state)
{
  static const float lift_m = 1e-3f;
  float at[3] = {from[0], from[1], from[2]};
  float d[3];
  even_direction(state, d);
  for (int bounce = 0; bounce < N_BOUNCES; ++bounce) {
    const size_t t = (size_t)(draw(state) * (float)targets->n) % targets->n;
    if (fh_visible(run->caster, at, targets->at[t])) {
      return true;
    }
    FhHit hit;
    fh_raycast(run->caster, at, d, 0.0f, 1e6f, &hit);
    if (hit.triangle == FH_NO_HIT) {
      return false;
    }
    const float* const normal = run->scene.normal[hit.triangle];
    const float side = dot(normal, d) > 0.0f ? -1.0f : 1.0f;
    float out[3];
    even_direction(state, out);
    for (size_t k = 0; k < 3; ++k) {
      at[k] += hit.distance_m * d[k] + lift_m * side * normal[k];
    }
    const float turn = dot(out, normal) * side < 0.0f ? -1.0f : 1.0f;
    for (size_t k = 0; k < 3; ++k) {
      d[k] = turn * out[k];
    }
  }
  return false;
}

static bool
reaches(const FhRun* const run,
        const float from[3],
        const Points* const targets,
        const uint64_t seed)
{
  for (size_t t = 0; t < targets->n; ++t) {
    if (fh_visible(run->caster, from, targets->at[t])) {
      return true;
    }
  }
  uint64_t state = seed;
  for (int i = 0; i < N_PATHS; ++i) {
    if (path_arrives(run, from, targets, &state)) {
      return true;
    }
  }
  return false;
}

static void
add_point(Points* const p, const float at[3])
{
  memcpy(p->at[p->n++], at, sizeof p->at[0]);
}

static FhStatus
collect(const FhRun* const run, Points* const emitters, Points* const ears)
{
  const FhScene* const scene = &run->scene;
  emitters->at = (float(*)[3])calloc(run->n_emitters + 1, sizeof(float[3]));
  ears->at =
    (float(*)[3])calloc(scene->n_microphones + N_SEATS + 1, sizeof(float[3]));
  if (!emitters->at || !ears->at) {
    return FH_ERR_NO_MEM;
  }
  for (size_t e = 0; e < run->n_emitters; ++e) {
    const FhEmitter* const emitter = fh_sources_emitter(run->sources, e);
    if (!emitter->muted) {
      add_point(emitters, emitter->centre);
    }
  }
  for (size_t m = 0; m < scene->n_microphones; ++m) {
    add_point(ears, scene->microphone[m]);
  }
  for (size_t i = 0; i < N_SEATS && scene->n_seats; ++i) {
    add_point(ears, scene->seats[i * scene->n_seats / N_SEATS].at);
  }
  return FH_OK;
}

static void
complain(const FhRun* const run,
         FhDiag* const diag,
         const char* const what,
         const char* const name,
         const char* const does,
         const int line,
         const float at[3])
{
  double world[3];
  fh_scene_to_world(&run->scene, at, world);
  fh_diag_add(diag,
              FH_DIAG_ERROR,
              run->venue->path,
              line,
              0,
              "%s '%s' at (%.2f, %.2f, %.2f) %s: it lies inside a wall or "
              "outside the room; move it",
              what,
              name,
              world[0],
              world[1],
              world[2],
              does);
}

static int
line_of_emitter(const FhVenue* const venue, const size_t e)
{
  return e < venue->n_loudspeakers
           ? venue->loudspeakers[e].line
           : venue->arrays[e - venue->n_loudspeakers].line;
}

FhStatus
check_reach(const FhRun* const run, FhDiag* const diag)
{
  Points emitters = {0, NULL};
  Points ears = {0, NULL};
  FhStatus status = collect(run, &emitters, &ears);
  size_t n_cut_off = 0;
  for (size_t e = 0; !status && e < run->n_emitters; ++e) {
    const FhEmitter* const emitter = fh_sources_emitter(run->sources, e);
    if (!emitter->muted && ears.n &&
        !reaches(run, emitter->centre, &ears, 1 + e)) {
      ++n_cut_off;
      complain(run,
               diag,
               "loudspeaker",
               emitter->name,
               "reaches no listener by any path",
               line_of_emitter(run->venue, e),
               emitter->centre);
    }
  }
  // When nothing reaches anybody the loudspeakers have been named already
  for (size_t m = 0;
       !status && n_cut_off < emitters.n && m < run->scene.n_microphones;
       ++m) {
    if (!reaches(run, run->scene.microphone[m], &emitters, 1000 + m)) {
      ++n_cut_off;
      complain(run,
               diag,
               "microphone",
               run->venue->microphones[m].name,
               "hears no loudspeaker by any path",
               run->venue->microphones[m].line,
               run->scene.microphone[m]);
    }
  }
  free(emitters.at);
  free(ears.at);
  return status ? status : (n_cut_off ? FH_ERR_INVALID_DATA : FH_OK);
}
