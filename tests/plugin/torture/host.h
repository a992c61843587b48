// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TORTURE_HOST_H
#define FULLHOUSE_TORTURE_HOST_H

#include <lv2/atom/atom.h>

#include <lilv/lilv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How the host treats what the plugin gives to its worker
typedef enum {
  WORKER_PROMPT,  ///< Work is done after each run, the reply before the next
  WORKER_LATE,    ///< Work waits for 200 runs, its reply for 200 more
  WORKER_TWICE,   ///< Each piece of work is done two times
  WORKER_NEVER,   ///< Work is taken and lost
  WORKER_REFUSES, ///< schedule_work() has no space
  WORKER_ABSENT,  ///< The host has no worker
  WORKER_THREAD,  ///< Work is done in a thread of its own
} WorkerKind;

/// How to run a plugin
typedef struct {
  double rate_hz;
  uint32_t max_frames; ///< Longest block
  WorkerKind worker;
  uint32_t notify_bytes; ///< Room in atom outputs, with the header
  bool in_place;         ///< Outputs share the buffers of the first inputs
  bool no_sidechain;     ///< Optional audio inputs stay unconnected
  bool no_atoms;         ///< Optional atom ports stay unconnected
  bool no_optional;      ///< Optional control ports stay unconnected
} HostConfig;

typedef struct HostImpl Host; ///< One running instance

/// 48 kHz, blocks to 8192, a prompt worker and 64 kB of notify
HostConfig
host_config_default(void);

/// Load and activate; null with a message on stderr when that fails
Host*
host_new(LilvWorld* world, const LilvPlugin* plugin, const HostConfig* config);

/// Deactivate and free; null is allowed
void
host_free(Host* host);

/// deactivate() followed by activate()
void
host_restart(Host* host);

/// Audio ports by direction, in the order of their indices
unsigned
host_n_inputs(const Host* host);

unsigned
host_n_outputs(const Host* host);

/// Buffer of audio input `i` to be filled before host_run()
float*
host_input(Host* host, unsigned i);

/// Buffer of audio output `i`
const float*
host_output(const Host* host, unsigned i);

/// True if audio input `i` is a side chain or optional
bool
host_input_is_side(const Host* host, unsigned i);

/// Value of a control port, null if there is no such symbol
float*
host_control(Host* host, const char* symbol);

/// Control ports by number, for all of them; null past the end
float*
host_nth_control(Host* host, unsigned i, bool* is_input, float* lo, float* hi);

/// Value of the port with designation lv2:latency; 0 if there is none
float
host_latency(const Host* host);

/**
   Run one block, watched, and check what came of it.

   Counted with watch_note(): writes outside of the audio buffers and a notify
   sequence that is longer than its room.
*/
void
host_run(Host* host, uint32_t n_frames);

/// Put one event at frame 0 of the next block's atom input; false if no room
bool
host_send(Host* host, const LV2_Atom* atom);

/// Number of a URI
LV2_URID
host_map(const char* uri);

/// URI of a number, null if unknown
const char*
host_unmap(LV2_URID urid);

/// Events seen in atom outputs since host_new(), and their bytes
unsigned long
host_n_events(const Host* host);

/// Largest sequence the plugin wrote [bytes]
uint32_t
host_largest_sequence(const Host* host);

/// State as text; its files go below `folder`. Free with free()
char*
host_save(Host* host, const char* folder);

/// Restore what host_save() gave; false if it cannot be read
bool
host_restore(Host* host, const char* text);

/// Call the inline display's render, if there is one; false if it misbehaves
bool
host_render(Host* host, uint32_t width, uint32_t max_height);

#endif // FULLHOUSE_TORTURE_HOST_H
