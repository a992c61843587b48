// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/live.h>

#include <stdlib.h>

/// A model with all that it rests on
typedef struct {
  FhLiveModel model; ///< First, so that a pointer to it is one to the whole
  FhProfile* profile;
  FhCrowdModel* weights;
  FhCrowd* crowd;
} VenueModel;

static bool
infer(void* const self,
      const FhCrowdObservation* const frame,
      FhCrowdEstimate* const out)
{
  return fh_crowd_infer(((VenueModel*)self)->crowd, frame, out);
}

static void
reset(void* const self)
{
  fh_crowd_reset(((VenueModel*)self)->crowd);
}

static double
distance(void* const self,
         const size_t mic,
         const FhAir* const air,
         const FhRoomSound* const measured)
{
  const FhProfile* const profile = ((VenueModel*)self)->profile;
  if (mic >= profile->n_mics) {
    return 0.0;
  }
  FhRoomSound expected;
  fh_profile_sound(profile, mic, air, &expected);
  return fh_room_distance(&expected, measured);
}

static void
free_venue_model(FhLiveModel* const model)
{
  VenueModel* const venue = (VenueModel*)model->self;
  fh_crowd_free(venue->crowd);
  fh_crowd_model_free(venue->weights);
  fh_profile_free(venue->profile);
  free(venue);
}

FhLiveModel*
fh_live_model_new(FhProfile* const profile, FhCrowdModel* const weights)
{
  VenueModel* const venue = (VenueModel*)calloc(1, sizeof(*venue));
  FhCrowd* const crowd = fh_crowd_new(profile, weights);
  if (!venue || !crowd) {
    free(venue);
    fh_crowd_free(crowd);
    return NULL;
  }
  venue->model.self = venue;
  venue->model.infer = infer;
  venue->model.reset = reset;
  venue->model.distance = distance;
  venue->model.free = free_venue_model;
  venue->profile = profile;
  venue->weights = weights;
  venue->crowd = crowd;
  return &venue->model;
}

const char*
fh_live_model_venue(const FhLiveModel* const model)
{
  return ((const VenueModel*)model->self)->profile->hash;
}
