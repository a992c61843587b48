// SPDX-License-Identifier: GPL-3.0-or-later
#include "stage.h"

#include "generate.h"

#include <fh/spectrum.h>

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Frames before the direct sound that its band filters need
#define PULSE_FRAMES 4096u

struct StageImpl {
  const FhProfile* profile;
  size_t mic;
  float* noise[FH_N_OCTAVES]; ///< [STAGE_FRAMES] mean square 1; owned
  float* pulse[FH_N_OCTAVES]; ///< [PULSE_FRAMES] energy 1, centred; owned
  double scale;
};

/// Power share of an octave at a frequency: halves overlap and add up to 1
static double
band_share(const size_t band, const double hz)
{
  const double octaves = log2(fmax(hz, 1.0) / fh_octave_hz(band));
  const double x = fabs(octaves);
  if ((band == 0 && octaves < 0.0 && octaves > -0.5) ||
      (band + 1 == FH_N_OCTAVES && octaves > 0.0 && octaves < 0.5)) {
    return 1.0;
  }
  return x < 1.0 ? pow(cos(0.5 * FH_PI * x), 2.0) : 0.0;
}

/// Filter `n` frames by an octave, by its amplitude
static FhStatus
filter_band(const size_t band, const size_t n, const float* in, float* out)
{
  FhFftFloat* fft = NULL;
  float complex* const spectrum =
    (float complex*)calloc(n / 2 + 1, sizeof(float complex));
  FhStatus status = spectrum ? fh_fft_float_new(n, &fft) : FH_ERR_NO_MEM;
  if (!status) {
    fh_fft_float_forward(fft, in, spectrum);
    for (size_t i = 0; i <= n / 2; ++i) {
      const double hz = (double)i * STAGE_RATE_HZ / (double)n;
      spectrum[i] *= (float)sqrt(band_share(band, hz));
    }
    fh_fft_float_inverse(fft, spectrum, out);
  }
  fh_fft_float_free(fft);
  free(spectrum);
  return status;
}

static void
scale_to(float* const x, const size_t n, const double energy)
{
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    sum += (double)x[i] * (double)x[i];
  }
  const float f = (float)sqrt(energy / fmax(sum, 1e-30));
  for (size_t i = 0; i < n; ++i) {
    x[i] *= f;
  }
}

FhStatus
stage_new(const FhProfile* const profile,
          const size_t mic,
          const uint64_t seed,
          Stage** const out)
{
  *out = NULL;
  Stage* const s = (Stage*)calloc(1, sizeof(Stage));
  float* const white = (float*)calloc(STAGE_FRAMES, sizeof(float));
  FhStatus status = s && white ? FH_OK : FH_ERR_NO_MEM;
  CrowdRandom random = crowd_random(seed, 11, mic);
  for (size_t i = 0; i < STAGE_FRAMES && !status; ++i) {
    white[i] = (float)crowd_normal(&random);
  }
  float click[PULSE_FRAMES] = {0.0f};
  click[PULSE_FRAMES / 2] = 1.0f;
  for (size_t b = 0; b < FH_N_OCTAVES && !status; ++b) {
    s->noise[b] = (float*)calloc(STAGE_FRAMES, sizeof(float));
    s->pulse[b] = (float*)calloc(PULSE_FRAMES, sizeof(float));
    status = s->noise[b] && s->pulse[b] ? FH_OK : FH_ERR_NO_MEM;
    status = status ? status : filter_band(b, STAGE_FRAMES, white, s->noise[b]);
    status = status ? status : filter_band(b, PULSE_FRAMES, click, s->pulse[b]);
    if (!status) {
      scale_to(s->noise[b], STAGE_FRAMES, (double)STAGE_FRAMES);
      scale_to(s->pulse[b], PULSE_FRAMES, 1.0);
    }
  }
  free(white);
  if (status) {
    stage_free(s);
    return status;
  }
  s->profile = profile;
  s->mic = mic;
  const float* const empty = fh_profile_mic(profile, mic, 0);
  double total = 0.0;
  for (size_t i = 0; i < profile->n_bins * FH_N_OCTAVES; ++i) {
    total += (double)empty[i];
  }
  s->scale = (double)FH_N_OCTAVES / total;
  *out = s;
  return FH_OK;
}

void
stage_free(Stage* const stage)
{
  if (stage) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      free(stage->noise[b]);
      free(stage->pulse[b]);
    }
    free(stage);
  }
}

/// A frame that only asks for tables at an air
static FhCrowdObservation
plain_frame(const FhAir* const air0, const FhAir* const air, const size_t mic)
{
  FhCrowdObservation frame;
  memset(&frame, 0, sizeof frame);
  frame.air0 = *air0;
  frame.air = *air;
  frame.mic = mic;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    frame.direct_ratio_db[b] = NAN;
  }
  return frame;
}

