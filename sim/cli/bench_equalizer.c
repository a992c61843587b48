// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench_equalizer.h"

#include "equalizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RATE_HZ  48000.0
#define N_FRAMES 64u
#define REPEATS  20u

static double
worked_s(void)
{
  struct timespec t;
  (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/// Time of one block, the best of some repeats [s]
static double
time_block(FhEq* const eq, const unsigned n_blocks)
{
  double x[N_FRAMES][2];
  uint32_t state = 1;
  double best = 1.0;
  for (unsigned i = 0; i < REPEATS; ++i) {
    double took = 0.0;
    for (unsigned k = 0; k < n_blocks; ++k) {
      for (size_t f = 0; f < N_FRAMES; ++f) {
        state = state * 1664525u + 1013904223u;
        x[f][0] = (double)(state >> 8) * 0x1p-24 - 0.5;
        x[f][1] = -x[f][0];
      }
      const double began = worked_s();
      fh_eq_process(eq, x, N_FRAMES);
      took += worked_s() - began;
    }
    best = fmin(best, took / (double)n_blocks);
  }
  return best;
}

double
bench_equalizer_us(const bool brief)
{
  FhEqDesigner* const designer = (FhEqDesigner*)calloc(1, sizeof(*designer));
  if (!designer) {
    return 0.0;
  }
  fh_eq_designer_init(designer, RATE_HZ);
  FhEq* const eq = fh_eq_new(designer);
  double us = 0.0;
  if (eq) {
    float command_db[FH_LIVE_BANDS];
    for (size_t i = 0; i < FH_LIVE_BANDS; ++i) {
      command_db[i] = i % 2 ? 3.0f : -3.0f;
    }
    FhEqCurve curve;
    fh_eq_design(designer, command_db, &curve, NULL);
    fh_eq_glide(eq, &curve, N_FRAMES);
    us = 1e6 * time_block(eq, brief ? 100 : 1000);
  }
  fh_eq_free(eq);
  free(designer);
  return us;
}
