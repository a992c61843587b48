// SPDX-License-Identifier: GPL-3.0-or-later
#include "train.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Added to the covariance of the inputs, so that it can be inverted
#define COVARIANCE_FLOOR 0.05
/// Quantile of a normal distribution that 5 % exceed
#define NORMAL_95 1.6448536

static int
by_value(const void* const a, const void* const b)
{
  const float x = *(const float*)a;
  const float y = *(const float*)b;
  return x < y ? -1 : x > y;
}

/// Value that a share of the values does not exceed; sorts them
static float
quantile(float* const values, const size_t n, const double share)
{
  qsort(values, n, sizeof *values, by_value);
  const double at = share * (double)(n - 1);
  const size_t i = (size_t)at;
  const float f = (float)(at - (double)i);
  return i + 1 < n ? values[i] + f * (values[i + 1] - values[i]) : values[i];
}

FhStatus
crowd_train_gate(const CrowdRows* const rows,
                 const uint32_t skip_class,
                 FhCrowdModel* const model)
{
  const lapack_int n = (lapack_int)CROWD_N_INPUTS;
  double* const a =
    (double*)calloc((size_t)CROWD_N_INPUTS * CROWD_N_INPUTS, sizeof *a);
  float* const distance = (float*)calloc(rows->n_rows + 1, sizeof *distance);
  float(*const x)[CROWD_N_INPUTS] =
    (float(*)[CROWD_N_INPUTS])calloc(rows->n_rows + 1, sizeof *x);
  FhStatus status = a && distance && x ? FH_OK : FH_ERR_NO_MEM;
  size_t count = 0;
  for (size_t r = 0; r < rows->n_rows && !status; ++r) {
    if (rows->klass[r] == skip_class) {
      continue;
    }
    crowd_standardise(model, rows->inputs[r], x[count]);
    for (size_t i = 0; i < CROWD_N_INPUTS; ++i) {
      for (size_t k = 0; k <= i; ++k) {
        a[i * CROWD_N_INPUTS + k] += (double)x[count][i] * (double)x[count][k];
      }
    }
    ++count;
  }
  if (!status && count) {
    for (size_t i = 0; i < CROWD_N_INPUTS; ++i) {
      for (size_t k = 0; k <= i; ++k) {
        a[i * CROWD_N_INPUTS + k] /= (double)count;
      }
      a[i * CROWD_N_INPUTS + i] += COVARIANCE_FLOOR;
    }
    if (LAPACKE_dpotrf(LAPACK_ROW_MAJOR, 'L', n, a, n) ||
        LAPACKE_dpotri(LAPACK_ROW_MAJOR, 'L', n, a, n)) {
      status = FH_ERR_NOT_FINITE;
    }
  }
  if (!status && count) {
    for (size_t i = 0; i < CROWD_N_INPUTS; ++i) {
      for (size_t k = 0; k <= i; ++k) {
        model->precision[i][k] = (float)a[i * CROWD_N_INPUTS + k];
        model->precision[k][i] = model->precision[i][k];
      }
    }
    for (size_t r = 0; r < count; ++r) {
      float sum = 0.0f;
      for (size_t i = 0; i < CROWD_N_INPUTS; ++i) {
        float row = 0.0f;
        for (size_t k = 0; k < CROWD_N_INPUTS; ++k) {
          row += model->precision[i][k] * x[r][k];
        }
        sum += row * x[r][i];
      }
      distance[r] = sum / (float)CROWD_N_INPUTS;
    }
    model->distance_limit = quantile(distance, count, 0.99);
  }
  free(a);
  free(distance);
  free(x);
  return status;
}

