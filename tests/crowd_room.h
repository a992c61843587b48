// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TESTS_CROWD_ROOM_H
#define FULLHOUSE_TESTS_CROWD_ROOM_H

#include <fh/crowd.h>

#include <math.h>
#include <stdio.h>

/*
  A diffuse room in closed form: direct sound in one bin, then an exponential
  decay by Eyring; levels after Barron. The crowd adds absorption.
*/

#define ROOM_BINS    280u
#define ROOM_VOLUME  8000.0
#define ROOM_SURFACE 3000.0
#define ROOM_SPEED   343.2

static const double room_empty_m2[FH_N_OCTAVES] =
  {500, 450, 420, 400, 400, 420, 450, 500};
static const double room_crowd_m2[FH_N_OCTAVES] =
  {60, 150, 280, 420, 500, 520, 520, 500};

static inline float
room_edge(const size_t i)
{
  return i <= 40 ? 0.005f * (float)i : 0.2f + 0.02f * (float)(i - 40);
}

static inline double
room_t_s(const double added_m2, const size_t b, const FhAir* const air)
{
  double m[FH_N_OCTAVES];
  fh_air_octaves(air, m);
  const double a = (room_empty_m2[b] + added_m2) / ROOM_SURFACE;
  return 24.0 * log(10.0) / ROOM_SPEED * ROOM_VOLUME /
         (-ROOM_SURFACE * log(1.0 - a) + 4.0 * m[b] * ROOM_VOLUME);
}

/// Energies per bin at a place `r` metres from the source
static inline void
room_energy(const double added_m2,
            const size_t b,
            const double r,
            const FhAir* const air,
            const double direct_gain,
            float* const out)
{
  const double t = room_t_s(added_m2, b, air);
  const double rate = 6.0 * log(10.0) / t;
  const double start = r / ROOM_SPEED;
  const double reverberant = 31200.0 * t / ROOM_VOLUME;
  double m[FH_N_OCTAVES];
  fh_air_octaves(air, m);
  for (size_t i = 0; i < ROOM_BINS; ++i) {
    const double lo = fmax((double)room_edge(i), start);
    const double hi = fmax((double)room_edge(i + 1), start);
    out[i * FH_N_OCTAVES + b] =
      (float)(reverberant * (exp(-rate * lo) - exp(-rate * hi)));
    if (start >= (double)room_edge(i) && start < (double)room_edge(i + 1)) {
      out[i * FH_N_OCTAVES + b] +=
        (float)(direct_gain * 100.0 / (r * r) * exp(-m[b] * r));
    }
  }
}

static inline double
room_sum(const float* const e, const size_t b, const double from_s)
{
  double sum = 0.0;
  for (size_t i = 0; i < ROOM_BINS; ++i) {
    if (0.5 * (double)(room_edge(i) + room_edge(i + 1)) >= from_s) {
      sum += (double)e[i * FH_N_OCTAVES + b];
    }
  }
  return sum;
}

#define ROOM_MIC_M  20.0
#define ROOM_SEAT_M 15.0

static inline double
room_db(const double x)
{
  return 10.0 * log10(x);
}

static inline FhProfile*
room_profile(void)
{
  FhProfile* const p = fh_profile_new(1, ROOM_BINS);
  snprintf(p->venue, sizeof p->venue, "Diffuse room");
  snprintf(p->hash, sizeof p->hash, "0123456789abcdef");
  snprintf(p->mic[0], sizeof p->mic[0], "FOH");
  p->air = fh_air_default();
  p->capacity = 1000.0;
  p->volume_m3 = ROOM_VOLUME;
  p->surface_m2 = ROOM_SURFACE;
  p->audience_m2 = 500.0;
  p->standing = 1.0;
  p->mic_direct_s[0] = (float)(ROOM_MIC_M / ROOM_SPEED);
  p->mic_distance_m[0] = (float)ROOM_MIC_M;
  for (size_t i = 0; i <= ROOM_BINS; ++i) {
    p->edge_s[i] = room_edge(i);
  }
  for (size_t s = 0; s < FH_PROFILE_STATES; ++s) {
    p->occupancy[s] = 0.25f * (float)s;
    const size_t n = ROOM_BINS * FH_N_OCTAVES;
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      const double added = (double)p->occupancy[s] * room_crowd_m2[b];
      float* const seats = p->audience_energy + s * n;
      float* const early = p->audience_early + s * n;
      room_energy(added, b, ROOM_MIC_M, &p->air, 4.0, p->mic_energy + s * n);
      room_energy(added, b, ROOM_SEAT_M, &p->air, 4.0, seats);
      const double end_s = ROOM_SEAT_M / ROOM_SPEED + FH_CROWD_EARLY_S;
      for (size_t i = 0; i < ROOM_BINS; ++i) {
        const size_t k = i * FH_N_OCTAVES + b;
        early[k] = (double)room_edge(i) < end_s ? seats[k] : 0.0f;
      }
      p->total_db[s][b] = (float)room_db(room_sum(seats, b, 0.0));
      p->early_db[s][b] = (float)room_db(room_sum(early, b, 0.0));
      p->t20_s[s][b] = (float)room_t_s(added, b, &p->air);
      p->edt_s[s][b] = p->t20_s[s][b];
      p->added_m2[s][b] = (float)added;
    }
  }
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    p->empty_m2[b] = (float)room_empty_m2[b];
    p->difference_se_db[b] = 0.01f;
  }
  return p;
}

/// What a perfect measurement would give, with `added_m2` of crowd
static inline void
room_observe(const double added_m2[FH_N_OCTAVES],
             const FhAir* const air0,
             const FhAir* const air,
             FhCrowdObservation* const out)
{
  static float then[ROOM_BINS * FH_N_OCTAVES];
  static float now[ROOM_BINS * FH_N_OCTAVES];
  const double late_s = ROOM_MIC_M / ROOM_SPEED + FH_CROWD_LATE_S;
  const double rest_s = ROOM_MIC_M / ROOM_SPEED + FH_CROWD_DIRECT_S;
  *out = (FhCrowdObservation){.air0 = *air0, .air = *air, .minutes = 1.0};
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    room_energy(0.0, b, ROOM_MIC_M, air0, 4.0, then);
    room_energy(added_m2[b], b, ROOM_MIC_M, air, 4.0, now);
    const double all0 = room_sum(then, b, 0.0);
    const double rest0 = room_sum(then, b, rest_s);
    out->tf_db[b] = (float)(room_db(room_sum(now, b, 0.0)) - room_db(all0));
    out->late_db[b] = (float)(room_db(room_sum(now, b, late_s)) -
                              room_db(room_sum(then, b, late_s)));
    out->t0_s[b] = (float)room_t_s(0.0, b, air0);
    out->log_t[b] =
      (float)log(room_t_s(added_m2[b], b, air) / room_t_s(0.0, b, air0));
    out->t0_error[b] = 0.02f;
    out->t_error[b] = 0.02f;
    out->direct_ratio_db[b] = (float)room_db((all0 - rest0) / rest0);
    out->coherence[b] = 0.95f;
    out->n_averages[b] = 60.0f;
    out->tf_valid[b] = true;
    out->t_valid[b] = true;
    out->late_valid[b] = true;
  }
}

#endif // FULLHOUSE_TESTS_CROWD_ROOM_H
