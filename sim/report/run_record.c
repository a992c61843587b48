// SPDX-License-Identifier: GPL-3.0-or-later
#include "page.h"
#include "record_file.h"
#include "record_seats.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Triangles whose edges are drawn at most
#define MAX_TRIANGLES 60000u

static double
number_of(const json_t* const o, const char* const key)
{
  const json_t* const v = json_object_get(o, key);
  return json_is_number(v) ? json_number_value(v) : NAN;
}

static void
text_of(const json_t* const o,
        const char* const key,
        char* const out,
        const size_t size)
{
  const char* const text = json_string_value(json_object_get(o, key));
  snprintf(out, size, "%s", text ? text : "");
}

static void
numbers_of(const json_t* const o,
           const char* const key,
           double* const out,
           const size_t n)
{
  const json_t* const list = json_object_get(o, key);
  for (size_t i = 0; i < n; ++i) {
    const json_t* const v = json_array_get(list, i);
    out[i] = json_is_number(v) ? json_number_value(v) : NAN;
  }
}

static FhStatus
read_audience(const json_t* const list, FhRunRecord* const r)
{
  const size_t n = json_array_size(list);
  r->area = (FhRecordArea*)calloc(n + 1, sizeof(FhRecordArea));
  if (!r->area) {
    return FH_ERR_NO_MEM;
  }
  for (; r->n_areas < n; ++r->n_areas) {
    const json_t* const o = json_array_get(list, r->n_areas);
    FhRecordArea* const a = &r->area[r->n_areas];
    text_of(o, "name", a->name, sizeof a->name);
    a->capacity = number_of(o, "capacity");
    a->occupancy = number_of(o, "occupancy");
    a->spacing_m = number_of(o, "spacing_m");
    if (!(a->spacing_m > 0.0)) {
      return FH_ERR_FORMAT;
    }
  }
  return FH_OK;
}

// "0, 1, 2.5" of the angles between boxes
static void
write_splay(const json_t* const list, char* const out, const size_t size)
{
  size_t used = 0;
  out[0] = '\0';
  for (size_t i = 0; i < json_array_size(list) && used < size; ++i) {
    const int n = snprintf(out + used,
                           size - used,
                           "%s%.3g",
                           i ? ", " : "",
                           json_number_value(json_array_get(list, i)));
    used += n > 0 ? (size_t)n : 0;
  }
}

static FhStatus
read_sources(const json_t* const list, FhRunRecord* const r)
{
  const size_t n = json_array_size(list);
  r->source = (FhRecordSource*)calloc(n + 1, sizeof(FhRecordSource));
  if (!r->source) {
    return FH_ERR_NO_MEM;
  }
  for (; r->n_sources < n; ++r->n_sources) {
    const json_t* const o = json_array_get(list, r->n_sources);
    FhRecordSource* const s = &r->source[r->n_sources];
    text_of(o, "name", s->name, sizeof s->name);
    text_of(o, "model", s->model, sizeof s->model);
    numbers_of(o, "at", s->at, 3);
    s->elements = (size_t)json_integer_value(json_object_get(o, "elements"));
    s->yaw_deg = number_of(o, "yaw_deg");
    s->pitch_deg = number_of(o, "pitch_deg");
    s->gain_db = number_of(o, "gain_db");
    s->delay_ms = number_of(o, "delay_ms");
    s->invert = json_is_true(json_object_get(o, "invert"));
    s->muted = json_is_true(json_object_get(o, "muted"));
    write_splay(json_object_get(o, "splay_deg"), s->splay, sizeof s->splay);
  }
  return FH_OK;
}

static FhStatus
read_microphones(const json_t* const list, FhRunRecord* const r)
{
  const size_t n = json_array_size(list);
  r->microphone =
    (FhRecordMicrophone*)calloc(n + 1, sizeof(FhRecordMicrophone));
  if (!r->microphone) {
    return FH_ERR_NO_MEM;
  }
  for (; r->n_microphones < n; ++r->n_microphones) {
    const json_t* const o = json_array_get(list, r->n_microphones);
    FhRecordMicrophone* const m = &r->microphone[r->n_microphones];
    text_of(o, "name", m->name, sizeof m->name);
    numbers_of(o, "at", m->at, 3);
  }
  return FH_OK;
}

static void
read_goals(const json_t* const o, FhGoals* const goals)
{
  *goals = fh_goals_default();
  const struct {
    const char* key;
    double* to;
  } table[] = {{"level_dba", &goals->level_dba},
               {"spread_db", &goals->spread_db},
               {"sti", &goals->sti},
               {"dead_quiet_db", &goals->dead_quiet_db},
               {"dead_muffled_db", &goals->dead_muffled_db},
               {"dead_sti", &goals->dead_sti},
               {"dead_cancelled_db", &goals->dead_cancelled_db}};
  for (size_t i = 0; i < sizeof table / sizeof *table; ++i) {
    const double value = number_of(o, table[i].key);
    *table[i].to = isfinite(value) ? value : *table[i].to;
  }
}

