// SPDX-License-Identifier: GPL-3.0-or-later
#include "../report/plan.h"
#include "../result/json.h"
#include "place_json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/// Name of the venue file of an option
static void
option_file(const size_t i, char out[32])
{
  (void)snprintf(out, 32, i ? "option-%zu.yaml" : "venue.yaml", i + 1);
}

static json_t*
option_json(const FhPlaceOption* const option, const size_t i)
{
  json_t* const o = json_object();
  char file[32];
  option_file(i, file);
  json_object_set_new(o, "venue", json_string(file));
  json_object_set_new(o, "boxes", json_integer((json_int_t)option->n_boxes));
  json_object_set_new(o, "added", json_integer((json_int_t)option->n_added));
  json_object_set_new(o, "models", boxes_json(&option->venue));
  json_object_set_new(o, "front", json_boolean(option->front));
  json_object_set_new(o, "search", score_json(&option->search));
  json_object_set_new(
    o, "full", option->simulated ? score_json(&option->full) : json_null());
  json_t* const moves = json_array();
  for (size_t k = 0; k < option->n_moves; ++k) {
    json_array_append_new(moves, json_string(option->move[k]));
  }
  json_object_set_new(o, "moves", moves);
  return o;
}

static FhStatus
write_index(const FhPlace* const place,
            FhRunFolder* const folder,
            FhDiag* const diag)
{
  json_t* const root = json_object();
  json_object_set_new(root, "fullhouse", json_string(FULLHOUSE_VERSION));
  json_object_set_new(root, "venue", json_string(place->venue->path));
  json_object_set_new(root, "interrupted", json_boolean(place->interrupted));
  json_object_set_new(root, "out_of_time", json_boolean(place->out_of_time));
  json_object_set_new(
    root, "evaluations", json_integer((json_int_t)place->n_evaluations));
  json_object_set_new(
    root, "positions", json_integer((json_int_t)place->n_positions));
  json_object_set_new(root, "search_s", json_number(place->search_s));
  json_t* const before = json_object();
  json_object_set_new(before, "search", score_json(&place->search));
  json_object_set_new(before, "full", score_json(&place->full));
  json_object_set_new(root, "before", before);
  json_t* const options = json_array();
  for (size_t i = 0; i < place->n; ++i) {
    json_array_append_new(options, option_json(&place->option[i], i));
  }
  json_object_set_new(root, "options", options);
  json_t* const lacking = json_array();
  for (size_t i = 0; i < place->n_lacking; ++i) {
    json_array_append_new(lacking, lack_json(&place->lacking[i]));
  }
  json_object_set_new(root, "lacking", lacking);
  return json_save(root, "place.json", folder, diag);
}

static FhStatus
write_moves(const FhPlace* const place,
            FhRunFolder* const folder,
            FhDiag* const diag)
{
  errno = 0;
  const char* const path = fh_run_folder_path(folder, "moves.txt");
  FILE* const file = path ? fopen(path, "w") : NULL;
  bool ok = file != NULL;
  const FhPlaceOption* const best = place->n ? &place->option[0] : NULL;
  if (ok && best && !best->n_moves) {
    ok = fputs("Leave everything as it is.\n", file) >= 0;
  }
  for (size_t i = 0; ok && best && i < best->n_moves; ++i) {
    ok = fprintf(file, "%s\n", best->move[i]) >= 0;
  }
  ok = file && !fclose(file) && ok;
  if (!ok) {
    fh_run_folder_complain(folder, "moves.txt", diag);
  }
  return ok ? FH_OK : FH_ERR_IO;
}

typedef double (*SeatValue)(const FhSeatMetrics* m);

static double
level_of(const FhSeatMetrics* const m)
{
  return (double)m->spl_dba;
}

static double
sti_of(const FhSeatMetrics* const m)
{
  return (double)m->sti;
}

static double
dead_of(const FhSeatMetrics* const m)
{
  double n = 0.0;
  for (unsigned bits = m->dead; bits; bits >>= 1) {
    n += (double)(bits & 1U);
  }
  return n;
}

static FhStatus
draw(const FhRun* const run,
     const SeatValue value,
     const FhColourScale* const scale,
     const char* const title,
     const char* const name,
     FhRunFolder* const folder,
     FhDiag* const diag)
{
  Plan plan;
  FhStatus status = plan_from_run(run, &plan);
  double* const list = (double*)calloc(run->scene.n_seats + 1, sizeof(double));
  if (!status && !list) {
    status = FH_ERR_NO_MEM;
  }
  for (size_t i = 0; !status && i < run->scene.n_seats; ++i) {
    list[i] = value(&run->seats[i]);
  }
  if (!status) {
    const PlanMap map = {.value = list, .scale = *scale};
    status = plan_write(&plan, title, &map, folder, name, diag);
  }
  free(list);
  plan_clear(&plan);
  return status;
}

/// Both systems in the same colours, and what changed
static FhStatus
write_maps(const FhPlace* const place,
           FhRunFolder* const folder,
           FhDiag* const diag)
{
  // 18 dB as the maps of runs, about the louder mean: its seats stay within
  const double top_db =
    3.0 *
    ceil((fmax(place->full.level_dba,
               place->after.seats ? place->option[0].full.level_dba : -999.0) +
          4.0) /
         3.0);
  const struct {
    SeatValue value;
    FhColourScale scale;
    const char* what;
    const char* name;
  } maps[] = {{level_of,
               {FH_COLOUR_VIRIDIS, top_db - 18.0, top_db, "Level [dB(A)]"},
               "sound pressure level, A-weighted",
               "spl_dba"},
              {sti_of,
               {FH_COLOUR_VIRIDIS, 0.3, 0.8, "STI"},
               "speech transmission index",
               "sti"},
              {dead_of,
               {FH_COLOUR_RISING, 0.0, 3.0, "Reasons why a seat is dead"},
               "dead seats",
               "dead"}};
  const FhRun* const runs[2] = {&place->before, &place->after};
  static const char* const words[2] = {"before", "after"};
  FhStatus status = FH_OK;
  for (size_t i = 0; i < 2 * sizeof maps / sizeof maps[0] && !status; ++i) {
    const FhRun* const run = runs[i % 2];
    char title[128];
    char name[64];
    (void)snprintf(
      title, sizeof title, "%s, %s", maps[i / 2].what, words[i % 2]);
    (void)snprintf(
      name, sizeof name, "maps/%s_%s.png", maps[i / 2].name, words[i % 2]);
    if (run->seats) {
      status = draw(
        run, maps[i / 2].value, &maps[i / 2].scale, title, name, folder, diag);
    }
  }
  return status;
}

FhStatus
fh_place_write(const FhPlace* const place,
               const char* const folder,
               FhDiag* const diag)
{
  FhRunFolder* out = NULL;
  FhStatus status = fh_run_folder_new(folder, "place.json", &out, diag);
  status = status ? status : write_maps(place, out, diag);
  status = status ? status : write_moves(place, out, diag);
  status = status ? status : write_index(place, out, diag);
  if (!status) {
    status = fh_run_folder_commit(out, true, diag);
    out = NULL;
  }
  fh_run_folder_free(out);
  // Venue files name their geometry relative to where they lie
  for (size_t i = 0; i < place->n && !status; ++i) {
    char file[32];
    char path[1400];
    option_file(i, file);
    (void)snprintf(path, sizeof path, "%s/%s", folder, file);
    status = fh_venue_write(&place->option[i].venue, path, diag);
  }
  return status;
}
