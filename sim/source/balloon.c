// SPDX-License-Identifier: GPL-3.0-or-later
#include "../trace/simd.h"
#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_GROUPS (FH_N_THIRDS / 8)

void
balloon_clear(Balloon* const balloon)
{
  free(balloon->amp);
  free(balloon->turn);
  memset(balloon, 0, sizeof *balloon);
}

FhStatus
balloon_init(Balloon* const balloon,
             const size_t n_theta,
             const size_t n_phi,
             const bool phase)
{
  memset(balloon, 0, sizeof *balloon);
  const size_t n = n_theta * n_phi;
  balloon->n_theta = n_theta;
  balloon->n_phi = n_phi;
  balloon->amp = (float(*)[FH_N_THIRDS])calloc(n, sizeof *balloon->amp);
  if (phase) {
    balloon->turn = (float(*)[FH_N_THIRDS])calloc(n, sizeof *balloon->turn);
  }
  if (!balloon->amp || (phase && !balloon->turn)) {
    balloon_clear(balloon);
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t b = 0; b < FH_N_THIRDS; ++b) {
      balloon->amp[i][b] = 1.0f;
    }
  }
  return FH_OK;
}

/// The four grid points about a direction and their weights
typedef struct {
  size_t at[4];
  float weight[4];
} Corners;

static Corners
find_corners(const Balloon* const balloon, const float d[3])
{
  const float y = fminf(1.0f, fmaxf(-1.0f, d[1]));
  const float theta =
    acosf(y) * (float)(1.0 / FH_PI) * (float)(balloon->n_theta - 1);
  float phi = atan2f(d[2], d[0]) * (float)(0.5 / FH_PI);
  phi = (phi < 0.0f ? phi + 1.0f : phi) * (float)balloon->n_phi;

  const size_t i_max = balloon->n_theta - 2;
  const size_t i = (size_t)theta < i_max ? (size_t)theta : i_max;
  const size_t j = (size_t)phi % balloon->n_phi;
  const size_t k = j + 1 < balloon->n_phi ? j + 1 : 0;
  const float u = theta - (float)i;
  const float v = phi - floorf(phi);
  const size_t n = balloon->n_phi;
  return (Corners){
    {i * n + j, i * n + k, (i + 1) * n + j, (i + 1) * n + k},
    {(1.0f - u) * (1.0f - v), (1.0f - u) * v, u * (1.0f - v), u * v}};
}

void
balloon_at(const Balloon* const balloon,
           const float d[3],
           float amp[FH_N_THIRDS],
           float turn[FH_N_THIRDS])
{
  const Corners c = find_corners(balloon, d);
  for (size_t g = 0; g < N_GROUPS; ++g) {
    F8 sum = f8_all(0.0f);
    for (size_t i = 0; i < 4; ++i) {
      sum += f8_load(&balloon->amp[c.at[i]][8 * g]) * f8_all(c.weight[i]);
    }
    f8_store(amp + 8 * g, sum);
  }
  if (!balloon->turn) {
    memset(turn, 0, FH_N_THIRDS * sizeof *turn);
    return;
  }
  // The shortest way round from the first corner to each other
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    const float first = balloon->turn[c.at[0]][b];
    float sum = 0.0f;
    for (size_t i = 1; i < 4; ++i) {
      const float step = balloon->turn[c.at[i]][b] - first;
      sum += c.weight[i] * (step - rintf(step));
    }
    turn[b] = first + sum;
  }
}

/// Slope at the middle of three equally spaced values that keeps the cubic
/// monotone; Fritsch and Butland's harmonic mean (1984)
static float
monotone_slope(const float before, const float after)
{
  return before * after > 0.0f ? 2.0f * before * after / (before + after)
                               : 0.0f;
}

/// Cubic between v[1] and v[2] at `t` (0 to 1)
static float
monotone_cubic(const float v[4], const float t)
{
  const float s1 = monotone_slope(v[1] - v[0], v[2] - v[1]);
  const float s2 = monotone_slope(v[2] - v[1], v[3] - v[2]);
  const float t2 = t * t;
  const float t3 = t2 * t;
  return v[1] * (2.0f * t3 - 3.0f * t2 + 1.0f) + s1 * (t3 - 2.0f * t2 + t) +
         v[2] * (3.0f * t2 - 2.0f * t3) + s2 * (t3 - t2);
}

