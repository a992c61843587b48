// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SPECTRUM_H
#define FH_SPECTRUM_H

#include <fh/status.h>

#include <complex.h>
#include <stddef.h>

/*
  Discrete Fourier transforms of real signals (FFTW).

  Forward: X[k] = sum x[i] exp(-2 pi j i k / n), k = 0 to n / 2. Inverse: the
  exact inverse, 1 / n included. Plans are made under one mutex, so any thread
  may make them; they are estimated and not measured, so that the same input
  gives the same bits in every run. A transform holds its own buffers: use each
  from one thread at a time. Transforming neither allocates nor locks.
*/

typedef struct FhFftImpl FhFft;           ///< Transform of doubles
typedef struct FhFftFloatImpl FhFftFloat; ///< Transform of floats

/// Least even size of the form 2^a 3^b 5^c that is not below `n`
size_t
fh_fft_size(size_t n);

/// Make a transform of `n` real samples (even, 2 to 2^30)
FhStatus
fh_fft_new(size_t n, FhFft** out);

/// Free a transform; does nothing if it is null
void
fh_fft_free(FhFft* fft);

/// Spectrum [n / 2 + 1] of `x` [n]
void
fh_fft_forward(FhFft* fft, const double* x, double complex* spectrum);

/// Signal [n] of `spectrum` [n / 2 + 1], which is kept
void
fh_fft_inverse(FhFft* fft, const double complex* spectrum, double* x);

/// Make a transform of `n` real samples (even, 2 to 2^30)
FhStatus
fh_fft_float_new(size_t n, FhFftFloat** out);

/// Free a transform; does nothing if it is null
void
fh_fft_float_free(FhFftFloat* fft);

/// Spectrum [n / 2 + 1] of `x` [n]
void
fh_fft_float_forward(FhFftFloat* fft, const float* x, float complex* spectrum);

/// Signal [n] of `spectrum` [n / 2 + 1], which is kept
void
fh_fft_float_inverse(FhFftFloat* fft, const float complex* spectrum, float* x);

/**
   Convolve two real signals.

   @param a [n_a] samples; borrowed.
   @param b [n_b] samples; borrowed.
   @param[out] out [n_a + n_b - 1] samples, owned by the caller; may not
   overlap the inputs.
   @return #FH_ERR_BAD_ARG for an empty signal, #FH_ERR_NO_MEM.
*/
FhStatus
fh_convolve(const double* a,
            size_t n_a,
            const double* b,
            size_t n_b,
            double* out);

#endif // FH_SPECTRUM_H
