// SPDX-License-Identifier: GPL-3.0-or-later
#include "family.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_THETA 73
#define N_PHI   144
/// Nothing is quieter than this anywhere: leaks and edges see to it
#define FLOOR 0.0316
/// The patterns are made for this speed [m/s]: models hold them by frequency
#define SPEED 343.2
/// Steps of the direction cosine in a mouth's tables, and of its arc
#define N_COSINES 128
#define N_ARC     64

/// Field of a mouth in one plane against the direction cosine, 0 to 1
typedef struct {
  double complex at[N_COSINES + 1];
} Plane;

static double
sinc(const double x)
{
  return fabs(x) < 1e-6 ? 1.0 : sin(x) / x;
}

/// A mouth's wavefront cut into pieces
typedef struct {
  double cosine[N_ARC];
  double sine[N_ARC];
  double drive[N_ARC];
} Arc;

/// The drive falls to half at the coverage angle and smoothly beyond, as the
/// far pattern of a large arc is its drive
static void
arc_init(Arc* const arc, const double cover)
{
  const double reach = fmin(cover, 0.5 * FH_PI);
  for (size_t i = 0; i < N_ARC; ++i) {
    const double psi = reach * ((2.0 * (double)i + 1.0) / (double)N_ARC - 1.0);
    const double x = 2.0 * psi / cover;
    const double x2 = x * x;
    arc->cosine[i] = cos(psi);
    arc->sine[i] = sin(psi);
    arc->drive[i] = 1.0 / (1.0 + x2 * x2 * x2);
  }
}

static void
plane_init(Plane* const plane,
           const double k,
           const double cover_deg,
           const double mouth_m)
{
  const double cover = cover_deg * FH_PI / 180.0;
  const bool flat = cover < 0.01;
  Arc arc;
  double kr = 0.0;
  if (!flat) {
    arc_init(&arc, cover);
    kr = k * 0.5 * mouth_m / sin(0.5 * cover);
  }
  for (size_t i = 0; i <= N_COSINES; ++i) {
    const double cosine = (double)i / (double)N_COSINES;
    if (flat) {
      plane->at[i] = sinc(0.5 * k * mouth_m * cosine);
      continue;
    }
    const double ahead = sqrt(1.0 - cosine * cosine);
    double re = 0.0;
    double im = 0.0;
    for (size_t a = 0; a < N_ARC; ++a) {
      const double phase =
        kr * (ahead * arc.cosine[a] + cosine * arc.sine[a] - 1.0);
      re += arc.drive[a] * cos(phase);
      im += arc.drive[a] * sin(phase);
    }
    plane->at[i] = re + im * (double complex)I;
  }
  const double complex axis = plane->at[0];
  for (size_t i = 0; i <= N_COSINES; ++i) {
    plane->at[i] /= axis;
  }
}

static double complex
plane_at(const Plane* const plane, const double cosine)
{
  const double x = fabs(cosine) * (double)N_COSINES;
  const size_t i = x < (double)N_COSINES ? (size_t)x : N_COSINES - 1;
  const double t = x - (double)i;
  return (1.0 - t) * plane->at[i] + t * plane->at[i + 1];
}

/// Pressure share of a way at a frequency
static double
way_share(const Way* const way, const double hz)
{
  double share = 1.0;
  if (way->from_hz > 0.0) {
    const double x = pow(hz / way->from_hz, 4.0);
    share *= x / (1.0 + x);
  }
  if (way->to_hz > 0.0) {
    share /= 1.0 + pow(hz / way->to_hz, 4.0);
  }
  return share;
}

/// How much less goes to the side and back than straight on
static double
obliquity(const double kb, const double beyond)
{
  const double g = kb * kb / (1.0 + kb * kb);
  const double x = (1.0 + g * cos(beyond)) / (1.0 + g);
  return sqrt(x * x + FLOOR * FLOOR);
}

/// One way with what does not depend on direction
typedef struct {
  const Way* way;
  double share;
  Plane planes[2];
} Tuned;

