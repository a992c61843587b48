// SPDX-License-Identifier: GPL-3.0-or-later
// nftw() is of X/Open
#define _XOPEN_SOURCE 700

#include "../result/json.h"
#include "place_json.h"

#include <fh/tour.h>

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE   2048
#define FOLDER_SIZE 1500

FhTourDesc
fh_tour_desc_default(void)
{
  FhTourDesc desc = {.place = fh_place_desc_default(),
                     .write = {.responses = false, .maps = true}};
  desc.place.n_simulated = 1;
  return desc;
}

// FNV-1a, of what a night is made of
static void
add_to_key(uint64_t* const key, const void* const bytes, const size_t n)
{
  const unsigned char* const b = (const unsigned char*)bytes;
  for (size_t i = 0; i < n; ++i) {
    *key = (*key ^ b[i]) * 0x100000001B3U;
  }
}

static void
key_of(const FhTour* const tour,
       const FhVenue* const venue,
       const FhTourDesc* const desc,
       char out[24])
{
  uint64_t key = 0xCBF29CE484222325U;
  add_to_key(&key, FULLHOUSE_VERSION, strlen(FULLHOUSE_VERSION));
  add_to_key(&key, &venue->hash, sizeof venue->hash);
  for (size_t i = 0; i < venue->n_audience; ++i) {
    add_to_key(&key, &venue->audience[i].occupancy, sizeof(double));
  }
  for (size_t i = 0; i < tour->n_stock; ++i) {
    const FhStock* const s = &tour->stock[i];
    add_to_key(&key, s->model, strlen(s->model) + 1);
    add_to_key(&key, &s->count, sizeof s->count);
  }
  const FhPlaceDesc* const p = &desc->place;
  add_to_key(&key, &tour->max_mass_kg, sizeof tour->max_mass_kg);
  add_to_key(&key, &p->seed, sizeof p->seed);
  add_to_key(&key, &p->budget_s, sizeof p->budget_s);
  add_to_key(&key, &p->n_evaluations, sizeof p->n_evaluations);
  add_to_key(&key, &p->trace.n_rays, sizeof p->trace.n_rays);
  add_to_key(&key, &p->trace.error_db, sizeof p->trace.error_db);
  add_to_key(&key, &desc->write.responses, sizeof desc->write.responses);
  snprintf(out, 24, "%016llx", (unsigned long long)key);
}

static bool
is_done(const char* const folder, const char* const key)
{
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s/night.json", folder);
  json_t* const root = json_load_file(path, 0, NULL);
  const char* const had = json_string_value(json_object_get(root, "key"));
  const bool done =
    had && !strcmp(had, key) && json_is_true(json_object_get(root, "done"));
  json_decref(root);
  return done;
}

static int
remove_one(const char* const path,
           const struct stat* const info,
           const int kind,
           struct FTW* const where)
{
  (void)info;
  (void)kind;
  (void)where;
  return remove(path);
}

// A fresh folder for a night; what is in it from before is ours
static FhStatus
make_folder(const char* const folder, FhDiag* const diag)
{
  if (!access(folder, F_OK)) {
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  }
  if (mkdir(folder, 0777)) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                folder,
                0,
                0,
                "cannot be made (%s); give another folder",
                strerror(errno));
    return FH_ERR_IO;
  }
  return FH_OK;
}

static FhStatus
save(json_t* const root, const char* const folder, FhDiag* const diag)
{
  char path[PATH_SIZE];
  char temporary[PATH_SIZE];
  snprintf(path, sizeof path, "%s/night.json", folder);
  snprintf(temporary, sizeof temporary, "%s/.night.json", folder);
  errno = 0;
  const bool ok =
    root &&
    !json_dump_file(root, temporary, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) &&
    !rename(temporary, path);
  if (!ok) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "cannot be written (%s)",
                strerror(errno));
  }
  json_decref(root);
  return ok ? FH_OK : FH_ERR_IO;
}

/// A night under way
typedef struct {
  const FhTour* tour;
  const FhTourNight* night;
  const FhTourDesc* desc;
  FhVenue venue;
  char folder[FOLDER_SIZE];
  json_t* index; ///< Of night.json
  FhDiag* diag;
} Night;

static FhStatus
write_run(Night* const n,
          const FhRun* const run,
          const FhProgressFn progress,
          void* const user)
{
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s/run", n->folder);
  FhRunFolder* folder = NULL;
  FhStatus status = fh_run_folder_new(path, "run.json", &folder, n->diag);
  if (!status) {
    status =
      fh_run_write(run, &n->desc->write, progress, user, folder, n->diag);
  }
  if (!status) {
    status = fh_run_folder_commit(folder, true, n->diag);
    folder = NULL;
  }
  fh_run_folder_free(folder);
  return status;
}

