// SPDX-License-Identifier: GPL-3.0-or-later

/*
  Time to analyse a response of 4 channels at 96 kHz in full, and how it grows
  with length:  bench_ir [--short]

  "In full" is all of `ir analyze`, octaves and thirds, on every channel, and
  the lateral energy. Aim: 10 s of sound in under 1 s on one core.
*/
#include <fh/analysis.h>
#include <fh/spatial.h>

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double rate_hz = 96000.0;

static double
now_s(void)
{
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void
make_response(double* const h, const size_t n)
{
  uint32_t seed = 1;
  for (size_t i = 0; i < n; ++i) {
    seed = seed * 1664525U + 1013904223U;
    const double x = (double)seed / 2147483648.0 - 1.0;
    const double t = (double)i / rate_hz;
    h[i] = t < 0.01 ? 0.0 : x * exp(-6.9078 * (t - 0.01) / 2.0) + 1e-5 * x;
  }
}

static bool
analyse(const double* const h, const size_t n, const unsigned per_octave)
{
  FhAnalysisDesc desc = fh_analysis_desc_default();
  desc.bands_per_octave = per_octave;
  FhAnalysis a;
  float m[FH_N_STI_BANDS][FH_N_MODULATIONS];
  FhSti sti;
  bool good = !fh_analyse(h, n, rate_hz, &desc, &a);
  if (good && per_octave == 1) {
    good = !fh_analysis_mtf(&a, m) &&
           !fh_sti((const float(*)[FH_N_MODULATIONS])m, NULL, NULL, &sti) &&
           isfinite(fh_analysis_echo(&a, 4, true, NULL)) &&
           isfinite(fh_analysis_echo(&a, 4, false, NULL));
  }
  good = good && fabs(a.parameters.broadband.t20_s - 2.0) < 0.1;
  fh_analysis_clear(&a);
  return good;
}

// CPU seconds for so many seconds of sound; negative on failure
static double
time_of(const double seconds)
{
  const size_t n = (size_t)(seconds * rate_hz);
  double* const h = (double*)malloc(n * sizeof(double));
  if (!h) {
    return -1.0;
  }
  make_response(h, n);
  const double start = now_s();
  bool good = true;
  for (size_t channel = 0; channel < 4; ++channel) {
    good = good && analyse(h, n, 1) && analyse(h, n, 3);
  }
  FhLateral lateral;
  good = good && !fh_lateral(h, h, n, rate_hz, 960, &lateral);
  const double took = now_s() - start;
  free(h);
  return good ? took : -1.0;
}

int
main(const int argc, char** const argv)
{
  const bool is_short = argc > 1 && !strcmp(argv[1], "--short");
  const double length_s = is_short ? 2.5 : 10.0;
  const double once = time_of(length_s);
  const double twice = time_of(2.0 * length_s);
  if (once < 0.0 || twice < 0.0) {
    fputs("the analysis failed\n", stderr);
    return 1;
  }
  printf("{\"sound_s\": %g, \"cpu_s\": %.3f, \"twice_the_sound\": %.2f}\n",
         length_s,
         once,
         twice / once);
  return 0;
}
