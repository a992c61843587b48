// SPDX-License-Identifier: GPL-3.0-or-later
#include "samples.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEP_DEG 5.0
#define N_THETA  37
#define N_PHI    72
/// Farthest that a direction may lie from a measured one [degrees]
#define MAX_HOLE_DEG 20.0
#define N_NEAR       4

FhStatus
samples_init(Samples* const samples,
             const char* const file,
             const size_t n_dirs,
             const size_t n_hz,
             const bool phase)
{
  memset(samples, 0, sizeof *samples);
  samples->file = file;
  samples->n_dirs = n_dirs;
  samples->n_hz = n_hz;
  samples->theta_deg = (double*)calloc(n_dirs + 1, sizeof(double));
  samples->phi_deg = (double*)calloc(n_dirs + 1, sizeof(double));
  samples->hz = (double*)calloc(n_hz + 1, sizeof(double));
  samples->db = (float*)calloc(n_dirs * n_hz + 1, sizeof(float));
  samples->turn =
    phase ? (float*)calloc(n_dirs * n_hz + 1, sizeof(float)) : NULL;
  if (!samples->theta_deg || !samples->phi_deg || !samples->hz ||
      !samples->db || (phase && !samples->turn)) {
    samples_clear(samples);
    return FH_ERR_NO_MEM;
  }
  return FH_OK;
}

void
samples_clear(Samples* const samples)
{
  free(samples->theta_deg);
  free(samples->phi_deg);
  free(samples->hz);
  free(samples->db);
  free(samples->turn);
  memset(samples, 0, sizeof *samples);
}

static void
unit(const double theta_deg, const double phi_deg, double d[3])
{
  const double theta = theta_deg * FH_PI / 180.0;
  const double phi = phi_deg * FH_PI / 180.0;
  d[0] = sin(theta) * cos(phi);
  d[1] = cos(theta);
  d[2] = sin(theta) * sin(phi);
}

double
samples_axis_db(const Samples* const samples, const size_t i)
{
  double sum = 0.0;
  size_t n = 0;
  for (size_t d = 0; d < samples->n_dirs; ++d) {
    if (samples->theta_deg[d] <= 1.0) {
      sum += pow(10.0, (double)samples->db[d * samples->n_hz + i] / 10.0);
      ++n;
    }
  }
  return n ? 10.0 * log10(sum / (double)n) : NAN;
}

/// Level and phase of one direction in each third octave
static void
to_thirds(const Samples* const samples,
          const size_t dir,
          float db[FH_N_THIRDS],
          float turn[FH_N_THIRDS])
{
  const float* const level = samples->db + dir * samples->n_hz;
  const float* const phase =
    samples->turn ? samples->turn + dir * samples->n_hz : NULL;
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    const double mid = fh_third_hz(b);
    const double edge = pow(10.0, 0.05);
    double energy = 0.0;
    size_t n = 0;
    size_t nearest = 0;
    for (size_t i = 0; i < samples->n_hz; ++i) {
      const double hz = samples->hz[i];
      if (hz >= mid / edge && hz < mid * edge) {
        energy += pow(10.0, (double)level[i] / 10.0);
        ++n;
      }
      if (fabs(log(hz / mid)) < fabs(log(samples->hz[nearest] / mid))) {
        nearest = i;
      }
    }
    turn[b] = phase ? phase[nearest] : 0.0f;
    if (n) {
      db[b] = (float)(10.0 * log10(energy / (double)n));
      continue;
    }
    // Between two frequencies farther apart than a third, or beyond the ends
    const size_t last = samples->n_hz - 1;
    size_t i = samples->hz[nearest] <= mid ? nearest : nearest - 1;
    if (mid <= samples->hz[0] || mid >= samples->hz[last] || i >= last) {
      db[b] = level[nearest];
      continue;
    }
    const double t =
      log(mid / samples->hz[i]) / log(samples->hz[i + 1] / samples->hz[i]);
    db[b] = (float)((1.0 - t) * (double)level[i] + t * (double)level[i + 1]);
  }
}

/// Samples in third octaves with their directions as vectors
typedef struct {
  size_t n;
  double (*d)[3];
  float (*db)[FH_N_THIRDS];
  float (*turn)[FH_N_THIRDS];
} Cloud;

static void
cloud_clear(Cloud* const cloud)
{
  free(cloud->d);
  free(cloud->db);
  free(cloud->turn);
}

static FhStatus
cloud_init(Cloud* const cloud, const Samples* const samples)
{
  cloud->n = samples->n_dirs;
  cloud->d = (double(*)[3])calloc(cloud->n + 1, sizeof *cloud->d);
  cloud->db = (float(*)[FH_N_THIRDS])calloc(cloud->n + 1, sizeof *cloud->db);
  cloud->turn =
    (float(*)[FH_N_THIRDS])calloc(cloud->n + 1, sizeof *cloud->turn);
  if (!cloud->d || !cloud->db || !cloud->turn) {
    cloud_clear(cloud);
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < cloud->n; ++i) {
    unit(samples->theta_deg[i], samples->phi_deg[i], cloud->d[i]);
    to_thirds(samples, i, cloud->db[i], cloud->turn[i]);
  }
  return FH_OK;
}

