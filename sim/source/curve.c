// SPDX-License-Identifier: GPL-3.0-or-later
#include "model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void
curve_clear(Curve* const curve)
{
  free(curve->hz);
  free(curve->db);
  free(curve->turn);
  memset(curve, 0, sizeof *curve);
}

static double*
copy_doubles(const double* const from, const size_t n)
{
  double* const to = (double*)calloc(n, sizeof *to);
  if (to) {
    memcpy(to, from, n * sizeof *to);
  }
  return to;
}

FhStatus
curve_set(Curve* const curve,
          const double* const hz,
          const double* const db,
          const double* const turn,
          const size_t n)
{
  memset(curve, 0, sizeof *curve);
  for (size_t i = 0; i < n; ++i) {
    if (!(hz[i] > (i ? hz[i - 1] : 0.0)) || !isfinite(hz[i]) ||
        !isfinite(db[i]) || (turn && !isfinite(turn[i]))) {
      return FH_ERR_BAD_ARG;
    }
  }
  if (!n) {
    return FH_ERR_BAD_ARG;
  }
  curve->n = n;
  curve->hz = copy_doubles(hz, n);
  curve->db = copy_doubles(db, n);
  curve->turn = turn ? copy_doubles(turn, n) : NULL;
  if (!curve->hz || !curve->db || (turn && !curve->turn)) {
    curve_clear(curve);
    return FH_ERR_NO_MEM;
  }
  return FH_OK;
}

/// First point of the piece that holds a frequency
static size_t
find_piece(const Curve* const curve, const double hz)
{
  size_t low = 0;
  size_t high = curve->n - 1;
  while (high - low > 1) {
    const size_t mid = (low + high) / 2;
    if (curve->hz[mid] <= hz) {
      low = mid;
    } else {
      high = mid;
    }
  }
  return low;
}

static double
interpolate(const Curve* const curve,
            const double* const value,
            const size_t i,
            const double hz)
{
  const double t =
    log(hz / curve->hz[i]) / log(curve->hz[i + 1] / curve->hz[i]);
  return value[i] + t * (value[i + 1] - value[i]);
}

double
curve_db(const Curve* const curve, const double hz)
{
  const size_t n = curve->n;
  if (n == 1) {
    return curve->db[0];
  }
  // Beyond the data a response may go on falling but never rises
  if (hz < curve->hz[0]) {
    return fmin(curve->db[0], interpolate(curve, curve->db, 0, hz));
  }
  if (hz > curve->hz[n - 1]) {
    return fmin(curve->db[n - 1], interpolate(curve, curve->db, n - 2, hz));
  }
  return interpolate(curve, curve->db, find_piece(curve, hz), hz);
}

double
curve_turn(const Curve* const curve, const double hz)
{
  if (!curve->turn) {
    return 0.0;
  }
  const size_t n = curve->n;
  if (n == 1 || hz <= curve->hz[0]) {
    return curve->turn[0];
  }
  if (hz >= curve->hz[n - 1]) {
    return curve->turn[n - 1];
  }
  return interpolate(curve, curve->turn, find_piece(curve, hz), hz);
}

/// Phase at one frequency [turns]
static double
minimum_turn(const Curve* const curve, const double hz)
{
  // Bode's weight has area pi^2 / 4 on either side; midpoints avoid its pole
  const double step = 0.02;
  const int n = 300;
  const double neper_per_db = log(10.0) / 20.0;
  double phase = 0.0;
  double low = curve_db(curve, hz * exp(-n * step));
  for (int i = -n; i < n; ++i) {
    const double u = ((double)i + 0.5) * step;
    const double high = curve_db(curve, hz * exp(u + 0.5 * step));
    phase += (high - low) * neper_per_db * -log(tanh(0.5 * fabs(u)));
    low = high;
  }
  return phase / FH_PI / (2.0 * FH_PI);
}

static int
compare_doubles(const void* const a, const void* const b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

FhStatus
curve_add_minimum_phase(Curve* const curve)
{
  // A dense grid, and the curve's own points so that none of them moves
  const size_t n_grid = 240;
  const size_t room = n_grid + curve->n;
  double* const hz = (double*)calloc(3 * room, sizeof(double));
  if (!hz) {
    return FH_ERR_NO_MEM;
  }
  double* const db = hz + room;
  double* const turn = hz + 2 * room;
  for (size_t i = 0; i < n_grid; ++i) {
    hz[i] = 20.0 * pow(2.0, (double)i / 24.0);
  }
  memcpy(hz + n_grid, curve->hz, curve->n * sizeof(double));
  qsort(hz, room, sizeof(double), compare_doubles);
  size_t n = 0;
  for (size_t i = 0; i < room; ++i) {
    if (!n || hz[i] > 1.0001 * hz[n - 1]) {
      hz[n++] = hz[i];
    }
  }
  for (size_t i = 0; i < n; ++i) {
    db[i] = curve_db(curve, hz[i]);
    turn[i] = curve->n > 1 ? minimum_turn(curve, hz[i]) : 0.0;
  }
  Curve dense;
  const FhStatus status = curve_set(&dense, hz, db, turn, n);
  free(hz);
  if (!status) {
    curve_clear(curve);
    *curve = dense;
  }
  return status;
}
