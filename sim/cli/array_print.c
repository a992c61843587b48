// SPDX-License-Identifier: GPL-3.0-or-later
#include "array_session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/// Mean, least and greatest of the seats' levels
typedef struct {
  double mean_dba, low_dba, high_dba, high_peak_db;
} SeatSummary;

static SeatSummary
summarise(const ArraySession* const s)
{
  SeatSummary out = {0.0, HUGE_VAL, -HUGE_VAL, -HUGE_VAL};
  double energy = 0.0;
  for (size_t i = 0; i < s->field.n_points; ++i) {
    const FhInputLevel level =
      fh_input_level(s->field.p2[i], s->options.input, s->options.crest_db);
    energy += pow(10.0, 0.1 * level.leq_dba) / (double)s->field.n_points;
    out.low_dba = fmin(out.low_dba, level.leq_dba);
    out.high_dba = fmax(out.high_dba, level.leq_dba);
    out.high_peak_db = fmax(out.high_peak_db, level.peak_db);
  }
  out.mean_dba = 10.0 * log10(energy);
  return out;
}

static void
limit_text(const ArraySession* const s,
           const FhHeadroom* const h,
           char out[160])
{
  if (!isfinite(h->headroom_db)) {
    (void)snprintf(out, 160, "no model tells its limits");
    return;
  }
  char where[48] = "its peak level";
  if (h->third >= 0) {
    (void)snprintf(
      where, sizeof where, "the %s Hz third", fh_third_name((size_t)h->third));
  }
  const FhEmitter* const emitter = fh_sources_emitter(s->sources, h->emitter);
  char box[32] = "";
  if (emitter->n_elements > 1) {
    (void)snprintf(box, sizeof box, " box %zu", h->element + 1);
  }
  (void)snprintf(out, 160, "%s%s by %s", emitter->name, box, where);
}

static void
print_boxes(const ArraySession* const s, const size_t e)
{
  const FhEmitter* const emitter = fh_sources_emitter(s->sources, e);
  double mass_kg = 0.0;
  printf("%4s %8s %8s %8s %8s %8s %8s %9s %4s\n",
         "box",
         "x m",
         "y m",
         "z m",
         "yaw",
         "pitch",
         "gain dB",
         "delay ms",
         "pol");
  for (size_t i = 0; i < emitter->n_elements; ++i) {
    FhElement box;
    fh_sources_element(s->sources, e, i, &box);
    double world[3];
    fh_scene_to_world(&s->scene, box.at, world);
    const double degrees = 180.0 / FH_PI;
    printf("%4zu %8.2f %8.2f %8.2f %8.1f %8.1f %8.1f %9.2f %4s\n",
           i + 1,
           world[0],
           world[1],
           world[2],
           -atan2((double)box.forward[0], (double)box.forward[1]) * degrees,
           asin(fmax(-1.0, fmin(1.0, (double)box.forward[2]))) * degrees,
           box.gain_db,
           1e3 * box.delay_s,
           box.invert ? "-" : "+");
    mass_kg += box.mass_kg;
  }
  if (mass_kg > 0.0) {
    printf("  mass of the boxes %.0f kg\n", mass_kg);
  }
}

void
array_print_view(const ArraySession* const s, const ArrayView* const view)
{
  for (size_t e = 0; e < fh_sources_count(s->sources) && e < 64; ++e) {
    if (view->mask >> e & 1) {
      const FhEmitter* const emitter = fh_sources_emitter(s->sources, e);
      FhElement box;
      fh_sources_element(s->sources, e, 0, &box);
      printf("%s: %u x %s\n", emitter->name, emitter->n_elements, box.model);
      print_boxes(s, e);
    }
  }
  printf("%10s %10s %10s %10s %10s %12s\n",
         "Hz",
         "aim deg",
         "top deg",
         "bottom deg",
         "rear dB",
         "seats dB");
  for (size_t f = 0; f < view->n_hz; ++f) {
    double low = HUGE_VAL;
    double high = -HUGE_VAL;
    for (size_t i = 0; i < view->n_line; ++i) {
      const double db = view->line_db[f * view->n_line + i];
      low = isfinite(db) ? fmin(low, db) : low;
      high = isfinite(db) ? fmax(high, db) : high;
    }
    char span[32] = "-";
    if (low <= high) {
      (void)snprintf(span, sizeof span, "%.1f..%.1f", low, high);
    }
    printf("%10s %10.0f %10.0f %10.0f %10.1f %12s\n",
           fh_third_name(array_band(view->hz[f])),
           view->aim_deg[f],
           view->top_deg[f],
           view->bottom_deg[f],
           view->rear_db[f],
           span);
  }
  char limit[160];
  limit_text(s, &view->headroom, limit);
  if (isfinite(view->headroom.headroom_db)) {
    printf("  headroom %.1f dB, first to limit: %s\n",
           view->headroom.headroom_db,
           limit);
  }
  printf("\n");
}

