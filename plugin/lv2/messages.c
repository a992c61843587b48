// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin.h"

#include <lv2/atom/util.h>

#include <math.h>
#include <string.h>

// A window that says nothing for this long is gone [s]
#define WATCH_S 20.0
// Curves go to the window this often [s]
#define VIEW_STEP_S 0.1
// The history of the occupancy goes this often [s]
#define HISTORY_STEP_S 2.0
// Space an object, a property and padding take beside the value [bytes]
#define OBJECT_BYTES   48U
#define PROPERTY_BYTES 32U

static bool
is_object(const Plugin* self, const LV2_Atom* atom)
{
  return (atom->type == self->uris.atom_object ||
          atom->type == self->uris.atom_blank ||
          atom->type == self->uris.atom_resource) &&
         atom->size >= sizeof(LV2_Atom_Object_Body);
}

// A path with its end within the atom, and not too long
static bool
is_path(const Plugin* self, const LV2_Atom* value)
{
  if (value->type != self->uris.atom_path &&
      value->type != self->uris.atom_string) {
    return false;
  }
  const char* const text = LV2_ATOM_BODY_CONST(value);
  return value->size > 0 && value->size <= PATH_SIZE &&
         memchr(text, '\0', value->size);
}

static bool
is_trim(const Plugin* self, const LV2_Atom* value)
{
  const LV2_Atom_Vector* const vector = (const LV2_Atom_Vector*)value;
  return value->type == self->uris.atom_vector &&
         value->size ==
           sizeof(LV2_Atom_Vector_Body) + sizeof(float) * FH_N_EQ_BANDS &&
         vector->body.child_type == self->uris.atom_float &&
         vector->body.child_size == sizeof(float);
}

static void
set_trim(Plugin* self, const LV2_Atom* value)
{
  float db[FH_N_EQ_BANDS];
  memcpy(db, (const char*)value + sizeof(LV2_Atom_Vector), sizeof(db));
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    atomic_store_explicit(
      &self->trim_db[i], isfinite(db[i]) ? db[i] : 0.0f, memory_order_relaxed);
  }
  self->out.trim_due = true;
}

static void
receive_set(Plugin* self, const LV2_Atom_Object* object)
{
  const LV2_Atom* property = NULL;
  const LV2_Atom* value = NULL;
  // clang-format off
  lv2_atom_object_get(object,
                      self->uris.patch_property, &property,
                      self->uris.patch_value, &value,
                      0);
  // clang-format on
  if (!property || property->type != self->uris.atom_urid || !value) {
    return;
  }
  const LV2_URID key = ((const LV2_Atom_URID*)property)->body;
  if (key == self->uris.profile && is_path(self, value)) {
    const char* const path = LV2_ATOM_BODY_CONST(value);
    fh_plugin_schedule(self, JOB_LOAD, path, strlen(path) + 1);
  } else if (key == self->uris.trim && is_trim(self, value)) {
    set_trim(self, value);
  }
}

static void
receive_get(Plugin* self, const LV2_Atom_Object* object)
{
  const LV2_Atom* property = NULL;
  lv2_atom_object_get(object, self->uris.patch_property, &property, 0);
  const LV2_URID key = property && property->type == self->uris.atom_urid
                         ? ((const LV2_Atom_URID*)property)->body
                         : 0;
  // A Get without a property asks for all there is
  if (!property || key == self->uris.profile) {
    fh_plugin_schedule(self, JOB_TELL, NULL, 0);
  }
  if (!property || key == self->uris.trim) {
    self->out.trim_due = true;
  }
}

static void
receive_watch(Plugin* self)
{
  if (!self->out.watch_frames) { // A new window: tell it all
    self->out.n_lines_sent = 0;
    self->out.view_due_frames = 0;
    self->out.history_due_frames = 0;
    self->out.message_due = true;
    fh_plugin_schedule(self, JOB_TELL, NULL, 0);
  }
  self->out.watch_frames = (uint32_t)(WATCH_S * self->rate_hz);
}

