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

/// Scattering of a material: one offset of ln(s / (1 - s)) for all octaves
typedef struct {
  double offset;
  double sd; ///< Posterior standard deviation
} Scatter;

/// Values and slopes of all pairs at one point
typedef struct {
  PairValues* value; ///< [n_pairs]; owned
  PairValues* slope; ///< [n_pairs * n_fit]; owned
} Points;

/// Normal equations
typedef struct {
  size_t n;
  double* a; ///< [n * n], lower triangle; then its Cholesky factor
  double* g; ///< [n]
} Normal;

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
  Scatter* scatter; ///< [n_fit]; owned
  Points points;    ///< By scattering, of scatter_step(); owned
} FitRoom;

/// Build a room and its pairs; the caller clears it, also on error
FhStatus
room_init(FitRoom* room, const FhMeasured* measured, FhDiag* diag);

/// Trace with the table as it stands
FhStatus
room_trace(FitRoom* room, FhProgressFn progress, void* user, FhDiag* diag);

/// Trace for other tables of materials; hits only of a single one
FhStatus
room_trace_tables(const FitRoom* room,
                  const FhMaterial* const* tables,
                  size_t n_tables,
                  FhVariants* out,
                  FhProgressFn progress,
                  void* user,
                  FhDiag* diag);

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

/// Parameters of pair `index` in a variant of room_trace_tables()
FhStatus
room_values_traced(const FitRoom* room,
                   size_t index,
                   const FhVariants* trace,
                   size_t variant,
                   PairValues* out);

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

/// Add what pair `pair` says about quantity `q` in octave `b`
void
fit_observe(const FitRoom* m,
            const Points* points,
            size_t pair,
            size_t q,
            size_t b,
            const Normal* s);

/// Whether a quantity and an octave are fitted
bool
fit_counts(const FitRoom* m, size_t q, size_t b);

/// A = L L^T in place; false unless positive definite
bool
fit_factor(const Normal* s);

/// Solve for `x` in place, after fit_factor()
void
fit_solve(const Normal* s, double* x);

/**
   One step for the scattering of all materials, on a trace of its own.

   Sets `scatter`, the table and `points`, which are for the scattering before.
*/
FhStatus
scatter_step(FitRoom* room, FhProgressFn progress, void* user, FhDiag* diag);

/// Move the values of a pair to the scattering that the other pairs ask for
FhStatus
scatter_leave_out(const FitRoom* room, size_t without, PairValues* values);

/// Scattering moved by an offset of ln(s / (1 - s)), within 0.01 to 0.99
double
scatter_shifted(double scattering, double offset);

/// Scattering of material `k` of those that are fitted, before and now
void
scatter_of(const FitRoom* room,
           size_t k,
           float before[FH_N_OCTAVES],
           float after[FH_N_OCTAVES]);

#endif // FH_RESULT_CALIBRATE_H
