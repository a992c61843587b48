// SPDX-License-Identifier: GPL-3.0-or-later
#include "place_private.h"

#include <math.h>
#include <string.h>

/// Lines of sight keep this from the middle of a box [m]
#define CLEAR_M 0.5
/// Boxes of an emitter that are looked at, and places where one may hang that
/// are tried along each edge of `within`
#define MAX_BOXES 32u
#define N_TRIED   7u

/// The corners of a box and its middle
static void
targets_of(const double box[2][3], double target[9][3])
{
  for (size_t i = 0; i < 8; ++i) {
    for (size_t k = 0; k < 3; ++k) {
      target[i][k] = box[i >> k & 1u][k];
    }
  }
  for (size_t k = 0; k < 3; ++k) {
    target[8][k] = 0.5 * (box[0][k] + box[1][k]);
  }
}

/// Distance of a point from the line between two others [m]
static double
distance_m(const double from[3], const double to[3], const double at[3])
{
  double length2 = 0.0;
  double along = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    length2 += (to[k] - from[k]) * (to[k] - from[k]);
    along += (to[k] - from[k]) * (at[k] - from[k]);
  }
  const double share =
    length2 > 0.0 ? fmin(fmax(along / length2, 0.0), 1.0) : 0.0;
  double sum = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    const double d = from[k] + share * (to[k] - from[k]) - at[k];
    sum += d * d;
  }
  return sqrt(sum);
}

/// Whether a box hides a target from a seat that would see it
static bool
hides(const Evaluator* const evaluator,
      const size_t seat,
      const double target[3],
      const double at[3])
{
  double eye[3];
  evaluator_ear(evaluator, seat, eye);
  // Who sits at a loudspeaker, or has a wall before the stage, is not asked
  return distance_m(eye, target, at) < CLEAR_M &&
         distance_m(eye, eye, at) >= CLEAR_M &&
         evaluator_sees(evaluator, seat, target);
}

bool
sight_is_kept(const Evaluator* const evaluator,
              const Group* const group,
              const FhVenue* const view)
{
  if (!group->rule->has_keep_view) {
    return true;
  }
  double target[9][3];
  targets_of(group->rule->keep_view, target);
  const FhSeat* seats = NULL;
  const FhSeatMetrics* metrics = NULL;
  const size_t n_seats = evaluator_seats(evaluator, &seats, &metrics);
  for (size_t i = 0; i < group->n; ++i) {
    double box[MAX_BOXES][3];
    const size_t all =
      evaluator_boxes(evaluator, view, group->emitter[i], MAX_BOXES, box);
    const size_t n_boxes = all < MAX_BOXES ? all : MAX_BOXES;
    for (size_t b = 0; b < n_boxes; ++b) {
      for (size_t s = 0; s < n_seats; ++s) {
        for (size_t t = 0; t < 9; ++t) {
          if (hides(evaluator, s, target[t], box[b])) {
            return false;
          }
        }
      }
    }
  }
  return true;
}

bool
sight_can_be_kept(const Evaluator* const evaluator,
                  const Space* const space,
                  const size_t group)
{
  const Group* const g = &space->group[group];
  FhVenue view;
  if (!g->rule->has_keep_view || view_new(&space->base, 0, &view)) {
    return true;
  }
  double x[MAX_VARIABLES];
  space_start(space, x);
  bool can = false;
  const size_t n = g->rule->has_within ? N_TRIED * N_TRIED * N_TRIED : 1;
  for (size_t i = 0; i < n && !can; ++i) {
    const size_t step[3] = {
      i % N_TRIED, i / N_TRIED % N_TRIED, i / (N_TRIED * N_TRIED)};
    for (size_t k = 0; k < space->n; ++k) {
      const Variable* const v = &space->variable[k];
      if (v->group == group && v->kind <= VARY_Z) {
        const double share = (double)step[v->kind - VARY_X] / (N_TRIED - 1.0);
        x[k] = v->low + share * (v->high - v->low);
      }
    }
    space_apply(space, x, &view);
    can = (!g->rule->has_within ||
           evaluator_hangs_free(evaluator, &view, g->emitter[0])) &&
          sight_is_kept(evaluator, g, &view);
  }
  view_clear(&view);
  return can;
}
