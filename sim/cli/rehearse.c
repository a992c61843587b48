// SPDX-License-Identifier: GPL-3.0-or-later
#include "rehearse.h"

#include "cli.h"
#include "commands.h"
#include "files.h"

#include <fh/live.h>
#include <fh/share.h>
#include <fh/tensors.h>
#include <fh/venue.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { KEY_MUSIC = 0x2200, KEY_SCENARIO, KEY_MINUTES, KEY_WORLD, KEY_PHYSICS };

typedef struct {
  FhCommonOptions common;
  const char* profile;
  const char* folder;
  const char* music;
  const char* scenario;
  const char* world;
  double minutes;
  bool physics;
} Options;

static const struct argp_option options_table[] = {
  {"output", 'o', "DIR", 0, "Folder of the report", 1},
  {"music",
   KEY_MUSIC,
   "WAV",
   0,
   "Programme, looped (default: synthetic music)",
   2},
  {"scenario",
   KEY_SCENARIO,
   "YAML",
   0,
   "What happens: occupancy, weather, crowd noise, faults (default: 45 minutes "
   "from empty to full)",
   2},
  {"minutes", KEY_MINUTES, "N", 0, "Length of the show after doors", 2},
  {"world",
   KEY_WORLD,
   "FILE.fhp",
   0,
   "Play in another venue than the auto-EQ is told",
   2},
  {"physics", KEY_PHYSICS, 0, 0, "Leave the learned network out", 2},
  {0}};

