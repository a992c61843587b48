// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.h"
#include "commands.h"

#include <fh/auralize.h>
#include <fh/run_record.h>

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  KEY_RECEIVER = 0x2500,
  KEY_SEAT,
  KEY_DRY,
  KEY_FORMAT,
  KEY_HRTF,
  KEY_YAW,
  KEY_SOURCE,
  KEY_FULL_SCALE,
  KEY_VENUE
};

/// Rate of the responses and of what is written [Hz]
#define RATE_HZ 48000.0
/// Over the mean level where the file is full, unless told: a crest factor of
/// 20 dB, and 6 dB for seats that are louder than the mean
#define ROOM_DB 26.0

typedef struct {
  FhCommonOptions common;
  const char* run;
  const char* receiver;
  long seat; ///< Number of a seat, -1 for none
  const char* dry;
  const char* output;
  const char* hrtf;
  const char* source;
  const char* venue;
  FhAuralFormat format;
  double yaw_deg;       ///< NaN: as the seat or microphone looks
  double full_scale_db; ///< NaN: from the run's mean level
} Options;

static const struct argp_option options_table[] = {
  {"output", 'o', "WAV", 0, "Sound to write (float, 48 kHz)", 1},
  {"dry",
   KEY_DRY,
   "WAV",
   0,
   "Sound to play, without reverberation, any rate; without it the response "
   "itself is written, in pascals",
   1},
  {"receiver", KEY_RECEIVER, "NAME", 0, "Listen at this microphone", 2},
  {"seat", KEY_SEAT, "ID", 0, "Listen on this seat (id of seats.csv)", 2},
  {"yaw",
   KEY_YAW,
   "DEG",
   0,
   "Look there: 0 is +y, 90 is -x (default: on a seat to the stage, at a "
   "microphone its yaw_deg, or where the loudest loudspeaker is)",
   2},
  {"format",
   KEY_FORMAT,
   "FORMAT",
   0,
   "mono, binaural, or b-format: first order AmbiX, W Y Z X (ACN), SN3D "
   "(default: binaural)",
   3},
  {"hrtf",
   KEY_HRTF,
   "SOFA",
   0,
   "Head-related responses (default: those that come with libmysofa)",
   3},
  {"source",
   KEY_SOURCE,
   "NAME",
   0,
   "Only this loudspeaker plays (default: the whole system)",
   3},
  {"full-scale",
   KEY_FULL_SCALE,
   "DB",
   0,
   "Peak level that fills the file (default: by the run's mean level, the same "
   "for all its seats)",
   3},
  {"venue",
   KEY_VENUE,
   "VENUE",
   0,
   "Where the venue of the run is now, when it was moved",
   4},
  {0}};

static FhAuralFormat
parse_format(const struct argp_state* const state, const char* const text)
{
  static const char* const words[] = {"mono", "binaural", "b-format"};
  for (size_t i = 0; i < sizeof words / sizeof *words; ++i) {
    if (!strcmp(text, words[i])) {
      return (FhAuralFormat)i;
    }
  }
  argp_error(state, "--format is mono, binaural or b-format, not '%s'", text);
  return FH_AURAL_MONO;
}

