// SPDX-License-Identifier: GPL-3.0-or-later
#include "place_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Where something added may look, fire and play when its rule does not say
#define FREE_YAW_DEG  180.0
#define FREE_DOWN_DEG (-90.0)
#define FREE_UP_DEG   10.0
#define FREE_DELAY_MS 300.0
#define FREE_LOW_DB   (-40.0)
#define FREE_HIGH_DB  10.0
/// Less than this leaves an angle between boxes as it is
#define UNCHANGED_DEG 0.05
/// Ranges narrower than this are fixed
#define FIXED 1e-9

size_t
rule_unit(const FhPlacementRule* const rule)
{
  return rule->mirror ? 2 : 1;
}

static size_t
find_emitter(const FhVenue* const view, const char* const name)
{
  for (size_t e = 0; e < view_count(view); ++e) {
    if (!strcmp(view_name(view, e), name)) {
      return e;
    }
  }
  return SIZE_MAX;
}

static void
vary(Space* const space,
     const VaryKind kind,
     const size_t group,
     const double low,
     const double high)
{
  if (high - low > FIXED && space->n < MAX_VARIABLES) {
    space->variable[space->n++] = (Variable){kind, group, low, high};
  }
}

/// Mirror image of a place or an aim
static void
mirror_place(const int mirror, double at[3])
{
  at[mirror == 1 ? 0 : 1] *= -1.0;
}

static double
mirror_yaw(const int mirror, const double yaw_deg)
{
  // Yaw 0 looks along +y: in the plane xz that turns round
  const double yaw = mirror == 1 ? -yaw_deg : 180.0 - yaw_deg;
  return yaw > 180.0 ? yaw - 360.0 : yaw;
}

/// Free values of what a rule adds, and the ranges that it does not give
typedef struct {
  double yaw_deg[2], pitch_deg[2], delay_ms[2], gain_db[2];
} Ranges;

static void
pick(double out[2],
     const bool given,
     const double range[2],
     const bool added,
     const double low,
     const double high,
     const double now)
{
  out[0] = given ? range[0] : added ? low : now;
  out[1] = given ? range[1] : added ? high : now;
}

static Ranges
ranges_of(const Group* const group, const Handles* const lead)
{
  const FhPlacementRule* const rule = group->rule;
  const bool added = group->added;
  Ranges r;
  pick(r.yaw_deg,
       rule->has_yaw,
       rule->yaw_deg,
       added,
       -FREE_YAW_DEG,
       FREE_YAW_DEG,
       *lead->yaw_deg);
  pick(r.pitch_deg,
       rule->has_pitch,
       rule->pitch_deg,
       added,
       FREE_DOWN_DEG,
       FREE_UP_DEG,
       *lead->pitch_deg);
  pick(r.delay_ms,
       rule->has_delay,
       rule->delay_ms,
       added,
       0.0,
       FREE_DELAY_MS,
       *lead->delay_ms);
  pick(r.gain_db,
       rule->has_gain,
       rule->gain_db,
       added,
       FREE_LOW_DB,
       FREE_HIGH_DB,
       *lead->gain_db);
  return r;
}

static void
add_variables(Space* const space, const size_t g)
{
  Group* const group = &space->group[g];
  const FhPlacementRule* const rule = group->rule;
  const Handles lead = view_handles(&space->base, group->emitter[0]);
  for (size_t k = 0; k < 3; ++k) {
    group->low[k] = rule->has_within ? rule->within[0][k] : lead.at[k];
    group->high[k] = rule->has_within ? rule->within[1][k] : lead.at[k];
    vary(space, VARY_X + (VaryKind)k, g, group->low[k], group->high[k]);
  }
  const Ranges r = ranges_of(group, &lead);
  vary(space, VARY_YAW, g, r.yaw_deg[0], r.yaw_deg[1]);
  vary(space, VARY_PITCH, g, r.pitch_deg[0], r.pitch_deg[1]);
  vary(space, VARY_DELAY, g, r.delay_ms[0], r.delay_ms[1]);
  vary(space, VARY_GAIN, g, r.gain_db[0], r.gain_db[1]);
  memcpy(group->splay_deg, rule->splay_deg, sizeof group->splay_deg);
  if (rule->has_splay && lead.n_splay) {
    // As much as takes the narrowest to the widest, and back
    double least = lead.splay_deg[0];
    double most = lead.splay_deg[0];
    for (size_t i = 1; i < lead.n_splay; ++i) {
      least = fmin(least, lead.splay_deg[i]);
      most = fmax(most, lead.splay_deg[i]);
    }
    const double low = fmin(rule->splay_deg[0] - most, 0.0);
    const double high = fmax(rule->splay_deg[1] - least, 0.0);
    vary(space, VARY_SPLAY_TOP, g, low, high);
    if (lead.n_splay > 2) {
      vary(space, VARY_SPLAY_MIDDLE, g, low, high);
    }
    if (lead.n_splay > 1) {
      vary(space, VARY_SPLAY_BOTTOM, g, low, high);
    }
  }
}

