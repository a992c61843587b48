// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CROWD_TRAIN_H
#define FULLHOUSE_CROWD_TRAIN_H

#include "crowd/model.h"

#include <fh/trace.h>

#include <stdbool.h>
#include <stdint.h>

/// Classes of venues
#define CROWD_N_CLASSES 6u

/// Rows that a model learns from: one frame in one venue each
typedef struct {
  size_t n_rows;
  float (*inputs)[CROWD_N_INPUTS];   ///< [n_rows]
  float (*targets)[CROWD_N_TARGETS]; ///< [n_rows] truth less physics fit
  uint32_t* venue;                   ///< [n_rows] rows of one venue stay
                                     ///< together
  uint32_t* klass;                   ///< [n_rows] below CROWD_N_CLASSES
} CrowdRows;

/// How a network is trained
typedef struct {
  uint64_t seed;       ///< 1
  uint32_t n_draws;    ///< Measurements of each show in the rows, 16
  size_t n_nets;       ///< Nets of the ensemble, 1 to CROWD_MAX_NETS; 4
  size_t n_epochs;     ///< 12; more where there are few rows
  size_t batch;        ///< 512
  double rate;         ///< Highest learning rate, 0.012 (one cycle)
  double weight_decay; ///< 0.3
  double beta;         ///< Of the beta-NLL loss, 0.5
  double hold_out;     ///< Share of venues that stop the training, 0.12
  bool left_out[CROWD_N_INPUTS]; ///< Inputs that the nets do not see
  FhProgressFn progress;         ///< Asked before each net; may be null
  void* user;
  double done, share; ///< Of the whole: before this training, and it itself
} CrowdRecipe;

/// The recipe of the shipped model
CrowdRecipe
crowd_recipe_default(void);

/**
   Train an ensemble of networks.

   Adam with decoupled weight decay, a one-cycle learning rate, and the
   beta-NLL loss for the levels, the absolute error for the occupancy, which has
   nets of its own; each net keeps its best weights on the venues held out.
   Repeats to the bit with the same rows, recipe and machine.

   @param skip_class Rows of this class are left out; CROWD_N_CLASSES for none.
   @param[out] out Model with conformal factors of 1.
   @return #FH_ERR_NO_SIGNAL with fewer than 20 venues, #FH_ERR_NO_MEM,
   #FH_ERR_INTERRUPTED.

   Source: Loshchilov & Hutter 2019 (AdamW); Seitzer et al. 2022 (beta-NLL);
   Smith & Topin 2018 (one cycle).
*/
FhStatus
crowd_train_network(const CrowdRows* rows,
                    const CrowdRecipe* recipe,
                    uint32_t skip_class,
                    FhCrowdModel* out);

/// Ridge regression on the same inputs (`n_nets` 0)
FhStatus
crowd_train_ridge(const CrowdRows* rows,
                  double lambda,
                  uint32_t skip_class,
                  FhCrowdModel* out);

/**
   Factors on the standard deviations, and what the physics alone misses by.

   For each class a model is trained on the others; the factors make its 90 %
   intervals hold 90 % of the errors in that class, all classes together.
*/
FhStatus
crowd_train_conformal(const CrowdRows* rows,
                      const CrowdRecipe* recipe,
                      FhCrowdModel* model);

/// Scales of inputs and targets in a zeroed model, without any weights
FhStatus
crowd_train_scales(const CrowdRows* rows,
                   uint32_t skip_class,
                   FhCrowdModel* out);

/// The distance by which inputs are like the training's, for the gate
FhStatus
crowd_train_gate(const CrowdRows* rows,
                 uint32_t skip_class,
                 FhCrowdModel* model);

/// What a net tells: the levels, or the occupancy
typedef enum {
  CROWD_LEVELS, ///< Means and variances, of the normal distribution
  CROWD_PEOPLE  ///< Median and mean distance from it, of Laplace's
} CrowdHead;

/// Weights of a net, at most CROWD_N_WEIGHTS
size_t
crowd_n_weights(CrowdHead head);

/**
   Loss of one net on a batch and its gradient, for the trainer and its test.

   @param x [n][CROWD_N_INPUTS] standardised.
   @param y [n][CROWD_N_TARGETS] standardised.
   @param weights The net's crowd_n_weights() values: w1 b1 w2 b2 w3 b3.
   @param beta Errors weigh by the power of this of their variance (of their
   mean distance for the occupancy, whose absolute error counts alone with 1).
   @param frozen_variance [n][CROWD_N_TARGETS] var^beta to use as constants, or
   null to take them from this pass (the gradient then leaves them out).
   @param scratch crowd_scratch_size(n) floats.
   @param[out] gradient As many values as weights, or null.
*/
double
crowd_loss(CrowdHead head,
           const float* x,
           const float* y,
           size_t n,
           const float* weights,
           double beta,
           const float* frozen_variance,
           float* scratch,
           float* gradient);

/// Weights of a net of the levels; one of the occupancy has fewer
#define CROWD_N_WEIGHTS                               \
  (CROWD_N_HIDDEN * CROWD_N_INPUTS + CROWD_N_HIDDEN + \
   CROWD_N_HIDDEN * CROWD_N_HIDDEN + CROWD_N_HIDDEN + \
   CROWD_N_OUTPUTS * CROWD_N_HIDDEN + CROWD_N_OUTPUTS)

size_t
crowd_scratch_size(size_t n);

#endif // FULLHOUSE_CROWD_TRAIN_H
