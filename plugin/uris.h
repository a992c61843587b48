// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_URIS_H
#define FULLHOUSE_URIS_H

#include "ports.h"

/*
  What plugin and window say to each other through the atom ports.

  To the plugin: patch:Set and patch:Get with property FULLHOUSE_PROFILE_URI
  (atom:Path) or FULLHOUSE_TRIM_URI (atom:Vector of 31 floats [dB]), and
  objects of type FULLHOUSE_WATCH_URI: a window is open (again at least each
  10 s; without it nothing but answers is sent).

  From the plugin: patch:Set of the same properties, and objects of type
  FULLHOUSE_VIEW_URI with some of the properties below.
*/

#define FULLHOUSE_TRIM_URI  FULLHOUSE_URI "#trim"
#define FULLHOUSE_WATCH_URI FULLHOUSE_URI "#Watch"
#define FULLHOUSE_VIEW_URI  FULLHOUSE_URI "#View"

#define FULLHOUSE_CURVES_URI  FULLHOUSE_URI "#curves"  ///< Vector of FhCurve
#define FULLHOUSE_FACTS_URI   FULLHOUSE_URI "#facts"   ///< Vector of FhFact
#define FULLHOUSE_STATE_URI   FULLHOUSE_URI "#state"   ///< String
#define FULLHOUSE_VERDICT_URI FULLHOUSE_URI "#verdict" ///< String
#define FULLHOUSE_LINE_URI    FULLHOUSE_URI "#line"    ///< String, one move
#define FULLHOUSE_MESSAGE_URI FULLHOUSE_URI "#message" ///< String
/// Vector: step [s], then pairs of occupancy and its standard deviation
#define FULLHOUSE_HISTORY_URI FULLHOUSE_URI "#history"

/// Keys of the state
#define FULLHOUSE_SOUNDCHECK_URI      FULLHOUSE_URI "#soundcheck"
#define FULLHOUSE_SOUNDCHECK_TEXT_URI FULLHOUSE_URI "#soundcheckText"

#endif // FULLHOUSE_URIS_H
