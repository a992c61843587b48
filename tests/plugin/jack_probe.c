// SPDX-License-Identifier: GPL-3.0-or-later
#include <jack/jack.h>

#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
  Send noise to one port of JACK, record another, and say what came of it:

    jack_probe TO FROM SECONDS

  It runs in freewheel, so that nothing is lost however busy the machine is,
  and prints frames=N lag=N rms_in=X rms_out=X difference=X speed=X, where lag
  has the largest correlation and difference is the largest one at that lag.
  Two clients, one at each end, make a chain and no loop: through a client
  without latency the lag is 0.
  Exits 1 when there is no server, no such port, or no sound within a minute.
*/

#define MAX_LAG 8192

// Periods to let pass in freewheel before the noise: servers may still be
// putting their graph in order
#define SETTLE_PERIODS 100

typedef struct {
  jack_client_t* source;
  jack_client_t* sink;
  jack_port_t* to;
  jack_port_t* from;
  float* sent;
  float* got;
  size_t n_frames;
  atomic_uint start;    ///< Server's frame of the first sample of noise
  atomic_bool is_going; ///< `start` is set
  atomic_size_t n_got;
  unsigned n_periods;
  atomic_bool is_freewheeling;
} Probe;

static int
play(jack_nframes_t n, void* arg)
{
  Probe* const self = arg;
  float* const out = jack_port_get_buffer(self->to, n);
  memset(out, 0, n * sizeof(float));
  if (!atomic_load(&self->is_freewheeling) ||
      ++self->n_periods < SETTLE_PERIODS) {
    return 0;
  }
  const jack_nframes_t now = jack_last_frame_time(self->source);
  if (!atomic_load(&self->is_going)) {
    atomic_store(&self->start, now);
    atomic_store(&self->is_going, true);
  }
  const size_t at = (jack_nframes_t)(now - atomic_load(&self->start));
  if (at < self->n_frames) {
    const size_t left = self->n_frames - at;
    memcpy(out, self->sent + at, (left < n ? left : n) * sizeof(float));
  }
  return 0;
}

static int
record(jack_nframes_t n, void* arg)
{
  Probe* const self = arg;
  const float* const in = jack_port_get_buffer(self->from, n);
  if (!atomic_load(&self->is_going)) {
    return 0;
  }
  const jack_nframes_t now = jack_last_frame_time(self->sink);
  const size_t at = (jack_nframes_t)(now - atomic_load(&self->start));
  if (at < self->n_frames) {
    const size_t left = self->n_frames - at;
    memcpy(self->got + at, in, (left < n ? left : n) * sizeof(float));
  }
  // A frame before the start is a very large number here
  if (at < ((size_t)1 << 31)) {
    atomic_store(&self->n_got, at + n);
  }
  return 0;
}

static void
freewheel(int starting, void* arg)
{
  atomic_store(&((Probe*)arg)->is_freewheeling, starting != 0);
}

static void
rest(void)
{
  const struct timespec step = {0, 2000000};
  nanosleep(&step, NULL);
}

static double
now_s(void)
{
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double
rms(const float* x, size_t n)
{
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    sum += (double)x[i] * (double)x[i];
  }
  return sqrt(sum / (double)n);
}

static size_t
best_lag(const Probe* self)
{
  const size_t n =
    self->n_frames - MAX_LAG < 24000 ? self->n_frames - MAX_LAG : 24000;
  size_t best = 0;
  double largest = -1.0;
  for (size_t lag = 0; lag < MAX_LAG; ++lag) {
    double sum = 0.0;
    for (size_t i = 0; i < n; ++i) {
      sum += (double)self->sent[i] * (double)self->got[i + lag];
    }
    if (fabs(sum) > largest) {
      largest = fabs(sum);
      best = lag;
    }
  }
  return best;
}

static void
report(const Probe* self, double elapsed_s, double rate_hz)
{
  const size_t lag = best_lag(self);
  double difference = 0.0;
  for (size_t i = 0; i + lag < self->n_frames; ++i) {
    difference = fmax(difference,
                      fabs((double)self->got[i + lag] - (double)self->sent[i]));
  }
  printf("frames=%zu lag=%zu rms_in=%.6f rms_out=%.6f difference=%.9f "
         "speed=%.1f\n",
         self->n_frames,
         lag,
         rms(self->sent, self->n_frames),
         rms(self->got, self->n_frames),
         difference,
         (double)self->n_frames / rate_hz / elapsed_s);
}

int
main(int argc, char** argv)
{
  if (argc != 4) {
    fprintf(stderr, "Usage: jack_probe TO FROM SECONDS\n");
    return 2;
  }
  static Probe self;
  self.source = jack_client_open("probe-source", JackNoStartServer, NULL);
  self.sink = jack_client_open("probe-sink", JackNoStartServer, NULL);
  if (!self.source || !self.sink) {
    return 1;
  }
  const double rate_hz = (double)jack_get_sample_rate(self.source);
  self.n_frames = (size_t)(strtod(argv[3], NULL) * rate_hz);
  self.sent = calloc(self.n_frames, sizeof(float));
  self.got = calloc(self.n_frames, sizeof(float));
  unsigned long random = 1;
  for (size_t i = 0; i < self.n_frames; ++i) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    self.sent[i] = 0.1f * ((float)(int)(random >> 33) / 1073741824.0f - 1.0f);
  }
  jack_set_process_callback(self.source, play, &self);
  jack_set_process_callback(self.sink, record, &self);
  jack_set_freewheel_callback(self.source, freewheel, &self);
  self.to = jack_port_register(
    self.source, "to", JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
  self.from = jack_port_register(
    self.sink, "from", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
  if (jack_activate(self.source) || jack_activate(self.sink) ||
      jack_connect(self.source, jack_port_name(self.to), argv[1]) ||
      jack_connect(self.sink, argv[2], jack_port_name(self.from))) {
    fprintf(stderr, "jack_probe: cannot connect %s and %s\n", argv[1], argv[2]);
    return 1;
  }
  jack_set_freewheel(self.source, 1);
  const double start_s = now_s();
  double go_s = 0.0;
  while (atomic_load(&self.n_got) < self.n_frames && now_s() < start_s + 60.0) {
    if (go_s == 0.0 && atomic_load(&self.is_going)) {
      go_s = now_s();
    }
    rest();
  }
  const double elapsed_s = now_s() - go_s;
  jack_set_freewheel(self.source, 0);
  const bool is_done = atomic_load(&self.n_got) >= self.n_frames;
  if (is_done) {
    report(&self, elapsed_s, rate_hz);
  } else {
    fprintf(stderr, "jack_probe: no sound within a minute\n");
  }
  jack_client_close(self.sink);
  jack_client_close(self.source);
  free(self.sent);
  free(self.got);
  return is_done ? 0 : 1;
}
