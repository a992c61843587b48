// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_IR_SWEEP_H
#define FULLHOUSE_IR_SWEEP_H

#include "ir.h"

#include <fh/sweep.h>

/// argp child whose input is an FhSweepDesc
extern const struct argp ir_sweep_argp;

/// A sweep as JSON; null when out of memory
json_t*
ir_sweep_json(const FhSweepDesc* desc);

/// Name of the JSON file beside a sweep; false when it is too long
bool
ir_sweep_sidecar(const char* path, char* out, size_t size);

/// Write sound, with a message on failure
FhExit
ir_write_audio(const char* path, const FhAudio* audio);

/// What deconvolving found, for people and for JSON
typedef struct {
  size_t n_channels;
  double from_hz, to_hz;
  double peak_s;
  FhRepeats repeats;
  double drift_ppm; ///< Of the repeats, or of the one sweep
  size_t n_harmonics;
  FhHarmonic harmonic[7];
} IrDeconvolved;

/**
   Deconvolve every channel of a recording.

   @param desc The sweep that was played, at the rate of the recording.
   @param sweep One sweep; null to make it from `desc`.
   @param length_s Length of the response [s]; 0: what was recorded after the
   sweep, half a second at least.
   @param path Named in messages.
   @param[out] out Response; freed by the caller.
*/
FhExit
ir_deconvolve(const FhAudio* recording,
              const FhSweepDesc* desc,
              const FhAudio* sweep,
              double length_s,
              const char* path,
              FhAudio* out,
              IrDeconvolved* found);

/// Print what was found, on stdout as JSON or on stderr
FhExit
ir_deconvolved_show(const IrDeconvolved* found,
                    const FhCommonOptions* common,
                    const char* output);

#endif // FULLHOUSE_IR_SWEEP_H
