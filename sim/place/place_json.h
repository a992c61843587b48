// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_PLACE_JSON_H
#define FH_PLACE_JSON_H

#include "place_private.h"

#include <jansson.h>

/*
  What place.json and night.json have in common; null when memory runs out.
*/

json_t*
score_json(const FhPlaceScore* score);

json_t*
lack_json(const FhPlaceLack* lack);

/// The boxes of a system that play, by model
json_t*
boxes_json(const FhVenue* venue);

#endif // FH_PLACE_JSON_H
