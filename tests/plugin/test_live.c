// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "live_rig.h"

#include <fh/spectrum.h>

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_FRAMES 200000

static float in[2][N_FRAMES];
static float mic[FH_LIVE_MICS][N_FRAMES];
static float out[2][N_FRAMES];
static float other[2][N_FRAMES];

static uint32_t random_seed = 1;

static uint32_t
next_random(void)
{
  random_seed = random_seed * 1664525U + 1013904223U;
  return random_seed >> 8;
}

static void
fill_noise(float* const x, const size_t n, const float gain)
{
  for (size_t i = 0; i < n; ++i) {
    x[i] = gain * ((float)next_random() / 8388608.0F - 1.0F);
  }
}

static void
fill_all(void)
{
  random_seed = 1;
  fill_noise(in[0], N_FRAMES, 0.2F);
  fill_noise(in[1], N_FRAMES, 0.2F);
  fill_noise(mic[1], N_FRAMES, 0.01F);
  for (size_t i = 0; i < N_FRAMES; ++i) {
    const float heard = i >= 1000 ? 0.3F * in[0][i - 1000] : 0.0F;
    mic[0][i] = heard + 0.2F * mic[1][i];
  }
}

static FhLive*
new_live(const double rate_hz)
{
  FhLive* live = NULL;
  assert_int_equal(fh_live_new(rate_hz, &live), FH_OK);
  return live;
}

/// Process everything in blocks of a size, or of random sizes for 0
static void
run(FhLive* const live,
    const FhLiveControls* const controls,
    const size_t block,
    float to[2][N_FRAMES],
    const size_t n_frames)
{
  for (size_t at = 0; at < n_frames;) {
    size_t n = block ? block : next_random() % 3000;
    n = n < n_frames - at ? n : n_frames - at;
    const float* const ins[2] = {in[0] + at, in[1] + at};
    const float* const mics[2] = {mic[0] + at, mic[1] + at};
    float* const outs[2] = {to[0] + at, to[1] + at};
    fh_live_process(live, controls, ins, mics, outs, n);
    at += n;
    fh_live_work(live);
  }
}

static FhLiveControls
with_trim(void)
{
  FhLiveControls controls = fh_live_controls_default();
  controls.mics = 2;
  controls.trim_on = true;
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    controls.trim_db[b] = b % 2 ? 4.0F : -5.0F;
  }
  return controls;
}

static void
test_new_refuses_bad_rates(void** state)
{
  (void)state;
  FhLive* live = NULL;
  assert_int_equal(fh_live_new(8000.0, &live), FH_ERR_BAD_ARG);
  assert_int_equal(fh_live_new(NAN, &live), FH_ERR_BAD_ARG);
  assert_int_equal(fh_live_new(400000.0, &live), FH_ERR_BAD_ARG);
  assert_null(live);
  fh_live_free(NULL);
}

// A flat equaliser passes what it gets within rounding, and at once
static void
test_flat_passes_audio_without_latency(void** state)
{
  (void)state;
  fill_all();
  FhLive* const live = new_live(48000.0);
  const FhLiveControls controls = fh_live_controls_default();
  run(live, &controls, 64, out, N_FRAMES);
  for (size_t i = 0; i < N_FRAMES; ++i) {
    CHECK_NEAR(out[0][i], in[0][i], 1e-7);
    CHECK_NEAR(out[1][i], in[1][i], 1e-7);
  }
  CHECK_NEAR(fh_live_meters(live)->latency_frames, 0.0, 0.0);
  fh_live_free(live);
}

// Any block size, the same bits, equaliser moving and worker keeping up
static void
test_same_bits_for_any_block(void** state)
{
  (void)state;
  static const size_t blocks[] = {1, 7, 64, 1000, 8192, 0};
  const FhLiveControls controls = with_trim();
  for (size_t k = 0; k < sizeof(blocks) / sizeof(blocks[0]); ++k) {
    fill_all();
    FhLive* const live = new_live(48000.0);
    random_seed = 99;
    run(live, &controls, blocks[k], k ? other : out, N_FRAMES);
    // The ramp of the trim went through: this is no flat equaliser
    CHECK_NEAR(fh_live_meters(live)->eq_db[17], 4.0, 0.5);
    if (k) {
      assert_memory_equal(out, other, sizeof(out));
    }
    fh_live_free(live);
  }
}

