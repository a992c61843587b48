// SPDX-License-Identifier: GPL-3.0-or-later
#include "train.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/// Log-variances, and logarithms of widths, are kept within these, as in the
/// forward pass of the plugin
#define MIN_LOG_VARIANCE (-8.0f)
#define MAX_LOG_VARIANCE 4.0f
/// Distances from the median are rounded within this, in the scale of the
/// target: some 0.01 of the occupancy
#define ROUND 0.05

#define HIDDEN ((int)CROWD_N_HIDDEN)
#define INPUTS ((int)CROWD_N_INPUTS)

/// Targets that a net has, and the first of them
static size_t
head_targets(const CrowdHead head)
{
  return head == CROWD_PEOPLE ? 1 : CROWD_N_LEVELS;
}

static size_t
first_target(const CrowdHead head)
{
  return head == CROWD_PEOPLE ? CROWD_N_LEVELS : 0;
}

/// Where the layers lie in the weights of one net
typedef struct {
  size_t w1, b1, w2, b2, w3, b3, end;
} Layout;

static Layout
layout(const CrowdHead head)
{
  const size_t n_outputs = 2 * head_targets(head);
  Layout l;
  l.w1 = 0;
  l.b1 = l.w1 + (size_t)CROWD_N_HIDDEN * CROWD_N_INPUTS;
  l.w2 = l.b1 + CROWD_N_HIDDEN;
  l.b2 = l.w2 + (size_t)CROWD_N_HIDDEN * CROWD_N_HIDDEN;
  l.w3 = l.b2 + CROWD_N_HIDDEN;
  l.b3 = l.w3 + n_outputs * CROWD_N_HIDDEN;
  l.end = l.b3 + n_outputs;
  return l;
}

size_t
crowd_n_weights(const CrowdHead head)
{
  return layout(head).end;
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

/// Loss of one value and its derivatives by value and log-width
typedef struct {
  double loss, by_value, by_width;
} Term;

/// 1/2 (e^2 / v + ln v)
static Term
normal_term(const double e, const double log_v)
{
  const double v = exp(log_v);
  return (Term){0.5 * (e * e / v + log_v), e / v, 0.5 * (1.0 - e * e / v)};
}

/// |e| / w + ln w, the distance rounded at its corner
static Term
laplace_term(const double e, const double log_w)
{
  const double w = exp(log_w);
  const double far = sqrt(e * e + ROUND * ROUND);
  return (Term){far / w + log_w, e / (far * w), 1.0 - far / w};
}

double
crowd_loss(const CrowdHead head,
           const float* const x,
           const float* const y,
           const size_t n,
           const float* const weights,
           const double beta,
           const float* const frozen_variance,
           float* const scratch,
           float* const gradient)
{
  const Layout l = layout(head);
  const size_t n_targets = head_targets(head);
  const size_t first = first_target(head);
  const size_t n_outputs = 2 * n_targets;
  const size_t nh = n * CROWD_N_HIDDEN;
  const size_t no = n * n_outputs;
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
  layer(h2, n, HIDDEN, weights + l.w3, weights + l.b3, (int)n_outputs, out);

  // Mean over rows and targets of the losses times width^beta, which is held
  // constant
  const double share = 1.0 / (double)(n * n_targets);
  double loss = 0.0;
  for (size_t i = 0; i < n; ++i) {
    for (size_t t = 0; t < n_targets; ++t) {
      const size_t m = i * n_outputs + t;
      const size_t s = m + n_targets;
      const size_t at = i * CROWD_N_TARGETS + first + t;
      const float raw = out[s];
      const float width = fminf(fmaxf(raw, MIN_LOG_VARIANCE), MAX_LOG_VARIANCE);
      const double e = (double)out[m] - (double)y[at];
      const Term term = head == CROWD_PEOPLE ? laplace_term(e, (double)width)
                                             : normal_term(e, (double)width);
      const double factor =
        share * (frozen_variance ? (double)frozen_variance[at]
                                 : exp(beta * (double)width));
      loss += factor * term.loss;
      d_out[m] = (float)(factor * term.by_value);
      d_out[s] = raw == width ? (float)(factor * term.by_width) : 0.0f;
    }
  }
  if (gradient) {
    layer_back(h2,
               d_out,
               n,
               HIDDEN,
               (int)n_outputs,
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