static error_t
parse_option(const int key, char* const arg, struct argp_state* const state)
{
  Options* const o = (Options*)state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->common;
    return 0;
  case 'o':
    o->output = arg;
    return 0;
  case KEY_DRY:
    o->dry = arg;
    return 0;
  case KEY_RECEIVER:
    o->receiver = arg;
    return 0;
  case KEY_SEAT:
    o->seat = (long)fh_cli_number(state, "seat", arg, 0.0, 1e9);
    return 0;
  case KEY_YAW:
    o->yaw_deg = fh_cli_number(state, "yaw", arg, -360.0, 360.0);
    return 0;
  case KEY_FORMAT:
    o->format = parse_format(state, arg);
    return 0;
  case KEY_HRTF:
    o->hrtf = arg;
    return 0;
  case KEY_SOURCE:
    o->source = arg;
    return 0;
  case KEY_FULL_SCALE:
    o->full_scale_db = fh_cli_number(state, "full-scale", arg, 20.0, 200.0);
    return 0;
  case KEY_VENUE:
    o->venue = arg;
    return 0;
  case ARGP_KEY_ARG:
    fh_cli_one(state, "run", arg, &o->run);
    return 0;
  case ARGP_KEY_END:
    if (!o->run || !o->output) {
      argp_error(state, "give a RUN folder and -o WAV");
    }
    if (!o->receiver == (o->seat < 0)) {
      argp_error(state, "say where to listen: --receiver NAME or --seat ID");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp auralize_argp = {
  options_table,
  parse_option,
  "RUN -o WAV",
  "Listen to a simulated venue: play a dry sound through its system as it is "
  "heard at a seat or microphone, over headphones (binaural), in one channel, "
  "or in B-format. The response has its real length."
  "\vThe sound is played at the drive at which the run's levels are true, and "
  "all seats of a run are written to the same scale, which is printed: two "
  "files differ in level as the seats do. The venue of the run must be where "
  "it was, since its sound is traced again for that one place.",
  fh_common_children,
  NULL,
  NULL};

static FhStatus
wrong(FhDiag* const diag, const char* const where, const char* const text)
{
  fh_diag_add(diag, FH_DIAG_ERROR, where, 0, 0, "%s", text);
  return FH_ERR_NOT_FOUND;
}

// The venue as it was simulated
static FhStatus
read_venue(const Options* const o,
           const FhRunRecord* const record,
           FhVenue* const venue,
           FhDiag* const diag)
{
  const char* const path = o->venue ? o->venue : record->venue_path;
  const FhStatus status = fh_venue_read(path, venue, diag);
  if (status) {
    fh_diag_add(diag,
                FH_DIAG_NOTE,
                o->run,
                0,
                0,
                "the venue of this run is needed to listen to it; if it was "
                "moved, say where it is with --venue");
    return status;
  }
  char hash[32];
  snprintf(hash, sizeof hash, "%016llx", (unsigned long long)venue->hash);
  if (strcmp(hash, record->venue_hash) != 0) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                venue->path,
                0,
                0,
                "was changed since %s was simulated; simulate again",
                o->run);
    return FH_ERR_MISMATCH;
  }
  for (size_t i = 0; i < venue->n_audience; ++i) {
    for (size_t a = 0; a < record->n_areas; ++a) {
      if (!strcmp(venue->audience[i].name, record->area[a].name)) {
        venue->audience[i].occupancy = record->area[a].occupancy;
      }
    }
  }
  return FH_OK;
}

// Leave one microphone: that at the place to listen
static FhStatus
set_listener(const Options* const o,
             const FhRunRecord* const record,
             FhVenue* const venue,
             FhDiag* const diag)
{
  if (o->receiver) {
    for (size_t m = 0; m < venue->n_microphones; ++m) {
      if (!strcmp(venue->microphones[m].name, o->receiver)) {
        venue->microphones[0] = venue->microphones[m];
        venue->n_microphones = 1;
        return FH_OK;
      }
    }
    char text[512];
    size_t used = (size_t)snprintf(
      text, sizeof text, "there is no microphone '%s';", o->receiver);
    for (size_t m = 0; m < venue->n_microphones && used < sizeof text; ++m) {
      const int n = snprintf(text + used,
                             sizeof text - used,
                             "%s %s",
                             m ? "," : " there are",
                             venue->microphones[m].name);
      used += n > 0 ? (size_t)n : 0;
    }
    return wrong(diag,
                 venue->path,
                 venue->n_microphones ? text
                                      : "the venue has no microphones; listen "
                                        "on a --seat");
  }
  for (size_t i = 0; i < record->n_seats; ++i) {
    if ((long)record->seat[i].id != o->seat) {
      continue;
    }
    if (!venue->n_microphones) {
      venue->microphones = (FhMicrophone*)calloc(1, sizeof(FhMicrophone));
      if (!venue->microphones) {
        return FH_ERR_NO_MEM;
      }
    }
    FhMicrophone* const m = &venue->microphones[0];
    venue->n_microphones = 1;
    snprintf(m->name, sizeof m->name, "seat %ld", o->seat);
    memcpy(m->at, record->seat[i].at, sizeof m->at);
    m->yaw_deg = 0.0;
    return FH_OK;
  }
  char text[128];
  snprintf(text,
           sizeof text,
           "there is no seat %ld; seats.csv lists %zu",
           o->seat,
           record->n_seats);
  return wrong(diag, o->run, text);
}

static FhStatus
find_source(const Options* const o,
            const FhRun* const run,
            size_t* const emitter,
            FhDiag* const diag)
{
  *emitter = SIZE_MAX;
  for (size_t e = 0; o->source && e < run->n_emitters; ++e) {
    if (!strcmp(fh_sources_emitter(run->sources, e)->name, o->source)) {
      *emitter = e;
    }
  }
  if (o->source && *emitter == SIZE_MAX) {
    return wrong(diag,
                 run->venue->path,
                 "there is no loudspeaker of that name; run.json lists them "
                 "under 'sources'");
  }
  return FH_OK;
}

