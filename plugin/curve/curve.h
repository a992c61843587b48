// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CURVE_H
#define FULLHOUSE_CURVE_H

#include "ports.h"

#include <fh/status.h>

#include <stddef.h>

/*
  Curves in and out: the equaliser for those who cannot insert a plugin, and
  measurements of other programs to hold against it.
*/

/// Room for words about an error, with their end
#define FH_CURVE_REASON 160
/// Most filters of a fit; a miniDSP has ten
#define FH_PEAKS_MAX 10

/// A peaking filter after R. Bristow-Johnson's "Audio EQ Cookbook"
typedef struct {
  double hz;      ///< Centre [Hz]
  double gain_db; ///< At the centre [dB]
  double q;       ///< 0.3 to 8
} FhPeak;

/// Coefficients, a0 = 1: y = b0 x + b1 x1 + b2 x2 - a1 y1 - a2 y2
typedef struct {
  double b0, b1, b2, a1, a2;
} FhPeakBiquad;

/// Coefficients of a peak at a sample rate above twice its centre
FhPeakBiquad
fh_peak_biquad(const FhPeak* peak, double rate_hz);

/// Gain of a biquad at a frequency [dB]
double
fh_peak_biquad_db(const FhPeakBiquad* biquad, double hz, double rate_hz);

/**
   Fit peaking filters to a curve by least squares.

   @param db Gains of the 31 third octaves [dB].
   @param rate_hz Sample rate that the filters run at [Hz].
   @param[out] peaks In order of frequency.
   @param[out] error_db Largest deviation at a band's centre [dB].
   @return Number of filters, 0 for a flat curve.
*/
size_t
fh_peaks_fit(const float db[FH_N_EQ_BANDS],
             double rate_hz,
             FhPeak peaks[FH_PEAKS_MAX],
             double* error_db);

/// What a curve can be written as
typedef enum {
  FH_FORMAT_FRD,        ///< Frequency and gain: REW, VituixCAD, Smaart
  FH_FORMAT_REW,        ///< REW "Filter Settings file", generic equaliser
  FH_FORMAT_APO,        ///< Equalizer APO: preamp and filters
  FH_FORMAT_GRAPHIC,    ///< One GraphicEQ line: Equalizer APO, Wavelet
  FH_FORMAT_CAMILLA,    ///< CamillaDSP: filters and pipeline, YAML
  FH_FORMAT_MINIDSP_48, ///< miniDSP "advanced biquads" for 48 kHz
  FH_FORMAT_MINIDSP_96, ///< The same for 96 kHz
  FH_N_FORMATS
} FhCurveFormat;

/// Usual file name, e.g. "equalizer-apo.txt"; static storage
const char*
fh_curve_file_name(FhCurveFormat format);

/**
   A curve as text of a format.

   @param db Gains of the 31 third octaves [dB], finite.
   @param name What it is, for the first line; no newline.
   @return Text owned by the caller (free()), null when out of memory.
*/
char*
fh_curve_text(FhCurveFormat format,
              const float db[FH_N_EQ_BANDS],
              const char* name);

/// Write all formats below a folder, which is made; #FH_ERR_IO, #FH_ERR_NO_MEM
FhStatus
fh_curve_write_all(const char* folder,
                   const float db[FH_N_EQ_BANDS],
                   const char* name);

/// A measurement of another program; arrays are owned
typedef struct {
  size_t n;
  double* hz;        ///< Rising, above zero [Hz]
  double* db;        ///< [dB]
  double* coherence; ///< 0 to 1; NaN where the file has none
} FhTrace;

/**
   Read FRD, REW or Open Sound Meter text.

   Columns are frequency, level, phase and coherence, the last two optional,
   separated by comma, semicolon, tab or space; text, `*` and `#` begin a
   comment line; `*` is no value. UTF-8, UTF-16, a decimal comma (where the
   comma does not separate) and a row at 0 Hz are taken.

   @param bytes The file; borrowed for the call.
   @param[out] out Cleared with fh_trace_clear(); empty on error.
   @param[out] reason "line N: words", #FH_CURVE_REASON characters.
   @return #FH_ERR_FORMAT, #FH_ERR_LIMIT, #FH_ERR_NO_MEM.

   Source: REW help, "Importing measurement data"; Open Sound Meter,
   src/source/stored.cpp.
*/
FhStatus
fh_trace_parse(const char* bytes, size_t size, FhTrace* out, char* reason);

/// The same from a file; #FH_ERR_IO
FhStatus
fh_trace_read(const char* path, FhTrace* out, char* reason);

/// Free the arrays
void
fh_trace_clear(FhTrace* trace);

/**
   Mean energy of each third octave, with the mean of 250 Hz to 4 kHz removed.

   @param[out] db 31 values [dB]; NaN where the trace has nothing within the
   band or on both sides of it.
*/
void
fh_trace_bands(const FhTrace* trace, float db[FH_N_EQ_BANDS]);

#endif // FULLHOUSE_CURVE_H
