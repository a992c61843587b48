// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/parameters.h>

#include <math.h>

const char*
fh_reason_text(const FhReason reason)
{
  switch (reason) {
  case FH_REASON_NONE:
    return "";
  case FH_REASON_BAND:
    return "the band reaches past half the sample rate";
  case FH_REASON_SILENT:
    return "the band holds no energy";
  case FH_REASON_NOISE:
    return "nothing stands out of the noise";
  case FH_REASON_RANGE:
    return "the noise floor is too near for this range";
  case FH_REASON_SHORT:
    return "the response ends before the decay is over";
  case FH_REASON_NO_DECAY:
    return "the level does not fall";
  case FH_REASON_NOT_STRAIGHT:
    return "the decay is far from a straight line";
  case FH_REASON_FILTER:
    return "the decay is too short for the band's filter";
  }
  return "unknown";
}

void
fh_band_parameters_missing(const FhReason reason, FhBandParameters* const out)
{
  *out = (FhBandParameters){.edt_s = NAN,
                            .t20_s = NAN,
                            .t30_s = NAN,
                            .c50_db = NAN,
                            .c80_db = NAN,
                            .d50 = NAN,
                            .ts_s = NAN,
                            .t20_xi = NAN,
                            .t30_xi = NAN,
                            .curvature = NAN,
                            .range_db = 0.0,
                            .edt_reason = reason,
                            .t20_reason = reason,
                            .t30_reason = reason,
                            .energy_reason = reason};
}
