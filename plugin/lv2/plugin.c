// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin.h"

#include <fh/processor.h>
#include <fh/share.h>

#include <lv2/core/lv2.h>
#include <lv2/log/log.h>
#include <lv2/patch/patch.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A worker that did not answer for this long is asked again [s]
#define ASK_AGAIN_S 0.5
// The picture in the mixer strip follows this often [s]
#define DISPLAY_STEP_S 0.2

static void
map_uris(LV2_URID_Map* map, Uris* uris)
{
  const struct {
    LV2_URID* to;
    const char* uri;
  } table[] = {
    {&uris->atom_float, LV2_ATOM__Float},
    {&uris->atom_int, LV2_ATOM__Int},
    {&uris->atom_path, LV2_ATOM__Path},
    {&uris->atom_string, LV2_ATOM__String},
    {&uris->atom_object, LV2_ATOM__Object},
    {&uris->atom_blank, LV2_ATOM__Blank},
    {&uris->atom_resource, LV2_ATOM__Resource},
    {&uris->atom_sequence, LV2_ATOM__Sequence},
    {&uris->atom_urid, LV2_ATOM__URID},
    {&uris->atom_vector, LV2_ATOM__Vector},
    {&uris->patch_get, LV2_PATCH__Get},
    {&uris->patch_set, LV2_PATCH__Set},
    {&uris->patch_property, LV2_PATCH__property},
    {&uris->patch_value, LV2_PATCH__value},
    {&uris->profile, FULLHOUSE_PROFILE_URI},
    {&uris->trim, FULLHOUSE_TRIM_URI},
    {&uris->watch, FULLHOUSE_WATCH_URI},
    {&uris->view, FULLHOUSE_VIEW_URI},
    {&uris->curves, FULLHOUSE_CURVES_URI},
    {&uris->facts, FULLHOUSE_FACTS_URI},
    {&uris->state, FULLHOUSE_STATE_URI},
    {&uris->verdict, FULLHOUSE_VERDICT_URI},
    {&uris->line, FULLHOUSE_LINE_URI},
    {&uris->message, FULLHOUSE_MESSAGE_URI},
    {&uris->history, FULLHOUSE_HISTORY_URI},
    {&uris->soundcheck, FULLHOUSE_SOUNDCHECK_URI},
    {&uris->soundcheck_text, FULLHOUSE_SOUNDCHECK_TEXT_URI},
  };
  for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); ++i) {
    *table[i].to = map->map(map->handle, table[i].uri);
  }
}

// As lv2_features_data(), but lv2file ends its list with an empty feature
void*
fh_plugin_feature(const LV2_Feature* const* features, const char* uri)
{
  for (size_t i = 0; features && features[i] && features[i]->URI; ++i) {
    if (!strcmp(features[i]->URI, uri)) {
      return features[i]->data;
    }
  }
  return NULL;
}

static void
cleanup(LV2_Handle instance)
{
  Plugin* const self = instance;
  fh_live_free(self->live);
  fh_plugin_render_free(self);
  pthread_mutex_destroy(&self->mutex);
  free(self);
}

static LV2_Handle
instantiate(const LV2_Descriptor* descriptor,
            double rate_hz,
            const char* bundle_path,
            const LV2_Feature* const* features)
{
  (void)descriptor;
  if (!fh_processor_fits()) {
    LV2_Log_Logger logger = {0};
    lv2_log_logger_set_map(&logger, fh_plugin_feature(features, LV2_URID__map));
    logger.log = fh_plugin_feature(features, LV2_LOG__log);
    lv2_log_error(&logger, "fullhouse: %s\n", FH_PROCESSOR_WORDS);
    return NULL;
  }
  Plugin* const self = calloc(1, sizeof(Plugin));
  if (!self) {
    return NULL;
  }
  pthread_mutex_init(&self->mutex, NULL);
  self->map = fh_plugin_feature(features, LV2_URID__map);
  self->logger.log = fh_plugin_feature(features, LV2_LOG__log);
  self->schedule = fh_plugin_feature(features, LV2_WORKER__schedule);
  self->display = fh_plugin_feature(features, LV2_INLINEDISPLAY__queue_draw);
  lv2_log_logger_set_map(&self->logger, self->map);
  if (!self->map) {
    lv2_log_error(&self->logger, "fullhouse: host lacks <%s>\n", LV2_URID__map);
    cleanup(self);
    return NULL;
  }
  map_uris(self->map, &self->uris);
  lv2_atom_forge_init(&self->forge, self->map);
  // Without the network the physics decides alone
  if (!fh_share_find(
        bundle_path, FH_SHELL_WEIGHTS, self->weights, sizeof(self->weights))) {
    self->weights[0] = '\0';
  }
  fh_history_init(&self->history);
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    self->port[i] = fh_port_info((FhPort)i)->initial;
  }
  self->rate_hz = rate_hz;
  const FhStatus status = fh_live_new(rate_hz, &self->live);
  if (status) {
    lv2_log_error(&self->logger,
                  "fullhouse: cannot run at %g Hz: %s\n",
                  rate_hz,
                  fh_strerror(status));
    cleanup(self);
    return NULL;
  }
  if (!self->schedule) {
    lv2_log_warning(&self->logger,
                    "fullhouse: this host has no worker: the equaliser works, "
                    "nothing is measured\n");
  }
  return self;
}

