// SPDX-License-Identifier: GPL-3.0-or-later
#include "train.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/// Log-variances are kept within these, as in the forward pass of the plugin
#define MIN_LOG_VARIANCE (-8.0f)
#define MAX_LOG_VARIANCE 4.0f

#define HIDDEN  ((int)CROWD_N_HIDDEN)
#define INPUTS  ((int)CROWD_N_INPUTS)
#define OUTPUTS ((int)CROWD_N_OUTPUTS)

/// Where the layers lie in the weights of one net
typedef struct {
  size_t w1, b1, w2, b2, w3, b3;
} Layout;

static Layout
layout(void)
{
  Layout l;
  l.w1 = 0;
  l.b1 = l.w1 + (size_t)CROWD_N_HIDDEN * CROWD_N_INPUTS;
  l.w2 = l.b1 + CROWD_N_HIDDEN;
  l.b2 = l.w2 + (size_t)CROWD_N_HIDDEN * CROWD_N_HIDDEN;
  l.w3 = l.b2 + CROWD_N_HIDDEN;
  l.b3 = l.w3 + (size_t)CROWD_N_OUTPUTS * CROWD_N_HIDDEN;
  return l;
}

size_t
crowd_scratch_size(const size_t n)
{
  return n * (4u * CROWD_N_HIDDEN + 2u * CROWD_N_OUTPUTS + CROWD_N_HIDDEN);
}

/// out = in * w^T + b
static void
layer(const float* const in,
      const size_t n,
      const int n_in,
      const float* const w,
      const float* const b,
      const int n_out,
      float* const out)
{
  for (size_t i = 0; i < n; ++i) {
    memcpy(out + i * (size_t)n_out, b, (size_t)n_out * sizeof(float));
  }
  cblas_sgemm(CblasRowMajor,
              CblasNoTrans,
              CblasTrans,
              (int)n,
              n_out,
              n_in,
              1.0f,
              in,
              n_in,
              w,
              n_in,
              1.0f,
              out,
              n_out);
}

static void
activate(const float* const in, const size_t n, float* const out)
{
  for (size_t i = 0; i < n; ++i) {
    out[i] = in[i] / (1.0f + expf(-in[i]));
  }
}

/// Gradients of a layer's weights, and of its input where not null
static void
layer_back(const float* const in,
           const float* const d_out,
           const size_t n,
           const int n_in,
           const int n_out,
           const float* const w,
           float* const d_w,
           float* const d_b,
           float* const d_in)
{
  cblas_sgemm(CblasRowMajor,
              CblasTrans,
              CblasNoTrans,
              n_out,
              n_in,
              (int)n,
              1.0f,
              d_out,
              n_out,
              in,
              n_in,
              0.0f,
              d_w,
              n_in);
  memset(d_b, 0, (size_t)n_out * sizeof(float));
  for (size_t i = 0; i < n; ++i) {
    for (int k = 0; k < n_out; ++k) {
      d_b[k] += d_out[i * (size_t)n_out + (size_t)k];
    }
  }
  if (d_in) {
    cblas_sgemm(CblasRowMajor,
                CblasNoTrans,
                CblasNoTrans,
                (int)n,
                n_in,
                n_out,
                1.0f,
                d_out,
                n_out,
                w,
                n_in,
                0.0f,
                d_in,
                n_in);
  }
}

/// Multiply by the derivative of x / (1 + exp(-x))
static void
activate_back(const float* const before, const size_t n, float* const d)
{
  for (size_t i = 0; i < n; ++i) {
    const float s = 1.0f / (1.0f + expf(-before[i]));
    d[i] *= s * (1.0f + before[i] * (1.0f - s));
  }
}

double
crowd_loss(const float* const x,
           const float* const y,
           const size_t n,
           const float* const weights,
           const double beta,
           const float* const frozen_variance,
           float* const scratch,
           float* const gradient)
{
  const Layout l = layout();
  const size_t nh = n * CROWD_N_HIDDEN;
  const size_t no = n * CROWD_N_OUTPUTS;
  float* const z1 = scratch;
  float* const h1 = z1 + nh;
  float* const z2 = h1 + nh;
  float* const h2 = z2 + nh;
  float* const out = h2 + nh;
  float* const d_out = out + no;
  float* const d_h = d_out + no;

  layer(x, n, INPUTS, weights + l.w1, weights + l.b1, HIDDEN, z1);
  activate(z1, nh, h1);
  layer(h1, n, HIDDEN, weights + l.w2, weights + l.b2, HIDDEN, z2);
  activate(z2, nh, h2);
  layer(h2, n, HIDDEN, weights + l.w3, weights + l.b3, OUTPUTS, out);

  // Mean over rows and targets of 1/2 (e^2 / v + ln v) v^beta, the last factor
  // held constant
  const double share = 1.0 / (double)(n * CROWD_N_TARGETS);
  double loss = 0.0;
  for (size_t i = 0; i < n; ++i) {
    for (size_t t = 0; t < CROWD_N_TARGETS; ++t) {
      const size_t m = i * CROWD_N_OUTPUTS + t;
      const size_t s = m + CROWD_N_TARGETS;
      const float raw = out[s];
      const float log_v = fminf(fmaxf(raw, MIN_LOG_VARIANCE), MAX_LOG_VARIANCE);
      const double v = exp((double)log_v);
      const double e = (double)out[m] - (double)y[i * CROWD_N_TARGETS + t];
      const double factor = frozen_variance
                              ? (double)frozen_variance[i * CROWD_N_TARGETS + t]
                              : pow(v, beta);
      loss += share * 0.5 * (e * e / v + (double)log_v) * factor;
      d_out[m] = (float)(share * e / v * factor);
      d_out[s] =
        raw == log_v ? (float)(share * 0.5 * (1.0 - e * e / v) * factor) : 0.0f;
    }
  }
  if (gradient) {
    layer_back(h2,
               d_out,
               n,
               HIDDEN,
               OUTPUTS,
               weights + l.w3,
               gradient + l.w3,
               gradient + l.b3,
               d_h);
    activate_back(z2, nh, d_h);
    // `h2` is done with: its place takes the gradient of the first layer
    layer_back(h1,
               d_h,
               n,
               HIDDEN,
               HIDDEN,
               weights + l.w2,
               gradient + l.w2,
               gradient + l.b2,
               h2);
    activate_back(z1, nh, h2);
    layer_back(x,
               h2,
               n,
               INPUTS,
               HIDDEN,
               weights + l.w1,
               gradient + l.w1,
               gradient + l.b1,
               NULL);
  }
  return loss;
}
