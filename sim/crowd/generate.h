// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CROWD_GENERATE_H
#define FULLHOUSE_CROWD_GENERATE_H

#include <fh/venue.h>

/*
  Random but plausible venues, from which the crowd model learns.
*/

/// Classes of venues; their order is part of the examples' file
typedef enum {
  CROWD_CLUB,
  CROWD_THEATRE,
  CROWD_CONCERT_HALL,
  CROWD_SHED,
  CROWD_ARENA,
  CROWD_OPEN_AIR
} CrowdClass;

/// Name of a class as printed: "club" ... "open air"
const char*
crowd_class_name(CrowdClass klass);

/// A stream of random numbers
typedef struct {
  uint64_t state;
} CrowdRandom;

/// A stream of its own for each use of each venue
CrowdRandom
crowd_random(uint64_t seed, uint64_t venue, uint64_t purpose);

/// Uniform in [low, high)
double
crowd_uniform(CrowdRandom* random, double low, double high);

/// Normal with mean 0 and standard deviation 1
double
crowd_normal(CrowdRandom* random);

/// Smooth random curve over the octaves, standard deviation 1 in each
void
crowd_smooth_curve(CrowdRandom* random, double out[FH_N_OCTAVES]);

/**
   Draw a venue of a class.

   Volume, proportions, rake, balconies, materials, seats, loudspeakers and the
   place of the microphone are random; the same numbers give the same venue.
   The one microphone is at the mixing desk.

   @param[out] out Venue, owned by the caller (fh_venue_clear()).
*/
FhStatus
crowd_generate(CrowdClass klass, uint64_t seed, uint64_t index, FhVenue* out);

#endif // FULLHOUSE_CROWD_GENERATE_H
