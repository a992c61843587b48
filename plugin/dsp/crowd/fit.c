// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd_internal.h"

#include <math.h>
#include <string.h>

/*
  Expected theta. Many audiences can explain one frame, and where a microphone
  hears little of them the most probable one may be far off: so the occupancy
  takes each value of a grid, the other four numbers are fitted at each
  (Gauss-Newton with forward differences, outliers weigh less by Huber), and
  the results are averaged with their probabilities (Laplace's approximation
  over the four). What the tables cannot know (a gain changed, the reverberant
  field of one place, wind) is in the variances of the observations.
*/

/// Values of the occupancy, without and with an attendance
#define N_GRID         24u
#define N_GRID_COUNTED 12u
/// Steps at one occupancy, from the result of the one before
#define N_STEPS 3u
/// The attendance's standard deviations that its grid spans on either side
#define GRID_SDS   3.0
#define N_OBSERVED (3u * FH_N_OCTAVES)
#define HUBER      0.55
/// Numbers that are fitted at one occupancy: all but the first of theta
#define N_FREE (CROWD_N_THETA - 1u)

/// Priors and errors of a fit
typedef struct {
  double prior_sd[CROWD_N_THETA];
  double occupancy;         ///< Expected where nobody said
  double highest;           ///< Occupancy that is tried
  double tf_db;             ///< Error of the response's level
  double tf_reverberant_db; ///< More of it, times the reverberant share
  double late_db;           ///< Of the late level
  double t;                 ///< Of the logarithm of T
  double t_factor;          ///< On the errors of T that are measured
  double tf_place;   ///< Factor on Lubman's fluctuation of a place, for its
  double late_place; ///< long tails
  /// Of ln T in the misfit alone, per dB of direct ratio from FEW_FROM_DB on.
  /// The weights trust a decay of few reflections for what it may tell; that it
  /// does not fit is no sign of a fault
  double t_few;
} Tuning;

/*
  Priors and errors: those that miss least in the venues to learn from, of all
  classes, starting from the physical ones (clothing spreads by 25 %, a place
  fluctuates as Lubman says). Tails are long, hence the low Huber limit and the
  factors over the physical errors; most of clothing is left to the residuals.
*/

static const Tuning for_levels = {.prior_sd = {0.35, 0.15, 0.1, 0.65, 0.4},
                                  .occupancy = 0.6,
                                  .highest = 1.15,
                                  .tf_db = 0.63,
                                  .tf_reverberant_db = 0.5,
                                  .late_db = 0.47,
                                  .t = 0.08,
                                  .t_factor = 1.5,
                                  .tf_place = 2.2,
                                  .late_place = 2.2,
                                  .t_few = 0.05};

/// What misses the number of people least: the decay counts for more, slopes
/// over frequency tell nothing
static const Tuning for_people = {.prior_sd = {1.1, 0.031, 0.051, 1.175, 1.538},
                                  .occupancy = 0.609,
                                  .highest = 1.04,
                                  .tf_db = 0.353,
                                  .tf_reverberant_db = 0.486,
                                  .late_db = 0.491,
                                  .t = 0.113,
                                  .t_factor = 1.166,
                                  .tf_place = 0.861,
                                  .late_place = 1.509};

