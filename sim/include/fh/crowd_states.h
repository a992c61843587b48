// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_CROWD_STATES_H
#define FH_CROWD_STATES_H

#include <fh/source.h>
#include <fh/variants.h>

/*
  A venue at several occupancies, traced at once.

  The scene holds all blocks of the full house; a block that is not there in a
  state lets everything through. Reflections come from one trace
  (fh/variants.h), the direct field of each state from a scene of its own.
*/

typedef struct FhCrowdStatesImpl FhCrowdStates; ///< The states of a venue

/// One state of a venue
typedef struct {
  double occupancy; ///< Of all areas, 0 to 1
  double clothing;  ///< Factor on the absorption of a person, 1 nominal
  double tilt;      ///< Exponent of its slope over frequency, 0 nominal
  /// The venue as it is in this state, where its surfaces or people are not
  /// what the plans say (same geometry and areas); null: the venue itself
  const FhVenue* as;
  /// [n_audience] factors on `occupancy`, the result kept within 0 to 1; null:
  /// 1
  const double* spread;
  /// [FH_N_OCTAVES] factors on what people absorb; null: 1
  const double* people;
} FhCrowdState;

/**
   Build the scenes and tables of the states.

   @param venue Borrowed for the call.
   @param states [n_states], 1 to FH_VARIANTS_MAX.
   @param n_seats Seats that stand for the audience, at most (evenly taken).
   @param[out] out Owned by the caller (fh_crowd_states_free()).
*/
FhStatus
fh_crowd_states_new(const FhVenue* venue,
                    const FhCrowdState* states,
                    size_t n_states,
                    size_t n_seats,
                    FhCrowdStates** out,
                    FhDiag* diag);

/// Free; does nothing if it is null
void
fh_crowd_states_free(FhCrowdStates* states);

/// The scene with everybody in it; borrowed
const FhScene*
fh_crowd_states_scene(const FhCrowdStates* states);

/// Equivalent absorption area of a state, without air [m2]
void
fh_crowd_states_absorption_m2(const FhCrowdStates* states,
                              size_t state,
                              double area_m2[FH_N_OCTAVES]);

/// What the receivers get in each state
typedef struct {
  size_t n_states, n_points, n_bins;
  double bin_s;
  /// [n_states][n_points][n_bins] mean square pressure [Pa2], direct sound
  /// included, air of the venue; owned
  float (*p2)[FH_N_OCTAVES];
  /// [n_states][n_points] of the direct sound [Pa2]; owned
  float (*direct_p2)[FH_N_OCTAVES];
  float* direct_s;   ///< [n_points] first arrival [s]; owned
  float* arrival_s;  ///< [n_points] of most of the direct sound [s]; owned
  float* distance_m; ///< [n_points] to the nearest loudspeaker [m]; owned
  /// [n_states][n_points][FH_VARIANTS_BLOCKS] total by each block of rays alone
  /// [Pa2]; owned
  float (*block_p2)[FH_N_OCTAVES];
} FhCrowdEchograms;

/**
   Trace all states.

   @param n_rays Per emitter.
   @param[out] out Owned by the caller (fh_crowd_echograms_clear()).
*/
FhStatus
fh_crowd_states_trace(const FhCrowdStates* states,
                      uint64_t seed,
                      uint64_t n_rays,
                      unsigned n_threads,
                      FhProgressFn progress,
                      void* user,
                      FhCrowdEchograms* out,
                      FhDiag* diag);

/// Free what it owns and zero it
void
fh_crowd_echograms_clear(FhCrowdEchograms* echograms);

#endif // FH_CROWD_STATES_H