static double
yaw_of(const Options* const o, const FhRun* const run)
{
  if (isfinite(o->yaw_deg)) {
    return o->yaw_deg;
  }
  for (size_t i = 0; !o->receiver && i < run->scene.n_seats; ++i) {
    if ((long)run->scene.seats[i].id == o->seat) {
      const float* const front = run->scene.seats[i].front;
      return atan2(-(double)front[0], (double)front[1]) * 180.0 / FH_PI;
    }
  }
  const double yaw_deg = run->venue->microphones[0].yaw_deg;
  return yaw_deg != 0.0 ? yaw_deg : fh_aural_yaw_to_sound(run, 0);
}

static FhStatus
read_dry(const Options* const o, FhAudio* const out, FhDiag* const diag)
{
  FhAudio raw;
  FhStatus status = fh_audio_read(o->dry, &raw);
  if (!status && raw.rate_hz != RATE_HZ) {
    status = fh_audio_resample(&raw, RATE_HZ, out);
    fh_audio_clear(&raw);
  } else if (!status) {
    *out = raw;
  }
  if (status) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                o->dry,
                0,
                0,
                "%s; give a sound file",
                status == FH_ERR_IO ? strerror(errno) : fh_strerror(status));
  }
  return status;
}

/// What is told about a file
typedef struct {
  double full_scale_db, peak_db, leq_db, seconds, yaw_deg, spl_dba;
  size_t n_channels;
} Facts;

// To the scale of the file, and what there is to tell about it
static void
scale(FhAudio* const sound, Facts* const facts)
{
  double peak = 0.0;
  double sum = 0.0;
  const size_t n = sound->n_frames * sound->n_channels;
  const double gain =
    1.0 / (sqrt(FH_P2_REF) * pow(10.0, 0.05 * facts->full_scale_db));
  for (size_t i = 0; i < n; ++i) {
    const double p = (double)sound->data[i];
    peak = fmax(peak, fabs(p));
    if (sound->n_channels == 2 || i % sound->n_channels == 0) {
      sum += p * p;
    }
    sound->data[i] = (float)(p * gain);
  }
  // Of both ears, or of the pressure
  sum /= (double)sound->n_frames * (sound->n_channels == 2 ? 2.0 : 1.0);
  facts->peak_db = 10.0 * log10(peak * peak / FH_P2_REF);
  facts->leq_db = 10.0 * log10(sum / FH_P2_REF);
  facts->seconds = (double)sound->n_frames / sound->rate_hz;
  facts->n_channels = sound->n_channels;
}

static FhStatus
render(const Options* const o,
       const FhRun* const run,
       const FhAudio* const dry,
       FhProgress* const progress,
       Facts* const facts,
       FhDiag* const diag)
{
  FhAuralDesc desc = {
    .format = o->format, .hrtf = o->hrtf, .yaw_deg = yaw_of(o, run)};
  FhAudio response = {.n_frames = 0};
  FhAudio sound = {.n_frames = 0};
  FhStatus status = find_source(o, run, &desc.emitter, diag);
  if (!status) {
    status = fh_aural_response(
      run, 0, &desc, fh_progress_step, progress, &response, diag);
  }
  if (!status && o->dry) {
    status = fh_aural_play(&response, dry, &sound);
    if (status == FH_ERR_NO_SIGNAL || status == FH_ERR_LIMIT) {
      fh_diag_add(diag, FH_DIAG_ERROR, o->dry, 0, 0, "%s", fh_strerror(status));
    }
  } else if (!status) {
    sound = response;
    response = (FhAudio){.n_frames = 0};
    // Pascals
    facts->full_scale_db = -10.0 * log10(FH_P2_REF);
  }
  if (!status) {
    facts->yaw_deg = desc.yaw_deg;
    facts->spl_dba = desc.emitter == SIZE_MAX
                       ? run->system[0].spl_dba
                       : run->pairs[desc.emitter].spl_dba;
    scale(&sound, facts);
    status = fh_audio_write(o->output, &sound, FH_AUDIO_FLOAT);
    if (status) {
      fh_diag_add(diag,
                  FH_DIAG_ERROR,
                  o->output,
                  0,
                  0,
                  "%s; name a file that can be written, e.g. seat.wav",
                  status == FH_ERR_IO ? strerror(errno) : fh_strerror(status));
    }
  }
  fh_audio_clear(&response);
  fh_audio_clear(&sound);
  return status;
}

