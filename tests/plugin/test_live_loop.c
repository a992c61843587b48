// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "live_rig.h"
#include "mover.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Long runs by hand: test_live_loop faults 1000, drift 3600, soak 86400
static const char* only;
static double amount;

static float empty[RIG_RESPONSE];
static float full[RIG_RESPONSE];

static void
make_rooms(void)
{
  const WorldRoom a = {100, 2.0, 1.2, 1.0, 0.0, 0.0, 0.3};
  const WorldRoom b = {100, 1.5, 0.7, 0.0, -6.0, -4.0, 0.3};
  world_response(&a, empty, RIG_RESPONSE);
  world_response(&b, full, RIG_RESPONSE);
}

/// A rig with a model and a soundcheck, in the empty room
static void
start(Rig* const rig, const double snr_db)
{
  assert_true(rig_init(rig, 11, 0.6, 30.0));
  rig_set_room(rig, empty);
  rig_set_noise(rig, snr_db);
  assert_null(fh_live_set_model(rig->live, rig_model_new(0.15F)));
  rig->controls.mode = FH_LIVE_MODE_AUTO;
  rig->controls.slew_db_per_min = 3.0;
  rig_run(rig, 3.0);
  rig_press(rig, &rig->controls.baseline);
  assert_int_equal(fh_live_meters(rig->live)->verdict, FH_LIVE_VERDICT_NONE);
  rig_run(rig, 50.0);
  assert_int_equal(fh_live_meters(rig->live)->verdict, FH_LIVE_VERDICT_GOOD);
}

static FhLiveState
state_of(const Rig* const rig)
{
  return fh_live_meters(rig->live)->state;
}

/// Curve in effect
static void
applied(const Rig* const rig, float out[FH_LIVE_BANDS])
{
  memcpy(
    out, fh_live_meters(rig->live)->applied_db, FH_LIVE_BANDS * sizeof(float));
}

static double
largest_change(const float* const a, const float* const b)
{
  double most = 0.0;
  for (size_t i = 0; i < FH_LIVE_BANDS; ++i) {
    most = fmax(most, fabs((double)(a[i] - b[i])));
  }
  return most;
}

/// Within limits, always
static void
check_limits(const Rig* const rig)
{
  const FhLiveMeters* const m = fh_live_meters(rig->live);
  const double limit = fmin(fmax(rig->controls.limit_db, 0.0), 6.0);
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    assert_true(isfinite(m->applied_db[b]));
    // Rounding of floats on the way
    assert_true((double)m->applied_db[b] <=
                limit * rig->controls.boost_ratio + 1e-4);
    assert_true((double)m->applied_db[b] >= -limit - 1e-4);
    if (b > 0) {
      assert_true(fabsf(m->applied_db[b] - m->applied_db[b - 1]) < 3.6F);
    }
  }
  for (size_t c = 0; c < 2; ++c) {
    for (size_t i = 0; i < WORLD_BLOCK; ++i) {
      assert_true(fabsf(rig->out[c][i]) < 2.0F);
    }
  }
}

// The room fills: the correction goes to its target and never past it, the
// tilt at the microphone gets less, and then it stays put
static void
test_closed_loop_converges_without_overshoot(void** state)
{
  (void)state;
  static Rig rig;
  start(&rig, 15.0);
  rig_set_room(&rig, full);
  float last[FH_LIVE_BANDS];
  float peak[FH_LIVE_BANDS] = {0.0F};
  applied(&rig, last);
  for (int k = 0; k < 1800; ++k) {
    rig_step(&rig);
    check_limits(&rig);
    float now[FH_LIVE_BANDS];
    applied(&rig, now);
    for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
      peak[b] = fabsf(now[b]) > fabsf(peak[b]) ? now[b] : peak[b];
      // At most the slew: 3 dB/min over one tick
      assert_true(fabs((double)(now[b] - last[b])) < 3.0 / 60.0 * 0.09);
    }
    memcpy(last, now, sizeof(last));
  }
  const FhLiveMeters* const m = fh_live_meters(rig.live);
  assert_int_equal(m->state, FH_LIVE_STATE_SETTLED);
  double before = 0.0;
  double after = 0.0;
  for (size_t b = 7; b < 27; ++b) {
    // Within the dead band of its target, and its peak was no further
    CHECK_NEAR(m->applied_db[b], m->target_db[b], 0.26);
    assert_true(fabsf(peak[b] - m->applied_db[b]) < 0.26F);
    const double change =
      world_third_db(full, RIG_RESPONSE, fh_live_band_hz(b)) -
      world_third_db(empty, RIG_RESPONSE, fh_live_band_hz(b)) -
      (double)m->level_change_db;
    const double left = change + (double)m->applied_db[b];
    before += change * change;
    after += left * left;
  }
  print_message("  tilt %.2f dB rms, corrected %.2f\n",
                sqrt(before / 20.0),
                sqrt(after / 20.0));
  // Boosts are limited to half of cuts, so that not all of it can go
  assert_true(after < 0.6 * before);
  rig_clear(&rig);
}

