// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_PORTS_H
#define FULLHOUSE_PORTS_H

/*
  Port indices, symbols and ranges of the auto-EQ: all that the shells, the
  window and the tests share. ttl/ holds the same; a test compares them.
*/

#include <stdbool.h>

#define FULLHOUSE_URI         "urn:fullhouse:auto-eq"
#define FULLHOUSE_UI_URI      "urn:fullhouse:auto-eq#ui"
#define FULLHOUSE_PROFILE_URI "urn:fullhouse:profile"

/// Bands of the equaliser: third octaves, nominally 20 Hz to 20 kHz
#define FH_N_EQ_BANDS 31

/// Port indices; never renumber within a major version
typedef enum {
  FH_PORT_IN_L,
  FH_PORT_IN_R,
  FH_PORT_MIC_1,
  FH_PORT_MIC_2,
  FH_PORT_OUT_L,
  FH_PORT_OUT_R,
  FH_PORT_CONTROL,          ///< Atom in: patch:Set, patch:Get
  FH_PORT_NOTIFY,           ///< Atom out: curves and words for the window
  FH_PORT_ENABLED,          ///< lv2:enabled, 0 or 1
  FH_PORT_MODE,             ///< 0 off, 1 suggest, 2 auto
  FH_PORT_AMOUNT,           ///< 0 to 100 [%]
  FH_PORT_FREEZE,           ///< 0 or 1
  FH_PORT_LIMIT_DB,         ///< 0 to 6 [dB], 3
  FH_PORT_BOOST_RATIO,      ///< 0 to 1: boosts as a part of cuts, 0.5
  FH_PORT_SLEW_DB_PER_MIN,  ///< 0.05 to 3 [dB/min], 0.5
  FH_PORT_BASELINE,         ///< Trigger: capture the soundcheck
  FH_PORT_APPLY,            ///< Trigger: apply what is suggested
  FH_PORT_UNDO,             ///< Trigger: undo the last apply
  FH_PORT_PANIC,            ///< Trigger: ramp to the soundcheck EQ
  FH_PORT_TEMPERATURE_C,    ///< -10 to 50 [degrees Celsius], 20
  FH_PORT_HUMIDITY_PERCENT, ///< 0 to 100 [%], 50
  FH_PORT_ATTENDANCE,       ///< Persons expected, 0 to 200 000; 0 = unknown
  FH_PORT_MICS,             ///< Microphones in use, 1 or 2
  FH_PORT_LATENCY,          ///< Output, always 0 [frames]
  FH_PORT_OCCUPANCY,        ///< Output, 0 to 1.15
  FH_PORT_OCCUPANCY_SD,     ///< Output, 0 to 1
  FH_PORT_CONFIDENCE,       ///< Output, 0 to 1
  FH_PORT_COHERENCE,        ///< Output, 0 to 1
  FH_PORT_DELAY_MS,         ///< Output, 0 to 2000 [ms]
  FH_PORT_LEVEL_CHANGE_DB,  ///< Output, -24 to 24 [dB]
  FH_PORT_STATE,            ///< Output, an FhLiveState
  FH_PORT_EQ_FIRST,         ///< Output meters eq_20 ... eq_20000 [dB]
  FH_PORT_COUNT = FH_PORT_EQ_FIRST + FH_N_EQ_BANDS
} FhPort;

/// What a port carries, and which way
typedef enum {
  FH_PORT_AUDIO_IN,
  FH_PORT_AUDIO_OUT,
  FH_PORT_ATOM_IN,
  FH_PORT_ATOM_OUT,
  FH_PORT_CONTROL_IN,
  FH_PORT_CONTROL_OUT,
} FhPortKind;

/// What is known of a port; the same as in ttl/
typedef struct {
  const char* symbol; ///< Identifier, [a-z0-9_]
  const char* name;   ///< For people
  const char* unit;   ///< UTF-8, empty where there is none
  FhPortKind kind;    ///< Direction and type
  float minimum;      ///< Control ports only, as the next two
  float initial;      ///< Default value
  float maximum;      ///< Not below `minimum`
  bool is_trigger;    ///< Acts on the step from 0 to 1
} FhPortInfo;

/// Return the entry of `port`, null if out of range; static storage
const FhPortInfo*
fh_port_info(FhPort port);

/// Find a port by its symbol; false and `*port` left as it was if there is none
bool
fh_port_find(const char* symbol, FhPort* port);

#endif // FULLHOUSE_PORTS_H
