// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "crowd_room.h"
#include "shell.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static FhLiveModel*
load(const char* const hash)
{
  FhProfile* const profile = room_profile();
  snprintf(profile->hash, sizeof(profile->hash), "%s", hash);
  void* bytes = NULL;
  size_t size = 0;
  assert_int_equal(fh_profile_serialise(profile, &bytes, &size), FH_OK);
  char path[] = "/tmp/fh-shell-XXXXXX";
  const int file = mkstemp(path);
  assert_true(file >= 0);
  assert_int_equal(write(file, bytes, size), (ssize_t)size);
  close(file);
  FhLiveModel* model = NULL;
  char reason[FH_SHELL_REASON];
  assert_int_equal(fh_shell_load_model(path, NULL, &model, reason), FH_OK);
  unlink(path);
  free(bytes);
  fh_profile_free(profile);
  return model;
}

// A soundcheck keeps the hash of its venue, and another venue's is told apart
static void
test_soundcheck_of_another_venue_is_told(void** state)
{
  (void)state;
  FhLiveModel* const here = load("0123456789abcdef");
  FhLiveModel* const there = load("fedcba9876543210");
  FhLiveBaseline baseline = {
    .version = FH_LIVE_BASELINE_VERSION, .n_mics = 1, .verdict = 1};
  char* const text =
    fh_shell_baseline_text(&baseline, fh_live_model_venue(here));
  assert_non_null(text);
  FhLiveBaseline got;
  char venue[FH_SHELL_VENUE];
  char reason[FH_SHELL_REASON] = "";
  assert_int_equal(fh_shell_baseline_parse(text, &got, venue, reason), FH_OK);
  assert_string_equal(venue, "0123456789abcdef");
  assert_false(fh_shell_is_foreign(venue, fh_live_model_venue(here)));
  assert_true(fh_shell_is_foreign(venue, fh_live_model_venue(there)));
  assert_false(fh_shell_is_foreign("", fh_live_model_venue(there)));
  free(text);
  fh_live_model_free(here);
  fh_live_model_free(there);
}

// Taking a soundcheck away leaves an auto-EQ that waits for one
static void
test_no_soundcheck_moves_nothing(void** state)
{
  (void)state;
  FhLive* live = NULL;
  assert_int_equal(fh_live_new(48000.0, &live), FH_OK);
  const FhLiveBaseline none = {.version = FH_LIVE_BASELINE_VERSION};
  assert_int_equal(fh_live_set_baseline(live, &none), FH_OK);
  static float block[512];
  const float* const in[2] = {block, block};
  const float* const mic[2] = {block, NULL};
  static float out_l[512];
  static float out_r[512];
  float* const out[2] = {out_l, out_r};
  FhLiveControls controls = fh_live_controls_default();
  controls.mode = FH_LIVE_MODE_AUTO;
  for (int i = 0; i < 200; ++i) {
    fh_live_process(live, &controls, in, mic, out, 512);
    fh_live_work(live);
  }
  assert_false(fh_live_meters(live)->has_baseline);
  FhLiveBaseline got;
  assert_false(fh_live_baseline(live, &got));
  fh_live_free(live);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_soundcheck_of_another_venue_is_told),
    cmocka_unit_test(test_no_soundcheck_moves_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
