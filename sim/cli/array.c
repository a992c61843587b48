// SPDX-License-Identifier: GPL-3.0-or-later
#include "array.h"

#include "commands.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/// Arrangements of subwoofers whose delays can be worked out
typedef enum {
  DESIGN_NONE,
  DESIGN_ARC,
  DESIGN_END_FIRE,
  DESIGN_CARDIOID
} Design;

typedef struct {
  FhCommonOptions common;
  const char* venue;
  const char* folder; ///< Null: no pictures
  const char* arrays; ///< Names to show, or null for all arrays
  const char* on;     ///< Names that play, or null for all
  const char* off;    ///< Names that do not
  const char* maps;   ///< Frequencies and "dba"
  bool together;
  bool tone;
  bool free_field;
  FhInput input;
  double crest_db;
  Design design;
  double arc_deg;
  size_t n_hz;
  double hz[ARRAY_MAX_HZ];
} Options;

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
is_listed(const char* const list, const char* const name)
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
parse_frequencies(Options* const o,
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
  Options* const o = (Options*)state->input;
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
    if (o->venue) {
      argp_error(state, "one VENUE at a time, not also '%s'", arg);
    }
    o->venue = arg;
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

static const struct argp_child children[] = {{&fh_common_argp, 0, 0, 0}, {0}};

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
  children,
  0,
  0};

/// Everything that is open while the command runs
typedef struct {
  Options options;
  FhVenue venue;
  FhScene scene;
  FhSources* sources;
  FhRaycaster* caster;
  ArrayStage stage;
  uint64_t mask; ///< Emitters that play
  float (*seats)[3];
  FhDirectField field;
  FhHeadroom headroom;
  FhDiag* diag;
} Session;

