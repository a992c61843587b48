// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_RUN_FILES_H
#define FH_RESULT_RUN_FILES_H

#include <fh/run.h>

#include <jansson.h>

/// Write seats.csv
FhStatus
write_seats(const FhRun* run, FhRunFolder* folder, FhDiag* diag);

/// Write microphones.json
FhStatus
write_microphones(const FhRun* run, FhRunFolder* folder, FhDiag* diag);

/// Write deadzones.json
FhStatus
write_dead_zones(const FhRun* run, FhRunFolder* folder, FhDiag* diag);

/**
   Write the impulse responses: a WAV for each pair and ir/rirs.sofa.

   All ranks of the run's team make them, so the others call help_responses().

   @param so_far A failure, which the others are told; nothing is written then.
*/
FhStatus
write_responses(const FhRun* run,
                FhStatus so_far,
                FhProgressFn progress,
                void* user,
                FhRunFolder* folder,
                FhDiag* diag);

/// Make this rank's share of the responses
FhStatus
help_responses(const FhRun* run);

/// Write run.json
FhStatus
write_run_index(const FhRun* run,
                const FhRunWriteDesc* desc,
                FhRunFolder* folder,
                FhDiag* diag);

#endif // FH_RESULT_RUN_FILES_H
