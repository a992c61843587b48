// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "curve.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
  Curves in and out. What is written is read back by what other programs would
  make of it: filters by the cookbook's formulae, biquads by their sign
  convention, traces by this program's own reader.
*/

// Curves as the controller makes them: within 6 dB, 3 dB from band to band
static void
make_curve(int which, float db[FH_N_EQ_BANDS])
{
  for (int i = 0; i < FH_N_EQ_BANDS; ++i) {
    const double x = (double)i / (FH_N_EQ_BANDS - 1);
    switch (which) {
    case 0: // Tilt, as a full house wants it
      db[i] = (float)(fmax(0.0, 5.0 * x - 2.0));
      break;
    case 1: // A slow wave
      db[i] = (float)(3.0 * sin(2.0 * 3.14159265 * 1.5 * x));
      break;
    case 2: // Two narrow cuts
      db[i] = i == 8 || i == 20                        ? -4.0f
              : i == 7 || i == 9 || i == 19 || i == 21 ? -2.0f
                                                       : 0.0f;
      break;
    default: // Rough, but within 3 dB from band to band
      db[i] = (float)(2.0 * sin(7.0 * x) + 1.2 * sin(23.0 * x) - 1.0);
      break;
    }
  }
}

static double
band_hz(int i)
{
  return 1000.0 * pow(10.0, (i - 17) / 10.0);
}

static double
largest_error(const FhPeak* peaks,
              size_t n,
              double rate_hz,
              const float db[FH_N_EQ_BANDS])
{
  double largest = 0.0;
  for (int i = 0; i < FH_N_EQ_BANDS; ++i) {
    double sum = 0.0;
    for (size_t k = 0; k < n; ++k) {
      const FhPeakBiquad biquad = fh_peak_biquad(&peaks[k], rate_hz);
      sum += fh_peak_biquad_db(&biquad, band_hz(i), rate_hz);
    }
    largest = fmax(largest, fabs(sum - (double)db[i]));
  }
  return largest;
}

// By definition: the gain at the centre, nothing far away, half of the gain
// in dB at the edges of the bandwidth f/Q (analogue; far under Nyquist)
static void
test_peak_is_a_peak(void** state)
{
  (void)state;
  const FhPeak peak = {1000.0, 6.0, 2.0};
  const FhPeakBiquad biquad = fh_peak_biquad(&peak, 192000.0);
  // Far under Nyquist the sum of squares cancels to 1e-8
  CHECK_NEAR(fh_peak_biquad_db(&biquad, 1000.0, 192000.0), 6.0, 1e-6);
  CHECK_NEAR(fh_peak_biquad_db(&biquad, 10.0, 192000.0), 0.0, 1e-2);
  const double edge_hz = 1000.0 * (sqrt(1.0 + 1.0 / 16.0) + 0.25);
  CHECK_NEAR(fh_peak_biquad_db(&biquad, edge_hz, 192000.0), 3.0, 0.01);
}

static void
test_ten_peaks_follow_the_curve(void** state)
{
  (void)state;
  for (int which = 0; which < 4; ++which) {
    for (int k = 0; k < 2; ++k) {
      const double rate_hz = k ? 96000.0 : 48000.0;
      float db[FH_N_EQ_BANDS];
      make_curve(which, db);
      FhPeak peaks[FH_PEAKS_MAX];
      double error_db = 0.0;
      const size_t n = fh_peaks_fit(db, rate_hz, peaks, &error_db);
      assert_true(n > 0 && n <= FH_PEAKS_MAX);
      const double got_db = largest_error(peaks, n, rate_hz, db);
      // As good as it says; filters under 0.05 dB are left away
      CHECK_NEAR(got_db, error_db, 0.06);
      // A just noticeable difference of level is 1 dB (ISO 3382-1): half that
      assert_true(got_db <= 0.5);
      for (size_t i = 1; i < n; ++i) {
        assert_true(peaks[i].hz >= peaks[i - 1].hz);
      }
    }
  }
}