static double complex
tuned_pressure(const Tuned* const tuned,
               const double k,
               const double kb,
               const double d[3])
{
  const Way* const way = tuned->way;
  const double sine = sqrt(d[0] * d[0] + d[2] * d[2]);
  const double theta = acos(fmax(-1.0, fmin(1.0, d[1])));
  double complex p = 1.0;
  double beyond = theta;
  if (way->shape == WAY_DISC) {
    p = piston_pattern(k * way->radius_m * sine);
  } else {
    p = plane_at(&tuned->planes[0], d[0]) * plane_at(&tuned->planes[1], d[2]);
    // A curved front faces the listener anywhere within its coverage
    const double share = sine > 0.0 ? d[0] * d[0] / (sine * sine) : 0.5;
    const double half =
      0.5 * FH_PI / 180.0 *
      (share * way->horizontal_deg + (1.0 - share) * way->vertical_deg);
    beyond = fmax(0.0, theta - half) * FH_PI / (FH_PI - half);
  }
  p *= tuned->share * obliquity(kb, beyond);
  const double up = k * way->at[1] * d[2];
  const double aside = k * way->at[0] * d[0];
  if (way->mirrored) {
    p *= cos(aside);
  }
  const double phase = way->mirrored ? up : up + aside;
  return phase == 0.0 ? p : p * (cos(phase) + sin(phase) * (double complex)I);
}

static void
grid_direction(const size_t i, const size_t j, double d[3])
{
  const double theta = FH_PI * (double)i / (double)(N_THETA - 1);
  const double phi = 2.0 * FH_PI * (double)j / (double)N_PHI;
  d[0] = sin(theta) * cos(phi);
  d[1] = cos(theta);
  d[2] = sin(theta) * sin(phi);
}

/// Store a pressure relative to on axis; no null is deeper than -40 dB
static void
store(Balloon* const balloon,
      const size_t i,
      const size_t j,
      const size_t band,
      const double complex p)
{
  const size_t at = i * N_PHI + j;
  const double square = creal(p) * creal(p) + cimag(p) * cimag(p);
  balloon->amp[at][band] = (float)sqrt((square + 1e-4) / (1.0 + 1e-4));
  balloon->turn[at][band] = (float)(carg(p) / (2.0 * FH_PI));
}

/// Is what one half of the box does the mirror of the other?
static bool
is_symmetric(const Way* const ways, const size_t n_ways)
{
  for (size_t w = 0; w < n_ways; ++w) {
    if (ways[w].at[0] != 0.0 && !ways[w].mirrored) {
      return false;
    }
  }
  return true;
}

/// Copy the right half of a pattern to the left
static void
mirror(Balloon* const balloon)
{
  for (size_t i = 0; i < N_THETA; ++i) {
    for (size_t j = N_PHI / 4 + 1; j < 3 * N_PHI / 4; ++j) {
      const size_t to = i * N_PHI + j;
      const size_t from = i * N_PHI + (3 * N_PHI / 2 - j) % N_PHI;
      memcpy(balloon->amp[to], balloon->amp[from], sizeof balloon->amp[to]);
      memcpy(balloon->turn[to], balloon->turn[from], sizeof balloon->turn[to]);
    }
  }
}

