// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/spectrum.h>
#include <fh/sweep.h>

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// A repeat that differs this much more than the median one is disturbed [dB]
static const double disturbed_db = 6.0;

// Mean of the repeats for which `use` is set
static void
mean_of(const double* const x,
        const size_t period,
        const size_t n_repeats,
        const bool* const use,
        double* const mean)
{
  size_t n_used = 0;
  memset(mean, 0, period * sizeof(double));
  for (size_t k = 0; k < n_repeats; ++k) {
    n_used += use[k];
    for (size_t i = 0; i < period && use[k]; ++i) {
      mean[i] += x[k * period + i];
    }
  }
  for (size_t i = 0; i < period; ++i) {
    mean[i] /= (double)n_used;
  }
}

static double
power_of(const double* const a, const double* const b, const size_t n)
{
  double sum = 0.0;
  for (size_t i = 0; i < n; ++i) {
    const double d = a[i] - (b ? b[i] : 0.0);
    sum += d * d;
  }
  return sum / (double)n;
}

// Delay of `b` re `a` [frames], by the peak of their correlation
static FhStatus
delay_between(const double* const a,
              const double* const b,
              const size_t n,
              double* const delay)
{
  const size_t size = fh_fft_size(2 * n);
  FhFft* fft = NULL;
  double* const x = (double*)calloc(size, sizeof(double));
  double complex* const s =
    (double complex*)malloc(2 * (size / 2 + 1) * sizeof(double complex));
  const FhStatus status = x && s ? fh_fft_new(size, &fft) : FH_ERR_NO_MEM;
  if (!status) {
    double complex* const t = s + size / 2 + 1;
    memcpy(x, a, n * sizeof(double));
    fh_fft_forward(fft, x, s);
    memcpy(x, b, n * sizeof(double));
    fh_fft_forward(fft, x, t);
    for (size_t k = 0; k <= size / 2; ++k) {
      // Whitened: a sweep's own correlation has a blunt peak
      const double complex c = t[k] * conj(s[k]);
      const double magnitude = cabs(c);
      s[k] = magnitude > 0.0 ? c / sqrt(magnitude) : 0.0;
    }
    fh_fft_inverse(fft, s, x);
    size_t peak = 0;
    for (size_t i = 1; i < size; ++i) {
      peak = x[i] > x[peak] ? i : peak;
    }
    const double left = x[(peak + size - 1) % size];
    const double right = x[(peak + 1) % size];
    const double curve = left - 2.0 * x[peak] + right;
    const double shift = curve < 0.0 ? 0.5 * (left - right) / curve : 0.0;
    const double at = (double)peak + shift;
    *delay = at > 0.5 * (double)size ? at - (double)size : at;
  }
  fh_fft_free(fft);
  free(s);
  free(x);
  return status;
}

static int
compare(const void* const a, const void* const b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

// Leave out what differs much from the mean; twice, as the first mean is spoilt
static void
select_repeats(const double* const x,
               const size_t period,
               const size_t n_repeats,
               bool* const use,
               double* const mean,
               double* const spread)
{
  double difference[100];
  double sorted[100];
  for (size_t pass = 0; pass < 2; ++pass) {
    mean_of(x, period, n_repeats, use, mean);
    for (size_t k = 0; k < n_repeats; ++k) {
      difference[k] = power_of(x + k * period, mean, period);
      sorted[k] = difference[k];
    }
    qsort(sorted, n_repeats, sizeof(double), compare);
    const double limit =
      sorted[(n_repeats - 1) / 2] * pow(10.0, 0.1 * disturbed_db);
    for (size_t k = 0; k < n_repeats; ++k) {
      use[k] = n_repeats < 3 || difference[k] <= limit;
    }
  }
  mean_of(x, period, n_repeats, use, mean);
  size_t n_used = 0;
  *spread = 0.0;
  for (size_t k = 0; k < n_repeats; ++k) {
    n_used += use[k];
    *spread += use[k] ? power_of(x + k * period, mean, period) : 0.0;
  }
  *spread /= (double)n_used;
}

FhStatus
fh_sweep_average(const double* const recording,
                 const size_t n,
                 const size_t first,
                 const size_t period,
                 const size_t n_repeats,
                 double* const mean,
                 FhRepeats* const out)
{
  if (!period || !n_repeats || n_repeats > 100 || first > n ||
      (n - first) / period < n_repeats) {
    return FH_ERR_BAD_ARG;
  }
  const double* const x = recording + first;
  bool use[100];
  double spread = 0.0;
  double delay = 0.0;
  for (size_t k = 0; k < n_repeats; ++k) {
    use[k] = true;
  }
  select_repeats(x, period, n_repeats, use, mean, &spread);
  if (n_repeats > 1) {
    const FhStatus status =
      delay_between(x, x + (n_repeats - 1) * period, period, &delay);
    if (status) {
      return status;
    }
  }
  memset(out, 0, sizeof(*out));
  for (size_t k = 0; k < n_repeats; ++k) {
    out->n_used += use[k];
  }
  out->n_left_out = n_repeats - out->n_used;
  out->drift_ppm = n_repeats > 1
                     ? 1e6 * delay / ((double)(n_repeats - 1) * (double)period)
                     : 0.0;
  const double power = power_of(mean, NULL, period);
  out->repeatable_db =
    spread > 0.0 ? 10.0 * log10(power / spread) : (double)INFINITY;
  return FH_OK;
}
