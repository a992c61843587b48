// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_AURAL_JOB_H
#define FH_RESULT_AURAL_JOB_H

#include "hrtf.h"
#include "synth_filter.h"

#include <fh/auralize.h>

#define AURAL_RATE_HZ 48000.0
/// Channels of a format at most, and one for the pressure without a head
#define AURAL_MAX_CHANNELS 4u
/// A response under way
typedef struct {
  const FhRun* run;
  size_t microphone;
  const FhAuralDesc* desc;
  size_t n_channels;
  size_t n_frames;
  double ahead[2]; ///< Where the listener looks, in plan
  Hrtf* hrtf;      ///< Null but for ears; owned
  Sharp sharp;
  double* channel[AURAL_MAX_CHANNELS]; ///< [n_frames]; owned
  double* omni;                        ///< [n_frames] pressure; owned
  double* mono;                        ///< [n_frames] what it should be; owned
  double* ear[2];                      ///< [hrtf_frames()] scratch; owned
  double* heard; ///< [n_frames + hrtf_frames()] scratch; owned
  FhFft* fft;    ///< Of n_fft samples; owned
  size_t n_fft;
  double* work[2];             ///< [n_fft] scratch; owned
  float* weight[BANK_N_BANDS]; ///< [n_fft / 2 + 1] the bank; owned
  double complex* spectrum;    ///< [n_fft / 2 + 1]; owned
} AuralJob;

/// Gains of the bank that bring a pressure [n_frames] to the simulated levels
void
aural_level_gains(const AuralJob* job,
                  const double* pressure,
                  double gain[BANK_N_BANDS]);

/// In place: a signal [n_frames] with the gains of the bank
void
aural_apply_gains(const AuralJob* job,
                  const double gain[BANK_N_BANDS],
                  double* signal);

/// Bring all channels to the response in mono, band by band over time
FhStatus
aural_match_mono(AuralJob* job);

#endif // FH_RESULT_AURAL_JOB_H
