// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CROWD_INTERNAL_H
#define FULLHOUSE_CROWD_INTERNAL_H

#include <fh/crowd.h>

/*
  The steps of an inference, which the trainer takes one by one:
  field (tables at this frame's air) -> fit (five numbers) -> features (inputs
  of the network) -> network -> estimate.
*/

#define CROWD_N_THETA  5u
#define CROWD_N_INPUTS 86u
/// Quantiles of the occupancy, 10 to 90 %
#define CROWD_N_QUANTILES 5u
/// Levels, total and early, then the occupancy
#define CROWD_N_LEVELS  16u
#define CROWD_N_TARGETS (CROWD_N_LEVELS + 1u)
/// Units of each of the two hidden layers
#define CROWD_N_HIDDEN 32u
/// Values and log-widths of the nets of the levels, and of those of the people
#define CROWD_N_OUTPUTS        (2u * CROWD_N_LEVELS)
#define CROWD_N_PEOPLE_OUTPUTS 2u
#define CROWD_MAX_NETS         8u
#define CROWD_N_STATES         ((size_t)FH_PROFILE_STATES)
/// Inputs are clipped to this many standard deviations
#define CROWD_INPUT_CLIP 5.0f
/// Corrections of levels are clipped to this [dB]
#define CROWD_CORRECTION_CLIP_DB 3.0f

/// The five numbers of the fit
typedef enum {
  THETA_OCCUPANCY,
  THETA_LOG_CLOTHING,
  THETA_TILT,
  THETA_GAIN_DB,
  THETA_DRIFT_DB
} CrowdTheta;

/// The venue's tables at the air of one frame, put right by the soundcheck
typedef struct {
  float node[FH_PROFILE_STATES][FH_N_OCTAVES]; ///< Added absorption over that
                                               ///< of the full venue
  float occupancy[FH_PROFILE_STATES];
  float tf_db[FH_PROFILE_STATES][FH_N_OCTAVES]; ///< Change at the microphone
  float late_db[FH_PROFILE_STATES][FH_N_OCTAVES];
  float log_t[FH_PROFILE_STATES][FH_N_OCTAVES];
  float total_db[FH_PROFILE_STATES][FH_N_OCTAVES]; ///< Change at the seats
  float early_db[FH_PROFILE_STATES][FH_N_OCTAVES];
  float full_m2[FH_N_OCTAVES];   ///< Added absorption area of the full venue
  float empty_m2[FH_N_OCTAVES];  ///< Absorption area, air included
  float person_m2[FH_N_OCTAVES]; ///< Added absorption area over the capacity
  float standing;                ///< Share of the audience area
  float t0_s[FH_N_OCTAVES];      ///< At the soundcheck
  float direct_ratio_db[FH_N_OCTAVES];
  bool open_air;
  float distance_m;
} CrowdField;

/// Changes against the soundcheck at one theta
typedef struct {
  float tf_db[FH_N_OCTAVES];
  float log_t[FH_N_OCTAVES];
  float late_db[FH_N_OCTAVES];
  float total_db[FH_N_OCTAVES];
  float early_db[FH_N_OCTAVES];
  float added_m2[FH_N_OCTAVES];
} CrowdState;

/// Result of the fit that is after the number of people
typedef struct {
  float theta[CROWD_N_THETA]; ///< Expected
  float sd;                   ///< Of the occupancy
  float quantile[CROWD_N_QUANTILES];
  float misfit; ///< Chi-square over degrees of freedom
} CrowdPeople;

/// Result of the fit that is after the levels, and of that after the people
typedef struct {
  double theta[CROWD_N_THETA];
  double covariance[CROWD_N_THETA][CROWD_N_THETA];
  CrowdState state;
  float total_variance[FH_N_OCTAVES]; ///< Of `state.total_db` [dB2]
  float early_variance[FH_N_OCTAVES];
  float residual[3][FH_N_OCTAVES]; ///< Measured less fitted: tf, log T, late; 0
                                   ///< where not valid
  float misfit;                    ///< Chi-square over degrees of freedom
  CrowdPeople people;
  bool counted; ///< An attendance was known
} CrowdFit;