/// Name that nothing in a view has yet: Fill1, Fill2 ...
static void
name_fill(const FhVenue* const view, char name[FH_NAME_SIZE])
{
  for (size_t i = 1; i <= view_count(view) + 1; ++i) {
    (void)snprintf(name, FH_NAME_SIZE, "Fill%zu", i);
    if (find_emitter(view, name) == SIZE_MAX) {
      return;
    }
  }
}

/// Append one unit of what a rule may add, in the middle of its ranges
static void
add_unit(Space* const space,
         const FhPlacementRule* const rule,
         const char* const model)
{
  for (size_t i = 0; i < rule_unit(rule); ++i) {
    FhLoudspeaker* const l =
      &space->base.loudspeakers[space->base.n_loudspeakers];
    memset(l, 0, sizeof *l);
    name_fill(&space->base, l->name);
    memcpy(l->model, model, sizeof l->model);
    l->line = rule->line;
    for (size_t k = 0; k < 3; ++k) {
      l->at[k] = 0.5 * (rule->within[0][k] + rule->within[1][k]);
    }
    if (rule->has_yaw) {
      l->yaw_deg = 0.5 * (rule->yaw_deg[0] + rule->yaw_deg[1]);
    }
    if (rule->has_pitch) {
      l->pitch_deg = 0.5 * (rule->pitch_deg[0] + rule->pitch_deg[1]);
    }
    if (rule->has_delay) {
      l->delay_ms = 0.5 * (rule->delay_ms[0] + rule->delay_ms[1]);
    }
    l->gain_db = -10.0;
    if (rule->has_gain) {
      l->gain_db = 0.5 * (rule->gain_db[0] + rule->gain_db[1]);
    }
    if (i) {
      mirror_place(rule->mirror, l->at);
      l->yaw_deg = mirror_yaw(rule->mirror, l->yaw_deg);
    }
    ++space->base.n_loudspeakers;
  }
}

static void
add_group(Space* const space,
          const FhVenue* const venue,
          const size_t rule,
          const size_t first,
          const size_t n)
{
  Group* const group = &space->group[space->n_groups++];
  memset(group, 0, sizeof *group);
  group->rule = &venue->placement[rule];
  group->number = rule + 1;
  group->added = n > 0;
  for (size_t i = 0; i < n; ++i) {
    group->emitter[group->n++] = first + i;
  }
  bool plays = false;
  for (size_t i = 0; !n && i < group->rule->n_move && i < MAX_MEMBERS; ++i) {
    group->emitter[group->n++] =
      find_emitter(&space->base, group->rule->move[i]);
  }
  for (size_t i = 0; i < group->n; ++i) {
    plays = plays || view_boxes(&space->base, group->emitter[i]);
  }
  if (plays) {
    add_variables(space, space->n_groups - 1);
  } else {
    // What stays at home has nothing to search
    --space->n_groups;
  }
}

