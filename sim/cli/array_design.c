// SPDX-License-Identifier: GPL-3.0-or-later
#include "array_session.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/// The loudspeakers that an arrangement is made of
typedef struct {
  size_t n;
  size_t emitter[ARRAY_MAX_SHOWN];
  double at[ARRAY_MAX_SHOWN][2]; ///< On plan [m]
} Group;

static void
find_group(const ArraySession* const s, Group* const group)
{
  group->n = 0;
  for (size_t e = 0;
       e < fh_sources_count(s->sources) && group->n < ARRAY_MAX_SHOWN;
       ++e) {
    if (array_is_shown(s, e)) {
      const FhEmitter* const one = fh_sources_emitter(s->sources, e);
      group->at[group->n][0] = (double)one->centre[0];
      group->at[group->n][1] = (double)one->centre[1];
      group->emitter[group->n++] = e;
    }
  }
}

/// Unit vector of the line that an arc stands on: between its farthest two
static double
line_of(const Group* const group, double line[2])
{
  double most = 0.0;
  for (size_t i = 0; i < group->n; ++i) {
    for (size_t j = 0; j < i; ++j) {
      const double x = group->at[i][0] - group->at[j][0];
      const double y = group->at[i][1] - group->at[j][1];
      if (hypot(x, y) > most) {
        most = hypot(x, y);
        line[0] = x / most;
        line[1] = y / most;
      }
    }
  }
  return most;
}

/// Where the first one looks, on plan
static double
aim_of(const ArraySession* const s, const Group* const group, double line[2])
{
  FhElement box;
  fh_sources_element(s->sources, group->emitter[0], 0, &box);
  const double length = hypot((double)box.forward[0], (double)box.forward[1]);
  line[0] = (double)box.forward[0] / fmax(length, 1e-9);
  line[1] = (double)box.forward[1] / fmax(length, 1e-9);
  return length;
}

FhStatus
array_print_design(const ArraySession* const s)
{
  const ArrayDesign design = s->options.design;
  Group group;
  memset(&group, 0, sizeof group);
  find_group(s, &group);
  double line[2] = {0.0, 0.0};
  double span = line_of(&group, line);
  if (span > 0.0 && design != DESIGN_ARC) {
    span = aim_of(s, &group, line) > 0.1 ? span : 0.0;
  }
  if (!(span > 0.0) || (design == DESIGN_CARDIOID && group.n != 2)) {
    fh_diag_add(s->diag,
                FH_DIAG_ERROR,
                s->venue.path,
                0,
                0,
                "%s loudspeakers at different places are needed, not %zu; "
                "name them with --array",
                design == DESIGN_CARDIOID ? "two" : "two or more",
                group.n);
    return FH_ERR_BAD_ARG;
  }
  double offset[ARRAY_MAX_SHOWN] = {0.0};
  double delay_s[ARRAY_MAX_SHOWN] = {0.0};
  double rear = HUGE_VAL;
  double front = -HUGE_VAL;
  for (size_t i = 0; i < group.n; ++i) {
    offset[i] = (group.at[i][0] - group.at[0][0]) * line[0] +
                (group.at[i][1] - group.at[0][1]) * line[1];
    rear = fmin(rear, offset[i]);
    front = fmax(front, offset[i]);
  }
  const double speed = fh_air_speed_m_s(&s->scene.air);
  if (design == DESIGN_ARC) {
    fh_arc_delays(offset, group.n, s->options.arc_deg, speed, delay_s);
  }
  for (size_t i = 0; i < group.n; ++i) {
    if (design == DESIGN_END_FIRE) {
      delay_s[i] = (offset[i] - rear) / speed;
    } else if (design == DESIGN_CARDIOID) {
      // Behind, the front one's sound has come this way when it meets the rear
      // one's
      delay_s[i] = offset[i] < front ? (front - rear) / speed : 0.0;
    }
  }
  printf(
    "%-24s %10s %10s %8s\n", "loudspeaker", "place m", "delay ms", "invert");
  for (size_t i = 0; i < group.n; ++i) {
    printf("%-24s %10.2f %10.2f %8s\n",
           fh_sources_emitter(s->sources, group.emitter[i])->name,
           offset[i] - rear,
           1e3 * delay_s[i],
           design == DESIGN_CARDIOID && offset[i] < front ? "yes" : "no");
  }
  return FH_OK;
}
