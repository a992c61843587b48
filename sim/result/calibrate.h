// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_CALIBRATE_H
#define FH_RESULT_CALIBRATE_H

#include "listener.h"

#include <fh/calibrate.h>
#include <fh/variants.h>

/// Absorption stays within these
#define CALIBRATE_LEAST    0.005
#define CALIBRATE_GREATEST 0.99

/// All quantities of one pair
typedef struct {
  double at[FH_N_QUANTITIES][FH_N_OCTAVES]; ///< NaN where there is none
} PairValues;

/// A pair that was measured
typedef struct {
  size_t emitter, microphone;
  PairValues measured;
  DirectEvents direct;
} Pair;

/// Absorption of the unknown materials as u = ln(a / (1 - a))
typedef double Unknowns[FH_N_OCTAVES];

/// The room with its last trace
typedef struct {
  const FhVenue* venue;
  const FhCalibrateDesc* desc;
  FhScene scene;
  FhRaycaster* caster;
  FhSources* sources;
  size_t n_emitters;
  size_t n_pairs;
  Pair* pairs; ///< Owned
  double impedance;
  FhMaterial* table; ///< [scene.n_materials] as traced; owned
  FhVariants* trace; ///< [n_emitters]; owned
  size_t n_fit;
  size_t* fit;      ///< [n_fit] scene materials; owned
  Unknowns* prior;  ///< [n_fit]; owned
  Unknowns* traced; ///< [n_fit] of the last trace; owned
} FitRoom;

/// Build a room and its pairs; the caller clears it, also on error
FhStatus
room_init(FitRoom* room, const FhMeasured* measured, FhDiag* diag);

/// Trace with the table as it stands
FhStatus
room_trace(FitRoom* room, FhProgressFn progress, void* user, FhDiag* diag);

/// After the first trace: which materials can be fitted
FhStatus
room_choose(FitRoom* room, FhDiag* diag);

/// Put unknowns into the table, for the next trace
void
room_set(FitRoom* room, const Unknowns* u);

/**
   Parameters of pair `index`, and what they change by with each unknown.

   @param u [n_fit] for which the last trace is weighed anew.
   @param[out] slope [n_fit] d value / d u in each octave; may be null.
*/
FhStatus
room_values(const FitRoom* room,
            size_t index,
            const Unknowns* u,
            PairValues* out,
            PairValues* slope);

void
room_clear(FitRoom* room);

/// Absorption of an unknown, and back
double
absorption_of(double u);
double
unknown_of(double absorption);

/// How far measurement and model may be apart [unit of the quantity]
double
calibrate_sigma(FhQuantity quantity, double measured);

/**
   Maximum a posteriori for the last trace.

   @param without Pair to leave out, SIZE_MAX for none.
   @param[in,out] u [n_fit] start and result.
   @param[out] sd [n_fit] posterior standard deviations of u; may be null.
*/
FhStatus
fit_steps(const FitRoom* room, size_t without, Unknowns* u, Unknowns* sd);

#endif // FH_RESULT_CALIBRATE_H
