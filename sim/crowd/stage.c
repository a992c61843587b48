// SPDX-License-Identifier: GPL-3.0-or-later
#include "stage.h"

#include "generate.h"

#include <fh/spectrum.h>

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Length of the direct sound, for its band filters to ring
#define PULSE_FRAMES 8192u
/// Share of the field at the microphone that an audience makes anew: some for
/// any, all for a third of a house, as in the examples to learn from
#define LEAST_NEW 0.1
#define NEW_FIELD 3.0

struct StageImpl {
  const FhProfile* profile;
  size_t mic;
  /// [STAGE_FRAMES] of the empty venue and of one full of people; all add up to
  /// white; owned
  float* noise[2][FH_N_THIRDS];
  float* pulse[FH_N_THIRDS]; ///< [PULSE_FRAMES] all add up to a click; owned
  double scale;
  double energy[FH_N_OCTAVES][FH_PROFILE_MAX_BINS]; ///< Scratch
};

/// Amplitude of a third octave at a frequency: they overlap and add up to 1
static double
band_share(const size_t band, const double hz)
{
  const double thirds = 10.0 * log10(fmax(hz, 1.0) / fh_third_hz(band));
  const double x = fabs(thirds);
  if ((band == 0 && thirds < 0.0 && thirds > -0.5) ||
      (band + 1 == FH_N_THIRDS && thirds > 0.0 && thirds < 0.5)) {
    return 1.0;
  }
  return x < 1.0 ? pow(cos(0.5 * FH_PI * x), 2.0) : 0.0;
}

/// Filter `n` frames by each third octave
static FhStatus
filter_bands(const size_t n, const float* const in, float* out[FH_N_THIRDS])
{
  FhFftFloat* fft = NULL;
  float complex* const spectrum =
    (float complex*)calloc(n / 2 + 1, sizeof(float complex));
  float complex* const part =
    (float complex*)calloc(n / 2 + 1, sizeof(float complex));
  FhStatus status =
    spectrum && part ? fh_fft_float_new(n, &fft) : FH_ERR_NO_MEM;
  if (!status) {
    fh_fft_float_forward(fft, in, spectrum);
  }
  for (size_t k = 0; k < FH_N_THIRDS && !status; ++k) {
    out[k] = (float*)calloc(n, sizeof(float));
    status = out[k] ? FH_OK : FH_ERR_NO_MEM;
    for (size_t i = 0; i <= n / 2; ++i) {
      const double hz = (double)i * STAGE_RATE_HZ / (double)n;
      part[i] = spectrum[i] * (float)band_share(k, hz);
    }
    if (!status) {
      fh_fft_float_inverse(fft, part, out[k]);
    }
  }
  fh_fft_float_free(fft);
  free(spectrum);
  free(part);
  return status;
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
  for (size_t n = 0; n < 2 && !status; ++n) {
    for (size_t i = 0; i < STAGE_FRAMES; ++i) {
      white[i] = (float)crowd_normal(&random);
    }
    status = filter_bands(STAGE_FRAMES, white, s->noise[n]);
  }
  float click[PULSE_FRAMES] = {0.0f};
  click[PULSE_FRAMES / 2] = 1.0f;
  status = status ? status : filter_bands(PULSE_FRAMES, click, s->pulse);
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
    for (size_t k = 0; k < FH_N_THIRDS; ++k) {
      free(stage->noise[0][k]);
      free(stage->noise[1][k]);
      free(stage->pulse[k]);
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
                float total_db[FH_N_OCTAVES],
                float early_db[FH_N_OCTAVES])
{
  const FhCrowdObservation frame = plain_frame(air0, &state->air, stage->mic);
  CrowdField field;
  CrowdState changes;
  double theta[CROWD_N_THETA];
  theta_of(state, theta);
  crowd_field(stage->profile, &frame, &field);
  crowd_state(&field, theta, &changes);
  memcpy(total_db, changes.total_db, sizeof changes.total_db);
  memcpy(early_db, changes.early_db, sizeof changes.early_db);
}

/// Energies per bin of one octave, between the states of the profile; the
/// tables are of a system that plays pink noise, as much in each octave
static void
blend(const Stage* const stage,
      const CrowdField* const field,
      const double theta[CROWD_N_THETA],
      const size_t b,
      const double excess,
      double* const out)
{
  const FhProfile* const p = stage->profile;
  CrowdState changes;
  crowd_state(field, theta, &changes);
  const double x = field->full_m2[b] > 0.01f * field->empty_m2[b]
                     ? (double)(changes.added_m2[b] / field->full_m2[b])
                     : theta[THETA_OCCUPANCY];
  // Beyond the full venue on from empty to full: from three quarters on, the
  // noise of single bins would grow with it
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
    out[i] = e * exp(-excess * t) * stage->scale;
  }
}

