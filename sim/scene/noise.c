// SPDX-License-Identifier: GPL-3.0-or-later
#include "venue_input.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// Noise criterion curves, 63 Hz to 8 kHz [dB SPL]. Source: Beranek (1957),
// Revised criteria for noise in buildings, Noise Control 3(1), as tabulated in
// ASHRAE Handbook, HVAC Applications, and ANSI S12.2-1995, table 1
#define NC_FIRST 15
#define NC_STEP  5
#define NC_COUNT 12

static const float nc[NC_COUNT][FH_N_OCTAVES] = {
  {47, 36, 29, 22, 17, 14, 12, 11},
  {51, 40, 33, 26, 22, 19, 17, 16},
  {54, 44, 37, 31, 27, 24, 22, 21},
  {57, 48, 41, 35, 31, 29, 28, 27},
  {60, 52, 45, 40, 36, 34, 33, 32},
  {64, 56, 50, 45, 41, 39, 38, 37},
  {67, 60, 54, 49, 46, 44, 43, 42},
  {71, 64, 58, 54, 51, 49, 48, 47},
  {74, 67, 62, 58, 56, 54, 53, 52},
  {77, 71, 67, 63, 61, 59, 58, 57},
  {80, 75, 71, 68, 66, 64, 63, 62},
  {83, 79, 75, 72, 71, 70, 69, 68},
};

// Noise rating curves: L = a + b NR. Source: ISO/R 1996:1971, appendix Y
static const double nr_a[FH_N_OCTAVES] =
  {35.5, 22.0, 12.0, 4.8, 0.0, -3.5, -6.1, -8.0};
static const double nr_b[FH_N_OCTAVES] =
  {0.790, 0.870, 0.930, 0.974, 1.000, 1.015, 1.025, 1.030};

static FhStatus
nc_curve(const double number, float level_db[FH_N_OCTAVES])
{
  const double at = (number - NC_FIRST) / NC_STEP;
  if (!(at >= 0.0 && at <= NC_COUNT - 1)) {
    return FH_ERR_LIMIT;
  }
  const size_t below = at < NC_COUNT - 1 ? (size_t)at : NC_COUNT - 2;
  const float share = (float)(at - (double)below);
  for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
    level_db[i] = nc[below][i] + share * (nc[below + 1][i] - nc[below][i]);
  }
  return FH_OK;
}

static FhStatus
nr_curve(const double number, float level_db[FH_N_OCTAVES])
{
  if (!(number >= 0.0 && number <= 130.0)) {
    return FH_ERR_LIMIT;
  }
  for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
    level_db[i] = (float)(nr_a[i] + nr_b[i] * number);
  }
  return FH_OK;
}

/// Room criterion: the number at 1 kHz, 5 dB less per octave up; Blazier
/// (1981), Noise Control Eng. 16, for 63 Hz to 4 kHz; 8 kHz continues the line
static FhStatus
rc_curve(const double number, float level_db[FH_N_OCTAVES])
{
  if (!(number >= 15.0 && number <= 60.0)) {
    return FH_ERR_LIMIT;
  }
  for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
    level_db[i] = (float)(number + 5.0 * (4.0 - (double)i));
  }
  return FH_OK;
}

FhStatus
fh_noise_curve(const char* const name, float level_db[FH_N_OCTAVES])
{
  static const struct {
    const char* prefix;
    FhStatus (*curve)(double, float*);
  } curves[] = {{"NC", nc_curve}, {"NR", nr_curve}, {"RC", rc_curve}};

  if (!isalpha((unsigned char)name[0]) || !isalpha((unsigned char)name[1])) {
    return FH_ERR_FORMAT;
  }
  const char* number = name + 2;
  number += *number == '-' || *number == ' ';
  if (!isdigit((unsigned char)*number) ||
      strspn(number, "0123456789.") != strlen(number)) {
    return FH_ERR_FORMAT;
  }
  char* end = NULL;
  const double value = strtod(number, &end);
  if (*end) {
    return FH_ERR_FORMAT;
  }
  for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); ++i) {
    if (toupper((unsigned char)name[0]) == curves[i].prefix[0] &&
        toupper((unsigned char)name[1]) == curves[i].prefix[1]) {
      return curves[i].curve(value, level_db);
    }
  }
  return FH_ERR_FORMAT;
}
