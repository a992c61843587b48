// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_CALIBRATE_H
#define FH_CALIBRATE_H

#include <fh/validate.h>

/*
  Absorption fitted to measurements.

  The unknowns are u = ln(a / (1 - a)) of the absorption a of each material and
  octave, so that a stays between 0 and 1; each has a normal prior about the
  venue's value. A trace that counts the meetings of sound with each material
  (fh/variants.h) tells what every parameter would be with other absorption, to
  first order in the logarithm of energy, so that steps need no new trace; after
  some steps the scene is traced again. Maximum a posteriori by Gauss-Newton,
  with weights that bound the pull of outliers (P. J. Huber, Ann. Math. Stat. 35
  (1964) 73). Air absorption is in the traced energies, so it is not fitted.

  Traced are rays without image sources and diffraction, and small faces scatter
  by the mean of their material: fh_run_compute() with the fitted venue has the
  last word. Geometry and audience blocks stay as they are, and scattering
  unless asked for; what is wrong with them goes into the absorption, which is
  why pairs are left out in turn to see how well they are foretold.
*/

/// How to calibrate; start from fh_calibrate_desc_default()
typedef struct {
  unsigned quantities; ///< Bit set that is fitted: T30, EDT, C80; no lateral
                       ///< fractions
  size_t low_band, high_band; ///< Octaves that are fitted
  double prior_sd;            ///< Of ln(a / (1 - a)), above 0; 0.5
  unsigned n_rounds;          ///< Traces, 1 to 20; 4
  uint64_t n_rays;            ///< Per emitter and trace, 32 768
  uint64_t seed;
  unsigned n_threads; ///< 0 = all processors
  bool left_out;      ///< Foretell each pair from the others
  bool scattering;    ///< Fit scattering, too: one offset of ln(s / (1 - s))
                      ///< for each material, all octaves
} FhCalibrateDesc;

FhCalibrateDesc
fh_calibrate_desc_default(void);

/// A material before and after
typedef struct {
  size_t material; ///< Index into FhVenue.materials
  float before[FH_N_OCTAVES], after[FH_N_OCTAVES];
  float se[FH_N_OCTAVES]; ///< Posterior standard deviation of `after`
  float scattering_before[FH_N_OCTAVES], scattering_after[FH_N_OCTAVES];
  float scattering_offset, scattering_sd; ///< Of ln(s / (1 - s))
} FhFitted;

/// Means over pairs and octaves of everything measured but lateral fractions
typedef struct {
  FhDeviationMean all[FH_N_QUANTITIES];
  double jnd; ///< Mean over FH_QUANTITIES_USUAL
} FhFitQuality;

/// What a calibration gives
typedef struct {
  size_t n_fitted;
  FhFitted* fitted;          ///< [n_fitted]; owned
  bool octave[FH_N_OCTAVES]; ///< Which octaves were fitted
  bool scattering;           ///< Whether scattering was
  size_t n_pairs;
  FhFitQuality before, after;
  FhFitQuality left_out; ///< Pairs foretold from the others; zero unless asked
} FhCalibration;

/**
   Fit the absorption of a venue's materials.

   Materials that no sound meets, and those that let all through, stay.

   @param[out] out Owned by the caller, fh_calibration_clear(); zeroed on error.
   @param diag Names what contradicts: values that the fit misses by far.
   @return #FH_ERR_INVALID_DATA when nothing can be fitted, #FH_ERR_LIMIT for
   too many materials, #FH_ERR_INTERRUPTED.
*/
FhStatus
fh_calibrate(const FhVenue* venue,
             const FhMeasured* measured,
             const FhCalibrateDesc* desc,
             FhProgressFn progress,
             void* user,
             FhCalibration* out,
             FhDiag* diag);

/// Set the absorption of a venue to the fitted; third octaves follow
void
fh_calibration_apply(const FhCalibration* calibration, FhVenue* venue);

/**
   Set the absorption of another state of the room: materials of the same name.

   For what changes in a room but for its fitted surfaces, e.g. a curtain drawn:
   materials that only the other state has stay as they are.

   @param from Venue that was calibrated.
   @return How many materials were set.
*/
size_t
fh_calibration_carry(const FhCalibration* calibration,
                     const FhVenue* from,
                     FhVenue* to);

/// Free what it owns and zero it
void
fh_calibration_clear(FhCalibration* calibration);

#endif // FH_CALIBRATE_H