static const double difference[CROWD_N_THETA] = {0.02, 0.03, 0.02, 0.01, 0.01};
/// How well an attendance is known
#define ATTENDANCE_SD    0.08
#define MAX_OCCUPANCY    1.15
#define MAX_LOG_CLOTHING 0.8
/// A decay under so much direct sound is one of few reflections, which falls in
/// steps: from this ratio on ln T means less
#define FEW_FROM_DB 10.0
/// Longest step, in standard deviations of the prior
#define STEP_SDS 1.2

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
weigh_observations(const Tuning* const tuning,
                   const CrowdField* const field,
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
    const double tf = squared(tuning->tf_db) +
                      squared(tuning->tf_reverberant_db * reverberant) +
                      2.0 * squared(tuning->tf_place * sd * reverberant) +
                      squared(wind) + noise;
    const double t = squared(tuning->t_factor * (double)frame->t_error[b]) +
                     squared(tuning->t_factor * (double)frame->t0_error[b]) +
                     squared(tuning->t);
    const double late = squared(tuning->late_db) +
                        2.0 * squared(tuning->late_place * sd) + squared(wind);
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

/// Inverse of a symmetric positive matrix by Cholesky, and the logarithm of its
/// determinant; false where it is none
static bool
invert(const double a[N_FREE][N_FREE],
       double out[N_FREE][N_FREE],
       double* const log_determinant)
{
  double l[N_FREE][N_FREE] = {{0.0}};
  *log_determinant = 0.0;
  for (size_t i = 0; i < N_FREE; ++i) {
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
    *log_determinant += 2.0 * log(l[i][i]);
  }
  for (size_t c = 0; c < N_FREE; ++c) {
    double y[N_FREE];
    for (size_t i = 0; i < N_FREE; ++i) {
      y[i] = i == c ? 1.0 : 0.0;
      for (size_t k = 0; k < i; ++k) {
        y[i] -= l[i][k] * y[k];
      }
      y[i] /= l[i][i];
    }
    for (size_t i = N_FREE; i-- > 0;) {
      for (size_t k = i + 1; k < N_FREE; ++k) {
        y[i] -= l[k][i] * out[k][c];
      }
      out[i][c] = y[i] / l[i][i];
    }
  }
  return true;
}

/// What is measured and what is believed before
typedef struct {
  const CrowdField* field;
  double measured[N_OBSERVED];
  double weight[N_OBSERVED];          ///< Inverse variances, 0 where not valid
  double misfit_variance[N_OBSERVED]; ///< More of it in the misfit
  double mean[CROWD_N_THETA];
  double sd[CROWD_N_THETA];
  double lowest, highest; ///< Occupancies of the grid
  size_t n_grid;
} Problem;

static Problem
pose(const Tuning* const tuning,
     const CrowdField* const field,
     const FhCrowdObservation* const frame,
     const double capacity)
{
  Problem p;
  memset(&p, 0, sizeof p);
  p.field = field;
  weigh_observations(tuning, field, frame, p.weight);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    p.measured[b] = (double)frame->tf_db[b];
    p.measured[FH_N_OCTAVES + b] = (double)frame->log_t[b];
    p.measured[2 * FH_N_OCTAVES + b] = (double)frame->late_db[b];
    const double few = (double)field->direct_ratio_db[b] - FEW_FROM_DB;
    p.misfit_variance[FH_N_OCTAVES + b] =
      squared(tuning->t_few * fmax(few, 0.0));
  }
  memcpy(p.sd, tuning->prior_sd, sizeof p.sd);
  p.mean[THETA_OCCUPANCY] = tuning->occupancy;
  p.highest = tuning->highest;
  p.n_grid = N_GRID;
  if (frame->attendance > 0.0 && capacity > 0.0) {
    const double count = fmin(frame->attendance / capacity, MAX_OCCUPANCY);
    p.mean[THETA_OCCUPANCY] = count;
    p.sd[THETA_OCCUPANCY] = ATTENDANCE_SD;
    p.lowest = fmax(count - GRID_SDS * ATTENDANCE_SD, 0.0);
    p.highest = fmin(count + GRID_SDS * ATTENDANCE_SD, MAX_OCCUPANCY);
    p.n_grid = N_GRID_COUNTED;
  }
  return p;
}

/// The fit at one occupancy
typedef struct {
  double theta[CROWD_N_THETA];
  CrowdState state;
  CrowdState moved[N_FREE];          ///< With one number moved
  double covariance[N_FREE][N_FREE]; ///< At this occupancy
  double log_probability;            ///< Up to a constant
} Point;

/// Value, slope and curvature of the misfit where `theta` is
typedef struct {
  double gradient[N_FREE];
  double information[N_FREE][N_FREE];
  double misfit;
} Slope;