void
fh_plugin_receive(Plugin* self)
{
  if (atomic_exchange(&self->profile_changed, false)) {
    fh_plugin_schedule(self, JOB_TELL, NULL, 0);
  }
  const LV2_Atom_Sequence* const control = self->ports[FH_PORT_CONTROL];
  if (!control || control->atom.type != self->uris.atom_sequence) {
    return;
  }
  LV2_ATOM_SEQUENCE_FOREACH(control, event)
  {
    if (!is_object(self, &event->body)) {
      continue;
    }
    const LV2_Atom_Object* const object = (const LV2_Atom_Object*)&event->body;
    const LV2_URID type = object->body.otype;
    if (type == self->uris.patch_set) {
      receive_set(self, object);
    } else if (type == self->uris.patch_get) {
      receive_get(self, object);
    } else if (type == self->uris.watch) {
      receive_watch(self);
    }
  }
}

// Objects are written whole or not at all: their sizes are known beforehand
static bool
has_room(const Plugin* self, size_t bytes)
{
  return (size_t)self->forge.offset + sizeof(LV2_Atom_Event) + bytes <=
         self->forge.size;
}

static void
begin_object(Plugin* self, LV2_Atom_Forge_Frame* frame, LV2_URID type)
{
  lv2_atom_forge_frame_time(&self->forge, 0);
  lv2_atom_forge_object(&self->forge, frame, 0, type);
}

static void
put_text(Plugin* self, LV2_URID key, const char* text)
{
  lv2_atom_forge_key(&self->forge, key);
  lv2_atom_forge_string(&self->forge, text, (uint32_t)strlen(text));
}

static void
put_floats(Plugin* self, LV2_URID key, const float* values, uint32_t n)
{
  lv2_atom_forge_key(&self->forge, key);
  lv2_atom_forge_vector(
    &self->forge, sizeof(float), self->uris.atom_float, n, values);
}

static bool
send_profile(Plugin* self)
{
  const char* const path = self->out.profile;
  if (!has_room(self, OBJECT_BYTES + 2 * PROPERTY_BYTES + strlen(path) + 1)) {
    return false;
  }
  LV2_Atom_Forge_Frame frame;
  begin_object(self, &frame, self->uris.patch_set);
  lv2_atom_forge_key(&self->forge, self->uris.patch_property);
  lv2_atom_forge_urid(&self->forge, self->uris.profile);
  lv2_atom_forge_key(&self->forge, self->uris.patch_value);
  lv2_atom_forge_path(&self->forge, path, (uint32_t)strlen(path));
  lv2_atom_forge_pop(&self->forge, &frame);
  return true;
}

static bool
send_trim(Plugin* self)
{
  if (!has_room(self,
                OBJECT_BYTES + 2 * PROPERTY_BYTES +
                  sizeof(float) * FH_N_EQ_BANDS)) {
    return false;
  }
  LV2_Atom_Forge_Frame frame;
  begin_object(self, &frame, self->uris.patch_set);
  lv2_atom_forge_key(&self->forge, self->uris.patch_property);
  lv2_atom_forge_urid(&self->forge, self->uris.trim);
  float db[FH_N_EQ_BANDS];
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    db[i] = atomic_load_explicit(&self->trim_db[i], memory_order_relaxed);
  }
  put_floats(self, self->uris.patch_value, db, FH_N_EQ_BANDS);
  lv2_atom_forge_pop(&self->forge, &frame);
  return true;
}

static bool
send_text(Plugin* self, LV2_URID key, const char* text)
{
  if (!has_room(self, OBJECT_BYTES + PROPERTY_BYTES + strlen(text) + 1)) {
    return false;
  }
  LV2_Atom_Forge_Frame frame;
  begin_object(self, &frame, self->uris.view);
  put_text(self, key, text);
  lv2_atom_forge_pop(&self->forge, &frame);
  return true;
}

