// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases.h"

#include <math.h>
#include <stdlib.h>

// What any plugin must stand: nothing here asks for more than LV2 does

static const uint32_t block_sizes[] = {1, 7, 16, 64, 1000, 8192, 0};
#define N_BLOCK_SIZES (sizeof(block_sizes) / sizeof(block_sizes[0]))

// One instance, one feed, some frames
static bool
run_simply(Torture* torture,
           const HostConfig* config,
           SignalKind kind,
           uint64_t n_frames,
           uint32_t block)
{
  Host* const host = torture_host(torture, config);
  if (!host) {
    return false;
  }
  Feed* const feed = malloc(sizeof(Feed));
  feed_init(feed, kind, config->rate_hz);
  const bool is_good =
    torture_run(torture, host, feed, n_frames, block, config->max_frames, NULL);
  free(feed);
  host_free(host);
  return is_good;
}

bool
case_blocks(Torture* torture)
{
  const HostConfig config = host_config_default();
  for (size_t i = 0; i < N_BLOCK_SIZES; ++i) {
    const uint64_t n_frames = block_sizes[i] == 1 ? 12000 : 72000;
    if (!run_simply(torture, &config, SIGNAL_NOISE, n_frames, block_sizes[i])) {
      return false;
    }
  }
  return true;
}

bool
case_rates(Torture* torture)
{
  static const double rates_hz[] = {44100, 48000, 88200, 96000, 176400, 192000};
  for (size_t i = 0; i < sizeof(rates_hz) / sizeof(rates_hz[0]); ++i) {
    HostConfig config = host_config_default();
    config.rate_hz = rates_hz[i];
    if (!run_simply(
          torture, &config, SIGNAL_NOISE, (uint64_t)(0.5 * rates_hz[i]), 256)) {
      return false;
    }
  }
  return true;
}

bool
case_in_place(Torture* torture)
{
  HostConfig config = host_config_default();
  config.in_place = true;
  return run_simply(torture, &config, SIGNAL_NOISE, 96000, 64) &&
         run_simply(torture, &config, SIGNAL_NOISE, 96000, 0);
}

bool
case_activate(Torture* torture)
{
  const HostConfig config = host_config_default();
  Host* const host = torture_host(torture, &config);
  if (!host) {
    return false;
  }
  Feed* const feed = malloc(sizeof(Feed));
  feed_init(feed, SIGNAL_NOISE, config.rate_hz);
  bool is_good = true;
  for (int i = 0; is_good && i < 20; ++i) {
    host_restart(host);
    is_good =
      torture_run(torture, host, feed, (uint64_t)(1000 * i), 128, 8192, NULL);
  }
  free(feed);
  host_free(host);
  return is_good;
}

bool
case_signals(Torture* torture)
{
  static const SignalKind kinds[] = {SIGNAL_SILENCE,
                                     SIGNAL_DENORMAL,
                                     SIGNAL_DC,
                                     SIGNAL_FULL_SCALE,
                                     SIGNAL_IMPULSE};
  const HostConfig config = host_config_default();
  for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); ++i) {
    if (!run_simply(torture, &config, kinds[i], 96000, 256)) {
      return false;
    }
  }
  return true;
}

// A value for a control: mostly in range, at times beyond, at times no number
static float
wild(uint64_t* random, float lo, float hi)
{
  const double choice = signal_random(random);
  if (choice < 0.02) {
    return NAN;
  }
  if (choice < 0.04) {
    return signal_random(random) < 0.5 ? -INFINITY : INFINITY;
  }
  if (choice < 0.08) {
    return hi + 1e6f;
  }
  if (choice < 0.3) {
    return signal_random(random) < 0.5 ? lo : hi;
  }
  return lo + (hi - lo) * (float)signal_random(random);
}

bool
case_controls(Torture* torture)
{
  const HostConfig config = host_config_default();
  Host* const host = torture_host(torture, &config);
  if (!host) {
    return false;
  }
  Feed* const feed = malloc(sizeof(Feed));
  feed_init(feed, SIGNAL_NOISE, config.rate_hz);
  uint64_t random = 5;
  bool is_good = true;
  for (int i = 0; is_good && i < 1500; ++i) {
    bool is_input = false;
    float lo = 0.0f;
    float hi = 0.0f;
    float* port = NULL;
    for (unsigned k = 0;
         (port = host_nth_control(host, k, &is_input, &lo, &hi));
         ++k) {
      if (is_input && signal_random(&random) < 0.2) {
        *port = wild(&random, lo, hi);
      }
    }
    is_good = torture_run(torture, host, feed, 128, 0, 128, NULL);
    for (unsigned k = 0;
         is_good && (port = host_nth_control(host, k, &is_input, &lo, &hi));
         ++k) {
      if (!is_input && !isfinite(*port)) {
        is_good = torture_fail(torture, "output control %u is no number", k);
      }
    }
  }
  free(feed);
  host_free(host);
  return is_good;
}

bool
case_unconnected(Torture* torture)
{
  HostConfig config = host_config_default();
  config.no_sidechain = true;
  bool is_good = run_simply(torture, &config, SIGNAL_NOISE, 48000, 64);
  config.no_atoms = true;
  is_good = is_good && run_simply(torture, &config, SIGNAL_NOISE, 48000, 64);
  config.no_optional = true;
  return is_good && run_simply(torture, &config, SIGNAL_NOISE, 48000, 64);
}

static bool
with_worker(Torture* torture, WorkerKind worker)
{
  HostConfig config = host_config_default();
  config.worker = worker;
  return run_simply(torture, &config, SIGNAL_NOISE, 240000, 256);
}

bool
case_worker_prompt(Torture* torture)
{
  return with_worker(torture, WORKER_PROMPT);
}

bool
case_worker_late(Torture* torture)
{
  return with_worker(torture, WORKER_LATE);
}

bool
case_worker_twice(Torture* torture)
{
  return with_worker(torture, WORKER_TWICE);
}

bool
case_worker_never(Torture* torture)
{
  return with_worker(torture, WORKER_NEVER);
}

bool
case_worker_refuses(Torture* torture)
{
  return with_worker(torture, WORKER_REFUSES);
}

bool
case_worker_absent(Torture* torture)
{
  return with_worker(torture, WORKER_ABSENT);
}

bool
case_worker_thread(Torture* torture)
{
  return with_worker(torture, WORKER_THREAD);
}
