// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_DSP_EQUALIZER_H
#define FH_DSP_EQUALIZER_H

#include <fh/live.h>

#include <stdbool.h>
#include <stddef.h>

/// Sections that run: the bands and one that passes, so that they pair up
#define FH_EQ_SECTIONS 32
/// Points of the fit: centres, points half way between them, and both ends
#define FH_EQ_POINTS (2 * FH_LIVE_BANDS + 1)

/**
   Coefficients of the cascade.

   A section is (b0 + a1 z^-1 + b2 z^-2) / (1 + a1 z^-1 + a2 z^-2) with
   b0 = u + v, b2 = u - v, a2 = 2 u - 1, a1 = -2 cos(w0) u. Everything is linear
   in u and v, so whatever lies between two sets is a peak at the same w0, and
   stable: a straight glide passes through proper equalisers alone.
*/
typedef struct {
  double u[FH_EQ_SECTIONS];
  double v[FH_EQ_SECTIONS];
} FhEqCurve;

/// Tables of the design at one sample rate
typedef struct {
  double cos_w0[FH_EQ_SECTIONS];
  /// ((cos w - cos w0) / sin w)^2 at every point for every band
  double r2[FH_EQ_POINTS][FH_LIVE_BANDS];
  double neighbour_r2[FH_LIVE_BANDS]; ///< The same a third octave below
  double weight[FH_EQ_POINTS];
  size_t n_points; ///< Points below the Nyquist frequency
} FhEqDesigner;

/// Prepare the design for a rate of 44 100 Hz or more
void
fh_eq_designer_init(FhEqDesigner* designer, double rate_hz);

/**
   Find the cascade whose response meets a command.

   @param command_db Wanted response at the centres, -24 to 24 [dB].
   @param[out] curve Coefficients.
   @param[out] response_db Response at the centres [dB]; may be null.

   Source: Valimaki and Liski, "Accurate cascade graphic equalizer", IEEE Signal
   Processing Letters 24(2), 2017, for sections and points; here the least
   squares are iterated to the end (Gauss-Newton with the sections' own
   derivatives) instead of once.
*/
void
fh_eq_design(const FhEqDesigner* designer,
             const float command_db[FH_LIVE_BANDS],
             FhEqCurve* curve,
             float response_db[FH_LIVE_BANDS]);

/// Response of a cascade at any frequency below Nyquist [dB]
double
fh_eq_response_db(const FhEqCurve* curve, double rate_hz, double frequency_hz);

typedef struct FhEqImpl FhEq; ///< The running cascade, stereo

/// A flat cascade; null when out of memory
FhEq*
fh_eq_new(const FhEqDesigner* designer);

/// Free; does nothing if it is null
void
fh_eq_free(FhEq* eq);

/// Forget the sound, keep the curve
void
fh_eq_reset(FhEq* eq);

/// Move to a curve in a straight line over `n_frames` (1 or more)
void
fh_eq_glide(FhEq* eq, const FhEqCurve* curve, size_t n_frames);

/**
   Filter in place; for the audio thread.

   @param x Interleaved left and right, finite; [n_frames][2].
*/
void
fh_eq_process(FhEq* eq, double (*x)[2], size_t n_frames);

#endif // FH_DSP_EQUALIZER_H
