// SPDX-License-Identifier: GPL-3.0-or-later
#include "ir_sweep.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  KEY_FROM = 0x200,
  KEY_TO,
  KEY_DURATION,
  KEY_RATE,
  KEY_LEVEL,
  KEY_FADE_IN,
  KEY_FADE_OUT,
  KEY_BEFORE,
  KEY_AFTER,
  KEY_REPEATS,
  KEY_INVERSE
};

static const struct argp_option sweep_options[] = {
  {"from", KEY_FROM, "HZ", 0, "First frequency (default: 20)", 1},
  {"to", KEY_TO, "HZ", 0, "Last frequency (default: 20000)", 1},
  {"duration", KEY_DURATION, "S", 0, "Length of one sweep (default: 10)", 1},
  {"rate", KEY_RATE, "HZ", 0, "Sample rate (default: 48000)", 1},
  {"level", KEY_LEVEL, "DB", 0, "Peak level [dBFS] (default: -6)", 1},
  {"fade-in", KEY_FADE_IN, "S", 0, "Fade at the start (default: 0.02)", 1},
  {"fade-out", KEY_FADE_OUT, "S", 0, "Fade at the end (default: 0.004)", 1},
  {"before", KEY_BEFORE, "S", 0, "Silence before (default: 0.5)", 1},
  {"after",
   KEY_AFTER,
   "S",
   0,
   "Silence after each sweep, longer than the reverberation (default: 3)",
   1},
  {"repeats", KEY_REPEATS, "N", 0, "Sweeps in a row (default: 1)", 1},
  {0}};

/// Options of `ir sweep`
typedef struct {
  FhCommonOptions common;
  FhSweepDesc desc;
  const char* output;
  const char* inverse;
} Options;

static double
number(const struct argp_state* const state,
       const char* const name,
       const char* const text)
{
  double value = 0.0;
  if (!ir_parse_numbers(text, 1, &value)) {
    argp_error(state, "%s needs a number, not '%s'", name, text);
  }
  return value;
}

