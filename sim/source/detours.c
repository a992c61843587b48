// SPDX-License-Identifier: GPL-3.0-or-later
#include "shadow_private.h"
#include "sight.h"

/// How far beyond an edge's end its line still sends something [m]
#define END_REACH_M 1.5
/// Angle to a face below which mirrored sound is another's business [rad]
#define SKIM_RAD 0.5

/// 1 below `from`, 0 above `to`, smooth between
static double
fade(const double x, const double from, const double to)
{
  const double t = fmin(1.0, fmax(0.0, (x - from) / (to - from)));
  return 1.0 - t * t * (3.0 - 2.0 * t);
}

/**
   How much of a face's reflections a wedge's terms carry.

   A wave that skims a face is the direct and the mirrored sound at once, and
   mirrored sound is counted elsewhere: near the border of the shadow its terms
   go out towards grazing. Deep in the shadow the rigid wedge has them all.

   @param angle Of the source or the receiver about the edge.
*/
static double
face_share(const FhEdgePath* const path, const double angle)
{
  // A tenth of a radian into the shadow is deep
  const double depth =
    10.0 * SKIM_RAD * (fabs(path->angle_out - path->angle_in) - FH_PI);
  const double skim = fmin(angle, path->n * FH_PI - angle);
  return 1.0 - fade(fmax(skim, depth), 0.0, SKIM_RAD);
}

/// Weights of one bend: how much of an edge's line counts, and on the lit side
/// how much of the incident and reflected terms
static void
set_weights(Detour* const detour, const size_t i, const bool visible)
{
  const FhEdgePath* const path = &detour->path[i];
  detour->incident[i] = 1.0;
  detour->reflected[i] = 1.0;
  const double beyond = fmax(path->low_m, -path->high_m);
  if (beyond > 0.0) {
    // An end that the apex lies beyond makes the way longer
    const double r0 = path->before_m * path->sin_beta;
    const double r1 = path->after_m * path->sin_beta;
    const double z0 =
      path->before_m * sqrt(fmax(0.0, 1.0 - path->sin_beta * path->sin_beta));
    const double share = r0 / (r0 + r1);
    const double z1 = z0 * (1.0 - share) / share;
    const double longer = hypot(r0, z0 + beyond) + hypot(r1, z1 - beyond) -
                          path->before_m - path->after_m;
    detour->weight *= fade(longer, 0.5 * END_REACH_M, END_REACH_M);
  }
  if (detour->n_edges > 1) {
    return;
  }
  detour->reflected[i] =
    face_share(path, path->angle_in) * face_share(path, path->angle_out);
  if (visible) {
    // Nor may they reach their own boundary, where the mirrored sound ends
    const double apart = fabs(path->angle_out - path->angle_in);
    const double low = fmin(path->angle_out, path->angle_in);
    const double high = path->n * FH_PI - fmax(path->angle_out, path->angle_in);
    detour->reflected[i] *=
      fade(FH_PI - apart, 0.0, fmax(1e-3, fmin(low, high)));
  }
}

/**
   Let ways fade in as they get relevant.

   Beside the direct sound, and just within the shadow, only edges close to the
   straight way count; the deeper the shadow, the more of the others. So nothing
   jumps where the direct sound goes out.
*/
static void
weigh_ways(Detour* const detours,
           const size_t n,
           const double straight,
           const bool visible)
{
  double shortest = visible ? straight : HUGE_VAL;
  for (size_t i = 0; i < n; ++i) {
    shortest = fmin(shortest, detours[i].length_m);
  }
  const double deep = 1.0 - fade(shortest - straight, 0.0, 0.5 * LIT_REACH_M);
  for (size_t i = 0; i < n; ++i) {
    const double close =
      fade(detours[i].length_m - shortest, 0.25 * LIT_REACH_M, LIT_REACH_M);
    detours[i].weight *= fmax(close, deep);
  }
}

static bool
apex_visible(const Shadow* const shadow,
             const FhEdge* const edge,
             const FhEdgePath* const path,
             const float from[3])
{
  const double z = fmin((double)edge->length_m, fmax(0.0, path->apex_z_m));
  float over[3];
  fh_edge_point(edge, z, OFF_M, over);
  return sight(shadow->sources, shadow->caster, from, over);
}

/// Point of an edge's line where a path crosses it
static void
crossing(const FhEdge* const edge, const double z, float out[3])
{
  for (size_t k = 0; k < 3; ++k) {
    out[k] = edge->from[k] + (float)z * edge->along[k];
  }
}

