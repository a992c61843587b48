// SPDX-License-Identifier: GPL-3.0-or-later
#include "place_private.h"

#include <math.h>
#include <string.h>

/*
  What the boxes of one emitter can do, weigh, and where they hang.
*/

double
evaluator_gain_limit(const Evaluator* const e,
                     const FhVenue* const view,
                     const size_t emitter)
{
  FhSources* const sources = evaluator_solo(e, view, emitter);
  FhHeadroom headroom = {.headroom_db = HUGE_VAL};
  if (sources) {
    fh_sources_headroom(
      sources, UINT64_MAX, FH_INPUT_PINK, CREST_DB, &headroom);
  }
  fh_sources_free(sources);
  return *view_handles(view, emitter).gain_db + headroom.headroom_db;
}

bool
evaluator_rigging(const Evaluator* const e,
                  const FhVenue* const view,
                  const size_t emitter,
                  double splay_deg[2])
{
  FhSources* const sources = evaluator_solo(e, view, emitter);
  const bool array = sources && emitter >= view->n_loudspeakers;
  if (array) {
    FhElement box;
    fh_sources_element(sources, 0, 0, &box);
    memcpy(splay_deg, box.splay_deg, sizeof box.splay_deg);
  }
  fh_sources_free(sources);
  return array;
}

double
evaluator_mass_kg(const Evaluator* const e,
                  const FhVenue* const view,
                  const size_t emitter)
{
  FhSources* const sources = evaluator_solo(e, view, emitter);
  double sum = 0.0;
  if (sources) {
    const size_t n = fh_sources_emitter(sources, 0)->n_elements;
    for (size_t i = 0; i < n; ++i) {
      FhElement box;
      fh_sources_element(sources, 0, i, &box);
      sum += box.mass_kg;
    }
  }
  fh_sources_free(sources);
  return sum;
}

bool
evaluator_hangs_free(const Evaluator* const e,
                     const FhVenue* const view,
                     const size_t emitter)
{
  if (emitter < view->n_loudspeakers) {
    return evaluator_is_free(e, view_handles(view, emitter).at);
  }
  FhSources* const sources = evaluator_solo(e, view, emitter);
  bool is_free = false;
  if (sources) {
    double at[3];
    fh_scene_to_world(
      evaluator_scene(e), fh_sources_emitter(sources, 0)->centre, at);
    is_free = evaluator_is_free(e, at);
  }
  fh_sources_free(sources);
  return is_free;
}

size_t
evaluator_boxes(const Evaluator* const e,
                const FhVenue* const view,
                const size_t emitter,
                const size_t max,
                double (*const at)[3])
{
  FhSources* const sources = evaluator_solo(e, view, emitter);
  size_t n = 0;
  if (sources) {
    n = fh_sources_emitter(sources, 0)->n_elements;
    for (size_t i = 0; i < n && i < max; ++i) {
      FhElement box;
      fh_sources_element(sources, 0, i, &box);
      fh_scene_to_world(evaluator_scene(e), box.at, at[i]);
    }
  }
  fh_sources_free(sources);
  return n;
}
