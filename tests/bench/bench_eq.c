// SPDX-License-Identifier: GPL-3.0-or-later
/*
  Our equaliser beside the 32-band graphic equaliser of the LSP plugins (IIR
  mode): response error at the centres for the same commands, and time of run()
  at 48 kHz and 64 frames, block by block in turns. Ours is measured through the
  LV2 bundle with two microphones and everything on; its worker runs between
  blocks, as in a host, and is timed apart.

  usage: bench_eq [--short]
  exit status: 0 measured, 77 one of the two is not installed
*/
#include <fh/live.h>

#include <lv2/atom/atom.h>
#include <lv2/buf-size/buf-size.h>
#include <lv2/core/lv2.h>
#include <lv2/options/options.h>
#include <lv2/parameters/parameters.h>
#include <lv2/urid/urid.h>
#include <lv2/worker/worker.h>

#include <lilv/lilv.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LSP_URI  "http://lsp-plug.in/plugins/lv2/graph_equalizer_x32_stereo"
#define OUR_URI  "urn:fullhouse:auto-eq"
#define RATE_HZ  48000.0
#define BLOCK    64
#define MAX_PORT 512
#define MAX_WORK 4096
#define N_FFT    131072

static double
read_clock_s(const clockid_t clock)
{
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double
now_s(void)
{
  return read_clock_s(CLOCK_MONOTONIC);
}

/// Time that this thread was running: a busy machine does not lengthen a job
static double
worked_s(void)
{
  return read_clock_s(CLOCK_THREAD_CPUTIME_ID);
}

// A host, as small as it gets

static char* uris[1024];
static uint32_t n_uris;

static LV2_URID
map_uri(LV2_URID_Map_Handle handle, const char* const uri)
{
  (void)handle;
  for (uint32_t i = 0; i < n_uris; ++i) {
    if (!strcmp(uris[i], uri)) {
      return i + 1;
    }
  }
  if (n_uris == 1024) {
    return 0;
  }
  uris[n_uris] = (char*)malloc(strlen(uri) + 1);
  strcpy(uris[n_uris], uri);
  return ++n_uris;
}

static const char*
unmap_uri(LV2_URID_Unmap_Handle handle, const LV2_URID urid)
{
  (void)handle;
  return urid && urid <= n_uris ? uris[urid - 1] : NULL;
}

/// One running plugin
typedef struct {
  LilvInstance* instance;
  const LilvPlugin* plugin;
  const LV2_Worker_Interface* worker;
  float control[MAX_PORT];
  float audio_in[4][BLOCK];
  float audio_out[2][BLOCK];
  uint8_t* atom[MAX_PORT];
  unsigned n_in;
  unsigned n_out;
  uint32_t n_ports;
  // Work that waits
  uint8_t work[MAX_WORK];
  uint32_t work_size;
  uint8_t reply[MAX_WORK];
  uint32_t reply_size;
  double worker_s;
  double longest_job_s;
} Host;

static LV2_Worker_Status
schedule(LV2_Worker_Schedule_Handle handle,
         const uint32_t size,
         const void* data)
{
  Host* const host = (Host*)handle;
  if (size > MAX_WORK || host->work_size) {
    return LV2_WORKER_ERR_NO_SPACE;
  }
  memcpy(host->work, data, size);
  host->work_size = size ? size : 1;
  return LV2_WORKER_SUCCESS;
}

static LV2_Worker_Status
respond(LV2_Worker_Respond_Handle handle, const uint32_t size, const void* data)
{
  Host* const host = (Host*)handle;
  if (size > MAX_WORK || host->reply_size) {
    return LV2_WORKER_ERR_NO_SPACE;
  }
  memcpy(host->reply, data, size);
  host->reply_size = size ? size : 1;
  return LV2_WORKER_SUCCESS;
}

static void
do_work(Host* const host)
{
  if (!host->work_size || !host->worker) {
    return;
  }
  void* const handle = lilv_instance_get_handle(host->instance);
  const uint32_t size = host->work_size;
  host->work_size = 0;
  const double t0 = worked_s();
  host->worker->work(handle, respond, host, size, host->work);
  const double took_s = worked_s() - t0;
  host->worker_s += took_s;
  if (took_s > host->longest_job_s) {
    host->longest_job_s = took_s;
  }
  if (host->reply_size) {
    host->worker->work_response(handle, host->reply_size, host->reply);
    host->reply_size = 0;
  }
}

static bool
connect_ports(LilvWorld* const world, Host* const host)
{
  LilvNode* const audio = lilv_new_uri(world, LV2_CORE__AudioPort);
  LilvNode* const input = lilv_new_uri(world, LV2_CORE__InputPort);
  LilvNode* const atom = lilv_new_uri(world, LV2_ATOM__AtomPort);
  host->n_ports = lilv_plugin_get_num_ports(host->plugin);
  bool ok = host->n_ports <= MAX_PORT;
  if (ok) {
    lilv_plugin_get_port_ranges_float(host->plugin, NULL, NULL, host->control);
  }
  for (uint32_t i = 0; ok && i < host->n_ports; ++i) {
    const LilvPort* const port = lilv_plugin_get_port_by_index(host->plugin, i);
    const bool is_input = lilv_port_is_a(host->plugin, port, input);
    void* to = &host->control[i];
    if (lilv_port_is_a(host->plugin, port, audio)) {
      to = is_input ? host->audio_in[host->n_in++]
                    : host->audio_out[host->n_out++];
    } else if (lilv_port_is_a(host->plugin, port, atom)) {
      host->atom[i] = (uint8_t*)calloc(1, 65536);
      to = host->atom[i];
    } else if (isnan(host->control[i])) {
      host->control[i] = 0.0F;
    }
    lilv_instance_connect_port(host->instance, i, to);
  }
  lilv_node_free(audio);
  lilv_node_free(input);
  lilv_node_free(atom);
  return ok;
}

static bool
host_open(LilvWorld* const world, const char* const uri, Host* const host)
{
  static LV2_URID_Map map = {NULL, map_uri};
  static LV2_URID_Unmap unmap = {NULL, unmap_uri};
  static const int32_t block = BLOCK;
  static const float rate = (float)RATE_HZ;
  memset(host, 0, sizeof(*host));
  LilvNode* const node = lilv_new_uri(world, uri);
  host->plugin =
    lilv_plugins_get_by_uri(lilv_world_get_all_plugins(world), node);
  lilv_node_free(node);
  if (!host->plugin) {
    return false;
  }
  LV2_Worker_Schedule work = {host, schedule};
  const LV2_URID type = map_uri(NULL, LV2_ATOM__Int);
  const LV2_Options_Option options[] = {
    {LV2_OPTIONS_INSTANCE,
     0,
     map_uri(NULL, LV2_BUF_SIZE__maxBlockLength),
     sizeof(block),
     type,
     &block},
    {LV2_OPTIONS_INSTANCE,
     0,
     map_uri(NULL, LV2_BUF_SIZE__nominalBlockLength),
     sizeof(block),
     type,
     &block},
    {LV2_OPTIONS_INSTANCE,
     0,
     map_uri(NULL, LV2_PARAMETERS__sampleRate),
     sizeof(rate),
     map_uri(NULL, LV2_ATOM__Float),
     &rate},
    {LV2_OPTIONS_INSTANCE, 0, 0, 0, 0, NULL}};
  union {
    const LV2_Options_Option* in;
    void* out;
  } option_data = {options};
  const LV2_Feature features[] = {{LV2_URID__map, &map},
                                  {LV2_URID__unmap, &unmap},
                                  {LV2_WORKER__schedule, &work},
                                  {LV2_OPTIONS__options, option_data.out},
                                  {LV2_BUF_SIZE__boundedBlockLength, NULL}};
  const LV2_Feature* list[6] = {NULL};
  for (size_t i = 0; i < 5; ++i) {
    list[i] = &features[i];
  }
  // The schedule must outlive this call
  LV2_Worker_Schedule* const kept = (LV2_Worker_Schedule*)malloc(sizeof(work));
  LV2_Feature worker_feature = {LV2_WORKER__schedule, kept};
  *kept = work;
  list[2] = &worker_feature;
  host->instance = lilv_plugin_instantiate(host->plugin, RATE_HZ, list);
  if (!host->instance || !connect_ports(world, host)) {
    return false;
  }
  host->worker = (const LV2_Worker_Interface*)lilv_instance_get_extension_data(
    host->instance, LV2_WORKER__interface);
  lilv_instance_activate(host->instance);
  return true;
}

static void
host_close(Host* const host)
{
  if (host->instance) {
    lilv_instance_deactivate(host->instance);
    lilv_instance_free(host->instance);
  }
  for (uint32_t i = 0; i < host->n_ports; ++i) {
    free(host->atom[i]);
  }
}

static void
set_control(LilvWorld* const world,
            Host* const host,
            const char* const symbol,
            const float value)
{
  LilvNode* const node = lilv_new_string(world, symbol);
  const LilvPort* const port =
    lilv_plugin_get_port_by_symbol(host->plugin, node);
  lilv_node_free(node);
  if (port) {
    host->control[lilv_port_get_index(host->plugin, port)] = value;
  }
}

/// Empty atom inputs, room in atom outputs
static void
reset_atoms(const Host* const host)
{
  const LV2_URID sequence = map_uri(NULL, LV2_ATOM__Sequence);
  const LV2_URID chunk = map_uri(NULL, LV2_ATOM__Chunk);
  bool is_first = true;
  for (uint32_t i = 0; i < host->n_ports; ++i) {
    if (!host->atom[i]) {
      continue;
    }
    LV2_Atom* const atom = (LV2_Atom*)host->atom[i];
    // Both plugins have one input before their output
    atom->type = is_first ? sequence : chunk;
    atom->size = is_first ? sizeof(LV2_Atom_Sequence_Body)
                          : 65536 - (uint32_t)sizeof(LV2_Atom);
    is_first = false;
  }
}

static double
run_block(Host* const host)
{
  reset_atoms(host);
  const double t0 = now_s();
  lilv_instance_run(host->instance, BLOCK);
  const double took_s = now_s() - t0;
  do_work(host);
  return took_s;
}

// Response

static double response[N_FFT];

/// Level of `response` at a centre [dB]
static double
level_db(const double hz)
{
  double re = 0.0;
  double im = 0.0;
  const double w = 2.0 * FH_PI * hz / RATE_HZ;
  for (size_t i = 0; i < N_FFT; ++i) {
    re += response[i] * cos(w * (double)i);
    im -= response[i] * sin(w * (double)i);
  }
  return 10.0 * log10(re * re + im * im);
}

static double
largest_error_db(const float command_db[FH_LIVE_BANDS])
{
  double worst = 0.0;
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    const double off = level_db(fh_live_band_hz(b)) - (double)command_db[b];
    worst = fabs(off) > worst ? fabs(off) : worst;
  }
  return worst;
}

