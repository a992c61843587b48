// SPDX-License-Identifier: GPL-3.0-or-later
#include "job.h"

#include <math.h>
#include <stdio.h>

void
job_complain(const Job* const job,
             const Group* const group,
             const char* const text)
{
  fh_diag_add(job->diag,
              FH_DIAG_ERROR,
              job->venue->path,
              group->rule->line,
              0,
              "placement rule %zu cannot be met: %s",
              group->number,
              text);
}

FhStatus
job_enter(const Job* const job, const Space* const space)
{
  const FhStatus status = evaluator_enter(job->evaluator, &space->base, space);
  if (status == FH_ERR_NOT_FOUND) {
    for (size_t g = 0; g < space->n_groups; ++g) {
      if (space->group[g].rule->has_within &&
          !evaluator_has_room(
            job->evaluator, space, space->group[g].emitter[0])) {
        job_complain(
          job,
          &space->group[g],
          "all of 'within' lies in walls or outside the room; move it");
        return FH_ERR_INVALID_DATA;
      }
    }
  }
  for (size_t g = 0; g < space->n_groups && !status; ++g) {
    if (!sight_can_be_kept(job->evaluator, space, g)) {
      job_complain(
        job,
        &space->group[g],
        "these loudspeakers hide 'keep_view' from some seats wherever "
        "they may hang; widen 'within' or lower 'keep_view'");
      return FH_ERR_INVALID_DATA;
    }
  }
  return status;
}

double
job_mass_limit_kg(const Job* const job, const FhPlacementRule* const rule)
{
  return rule->max_mass_kg > 0.0 ? rule->max_mass_kg : job->desc->max_mass_kg;
}

/// Keep angles within what the boxes of a group can be hung at
static void
narrow_splay(const Job* const job, const Space* const space, Group* const group)
{
  for (size_t i = 0; i < group->n; ++i) {
    double rigging[2];
    if (evaluator_rigging(
          job->evaluator, &space->base, group->emitter[i], rigging) &&
        rigging[0] <= rigging[1]) {
      group->splay_deg[0] = fmax(group->splay_deg[0], rigging[0]);
      group->splay_deg[1] = fmin(group->splay_deg[1], rigging[1]);
    }
  }
}

/// Say what is too heavy for its point
static void
complain_of_mass(const Job* const job,
                 const Group* const group,
                 const char* const name,
                 const double mass_kg,
                 const double most_kg)
{
  char text[240];
  (void)snprintf(text,
                 sizeof text,
                 "'%s' weighs %.4g kg, but its point carries %.4g kg "
                 "('max_mass_kg')%s; use lighter or fewer boxes",
                 name,
                 mass_kg,
                 most_kg,
                 group->rule->n_models ? ", and nothing in 'models' that is in "
                                         "stock is light enough"
                                       : "");
  job_complain(job, group, text);
}

FhStatus
job_apply_limits(const Job* const job, Space* const space)
{
  FhStatus status = FH_OK;
  for (size_t g = 0; g < space->n_groups; ++g) {
    Group* const group = &space->group[g];
    const double most_kg = job_mass_limit_kg(job, group->rule);
    narrow_splay(job, space, group);
    double limit_db = HUGE_VAL;
    for (size_t i = 0; i < group->n; ++i) {
      if (!view_boxes(&space->base, group->emitter[i])) {
        continue;
      }
      limit_db = fmin(
        limit_db,
        evaluator_gain_limit(job->evaluator, &space->base, group->emitter[i]));
      const double mass_kg =
        evaluator_mass_kg(job->evaluator, &space->base, group->emitter[i]);
      if (most_kg > 0.0 && mass_kg > most_kg) {
        complain_of_mass(job,
                         group,
                         view_name(&space->base, group->emitter[i]),
                         mass_kg,
                         most_kg);
        status = FH_ERR_INVALID_DATA;
      }
    }
    for (size_t i = 0; i < space->n; ++i) {
      Variable* const v = &space->variable[i];
      if (v->group != g || v->kind != VARY_GAIN) {
        continue;
      }
      if (v->low > limit_db + 1e-9) {
        char text[200];
        (void)snprintf(text,
                       sizeof text,
                       "'gain_db' starts at %.1f dB, but '%s' reaches its "
                       "maximum output at %.1f dB; lower the range",
                       v->low,
                       view_name(&space->base, group->emitter[0]),
                       limit_db);
        job_complain(job, group, text);
        status = FH_ERR_INVALID_DATA;
      }
      v->high = fmax(fmin(v->high, limit_db), v->low + 1e-6);
    }
  }
  return status;
}
