// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"

#include <fh/auralize.h>
#include <fh/spectrum.h>

#include <complex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RATE_HZ 48000.0

/// A venue from text, simulated at its microphones
typedef struct {
  FhVenue venue;
  FhRun run;
} Case;

/*
  A box of 30 x 30 x 20 m about (0, 0, 10) with one kind of wall, one omni
  source at `at`, microphones at the middle and nearer to the walls.
*/
static Case*
case_new(const double absorption, const double at[3])
{
  static const char form[] =
    "fullhouse: 1\nname: Box\ngeometry:\n  faces:\n"
    "    - {material: W, points: "
    "[[-15,-15,0],[15,-15,0],[15,15,0],[-15,15,0]]}\n"
    "    - {material: W, points: "
    "[[-15,-15,20],[-15,15,20],[15,15,20],[15,-15,20]]}\n"
    "    - {material: W, points: "
    "[[-15,-15,0],[-15,15,0],[-15,15,20],[-15,-15,20]]}\n"
    "    - {material: W, points: "
    "[[15,-15,0],[15,-15,20],[15,15,20],[15,15,0]]}\n"
    "    - {material: W, points: "
    "[[-15,-15,0],[-15,-15,20],[15,-15,20],[15,-15,0]]}\n"
    "    - {material: W, points: "
    "[[-15,15,0],[15,15,0],[15,15,20],[-15,15,20]]}\n"
    "materials:\n  W: {absorption: [%g,%g,%g,%g,%g,%g,%g,%g], scattering: "
    "0.4}\n"
    "system:\n  loudspeakers:\n"
    "    - {name: S, model: omni, at: [%g,%g,%g]}\n"
    "microphones:\n"
    "  - {name: middle, at: [0,0,10]}\n"
    "  - {name: far, at: [11,-9,3]}\n";
  Case* const c = (Case*)calloc(1, sizeof(Case));
  assert_non_null(c);
  char path[] = "/tmp/fullhouse-auralize-XXXXXX";
  const int file = mkstemp(path);
  assert_true(file >= 0);
  FILE* const f = fdopen(file, "w");
  assert_non_null(f);
  const double a = absorption;
  fprintf(f, form, a, a, a, a, a, a, a, a, at[0], at[1], at[2]);
  assert_int_equal(fclose(f), 0);
  FhDiag* const diag = fh_diag_new();
  const FhStatus status = fh_venue_read(path, &c->venue, diag);
  for (size_t i = 0; i < fh_diag_size(diag); ++i) {
    print_message("%s\n", fh_diag_entry(diag, i)->text);
  }
  fh_diag_free(diag);
  (void)unlink(path);
  assert_int_equal(status, FH_OK);
  FhTraceDesc desc = fh_trace_desc_default();
  desc.seats = false;
  desc.n_rays = 4096;
  desc.n_threads = 1;
  desc.finite_faces = false;
  assert_int_equal(fh_run_compute(&c->venue, &desc, NULL, NULL, &c->run, NULL),
                   FH_OK);
  return c;
}

static void
case_free(Case* const c)
{
  fh_run_clear(&c->run);
  fh_venue_clear(&c->venue);
  free(c);
}

static FhAudio
listen(const Case* const c,
       const size_t microphone,
       const FhAuralFormat format,
       const double yaw_deg)
{
  const FhAuralDesc desc = {
    .format = format, .yaw_deg = yaw_deg, .emitter = SIZE_MAX};
  FhAudio out;
  assert_int_equal(
    fh_aural_response(&c->run, microphone, &desc, NULL, NULL, &out, NULL),
    FH_OK);
  assert_int_equal(out.n_channels, fh_aural_channels(format));
  return out;
}

/// Level of a channel per octave for pink noise with 1 in each [dB]
static void
octave_levels(const FhAudio* const x, const size_t channel, double out[8])
{
  const size_t n = fh_fft_size(x->n_frames);
  double* const signal = (double*)calloc(n, sizeof(double));
  double complex* const spectrum =
    (double complex*)calloc(n / 2 + 1, sizeof(double complex));
  FhFft* fft = NULL;
  assert_int_equal(fh_fft_new(n, &fft), FH_OK);
  fh_audio_channel(x, channel, signal);
  fh_fft_forward(fft, signal, spectrum);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double sum = 0.0;
    double weight = 0.0;
    for (size_t k = 1; k <= n / 2; ++k) {
      const double hz = (double)k * x->rate_hz / (double)n;
      if (fabs(log10(hz / fh_octave_hz(b))) <= 0.15) {
        sum += creal(spectrum[k] * conj(spectrum[k])) / hz;
        weight += 1.0 / hz;
      }
    }
    out[b] = 10.0 * log10(sum / weight / FH_P2_REF);
  }
  fh_fft_free(fft);
  free(signal);
  free(spectrum);
}