static double
lsp_error_db(LilvWorld* const world,
             Host* const lsp,
             const float command_db[FH_LIVE_BANDS])
{
  // Their 32 bands begin at 16 Hz
  for (size_t b = 0; b < FH_LIVE_BANDS; ++b) {
    char symbol[16];
    snprintf(symbol, sizeof(symbol), "g_%zu", b + 1);
    set_control(world, lsp, symbol, powf(10.0F, command_db[b] / 20.0F));
  }
  memset(lsp->audio_in, 0, sizeof(lsp->audio_in));
  for (int i = 0; i < 3000; ++i) {
    run_block(lsp);
  }
  for (size_t at = 0; at < N_FFT; at += BLOCK) {
    lsp->audio_in[0][0] = at ? 0.0F : 1.0F;
    lsp->audio_in[1][0] = lsp->audio_in[0][0];
    run_block(lsp);
    for (size_t i = 0; i < BLOCK; ++i) {
      response[at + i] = (double)lsp->audio_out[0][i];
    }
  }
  return largest_error_db(command_db);
}

static double
our_error_db(const float command_db[FH_LIVE_BANDS])
{
  FhLive* live = NULL;
  FhLiveControls controls = fh_live_controls_default();
  static float in[BLOCK];
  static float out[2][BLOCK];
  const float* const ins[2] = {in, in};
  const float* const mics[2] = {NULL, NULL};
  float* const outs[2] = {out[0], out[1]};
  if (fh_live_new(RATE_HZ, &live)) {
    return (double)NAN;
  }
  controls.trim_on = true;
  memcpy(controls.trim_db, command_db, sizeof(controls.trim_db));
  for (size_t at = 0; at < 2 * RATE_HZ + N_FFT; at += BLOCK) {
    const bool is_measured = at >= 2 * RATE_HZ;
    const size_t from = is_measured ? at - (size_t)(2 * RATE_HZ) : 0;
    in[0] = is_measured && from == 0 ? 1.0F : 0.0F;
    fh_live_process(live, &controls, ins, mics, outs, BLOCK);
    fh_live_work(live);
    for (size_t i = 0; is_measured && i < BLOCK && from + i < N_FFT; ++i) {
      response[from + i] = (double)out[0][i];
    }
  }
  fh_live_free(live);
  return largest_error_db(command_db);
}