FhStatus
space_new(const FhVenue* const venue,
          const FhVenue* const start,
          const Unit* const unit,
          const size_t n_units,
          Space* const out)
{
  memset(out, 0, sizeof *out);
  size_t n_added = 0;
  for (size_t u = 0; u < n_units; ++u) {
    n_added += rule_unit(&venue->placement[unit[u].rule]);
  }
  const FhStatus status = view_new(start, n_added, &out->base);
  if (status) {
    return status;
  }
  out->group = (Group*)calloc(venue->n_placement + n_units + 1, sizeof(Group));
  if (!out->group) {
    space_clear(out);
    return FH_ERR_NO_MEM;
  }
  size_t next = venue->n_loudspeakers;
  for (size_t u = 0; u < n_units; ++u) {
    const FhPlacementRule* const rule = &venue->placement[unit[u].rule];
    if (next == out->base.n_loudspeakers) {
      add_unit(out, rule, unit[u].model);
    }
    next += rule_unit(rule);
  }
  out->n_added = n_added;
  for (size_t r = 0; r < venue->n_placement; ++r) {
    if (venue->placement[r].n_move) {
      add_group(out, venue, r, 0, 0);
    }
  }
  next = venue->n_loudspeakers;
  for (size_t u = 0; u < n_units; ++u) {
    const size_t n = rule_unit(&venue->placement[unit[u].rule]);
    add_group(out, venue, unit[u].rule, next, n);
    next += n;
  }
  return FH_OK;
}

void
space_clear(Space* const space)
{
  view_clear(&space->base);
  free(space->group);
  memset(space, 0, sizeof *space);
}

/// What the angle between boxes at place `i` of `n` gets, through three that
/// vary
static double
splay_at(const double three[3], const size_t i, const size_t n)
{
  if (n < 2) {
    return three[0];
  }
  const double along = 2.0 * (double)i / (double)(n - 1);
  return along <= 1.0 ? three[0] + along * (three[1] - three[0])
                      : three[1] + (along - 1.0) * (three[2] - three[1]);
}

/// Where one variable stands in a system
static double
value_of(const Space* const space, const Variable* const v)
{
  const Handles lead =
    view_handles(&space->base, space->group[v->group].emitter[0]);
  switch (v->kind) {
  case VARY_X:
  case VARY_Y:
  case VARY_Z:
    return lead.at[v->kind - VARY_X];
  case VARY_YAW:
    return *lead.yaw_deg;
  case VARY_PITCH:
    return *lead.pitch_deg;
  case VARY_DELAY:
    return *lead.delay_ms;
  case VARY_GAIN:
    return *lead.gain_db;
  case VARY_SPLAY_TOP:
  case VARY_SPLAY_MIDDLE:
  case VARY_SPLAY_BOTTOM:
    return 0.0;
  }
  return 0.0;
}

void
space_start(const Space* const space, double* const x)
{
  for (size_t i = 0; i < space->n; ++i) {
    const Variable* const v = &space->variable[i];
    x[i] = fmin(fmax(value_of(space, v), v->low), v->high);
  }
}

/// What a group's first gets, before the others follow
static void
set_lead(const Space* const space,
         const size_t g,
         const double* const x,
         const Handles* const lead)
{
  double splay[3] = {NAN, NAN, NAN};
  for (size_t i = 0; i < space->n; ++i) {
    const Variable* const v = &space->variable[i];
    if (v->group != g) {
      continue;
    }
    switch (v->kind) {
    case VARY_X:
    case VARY_Y:
    case VARY_Z:
      lead->at[v->kind - VARY_X] = x[i];
      break;
    case VARY_YAW:
      *lead->yaw_deg = x[i];
      break;
    case VARY_PITCH:
      *lead->pitch_deg = x[i];
      break;
    case VARY_DELAY:
      *lead->delay_ms = x[i];
      break;
    case VARY_GAIN:
      *lead->gain_db = x[i];
      break;
    case VARY_SPLAY_TOP:
    case VARY_SPLAY_MIDDLE:
    case VARY_SPLAY_BOTTOM:
      splay[v->kind - VARY_SPLAY_TOP] = x[i];
      break;
    }
  }
  if (isfinite(splay[0])) {
    const Group* const group = &space->group[g];
    const Handles base = view_handles(&space->base, group->emitter[0]);
    splay[2] = isfinite(splay[2]) ? splay[2] : splay[0];
    splay[1] = isfinite(splay[1]) ? splay[1] : 0.5 * (splay[0] + splay[2]);
    for (size_t i = 0; i < lead->n_splay; ++i) {
      const double wider = splay_at(splay, i, lead->n_splay);
      // Rigging has holes, not a continuum: half degrees
      const double angle = fabs(wider) < UNCHANGED_DEG
                             ? base.splay_deg[i]
                             : 0.5 * round(2.0 * (base.splay_deg[i] + wider));
      // Minus nothing is nothing to whoever hangs it
      lead->splay_deg[i] =
        fmin(fmax(angle, group->splay_deg[0]), group->splay_deg[1]) + 0.0;
    }
  }
}

