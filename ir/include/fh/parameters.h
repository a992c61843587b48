// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_PARAMETERS_H
#define FH_PARAMETERS_H

#include <fh/bands.h>
#include <fh/status.h>

#include <stddef.h>

/// Why a value is missing
typedef enum {
  FH_REASON_NONE = 0,     ///< It is there
  FH_REASON_BAND,         ///< The band reaches past half the sample rate
  FH_REASON_SILENT,       ///< The band holds no energy
  FH_REASON_NOISE,        ///< Nothing stands out of the noise
  FH_REASON_RANGE,        ///< The noise floor is too near for this range
  FH_REASON_SHORT,        ///< The response ends before the decay is over
  FH_REASON_NO_DECAY,     ///< The level does not fall
  FH_REASON_NOT_STRAIGHT, ///< The decay is no line at all (xi too great)
  FH_REASON_FILTER        ///< Too short a decay for the band's filter
} FhReason;

/// One sentence without a period; static storage, "" for #FH_REASON_NONE
const char*
fh_reason_text(FhReason reason);

/**
   ISO 3382-1 parameters of one band.

   A value that cannot be had is NaN and its reason is set.
*/
typedef struct {
  double edt_s; ///< Early decay time, 0 to -10 dB [s]
  double t20_s; ///< Reverberation time from -5 to -25 dB [s]
  double t30_s; ///< Reverberation time from -5 to -35 dB [s]
  double c50_db;
  double c80_db;
  double d50;             ///< Early over total energy, 0 to 1
  double ts_s;            ///< Centre time [s]
  double energy;          ///< From the onset on, in units of the input
  double t20_xi;          ///< Nonlinearity 1000 (1 - r^2) of the fit [permille]
  double t30_xi;          ///< [permille]; more than 10 is doubtful (ISO 3382-2)
  double curvature;       ///< 100 (T30 / T20 - 1) [%]; more than 10 is doubtful
  double range_db;        ///< From the top of the decay to the noise floor [dB]
  FhReason edt_reason;    ///< Of edt_s
  FhReason t20_reason;    ///< Of t20_s
  FhReason t30_reason;    ///< Of t30_s
  FhReason energy_reason; ///< Of c50_db, c80_db, d50 and ts_s
} FhBandParameters;

/// Parameters of a response in every band
typedef struct {
  size_t n_bands; ///< #FH_N_OCTAVES or #FH_N_THIRDS
  FhBandParameters band[FH_N_THIRDS];
  FhBandParameters broadband; ///< Unfiltered, or the sum of the bands
} FhParameters;

/// Everything missing for this reason
void
fh_band_parameters_missing(FhReason reason, FhBandParameters* out);

#endif // FH_PARAMETERS_H
