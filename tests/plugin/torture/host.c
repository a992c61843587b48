// SPDX-License-Identifier: GPL-3.0-or-later
#include "host.h"

#include "../../../plugin/lv2/inline_display.h"
#include "watch.h"

#include <lv2/atom/util.h>
#include <lv2/buf-size/buf-size.h>
#include <lv2/core/lv2.h>
#include <lv2/log/log.h>
#include <lv2/options/options.h>
#include <lv2/parameters/parameters.h>
#include <lv2/state/state.h>
#include <lv2/urid/urid.h>
#include <lv2/worker/worker.h>

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_URIS      1024
#define MAX_JOBS      256
#define MAX_JOB_BYTES 65536
#define ATOM_BYTES    131072
#define GUARD_FRAMES  64
#define GUARD_VALUE   -12345.678f
#define LATE_RUNS     200
#define STATE_URI     "urn:fullhouse:torture:state"

// One job or reply; `due` counts runs
typedef struct {
  uint32_t size;
  unsigned long due;
  char* body;
} Job;

// A queue that holds copies; guarded by the host's mutex
typedef struct {
  Job at[MAX_JOBS];
  unsigned head;
  unsigned n;
} Queue;

typedef enum { KIND_NONE, KIND_AUDIO, KIND_CONTROL, KIND_ATOM } Kind;

typedef struct {
  Kind kind;
  bool is_input;
  bool is_optional;
  bool is_side;
  char* symbol;
  float value, lo, hi;
  float* memory;            // Audio: with guards on both sides
  float* buffer;            // Audio: what the plugin gets
  LV2_Atom_Sequence* atoms; // Atom
} Port;

struct HostImpl {
  HostConfig config;
  const LilvPlugin* plugin;
  LilvWorld* world;
  LilvInstance* instance;
  const LV2_Worker_Interface* worker;
  LV2_URID_Map map;
  LV2_URID_Unmap unmap;
  LV2_Worker_Schedule schedule;
  LV2_Log_Log log;
  LV2_Inline_Display display;
  LV2_Feature map_feature, unmap_feature, schedule_feature, options_feature,
    bounded_feature, log_feature, restore_feature, display_feature;
  const LV2_Feature* features[9];
  float rate;
  int32_t min_frames, max_frames, nominal_frames, sequence_bytes;
  LV2_Options_Option options[6];
  Port* ports;
  unsigned n_ports, n_in, n_out;
  unsigned in[16], out[16];
  int latency_port;
  Queue requests, replies;
  pthread_mutex_t mutex;
  pthread_t thread;
  atomic_bool stop;
  unsigned long runs, n_events;
  uint32_t largest_sequence;
  bool active;
};

static char* uris[MAX_URIS];
static unsigned n_uris;
static pthread_mutex_t uri_mutex = PTHREAD_MUTEX_INITIALIZER;

static LV2_URID
map_uri(LV2_URID_Map_Handle handle, const char* uri)
{
  (void)handle;
  watch_note("urid:map"); // Not meant for the audio thread
  const bool was_on = watch_pause();
  pthread_mutex_lock(&uri_mutex);
  unsigned i = 0;
  while (i < n_uris && strcmp(uris[i], uri)) {
    ++i;
  }
  if (i == n_uris) {
    assert(n_uris < MAX_URIS);
    uris[n_uris++] = strdup(uri);
  }
  pthread_mutex_unlock(&uri_mutex);
  watch_resume(was_on);
  return i + 1;
}

static const char*
unmap_uri(LV2_URID_Unmap_Handle handle, LV2_URID urid)
{
  (void)handle;
  return urid && urid <= n_uris ? uris[urid - 1] : NULL;
}

LV2_URID
host_map(const char* uri)
{
  return map_uri(NULL, uri);
}

const char*
host_unmap(LV2_URID urid)
{
  return unmap_uri(NULL, urid);
}

static int
log_vprintf(LV2_Log_Handle handle,
            LV2_URID type,
            const char* format,
            va_list list)
{
  (void)handle;
  if (strcmp(host_unmap(type), LV2_LOG__Trace) != 0) {
    watch_note("log");
  }
  const bool was_on = watch_pause();
  if (getenv("TORTURE_LOG")) {
    vfprintf(stderr, format, list);
  }
  watch_resume(was_on);
  return 0;
}

