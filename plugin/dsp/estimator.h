// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_DSP_ESTIMATOR_H
#define FH_DSP_ESTIMATOR_H

#include <fh/live.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
  What the room does to the programme, measured with the programme.

  Long frames (5.5 s at 48 kHz) give the transfer function and an impulse
  response of 1.4 s for each microphone; short ones (1.4 s) find and follow the
  delay. A mix is stereo: half sum and half difference of left and right are
  both references, so that the answer is the response to the sum, whatever the
  mix does with its width. Work is spread over ticks, so that no tick costs more
  than a few transforms, and always in the same order: the results depend on the
  frames heard and on nothing else.
*/

/// Channels of what is heard: half sum and half difference of left and right,
/// microphones
#define FH_EST_CHANNELS (2 + FH_LIVE_MICS)

/// Frames of a tick at the rate of the analysis (44.1 or 48 kHz)
#define FH_EST_TICK 4096

/// One microphone's response, averaged over what was heard so far
typedef struct {
  bool is_known;                    ///< Anything below has been measured
  double seconds;                   ///< Programme in the averages [s]
  float third_db[FH_LIVE_BANDS];    ///< Energy of the response [dB]
  float third_sd_db[FH_LIVE_BANDS]; ///< Its standard deviation [dB]
  float coherence[FH_LIVE_BANDS];   ///< Squared, bias taken off
  bool third_valid[FH_LIVE_BANDS];
  float octave_db[FH_N_OCTAVES]; ///< Energy of the response [dB]
  float octave_sd_db[FH_N_OCTAVES];
  float octave_coherence[FH_N_OCTAVES];
  float n_averages[FH_N_OCTAVES];      ///< Independent values in the averages
  float late_db[FH_N_OCTAVES];         ///< After 80 ms [dB]
  float t_s[FH_N_OCTAVES];             ///< Decay time, 0 = unknown [s]
  float t_error[FH_N_OCTAVES];         ///< Its relative standard error
  float direct_ratio_db[FH_N_OCTAVES]; ///< 0-20 ms over the rest [dB]
  bool octave_valid[FH_N_OCTAVES];
  bool late_valid[FH_N_OCTAVES];
} FhResponse;

/// Where a microphone is and whether it can be trusted
typedef struct {
  bool is_locked;      ///< `delay_frames` has been found
  double delay_frames; ///< At the rate of the analysis
  double confidence;   ///< Of the last search, 0 to 1
  double direct_db;    ///< Level of the direct sound, 250 Hz to 4 kHz [dB]
  bool has_direct;     ///< `direct_db` has been measured
  uint32_t n_searches; ///< So far
  bool is_following;   ///< The last search found it where it was expected
  uint32_t n_jumps;    ///< Times the delay has jumped
} FhMicTrack;

/// Levels of one tick
typedef struct {
  float programme_db; ///< rms [dBFS]
  float mic_db[FH_LIVE_MICS];
  bool is_clipped[FH_LIVE_MICS]; ///< Runs of samples at full scale
  bool is_dead[FH_LIVE_MICS];    ///< Digital silence or near it
} FhTickLevels;

typedef struct FhEstimatorImpl FhEstimator;

/// Null when out of memory
FhEstimator*
fh_estimator_new(double rate_hz);

void
fh_estimator_free(FhEstimator* estimator);

/// Forget the averages; keep the delay
void
fh_estimator_restart(FhEstimator* estimator);

/// Forget the sound too: what comes next does not follow what came before
void
fh_estimator_cut(FhEstimator* estimator);

/// Average for ever (soundcheck), or forget at the pace that errors allow
void
fh_estimator_hold_all(FhEstimator* estimator, bool all);

/**
   Take one tick.

   @param audio [FH_EST_TICK x rate multiple] frames.
   @param use_mic Microphones that are connected and sound.
   @param[out] levels Of this tick.
   @return True when a new response is ready.
*/
bool
fh_estimator_tick(FhEstimator* estimator,
                  const float (*audio)[FH_EST_CHANNELS],
                  const bool use_mic[FH_LIVE_MICS],
                  FhTickLevels* levels);

const FhResponse*
fh_estimator_response(const FhEstimator* estimator, size_t mic);

const FhMicTrack*
fh_estimator_track(const FhEstimator* estimator, size_t mic);

/// Rate of the analysis [Hz]
double
fh_estimator_rate_hz(const FhEstimator* estimator);

#endif // FH_DSP_ESTIMATOR_H
