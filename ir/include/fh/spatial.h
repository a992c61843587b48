// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SPATIAL_H
#define FH_SPATIAL_H

#include <fh/bands.h>
#include <fh/status.h>

#include <stddef.h>

/// Index of broadband in the arrays below
#define FH_SPATIAL_BROADBAND FH_N_OCTAVES

/// Early lateral energy, by octave and broadband; NaN where there is no energy
typedef struct {
  double lf[FH_N_OCTAVES + 1];  ///< J_LF
  double lfc[FH_N_OCTAVES + 1]; ///< J_LFC
} FhLateral;

/**
   Early lateral energy fractions.

   J_LF is the energy of the figure-of-eight from 5 to 80 ms over that of the
   omnidirectional response from 0 to 80 ms; J_LFC takes |figure8 omni| above.

   @param omni [n] sound pressure.
   @param figure8 [n] figure-of-eight with its null towards the source, of the
   same sensitivity along its axis as `omni`.
   @param onset Frame of the direct sound.
   @return #FH_ERR_BAD_ARG, #FH_ERR_NO_MEM.

   Source: ISO 3382-1:2009, A.2.4.
*/
FhStatus
fh_lateral(const double* omni,
           const double* figure8,
           size_t n,
           double rate_hz,
           size_t onset,
           FhLateral* out);

/// Interaural cross correlation, by octave and broadband
typedef struct {
  double early[FH_N_OCTAVES + 1]; ///< 0 to 80 ms
  double late[FH_N_OCTAVES + 1];  ///< 80 ms to 1 s, or to the end
  double all[FH_N_OCTAVES + 1];   ///< 0 to 1 s, or to the end
} FhIacc;

/**
   Greatest magnitude of the normalised cross correlation within 1 ms.

   @param left,right [n] responses of the ears.
   @param onset Frame of the direct sound at the nearer ear.
   @return #FH_ERR_BAD_ARG, #FH_ERR_NO_MEM.

   Source: ISO 3382-1:2009, annex B.
*/
FhStatus
fh_iacc(const double* left,
        const double* right,
        size_t n,
        double rate_hz,
        size_t onset,
        FhIacc* out);

/// How the channels of a B-format file are ordered and scaled
typedef enum {
  FH_B_FORMAT_FUMA = 0, ///< W X Y Z, W 3 dB down
  FH_B_FORMAT_AMBIX     ///< W Y Z X, SN3D
} FhBFormat;

/**
   Omnidirectional and lateral (left-right) response from B-format.

   @param data [n * n_channels] interleaved, of which the first four count.
   @param[out] omni,figure8 [n].
   @param[out] fit_db Energy of X, Y and Z together re that of the pressure, in
   the millisecond of the peak [dB]: 0 for a plane wave. Far from 0 the
   file is no B-format, or of the other kind.
   @return #FH_ERR_MISMATCH for fewer than 4 channels.
*/
FhStatus
fh_b_format_split(const float* data,
                  size_t n,
                  size_t n_channels,
                  double rate_hz,
                  FhBFormat format,
                  double* omni,
                  double* figure8,
                  double* fit_db);

#endif // FH_SPATIAL_H
