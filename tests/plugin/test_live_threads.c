// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"

#include <fh/live.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
  Audio, worker and host at once. What the thread sanitizer has to say is the
  test; without it, that models come back once each and nothing crashes.
*/

#define BLOCK    512
#define N_BLOCKS 4000
#define N_MODELS 200

static FhLive* live;
static atomic_bool is_over;
static atomic_int n_living;

static bool
infer(void* const self,
      const FhCrowdObservation* const frame,
      FhCrowdEstimate* const out)
{
  (void)self;
  (void)frame;
  memset(out, 0, sizeof(*out));
  return true;
}

static void
free_model(FhLiveModel* const model)
{
  atomic_fetch_sub(&n_living, 1);
  free(model);
}

static void*
play(void* const data)
{
  (void)data;
  static float in[2][BLOCK];
  static float mic[BLOCK];
  static float out[2][BLOCK];
  FhLiveControls controls = fh_live_controls_default();
  const float* const ins[2] = {in[0], in[1]};
  const float* const mics[2] = {mic, NULL};
  float* const outs[2] = {out[0], out[1]};
  uint32_t seed = 1;
  FhLiveMove move;
  for (int k = 0; k < N_BLOCKS; ++k) {
    for (int i = 0; i < BLOCK; ++i) {
      seed = seed * 1664525U + 1013904223U;
      mic[i] = 0.3F * in[0][i];
      in[0][i] = (float)(seed >> 8) / 16777216.0F - 0.5F;
      in[1][i] = in[0][i];
    }
    controls.trim_on = true;
    controls.trim_db[k % FH_LIVE_BANDS] = k % 2 ? 3.0F : -3.0F;
    controls.baseline = k % 400 == 10;
    controls.panic = k % 700 == 5;
    fh_live_process(live, &controls, ins, mics, outs, BLOCK);
    while (fh_live_next_move(live, &move)) {
    }
    if (!fh_live_meters(live)->serial && k > N_BLOCKS / 2) {
      // Give the worker a chance on a machine with one core
      const struct timespec pause = {0, 1000000};
      nanosleep(&pause, NULL);
    }
  }
  atomic_store(&is_over, true);
  return NULL;
}

static void*
work(void* const data)
{
  (void)data;
  while (!atomic_load(&is_over)) {
    if (fh_live_has_work(live)) {
      fh_live_work(live);
    } else {
      const struct timespec pause = {0, 200000};
      nanosleep(&pause, NULL);
    }
  }
  return NULL;
}

static void
test_three_threads_at_once(void** state)
{
  (void)state;
  assert_int_equal(fh_live_new(48000.0, &live), FH_OK);
  pthread_t audio;
  pthread_t workers[2];
  assert_int_equal(pthread_create(&workers[0], NULL, work, NULL), 0);
  // A second worker by mistake of the host: its calls return
  assert_int_equal(pthread_create(&workers[1], NULL, work, NULL), 0);
  assert_int_equal(pthread_create(&audio, NULL, play, NULL), 0);
  FhLiveBaseline baseline = {.version = FH_LIVE_BASELINE_VERSION, .n_mics = 1};
  FhLiveBaseline read;
  int n_given = 0;
  while (!atomic_load(&is_over)) {
    if (n_given < N_MODELS) {
      FhLiveModel* const model = (FhLiveModel*)calloc(1, sizeof(*model));
      assert_non_null(model);
      model->infer = infer;
      model->free = free_model;
      atomic_fetch_add(&n_living, 1);
      ++n_given;
      fh_live_model_free(fh_live_set_model(live, model));
    }
    fh_live_model_free(fh_live_retired_model(live));
    baseline.mic[0].level_db = (float)(n_given % 50);
    assert_int_equal(fh_live_set_baseline(live, &baseline), FH_OK);
    if (fh_live_baseline(live, &read)) {
      assert_int_equal(read.version, FH_LIVE_BASELINE_VERSION);
    }
    const struct timespec pause = {0, 1000000};
    nanosleep(&pause, NULL);
  }
  pthread_join(audio, NULL);
  pthread_join(workers[0], NULL);
  pthread_join(workers[1], NULL);
  fh_live_free(live);
  assert_int_equal(atomic_load(&n_living), 0);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_three_threads_at_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
