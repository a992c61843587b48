// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CROWD_EVALUATE_H
#define FULLHOUSE_CROWD_EVALUATE_H

#include "observe.h"

/// Ways to tell the change of level at the seats
typedef enum {
  CROWD_NOTHING,
  CROWD_WEATHER,     ///< The air alone
  CROWD_RAW,         ///< What the microphone hears
  CROWD_RAW_HALF,    ///< Half of it
  CROWD_SIM_06,      ///< The simulator at an occupancy of 0.6
  CROWD_SIM_COUNT,   ///< At the attendance, frames with one only
  CROWD_SIM_TRUE,    ///< At the true occupancy
  CROWD_PHYSICS,     ///< The fit
  CROWD_MODEL,       ///< The fit and what is learned
  CROWD_MODEL_COUNT, ///< The same, frames with an attendance only
  CROWD_APPLIED      ///< The share of it that the equaliser believes
} CrowdMethod;

#define CROWD_N_METHODS 11u

const char*
crowd_method_name(CrowdMethod method);

/// Sums of a method over frames
typedef struct {
  double total2; ///< Mean square error over the octaves, summed [dB2]
  double tonal2; ///< The same less the mean of the octaves
  double band2[FH_N_OCTAVES];
  double n, n_worse, n_tonal_worse; ///< Worse than nothing by over 0.1 dB
} CrowdMethodSums;

/// Scores of a class; zero before the first example
typedef struct {
  CrowdMethodSums method[CROWD_N_METHODS];
  double occupancy_error[2];     ///< Sums of absolute errors, without and with
  double n_occupancy[2];         ///< an attendance
  double n_covered, n_intervals; ///< 90 % intervals of the levels
  double n_venues;
  double truth2[FH_N_OCTAVES]; ///< Squared standard errors of the truth [dB2]
} CrowdScore;

/// Add an example's frames to a score; `model` may be null for the physics
void
crowd_evaluate(const CrowdExample* example,
               const FhCrowdModel* model,
               uint64_t seed,
               CrowdScore* score);

/// Add a score to another
void
crowd_score_add(CrowdScore* sum, const CrowdScore* score);

#endif // FULLHOUSE_CROWD_EVALUATE_H
