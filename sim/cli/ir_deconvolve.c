// SPDX-License-Identifier: GPL-3.0-or-later
#include "ir_sweep.h"

#include <fh/decay.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_SWEEP = 0x300, KEY_LENGTH, KEY_CLIPPED };

// Drift from repeats is exact; one sweep alone tells little below this [ppm]
static const double drift_of_repeats_ppm = 5.0;
static const double drift_of_one_ppm = 100.0;

static const struct argp_option options[] = {
  {"sweep",
   KEY_SWEEP,
   "FILE",
   0,
   "What was played; the JSON file that `ir sweep` writes beside it is read, "
   "too. Without: the sweep that the options below describe",
   1},
  {"output",
   'o',
   "FILE",
   0,
   "Where the response goes: sound, .txt for REW (channel 1), .csv or .sofa; "
   "required",
   1},
  {"length", KEY_LENGTH, "S", 0, "Length of the response", 1},
  {"allow-clipped",
   KEY_CLIPPED,
   0,
   0,
   "Deconvolve a clipped recording all the same",
   1},
  {0}};

/// Options of `ir deconvolve`
typedef struct {
  FhCommonOptions common;
  FhSweepDesc desc;
  const char* recording;
  const char* sweep;
  const char* output;
  double length_s;
  bool allow_clipped;
} Options;