static void
read_settings(const json_t* const o, const uint64_t seed, FhTraceDesc* const d)
{
  *d = fh_trace_desc_default();
  d->seed = seed;
  d->n_rays = (uint64_t)json_integer_value(json_object_get(o, "rays"));
  d->gather_rays =
    (unsigned)json_integer_value(json_object_get(o, "gather_rays"));
  d->image_order =
    (unsigned)json_integer_value(json_object_get(o, "image_order"));
  d->error_db = number_of(o, "error_db");
  d->duration_s = number_of(o, "duration_s");
  d->crossover_hz = number_of(o, "crossover_hz");
  d->time_limit_s = number_of(o, "time_limit_s");
  d->seats = json_is_true(json_object_get(o, "seats"));
  d->diffraction = json_is_true(json_object_get(o, "diffraction"));
  d->finite_faces = json_is_true(json_object_get(o, "finite_faces"));
}

static FhStatus
read_index(const json_t* const root, FhRunRecord* const r)
{
  const json_t* const venue = json_object_get(root, "venue");
  const json_t* const scene = json_object_get(root, "scene");
  const json_t* const air = json_object_get(venue, "air");
  const json_t* const errors = json_object_get(root, "standard_errors");
  text_of(root, "version", r->version, sizeof r->version);
  r->interrupted = json_is_true(json_object_get(root, "interrupted"));
  r->seed = (uint64_t)json_integer_value(json_object_get(root, "seed"));
  read_settings(json_object_get(root, "settings"), r->seed, &r->trace);
  r->rays = (uint64_t)json_integer_value(
    json_object_get(json_object_get(root, "trace"), "rays"));
  text_of(venue, "name", r->venue, sizeof r->venue);
  text_of(venue, "path", r->venue_path, sizeof r->venue_path);
  text_of(venue, "hash", r->venue_hash, sizeof r->venue_hash);
  r->temperature_c = number_of(air, "temperature_c");
  r->humidity_percent = number_of(air, "humidity_percent");
  numbers_of(venue, "background_noise_db", r->noise_db, FH_N_OCTAVES);
  r->volume_m3 = number_of(scene, "volume_m3");
  numbers_of(scene, "low", r->low, 3);
  numbers_of(scene, "high", r->high, 3);
  numbers_of(scene, "eyring_t60_s", r->t60_s, FH_N_OCTAVES);
  r->mean_dba = number_of(json_object_get(root, "levels"), "mean_dba");
  r->se_level_db = number_of(errors, "microphones_level_db");
  r->se_c80_db = number_of(errors, "microphones_c80_db");
  r->se_t30_s = number_of(errors, "microphones_t30_s");
  r->se_seats_db = number_of(errors, "seats_level_db");
  read_goals(json_object_get(venue, "goals"), &r->goals);
  FhStatus status = read_audience(json_object_get(venue, "audience"), r);
  if (!status) {
    status = read_sources(json_object_get(root, "sources"), r);
  }
  if (!status) {
    status = read_microphones(json_object_get(root, "microphones"), r);
  }
  return status;
}

// Index of the seat with this number
static uint32_t
seat_of_id(const FhRunRecord* const r, const uint32_t id)
{
  // Rows are numbered as they come, so look there first
  if (id < r->n_seats && r->seat[id].id == id) {
    return id;
  }
  for (uint32_t i = 0; i < r->n_seats; ++i) {
    if (r->seat[i].id == id) {
      return i;
    }
  }
  return UINT32_MAX;
}

static FhStatus
read_zone(const json_t* const o, const FhRunRecord* const r, FhRecordZone* z)
{
  text_of(o, "area", z->area, sizeof z->area);
  text_of(o, "cause", z->cause, sizeof z->cause);
  text_of(o, "because", z->because, sizeof z->because);
  text_of(o, "remedy", z->remedy, sizeof z->remedy);
  z->area_m2 = number_of(o, "area_m2");
  z->depth_db = number_of(o, "depth_db");
  z->lowest_sti = number_of(o, "lowest_sti");
  z->worst_echo = number_of(o, "worst_echo");
  numbers_of(o, "at", z->at, 3);
  const json_t* const reasons = json_object_get(o, "reasons");
  size_t used = 0;
  for (size_t i = 0; i < json_array_size(reasons); ++i) {
    const char* const word = json_string_value(json_array_get(reasons, i));
    const int n = snprintf(z->reasons + used,
                           sizeof z->reasons - used,
                           "%s%s",
                           i ? ", " : "",
                           word ? word : "");
    used += n > 0 ? (size_t)n : 0;
    if (used >= sizeof z->reasons) {
      break;
    }
  }
  const json_t* const seats = json_object_get(o, "seats");
  z->n_seats = json_array_size(seats);
  z->seat = (uint32_t*)calloc(z->n_seats + 1, sizeof(uint32_t));
  if (!z->seat) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < z->n_seats; ++i) {
    z->seat[i] =
      seat_of_id(r, (uint32_t)json_integer_value(json_array_get(seats, i)));
    if (z->seat[i] == UINT32_MAX) {
      return FH_ERR_FORMAT;
    }
  }
  return FH_OK;
}