static void
look_around(const Problem* const p, Point* const at, Slope* const out)
{
  crowd_state(p->field, at->theta, &at->state);
  double y[N_OBSERVED];
  observe(&at->state, y);
  double j[N_FREE][N_OBSERVED];
  for (size_t k = 0; k < N_FREE; ++k) {
    double moved[CROWD_N_THETA];
    memcpy(moved, at->theta, sizeof moved);
    moved[k + 1] += difference[k + 1];
    crowd_state(p->field, moved, &at->moved[k]);
    observe(&at->moved[k], j[k]);
    for (size_t i = 0; i < N_OBSERVED; ++i) {
      j[k][i] = (j[k][i] - y[i]) / difference[k + 1];
    }
  }
  out->misfit = 0.0;
  for (size_t k = 0; k < CROWD_N_THETA; ++k) {
    out->misfit += squared((at->theta[k] - p->mean[k]) / p->sd[k]);
  }
  for (size_t k = 0; k < N_FREE; ++k) {
    const double precision = 1.0 / squared(p->sd[k + 1]);
    out->gradient[k] = precision * (p->mean[k + 1] - at->theta[k + 1]);
    for (size_t l = 0; l < N_FREE; ++l) {
      out->information[k][l] = k == l ? precision : 0.0;
    }
  }
  for (size_t i = 0; i < N_OBSERVED; ++i) {
    if (!(p->weight[i] > 0.0)) {
      continue;
    }
    const double r = p->measured[i] - y[i];
    const double z = fabs(r) * sqrt(p->weight[i]);
    const bool far = z > HUBER;
    const double w = p->weight[i] * (far ? HUBER / z : 1.0);
    out->misfit += far ? HUBER * (2.0 * z - HUBER) : z * z;
    for (size_t k = 0; k < N_FREE; ++k) {
      out->gradient[k] += w * j[k][i] * r;
      for (size_t l = 0; l < N_FREE; ++l) {
        out->information[k][l] += w * j[k][i] * j[l][i];
      }
    }
  }
}

/// Fit the other numbers at the occupancy of `point`, from where they are
static void
fit_point(const Problem* const p, Point* const point)
{
  Slope slope;
  double log_determinant = 0.0;
  for (size_t step = 0;; ++step) {
    look_around(p, point, &slope);
    if (!invert((const double(*)[N_FREE])slope.information,
                point->covariance,
                &log_determinant) ||
        step == N_STEPS) {
      break;
    }
    for (size_t k = 0; k < N_FREE; ++k) {
      double move = 0.0;
      for (size_t l = 0; l < N_FREE; ++l) {
        move += point->covariance[k][l] * slope.gradient[l];
      }
      const double most = STEP_SDS * p->sd[k + 1];
      point->theta[k + 1] += fmin(fmax(move, -most), most);
    }
    point->theta[THETA_LOG_CLOTHING] =
      fmin(fmax(point->theta[THETA_LOG_CLOTHING], -MAX_LOG_CLOTHING),
           MAX_LOG_CLOTHING);
  }
  point->log_probability = -0.5 * (slope.misfit + log_determinant);
}

/// Variance of a level at one occupancy
static double
level_variance(const Point* const point, const double move[N_FREE])
{
  double sum = 0.0;
  for (size_t k = 0; k < N_FREE; ++k) {
    for (size_t l = 0; l < N_FREE; ++l) {
      sum += move[k] * point->covariance[k][l] * move[l];
    }
  }
  return sum;
}

/// Moments of theta and of the changes, over the grid
typedef struct {
  double theta[CROWD_N_THETA];
  double theta2[CROWD_N_THETA][CROWD_N_THETA];
  double tf[FH_N_OCTAVES], log_t[FH_N_OCTAVES], late[FH_N_OCTAVES];
  double total[FH_N_OCTAVES], early[FH_N_OCTAVES], added[FH_N_OCTAVES];
  double total2[FH_N_OCTAVES], early2[FH_N_OCTAVES];
} Moments;