/// Amplitudes of one bin: decay rates between midbands lie between theirs
static void
third_gains(const Stage* const stage,
            const StageState* const state,
            const size_t bin,
            float gain[FH_N_THIRDS])
{
  float octave_db[FH_N_OCTAVES];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double mic_db =
      state->mic_gain_db + state->mic_tilt_db * ((double)b - 4.0) / 2.0;
    octave_db[b] =
      (float)(mic_db + 10.0 * log10(fmax(stage->energy[b][bin], 1e-20)));
  }
  fh_octave_means_to_thirds(octave_db, gain);
  for (size_t k = 0; k < FH_N_THIRDS; ++k) {
    gain[k] = (float)pow(10.0, 0.05 * (double)gain[k]);
  }
}

/// The direct sound is one pulse
static void
add_pulse(const Stage* const stage,
          const size_t at,
          const float gain[FH_N_THIRDS],
          float* const response)
{
  for (size_t i = 0; i < PULSE_FRAMES; ++i) {
    const size_t to = at + i;
    if (to < PULSE_FRAMES / 2 || to - PULSE_FRAMES / 2 >= STAGE_FRAMES) {
      continue;
    }
    for (size_t k = 0; k < FH_N_THIRDS; ++k) {
      response[to - PULSE_FRAMES / 2] += gain[k] * stage->pulse[k][i];
    }
  }
}

/// All else is noise
static void
add_noise(const Stage* const stage,
          const size_t bin,
          const float gain[FH_N_THIRDS],
          const double new_share,
          float* const response)
{
  const FhProfile* const p = stage->profile;
  const double lo = (double)p->edge_s[bin] * STAGE_RATE_HZ;
  const double hi = (double)p->edge_s[bin + 1] * STAGE_RATE_HZ;
  const float old = (float)sqrt((1.0 - new_share) / (hi - lo));
  const float new = (float)sqrt(new_share / (hi - lo));
  const size_t end = (size_t)fmin(hi, (double)STAGE_FRAMES);
  for (size_t i = (size_t)lo; i < end; ++i) {
    float sum = 0.0f;
    for (size_t k = 0; k < FH_N_THIRDS; ++k) {
      sum +=
        gain[k] * (old * stage->noise[0][k][i] + new * stage->noise[1][k][i]);
    }
    response[i] += sum;
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
  const double direct_s = fh_profile_arrival_s(p, stage->mic);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    blend(
      stage, &field, theta, b, (now[b] - table[b]) * speed, stage->energy[b]);
  }
  const double occupancy = fmax(state->occupancy, 0.0);
  const double new_share =
    occupancy > 0.0 ? fmin(LEAST_NEW + NEW_FIELD * occupancy, 1.0) : 0.0;
  for (size_t i = 0; i < p->n_bins; ++i) {
    float gain[FH_N_THIRDS];
    third_gains(stage, state, i, gain);
    if (direct_s >= (double)p->edge_s[i] &&
        direct_s < (double)p->edge_s[i + 1]) {
      add_pulse(stage, (size_t)(direct_s * STAGE_RATE_HZ), gain, response);
    } else {
      // What comes with the direct sound has not met the audience
      const bool is_direct =
        (double)p->edge_s[i] < direct_s + FH_CROWD_DIRECT_S;
      add_noise(stage, i, gain, is_direct ? 0.0 : new_share, response);
    }
  }
}
