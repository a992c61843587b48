// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CROWD_MODEL_H
#define FULLHOUSE_CROWD_MODEL_H

#include "crowd_internal.h"

/// A zeroed model for the trainer to fill; null when out of memory
FhCrowdModel*
crowd_model_new(void);

/// A copy, owned by the caller; null when out of memory
FhCrowdModel*
crowd_model_copy(const FhCrowdModel* model);

/**
   The bytes of the file of a model.

   @param texts [n_texts] keys and values of the metadata: recipe, data, scores.
   @param[out] bytes Owned by the caller (free()).
*/
FhStatus
crowd_model_serialise(const FhCrowdModel* model,
                      const char* const (*texts)[2],
                      size_t n_texts,
                      void** bytes,
                      size_t* size);

#endif // FULLHOUSE_CROWD_MODEL_H
