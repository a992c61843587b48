// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/low_frequency.h>

#include <complex.h>
#include <math.h>
#include <string.h>

/// Frequencies of an octave that the solver is asked for
#define PER_OCTAVE 24u
/// Terms of the modal sum that are below this share are left out
#define SMALLEST 1e-9
/// Modes along an axis, at most
#define MAX_MODES 600u
/// A vertex may be this far from a wall of the box [m]
#define WALL_M 1e-3

double
fh_schroeder_hz(const double t60_s, const double volume_m3)
{
  return t60_s > 0.0 && volume_m3 > 0.0 ? 2000.0 * sqrt(t60_s / volume_m3)
                                        : 0.0;
}

/// Octave that a frequency falls into
static size_t
octave_of(const double frequency_hz)
{
  size_t b = 0;
  while (b + 1 < FH_N_OCTAVES && frequency_hz > fh_octave_hz(b) * sqrt(2.0)) {
    ++b;
  }
  return b;
}

double
fh_scene_schroeder_hz(const FhScene* const scene)
{
  double t60_s[FH_N_OCTAVES];
  if (!(scene->volume_m3 > 0.0)) {
    return 0.0;
  }
  fh_scene_eyring_t60_s(scene, t60_s);
  // T hardly changes from octave to octave: a few rounds settle it
  double f = fh_schroeder_hz(t60_s[2], scene->volume_m3);
  for (unsigned i = 0; i < 8; ++i) {
    f = fh_schroeder_hz(t60_s[octave_of(f)], scene->volume_m3);
  }
  return f;
}

void
fh_crossover_shares(const double frequency_hz,
                    const double crossover_hz,
                    double* const wave,
                    double* const rays)
{
  *wave = 0.0;
  if (crossover_hz > 0.0 && frequency_hz > 0.0) {
    const double x = log2(frequency_hz / crossover_hz) + 0.5;
    const double c = cos(0.5 * FH_PI * fmin(1.0, fmax(0.0, x)));
    *wave = c * c;
  }
  *rays = 1.0 - *wave;
}

FhStatus
fh_hybrid_octaves(const FhWaveSolver* const solver,
                  const double crossover_hz,
                  const float source[3],
                  const float receiver[3],
                  const float rays[FH_N_OCTAVES],
                  float out[FH_N_OCTAVES])
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double frequency_hz[PER_OCTAVE];
    double g[PER_OCTAVE][2];
    double share[PER_OCTAVE][2];
    double any = 0.0;
    for (size_t i = 0; i < PER_OCTAVE; ++i) {
      const double octaves = ((double)i + 0.5) / PER_OCTAVE - 0.5;
      frequency_hz[i] = fh_octave_hz(b) * exp2(octaves);
      fh_crossover_shares(
        frequency_hz[i], crossover_hz, &share[i][0], &share[i][1]);
      any += share[i][0];
    }
    out[b] = rays[b];
    if (!(any > 0.0)) {
      continue;
    }
    const FhStatus status = solver->solve(
      solver->user, source, receiver, frequency_hz, PER_OCTAVE, g);
    if (status) {
      return status;
    }
    double sum = 0.0;
    for (size_t i = 0; i < PER_OCTAVE; ++i) {
      const double p2 =
        16.0 * FH_PI * FH_PI * (g[i][0] * g[i][0] + g[i][1] * g[i][1]);
      sum += share[i][0] * p2 + share[i][1] * (double)rays[b];
    }
    out[b] = (float)(sum / PER_OCTAVE);
  }
  return FH_OK;
}

FhStatus
fh_modal_box_init(const FhScene* const scene, FhModalBox* const out)
{
  memset(out, 0, sizeof *out);
  double area = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    out->low[k] = (double)scene->low[k];
    out->high[k] = (double)scene->high[k];
  }
  for (size_t k = 0; k < 3; ++k) {
    area += 2.0 * (out->high[k] - out->low[k]) *
            (out->high[(k + 1) % 3] - out->low[(k + 1) % 3]);
  }
  bool is_box =
    scene->n_triangles > 0 && fabs(scene->surface_m2 - area) < 1e-3 * area;
  for (size_t t = 0; t < scene->n_triangles && is_box; ++t) {
    // Every triangle lies in one of the six walls
    bool in_wall = false;
    for (size_t k = 0; k < 3; ++k) {
      bool at_low = true;
      bool at_high = true;
      for (size_t i = 0; i < 3; ++i) {
        const double x = (double)scene->vertex[scene->triangle[t][i]][k];
        at_low &= fabs(x - out->low[k]) < WALL_M;
        at_high &= fabs(x - out->high[k]) < WALL_M;
      }
      in_wall |= at_low || at_high;
    }
    is_box = in_wall;
  }
  if (!is_box) {
    memset(out, 0, sizeof *out);
    return FH_ERR_INVALID_DATA;
  }
  double t60_s[FH_N_OCTAVES];
  fh_scene_eyring_t60_s(scene, t60_s);
  out->speed_m_s = fh_air_speed_m_s(&scene->air);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    out->damping_1_s[b] = 3.0 * log(10.0) / fmax(t60_s[b], 1e-3);
  }
  return FH_OK;
}