static void
test_flat_curve_needs_no_filter(void** state)
{
  (void)state;
  const float db[FH_N_EQ_BANDS] = {0};
  FhPeak peaks[FH_PEAKS_MAX];
  double error_db = 1.0;
  assert_int_equal(fh_peaks_fit(db, 48000.0, peaks, &error_db), 0);
  CHECK_NEAR(error_db, 0.0, 0.0);
  for (int f = 0; f < FH_N_FORMATS; ++f) {
    char* const text = fh_curve_text((FhCurveFormat)f, db, "flat");
    assert_non_null(text);
    assert_true(strlen(text) > 10);
    free(text);
  }
}

// Filters as REW and Equalizer APO read them
static void
test_filter_lines_make_the_curve(void** state)
{
  (void)state;
  static const FhCurveFormat formats[] = {FH_FORMAT_REW, FH_FORMAT_APO};
  for (int f = 0; f < 2; ++f) {
    float db[FH_N_EQ_BANDS];
    make_curve(1, db);
    char* const text = fh_curve_text(formats[f], db, "wave");
    assert_non_null(text);
    FhPeak peaks[FH_PEAKS_MAX];
    size_t n = 0;
    for (const char* at = strstr(text, "ON "); at; at = strstr(at + 1, "ON ")) {
      char kind[8] = "";
      assert_true(n < FH_PEAKS_MAX);
      assert_int_equal(sscanf(at,
                              "ON %7s Fc %lf Hz Gain %lf dB Q %lf",
                              kind,
                              &peaks[n].hz,
                              &peaks[n].gain_db,
                              &peaks[n].q),
                       4);
      assert_string_equal(kind, "PK");
      ++n;
    }
    assert_true(n > 0);
    // 0.5 dB of the fit and the rounding of what is printed
    assert_true(largest_error(peaks, n, 48000.0, db) < 0.55);
    if (formats[f] == FH_FORMAT_APO) {
      const char* const preamp = strstr(text, "Preamp: ");
      assert_non_null(preamp);
      CHECK_NEAR(strtod(preamp + 8, NULL), -3.0, 0.11);
    }
    free(text);
  }
}

// miniDSP adds its feedback: y = b0 x + b1 x1 + b2 x2 + a1 y1 + a2 y2. Run the
// filters like that and look at the response to an impulse
static void
test_minidsp_signs(void** state)
{
  (void)state;
  enum { N = 16384 };
  static const double rates_hz[] = {48000.0, 96000.0};
  for (int f = 0; f < 2; ++f) {
    float db[FH_N_EQ_BANDS];
    make_curve(1, db);
    char* const text = fh_curve_text(
      f ? FH_FORMAT_MINIDSP_96 : FH_FORMAT_MINIDSP_48, db, "wave");
    assert_non_null(text);
    double* const x = calloc(N, sizeof(double));
    x[0] = 1.0;
    unsigned n = 0;
    for (const char* at = strstr(text, "biquad"); at;
         at = strstr(at + 1, "biquad")) {
      double c[5];
      unsigned number = 0;
      assert_int_equal(
        sscanf(at,
               "biquad%u,\nb0=%lf,\nb1=%lf,\nb2=%lf,\na1=%lf,\na2=%lf",
               &number,
               &c[0],
               &c[1],
               &c[2],
               &c[3],
               &c[4]),
        6);
      assert_int_equal(number, ++n);
      double x1 = 0.0;
      double x2 = 0.0;
      double y1 = 0.0;
      double y2 = 0.0;
      for (int i = 0; i < N; ++i) {
        const double y =
          c[0] * x[i] + c[1] * x1 + c[2] * x2 + c[3] * y1 + c[4] * y2;
        x2 = x1;
        x1 = x[i];
        y2 = y1;
        y1 = y;
        x[i] = y;
      }
    }
    assert_int_equal(n, 10); // The boxes want ten, spare ones pass
    assert_true(text[strlen(text) - 2] != ','); // The last without a comma
    for (int b = 5; b < FH_N_EQ_BANDS; ++b) {
      const double w = 2.0 * 3.14159265358979 * band_hz(b) / rates_hz[f];
      double re = 0.0;
      double im = 0.0;
      for (int i = 0; i < N; ++i) {
        re += x[i] * cos(w * i);
        im -= x[i] * sin(w * i);
      }
      CHECK_NEAR(10.0 * log10(re * re + im * im), db[b], 0.55);
    }
    free(x);
    free(text);
  }
}