static void
connect_port(LV2_Handle instance, uint32_t port, void* data)
{
  Plugin* const self = instance;
  if (port < FH_PORT_COUNT) {
    self->ports[port] = data;
  }
}

static void
activate(LV2_Handle instance)
{
  Plugin* const self = instance;
  fh_live_reset(self->live);
  self->analysis_asked = false;
}

bool
fh_plugin_schedule(Plugin* self, JobKind kind, const void* body, size_t size)
{
  Packet packet;
  if (!self->schedule || size > sizeof(packet.of)) {
    return false;
  }
  packet.kind = kind;
  if (size) {
    memcpy(&packet.of, body, size);
  }
  return !self->schedule->schedule_work(
    self->schedule->handle, (uint32_t)(PACKET_HEAD + size), &packet);
}

static void
read_controls(Plugin* self)
{
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    if (fh_port_info((FhPort)i)->kind == FH_PORT_CONTROL_IN && self->ports[i]) {
      self->port[i] = *(const float*)self->ports[i];
    }
  }
}

static void
write_meters(Plugin* self, const FhLiveMeters* meters)
{
  fh_shell_output_ports(meters, self->port);
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    if (fh_port_info((FhPort)i)->kind == FH_PORT_CONTROL_OUT &&
        self->ports[i]) {
      *(float*)self->ports[i] = self->port[i];
    }
  }
}

static void
ask_worker(Plugin* self, uint32_t n_frames)
{
  self->asked_frames += n_frames;
  if (self->analysis_asked &&
      (double)self->asked_frames > ASK_AGAIN_S * self->rate_hz) {
    self->analysis_asked = false;
  }
  if (!self->analysis_asked && fh_live_has_work(self->live)) {
    self->analysis_asked = fh_plugin_schedule(self, JOB_ANALYSE, NULL, 0);
    self->asked_frames = 0;
  }
  // Without a worker nobody reads the log; take its lines all the same
  FhLiveMove move;
  while (fh_live_next_move(self->live, &move)) {
    (void)fh_plugin_schedule(self, JOB_LOG, &move, sizeof(move));
  }
}

static void
remember(Plugin* self, const FhLiveMeters* meters, uint32_t n_frames)
{
  self->history_due_s -= (float)((double)n_frames / self->rate_hz);
  if (self->history_due_s <= 0.0f && meters->has_profile &&
      meters->confidence > 0.0f) {
    fh_history_add(&self->history, meters->occupancy, meters->occupancy_sd);
    self->history_due_s = self->history.step_s;
  }
  if (!self->display) {
    return;
  }
  if (self->display_due_frames > n_frames) {
    self->display_due_frames -= n_frames;
    return;
  }
  self->display_due_frames = (uint32_t)(DISPLAY_STEP_S * self->rate_hz);
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    atomic_store_explicit(
      &self->shown_db[i], meters->eq_db[i], memory_order_relaxed);
  }
  atomic_store(&self->shown_alarm, (int)self->fact[FH_FACT_ALARM]);
  self->display->queue_draw(self->display->handle);
}

// Audio thread
static void
run(LV2_Handle instance, uint32_t n_frames)
{
  Plugin* const self = instance;
  read_controls(self);
  fh_plugin_receive(self);
  float trim_db[FH_N_EQ_BANDS];
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    trim_db[i] = atomic_load_explicit(&self->trim_db[i], memory_order_relaxed);
  }
  const FhLiveControls controls = fh_shell_controls(self->port, trim_db);
  const float* const in[2] = {self->ports[FH_PORT_IN_L],
                              self->ports[FH_PORT_IN_R]};
  const float* const mic[2] = {self->ports[FH_PORT_MIC_1],
                               self->ports[FH_PORT_MIC_2]};
  float* const out[2] = {self->ports[FH_PORT_OUT_L],
                         self->ports[FH_PORT_OUT_R]};
  fh_live_process(self->live, &controls, in, mic, out, n_frames);

  const FhLiveMeters* const meters = fh_live_meters(self->live);
  write_meters(self, meters);
  ask_worker(self, n_frames);
  fh_shell_curves(meters,
                  trim_db,
                  self->rate_hz,
                  self->schedule != NULL,
                  self->curve,
                  self->fact);
  remember(self, meters, n_frames);
  fh_plugin_notify(self, n_frames);
}

static const void*
extension_data(const char* uri)
{
  static const LV2_Worker_Interface worker = {
    fh_plugin_work, fh_plugin_work_response, NULL};
  static const LV2_State_Interface state = {fh_plugin_save, fh_plugin_restore};
  static const LV2_Inline_Display_Interface display = {fh_plugin_render};
  if (!strcmp(uri, LV2_WORKER__interface)) {
    return &worker;
  }
  if (!strcmp(uri, LV2_STATE__interface)) {
    return &state;
  }
  if (!strcmp(uri, LV2_INLINEDISPLAY__interface)) {
    return &display;
  }
  return NULL;
}

LV2_SYMBOL_EXPORT const LV2_Descriptor*
lv2_descriptor(uint32_t index)
{
  static const LV2_Descriptor descriptor = {FULLHOUSE_URI,
                                            instantiate,
                                            connect_port,
                                            activate,
                                            run,
                                            NULL,
                                            cleanup,
                                            extension_data};
  return index == 0 ? &descriptor : NULL;
}
