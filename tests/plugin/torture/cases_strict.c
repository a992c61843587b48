// SPDX-License-Identifier: GPL-3.0-or-later
#include "cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What fullhouse promises beyond LV2

static bool
hash_of(Torture* torture,
        const HostConfig* config,
        uint32_t block,
        uint64_t n_frames,
        uint64_t hash[16])
{
  Host* const host = torture_host(torture, config);
  if (!host) {
    return false;
  }
  memset(hash, 0, 16 * sizeof(hash[0]));
  Feed* const feed = malloc(sizeof(Feed));
  feed_init(feed, SIGNAL_NOISE, config->rate_hz);
  const bool is_good =
    torture_run(torture, host, feed, n_frames, block, config->max_frames, hash);
  free(feed);
  host_free(host);
  return is_good;
}

bool
case_bits(Torture* torture)
{
  // With a prompt worker the reply comes within one block, so what the worker
  // decides is in time at any block size
  static const uint32_t blocks[] = {1, 7, 16, 64, 1000, 8192, 0};
  HostConfig config = host_config_default();
  uint64_t expected[16];
  uint64_t got[16];
  const uint64_t n_frames = 120000;
  if (!hash_of(torture, &config, 256, n_frames, expected)) {
    return false;
  }
  for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); ++i) {
    if (!hash_of(torture, &config, blocks[i], n_frames, got)) {
      return false;
    }
    if (memcmp(expected, got, sizeof(got)) != 0) {
      return torture_fail(
        torture, "other bits in blocks of %u than of 256", blocks[i]);
    }
  }
  config.in_place = true;
  if (!hash_of(torture, &config, 64, n_frames, got)) {
    return false;
  }
  return !memcmp(expected, got, sizeof(got)) ||
         torture_fail(torture, "other bits in place");
}

// Programme outputs equal the inputs for n_frames; false at the first
// difference
static bool
is_through(Torture* torture, Host* host, Feed* feed, uint64_t n_frames)
{
  for (uint64_t done = 0; done < n_frames; done += 64) {
    feed_fill(feed, host, 64);
    host_run(host, 64);
    ++torture->n_blocks;
    for (unsigned o = 0; o < 2; ++o) {
      if (memcmp(host_input(host, o),
                 host_output(host, o),
                 64 * sizeof(float)) != 0) {
        return false;
      }
    }
  }
  return true;
}

bool
case_bypass(Torture* torture)
{
  const HostConfig config = host_config_default();
  Host* const host = torture_host(torture, &config);
  if (!host || !host_control(host, "enabled")) {
    host_free(host);
    return torture_fail(torture, "no control `enabled`");
  }
  Feed* const feed = malloc(sizeof(Feed));
  feed_init(feed, SIGNAL_NOISE, config.rate_hz);
  bool is_good = torture_run(torture, host, feed, 48000, 64, 64, NULL);
  *host_control(host, "enabled") = 0.0f;
  is_good = is_good && torture_run(torture, host, feed, 4800, 64, 64, NULL);
  if (is_good && !is_through(torture, host, feed, 96000)) {
    is_good = torture_fail(torture, "bits differ 0.1 s after enabled = 0");
  }
  free(feed);
  host_free(host);
  return is_good;
}

bool
case_latency(Torture* torture)
{
  const HostConfig config = host_config_default();
  Host* const host = torture_host(torture, &config);
  if (!host) {
    return false;
  }
  Feed* const feed = malloc(sizeof(Feed));
  feed_init(feed, SIGNAL_NOISE, config.rate_hz);
  bool is_good = torture_run(torture, host, feed, 48000, 64, 64, NULL);
  // The lag of the largest correlation between programme in and out
  enum { N = 4096, MAX_LAG = 256 };
  feed_fill(feed, host, N);
  float in[N];
  memcpy(in, host_input(host, 0), sizeof(in));
  host_run(host, N);
  ++torture->n_blocks;
  int best_lag = -1;
  double best = 0.0;
  for (int lag = 0; lag < MAX_LAG; ++lag) {
    double sum = 0.0;
    for (int i = 0; i + lag < N; ++i) {
      sum += (double)in[i] * (double)host_output(host, 0)[i + lag];
    }
    if (fabs(sum) > best) {
      best = fabs(sum);
      best_lag = lag;
    }
  }
  if (is_good && (host_latency(host) != 0.0f || best_lag != 0)) {
    is_good = torture_fail(
      torture, "latency says %g, is %d", (double)host_latency(host), best_lag);
  }
  snprintf(torture->note,
           sizeof(torture->note),
           "says %g, measured %d frames",
           (double)host_latency(host),
           best_lag);
  free(feed);
  host_free(host);
  return is_good;
}

