// SPDX-License-Identifier: GPL-3.0-or-later
#include "../plugin/torture/watch.h"
#include "check.h"
#include "crowd_room.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
  The worker of the plugin runs in the host's process: an inference takes no
  memory, no lock and no file, whatever the frame, and the same steps for all.
*/

/// Frames of each kind in the timing, and its rounds
#define N_FRAMES 10
#define N_ROUNDS 15

static FhCrowdModel*
shipped_model(void)
{
  static char bytes[1u << 20];
  FILE* const file = fopen(CROWD_WEIGHTS, "rb");
  assert_non_null(file);
  const size_t size = fread(bytes, 1, sizeof bytes, file);
  (void)fclose(file);
  FhCrowdModel* model = NULL;
  assert_int_equal(fh_crowd_model_parse(bytes, size, &model, NULL), FH_OK);
  return model;
}

/// Frames from the ordinary to the absurd
enum {
  FRAME_HALF_FULL,
  FRAME_COUNTED,
  FRAME_NOTHING_VALID, ///< Held
  FRAME_FOREIGN,       ///< Of another room
  FRAME_HUGE,          ///< As far from the room as floats go
  FRAME_TINY,          ///< Numbers below the least normal one
  FRAME_NAN,
  N_KINDS
};

static void
make_frames(FhCrowdObservation frames[N_KINDS])
{
  const FhAir air = fh_air_default();
  double added[FH_N_OCTAVES];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    added[b] = 0.5 * room_crowd_m2[b];
  }
  for (size_t k = 0; k < N_KINDS; ++k) {
    room_observe(added, &air, &air, &frames[k]);
  }
  frames[FRAME_COUNTED].attendance = 500.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    frames[FRAME_NOTHING_VALID].tf_valid[b] = false;
    frames[FRAME_FOREIGN].tf_db[b] = b % 2 ? 12.0f : -12.0f;
    frames[FRAME_FOREIGN].log_t[b] = 1.0f;
    frames[FRAME_HUGE].tf_db[b] = 3e38f;
    frames[FRAME_HUGE].late_db[b] = -3e38f;
    frames[FRAME_HUGE].log_t[b] = 3e38f;
    frames[FRAME_TINY].tf_db[b] = 1e-42f;
    frames[FRAME_TINY].late_db[b] = 1e-42f;
    frames[FRAME_TINY].log_t[b] = 1e-42f;
    frames[FRAME_TINY].coherence[b] = 1e-42f;
    frames[FRAME_NAN].tf_db[b] = NAN;
  }
}

static void
test_inference_takes_nothing(void** state)
{
  (void)state;
  if (!watch_works()) {
    skip();
  }
  FhCrowdModel* const model = shipped_model();
  FhProfile* const profile = room_profile();
  FhCrowdObservation frames[N_KINDS];
  make_frames(frames);
  const FhCrowdModel* const models[] = {NULL, model};
  bool learned = false;
  for (size_t i = 0; i < 2; ++i) {
    // What is taken at the start of a show is seen
    watch_reset();
    watch_begin();
    FhCrowd* const crowd = fh_crowd_new(profile, models[i]);
    watch_end();
    assert_non_null(crowd);
    assert_true(watch_total() > 0);

    // What is taken during it is none
    watch_reset();
    for (size_t k = 0; k < 3 * N_KINDS; ++k) {
      FhCrowdEstimate e;
      watch_begin();
      (void)fh_crowd_infer(crowd, &frames[k % N_KINDS], &e);
      if (k == N_KINDS) {
        fh_crowd_reset(crowd);
      }
      watch_end();
      learned = learned || e.learned > 0.0f;
    }
    char seen[256];
    watch_describe(seen, sizeof seen);
    assert_string_equal(seen, "none");
    fh_crowd_free(crowd);
  }
  assert_true(learned);
  fh_profile_free(profile);
  fh_crowd_model_free(model);
}

static double
cpu_s(void)
{
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// Loops have fixed ends, so that no frame can hold the worker up: what differs
// is how long the machine takes for tiny and infinite numbers
static void
test_no_frame_takes_long(void** state)
{
  (void)state;
  FhCrowdModel* const model = shipped_model();
  FhProfile* const profile = room_profile();
  FhCrowdObservation frames[N_KINDS];
  make_frames(frames);
  double best[N_KINDS];
  for (size_t k = 0; k < N_KINDS; ++k) {
    best[k] = HUGE_VAL;
  }
  FhCrowd* const crowd = fh_crowd_new(profile, model);
  assert_non_null(crowd);
  for (int r = 0; r < N_ROUNDS; ++r) {
    for (size_t k = 0; k < N_KINDS; ++k) {
      const double from = cpu_s();
      for (int i = 0; i < N_FRAMES; ++i) {
        FhCrowdEstimate e;
        (void)fh_crowd_infer(crowd, &frames[k], &e);
      }
      best[k] = fmin(best[k], (cpu_s() - from) / N_FRAMES);
    }
  }
  for (size_t k = 0; k < N_KINDS; ++k) {
    print_message("frame %zu: %.3f ms\n", k, 1e3 * best[k]);
    assert_true(best[k] < 3.0 * best[FRAME_HALF_FULL]);
  }
  fh_crowd_free(crowd);
  fh_profile_free(profile);
  fh_crowd_model_free(model);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_inference_takes_nothing),
    cmocka_unit_test(test_no_frame_takes_long),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