// Nothing changes: the curve does not drift. An hour by hand, minutes here
static void
test_closed_loop_stays_put(void** state)
{
  (void)state;
  static Rig rig;
  start(&rig, 10.0);
  rig_set_room(&rig, full);
  rig_run(&rig, 180.0);
  float then[FH_LIVE_BANDS];
  float now[FH_LIVE_BANDS];
  applied(&rig, then);
  double most = 0.0;
  const double end_s = only ? amount : 300.0;
  for (double s = 0.0; s < end_s; s += 30.0) {
    rig_run(&rig, 30.0);
    applied(&rig, now);
    most = fmax(most, largest_change(then, now));
  }
  print_message("  largest move in %.0f s: %.3f dB\n", end_s, most);
  CHECK_NEAR(most, 0.0, 0.1);
  rig_clear(&rig);
}

static void
expect_hold(Rig* const rig,
            const FhLiveState expected,
            const double within_s,
            const char* const what)
{
  float before[FH_LIVE_BANDS];
  float after[FH_LIVE_BANDS];
  bool seen = false;
  applied(rig, before);
  for (double s = 0.0; s < within_s; s += 0.5) {
    rig_run(rig, 0.5);
    seen = seen || state_of(rig) == expected;
  }
  if (!seen) {
    print_error("%s: state %d\n", what, (int)state_of(rig));
  }
  assert_true(seen);
  applied(rig, after);
  // Slew of 3 dB/min may go on until a fault is known; crowd and silence are
  // no faults of a moment
  const double moved = largest_change(before, after);
  if (moved > 0.1) {
    print_error("%s: moved by %.2f dB\n", what, moved);
  }
  assert_true(moved <= 0.1);
}

// Each fault is named, holds the curve, and is over when it is over
static void
test_faults_are_named(void** state)
{
  (void)state;
  static Rig rig;
  start(&rig, 15.0);
  rig_set_room(&rig, full);
  rig_run(&rig, 60.0);

  rig.fault.is_out = true;
  expect_hold(&rig, FH_LIVE_STATE_MIC_LOST, 3.0, "unplugged");
  rig.fault.is_out = false;
  rig.fault.is_null = true;
  expect_hold(&rig, FH_LIVE_STATE_MIC_LOST, 3.0, "not connected");
  rig.fault.is_null = false;
  rig_run(&rig, 3.0);
  rig.fault.is_clipped = true;
  expect_hold(&rig, FH_LIVE_STATE_MIC_CLIPPING, 2.0, "clipped");
  rig.fault.is_clipped = false;
  rig_run(&rig, 6.0);
  rig.fault.is_bad = true;
  expect_hold(&rig, FH_LIVE_STATE_FAULT, 2.0, "not-a-number");
  rig.fault.is_bad = false;
  rig_run(&rig, 6.0);
  rig.fault.extra = 300;
  expect_hold(&rig, FH_LIVE_STATE_DELAY_JUMP, 8.0, "delay jump");
  expect_hold(&rig, FH_LIVE_STATE_MIC_MOVED, 14.0, "moved by 2 m");
  rig.fault.extra = 0;
  rig_run(&rig, 25.0);
  rig.fault.gain = 2.5F;
  expect_hold(&rig, FH_LIVE_STATE_GAIN_CHANGED, 6.0, "gain");
  rig.fault.gain = 1.0F;
  rig_run(&rig, 25.0);
  rig.fault.is_line = true;
  expect_hold(&rig, FH_LIVE_STATE_MIC_IS_LINE, 8.0, "programme in the mic");
  rig.fault.is_line = false;
  rig_run(&rig, 25.0);
  rig.programme_gain = 0.0F;
  expect_hold(&rig, FH_LIVE_STATE_SILENT, 12.0, "silence");
  rig.programme_gain = 1.0F;
  // Let it come to rest: only noise may move it then
  rig_run(&rig, 150.0);
  rig_set_noise(&rig, -12.0);
  expect_hold(&rig, FH_LIVE_STATE_COHERENCE, 90.0, "loud crowd");
  rig_set_noise(&rig, 15.0);
  rig_run(&rig, 60.0);
  // All is well again
  assert_true(state_of(&rig) == FH_LIVE_STATE_SETTLED ||
              state_of(&rig) == FH_LIVE_STATE_MOVING);
  rig_clear(&rig);
}