static double
level_of(Torture* torture, Host* host, Feed* feed, uint64_t n_frames)
{
  double sum = 0.0;
  for (uint64_t done = 0; done < n_frames; done += 256) {
    feed_fill(feed, host, 256);
    host_run(host, 256);
    ++torture->n_blocks;
    for (int k = 0; k < 256; ++k) {
      const double x = (double)host_output(host, 0)[k];
      sum += x * x;
    }
  }
  return 10.0 * log10(sum / (double)n_frames + 1e-30);
}

bool
case_recovery(Torture* torture)
{
  static const SignalKind kinds[] = {SIGNAL_NAN, SIGNAL_INF, SIGNAL_HUGE};
  const HostConfig config = host_config_default();
  Feed* const feed = malloc(sizeof(Feed));
  bool is_good = true;
  for (size_t i = 0; is_good && i < sizeof(kinds) / sizeof(kinds[0]); ++i) {
    Host* const host = torture_host(torture, &config);
    if (!host) {
      is_good = false;
      break;
    }
    feed_init(feed, SIGNAL_NOISE, config.rate_hz);
    level_of(torture, host, feed, 4800);
    const double before_db = level_of(torture, host, feed, 96000);
    feed_init(feed, kinds[i], config.rate_hz);
    is_good = torture_run(torture, host, feed, 24000, 256, 256, NULL);
    feed_init(feed, SIGNAL_NOISE, config.rate_hz);
    // The lowest band rings for 0.5 s per 60 dB
    level_of(torture, host, feed, 144000);
    const double after_db = level_of(torture, host, feed, 96000);
    // Levels of two stretches of 2 s of the same noise differ by less
    if (is_good && !(fabs(after_db - before_db) < 1.0)) {
      is_good = torture_fail(torture,
                             "signal %d leaves %.1f dB instead of %.1f",
                             (int)kinds[i],
                             after_db,
                             before_db);
    }
    host_free(host);
  }
  free(feed);
  return is_good;
}

bool
case_denormals(Torture* torture)
{
  const HostConfig config = host_config_default();
  Host* const host = torture_host(torture, &config);
  if (!host) {
    return false;
  }
  Feed* const feed = malloc(sizeof(Feed));
  feed_init(feed, SIGNAL_NOISE, config.rate_hz);
  bool is_good = torture_run(torture, host, feed, 9600, 64, 64, NULL);
  feed_init(feed, SIGNAL_SILENCE, config.rate_hz);
  unsigned n_bad = 0;
  for (int i = 0; is_good && i < 6000; ++i) { // 8 s of a decaying filter
    feed_fill(feed, host, 64);
    host_run(host, 64);
    ++torture->n_blocks;
    for (unsigned o = 0; o < host_n_outputs(host); ++o) {
      for (int k = 0; k < 64; ++k) {
        n_bad += fpclassify(host_output(host, o)[k]) == FP_SUBNORMAL ? 1U : 0U;
      }
    }
  }
  if (n_bad) {
    is_good = torture_fail(torture, "%u denormals", n_bad);
  }
  free(feed);
  host_free(host);
  return is_good;
}

// What may happen to a measurement microphone
static void
mistreat(Feed* feed, Host* host, int how)
{
  switch (how) {
  case 0: // As it should be
    feed->mic_gain = 0.5f;
    feed->delay_frames = 960;
    break;
  case 1: // Pulled out
    feed->mic_gain = 0.0f;
    break;
  case 2: // The programme itself
    feed->mic_gain = 1.0f;
    feed->delay_frames = 0;
    break;
  case 3: // Carried away
    feed->delay_frames = 9600;
    break;
  case 4: // Clipping
    feed->mic_gain = 100.0f;
    break;
  default: // A second one plugged in and out
    if (host_control(host, "mics")) {
      float* const mics = host_control(host, "mics");
      *mics = 3.0f - *mics;
    }
    break;
  }
}

bool
case_microphone(Torture* torture)
{
  const HostConfig config = host_config_default();
  Host* const host = torture_host(torture, &config);
  float* const mode = host ? host_control(host, "mode") : NULL;
  if (!mode) {
    host_free(host);
    return torture_fail(torture, "no control `mode`");
  }
  *mode = 2.0f;
  Feed* const feed = malloc(sizeof(Feed));
  feed_init(feed, SIGNAL_NOISE, config.rate_hz);
  bool is_good = true;
  for (int i = 0; is_good && i < 12; ++i) {
    mistreat(feed, host, i % 6);
    is_good = torture_run(torture, host, feed, 48000, 256, 256, NULL);
    // Whatever the microphone says, the programme stays within the limits
    bool is_input = false;
    float lo = 0.0f;
    float hi = 0.0f;
    const float* port = NULL;
    for (unsigned k = 0;
         is_good && (port = host_nth_control(host, k, &is_input, &lo, &hi));
         ++k) {
      if (!is_input && !(isfinite(*port) && *port >= lo && *port <= hi)) {
        is_good = torture_fail(
          torture, "output control %u = %g out of range", k, (double)*port);
      }
    }
  }
  free(feed);
  host_free(host);
  return is_good;
}
