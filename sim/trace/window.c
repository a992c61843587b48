// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine.h"

#include <stdlib.h>

/*
  A pilot of few rays: how the mean energy of a ray falls with time (about
  which the weights of all later rays are held), how long the response is, and
  where rays leave through holes. Every rank runs the same pilot.
*/

#define PILOT_RAYS  2048u
#define PILOT_BIN_S 0.01f
/// Longest response that is traced by itself [s]
#define MAX_DURATION_S 20.0f
/// Energy that is left out at the end of a response, -60 dB
#define END_SHARE   1e-6
#define SMOOTH_BINS 4u
/// An octave whose mean has fallen below is over: its inverse has to be a
/// number
#define LEAST_MEAN 1e-24
#define MAX_HOLES  32u

typedef struct {
  const Engine* engine;
  size_t n_bins;
  double (*energy)[8]; ///< [n_bins] sum over rays of what they carry
  double emitted, escaped;
  FhTraceResult* result;
} Pilot;

static void
note_hole(Pilot* const pilot, const float at[3], const float direction[3])
{
  FhTraceResult* const result = pilot->result;
  if (result->n_holes >= MAX_HOLES || !result->hole_at) {
    return;
  }
  // Where the ray leaves the box around the scene
  const FhScene* const scene = pilot->engine->scene;
  float far = 1e9f;
  for (size_t k = 0; k < 3; ++k) {
    const float wall = direction[k] > 0.0f ? scene->high[k] : scene->low[k];
    if (fabsf(direction[k]) > 1e-9f) {
      far = fminf(far, fmaxf(0.0f, (wall - at[k]) / direction[k]));
    }
  }
  float* const hole = result->hole_at[result->n_holes++];
  for (size_t k = 0; k < 3; ++k) {
    hole[k] = at[k] + far * direction[k];
  }
}

static void
fly(Pilot* const pilot, const float from_m, const float to_m, const F8 weight)
{
  const float scale = 1.0f / (pilot->engine->speed_m_s * PILOT_BIN_S);
  const size_t first = (size_t)ceilf(from_m * scale);
  const size_t last = (size_t)ceilf(to_m * scale);
  for (size_t i = first; i < last && i < pilot->n_bins; ++i) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      pilot->energy[i][b] += (double)weight[b];
    }
  }
}

static void
follow(Pilot* const pilot, const uint64_t number)
{
  const Engine* const engine = pilot->engine;
  const FhScene* const scene = engine->scene;
  const size_t e = number % engine->n_emitters;
  const Emitter* const emitter = &engine->emitters[e];
  const uint64_t key = (uint64_t)1 << 59 | number;
  const unsigned leader =
    (unsigned)(number / engine->n_emitters % FH_N_OCTAVES);

  Random4 r = random4(engine->desc->seed, key, 0, 0, DRAW_EMIT);
  float at[3];
  float d[3];
  memcpy(at, emitter->radiator.at, sizeof at);
  F8 energy = emitter_sample(emitter, &r, d);
  F8 path = f8_all(1.0f);
  float length = 0.0f;
  const float end_m = (float)pilot->n_bins * PILOT_BIN_S * engine->speed_m_s;
  pilot->emitted += (double)f8_sum(energy);

  for (uint32_t step = 1; length < end_m; ++step) {
    FhHit hit;
    if (!engine_cast(engine, at, d, &hit)) {
      pilot->escaped += (double)f8_sum(energy * path);
      note_hole(pilot, at, d);
      return;
    }
    fly(pilot, length, length + hit.distance_m, energy * path);
    length += hit.distance_m;

    float normal[3];
    memcpy(normal, scene->normal[hit.triangle], sizeof normal);
    float cosine = dot3(normal, d);
    const Surface* const s = &engine->surfaces[scene->material[hit.triangle]];
    if (cosine > 0.0f && s->one_sided) {
      return;
    }
    for (size_t k = 0; k < 3; ++k) {
      normal[k] = cosine > 0.0f ? -normal[k] : normal[k];
      at[k] += hit.distance_m * d[k] + LIFT_M * normal[k];
    }
    cosine = -fabsf(cosine);

    r = random4(engine->desc->seed, key, step, 0, DRAW_BOUNCE);
    const float through = s->p_through[leader];
    const float scatter = s->p_diffuse[leader];
    if (r.u[0] < through) {
      path *= s->p_through;
      for (size_t k = 0; k < 3; ++k) {
        at[k] -= 2.0f * LIFT_M * normal[k];
      }
    } else if (r.u[0] < through + scatter) {
      path *= s->p_diffuse;
      lambert_direction(normal, r.u[1], r.u[2], d);
    } else {
      path *= s->p_mirror;
      for (size_t k = 0; k < 3; ++k) {
        d[k] -= 2.0f * cosine * normal[k];
      }
    }
    const float mean = f8_sum(path) * 0.125f;
    path *= f8_all(mean > 0.0f ? 1.0f / mean : 0.0f);
    energy *= s->keep;
    if (!(f8_max(energy * path) > 1e-8f)) {
      return;
    }
  }
}

