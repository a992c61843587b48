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

/**
   Score a model on the venues of a folder that are held out.

   @param model Null for the physics alone.
   @param[in,out] classes Added to; may be null.
   @param[out] all All classes together.
*/
FhStatus
fh_crowd_score_folder(const char* folder,
                      const FhCrowdModel* model,
                      uint64_t seed,
                      CrowdScore classes[CROWD_N_CLASSES],
                      CrowdScore* all);

#endif // FULLHOUSE_CLI_CROWD_H