/// Energy of a channel from `from_s` to `to_s`
static double
energy(const FhAudio* const x, size_t channel, double from_s, double to_s)
{
  double sum = 0.0;
  for (size_t i = (size_t)(from_s * x->rate_hz);
       i < x->n_frames && (double)i < to_s * x->rate_hz;
       ++i) {
    const double p = (double)x->data[i * x->n_channels + channel];
    sum += p * p;
  }
  return sum;
}

// Two places differ in the sound as they do in the simulation. A tenth of a
// decibel is what the windows of the last correction leave
static void
test_level_of_places(void** state)
{
  (void)state;
  static const double at[3] = {-8.0, 6.0, 5.0};
  static const FhAuralFormat formats[2] = {FH_AURAL_MONO, FH_AURAL_B_FORMAT};
  Case* const c = case_new(0.4, at);
  for (size_t f = 0; f < 2; ++f) {
    for (size_t m = 0; m < 2; ++m) {
      FhAudio x = listen(c, m, formats[f], 0.0);
      double level[8];
      octave_levels(&x, 0, level);
      for (size_t b = 0; b < 8; ++b) {
        CHECK_NEAR(level[b], c->run.system[m].spl_db.at[b], f ? 0.3 : 0.1);
      }
      fh_audio_clear(&x);
    }
  }
  // Both ears together, in the bands by which they are scaled
  double mean[2];
  for (size_t m = 0; m < 2; ++m) {
    FhAudio x = listen(c, m, FH_AURAL_BINAURAL, 30.0);
    double left[8];
    double right[8];
    octave_levels(&x, 0, left);
    octave_levels(&x, 1, right);
    mean[m] = 0.0;
    for (size_t b = 2; b < 5; ++b) {
      mean[m] +=
        10.0 *
          log10(0.5 * (pow(10.0, 0.1 * left[b]) + pow(10.0, 0.1 * right[b]))) -
        c->run.system[m].spl_db.at[b];
    }
    // The direct sound comes from one direction: a decibel or two of its own
    CHECK_NEAR(mean[m] / 3.0, 0.0, 1.5);
    fh_audio_clear(&x);
  }
  case_free(c);
}

// The length is that of the reverberation: Eyring gives 1.35 s
static void
test_length_and_decay(void** state)
{
  (void)state;
  static const double at[3] = {-8.0, 6.0, 5.0};
  Case* const c = case_new(0.4, at);
  FhAudio w = listen(c, 0, FH_AURAL_B_FORMAT, 0.0);
  FhAudio mono = listen(c, 0, FH_AURAL_MONO, 0.0);
  assert_true((double)w.n_frames > 1.0 * RATE_HZ);
  // Late: W as in mono, and a diffuse field has a third of it in X, Y and Z
  const double all = energy(&w, 0, 0.2, 0.9);
  CHECK_NEAR(10.0 * log10(all / energy(&mono, 0, 0.2, 0.9)), 0.0, 0.2);
  double vector = 0.0;
  for (size_t k = 1; k < 4; ++k) {
    const double share = energy(&w, k, 0.2, 0.9) / all;
    vector += share;
    CHECK_NEAR(share, 1.0 / 3.0, 0.12);
  }
  CHECK_NEAR(vector, 1.0, 0.1);
  fh_audio_clear(&w);
  fh_audio_clear(&mono);
  case_free(c);
}