static void
tell(const Options* const o, const Facts* const f)
{
  static const char* const words[] = {"mono", "binaural", "b-format"};
  const char* const place = o->receiver ? o->receiver : "";
  if (o->common.json) {
    json_t* const root = json_pack("{s:s, s:s, s:I, s:f, s:f, s:f, s:f, s:f, "
                                   "s:f, s:b}",
                                   "file",
                                   o->output,
                                   "format",
                                   words[o->format],
                                   "channels",
                                   (json_int_t)f->n_channels,
                                   "seconds",
                                   f->seconds,
                                   "full_scale_db",
                                   f->full_scale_db,
                                   "peak_db",
                                   f->peak_db,
                                   "leq_db",
                                   f->leq_db,
                                   "simulated_dba",
                                   f->spl_dba,
                                   "yaw_deg",
                                   f->yaw_deg,
                                   "response",
                                   !o->dry);
    if (o->receiver) {
      json_object_set_new(root, "receiver", json_string(place));
    } else {
      json_object_set_new(root, "seat", json_integer(o->seat));
    }
    fh_cli_print_json(root, 6);
    return;
  }
  if (o->common.quiet) {
    return;
  }
  printf("%s: %.2f s, %s%s, looking to %.0f degrees\n",
         o->output,
         f->seconds,
         words[o->format],
         o->format == FH_AURAL_B_FORMAT ? " (AmbiX: W Y Z X, SN3D)" : "",
         f->yaw_deg);
  if (o->dry) {
    printf("A sample of 1 is a peak of %.1f dB SPL, at every seat of this run\n"
           "Level here %.1f dB, peak %.1f dB; the simulation has %.1f dB(A) "
           "with pink noise\n",
           f->full_scale_db,
           f->leq_db,
           f->peak_db,
           f->spl_dba);
  } else {
    printf(
      "A sample of 1 is 1 Pa (94 dB) at the drive of the run: %.1f dB(A)\n",
      f->spl_dba);
  }
  if (f->peak_db > f->full_scale_db && o->dry) {
    fh_cli_say(&o->common,
               "warning: peaks pass 1 in the file; players that clip there "
               "need --full-scale %.0f",
               ceil(f->peak_db));
  }
}

static FhStatus
auralize(const Options* const o, Facts* const facts, FhDiag* const diag)
{
  FhRunRecord record;
  FhVenue venue = {.n_audience = 0};
  FhStatus status = fh_run_record_read(o->run, &record, diag);
  if (status) {
    return status;
  }
  // To whole fives, so that the scale is easy to note down
  facts->full_scale_db = isfinite(o->full_scale_db)
                           ? o->full_scale_db
                           : 5.0 * ceil((record.mean_dba + ROOM_DB) / 5.0);
  status = read_venue(o, &record, &venue, diag);
  if (!status) {
    status = set_listener(o, &record, &venue, diag);
  }
  FhAudio dry = {.n_frames = 0};
  if (!status && o->dry) {
    status = read_dry(o, &dry, diag);
  }
  FhProgress progress;
  fh_progress_init(&progress, &o->common);
  FhRun run;
  if (!status) {
    FhTraceDesc desc = record.trace;
    desc.seats = false;
    desc.n_threads = o->common.n_threads;
    status =
      fh_run_compute(&venue, &desc, fh_progress_step, &progress, &run, diag);
    if (!status) {
      status = run.interrupted ? FH_ERR_INTERRUPTED
                               : render(o, &run, &dry, &progress, facts, diag);
      fh_run_clear(&run);
    }
  }
  fh_progress_end(&progress);
  fh_audio_clear(&dry);
  fh_venue_clear(&venue);
  fh_run_record_clear(&record);
  return status;
}

static int
run_auralize(const int argc, char** const argv)
{
  Options o = {.common = fh_common_options_default(),
               .seat = -1,
               .format = FH_AURAL_BINAURAL,
               .yaw_deg = NAN,
               .full_scale_db = NAN};
  fh_cli_parse(&auralize_argp, argc, argv, &o);
  FhDiag* const diag = fh_diag_new();
  Facts facts = {.n_channels = 0};
  const FhStatus status = diag ? auralize(&o, &facts, diag) : FH_ERR_NO_MEM;
  fh_cli_print_diag(diag, o.common.quiet);
  if (!status) {
    tell(&o, &facts);
  } else if (status == FH_ERR_INTERRUPTED) {
    fh_cli_error("interrupted; nothing was written");
  } else if (!fh_diag_count(diag, FH_DIAG_ERROR)) {
    fh_cli_error("%s", fh_strerror(status));
  }
  fh_diag_free(diag);
  return fh_cli_exit_code(status);
}

const FhCommand fh_auralize_command = {"auralize",
                                       "Listen at a seat of a run",
                                       &auralize_argp,
                                       run_auralize,
                                       NULL};
