// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/sti.h>

#include <assert.h>
#include <math.h>
#include <stdbool.h>

static const double modulation_hz[FH_N_MODULATIONS] =
  {0.63, 0.8, 1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0, 10.0, 12.5};

// IEC 60268-16:2020, table A.1 (male): octave weights and redundancies
static const double alpha[FH_N_STI_BANDS] =
  {0.085, 0.127, 0.230, 0.233, 0.309, 0.224, 0.173};
static const double beta[FH_N_STI_BANDS - 1] =
  {0.085, 0.078, 0.065, 0.011, 0.047, 0.095};

// Table A.3: absolute reception threshold [dB SPL]
static const double threshold_db[FH_N_STI_BANDS] =
  {46.0, 27.0, 12.0, 6.5, 7.5, 8.0, 12.0};

// Male speech re its A-weighted level [dB]
static const double speech_db[FH_N_STI_BANDS] =
  {-2.5, 0.5, 0.0, -6.0, -12.0, -18.0, -24.0};

// Indices of the two STIPA modulation frequencies of each band
static const unsigned char stipa_index[FH_N_STI_BANDS][2] =
  {{4, 11}, {2, 9}, {0, 7}, {5, 12}, {3, 10}, {1, 8}, {6, 13}};

// Effective signal-to-noise ratios are kept to this range [dB]
static const double snr_limit_db = 15.0;

double
fh_sti_modulation_hz(const size_t i)
{
  assert(i < FH_N_MODULATIONS);
  return modulation_hz[i];
}

double
fh_sti_speech_db(const size_t k)
{
  assert(k < FH_N_STI_BANDS);
  return speech_db[k];
}

const char*
fh_sti_rating(const double sti)
{
  static const char* const names[] = {
    "U", "J", "I", "H", "G", "F", "E", "D", "C", "B", "A", "A+"};
  // Bands are 0.04 wide from 0.36 on
  const double band = floor((sti - 0.36) / 0.04 + 1e-9) + 1.0;
  return names[(size_t)fmin(fmax(band, 0.0), 11.0)];
}

double
fh_sti_masking_db(const double level_db)
{
  if (level_db < 63.0) {
    return 0.5 * level_db - 65.0;
  }
  if (level_db < 67.0) {
    return 1.8 * level_db - 146.9;
  }
  return level_db < 100.0 ? 0.5 * level_db - 59.8 : -10.0;
}

static double
power(const double level_db)
{
  return pow(10.0, 0.1 * level_db);
}

// What the m of each band are multiplied by
static void
level_factors(const double* const level_db,
              const double* const noise_db,
              double factor[FH_N_STI_BANDS])
{
  double below = 0.0; // Speech and noise of the next lower band
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    const double speech = power(level_db[k]);
    const double total = speech + (noise_db ? power(noise_db[k]) : 0.0);
    const double masking =
      below > 0.0 ? below * power(fh_sti_masking_db(10.0 * log10(below))) : 0.0;
    factor[k] = speech / (total + masking + power(threshold_db[k]));
    below = total;
  }
}

static double
transmission_index(const double m)
{
  if (!(m > 0.0)) {
    return 0.0;
  }
  if (m >= 1.0) {
    return 1.0;
  }
  const double snr_db = 10.0 * log10(m / (1.0 - m));
  return (fmin(fmax(snr_db, -snr_limit_db), snr_limit_db) + snr_limit_db) /
         (2.0 * snr_limit_db);
}

static bool
levels_are_good(const double* const level_db, const double* const noise_db)
{
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    if ((level_db && !isfinite(level_db[k])) ||
        (noise_db && !(noise_db[k] < INFINITY))) {
      return false;
    }
  }
  return level_db || !noise_db;
}

static FhStatus
index_of(const float m[FH_N_STI_BANDS][FH_N_MODULATIONS],
         const double* const level_db,
         const double* const noise_db,
         const bool stipa,
         FhSti* const out)
{
  if (!levels_are_good(level_db, noise_db)) {
    return FH_ERR_BAD_ARG;
  }
  double factor[FH_N_STI_BANDS] = {1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0};
  if (level_db) {
    level_factors(level_db, noise_db, factor);
  }
  FhSti got = {0};
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    double ti[FH_N_MODULATIONS];
    double sum = 0.0;
    for (size_t i = 0; i < FH_N_MODULATIONS; ++i) {
      const double value = (double)m[k][i];
      if (!(value >= 0.0) || !isfinite(value)) {
        return FH_ERR_BAD_ARG;
      }
      got.m[k][i] = fmin(value, 1.0) * factor[k];
      ti[i] = transmission_index(got.m[k][i]);
      sum += ti[i];
    }
    got.mti[k] = stipa ? 0.5 * (ti[stipa_index[k][0]] + ti[stipa_index[k][1]])
                       : sum / FH_N_MODULATIONS;
  }
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    got.sti += alpha[k] * got.mti[k];
    if (k + 1 < FH_N_STI_BANDS) {
      got.sti -= beta[k] * sqrt(got.mti[k] * got.mti[k + 1]);
    }
  }
  got.sti = fmin(fmax(got.sti, 0.0), 1.0);
  *out = got;
  return FH_OK;
}

FhStatus
fh_sti(const float m[FH_N_STI_BANDS][FH_N_MODULATIONS],
       const double level_db[FH_N_STI_BANDS],
       const double noise_db[FH_N_STI_BANDS],
       FhSti* const out)
{
  return index_of(m, level_db, noise_db, false, out);
}

FhStatus
fh_stipa(const float m[FH_N_STI_BANDS][FH_N_MODULATIONS],
         const double level_db[FH_N_STI_BANDS],
         const double noise_db[FH_N_STI_BANDS],
         FhSti* const out)
{
  return index_of(m, level_db, noise_db, true, out);
}

double
fh_alcons_percent(const double sti)
{
  return fmin(100.0, 170.5405 * exp(-5.419 * sti));
}
