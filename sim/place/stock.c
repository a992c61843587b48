// SPDX-License-Identifier: GPL-3.0-or-later
#include "job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Boxes of a model that a system needs, muted ones too: they hang there
static size_t
count_model(const FhVenue* const venue, const char* const model)
{
  size_t n = 0;
  for (size_t i = 0; i < venue->n_loudspeakers; ++i) {
    n += !strcmp(venue->loudspeakers[i].model, model);
  }
  for (size_t i = 0; i < venue->n_arrays; ++i) {
    n += strcmp(venue->arrays[i].box, model) ? 0 : venue->arrays[i].count;
  }
  return n;
}

/// Boxes of a model that there are
static size_t
stock_of(const FhPlaceDesc* const desc, const char* const model)
{
  size_t n = 0;
  for (size_t i = 0; i < desc->n_stock; ++i) {
    n += strcmp(desc->stock[i].model, model) ? 0 : desc->stock[i].count;
  }
  return n;
}

bool
job_in_stock(const Job* const job, const FhPlacementRule* const rule)
{
  size_t used = count_model(job->venue, rule->add_model);
  for (size_t u = 0; u < job->n_units; ++u) {
    const FhPlacementRule* const other =
      &job->venue->placement[job->unit_rule[u]];
    used += strcmp(other->add_model, rule->add_model) ? 0 : rule_unit(other);
  }
  return !job->desc->stock ||
         used + rule_unit(rule) <= stock_of(job->desc, rule->add_model);
}

/// Note what the stock lacks of a model, once
static FhStatus
note_lack(FhPlace* const out,
          const FhPlaceDesc* const desc,
          const char* const model)
{
  const size_t need = count_model(&out->option[0].venue, model);
  const size_t have = stock_of(desc, model);
  for (size_t i = 0; i < out->n_lacking; ++i) {
    if (!strcmp(out->lacking[i].model, model)) {
      return FH_OK;
    }
  }
  if (need <= have) {
    return FH_OK;
  }
  FhPlaceStock* const grown = (FhPlaceStock*)realloc(
    out->lacking, (out->n_lacking + 1) * sizeof(FhPlaceStock));
  if (!grown) {
    return FH_ERR_NO_MEM;
  }
  out->lacking = grown;
  FhPlaceStock* const one = &out->lacking[out->n_lacking++];
  memset(one, 0, sizeof *one);
  (void)snprintf(one->model, sizeof one->model, "%s", model);
  one->count = need - have;
  return FH_OK;
}

FhStatus
job_list_lacks(FhPlace* const out, const FhPlaceDesc* const desc)
{
  FhStatus status = FH_OK;
  if (!desc->stock || !out->n) {
    return status;
  }
  const FhVenue* const venue = &out->option[0].venue;
  for (size_t i = 0; i < venue->n_loudspeakers && !status; ++i) {
    status = note_lack(out, desc, venue->loudspeakers[i].model);
  }
  for (size_t i = 0; i < venue->n_arrays && !status; ++i) {
    status = note_lack(out, desc, venue->arrays[i].box);
  }
  return status;
}
