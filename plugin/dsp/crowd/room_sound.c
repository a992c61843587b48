// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/crowd.h>
#include <fh/room_sound.h>
#include <fh/spectrum.h>

#include <math.h>
#include <string.h>

/// The measurement: part of the response that it keeps, from before the direct
/// sound on, and the length of its transform [s]
#define BEFORE_S    0.01
#define KEPT_S      1.4
#define TRANSFORM_S (262144.0 / 48000.0)
/// Its octave filters let in this much of the octaves below and above
#define FROM_BELOW 0.075
#define FROM_ABOVE 0.107
/// Bins of the energy over time [s]
#define BIN_S  0.005
#define N_BINS 282u

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

/// Energies of an octave in the bins of the measurement
static void
fill_bins(const FhProfile* const p,
          const size_t mic,
          const size_t band,
          const double excess,
          double out[N_BINS])
{
  const float* const h = fh_profile_mic(p, mic, 0) + band;
  const double begin_s = fh_profile_arrival_s(p, mic) - BEFORE_S;
  for (size_t i = 0; i < N_BINS; ++i) {
    const double lo_s = begin_s + (double)i * BIN_S;
    out[i] = energy_between(p, h, excess, lo_s, lo_s + BIN_S);
  }
  // What comes later is taken for noise, weakened by the window, and subtracted
  // all over
  double noise = 0.0;
  const double step_s = 0.02;
  for (double at = 0.25 * TRANSFORM_S; at < 0.75 * TRANSFORM_S; at += step_s) {
    const double share = window_share((at + 0.5 * step_s) / TRANSFORM_S);
    const double lo_s = begin_s + BEFORE_S + at;
    noise += share * share * energy_between(p, h, excess, lo_s, lo_s + step_s);
  }
  noise /= 0.5 * TRANSFORM_S;
  for (size_t i = 0; i < N_BINS; ++i) {
    const double share =
      window_share(fabs((double)i * BIN_S - BEFORE_S) / TRANSFORM_S);
    out[i] -= noise * BIN_S / (share * share);
  }
}

/// Decay and ratios of an octave
static void
read_bins(const double bins[N_BINS], const size_t band, FhRoomSound* const out)
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
    direct += after_s < FH_CROWD_DIRECT_S ? bins[i] : 0.0;
    early += after_s < FH_CROWD_LATE_S ? bins[i] : 0.0;
    late += after_s < FH_CROWD_LATE_S ? 0.0 : bins[i];
    energy[i] = fmaxf((float)bins[i], 0.0f);
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
  double bins[FH_N_OCTAVES][N_BINS];
  memset(out, 0, sizeof *out);
  fh_air_octaves(&profile->air, table);
  fh_air_octaves(air, now);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double excess = (now[b] - table[b]) * fh_air_speed_m_s(&profile->air);
    fill_bins(profile, mic, b, excess, bins[b]);
  }
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const size_t below = b > 0 ? b - 1 : b;
    const size_t above = b + 1 < FH_N_OCTAVES ? b + 1 : b;
    double mixed[N_BINS];
    for (size_t i = 0; i < N_BINS; ++i) {
      mixed[i] = (1.0 - FROM_BELOW - FROM_ABOVE) * bins[b][i] +
                 FROM_BELOW * bins[below][i] + FROM_ABOVE * bins[above][i];
    }
    read_bins(mixed, b, out);
  }
}