static int
log_printf(LV2_Log_Handle handle, LV2_URID type, const char* format, ...)
{
  va_list list;
  va_start(list, format);
  const int n = log_vprintf(handle, type, format, list);
  va_end(list);
  return n;
}

static void
queue_draw(LV2_Inline_Display_Handle handle)
{
  (void)handle;
}

static LV2_Worker_Status
push(Host* host, Queue* queue, uint32_t size, const void* data, unsigned late)
{
  const bool was_on = watch_pause();
  LV2_Worker_Status status = LV2_WORKER_ERR_NO_SPACE;
  pthread_mutex_lock(&host->mutex);
  if (queue->n < MAX_JOBS && size <= MAX_JOB_BYTES) {
    Job* const job = &queue->at[(queue->head + queue->n++) % MAX_JOBS];
    job->size = size;
    job->due = host->runs + late;
    job->body = malloc(size ? size : 1);
    if (size) {
      memcpy(job->body, data, size);
    }
    status = LV2_WORKER_SUCCESS;
  }
  pthread_mutex_unlock(&host->mutex);
  watch_resume(was_on);
  return status;
}

static bool
pop(Host* host, Queue* queue, Job* job)
{
  pthread_mutex_lock(&host->mutex);
  const bool is_due = queue->n && (queue->at[queue->head].due <= host->runs ||
                                   host->config.worker == WORKER_THREAD);
  if (is_due) {
    *job = queue->at[queue->head];
    queue->head = (queue->head + 1) % MAX_JOBS;
    --queue->n;
  }
  pthread_mutex_unlock(&host->mutex);
  return is_due;
}

static void
empty(Host* host, Queue* queue)
{
  while (queue->n) {
    free(queue->at[queue->head].body);
    queue->head = (queue->head + 1) % MAX_JOBS;
    --queue->n;
  }
  (void)host;
}

static LV2_Worker_Status
schedule_work(LV2_Worker_Schedule_Handle handle,
              uint32_t size,
              const void* data)
{
  Host* const host = handle;
  switch (host->config.worker) {
  case WORKER_REFUSES:
    return LV2_WORKER_ERR_NO_SPACE;
  case WORKER_NEVER:
    return LV2_WORKER_SUCCESS;
  case WORKER_LATE:
    return push(host, &host->requests, size, data, LATE_RUNS);
  default:
    return push(host, &host->requests, size, data, 0);
  }
}

static LV2_Worker_Status
respond(LV2_Worker_Respond_Handle handle, uint32_t size, const void* data)
{
  Host* const host = handle;
  return push(host,
              &host->replies,
              size,
              data,
              host->config.worker == WORKER_LATE ? LATE_RUNS : 0);
}

static void
do_work(Host* host)
{
  Job job;
  while (pop(host, &host->requests, &job)) {
    const int times = host->config.worker == WORKER_TWICE ? 2 : 1;
    for (int i = 0; i < times; ++i) {
      host->worker->work(lilv_instance_get_handle(host->instance),
                         respond,
                         host,
                         job.size,
                         job.body);
    }
    free(job.body);
  }
}

static void*
work_thread(void* arg)
{
  Host* const host = arg;
  while (!atomic_load(&host->stop)) {
    do_work(host);
    nanosleep(&(struct timespec){0, 200000}, NULL);
  }
  return NULL;
}

static void
deliver_replies(Host* host)
{
  Job job;
  while (pop(host, &host->replies, &job)) {
    if (host->worker->work_response) {
      watch_begin(); // work_response() belongs to the audio thread
      host->worker->work_response(
        lilv_instance_get_handle(host->instance), job.size, job.body);
      watch_end();
    }
    free(job.body);
  }
  if (host->worker->end_run) {
    watch_begin();
    host->worker->end_run(lilv_instance_get_handle(host->instance));
    watch_end();
  }
}

HostConfig
host_config_default(void)
{
  return (HostConfig){
    .rate_hz = 48000, .max_frames = 8192, .notify_bytes = 65536};
}

