// SPDX-License-Identifier: GPL-3.0-or-later
#include "place_private.h"

#include <math.h>
#include <string.h>

/// Seats within this of the one that is worst off belong to it [m]
#define NEAR_M 4.0
/// Places tried along each side of the box
#define N_ALONG 9
/// Nearer than this a fill is too loud for the nearest seat [m]
#define LEAST_M 1.5
/// A place that no seat sees is as bad as this much of a way [m]
#define HIDDEN_M 30.0

/// Seats that a unit is for
typedef struct {
  double at[3];   ///< Their middle, world [m]
  double first_s; ///< When they hear something now
  double radius_m;
} Target;

/// A seat's place, on the side of a mirrored pair's first
static void
place_of(const Evaluator* const evaluator,
         const Group* const group,
         const size_t seat,
         double at[3])
{
  evaluator_ear(evaluator, seat, at);
  if (group->rule->mirror) {
    const size_t k = group->rule->mirror == 1 ? 0 : 1;
    const double side = 0.5 * (group->low[k] + group->high[k]);
    at[k] = side < 0.0 ? -fabs(at[k]) : fabs(at[k]);
  }
}

static double
distance(const double a[3], const double b[3])
{
  return hypot(hypot(a[0] - b[0], a[1] - b[1]), a[2] - b[2]);
}

/// The dead seat with the most dead ones about it
static bool
find_target(const Evaluator* const evaluator,
            const Group* const group,
            Target* const target)
{
  const FhSeat* seats;
  const FhSeatMetrics* metrics;
  const size_t n = evaluator_seats(evaluator, &seats, &metrics);
  double most = 0.0;
  for (size_t i = 0; i < n; ++i) {
    if (!metrics[i].dead) {
      continue;
    }
    double middle[3];
    place_of(evaluator, group, i, middle);
    double weight = 0.0;
    Target t = {{0.0, 0.0, 0.0}, 0.0, 0.5};
    for (size_t j = 0; j < n; ++j) {
      double at[3];
      place_of(evaluator, group, j, at);
      const double r = distance(at, middle);
      if (metrics[j].dead && r < NEAR_M) {
        const double w = (double)seats[j].area_m2;
        weight += w;
        for (size_t k = 0; k < 3; ++k) {
          t.at[k] += w * at[k];
        }
        t.first_s += w * (double)evaluator_arrivals(evaluator)[j][0];
        t.radius_m = fmax(t.radius_m, r);
      }
    }
    if (weight > most) {
      most = weight;
      *target = t;
      target->first_s /= weight;
      for (size_t k = 0; k < 3; ++k) {
        target->at[k] /= weight;
      }
    }
  }
  return most > 0.0;
}

/// Share of the target's seats that see a place
static double
seen_share(const Evaluator* const evaluator,
           const Group* const group,
           const Target* const target,
           const double at[3])
{
  const FhSeat* seats;
  const FhSeatMetrics* metrics;
  const size_t n = evaluator_seats(evaluator, &seats, &metrics);
  size_t n_near = 0;
  size_t n_seen = 0;
  for (size_t i = 0; i < n; ++i) {
    double own[3];
    double real[3];
    place_of(evaluator, group, i, own);
    evaluator_ear(evaluator, i, real);
    // Those of the other side see the mirror image
    if (distance(own, real) < 1e-6 &&
        distance(own, target->at) < target->radius_m + 0.1) {
      ++n_near;
      n_seen += evaluator_sees(evaluator, i, at);
    }
  }
  return n_near ? (double)n_seen / (double)n_near : 0.0;
}

/// The nearest place in the box that the target sees
static bool
find_place(const Evaluator* const evaluator,
           const Group* const group,
           const Target* const target,
           double out[3])
{
  double least = HUGE_VAL;
  for (size_t i = 0; i < N_ALONG * N_ALONG * N_ALONG; ++i) {
    const size_t step[3] = {
      i % N_ALONG, i / N_ALONG % N_ALONG, i / N_ALONG / N_ALONG};
    double at[3];
    for (size_t k = 0; k < 3; ++k) {
      at[k] = group->low[k] + (group->high[k] - group->low[k]) *
                                (double)step[k] / (double)(N_ALONG - 1);
    }
    const double r = distance(at, target->at);
    if (r >= least || r < LEAST_M || !evaluator_is_free(evaluator, at)) {
      continue;
    }
    const double bad =
      r + HIDDEN_M * (1.0 - seen_share(evaluator, group, target, at));
    if (bad < least) {
      least = bad;
      memcpy(out, at, 3 * sizeof(double));
    }
  }
  return isfinite(least);
}

/// Where a variable should start, within its range
static double
guess_value(const Variable* const v,
            const double at[3],
            const double yaw_deg,
            const double pitch_deg,
            const double delay_ms,
            const double gain_db,
            const double now)
{
  double x = now;
  switch (v->kind) {
  case VARY_X:
  case VARY_Y:
  case VARY_Z:
    x = at[v->kind - VARY_X];
    break;
  case VARY_YAW:
    x = yaw_deg;
    break;
  case VARY_PITCH:
    x = pitch_deg;
    break;
  case VARY_DELAY:
    x = delay_ms;
    break;
  case VARY_GAIN:
    x = gain_db;
    break;
  case VARY_SPLAY_TOP:
  case VARY_SPLAY_MIDDLE:
  case VARY_SPLAY_BOTTOM:
    break;
  }
  return fmin(fmax(x, v->low), v->high);
}

size_t
guess_unit(const Evaluator* const evaluator,
           const Space* const space,
           const size_t g,
           const double* const x,
           double guess[MAX_GUESSES][MAX_VARIABLES])
{
  // Behind what is heard first, so that sound seems to come from there; and
  // from far below the level of the mains to about it
  static const double behind_ms[2] = {5.0, 15.0};
  static const double gain_db[5] = {-24.0, -18.0, -12.0, -6.0, 0.0};
  const Group* const group = &space->group[g];
  Target target = {{0.0, 0.0, 0.0}, 0.0, 0.0};
  double at[3];
  if (!find_target(evaluator, group, &target) ||
      !find_place(evaluator, group, &target, at)) {
    return 0;
  }
  const double r = distance(at, target.at);
  const double yaw_deg =
    atan2(at[0] - target.at[0], target.at[1] - at[1]) * 180.0 / FH_PI;
  const double pitch_deg = asin((target.at[2] - at[2]) / r) * 180.0 / FH_PI;
  const double wait_ms =
    1000.0 * (target.first_s - r / evaluator_speed_m_s(evaluator));
  size_t n = 0;
  for (size_t i = 0; i < 10; ++i) {
    memcpy(guess[n], x, MAX_VARIABLES * sizeof(double));
    for (size_t k = 0; k < space->n; ++k) {
      const Variable* const v = &space->variable[k];
      if (v->group == g) {
        guess[n][k] = guess_value(v,
                                  at,
                                  yaw_deg,
                                  pitch_deg,
                                  wait_ms + behind_ms[i % 2],
                                  gain_db[i / 2],
                                  x[k]);
      }
    }
    ++n;
  }
  return n;
}