static FhStatus
write_result(Night* const n,
             const FhPlace* const place,
             const FhProgressFn progress,
             void* const user)
{
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s/place", n->folder);
  FhStatus status = fh_place_write(place, path, n->diag);
  if (!status) {
    const bool better =
      place->n && place->option[0].simulated && place->after.venue != NULL;
    status =
      write_run(n, better ? &place->after : &place->before, progress, user);
    json_object_set_new(n->index, "before", score_json(&place->full));
    json_object_set_new(
      n->index,
      "after",
      score_json(better ? &place->option[0].full : &place->full));
    json_object_set_new(
      n->index,
      "pack",
      boxes_json(better ? &place->option[0].venue : &n->venue));
  }
  json_t* const moves = json_array();
  for (size_t i = 0; place->n && i < place->option[0].n_moves; ++i) {
    json_array_append_new(moves, json_string(place->option[0].move[i]));
  }
  json_object_set_new(n->index, "moves", moves);
  json_t* const hire = json_array();
  for (size_t i = 0; i < place->n_lacking; ++i) {
    json_array_append_new(hire, lack_json(&place->lacking[i]));
  }
  json_object_set_new(n->index, "hire", hire);
  return status;
}

static FhStatus
do_night(Night* const n, const FhProgressFn progress, void* const user)
{
  FhPlaceDesc desc = n->desc->place;
  desc.stock = n->tour->stock;
  desc.n_stock = n->tour->n_stock;
  desc.max_mass_kg = n->tour->max_mass_kg;
  FhPlace place;
  FhStatus status =
    fh_place(&n->venue, &desc, progress, NULL, user, &place, n->diag);
  if (!status) {
    status = place.interrupted ? FH_ERR_INTERRUPTED
                               : write_result(n, &place, progress, user);
    fh_place_clear(&place);
  }
  return status;
}

// Errors of the venue in one text, for the page
static void
set_error(Night* const n)
{
  char text[1024] = "";
  size_t used = 0;
  for (size_t i = 0; i < fh_diag_size(n->diag) && used < sizeof text; ++i) {
    const FhDiagEntry* const e = fh_diag_entry(n->diag, i);
    if (e->severity == FH_DIAG_ERROR) {
      const int k = snprintf(
        text + used, sizeof text - used, "%s%s", used ? "; " : "", e->text);
      used += k > 0 ? (size_t)k : 0;
    }
  }
  json_object_set_new(
    n->index, "error", json_string(text[0] ? text : "failed"));
}

FhStatus
fh_tour_night(const FhTour* const tour,
              const size_t night,
              const FhTourDesc* const desc,
              const char* const folder,
              const FhProgressFn progress,
              void* const user,
              bool* const kept,
              FhDiag* const diag)
{
  Night n = {.tour = tour,
             .night = &tour->night[night],
             .desc = desc,
             .index = json_object(),
             .diag = fh_diag_new()};
  char name[96];
  char key[24] = "";
  fh_tour_night_folder(tour, night, name);
  snprintf(n.folder, sizeof n.folder, "%s/%s", folder, name);
  *kept = false;
  FhStatus status = n.index && n.diag ? FH_OK : FH_ERR_NO_MEM;
  bool readable = false;
  if (!status) {
    status = fh_tour_venue(tour, n.night, &n.venue, n.diag);
    readable = !status;
  }
  if (readable) {
    key_of(tour, &n.venue, desc, key);
    *kept = !desc->again && is_done(n.folder, key);
  }
  if (!*kept && status != FH_ERR_NO_MEM) {
    const FhStatus made = make_folder(n.folder, diag);
    json_object_set_new(n.index, "key", json_string(key));
    json_object_set_new(n.index, "name", json_string(n.night->name));
    json_object_set_new(n.index, "date", json_string(n.night->date));
    json_object_set_new(
      n.index, "venue", json_string(readable ? n.venue.name : n.night->venue));
    if (made) {
      status = made;
    } else if (readable) {
      status = do_night(&n, progress, user);
    }
    const bool fatal = made || status == FH_ERR_IO || status == FH_ERR_NO_MEM ||
                       status == FH_ERR_INTERRUPTED;
    // A venue that is not there fails its night alone
    if (!fatal || (!made && !readable)) {
      if (status) {
        set_error(&n);
      }
      json_object_set_new(n.index, "done", json_boolean(!status));
      status = save(json_incref(n.index), n.folder, diag);
    }
  }
  for (size_t i = 0; n.diag && i < fh_diag_size(n.diag); ++i) {
    const FhDiagEntry* const e = fh_diag_entry(n.diag, i);
    fh_diag_add(diag, e->severity, e->file, e->line, e->column, "%s", e->text);
  }
  if (readable) {
    fh_venue_clear(&n.venue);
  }
  json_decref(n.index);
  fh_diag_free(n.diag);
  return status;
}