static void
add_point(Moments* const m, const Point* const point, const double weight)
{
  for (size_t k = 0; k < CROWD_N_THETA; ++k) {
    m->theta[k] += weight * point->theta[k];
    for (size_t l = 0; l < CROWD_N_THETA; ++l) {
      const double own = k && l ? point->covariance[k - 1][l - 1] : 0.0;
      m->theta2[k][l] += weight * (point->theta[k] * point->theta[l] + own);
    }
  }
  const CrowdState* const s = &point->state;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double total[N_FREE];
    double early[N_FREE];
    for (size_t k = 0; k < N_FREE; ++k) {
      const CrowdState* const moved = &point->moved[k];
      total[k] =
        (double)(moved->total_db[b] - s->total_db[b]) / difference[k + 1];
      early[k] =
        (double)(moved->early_db[b] - s->early_db[b]) / difference[k + 1];
    }
    m->tf[b] += weight * (double)s->tf_db[b];
    m->log_t[b] += weight * (double)s->log_t[b];
    m->late[b] += weight * (double)s->late_db[b];
    m->total[b] += weight * (double)s->total_db[b];
    m->early[b] += weight * (double)s->early_db[b];
    m->added[b] += weight * (double)s->added_m2[b];
    m->total2[b] +=
      weight * (squared((double)s->total_db[b]) + level_variance(point, total));
    m->early2[b] +=
      weight * (squared((double)s->early_db[b]) + level_variance(point, early));
  }
}

static void
scale_moments(Moments* const m, const double factor)
{
  for (size_t k = 0; k < CROWD_N_THETA; ++k) {
    m->theta[k] *= factor;
    for (size_t l = 0; l < CROWD_N_THETA; ++l) {
      m->theta2[k][l] *= factor;
    }
  }
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    m->tf[b] *= factor;
    m->log_t[b] *= factor;
    m->late[b] *= factor;
    m->total[b] *= factor;
    m->early[b] *= factor;
    m->added[b] *= factor;
    m->total2[b] *= factor;
    m->early2[b] *= factor;
  }
}

static void
keep_moments(const Moments* const m, const double cell, CrowdFit* const out)
{
  memcpy(out->theta, m->theta, sizeof out->theta);
  for (size_t k = 0; k < CROWD_N_THETA; ++k) {
    for (size_t l = 0; l < CROWD_N_THETA; ++l) {
      out->covariance[k][l] = m->theta2[k][l] - m->theta[k] * m->theta[l];
    }
  }
  // No finer than the grid
  out->covariance[THETA_OCCUPANCY][THETA_OCCUPANCY] += squared(cell) / 12.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    out->state.tf_db[b] = (float)m->tf[b];
    out->state.log_t[b] = (float)m->log_t[b];
    out->state.late_db[b] = (float)m->late[b];
    out->state.total_db[b] = (float)m->total[b];
    out->state.early_db[b] = (float)m->early[b];
    out->state.added_m2[b] = (float)m->added[b];
    out->total_variance[b] =
      (float)fmax(m->total2[b] - squared(m->total[b]), 0.0);
    out->early_variance[b] =
      (float)fmax(m->early2[b] - squared(m->early[b]), 0.0);
  }
}

/// Chi-square over the number of observations
static double
misfit_of(const Problem* const p,
          const double theta[CROWD_N_THETA],
          const CrowdState* const state,
          double residual[N_OBSERVED])
{
  observe(state, residual);
  double chi2 = 0.0;
  double n_valid = 0.0;
  for (size_t i = 0; i < N_OBSERVED; ++i) {
    const double r = p->weight[i] > 0.0 ? p->measured[i] - residual[i] : 0.0;
    residual[i] = r;
    if (p->weight[i] > 0.0) {
      chi2 += r * r / (1.0 / p->weight[i] + p->misfit_variance[i]);
      n_valid += 1.0;
    }
  }
  for (size_t k = 0; k < CROWD_N_THETA; ++k) {
    chi2 += squared((theta[k] - p->mean[k]) / p->sd[k]);
  }
  return chi2 / fmax(n_valid, 1.0);
}

