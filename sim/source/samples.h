// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SOURCE_SAMPLES_H
#define FH_SOURCE_SAMPLES_H

#include "model.h"

/// A pattern as measured: levels in some directions at some frequencies
typedef struct {
  const char* file; ///< For messages; borrowed
  size_t n_dirs;
  double* theta_deg; ///< [n_dirs] from the axis, 0 to 180; owned
  double* phi_deg;   ///< [n_dirs] from the right towards up, 0 to 360; owned
  size_t n_hz;
  double* hz; ///< [n_hz] rising; owned
  /// [n_dirs * n_hz] levels [dB], directions outermost; owned
  float* db;
  float* turn; ///< The same in phases [turns], or null; owned
} Samples;

/// Make room; #FH_ERR_NO_MEM leaves it zeroed
FhStatus
samples_init(Samples* samples,
             const char* file,
             size_t n_dirs,
             size_t n_hz,
             bool phase);

void
samples_clear(Samples* samples);

/**
   Make a balloon of measured directions.

   Directions may lie on any grid that leaves no hole of more than 20 degrees;
   a balloon of 5 degrees comes of it, refined to 2.5. In each third octave
   energies of the frequencies within it are averaged; where there are none,
   levels are interpolated over log frequency, and beyond the ends the last one
   holds. Amplitudes are relative to on axis.

   @return #FH_ERR_INVALID_DATA for missing directions and non-finite values,
   with a message.
*/
FhStatus
samples_to_balloon(const Samples* samples, Balloon* out, FhDiag* diag);

/// Level on axis (mean of what is within a degree of it) at frequency `i` [dB]
double
samples_axis_db(const Samples* samples, size_t i);

#endif // FH_SOURCE_SAMPLES_H
