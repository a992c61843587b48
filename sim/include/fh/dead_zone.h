// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_DEAD_ZONE_H
#define FH_DEAD_ZONE_H

#include <fh/result.h>

/// What keeps the sound from a zone
typedef enum {
  FH_CAUSE_NONE,
  FH_CAUSE_BLOCKED,      ///< No loudspeaker is in sight
  FH_CAUSE_OFF_AXIS,     ///< In sight, but outside of every beam
  FH_CAUSE_DISTANCE,     ///< Farther away than the rest of the area
  FH_CAUSE_INTERFERENCE, ///< Two emitters cancel
  FH_CAUSE_REVERBERATION,
  FH_CAUSE_ECHO,
  FH_CAUSE_NOISE ///< The venue's own noise
} FhDeadCause;

/// Words of a cause as in files, e.g. "blocked line of sight"; "" for none
const char*
fh_dead_cause_word(FhDeadCause cause);

/// Seats that make a zone though none is dead for certain
#define FH_ZONE_LEAST 3

/// Proofs of a zone at most
#define FH_ZONE_PROOFS 4

/// What a proof looks at
typedef enum {
  FH_PROOF_LEVEL, ///< 250 Hz to 4 kHz, or 2 to 8 kHz of a muffled zone [dB]
  FH_PROOF_EARLY, ///< Level of the first 50 ms in the third that is cancelled
                  ///< deepest [dB]
  FH_PROOF_STI,
  FH_PROOF_ECHO ///< Echo criterion: from #FH_ECHO_DISTURBS on, speech suffers
} FhProofQuantity;

/// Words of a quantity, e.g. "echo criterion"
const char*
fh_proof_word(FhProofQuantity quantity);

/// The zone without one suspect: how much better it would be
typedef struct {
  char what[112]; ///< E.g. "without BalconyFront"
  FhProofQuantity quantity;
  double before, after; ///< Means over the zone's seats
  double change;        ///< The same, after less before
  double change_se;     ///< Its standard error; 0 where nothing was sampled
  bool traced;          ///< With reflections traced again; else the direct
                        ///< sound changes and reflections stay as they are
  FhDeadCause blames;   ///< The cause that it speaks for
  double worth;         ///< The change in units that compare, about decibels
} FhCounterfactual;

/// A proof in words, e.g. "without BalconyFront: +9.1 ± 0.2 dB"
void
fh_proof_words(const FhCounterfactual* proof, char out[256]);

/// Dead seats that lie together
typedef struct {
  uint32_t area;   ///< Index into FhVenue.audience
  uint8_t reasons; ///< FhDeadReason bits of any of its seats
  size_t n_seats;
  uint32_t* seats; ///< [n_seats] indices into FhScene.seats; owned
  double area_m2;
  double depth_db; ///< Deepest of quiet, muffled, cancelled; NaN for none
  double lowest_sti;
  double worst_echo; ///< Highest echo criterion
  float centre[3];   ///< Of the seats, scene coordinates [m]
  FhDeadCause cause;
  bool proved;     ///< Suspects were taken away one by one
  size_t n_proofs; ///< Of those that made a difference
  FhCounterfactual proof[FH_ZONE_PROOFS]; ///< Greatest worth first: that of
                                          ///< `cause`
  char because[384]; ///< The cause in a sentence, with names and the number
                     ///< that proves it, or that it is not proved
  char remedy[256];  ///< What would help; may be empty
} FhDeadZone;

typedef struct {
  size_t n;
  FhDeadZone* zone;  ///< [n] largest first; owned
  size_t n_dead;     ///< Seats in all zones
  uint32_t* zone_of; ///< [n_seats] zone, or UINT32_MAX; owned
} FhDeadZones;

/**
   Group dead seats into zones and name their causes.

   Seats of one area are neighbours within 1.8 times its spacing. A zone has a
   seat that is dead for certain, or FH_ZONE_LEAST seats together, which chance
   does not bring to the same place; lesser ones are dropped, and their seats
   are no longer dead.

   @param sources For distances; may be null.
   @param direct Direct field at the seats, for lines of sight; may be null.
   @param[in,out] seats Judged; `dead` of what was dropped is cleared.
   @param[out] out Owned by the caller, fh_dead_zones_clear().
*/
FhStatus
fh_dead_zones(const FhVenue* venue,
              const FhScene* scene,
              const FhSources* sources,
              const FhDirectField* direct,
              FhSeatMetrics* seats,
              FhDeadZones* out);

/// Free what the zones own and zero them
void
fh_dead_zones_clear(FhDeadZones* zones);

#endif // FH_DEAD_ZONE_H
