// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_VENUE_KEYS_H
#define FULLHOUSE_VENUE_KEYS_H

#include "venue_input.h"
#include "venue_own.h"

#include <stddef.h>

/*
  The table of the venue file, which the files venue_keys*.c hold in parts.
  Reader, messages, --help-venue, the published JSON Schema and the writer all
  come from its rows.
*/

#define ROOM(type, member) sizeof(((type*)0)->member)
#define COUNT(array)       (sizeof(array) / sizeof((array)[0]))

// Coordinates: the largest festival sites measure a few kilometres
#define POSITION_MAX_M 20000.0

#define POINT_SCHEMA                                                           \
  "{\"type\": \"array\", \"items\": {\"type\": \"number\"}, \"minItems\": 3, " \
  "\"maxItems\": 3}"

/// Loudspeakers and arrays
extern const FhSection fh_system_section;

#endif // FULLHOUSE_VENUE_KEYS_H
