// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_MICROPHONE_RESPONSE_H
#define FH_RESULT_MICROPHONE_RESPONSE_H

#include "listener.h"

/*
  The response of a microphone as energies in time, and what is read from it.
*/

/// Values of one response that get a standard error
typedef struct {
  double edt_s[FH_N_OCTAVES], t20_s[FH_N_OCTAVES], t30_s[FH_N_OCTAVES];
  double c50_db[FH_N_OCTAVES], c80_db[FH_N_OCTAVES], d50[FH_N_OCTAVES];
  double ts_s[FH_N_OCTAVES], spl_db[FH_N_OCTAVES];
  double spl_dba, sti;
} MicValues;

#define N_MIC_VALUES (sizeof(MicValues) / sizeof(double))

/// Energies of one response [Pa^2]
typedef struct {
  size_t n_events, n_bins;
  double* event_s;              ///< Owned
  float (*event)[FH_N_OCTAVES]; ///< Owned
  double* edge_s;               ///< [n_bins + 1]; owned
  float (*bin)[FH_N_OCTAVES];   ///< Owned
  double onset_s;
} MicResponse;

/// What all microphones are rated by
typedef struct {
  const FhVenue* venue;
  const FhScene* scene;
  const FhSources* sources;
  const FhDirectField* direct;
  const FhDirectField* by_emitter;
  const FhTraceResult* trace;
  double impedance;
  double speech_db;
  FhMicrophoneMetrics* pairs;
  FhMicrophoneMetrics* system;
  int failed; ///< Atomic
} MicJob;

/// A response from the coarse bins of the blocks of rays
typedef struct {
  size_t skip;      ///< Block to leave out; SIZE_MAX for none
  int unseen_early; ///< With what may be unseen of the first 80 ms
  int unseen_late;  ///< The same after it
} MicVariation;

/**
   Energies of emitters [first, last) at a microphone.

   @param vary By the coarse bins of the blocks of rays; null for the fine bins
   of all rays.
   @param[out] r Owned by the caller, mic_response_clear().
*/
FhStatus
mic_response_gather(const MicJob* job,
                    size_t mic,
                    size_t first,
                    size_t last,
                    const DirectEvents* direct,
                    const MicVariation* vary,
                    MicResponse* r);

void
mic_response_clear(MicResponse* r);

/// What is read from a response
FhStatus
mic_values_of(const MicJob* job,
              const MicResponse* r,
              FhParameters* p,
              MicValues* v);

/// Standard errors of all values of emitters [first, last); NaN where nobody
/// knows
FhStatus
mic_errors_of(const MicJob* job,
              size_t mic,
              size_t first,
              size_t last,
              const DirectEvents* direct,
              MicValues* se);

#endif // FH_RESULT_MICROPHONE_RESPONSE_H
