// SPDX-License-Identifier: GPL-3.0-or-later
#include "curve.h"
#include "view.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/// Text that grows
typedef struct {
  char* bytes;
  size_t size;
  size_t used;
  int has_failed;
} Text;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
put(Text* text, const char* format, ...)
{
  va_list list;
  va_start(list, format);
  const int n = vsnprintf(NULL, 0, format, list);
  va_end(list);
  if (n < 0 || text->has_failed) {
    text->has_failed = 1;
    return;
  }
  const size_t needed = text->used + (size_t)n + 1;
  if (needed > text->size) {
    char* const bytes = realloc(text->bytes, 2 * needed);
    if (!bytes) {
      text->has_failed = 1;
      return;
    }
    text->bytes = bytes;
    text->size = 2 * needed;
  }
  va_start(list, format);
  vsnprintf(text->bytes + text->used, (size_t)n + 1, format, list);
  va_end(list);
  text->used += (size_t)n;
}

const char*
fh_curve_file_name(FhCurveFormat format)
{
  static const char* const names[FH_N_FORMATS] = {"curve.frd",
                                                  "rew-filters.txt",
                                                  "equalizer-apo.txt",
                                                  "graphic-eq.txt",
                                                  "camilladsp.yml",
                                                  "minidsp-48k.txt",
                                                  "minidsp-96k.txt"};
  return (unsigned)format < FH_N_FORMATS ? names[format] : "";
}

static double
largest(const float db[FH_N_EQ_BANDS])
{
  double most = 0.0;
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    most = fmax(most, (double)db[i]);
  }
  return most;
}

static void
put_frd(Text* text, const float db[FH_N_EQ_BANDS], const char* name)
{
  put(text, "* Measurement: %s\n* Smoothing: None\n", name);
  put(text, "* Freq(Hz) SPL(dB) Phase(degrees)\n");
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    put(text,
        "%.3f %.3f 0.000\n",
        1000.0 * pow(10.0, ((double)i - 17.0) / 10.0),
        (double)db[i]);
  }
}

static void
put_rew(Text* text, const FhPeak* peaks, size_t n, const char* name)
{
  put(text, "Filter Settings file\n\n%s\n\nEqualiser: Generic\n", name);
  for (size_t i = 0; i < n; ++i) {
    put(text,
        "Filter %2zu: ON  PK       Fc %7.1f Hz  Gain %6.2f dB  Q %6.3f\n",
        i + 1,
        peaks[i].hz,
        peaks[i].gain_db,
        peaks[i].q);
  }
}

static void
put_apo(Text* text,
        const float db[FH_N_EQ_BANDS],
        const FhPeak* peaks,
        size_t n,
        const char* name)
{
  put(text, "# %s\nPreamp: %.1f dB\n", name, -largest(db));
  for (size_t i = 0; i < n; ++i) {
    put(text,
        "Filter %zu: ON PK Fc %.1f Hz Gain %.2f dB Q %.3f\n",
        i + 1,
        peaks[i].hz,
        peaks[i].gain_db,
        peaks[i].q);
  }
}

static void
put_graphic(Text* text, const float db[FH_N_EQ_BANDS])
{
  put(text, "GraphicEQ: ");
  for (unsigned i = 0; i < FH_N_EQ_BANDS; ++i) {
    put(text,
        "%s%g %.2f",
        i ? "; " : "",
        (double)fh_view_band_hz(i),
        (double)db[i]);
  }
  put(text, "\n");
}

static void
put_camilla(Text* text,
            const float db[FH_N_EQ_BANDS],
            const FhPeak* peaks,
            size_t n,
            const char* name)
{
  put(text, "# %s\nfilters:\n", name);
  put(text,
      "  fullhouse_headroom:\n    type: Gain\n    parameters:\n"
      "      gain: %.2f\n      inverted: false\n      mute: false\n",
      -largest(db));
  for (size_t i = 0; i < n; ++i) {
    put(text,
        "  fullhouse_%zu:\n    type: Biquad\n    parameters:\n"
        "      type: Peaking\n      freq: %.1f\n      gain: %.2f\n"
        "      q: %.3f\n",
        i + 1,
        peaks[i].hz,
        peaks[i].gain_db,
        peaks[i].q);
  }
  put(text, "pipeline:\n");
  for (int channel = 0; channel < 2; ++channel) {
    put(text,
        "  - type: Filter\n    channel: %d\n    names:\n"
        "      - fullhouse_headroom\n",
        channel);
    for (size_t i = 0; i < n; ++i) {
      put(text, "      - fullhouse_%zu\n", i + 1);
    }
  }
}