/// A model to which every room is another
static double
far_from_any(void* const self,
             const size_t mic,
             const FhAir* const air,
             const FhRoomSound* const measured)
{
  (void)self;
  (void)air;
  return mic == 0 && measured->t_known[4] ? 2.0 * FH_ROOM_LIMIT : 0.0;
}

// The profile of another room moves nothing until the engineer says so, and has
// to be trusted anew with the next one
static void
test_another_room_is_held(void** state)
{
  (void)state;
  static Rig rig;
  float curve[FH_LIVE_BANDS];
  static const float flat[FH_LIVE_BANDS];
  start(&rig, 20.0);
  FhLiveModel* const model = rig_model_new(0.15F);
  model->distance = far_from_any;
  assert_null(fh_live_set_model(rig.live, model));
  rig_set_room(&rig, full);
  rig_run(&rig, 45.0);
  assert_int_equal(state_of(&rig), FH_LIVE_STATE_FOREIGN);
  CHECK_NEAR(
    fh_live_meters(rig.live)->room_distance, 2.0 * FH_ROOM_LIMIT, 1e-6);
  applied(&rig, curve);
  assert_memory_equal(curve, flat, sizeof(flat));
  CHECK_NEAR(fh_live_meters(rig.live)->confidence, 0.0, 0.0);

  rig_press(&rig, &rig.controls.apply);
  rig_run(&rig, 45.0);
  assert_true(state_of(&rig) == FH_LIVE_STATE_MOVING ||
              state_of(&rig) == FH_LIVE_STATE_SETTLED);
  applied(&rig, curve);
  assert_true(largest_change(curve, flat) > 0.3);

  fh_live_model_free(fh_live_retired_model(rig.live));
  FhLiveModel* const next = rig_model_new(0.15F);
  next->distance = far_from_any;
  assert_null(fh_live_set_model(rig.live, next));
  rig_run(&rig, 3.0);
  assert_int_equal(state_of(&rig), FH_LIVE_STATE_FOREIGN);
  fh_live_model_free(fh_live_retired_model(rig.live));
  rig_clear(&rig);
}