static void
set_features(Host* host)
{
  host->rate = (float)host->config.rate_hz;
  host->min_frames = 1;
  host->max_frames = (int32_t)host->config.max_frames;
  host->nominal_frames = host->max_frames;
  host->sequence_bytes = (int32_t)host->config.notify_bytes;
  const LV2_URID type_int = host_map(LV2_ATOM__Int);
  const LV2_Options_Option options[6] = {
    {0,
     0,
     host_map(LV2_PARAMETERS__sampleRate),
     sizeof(float),
     host_map(LV2_ATOM__Float),
     &host->rate},
    {0,
     0,
     host_map(LV2_BUF_SIZE__minBlockLength),
     sizeof(int32_t),
     type_int,
     &host->min_frames},
    {0,
     0,
     host_map(LV2_BUF_SIZE__maxBlockLength),
     sizeof(int32_t),
     type_int,
     &host->max_frames},
    {0,
     0,
     host_map(LV2_BUF_SIZE__nominalBlockLength),
     sizeof(int32_t),
     type_int,
     &host->nominal_frames},
    {0,
     0,
     host_map(LV2_BUF_SIZE__sequenceSize),
     sizeof(int32_t),
     type_int,
     &host->sequence_bytes},
    {0, 0, 0, 0, 0, NULL}};
  memcpy(host->options, options, sizeof(options));

  host->map = (LV2_URID_Map){NULL, map_uri};
  host->unmap = (LV2_URID_Unmap){NULL, unmap_uri};
  host->schedule = (LV2_Worker_Schedule){host, schedule_work};
  host->log = (LV2_Log_Log){host, log_printf, log_vprintf};
  host->display = (LV2_Inline_Display){host, queue_draw};
  host->map_feature = (LV2_Feature){LV2_URID__map, &host->map};
  host->unmap_feature = (LV2_Feature){LV2_URID__unmap, &host->unmap};
  host->options_feature = (LV2_Feature){LV2_OPTIONS__options, host->options};
  host->bounded_feature = (LV2_Feature){LV2_BUF_SIZE__boundedBlockLength, NULL};
  host->log_feature = (LV2_Feature){LV2_LOG__log, &host->log};
  host->restore_feature = (LV2_Feature){LV2_STATE__threadSafeRestore, NULL};
  host->display_feature =
    (LV2_Feature){LV2_INLINEDISPLAY__queue_draw, &host->display};
  host->schedule_feature = (LV2_Feature){LV2_WORKER__schedule, &host->schedule};
  unsigned n = 0;
  host->features[n++] = &host->map_feature;
  host->features[n++] = &host->unmap_feature;
  host->features[n++] = &host->options_feature;
  host->features[n++] = &host->bounded_feature;
  host->features[n++] = &host->log_feature;
  host->features[n++] = &host->restore_feature;
  host->features[n++] = &host->display_feature;
  if (host->config.worker != WORKER_ABSENT) {
    host->features[n++] = &host->schedule_feature;
  }
  host->features[n] = NULL;
}

static bool
port_is(const Host* host, const LilvPort* port, const char* uri)
{
  LilvNode* const node = lilv_new_uri(host->world, uri);
  const bool is = lilv_port_is_a(host->plugin, port, node);
  lilv_node_free(node);
  return is;
}

static bool
port_has(const Host* host, const LilvPort* port, const char* uri)
{
  LilvNode* const node = lilv_new_uri(host->world, uri);
  const bool has = lilv_port_has_property(host->plugin, port, node);
  lilv_node_free(node);
  return has;
}

static void
add_audio(Host* host, unsigned i)
{
  Port* const port = &host->ports[i];
  const size_t n = host->config.max_frames;
  port->kind = KIND_AUDIO;
  port->memory = calloc(n + 2 * GUARD_FRAMES, sizeof(float));
  port->buffer = port->memory + GUARD_FRAMES;
  for (unsigned k = 0; k < GUARD_FRAMES; ++k) {
    port->memory[k] = GUARD_VALUE;
    port->buffer[n + k] = GUARD_VALUE;
  }
  if (port->is_input) {
    host->in[host->n_in++] = i;
  } else {
    host->out[host->n_out++] = i;
  }
}

