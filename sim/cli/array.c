// SPDX-License-Identifier: GPL-3.0-or-later
#include "array_session.h"
#include "commands.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
  KEY_ON = 0x3000,
  KEY_TOGETHER,
  KEY_OFF,
  KEY_MAP,
  KEY_TONE,
  KEY_FREE,
  KEY_INPUT,
  KEY_CREST,
  KEY_ARC,
  KEY_END_FIRE,
  KEY_CARDIOID
};

static const struct argp_option options_table[] = {
  {"array",
   'a',
   "NAMES",
   0,
   "Arrays or loudspeakers to show, with commas between (default: all arrays, "
   "or all loudspeakers where there are none)",
   1},
  {"together",
   KEY_TOGETHER,
   0,
   0,
   "Show what --array names as one, e.g. a cardioid pair of subwoofers",
   1},
  {"frequency",
   'f',
   "HZ",
   0,
   "Third octaves to show, with commas between (default: "
   "125,500,1000,2000,4000,8000)",
   1},
  {"output",
   'o',
   "DIR",
   0,
   "Draw coverage, polar patterns and maps into this folder",
   1},
  {"map",
   KEY_MAP,
   "HZ",
   0,
   "Maps of the direct field at the seats: frequencies and 'dba', with commas "
   "between (needs --output)",
   2},
  {"tone",
   KEY_TONE,
   0,
   0,
   "Maps show pure tones, with their interference, not third octaves",
   2},
  {"on", KEY_ON, "NAMES", 0, "Only these play", 2},
  {"off", KEY_OFF, "NAMES", 0, "These do not play", 2},
  {"free", KEY_FREE, 0, 0, "Leave walls out: no shadows", 2},
  {"input",
   KEY_INPUT,
   "KIND",
   0,
   "What plays: pink, or programme as in IEC 60268-1 (default)",
   3},
  {"crest",
   KEY_CREST,
   "DB",
   0,
   "Peak over rms of the input (default: 12, music)",
   3},
  {"arc",
   KEY_ARC,
   "DEG",
   0,
   "Print the delays that bend the loudspeakers named by --array into an arc",
   4},
  {"end-fire",
   KEY_END_FIRE,
   0,
   0,
   "Print the delays that let them add up along the aim of the first one",
   4},
  {"cardioid",
   KEY_CARDIOID,
   0,
   0,
   "Print the delay and polarity that let the rear one of two cancel behind",
   4},
  {0}};

/// Does a list with commas hold a name?
static bool
array_is_listed(const char* const list, const char* const name)
{
  const size_t n = strlen(name);
  for (const char* at = list; at && *at;) {
    const size_t length = strcspn(at, ",");
    if (length == n && !strncmp(at, name, n)) {
      return true;
    }
    at += length + (at[length] == ',');
  }
  return false;
}

static void
parse_frequencies(ArrayOptions* const o,
                  const char* const arg,
                  const struct argp_state* const state)
{
  o->n_hz = 0;
  char copy[256];
  (void)snprintf(copy, sizeof copy, "%s", arg);
  char* rest = NULL;
  for (char* word = strtok_r(copy, ",", &rest); word;
       word = strtok_r(NULL, ",", &rest)) {
    if (o->n_hz == ARRAY_MAX_HZ) {
      argp_error(state, "at most %d frequencies", ARRAY_MAX_HZ);
    }
    const double hz = fh_cli_number(state, "frequency", word, 45.0, 11200.0);
    o->hz[o->n_hz++] = fh_third_hz(array_band(hz));
  }
  if (!o->n_hz) {
    argp_error(state, "give at least one frequency, e.g. 500,2000");
  }
}