static void
test_buttons(void** state)
{
  (void)state;
  static Rig rig;
  float curve[FH_LIVE_BANDS];
  static const float flat[FH_LIVE_BANDS];
  start(&rig, 20.0);
  rig.controls.mode = FH_LIVE_MODE_SUGGEST;
  rig_set_room(&rig, full);
  rig_run(&rig, 60.0);
  assert_int_equal(state_of(&rig), FH_LIVE_STATE_SUGGESTING);
  applied(&rig, curve);
  assert_memory_equal(curve, flat, sizeof(flat));

  rig_press(&rig, &rig.controls.apply);
  rig_run(&rig, 5.0);
  applied(&rig, curve);
  assert_true(largest_change(curve, flat) > 0.5);
  assert_true(fh_live_meters(rig.live)->can_undo);

  rig.controls.freeze = true;
  rig_press(&rig, &rig.controls.undo);
  rig_run(&rig, 5.0);
  float held[FH_LIVE_BANDS];
  applied(&rig, held);
  assert_memory_equal(curve, held, sizeof(held));
  assert_int_equal(state_of(&rig), FH_LIVE_STATE_FROZEN);
  rig.controls.freeze = false;
  rig_run(&rig, 5.0);
  applied(&rig, curve);
  assert_true(largest_change(curve, flat) < 0.01);

  // Panic from auto: flat within a second, and stays so
  rig.controls.mode = FH_LIVE_MODE_AUTO;
  rig_run(&rig, 40.0);
  applied(&rig, curve);
  assert_true(largest_change(curve, flat) > 0.5);
  rig_press(&rig, &rig.controls.panic);
  rig_run(&rig, 1.5);
  applied(&rig, curve);
  assert_true(largest_change(curve, flat) < 0.01);
  rig_run(&rig, 30.0);
  assert_int_equal(state_of(&rig), FH_LIVE_STATE_PANIC);
  applied(&rig, curve);
  assert_true(largest_change(curve, flat) < 0.01);

  // Amount 0 takes all of it out, limit 0.3 all but that
  rig.controls.mode = FH_LIVE_MODE_SUGGEST;
  rig_run(&rig, 1.0);
  rig_press(&rig, &rig.controls.apply);
  rig_run(&rig, 5.0);
  rig.controls.limit_db = 0.3;
  rig_run(&rig, 5.0);
  check_limits(&rig);
  rig.controls.amount = 0.0;
  rig_run(&rig, 5.0);
  applied(&rig, curve);
  assert_true(largest_change(curve, flat) < 0.01);
  rig_clear(&rig);
}

// The log names times, bands and reasons; no line holds more than numbers
static void
test_log_and_state_hold_no_audio(void** state)
{
  (void)state;
  static Rig rig;
  start(&rig, 20.0);
  // Two different songs through the same room leave soundchecks that differ by
  // no more than their errors: nothing of the songs is in them
  FhLiveBaseline one;
  FhLiveBaseline two;
  assert_true(fh_live_baseline(rig.live, &one));
  world_programme(rig.programme, rig.n_programme, 4242, 0.8);
  rig_press(&rig, &rig.controls.baseline);
  rig_run(&rig, 60.0);
  assert_true(fh_live_baseline(rig.live, &two));
  assert_int_equal(fh_live_meters(rig.live)->verdict, FH_LIVE_VERDICT_GOOD);
  for (size_t b = 5; b < 27; ++b) {
    CHECK_NEAR(one.mic[0].third_db[b], two.mic[0].third_db[b], 0.5);
  }
  // 1.1 kB of statistics for minutes of sound: 31 bands and 8 octaves for each
  // of two microphones, and a few words
  assert_true(sizeof(FhLiveBaseline) < 1200);

  rig_set_room(&rig, full);
  rig_run(&rig, 90.0);
  FhLiveMove move;
  char text[256];
  size_t n = 0;
  size_t n_bands = 0;
  while (fh_live_next_move(rig.live, &move)) {
    const int size = fh_live_move_text(&move, text, sizeof(text));
    assert_true(size > 20 && size < 160);
    assert_true(move.band >= -1 && move.band < FH_LIVE_BANDS);
    assert_true(fabsf(move.from_db) <= 6.0F && fabsf(move.to_db) <= 6.0F);
    assert_true(move.confidence >= 0.0F && move.confidence <= 1.0F);
    n_bands += move.band >= 0;
    ++n;
  }
  assert_true(n_bands > 3);
  // Minutes of sound, and only so many words about it
  assert_true(n < 400);
  rig_clear(&rig);
}

static uint32_t random_state = 7;

static double
uniform(void)
{
  random_state = random_state * 1664525U + 1013904223U;
  return (double)(random_state >> 8) / 16777216.0;
}