// Output may lie over input, crosswise too
static void
test_in_place(void** state)
{
  (void)state;
  const FhLiveControls controls = with_trim();
  enum { N = 48000 };
  fill_all();
  FhLive* live = new_live(48000.0);
  run(live, &controls, 512, out, N);
  fh_live_free(live);
  live = new_live(48000.0);
  for (size_t at = 0; at < N; at += 512) {
    const size_t n = N - at < 512 ? N - at : 512;
    const float* const ins[2] = {in[0] + at, in[1] + at};
    const float* const mics[2] = {mic[0] + at, mic[1] + at};
    float* const outs[2] = {in[1] + at, in[0] + at};
    fh_live_process(live, &controls, ins, mics, outs, n);
    fh_live_work(live);
  }
  assert_memory_equal(out[0], in[1], N * sizeof(float));
  assert_memory_equal(out[1], in[0], N * sizeof(float));
  fh_live_free(live);
}

/// Largest second difference, in a signal that has next to none of its own
static double
roughness(const float* const x, const size_t n)
{
  double most = 0.0;
  for (size_t i = 1; i + 1 < n; ++i) {
    most = fmax(most,
                fabs((double)x[i - 1] - 2.0 * (double)x[i] + (double)x[i + 1]));
  }
  return most;
}

// Bypass is the very input when settled, and fades without a click
static void
test_bypass_is_bit_exact_and_click_free(void** state)
{
  (void)state;
  fill_all();
  FhLive* const live = new_live(48000.0);
  FhLiveControls controls = with_trim();
  run(live, &controls, 256, out, N_FRAMES);
  controls.enabled = false;
  run(live, &controls, 256, out, N_FRAMES);
  // The fade takes 10 ms
  assert_memory_equal(
    out[0] + 480, in[0] + 480, (N_FRAMES - 480) * sizeof(float));
  assert_memory_equal(
    out[1] + 480, in[1] + 480, (N_FRAMES - 480) * sizeof(float));

  // 100 Hz through a moving bypass: its own bend is w^2 times its size
  for (size_t i = 0; i < N_FRAMES; ++i) {
    in[0][i] = (float)sin(2.0 * FH_PI * 100.0 / 48000.0 * (double)i);
    in[1][i] = in[0][i];
  }
  double most = 0.0;
  for (int k = 0; k < 8; ++k) {
    controls.enabled = k % 2;
    run(live, &controls, 100, out, 9600);
    most = fmax(most, roughness(out[0] + 1, 9598));
  }
  // w^2 = 1.7e-4, at most 4 dB louder, and the bend of the fade itself: its
  // two corners of 1/480 each times the difference of the two signals
  assert_true(most < 1.7e-4 * 2.0 + 1.0 / 480.0);
  fh_live_free(live);
}

/// Power outside a third octave over all of it [dB]
static double
outside_db(const float* const x, const size_t n, const double hz)
{
  FhFft* fft = NULL;
  double* const y = (double*)malloc(n * sizeof(double));
  double complex* const spectrum =
    (double complex*)malloc((n / 2 + 1) * sizeof(double complex));
  assert_non_null(y);
  assert_non_null(spectrum);
  assert_int_equal(fh_fft_new(n, &fft), FH_OK);
  for (size_t i = 0; i < n; ++i) {
    // Side lobes fall by 54 dB per octave
    y[i] = (double)x[i] * pow(sin(FH_PI * (double)i / (double)n), 8.0);
  }
  fh_fft_forward(fft, y, spectrum);
  double inside = 0.0;
  double outside = 0.0;
  for (size_t i = 0; i <= n / 2; ++i) {
    const double f = (double)i * 48000.0 / (double)n;
    const double size = cabs(spectrum[i]);
    const bool is_in = f > hz * pow(10.0, -0.05) && f < hz * pow(10.0, 0.05);
    *(is_in ? &inside : &outside) += size * size;
  }
  fh_fft_free(fft);
  free(y);
  free(spectrum);
  return 10.0 * log10(outside / (inside + outside));
}