/// Weights of the residual network, as in the file
struct FhCrowdModelImpl {
  size_t n_nets; ///< 0: ridge regression
  float input_mean[CROWD_N_INPUTS], input_sd[CROWD_N_INPUTS];
  float target_mean[CROWD_N_TARGETS], target_sd[CROWD_N_TARGETS];
  float w1[CROWD_MAX_NETS][CROWD_N_HIDDEN][CROWD_N_INPUTS];
  float b1[CROWD_MAX_NETS][CROWD_N_HIDDEN];
  float w2[CROWD_MAX_NETS][CROWD_N_HIDDEN][CROWD_N_HIDDEN];
  float b2[CROWD_MAX_NETS][CROWD_N_HIDDEN];
  float w3[CROWD_MAX_NETS][CROWD_N_OUTPUTS][CROWD_N_HIDDEN];
  float b3[CROWD_MAX_NETS][CROWD_N_OUTPUTS];
  /// Nets of the occupancy alone: its median, and the logarithm of the mean
  /// distance from it
  float people_w1[CROWD_MAX_NETS][CROWD_N_HIDDEN][CROWD_N_INPUTS];
  float people_b1[CROWD_MAX_NETS][CROWD_N_HIDDEN];
  float people_w2[CROWD_MAX_NETS][CROWD_N_HIDDEN][CROWD_N_HIDDEN];
  float people_b2[CROWD_MAX_NETS][CROWD_N_HIDDEN];
  float people_w3[CROWD_MAX_NETS][CROWD_N_PEOPLE_OUTPUTS][CROWD_N_HIDDEN];
  float people_b3[CROWD_MAX_NETS][CROWD_N_PEOPLE_OUTPUTS];
  float ridge_w[CROWD_N_TARGETS][CROWD_N_INPUTS];
  float ridge_b[CROWD_N_TARGETS];
  float ridge_sd[CROWD_N_TARGETS]; ///< Of its errors, in units of `target_sd`
  float precision[CROWD_N_INPUTS][CROWD_N_INPUTS]; ///< Of the training inputs
  float distance_limit; ///< Squared distance of 99 % of them, per input
  float conformal[CROWD_N_TARGETS]; ///< Factors on the standard deviations
  float physics_sd_db; ///< What the physics alone misses by, beside its own sd
};

/// Correction that the network proposes, in dB and occupancy
typedef struct {
  float mean[CROWD_N_TARGETS]; ///< 8 total, 8 early, occupancy
  float sd[CROWD_N_TARGETS];   ///< Conformal
  float weight;                ///< 0 where the inputs are like no training
  float physics_sd_db;         ///< What the physics alone misses by
} CrowdCorrection;

/// Tables of a profile at the air and soundcheck of a frame
void
crowd_field(const FhProfile* profile,
            const FhCrowdObservation* frame,
            CrowdField* out);

/// Changes at one theta
void
crowd_state(const CrowdField* field,
            const double theta[CROWD_N_THETA],
            CrowdState* out);

/**
   Fit theta to a frame.

   @param capacity Persons when full, for the attendance.
*/
void
crowd_fit(const CrowdField* field,
          const FhCrowdObservation* frame,
          double capacity,
          CrowdFit* out);

/// Inputs of the network
void
crowd_features(const CrowdField* field,
               const CrowdFit* fit,
               float inputs[CROWD_N_INPUTS]);

/// Inputs of one kind, which follow one another
typedef struct {
  const char* name;
  size_t n;
} CrowdInputGroup;

#define CROWD_N_INPUT_GROUPS 12u
/// In the order of the inputs
extern const CrowdInputGroup crowd_input_group[CROWD_N_INPUT_GROUPS];

/// Standardised and clipped inputs
void
crowd_standardise(const FhCrowdModel* model,
                  const float inputs[CROWD_N_INPUTS],
                  float out[CROWD_N_INPUTS]);

/// All nets, the gate and the conformal factors
void
crowd_correct(const FhCrowdModel* model,
              const float inputs[CROWD_N_INPUTS],
              CrowdCorrection* out);

/// Put fit and correction together, before any filter over time
void
crowd_combine(const CrowdField* field,
              const CrowdFit* fit,
              const CrowdCorrection* correction,
              FhCrowdEstimate* out);

/// Number of valid bands from 250 Hz to 4 kHz
size_t
crowd_valid_bands(const FhCrowdObservation* frame);

#endif // FULLHOUSE_CROWD_INTERNAL_H
