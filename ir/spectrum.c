// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/spectrum.h>

// complex.h comes first, so that fftw_complex is C's own
#include <fftw3.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// FFTW's planner keeps global tables; only execution is safe from any thread
static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

static const size_t max_size = (size_t)1 << 30;

struct FhFftImpl {
  size_t n;
  double* time;
  double complex* frequency;
  fftw_plan forward;
  fftw_plan inverse;
};

struct FhFftFloatImpl {
  size_t n;
  float* time;
  float complex* frequency;
  fftwf_plan forward;
  fftwf_plan inverse;
};

static bool
is_smooth(size_t n)
{
  static const size_t primes[] = {2, 3, 5};
  for (size_t i = 0; i < 3; ++i) {
    while (n % primes[i] == 0) {
      n /= primes[i];
    }
  }
  return n == 1;
}

size_t
fh_fft_size(const size_t n)
{
  size_t size = n < 2 ? 2 : n + (n & 1);
  while (!is_smooth(size)) {
    size += 2;
  }
  return size;
}

FhStatus
fh_fft_new(const size_t n, FhFft** const out)
{
  *out = NULL;
  if (n < 2 || n % 2 || n > max_size) {
    return FH_ERR_BAD_ARG;
  }
  FhFft* const fft = (FhFft*)calloc(1, sizeof(FhFft));
  if (!fft) {
    return FH_ERR_NO_MEM;
  }
  fft->n = n;
  fft->time = fftw_alloc_real(n);
  fft->frequency = fftw_alloc_complex(n / 2 + 1);
  if (fft->time && fft->frequency) {
    pthread_mutex_lock(&planner);
    fft->forward =
      fftw_plan_dft_r2c_1d((int)n, fft->time, fft->frequency, FFTW_ESTIMATE);
    fft->inverse =
      fftw_plan_dft_c2r_1d((int)n, fft->frequency, fft->time, FFTW_ESTIMATE);
    pthread_mutex_unlock(&planner);
  }
  if (!fft->forward || !fft->inverse) {
    fh_fft_free(fft);
    return FH_ERR_NO_MEM;
  }
  *out = fft;
  return FH_OK;
}

void
fh_fft_free(FhFft* const fft)
{
  if (fft) {
    pthread_mutex_lock(&planner);
    if (fft->forward) {
      fftw_destroy_plan(fft->forward);
    }
    if (fft->inverse) {
      fftw_destroy_plan(fft->inverse);
    }
    pthread_mutex_unlock(&planner);
    fftw_free(fft->time);
    fftw_free(fft->frequency);
    free(fft);
  }
}

void
fh_fft_forward(FhFft* const fft,
               const double* const x,
               double complex* const spectrum)
{
  memcpy(fft->time, x, sizeof(*x) * fft->n);
  fftw_execute(fft->forward);
  memcpy(spectrum, fft->frequency, sizeof(*spectrum) * (fft->n / 2 + 1));
}

void
fh_fft_inverse(FhFft* const fft,
               const double complex* const spectrum,
               double* const x)
{
  memcpy(fft->frequency, spectrum, sizeof(*spectrum) * (fft->n / 2 + 1));
  fftw_execute(fft->inverse);
  const double scale = 1.0 / (double)fft->n;
  for (size_t i = 0; i < fft->n; ++i) {
    x[i] = scale * fft->time[i];
  }
}

FhStatus
fh_fft_float_new(const size_t n, FhFftFloat** const out)
{
  *out = NULL;
  if (n < 2 || n % 2 || n > max_size) {
    return FH_ERR_BAD_ARG;
  }
  FhFftFloat* const fft = (FhFftFloat*)calloc(1, sizeof(FhFftFloat));
  if (!fft) {
    return FH_ERR_NO_MEM;
  }
  fft->n = n;
  fft->time = fftwf_alloc_real(n);
  fft->frequency = fftwf_alloc_complex(n / 2 + 1);
  if (fft->time && fft->frequency) {
    pthread_mutex_lock(&planner);
    fft->forward =
      fftwf_plan_dft_r2c_1d((int)n, fft->time, fft->frequency, FFTW_ESTIMATE);
    fft->inverse =
      fftwf_plan_dft_c2r_1d((int)n, fft->frequency, fft->time, FFTW_ESTIMATE);
    pthread_mutex_unlock(&planner);
  }
  if (!fft->forward || !fft->inverse) {
    fh_fft_float_free(fft);
    return FH_ERR_NO_MEM;
  }
  *out = fft;
  return FH_OK;
}

void
fh_fft_float_free(FhFftFloat* const fft)
{
  if (fft) {
    pthread_mutex_lock(&planner);
    if (fft->forward) {
      fftwf_destroy_plan(fft->forward);
    }
    if (fft->inverse) {
      fftwf_destroy_plan(fft->inverse);
    }
    pthread_mutex_unlock(&planner);
    fftwf_free(fft->time);
    fftwf_free(fft->frequency);
    free(fft);
  }
}

void
fh_fft_float_forward(FhFftFloat* const fft,
                     const float* const x,
                     float complex* const spectrum)
{
  memcpy(fft->time, x, sizeof(*x) * fft->n);
  fftwf_execute(fft->forward);
  memcpy(spectrum, fft->frequency, sizeof(*spectrum) * (fft->n / 2 + 1));
}

void
fh_fft_float_inverse(FhFftFloat* const fft,
                     const float complex* const spectrum,
                     float* const x)
{
  memcpy(fft->frequency, spectrum, sizeof(*spectrum) * (fft->n / 2 + 1));
  fftwf_execute(fft->inverse);
  const float scale = 1.0F / (float)fft->n;
  for (size_t i = 0; i < fft->n; ++i) {
    x[i] = scale * fft->time[i];
  }
}

FhStatus
fh_convolve(const double* const a,
            const size_t n_a,
            const double* const b,
            const size_t n_b,
            double* const out)
{
  if (!n_a || !n_b) {
    return FH_ERR_BAD_ARG;
  }
  const size_t n = fh_fft_size(n_a + n_b - 1);
  const size_t n_bins = n / 2 + 1;
  FhFft* fft = NULL;
  double* const x = (double*)calloc(n, sizeof(double));
  double complex* const A =
    (double complex*)malloc(2 * n_bins * sizeof(double complex));
  FhStatus status = x && A ? fh_fft_new(n, &fft) : FH_ERR_NO_MEM;
  if (!status) {
    double complex* const B = A + n_bins;
    memcpy(x, a, sizeof(double) * n_a);
    fh_fft_forward(fft, x, A);
    memset(x, 0, sizeof(double) * n);
    memcpy(x, b, sizeof(double) * n_b);
    fh_fft_forward(fft, x, B);
    for (size_t k = 0; k < n_bins; ++k) {
      A[k] *= B[k];
    }
    fh_fft_inverse(fft, A, x);
    memcpy(out, x, sizeof(double) * (n_a + n_b - 1));
  }
  fh_fft_free(fft);
  free(A);
  free(x);
  return status;
}
