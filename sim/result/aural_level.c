// SPDX-License-Identifier: GPL-3.0-or-later
#include "aural_job.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Gain of a line of the spectrum from those of the bank
static double
gain_at(const AuralJob* const job,
        const double gain[BANK_N_BANDS],
        const size_t k)
{
  double g = 0.0;
  for (size_t b = 0; b < BANK_N_BANDS; ++b) {
    g += gain[b] * (double)job->weight[b][k];
  }
  return g;
}

// Mean of |g H|^2 over an octave's log frequency, of the spectrum at hand
static double
octave_power(const AuralJob* const job,
             const size_t octave,
             const double gain[BANK_N_BANDS])
{
  const double step = AURAL_RATE_HZ / (double)job->n_fft;
  const double edge = pow(10.0, 0.15);
  double sum = 0.0;
  double weight = 0.0;
  for (size_t k = (size_t)ceil(fh_octave_hz(octave) / edge / step);
       (double)k * step < fh_octave_hz(octave) * edge;
       ++k) {
    const double hz = (double)k * step;
    const double complex h = job->spectrum[k] * gain_at(job, gain, k);
    sum += creal(h * conj(h)) / hz;
    weight += 1.0 / hz;
  }
  return weight > 0.0 ? sum / weight : 0.0;
}

// Gains of the bank that bring a pressure to the levels of the simulation
void
aural_level_gains(const AuralJob* const job,
                  const double* const pressure,
                  double gain[BANK_N_BANDS])
{
  static const double most = 4.0; // 12 dB
  const FhRun* const run = job->run;
  const FhMicrophoneMetrics* const m =
    job->desc->emitter == SIZE_MAX
      ? &run->system[job->microphone]
      : &run->pairs[job->desc->emitter * run->scene.n_microphones +
                    job->microphone];
  memset(job->work[0], 0, job->n_fft * sizeof(double));
  memcpy(job->work[0], pressure, job->n_frames * sizeof(double));
  fh_fft_forward(job->fft, job->work[0], job->spectrum);
  for (size_t b = 0; b < BANK_N_BANDS; ++b) {
    gain[b] = 1.0;
  }
  // Bands overlap at their edges: a few rounds settle that
  for (int pass = 0; pass < 4; ++pass) {
    double step[FH_N_OCTAVES];
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      const double is = octave_power(job, b, gain);
      const double g = sqrt(FH_P2_REF * pow(10.0, 0.1 * m->spl_db.at[b]) / is);
      step[b] = isfinite(g) ? g : 1.0;
    }
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      gain[b] = fmin(fmax(gain[b] * step[b], 1.0 / most), most);
    }
    gain[FH_N_OCTAVES] = gain[FH_N_OCTAVES - 1];
  }
}

// In place: a signal [n_frames] with the gains of the bank
void
aural_apply_gains(const AuralJob* const job,
                  const double gain[BANK_N_BANDS],
                  double* const signal)
{
  memset(job->work[0], 0, job->n_fft * sizeof(double));
  memcpy(job->work[0], signal, job->n_frames * sizeof(double));
  fh_fft_forward(job->fft, job->work[0], job->spectrum);
  for (size_t k = 0; k <= job->n_fft / 2; ++k) {
    job->spectrum[k] *= gain_at(job, gain, k);
  }
  fh_fft_inverse(job->fft, job->spectrum, job->work[0]);
  memcpy(signal, job->work[0], job->n_frames * sizeof(double));
}

// What band `band` of the bank leaves of a signal, into `out` [n_fft]
static void
filter_band(const AuralJob* const job,
            const size_t band,
            const double* const signal,
            double* const out)
{
  memset(out, 0, job->n_fft * sizeof(double));
  memcpy(out, signal, job->n_frames * sizeof(double));
  fh_fft_forward(job->fft, out, job->spectrum);
  for (size_t k = 0; k <= job->n_fft / 2; ++k) {
    job->spectrum[k] *= (double)job->weight[band][k];
  }
  fh_fft_inverse(job->fft, job->spectrum, out);
}

// Gain over time that brings `is` to the energies of `should`, window by window
static FhStatus
follow(const AuralJob* const job,
       const size_t band,
       const double* const should,
       double* const is,
       double* const gain)
{
  const double window_s = fmax(0.02, 3.0 / (0.7 * bank_hz(band)));
  const size_t window = (size_t)(window_s * AURAL_RATE_HZ);
  const size_t n = job->n_frames / window + 2;
  double* const step = (double*)calloc(n, sizeof(double));
  if (!step) {
    return FH_ERR_NO_MEM;
  }
  for (int pass = 0; pass < 3; ++pass) {
    for (size_t w = 0; w < n; ++w) {
      double own = 0.0;
      double wanted = 0.0;
      for (size_t i = w * window; i < (w + 1) * window && i < job->n_frames;
           ++i) {
        own += is[i] * is[i];
        wanted += should[i] * should[i];
      }
      const double g = own > 0.0 ? sqrt(wanted / own) : 1.0;
      step[w] = fmin(fmax(g, 0.5), 2.0);
    }
    for (size_t i = 0; i < job->n_frames; ++i) {
      const double p = fmax(((double)i + 0.5) / (double)window - 0.5, 0.0);
      const size_t w = (size_t)p < n - 1 ? (size_t)p : n - 2;
      const double x = fmin(p - (double)w, 1.0);
      const double g = (1.0 - x) * step[w] + x * step[w + 1];
      is[i] *= g;
      gain[i] = pass ? gain[i] * g : g;
    }
  }
  free(step);
  return FH_OK;
}

// Add `gain` times what band `band` leaves of a channel to its sum
static void
add_band(const AuralJob* const job,
         const size_t band,
         const double* const gain,
         const double* const channel,
         double* const sum)
{
  filter_band(job, band, channel, job->work[0]);
  for (size_t i = 0; i < job->n_frames; ++i) {
    sum[i] += gain[i] * job->work[0][i];
  }
}

// Bring all channels to the response in mono
FhStatus
aural_match_mono(AuralJob* const job)
{
  const size_t n = job->n_frames;
  const size_t n_all = job->n_channels + 1;
  double* const gain = (double*)calloc(n, sizeof(double));
  double* const sum = (double*)calloc(n * n_all, sizeof(double));
  FhStatus status = gain && sum ? FH_OK : FH_ERR_NO_MEM;
  for (size_t b = 0; b < BANK_N_BANDS && !status; ++b) {
    filter_band(job, b, job->mono, job->work[0]);
    filter_band(job, b, job->omni, job->work[1]);
    status = follow(job, b, job->work[0], job->work[1], gain);
    for (size_t c = 0; c < n_all && !status; ++c) {
      add_band(job,
               b,
               gain,
               c < job->n_channels ? job->channel[c] : job->omni,
               sum + c * n);
    }
  }
  if (!status) {
    double level[BANK_N_BANDS];
    aural_level_gains(job, sum + job->n_channels * n, level);
    for (size_t c = 0; c < job->n_channels; ++c) {
      memcpy(job->channel[c], sum + c * n, n * sizeof(double));
      aural_apply_gains(job, level, job->channel[c]);
    }
  }
  free(gain);
  free(sum);
  return status;
}
