// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/bands.h>

#include <assert.h>
#include <math.h>
#include <stdbool.h>

static const char* const octave_names[FH_N_OCTAVES] =
  {"63", "125", "250", "500", "1000", "2000", "4000", "8000"};

static const char* const third_names[FH_N_THIRDS] = {
  "50",   "63",   "80",   "100",  "125",  "160",  "200",  "250",
  "315",  "400",  "500",  "630",  "800",  "1000", "1250", "1600",
  "2000", "2500", "3150", "4000", "5000", "6300", "8000", "10000"};

double
fh_octave_hz(const size_t i)
{
  assert(i < FH_N_OCTAVES);
  return 1000.0 * pow(10.0, 0.3 * ((double)i - 4.0));
}

double
fh_third_hz(const size_t i)
{
  assert(i < FH_N_THIRDS);
  return 1000.0 * pow(10.0, 0.1 * ((double)i - 13.0));
}

const char*
fh_octave_name(const size_t i)
{
  assert(i < FH_N_OCTAVES);
  return octave_names[i];
}

const char*
fh_third_name(const size_t i)
{
  assert(i < FH_N_THIRDS);
  return third_names[i];
}

void
fh_octaves_to_thirds(const float octave[FH_N_OCTAVES], float third[FH_N_THIRDS])
{
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    // The middle third of an octave sits on its midband
    const double x = ((double)i - 1.0) / 3.0;
    const double at = fmin(fmax(x, 0.0), (double)(FH_N_OCTAVES - 1));
    const size_t lo = at >= FH_N_OCTAVES - 1 ? FH_N_OCTAVES - 2 : (size_t)at;
    const double f = at - (double)lo;
    third[i] =
      (float)((1.0 - f) * (double)octave[lo] + f * (double)octave[lo + 1]);
  }
}

void
fh_octave_means_to_thirds(const float octave[FH_N_OCTAVES],
                          float third[FH_N_THIRDS])
{
  // The mean of an octave is 7/9 of its own midband's value and 1/9 of each
  // neighbour's, 8/9 and 1/9 at the ends: eliminated forwards, then backwards
  double factor[FH_N_OCTAVES];
  double value[FH_N_OCTAVES];
  for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
    const bool is_end = i == 0 || i + 1 == FH_N_OCTAVES;
    const double before_factor = i ? factor[i - 1] : 0.0;
    const double before_value = i ? value[i - 1] : 0.0;
    const double own = (is_end ? 8.0 : 7.0) - before_factor;
    factor[i] = 1.0 / own;
    value[i] = (9.0 * (double)octave[i] - before_value) / own;
  }
  float knot[FH_N_OCTAVES];
  for (size_t i = FH_N_OCTAVES; i-- > 0;) {
    const double after = i + 1 < FH_N_OCTAVES ? (double)knot[i + 1] : 0.0;
    knot[i] = (float)(value[i] - factor[i] * after);
  }
  fh_octaves_to_thirds(knot, third);
}

void
fh_thirds_sum(const float third[FH_N_THIRDS], float octave[FH_N_OCTAVES])
{
  for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
    octave[i] = third[3 * i] + third[3 * i + 1] + third[3 * i + 2];
  }
}

void
fh_thirds_mean(const float third[FH_N_THIRDS], float octave[FH_N_OCTAVES])
{
  fh_thirds_sum(third, octave);
  for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
    octave[i] /= 3.0F;
  }
}

// Pole frequencies of IEC 61672-1:2013, annex E [Hz]
static const double f1_hz = 20.598997;
static const double f2_hz = 107.65265;
static const double f3_hz = 737.86223;
static const double f4_hz = 12194.217;

static double
c_magnitude(const double f)
{
  const double f_2 = f * f;
  return (f4_hz * f4_hz * f_2) /
         ((f_2 + f1_hz * f1_hz) * (f_2 + f4_hz * f4_hz));
}

static double
a_magnitude(const double f)
{
  const double f_2 = f * f;
  return c_magnitude(f) * f_2 /
         sqrt((f_2 + f2_hz * f2_hz) * (f_2 + f3_hz * f3_hz));
}

double
fh_a_weight_db(const double frequency_hz)
{
  return 20.0 * log10(a_magnitude(frequency_hz) / a_magnitude(1000.0));
}

double
fh_c_weight_db(const double frequency_hz)
{
  return 20.0 * log10(c_magnitude(frequency_hz) / c_magnitude(1000.0));
}
