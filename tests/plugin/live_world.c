// SPDX-License-Identifier: GPL-3.0-or-later
#include "live_world.h"

#include <fh/bands.h>

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_VOICES 27

static double
uniform(uint64_t* const seed)
{
  *seed = *seed * 6364136223846793005U + 1442695040888963407U;
  return (double)(*seed >> 33) / 1073741824.0 - 1.0;
}

static double
voice_hz(const size_t i)
{
  return 1000.0 * pow(2.0, ((double)i - 14.0) / 3.0);
}

/// Resonator of a third octave, excited by noise
typedef struct {
  double c, r2, y1, y2;
} Resonator;

static Resonator
resonator(const double hz)
{
  const double r = exp(-FH_PI * 0.23 * hz / WORLD_RATE_HZ);
  const Resonator it = {
    2.0 * r * cos(2.0 * FH_PI * hz / WORLD_RATE_HZ), r * r, 0.0, 0.0};
  return it;
}

static double
ring(Resonator* const it, const double x)
{
  const double y = it->c * it->y1 - it->r2 * it->y2 + x;
  it->y2 = it->y1;
  it->y1 = y;
  return y;
}

void
world_programme(float* const out,
                const size_t n,
                const uint32_t seed,
                const double duty)
{
  uint64_t s = seed;
  memset(out, 0, n * sizeof(float));
  float* const voice = (float*)malloc(n * sizeof(float));
  assert(voice);
  for (size_t v = 0; v < N_VOICES; ++v) {
    Resonator it = resonator(voice_hz(v));
    double level = 0.1;
    double to = 0.1;
    long left = 0;
    double sum = 0.0;
    for (size_t i = 0; i < n; ++i) {
      if (left-- <= 0) {
        // A note of 0.1 to 0.8 s, or a rest
        left = (long)((0.1 + 0.35 * (uniform(&s) + 1.0)) * WORLD_RATE_HZ);
        to = 0.5 * (uniform(&s) + 1.0) < duty
               ? pow(10.0, (6.0 * uniform(&s) - 3.0) / 20.0)
               : 0.03;
      }
      level += (to - level) * (to > level ? 0.004 : 0.0004);
      voice[i] = (float)(level * ring(&it, uniform(&s)));
      sum += (double)voice[i] * (double)voice[i];
    }
    const float gain = (float)sqrt(0.0025 / N_VOICES * (double)n / sum);
    for (size_t i = 0; i < n; ++i) {
      out[i] += gain * voice[i];
    }
  }
  free(voice);
}

void
world_noise(float* const out, const size_t n, const uint32_t seed)
{
  // Pink by three poles (Paul Kellet's economy filter)
  uint64_t s = (uint64_t)seed * 977U + 5U;
  double a = 0.0;
  double b = 0.0;
  double c = 0.0;
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    const double z = uniform(&s);
    a = 0.99765 * a + z * 0.0990460;
    b = 0.96300 * b + z * 0.2965164;
    c = 0.57000 * c + z * 1.0526913;
    const double y = a + b + c + z * 0.1848;
    out[i] = (float)y;
    sum += y * y;
  }
  const float gain = (float)sqrt((double)n / sum);
  for (size_t i = 0; i < n; ++i) {
    out[i] *= gain;
  }
}

void
world_response(const WorldRoom* const room, float* const out, const size_t n)
{
  memset(out, 0, n * sizeof(float));
  uint64_t s = (uint64_t)room->seed * 7919U + 1U;
  // A direct sound whose treble is turned down by a first-order shelf
  const double high = pow(10.0, room->direct_hi_db / 20.0);
  double low = 1.0;
  for (size_t i = 0; i < 200 && i < n; ++i) {
    const double pulse = i == 0 ? 1.0 : 0.0;
    // One pole at 900 Hz splits low from high
    low = i == 0 ? 0.111 : low * 0.889;
    out[i] += (float)(high * pulse + (1.0 - high) * low);
  }
  float* const tail = (float*)calloc(n, sizeof(float));
  assert(tail);
  for (size_t v = 0; v < N_VOICES; ++v) {
    const double hz = voice_hz(v);
    const double share = (double)v / (N_VOICES - 1);
    const double t = room->t_lo_s + (room->t_hi_s - room->t_lo_s) * share;
    const double db =
      room->tail_lo_db + (room->tail_hi_db - room->tail_lo_db) * share;
    const double fall = exp(-6.908 / (t * WORLD_RATE_HZ));
    Resonator it = resonator(hz);
    double envelope = 1.0;
    double sum = 0.0;
    for (size_t i = 240; i < n; ++i) {
      tail[i] = (float)(envelope * ring(&it, uniform(&s)));
      sum += (double)tail[i] * (double)tail[i];
      envelope *= fall;
    }
    // A unit impulse has this energy in a third octave
    const double unit = 0.2316 * hz * 2.0 / WORLD_RATE_HZ;
    const float gain = (float)sqrt(unit * pow(10.0, db / 10.0) / sum);
    for (size_t i = 240; i < n; ++i) {
      out[i] += gain * tail[i];
    }
  }
  free(tail);
  for (size_t i = 0; i < n; ++i) {
    out[i] *= (float)room->gain;
  }
}

