// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/bands.h>
#include <fh/crowd.h>
#include <fh/room_sound.h>
#include <fh/spectrum.h>

#include <math.h>
#include <string.h>

/// The measurement: what it keeps before the direct sound, and the length of
/// its transform [s]
#define BEFORE_S    0.01
#define TRANSFORM_S (262144.0 / 48000.0)
/// Bins of the energy over time [s]; to where the response fades out
#define BIN_S  0.005
#define N_BINS 278u
/// Steps through what the measurement takes for noise
#define N_NOISE 128u

/*
  Covariance of a real house about its profile. By soundchecks in the traced
  houses of `fullhouse crowd examples`, which differ from their plans by surface
  (12 to 15 %), scattering and half a metre of the microphone's place; see
  tests/crowd/rooms.md for the figures and the command.
*/
/// Decay times, ln: plans, per second of decay, and on the measurement's error
#define T_SD       0.09
#define T_SD_PER_S 0.06
#define T_ERRORS   4.0
/// Decays of few reflections, per dB of clarity over 10 dB
#define T_SD_PER_DB 0.05
/// Ratios [dB2], and their fluctuation in an octave times its midband [dB2 Hz]
#define DIRECT_DB2     0.8
#define DIRECT_DB2_HZ  600.0
#define CLARITY_DB2    1.0
#define CLARITY_DB2_HZ 500.0
/// Least standard deviations of what the rest adds to the level [dB]
#define DIRECT_LEAST_DB  0.2
#define CLARITY_LEAST_DB 0.12
/// Correlation of octaves: floor, and fall per octave; of the two ratios
#define CORRELATION_FLOOR 0.15
#define CORRELATION_FALL  0.8
#define RATIOS_CORRELATED 0.55
/// Kinds of values, and values in all
#define N_KINDS      3u
#define N_VALUES     (N_KINDS * FH_N_OCTAVES)
#define LEAST_VALUES 8u

/// Autocorrelation of a Hann window over its energy, at a lag over its length
static double
window_share(const double r)
{
  return (1.0 - r) * (2.0 + cos(2.0 * FH_PI * r)) / 3.0 +
         sin(2.0 * FH_PI * r) / (2.0 * FH_PI);
}

/// Energy of an octave between two times, the air's excess applied
static double
energy_between(const FhProfile* const p,
               const float* const h,
               const double excess,
               const double lo_s,
               const double hi_s)
{
  double sum = 0.0;
  for (size_t i = 0; i < p->n_bins && (double)p->edge_s[i] < hi_s; ++i) {
    const double lo = fmax(lo_s, (double)p->edge_s[i]);
    const double hi = fmin(hi_s, (double)p->edge_s[i + 1]);
    if (hi > lo) {
      const double width = (double)(p->edge_s[i + 1] - p->edge_s[i]);
      sum += (double)h[i * FH_N_OCTAVES] * (hi - lo) / width *
             exp(-excess * 0.5 * (lo + hi));
    }
  }
  return sum;
}

/// Energies of an octave in the bins of the measurement; last, in a bin, what
/// it takes for noise: what comes after the bins, weakened by the window
static void
fill_bins(const FhProfile* const p,
          const size_t mic,
          const size_t band,
          const double excess,
          double out[N_BINS + 1])
{
  const float* const h = fh_profile_mic(p, mic, 0) + band;
  const double begin_s = fh_profile_arrival_s(p, mic) - BEFORE_S;
  for (size_t i = 0; i < N_BINS; ++i) {
    const double lo_s = begin_s + (double)i * BIN_S;
    out[i] = energy_between(p, h, excess, lo_s, lo_s + BIN_S);
  }
  double noise = 0.0;
  const double step_s = 0.5 * TRANSFORM_S / N_NOISE;
  for (size_t i = 0; i < N_NOISE; ++i) {
    const double at = 0.25 * TRANSFORM_S + (double)i * step_s;
    const double share = window_share((at + 0.5 * step_s) / TRANSFORM_S);
    const double lo_s = begin_s + BEFORE_S + at;
    noise += share * share * energy_between(p, h, excess, lo_s, lo_s + step_s);
  }
  out[N_BINS] = noise * BIN_S / (0.5 * TRANSFORM_S);
}

