// SPDX-License-Identifier: GPL-3.0-or-later
#include <jack/jack.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/*
  A client that passes in_l to out_l and does nothing else: jack_thru NAME.
  What a probe measures through it is JACK's own latency.
*/

static jack_port_t* in_port;
static jack_port_t* out_port;

static int
process(jack_nframes_t n, void* arg)
{
  (void)arg;
  memcpy(jack_port_get_buffer(out_port, n),
         jack_port_get_buffer(in_port, n),
         n * sizeof(float));
  return 0;
}

int
main(int argc, char** argv)
{
  jack_client_t* const jack =
    argc == 2 ? jack_client_open(argv[1], JackNoStartServer, NULL) : NULL;
  if (!jack) {
    return 1;
  }
  in_port = jack_port_register(
    jack, "in_l", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
  out_port = jack_port_register(
    jack, "out_l", JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
  jack_set_process_callback(jack, process, NULL);
  if (jack_activate(jack)) {
    return 1;
  }
  pause(); // Until a signal ends it
  jack_client_close(jack);
  return 0;
}