static void
add_ports(Host* host)
{
  host->n_ports = lilv_plugin_get_num_ports(host->plugin);
  host->ports = calloc(host->n_ports, sizeof(Port));
  float* const range = calloc(3 * (size_t)host->n_ports, sizeof(float));
  float* const lo = range;
  float* const hi = range + host->n_ports;
  float* const initial = range + 2 * (size_t)host->n_ports;
  lilv_plugin_get_port_ranges_float(host->plugin, lo, hi, initial);
  for (unsigned i = 0; i < host->n_ports; ++i) {
    const LilvPort* const lilv = lilv_plugin_get_port_by_index(host->plugin, i);
    Port* const port = &host->ports[i];
    port->is_input = port_is(host, lilv, LV2_CORE__InputPort);
    port->is_optional = port_has(host, lilv, LV2_CORE__connectionOptional);
    port->is_side = port_has(host, lilv, LV2_CORE_PREFIX "isSideChain");
    port->symbol =
      strdup(lilv_node_as_string(lilv_port_get_symbol(host->plugin, lilv)));
    if (port_is(host, lilv, LV2_CORE__ControlPort)) {
      port->kind = KIND_CONTROL;
      port->lo = lo[i];
      port->hi = hi[i];
      port->value = isnan(initial[i]) ? 0.0f : initial[i];
    } else if (port_is(host, lilv, LV2_CORE__AudioPort)) {
      add_audio(host, i);
    } else if (port_is(host, lilv, LV2_ATOM__AtomPort)) {
      port->kind = KIND_ATOM;
      port->atoms = calloc(1, ATOM_BYTES);
      port->atoms->atom.type = host_map(LV2_ATOM__Sequence);
      port->atoms->atom.size = sizeof(LV2_Atom_Sequence_Body);
    }
  }
  free(range);
  LilvNode* const designation = lilv_new_uri(host->world, LV2_CORE__latency);
  const LilvPort* const latency =
    lilv_plugin_get_port_by_designation(host->plugin, NULL, designation);
  host->latency_port =
    latency ? (int)lilv_port_get_index(host->plugin, latency) : -1;
  lilv_node_free(designation);
}

static void
connect_ports(Host* host)
{
  unsigned n_out = 0;
  for (unsigned i = 0; i < host->n_ports; ++i) {
    Port* const port = &host->ports[i];
    void* data = NULL;
    if (port->kind == KIND_CONTROL) {
      data =
        host->config.no_optional && port->is_optional ? NULL : &port->value;
    } else if (port->kind == KIND_ATOM) {
      data = host->config.no_atoms && port->is_optional ? NULL : port->atoms;
    } else if (port->kind == KIND_AUDIO) {
      data = port->buffer;
      if (!port->is_input && host->config.in_place && n_out < host->n_in) {
        data = host->ports[host->in[n_out]].buffer;
      }
      n_out += port->is_input ? 0 : 1;
      if (host->config.no_sidechain && port->is_input && port->is_optional) {
        data = NULL;
      }
    }
    lilv_instance_connect_port(host->instance, i, data);
  }
}

Host*
host_new(LilvWorld* world, const LilvPlugin* plugin, const HostConfig* config)
{
  Host* const host = calloc(1, sizeof(Host));
  host->config = *config;
  host->world = world;
  host->plugin = plugin;
  pthread_mutex_init(&host->mutex, NULL);
  set_features(host);
  add_ports(host);
  host->instance =
    lilv_plugin_instantiate(plugin, config->rate_hz, host->features);
  if (!host->instance) {
    fprintf(stderr, "torture: the plugin cannot be instantiated\n");
    host_free(host);
    return NULL;
  }
  host->worker =
    lilv_instance_get_extension_data(host->instance, LV2_WORKER__interface);
  connect_ports(host);
  lilv_instance_activate(host->instance);
  host->active = true;
  if (host->worker && config->worker == WORKER_THREAD) {
    pthread_create(&host->thread, NULL, work_thread, host);
  }
  return host;
}

void
host_free(Host* host)
{
  if (!host) {
    return;
  }
  if (host->worker && host->active && host->config.worker == WORKER_THREAD) {
    atomic_store(&host->stop, true);
    pthread_join(host->thread, NULL);
  }
  if (host->active) {
    lilv_instance_deactivate(host->instance);
  }
  if (host->instance) {
    lilv_instance_free(host->instance);
  }
  empty(host, &host->requests);
  empty(host, &host->replies);
  for (unsigned i = 0; i < host->n_ports; ++i) {
    free(host->ports[i].symbol);
    free(host->ports[i].memory);
    free(host->ports[i].atoms);
  }
  free(host->ports);
  pthread_mutex_destroy(&host->mutex);
  free(host);
}

