// SPDX-License-Identifier: GPL-3.0-or-later
#include "ir_sweep.h"

#include <fh/decay.h>

#include <jack/jack.h>

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_INPUTS 16

enum {
  KEY_PLAY = 0x400,
  KEY_RECORD,
  KEY_RECORDING,
  KEY_SERVER,
  KEY_NAME,
  KEY_LENGTH,
  KEY_LATENCY,
  KEY_CHECK
};

// Levels that are worth a word [dBFS]
static const double too_loud_db = -0.5;
static const double too_quiet_db = -50.0;
static const double least_snr_db = 20.0;

static const struct argp_option options[] = {
  {"play",
   KEY_PLAY,
   "PORT",
   0,
   "JACK port that the sweep goes to (default: the first physical output)",
   1},
  {"record",
   KEY_RECORD,
   "PORT,...",
   0,
   "JACK ports to record, one channel each (default: the first physical input)",
   1},
  {"server", KEY_SERVER, "NAME", 0, "JACK server (default: the usual one)", 1},
  {"name", KEY_NAME, "NAME", 0, "Name as a client (default: fullhouse-ir)", 1},
  {"keep-latency",
   KEY_LATENCY,
   0,
   0,
   "Keep the latency that the ports report in the response",
   1},
  {"check",
   KEY_CHECK,
   0,
   0,
   "Record, say how loud it was, and write nothing but --recording",
   1},
  {"output", 'o', "FILE", 0, "Where the response goes; required", 2},
  {"recording", KEY_RECORDING, "FILE", 0, "Keep the raw recording, too", 2},
  {"length", KEY_LENGTH, "S", 0, "Length of the response", 2},
  {0}};

