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
  double (*energy)[8]; ///< [octet][n_bins] sum over rays of what they carry
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
fly(Pilot* const pilot,
    const float from_m,
    const float to_m,
    const unsigned octet,
    const F8 weight)
{
  double(*const energy)[8] = pilot->energy + octet * pilot->n_bins;
  const float scale = 1.0f / (pilot->engine->speed_m_s * PILOT_BIN_S);
  const size_t first = (size_t)ceilf(from_m * scale);
  const size_t last = (size_t)ceilf(to_m * scale);
  for (size_t i = first; i < last && i < pilot->n_bins; ++i) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      energy[i][b] += (double)weight[b];
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
  const unsigned n = engine->n_octets > 1 ? MAX_OCTETS : 1;
  const unsigned leader =
    (unsigned)(number / engine->n_emitters % (n * FH_N_OCTAVES));
  const unsigned octet = leader / FH_N_OCTAVES;
  const unsigned band = leader % FH_N_OCTAVES;

  Random4 r = random4(engine->desc->seed, key, 0, 0, DRAW_EMIT);
  float at[3];
  float d[3];
  memcpy(at, emitter->radiator.at, sizeof at);
  F8 energy[MAX_OCTETS];
  F8 path[MAX_OCTETS];
  F8 weight[MAX_OCTETS];
  energy[0] = emitter_sample(emitter, &r, d);
  for (unsigned o = 0; o < n; ++o) {
    energy[o] = energy[0];
    path[o] = f8_all(1.0f);
    weight[o] = energy[o] * path[o];
    pilot->emitted += (double)f8_sum(energy[o]);
  }
  float length = 0.0f;
  const float end_m = (float)pilot->n_bins * PILOT_BIN_S * engine->speed_m_s;

  for (uint32_t step = 1; length < end_m; ++step) {
    FhHit hit;
    if (!engine_cast(engine, at, d, &hit)) {
      for (unsigned o = 0; o < n; ++o) {
        pilot->escaped += (double)f8_sum(weight[o]);
      }
      note_hole(pilot, at, d);
      return;
    }
    for (unsigned o = 0; o < n; ++o) {
      fly(pilot, length, length + hit.distance_m, o, weight[o]);
    }
    length += hit.distance_m;

    float normal[3];
    memcpy(normal, scene->normal[hit.triangle], sizeof normal);
    float cosine = dot3(normal, d);
    const uint32_t material = scene->material[hit.triangle];
    const Surface* const s = &engine[octet].surfaces[material];
    if (cosine > 0.0f && s->one_sided) {
      return;
    }
    for (size_t k = 0; k < 3; ++k) {
      normal[k] = cosine > 0.0f ? -normal[k] : normal[k];
      at[k] += hit.distance_m * d[k] + LIFT_M * normal[k];
    }
    cosine = -fabsf(cosine);

    r = random4(engine->desc->seed, key, step, 0, DRAW_BOUNCE);
    const float through = s->p_through[band];
    const float scatter = s->p_diffuse[band];
    const bool passes = r.u[0] < through;
    const bool scatters = !passes && r.u[0] < through + scatter;
    if (passes) {
      for (size_t k = 0; k < 3; ++k) {
        at[k] -= 2.0f * LIFT_M * normal[k];
      }
    } else if (scatters) {
      lambert_direction(normal, r.u[1], r.u[2], d);
    } else {
      for (size_t k = 0; k < 3; ++k) {
        d[k] -= 2.0f * cosine * normal[k];
      }
    }
    for (unsigned o = 0; o < n; ++o) {
      const Surface* const own = &engine[o].surfaces[material];
      path[o] *= passes     ? own->p_through
                 : scatters ? own->p_diffuse
                            : own->p_mirror;
      energy[o] *= own->keep;
    }
    const float mean = octets_sum(path, n) / (float)(n * FH_N_OCTAVES);
    for (unsigned o = 0; o < n; ++o) {
      path[o] *= f8_all(mean > 0.0f ? 1.0f / mean : 0.0f);
      weight[o] = energy[o] * path[o];
    }
    if (!(octets_max(weight, n) > 1e-8f)) {
      return;
    }
  }
}

