// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Models that the audio thread has let go of
static void
free_retired(Plugin* self)
{
  FhLiveModel* model = NULL;
  while ((model = fh_live_retired_model(self->live))) {
    fh_live_model_free(model);
  }
}

static void
set_model(Plugin* self, FhLiveModel* model)
{
  fh_live_model_free(fh_live_set_model(self->live, model));
  free_retired(self);
}

// True when the soundcheck in use was captured in another venue
static bool
is_other_venue(const Plugin* self, const char* venue)
{
  FhLiveBaseline baseline;
  const char* const of =
    self->soundcheck_venue[0] ? self->soundcheck_venue : self->venue;
  return fh_shell_is_foreign(of, venue) &&
         fh_live_baseline(self->live, &baseline);
}

bool
fh_plugin_load(Plugin* self, const char* path)
{
  char reason[FH_SHELL_REASON] = "";
  FhLiveModel* model = NULL;
  bool is_good = true;
  if (path[0]) {
    is_good = !fh_shell_load_model(
      path, self->weights[0] ? self->weights : NULL, &model, reason);
    if (!is_good && self->weights[0]) {
      // The network must not keep the physics from working
      char without[FH_SHELL_REASON] = "";
      is_good = !fh_shell_load_model(path, NULL, &model, without);
    }
  }
  if (reason[0]) {
    lv2_log_error(&self->logger, "fullhouse: %s\n", reason);
  }
  char venue[FH_SHELL_VENUE] = "";
  if (model) {
    snprintf(venue, sizeof(venue), "%s", fh_live_model_venue(model));
  }
  pthread_mutex_lock(&self->mutex);
  if (is_good) {
    set_model(self, model);
    if (is_other_venue(self, venue)) {
      // Without a soundcheck nothing moves
      const FhLiveBaseline none = {.version = FH_LIVE_BASELINE_VERSION};
      (void)fh_live_set_baseline(self->live, &none);
      self->soundcheck_venue[0] = '\0';
      snprintf(reason, sizeof(reason), "%s", fh_shell_foreign_words);
      lv2_log_error(&self->logger, "fullhouse: %s\n", reason);
    }
    memcpy(self->venue, venue, sizeof(venue));
    snprintf(self->profile, sizeof(self->profile), "%s", path);
  }
  snprintf(
    self->message, sizeof(self->message), "%.*s", FH_VIEW_TEXT - 1, reason);
  pthread_mutex_unlock(&self->mutex);
  return is_good;
}

static void
reply(LV2_Worker_Respond_Function respond,
      LV2_Worker_Respond_Handle handle,
      ReplyKind kind,
      const char* text)
{
  Packet packet = {.kind = kind};
  const size_t size = text ? strlen(text) + 1 : 0;
  if (size <= sizeof(packet.of)) {
    if (size) {
      memcpy(packet.of.text, text, size);
    }
    respond(handle, (uint32_t)(PACKET_HEAD + size), &packet);
  }
}

static void
tell(Plugin* self,
     LV2_Worker_Respond_Function respond,
     LV2_Worker_Respond_Handle handle)
{
  char profile[PATH_SIZE];
  char message[FH_VIEW_TEXT];
  pthread_mutex_lock(&self->mutex);
  memcpy(profile, self->profile, sizeof(profile));
  memcpy(message, self->message, sizeof(message));
  pthread_mutex_unlock(&self->mutex);
  reply(respond, handle, REPLY_PROFILE, profile);
  reply(respond, handle, REPLY_MESSAGE, message);
}

LV2_Worker_Status
fh_plugin_work(LV2_Handle instance,
               LV2_Worker_Respond_Function respond,
               LV2_Worker_Respond_Handle handle,
               uint32_t size,
               const void* data)
{
  Plugin* const self = instance;
  Packet packet = {0};
  if (size < PACKET_HEAD || size > sizeof(packet)) {
    return LV2_WORKER_ERR_UNKNOWN;
  }
  memcpy(&packet, data, size);
  switch ((JobKind)packet.kind) {
  case JOB_ANALYSE:
    fh_live_work(self->live);
    pthread_mutex_lock(&self->mutex);
    free_retired(self);
    pthread_mutex_unlock(&self->mutex);
    reply(respond, handle, REPLY_DONE, NULL);
    return LV2_WORKER_SUCCESS;
  case JOB_LOAD:
    packet.of.text[PATH_SIZE - 1] = '\0';
    fh_plugin_load(self, packet.of.text);
    tell(self, respond, handle);
    return LV2_WORKER_SUCCESS;
  case JOB_TELL:
    tell(self, respond, handle);
    return LV2_WORKER_SUCCESS;
  case JOB_LOG: {
    char line[FH_VIEW_TEXT] = "";
    fh_live_move_text(&packet.of.move, line, sizeof(line));
    lv2_log_note(&self->logger, "fullhouse: %s\n", line);
    reply(respond, handle, REPLY_LINE, line);
    return LV2_WORKER_SUCCESS;
  }
  }
  return LV2_WORKER_ERR_UNKNOWN;
}

// Audio thread
LV2_Worker_Status
fh_plugin_work_response(LV2_Handle instance, uint32_t size, const void* data)
{
  Plugin* const self = instance;
  Outbox* const out = &self->out;
  const Packet* const packet = data;
  if (size < PACKET_HEAD) {
    return LV2_WORKER_ERR_UNKNOWN;
  }
  const size_t length = size - PACKET_HEAD;
  switch ((ReplyKind)packet->kind) {
  case REPLY_DONE:
    self->analysis_asked = false;
    break;
  case REPLY_PROFILE:
    memcpy(out->profile, packet->of.text, length);
    out->profile_due = true;
    break;
  case REPLY_LINE: {
    char* const line = out->line[out->n_lines++ % FH_VIEW_LINES];
    memcpy(
      line, packet->of.text, length < FH_VIEW_TEXT ? length : FH_VIEW_TEXT);
    line[FH_VIEW_TEXT - 1] = '\0';
    break;
  }
  case REPLY_MESSAGE:
    memcpy(out->message,
           packet->of.text,
           length < FH_VIEW_TEXT ? length : FH_VIEW_TEXT);
    out->message[FH_VIEW_TEXT - 1] = '\0';
    out->message_due = true;
    break;
  }
  return LV2_WORKER_SUCCESS;
}