static error_t
parse_sweep(int key, char* arg, struct argp_state* state)
{
  FhSweepDesc* const d = (FhSweepDesc*)state->input;
  switch (key) {
  case KEY_FROM:
    d->from_hz = number(state, "--from", arg);
    return 0;
  case KEY_TO:
    d->to_hz = number(state, "--to", arg);
    return 0;
  case KEY_DURATION:
    d->duration_s = number(state, "--duration", arg);
    return 0;
  case KEY_RATE:
    d->rate_hz = number(state, "--rate", arg);
    return 0;
  case KEY_LEVEL:
    d->amplitude = pow(10.0, number(state, "--level", arg) / 20.0);
    return 0;
  case KEY_FADE_IN:
    d->fade_in_s = number(state, "--fade-in", arg);
    return 0;
  case KEY_FADE_OUT:
    d->fade_out_s = number(state, "--fade-out", arg);
    return 0;
  case KEY_BEFORE:
    d->before_s = number(state, "--before", arg);
    return 0;
  case KEY_AFTER:
    d->after_s = number(state, "--after", arg);
    return 0;
  case KEY_REPEATS: {
    const double n = number(state, "--repeats", arg);
    d->repeats = n >= 1.0 && n <= 100.0 ? (unsigned)n : 0;
    return 0;
  }
  case ARGP_KEY_END:
    if (!(d->to_hz < 0.5 * d->rate_hz)) {
      argp_error(state, "--to must be below half of --rate");
    }
    if (fh_sweep_check(d)) {
      argp_error(state,
                 "no such sweep: 0 < --from < --to, --duration 0.05 to 600 s, "
                 "fades up to half of it, --level at most 0, silences 0 to 600 "
                 "s, --repeats 1 to 100");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp ir_sweep_argp = {sweep_options, parse_sweep, 0, 0, 0, 0, 0};

static const struct argp_option options[] = {
  {"output", 'o', "FILE", 0, "Where it goes (.wav .flac .aiff); required", 2},
  {"inverse", KEY_INVERSE, "FILE", 0, "Write the inverse filter, too", 2},
  {0}};

static error_t
parse(int key, char* arg, struct argp_state* state)
{
  Options* const o = (Options*)state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->common;
    state->child_inputs[1] = &o->desc;
    return 0;
  case 'o':
    o->output = arg;
    return 0;
  case KEY_INVERSE:
    o->inverse = arg;
    return 0;
  case ARGP_KEY_ARG:
    argp_error(state, "'%s' is not expected; the file goes to -o FILE", arg);
    return 0;
  case ARGP_KEY_END:
    if (!o->output) {
      argp_error(state, "-o FILE is missing");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_child children[] = {
  {&fh_common_argp, 0, 0, 90},
  {&ir_sweep_argp, 0, "The sweep:", 1},
  {0}};

static const struct argp argp = {
  options,
  parse,
  "-o FILE",
  "Make an exponential sweep to be played in the room.\v"
  "A JSON file of the same name beside it tells `ir deconvolve` what the sweep "
  "was. Longer sweeps give more range: 3 dB for twice the length.",
  children,
  0,
  0};

json_t*
ir_sweep_json(const FhSweepDesc* const d)
{
  return json_pack("{s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:f,s:i}",
                   "from_hz",
                   d->from_hz,
                   "to_hz",
                   d->to_hz,
                   "duration_s",
                   d->duration_s,
                   "rate_hz",
                   d->rate_hz,
                   "amplitude",
                   d->amplitude,
                   "fade_in_s",
                   d->fade_in_s,
                   "fade_out_s",
                   d->fade_out_s,
                   "before_s",
                   d->before_s,
                   "after_s",
                   d->after_s,
                   "repeats",
                   (int)d->repeats);
}

bool
ir_sweep_sidecar(const char* const path, char* const out, const size_t size)
{
  const char* const dot = strrchr(path, '.');
  const char* const slash = strrchr(path, '/');
  const int length =
    (int)(dot && (!slash || dot > slash) ? dot - path : (long)strlen(path));
  return (size_t)snprintf(out, size, "%.*s.json", length, path) < size;
}

static FhExit
write_json(const char* const path, json_t* const root)
{
  char temporary[4200];
  snprintf(temporary, sizeof(temporary), "%s.part", path);
  if (json_dump_file(
        root, temporary, JSON_INDENT(1) | JSON_REAL_PRECISION(12)) ||
      rename(temporary, path)) {
    remove(temporary);
    return ir_error(
      FH_EXIT_BAD_INPUT, path, "cannot be written: %s", strerror(errno));
  }
  return FH_EXIT_OK;
}

FhExit
ir_write_audio(const char* const path, const FhAudio* const audio)
{
  const FhStatus status = fh_audio_write(path, audio, FH_AUDIO_FLOAT);
  if (status == FH_ERR_UNSUPPORTED) {
    return ir_error(FH_EXIT_BAD_INPUT,
                    path,
                    "cannot be written: sound files end in .wav, .rf64, .aiff "
                    "or .flac");
  }
  return status ? ir_error(fh_cli_exit_code(status),
                           path,
                           "cannot be written; check the folder and the disk")
                : FH_EXIT_OK;
}

static FhExit
write_inverse(const Options* const o)
{
  FhAudio audio;
  const FhStatus status = fh_sweep_inverse(&o->desc, &audio);
  if (status) {
    return ir_error(
      fh_cli_exit_code(status), o->inverse, "%s", fh_strerror(status));
  }
  const FhExit code = ir_write_audio(o->inverse, &audio);
  fh_audio_clear(&audio);
  return code;
}

static int
run(int argc, char** argv)
{
  Options o = {.common = fh_common_options_default(),
               .desc = fh_sweep_desc_default()};
  char sidecar[4096];
  FhAudio audio;
  fh_cli_parse(&argp, argc, argv, &o);
  if (!ir_sweep_sidecar(o.output, sidecar, sizeof(sidecar))) {
    return ir_error(FH_EXIT_USAGE, o.output, "the name is too long");
  }
  const FhStatus status = fh_sweep_make(&o.desc, &audio);
  if (status) {
    return ir_error(
      fh_cli_exit_code(status), o.output, "%s", fh_strerror(status));
  }
  json_t* const root = ir_sweep_json(&o.desc);
  FhExit code = root ? ir_write_audio(o.output, &audio) : FH_EXIT_NO_RESOURCE;
  code = code ? code : write_json(sidecar, root);
  code = !code && o.inverse ? write_inverse(&o) : code;
  if (!code && o.common.json) {
    fh_cli_print_json(json_incref(root), 12);
  } else if (!code) {
    fh_cli_say(&o.common,
               "%s: %.1f s, %u sweep%s from %g to %g Hz",
               o.output,
               (double)audio.n_frames / audio.rate_hz,
               o.desc.repeats,
               o.desc.repeats == 1 ? "" : "s",
               o.desc.from_hz,
               o.desc.to_hz);
  }
  json_decref(root);
  fh_audio_clear(&audio);
  return code;
}

const FhCommand fh_ir_sweep_command = {.name = "sweep",
                                       .summary = "Make an exponential sweep",
                                       .argp = &argp,
                                       .run = run};
