// SPDX-License-Identifier: GPL-3.0-or-later
#include "place_private.h"

#include <stdlib.h>
#include <string.h>

FhStatus
view_new(const FhVenue* const venue, const size_t n_more, FhVenue* const view)
{
  *view = *venue;
  view->n_loudspeakers = 0;
  view->n_arrays = 0;
  view->loudspeakers = (FhLoudspeaker*)calloc(
    venue->n_loudspeakers + n_more + 1, sizeof(FhLoudspeaker));
  view->arrays = (FhArray*)calloc(venue->n_arrays + 1, sizeof(FhArray));
  if (!view->loudspeakers || !view->arrays) {
    view_clear(view);
    return FH_ERR_NO_MEM;
  }
  // Filters and shading never change: they stay the venue's
  if (venue->n_loudspeakers) {
    memcpy(view->loudspeakers,
           venue->loudspeakers,
           venue->n_loudspeakers * sizeof(FhLoudspeaker));
  }
  view->n_loudspeakers = venue->n_loudspeakers;
  for (size_t i = 0; i < venue->n_arrays; ++i) {
    FhArray* const array = &view->arrays[i];
    *array = venue->arrays[i];
    array->splay_deg = (double*)calloc(array->n_splay + 1, sizeof(double));
    ++view->n_arrays;
    if (!array->splay_deg) {
      view_clear(view);
      return FH_ERR_NO_MEM;
    }
    if (array->n_splay) {
      memcpy(array->splay_deg,
             venue->arrays[i].splay_deg,
             array->n_splay * sizeof(double));
    }
  }
  return FH_OK;
}

void
view_clear(FhVenue* const view)
{
  for (size_t i = 0; view->arrays && i < view->n_arrays; ++i) {
    free(view->arrays[i].splay_deg);
  }
  free(view->arrays);
  free(view->loudspeakers);
  memset(view, 0, sizeof *view);
}

size_t
view_count(const FhVenue* const view)
{
  return view->n_loudspeakers + view->n_arrays;
}

const char*
view_name(const FhVenue* const view, const size_t emitter)
{
  return emitter < view->n_loudspeakers
           ? view->loudspeakers[emitter].name
           : view->arrays[emitter - view->n_loudspeakers].name;
}

const char*
view_model(const FhVenue* const view, const size_t emitter)
{
  return emitter < view->n_loudspeakers
           ? view->loudspeakers[emitter].model
           : view->arrays[emitter - view->n_loudspeakers].box;
}

void
view_set_model(FhVenue* const view, const size_t emitter, const char model[256])
{
  memcpy(emitter < view->n_loudspeakers
           ? view->loudspeakers[emitter].model
           : view->arrays[emitter - view->n_loudspeakers].box,
         model,
         256);
}

size_t
view_boxes(const FhVenue* const view, const size_t emitter)
{
  if (emitter < view->n_loudspeakers) {
    return view->loudspeakers[emitter].muted ? 0 : 1;
  }
  const FhArray* const array = &view->arrays[emitter - view->n_loudspeakers];
  return array->muted ? 0 : array->count;
}

Handles
view_handles(const FhVenue* const view, const size_t emitter)
{
  if (emitter < view->n_loudspeakers) {
    FhLoudspeaker* const l = &view->loudspeakers[emitter];
    return (Handles){
      l->at, &l->yaw_deg, &l->pitch_deg, &l->delay_ms, &l->gain_db, 0, NULL};
  }
  FhArray* const a = &view->arrays[emitter - view->n_loudspeakers];
  return (Handles){a->top,
                   &a->yaw_deg,
                   &a->pitch_deg,
                   &a->delay_ms,
                   &a->gain_db,
                   a->n_splay,
                   a->splay_deg};
}

static bool
same_numbers(const double* const a, const double* const b, const size_t n)
{
  for (size_t i = 0; i < n; ++i) {
    if (a[i] < b[i] || a[i] > b[i]) {
      return false;
    }
  }
  return true;
}

const FhEqFilter*
view_filters(const FhVenue* const view, const size_t emitter, size_t* const n)
{
  if (emitter < view->n_loudspeakers) {
    *n = view->loudspeakers[emitter].n_eq;
    return view->loudspeakers[emitter].eq;
  }
  const FhArray* const array = &view->arrays[emitter - view->n_loudspeakers];
  *n = array->n_eq;
  return array->eq;
}

bool
view_same_filters(const FhVenue* const view,
                  const size_t emitter,
                  const FhEqFilter* const before,
                  const size_t n_before)
{
  size_t n = 0;
  const FhEqFilter* const eq = view_filters(view, emitter, &n);
  bool same = n == n_before;
  for (size_t i = 0; i < n && same; ++i) {
    const FhEqFilter* const old = &before[i];
    same = eq[i].type == old->type && eq[i].order == old->order &&
           same_numbers(&eq[i].frequency_hz, &old->frequency_hz, 1) &&
           same_numbers(&eq[i].gain_db, &old->gain_db, 1) &&
           same_numbers(&eq[i].q, &old->q, 1);
  }
  return same;
}

bool
view_same_emitter(const FhVenue* const a,
                  const FhVenue* const b,
                  const size_t emitter)
{
  const Handles x = view_handles(a, emitter);
  const Handles y = view_handles(b, emitter);
  return !strcmp(view_model(a, emitter), view_model(b, emitter)) &&
         view_boxes(a, emitter) == view_boxes(b, emitter) &&
         same_numbers(x.at, y.at, 3) && same_numbers(x.yaw_deg, y.yaw_deg, 1) &&
         same_numbers(x.pitch_deg, y.pitch_deg, 1) &&
         same_numbers(x.delay_ms, y.delay_ms, 1) &&
         same_numbers(x.gain_db, y.gain_db, 1) &&
         same_numbers(x.splay_deg, y.splay_deg, x.n_splay);
}

void
view_solo(const FhVenue* const view, const size_t emitter, Solo* const solo)
{
  solo->view = *view;
  solo->view.n_loudspeakers = 0;
  solo->view.n_arrays = 0;
  solo->view.loudspeakers = &solo->loudspeaker;
  solo->view.arrays = &solo->array;
  if (emitter < view->n_loudspeakers) {
    solo->loudspeaker = view->loudspeakers[emitter];
    solo->view.n_loudspeakers = 1;
  } else {
    solo->array = view->arrays[emitter - view->n_loudspeakers];
    solo->view.n_arrays = 1;
  }
}
