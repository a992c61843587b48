// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SOURCE_ARCS_H
#define FH_SOURCE_ARCS_H

#include <fh/diag.h>
#include <fh/status.h>

#include <stddef.h>

#define ARC_POINTS 36 ///< Every 10 degrees

/// Levels on a horizontal and a vertical circle about a loudspeaker
typedef struct {
  size_t n_hz;
  double* hz; ///< [n_hz]; owned
  /// [n_hz] levels at 0, 10 ... 350 degrees: to the right, and up [dB]; owned
  float (*horizontal)[ARC_POINTS];
  float (*vertical)[ARC_POINTS];
} Arcs;

/**
   Read `SPL Horizontal.txt` and `SPL Vertical.txt` of a folder.

   Tab-separated: a title, the angle of each curve, the names of its axes, then
   a pair of columns (frequency, level) for each curve.
*/
FhStatus
arcs_read(const char* folder, Arcs* out, FhDiag* diag);

void
arcs_clear(Arcs* arcs);

/// Energy mean of 0, +-10, +-20, +-30 across and +-10 up [dB]; CTA-2034-A
double
arcs_listening_window_db(const Arcs* arcs, size_t i);

/// Energy mean over both circles, weighted by the area of the sphere that each
/// point stands for [dB]; CTA-2034-A
double
arcs_sound_power_db(const Arcs* arcs, size_t i);

/// Listening window less sound power [dB]; CTA-2034-A
double
arcs_directivity_index_db(const Arcs* arcs, size_t i);

#endif // FH_SOURCE_ARCS_H
