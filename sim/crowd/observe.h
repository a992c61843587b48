// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CROWD_OBSERVE_H
#define FULLHOUSE_CROWD_OBSERVE_H

#include "example.h"
#include "train.h"

/*
  What the auto-EQ would measure in a traced house, and what is true there.

  The chain of measurement works on the bins of the echograms: the air of the
  hour, the fluctuation of a reverberant field from place to place, the error
  of a windowed transfer function in crowd noise, gain and drift of the
  microphone, sensors of weather, and a count of the people.
*/

/// Frames that are scored of each traced show, half of them with attendance;
/// how many are learned from is the recipe's
#define CROWD_N_DRAWS 4u

/// One frame and the truth about it
typedef struct {
  FhCrowdObservation frame;
  float total_db[FH_N_OCTAVES]; ///< True change of the mean level at the seats
  float early_db[FH_N_OCTAVES]; ///< The same of the first 50 ms
  float occupancy;              ///< True
} CrowdShow;

/**
   Measure a show.

   @param show 1 to CROWD_N_SHOWS.
   @param draw Which of many measurements of it; odd ones have an attendance.
*/
void
crowd_observe(const CrowdExample* example,
              size_t show,
              uint64_t seed,
              uint32_t draw,
              CrowdShow* out);

/// Field, fit and features of a frame, as the plugin makes them
typedef struct {
  CrowdField field;
  CrowdFit fit;
  float inputs[CROWD_N_INPUTS];
} CrowdExplained;

void
crowd_explain(const FhProfile* profile,
              const FhCrowdObservation* frame,
              CrowdExplained* out);

/**
   Append the rows of all shows of an example; frames that the plugin would not
   use are left out.

   @param n_draws Measurements of each show, half of them with attendance.
*/
FhStatus
crowd_rows_add(CrowdRows* rows,
               const CrowdExample* example,
               uint64_t seed,
               uint32_t n_draws);

/// FNV-1a hash of inputs, targets, venues and classes
uint64_t
crowd_rows_hash(const CrowdRows* rows);

/// Free what they own and zero them
void
crowd_rows_clear(CrowdRows* rows);

#endif // FULLHOUSE_CROWD_OBSERVE_H
