// SPDX-License-Identifier: GPL-3.0-or-later
#include <lv2/core/lv2.h>
#include <lv2/state/state.h>
#include <lv2/urid/urid.h>

#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
  A plugin that sins on purpose, to prove that the torture host sees it. The
  control `sin` chooses how; 0 is a good plugin.
*/

typedef struct {
  const float* in;
  float* out;
  const float* sin;
  float* latency;
  const float* enabled;
  float memory[64];
  unsigned at;
  unsigned saves;
  LV2_URID key;
  LV2_URID type;
  pthread_mutex_t mutex;
  void* held;
} Bad;

static LV2_Handle
instantiate(const LV2_Descriptor* descriptor,
            double rate_hz,
            const char* bundle_path,
            const LV2_Feature* const* features)
{
  (void)descriptor;
  (void)rate_hz;
  (void)bundle_path;
  Bad* const self = calloc(1, sizeof(Bad));
  for (size_t i = 0; self && features[i]; ++i) {
    if (!strcmp(features[i]->URI, LV2_URID__map)) {
      const LV2_URID_Map* const map = features[i]->data;
      self->key = map->map(map->handle, "urn:fullhouse:bad#saves");
      self->type = map->map(map->handle, "http://lv2plug.in/ns/ext/atom#Int");
    }
  }
  if (self) {
    pthread_mutex_init(&self->mutex, NULL);
  }
  return self;
}

static void
connect_port(LV2_Handle instance, uint32_t port, void* data)
{
  Bad* const self = instance;
  switch (port) {
  case 0:
    self->in = data;
    break;
  case 1:
    self->out = data;
    break;
  case 2:
    self->sin = data;
    break;
  case 3:
    self->latency = data;
    break;
  default:
    self->enabled = data;
    break;
  }
}

static void
sin_once(Bad* self, uint32_t n_frames)
{
  static const struct timespec moment = {0, 1};
  switch ((int)*self->sin) {
  case 1:
    self->held = malloc(16);
    break;
  case 2:
    free(self->held);
    self->held = NULL;
    break;
  case 3:
    pthread_mutex_lock(&self->mutex);
    pthread_mutex_unlock(&self->mutex);
    break;
  case 4:
    if (write(-1, "x", 1) == 1) {
      self->at = 0;
    }
    break;
  case 5:
    nanosleep(&moment, NULL);
    break;
  case 6:
    self->out[n_frames < 8192 ? 8192 : n_frames] = 0.0f;
    break;
  case 7:
    self->out[0] = NAN;
    break;
  case 9:
    fclose(fopen("/dev/null", "r"));
    break;
  default:
    break;
  }
}

static void
run(LV2_Handle instance, uint32_t n_frames)
{
  Bad* const self = instance;
  const int sin = (int)*self->sin;
  *self->latency = sin == 8 ? 64.0f : 0.0f;
  for (uint32_t i = 0; i < n_frames; ++i) {
    const float x = self->in[i];
    self->out[i] = sin == 8 ? self->memory[self->at % 64] : x;
    self->memory[self->at++ % 64] = x;
  }
  if (sin == 10) { // Depends on the block size
    self->out[n_frames - 1] *= 0.5f;
  }
  if (sin == 12 && *self->enabled < 0.5f) {
    self->out[0] *= 0.999f;
  }
  sin_once(self, n_frames);
}

static void
cleanup(LV2_Handle instance)
{
  Bad* const self = instance;
  pthread_mutex_destroy(&self->mutex);
  free(self);
}

static LV2_State_Status
save(LV2_Handle instance,
     LV2_State_Store_Function store,
     LV2_State_Handle handle,
     uint32_t flags,
     const LV2_Feature* const* features)
{
  (void)flags;
  (void)features;
  Bad* const self = instance;
  // Sin 11: what is saved grows with each save and restore
  const int32_t value =
    *self->sin > 10.5f && *self->sin < 11.5f ? (int32_t)++self->saves : 0;
  return store(handle,
               self->key,
               &value,
               sizeof(value),
               self->type,
               LV2_STATE_IS_POD | LV2_STATE_IS_PORTABLE);
}

static LV2_State_Status
restore(LV2_Handle instance,
        LV2_State_Retrieve_Function retrieve,
        LV2_State_Handle handle,
        uint32_t flags,
        const LV2_Feature* const* features)
{
  (void)flags;
  (void)features;
  Bad* const self = instance;
  size_t size = 0;
  uint32_t type = 0;
  uint32_t got_flags = 0;
  const void* const value =
    retrieve(handle, self->key, &size, &type, &got_flags);
  if (value && size == sizeof(int32_t)) {
    memcpy(&self->saves, value, sizeof(int32_t));
  }
  return LV2_STATE_SUCCESS;
}

static const void*
extension_data(const char* uri)
{
  static const LV2_State_Interface state = {save, restore};
  return strcmp(uri, LV2_STATE__interface) ? NULL : &state;
}

LV2_SYMBOL_EXPORT const LV2_Descriptor*
lv2_descriptor(uint32_t index)
{
  static const LV2_Descriptor descriptor = {"urn:fullhouse:bad",
                                            instantiate,
                                            connect_port,
                                            NULL,
                                            run,
                                            NULL,
                                            cleanup,
                                            extension_data};
  return index == 0 ? &descriptor : NULL;
}