static error_t
parse(int key, char* arg, struct argp_state* state)
{
  Options* const o = (Options*)state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->common;
    state->child_inputs[1] = &o->desc;
    return 0;
  case KEY_SWEEP:
    o->sweep = arg;
    return 0;
  case 'o':
    o->output = arg;
    return 0;
  case KEY_LENGTH:
    if (!ir_parse_numbers(arg, 1, &o->length_s) || !(o->length_s > 0.0) ||
        o->length_s > 3600.0) {
      argp_error(state, "--length needs seconds above 0, not '%s'", arg);
    }
    return 0;
  case KEY_CLIPPED:
    o->allow_clipped = true;
    return 0;
  case ARGP_KEY_ARG:
    fh_cli_one(state, "recording", arg, &o->recording);
    return 0;
  case ARGP_KEY_END:
    if (!o->recording || !o->output) {
      argp_error(state, "a recording and -o FILE are needed");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_child children[] = {
  {&fh_common_argp, 0, 0, 90},
  {&ir_sweep_argp, 0, "The sweep:", 2},
  {0}};

static const struct argp argp = {
  options,
  parse,
  "RECORDING --sweep FILE -o FILE",
  "Turn the recording of a sweep into an impulse response.\v"
  "The recording begins when the playback does. Every channel is deconvolved; "
  "repeats are averaged, disturbed ones left out. Harmonic distortion ends up "
  "before the response and is cut off; its level is reported.",
  children,
  0,
  0};

// Frame where the first sweep starts in the playback
static size_t
first_frame(const FhSweepDesc* const d)
{
  return (size_t)(d->before_s * d->rate_hz + 0.5);
}

// One channel from the first sweep on, zeros appended up to the last period
static double*
channel_of(const FhAudio* const a,
           const size_t channel,
           const FhSweepDesc* const d,
           size_t* const n)
{
  const size_t first = first_frame(d);
  const size_t have = a->n_frames > first ? a->n_frames - first : 0;
  const size_t want = d->repeats > 1 ? d->repeats * fh_sweep_period(d) : have;
  *n = have > want ? have : want;
  double* const x = (double*)calloc(*n ? *n : 1, sizeof(double));
  for (size_t i = 0; x && i < have; ++i) {
    x[i] = (double)a->data[(first + i) * a->n_channels + channel];
  }
  return x;
}

static void
copy_channel(const FhDeconvolution* const d,
             const size_t channel,
             FhAudio* const out)
{
  double* const h = (double*)malloc(out->n_frames * sizeof(double));
  if (h) {
    fh_deconvolution_copy(d, 0, out->n_frames, h);
    for (size_t i = 0; i < out->n_frames; ++i) {
      out->data[i * out->n_channels + channel] = (float)h[i];
    }
  }
  free(h);
}

static void
find_harmonics(const FhDeconvolution* const d, IrDeconvolved* const found)
{
  // Where both the distortion and its causes are within the sweep
  const double low_hz = fmax(200.0, 4.0 * d->from_hz);
  const double high_hz = fmin(8000.0, 0.5 * d->to_hz);
  found->n_harmonics = 0;
  for (unsigned order = 2; order <= 5; ++order) {
    FhHarmonic* const h = &found->harmonic[found->n_harmonics];
    if (!fh_deconvolution_harmonic(d, order, low_hz, high_hz, h)) {
      ++found->n_harmonics;
    }
  }
}

/// One channel's way through
typedef struct {
  const FhSweepDesc* desc;
  const double* sweep;
  size_t n_sweep;
  bool own_sweep; // The sweep's band and rate are not known
} Job;

static FhStatus
deconvolve_channel(const Job* const job,
                   double* const x,
                   const size_t n,
                   FhDeconvolution* const d,
                   IrDeconvolved* const found)
{
  const FhSweepDesc* const s = job->desc;
  const size_t period = fh_sweep_period(s);
  double* mean = NULL;
  FhStatus status = FH_OK;
  memset(d, 0, sizeof(*d));
  found->repeats = (FhRepeats){.n_used = 1};
  if (s->repeats > 1) {
    mean = (double*)malloc(period * sizeof(double));
    status =
      mean
        ? fh_sweep_average(x, n, 0, period, s->repeats, mean, &found->repeats)
        : FH_ERR_NO_MEM;
  }
  if (!status) {
    status = fh_deconvolve(mean ? mean : x,
                           mean ? period : n,
                           job->sweep,
                           job->n_sweep,
                           s->rate_hz,
                           job->own_sweep ? 0.0 : s->from_hz,
                           job->own_sweep ? 0.0 : s->to_hz,
                           job->own_sweep ? 0.0 : fh_sweep_rate_s(s),
                           d);
  }
  free(mean);
  return status;
}

static FhExit
deconvolve_error(const char* const path,
                 const size_t channel,
                 const FhStatus status)
{
  if (status == FH_ERR_MISMATCH) {
    return ir_error(FH_EXIT_BAD_INPUT,
                    path,
                    "channel %zu: no response stands out; was another sweep "
                    "played, or nothing recorded?",
                    channel + 1);
  }
  if (status == FH_ERR_NO_SIGNAL) {
    return ir_error(FH_EXIT_BAD_INPUT,
                    path,
                    "channel %zu is silent; check the cable and the gain",
                    channel + 1);
  }
  return ir_error(fh_cli_exit_code(status),
                  path,
                  "channel %zu: %s",
                  channel + 1,
                  fh_strerror(status));
}

static FhExit
deconvolve_all(const FhAudio* const recording,
               const Job* const job,
               const char* const path,
               FhAudio* const out,
               IrDeconvolved* const found)
{
  for (size_t c = 0; c < recording->n_channels; ++c) {
    size_t n = 0;
    FhDeconvolution d = {0};
    double* const x = channel_of(recording, c, job->desc, &n);
    const FhStatus status =
      x ? deconvolve_channel(job, x, n, &d, found) : FH_ERR_NO_MEM;
    if (!status) {
      copy_channel(&d, c, out);
      if (c == 0) {
        found->from_hz = d.from_hz;
        found->to_hz = d.to_hz;
        found->peak_s = fh_deconvolution_peak(&d) / d.rate_hz;
        found->drift_ppm = job->desc->repeats > 1
                             ? found->repeats.drift_ppm
                             : fh_deconvolution_drift_ppm(&d);
        find_harmonics(&d, found);
      }
    }
    fh_deconvolution_clear(&d);
    free(x);
    if (status) {
      return deconvolve_error(path, c, status);
    }
  }
  return FH_EXIT_OK;
}

// Is everything that was played within the recording?
static FhExit
check_length(const FhAudio* const recording,
             const FhSweepDesc* const d,
             const size_t n_sweep,
             const char* const path)
{
  const size_t needed =
    first_frame(d) + (d->repeats - 1) * fh_sweep_period(d) + n_sweep;
  if (recording->n_frames >= needed) {
    return FH_EXIT_OK;
  }
  return ir_error(
    FH_EXIT_BAD_INPUT,
    path,
    "has %.2f s, but the sweeps take %.2f s; record to their end, "
    "or name the sweep that was played",
    (double)recording->n_frames / recording->rate_hz,
    (double)needed / recording->rate_hz);
}

FhExit
ir_deconvolve(const FhAudio* const recording,
              const FhSweepDesc* const desc,
              const FhAudio* const sweep,
              const double length_s,
              const char* const path,
              FhAudio* const out,
              IrDeconvolved* const found)
{
  FhAudio made = {0};
  const FhAudio* played = sweep;
  FhSweepDesc one = *desc;
  one.before_s = 0.0;
  one.after_s = 0.0;
  one.repeats = 1;
  memset(found, 0, sizeof(*found));
  memset(out, 0, sizeof(*out));
  FhStatus status = sweep ? FH_OK : fh_sweep_make(&one, &made);
  played = sweep ? sweep : &made;
  double* const x =
    status ? NULL : (double*)malloc(played->n_frames * sizeof(double));
  status = x ? FH_OK : (status ? status : FH_ERR_NO_MEM);
  FhExit code =
    status ? FH_EXIT_OK : check_length(recording, desc, played->n_frames, path);
  if (!status && !code) {
    fh_audio_channel(played, 0, x);
    const double after_s = desc->repeats > 1 ? desc->after_s
                                             : ((double)recording->n_frames -
                                                (double)first_frame(desc) -
                                                (double)played->n_frames) /
                                                 recording->rate_hz;
    const double length = length_s > 0.0 ? length_s : fmax(after_s, 0.5);
    status = fh_audio_init((size_t)(length * recording->rate_hz + 0.5),
                           recording->n_channels,
                           recording->rate_hz,
                           out);
  }
  if (!status && !code) {
    const Job job = {desc, x, played->n_frames, sweep != NULL};
    found->n_channels = recording->n_channels;
    code = deconvolve_all(recording, &job, path, out, found);
  } else if (status) {
    code = ir_error(fh_cli_exit_code(status), path, "%s", fh_strerror(status));
  }
  if (code) {
    fh_audio_clear(out);
  }
  free(x);
  fh_audio_clear(&made);
  return code;
}

static json_t*
found_json(const IrDeconvolved* const f)
{
  json_t* const root = json_pack("{s:I,s:f,s:f,s:f,s:f,s:I,s:I}",
                                 "channels",
                                 (json_int_t)f->n_channels,
                                 "from_hz",
                                 f->from_hz,
                                 "to_hz",
                                 f->to_hz,
                                 "peak_s",
                                 f->peak_s,
                                 "drift_ppm",
                                 f->drift_ppm,
                                 "repeats_used",
                                 (json_int_t)f->repeats.n_used,
                                 "repeats_left_out",
                                 (json_int_t)f->repeats.n_left_out);
  json_t* const harmonics = json_array();
  for (size_t i = 0; i < f->n_harmonics; ++i) {
    json_array_append_new(harmonics,
                          json_pack("{s:i,s:f}",
                                    "order",
                                    (int)f->harmonic[i].order,
                                    "level_db",
                                    f->harmonic[i].level_db));
  }
  json_object_set_new(root, "harmonics", harmonics);
  return root;
}

static void
warn_of_drift(const IrDeconvolved* const f, const char* const output)
{
  const bool repeats = f->repeats.n_used > 1;
  const double limit = repeats ? drift_of_repeats_ppm : drift_of_one_ppm;
  if (fabs(f->drift_ppm) > limit) {
    ir_warning(output,
               "the recorder's clock is %s by %.0f ppm%s; lock the clocks, or "
               "use one device",
               f->drift_ppm > 0.0 ? "fast" : "slow",
               fabs(f->drift_ppm),
               repeats ? "" : " or so");
  }
}

FhExit
ir_deconvolved_show(const IrDeconvolved* const found,
                    const FhCommonOptions* const common,
                    const char* const output)
{
  warn_of_drift(found, output);
  if (common->json) {
    fh_cli_print_json(found_json(found), 9);
    return FH_EXIT_OK;
  }
  fh_cli_say(common,
             "%s: peak at %.4f s, true from %.0f to %.0f Hz",
             output,
             found->peak_s,
             found->from_hz,
             found->to_hz);
  if (found->repeats.n_used > 1) {
    fh_cli_say(common,
               "%zu repeats averaged, %zu disturbed ones left out",
               found->repeats.n_used,
               found->repeats.n_left_out);
  }
  for (size_t i = 0; i < found->n_harmonics; ++i) {
    fh_cli_say(common,
               "harmonic %u: %.0f dB",
               found->harmonic[i].order,
               found->harmonic[i].level_db);
  }
  return FH_EXIT_OK;
}

static bool
get(const json_t* const root, const char* const key, double* const out)
{
  const json_t* const value = json_object_get(root, key);
  if (!json_is_number(value)) {
    return false;
  }
  *out = json_number_value(value);
  return true;
}

// The sweep's description beside it; false after a message
static bool
read_sidecar(const char* const path, FhSweepDesc* const d)
{
  json_error_t error;
  double repeats = 0.0;
  json_t* const root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
  if (!root) {
    fprintf(stderr,
            "%s:%d:%d: error: %s; make the sweep again\n",
            path,
            error.line,
            error.column,
            error.text);
    return false;
  }
  const bool all =
    get(root, "from_hz", &d->from_hz) && get(root, "to_hz", &d->to_hz) &&
    get(root, "duration_s", &d->duration_s) &&
    get(root, "rate_hz", &d->rate_hz) &&
    get(root, "amplitude", &d->amplitude) &&
    get(root, "fade_in_s", &d->fade_in_s) &&
    get(root, "fade_out_s", &d->fade_out_s) &&
    get(root, "before_s", &d->before_s) && get(root, "after_s", &d->after_s) &&
    get(root, "repeats", &repeats) && repeats >= 1.0 && repeats <= 100.0;
  json_decref(root);
  d->repeats = all ? (unsigned)repeats : 0;
  if (fh_sweep_check(d)) {
    ir_error(FH_EXIT_BAD_INPUT,
             path,
             "does not describe a sweep; make the sweep again");
    return false;
  }
  return true;
}

// From --sweep FILE: its description, or the file itself where there is none
static FhExit
find_sweep(Options* const o, FhAudio* const sweep)
{
  char sidecar[4096];
  FhExit code = FH_EXIT_OK;
  memset(sweep, 0, sizeof(*sweep));
  if (!o->sweep) {
    return FH_EXIT_OK;
  }
  if (ir_sweep_sidecar(o->sweep, sidecar, sizeof(sidecar)) &&
      !access(sidecar, R_OK)) {
    return read_sidecar(sidecar, &o->desc) ? FH_EXIT_OK : FH_EXIT_BAD_INPUT;
  }
  if (!ir_read(o->sweep, 0, 0.0, sweep, &code)) {
    return code;
  }
  o->desc.rate_hz = sweep->rate_hz;
  o->desc.before_s = 0.0;
  o->desc.repeats = 1;
  return FH_EXIT_OK;
}

static FhExit
check_recording(const Options* const o, const FhAudio* const recording)
{
  if (recording->rate_hz != o->desc.rate_hz) {
    return ir_error(FH_EXIT_BAD_INPUT,
                    o->recording,
                    "is at %g Hz, the sweep at %g Hz; resample one of them",
                    recording->rate_hz,
                    o->desc.rate_hz);
  }
  double* const x = (double*)malloc(recording->n_frames * sizeof(double));
  for (size_t c = 0; x && c < recording->n_channels; ++c) {
    fh_audio_channel(recording, c, x);
    const size_t clipped = fh_count_clipped(x, recording->n_frames);
    if (clipped && !o->allow_clipped) {
      free(x);
      return ir_error(FH_EXIT_BAD_INPUT,
                      o->recording,
                      "channel %zu: %zu samples are clipped; record again with "
                      "less gain (or --allow-clipped)",
                      c + 1,
                      clipped);
    }
  }
  free(x);
  return FH_EXIT_OK;
}

static int
run(int argc, char** argv)
{
  Options o = {.common = fh_common_options_default(),
               .desc = fh_sweep_desc_default()};
  FhAudio recording = {0};
  FhAudio sweep = {0};
  FhAudio response = {0};
  IrDeconvolved found;
  FhExit code = FH_EXIT_OK;
  fh_cli_parse(&argp, argc, argv, &o);
  if (!ir_read(o.recording, 0, 0.0, &recording, &code)) {
    return code;
  }
  code = find_sweep(&o, &sweep);
  code = code ? code : check_recording(&o, &recording);
  code = code ? code
              : ir_deconvolve(&recording,
                              &o.desc,
                              sweep.n_frames ? &sweep : NULL,
                              o.length_s,
                              o.recording,
                              &response,
                              &found);
  code = code ? code : ir_export(o.output, &response, 0);
  code = code ? code : ir_deconvolved_show(&found, &o.common, o.output);
  fh_audio_clear(&recording);
  fh_audio_clear(&sweep);
  fh_audio_clear(&response);
  return code;
}

const FhCommand fh_ir_deconvolve_command = {
  .name = "deconvolve",
  .summary = "Turn a recorded sweep into an impulse response",
  .argp = &argp,
  .run = run};
