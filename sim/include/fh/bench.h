// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_BENCH_H
#define FH_BENCH_H

#include <fh/trace.h>

/*
  How fast the engine is, as ratios within one run on one machine; and the hall
  that it is measured in.
*/

/// Sizes of the hall: about 380, 3 600 and 27 000 triangles
typedef enum { FH_HALL_SMALL, FH_HALL_MIDDLE, FH_HALL_LARGE } FhHall;

/// Materials of the hall, indices into its scene's
typedef enum {
  FH_HALL_WALL,
  FH_HALL_CEILING,
  FH_HALL_AUDIENCE,
  FH_HALL_STAGE,
  FH_HALL_FRONT,
  FH_HALL_CLOUD,
  FH_HALL_MATERIALS
} FhHallMaterial;

/**
   A hall of 60 x 40 x 20 m with a stage, balconies, reflectors and an audience
   on blocks, rows or seats; T of about 3 s at 1 kHz.

   @param edge_m Faces are cut into pieces of about this [m]; 0 for the hall's
   own, which gives the numbers of triangles above.
   @param n_seats Seats, spread over all areas; about 5 100 are there at most.
   @param[out] out Scene, owned by the caller (fh_scene_clear()).
*/
FhStatus
fh_bench_hall(FhHall hall, double edge_m, size_t n_seats, FhScene* out);

/// Where a source stands on the hall's stage [m]
extern const float fh_bench_stage[3];

/// One row of the table over sizes of models
typedef struct {
  size_t n_triangles;
  double bare_mega_rays; ///< rtcIntersect1 on recorded rays [1e6/s per core]
  double tracer_vs_bare; ///< The tracer against that
  double ready_s;        ///< Acceleration structure, planes, patches
} FhBenchSize;

#define FH_BENCH_SIZES 5

/// How the time of a trace to seats grows
typedef struct {
  const char* of; ///< "rays", "seats", "sources" or "bands"; static
  double more;    ///< That many times as many of them
  double cost;    ///< take that many times as long
} FhBenchCost;

#define FH_BENCH_COSTS 4

/// What was measured; times are of one thread's processor unless stated
typedef struct {
  char device[128]; ///< As fh_raycaster_device()
  size_t n_triangles;
  double bare_mega_rays;
  double tracer_vs_bare;        ///< Eight octaves, nothing counted
  double tracer_tally_vs_bare;  ///< With the patches' sums
  double tracer_thirds_vs_bare; ///< The same with 24 third octaves at once
  double mega_bounces;          ///< With one microphone in sight [1e6/s]
  size_t mega_bounces_triangles;
  double ready_s; ///< Acceleration structure, planes, patches
  size_t ready_triangles;
  double two_threads; ///< Rate of two threads over one, by processor time
  size_t n_seats;
  double seats_s;     ///< Trace and gather at all seats, wall time
  double seats_cpu_s; ///< The same, processor time
  unsigned seats_threads;
  double seats_error_db;       ///< Its standard error of level, 1 kHz
  double seats_c80_error_db;   ///< Of C80 over repeats; 0 when not measured
  double position_vs_full;     ///< A further position over the full map
  double reevaluation_speedup; ///< Full map over re-weighting at a position
  double gather_vs_spheres;    ///< Gather over spheres of 1 m with a weight
                            ///< window, speed to an error in 10 ms bins at 100
                            ///< to 500 ms after the direct sound, 1 kHz; 0: not
                            ///< measured
  double gather_cpu_s, gather_error_db; ///< Of one run, in those bins
  double sphere_cpu_s, sphere_error_db; ///< Of one run with spheres
  double map_bins_error_db; ///< Of a whole map, mirror rays too, in those bins
  double direct_s;          ///< Direct field of an array at all seats
  double direct_sight_s;    ///< With what stands in the way
  double direct_edges_s;    ///< And with the ways over its edges
  size_t n_direct_boxes, n_direct_seats;
  FhBenchCost cost[FH_BENCH_COSTS];
  size_t n_sizes;
  FhBenchSize sizes[FH_BENCH_SIZES];
} FhBench;

/**
   Measure.

   @param brief A tenth of the work, for a test: figures are rough.
   @param progress May be null.
*/
FhStatus
fh_bench_run(bool brief,
             unsigned n_threads,
             FhProgressFn progress,
             void* user,
             FhBench* out);

#endif // FH_BENCH_H
