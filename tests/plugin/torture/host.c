// SPDX-License-Identifier: GPL-3.0-or-later
#include "host_private.h"
#include "watch.h"

#include <lv2/atom/util.h>
#include <lv2/buf-size/buf-size.h>
#include <lv2/core/lv2.h>
#include <lv2/parameters/parameters.h>
#include <lv2/state/state.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE_URI "urn:fullhouse:torture:state"

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

  host->map = (LV2_URID_Map){NULL, host_map_uri};
  host->unmap = (LV2_URID_Unmap){NULL, host_unmap_uri};
  host->schedule = (LV2_Worker_Schedule){host, host_schedule_work};
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

Host*
host_new(LilvWorld* world, const LilvPlugin* plugin, const HostConfig* config)
{
  Host* const host = calloc(1, sizeof(Host));
  host->config = *config;
  host->world = world;
  host->plugin = plugin;
  pthread_mutex_init(&host->mutex, NULL);
  set_features(host);
  host_add_ports(host);
  host->instance =
    lilv_plugin_instantiate(plugin, config->rate_hz, host->features);
  if (!host->instance) {
    fprintf(stderr, "torture: the plugin cannot be instantiated\n");
    host_free(host);
    return NULL;
  }
  host->worker =
    lilv_instance_get_extension_data(host->instance, LV2_WORKER__interface);
  host_connect_ports(host);
  lilv_instance_activate(host->instance);
  host->active = true;
  if (host->worker && config->worker == WORKER_THREAD) {
    pthread_create(&host->thread, NULL, host_work_thread, host);
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
  host_clear_queues(host);
  host_free_ports(host);
  pthread_mutex_destroy(&host->mutex);
  free(host);
}

void
host_restart(Host* host)
{
  lilv_instance_deactivate(host->instance);
  lilv_instance_activate(host->instance);
}

void
host_run(Host* host, uint32_t n_frames)
{
  host_prepare_atoms(host);
  watch_begin();
  lilv_instance_run(host->instance, n_frames);
  watch_end();
  pthread_mutex_lock(&host->mutex);
  ++host->runs;
  pthread_mutex_unlock(&host->mutex);
  host_check_ports(host);
  if (host->worker) {
    host_deliver_replies(host);
    if (host->config.worker != WORKER_THREAD) {
      host_do_work(host);
    }
  }
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
