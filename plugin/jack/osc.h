// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_JACK_OSC_H
#define FULLHOUSE_JACK_OSC_H

#include "ports.h"
#include "view.h"

#include <fh/status.h>

#include <stdbool.h>

/*
  Remote control by OSC over UDP.

  In, all below /fullhouse; numbers may be sent as i, f, d, h, T or F:
    /enabled n         /freeze n          0 or 1
    /mode n|s          0 to 2, or off, suggest, auto
    /amount n          0 to 100 [%]
    /limit_db, /boost_ratio, /slew_db_per_min, /temperature_c,
    /humidity_percent, /attendance, /mics     as the ports of these names
    /apply /undo /panic /baseline   without argument, or with one over 0.5
    /trim i n          band 0 to 30, gain [dB]
    /profile s         path of a venue profile, empty for none
    /subscribe [i]     send to the sender from now on, at port i if given
    /unsubscribe [i]   no more
    /get               send everything to the sender, once

  Out to the subscribers at 5 Hz:
    /state i s         number and words
    /occupancy f f     0 to 1.15, standard deviation
    /confidence f      0 to 1
    /eq f...           31 gains [dB]
  and at a change, or after /get: every input by its name, so that faders
  follow; /line s for each move of the equaliser.
*/

typedef struct OscImpl Osc; ///< A socket and who listens

/// What arrives; the client of a tablet does nothing else
typedef struct {
  void (*set)(void* data, FhPort port, float value);
  void (*trim)(void* data, unsigned band, float db);
  void (*profile)(void* data, const char* path);
  void* data;
} OscCalls;

/**
   Open a socket.

   @param port UDP port, 0 for a free one.
   @param is_public False: only this machine can reach it.
   @return #FH_ERR_DEVICE if the port is taken.
*/
FhStatus
osc_new(unsigned port, bool is_public, const OscCalls* calls, Osc** out);

/// Close and free; null is allowed
void
osc_free(Osc* osc);

/// Port in use
unsigned
osc_port(const Osc* osc);

/// Descriptor to poll() for input
int
osc_descriptor(const Osc* osc);

/// Read all that has arrived
void
osc_receive(Osc* osc, const FhView* view);

/// Send to this address too; false if it makes no sense ("host:port")
bool
osc_subscribe(Osc* osc, const char* address);

/// Send the meters, and the inputs that have changed
void
osc_send(Osc* osc, const FhView* view);

/// Send a line of the log
void
osc_send_line(Osc* osc, const char* text);

#endif // FULLHOUSE_JACK_OSC_H