// In a room that reflects nothing the channels are those of a plane wave
static void
test_direction_in_b_format(void** state)
{
  (void)state;
  static const double degree = 0.017453292519943295;
  // From the listener: 50 degrees to the left, 20 up, 8 m away
  const double azimuth = 50.0 * degree;
  const double up = 20.0 * degree;
  const double at[3] = {-8.0 * cos(up) * sin(azimuth),
                        8.0 * cos(up) * cos(azimuth),
                        10.0 + 8.0 * sin(up)};
  Case* const c = case_new(1.0, at);
  for (size_t turn = 0; turn < 2; ++turn) {
    const double yaw_deg = turn ? 70.0 : 0.0;
    FhAudio x = listen(c, 0, FH_AURAL_B_FORMAT, yaw_deg);
    double flow[4] = {0.0};
    for (size_t i = 0; i < x.n_frames; ++i) {
      for (size_t k = 0; k < 4; ++k) {
        flow[k] += (double)x.data[4 * i] * (double)x.data[4 * i + k];
      }
    }
    const double a = azimuth - yaw_deg * degree;
    CHECK_NEAR(flow[1] / flow[0], cos(up) * sin(a), 0.005);
    CHECK_NEAR(flow[2] / flow[0], sin(up), 0.005);
    CHECK_NEAR(flow[3] / flow[0], cos(up) * cos(a), 0.005);
    fh_audio_clear(&x);
  }
  CHECK_NEAR(fh_aural_yaw_to_sound(&c->run, 0), 50.0, 0.01);
  case_free(c);
}

/// Lag of the right ear behind the left by their correlation [s]
static double
lag_of(const FhAudio* const x)
{
  double most = -INFINITY;
  long at = 0;
  for (long lag = -60; lag <= 60; ++lag) {
    double sum = 0.0;
    for (long i = 60; i + 60 < (long)x->n_frames; ++i) {
      sum += (double)x->data[2 * i] * (double)x->data[2 * (i + lag) + 1];
    }
    if (sum > most) {
      most = sum;
      at = lag;
    }
  }
  return (double)at / RATE_HZ;
}

// A source to the left: earlier and louder there; the other way round mirrored
static void
test_ears_hear_the_side(void** state)
{
  (void)state;
  static const double at[3] = {-9.0, 0.0, 10.0};
  Case* const c = case_new(1.0, at);
  static const double yaw_deg[3] = {0.0, 180.0, 90.0};
  double lag_s[3];
  double ild_db[3];
  for (size_t i = 0; i < 3; ++i) {
    FhAudio x = listen(c, 0, FH_AURAL_BINAURAL, yaw_deg[i]);
    double left[8];
    double right[8];
    octave_levels(&x, 0, left);
    octave_levels(&x, 1, right);
    lag_s[i] = lag_of(&x);
    ild_db[i] = left[7] - right[7];
    fh_audio_clear(&x);
  }
  // A head of 8.75 cm delays by 0.66 ms (Woodworth); at 8 kHz, past the bright
  // spot behind it, its shadow is 10 dB and more
  CHECK_NEAR(lag_s[0], 0.66e-3, 0.15e-3);
  CHECK_NEAR(lag_s[1], -0.66e-3, 0.15e-3);
  CHECK_NEAR(lag_s[2], 0.0, 0.05e-3);
  assert_true(ild_db[0] > 10.0);
  assert_true(ild_db[1] < -10.0);
  CHECK_NEAR(ild_db[2], 0.0, 2.0);
  case_free(c);
}

// A pulse of 1 Pa: what is heard is the drive, whatever the file's level
static void
test_play(void** state)
{
  (void)state;
  FhAudio pulse;
  FhAudio dry;
  FhAudio out;
  assert_int_equal(fh_audio_init(10, 1, RATE_HZ, &pulse), FH_OK);
  assert_int_equal(fh_audio_init(48000, 2, RATE_HZ, &dry), FH_OK);
  pulse.data[3] = 1.0f;
  for (size_t i = 0; i < dry.n_frames; ++i) {
    dry.data[2 * i] = 0.01f * sinf(0.1309f * (float)i);
  }
  assert_int_equal(fh_aural_play(&pulse, &dry, &out), FH_OK);
  assert_int_equal(out.n_frames, 48009);
  CHECK_NEAR(energy(&out, 0, 0.0, 2.0) / 48000.0, 8.0, 0.02);
  CHECK_NEAR(out.data[2], 0.0, 1e-5);
  fh_audio_clear(&out);
  memset(dry.data, 0, dry.n_frames * 2 * sizeof(float));
  assert_int_equal(fh_aural_play(&pulse, &dry, &out), FH_ERR_NO_SIGNAL);
  dry.rate_hz = 44100.0;
  assert_int_equal(fh_aural_play(&pulse, &dry, &out), FH_ERR_BAD_ARG);
  fh_audio_clear(&pulse);
  fh_audio_clear(&dry);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_level_of_places),
    cmocka_unit_test(test_length_and_decay),
    cmocka_unit_test(test_direction_in_b_format),
    cmocka_unit_test(test_ears_hear_the_side),
    cmocka_unit_test(test_play),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
