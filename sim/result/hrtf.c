// SPDX-License-Identifier: GPL-3.0-or-later
#include "hrtf.h"

#include <fh/bands.h>

#include <math.h>
#include <mysofa.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Where distributions and builds by hand put the set of libmysofa
static const char* const places[] = {
  "/usr/share/libmysofa/default.sofa",
  "/usr/local/share/libmysofa/default.sofa",
};

/// Longest interaural delay that a file may state [s]
#define MAX_DELAY_S 0.01
/// Longest response that is taken [frames]
#define MAX_FRAMES 65536

// Coordinates of a dodecahedron in the unit sphere: 1 / sqrt(3), and that over
// and times the golden ratio
#define A 0.57735026918962576
#define B 0.35682208977308993
#define C 0.93417235896271570

const double hrtf_diffuse[HRTF_N_DIFFUSE][3] = {
  {A, A, A},   {A, A, -A},  {A, -A, A},   {A, -A, -A}, {-A, A, A},
  {-A, A, -A}, {-A, -A, A}, {-A, -A, -A}, {0, B, C},   {0, B, -C},
  {0, -B, C},  {0, -B, -C}, {B, C, 0},    {B, -C, 0},  {-B, C, 0},
  {-B, -C, 0}, {C, 0, B},   {C, 0, -B},   {-C, 0, B},  {-C, 0, -B},
};

struct HrtfImpl {
  struct MYSOFA_EASY* set;
  size_t n_filter; ///< Frames of a measured response
  size_t n_delay;  ///< Room for the delays
  double rate_hz;
  double gain;
  float* ear[2]; ///< [n_filter] scratch; owned
};

void
hrtf_free(Hrtf* const hrtf)
{
  if (hrtf) {
    if (hrtf->set) {
      mysofa_close(hrtf->set);
    }
    free(hrtf->ear[0]);
    free(hrtf->ear[1]);
    free(hrtf);
  }
}

// Energy of a response in 250 Hz to 1 kHz, for an even spectrum before it
static double
mid_energy(const double* const x, const size_t n, const double rate_hz)
{
  static const size_t n_lines = 32;
  double sum = 0.0;
  for (size_t k = 0; k < n_lines; ++k) {
    const double hz = 250.0 * pow(4.0, ((double)k + 0.5) / (double)n_lines);
    double re = 0.0;
    double im = 0.0;
    for (size_t i = 0; i < n; ++i) {
      const double phase = 2.0 * FH_PI * hz * (double)i / rate_hz;
      re += x[i] * cos(phase);
      im += x[i] * sin(phase);
    }
    sum += (re * re + im * im) / (double)n_lines;
  }
  return sum;
}

static FhStatus
set_gain(Hrtf* const h)
{
  const size_t n = hrtf_frames(h);
  double* const x = (double*)calloc(2 * n, sizeof(double));
  if (!x) {
    return FH_ERR_NO_MEM;
  }
  double* ear[2] = {x, x + n};
  double sum = 0.0;
  h->gain = 1.0;
  for (size_t d = 0; d < HRTF_N_DIFFUSE; ++d) {
    hrtf_get(h, hrtf_diffuse[d], ear);
    sum +=
      mid_energy(ear[0], n, h->rate_hz) + mid_energy(ear[1], n, h->rate_hz);
  }
  free(x);
  h->gain = 1.0 / sqrt(sum / (2.0 * HRTF_N_DIFFUSE));
  return isfinite(h->gain) ? FH_OK : FH_ERR_NOT_FINITE;
}

static FhStatus
complain(FhDiag* const diag,
         const char* const path,
         const char* const text,
         const FhStatus status)
{
  fh_diag_add(diag, FH_DIAG_ERROR, path, 0, 0, "%s", text);
  return status;
}

FhStatus
hrtf_new(const char* const path,
         const double rate_hz,
         Hrtf** const out,
         FhDiag* const diag)
{
  *out = NULL;
  const char* file = path;
  for (size_t i = 0; !file && i < sizeof places / sizeof *places; ++i) {
    file = access(places[i], R_OK) ? NULL : places[i];
  }
  if (!file) {
    return complain(diag,
                    NULL,
                    "there are no head-related responses on this machine; "
                    "install libmysofa's, or name a SOFA file with --hrtf",
                    FH_ERR_IO);
  }
  if (access(file, R_OK)) {
    return complain(diag,
                    file,
                    "cannot be read; name a SOFA file with head-related "
                    "responses",
                    FH_ERR_IO);
  }
  Hrtf* const h = (Hrtf*)calloc(1, sizeof(Hrtf));
  if (!h) {
    return FH_ERR_NO_MEM;
  }
  h->rate_hz = rate_hz;
  int n = 0;
  int code = 0;
  h->set = mysofa_open_no_norm(file, (float)rate_hz, &n, &code);
  FhStatus status = FH_OK;
  if (!h->set || n <= 0 || n > MAX_FRAMES) {
    status = complain(diag,
                      file,
                      "holds no head-related responses (SimpleFreeFieldHRIR) "
                      "that libmysofa reads; name another SOFA file",
                      FH_ERR_FORMAT);
  } else {
    h->n_filter = (size_t)n;
    h->n_delay = (size_t)ceil(MAX_DELAY_S * rate_hz);
    h->ear[0] = (float*)calloc(h->n_filter, sizeof(float));
    h->ear[1] = (float*)calloc(h->n_filter, sizeof(float));
    status = h->ear[0] && h->ear[1] ? set_gain(h) : FH_ERR_NO_MEM;
    if (status == FH_ERR_NOT_FINITE) {
      (void)complain(
        diag, file, "its responses are silent or not finite", status);
    }
  }
  if (status) {
    hrtf_free(h);
    return status;
  }
  *out = h;
  return FH_OK;
}

size_t
hrtf_frames(const Hrtf* const hrtf)
{
  return hrtf->n_filter + hrtf->n_delay;
}

void
hrtf_get(const Hrtf* const hrtf, const double direction[3], double* ear[2])
{
  float delay_s[2] = {0.0f, 0.0f};
  mysofa_getfilter_float(hrtf->set,
                         (float)direction[0],
                         (float)direction[1],
                         (float)direction[2],
                         hrtf->ear[0],
                         hrtf->ear[1],
                         &delay_s[0],
                         &delay_s[1]);
  for (size_t e = 0; e < 2; ++e) {
    memset(ear[e], 0, hrtf_frames(hrtf) * sizeof(double));
    // To the nearest frame: 10 us at 48 kHz, less than is heard
    const double frames = round((double)delay_s[e] * hrtf->rate_hz);
    const size_t lag = (size_t)fmin(fmax(frames, 0.0), (double)hrtf->n_delay);
    for (size_t i = 0; i < hrtf->n_filter; ++i) {
      ear[e][lag + i] = hrtf->gain * (double)hrtf->ear[e][i];
    }
  }
}
