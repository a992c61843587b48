// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_PLACE_SEARCH_H
#define FH_PLACE_SEARCH_H

#include "place_private.h"

/// When to stop and whom to tell; shared by all searches of one job
typedef struct {
  FhProgressFn progress; ///< May be null
  FhPlaceBestFn best;    ///< May be null
  void* user;
  uint64_t seed;
  double until_s; ///< End of the search on the monotonic clock; 0 for never
  double stage_s; ///< End of this stage of it; 0 for never
  uint64_t n_done, n_expected; ///< Candidates, for the progress
  double told_cost;            ///< Of the best that was told
  bool interrupted, out_of_time;
} Watch;

/// Seconds on the monotonic clock
double
watch_now_s(void);

/// Ask whether to go on
bool
watch_goes_on(Watch* watch);

/// Whether there is time for another stage
static inline bool
watch_lives(const Watch* const watch)
{
  return !watch->interrupted && !watch->out_of_time;
}

/// The best known in a space
typedef struct {
  double x[MAX_VARIABLES];
  FhPlaceScore score;
} Best;

/**
   Judge the values in `best`, which become the best known.

   @param evaluator Has entered the space.
*/
FhStatus
search_begin(Evaluator* evaluator,
             const Space* space,
             Watch* watch,
             Best* best);

/// How to look
typedef enum {
  SEARCH_GLOBAL, ///< Controlled random search (Kaelo and Ali 2006)
  SEARCH_LOCAL   ///< Subplex (Rowan 1990), from the best known
} SearchKind;

/**
   Improve the best known.

   @param group Vary only this group's variables, or SIZE_MAX for all.
   @param step First steps of a local search, as a share of the ranges.
   @param n Candidates, at most.
   @return #FH_OK also when `watch` stopped it.
*/
FhStatus
search_run(Evaluator* evaluator,
           const Space* space,
           SearchKind kind,
           size_t group,
           double step,
           uint64_t n,
           Watch* watch,
           Best* best);

#endif // FH_PLACE_SEARCH_H
