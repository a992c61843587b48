// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TESTS_ERROR_STUDY_H
#define FULLHOUSE_TESTS_ERROR_STUDY_H

#include "check.h"

#include <fh/finite_faces.h>
#include <fh/result.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
  A bundled venue with one of its loudspeakers, ready to be traced with many
  seeds; and what a run says of its microphones and seats.
*/

#define STUDY_MICS    8
#define STUDY_SEATS   12
#define STUDY_METRICS 3

typedef struct {
  FhVenue venue;
  FhScene scene;
  FhRaycaster* caster;
  FhSources* sources;
  FhDirectField mic_direct, seat_direct;
} Study;

/// An estimate and its quoted standard error
typedef struct {
  double at, se;
} Quoted;

/// Of one run: level [dB], C80 [dB], T30 [s] at the microphones; at the seats
/// the level of each octave and of all together
typedef struct {
  Quoted mic[STUDY_MICS][FH_N_OCTAVES][STUDY_METRICS];
  Quoted seat[STUDY_SEATS][FH_N_OCTAVES + 1];
  double rays;
} Answer;

static inline void
study_direct(const Study* const s,
             const float (*const at)[3],
             const size_t n,
             FhDirectField* const out)
{
  assert_int_equal(
    fh_direct_field(s->sources, s->caster, at, n, UINT64_MAX, true, 1, out),
    FH_OK);
  fh_direct_field_graze(s->sources, &s->scene, s->caster, at, UINT64_MAX, out);
}

/// Distance of the first surface along a direction [m]
static inline float
study_distance(const Study* const s, const float from[3], const float d[3])
{
  FhHit hit;
  fh_raycast(s->caster, from, d, 0.0f, 1e4f, &hit);
  return hit.triangle == FH_NO_HIT ? 1e4f : hit.distance_m;
}

/// Microphones: those of the venue, then some near its surfaces; with `seats`
/// one at each seat, for the truth there
static inline void
study_microphones(Study* const s, const bool seats)
{
  const FhScene* const scene = &s->scene;
  const size_t n = seats ? STUDY_SEATS : STUDY_MICS;
  float(*const at)[3] = (float(*)[3])calloc(n, sizeof *at);
  assert_non_null(at);
  for (size_t i = 0; i < n && seats; ++i) {
    memcpy(at[i], scene->seats[i].at, sizeof at[i]);
  }
  for (size_t i = 0; i < n && !seats; ++i) {
    fh_scene_from_world(
      scene, s->venue.microphones[i % s->venue.n_microphones].at, at[i]);
    // Beyond the venue's own: 0.25 m from what is beside, and overhead
    const float d[2][3] = {{1.0f, 0.0f, 0.0f}, {0.0f, 0.0f, 1.0f}};
    if (i >= s->venue.n_microphones) {
      const float* const to = d[i % 2];
      const float way = fminf(study_distance(s, at[i], to), 8.0f) - 0.25f;
      for (size_t k = 0; k < 3; ++k) {
        at[i][k] += way * to[k];
      }
    }
  }
  free(s->scene.microphone);
  s->scene.microphone = at;
  s->scene.n_microphones = n;
  fh_direct_field_clear(&s->mic_direct);
  study_direct(s, (const float(*)[3])at, n, &s->mic_direct);
}

static inline void
study_init(Study* const s, const char* const name)
{
  memset(s, 0, sizeof *s);
  FhVenue* const v = &s->venue;
  assert_int_equal(fh_venue_read(name, v, NULL), FH_OK);
  // One source: the first array, else the first loudspeaker
  const size_t n_arrays = v->n_arrays;
  const size_t n_loudspeakers = v->n_loudspeakers;
  v->n_arrays = n_arrays ? 1 : 0;
  v->n_loudspeakers = n_arrays ? 0 : 1;
  assert_int_equal(fh_scene_build(v, &s->scene, NULL), FH_OK);
  assert_int_equal(fh_raycaster_new(&s->scene, 1, &s->caster), FH_OK);
  assert_int_equal(fh_scene_scatter_faces(&s->scene, s->caster, 1, NULL),
                   FH_OK);
  assert_int_equal(fh_sources_new(v, &s->scene, &s->sources, NULL), FH_OK);
  assert_int_equal(fh_sources_count(s->sources), 1);
  v->n_arrays = n_arrays;
  v->n_loudspeakers = n_loudspeakers;
  // A dozen seats, spread over all
  const size_t n = s->scene.n_seats;
  assert_true(n >= STUDY_SEATS);
  for (size_t i = 0; i < STUDY_SEATS; ++i) {
    s->scene.seats[i] = s->scene.seats[(2 * i + 1) * n / (2 * STUDY_SEATS)];
  }
  s->scene.n_seats = STUDY_SEATS;
  float ears[STUDY_SEATS][3];
  for (size_t i = 0; i < STUDY_SEATS; ++i) {
    memcpy(ears[i], s->scene.seats[i].at, sizeof ears[i]);
  }
  study_direct(s, (const float(*)[3])ears, STUDY_SEATS, &s->seat_direct);
  study_microphones(s, false);
}