/// Time after which each octave has less than END_SHARE of its energy left
static float
find_end(const Pilot* const pilot, bool* const endless)
{
  const Engine* const engine = pilot->engine;
  size_t end = 1;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double total = 0.0;
    const double loss = (double)(engine->air[b] * engine->speed_m_s);
    for (size_t i = 0; i < pilot->n_bins; ++i) {
      total +=
        pilot->energy[i][b] * exp(-loss * (double)PILOT_BIN_S * (double)i);
    }
    double left = 0.0;
    for (size_t i = pilot->n_bins; i > end; --i) {
      left += pilot->energy[i - 1][b] *
              exp(-loss * (double)PILOT_BIN_S * (double)(i - 1));
      if (left > END_SHARE * total) {
        end = i;
        break;
      }
    }
  }
  *endless = end == pilot->n_bins;
  return (float)end * PILOT_BIN_S;
}

static void
set_inverse(const Pilot* const pilot, Window* const window)
{
  for (size_t i = 0; i < window->n_bins; ++i) {
    const size_t from = i > SMOOTH_BINS ? i - SMOOTH_BINS : 0;
    const size_t to =
      i + SMOOTH_BINS + 1 < pilot->n_bins ? i + SMOOTH_BINS + 1 : pilot->n_bins;
    float n_active = 0.0f;
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      double sum = 0.0;
      for (size_t j = from; j < to; ++j) {
        sum += pilot->energy[j][b];
      }
      // The mean of a falling curve over the bins about i is above its middle
      const double mean = sum / (double)(to - from) / PILOT_RAYS;
      const bool heard = mean > LEAST_MEAN;
      window->inverse[i][b] = heard ? (float)(1.0 / mean) : 0.0f;
      n_active += heard ? 1.0f : 0.0f;
    }
    if (n_active > 0.0f) {
      window->inverse[i] *= f8_all(1.0f / n_active);
    }
  }
}

FhStatus
window_new(Engine* const engine, FhTraceResult* const result)
{
  Window* const window = &engine->window;
  Pilot pilot;
  memset(&pilot, 0, sizeof pilot);
  pilot.engine = engine;
  pilot.result = result;
  const double asked = engine->desc->duration_s;
  const float longest = asked > 0.0 ? (float)asked : MAX_DURATION_S;
  pilot.n_bins = (size_t)ceilf(longest / PILOT_BIN_S) + 1;
  pilot.energy = (double(*)[8])engine_alloc(pilot.n_bins, sizeof *pilot.energy);
  result->hole_at = (float(*)[3])calloc(MAX_HOLES, sizeof *result->hole_at);
  window->inverse = (F8*)engine_alloc(pilot.n_bins, sizeof(F8));
  if (!pilot.energy || !window->inverse || !result->hole_at) {
    free(pilot.energy);
    return FH_ERR_NO_MEM;
  }

  for (uint64_t i = 0; i < PILOT_RAYS; ++i) {
    follow(&pilot, i);
  }
  window->bin_s = PILOT_BIN_S;
  window->n_bins = pilot.n_bins;
  window->duration_s = longest;
  if (!(asked > 0.0)) {
    window->duration_s = find_end(&pilot, &window->endless);
  }
  window->escaped = pilot.emitted > 0.0 ? pilot.escaped / pilot.emitted : 0.0;
  set_inverse(&pilot, window);
  free(pilot.energy);
  return FH_OK;
}
