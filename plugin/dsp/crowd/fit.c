// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd_internal.h"

#include <math.h>
#include <string.h>

/*
  Most probable theta by Gauss-Newton with forward differences. What the tables
  cannot know (a gain changed, the reverberant field of one place, wind) is in
  the variances of the observations; outliers weigh less (Huber).
*/

#define N_STEPS    7u
#define N_OBSERVED (3u * FH_N_OCTAVES)
#define HUBER      2.5

static const double prior_sd[CROWD_N_THETA] = {0.35, 0.25, 0.09, 0.7, 0.5};
static const double difference[CROWD_N_THETA] = {0.02, 0.03, 0.02, 0.01, 0.01};
/// Occupancy expected where nobody said, and how well an attendance is known
#define PRIOR_OCCUPANCY  0.6
#define ATTENDANCE_SD    0.08
#define MAX_OCCUPANCY    1.15
#define MAX_LOG_CLOTHING 0.8

/// Standard deviation of a reverberant level in one place [dB]; Lubman 1968
static double
place_sd_db(const double bandwidth_hz, const double t_s)
{
  return 5.57 / sqrt(1.0 + 0.238 * bandwidth_hz * t_s);
}

static double
squared(const double x)
{
  return x * x;
}

/// Inverse variances of the observations, 0 where not valid
static void
weigh_observations(const CrowdField* const field,
                   const FhCrowdObservation* const frame,
                   double weight[N_OBSERVED])
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double hz = fh_octave_hz(b);
    const double sd = place_sd_db(0.707 * hz, (double)field->t0_s[b]);
    const double reverberant =
      1.0 / (1.0 + pow(10.0, 0.1 * (double)field->direct_ratio_db[b]));
    const double wind = (field->open_air ? 0.02 : 0.003) *
                        (double)field->distance_m * hz / 8000.0;
    const double c = fmin(fmax((double)frame->coherence[b], 0.02), 0.999);
    const double n = fmax((double)frame->n_averages[b], 1.0);
    const double noise = squared(8.686) * (1.0 - c) / (2.0 * c * n);
    const double tf = squared(0.45) + squared(0.3) +
                      squared(0.6 * reverberant) +
                      2.0 * squared(sd * reverberant) + squared(wind) + noise;
    const double t = squared((double)frame->t_error[b]) +
                     squared((double)frame->t0_error[b]) + squared(0.06);
    const double late = squared(0.45) + squared(0.2) + squared(0.7) +
                        2.0 * squared(sd) + squared(wind);
    weight[b] = frame->tf_valid[b] ? 1.0 / tf : 0.0;
    weight[FH_N_OCTAVES + b] = frame->t_valid[b] ? 1.0 / t : 0.0;
    weight[2 * FH_N_OCTAVES + b] = frame->late_valid[b] ? 1.0 / late : 0.0;
  }
}

static void
observe(const CrowdState* const state, double y[N_OBSERVED])
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    y[b] = (double)state->tf_db[b];
    y[FH_N_OCTAVES + b] = (double)state->log_t[b];
    y[2 * FH_N_OCTAVES + b] = (double)state->late_db[b];
  }
}

/// Inverse of a symmetric positive matrix by Cholesky; false where it is none
static bool
invert(const double a[CROWD_N_THETA][CROWD_N_THETA],
       double out[CROWD_N_THETA][CROWD_N_THETA])
{
  double l[CROWD_N_THETA][CROWD_N_THETA] = {{0.0}};
  for (size_t i = 0; i < CROWD_N_THETA; ++i) {
    for (size_t j = 0; j <= i; ++j) {
      double sum = a[i][j];
      for (size_t k = 0; k < j; ++k) {
        sum -= l[i][k] * l[j][k];
      }
      if (i == j && !(sum > 0.0)) {
        return false;
      }
      l[i][j] = i == j ? sqrt(sum) : sum / l[j][j];
    }
  }
  for (size_t c = 0; c < CROWD_N_THETA; ++c) {
    double y[CROWD_N_THETA];
    for (size_t i = 0; i < CROWD_N_THETA; ++i) {
      y[i] = i == c ? 1.0 : 0.0;
      for (size_t k = 0; k < i; ++k) {
        y[i] -= l[i][k] * y[k];
      }
      y[i] /= l[i][i];
    }
    for (size_t i = CROWD_N_THETA; i-- > 0;) {
      for (size_t k = i + 1; k < CROWD_N_THETA; ++k) {
        y[i] -= l[k][i] * out[k][c];
      }
      out[i][c] = y[i] / l[i][i];
    }
  }
  return true;
}

static void
jacobian(const CrowdField* const field,
         const double theta[CROWD_N_THETA],
         const double at[N_OBSERVED],
         double j[N_OBSERVED][CROWD_N_THETA])
{
  for (size_t k = 0; k < CROWD_N_THETA; ++k) {
    double moved[CROWD_N_THETA];
    memcpy(moved, theta, sizeof moved);
    moved[k] += difference[k];
    CrowdState state;
    crowd_state(field, moved, &state);
    double y[N_OBSERVED];
    observe(&state, y);
    for (size_t i = 0; i < N_OBSERVED; ++i) {
      j[i][k] = (y[i] - at[i]) / difference[k];
    }
  }
}

