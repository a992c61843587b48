// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_MEASURED_H
#define FH_RESULT_MEASURED_H

#include <fh/validate.h>

/// Name of emitter `i` of a venue: loudspeakers, then arrays; null past the end
const char*
measured_emitter_name(const FhVenue* venue, size_t i);

/// Append a row with all its values NaN; null when memory runs out
FhMeasuredRow*
measured_add(FhMeasured* measured, size_t* room);

/// An impulse response that was measured, and whose it is
typedef struct {
  const char* path; ///< File, for messages
  const char* name; ///< What tells it from others
  const double* frames;
  size_t n_frames;
  double rate_hz;
  size_t emitter, microphone;
} MeasuredResponse;

/// Analyse a response and add a row for each parameter; names what has no value
FhStatus
measured_add_response(const MeasuredResponse* response,
                      FhMeasured* out,
                      size_t* room,
                      FhDiag* diag);

/// Read a CSV file into a zeroed object
FhStatus
measured_read_table(const FhVenue* venue, FhMeasured* out, FhDiag* diag);

/// Analyse the impulse responses of a SOFA file into a zeroed object
FhStatus
measured_read_sofa(const FhVenue* venue, FhMeasured* out, FhDiag* diag);

/// Analyse the impulse responses of a folder into a zeroed object
FhStatus
measured_read_folder(const FhVenue* venue, FhMeasured* out, FhDiag* diag);

#endif // FH_RESULT_MEASURED_H
