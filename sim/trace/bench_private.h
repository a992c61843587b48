// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_BENCH_PRIVATE_H
#define FH_TRACE_BENCH_PRIVATE_H

#include "transport.h"

#include <fh/bench.h>

/*
  What the parts of the benchmark share.
*/

/// Repeats of a short measurement, of which the best counts
#define BENCH_REPEATS 5u

/// An engine that is ready to trace a hall, by itself
typedef struct {
  FhScene scene;
  FhRaycaster* caster;
  FhTraceDesc desc;
  Engine engine[MAX_OCTETS];
  Patches patches;
  PatchTally sums[2];          ///< Of two threads
  Tally tally[2 * MAX_OCTETS]; ///< [thread][octet]
  Sight* sights;
  double ready_s;
} Rig;

/// The source on the hall's stage: 100 dB in each octave, all around
FhRadiator
bench_source(void);

/**
   Prepare a rig.

   @param n_octets 1 for octaves, #MAX_OCTETS for third octaves.
   @param microphone One in sight of everything, besides the seats.
*/
FhStatus
bench_rig_init(Rig* rig,
               unsigned n_octets,
               FhHall hall,
               double edge_m,
               size_t n_seats,
               bool microphone);

void
bench_rig_clear(Rig* rig);

/// Rays of the rig's source, with the patches' sums or without
void
bench_rig_job(Rig* rig, bool patches, Transport* job);

/**
   What spheres around the seats cost against the gather, for the same error;
   and how whole maps vary, of which the fastest counts.

   @param scene,caster The middle hall with its seats.
   @param n_threads For the whole maps.
*/
FhStatus
bench_spheres(const FhScene* scene,
              const FhRaycaster* caster,
              unsigned n_threads,
              FhBench* out);

/// How costs grow with rays, seats, sources and bands; fills `cost`
FhStatus
bench_costs(bool brief, FhBench* out);

/// What the direct field of an array costs; figures stay 0 where its model is
/// not installed
FhStatus
bench_direct(bool brief, FhBench* out);

/// Boxes of bench_array(), at most
#define BENCH_MAX_BOXES 64u

/// An array over the stage; null where its boxes are not installed. Free with
/// fh_sources_free()
FhSources*
bench_array(const FhScene* scene, size_t n_boxes, const double top[3]);

/// Direct field at some ears on one thread, best of some repeats [s]; 0 on
/// failure
double
bench_field_s(const FhSources* sources,
              const FhRaycaster* caster,
              const float (*ears)[3],
              size_t n,
              bool edges,
              unsigned n_repeats);

/// The map that all else is held against: level and C80 at all seats
FhStatus
bench_full_map(const FhScene* scene,
               const FhRaycaster* caster,
               unsigned n_threads,
               uint64_t seed,
               FhTraceResult* out);

#endif // FH_TRACE_BENCH_PRIVATE_H