void
array_print_seats(const ArraySession* const s)
{
  if (!s->field.n_points) {
    return;
  }
  const SeatSummary seats = summarise(s);
  char limit[160];
  limit_text(s, &s->headroom, limit);
  printf(
    "Seats, direct sound of all that play: mean %.1f dB(A), %.1f to %.1f\n",
    seats.mean_dba,
    seats.low_dba,
    seats.high_dba);
  if (isfinite(s->headroom.headroom_db)) {
    printf(
      "Up to the first limit (%s): %+.1f dB, mean %.1f dB(A), peak %.1f dB "
      "at the loudest seat\n",
      limit,
      s->headroom.headroom_db,
      seats.mean_dba + s->headroom.headroom_db,
      seats.high_peak_db + s->headroom.headroom_db);
  }
}

static json_t*
json_number(const double x)
{
  return isfinite(x) ? json_real(x) : json_null();
}

static json_t*
json_headroom(const ArraySession* const s, const FhHeadroom* const h)
{
  json_t* const out = json_object();
  json_object_set_new(out, "headroom_db", json_number(h->headroom_db));
  if (isfinite(h->headroom_db)) {
    json_object_set_new(
      out,
      "emitter",
      json_string(fh_sources_emitter(s->sources, h->emitter)->name));
    json_object_set_new(out, "box", json_integer((json_int_t)h->element + 1));
    json_object_set_new(out,
                        "limit",
                        h->third < 0
                          ? json_string("peak")
                          : json_string(fh_third_name((size_t)h->third)));
  }
  return out;
}

static void
append_boxes(const ArraySession* const s, const size_t e, json_t* const boxes)
{
  const FhEmitter* const emitter = fh_sources_emitter(s->sources, e);
  for (size_t i = 0; i < emitter->n_elements; ++i) {
    FhElement box;
    fh_sources_element(s->sources, e, i, &box);
    double world[3];
    fh_scene_to_world(&s->scene, box.at, world);
    json_array_append_new(
      boxes,
      json_pack("{s:s, s:s, s:[f,f,f], s:[f,f,f], s:f, s:f, s:b}",
                "of",
                emitter->name,
                "model",
                box.model,
                "at",
                world[0],
                world[1],
                world[2],
                "forward",
                (double)box.forward[0],
                (double)box.forward[1],
                (double)box.forward[2],
                "gain_db",
                box.gain_db,
                "delay_ms",
                1e3 * box.delay_s,
                "invert",
                box.invert));
  }
}

json_t*
array_json_view(const ArraySession* const s, const ArrayView* const view)
{
  json_t* const out = json_object();
  json_t* const boxes = json_array();
  for (size_t e = 0; e < fh_sources_count(s->sources) && e < 64; ++e) {
    if (view->mask >> e & 1) {
      append_boxes(s, e, boxes);
    }
  }
  json_t* const coverage = json_array();
  for (size_t f = 0; f < view->n_hz; ++f) {
    json_t* const distance = json_array();
    json_t* const level = json_array();
    for (size_t i = 0; i < view->n_line; ++i) {
      json_array_append_new(distance, json_number(view->distance_m[i]));
      json_array_append_new(level,
                            json_number(view->line_db[f * view->n_line + i]));
    }
    json_array_append_new(coverage,
                          json_pack("{s:f, s:f, s:f, s:f, s:f, s:o, s:o}",
                                    "frequency_hz",
                                    view->hz[f],
                                    "aim_deg",
                                    view->aim_deg[f],
                                    "top_deg",
                                    view->top_deg[f],
                                    "bottom_deg",
                                    view->bottom_deg[f],
                                    "rear_db",
                                    view->rear_db[f],
                                    "distance_m",
                                    distance,
                                    "level_db",
                                    level));
  }
  json_object_set_new(out, "name", json_string(view->name));
  json_object_set_new(out, "boxes", boxes);
  json_object_set_new(out, "coverage", coverage);
  json_object_set_new(out, "headroom", json_headroom(s, &view->headroom));
  return out;
}

void
array_print_json(const ArraySession* const s, json_t* const arrays)
{
  json_t* const root = json_object();
  json_object_set_new(root, "venue", json_string(s->venue.name));
  json_object_set_new(root, "arrays", arrays);
  json_object_set_new(root, "headroom", json_headroom(s, &s->headroom));
  if (s->field.n_points) {
    const SeatSummary seats = summarise(s);
    json_object_set_new(root,
                        "seats",
                        json_pack("{s:f, s:f, s:f, s:f}",
                                  "mean_dba",
                                  seats.mean_dba,
                                  "lowest_dba",
                                  seats.low_dba,
                                  "highest_dba",
                                  seats.high_dba,
                                  "highest_peak_db",
                                  seats.high_peak_db));
  }
  char* const text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(9));
  if (text) {
    (void)puts(text);
  }
  free(text);
  json_decref(root);
}
