// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"

#include <fh/analysis.h>
#include <fh/audio.h>
#include <fh/ir_text.h>
#include <fh/spatial.h>
#include <fh/spectrum.h>
#include <fh/sweep.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
  Every allocation of the library fails once, by -Wl,--wrap: each call then
  reports it, leaves nothing behind (the asan preset looks) and works again.
*/
static size_t until_failure; // 0: none fails
static size_t n_failed;

static bool
fails(void)
{
  if (until_failure && --until_failure == 0) {
    ++n_failed;
    return true;
  }
  return false;
}

void*
__real_malloc(size_t size);
void*
__real_calloc(size_t n, size_t size);
void*
__real_realloc(void* old, size_t size);
void*
__wrap_malloc(size_t size);
void*
__wrap_calloc(size_t n, size_t size);
void*
__wrap_realloc(void* old, size_t size);

void*
__wrap_malloc(const size_t size)
{
  return fails() ? NULL : __real_malloc(size);
}

void*
__wrap_calloc(const size_t n, const size_t size)
{
  return fails() ? NULL : __real_calloc(n, size);
}

void*
__wrap_realloc(void* const old, const size_t size)
{
  return fails() ? NULL : __real_realloc(old, size);
}

#define N 9600

static double h[N];
static double mean[N];

static void
make_response(void)
{
  uint32_t seed = 1;
  for (size_t i = 0; i < N; ++i) {
    seed = seed * 1664525U + 1013904223U;
    const double x = (double)seed / 2147483648.0 - 1.0;
    h[i] = 0.01 + (i < 100 ? 0.0 : x * exp(-(double)i / 900.0));
  }
}

typedef FhStatus (*Call)(void);

// Fail the first allocation, then the second, until there are no more
static void
fail_each(const Call call)
{
  make_response();
  assert_int_equal(call(), FH_OK);
  for (size_t i = 1;; ++i) {
    assert_true(i < 100);
    n_failed = 0;
    until_failure = i;
    const FhStatus status = call();
    until_failure = 0;
    if (!n_failed) {
      assert_int_equal(status, FH_OK);
      break;
    }
    assert_int_equal(status, FH_ERR_NO_MEM);
  }
  assert_int_equal(call(), FH_OK);
}

static FhStatus
call_fft(void)
{
  FhFft* fft = NULL;
  const FhStatus status = fh_fft_new(1024, &fft);
  assert_int_equal(fft != NULL, status == FH_OK);
  fh_fft_free(fft);
  return status;
}

static FhStatus
call_fft_float(void)
{
  FhFftFloat* fft = NULL;
  const FhStatus status = fh_fft_float_new(1024, &fft);
  fh_fft_float_free(fft);
  return status;
}

static FhStatus
call_convolve(void)
{
  double out[199];
  return fh_convolve(h, 100, h, 100, out);
}

static FhStatus
analyse(const FhBandShape shape)
{
  FhAnalysisDesc desc = fh_analysis_desc_default();
  FhAnalysis a;
  desc.shape = shape;
  const FhStatus status = fh_analyse(h, N, 48000.0, &desc, &a);
  assert_int_equal(a.energies.energy != NULL, status == FH_OK);
  fh_analysis_clear(&a);
  return status;
}

static FhStatus
call_analyse(void)
{
  return analyse(FH_BANDS_CLASS_1);
}

static FhStatus
call_analyse_cosine(void)
{
  return analyse(FH_BANDS_COSINE);
}

static FhStatus
call_lateral(void)
{
  FhLateral lateral;
  return fh_lateral(h, h, N, 48000.0, 100, &lateral);
}

static FhStatus
call_iacc(void)
{
  FhIacc iacc;
  return fh_iacc(h, h, N, 48000.0, 100, &iacc);
}

static FhStatus
call_deconvolve(void)
{
  FhDeconvolution d;
  const FhStatus status =
    fh_deconvolve(h, N, h, N, 48000.0, 100.0, 10000.0, 0.1, &d);
  fh_deconvolution_clear(&d);
  return status;
}

static FhStatus
call_average(void)
{
  FhRepeats repeats;
  return fh_sweep_average(h, N, 0, N / 3, 3, mean, &repeats);
}

static FhStatus
call_sweep(void)
{
  FhSweepDesc desc = fh_sweep_desc_default();
  FhAudio audio;
  desc.duration_s = 0.1;
  const FhStatus status = fh_sweep_make(&desc, &audio);
  fh_audio_clear(&audio);
  return status;
}

static FhStatus
call_resample(void)
{
  FhAudio in = {N / 2, 1, 48000.0, NULL};
  FhAudio out;
  float samples[N / 2] = {0};
  in.data = samples;
  const FhStatus status = fh_audio_resample(&in, 44100.0, &out);
  fh_audio_clear(&out);
  return status;
}

static FhStatus
call_text(void)
{
  char path[64];
  float samples[3] = {1.0F, 0.5F, 0.25F};
  const FhAudio out = {3, 1, 48000.0, samples};
  FhAudio in = {0};
  snprintf(path, sizeof(path), "/tmp/fh-test-memory-%ld.txt", (long)getpid());
  FhStatus status = fh_ir_text_write(path, &out, 0);
  status = status ? status : fh_ir_text_read(path, 0.0, NULL, &in);
  fh_audio_clear(&in);
  remove(path);
  return status;
}

static void
test_every_allocation_may_fail(void** state)
{
  (void)state;
  static const Call calls[] = {call_fft,
                               call_fft_float,
                               call_convolve,
                               call_analyse,
                               call_analyse_cosine,
                               call_lateral,
                               call_iacc,
                               call_deconvolve,
                               call_average,
                               call_sweep,
                               call_resample,
                               call_text};
  for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); ++i) {
    fail_each(calls[i]);
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_every_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