// A tone in a band whose gain moves by 1 dB/s: under -80 dB outside the band.
// Float output alone makes some -140 dB
static void
test_sweep_adds_nothing_outside_its_band(void** state)
{
  (void)state;
  enum { N = 1 << 17 };
  double worst = -999.0;
  for (size_t band = 1; band < 30; band += 4) {
    const double hz = fh_live_band_hz(band);
    for (size_t i = 0; i < N_FRAMES; ++i) {
      in[0][i] = 0.5F * (float)sin(2.0 * FH_PI * hz / 48000.0 * (double)i);
      in[1][i] = in[0][i];
    }
    FhLive* const live = new_live(48000.0);
    FhLiveControls controls = fh_live_controls_default();
    controls.trim_on = true;
    for (size_t at = 0; at + 64 <= N_FRAMES; at += 64) {
      controls.trim_db[band] = (float)((double)at / 48000.0) - 2.0F;
      const float* const ins[2] = {in[0] + at, in[1] + at};
      const float* const mics[2] = {NULL, NULL};
      float* const outs[2] = {out[0] + at, out[1] + at};
      fh_live_process(live, &controls, ins, mics, outs, 64);
      fh_live_work(live);
    }
    // By now it has caught up with the ramp
    const double db = outside_db(out[0] + N_FRAMES - N - 64, N, hz);
    CHECK_NEAR(
      fh_live_meters(live)->eq_db[band], N_FRAMES / 48000.0 - 2.0, 0.5);
    worst = fmax(worst, db);
    fh_live_free(live);
  }
  print_message("  worst %.1f dB\n", worst);
  assert_true(worst < -80.0);
}

static void
test_not_a_number_in_finite_out(void** state)
{
  (void)state;
  fill_all();
  for (size_t i = 0; i < N_FRAMES; i += 977) {
    in[i % 2][i] = i % 3 ? NAN : INFINITY;
    mic[0][i] = -INFINITY;
    mic[1][i] = NAN;
  }
  in[0][5000] = FLT_MAX;
  in[1][5001] = -FLT_MAX;
  FhLive* const live = new_live(48000.0);
  FhLiveControls controls = with_trim();
  controls.amount = NAN;
  controls.limit_db = INFINITY;
  controls.slew_db_per_min = -NAN;
  controls.trim_db[3] = NAN;
  controls.temperature_c = NAN;
  for (int k = 0; k < 2; ++k) {
    controls.enabled = k == 0;
    run(live, &controls, 64, out, N_FRAMES);
    for (size_t i = 0; i < N_FRAMES; ++i) {
      assert_true(isfinite(out[0][i]) && isfinite(out[1][i]));
    }
    const FhLiveMeters* const meters = fh_live_meters(live);
    for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
      assert_true(isfinite(meters->eq_db[b]) && isfinite(meters->now_db[b]));
    }
  }
  // The signal is back once the bad samples are over
  fill_all();
  controls = fh_live_controls_default();
  run(live, &controls, 64, out, N_FRAMES);
  run(live, &controls, 64, out, N_FRAMES);
  CHECK_NEAR(out[0][N_FRAMES - 1], in[0][N_FRAMES - 1], 1e-4);
  fh_live_free(live);
}

// Silence after sound, and denormals: output falls to true zero
static void
test_no_denormals(void** state)
{
  (void)state;
  fill_all();
  FhLive* const live = new_live(48000.0);
  const FhLiveControls controls = with_trim();
  run(live, &controls, 64, out, 20000);
  memset(in, 0, sizeof(in));
  for (int k = 0; k < 4; ++k) {
    run(live, &controls, 64, out, N_FRAMES);
    for (size_t i = 0; i < N_FRAMES; ++i) {
      assert_int_not_equal(fpclassify(out[0][i]), FP_SUBNORMAL);
    }
  }
  for (size_t i = 0; i < N_FRAMES; ++i) {
    in[0][i] = 1e-40F;
    in[1][i] = -1e-42F;
  }
  run(live, &controls, 64, out, N_FRAMES);
  for (size_t i = 0; i < N_FRAMES; ++i) {
    assert_int_not_equal(fpclassify(out[0][i]), FP_SUBNORMAL);
    assert_int_not_equal(fpclassify(out[1][i]), FP_SUBNORMAL);
  }
  fh_live_free(live);
}

