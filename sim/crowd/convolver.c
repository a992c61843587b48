// SPDX-License-Identifier: GPL-3.0-or-later
#include "convolver.h"

#include <fh/spectrum.h>

#include <complex.h>
#include <stdlib.h>
#include <string.h>

#define N_BINS (CONVOLVER_BLOCK + 1u)

/*
  Overlap-save in equal parts. The new response takes over by a straight
  cross-fade of the outputs of both.
*/
struct ConvolverImpl {
  size_t n_parts;
  size_t newest; ///< Index of the newest spectrum in `past`
  FhFftFloat* fft;
  float complex* part[2]; ///< [n_parts][N_BINS] old and new response
  float complex* past;    ///< [n_parts][N_BINS] spectra of the input
  float complex* sum;
  float* time; ///< [2 * CONVOLVER_BLOCK]
  float last[CONVOLVER_BLOCK];
  size_t fade_at, fade_end;
};

FhStatus
convolver_new(const size_t n_frames, Convolver** const out)
{
  *out = NULL;
  Convolver* const c = (Convolver*)calloc(1, sizeof(Convolver));
  if (!c) {
    return FH_ERR_NO_MEM;
  }
  c->n_parts = (n_frames + CONVOLVER_BLOCK - 1) / CONVOLVER_BLOCK;
  const size_t n = c->n_parts * N_BINS;
  c->part[0] = (float complex*)calloc(n, sizeof(float complex));
  c->part[1] = (float complex*)calloc(n, sizeof(float complex));
  c->past = (float complex*)calloc(n, sizeof(float complex));
  c->sum = (float complex*)calloc(N_BINS, sizeof(float complex));
  c->time = (float*)calloc((size_t)2 * CONVOLVER_BLOCK, sizeof(float));
  if (!c->part[0] || !c->part[1] || !c->past || !c->sum || !c->time ||
      fh_fft_float_new((size_t)2 * CONVOLVER_BLOCK, &c->fft)) {
    convolver_free(c);
    return FH_ERR_NO_MEM;
  }
  *out = c;
  return FH_OK;
}

void
convolver_free(Convolver* const convolver)
{
  if (convolver) {
    fh_fft_float_free(convolver->fft);
    free(convolver->part[0]);
    free(convolver->part[1]);
    free(convolver->past);
    free(convolver->sum);
    free(convolver->time);
    free(convolver);
  }
}

void
convolver_set(Convolver* const convolver,
              const float* const response,
              const size_t n_frames,
              const size_t n_blocks)
{
  Convolver* const c = convolver;
  float complex* const keep = c->part[0];
  c->part[0] = c->part[1];
  c->part[1] = keep;
  for (size_t p = 0; p < c->n_parts; ++p) {
    memset(c->time, 0, sizeof(float) * 2 * CONVOLVER_BLOCK);
    for (size_t i = 0; i < CONVOLVER_BLOCK; ++i) {
      const size_t at = p * CONVOLVER_BLOCK + i;
      c->time[i] = at < n_frames ? response[at] : 0.0f;
    }
    fh_fft_float_forward(c->fft, c->time, c->part[1] + p * N_BINS);
  }
  c->fade_at = 0;
  c->fade_end = n_blocks;
}

/// Add a product of spectra. Parts by name: complex multiplication in C looks
/// for infinities, which keeps compilers from using vectors
static void
add_product(const float complex* const h,
            const float complex* const x,
            float complex* const sum)
{
  const float* const a = (const float*)h;
  const float* const b = (const float*)x;
  float* const to = (float*)sum;
  for (size_t i = 0; i < 2 * N_BINS; i += 2) {
    to[i] += a[i] * b[i] - a[i + 1] * b[i + 1];
    to[i + 1] += a[i] * b[i + 1] + a[i + 1] * b[i];
  }
}

/// The newest block of the input through one of the responses, into `time`
static void
run(Convolver* const c, const size_t which)
{
  memset(c->sum, 0, N_BINS * sizeof *c->sum);
  for (size_t p = 0; p < c->n_parts; ++p) {
    const size_t slot = (c->newest + c->n_parts - p) % c->n_parts;
    add_product(c->part[which] + p * N_BINS, c->past + slot * N_BINS, c->sum);
  }
  fh_fft_float_inverse(c->fft, c->sum, c->time);
}

void
convolver_process(Convolver* const convolver,
                  const float in[CONVOLVER_BLOCK],
                  float out[CONVOLVER_BLOCK])
{
  Convolver* const c = convolver;
  memcpy(c->time, c->last, sizeof c->last);
  memcpy(c->time + CONVOLVER_BLOCK, in, sizeof c->last);
  memcpy(c->last, in, sizeof c->last);
  c->newest = (c->newest + 1) % c->n_parts;
  fh_fft_float_forward(c->fft, c->time, c->past + c->newest * N_BINS);

  run(c, 1);
  memcpy(out, c->time + CONVOLVER_BLOCK, sizeof c->last);
  if (c->fade_at < c->fade_end) {
    run(c, 0);
    const float* const old = c->time + CONVOLVER_BLOCK;
    const float total = (float)(c->fade_end * CONVOLVER_BLOCK);
    for (size_t i = 0; i < CONVOLVER_BLOCK; ++i) {
      const float f = (float)(c->fade_at * CONVOLVER_BLOCK + i) / total;
      out[i] = old[i] + f * (out[i] - old[i]);
    }
    ++c->fade_at;
  }
}
