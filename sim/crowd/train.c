// SPDX-License-Identifier: GPL-3.0-or-later
#include "train.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Least number of venues to learn from
#define MIN_VENUES 20u
/// Least number of steps: few rows are seen more often
#define MIN_STEPS 1200u
/// Steps between looks at the venues held out
#define CHECK_STEPS 100u
#define ADAM_FIRST  0.9
#define ADAM_SECOND 0.999
#define ADAM_SMALL  1e-8
/// One cycle: share of the steps that rise, and the ends over the top
#define CYCLE_RISE  0.3
#define CYCLE_START 0.04
#define CYCLE_END   1e-5
/// Absolute errors of the occupancy count alike, whatever their width
#define PEOPLE_BETA 1.0
/// Added to the seed for the nets of the occupancy
#define PEOPLE_SEED 0x70656f70u

CrowdRecipe
crowd_recipe_default(void)
{
  return (CrowdRecipe){.seed = 1,
                       .n_draws = 16,
                       .n_nets = 4,
                       .n_epochs = 12,
                       .batch = 512,
                       .rate = 0.012,
                       .weight_decay = 0.3,
                       .beta = 0.5,
                       .hold_out = 0.12,
                       .share = 1.0};
}

/// Scale that makes nothing of an input
#define LEFT_OUT_SD 1e30f