/// Damping between the octaves, over the logarithm of frequency
static double
damping_at(const FhModalBox* const box, const double frequency_hz)
{
  const double x = log2(fmax(frequency_hz, 1.0) / fh_octave_hz(0));
  const double last = (double)(FH_N_OCTAVES - 1);
  const double y = fmin(fmax(x, 0.0), last);
  const size_t b = (size_t)fmin(y, last - 1.0);
  const double f = y - (double)b;
  return (1.0 - f) * box->damping_1_s[b] + f * box->damping_1_s[b + 1];
}

/// Two axes by their modes, the third in closed form: where source and receiver
/// are farthest apart, for there the modes' tails die fastest
static double complex
green(const FhModalBox* const box,
      const double s[3],
      const double r[3],
      const double frequency_hz)
{
  size_t axis = 0;
  for (size_t k = 1; k < 3; ++k) {
    axis = fabs(s[k] - r[k]) > fabs(s[axis] - r[axis]) ? k : axis;
  }
  const size_t u = (axis + 1) % 3;
  const size_t v = (axis + 2) % 3;
  double size[3];
  for (size_t k = 0; k < 3; ++k) {
    size[k] = box->high[k] - box->low[k];
  }
  const double low = fmin(s[axis], r[axis]);
  const double high = fmax(s[axis], r[axis]);
  const double complex k =
    (2.0 * FH_PI * frequency_hz - damping_at(box, frequency_hz) * I) /
    box->speed_m_s;
  double complex sum = 0.0;
  for (unsigned m = 0; m < MAX_MODES; ++m) {
    const double km = (double)m * FH_PI / size[u];
    const double wm =
      (m ? 2.0 : 1.0) / size[u] * cos(km * s[u]) * cos(km * r[u]);
    for (unsigned n = 0; n < MAX_MODES; ++n) {
      const double kn = (double)n * FH_PI / size[v];
      double complex q = csqrt(km * km + kn * kn - k * k);
      q = creal(q) < 0.0 ? -q : q;
      const double complex fall = cexp(-q * (high - low));
      if (cabs(fall / q) < SMALLEST && km * km + kn * kn > creal(k * k)) {
        if (!n) {
          return sum;
        }
        break;
      }
      const double wn =
        (n ? 2.0 : 1.0) / size[v] * cos(kn * s[v]) * cos(kn * r[v]);
      sum += wm * wn * fall * (1.0 + cexp(-2.0 * q * low)) *
             (1.0 + cexp(-2.0 * q * (size[axis] - high))) /
             (2.0 * q * (1.0 - cexp(-2.0 * q * size[axis])));
    }
  }
  return sum;
}

/// Coordinate along an axis; on the wall where it is outside by no more than
/// rounding. False outside
static bool
place_in(double* const out, const double x, const double size)
{
  *out = fmin(fmax(x, 0.0), size);
  return fabs(x - *out) < WALL_M;
}

static FhStatus
solve_box(void* const user,
          const float source[3],
          const float receiver[3],
          const double* const frequency_hz,
          const size_t n_frequencies,
          double (*const g)[2])
{
  const FhModalBox* const box = (const FhModalBox*)user;
  double s[3];
  double r[3];
  for (size_t k = 0; k < 3; ++k) {
    const double size = box->high[k] - box->low[k];
    if (!place_in(&s[k], (double)source[k] - box->low[k], size) ||
        !place_in(&r[k], (double)receiver[k] - box->low[k], size)) {
      return FH_ERR_INVALID_DATA;
    }
  }
  for (size_t i = 0; i < n_frequencies; ++i) {
    const double complex p = green(box, s, r, frequency_hz[i]);
    g[i][0] = creal(p);
    g[i][1] = cimag(p);
  }
  return FH_OK;
}

FhWaveSolver
fh_modal_box_solver(FhModalBox* const box)
{
  const FhWaveSolver solver = {"modal sum in a box", box, solve_box};
  return solver;
}
