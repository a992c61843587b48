// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_FILTER_H
#define FH_FILTER_H

#include <fh/status.h>

#include <complex.h>
#include <stddef.h>

/// Second-order section: y = b0 x + b1 x' + b2 x'' - a1 y' - a2 y''
typedef struct {
  double b0, b1, b2, a1, a2;
} FhBiquad;

/// State of a section (transposed direct form II); zero it to begin
typedef struct {
  double s1, s2;
} FhBiquadState;

/// What fh_biquad_design() designs
typedef enum {
  FH_BIQUAD_PEAK,       ///< Bell of `gain_db`
  FH_BIQUAD_LOW_SHELF,  ///< Shelf of `gain_db` below the frequency
  FH_BIQUAD_HIGH_SHELF, ///< Shelf of `gain_db` above the frequency
  FH_BIQUAD_LOW_PASS,   ///< 12 dB per octave
  FH_BIQUAD_HIGH_PASS,  ///< 12 dB per octave
  FH_BIQUAD_BAND_PASS,  ///< 0 dB at the centre
  FH_BIQUAD_NOTCH,      ///< Zero at the frequency
  FH_BIQUAD_ALL_PASS    ///< Phase only
} FhBiquadType;

/**
   Design a section after R. Bristow-Johnson's Audio EQ Cookbook.

   @param frequency_hz Centre or corner [Hz], above 0, below `rate_hz` / 2.
   @param q Quality factor, above zero.
   @param gain_db Gain [dB]; used by bells and shelves only.
   @param[out] out Owned by the caller; left as it was on error.
   @return #FH_ERR_BAD_ARG for a value outside its range or not finite.
*/
FhStatus
fh_biquad_design(FhBiquadType type,
                 double frequency_hz,
                 double q,
                 double gain_db,
                 double rate_hz,
                 FhBiquad* out);

/// Complex response of `n` sections in series at a frequency [Hz]
double complex
fh_biquad_response(const FhBiquad* sections,
                   size_t n,
                   double frequency_hz,
                   double rate_hz);

/// Filter `n_frames` through `n` sections with `states` [n]; in place works
void
fh_biquad_process(const FhBiquad* sections,
                  FhBiquadState* states,
                  size_t n,
                  const double* in,
                  double* out,
                  size_t n_frames);

/// Most sections of a filter of order 16 here
#define FH_BUTTERWORTH_MAX_ORDER 16

/**
   Butterworth low pass of `order` 1 to 16 as (order + 1) / 2 sections.

   Bilinear transform; -3.01 dB at `frequency_hz`.

   @param[out] out [(order + 1) / 2] sections, owned by the caller.
   @return #FH_ERR_BAD_ARG for an order or frequency out of range.
*/
FhStatus
fh_butterworth_low_pass(unsigned order,
                        double frequency_hz,
                        double rate_hz,
                        FhBiquad* out);

/// Butterworth high pass; as fh_butterworth_low_pass()
FhStatus
fh_butterworth_high_pass(unsigned order,
                         double frequency_hz,
                         double rate_hz,
                         FhBiquad* out);

/**
   Butterworth band pass from a prototype of `order` 1 to 16: `order` sections.

   @param low_hz Lower -3.01 dB edge [Hz], above zero.
   @param high_hz Upper -3.01 dB edge [Hz], above `low_hz`, below half the rate.
   @param[out] out [order] sections, owned by the caller.
   @return #FH_ERR_BAD_ARG for an order or edge out of range.
*/
FhStatus
fh_butterworth_band_pass(unsigned order,
                         double low_hz,
                         double high_hz,
                         double rate_hz,
                         FhBiquad* out);

/// Sections of a fractional-octave filter
#define FH_BAND_FILTER_SECTIONS 3

/// Sample rate from which fh_band_filter() is class 1 up to the 10 kHz third
#define FH_BAND_FILTER_RATE_HZ 80000.0

/**
   Octave (`bands_per_octave` 1) or third-octave (3) band filter.

   Butterworth band pass of order 3 between the base-10 edges. It is class 1 of
   IEC 61260-1:2014 where the rate is at least #FH_BAND_FILTER_RATE_HZ; at lower
   rates the bilinear transform leaves the low skirts of the top bands up to
   0.3 dB short of the mask: resample first.

   @param midband_hz Exact midband [Hz]; the upper edge must be below 0.45
   `rate_hz`.
   @param[out] out Three sections, owned by the caller.
   @return #FH_ERR_BAD_ARG for a value out of range.
*/
FhStatus
fh_band_filter(unsigned bands_per_octave,
               double midband_hz,
               double rate_hz,
               FhBiquad out[FH_BAND_FILTER_SECTIONS]);

#endif // FH_FILTER_H