double
world_third_db(const float* const response,
               const size_t n,
               const double centre_hz)
{
  const size_t n_fft = fh_fft_size(n);
  FhFftFloat* fft = NULL;
  float* const time = (float*)calloc(n_fft, sizeof(float));
  float complex* const x =
    (float complex*)malloc((n_fft / 2 + 1) * sizeof(float complex));
  const bool ok = time && x && !fh_fft_float_new(n_fft, &fft);
  assert(ok);
  (void)ok;
  memcpy(time, response, n * sizeof(float));
  fh_fft_float_forward(fft, time, x);
  const double edge = pow(10.0, 0.05);
  const double per_hz = (double)n_fft / WORLD_RATE_HZ;
  double sum = 0.0;
  double weight = 0.0;
  for (size_t i = (size_t)ceil(centre_hz / edge * per_hz);
       i < (size_t)ceil(centre_hz * edge * per_hz);
       ++i) {
    const double size = (double)cabsf(x[i]);
    sum += size * size / (double)i;
    weight += 1.0 / (double)i;
  }
  fh_fft_float_free(fft);
  free(time);
  free(x);
  return 10.0 * log10(sum / weight);
}

void
world_convolve(const float* const x,
               const size_t n,
               const float* const response,
               const size_t n_response,
               const size_t delay,
               float* const out)
{
  WorldStream stream;
  const bool ok = world_stream_init(&stream, n_response);
  assert(ok);
  (void)ok;
  world_stream_set(&stream, response, n_response);
  memset(out, 0, n * sizeof(float));
  float in[WORLD_BLOCK];
  float wet[WORLD_BLOCK];
  for (size_t at = 0; at + delay < n; at += WORLD_BLOCK) {
    for (size_t i = 0; i < WORLD_BLOCK; ++i) {
      in[i] = at + i < n ? x[at + i] : 0.0F;
    }
    world_stream_process(&stream, in, wet);
    for (size_t i = 0; i < WORLD_BLOCK && at + delay + i < n; ++i) {
      out[at + delay + i] = wet[i];
    }
  }
  world_stream_clear(&stream);
}

double
world_mean_square(const float* const x, const size_t n)
{
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    sum += (double)x[i] * (double)x[i];
  }
  return sum / (double)n;
}

bool
world_stream_init(WorldStream* const stream, const size_t n_response)
{
  memset(stream, 0, sizeof(*stream));
  stream->n_parts = (n_response + WORLD_BLOCK - 1) / WORLD_BLOCK;
  const size_t n = stream->n_parts * (WORLD_BLOCK + 1);
  stream->part = (float complex*)calloc(n, sizeof(float complex));
  stream->past = (float complex*)calloc(n, sizeof(float complex));
  stream->sum = (float complex*)calloc(WORLD_BLOCK + 1, sizeof(float complex));
  stream->time = (float*)calloc(2 * WORLD_BLOCK, sizeof(float));
  return stream->part && stream->past && stream->sum && stream->time &&
         !fh_fft_float_new(2 * WORLD_BLOCK, &stream->fft);
}

void
world_stream_clear(WorldStream* const stream)
{
  fh_fft_float_free(stream->fft);
  free(stream->part);
  free(stream->past);
  free(stream->sum);
  free(stream->time);
  memset(stream, 0, sizeof(*stream));
}

void
world_stream_set(WorldStream* const stream,
                 const float* const response,
                 const size_t n)
{
  for (size_t p = 0; p < stream->n_parts; ++p) {
    memset(stream->time, 0, 2 * WORLD_BLOCK * sizeof(float));
    for (size_t i = 0; i < WORLD_BLOCK && p * WORLD_BLOCK + i < n; ++i) {
      stream->time[i] = response[p * WORLD_BLOCK + i];
    }
    fh_fft_float_forward(
      stream->fft, stream->time, stream->part + p * (WORLD_BLOCK + 1));
  }
}

void
world_stream_process(WorldStream* const stream,
                     const float* const in,
                     float* const out)
{
  const size_t n_bins = WORLD_BLOCK + 1;
  memcpy(stream->time, stream->last, sizeof(stream->last));
  memcpy(stream->time + WORLD_BLOCK, in, WORLD_BLOCK * sizeof(float));
  memcpy(stream->last, in, sizeof(stream->last));
  stream->at = (stream->at + stream->n_parts - 1) % stream->n_parts;
  fh_fft_float_forward(
    stream->fft, stream->time, stream->past + stream->at * n_bins);
  float* const sum = (float*)stream->sum;
  memset(sum, 0, n_bins * sizeof(float complex));
  for (size_t p = 0; p < stream->n_parts; ++p) {
    const float* const x =
      (const float*)(stream->past +
                     (stream->at + p) % stream->n_parts * n_bins);
    const float* const h = (const float*)(stream->part + p * n_bins);
    for (size_t i = 0; i < 2 * n_bins; i += 2) {
      sum[i] += x[i] * h[i] - x[i + 1] * h[i + 1];
      sum[i + 1] += x[i] * h[i + 1] + x[i + 1] * h[i];
    }
  }
  fh_fft_float_inverse(stream->fft, stream->sum, stream->time);
  memcpy(out, stream->time + WORLD_BLOCK, WORLD_BLOCK * sizeof(float));
}