FhStatus
family_box(const Way* const ways,
           const size_t n_ways,
           const double size_m[3],
           Balloon* const balloon)
{
  FhStatus status = balloon_init(balloon, N_THETA, N_PHI, true);
  Tuned* const tuned = (Tuned*)calloc(n_ways + 1, sizeof(Tuned));
  if (status || !tuned) {
    free(tuned);
    balloon_clear(balloon);
    return FH_ERR_NO_MEM;
  }
  const double half = 0.25 * (size_m[0] + size_m[1]);
  const bool symmetric = is_symmetric(ways, n_ways);
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    const double k = 2.0 * FH_PI * fh_third_hz(b) / SPEED;
    double complex axis = 0.0;
    const double ahead[3] = {0.0, 1.0, 0.0};
    for (size_t w = 0; w < n_ways; ++w) {
      tuned[w].way = &ways[w];
      tuned[w].share = way_share(&ways[w], fh_third_hz(b));
      if (ways[w].shape == WAY_HORN) {
        plane_init(
          &tuned[w].planes[0], k, ways[w].horizontal_deg, ways[w].width_m);
        plane_init(
          &tuned[w].planes[1], k, ways[w].vertical_deg, ways[w].height_m);
      }
      // A way 60 dB down is not worth its time
      if (tuned[w].share < 0.001) {
        tuned[w].share = 0.0;
        continue;
      }
      axis += tuned_pressure(&tuned[w], k, k * half, ahead);
    }
    for (size_t i = 0; i < N_THETA; ++i) {
      for (size_t j = 0; j < N_PHI; ++j) {
        if (symmetric && j > N_PHI / 4 && j < 3 * N_PHI / 4) {
          continue;
        }
        double d[3];
        grid_direction(i, j, d);
        double complex p = 0.0;
        for (size_t w = 0; w < n_ways; ++w) {
          if (tuned[w].share > 0.0) {
            p += tuned_pressure(&tuned[w], k, k * half, d);
          }
        }
        store(balloon, i, j, b, p / axis);
      }
    }
  }
  free(tuned);
  if (symmetric) {
    mirror(balloon);
  }
  return FH_OK;
}

/// Middles of the faces of a dodecahedron: corners of an icosahedron, turned so
/// that the axis looks at a face
static void
dodecahedron_faces(double face[12][3])
{
  const double z = 1.0 / sqrt(5.0);
  const double r = 2.0 / sqrt(5.0);
  for (size_t i = 0; i < 3; ++i) {
    face[0][i] = i == 1 ? 1.0 : 0.0;
    face[11][i] = i == 1 ? -1.0 : 0.0;
  }
  for (size_t i = 0; i < 5; ++i) {
    const double a = 2.0 * FH_PI * (double)i / 5.0;
    face[1 + i][0] = r * cos(a);
    face[1 + i][1] = z;
    face[1 + i][2] = r * sin(a);
    face[6 + i][0] = -r * cos(a);
    face[6 + i][1] = -z;
    face[6 + i][2] = -r * sin(a);
  }
}

FhStatus
family_dodecahedron(const double sphere_m,
                    const double piston_m,
                    Balloon* const balloon)
{
  const FhStatus status = balloon_init(balloon, N_THETA, N_PHI, true);
  if (status) {
    return status;
  }
  double face[12][3];
  dodecahedron_faces(face);
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    const double k = 2.0 * FH_PI * fh_third_hz(b) / SPEED;
    // One piston against the cosine off its own axis
    double one[N_COSINES + 1];
    for (size_t i = 0; i <= N_COSINES; ++i) {
      const double c = 2.0 * (double)i / (double)N_COSINES - 1.0;
      one[i] = piston_pattern(k * piston_m * sqrt(1.0 - c * c)) *
               obliquity(k * sphere_m, acos(c));
    }
    for (size_t i = 0; i < N_THETA; ++i) {
      for (size_t j = 0; j < N_PHI; ++j) {
        double d[3];
        grid_direction(i, j, d);
        double complex p = 0.0;
        for (size_t f = 0; f < 12; ++f) {
          const double c =
            d[0] * face[f][0] + d[1] * face[f][1] + d[2] * face[f][2];
          const double x = 0.5 * (c + 1.0) * (double)N_COSINES;
          const size_t at = x < (double)N_COSINES ? (size_t)x : N_COSINES - 1;
          const double t = x - (double)at;
          p += ((1.0 - t) * one[at] + t * one[at + 1]) *
               cexp(k * sphere_m * c * (double complex)I);
        }
        store(balloon, i, j, b, p);
      }
    }
  }
  double mean[FH_N_THIRDS];
  balloon_mean(balloon, mean);
  for (size_t i = 0; i < (size_t)N_THETA * N_PHI; ++i) {
    for (size_t b = 0; b < FH_N_THIRDS; ++b) {
      balloon->amp[i][b] /= (float)sqrt(mean[b]);
    }
  }
  return FH_OK;
}