/// A model that says anything, not-a-number included
static bool
mad(void* const self,
    const FhCrowdObservation* const frame,
    FhCrowdEstimate* const out)
{
  (void)self;
  (void)frame;
  memset(out, 0, sizeof(*out));
  for (size_t o = 0; o < FH_N_OCTAVES; ++o) {
    out->total_db[o] = (float)(40.0 * uniform() - 20.0);
    out->early_db[o] =
      uniform() < 0.02 ? NAN : (float)(40.0 * uniform() - 20.0);
    out->total_sd_db[o] = (float)uniform();
    out->early_sd_db[o] = uniform() < 0.02 ? INFINITY : (float)uniform();
  }
  out->confidence = (float)uniform();
  out->unsure = uniform() < 0.2;
  return uniform() < 0.9;
}

static void
free_mad(FhLiveModel* const model)
{
  free(model);
}

/// Something goes wrong, or somebody turns a knob
static void
strike(Rig* const rig)
{
  RigFault* const f = &rig->fault;
  const RigFault fine = {.gain = 1.0F};
  *f = fine;
  rig->worker_sleeps = false;
  rig->programme_gain = 1.0F;
  rig->controls.enabled = true;
  rig->controls.freeze = false;
  switch ((int)(uniform() * 20.0)) {
  case 0:
    f->is_out = true;
    break;
  case 1:
    f->is_null = true;
    break;
  case 2:
    f->is_line = true;
    break;
  case 3:
    f->is_clipped = true;
    break;
  case 4:
    f->is_bad = true;
    break;
  case 5:
    f->extra = (size_t)(uniform() * 3000.0);
    break;
  case 6:
    f->gain = (float)pow(10.0, 3.0 * uniform() - 1.5);
    break;
  case 7:
    rig->worker_sleeps = true;
    break;
  case 8:
    rig->programme_gain = 0.0F;
    break;
  case 9:
    rig->programme_gain = 4.0F;
    break;
  case 10:
    rig_set_noise(rig, 40.0 * uniform() - 20.0);
    break;
  case 11:
    rig_set_room(rig, uniform() < 0.5 ? full : empty);
    break;
  case 12:
    rig->controls.enabled = false;
    break;
  case 13:
    rig->controls.freeze = true;
    break;
  case 14:
    rig->controls.mode = (FhLiveMode)(uniform() * 3.0);
    break;
  case 15:
    rig->controls.amount = uniform();
    break;
  case 16:
    rig->controls.slew_db_per_min = 5.0 * uniform();
    break;
  case 17:
    fh_live_reset(rig->live);
    break;
  case 18:
    rig->controls.mics = 1 + (uniform() < 0.5);
    break;
  default:
    break;
  }
}

static void
push_buttons(Rig* const rig)
{
  rig->controls.baseline = uniform() < 0.0003;
  rig->controls.apply = uniform() < 0.05;
  rig->controls.undo = uniform() < 0.03;
  rig->controls.panic = uniform() < 0.01;
}

// Whatever goes wrong in whatever order: the correction stays within the
// limits, the output finite and of its size
static void
test_random_faults_never_pass_the_limits(void** state)
{
  (void)state;
  static Rig rig;
  start(&rig, 15.0);
  FhLiveModel* const model = (FhLiveModel*)calloc(1, sizeof(*model));
  assert_non_null(model);
  model->infer = mad;
  model->free = free_mad;
  fh_live_model_free(fh_live_set_model(rig.live, model));
  rig.controls.limit_db = 6.0;
  const int n = only ? (int)amount : 120;
  double most = 0.0;
  for (int k = 0; k < n; ++k) {
    strike(&rig);
    int blocks = 10 + (int)(uniform() * 60.0);
    if (k % 40 == 0) {
      // Peace for long enough to be judged by the model
      rig.fault = (RigFault){.gain = 1.0F};
      rig.worker_sleeps = false;
      rig_set_noise(&rig, 20.0);
      rig.controls.mode = FH_LIVE_MODE_AUTO;
      rig.controls.amount = 1.0;
      rig.controls.freeze = false;
      blocks = 1000;
    }
    for (int i = 0; i < blocks; ++i) {
      push_buttons(&rig);
      rig_step(&rig);
      check_limits(&rig);
      fh_live_model_free(fh_live_retired_model(rig.live));
      for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
        most = fmax(most, fabs(fh_live_meters(rig.live)->applied_db[b]));
      }
    }
  }
  print_message("  %d scenarios, largest correction %.2f dB\n", n, most);
  // The test would be empty if nothing had ever moved
  assert_true(most > 1.0);
  rig_clear(&rig);
}