void
host_restart(Host* host)
{
  lilv_instance_deactivate(host->instance);
  lilv_instance_activate(host->instance);
}

unsigned
host_n_inputs(const Host* host)
{
  return host->n_in;
}

unsigned
host_n_outputs(const Host* host)
{
  return host->n_out;
}

float*
host_input(Host* host, unsigned i)
{
  return host->ports[host->in[i]].buffer;
}

const float*
host_output(const Host* host, unsigned i)
{
  const unsigned port =
    host->config.in_place && i < host->n_in ? host->in[i] : host->out[i];
  return host->ports[port].buffer;
}

bool
host_input_is_side(const Host* host, unsigned i)
{
  const Port* const port = &host->ports[host->in[i]];
  return port->is_side || port->is_optional;
}

float*
host_control(Host* host, const char* symbol)
{
  for (unsigned i = 0; i < host->n_ports; ++i) {
    if (host->ports[i].kind == KIND_CONTROL &&
        !strcmp(host->ports[i].symbol, symbol)) {
      return &host->ports[i].value;
    }
  }
  return NULL;
}

float*
host_nth_control(Host* host, unsigned i, bool* is_input, float* lo, float* hi)
{
  for (unsigned k = 0; k < host->n_ports; ++k) {
    Port* const port = &host->ports[k];
    if (port->kind == KIND_CONTROL && !i--) {
      *is_input = port->is_input;
      *lo = port->lo;
      *hi = port->hi;
      return &port->value;
    }
  }
  return NULL;
}

float
host_latency(const Host* host)
{
  return host->latency_port < 0 ? 0.0f : host->ports[host->latency_port].value;
}

bool
host_send(Host* host, const LV2_Atom* atom)
{
  for (unsigned i = 0; i < host->n_ports; ++i) {
    Port* const port = &host->ports[i];
    if (port->kind != KIND_ATOM || !port->is_input) {
      continue;
    }
    LV2_Atom_Event* const event =
      lv2_atom_sequence_end(&port->atoms->body, port->atoms->atom.size);
    const size_t size = sizeof(LV2_Atom_Event) + lv2_atom_pad_size(atom->size);
    if (port->atoms->atom.size + size + 64 > ATOM_BYTES) {
      return false;
    }
    event->time.frames = 0;
    memcpy(&event->body, atom, sizeof(LV2_Atom) + atom->size);
    port->atoms->atom.size += (uint32_t)size;
    return true;
  }
  return false;
}

static void
check_guards(const Host* host)
{
  for (unsigned i = 0; i < host->n_ports; ++i) {
    const Port* const port = &host->ports[i];
    if (port->kind != KIND_AUDIO) {
      continue;
    }
    for (unsigned k = 0; k < GUARD_FRAMES; ++k) {
      if (port->memory[k] != GUARD_VALUE ||
          port->buffer[host->config.max_frames + k] != GUARD_VALUE) {
        watch_begin();
        watch_note("write outside of an audio buffer");
        watch_end();
        return;
      }
    }
  }
}

static void
prepare_atoms(Host* host)
{
  for (unsigned i = 0; i < host->n_ports; ++i) {
    Port* const port = &host->ports[i];
    if (port->kind == KIND_ATOM && !port->is_input) {
      memset(port->atoms, 0x5a, ATOM_BYTES / 2);
      port->atoms->atom.type = host_map(LV2_ATOM__Chunk);
      port->atoms->atom.size =
        host->config.notify_bytes - (uint32_t)sizeof(LV2_Atom);
    }
  }
}

static void
note_after(const char* what)
{
  watch_begin();
  watch_note(what);
  watch_end();
}