// miniDSP's boxes add where the usual form subtracts: a1 and a2 change sign
static void
put_minidsp(Text* text, const FhPeak* peaks, size_t n, double rate_hz)
{
  for (size_t i = 0; i < FH_PEAKS_MAX; ++i) {
    const FhPeakBiquad c = i < n ? fh_peak_biquad(&peaks[i], rate_hz)
                                 : (FhPeakBiquad){1.0, 0.0, 0.0, 0.0, 0.0};
    put(text,
        "biquad%zu,\nb0=%.15g,\nb1=%.15g,\nb2=%.15g,\na1=%.15g,\na2=%.15g%s\n",
        i + 1,
        c.b0,
        c.b1,
        c.b2,
        0.0 - c.a1,
        0.0 - c.a2,
        i + 1 < FH_PEAKS_MAX ? "," : "");
  }
}

char*
fh_curve_text(FhCurveFormat format,
              const float db[FH_N_EQ_BANDS],
              const char* name)
{
  Text text = {0};
  FhPeak peaks[FH_PEAKS_MAX];
  double error_db = 0.0;
  const double rate_hz = format == FH_FORMAT_MINIDSP_96 ? 96000.0 : 48000.0;
  const size_t n = format == FH_FORMAT_FRD || format == FH_FORMAT_GRAPHIC
                     ? 0
                     : fh_peaks_fit(db, rate_hz, peaks, &error_db);
  char title[256];
  snprintf(title,
           sizeof(title),
           "%s; within %.2f dB at the third octaves",
           name,
           error_db);
  switch (format) {
  case FH_FORMAT_FRD:
    put_frd(&text, db, name);
    break;
  case FH_FORMAT_REW:
    put_rew(&text, peaks, n, title);
    break;
  case FH_FORMAT_APO:
    put_apo(&text, db, peaks, n, title);
    break;
  case FH_FORMAT_GRAPHIC:
    put_graphic(&text, db);
    break;
  case FH_FORMAT_CAMILLA:
    put_camilla(&text, db, peaks, n, title);
    break;
  case FH_FORMAT_MINIDSP_48:
  case FH_FORMAT_MINIDSP_96:
    put_minidsp(&text, peaks, n, rate_hz);
    break;
  case FH_N_FORMATS:
    break;
  }
  if (text.has_failed) {
    free(text.bytes);
    return NULL;
  }
  return text.bytes;
}

static FhStatus
write_one(const char* folder, FhCurveFormat format, const char* text)
{
  char path[4096];
  char part[4104];
  const int n =
    snprintf(path, sizeof(path), "%s/%s", folder, fh_curve_file_name(format));
  if (n < 0 || (size_t)n >= sizeof(path)) {
    return FH_ERR_LIMIT;
  }
  snprintf(part, sizeof(part), "%s.part", path);
  FILE* const file = fopen(part, "w");
  if (!file) {
    return FH_ERR_IO;
  }
  const int wrote = fputs(text, file);
  if (fclose(file) || wrote < 0 || rename(part, path)) {
    remove(part);
    return FH_ERR_IO;
  }
  return FH_OK;
}

FhStatus
fh_curve_write_all(const char* folder,
                   const float db[FH_N_EQ_BANDS],
                   const char* name)
{
  if (mkdir(folder, 0777) && errno != EEXIST) {
    return FH_ERR_IO;
  }
  FhStatus status = FH_OK;
  for (unsigned f = 0; !status && f < FH_N_FORMATS; ++f) {
    char* const text = fh_curve_text((FhCurveFormat)f, db, name);
    status = text ? write_one(folder, (FhCurveFormat)f, text) : FH_ERR_NO_MEM;
    free(text);
  }
  return status;
}