static void
test_graphic_line_is_the_curve(void** state)
{
  (void)state;
  float db[FH_N_EQ_BANDS];
  make_curve(3, db);
  char* const text = fh_curve_text(FH_FORMAT_GRAPHIC, db, "x");
  assert_non_null(text);
  assert_int_equal(strncmp(text, "GraphicEQ: 20 ", 14), 0);
  const char* at = text + 11;
  for (int i = 0; i < FH_N_EQ_BANDS; ++i) {
    double hz = 0.0;
    double gain_db = 0.0;
    assert_int_equal(sscanf(at, "%lf %lf", &hz, &gain_db), 2);
    CHECK_NEAR(hz / band_hz(i), 1.0, 0.02);
    CHECK_NEAR(gain_db, db[i], 0.006);
    at = strchr(at, ';');
    assert_true((at != NULL) == (i + 1 < FH_N_EQ_BANDS));
    at = at ? at + 1 : NULL;
  }
  free(text);
}

// Each filter named in the pipelines is defined, and each defined one is used
// on both channels
static void
test_camilla_pipeline_is_whole(void** state)
{
  (void)state;
  float db[FH_N_EQ_BANDS];
  make_curve(0, db);
  char* const text = fh_curve_text(FH_FORMAT_CAMILLA, db, "tilt");
  assert_non_null(text);
  const char* const pipeline = strstr(text, "\npipeline:\n");
  assert_non_null(pipeline);
  unsigned n_defined = 0;
  unsigned n_used = 0;
  for (const char* at = strstr(text, "fullhouse_"); at;
       at = strstr(at + 1, "fullhouse_")) {
    *(at < pipeline ? &n_defined : &n_used) += 1;
  }
  assert_true(n_defined > 1);
  assert_int_equal(n_used, 2 * n_defined);
  assert_null(strchr(text, '\t'));
  free(text);
}

static void
test_frd_round_trip(void** state)
{
  (void)state;
  float db[FH_N_EQ_BANDS];
  make_curve(3, db);
  char* const text = fh_curve_text(FH_FORMAT_FRD, db, "x");
  FhTrace trace;
  char reason[FH_CURVE_REASON];
  assert_int_equal(fh_trace_parse(text, strlen(text), &trace, reason), FH_OK);
  assert_int_equal(trace.n, FH_N_EQ_BANDS);
  float got[FH_N_EQ_BANDS];
  fh_trace_bands(&trace, got);
  for (int i = 0; i < FH_N_EQ_BANDS; ++i) {
    CHECK_NEAR(got[i] - got[0], db[i] - db[0], 0.002);
  }
  fh_trace_clear(&trace);
  free(text);
}

typedef struct {
  const char* text;
  size_t n;
  double hz1; ///< Second row
  double db1;
  double coherence1; ///< NaN: none
} Good;

static void
test_traces_of_others(void** state)
{
  (void)state;
  static const Good goods[] = {
    {"* Measurement: Hall\n* Freq(Hz) SPL(dB) Phase(degrees)\n"
     "20.0 80.1 12.0\n25.2 81.5 10.0\n",
     2,
     25.2,
     81.5,
     NAN},
    {"\"Hz\",\"dB\"\r\n20,80\r\n40,-3.5\r\n", 2, 40.0, -3.5, NAN},
    {"0.0 90\n10\t1\n20\t2\n30\t3\n", 3, 20.0, 2.0, NAN},
    {"20\t80\t-10\t0.95\n30\t-81.25\t*\t0.5\n", 2, 30.0, -81.25, 0.5},
    {"20,5;80,25\n31,5;-1,5\n", 2, 31.5, -1.5, NAN},
    {"20,5 80,25\n31,5 -1,5\n", 2, 31.5, -1.5, NAN},
    {"Freq  dB\n 2.0e1   8.0E1\n 3e1 1\n", 2, 30.0, 1.0, NAN},
    {"20 1\r30 2\r", 2, 30.0, 2.0, NAN},
    {"\xef\xbb\xbf# caf\xc3\xa9\n20 1\n30 *\n40 2\n", 2, 40.0, 2.0, NAN},
  };
  for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); ++i) {
    FhTrace trace;
    char reason[FH_CURVE_REASON];
    const FhStatus status =
      fh_trace_parse(goods[i].text, strlen(goods[i].text), &trace, reason);
    if (status) {
      print_error("trace %zu: %s\n", i, reason);
    }
    assert_int_equal(status, FH_OK);
    assert_int_equal(trace.n, goods[i].n);
    CHECK_NEAR(trace.hz[1], goods[i].hz1, 1e-9);
    CHECK_NEAR(trace.db[1], goods[i].db1, 1e-9);
    if (isnan(goods[i].coherence1)) {
      assert_true(isnan(trace.coherence[1]));
    } else {
      CHECK_NEAR(trace.coherence[1], goods[i].coherence1, 1e-9);
    }
    fh_trace_clear(&trace);
  }
}