// DC and full scale pass: no filter of ours sits on them when flat
static void
test_dc_and_full_scale_pass(void** state)
{
  (void)state;
  fill_all();
  for (size_t i = 0; i < N_FRAMES; ++i) {
    in[0][i] = 1.0F;
    in[1][i] = i % 2 ? 1.0F : -1.0F;
  }
  FhLive* const live = new_live(44100.0);
  const FhLiveControls controls = fh_live_controls_default();
  run(live, &controls, 333, out, N_FRAMES);
  for (size_t i = 0; i < N_FRAMES; ++i) {
    CHECK_NEAR(out[0][i], in[0][i], 1e-6);
    CHECK_NEAR(out[1][i], in[1][i], 1e-6);
  }
  fh_live_free(live);
}

// A worker that never runs: audio goes on, and the state says so
static void
test_worker_never(void** state)
{
  (void)state;
  fill_all();
  FhLive* const live = new_live(48000.0);
  const FhLiveControls controls = with_trim();
  const float* const ins[2] = {in[0], in[1]};
  const float* const mics[2] = {mic[0], mic[1]};
  float* const outs[2] = {out[0], out[1]};
  for (int k = 0; k < 10; ++k) {
    fh_live_process(live, &controls, ins, mics, outs, N_FRAMES);
  }
  assert_int_equal(fh_live_meters(live)->state, FH_LIVE_STATE_WORKER_LATE);
  CHECK_NEAR(out[0][777], in[0][777], 1e-6);
  assert_true(fh_live_has_work(live));
  // It comes at last: all is well again
  fh_live_work(live);
  run(live, &controls, 1000, out, N_FRAMES);
  run(live, &controls, 1000, out, N_FRAMES);
  assert_int_not_equal(fh_live_meters(live)->state, FH_LIVE_STATE_WORKER_LATE);
  CHECK_NEAR(fh_live_meters(live)->eq_db[17], 4.0, 0.5);
  fh_live_free(live);
}

// Calls with nothing to do, and twice for one thing, change nothing
static void
test_worker_twice(void** state)
{
  (void)state;
  fill_all();
  const FhLiveControls controls = with_trim();
  FhLive* const once = new_live(48000.0);
  run(once, &controls, 1000, out, N_FRAMES);
  fh_live_free(once);
  FhLive* const twice = new_live(48000.0);
  for (size_t at = 0; at < N_FRAMES; at += 1000) {
    const float* const ins[2] = {in[0] + at, in[1] + at};
    const float* const mics[2] = {mic[0] + at, mic[1] + at};
    float* const outs[2] = {other[0] + at, other[1] + at};
    fh_live_process(twice, &controls, ins, mics, outs, 1000);
    fh_live_work(twice);
    fh_live_work(twice);
    assert_false(fh_live_has_work(twice));
  }
  assert_memory_equal(out, other, sizeof(out));
  fh_live_free(twice);
}

// A worker that answers late, but within its time, gives the same bits
static void
test_worker_within_its_time(void** state)
{
  (void)state;
  fill_all();
  const FhLiveControls controls = with_trim();
  FhLive* const prompt = new_live(48000.0);
  run(prompt, &controls, 64, out, N_FRAMES);
  FhLive* const late = new_live(48000.0);
  const size_t time = fh_live_answer_frames(late);
  for (size_t at = 0, n_blocks = 0; at + 64 <= N_FRAMES; at += 64) {
    const float* const ins[2] = {in[0] + at, in[1] + at};
    const float* const mics[2] = {mic[0] + at, mic[1] + at};
    float* const outs[2] = {other[0] + at, other[1] + at};
    fh_live_process(late, &controls, ins, mics, outs, 64);
    if (++n_blocks % (time / 2 / 64) == 0) {
      fh_live_work(late);
    }
  }
  assert_memory_equal(out[0], other[0], N_FRAMES / 64 * 64 * sizeof(float));
  fh_live_free(prompt);
  fh_live_free(late);
}