static error_t
parse_option(const int key, char* const arg, struct argp_state* const state)
{
  ArrayOptions* const o = (ArrayOptions*)state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->common;
    return 0;
  case 'a':
    o->arrays = arg;
    return 0;
  case 'f':
    parse_frequencies(o, arg, state);
    return 0;
  case 'o':
    o->folder = arg;
    return 0;
  case KEY_MAP:
    o->maps = arg;
    return 0;
  case KEY_TOGETHER:
    o->together = true;
    return 0;
  case KEY_TONE:
    o->tone = true;
    return 0;
  case KEY_ON:
    o->on = arg;
    return 0;
  case KEY_OFF:
    o->off = arg;
    return 0;
  case KEY_FREE:
    o->free_field = true;
    return 0;
  case KEY_INPUT:
    if (!strcmp(arg, "pink")) {
      o->input = FH_INPUT_PINK;
    } else if (!strcmp(arg, "programme")) {
      o->input = FH_INPUT_PROGRAMME;
    } else {
      argp_error(state, "--input is pink or programme, not '%s'", arg);
    }
    return 0;
  case KEY_CREST:
    o->crest_db = fh_cli_number(state, "crest", arg, 0.0, 30.0);
    return 0;
  case KEY_ARC:
    o->arc_deg = fh_cli_number(state, "arc", arg, 1.0, 179.0);
    o->design = DESIGN_ARC;
    return 0;
  case KEY_END_FIRE:
    o->design = DESIGN_END_FIRE;
    return 0;
  case KEY_CARDIOID:
    o->design = DESIGN_CARDIOID;
    return 0;
  case ARGP_KEY_ARG:
    fh_cli_one(state, "venue", arg, &o->venue);
    return 0;
  case ARGP_KEY_END:
    if (!o->venue) {
      argp_error(state, "give a VENUE: a YAML file, or a folder with one");
    }
    if (o->maps && !o->folder) {
      argp_error(state, "--map needs a folder to draw into: --output DIR");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp array_argp = {
  options_table,
  parse_option,
  "VENUE",
  "Show arrays and loudspeakers: where the boxes are, what they cover, how "
  "loud "
  "they go.\v"
  "Levels are those of the direct sound alone, complex sums of all boxes with "
  "their delays, polarity and filters, over edges where walls are in the way. "
  "A gain of 0 dB is what the model files say (100 W of pink noise unless they "
  "say otherwise). Exits with 1 when the set gains are more than something "
  "can play.",
  fh_common_children,
  0,
  0};

static void
session_clear(ArraySession* const s)
{
  fh_direct_field_clear(&s->field);
  free(s->seats);
  fh_raycaster_free(s->caster);
  fh_sources_free(s->sources);
  fh_scene_clear(&s->scene);
  fh_venue_clear(&s->venue);
  fh_diag_free(s->diag);
}

/// Every name of a list must be an emitter
static FhStatus
check_names(const ArraySession* const s, const char* const list)
{
  char copy[1024];
  (void)snprintf(copy, sizeof copy, "%s", list ? list : "");
  char* rest = NULL;
  for (char* word = strtok_r(copy, ",", &rest); word;
       word = strtok_r(NULL, ",", &rest)) {
    bool known = false;
    for (size_t e = 0; e < fh_sources_count(s->sources); ++e) {
      known = known || !strcmp(fh_sources_emitter(s->sources, e)->name, word);
    }
    if (!known) {
      fh_diag_add(s->diag,
                  FH_DIAG_ERROR,
                  s->venue.path,
                  0,
                  0,
                  "no loudspeaker or array is called '%.60s'; see "
                  "'system' for the names",
                  word);
      return FH_ERR_NOT_FOUND;
    }
  }
  return FH_OK;
}

static FhStatus
open_session(ArraySession* const s)
{
  const ArrayOptions* const o = &s->options;
  s->diag = fh_diag_new();
  if (!s->diag) {
    return FH_ERR_NO_MEM;
  }
  FhStatus status = fh_venue_read(o->venue, &s->venue, s->diag);
  status = status ? status : fh_scene_build(&s->venue, &s->scene, s->diag);
  status = status ? status
                  : fh_sources_new(&s->venue, &s->scene, &s->sources, s->diag);
  if (!status && !o->free_field) {
    status = fh_raycaster_new(&s->scene, 1, &s->caster);
  }
  status = status ? status : check_names(s, o->arrays);
  status = status ? status : check_names(s, o->on);
  status = status ? status : check_names(s, o->off);
  if (status) {
    return status;
  }
  if (!fh_sources_count(s->sources)) {
    fh_diag_add(s->diag,
                FH_DIAG_ERROR,
                s->venue.path,
                0,
                0,
                "the venue has no loudspeakers; add some to 'system'");
    return FH_ERR_INVALID_DATA;
  }
  for (size_t e = 0; e < fh_sources_count(s->sources) && e < 64; ++e) {
    const char* const name = fh_sources_emitter(s->sources, e)->name;
    if ((!o->on || array_is_listed(o->on, name)) &&
        !(o->off && array_is_listed(o->off, name))) {
      s->mask |= (uint64_t)1 << e;
    }
  }
  if (!o->on && !o->off) {
    s->mask = UINT64_MAX;
  }
  s->stage = (ArrayStage){&s->venue,
                          &s->scene,
                          s->sources,
                          s->caster,
                          o->common.n_threads ? o->common.n_threads : 2,
                          o->input,
                          o->crest_db};
  return FH_OK;
}

bool
array_is_shown(const ArraySession* const s, const size_t e)
{
  const ArrayOptions* const o = &s->options;
  if (o->arrays) {
    return array_is_listed(o->arrays, fh_sources_emitter(s->sources, e)->name);
  }
  return !s->venue.n_arrays || e >= s->venue.n_loudspeakers;
}

static FhStatus
seat_levels(ArraySession* const s)
{
  const size_t n = s->scene.n_seats;
  s->seats = (float(*)[3])calloc(n + 1, sizeof *s->seats);
  if (!s->seats) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < n; ++i) {
    memcpy(s->seats[i], s->scene.seats[i].at, sizeof s->seats[i]);
  }
  fh_sources_headroom(
    s->sources, s->mask, s->options.input, s->options.crest_db, &s->headroom);
  return fh_direct_field(s->sources,
                         s->caster,
                         (const float(*)[3])s->seats,
                         n,
                         s->mask,
                         true,
                         s->stage.n_threads,
                         &s->field);
}

/// Work out, draw and print one view
static FhStatus
show_view(const ArraySession* const s,
          const uint64_t mask,
          ArrayView* const view,
          json_t* const list)
{
  const ArrayOptions* const o = &s->options;
  FhStatus status = array_view_init(&s->stage, mask, o->hz, o->n_hz, view);
  if (!status && o->folder) {
    char path[1400];
    array_picture_path(s, view->name, "coverage", path);
    status = array_plot_coverage(view, path);
    array_picture_path(s, view->name, "polar", path);
    status = status ? status : array_plot_polar(view, path);
  }
  if (!status && o->common.json) {
    json_array_append_new(list, array_json_view(s, view));
  } else if (!status) {
    array_print_view(s, view);
  }
  array_view_clear(view);
  return status;
}

static FhStatus
show_all(ArraySession* const s)
{
  const ArrayOptions* const o = &s->options;
  json_t* const list = json_array();
  FhStatus status = seat_levels(s);
  ArrayView* const view = (ArrayView*)calloc(1, sizeof *view);
  status = view && list ? status : FH_ERR_NO_MEM;
  uint64_t all = 0;
  for (size_t e = 0; !status && e < fh_sources_count(s->sources) && e < 64;
       ++e) {
    if (array_is_shown(s, e)) {
      all |= (uint64_t)1 << e;
      if (!o->together) {
        status = show_view(s, (uint64_t)1 << e, view, list);
      }
    }
  }
  if (!status && o->together && all) {
    status = show_view(s, all, view, list);
  }
  free(view);
  if (!status && o->maps) {
    status = array_draw_maps(s);
  }
  if (status) {
    json_decref(list);
    return status;
  }
  if (o->common.json) {
    array_print_json(s, list);
    return FH_OK;
  }
  json_decref(list);
  array_print_seats(s);
  return FH_OK;
}

static int
run_array(const int argc, char** const argv)
{
  static const double usual_hz[] = {125, 500, 1000, 2000, 4000, 8000};
  ArraySession s;
  memset(&s, 0, sizeof s);
  s.options.common = fh_common_options_default();
  s.options.input = FH_INPUT_PROGRAMME;
  s.options.crest_db = 12.0;
  s.options.n_hz = sizeof usual_hz / sizeof usual_hz[0];
  for (size_t i = 0; i < s.options.n_hz; ++i) {
    s.options.hz[i] = fh_third_hz(array_band(usual_hz[i]));
  }
  fh_cli_parse(&array_argp, argc, argv, &s.options);

  FhStatus status = open_session(&s);
  if (!status && s.options.folder && mkdir(s.options.folder, 0777) &&
      errno != EEXIST) {
    fh_diag_add(s.diag,
                FH_DIAG_ERROR,
                s.options.folder,
                0,
                0,
                "the folder cannot be made (%s); choose another",
                strerror(errno));
    status = FH_ERR_IO;
  }
  if (!status) {
    status = s.options.design ? array_print_design(&s) : show_all(&s);
  }
  if (s.diag) {
    fh_cli_print_diag(s.diag, s.options.common.quiet);
    if (status && !fh_diag_count(s.diag, FH_DIAG_ERROR)) {
      fh_cli_error("%s", fh_strerror(status));
    }
  }
  int code = fh_cli_exit_code(status);
  if (!status && !s.options.design && s.headroom.headroom_db < 0.0) {
    fh_cli_say(&s.options.common,
               "The set gains are %.1f dB too much: turn down, or choose "
               "another --crest\n",
               -s.headroom.headroom_db);
    code = FH_EXIT_NO;
  }
  session_clear(&s);
  return code;
}

const FhCommand fh_array_command = {
  "array",
  "Show what arrays and loudspeakers cover and how loud they go",
  &array_argp,
  run_array,
  NULL};
