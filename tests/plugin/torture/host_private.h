// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TORTURE_HOST_PRIVATE_H
#define FULLHOUSE_TORTURE_HOST_PRIVATE_H

#include "../../../plugin/lv2/inline_display.h"
#include "host.h"

#include <lv2/log/log.h>
#include <lv2/options/options.h>
#include <lv2/urid/urid.h>
#include <lv2/worker/worker.h>

#include <pthread.h>
#include <stdatomic.h>

#define MAX_JOBS 256

/// One job or reply; `due` counts runs
typedef struct {
  uint32_t size;
  unsigned long due;
  char* body;
} Job;

/// A queue that holds copies; guarded by the host's mutex
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
  float* memory;            ///< Audio: with guards on both sides
  float* buffer;            ///< Audio: what the plugin gets
  LV2_Atom_Sequence* atoms; ///< Atom
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

/// Map and unmap URIs, for features
LV2_URID
host_map_uri(LV2_URID_Map_Handle handle, const char* uri);

const char*
host_unmap_uri(LV2_URID_Unmap_Handle handle, LV2_URID urid);

/// Find the plugin's ports and make their buffers
void
host_add_ports(Host* host);

void
host_connect_ports(Host* host);

void
host_free_ports(Host* host);

/// Fill outputs that take atoms with what shows writes beyond them
void
host_prepare_atoms(Host* host);

/// Note writes outside of buffers and broken sequences; empties atom inputs
void
host_check_ports(Host* host);

/// LV2_Worker_Schedule
LV2_Worker_Status
host_schedule_work(LV2_Worker_Schedule_Handle handle,
                   uint32_t size,
                   const void* data);

/// Do the work that is due
void
host_do_work(Host* host);

/// The same over and over until `stop`; for pthread_create()
void*
host_work_thread(void* arg);

/// Hand over the replies that are due, then end_run()
void
host_deliver_replies(Host* host);

/// Forget what is left in both queues
void
host_clear_queues(Host* host);

#endif // FULLHOUSE_TORTURE_HOST_PRIVATE_H