/// Row and column with reflection over the poles: theta < 0 is the other side
static size_t
wrap_index(const Balloon* const b, const long theta, const long phi)
{
  const long n_theta = (long)b->n_theta;
  const long n_phi = (long)b->n_phi;
  long i = theta;
  long j = phi;
  if (i < 0 || i >= n_theta) {
    i = i < 0 ? -i : 2 * (n_theta - 1) - i;
    j += n_phi / 2;
  }
  j = ((j % n_phi) + n_phi) % n_phi;
  return (size_t)(i * n_phi + j);
}

static float
level_of(const Balloon* const b,
         const long theta,
         const long phi,
         const size_t band)
{
  return 20.0f * log10f(fmaxf(b->amp[wrap_index(b, theta, phi)][band], 1e-6f));
}

/// Phase of a neighbour, counted the shortest way from `first`
static float
turn_near(const Balloon* const b,
          const long theta,
          const long phi,
          const size_t band,
          const float first)
{
  const float step = b->turn[wrap_index(b, theta, phi)][band] - first;
  return first + step - rintf(step);
}

/// Refined level and phase of one band at theta i + u, phi j + v
static void
refined_value(const Balloon* const old,
              const long i,
              const long j,
              const float u,
              const float v,
              const size_t band,
              float* const amp,
              float* const turn)
{
  float row[4];
  for (long r = 0; r < 4; ++r) {
    const float column[4] = {level_of(old, i + r - 1, j - 1, band),
                             level_of(old, i + r - 1, j, band),
                             level_of(old, i + r - 1, j + 1, band),
                             level_of(old, i + r - 1, j + 2, band)};
    row[r] = monotone_cubic(column, v);
  }
  *amp = powf(10.0f, monotone_cubic(row, u) / 20.0f);
  if (turn) {
    const float first = old->turn[wrap_index(old, i, j)][band];
    const float a = first;
    const float b = turn_near(old, i, j + 1, band, first);
    const float c = turn_near(old, i + 1, j, band, first);
    const float d = turn_near(old, i + 1, j + 1, band, first);
    *turn =
      (1.0f - u) * ((1.0f - v) * a + v * b) + u * ((1.0f - v) * c + v * d);
  }
}

FhStatus
balloon_refine(Balloon* const balloon, const size_t factor)
{
  if (factor < 2 || balloon->n_phi % 2) {
    return factor < 2 ? FH_OK : FH_ERR_BAD_ARG;
  }
  Balloon fine;
  const FhStatus status = balloon_init(&fine,
                                       (balloon->n_theta - 1) * factor + 1,
                                       balloon->n_phi * factor,
                                       balloon->turn != NULL);
  if (status) {
    return status;
  }
  for (size_t i = 0; i < fine.n_theta; ++i) {
    const size_t last = balloon->n_theta - 2;
    const size_t i0 = i / factor < last ? i / factor : last;
    const float u = (float)(i - i0 * factor) / (float)factor;
    for (size_t j = 0; j < fine.n_phi; ++j) {
      const size_t at = i * fine.n_phi + j;
      const float v = (float)(j % factor) / (float)factor;
      for (size_t b = 0; b < FH_N_THIRDS; ++b) {
        refined_value(balloon,
                      (long)i0,
                      (long)(j / factor),
                      u,
                      v,
                      b,
                      &fine.amp[at][b],
                      fine.turn ? &fine.turn[at][b] : NULL);
      }
    }
  }
  balloon_clear(balloon);
  *balloon = fine;
  return FH_OK;
}

void
balloon_mean(const Balloon* const balloon, double mean[FH_N_THIRDS])
{
  memset(mean, 0, FH_N_THIRDS * sizeof *mean);
  const double step = FH_PI / (double)(balloon->n_theta - 1);
  double total = 0.0;
  for (size_t i = 0; i < balloon->n_theta; ++i) {
    // Exact area of the zone that belongs to the ring
    const double low = i ? ((double)i - 0.5) * step : 0.0;
    const double high =
      i + 1 < balloon->n_theta ? ((double)i + 0.5) * step : FH_PI;
    const double weight = (cos(low) - cos(high)) / (double)balloon->n_phi;
    for (size_t j = 0; j < balloon->n_phi; ++j) {
      const float* const a = balloon->amp[i * balloon->n_phi + j];
      for (size_t b = 0; b < FH_N_THIRDS; ++b) {
        mean[b] += weight * (double)a[b] * (double)a[b];
      }
      total += weight;
    }
  }
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    mean[b] /= total;
  }
}
