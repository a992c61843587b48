// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_LV2_PLUGIN_H
#define FULLHOUSE_LV2_PLUGIN_H

#include "inline_display.h"
#include "shell.h"
#include "uris.h"
#include "view.h"

#include <fh/live.h>

#include <lv2/atom/atom.h>
#include <lv2/atom/forge.h>
#include <lv2/log/logger.h>
#include <lv2/state/state.h>
#include <lv2/urid/urid.h>
#include <lv2/worker/worker.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define PATH_SIZE 4096

/// Numbers of the URIs in use
typedef struct {
  LV2_URID atom_float, atom_path, atom_string, atom_object, atom_blank,
    atom_resource, atom_sequence, atom_urid, atom_vector, atom_int;
  LV2_URID patch_get, patch_set, patch_property, patch_value;
  LV2_URID profile, trim, watch, view, curves, facts, state, verdict, line,
    message, history, soundcheck, soundcheck_text;
} Uris;

/// What the audio thread asks of the worker
typedef enum {
  JOB_ANALYSE, ///< fh_live_work()
  JOB_LOAD,    ///< A path follows: load this profile
  JOB_TELL,    ///< Reply with the path of the profile
  JOB_LOG,     ///< An FhLiveMove follows: log it, reply with its text
} JobKind;

/// What the worker replies
typedef enum {
  REPLY_DONE,    ///< fh_live_work() has returned
  REPLY_PROFILE, ///< A path follows, empty for none
  REPLY_LINE,    ///< Text of a move follows
  REPLY_MESSAGE, ///< Words about what went wrong follow, empty for nothing
} ReplyKind;

/// A job or reply: a kind and what follows it
typedef struct {
  uint32_t kind;
  union {
    char text[PATH_SIZE];
    FhLiveMove move;
  } of;
} Packet;

/// Bytes of a packet with an empty body
#define PACKET_HEAD offsetof(Packet, of)

/// What waits to be sent to the window; audio thread only
typedef struct {
  char profile[PATH_SIZE];
  char message[FH_VIEW_TEXT];
  char line[FH_VIEW_LINES][FH_VIEW_TEXT]; ///< A ring
  unsigned n_lines;                       ///< Ever put into the ring
  unsigned n_lines_sent;
  bool profile_due, message_due, trim_due;
  uint32_t view_due_frames, history_due_frames;
  uint32_t watch_frames; ///< Until the window is taken as closed
} Outbox;

/// One instance
typedef struct {
  // Set when instantiated
  LV2_URID_Map* map;
  LV2_Worker_Schedule* schedule; ///< Null if the host has none
  LV2_Log_Logger logger;
  LV2_Inline_Display* display; ///< Null if the host has none
  Uris uris;
  LV2_Atom_Forge forge;
  char weights[PATH_SIZE]; ///< Path of the network's weights, or empty
  double rate_hz;
  FhLive* live;

  // Audio thread
  void* ports[FH_PORT_COUNT];
  float port[FH_PORT_COUNT]; ///< Values of the control ports
  float curve[FH_N_CURVES][FH_N_EQ_BANDS];
  float fact[FH_N_FACTS];
  FhHistory history;
  float history_due_s;
  uint32_t display_due_frames;
  Outbox out;
  bool analysis_asked;
  uint32_t asked_frames; ///< Since the worker was asked

  // Any thread
  _Atomic float trim_db[FH_N_EQ_BANDS];
  _Atomic float shown_db[FH_N_EQ_BANDS]; ///< For the inline display
  atomic_int shown_alarm;
  atomic_bool profile_changed;

  // Worker and state, never the audio thread
  pthread_mutex_t mutex;
  char profile[PATH_SIZE];
  char message[FH_VIEW_TEXT];
  char venue[FH_SHELL_VENUE];            ///< Hash of the profile's, or empty
  char soundcheck_venue[FH_SHELL_VENUE]; ///< Of a restored soundcheck

  // Inline display's thread
  LV2_Inline_Display_Image_Surface image;
  void* surface; ///< cairo_surface_t
} Plugin;

/// Data of a feature of the host, null if it has none
void*
fh_plugin_feature(const LV2_Feature* const* features, const char* uri);

/// Take what came in through the control port; audio thread
void
fh_plugin_receive(Plugin* self);

/// Write what the notify port has room for; audio thread
void
fh_plugin_notify(Plugin* self, uint32_t n_frames);

/// Ask the worker; false if there is none or it is full; audio thread
bool
fh_plugin_schedule(Plugin* self, JobKind kind, const void* body, size_t size);

/// Load a profile, or none for an empty path; not the audio thread
bool
fh_plugin_load(Plugin* self, const char* path);

LV2_Worker_Status
fh_plugin_work(LV2_Handle instance,
               LV2_Worker_Respond_Function respond,
               LV2_Worker_Respond_Handle handle,
               uint32_t size,
               const void* data);

LV2_Worker_Status
fh_plugin_work_response(LV2_Handle instance, uint32_t size, const void* data);

LV2_State_Status
fh_plugin_save(LV2_Handle instance,
               LV2_State_Store_Function store,
               LV2_State_Handle handle,
               uint32_t flags,
               const LV2_Feature* const* features);

LV2_State_Status
fh_plugin_restore(LV2_Handle instance,
                  LV2_State_Retrieve_Function retrieve,
                  LV2_State_Handle handle,
                  uint32_t flags,
                  const LV2_Feature* const* features);

/// Draw the curve in effect for the host's mixer strip
LV2_Inline_Display_Image_Surface*
fh_plugin_render(LV2_Handle instance, uint32_t width, uint32_t max_height);

/// Free what fh_plugin_render() keeps
void
fh_plugin_render_free(Plugin* self);

#endif // FULLHOUSE_LV2_PLUGIN_H