/// The nearest measured directions and their angles [degrees]
static void
find_near(const Cloud* const cloud,
          const double d[3],
          size_t near[N_NEAR],
          double angle[N_NEAR])
{
  for (size_t k = 0; k < N_NEAR; ++k) {
    near[k] = 0;
    angle[k] = 1e9;
  }
  for (size_t i = 0; i < cloud->n; ++i) {
    const double* const c = cloud->d[i];
    // Chord to angle: exact for small ones, where it matters
    const double x = d[0] - c[0];
    const double y = d[1] - c[1];
    const double z = d[2] - c[2];
    const double chord = sqrt(x * x + y * y + z * z);
    const double a = 2.0 * asin(fmin(1.0, 0.5 * chord)) * 180.0 / FH_PI;
    size_t k = N_NEAR;
    while (k > 0 && a < angle[k - 1]) {
      if (k < N_NEAR) {
        near[k] = near[k - 1];
        angle[k] = angle[k - 1];
      }
      --k;
    }
    if (k < N_NEAR) {
      near[k] = i;
      angle[k] = a;
    }
  }
}

/// A direction of the grid from its measured neighbours
static void
fill_direction(const Cloud* const cloud,
               const size_t near[N_NEAR],
               const double angle[N_NEAR],
               float amp[FH_N_THIRDS],
               float* const turn)
{
  // Shepard's weights with compact support (Franke and Little): smooth, all
  // positive, and the measured value where there is one
  const double reach = angle[N_NEAR - 1] + 1e-9;
  double weight[N_NEAR];
  double total = 0.0;
  for (size_t k = 0; k < N_NEAR; ++k) {
    const double a = fmax(angle[k], 1e-6);
    const double x = (reach - a) / (reach * a);
    weight[k] = k && angle[0] < 1e-3 ? 0.0 : fmax(x * x, 1e-12);
    total += weight[k];
  }
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    double p = 0.0;
    double phase = 0.0;
    const double first = (double)cloud->turn[near[0]][b];
    for (size_t k = 0; k < N_NEAR; ++k) {
      const double w = weight[k] / total;
      p += w * pow(10.0, (double)cloud->db[near[k]][b] / 20.0);
      const double step = (double)cloud->turn[near[k]][b] - first;
      phase += w * (step - rint(step));
    }
    amp[b] = (float)p;
    if (turn) {
      turn[b] = (float)(first + phase);
    }
  }
}

static FhStatus
refuse_holes(const Samples* const samples, FhDiag* const diag)
{
  for (size_t i = 0; i < samples->n_dirs * samples->n_hz; ++i) {
    if (!isfinite((double)samples->db[i])) {
      fh_diag_add(diag,
                  FH_DIAG_ERROR,
                  samples->file,
                  0,
                  0,
                  "the level at theta %g, phi %g degrees, %g Hz is not finite; "
                  "measure it again or take the direction out",
                  samples->theta_deg[i / samples->n_hz],
                  samples->phi_deg[i / samples->n_hz],
                  samples->hz[i % samples->n_hz]);
      return FH_ERR_INVALID_DATA;
    }
  }
  if (!isfinite(samples_axis_db(samples, 0))) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                samples->file,
                0,
                0,
                "no direction lies on the axis (theta 0); levels are relative "
                "to it, so add it");
    return FH_ERR_INVALID_DATA;
  }
  return FH_OK;
}

FhStatus
samples_to_balloon(const Samples* const samples,
                   Balloon* const out,
                   FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  FhStatus status = refuse_holes(samples, diag);
  if (status) {
    return status;
  }
  Cloud cloud;
  status = cloud_init(&cloud, samples);
  if (status) {
    return status;
  }
  status = balloon_init(out, N_THETA, N_PHI, samples->turn != NULL);
  for (size_t i = 0; !status && i < N_THETA; ++i) {
    for (size_t j = 0; !status && j < N_PHI; ++j) {
      const size_t at = i * N_PHI + j;
      double d[3];
      const double phi = i && i + 1 < N_THETA ? STEP_DEG * (double)j : 0.0;
      unit(STEP_DEG * (double)i, phi, d);
      size_t near[N_NEAR];
      double angle[N_NEAR];
      find_near(&cloud, d, near, angle);
      if (angle[0] > MAX_HOLE_DEG) {
        fh_diag_add(diag,
                    FH_DIAG_ERROR,
                    samples->file,
                    0,
                    0,
                    "directions are missing: nothing within %.0f degrees of "
                    "theta %g, phi %g; measure the whole sphere, or give arcs "
                    "as a folder",
                    MAX_HOLE_DEG,
                    STEP_DEG * (double)i,
                    STEP_DEG * (double)j);
        status = FH_ERR_INVALID_DATA;
      } else {
        fill_direction(
          &cloud, near, angle, out->amp[at], out->turn ? out->turn[at] : NULL);
      }
    }
  }
  if (!status) {
    float axis[2][FH_N_THIRDS];
    memcpy(axis[0], out->amp[0], sizeof axis[0]);
    memset(axis[1], 0, sizeof axis[1]);
    if (out->turn) {
      memcpy(axis[1], out->turn[0], sizeof axis[1]);
    }
    for (size_t i = 0; i < (size_t)N_THETA * N_PHI; ++i) {
      for (size_t b = 0; b < FH_N_THIRDS; ++b) {
        out->amp[i][b] /= axis[0][b];
        if (out->turn) {
          out->turn[i][b] -= axis[1][b];
        }
      }
    }
    status = balloon_refine(out, 2);
  }
  cloud_clear(&cloud);
  if (status) {
    balloon_clear(out);
  }
  return status;
}