/// From octaves at their midbands to what a filter an octave wide lets through
static void
use_filters(double bins[FH_N_OCTAVES][N_BINS + 1])
{
  // Thirds of an octave by their widths
  static const double width[3] = {0.260, 0.327, 0.413};
  for (size_t i = 0; i <= N_BINS; ++i) {
    float octave_db[FH_N_OCTAVES];
    float third_db[FH_N_THIRDS];
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      octave_db[b] = (float)(10.0 * log10(fmax(bins[b][i], 1e-20)));
    }
    fh_octave_means_to_thirds(octave_db, third_db);
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      bins[b][i] = 0.0;
      for (size_t k = 0; k < 3; ++k) {
        bins[b][i] += width[k] * pow(10.0, 0.1 * (double)third_db[3 * b + k]);
      }
    }
  }
}

/// Decay and ratios of an octave
static void
read_bins(const double bins[N_BINS + 1],
          const size_t band,
          FhRoomSound* const out)
{
  float energy[N_BINS];
  float edge_s[N_BINS + 1];
  double direct = 0.0;
  double early = 0.0;
  double late = 0.0;
  for (size_t i = 0; i <= N_BINS; ++i) {
    edge_s[i] = (float)((double)i * BIN_S);
  }
  for (size_t i = 0; i < N_BINS; ++i) {
    const double after_s = ((double)i + 0.5) * BIN_S - BEFORE_S;
    const double share = window_share(fabs(after_s) / TRANSFORM_S);
    const double e = bins[i] - bins[N_BINS] / (share * share);
    direct += after_s < FH_CROWD_DIRECT_S ? e : 0.0;
    early += after_s < FH_CROWD_LATE_S ? e : 0.0;
    late += after_s < FH_CROWD_LATE_S ? 0.0 : e;
    energy[i] = fmaxf((float)e, 0.0f);
  }
  const double t = fh_crowd_decay_s(energy, 1, edge_s, N_BINS, BEFORE_S, 60.0);
  const double rest = early - direct + late;
  out->t_known[band] = t > 0.0;
  out->log_t[band] = t > 0.0 ? (float)log(t) : 0.0f;
  out->energy_known[band] = direct > 0.0 && rest > 0.0 && late > 0.0;
  if (out->energy_known[band]) {
    out->direct_db[band] = (float)(10.0 * log10(direct / rest));
    out->clarity_db[band] = (float)(10.0 * log10(early / late));
  }
}

void
fh_profile_sound(const FhProfile* const profile,
                 const size_t mic,
                 const FhAir* const air,
                 FhRoomSound* const out)
{
  double table[FH_N_OCTAVES];
  double now[FH_N_OCTAVES];
  double bins[FH_N_OCTAVES][N_BINS + 1];
  memset(out, 0, sizeof *out);
  fh_air_octaves(&profile->air, table);
  fh_air_octaves(air, now);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double excess = (now[b] - table[b]) * fh_air_speed_m_s(&profile->air);
    fill_bins(profile, mic, b, excess, bins[b]);
  }
  use_filters(bins);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    read_bins(bins[b], b, out);
  }
}

/// Level that the rest adds to the first part, from the ratio of the two [dB]
static double
added_db(const double ratio_db)
{
  return 10.0 * log10(1.0 + pow(10.0, -0.1 * ratio_db));
}

/// Part of the energy that is the rest
static double
share_of_rest(const double ratio_db)
{
  return 1.0 / (1.0 + pow(10.0, 0.1 * ratio_db));
}