static bool
send_view(Plugin* self)
{
  const FhLiveMeters* const meters = fh_live_meters(self->live);
  const char* const state = self->schedule
                              ? fh_live_state_text(meters->state)
                              : "This host has no worker: nothing is measured";
  const char* const verdict = fh_live_verdict_text(meters->verdict);
  if (!has_room(self,
                OBJECT_BYTES + 4 * PROPERTY_BYTES + sizeof(self->curve) +
                  sizeof(self->fact) + strlen(state) + strlen(verdict) + 2)) {
    return false;
  }
  LV2_Atom_Forge_Frame frame;
  begin_object(self, &frame, self->uris.view);
  put_floats(
    self, self->uris.curves, self->curve[0], FH_N_CURVES * FH_N_EQ_BANDS);
  put_floats(self, self->uris.facts, self->fact, FH_N_FACTS);
  put_text(self, self->uris.state, state);
  put_text(self, self->uris.verdict, verdict);
  lv2_atom_forge_pop(&self->forge, &frame);
  return true;
}

static bool
send_history(Plugin* self)
{
  float values[1 + 2 * FH_VIEW_HISTORY];
  uint32_t n = 0;
  values[n++] = self->history.step_s;
  for (unsigned i = 0; i < self->history.n; ++i) {
    values[n++] = self->history.occupancy[i];
    values[n++] = self->history.occupancy_sd[i];
  }
  if (!has_room(self, OBJECT_BYTES + PROPERTY_BYTES + n * sizeof(float))) {
    return false;
  }
  LV2_Atom_Forge_Frame frame;
  begin_object(self, &frame, self->uris.view);
  put_floats(self, self->uris.history, values, n);
  lv2_atom_forge_pop(&self->forge, &frame);
  return true;
}

static bool
is_due(uint32_t* due_frames, uint32_t n_frames)
{
  *due_frames -= n_frames < *due_frames ? n_frames : *due_frames;
  return !*due_frames;
}

static void
send_lines(Plugin* self)
{
  Outbox* const out = &self->out;
  if (out->n_lines - out->n_lines_sent > FH_VIEW_LINES) {
    out->n_lines_sent = out->n_lines - FH_VIEW_LINES;
  }
  while (out->n_lines_sent < out->n_lines) {
    const char* const line = out->line[out->n_lines_sent % FH_VIEW_LINES];
    if (!send_text(self, self->uris.line, line)) {
      return;
    }
    ++out->n_lines_sent;
  }
}

static void
send_to_window(Plugin* self, uint32_t n_frames)
{
  Outbox* const out = &self->out;
  out->watch_frames -=
    n_frames < out->watch_frames ? n_frames : out->watch_frames;
  if (is_due(&out->view_due_frames, n_frames) && send_view(self)) {
    out->view_due_frames = (uint32_t)(VIEW_STEP_S * self->rate_hz);
  }
  if (out->message_due) {
    out->message_due = !send_text(self, self->uris.message, out->message);
  }
  send_lines(self);
  if (is_due(&out->history_due_frames, n_frames) && send_history(self)) {
    out->history_due_frames = (uint32_t)(HISTORY_STEP_S * self->rate_hz);
  }
}

void
fh_plugin_notify(Plugin* self, uint32_t n_frames)
{
  LV2_Atom_Sequence* const notify = self->ports[FH_PORT_NOTIFY];
  // The host says in the size how much room there is
  if (!notify || notify->atom.size < sizeof(LV2_Atom_Sequence_Body)) {
    return;
  }
  lv2_atom_forge_set_buffer(&self->forge,
                            (uint8_t*)notify,
                            notify->atom.size + (uint32_t)sizeof(LV2_Atom));
  LV2_Atom_Forge_Frame frame;
  lv2_atom_forge_sequence_head(&self->forge, &frame, 0);
  if (self->out.profile_due) {
    self->out.profile_due = !send_profile(self);
  }
  if (self->out.trim_due) {
    self->out.trim_due = !send_trim(self);
  }
  if (self->out.watch_frames) {
    send_to_window(self, n_frames);
  }
  lv2_atom_forge_pop(&self->forge, &frame);
}