static void
level_variances(const CrowdField* const field, CrowdFit* const fit)
{
  double total[CROWD_N_THETA][FH_N_OCTAVES];
  double early[CROWD_N_THETA][FH_N_OCTAVES];
  for (size_t k = 0; k < CROWD_N_THETA; ++k) {
    double moved[CROWD_N_THETA];
    memcpy(moved, fit->theta, sizeof moved);
    moved[k] += difference[k];
    CrowdState state;
    crowd_state(field, moved, &state);
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      total[k][b] =
        (double)(state.total_db[b] - fit->state.total_db[b]) / difference[k];
      early[k][b] =
        (double)(state.early_db[b] - fit->state.early_db[b]) / difference[k];
    }
  }
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double t = 0.0;
    double e = 0.0;
    for (size_t k = 0; k < CROWD_N_THETA; ++k) {
      for (size_t l = 0; l < CROWD_N_THETA; ++l) {
        t += total[k][b] * fit->covariance[k][l] * total[l][b];
        e += early[k][b] * fit->covariance[k][l] * early[l][b];
      }
    }
    fit->total_variance[b] = (float)t;
    fit->early_variance[b] = (float)e;
  }
}

void
crowd_fit(const CrowdField* const field,
          const FhCrowdObservation* const frame,
          const double capacity,
          CrowdFit* const out)
{
  memset(out, 0, sizeof *out);
  double weight[N_OBSERVED];
  weigh_observations(field, frame, weight);
  double measured[N_OBSERVED];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    measured[b] = (double)frame->tf_db[b];
    measured[FH_N_OCTAVES + b] = (double)frame->log_t[b];
    measured[2 * FH_N_OCTAVES + b] = (double)frame->late_db[b];
  }

  double mean[CROWD_N_THETA] = {PRIOR_OCCUPANCY, 0.0, 0.0, 0.0, 0.0};
  double sd[CROWD_N_THETA];
  memcpy(sd, prior_sd, sizeof sd);
  if (frame->attendance > 0.0 && capacity > 0.0) {
    mean[THETA_OCCUPANCY] = fmin(frame->attendance / capacity, MAX_OCCUPANCY);
    sd[THETA_OCCUPANCY] = ATTENDANCE_SD;
  }
  double theta[CROWD_N_THETA];
  memcpy(theta, mean, sizeof theta);
  theta[THETA_OCCUPANCY] = fmin(fmax(theta[THETA_OCCUPANCY], 0.05), 1.0);

  double information[CROWD_N_THETA][CROWD_N_THETA];
  for (size_t step = 0; step < N_STEPS; ++step) {
    crowd_state(field, theta, &out->state);
    double y[N_OBSERVED];
    observe(&out->state, y);
    double j[N_OBSERVED][CROWD_N_THETA];
    jacobian(field, theta, y, j);
    double gradient[CROWD_N_THETA];
    for (size_t k = 0; k < CROWD_N_THETA; ++k) {
      gradient[k] = (mean[k] - theta[k]) / squared(sd[k]);
      for (size_t l = 0; l < CROWD_N_THETA; ++l) {
        information[k][l] = k == l ? 1.0 / squared(sd[k]) : 0.0;
      }
    }
    for (size_t i = 0; i < N_OBSERVED; ++i) {
      if (!(weight[i] > 0.0)) {
        continue;
      }
      const double r = measured[i] - y[i];
      const double z = fabs(r) * sqrt(weight[i]);
      const double w = weight[i] * (z > HUBER ? HUBER / z : 1.0);
      for (size_t k = 0; k < CROWD_N_THETA; ++k) {
        gradient[k] += w * j[i][k] * r;
        for (size_t l = 0; l < CROWD_N_THETA; ++l) {
          information[k][l] += w * j[i][k] * j[i][l];
        }
      }
    }
    if (!invert((const double(*)[CROWD_N_THETA])information, out->covariance)) {
      break;
    }
    const double clip = step < 3 ? 0.3 : 0.15;
    for (size_t k = 0; k < CROWD_N_THETA; ++k) {
      double move = 0.0;
      for (size_t l = 0; l < CROWD_N_THETA; ++l) {
        move += out->covariance[k][l] * gradient[l];
      }
      theta[k] += fmin(fmax(move, -clip), clip);
    }
    theta[THETA_OCCUPANCY] =
      fmin(fmax(theta[THETA_OCCUPANCY], 0.0), MAX_OCCUPANCY);
    theta[THETA_LOG_CLOTHING] = fmin(
      fmax(theta[THETA_LOG_CLOTHING], -MAX_LOG_CLOTHING), MAX_LOG_CLOTHING);
  }

  memcpy(out->theta, theta, sizeof theta);
  crowd_state(field, theta, &out->state);
  double y[N_OBSERVED];
  observe(&out->state, y);
  double chi2 = 0.0;
  double n_valid = 0.0;
  for (size_t i = 0; i < N_OBSERVED; ++i) {
    const double r = weight[i] > 0.0 ? measured[i] - y[i] : 0.0;
    out->residual[i / FH_N_OCTAVES][i % FH_N_OCTAVES] = (float)r;
    chi2 += weight[i] * r * r;
    n_valid += weight[i] > 0.0;
  }
  for (size_t k = 0; k < CROWD_N_THETA; ++k) {
    chi2 += squared((theta[k] - mean[k]) / sd[k]);
  }
  out->misfit = (float)(chi2 / fmax(n_valid, 1.0));
  level_variances(field, out);
}
