// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "crowd_room.h"

#include <fh/live.h>
#include <fh/rehearse.h>
#include <fh/spectrum.h>

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// @param heard How much more of the crowd the microphone hears than the seats
static void
rehearse(const FhScenario* const scenario,
         const double heard,
         FhRehearsal* const out)
{
  FhProfile* const profile = room_profile();
  const size_t n = ROOM_BINS * FH_N_OCTAVES;
  for (size_t s = 0; s < FH_PROFILE_STATES; ++s) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      room_energy(heard * (double)profile->occupancy[s] * room_crowd_m2[b],
                  b,
                  ROOM_MIC_M,
                  &profile->air,
                  4.0,
                  profile->mic_energy + s * n);
    }
  }
  assert_int_equal(
    fh_rehearse(profile, profile, NULL, scenario, NULL, 1, NULL, NULL, out),
    FH_OK);
  fh_profile_free(profile);
}

/// @param[out] out To be cleared where `status` is #FH_OK
static void
read_scenario(const char* const text,
              FhScenario* const out,
              FhStatus* const status,
              size_t* const n_errors)
{
  char path[] = "/tmp/fh-scenario-XXXXXX";
  const int file = mkstemp(path);
  assert_true(file >= 0);
  assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
  close(file);
  FhDiag* const diag = fh_diag_new();
  *status = fh_scenario_read(path, out, diag);
  *n_errors = fh_diag_count(diag, FH_DIAG_ERROR);
  fh_diag_free(diag);
  unlink(path);
}

static void
set_occupancy(FhScenario* const s, const double value)
{
  static const double minutes[2] = {0.0, 3.0};
  free(s->occupancy);
  s->occupancy = (FhScenarioPoint*)calloc(2, sizeof *s->occupancy);
  s->n_occupancy = 2;
  for (size_t i = 0; i < 2; ++i) {
    s->occupancy[i].minute = minutes[i];
    s->occupancy[i].value = i ? value : 0.0;
  }
}

// A crowd of nominal clothing comes in 3 minutes; 12 minutes tell it within the
// 90 % interval of a fit that does not know the clothing (sd 0.1)
static void
test_rehearsal_follows_the_crowd(void** state)
{
  (void)state;
  FhScenario s;
  assert_int_equal(fh_scenario_default(&s), FH_OK);
  s.minutes = 12.0;
  s.clothing = 1.0;
  s.tilt = 0.0;
  set_occupancy(&s, 0.8);
  FhRehearsal r;
  rehearse(&s, 1.0, &r);
  assert_int_equal(r.n_minutes, 13);
  assert_string_equal(r.verdict, "Good");
  const FhRehearsalMinute* const last = &r.minutes[12];
  CHECK_NEAR(last->occupancy_estimate, 0.8, 0.2);
  print_message("untouched %.2f, ours %.2f dB\n",
                (double)last->tonal_untouched_db,
                (double)last->tonal_ours_db);
  // Part of the way only: the estimate is filtered over 3 minutes, the slew is
  // 0.5 dB/min, and half of the late sound's change is left alone
  assert_true(last->tonal_ours_db < 0.75f * last->tonal_untouched_db);
  fh_rehearsal_clear(&r);
  fh_scenario_clear(&s);
}

// A microphone in the crowd hears more of it than the seats do: undoing what it
// hears goes too far, the model knows better
static void
test_model_beats_a_microphone_in_the_crowd(void** state)
{
  (void)state;
  FhScenario s;
  assert_int_equal(fh_scenario_default(&s), FH_OK);
  s.minutes = 12.0;
  s.clothing = 1.0;
  s.tilt = 0.0;
  set_occupancy(&s, 0.8);
  FhRehearsal r;
  rehearse(&s, 2.5, &r);
  const FhRehearsalMinute* const last = &r.minutes[12];
  print_message("untouched %.2f, raw %.2f, ours %.2f dB\n",
                (double)last->tonal_untouched_db,
                (double)last->tonal_raw_db,
                (double)last->tonal_ours_db);
  assert_true(last->tonal_ours_db < last->tonal_untouched_db);
  assert_true(last->tonal_ours_db < last->tonal_raw_db);
  fh_rehearsal_clear(&r);
  fh_scenario_clear(&s);
}

static void
check_eq_stays(const FhRehearsal* const r, const double most_db)
{
  for (size_t i = 0; i < r->n_minutes; ++i) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      CHECK_NEAR(r->minutes[i].eq_db[b], 0.0, most_db);
    }
  }
}

static bool
was_said(const FhRehearsal* const r, const FhLiveState state)
{
  for (size_t i = 0; i < r->n_moves; ++i) {
    if (strstr(r->moves[i], fh_live_state_text(state))) {
      return true;
    }
  }
  return false;
}

/// An empty house to which something happens
static void
rehearse_text(const char* const text, FhRehearsal* const out)
{
  FhStatus status = FH_OK;
  size_t n_errors = 0;
  FhScenario s;
  read_scenario(text, &s, &status, &n_errors);
  assert_int_equal(status, FH_OK);
  rehearse(&s, 1.0, out);
  fh_scenario_clear(&s);
}

// A microphone that is moved and then cut must not move the equaliser
static void
test_faults_do_not_move_the_equaliser(void** state)
{
  (void)state;
  FhRehearsal r;
  rehearse_text("minutes: 4\n"
                "occupancy: [{minute: 0, value: 0}]\n"
                "faults: [{minute: 1, delay_ms: 4}, {minute: 3, mute: true}]\n",
                &r);
  check_eq_stays(&r, 0.3);
  assert_true(was_said(&r, FH_LIVE_STATE_MIC_MOVED));
  assert_true(was_said(&r, FH_LIVE_STATE_MIC_LOST));
  fh_rehearsal_clear(&r);
}

