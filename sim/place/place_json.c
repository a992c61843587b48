// SPDX-License-Identifier: GPL-3.0-or-later
#include "place_json.h"

#include "../result/json.h"

#include <stdlib.h>

json_t*
score_json(const FhPlaceScore* const s)
{
  json_t* const o = json_object();
  json_object_set_new(o, "cost", json_number(s->cost));
  json_object_set_new(o, "dead_seats", json_integer((json_int_t)s->n_dead));
  json_object_set_new(o, "seats", json_integer((json_int_t)s->n_seats));
  json_object_set_new(o, "dead_share", json_number(s->dead_share));
  json_object_set_new(o, "spread_db", json_number(s->spread_db));
  json_object_set_new(o, "level_dba", json_number(s->level_dba));
  json_object_set_new(o, "sti", json_number(s->sti));
  json_object_set_new(o, "headroom_db", json_number(s->headroom_db));
  return o;
}

json_t*
lack_json(const FhPlaceLack* const lack)
{
  json_t* const o = json_object();
  json_object_set_new(o, "model", json_string(lack->boxes.model));
  json_object_set_new(o, "count", json_integer((json_int_t)lack->boxes.count));
  json_object_set_new(o, "why", json_string(lack->why));
  return o;
}

json_t*
boxes_json(const FhVenue* const venue)
{
  json_t* const list = json_array();
  FhStock* boxes = NULL;
  size_t n = 0;
  (void)fh_place_count_boxes(venue, &boxes, &n);
  for (size_t i = 0; i < n; ++i) {
    json_array_append_new(list,
                          json_pack("{s:s, s:I}",
                                    "model",
                                    boxes[i].model,
                                    "count",
                                    (json_int_t)boxes[i].count));
  }
  free(boxes);
  return list;
}