static void
fit_levels(const CrowdField* const field,
           const FhCrowdObservation* const frame,
           const double capacity,
           CrowdFit* const out)
{
  const Problem p = pose(&for_levels, field, frame, capacity);
  const double cell = (p.highest - p.lowest) / (double)p.n_grid;
  Point point;
  memset(&point, 0, sizeof point);
  Moments sum;
  memset(&sum, 0, sizeof sum);
  double all = 0.0;
  double highest = -HUGE_VAL;
  for (size_t i = 0; i < p.n_grid; ++i) {
    point.theta[THETA_OCCUPANCY] = p.lowest + ((double)i + 0.5) * cell;
    fit_point(&p, &point);
    // Weights relative to the most probable point so far
    if (point.log_probability > highest) {
      scale_moments(&sum, exp(highest - point.log_probability));
      all *= exp(highest - point.log_probability);
      highest = point.log_probability;
    }
    const double weight = exp(point.log_probability - highest);
    add_point(&sum, &point, weight);
    all += weight;
  }
  scale_moments(&sum, 1.0 / all);
  keep_moments(&sum, cell, out);

  double residual[N_OBSERVED];
  out->misfit = (float)misfit_of(&p, out->theta, &out->state, residual);
  for (size_t i = 0; i < N_OBSERVED; ++i) {
    out->residual[i / FH_N_OCTAVES][i % FH_N_OCTAVES] = (float)residual[i];
  }
}

/// Occupancy that is not exceeded with a probability
static double
quantile(const Problem* const p, const double weight[N_GRID], const double q)
{
  const double cell = (p->highest - p->lowest) / (double)p->n_grid;
  double all = 0.0;
  for (size_t i = 0; i < p->n_grid; ++i) {
    all += weight[i];
  }
  double sum = 0.0;
  size_t i = 0;
  while (i + 1 < p->n_grid && sum + weight[i] < q * all) {
    sum += weight[i++];
  }
  const double part = (q * all - sum) / fmax(weight[i], 1e-300);
  return p->lowest + ((double)i + fmin(fmax(part, 0.0), 1.0)) * cell;
}

static void
fit_people(const CrowdField* const field,
           const FhCrowdObservation* const frame,
           const double capacity,
           CrowdPeople* const out)
{
  const Problem p = pose(&for_people, field, frame, capacity);
  const double cell = (p.highest - p.lowest) / (double)p.n_grid;
  Point point;
  memset(&point, 0, sizeof point);
  double weight[N_GRID];
  double theta[N_GRID][CROWD_N_THETA];
  double highest = -HUGE_VAL;
  for (size_t i = 0; i < p.n_grid; ++i) {
    point.theta[THETA_OCCUPANCY] = p.lowest + ((double)i + 0.5) * cell;
    fit_point(&p, &point);
    weight[i] = point.log_probability;
    memcpy(theta[i], point.theta, sizeof theta[i]);
    highest = fmax(highest, point.log_probability);
  }
  double mean[CROWD_N_THETA] = {0.0};
  double square = 0.0;
  double all = 0.0;
  for (size_t i = 0; i < p.n_grid; ++i) {
    weight[i] = exp(weight[i] - highest);
    all += weight[i];
    square += weight[i] * squared(theta[i][THETA_OCCUPANCY]);
    for (size_t k = 0; k < CROWD_N_THETA; ++k) {
      mean[k] += weight[i] * theta[i][k];
    }
  }
  for (size_t k = 0; k < CROWD_N_THETA; ++k) {
    mean[k] /= all;
    out->theta[k] = (float)mean[k];
  }
  const double o = mean[THETA_OCCUPANCY];
  out->sd = (float)sqrt(fmax(square / all - o * o, 0.0));
  for (size_t i = 0; i < CROWD_N_QUANTILES; ++i) {
    const double q = (0.5 + (double)i) / (double)CROWD_N_QUANTILES;
    out->quantile[i] = (float)quantile(&p, weight, q);
  }
  CrowdState state;
  double residual[N_OBSERVED];
  crowd_state(field, mean, &state);
  out->misfit = (float)misfit_of(&p, mean, &state, residual);
}

void
crowd_fit(const CrowdField* const field,
          const FhCrowdObservation* const frame,
          const double capacity,
          CrowdFit* const out)
{
  memset(out, 0, sizeof *out);
  fit_levels(field, frame, capacity, out);
  fit_people(field, frame, capacity, &out->people);
  out->counted = frame->attendance > 0.0;
}
