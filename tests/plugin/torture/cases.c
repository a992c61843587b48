// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const Case cases[] = {
  {"blocks",
   "blocks of 1, 7, 16, 64, 1000, 8192 and random frames",
   false,
   case_blocks},
  {"rates", "sample rates 44.1 to 192 kHz", false, case_rates},
  {"in-place", "outputs in the buffers of the inputs", false, case_in_place},
  {"activate",
   "deactivate and activate, again and again",
   false,
   case_activate},
  {"signals",
   "silence, denormals, DC, full scale, impulse",
   false,
   case_signals},
  {"controls",
   "controls at and beyond their ends, random, not a number",
   false,
   case_controls},
  {"unconnected", "optional ports left unconnected", false, case_unconnected},
  {"worker-prompt", "work done at once", false, case_worker_prompt},
  {"worker-late",
   "work and reply late by 200 runs each",
   false,
   case_worker_late},
  {"worker-twice",
   "each piece of work done two times",
   false,
   case_worker_twice},
  {"worker-never", "work taken and lost", false, case_worker_never},
  {"worker-refuses", "no room for work", false, case_worker_refuses},
  {"worker-absent", "a host without worker", false, case_worker_absent},
  {"worker-thread", "work in a thread of its own", false, case_worker_thread},
  {"notify",
   "room of 16 bytes to 64 kB for what the plugin says",
   false,
   case_notify},
  {"messages", "unknown, broken and oversized messages", false, case_messages},
  {"state", "save, restore elsewhere, save: the same text", false, case_state},
  {"bad-state", "restore from a state that is damaged", false, case_bad_state},
  {"show",
   "load a profile, capture, save, go on elsewhere (with -p)",
   true,
   case_show},
  {"display", "the picture in the mixer strip", false, case_display},
  {"not-finite",
   "NaN, infinity and +120 dBFS in, finite and healthy after",
   true,
   case_recovery},
  {"denormals", "no denormal comes out", true, case_denormals},
  {"bits", "the same bits at any block size, in place or not", true, case_bits},
  {"bypass", "enabled = 0 passes the bits", true, case_bypass},
  {"latency", "latency says 0 and is 0", true, case_latency},
  {"microphone",
   "pulled, swapped with programme, delayed, clipped",
   true,
   case_microphone},
};
const size_t n_cases = sizeof(cases) / sizeof(cases[0]);

bool
case_is_wanted(const Torture* torture, const Case* one)
{
  if (one->is_strict && !torture->strict) {
    return false;
  }
  for (unsigned i = 0; i < torture->n_only; ++i) {
    if (!strncmp(one->name, torture->only[i], strlen(torture->only[i]))) {
      return true;
    }
  }
  return !torture->n_only;
}

bool
torture_fail(Torture* torture, const char* format, ...)
{
  if (!torture->reason[0]) {
    va_list list;
    va_start(list, format);
    vsnprintf(torture->reason, sizeof(torture->reason), format, list);
    va_end(list);
  }
  return false;
}

Host*
torture_host(Torture* torture, const HostConfig* config)
{
  Host* const host = host_new(torture->world, torture->plugin, config);
  if (host) {
    torture_set(torture, host);
  } else {
    torture_fail(torture, "cannot be instantiated");
  }
  return host;
}

void
torture_set(const Torture* torture, Host* host)
{
  for (unsigned i = 0; i < torture->n_set; ++i) {
    char symbol[64] = "";
    float value = 0.0f;
    if (sscanf(torture->set[i], "%63[^=]=%f", symbol, &value) == 2 &&
        host_control(host, symbol)) {
      *host_control(host, symbol) = value;
    }
  }
}

void
feed_init(Feed* feed, SignalKind kind, double rate_hz)
{
  memset(feed, 0, sizeof(*feed));
  for (unsigned i = 0; i < 8; ++i) {
    signal_init(&feed->programme[i], kind, 11 + i, rate_hz);
    signal_init(&feed->mic[i], kind, 101 + i, rate_hz);
  }
  feed->mic_is_programme = kind == SIGNAL_NOISE;
  feed->delay_frames = (size_t)(0.02 * rate_hz);
  feed->mic_gain = 0.5f;
  feed->mic_noise = 0.1f;
  feed->random = 77;
}

void
feed_fill(Feed* feed, Host* host, uint32_t n_frames)
{
  unsigned n_programme = 0;
  unsigned n_mic = 0;
  const float* main_input[2] = {NULL, NULL};
  for (unsigned i = 0; i < host_n_inputs(host) && i < 8; ++i) {
    if (!host_input_is_side(host, i)) {
      float* const buffer = host_input(host, i);
      signal_make(&feed->programme[n_programme], buffer, n_frames);
      main_input[n_programme++ & 1U] = buffer;
    }
  }
  const size_t size = sizeof(feed->past) / sizeof(feed->past[0]);
  for (uint32_t k = 0; feed->mic_is_programme && k < n_frames; ++k) {
    feed->past[feed->past_at++ % size] =
      (main_input[0] ? main_input[0][k] : 0.0f) +
      (main_input[1] ? main_input[1][k] : 0.0f);
  }
  for (unsigned i = 0; i < host_n_inputs(host) && i < 8; ++i) {
    if (!host_input_is_side(host, i)) {
      continue;
    }
    float* const buffer = host_input(host, i);
    signal_make(&feed->mic[n_mic++], buffer, n_frames);
    for (uint32_t k = 0; feed->mic_is_programme && k < n_frames; ++k) {
      const size_t at = feed->past_at - n_frames + k - feed->delay_frames;
      const bool is_heard = feed->past_at >= n_frames - k + feed->delay_frames;
      buffer[k] = feed->mic_noise * buffer[k] +
                  (is_heard ? feed->mic_gain * feed->past[at % size] : 0.0f);
    }
  }
}

bool
torture_run(Torture* torture,
            Host* host,
            Feed* feed,
            uint64_t n_frames,
            uint32_t block,
            uint32_t max_frames,
            uint64_t* hash)
{
  uint64_t per_output[16];
  for (unsigned o = 0; o < 16; ++o) {
    per_output[o] = hash ? hash[o] : 0;
  }
  for (uint64_t done = 0; done < n_frames;) {
    uint32_t n =
      block ? block
            : 1 + (uint32_t)(signal_random(&feed->random) * (max_frames - 1));
    if (n > n_frames - done) {
      n = (uint32_t)(n_frames - done);
    }
    feed_fill(feed, host, n);
    host_run(host, n);
    ++torture->n_blocks;
    for (unsigned o = 0; o < host_n_outputs(host) && o < 16; ++o) {
      const float* const out = host_output(host, o);
      for (uint32_t k = 0; k < n; ++k) {
        uint32_t bits = 0;
        memcpy(&bits, &out[k], sizeof(bits));
        per_output[o] = (per_output[o] ^ bits) * 1099511628211U;
        if (!isfinite(out[k])) {
          return torture_fail(torture,
                              "output %u is not finite at frame %llu",
                              o,
                              (unsigned long long)(done + k));
        }
      }
    }
    done += n;
  }
  for (unsigned o = 0; hash && o < 16; ++o) {
    hash[o] = per_output[o];
  }
  return true;
}