static FhStatus
read_zones(const json_t* const list, FhRunRecord* const r)
{
  const size_t n = json_array_size(list);
  r->zone = (FhRecordZone*)calloc(n + 1, sizeof(FhRecordZone));
  FhStatus status = r->zone ? FH_OK : FH_ERR_NO_MEM;
  for (; r->n_zones < n && !status; ++r->n_zones) {
    status =
      read_zone(json_array_get(list, r->n_zones), r, &r->zone[r->n_zones]);
  }
  return status;
}

// Edges of upright triangles, from above
static FhStatus
read_walls(const json_t* const mesh, FhRunRecord* const r)
{
  size_t n_values = 0;
  size_t n_corners = 0;
  float* const v =
    (float*)page_unpack(json_object_get(mesh, "vertices"), PAGE_F32, &n_values);
  uint32_t* const t = (uint32_t*)page_unpack(
    json_object_get(mesh, "triangles"), PAGE_U32, &n_corners);
  FhStatus status = v && t ? FH_OK : FH_ERR_FORMAT;
  if (!status && n_corners / 3 <= MAX_TRIANGLES) {
    r->wall = (double(*)[4])calloc(n_corners + 1, sizeof *r->wall);
    status = r->wall ? FH_OK : FH_ERR_NO_MEM;
  }
  for (size_t i = 0; !status && r->wall && i + 2 < n_corners; i += 3) {
    double p[3][3];
    for (size_t k = 0; k < 3 && !status; ++k) {
      status = t[i + k] < n_values / 3 ? FH_OK : FH_ERR_FORMAT;
      for (size_t c = 0; c < 3 && !status; ++c) {
        p[k][c] = (double)v[3 * (size_t)t[i + k] + c];
      }
    }
    if (status) {
      break;
    }
    const double a[3] = {
      p[1][0] - p[0][0], p[1][1] - p[0][1], p[1][2] - p[0][2]};
    const double b[3] = {
      p[2][0] - p[0][0], p[2][1] - p[0][1], p[2][2] - p[0][2]};
    const double n[3] = {a[1] * b[2] - a[2] * b[1],
                         a[2] * b[0] - a[0] * b[2],
                         a[0] * b[1] - a[1] * b[0]};
    if (fabs(n[2]) > 0.3 * sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2])) {
      continue;
    }
    for (size_t k = 0; k < 3; ++k) {
      const double* const q = p[(k + 1) % 3];
      const double dx = q[0] - p[k][0];
      const double dy = q[1] - p[k][1];
      if (dx * dx + dy * dy > 1e-4) {
        double* const wall = r->wall[r->n_walls++];
        wall[0] = p[k][0];
        wall[1] = p[k][1];
        wall[2] = q[0];
        wall[3] = q[1];
      }
    }
  }
  free(v);
  free(t);
  return status;
}

typedef FhStatus (*ReadPart)(const json_t* root, FhRunRecord* r);

static FhStatus
read_zones_file(const json_t* const root, FhRunRecord* const r)
{
  return read_zones(json_object_get(root, "zones"), r);
}

static FhStatus
read_page_file(const json_t* const root, FhRunRecord* const r)
{
  return read_walls(json_object_get(root, "mesh"), r);
}

static FhStatus
read_file(const char* const folder,
          const char* const name,
          const ReadPart part,
          FhRunRecord* const out,
          FhDiag* const diag)
{
  json_t* root = NULL;
  FhStatus status = part == read_index ? record_load_index(folder, &root, diag)
                                       : record_load(folder, name, &root, diag);
  if (!status) {
    status = part(root, out);
    if (status == FH_ERR_FORMAT) {
      record_complain(folder, name, "does not hold what it should", diag);
    }
  }
  json_decref(root);
  return status;
}

FhStatus
fh_run_record_read(const char* const folder,
                   FhRunRecord* const out,
                   FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  snprintf(out->folder, sizeof out->folder, "%s", folder);
  FhStatus status = read_file(folder, "run.json", read_index, out, diag);
  if (!status) {
    status = record_read_seats(folder, out, diag);
  }
  if (!status) {
    status = read_file(folder, "deadzones.json", read_zones_file, out, diag);
  }
  if (!status) {
    status = read_file(folder, "page.json", read_page_file, out, diag);
  }
  if (status) {
    fh_run_record_clear(out);
  }
  return status;
}

void
fh_run_record_clear(FhRunRecord* const record)
{
  for (size_t z = 0; record->zone && z < record->n_zones; ++z) {
    free(record->zone[z].seat);
  }
  free(record->area);
  free(record->source);
  free(record->microphone);
  free(record->seat);
  free(record->zone);
  free(record->wall);
  memset(record, 0, sizeof *record);
}

double
fh_run_record_occupancy(const FhRunRecord* const record)
{
  double persons = 0.0;
  double capacity = 0.0;
  for (size_t a = 0; a < record->n_areas; ++a) {
    persons += record->area[a].capacity * record->area[a].occupancy;
    capacity += record->area[a].capacity;
  }
  return capacity > 0.0 ? persons / capacity : 0.0;
}