FhStatus
crowd_train_ridge(const CrowdRows* const rows,
                  const double lambda,
                  const uint32_t skip_class,
                  FhCrowdModel* const out)
{
  FhStatus status = crowd_train_scales(rows, skip_class, out);
  if (status) {
    return status;
  }
  enum { N = CROWD_N_INPUTS + 1 };
  double(*const a)[N] = (double(*)[N])calloc(N, sizeof *a);
  double(*const b)[CROWD_N_TARGETS] =
    (double(*)[CROWD_N_TARGETS])calloc(N, sizeof *b);
  status = a && b ? FH_OK : FH_ERR_NO_MEM;
  double error2[CROWD_N_TARGETS] = {0.0};
  double count = 0.0;
  // The normal equations, then the errors of their solution
  for (int pass = 0; pass < 2 && !status; ++pass) {
    for (size_t r = 0; r < rows->n_rows; ++r) {
      if (rows->klass[r] == skip_class) {
        continue;
      }
      float x[N];
      crowd_standardise(out, rows->inputs[r], x);
      x[N - 1] = 1.0f;
      for (size_t t = 0; t < CROWD_N_TARGETS; ++t) {
        const double y = (double)((rows->targets[r][t] - out->target_mean[t]) /
                                  out->target_sd[t]);
        double sum = 0.0;
        for (size_t i = 0; i < N; ++i) {
          if (pass) {
            sum += b[i][t] * (double)x[i];
          } else {
            b[i][t] += y * (double)x[i];
          }
        }
        error2[t] += pass ? (y - sum) * (y - sum) : 0.0;
      }
      for (size_t i = 0; i < N && !pass; ++i) {
        for (size_t k = 0; k < N; ++k) {
          a[i][k] += (double)x[i] * (double)x[k];
        }
      }
      count += pass;
    }
    if (!pass) {
      for (size_t i = 0; i < N; ++i) {
        a[i][i] += lambda;
      }
      if (LAPACKE_dposv(LAPACK_ROW_MAJOR,
                        'L',
                        N,
                        CROWD_N_TARGETS,
                        &a[0][0],
                        N,
                        &b[0][0],
                        CROWD_N_TARGETS)) {
        status = FH_ERR_NOT_FINITE;
      }
    }
  }
  for (size_t t = 0; t < CROWD_N_TARGETS && !status; ++t) {
    for (size_t i = 0; i < CROWD_N_INPUTS; ++i) {
      out->ridge_w[t][i] = (float)b[i][t];
    }
    out->ridge_b[t] = (float)b[N - 1][t];
    out->ridge_sd[t] = (float)sqrt(error2[t] / count);
  }
  free(a);
  free(b);
  return status ? status : crowd_train_gate(rows, skip_class, out);
}

FhStatus
crowd_train_conformal(const CrowdRows* const rows,
                      const CrowdRecipe* const recipe,
                      FhCrowdModel* const model)
{
  float* const ratio =
    (float*)calloc((size_t)CROWD_N_TARGETS * rows->n_rows + 1, sizeof *ratio);
  FhCrowdModel* const other = crowd_model_new();
  FhStatus status = ratio && other ? FH_OK : FH_ERR_NO_MEM;
  size_t n = 0;
  double physics2 = 0.0;
  for (uint32_t c = 0; c < CROWD_N_CLASSES && !status; ++c) {
    size_t n_class = 0;
    for (size_t r = 0; r < rows->n_rows; ++r) {
      n_class += rows->klass[r] == c;
    }
    if (!n_class) {
      continue;
    }
    CrowdRecipe part = *recipe;
    part.share = recipe->share / CROWD_N_CLASSES;
    part.done = recipe->done + (double)c * part.share;
    status = model->n_nets ? crowd_train_network(rows, &part, c, other)
                           : crowd_train_ridge(rows, 10.0, c, other);
    for (size_t r = 0; r < rows->n_rows && !status; ++r) {
      if (rows->klass[r] != c) {
        continue;
      }
      CrowdCorrection correction;
      crowd_correct(other, rows->inputs[r], &correction);
      for (size_t t = 0; t < CROWD_N_TARGETS; ++t) {
        ratio[t * rows->n_rows + n] =
          fabsf(rows->targets[r][t] - correction.mean[t]) /
          (correction.sd[t] * (float)NORMAL_95);
      }
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        physics2 += (double)rows->targets[r][b] * (double)rows->targets[r][b] /
                    FH_N_OCTAVES;
      }
      ++n;
    }
  }
  if (!status && n) {
    for (size_t t = 0; t < CROWD_N_TARGETS; ++t) {
      model->conformal[t] = quantile(ratio + t * rows->n_rows, n, 0.9);
    }
    model->physics_sd_db = (float)sqrt(physics2 / (double)n);
  }
  free(ratio);
  fh_crowd_model_free(other);
  return status;
}
