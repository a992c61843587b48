// SPDX-License-Identifier: GPL-3.0-or-later
#include <lv2/core/lv2.h>

#include <stdint.h>
#include <stdlib.h>

/*
  A generator whose every sample says which one comes next, so that what a host
  renders can be checked bit by bit without knowing where it began: a 22-bit
  linear congruential generator whose whole state is in the sample.
*/

typedef struct {
  float* out[2];
  uint32_t state;
} Noise;

static LV2_Handle
instantiate(const LV2_Descriptor* descriptor,
            double rate_hz,
            const char* bundle_path,
            const LV2_Feature* const* features)
{
  (void)descriptor;
  (void)rate_hz;
  (void)bundle_path;
  (void)features;
  return calloc(1, sizeof(Noise));
}

static void
connect_port(LV2_Handle instance, uint32_t port, void* data)
{
  Noise* const self = instance;
  if (port < 2) {
    self->out[port] = data;
  }
}

static void
run(LV2_Handle instance, uint32_t n_frames)
{
  Noise* const self = instance;
  for (uint32_t i = 0; i < n_frames; ++i) {
    self->state = (self->state * 1664525U + 1013904223U) & 0x3fffffU;
    const float x = ((float)self->state - 2097152.0f) / 4194304.0f;
    self->out[0][i] = x;
    self->out[1][i] = -x;
  }
}

static void
cleanup(LV2_Handle instance)
{
  free(instance);
}

LV2_SYMBOL_EXPORT const LV2_Descriptor*
lv2_descriptor(uint32_t index)
{
  static const LV2_Descriptor descriptor = {"urn:fullhouse:test-noise",
                                            instantiate,
                                            connect_port,
                                            NULL,
                                            run,
                                            NULL,
                                            cleanup,
                                            NULL};
  return index == 0 ? &descriptor : NULL;
}