static int
by_value(const void* const a, const void* const b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

static double
quantile(double* const x, const size_t n, const double q)
{
  qsort(x, n, sizeof(*x), by_value);
  return x[(size_t)(q * (double)(n - 1))];
}

static void
fill_noise(Host* const host, uint32_t* const seed)
{
  for (unsigned c = 0; c < host->n_in && c < 4; ++c) {
    for (size_t i = 0; i < BLOCK; ++i) {
      *seed = *seed * 1664525U + 1013904223U;
      host->audio_in[c][i] = 0.2F * ((float)(*seed >> 8) / 8388608.0F - 1.0F);
    }
  }
}

static void
compare_errors(LilvWorld* const world, Host* const lsp)
{
  static const char* const names[] = {
    "one band +6", "all +6", "zig-zag +-6", "slow wave +-6", "tilt +-6"};
  printf("largest error at the centres [dB]   ours    LSP x32 IIR\n");
  for (int k = 0; k < 5; ++k) {
    float command_db[FH_LIVE_BANDS];
    for (int b = 0; b < FH_LIVE_BANDS; ++b) {
      const double x = (double)b;
      command_db[b] = (float)(k == 0   ? (b == 16 ? 6.0 : 0.0)
                              : k == 1 ? 6.0
                              : k == 2 ? (b % 2 ? -6.0 : 6.0)
                              : k == 3 ? 6.0 * sin(2.0 * FH_PI * x / 8.0)
                                       : 6.0 * (2.0 * x / 30.0 - 1.0));
    }
    const double ours = our_error_db(command_db);
    printf("  %-30s %8.2f %10.2f\n",
           names[k],
           ours,
           lsp_error_db(world, lsp, command_db));
  }
}

static void
compare_times(LilvWorld* const world,
              Host* const ours,
              Host* const lsp,
              const size_t n)
{
  double* const our_s = (double*)malloc(n * sizeof(double));
  double* const lsp_s = (double*)malloc(n * sizeof(double));
  uint32_t seed = 1;
  if (!our_s || !lsp_s) {
    free(our_s);
    free(lsp_s);
    return;
  }
  set_control(world, ours, "mode", 2.0F);
  set_control(world, ours, "mics", 2.0F);
  for (size_t i = 0; i < n; ++i) {
    fill_noise(ours, &seed);
    fill_noise(lsp, &seed);
    our_s[i] = run_block(ours);
    lsp_s[i] = run_block(lsp);
  }
  const double our_us = 1e6 * quantile(our_s, n, 0.5);
  const double lsp_us = 1e6 * quantile(lsp_s, n, 0.5);
  printf("run(), 64 frames, median [us]       %8.2f %10.2f   ratio %.2f\n",
         our_us,
         lsp_us,
         our_us / lsp_us);
  printf("run(), 64 frames, 99 %% [us]         %8.2f %10.2f\n",
         1e6 * quantile(our_s, n, 0.99),
         1e6 * quantile(lsp_s, n, 0.99));
  printf("worker: %.2f %% of a core, longest job %.1f ms\n",
         100.0 * ours->worker_s / ((double)n * BLOCK / RATE_HZ),
         1e3 * ours->longest_job_s);
  free(our_s);
  free(lsp_s);
}

int
main(int argc, char** argv)
{
  const bool is_short = argc > 1 && !strcmp(argv[1], "--short");
  static Host ours;
  static Host lsp;
  LilvWorld* const world = lilv_world_new();
  lilv_world_load_all(world);
  int status = 77;
  if (!host_open(world, LSP_URI, &lsp)) {
    fprintf(stderr, "skipped: lsp-plugins-lv2 is not installed\n");
  } else if (!host_open(world, OUR_URI, &ours)) {
    fprintf(stderr, "skipped: %s is not in LV2_PATH\n", OUR_URI);
  } else {
    status = 0;
    compare_errors(world, &lsp);
    compare_times(world, &ours, &lsp, is_short ? 7500 : 90000);
  }
  host_close(&ours);
  host_close(&lsp);
  lilv_world_free(world);
  for (uint32_t i = 0; i < n_uris; ++i) {
    free(uris[i]);
  }
  return status;
}
