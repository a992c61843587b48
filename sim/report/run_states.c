// SPDX-License-Identifier: GPL-3.0-or-later
#include "record_file.h"

#include <fh/run_states.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Shares closer than that are one state
#define SAME_SHARE 0.005

void
fh_state_name(const double occupancy, char out[32])
{
  if (occupancy > 1.0 - SAME_SHARE) {
    snprintf(out, 32, "full");
  } else if (occupancy < SAME_SHARE) {
    snprintf(out, 32, "empty");
  } else {
    snprintf(out, 32, "%.0f %% full", 100.0 * occupancy);
  }
}

void
fh_state_folder(const double occupancy, char out[32])
{
  fh_state_name(occupancy, out);
  if (strchr(out, ' ')) {
    snprintf(out, 32, "%.0f-percent", 100.0 * occupancy);
  }
}

/// Share of the capacity that is there, by run.json
static double
occupancy_of(const json_t* const index)
{
  const json_t* const areas =
    json_object_get(json_object_get(index, "venue"), "audience");
  double persons = 0.0;
  double capacity = 0.0;
  for (size_t i = 0; i < json_array_size(areas); ++i) {
    const json_t* const area = json_array_get(areas, i);
    const double there = json_number_value(json_object_get(area, "capacity"));
    capacity += there;
    persons += there * json_number_value(json_object_get(area, "occupancy"));
  }
  return capacity > 0.0 ? persons / capacity : 0.0;
}

FhStatus
fh_run_states_read(const char* const folder,
                   FhRunStates* const out,
                   FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  json_t* index = NULL;
  const FhStatus status = record_load_index(folder, &index, diag);
  if (status) {
    return status;
  }
  FhRunState* const own = &out->state[out->n++];
  own->occupancy = occupancy_of(index);
  fh_state_name(own->occupancy, own->name);
  snprintf(own->folder, sizeof own->folder, "%s", folder);
  const json_t* const list = json_object_get(index, "states");
  for (size_t i = 0; i < json_array_size(list) && out->n <= FH_MAX_STATES;
       ++i) {
    FhRunState* const s = &out->state[out->n++];
    char name[32];
    s->occupancy = json_number_value(json_array_get(list, i));
    fh_state_name(s->occupancy, s->name);
    fh_state_folder(s->occupancy, name);
    snprintf(s->folder, sizeof s->folder, "%.900s/states/%s", folder, name);
  }
  json_decref(index);
  return FH_OK;
}

/// Whether a user's word means a state
static bool
is_called(const FhRunState* const s, const char* const name)
{
  char folder[32];
  fh_state_folder(s->occupancy, folder);
  if (!strcmp(s->name, name) || !strcmp(folder, name)) {
    return true;
  }
  char* end = NULL;
  const double share = strtod(name, &end);
  return end != name && !*end && fabs(share - s->occupancy) < SAME_SHARE;
}

FhStatus
fh_run_state_find(const char* const folder,
                  const char* const name,
                  FhRunState* const out,
                  FhDiag* const diag)
{
  FhRunStates states;
  const FhStatus status = fh_run_states_read(folder, &states, diag);
  if (status) {
    return status;
  }
  char known[sizeof states.state[0].name * (FH_MAX_STATES + 1) + 64] = "";
  size_t used = 0;
  for (size_t i = 0; i < states.n; ++i) {
    if (!name || is_called(&states.state[i], name)) {
      *out = states.state[i];
      return FH_OK;
    }
    const int n = snprintf(known + used,
                           sizeof known - used,
                           "%s'%s'",
                           i ? ", " : "",
                           states.state[i].name);
    used += n > 0 ? (size_t)n : 0;
  }
  fh_diag_add(diag,
              FH_DIAG_ERROR,
              folder,
              0,
              0,
              "the run has no state '%s', only %s; simulate again with "
              "'--state F' for each share that is wanted, e.g. '--state 0' for "
              "the empty house",
              name,
              known);
  return FH_ERR_NOT_FOUND;
}
