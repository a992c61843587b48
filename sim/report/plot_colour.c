// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/plot.h>

#include <math.h>
#include <stdint.h>

// Every eighth entry of the published table of 256 (N. Smith, S. van der Walt,
// 2015, CC0); between them a straight line is within 2/255
static const uint32_t viridis[33] = {
  0x440154, 0x470d60, 0x48186a, 0x482374, 0x472d7b, 0x453781, 0x424086,
  0x3e4989, 0x3b528b, 0x375b8d, 0x33638d, 0x2f6b8e, 0x2c728e, 0x297a8e,
  0x26828e, 0x23898e, 0x21918c, 0x1f978b, 0x1f9f88, 0x21a685, 0x27ad81,
  0x31b57b, 0x3dbc74, 0x4cc26c, 0x5cc863, 0x6ece58, 0x81d34d, 0x95d840,
  0xaadc32, 0xc0df25, 0xd5e21a, 0xeae51a, 0xfde725};

static double
lane(const uint32_t rgb, const unsigned shift)
{
  return (double)((rgb >> shift) & 0xFFU) / 255.0;
}

static void
at_viridis(const double x, double rgb[3])
{
  const double p = 32.0 * x;
  const size_t i = p < 31.0 ? (size_t)p : 31;
  const double w = p - (double)i;
  for (unsigned k = 0; k < 3; ++k) {
    const unsigned shift = 16 - 8 * k;
    rgb[k] =
      (1.0 - w) * lane(viridis[i], shift) + w * lane(viridis[i + 1], shift);
  }
}

static double
polynomial(const double c[6], const double x)
{
  double sum = 0.0;
  for (size_t i = 6; i-- > 0;) {
    sum = sum * x + c[i];
  }
  return fmin(fmax(sum / 255.0, 0.0), 1.0);
}

// The polynomial of d3-scale-chromatic for the table of Nunez, Anderton and
// Renslow, PLoS ONE 13(7), 2018, e0199239
static void
at_cividis(const double x, double rgb[3])
{
  static const double c[3][6] = {
    {-4.54, -35.34, 2381.73, -6402.7, 7024.72, -2710.57},
    {32.49, 170.73, 52.82, -131.46, 176.58, -67.37},
    {81.24, 442.36, -2482.43, 6167.24, -6614.94, 2475.67}};
  for (size_t k = 0; k < 3; ++k) {
    rgb[k] = polynomial(c[k], x);
  }
}

// Lightness falls evenly to both ends; the hues stay apart for the colour-blind
static void
at_diverging(const double x, double rgb[3])
{
  static const double ends[2][3] = {{0.07, 0.30, 0.60}, {0.55, 0.27, 0.03}};
  static const double middle = 0.96;
  const double d = 2.0 * x - 1.0;
  for (size_t k = 0; k < 3; ++k) {
    rgb[k] = middle + (ends[d > 0.0][k] - middle) * fabs(d);
  }
}

void
fh_colour_at(const FhColourMap map, const double x, double rgb[3])
{
  if (!isfinite(x)) {
    rgb[0] = rgb[1] = rgb[2] = 0.75;
    return;
  }
  const double v = fmin(fmax(x, 0.0), 1.0);
  switch (map) {
  case FH_COLOUR_VIRIDIS:
    at_viridis(v, rgb);
    return;
  case FH_COLOUR_CIVIDIS:
    at_cividis(v, rgb);
    return;
  case FH_COLOUR_DIVERGING:
    at_diverging(v, rgb);
    return;
  case FH_COLOUR_RISING:
    at_diverging(0.5 + 0.5 * v, rgb);
    return;
  }
}