static void
theta_of(const StageState* const state, double theta[CROWD_N_THETA])
{
  memset(theta, 0, CROWD_N_THETA * sizeof *theta);
  theta[THETA_OCCUPANCY] = state->occupancy;
  theta[THETA_LOG_CLOTHING] = log(state->clothing);
  theta[THETA_TILT] = state->tilt;
}

void
stage_change_db(const Stage* const stage,
                const FhAir* const air0,
                const StageState* const state,
                float change_db[FH_N_OCTAVES])
{
  const FhCrowdObservation frame = plain_frame(air0, &state->air, stage->mic);
  CrowdField field;
  CrowdState changes;
  double theta[CROWD_N_THETA];
  theta_of(state, theta);
  crowd_field(stage->profile, &frame, &field);
  crowd_state(&field, theta, &changes);
  memcpy(change_db, changes.total_db, sizeof changes.total_db);
}

/// Energies per bin of one octave, between the states of the profile
static void
blend(const Stage* const stage,
      const CrowdField* const field,
      const double theta[CROWD_N_THETA],
      const size_t b,
      const double excess,
      double* const out)
{
  const FhProfile* const p = stage->profile;
  // The tables are of a system that plays pink noise: as much in each octave
  const double scale =
    stage->scale * 0.7071 * fh_octave_hz(b) / (0.5 * STAGE_RATE_HZ);
  CrowdState changes;
  crowd_state(field, theta, &changes);
  const double x = field->full_m2[b] > 0.01f * field->empty_m2[b]
                     ? (double)(changes.added_m2[b] / field->full_m2[b])
                     : theta[THETA_OCCUPANCY];
  // Beyond the full venue on from empty to full, as crowd_state() does
  size_t from = 0;
  size_t to = CROWD_N_STATES - 1;
  if (x < (double)field->node[to][b]) {
    to = 1;
    while (x > (double)field->node[to][b]) {
      ++to;
    }
    from = to - 1;
  }
  const double low = (double)field->node[from][b];
  const double f = (x - low) / ((double)field->node[to][b] - low);
  const float* const h0 = fh_profile_mic(p, stage->mic, from) + b;
  const float* const h1 = fh_profile_mic(p, stage->mic, to) + b;
  for (size_t i = 0; i < p->n_bins; ++i) {
    const double e0 = (double)h0[i * FH_N_OCTAVES];
    const double e1 = (double)h1[i * FH_N_OCTAVES];
    const double t = 0.5 * ((double)p->edge_s[i] + (double)p->edge_s[i + 1]);
    const double e =
      e0 > 0.0 && e1 > 0.0 ? exp((1.0 - f) * log(e0) + f * log(e1)) : 0.0;
    out[i] = e * exp(-excess * t) * scale;
  }
}

void
stage_response(Stage* const stage,
               const StageState* const state,
               float* const response)
{
  const FhProfile* const p = stage->profile;
  memset(response, 0, STAGE_FRAMES * sizeof *response);
  const FhCrowdObservation frame = plain_frame(&p->air, &p->air, stage->mic);
  CrowdField field;
  double theta[CROWD_N_THETA];
  double table[FH_N_OCTAVES];
  double now[FH_N_OCTAVES];
  theta_of(state, theta);
  crowd_field(p, &frame, &field);
  fh_air_octaves(&p->air, table);
  fh_air_octaves(&state->air, now);
  const double speed = fh_air_speed_m_s(&p->air);
  const double direct_s = (double)p->mic_direct_s[stage->mic];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double energy[FH_PROFILE_MAX_BINS];
    blend(stage, &field, theta, b, (now[b] - table[b]) * speed, energy);
    for (size_t i = 0; i < p->n_bins; ++i) {
      const double lo = (double)p->edge_s[i] * STAGE_RATE_HZ;
      const double hi = (double)p->edge_s[i + 1] * STAGE_RATE_HZ;
      if (direct_s >= (double)p->edge_s[i] &&
          direct_s < (double)p->edge_s[i + 1]) {
        // The bin of the direct sound is one pulse
        const size_t at = (size_t)(direct_s * STAGE_RATE_HZ);
        const float gain = (float)sqrt(energy[i]);
        for (size_t k = 0; k < PULSE_FRAMES; ++k) {
          const size_t to = at + k;
          if (to >= PULSE_FRAMES / 2 && to - PULSE_FRAMES / 2 < STAGE_FRAMES) {
            response[to - PULSE_FRAMES / 2] += gain * stage->pulse[b][k];
          }
        }
        continue;
      }
      const float gain = (float)sqrt(energy[i] / (hi - lo));
      const size_t end = (size_t)fmin(hi, (double)STAGE_FRAMES);
      for (size_t k = (size_t)lo; k < end; ++k) {
        response[k] += gain * stage->noise[b][k];
      }
    }
  }
}