// Hours of media time: outputs stay the same from loop to loop, bit by bit the
// same in two block sizes; 24 h by hand, two minutes here
static void
test_soak_same_bits_and_no_growth(void** state)
{
  (void)state;
  static const size_t sizes[2] = {1024, 4096};
  const double end_s = only ? amount : 120.0;
  FhLive* live[2] = {NULL, NULL};
  FhLiveControls controls = fh_live_controls_default();
  controls.mode = FH_LIVE_MODE_AUTO;
  controls.trim_on = true;
  enum { N = 1 << 20 };
  float* const programme = (float*)malloc(N * sizeof(float));
  float* const heard = (float*)malloc(N * sizeof(float));
  static float out[2][2][WORLD_BLOCK];
  assert_non_null(programme);
  assert_non_null(heard);
  world_programme(programme, N, 3, 0.6);
  for (size_t i = 0; i < N; ++i) {
    heard[i] = 0.3F * programme[(i + N - 3000) % N];
  }
  for (size_t k = 0; k < 2; ++k) {
    assert_int_equal(fh_live_new(WORLD_RATE_HZ, &live[k]), FH_OK);
  }
  double most = 0.0;
  size_t at = 0;
  for (double s = 0.0; s < end_s; s += WORLD_BLOCK / WORLD_RATE_HZ) {
    // The engineer works: one band at a time, up and down
    const size_t band = (size_t)(s / 5.0) % FH_LIVE_BANDS;
    controls.trim_db[band] = (float)(6.0 * sin(s));
    controls.baseline = at == 0;
    for (size_t k = 0; k < 2; ++k) {
      for (size_t i = 0; i < WORLD_BLOCK; i += sizes[k]) {
        const float* const ins[2] = {programme + at + i, programme + at + i};
        const float* const mics[2] = {heard + at + i, NULL};
        float* const outs[2] = {out[k][0] + i, out[k][1] + i};
        fh_live_process(live[k], &controls, ins, mics, outs, sizes[k]);
        fh_live_work(live[k]);
      }
    }
    assert_memory_equal(out[0], out[1], sizeof(out[0]));
    for (size_t i = 0; i < WORLD_BLOCK; ++i) {
      most = fmax(most, fabs((double)out[0][0][i]));
    }
    at = (at + WORLD_BLOCK) % N;
  }
  print_message("  %.0f s, peak %.2f\n", end_s, most);
  assert_true(most < 4.0);
  for (size_t k = 0; k < 2; ++k) {
    fh_live_free(live[k]);
  }
  free(programme);
  free(heard);
}

int
main(int argc, char** argv)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_closed_loop_converges_without_overshoot),
    cmocka_unit_test(test_closed_loop_stays_put),
    cmocka_unit_test(test_faults_are_named),
    cmocka_unit_test(test_buttons),
    cmocka_unit_test(test_log_and_state_hold_no_audio),
    cmocka_unit_test(test_random_faults_never_pass_the_limits),
    cmocka_unit_test(test_soak_same_bits_and_no_growth),
    cmocka_unit_test(test_another_room_is_held),
  };
  make_rooms();
  if (argc < 3) {
    return cmocka_run_group_tests(tests, NULL, NULL);
  }
  only = argv[1];
  amount = strtod(argv[2], NULL);
  const size_t which = !strcmp(only, "drift")    ? 1
                       : !strcmp(only, "faults") ? 5
                                                 : 6;
  const struct CMUnitTest one[] = {tests[which]};
  return cmocka_run_group_tests(one, NULL, NULL);
}
