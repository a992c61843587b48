// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_CROWD_H
#define FH_CROWD_H

#include <fh/profile.h>

#include <stdbool.h>

/*
  What the crowd has changed since the empty soundcheck.

  A frame of measurements is explained by five numbers (occupancy, clothing,
  tilt, gain, drift) on the venue's own empty-to-full tables; a small network
  corrects what that fit gets systematically wrong, and is faded out where the
  frame looks like nothing that it was trained on. For the worker: nothing here
  belongs in the audio thread, and fh_crowd_infer() does not allocate.

  Source: shared notes "crowd-absorption model", sections 4.1 to 4.6.
*/

/// Late energy is what comes this long after the direct sound [s]
#define FH_CROWD_LATE_S 0.08
/// Early energy at a seat is what comes this soon after the direct sound [s]
#define FH_CROWD_EARLY_S 0.05
/// Direct energy, floor reflection included, ends here [s]
#define FH_CROWD_DIRECT_S 0.02

/// What was measured in one frame, against the soundcheck; octaves 63 to 8k
typedef struct {
  float tf_db[FH_N_OCTAVES];   ///< Change of the energy of the response [dB]
  float log_t[FH_N_OCTAVES];   ///< ln(T now / T at the soundcheck)
  float late_db[FH_N_OCTAVES]; ///< Change of the late energy [dB]
  bool tf_valid[FH_N_OCTAVES];
  bool t_valid[FH_N_OCTAVES];    ///< Decay range of 14 dB or more in both
  bool late_valid[FH_N_OCTAVES]; ///< 6 dB or more over the noise
  float t0_s[FH_N_OCTAVES];      ///< T at the soundcheck, 0 where unknown [s]
  float t0_error[FH_N_OCTAVES];  ///< Its relative standard error
  float t_error[FH_N_OCTAVES];   ///< The same of T now
  float direct_ratio_db[FH_N_OCTAVES]; ///< Direct over the rest at the
                                       ///< soundcheck, NaN where unknown [dB]
  float coherence[FH_N_OCTAVES];       ///< Squared, 0 to 1
  float n_averages[FH_N_OCTAVES];      ///< Effective number of averages
  FhAir air0;                          ///< At the soundcheck
  FhAir air;                           ///< Now
  double attendance;                   ///< Persons expected, 0 = unknown
  double minutes;                      ///< Since the last frame [min]
  double show_minute;                  ///< Since the soundcheck [min]
  size_t mic;                          ///< Microphone of the profile
} FhCrowdObservation;

/// What a frame means
typedef struct {
  float total_db[FH_N_OCTAVES]; ///< Change of the mean level at the seats [dB]
  float total_sd_db[FH_N_OCTAVES];
  float early_db[FH_N_OCTAVES]; ///< Change of the first 50 ms there [dB]
  float early_sd_db[FH_N_OCTAVES];
  float physics_total_db[FH_N_OCTAVES]; ///< The same before the network [dB]
  float physics_early_db[FH_N_OCTAVES];
  float weather_db[FH_N_OCTAVES]; ///< Part of `total_db` that is the air's [dB]
  float added_m2[FH_N_OCTAVES];   ///< Absorption area over empty [m2]
  float occupancy;                ///< 0 to 1.15
  float occupancy_sd;
  float clothing; ///< Factor on the absorption of a person, 1 nominal
  float tilt;     ///< Exponent of its slope over frequency
  float gain_db;  ///< Broadband change that is no crowd (gain, programme) [dB]
  float drift_db; ///< Its slope [dB per two octaves]
  float misfit;   ///< Chi-square over degrees of freedom of the fit
  float learned;  ///< Weight of the network, 0 (physics alone) to 1
  float confidence; ///< 0 (know nothing) to 1
  bool unsure;      ///< The fit does not explain the frame: hold
} FhCrowdEstimate;

typedef struct FhCrowdModelImpl FhCrowdModel; ///< Weights of the network

/**
   Read the weights from the bytes of a file (fh/tensors.h).

   @param[out] out Model, owned by the caller; null on error.
   @param[out] reason What is wrong, 128 characters; may be null.
*/
FhStatus
fh_crowd_model_parse(const void* bytes,
                     size_t size,
                     FhCrowdModel** out,
                     char* reason);

/// Free; does nothing if it is null
void
fh_crowd_model_free(FhCrowdModel* model);

typedef struct FhCrowdImpl FhCrowd; ///< Inference in one venue during one show

/**
   Begin a show.

   @param profile Borrowed, outlives the object.
   @param model Borrowed, outlives the object; null for the physics alone.
   @return Null when out of memory.
*/
FhCrowd*
fh_crowd_new(const FhProfile* profile, const FhCrowdModel* model);

/// Free; does nothing if it is null
void
fh_crowd_free(FhCrowd* crowd);

/// Forget what the frames so far have told
void
fh_crowd_reset(FhCrowd* crowd);

/**
   Explain one frame; remembers it for the next.

   @param[out] out Estimate, filtered over the frames so far.
   @return False when the frame says too little (fewer than four valid bands of
   250 Hz to 4 kHz): `out` then holds what was known before, with wider
   intervals.
*/
bool
fh_crowd_infer(FhCrowd* crowd,
               const FhCrowdObservation* frame,
               FhCrowdEstimate* out);

/**
   Share of a change to make good, 0 to 1: less where it is in doubt.

   One share for all octaves, so that doubt about one does not bend the curve:
   mean square of the change over itself and 1.3 standard deviations.

   @param change_db Estimated changes [dB].
   @param sd_db Their standard deviations [dB].
   @return 0 where a number is not finite.
*/
double
fh_crowd_belief(const double change_db[FH_N_OCTAVES],
                const double sd_db[FH_N_OCTAVES]);

/**
   Decay time of one octave from its energies over time, as a frame wants it.

   The energy from 40 ms after the direct sound, integrated backwards, falls by
   20 dB from 5 dB under its start; less where the range is shorter. What would
   follow the last bin is taken to go on as it falls: a measurement keeps 1.4 s,
   and without that a hall of 4 s would read as one of 3 s.

   @param energy [n_bins], every `stride`-th value.
   @param edge_s [n_bins + 1] rising [s].
   @param direct_s Arrival of the direct sound [s].
   @param range_db Range that can be trusted [dB], e.g. to the noise; 60 for
   all of it.
   @return T [s], or 0 where the range, to the end of the bins too, is under
   14 dB.
*/
double
fh_crowd_decay_s(const float* energy,
                 size_t stride,
                 const float* edge_s,
                 size_t n_bins,
                 double direct_s,
                 double range_db);

#endif // FH_CROWD_H