static void
check_sequence(Host* host, const LV2_Atom_Sequence* sequence)
{
  const uint32_t room = host->config.notify_bytes;
  const unsigned char* const end = (const unsigned char*)sequence + room;
  for (unsigned k = 0; k < 256 && room + k < ATOM_BYTES / 2; ++k) {
    if (end[k] != 0x5a) {
      note_after("write outside of the notify buffer");
      break;
    }
  }
  if (sequence->atom.type != host_map(LV2_ATOM__Sequence)) {
    return; // Nothing written: fine where there is no room for a header
  }
  if (sequence->atom.size + sizeof(LV2_Atom) > room) {
    note_after("notify sequence longer than its room");
    return;
  }
  if (sequence->atom.size > host->largest_sequence) {
    host->largest_sequence = sequence->atom.size;
  }
  uint32_t used = sizeof(LV2_Atom_Sequence_Body);
  LV2_ATOM_SEQUENCE_FOREACH(sequence, event)
  {
    used +=
      (uint32_t)(sizeof(LV2_Atom_Event) + lv2_atom_pad_size(event->body.size));
    if (used > sequence->atom.size + 8) {
      note_after("broken event in the notify sequence");
      return;
    }
    ++host->n_events;
  }
}

static void
check_atoms(Host* host)
{
  for (unsigned i = 0; i < host->n_ports; ++i) {
    Port* const port = &host->ports[i];
    if (port->kind != KIND_ATOM) {
      continue;
    }
    if (port->is_input) {
      port->atoms->atom.size = sizeof(LV2_Atom_Sequence_Body);
    } else if (!host->config.no_atoms) {
      check_sequence(host, port->atoms);
    }
  }
}

void
host_run(Host* host, uint32_t n_frames)
{
  prepare_atoms(host);
  watch_begin();
  lilv_instance_run(host->instance, n_frames);
  watch_end();
  pthread_mutex_lock(&host->mutex);
  ++host->runs;
  pthread_mutex_unlock(&host->mutex);
  check_atoms(host);
  check_guards(host);
  if (host->worker) {
    deliver_replies(host);
    if (host->config.worker != WORKER_THREAD) {
      do_work(host);
    }
  }
}

unsigned long
host_n_events(const Host* host)
{
  return host->n_events;
}

uint32_t
host_largest_sequence(const Host* host)
{
  return host->largest_sequence;
}

static const void*
get_port(const char* symbol, void* data, uint32_t* size, uint32_t* type)
{
  Host* const host = data;
  const float* const value = host_control(host, symbol);
  *size = sizeof(float);
  *type = host_map(LV2_ATOM__Float);
  return value;
}

static void
set_port(const char* symbol,
         void* data,
         const void* value,
         uint32_t size,
         uint32_t type)
{
  Host* const host = data;
  float* const port = host_control(host, symbol);
  if (port && size == sizeof(float) && type == host_map(LV2_ATOM__Float)) {
    memcpy(port, value, sizeof(float));
  }
}

char*
host_save(Host* host, const char* folder)
{
  LilvState* const state = lilv_state_new_from_instance(host->plugin,
                                                        host->instance,
                                                        &host->map,
                                                        folder,
                                                        folder,
                                                        folder,
                                                        folder,
                                                        get_port,
                                                        host,
                                                        LV2_STATE_IS_POD,
                                                        host->features);
  char* const text = lilv_state_to_string(
    host->world, &host->map, &host->unmap, state, STATE_URI, folder);
  lilv_state_free(state);
  return text;
}

bool
host_restore(Host* host, const char* text)
{
  LilvState* const state =
    lilv_state_new_from_string(host->world, &host->map, text);
  if (!state) {
    return false;
  }
  lilv_state_restore(
    state, host->instance, set_port, host, LV2_STATE_IS_POD, host->features);
  lilv_state_free(state);
  return true;
}

bool
host_render(Host* host, uint32_t width, uint32_t max_height)
{
  const LV2_Inline_Display_Interface* const display =
    lilv_instance_get_extension_data(host->instance,
                                     LV2_INLINEDISPLAY__interface);
  if (!display) {
    return true;
  }
  const LV2_Inline_Display_Image_Surface* const image = display->render(
    lilv_instance_get_handle(host->instance), width, max_height);
  return image && image->data && image->width > 0 && image->height > 0 &&
         (uint32_t)image->width <= width &&
         (uint32_t)image->height <= max_height &&
         image->stride >= 4 * image->width;
}
