// SPDX-License-Identifier: GPL-3.0-or-later
#include "arcs.h"
#include "model_file.h"
#include "samples.h"

#include <math.h>
#include <string.h>

#define N_THETA 19 ///< 0 to 180 degrees
#define N_PHI   36

/**
   Level between the circles.

   At polar angle theta the four measured levels (right, up, left, down) are
   joined around the axis by cos^2 and sin^2 of phi: smooth, exact on the
   circles, and never above or below its two neighbours.
*/
static double
between(const Arcs* const arcs,
        const size_t hz,
        const size_t theta,
        const double phi)
{
  const size_t back = (ARC_POINTS - theta) % ARC_POINTS;
  const float* const h = arcs->horizontal[hz];
  const float* const v = arcs->vertical[hz];
  const double c = cos(phi);
  const double s = sin(phi);
  const double across = (double)(c >= 0.0 ? h[theta] : h[back]);
  const double upright = (double)(s >= 0.0 ? v[theta] : v[back]);
  return c * c * across + s * s * upright;
}

FhStatus
read_arcs(const char* const folder, Model* const out, FhDiag* const diag)
{
  Arcs arcs;
  FhStatus status = arcs_read(folder, &arcs, diag);
  if (status) {
    return status;
  }
  Samples samples;
  const size_t n_dirs = (size_t)N_THETA * N_PHI;
  status = samples_init(&samples, folder, n_dirs, arcs.n_hz, false);
  if (!status) {
    memcpy(samples.hz, arcs.hz, arcs.n_hz * sizeof(double));
    double axis[4096];
    const size_t n = arcs.n_hz < 4096 ? arcs.n_hz : 4096;
    for (size_t d = 0; d < n_dirs; ++d) {
      const size_t theta = d / N_PHI;
      const double phi = 2.0 * FH_PI * (double)(d % N_PHI) / (double)N_PHI;
      samples.theta_deg[d] = 10.0 * (double)theta;
      samples.phi_deg[d] = 10.0 * (double)(d % N_PHI);
      for (size_t i = 0; i < arcs.n_hz; ++i) {
        // Circles measured in two runs need not agree on the axis: one does
        samples.db[d * arcs.n_hz + i] =
          theta ? (float)between(&arcs, i, theta, phi) : arcs.horizontal[i][0];
      }
    }
    for (size_t i = 0; i < n; ++i) {
      axis[i] = (double)arcs.horizontal[i][0];
    }
    status = samples_to_balloon(&samples, &out->balloon, diag);
    if (!status) {
      out->pattern = PATTERN_BALLOON;
      out->splay_low = 1.0;
      out->input_dbw = 20.0;
      strcpy(out->source, "Horizontal and vertical arcs, every 10 degrees");
      status = curve_set(&out->axis, arcs.hz, axis, NULL, n);
    }
    if (!status) {
      status = curve_add_minimum_phase(&out->axis);
    }
  }
  samples_clear(&samples);
  arcs_clear(&arcs);
  return status;
}
