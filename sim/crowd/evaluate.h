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
  double tonal_band2[FH_N_OCTAVES];
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

/// A frame that models are scored on, explained once for all of them
typedef struct {
  CrowdShow show;
  CrowdExplained explained;
  double capacity; ///< Persons when full
  CrowdClass klass;
  bool first;                ///< Of its venue
  float se_db[FH_N_OCTAVES]; ///< Standard errors of the truth there
} CrowdScoredFrame;

/// Frames of some venues; zero before the first, free with crowd_frames_clear()
typedef struct {
  CrowdScoredFrame* frame;
  size_t n;
} CrowdFrames;

/// Append the frames of all shows of an example that the plugin would use
FhStatus
crowd_frames_add(CrowdFrames* frames,
                 const CrowdExample* example,
                 uint64_t seed);

/// Free what they own and zero them
void
crowd_frames_clear(CrowdFrames* frames);

/**
   Score a model on frames.

   @param model Null for the physics alone.
   @param[in,out] classes Added to; may be null.
   @param[in,out] all Added to; all classes together.
*/
void
crowd_frames_score(const CrowdFrames* frames,
                   const FhCrowdModel* model,
                   CrowdScore classes[CROWD_N_CLASSES],
                   CrowdScore* all);

/// Add a score to another
void
crowd_score_add(CrowdScore* sum, const CrowdScore* score);

#endif // FULLHOUSE_CROWD_EVALUATE_H