static void
test_all_rates_run(void** state)
{
  (void)state;
  static const double rates_hz[] = {44100.0, 88200.0, 96000.0, 192000.0};
  for (size_t r = 0; r < sizeof(rates_hz) / sizeof(rates_hz[0]); ++r) {
    fill_all();
    FhLive* const live = new_live(rates_hz[r]);
    const FhLiveControls controls = with_trim();
    run(live, &controls, 8192, out, N_FRAMES);
    CHECK_NEAR(fh_live_meters(live)->eq_db[17], 4.0, 0.5);
    fh_live_reset(live);
    run(live, &controls, 8192, out, N_FRAMES);
    run(live, &controls, 8192, out, N_FRAMES);
    run(live, &controls, 8192, out, N_FRAMES);
    // One delay for every rate: 1000 frames
    CHECK_NEAR(
      fh_live_meters(live)->delay_ms, 1e6 / rates_hz[r], 1000.0 / 44100.0);
    fh_live_free(live);
  }
}

// Without a profile it measures, equalises by hand, and says so
static void
test_no_profile_says_so(void** state)
{
  (void)state;
  fill_all();
  FhLive* const live = new_live(48000.0);
  FhLiveControls controls = fh_live_controls_default();
  controls.mode = FH_LIVE_MODE_AUTO;
  controls.mics = 2;
  run(live, &controls, 1024, out, N_FRAMES);
  assert_int_equal(fh_live_meters(live)->state, FH_LIVE_STATE_NO_PROFILE);
  assert_false(fh_live_meters(live)->has_profile);
  fh_live_free(live);
}

static int n_freed;

static void
count_free(FhLiveModel* const model)
{
  ++n_freed;
  free(model);
}

static FhLiveModel*
counted_model(void)
{
  FhLiveModel* const model = (FhLiveModel*)calloc(1, sizeof(*model));
  assert_non_null(model);
  model->free = count_free;
  return model;
}

// Every model given comes back once, or is freed with the object
static void
test_models_are_handed_back(void** state)
{
  (void)state;
  FhLive* const live = new_live(48000.0);
  n_freed = 0;
  assert_null(fh_live_set_model(live, counted_model()));
  fh_live_model_free(fh_live_set_model(live, counted_model()));
  assert_int_equal(n_freed, 1);
  fh_live_work(live);
  assert_null(fh_live_retired_model(live));
  assert_null(fh_live_set_model(live, NULL));
  fh_live_work(live);
  fh_live_model_free(fh_live_retired_model(live));
  assert_int_equal(n_freed, 2);
  assert_null(fh_live_set_model(live, counted_model()));
  fh_live_work(live);
  assert_null(fh_live_set_model(live, counted_model()));
  fh_live_free(live);
  assert_int_equal(n_freed, 4);
}

static void
test_bad_baselines_are_refused(void** state)
{
  (void)state;
  FhLive* const live = new_live(48000.0);
  FhLiveBaseline b = {.version = FH_LIVE_BASELINE_VERSION, .n_mics = 1};
  assert_false(fh_live_baseline(live, &b));
  assert_int_equal(fh_live_set_baseline(live, &b), FH_OK);
  b.version = 99;
  assert_int_equal(fh_live_set_baseline(live, &b), FH_ERR_VERSION);
  b.version = FH_LIVE_BASELINE_VERSION;
  b.mic[0].third_db[7] = NAN;
  assert_int_equal(fh_live_set_baseline(live, &b), FH_ERR_NOT_FINITE);
  b.mic[0].third_db[7] = 0.0F;
  b.n_mics = 3;
  assert_int_equal(fh_live_set_baseline(live, &b), FH_ERR_INVALID_DATA);
  fh_live_work(live);
  assert_true(fh_live_baseline(live, &b));
  assert_int_equal(b.n_mics, 1);
  fh_live_free(live);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_new_refuses_bad_rates),
    cmocka_unit_test(test_flat_passes_audio_without_latency),
    cmocka_unit_test(test_same_bits_for_any_block),
    cmocka_unit_test(test_in_place),
    cmocka_unit_test(test_bypass_is_bit_exact_and_click_free),
    cmocka_unit_test(test_sweep_adds_nothing_outside_its_band),
    cmocka_unit_test(test_not_a_number_in_finite_out),
    cmocka_unit_test(test_no_denormals),
    cmocka_unit_test(test_dc_and_full_scale_pass),
    cmocka_unit_test(test_worker_never),
    cmocka_unit_test(test_worker_twice),
    cmocka_unit_test(test_worker_within_its_time),
    cmocka_unit_test(test_all_rates_run),
    cmocka_unit_test(test_no_profile_says_so),
    cmocka_unit_test(test_models_are_handed_back),
    cmocka_unit_test(test_bad_baselines_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