static error_t
parse_option(const int key, char* const arg, struct argp_state* const state)
{
  Options* const o = (Options*)state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->common;
    return 0;
  case 'o':
    o->folder = arg;
    return 0;
  case KEY_MUSIC:
    o->music = arg;
    return 0;
  case KEY_SCENARIO:
    o->scenario = arg;
    return 0;
  case KEY_MINUTES:
    o->minutes = fh_cli_number(state, "minutes", arg, 1.0, 600.0);
    return 0;
  case KEY_WORLD:
    o->world = arg;
    return 0;
  case KEY_PHYSICS:
    o->physics = true;
    return 0;
  case ARGP_KEY_ARG:
    fh_cli_one(state, "profile", arg, &o->profile);
    return 0;
  case ARGP_KEY_END:
    if (!o->profile || !o->folder) {
      argp_error(state, "give a PROFILE and -o DIR");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp rehearse_argp = {
  options_table,
  parse_option,
  "PROFILE",
  "Play a whole show through the very DSP of the auto-EQ, in a venue made of "
  "its profile ('fullhouse profile' makes one), faster than real time, and "
  "report what the audience would have heard: untouched, with the microphone "
  "undone, and with the auto-EQ.",
  fh_common_children,
  NULL,
  NULL};

static FhStatus
read_profile(const char* const path, FhProfile** const out)
{
  size_t size = 0;
  void* const bytes = fh_cli_read_file(path, FH_TENSORS_MAX_SIZE, &size);
  if (!bytes) {
    fh_cli_error(
      "%s: %s; give a file made by 'fullhouse profile'", path, strerror(errno));
    return FH_ERR_IO;
  }
  char reason[128] = "";
  const FhStatus status = fh_profile_parse(bytes, size, out, reason);
  free(bytes);
  if (status) {
    fh_cli_error(
      "%s: %s; make it again with 'fullhouse profile'", path, reason);
  }
  return status;
}

/// The installed network; without one the physics alone answers
static FhStatus
read_weights(const Options* const o, FhCrowdModel** const out)
{
  *out = NULL;
  char path[1200];
  snprintf(path, sizeof path, "%s/crowd.safetensors", fh_share_folder());
  size_t size = 0;
  void* const bytes =
    o->physics ? NULL : fh_cli_read_file(path, FH_TENSORS_MAX_SIZE, &size);
  if (!bytes) {
    return FH_OK;
  }
  char reason[128] = "";
  const FhStatus status = fh_crowd_model_parse(bytes, size, out, reason);
  free(bytes);
  if (status) {
    fh_cli_error("%s: %s; use --physics to go without", path, reason);
  }
  return status;
}

static FhStatus
read_scenario(const Options* const o, FhScenario* const out)
{
  FhDiag* const diag = fh_diag_new();
  const FhStatus status = o->scenario ? fh_scenario_read(o->scenario, out, diag)
                                      : fh_scenario_default(out);
  fh_cli_print_diag(diag, o->common.quiet);
  fh_diag_free(diag);
  if (!status && o->minutes > 0.0) {
    out->minutes = o->minutes;
  }
  return status;
}

static FhStatus
read_music(const Options* const o, FhAudio* const out)
{
  memset(out, 0, sizeof *out);
  if (!o->music) {
    return FH_OK;
  }
  FhStatus status = fh_audio_read(o->music, out);
  if (!status && (out->rate_hz < 47999.0 || out->rate_hz > 48001.0)) {
    FhAudio resampled;
    status = fh_audio_resample(out, 48000.0, &resampled);
    fh_audio_clear(out);
    if (!status) {
      *out = resampled;
    }
  }
  if (status) {
    fh_cli_error(
      "%s: %s; give a sound file with music", o->music, fh_strerror(status));
  }
  return status;
}

/// What held the correction, one line for each run of minutes with one reason
static void
print_holds(const FhRehearsal* const r)
{
  for (size_t i = 0; i < r->n_minutes;) {
    const FhRehearsalMinute* const first = &r->minutes[i];
    double held_s = 0.0;
    size_t end = i;
    while (end < r->n_minutes && r->minutes[end].hold == first->hold) {
      held_s += (double)r->minutes[end++].held_s;
    }
    if (first->hold >= 0) {
      printf("  minute %.0f to %.0f, held %.0f s: %s\n",
             first->minute,
             r->minutes[end - 1].minute,
             held_s,
             fh_live_state_text((FhLiveState)first->hold));
    }
    i = end;
  }
}

static void
print_summary(const FhRehearsal* const r, const Options* const o)
{
  printf("Soundcheck: %s (%.1f minutes of programme)\n",
         r->verdict,
         r->soundcheck_min);
  printf("Room against profile: %.1f (about 1 for the same, over %.1f it is "
         "another)\n",
         r->room_distance,
         FH_ROOM_LIMIT);
  printf("  minute  occupancy  estimate        tonal error [dB]     EQ rms\n"
         "                                  untouched   raw   ours     [dB]\n");
  const size_t every = r->n_minutes > 13 ? (r->n_minutes + 11) / 12 : 1;
  for (size_t i = 0; i < r->n_minutes; ++i) {
    if (i % every && i + 1 != r->n_minutes) {
      continue;
    }
    const FhRehearsalMinute* const m = &r->minutes[i];
    printf("  %6.0f  %9.2f  %4.2f +- %4.2f  %9.2f  %5.2f  %5.2f  %7.2f  %s\n",
           m->minute,
           m->occupancy,
           (double)m->occupancy_estimate,
           (double)m->occupancy_sd,
           (double)m->tonal_untouched_db,
           (double)m->tonal_raw_db,
           (double)m->tonal_ours_db,
           (double)m->eq_rms_db,
           fh_live_state_text((FhLiveState)m->state));
  }
  print_holds(r);
  const FhRehearsalEnd* const e = &r->end;
  printf(
    "Median of the last ten minutes: untouched %.2f, raw %.2f, ours %.2f "
    "dB\nWith 63 Hz, which the auto-EQ leaves alone: %.2f, %.2f, %.2f dB\n",
    (double)e->untouched_db,
    (double)e->raw_db,
    (double)e->ours_db,
    (double)e->all_untouched_db,
    (double)e->all_raw_db,
    (double)e->all_ours_db);
  printf(
    "Look at %s/tonal_error.png, occupancy.png and curves.png; numbers are "
    "in rehearsal.json\n",
    o->folder);
}

static int
rehearse(const Options* const o,
         const FhProfile* const world,
         const FhProfile* const profile,
         const FhCrowdModel* const weights,
         const FhScenario* const scenario,
         const FhAudio* const music)
{
  FhProgress progress;
  fh_progress_init(&progress, &o->common);
  FhRehearsal result;
  const FhStatus status = fh_rehearse(world,
                                      profile,
                                      weights,
                                      scenario,
                                      music->n_frames ? music : NULL,
                                      o->common.seed,
                                      fh_progress_step,
                                      &progress,
                                      &result);
  fh_progress_end(&progress);
  if (status == FH_ERR_NO_SIGNAL) {
    fh_cli_error("%s: silent; give a file with music", o->music);
    return FH_EXIT_BAD_INPUT;
  }
  if (status && status != FH_ERR_INTERRUPTED) {
    fh_cli_error("the rehearsal failed: %s", fh_strerror(status));
    return (int)fh_cli_exit_code(status);
  }
  FhStatus written = FH_OK;
  if (result.n_minutes) {
    written = rehearsal_write(&result, world, o->folder);
    if (written) {
      fh_cli_error("%s: cannot write: %s; choose another folder",
                   o->folder,
                   strerror(errno));
    } else if (o->common.json) {
      rehearsal_print_json(&result, world);
    } else {
      print_summary(&result, o);
    }
  }
  fh_rehearsal_clear(&result);
  return written ? FH_EXIT_NO_RESOURCE : (int)fh_cli_exit_code(status);
}

static int
run(const int argc, char** const argv)
{
  Options o = {.common = fh_common_options_default()};
  fh_cli_parse(&rehearse_argp, argc, argv, &o);
  fh_cli_catch_signals();
  if (mkdir(o.folder, 0777) && errno != EEXIST) {
    fh_cli_error("%s: %s; choose another folder", o.folder, strerror(errno));
    return FH_EXIT_NO_RESOURCE;
  }
  FhProfile* profile = NULL;
  FhProfile* world = NULL;
  FhCrowdModel* weights = NULL;
  FhScenario scenario;
  FhAudio music;
  memset(&scenario, 0, sizeof scenario);
  memset(&music, 0, sizeof music);
  FhStatus status = read_profile(o.profile, &profile);
  if (!status && o.world) {
    status = read_profile(o.world, &world);
  }
  status = status ? status : read_weights(&o, &weights);
  status = status ? status : read_scenario(&o, &scenario);
  status = status ? status : read_music(&o, &music);
  const int code =
    status
      ? (int)fh_cli_exit_code(status)
      : rehearse(
          &o, world ? world : profile, profile, weights, &scenario, &music);
  fh_audio_clear(&music);
  fh_scenario_clear(&scenario);
  fh_crowd_model_free(weights);
  fh_profile_free(world);
  fh_profile_free(profile);
  return code;
}

const FhCommand fh_rehearse_command = {
  "rehearse",
  "Play a show through the auto-EQ and report",
  &rehearse_argp,
  run,
  NULL};