// Somebody turns the microphone up by 6 dB: it is seen, and is no crowd
static void
test_gain_does_not_move_the_equaliser(void** state)
{
  (void)state;
  FhRehearsal r;
  rehearse_text("minutes: 4\n"
                "occupancy: [{minute: 0, value: 0}]\n"
                "faults: [{minute: 1, gain_db: 6}]\n",
                &r);
  check_eq_stays(&r, 0.3);
  assert_true(was_said(&r, FH_LIVE_STATE_GAIN_CHANGED));
  fh_rehearsal_clear(&r);
}

// An empty house that warms up, with a microphone that drifts meanwhile
static void
test_weather_is_no_crowd(void** state)
{
  (void)state;
  FhRehearsal r;
  rehearse_text(
    "minutes: 6\n"
    "occupancy: [{minute: 0, value: 0}]\n"
    "temperature_c: [{minute: 0, value: 20}, {minute: 5, value: 26}]\n"
    "humidity_percent: [{minute: 0, value: 50}, {minute: 5, value: 65}]\n"
    "mic_gain_db: [{minute: 0, value: 0}, {minute: 5, value: 0.7}]\n"
    "mic_tilt_db: [{minute: 0, value: 0}, {minute: 5, value: 0.5}]\n",
    &r);
  for (size_t i = 0; i < r.n_minutes; ++i) {
    assert_true(r.minutes[i].eq_rms_db <= 0.5f);
  }
  fh_rehearsal_clear(&r);
}

/// Level of an octave of a spectrum [dB]
static double
octave_db(const float complex* const x, const size_t n, const double hz)
{
  double sum = 0.0;
  for (size_t i = 1; i < n / 2; ++i) {
    const double at = (double)i * 48000.0 / (double)n;
    if (at >= hz * sqrt(0.5) && at < hz * sqrt(2.0)) {
      const double a = (double)cabsf(x[i]);
      sum += a * a;
    }
  }
  return 10.0 * log10(sum);
}

// Music is about as loud in each octave to 1 kHz, and falls by 10 dB to 8 kHz;
// its crest is that of a live mix
static void
test_music_has_the_spectrum_of_music(void** state)
{
  (void)state;
  const size_t n = 1638400;
  float* const music = (float*)calloc(n, sizeof *music);
  float complex* const x = (float complex*)calloc(n / 2 + 1, sizeof *x);
  FhFftFloat* fft = NULL;
  assert_int_equal(fh_fft_float_new(n, &fft), FH_OK);
  assert_int_equal(fh_synthetic_music(1, music, n), FH_OK);
  double sum = 0.0;
  double peak = 0.0;
  for (size_t i = 0; i < n; ++i) {
    sum += (double)music[i] * (double)music[i];
    peak = fmax(peak, fabs((double)music[i]));
  }
  CHECK_NEAR(sqrt(sum / (double)n), 0.1, 0.001);
  CHECK_NEAR(20.0 * log10(peak / 0.1), 15.0, 4.0);
  fh_fft_float_forward(fft, music, x);
  static const double hz[8] = {62.5, 125, 250, 500, 1000, 2000, 4000, 8000};
  static const double db[8] = {0, 0, 0, 0, 0, -2, -5.5, -10};
  const double zero = octave_db(x, n, 1000.0);
  for (size_t b = 0; b < 8; ++b) {
    CHECK_NEAR(octave_db(x, n, hz[b]) - zero, db[b], 1.0);
  }
  fh_fft_float_free(fft);
  free(x);
  free(music);
}

static void
read_text(const char* const text,
          FhStatus* const status,
          size_t* const n_errors)
{
  FhScenario s;
  read_scenario(text, &s, status, n_errors);
  if (!*status) {
    fh_scenario_clear(&s);
  }
}

static void
test_scenarios_are_checked(void** state)
{
  (void)state;
  FhStatus status = FH_OK;
  size_t n = 0;
  read_text("minutes: 20\n"
            "occupancy: [{minute: 0, value: 0}, {minute: 10, value: 0.5}]\n"
            "faults: [{minute: 5, mute: true}]\n",
            &status,
            &n);
  assert_int_equal(status, FH_OK);
  assert_int_equal(n, 0);
  static const char* const wrong[] = {
    "minuts: 20\n",
    "minutes: -1\n",
    "occupancy: [{minute: 0, value: 2}]\n",
    "occupancy: [{minute: 5, value: 0}, {minute: 5, value: 1}]\n",
    "faults: [{gain_db: 6}]\n",
    "mic_gain_db: [{minute: 0, value: 40}]\n",
    "mic_tilt_db: [{minute: 1, value: 0}, {minute: 0, value: 1}]\n",
    "minutes: .nan\n"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
    read_text(wrong[i], &status, &n);
    assert_int_not_equal(status, FH_OK);
    assert_true(n >= 1);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_scenarios_are_checked),
    cmocka_unit_test(test_music_has_the_spectrum_of_music),
    cmocka_unit_test(test_rehearsal_follows_the_crowd),
    cmocka_unit_test(test_model_beats_a_microphone_in_the_crowd),
    cmocka_unit_test(test_faults_do_not_move_the_equaliser),
    cmocka_unit_test(test_gain_does_not_move_the_equaliser),
    cmocka_unit_test(test_weather_is_no_crowd),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
