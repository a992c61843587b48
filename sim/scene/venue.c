// SPDX-License-Identifier: GPL-3.0-or-later
#include "venue_input.h"

#include <fh/mesh.h>
#include <fh/venue.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

FhGoals
fh_goals_default(void)
{
  FhGoals goals = {0};
  fh_keys_default(&fh_goals_section, &goals);
  return goals;
}

double
fh_venue_occupancy(const FhVenue* const venue)
{
  double persons = 0.0;
  double capacity = 0.0;
  for (size_t i = 0; i < venue->n_audience; ++i) {
    const FhAudience* const a = &venue->audience[i];
    persons += a->capacity * a->occupancy;
    capacity += a->capacity;
  }
  return capacity > 0.0 ? persons / capacity : 0.0;
}

void
fh_venue_set_occupancy(FhVenue* const venue, const double occupancy)
{
  for (size_t i = 0; i < venue->n_audience; ++i) {
    venue->audience[i].occupancy = occupancy;
  }
}

void
fh_venue_clear(FhVenue* const venue)
{
  fh_mesh_clear(&venue->mesh);
  free(venue->materials);
  for (size_t i = 0; i < venue->n_audience; ++i) {
    free(venue->audience[i].polygon);
  }
  free(venue->audience);
  for (size_t i = 0; i < venue->n_loudspeakers; ++i) {
    free(venue->loudspeakers[i].eq);
  }
  free(venue->loudspeakers);
  for (size_t i = 0; i < venue->n_arrays; ++i) {
    FhArray* const array = &venue->arrays[i];
    free(array->splay_deg);
    free(array->eq);
    free(array->box_gain_db);
    free(array->box_delay_ms);
    free(array->box_invert);
  }
  free(venue->arrays);
  free(venue->microphones);
  for (size_t i = 0; i < venue->n_placement; ++i) {
    free(venue->placement[i].move);
    free(venue->placement[i].models);
  }
  free(venue->placement);
  free(venue->stock);
  memset(venue, 0, sizeof(*venue));
}

/// Copy `n` items of `size` bytes; null for null. `failed` is set when memory
/// runs out
static void*
copy_items(const void* const items,
           const size_t n,
           const size_t size,
           bool* const failed)
{
  if (!items || n == 0) {
    return NULL;
  }
  void* const copy = calloc(n, size);
  if (!copy) {
    *failed = true;
    return NULL;
  }
  return memcpy(copy, items, n * size);
}

/// After a failure the counts must not run past what was copied
static void
copy_audience(const FhVenue* const venue,
              FhVenue* const out,
              bool* const failed)
{
  out->audience = (FhAudience*)copy_items(
    venue->audience, venue->n_audience, sizeof(FhAudience), failed);
  out->n_audience = out->audience ? venue->n_audience : 0;
  for (size_t i = 0; i < out->n_audience; ++i) {
    FhAudience* const area = &out->audience[i];
    area->polygon = (double(*)[3])copy_items(
      area->polygon, area->n_polygon, sizeof(*area->polygon), failed);
  }
}

static void
copy_loudspeakers(const FhVenue* const venue,
                  FhVenue* const out,
                  bool* const failed)
{
  out->loudspeakers = (FhLoudspeaker*)copy_items(
    venue->loudspeakers, venue->n_loudspeakers, sizeof(FhLoudspeaker), failed);
  out->n_loudspeakers = out->loudspeakers ? venue->n_loudspeakers : 0;
  for (size_t i = 0; i < out->n_loudspeakers; ++i) {
    FhLoudspeaker* const l = &out->loudspeakers[i];
    l->eq = (FhEqFilter*)copy_items(l->eq, l->n_eq, sizeof(*l->eq), failed);
  }
}

static void
copy_arrays(const FhVenue* const venue, FhVenue* const out, bool* const failed)
{
  out->arrays = (FhArray*)copy_items(
    venue->arrays, venue->n_arrays, sizeof(FhArray), failed);
  out->n_arrays = out->arrays ? venue->n_arrays : 0;
  for (size_t i = 0; i < out->n_arrays; ++i) {
    FhArray* const a = &out->arrays[i];
    a->eq = (FhEqFilter*)copy_items(a->eq, a->n_eq, sizeof(*a->eq), failed);
    a->splay_deg =
      (double*)copy_items(a->splay_deg, a->n_splay, sizeof(double), failed);
    a->box_gain_db =
      (double*)copy_items(a->box_gain_db, a->count, sizeof(double), failed);
    a->box_delay_ms =
      (double*)copy_items(a->box_delay_ms, a->count, sizeof(double), failed);
    a->box_invert =
      (bool*)copy_items(a->box_invert, a->count, sizeof(bool), failed);
  }
}

static void
copy_placement(const FhVenue* const venue,
               FhVenue* const out,
               bool* const failed)
{
  out->placement = (FhPlacementRule*)copy_items(
    venue->placement, venue->n_placement, sizeof(FhPlacementRule), failed);
  out->n_placement = out->placement ? venue->n_placement : 0;
  for (size_t i = 0; i < out->n_placement; ++i) {
    FhPlacementRule* const rule = &out->placement[i];
    rule->move = (char(*)[FH_NAME_SIZE])copy_items(
      rule->move, rule->n_move, sizeof(*rule->move), failed);
    rule->models = (char(*)[256])copy_items(
      rule->models, rule->n_models, sizeof(*rule->models), failed);
  }
}

FhStatus
fh_venue_copy(const FhVenue* const venue, FhVenue* const out)
{
  bool failed = false;
  *out = *venue;
  failed = fh_mesh_copy(&venue->mesh, &out->mesh) != FH_OK;
  out->materials = (FhMaterial*)copy_items(
    venue->materials, venue->mesh.n_materials, sizeof(FhMaterial), &failed);
  copy_audience(venue, out, &failed);
  copy_loudspeakers(venue, out, &failed);
  copy_arrays(venue, out, &failed);
  out->microphones = (FhMicrophone*)copy_items(
    venue->microphones, venue->n_microphones, sizeof(FhMicrophone), &failed);
  copy_placement(venue, out, &failed);
  out->stock = (FhStock*)copy_items(
    venue->stock, venue->n_stock, sizeof(FhStock), &failed);
  if (failed) {
    fh_venue_clear(out);
    return FH_ERR_NO_MEM;
  }
  return FH_OK;
}

void
fh_venue_input_clear(FhVenueInput* const input)
{
  fh_venue_clear(&input->venue);
  for (size_t i = 0; i < input->n_faces; ++i) {
    free(input->faces[i].point);
  }
  free(input->faces);
  free(input->materials);
  free(input->area_occupancy);
  memset(input, 0, sizeof(*input));
}