/// Difference of two ratios in standard deviations. What counts is what the
/// rest adds: 17 or 20 dB of direct sound over it are the same to the ear
static double
ratio_difference(const double expected_db,
                 const double measured_db,
                 const double variance_db2,
                 const double least_db)
{
  const double share = share_of_rest(0.5 * (expected_db + measured_db));
  return (added_db(measured_db) - added_db(expected_db)) /
         sqrt(variance_db2 * share * share + least_db * least_db);
}

/// Differences in standard deviations, NaN where unknown; by kind, then octave
static void
find_differences(const FhRoomSound* const e,
                 const FhRoomSound* const m,
                 double z[N_VALUES])
{
  const double unknown = (double)NAN;
  for (size_t i = 0; i < N_VALUES; ++i) {
    z[i] = unknown;
  }
  // At 63 Hz few modes say what the place hears
  for (size_t b = 1; b < FH_N_OCTAVES; ++b) {
    const double hz = fh_octave_hz(b);
    const bool energy = e->energy_known[b] && m->energy_known[b];
    const double clarity =
      energy ? 0.5 * (double)(e->clarity_db[b] + m->clarity_db[b])
             : (double)e->clarity_db[b];
    const double t_sd = T_SD_PER_S * exp(fmin((double)e->log_t[b], 3.0));
    const double few = T_SD_PER_DB * fmax(clarity - 10.0, 0.0);
    const double error = fmin((double)m->t_error[b], 1.0);
    const double t_variance =
      T_SD * T_SD + t_sd * t_sd + few * few + T_ERRORS * error * error;
    z[b] = e->t_known[b] && m->t_known[b]
             ? (double)(m->log_t[b] - e->log_t[b]) / sqrt(t_variance)
             : unknown;
    z[FH_N_OCTAVES + b] = energy
                            ? ratio_difference((double)e->direct_db[b],
                                               (double)m->direct_db[b],
                                               DIRECT_DB2 + DIRECT_DB2_HZ / hz,
                                               DIRECT_LEAST_DB)
                            : unknown;
    z[2 * FH_N_OCTAVES + b] =
      energy ? ratio_difference((double)e->clarity_db[b],
                                (double)m->clarity_db[b],
                                CLARITY_DB2 + CLARITY_DB2_HZ / hz,
                                CLARITY_LEAST_DB)
             : unknown;
  }
}

static double
correlation(const size_t i, const size_t j)
{
  const size_t kinds[2] = {i / FH_N_OCTAVES, j / FH_N_OCTAVES};
  const double octaves =
    fabs((double)(i % FH_N_OCTAVES) - (double)(j % FH_N_OCTAVES));
  const double same = CORRELATION_FLOOR + (1.0 - CORRELATION_FLOOR) *
                                            exp(-CORRELATION_FALL * octaves);
  if (kinds[0] == kinds[1]) {
    return same;
  }
  return kinds[0] && kinds[1] ? RATIOS_CORRELATED * same : 0.0;
}

double
fh_room_distance(const FhRoomSound* const expected,
                 const FhRoomSound* const measured)
{
  double z[N_VALUES];
  size_t known[N_VALUES];
  size_t n = 0;
  find_differences(expected, measured, z);
  for (size_t i = 0; i < N_VALUES; ++i) {
    if (isfinite(z[i])) {
      known[n++] = i;
    }
  }
  if (n < LEAST_VALUES) {
    return 0.0;
  }
  // z' R^-1 z by Cholesky: R = L L', y = L^-1 z
  double l[N_VALUES][N_VALUES];
  double sum = 0.0;
  double y[N_VALUES];
  for (size_t i = 0; i < n; ++i) {
    y[i] = z[known[i]];
    for (size_t j = 0; j <= i; ++j) {
      double x = correlation(known[i], known[j]);
      for (size_t k = 0; k < j; ++k) {
        x -= l[i][k] * l[j][k];
      }
      l[i][j] = i == j ? sqrt(x) : x / l[j][j];
    }
    for (size_t k = 0; k < i; ++k) {
      y[i] -= l[i][k] * y[k];
    }
    y[i] /= l[i][i];
    sum += y[i] * y[i];
  }
  return sum / (double)n;
}