/// Bins after which each band of an octet has less than END_SHARE of its energy
/// left
static size_t
find_end(const Pilot* const pilot, const unsigned octet)
{
  const Engine* const engine = &pilot->engine[octet];
  double(*const energy)[8] = pilot->energy + octet * pilot->n_bins;
  size_t end = 1;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double total = 0.0;
    const double loss = (double)(engine->air[b] * engine->speed_m_s);
    for (size_t i = 0; i < pilot->n_bins; ++i) {
      total += energy[i][b] * exp(-loss * (double)PILOT_BIN_S * (double)i);
    }
    double left = 0.0;
    for (size_t i = pilot->n_bins; i > end; --i) {
      left +=
        energy[i - 1][b] * exp(-loss * (double)PILOT_BIN_S * (double)(i - 1));
      if (left > END_SHARE * total) {
        end = i;
        break;
      }
    }
  }
  return end;
}

/// Mean of a band over the bins about one, per ray
static double
mean_about(const Pilot* const pilot,
           const size_t i,
           const unsigned octet,
           const size_t band)
{
  double(*const energy)[8] = pilot->energy + octet * pilot->n_bins;
  const size_t from = i > SMOOTH_BINS ? i - SMOOTH_BINS : 0;
  const size_t to =
    i + SMOOTH_BINS + 1 < pilot->n_bins ? i + SMOOTH_BINS + 1 : pilot->n_bins;
  double sum = 0.0;
  for (size_t j = from; j < to; ++j) {
    sum += energy[j][band];
  }
  return sum / (double)(to - from) / PILOT_RAYS;
}

/// Inverse means, each over the number of bands that are heard
static void
set_inverse(const Pilot* const pilot, Engine* const engine)
{
  for (size_t i = 0; i < pilot->n_bins; ++i) {
    float n_active = 0.0f;
    for (unsigned o = 0; o < engine->n_octets; ++o) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        // The mean of a falling curve over the bins about i is above its middle
        const double mean = mean_about(pilot, i, o, b);
        const bool heard = mean > LEAST_MEAN;
        engine[o].window.inverse[i][b] = heard ? (float)(1.0 / mean) : 0.0f;
        n_active += heard ? 1.0f : 0.0f;
      }
    }
    for (unsigned o = 0; o < engine->n_octets && n_active > 0.0f; ++o) {
      engine[o].window.inverse[i] *= f8_all(1.0f / n_active);
    }
  }
}

FhStatus
window_new(Engine* const engine, FhTraceResult* const result)
{
  Pilot pilot;
  memset(&pilot, 0, sizeof pilot);
  pilot.engine = engine;
  pilot.result = result;
  const double asked = engine->desc->duration_s;
  const float longest = asked > 0.0 ? (float)asked : MAX_DURATION_S;
  pilot.n_bins = (size_t)ceilf(longest / PILOT_BIN_S) + 1;
  pilot.energy = (double(*)[8])engine_alloc(engine->n_octets * pilot.n_bins,
                                            sizeof *pilot.energy);
  result->hole_at = (float(*)[3])calloc(MAX_HOLES, sizeof *result->hole_at);
  bool failed = !pilot.energy || !result->hole_at;
  for (unsigned o = 0; o < engine->n_octets; ++o) {
    Window* const window = &engine[o].window;
    window->inverse = (F8*)engine_alloc(pilot.n_bins, sizeof(F8));
    failed |= !window->inverse;
  }
  if (failed) {
    free(pilot.energy);
    return FH_ERR_NO_MEM;
  }

  for (uint64_t i = 0; i < PILOT_RAYS; ++i) {
    follow(&pilot, i);
  }
  size_t end = 1;
  for (unsigned o = 0; o < engine->n_octets; ++o) {
    const size_t own = find_end(&pilot, o);
    end = own > end ? own : end;
  }
  for (unsigned o = 0; o < engine->n_octets; ++o) {
    Window* const window = &engine[o].window;
    window->bin_s = PILOT_BIN_S;
    window->n_bins = pilot.n_bins;
    window->endless = !(asked > 0.0) && end == pilot.n_bins;
    window->duration_s = asked > 0.0 ? longest : (float)end * PILOT_BIN_S;
    window->escaped = pilot.emitted > 0.0 ? pilot.escaped / pilot.emitted : 0.0;
  }
  set_inverse(&pilot, engine);
  free(pilot.energy);
  return FH_OK;
}