/// Options of `ir capture`
typedef struct {
  FhCommonOptions common;
  FhSweepDesc desc;
  const char* play;
  char* record; // Cut at its commas when used
  const char* server;
  const char* name;
  const char* output;
  const char* recording;
  double length_s;
  bool keep_latency;
  bool check;
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
  case KEY_PLAY:
    o->play = arg;
    return 0;
  case KEY_RECORD:
    o->record = arg;
    return 0;
  case KEY_SERVER:
    o->server = arg;
    return 0;
  case KEY_NAME:
    o->name = arg;
    return 0;
  case KEY_LATENCY:
    o->keep_latency = true;
    return 0;
  case KEY_CHECK:
    o->check = true;
    return 0;
  case 'o':
    o->output = arg;
    return 0;
  case KEY_RECORDING:
    o->recording = arg;
    return 0;
  case KEY_LENGTH:
    if (!ir_parse_numbers(arg, 1, &o->length_s) || !(o->length_s > 0.0) ||
        o->length_s > 3600.0) {
      argp_error(state, "--length needs seconds above 0, not '%s'", arg);
    }
    return 0;
  case ARGP_KEY_ARG:
    argp_error(state, "'%s' is not expected; ports go to --record", arg);
    return 0;
  case ARGP_KEY_END:
    if (!o->output && !o->check) {
      argp_error(state, "-o FILE is missing (or --check)");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_child children[] = {
  {&fh_common_argp, 0, 0, 90},
  {&ir_sweep_argp, 0, "The sweep:", 3},
  {0}};

static const struct argp argp = {
  options,
  parse,
  "-o FILE",
  "Play a sweep and record the room through JACK, then deconvolve.\v"
  "The sweep is made at the server's sample rate. Begin with a low --level and "
  "--check: the level and the noise of what was recorded are reported, and "
  "clipping ends the measurement.",
  children,
  0,
  0};

/// What the process callback plays and fills; one owner at a time
typedef struct {
  jack_client_t* client;
  jack_port_t* out;
  jack_port_t* in[MAX_INPUTS];
  size_t n_inputs;
  FhAudio sweep;
  FhAudio recorded; // n_inputs channels, as long as the sweep
  size_t at;        // Next frame; the callback's
  atomic_bool running;
  atomic_size_t done; // Frames so far, for the progress
  atomic_uint xruns;
  atomic_bool shut_down;
} Session;

// Audio thread: neither allocates, locks nor waits
static int
process(jack_nframes_t n_frames, void* user)
{
  Session* const s = (Session*)user;
  float* const out = (float*)jack_port_get_buffer(s->out, n_frames);
  const bool running = atomic_load(&s->running);
  const size_t left = running ? s->sweep.n_frames - s->at : 0;
  const size_t n = left < n_frames ? left : n_frames;
  memcpy(out, s->sweep.data + s->at, n * sizeof(float));
  memset(out + n, 0, (n_frames - n) * sizeof(float));
  for (size_t c = 0; c < s->n_inputs; ++c) {
    const float* const in =
      (const float*)jack_port_get_buffer(s->in[c], n_frames);
    for (size_t i = 0; i < n; ++i) {
      s->recorded.data[(s->at + i) * s->n_inputs + c] = in[i];
    }
  }
  s->at += n;
  atomic_store(&s->done, s->at);
  return 0;
}

static int
count_xrun(void* user)
{
  Session* const s = (Session*)user;
  if (atomic_load(&s->running)) {
    atomic_fetch_add(&s->xruns, 1);
  }
  return 0;
}

static void
note_shutdown(void* user)
{
  Session* const s = (Session*)user;
  atomic_store(&s->shut_down, true);
}

static FhExit
open_client(const Options* const o, Session* const s)
{
  jack_status_t status = 0;
  s->client =
    o->server
      ? jack_client_open(
          o->name, JackNoStartServer | JackServerName, &status, o->server)
      : jack_client_open(o->name, JackNoStartServer, &status);
  if (!s->client) {
    fh_cli_error("no JACK server%s%s answers; start one, or give --server",
                 o->server ? " " : "",
                 o->server ? o->server : "");
    return FH_EXIT_NO_RESOURCE;
  }
  jack_set_process_callback(s->client, process, s);
  jack_set_xrun_callback(s->client, count_xrun, s);
  jack_on_shutdown(s->client, note_shutdown, s);
  s->out = jack_port_register(
    s->client, "sweep", JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
  bool good = s->out != NULL;
  for (size_t c = 0; c < s->n_inputs; ++c) {
    char name[32];
    snprintf(name, sizeof(name), "record_%zu", c + 1);
    s->in[c] = jack_port_register(
      s->client, name, JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
    good = good && s->in[c];
  }
  if (!good) {
    fh_cli_error("JACK has no room for more ports");
  }
  return good ? FH_EXIT_OK : FH_EXIT_NO_RESOURCE;
}

static FhExit
make_buffers(Options* const o, Session* const s)
{
  o->desc.rate_hz = (double)jack_get_sample_rate(s->client);
  if (fh_sweep_check(&o->desc)) {
    fh_cli_error("at the server's %g Hz there is no such sweep; choose --to "
                 "below half of it",
                 o->desc.rate_hz);
    return FH_EXIT_USAGE;
  }
  FhStatus status = fh_sweep_make(&o->desc, &s->sweep);
  status = status
             ? status
             : fh_audio_init(
                 s->sweep.n_frames, s->n_inputs, o->desc.rate_hz, &s->recorded);
  if (status) {
    fh_cli_error("%s", fh_strerror(status));
  }
  return fh_cli_exit_code(status);
}

static FhExit
connect_ports(const char* const from, const char* const to, Session* const s)
{
  const int status = jack_connect(s->client, from, to);
  if (status && status != EEXIST) {
    fh_cli_error(
      "cannot connect %s to %s; 'jack_lsp' lists the ports", from, to);
    return FH_EXIT_NO_RESOURCE;
  }
  return FH_EXIT_OK;
}

// The name given, or the first physical port of a kind
static const char*
port_or_first(Session* const s,
              const char* const name,
              const unsigned long flags,
              const char*** const list)
{
  *list = NULL;
  if (name) {
    return name;
  }
  *list = jack_get_ports(
    s->client, NULL, JACK_DEFAULT_AUDIO_TYPE, flags | JackPortIsPhysical);
  return *list ? (*list)[0] : NULL;
}

static FhExit
connect_one(Session* const s,
            const char* const name,
            const unsigned long flags,
            jack_port_t* const own)
{
  const char** list = NULL;
  const char* const other = port_or_first(s, name, flags, &list);
  FhExit code = FH_EXIT_NO_RESOURCE;
  if (!other) {
    fh_cli_error("JACK has no physical ports; name one");
  } else if (flags & JackPortIsInput) {
    code = connect_ports(jack_port_name(own), other, s);
  } else {
    code = connect_ports(other, jack_port_name(own), s);
  }
  if (list) {
    jack_free(list);
  }
  return code;
}

static FhExit
connect_all(const Options* const o, Session* const s)
{
  FhExit code = connect_one(s, o->play, JackPortIsInput, s->out);
  char* at = o->record;
  for (size_t c = 0; c < s->n_inputs && !code; ++c) {
    char* const name = at;
    if (at) {
      at += strcspn(at, ",");
      if (*at) {
        *at++ = '\0';
      }
    }
    code = connect_one(s, name, JackPortIsOutput, s->in[c]);
  }
  return code;
}

static FhExit
play(const Options* const o, Session* const s)
{
  const struct timespec pause = {0, 20000000};
  FhProgress progress;
  FhExit code = FH_EXIT_OK;
  fh_progress_init(&progress, &o->common);
  atomic_store(&s->running, true);
  while (!code && atomic_load(&s->done) < s->sweep.n_frames) {
    const double f = (double)atomic_load(&s->done) / (double)s->sweep.n_frames;
    nanosleep(&pause, NULL);
    if (atomic_load(&s->shut_down)) {
      fh_progress_end(&progress);
      fh_cli_error("the JACK server went away");
      code = FH_EXIT_NO_RESOURCE;
    } else if (!fh_progress_step(&progress, "sweeping", f)) {
      code = FH_EXIT_INTERRUPTED;
    }
  }
  atomic_store(&s->running, false);
  fh_progress_end(&progress);
  return code;
}

static double
to_db(const double amplitude)
{
  return 20.0 * log10(fmax(amplitude, 1e-10));
}

/// Levels of one channel [dBFS]
typedef struct {
  double peak_db, rms_db, noise_db;
  size_t clipped;
} Level;

static double
rms_of(const double* const x, const size_t n)
{
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    sum += x[i] * x[i];
  }
  return n ? sqrt(sum / (double)n) : 0.0;
}

static bool
measure_level(const Session* const s,
              const FhSweepDesc* const d,
              const size_t channel,
              Level* const out)
{
  const size_t n = s->recorded.n_frames;
  double* const x = (double*)malloc(n * sizeof(double));
  if (!x) {
    return false;
  }
  fh_audio_channel(&s->recorded, channel, x);
  const size_t first = (size_t)(d->before_s * d->rate_hz);
  const size_t sweep = fh_sweep_frames(d);
  double peak = 0.0;
  for (size_t i = 0; i < n; ++i) {
    peak = fmax(peak, fabs(x[i]));
  }
  *out = (Level){to_db(peak),
                 to_db(rms_of(x + first, sweep)),
                 to_db(rms_of(x, first)),
                 peak > 0.5 ? fh_count_clipped(x, n) : 0};
  free(x);
  return true;
}

static FhExit
judge_level(const size_t channel, const Level* const l, const bool quiet)
{
  char name[32];
  snprintf(name, sizeof(name), "channel %zu", channel + 1);
  if (!quiet) {
    fprintf(stderr,
            "%s: peak %.1f dBFS, sweep %.1f dBFS, noise %.1f dBFS\n",
            name,
            l->peak_db,
            l->rms_db,
            l->noise_db);
  }
  if (l->clipped || l->peak_db > too_loud_db) {
    return ir_error(FH_EXIT_NO,
                    name,
                    "clipped at %.1f dBFS; turn the gain or --level down",
                    l->peak_db);
  }
  if (l->peak_db < -190.0) {
    return ir_error(FH_EXIT_NO, name, "silent; check the cable and --record");
  }
  if (l->peak_db < too_quiet_db) {
    ir_warning(name, "only %.1f dBFS; turn the gain up", l->peak_db);
  } else if (l->rms_db < l->noise_db + least_snr_db) {
    ir_warning(name,
               "the sweep is only %.0f dB above the noise; play louder or "
               "longer",
               l->rms_db - l->noise_db);
  }
  return FH_EXIT_OK;
}

static FhExit
check_levels(const Options* const o, const Session* const s)
{
  FhExit code = FH_EXIT_OK;
  for (size_t c = 0; c < s->n_inputs; ++c) {
    Level level;
    if (!measure_level(s, &o->desc, c, &level)) {
      fh_cli_error("out of memory");
      return FH_EXIT_NO_RESOURCE;
    }
    const FhExit one = judge_level(c, &level, o->common.quiet);
    code = code ? code : one;
  }
  const unsigned xruns = atomic_load(&s->xruns);
  if (xruns) {
    ir_warning("JACK",
               "%u interruption%s while sweeping; the response may be broken: "
               "use longer periods",
               xruns,
               xruns == 1 ? "" : "s");
  }
  return code;
}

// Frames from our output through the devices back to our input
static size_t
latency_frames(const Session* const s)
{
  jack_latency_range_t out;
  jack_latency_range_t in;
  jack_port_get_latency_range(s->out, JackPlaybackLatency, &out);
  jack_port_get_latency_range(s->in[0], JackCaptureLatency, &in);
  return (size_t)out.max + in.max;
}

// The recording moves to the front by the latency
static void
remove_latency(FhAudio* const a, const size_t n_frames)
{
  const size_t shift = n_frames < a->n_frames ? n_frames : 0;
  const size_t kept = (a->n_frames - shift) * a->n_channels;
  memmove(a->data, a->data + shift * a->n_channels, kept * sizeof(float));
  memset(a->data + kept, 0, shift * a->n_channels * sizeof(float));
}

static FhExit
finish(const Options* const o, Session* const s)
{
  FhAudio response = {0};
  IrDeconvolved found;
  FhExit code =
    o->recording ? ir_write_audio(o->recording, &s->recorded) : FH_EXIT_OK;
  const FhExit level = check_levels(o, s);
  code = code ? code : level;
  if (code || o->check) {
    return code;
  }
  if (!o->keep_latency) {
    remove_latency(&s->recorded, latency_frames(s));
  }
  code = ir_deconvolve(&s->recorded,
                       &o->desc,
                       NULL,
                       o->length_s > 0.0 ? o->length_s : o->desc.after_s,
                       "the recording",
                       &response,
                       &found);
  code = code ? code : ir_write_audio(o->output, &response);
  code = code ? code : ir_deconvolved_show(&found, &o->common, o->output);
  fh_audio_clear(&response);
  return code;
}

static size_t
count_ports(const char* const list)
{
  size_t n = 1;
  for (const char* c = list; c && *c; ++c) {
    n += *c == ',';
  }
  return n;
}

static int
run(int argc, char** argv)
{
  Options o = {.common = fh_common_options_default(),
               .desc = fh_sweep_desc_default(),
               .name = "fullhouse-ir"};
  Session s = {0};
  fh_cli_parse(&argp, argc, argv, &o);
  s.n_inputs = count_ports(o.record);
  if (s.n_inputs > MAX_INPUTS) {
    fh_cli_error("at most %d ports can be recorded", MAX_INPUTS);
    return FH_EXIT_USAGE;
  }
  FhExit code = open_client(&o, &s);
  code = code ? code : make_buffers(&o, &s);
  if (!code && jack_activate(s.client)) {
    fh_cli_error("JACK does not start the client");
    code = FH_EXIT_NO_RESOURCE;
  }
  code = code ? code : connect_all(&o, &s);
  code = code ? code : play(&o, &s);
  code = code ? code : finish(&o, &s);
  if (s.client) {
    jack_client_close(s.client);
  }
  fh_audio_clear(&s.sweep);
  fh_audio_clear(&s.recorded);
  return code;
}

const FhCommand fh_ir_capture_command = {
  .name = "capture",
  .summary = "Play a sweep and record the room through JACK",
  .argp = &argp,
  .run = run};