/// SplitMix64: a stream of numbers from a seed
static uint64_t
next_random(uint64_t* const state)
{
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static double
next_unit(uint64_t* const state)
{
  return (double)(next_random(state) >> 11) * 0x1p-53;
}

/// One number in [0, 1) for a venue, the same in each run
static double
venue_draw(const uint64_t seed, const uint32_t venue)
{
  uint64_t state = seed * 0x9e3779b97f4a7c15u ^ ((uint64_t)venue << 20);
  (void)next_random(&state);
  return next_unit(&state);
}

/// Rows in the scale of the network
typedef struct {
  size_t n_train, n_held;
  float (*x)[CROWD_N_INPUTS];  ///< Training rows first; owned
  float (*y)[CROWD_N_TARGETS]; ///< Owned
} Scaled;

static void
scaled_clear(Scaled* const s)
{
  free(s->x);
  free(s->y);
  memset(s, 0, sizeof *s);
}

static size_t
count_venues(const CrowdRows* const rows, const uint32_t skip_class)
{
  size_t n = 0;
  for (size_t i = 0; i < rows->n_rows; ++i) {
    n += rows->klass[i] != skip_class &&
         (i == 0 || rows->venue[i] != rows->venue[i - 1]);
  }
  return n;
}

static void
set_scales(const CrowdRows* const rows,
           const uint32_t skip_class,
           FhCrowdModel* const model)
{
  double sum[CROWD_N_INPUTS] = {0.0};
  double sum2[CROWD_N_INPUTS] = {0.0};
  double t1[CROWD_N_TARGETS] = {0.0};
  double t2[CROWD_N_TARGETS] = {0.0};
  double n = 0.0;
  for (size_t i = 0; i < rows->n_rows; ++i) {
    if (rows->klass[i] == skip_class) {
      continue;
    }
    n += 1.0;
    for (size_t k = 0; k < CROWD_N_INPUTS; ++k) {
      const double v = (double)rows->inputs[i][k];
      sum[k] += v;
      sum2[k] += v * v;
    }
    for (size_t k = 0; k < CROWD_N_TARGETS; ++k) {
      const double v = (double)rows->targets[i][k];
      t1[k] += v;
      t2[k] += v * v;
    }
  }
  for (size_t k = 0; k < CROWD_N_INPUTS; ++k) {
    const double mean = sum[k] / n;
    model->input_mean[k] = (float)mean;
    model->input_sd[k] =
      (float)(sqrt(fmax(sum2[k] / n - mean * mean, 0.0)) + 1e-3);
  }
  for (size_t k = 0; k < CROWD_N_TARGETS; ++k) {
    const double mean = t1[k] / n;
    model->target_mean[k] = (float)mean;
    model->target_sd[k] =
      (float)(sqrt(fmax(t2[k] / n - mean * mean, 0.0)) + 1e-4);
    model->conformal[k] = 1.0f;
  }
  model->physics_sd_db = 0.35f;
}

static FhStatus
scale_rows(const CrowdRows* const rows,
           const uint32_t skip_class,
           const double hold_out,
           const uint64_t seed,
           const FhCrowdModel* const model,
           Scaled* const out)
{
  memset(out, 0, sizeof *out);
  out->x = (float(*)[CROWD_N_INPUTS])calloc(rows->n_rows + 1, sizeof *out->x);
  out->y = (float(*)[CROWD_N_TARGETS])calloc(rows->n_rows + 1, sizeof *out->y);
  if (!out->x || !out->y) {
    scaled_clear(out);
    return FH_ERR_NO_MEM;
  }
  size_t n = 0;
  for (int held = 0; held < 2; ++held) {
    for (size_t i = 0; i < rows->n_rows; ++i) {
      if (rows->klass[i] == skip_class ||
          (venue_draw(seed, rows->venue[i]) < hold_out) != (held == 1)) {
        continue;
      }
      crowd_standardise(model, rows->inputs[i], out->x[n]);
      for (size_t t = 0; t < CROWD_N_TARGETS; ++t) {
        out->y[n][t] =
          (rows->targets[i][t] - model->target_mean[t]) / model->target_sd[t];
      }
      ++n;
    }
    if (!held) {
      out->n_train = n;
    }
  }
  out->n_held = n - out->n_train;
  return out->n_train && out->n_held ? FH_OK : FH_ERR_NO_SIGNAL;
}

/// Weights of Glorot's width, biases 0
static void
start_weights(const CrowdHead head,
              uint64_t* const random,
              float weights[CROWD_N_WEIGHTS])
{
  const size_t n_outputs =
    head == CROWD_PEOPLE ? CROWD_N_PEOPLE_OUTPUTS : CROWD_N_OUTPUTS;
  const size_t shape[3][2] = {{CROWD_N_HIDDEN, CROWD_N_INPUTS},
                              {CROWD_N_HIDDEN, CROWD_N_HIDDEN},
                              {n_outputs, CROWD_N_HIDDEN}};
  memset(weights, 0, CROWD_N_WEIGHTS * sizeof *weights);
  size_t at = 0;
  for (size_t l = 0; l < 3; ++l) {
    const double width = sqrt(6.0 / (double)(shape[l][0] + shape[l][1]));
    for (size_t i = 0; i < shape[l][0] * shape[l][1]; ++i) {
      weights[at++] = (float)(width * (2.0 * next_unit(random) - 1.0));
    }
    at += shape[l][0];
  }
}

static double
cycle(const double top, const size_t step, const size_t n_steps)
{
  const double at = (double)step / (double)n_steps;
  const bool rises = at < CYCLE_RISE;
  const double part =
    rises ? at / CYCLE_RISE : (at - CYCLE_RISE) / (1.0 - CYCLE_RISE);
  const double from = rises ? CYCLE_START : 1.0;
  const double to = rises ? 1.0 : CYCLE_END;
  return top * (from + (to - from) * 0.5 * (1.0 - cos(FH_PI * part)));
}

/// Memory of one training
typedef struct {
  float weights[CROWD_N_WEIGHTS];
  float best[CROWD_N_WEIGHTS];
  float gradient[CROWD_N_WEIGHTS];
  double first[CROWD_N_WEIGHTS];
  double second[CROWD_N_WEIGHTS];
  uint32_t* order;
  float (*x)[CROWD_N_INPUTS];
  float (*y)[CROWD_N_TARGETS];
  float* scratch;
} Training;

static void
training_free(Training* const t)
{
  if (t) {
    free(t->order);
    free(t->x);
    free(t->y);
    free(t->scratch);
    free(t);
  }
}

static Training*
training_new(const Scaled* const rows, const size_t batch)
{
  Training* const t = (Training*)calloc(1, sizeof(Training));
  if (!t) {
    return NULL;
  }
  const size_t most = batch > rows->n_held ? batch : rows->n_held;
  t->order = (uint32_t*)calloc(rows->n_train, sizeof *t->order);
  t->x = (float(*)[CROWD_N_INPUTS])calloc(batch, sizeof *t->x);
  t->y = (float(*)[CROWD_N_TARGETS])calloc(batch, sizeof *t->y);
  t->scratch = (float*)calloc(crowd_scratch_size(most), sizeof(float));
  if (!t->order || !t->x || !t->y || !t->scratch) {
    training_free(t);
    return NULL;
  }
  return t;
}

static void
shuffle(uint32_t* const order, const size_t n, uint64_t* const random)
{
  for (size_t i = 0; i < n; ++i) {
    order[i] = (uint32_t)i;
  }
  for (size_t i = n; i > 1; --i) {
    const size_t k = (size_t)(next_random(random) % i);
    const uint32_t keep = order[i - 1];
    order[i - 1] = order[k];
    order[k] = keep;
  }
}

static void
adam_step(Training* const t,
          const size_t step,
          const size_t n_weights,
          const double rate,
          const double weight_decay)
{
  const double c1 = 1.0 - pow(ADAM_FIRST, (double)(step + 1));
  const double c2 = 1.0 - pow(ADAM_SECOND, (double)(step + 1));
  for (size_t i = 0; i < n_weights; ++i) {
    const double g = (double)t->gradient[i];
    t->first[i] += (1.0 - ADAM_FIRST) * (g - t->first[i]);
    t->second[i] += (1.0 - ADAM_SECOND) * (g * g - t->second[i]);
    const double move =
      t->first[i] / c1 / (sqrt(t->second[i] / c2) + ADAM_SMALL);
    const double w = (double)t->weights[i];
    t->weights[i] = (float)(w - rate * (move + weight_decay * w));
  }
}

static void
train_one(const CrowdHead head,
          const Scaled* const rows,
          const CrowdRecipe* const recipe,
          const uint64_t seed,
          Training* const t)
{
  const double beta = head == CROWD_PEOPLE ? PEOPLE_BETA : recipe->beta;
  uint64_t random = seed;
  start_weights(head, &random, t->weights);
  memset(t->first, 0, sizeof t->first);
  memset(t->second, 0, sizeof t->second);
  const size_t batch =
    recipe->batch < rows->n_train ? recipe->batch : rows->n_train;
  const size_t per_epoch = rows->n_train / batch;
  const size_t wanted = recipe->n_epochs * per_epoch;
  const size_t n_steps = wanted > MIN_STEPS ? wanted : MIN_STEPS;
  double best = HUGE_VAL;
  for (size_t step = 0; step < n_steps; ++step) {
    const size_t at = step % per_epoch;
    if (!at) {
      shuffle(t->order, rows->n_train, &random);
    }
    for (size_t i = 0; i < batch; ++i) {
      const size_t row = t->order[at * batch + i];
      memcpy(t->x[i], rows->x[row], sizeof t->x[i]);
      memcpy(t->y[i], rows->y[row], sizeof t->y[i]);
    }
    (void)crowd_loss(head,
                     &t->x[0][0],
                     &t->y[0][0],
                     batch,
                     t->weights,
                     beta,
                     NULL,
                     t->scratch,
                     t->gradient);
    adam_step(t,
              step,
              crowd_n_weights(head),
              cycle(recipe->rate, step, n_steps),
              recipe->weight_decay);
    if (step % CHECK_STEPS == CHECK_STEPS - 1 || step + 1 == n_steps) {
      // beta 0: the plain likelihood decides
      const double loss = crowd_loss(head,
                                     &rows->x[rows->n_train][0],
                                     &rows->y[rows->n_train][0],
                                     rows->n_held,
                                     t->weights,
                                     0.0,
                                     NULL,
                                     t->scratch,
                                     NULL);
      if (loss < best) {
        best = loss;
        memcpy(t->best, t->weights, sizeof t->best);
      }
    }
  }
}

/// The next values of a net
static const float*
take(const float* const weights, float* const out, const size_t n)
{
  memcpy(out, weights, n * sizeof *out);
  return weights + n;
}

static void
keep_net(const CrowdHead head,
         const float weights[CROWD_N_WEIGHTS],
         const size_t net,
         FhCrowdModel* const m)
{
  const size_t mid = CROWD_N_HIDDEN;
  const float* w = weights;
  if (head == CROWD_PEOPLE) {
    w = take(w, &m->people_w1[net][0][0], mid * CROWD_N_INPUTS);
    w = take(w, m->people_b1[net], mid);
    w = take(w, &m->people_w2[net][0][0], mid * mid);
    w = take(w, m->people_b2[net], mid);
    w = take(w, &m->people_w3[net][0][0], CROWD_N_PEOPLE_OUTPUTS * mid);
    (void)take(w, m->people_b3[net], CROWD_N_PEOPLE_OUTPUTS);
  } else {
    w = take(w, &m->w1[net][0][0], mid * CROWD_N_INPUTS);
    w = take(w, m->b1[net], mid);
    w = take(w, &m->w2[net][0][0], mid * mid);
    w = take(w, m->b2[net], mid);
    w = take(w, &m->w3[net][0][0], CROWD_N_OUTPUTS * mid);
    (void)take(w, m->b3[net], CROWD_N_OUTPUTS);
  }
}

FhStatus
crowd_train_network(const CrowdRows* const rows,
                    const CrowdRecipe* const recipe,
                    const uint32_t skip_class,
                    FhCrowdModel* const out)
{
  if (recipe->n_nets < 1 || recipe->n_nets > CROWD_MAX_NETS ||
      recipe->batch < 1) {
    return FH_ERR_BAD_ARG;
  }
  if (count_venues(rows, skip_class) < MIN_VENUES) {
    return FH_ERR_NO_SIGNAL;
  }
  // One thread, so that sums repeat to the bit
  openblas_set_num_threads(1);
  memset(out, 0, sizeof *out);
  out->n_nets = recipe->n_nets;
  set_scales(rows, skip_class, out);
  for (size_t k = 0; k < CROWD_N_INPUTS; ++k) {
    out->input_sd[k] = recipe->left_out[k] ? LEFT_OUT_SD : out->input_sd[k];
  }
  FhStatus status = FH_OK;
  for (size_t net = 0; net < recipe->n_nets && !status; ++net) {
    if (recipe->progress &&
        !recipe->progress(recipe->user,
                          "Training",
                          recipe->done + recipe->share * (double)net /
                                           (double)recipe->n_nets)) {
      return FH_ERR_INTERRUPTED;
    }
    // Each net holds out other venues
    Scaled scaled;
    const uint64_t seed = recipe->seed * 1000u + net;
    status = scale_rows(rows, skip_class, recipe->hold_out, seed, out, &scaled);
    if (status) {
      scaled_clear(&scaled);
      return status;
    }
    Training* const training = training_new(&scaled, recipe->batch);
    if (training) {
      train_one(CROWD_LEVELS, &scaled, recipe, seed, training);
      keep_net(CROWD_LEVELS, training->best, net, out);
      train_one(CROWD_PEOPLE, &scaled, recipe, seed + PEOPLE_SEED, training);
      keep_net(CROWD_PEOPLE, training->best, net, out);
    } else {
      status = FH_ERR_NO_MEM;
    }
    training_free(training);
    scaled_clear(&scaled);
  }
  return status ? status : crowd_train_gate(rows, skip_class, out);
}

FhStatus
crowd_train_scales(const CrowdRows* const rows,
                   const uint32_t skip_class,
                   FhCrowdModel* const out)
{
  if (count_venues(rows, skip_class) < MIN_VENUES) {
    return FH_ERR_NO_SIGNAL;
  }
  memset(out, 0, sizeof *out);
  set_scales(rows, skip_class, out);
  return FH_OK;
}