static void
test_utf16_traces(void** state)
{
  (void)state;
  static const char plain[] = "* x\r\n20 1\r\n30 2.5\r\n";
  for (int is_big = 0; is_big < 2; ++is_big) {
    char wide[2 * sizeof(plain) + 2];
    size_t n = 0;
    wide[n++] = is_big ? '\xfe' : '\xff';
    wide[n++] = is_big ? '\xff' : '\xfe';
    for (size_t i = 0; i + 1 < sizeof(plain); ++i) {
      wide[n++] = is_big ? '\0' : plain[i];
      wide[n++] = is_big ? plain[i] : '\0';
    }
    FhTrace trace;
    char reason[FH_CURVE_REASON];
    assert_int_equal(fh_trace_parse(wide, n, &trace, reason), FH_OK);
    assert_int_equal(trace.n, 2);
    CHECK_NEAR(trace.db[1], 2.5, 1e-9);
    fh_trace_clear(&trace);
  }
}

static void
test_bad_traces_say_where(void** state)
{
  (void)state;
  static const struct {
    const char* text;
    const char* words;
  } bads[] = {
    {"", "no rows"},
    {"* only\n# comments\n", "no rows"},
    {"20 1\n", "no rows"},
    {"20 1\n30\n", "line 2: wants"},
    {"20 1\n30 x\n", "line 2: wants"},
    {"20 1\n30 2\n25 3\n", "line 3: frequencies must rise"},
    {"-20 1\n30 2\n", "line 1: frequencies must rise"},
    {"20 1\n30 1e9\n", "line 2: 1e+09 is no level"},
    {"20 1\n30 2abc\n", "line 2: wants"},
  };
  for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); ++i) {
    FhTrace trace;
    char reason[FH_CURVE_REASON];
    assert_int_not_equal(
      fh_trace_parse(bads[i].text, strlen(bads[i].text), &trace, reason),
      FH_OK);
    if (!strstr(reason, bads[i].words)) {
      print_error("trace %zu says: %s\n", i, reason);
    }
    assert_non_null(strstr(reason, bads[i].words));
    assert_null(trace.hz);
  }
}

static void
test_noise_is_no_trace(void** state)
{
  (void)state;
  static const char letters[] = "0123456789.,;+-eE*# \t\r\n\"xnaif\xff\xfe";
  unsigned random = 9;
  for (int i = 0; i < 20000; ++i) {
    char text[96];
    for (size_t k = 0; k < sizeof(text); ++k) {
      random = random * 1664525U + 1013904223U;
      text[k] = letters[(random >> 16) % (sizeof(letters) - 1)];
    }
    FhTrace trace;
    char reason[FH_CURVE_REASON];
    if (!fh_trace_parse(text, sizeof(text), &trace, reason)) {
      float db[FH_N_EQ_BANDS];
      fh_trace_bands(&trace, db);
      fh_trace_clear(&trace);
    }
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_peak_is_a_peak),
    cmocka_unit_test(test_ten_peaks_follow_the_curve),
    cmocka_unit_test(test_flat_curve_needs_no_filter),
    cmocka_unit_test(test_filter_lines_make_the_curve),
    cmocka_unit_test(test_minidsp_signs),
    cmocka_unit_test(test_graphic_line_is_the_curve),
    cmocka_unit_test(test_camilla_pipeline_is_whole),
    cmocka_unit_test(test_frd_round_trip),
    cmocka_unit_test(test_traces_of_others),
    cmocka_unit_test(test_utf16_traces),
    cmocka_unit_test(test_bad_traces_say_where),
    cmocka_unit_test(test_noise_is_no_trace),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