static void
session_clear(Session* const s)
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
check_names(const Session* const s, const char* const list)
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
open_session(Session* const s)
{
  const Options* const o = &s->options;
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
    if ((!o->on || is_listed(o->on, name)) &&
        !(o->off && is_listed(o->off, name))) {
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

static bool
is_shown(const Session* const s, const size_t e)
{
  const Options* const o = &s->options;
  if (o->arrays) {
    return is_listed(o->arrays, fh_sources_emitter(s->sources, e)->name);
  }
  return !s->venue.n_arrays || e >= s->venue.n_loudspeakers;
}

static FhStatus
seat_levels(Session* const s)
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

/// Mean, least and greatest of the seats' levels
typedef struct {
  double mean_dba, low_dba, high_dba, high_peak_db;
} SeatSummary;

static SeatSummary
summarise(const Session* const s)
{
  SeatSummary out = {0.0, HUGE_VAL, -HUGE_VAL, -HUGE_VAL};
  double energy = 0.0;
  for (size_t i = 0; i < s->field.n_points; ++i) {
    const FhInputLevel level =
      fh_input_level(s->field.p2[i], s->options.input, s->options.crest_db);
    energy += pow(10.0, 0.1 * level.leq_dba) / (double)s->field.n_points;
    out.low_dba = fmin(out.low_dba, level.leq_dba);
    out.high_dba = fmax(out.high_dba, level.leq_dba);
    out.high_peak_db = fmax(out.high_peak_db, level.peak_db);
  }
  out.mean_dba = 10.0 * log10(energy);
  return out;
}

static void
limit_text(const Session* const s, const FhHeadroom* const h, char out[160])
{
  if (!isfinite(h->headroom_db)) {
    (void)snprintf(out, 160, "no model tells its limits");
    return;
  }
  char where[48] = "its peak level";
  if (h->third >= 0) {
    (void)snprintf(
      where, sizeof where, "the %s Hz third", fh_third_name((size_t)h->third));
  }
  const FhEmitter* const emitter = fh_sources_emitter(s->sources, h->emitter);
  char box[32] = "";
  if (emitter->n_elements > 1) {
    (void)snprintf(box, sizeof box, " box %zu", h->element + 1);
  }
  (void)snprintf(out, 160, "%s%s by %s", emitter->name, box, where);
}

static void
print_boxes(const Session* const s, const size_t e)
{
  const FhEmitter* const emitter = fh_sources_emitter(s->sources, e);
  double mass_kg = 0.0;
  printf("%4s %8s %8s %8s %8s %8s %8s %9s %4s\n",
         "box",
         "x m",
         "y m",
         "z m",
         "yaw",
         "pitch",
         "gain dB",
         "delay ms",
         "pol");
  for (size_t i = 0; i < emitter->n_elements; ++i) {
    FhElement box;
    fh_sources_element(s->sources, e, i, &box);
    double world[3];
    fh_scene_to_world(&s->scene, box.at, world);
    const double degrees = 180.0 / FH_PI;
    printf("%4zu %8.2f %8.2f %8.2f %8.1f %8.1f %8.1f %9.2f %4s\n",
           i + 1,
           world[0],
           world[1],
           world[2],
           -atan2((double)box.forward[0], (double)box.forward[1]) * degrees,
           asin(fmax(-1.0, fmin(1.0, (double)box.forward[2]))) * degrees,
           box.gain_db,
           1e3 * box.delay_s,
           box.invert ? "-" : "+");
    mass_kg += box.mass_kg;
  }
  if (mass_kg > 0.0) {
    printf("  mass of the boxes %.0f kg\n", mass_kg);
  }
}

static void
print_view(const Session* const s, const ArrayView* const view)
{
  for (size_t e = 0; e < fh_sources_count(s->sources) && e < 64; ++e) {
    if (view->mask >> e & 1) {
      const FhEmitter* const emitter = fh_sources_emitter(s->sources, e);
      FhElement box;
      fh_sources_element(s->sources, e, 0, &box);
      printf("%s: %u x %s\n", emitter->name, emitter->n_elements, box.model);
      print_boxes(s, e);
    }
  }
  printf("%10s %10s %10s %10s %10s %12s\n",
         "Hz",
         "aim deg",
         "top deg",
         "bottom deg",
         "rear dB",
         "seats dB");
  for (size_t f = 0; f < view->n_hz; ++f) {
    double low = HUGE_VAL;
    double high = -HUGE_VAL;
    for (size_t i = 0; i < view->n_line; ++i) {
      const double db = view->line_db[f * view->n_line + i];
      low = isfinite(db) ? fmin(low, db) : low;
      high = isfinite(db) ? fmax(high, db) : high;
    }
    char span[32] = "-";
    if (low <= high) {
      (void)snprintf(span, sizeof span, "%.1f..%.1f", low, high);
    }
    printf("%10s %10.0f %10.0f %10.0f %10.1f %12s\n",
           fh_third_name(array_band(view->hz[f])),
           view->aim_deg[f],
           view->top_deg[f],
           view->bottom_deg[f],
           view->rear_db[f],
           span);
  }
  char limit[160];
  limit_text(s, &view->headroom, limit);
  if (isfinite(view->headroom.headroom_db)) {
    printf("  headroom %.1f dB, first to limit: %s\n",
           view->headroom.headroom_db,
           limit);
  }
  printf("\n");
}

static void
print_seats(const Session* const s)
{
  if (!s->field.n_points) {
    return;
  }
  const SeatSummary seats = summarise(s);
  char limit[160];
  limit_text(s, &s->headroom, limit);
  printf(
    "Seats, direct sound of all that play: mean %.1f dB(A), %.1f to %.1f\n",
    seats.mean_dba,
    seats.low_dba,
    seats.high_dba);
  if (isfinite(s->headroom.headroom_db)) {
    printf(
      "Up to the first limit (%s): %+.1f dB, mean %.1f dB(A), peak %.1f dB "
      "at the loudest seat\n",
      limit,
      s->headroom.headroom_db,
      seats.mean_dba + s->headroom.headroom_db,
      seats.high_peak_db + s->headroom.headroom_db);
  }
}

static json_t*
json_number(const double x)
{
  return isfinite(x) ? json_real(x) : json_null();
}

static json_t*
json_headroom(const Session* const s, const FhHeadroom* const h)
{
  json_t* const out = json_object();
  json_object_set_new(out, "headroom_db", json_number(h->headroom_db));
  if (isfinite(h->headroom_db)) {
    json_object_set_new(
      out,
      "emitter",
      json_string(fh_sources_emitter(s->sources, h->emitter)->name));
    json_object_set_new(out, "box", json_integer((json_int_t)h->element + 1));
    json_object_set_new(out,
                        "limit",
                        h->third < 0
                          ? json_string("peak")
                          : json_string(fh_third_name((size_t)h->third)));
  }
  return out;
}

static void
append_boxes(const Session* const s, const size_t e, json_t* const boxes)
{
  const FhEmitter* const emitter = fh_sources_emitter(s->sources, e);
  for (size_t i = 0; i < emitter->n_elements; ++i) {
    FhElement box;
    fh_sources_element(s->sources, e, i, &box);
    double world[3];
    fh_scene_to_world(&s->scene, box.at, world);
    json_array_append_new(
      boxes,
      json_pack("{s:s, s:s, s:[f,f,f], s:[f,f,f], s:f, s:f, s:b}",
                "of",
                emitter->name,
                "model",
                box.model,
                "at",
                world[0],
                world[1],
                world[2],
                "forward",
                (double)box.forward[0],
                (double)box.forward[1],
                (double)box.forward[2],
                "gain_db",
                box.gain_db,
                "delay_ms",
                1e3 * box.delay_s,
                "invert",
                box.invert));
  }
}

static json_t*
json_view(const Session* const s, const ArrayView* const view)
{
  json_t* const out = json_object();
  json_t* const boxes = json_array();
  for (size_t e = 0; e < fh_sources_count(s->sources) && e < 64; ++e) {
    if (view->mask >> e & 1) {
      append_boxes(s, e, boxes);
    }
  }
  json_t* const coverage = json_array();
  for (size_t f = 0; f < view->n_hz; ++f) {
    json_t* const distance = json_array();
    json_t* const level = json_array();
    for (size_t i = 0; i < view->n_line; ++i) {
      json_array_append_new(distance, json_number(view->distance_m[i]));
      json_array_append_new(level,
                            json_number(view->line_db[f * view->n_line + i]));
    }
    json_array_append_new(coverage,
                          json_pack("{s:f, s:f, s:f, s:f, s:f, s:o, s:o}",
                                    "frequency_hz",
                                    view->hz[f],
                                    "aim_deg",
                                    view->aim_deg[f],
                                    "top_deg",
                                    view->top_deg[f],
                                    "bottom_deg",
                                    view->bottom_deg[f],
                                    "rear_db",
                                    view->rear_db[f],
                                    "distance_m",
                                    distance,
                                    "level_db",
                                    level));
  }
  json_object_set_new(out, "name", json_string(view->name));
  json_object_set_new(out, "boxes", boxes);
  json_object_set_new(out, "coverage", coverage);
  json_object_set_new(out, "headroom", json_headroom(s, &view->headroom));
  return out;
}

static void
print_json(const Session* const s, json_t* const arrays)
{
  json_t* const root = json_object();
  json_object_set_new(root, "venue", json_string(s->venue.name));
  json_object_set_new(root, "arrays", arrays);
  json_object_set_new(root, "headroom", json_headroom(s, &s->headroom));
  if (s->field.n_points) {
    const SeatSummary seats = summarise(s);
    json_object_set_new(root,
                        "seats",
                        json_pack("{s:f, s:f, s:f, s:f}",
                                  "mean_dba",
                                  seats.mean_dba,
                                  "lowest_dba",
                                  seats.low_dba,
                                  "highest_dba",
                                  seats.high_dba,
                                  "highest_peak_db",
                                  seats.high_peak_db));
  }
  char* const text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
  if (text) {
    (void)puts(text);
  }
  free(text);
  json_decref(root);
}

/// DIR/NAME-KIND.png with what file systems dislike replaced
static void
picture_path(const Session* const s,
             const char* const name,
             const char* const kind,
             char out[1400])
{
  char plain[FH_NAME_SIZE];
  size_t n = 0;
  for (; name[n] && n + 1 < sizeof plain; ++n) {
    plain[n] = strchr("/\\ :*?\"<>|", name[n]) ? '_' : name[n];
  }
  plain[n] = '\0';
  (void)snprintf(out, 1400, "%s/%s-%s.png", s->options.folder, plain, kind);
}

static FhStatus
map_values(const Session* const s, const char* const what, double* const db)
{
  const size_t n = s->scene.n_seats;
  if (!strcmp(what, "dba")) {
    for (size_t i = 0; i < n; ++i) {
      db[i] =
        fh_input_level(s->field.p2[i], s->options.input, s->options.crest_db)
          .leq_dba;
    }
    return FH_OK;
  }
  const double hz = strtod(what, NULL);
  if (!s->options.tone) {
    const size_t band = array_band(hz);
    for (size_t i = 0; i < n; ++i) {
      db[i] = 10.0 * log10((double)s->field.p2[i][band] / 4e-10);
    }
    return FH_OK;
  }
  double(*const p)[2] = (double(*)[2])calloc(n + 1, sizeof *p);
  if (!p) {
    return FH_ERR_NO_MEM;
  }
  const FhStatus status = fh_direct_pressure(s->sources,
                                             s->caster,
                                             (const float(*)[3])s->seats,
                                             n,
                                             s->mask,
                                             true,
                                             hz,
                                             s->stage.n_threads,
                                             p);
  for (size_t i = 0; !status && i < n; ++i) {
    db[i] = 20.0 * log10(hypot(p[i][0], p[i][1]) / 20e-6);
  }
  free(p);
  return status;
}

static FhStatus
draw_maps(const Session* const s)
{
  double* const db = (double*)calloc(s->scene.n_seats + 1, sizeof(double));
  if (!db) {
    return FH_ERR_NO_MEM;
  }
  char copy[256];
  (void)snprintf(copy, sizeof copy, "%s", s->options.maps);
  char* rest = NULL;
  FhStatus status = FH_OK;
  for (char* word = strtok_r(copy, ",", &rest); word && !status;
       word = strtok_r(NULL, ",", &rest)) {
    const double hz = strtod(word, NULL);
    const bool weighted = !strcmp(word, "dba");
    if (!weighted && !(hz >= 20.0 && hz <= 20000.0)) {
      fh_diag_add(s->diag,
                  FH_DIAG_ERROR,
                  NULL,
                  0,
                  0,
                  "--map '%s' is no frequency from 20 to 20000 Hz and not "
                  "'dba'; give one of them",
                  word);
      status = FH_ERR_BAD_ARG;
      break;
    }
    char title[200];
    char name[64];
    if (weighted) {
      (void)snprintf(
        title, sizeof title, "%s: direct sound, dB(A)", s->venue.name);
    } else if (s->options.tone) {
      (void)snprintf(title,
                     sizeof title,
                     "%s: direct sound, tone of %g Hz",
                     s->venue.name,
                     hz);
    } else {
      (void)snprintf(title,
                     sizeof title,
                     "%s: direct sound, third octave at %s Hz",
                     s->venue.name,
                     fh_third_name(array_band(hz)));
    }
    (void)snprintf(
      name, sizeof name, "%s%s", word, s->options.tone ? "-tone" : "");
    char path[1400];
    picture_path(s, "map", name, path);
    status = map_values(s, word, db);
    status = status ? status : array_plot_map(&s->stage, db, title, path);
  }
  free(db);
  return status;
}

/// The loudspeakers that an arrangement is made of
typedef struct {
  size_t n;
  size_t emitter[ARRAY_MAX_SHOWN];
  double at[ARRAY_MAX_SHOWN][2]; ///< On plan [m]
} Group;

static void
find_group(const Session* const s, Group* const group)
{
  group->n = 0;
  for (size_t e = 0;
       e < fh_sources_count(s->sources) && group->n < ARRAY_MAX_SHOWN;
       ++e) {
    if (is_shown(s, e)) {
      const FhEmitter* const one = fh_sources_emitter(s->sources, e);
      group->at[group->n][0] = (double)one->centre[0];
      group->at[group->n][1] = (double)one->centre[1];
      group->emitter[group->n++] = e;
    }
  }
}

/// Unit vector of the line that an arc stands on: between its farthest two
static double
line_of(const Group* const group, double line[2])
{
  double most = 0.0;
  for (size_t i = 0; i < group->n; ++i) {
    for (size_t j = 0; j < i; ++j) {
      const double x = group->at[i][0] - group->at[j][0];
      const double y = group->at[i][1] - group->at[j][1];
      if (hypot(x, y) > most) {
        most = hypot(x, y);
        line[0] = x / most;
        line[1] = y / most;
      }
    }
  }
  return most;
}

/// Where the first one looks, on plan
static double
aim_of(const Session* const s, const Group* const group, double line[2])
{
  FhElement box;
  fh_sources_element(s->sources, group->emitter[0], 0, &box);
  const double length = hypot((double)box.forward[0], (double)box.forward[1]);
  line[0] = (double)box.forward[0] / fmax(length, 1e-9);
  line[1] = (double)box.forward[1] / fmax(length, 1e-9);
  return length;
}

static FhStatus
print_design(const Session* const s)
{
  const Design design = s->options.design;
  Group group;
  memset(&group, 0, sizeof group);
  find_group(s, &group);
  double line[2] = {0.0, 0.0};
  double span = line_of(&group, line);
  if (span > 0.0 && design != DESIGN_ARC) {
    span = aim_of(s, &group, line) > 0.1 ? span : 0.0;
  }
  if (!(span > 0.0) || (design == DESIGN_CARDIOID && group.n != 2)) {
    fh_diag_add(s->diag,
                FH_DIAG_ERROR,
                s->venue.path,
                0,
                0,
                "%s loudspeakers at different places are needed, not %zu; "
                "name them with --array",
                design == DESIGN_CARDIOID ? "two" : "two or more",
                group.n);
    return FH_ERR_BAD_ARG;
  }
  double offset[ARRAY_MAX_SHOWN] = {0.0};
  double delay_s[ARRAY_MAX_SHOWN] = {0.0};
  double rear = HUGE_VAL;
  double front = -HUGE_VAL;
  for (size_t i = 0; i < group.n; ++i) {
    offset[i] = (group.at[i][0] - group.at[0][0]) * line[0] +
                (group.at[i][1] - group.at[0][1]) * line[1];
    rear = fmin(rear, offset[i]);
    front = fmax(front, offset[i]);
  }
  const double speed = fh_air_speed_m_s(&s->scene.air);
  if (design == DESIGN_ARC) {
    fh_arc_delays(offset, group.n, s->options.arc_deg, speed, delay_s);
  }
  for (size_t i = 0; i < group.n; ++i) {
    if (design == DESIGN_END_FIRE) {
      delay_s[i] = (offset[i] - rear) / speed;
    } else if (design == DESIGN_CARDIOID) {
      // Behind, the front one's sound has come this way when it meets the rear
      // one's
      delay_s[i] = offset[i] < front ? (front - rear) / speed : 0.0;
    }
  }
  printf(
    "%-24s %10s %10s %8s\n", "loudspeaker", "place m", "delay ms", "invert");
  for (size_t i = 0; i < group.n; ++i) {
    printf("%-24s %10.2f %10.2f %8s\n",
           fh_sources_emitter(s->sources, group.emitter[i])->name,
           offset[i] - rear,
           1e3 * delay_s[i],
           design == DESIGN_CARDIOID && offset[i] < front ? "yes" : "no");
  }
  return FH_OK;
}

/// Work out, draw and print one view
static FhStatus
show_view(const Session* const s,
          const uint64_t mask,
          ArrayView* const view,
          json_t* const list)
{
  const Options* const o = &s->options;
  FhStatus status = array_view_init(&s->stage, mask, o->hz, o->n_hz, view);
  if (!status && o->folder) {
    char path[1400];
    picture_path(s, view->name, "coverage", path);
    status = array_plot_coverage(view, path);
    picture_path(s, view->name, "polar", path);
    status = status ? status : array_plot_polar(view, path);
  }
  if (!status && o->common.json) {
    json_array_append_new(list, json_view(s, view));
  } else if (!status) {
    print_view(s, view);
  }
  array_view_clear(view);
  return status;
}

static FhStatus
show_all(Session* const s)
{
  const Options* const o = &s->options;
  json_t* const list = json_array();
  FhStatus status = seat_levels(s);
  ArrayView* const view = (ArrayView*)calloc(1, sizeof *view);
  status = view && list ? status : FH_ERR_NO_MEM;
  uint64_t all = 0;
  for (size_t e = 0; !status && e < fh_sources_count(s->sources) && e < 64;
       ++e) {
    if (is_shown(s, e)) {
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
    status = draw_maps(s);
  }
  if (status) {
    json_decref(list);
    return status;
  }
  if (o->common.json) {
    print_json(s, list);
    return FH_OK;
  }
  json_decref(list);
  print_seats(s);
  return FH_OK;
}

static int
run_array(const int argc, char** const argv)
{
  static const double usual_hz[] = {125, 500, 1000, 2000, 4000, 8000};
  Session s;
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
    status = s.options.design ? print_design(&s) : show_all(&s);
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