static inline void
study_free(Study* const s)
{
  fh_direct_field_clear(&s->mic_direct);
  fh_direct_field_clear(&s->seat_direct);
  fh_sources_free(s->sources);
  fh_raycaster_free(s->caster);
  fh_scene_clear(&s->scene);
  fh_venue_clear(&s->venue);
}

/// Level of all octaves at a microphone; they share rays, so that its error
/// comes from the sums of each block
static inline Quoted
study_sum(const Study* const s,
          const FhPairResponse* const pair,
          const Quoted octave[FH_N_OCTAVES])
{
  const double impedance =
    fh_air_density_kg_m3(&s->scene.air) * fh_air_speed_m_s(&s->scene.air);
  double all = 0.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    all += FH_P2_REF * pow(10.0, 0.1 * octave[b].at);
  }
  const double n = (double)pair->n_blocks;
  double sum = 0.0;
  double squares = 0.0;
  for (size_t k = 0; k < pair->n_blocks; ++k) {
    double block = 0.0;
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      block += impedance * (double)pair->block_energy[k][2][b];
    }
    sum += block;
    squares += block * block;
  }
  const double variance = (squares - sum * sum / n) / (n * (n - 1.0));
  return (Quoted){10.0 * log10(all / FH_P2_REF),
                  10.0 / log(10.0) * sqrt(fmax(0.0, variance)) / all};
}

static inline void
study_mics(const Study* const s,
           const FhTraceResult* const trace,
           Answer* const out)
{
  const size_t n = s->scene.n_microphones;
  FhMicrophoneMetrics pair[STUDY_SEATS];
  FhMicrophoneMetrics system[STUDY_SEATS];
  assert_true(n <= STUDY_SEATS);
  assert_int_equal(fh_microphone_metrics(&s->venue,
                                         &s->scene,
                                         s->sources,
                                         &s->mic_direct,
                                         &s->mic_direct,
                                         trace,
                                         0.0,
                                         1,
                                         pair,
                                         system),
                   FH_OK);
  for (size_t m = 0; m < n; ++m) {
    const FhEstimate* const e[STUDY_METRICS] = {
      &pair[m].spl_db, &pair[m].c80_db, &pair[m].t30_s};
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      if (n == STUDY_SEATS) {
        out->seat[m][b] = (Quoted){e[0]->at[b], e[0]->se[b]};
        continue;
      }
      for (size_t k = 0; k < STUDY_METRICS; ++k) {
        out->mic[m][b][k] = (Quoted){e[k]->at[b], e[k]->se[b]};
      }
    }
    if (n == STUDY_SEATS) {
      out->seat[m][FH_N_OCTAVES] = study_sum(s, &trace->pairs[m], out->seat[m]);
    }
  }
}

static inline void
study_seats(const Study* const s,
            const FhTraceResult* const trace,
            Answer* const out)
{
  FhSeatMetrics seat[STUDY_SEATS];
  assert_int_equal(fh_seat_metrics(&s->venue,
                                   &s->scene,
                                   &s->seat_direct,
                                   &s->seat_direct,
                                   1,
                                   trace,
                                   1,
                                   seat),
                   FH_OK);
  for (size_t i = 0; i < STUDY_SEATS; ++i) {
    float direct[FH_N_OCTAVES];
    fh_thirds_sum(s->seat_direct.p2[i], direct);
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      // The direct sound has no error
      const double level = (double)seat[i].spl_octave_db[b];
      const double all = FH_P2_REF * pow(10.0, 0.1 * level);
      const double share = 1.0 - (double)direct[b] / all;
      out->seat[i][b] =
        (Quoted){level, share * (double)trace->seat_se_db[i][b]};
    }
    out->seat[i][FH_N_OCTAVES] =
      (Quoted){(double)seat[i].spl_db, (double)seat[i].se_db};
  }
}

/// Trace and rate; `n_rays` 0 for the default error. Seats only where they are
/// no microphones
static inline void
study_run(const Study* const s,
          const uint64_t seed,
          const uint64_t n_rays,
          const unsigned n_threads,
          Answer* const out)
{
  FhTraceDesc desc = fh_trace_desc_default();
  desc.seed = seed;
  desc.n_rays = n_rays;
  desc.n_threads = n_threads;
  desc.seats = s->scene.n_microphones == STUDY_MICS;
  FhTraceResult trace;
  assert_int_equal(
    fh_trace(&s->scene, s->caster, s->sources, &desc, NULL, NULL, &trace, NULL),
    FH_OK);
  study_mics(s, &trace, out);
  if (desc.seats) {
    study_seats(s, &trace, out);
  }
  out->rays = (double)trace.n_rays_done;
  fh_trace_result_clear(&trace);
}

#endif // FULLHOUSE_TESTS_ERROR_STUDY_H
