// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CLI_CROWD_H
#define FULLHOUSE_CLI_CROWD_H

#include "cli.h"
#include "crowd/evaluate.h"

/// `fullhouse crowd examples`
extern const FhCommand fh_crowd_examples_command;

/// `fullhouse crowd train`
extern const FhCommand fh_crowd_train_command;

/// `fullhouse crowd evaluate`
extern const FhCommand fh_crowd_evaluate_command;

/// The venues that are scored
typedef struct {
  uint32_t n_folds; ///< 0: those held out
  uint32_t fold;    ///< Else this part of a cross-validation
} FhCrowdScored;

/**
   Score a model on some venues of a folder.

   @param scored Null for the venues held out.
   @param model Null for the physics alone.
   @param[in,out] classes Added to; may be null.
   @param[out] all All classes together.
*/
FhStatus
fh_crowd_score_folder(const char* folder,
                      const FhCrowdScored* scored,
                      const FhCrowdModel* model,
                      uint64_t seed,
                      CrowdScore classes[CROWD_N_CLASSES],
                      CrowdScore* all);

/**
   Train on all but one part of the venues in turn, score each on that part, and
   print the scores: what choices of a recipe are made by. The venues held out
   take no part.

   @param rows Of all venues that are not held out; unchanged.
*/
FhStatus
fh_crowd_cross_validate(const char* folder,
                        const CrowdRows* rows,
                        const CrowdRecipe* recipe,
                        uint32_t n_folds,
                        FhProgress* progress);

/// Root mean square of a method's errors [dB]
double
fh_crowd_rms(const CrowdScore* score, CrowdMethod method);

/// The same without the octaves' mean
double
fh_crowd_tonal_rms(const CrowdScore* score, CrowdMethod method);

/// Mean absolute error of the occupancy, with or without a count
double
fh_crowd_occupancy_error(const CrowdScore* score, bool counted);

#endif // FULLHOUSE_CLI_CROWD_H