/// Two edges side by side: unfolded about both the way is straight
static bool
bend_twice(const Shadow* const shadow,
           const Bend* const bend,
           const Element* const element,
           const float point[3],
           Detour* const out)
{
  const FhEdge* const a = &shadow->edges[bend->edge];
  const FhEdge* const b = &shadow->edges[bend->second];
  double r[3];
  double unused = 0.0;
  const double from_z = along_edge(a, element->at, &r[0]);
  const double to_z = along_edge(a, point, &unused);
  float over_a[3];
  float over_b[3];
  crossing(a, 0.5 * (from_z + to_z), over_a);
  crossing(b, along_edge(b, over_a, &r[1]), over_b);
  (void)along_edge(b, point, &r[2]);
  const double step = (to_z - from_z) / (r[0] + r[1] + r[2]);
  crossing(a, from_z + step * (r[0] + r[1]), over_a);
  crossing(b, along_edge(b, over_a, &unused), over_b);
  crossing(a, from_z + step * r[0], over_a);
  if (!fh_edge_path(a, element->at, over_b, &out->path[0]) ||
      !fh_edge_path(b, over_a, point, &out->path[1])) {
    return false;
  }
  out->n_edges = 2;
  const double between = out->path[0].after_m;
  out->length_m = out->path[0].before_m + between + out->path[1].after_m;
  out->weight = 1.0;
  set_weights(out, 0, false);
  set_weights(out, 1, false);
  // Along the face that both edges share the wave skims: incident and mirrored
  // sound are one, and the coefficient would count it twice
  const double slack = 0.02;
  const bool skims = out->path[1].angle_in < slack ||
                     out->path[1].angle_in > out->path[1].n * FH_PI - slack;
  out->reflected[1] = skims ? 0.0 : 1.0;
  // On the shared face it stands in full
  out->reflected[0] = face_share(&out->path[0], out->path[0].angle_in);
  if (out->path[1].lit) {
    // The way over the first edge alone is there in full
    FhEdgePath alone;
    if (!fh_edge_path(a, element->at, point, &alone)) {
      return false;
    }
    out->weight *= fade(out->length_m - alone.before_m - alone.after_m,
                        0.25 * LIT_REACH_M,
                        LIT_REACH_M);
  }
  // Each bend counts distances from the source and to the receiver by way of
  // the other, as Pierce (JASA 55, 1974) does: right however near they are
  const double first_m = out->path[0].before_m;
  out->path[0].after_m = between + out->path[1].after_m;
  out->path[1].before_m = first_m + between;
  return apex_visible(shadow, a, &out->path[0], element->at);
}

static bool
bend_once(const Shadow* const shadow,
          const Bend* const bend,
          const Element* const element,
          const float point[3],
          const bool visible,
          const double straight,
          Detour* const out)
{
  const FhEdge* const edge = &shadow->edges[bend->edge];
  if (!fh_edge_path(edge, element->at, point, &out->path[0])) {
    return false;
  }
  out->n_edges = 1;
  out->length_m = out->path[0].before_m + out->path[0].after_m;
  out->weight = 1.0;
  set_weights(out, 0, visible);
  return out->weight > 0.0 &&
         (!visible || out->length_m - straight < LIT_REACH_M) &&
         apex_visible(shadow, edge, &out->path[0], element->at);
}

size_t
shadow_detours(const Shadow* const shadow,
               const Bends* const bends,
               const Element* const element,
               const float point[3],
               const bool visible,
               Detour out[MAX_DETOURS])
{
  const double straight = (double)distance(element->at, point);
  size_t n = 0;
  for (size_t i = 0; i < bends->n; ++i) {
    const Bend* const bend = &bends->bend[i];
    Detour* const detour = &out[n];
    const bool good =
      bend->second == UINT32_MAX
        ? bend_once(shadow, bend, element, point, visible, straight, detour)
        : bend_twice(shadow, bend, element, point, detour);
    if (!good) {
      continue;
    }
    float apex[3];
    crossing(&shadow->edges[bend->edge], detour->path[0].apex_z_m, apex);
    const float r = distance(element->at, apex);
    for (size_t k = 0; k < 3; ++k) {
      detour->depart[k] = (apex[k] - element->at[k]) / fmaxf(r, 1e-6f);
    }
    ++n;
  }
  weigh_ways(out, n, straight, visible);
  return n;
}