/// Move a fixed position or angle of the first into the ranges of its rule
static void
keep_within(const Group* const group, const Handles* const lead)
{
  const Ranges r = ranges_of(group, lead);
  for (size_t k = 0; k < 3; ++k) {
    lead->at[k] = fmin(fmax(lead->at[k], group->low[k]), group->high[k]);
  }
  *lead->yaw_deg = fmin(fmax(*lead->yaw_deg, r.yaw_deg[0]), r.yaw_deg[1]);
  *lead->pitch_deg =
    fmin(fmax(*lead->pitch_deg, r.pitch_deg[0]), r.pitch_deg[1]);
  *lead->delay_ms = fmin(fmax(*lead->delay_ms, r.delay_ms[0]), r.delay_ms[1]);
  *lead->gain_db = fmin(fmax(*lead->gain_db, r.gain_db[0]), r.gain_db[1]);
}

/// The others of a group: mirror images, or moved by as much as the first
static void
follow(const Space* const space, const Group* const group, FhVenue* const view)
{
  const Handles lead = view_handles(view, group->emitter[0]);
  const Handles was = view_handles(&space->base, group->emitter[0]);
  for (size_t i = 1; i < group->n; ++i) {
    const Handles own = view_handles(view, group->emitter[i]);
    const Handles old = view_handles(&space->base, group->emitter[i]);
    if (i == 1 && group->rule->mirror) {
      memcpy(own.at, lead.at, 3 * sizeof(double));
      mirror_place(group->rule->mirror, own.at);
      *own.yaw_deg = mirror_yaw(group->rule->mirror, *lead.yaw_deg);
      *own.pitch_deg = *lead.pitch_deg;
      *own.delay_ms = *lead.delay_ms;
      *own.gain_db = *lead.gain_db;
    } else {
      for (size_t k = 0; k < 3; ++k) {
        own.at[k] = old.at[k] + lead.at[k] - was.at[k];
      }
      *own.yaw_deg = *old.yaw_deg + *lead.yaw_deg - *was.yaw_deg;
      *own.pitch_deg = fmin(
        fmax(*old.pitch_deg + *lead.pitch_deg - *was.pitch_deg, -90.0), 90.0);
      *own.delay_ms = fmax(*old.delay_ms + *lead.delay_ms - *was.delay_ms, 0.0);
      *own.gain_db =
        fmin(fmax(*old.gain_db + *lead.gain_db - *was.gain_db, -60.0), 20.0);
    }
    for (size_t k = 0; k < own.n_splay && own.n_splay == lead.n_splay; ++k) {
      own.splay_deg[k] = lead.splay_deg[k];
    }
  }
}

void
space_apply(const Space* const space,
            const double* const x,
            FhVenue* const view)
{
  for (size_t g = 0; g < space->n_groups; ++g) {
    const Group* const group = &space->group[g];
    const Handles lead = view_handles(view, group->emitter[0]);
    set_lead(space, g, x, &lead);
    keep_within(group, &lead);
    follow(space, group, view);
  }
}

void
space_box(const Space* const space,
          const size_t emitter,
          double low[3],
          double high[3])
{
  const Handles own = view_handles(&space->base, emitter);
  memcpy(low, own.at, 3 * sizeof(double));
  memcpy(high, own.at, 3 * sizeof(double));
  for (size_t g = 0; g < space->n_groups; ++g) {
    const Group* const group = &space->group[g];
    const Handles lead = view_handles(&space->base, group->emitter[0]);
    for (size_t i = 0; i < group->n; ++i) {
      if (group->emitter[i] != emitter) {
        continue;
      }
      const bool image = i == 1 && group->rule->mirror;
      for (size_t k = 0; k < 3; ++k) {
        const double moved = i && !image ? own.at[k] - lead.at[k] : 0.0;
        low[k] = group->low[k] + moved;
        high[k] = group->high[k] + moved;
      }
      if (image) {
        const size_t k = group->rule->mirror == 1 ? 0 : 1;
        low[k] = -group->high[k];
        high[k] = -group->low[k];
      }
    }
  }
}
