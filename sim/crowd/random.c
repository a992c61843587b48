// SPDX-License-Identifier: GPL-3.0-or-later
#include "generate.h"

#include <math.h>

static uint64_t
next(CrowdRandom* const random)
{
  uint64_t z = (random->state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

CrowdRandom
crowd_random(const uint64_t seed, const uint64_t venue, const uint64_t purpose)
{
  CrowdRandom random = {seed};
  random.state = next(&random) ^ venue;
  random.state = next(&random) ^ purpose;
  (void)next(&random);
  return random;
}

double
crowd_uniform(CrowdRandom* const random, const double low, const double high)
{
  return low + (high - low) * ((double)(next(random) >> 11) * 0x1p-53);
}

double
crowd_normal(CrowdRandom* const random)
{
  // Box and Muller; the second number is not kept, so that streams stay simple
  const double u = crowd_uniform(random, 0x1p-53, 1.0);
  const double v = crowd_uniform(random, 0.0, 1.0);
  return sqrt(-2.0 * log(u)) * cos(2.0 * FH_PI * v);
}

void
crowd_smooth_curve(CrowdRandom* const random, double out[FH_N_OCTAVES])
{
  // Normal numbers one octave apart, blurred by a Gaussian of two octaves
  double knot[FH_N_OCTAVES + 8];
  for (size_t i = 0; i < FH_N_OCTAVES + 8; ++i) {
    knot[i] = crowd_normal(random);
  }
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double sum = 0.0;
    double sum2 = 0.0;
    for (int k = -4; k <= 4; ++k) {
      const double w = exp(-0.5 * (double)(k * k) / 2.0);
      sum += w * knot[(size_t)((int)b + 4 + k) % (FH_N_OCTAVES + 8)];
      sum2 += w * w;
    }
    out[b] = sum / sqrt(sum2);
  }
}
