// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/edges.h>

#include <math.h>

void
fh_edge_point(const FhEdge* const edge,
              const double z_m,
              const double offset_m,
              float out[3])
{
  // The bisector of the open side, n pi / 2 from the first face
  const double half = 0.5 * FH_PI * (double)edge->n;
  const double c = offset_m * cos(half);
  const double s = offset_m * sin(half);
  for (size_t k = 0; k < 3; ++k) {
    out[k] = (float)((double)edge->from[k] + z_m * (double)edge->along[k] +
                     c * (double)edge->face[k] + s * (double)edge->normal[k]);
  }
}

/// Cylinder coordinates about an edge
typedef struct {
  double r, angle, z;
} About;

static About
about(const FhEdge* const edge, const float p[3])
{
  double x = 0.0;
  double y = 0.0;
  double z = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    const double v = (double)p[k] - (double)edge->from[k];
    x += v * (double)edge->face[k];
    y += v * (double)edge->normal[k];
    z += v * (double)edge->along[k];
  }
  const double a = atan2(y, x);
  return (About){hypot(x, y), a < 0.0 ? a + 2.0 * FH_PI : a, z};
}

bool
fh_edge_path(const FhEdge* const edge,
             const float from[3],
             const float to[3],
             FhEdgePath* const out)
{
  const About s = about(edge, from);
  const About r = about(edge, to);
  const double open = FH_PI * (double)edge->n;
  // A point in a face is outside, whichever way it was rounded
  const double slack = 1e-4;
  if (!(s.r > 1e-3) || !(r.r > 1e-3)) {
    return false;
  }
  const double full = 2.0 * FH_PI;
  const double in = s.angle > full - slack ? 0.0 : s.angle;
  const double away = r.angle > full - slack ? 0.0 : r.angle;
  if (in > open + slack || away > open + slack) {
    return false;
  }
  out->n = (double)edge->n;
  out->angle_in = fmin(in, open);
  out->angle_out = fmin(away, open);
  // Unfolded about the edge the way is straight
  const double share = s.r / (s.r + r.r);
  out->apex_z_m = s.z + share * (r.z - s.z);
  const double length = hypot(s.r + r.r, r.z - s.z);
  out->before_m = share * length;
  out->after_m = (1.0 - share) * length;
  out->sin_beta = (s.r + r.r) / length;
  out->low_m = -out->apex_z_m;
  out->high_m = (double)edge->length_m - out->apex_z_m;
  out->lit = fabs(out->angle_out - out->angle_in) < FH_PI;
  return true;
}
