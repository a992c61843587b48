// SPDX-License-Identifier: GPL-3.0-or-later
#include "../crowd_room.h"

#include <stdint.h>
#include <stdlib.h>

/*
  Any bytes as weights and as a profile: refused with a reason, or the estimate
  is a number in its range.
*/

static void
require(const int condition)
{
  if (!condition) {
    abort();
  }
}

static void
infer(const FhProfile* const profile, const FhCrowdModel* const model)
{
  const FhAir air = fh_air_default();
  double added[FH_N_OCTAVES];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    added[b] = 0.5 * room_crowd_m2[b];
  }
  FhCrowdObservation frame;
  room_observe(added, &air, &air, &frame);
  FhCrowd* const crowd = fh_crowd_new(profile, model);
  require(crowd != NULL);
  FhCrowdEstimate e;
  fh_crowd_infer(crowd, &frame, &e);
  require(e.occupancy >= 0.0f && e.occupancy <= 1.15f);
  require(e.learned >= 0.0f && e.learned <= 1.0f);
  if (model) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      require(isfinite(e.total_db[b]) && e.total_sd_db[b] >= 0.0f);
    }
  }
  fh_crowd_free(crowd);
}

int
LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t* const data, const size_t size)
{
  char reason[128] = "";
  FhCrowdModel* model = NULL;
  if (fh_crowd_model_parse(data, size, &model, reason)) {
    require(!model && reason[0]);
  } else {
    FhProfile* const room = room_profile();
    require(room != NULL);
    infer(room, model);
    fh_profile_free(room);
  }
  fh_crowd_model_free(model);
  FhProfile* profile = NULL;
  reason[0] = 0;
  if (fh_profile_parse(data, size, &profile, reason)) {
    require(!profile && reason[0]);
  } else {
    infer(profile, NULL);
  }
  fh_profile_free(profile);
  return 0;
}
