// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_HRTF_H
#define FH_RESULT_HRTF_H

#include <fh/diag.h>

#include <stddef.h>

/// Directions of a diffuse field: the corners of a dodecahedron
#define HRTF_N_DIFFUSE 20

/// Unit vectors of those; every polynomial up to degree 5 has its mean over
/// the sphere on them
extern const double hrtf_diffuse[HRTF_N_DIFFUSE][3];

typedef struct HrtfImpl Hrtf; ///< A set of head-related responses

/**
   Read a set, resampled to `rate_hz` and scaled as fh/auralize.h says.

   @param path SOFA file, or null for the one that comes with libmysofa.
   @param[out] out Owned by the caller.
*/
FhStatus
hrtf_new(const char* path, double rate_hz, Hrtf** out, FhDiag* diag);

/// Free a set; does nothing if it is null
void
hrtf_free(Hrtf* hrtf);

/// Frames of a response, delay of the ears included
size_t
hrtf_frames(const Hrtf* hrtf);

/**
   Responses of both ears for a direction, interpolated between measured ones.

   @param direction Unit vector: x ahead, y left, z up.
   @param[out] ear [2][hrtf_frames()] left, right.
*/
void
hrtf_get(const Hrtf* hrtf, const double direction[3], double* ear[2]);

#endif // FH_RESULT_HRTF_H
