// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/analysis.h>
#include <fh/ir_text.h>
#include <fh/sweep.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
  Any bytes as a response, as text and as samples: no crash, and every value is
  a number in its range or missing with a reason.
*/

static void
require(const int condition)
{
  if (!condition) {
    abort();
  }
}

static void
check_band(const FhBandParameters* const p)
{
  require(p->t30_reason ? isnan(p->t30_s) : p->t30_s > 0.0);
  require(p->t20_reason ? isnan(p->t20_s) : p->t20_s > 0.0);
  require(p->edt_reason ? isnan(p->edt_s) : p->edt_s > 0.0);
  if (!p->energy_reason) {
    require(p->d50 >= 0.0 && p->d50 <= 1.0);
    require(isfinite(p->c50_db) && isfinite(p->c80_db) && isfinite(p->ts_s));
  }
}

static void
analyse(const double* const h, const size_t n, const FhBandShape shape)
{
  FhAnalysisDesc desc = fh_analysis_desc_default();
  desc.shape = shape;
  FhAnalysis a;
  if (fh_analyse(h, n, 48000.0, &desc, &a)) {
    return;
  }
  for (size_t b = 0; b < a.n_bands; ++b) {
    check_band(&a.parameters.band[b]);
  }
  check_band(&a.parameters.broadband);
  float m[FH_N_STI_BANDS][FH_N_MODULATIONS];
  FhSti sti;
  if (!fh_analysis_mtf(&a, m)) {
    require(!fh_sti((const float(*)[FH_N_MODULATIONS])m, NULL, NULL, &sti));
    require(sti.sti >= 0.0 && sti.sti <= 1.0);
  }
  fh_analysis_clear(&a);
}

static void
as_samples(const uint8_t* const data, const size_t size)
{
  const size_t n = size / sizeof(float);
  double* const h = (double*)malloc((n + 1) * sizeof(double));
  if (h) {
    for (size_t i = 0; i < n; ++i) {
      float x = 0.0F;
      memcpy(&x, data + i * sizeof(x), sizeof(x));
      h[i] = (double)x;
    }
    analyse(h, n, FH_BANDS_CLASS_1);
    analyse(h, n, FH_BANDS_COSINE);
    FhDeconvolution d;
    if (!fh_deconvolve(h, n, h, n / 2, 48000.0, 0.0, 0.0, 0.1, &d)) {
      require(isfinite(fh_deconvolution_peak(&d)));
      fh_deconvolution_clear(&d);
    }
  }
  free(h);
}

static void
as_text(const uint8_t* const data, const size_t size)
{
  char path[] = "/tmp/fh-fuzz-response-XXXXXX";
  const int file = mkstemp(path);
  if (file < 0) {
    return;
  }
  if (write(file, data, size) == (ssize_t)size) {
    FhAudio audio;
    if (!fh_ir_text_read(path, 48000.0, NULL, &audio)) {
      require(audio.n_frames > 0 && audio.rate_hz > 0.0);
      fh_audio_clear(&audio);
    }
  }
  close(file);
  remove(path);
}

int
LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t* const data, const size_t size)
{
  if (size > 0) {
    if (data[0] & 1) {
      as_samples(data + 1, size - 1);
    } else {
      as_text(data + 1, size - 1);
    }
  }
  return 0;
}
