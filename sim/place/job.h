// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_PLACE_JOB_H
#define FH_PLACE_JOB_H

#include "search.h"

/// Units added at most
#define MAX_UNITS 16

/// One job
typedef struct {
  const FhVenue* venue;
  const FhPlaceDesc* desc;
  FhDiag* diag;
  Watch watch;
  Evaluator* evaluator;
  size_t n_stock;
  const FhStock* stock; ///< Null: enough of each
  FhVenue start;  ///< A view: the venue's system with what there is; owned
  size_t n_units; ///< Added so far
  Unit unit[MAX_UNITS];
  FhPlace* out;
} Job;

/// A box more, or another model, has to be worth this much of the goals' units
#define COST_OF_BOX 0.02
/// Candidates for a unit that is added, or for another model in a place
#define UNIT_CANDIDATES 150

// --- limits -----------------------------------------------------------------

/// Say why a group's rule cannot be met
void
job_complain(const Job* job, const Group* group, const char* text);

/**
   Enter a space.

   @return #FH_ERR_INVALID_DATA with a finding that says which rule hangs
   everything in walls.
*/
FhStatus
job_enter(const Job* job, const Space* space);

/// Most that a point of a rule carries [kg]; 0 for no limit
double
job_mass_limit_kg(const Job* job, const FhPlacementRule* rule);

/**
   Keep gains within what loudspeakers can do, angles within what rigging
   allows, and masses within limits.

   @return #FH_ERR_INVALID_DATA with a finding for each rule that cannot be met.
*/
FhStatus
job_apply_limits(const Job* job, Space* space);

// --- stock ------------------------------------------------------------------

/// Boxes of a model that a system has playing
size_t
stock_used(const FhVenue* view, const char* model);

/// Whether the stock holds a system and `more` boxes of a model
bool
job_in_stock(const Job* job,
             const FhVenue* view,
             const char* model,
             size_t more);

/**
   Make `start`: hang other models where the stock lacks those of the venue or
   they are too heavy, and leave at home what is lacking then, which is noted.

   @return #FH_ERR_INVALID_DATA with a finding when nothing is left to play.
*/
FhStatus
job_fit_stock(Job* job);

/// Note boxes to hire in
FhStatus
job_note_lack(Job* job, const char* model, size_t count, const char* why);

// --- models -----------------------------------------------------------------

/**
   Say which models of rules cannot hang where the rules want them.

   @return #FH_ERR_INVALID_DATA with a finding for each.
*/
FhStatus
job_check_models(const Job* job);

/**
   Hang the first of a rule's models in the places of a group that the stock has
   and the points carry.

   @param view Changed when there is one.
   @return Whether there was.
*/
bool
job_hang_other(const Job* job, const FhPlacementRule* rule, FhVenue* view);

/// Candidates that job_choose_models() looks at, at most
uint64_t
job_count_models(const Space* space);

/**
   Try the models of each group's rule in its places.

   @param space,best Become those with the best models.
   @param changed True where another model was better.
*/
FhStatus
job_choose_models(Job* job, Space* space, Best* best, bool* changed);

// --- stages -----------------------------------------------------------------

/// Candidates that may still be looked at, of `n`
uint64_t
job_share(const Job* job, uint64_t n);

/// Search from the system as it is to the best with each number of units
FhStatus
job_search(Job* job);

#endif // FH_PLACE_JOB_H
