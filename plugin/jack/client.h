// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_JACK_CLIENT_H
#define FULLHOUSE_JACK_CLIENT_H

#include "ports.h"
#include "view.h"

#include <fh/live.h>

#include <stdbool.h>
#include <stddef.h>

typedef struct ClientImpl Client; ///< The auto-EQ as a client of JACK

/**
   Open a client of the running JACK server; processes once started.

   @param name Name asked for; the server may change it.
   @param weights Path of the network's weights, null for the physics alone;
   borrowed, outlives the client.
   @param[out] reason Words about an error, 256 characters.
   @return #FH_ERR_DEVICE, #FH_ERR_NO_MEM, #FH_ERR_BAD_ARG for a sample rate
   that is not handled.
*/
FhStatus
client_new(const char* name, const char* weights, Client** out, char* reason);

/// Stop and free; null is allowed
void
client_free(Client* client);

/// Begin to process; #FH_ERR_DEVICE
FhStatus
client_start(Client* client);

/// Name as the server gave it
const char*
client_name(const Client* client);

double
client_rate_hz(const Client* client);

/// True once the server has gone or thrown the client out
bool
client_is_dead(const Client* client);

/**
   Connect one of the client's audio ports to another client's port.

   @param symbol Port of ours, e.g. "in_l".
   @return False when there is no such port.
*/
bool
client_connect(Client* client, const char* symbol, const char* other);

/// Connect inputs to capture_1 to 4 and outputs to playback_1 and 2
bool
client_connect_physical(Client* client);

/// Set an input control, clamped to its range; a trigger fires once
void
client_set(Client* client, FhPort port, float value);

/// Present value of a control, in or out
float
client_get(const Client* client, FhPort port);

/// The engineer's own equaliser, one band [dB]
void
client_set_trim(Client* client, unsigned band, float db);

/**
   Use a profile; an empty path means none. The one in use stays on error.

   @param[out] reason Words about an error, #FH_SHELL_REASON characters.
*/
FhStatus
client_load(Client* client, const char* path, char* reason);

/// Keep the soundcheck in this file: read now if it exists, written when new
FhStatus
client_keep_soundcheck(Client* client, const char* path, char* reason);

/**
   Bring a view up to date; to be called often from one thread.

   @param[out] move Called for each new line of the log.
   @return True when anything has changed.
*/
bool
client_update(Client* client,
              FhView* view,
              void (*line)(void* data, const char* text),
              void* data);

/// Times the server told of an xrun
unsigned
client_n_xruns(const Client* client);

/// True while the server runs faster than real time
bool
client_is_freewheeling(const Client* client);

#endif // FULLHOUSE_JACK_CLIENT_H
