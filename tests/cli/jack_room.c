// SPDX-License-Identifier: GPL-3.0-or-later

/*
  A room for the tests: a JACK client that echoes `in` to `out` by three taps,
  and ends when its standard input does. Says "ready" once it is.
*/
#include <jack/jack.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_TAPS 3
#define MEMORY 4096

static const struct {
  size_t frames;
  float gain;
} taps[N_TAPS] = {{0, 0.5F}, {480, 0.25F}, {1500, -0.125F}};

static jack_port_t* in_port;
static jack_port_t* out_port;
static float memory[MEMORY];
static size_t at;

static int
process(jack_nframes_t n_frames, void* user)
{
  (void)user;
  const float* const in = (const float*)jack_port_get_buffer(in_port, n_frames);
  float* const out = (float*)jack_port_get_buffer(out_port, n_frames);
  for (jack_nframes_t i = 0; i < n_frames; ++i) {
    memory[at] = in[i];
    out[i] = 0.0F;
    for (size_t k = 0; k < N_TAPS; ++k) {
      out[i] += taps[k].gain * memory[(at + MEMORY - taps[k].frames) % MEMORY];
    }
    at = (at + 1) % MEMORY;
  }
  return 0;
}

int
main(void)
{
  jack_client_t* const client =
    jack_client_open("room", JackNoStartServer, NULL);
  if (!client) {
    return 1;
  }
  jack_set_process_callback(client, process, NULL);
  in_port = jack_port_register(
    client, "in", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
  out_port = jack_port_register(
    client, "out", JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
  if (!in_port || !out_port || jack_activate(client)) {
    jack_client_close(client);
    return 1;
  }
  puts("ready");
  fflush(stdout);
  while (getchar() != EOF) {
  }
  jack_client_close(client);
  return 0;
}
