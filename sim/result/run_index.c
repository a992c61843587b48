// SPDX-License-Identifier: GPL-3.0-or-later
#include "json.h"
#include "run_files.h"

#include <fh/run_record.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

static void
set_number(json_t* const o, const char* const key, const double value)
{
  json_object_set_new(o, key, json_number(value));
}

static void
set_count(json_t* const o, const char* const key, const uint64_t value)
{
  json_object_set_new(o, key, json_integer((json_int_t)value));
}

static void
set_text(json_t* const o, const char* const key, const char* const value)
{
  json_t* const text = json_string(value);
  // Names need not be UTF-8 where they came from a geometry file
  json_object_set_new(o, key, text ? text : json_string("?"));
}

static void
set_world(json_t* const o,
          const char* const key,
          const FhScene* const scene,
          const float at[3])
{
  double world[3];
  fh_scene_to_world(scene, at, world);
  for (size_t k = 0; k < 3; ++k) {
    world[k] = round(world[k] * 1e4) / 1e4;
  }
  json_object_set_new(o, key, json_numbers(world, 3));
}

static json_t*
goals_json(const FhGoals* const g)
{
  json_t* const o = json_object();
  set_number(o, "level_dba", g->level_dba);
  set_number(o, "spread_db", g->spread_db);
  set_number(o, "sti", g->sti);
  set_number(o, "dead_quiet_db", g->dead_quiet_db);
  set_number(o, "dead_muffled_db", g->dead_muffled_db);
  set_number(o, "dead_sti", g->dead_sti);
  set_number(o, "dead_cancelled_db", g->dead_cancelled_db);
  return o;
}

static json_t*
venue_json(const FhVenue* const venue)
{
  json_t* const o = json_object();
  set_text(o, "name", venue->name);
  const char* const slash = strrchr(venue->path, '/');
  set_text(o, "file", slash ? slash + 1 : venue->path);
  set_text(o, "path", venue->path);
  char hash[32];
  snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)venue->hash);
  set_text(o, "hash", hash);
  json_object_set_new(o, "open_air", json_boolean(venue->open_air));
  json_t* const air = json_object();
  set_number(air, "temperature_c", venue->air.temperature_c);
  set_number(air, "humidity_percent", venue->air.humidity_percent);
  set_number(air, "pressure_kpa", venue->air.pressure_kpa);
  json_object_set_new(o, "air", air);
  json_object_set_new(
    o, "background_noise_db", json_floats(venue->noise_db, FH_N_OCTAVES));
  json_t* const areas = json_array();
  for (size_t i = 0; i < venue->n_audience; ++i) {
    const FhAudience* const a = &venue->audience[i];
    json_t* const area = json_object();
    set_text(area, "name", a->name);
    set_text(area,
             "posture",
             a->posture == FH_POSTURE_STANDING ? "standing" : "seated");
    set_number(area, "capacity", a->capacity);
    set_number(area, "occupancy", a->occupancy);
    set_number(area, "spacing_m", a->spacing_m);
    json_array_append_new(areas, area);
  }
  json_object_set_new(o, "audience", areas);
  json_object_set_new(o, "goals", goals_json(&venue->goals));
  return o;
}

static json_t*
settings_json(const FhTraceDesc* const d, const char* const solver)
{
  json_t* const o = json_object();
  set_count(o, "rays", d->n_rays);
  set_number(o, "error_db", d->error_db);
  set_count(o, "gather_rays", d->gather_rays);
  set_count(o, "image_order", d->image_order);
  set_number(o, "duration_s", d->duration_s);
  set_number(o, "crossover_hz", d->crossover_hz);
  json_object_set_new(
    o, "wave_solver", solver ? json_string(solver) : json_null());
  set_number(o, "time_limit_s", d->time_limit_s);
  json_object_set_new(o, "seats", json_boolean(d->seats));
  json_object_set_new(o, "diffraction", json_boolean(d->diffraction));
  json_object_set_new(o, "finite_faces", json_boolean(d->finite_faces));
  return o;
}

static json_t*
scene_json(const FhRun* const run)
{
  const FhScene* const s = &run->scene;
  json_t* const o = json_object();
  set_count(o, "triangles", s->n_triangles);
  set_count(o, "materials", s->n_materials);
  set_count(o, "seats", s->n_seats);
  set_number(o, "volume_m3", s->volume_m3);
  set_number(o, "surface_m2", s->surface_m2);
  set_count(o, "open_edges", s->n_open_edges);
  json_object_set_new(o, "closed", json_boolean(s->closed));
  set_world(o, "low", s, s->low);
  set_world(o, "high", s, s->high);
  double t60_s[FH_N_OCTAVES];
  fh_scene_eyring_t60_s(s, t60_s);
  json_object_set_new(o, "eyring_t60_s", json_numbers(t60_s, FH_N_OCTAVES));
  // Below it single modes stand out
  const double schroeder_hz = fh_scene_schroeder_hz(s);
  set_number(o, "schroeder_hz", schroeder_hz > 0.0 ? schroeder_hz : NAN);
  json_t* const below = json_array();
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    json_array_append_new(below, json_boolean(fh_octave_hz(b) < schroeder_hz));
  }
  json_object_set_new(o, "below_schroeder", below);
  return o;
}

// How a loudspeaker or array hangs and is driven, as its author wrote it
static void
set_rigging(json_t* const o, const FhVenue* const v, const size_t e)
{
  if (e < v->n_loudspeakers) {
    const FhLoudspeaker* const s = &v->loudspeakers[e];
    set_text(o, "model", s->model);
    set_number(o, "yaw_deg", s->yaw_deg);
    set_number(o, "pitch_deg", s->pitch_deg);
    set_number(o, "roll_deg", s->roll_deg);
    set_number(o, "gain_db", s->gain_db);
    json_object_set_new(o, "invert", json_boolean(s->invert));
    return;
  }
  const FhArray* const a = &v->arrays[e - v->n_loudspeakers];
  set_text(o, "model", a->box);
  set_number(o, "yaw_deg", a->yaw_deg);
  set_number(o, "pitch_deg", a->pitch_deg);
  set_number(o, "gain_db", a->gain_db);
  json_object_set_new(o, "invert", json_boolean(a->invert));
  json_object_set_new(o, "top", json_numbers(a->top, 3));
  json_object_set_new(o, "splay_deg", json_numbers(a->splay_deg, a->n_splay));
}

static json_t*
sources_json(const FhRun* const run)
{
  json_t* const list = json_array();
  for (size_t e = 0; e < run->n_emitters; ++e) {
    const FhEmitter* const emitter = fh_sources_emitter(run->sources, e);
    json_t* const o = json_object();
    set_text(o, "name", emitter->name);
    set_rigging(o, run->venue, e);
    set_world(o, "at", &run->scene, emitter->centre);
    set_count(o, "elements", emitter->n_elements);
    set_number(o, "delay_ms", 1000.0 * (double)emitter->delay_s);
    double power_db[FH_N_OCTAVES];
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      power_db[b] = 10.0 * log10((double)emitter->power_w[b] / 1e-12);
    }
    json_object_set_new(o, "power_db", json_numbers(power_db, FH_N_OCTAVES));
    json_object_set_new(o, "muted", json_boolean(emitter->muted));
    json_array_append_new(list, o);
  }
  return list;
}

static json_t*
microphones_json(const FhRun* const run)
{
  json_t* const list = json_array();
  for (size_t m = 0; m < run->scene.n_microphones; ++m) {
    json_t* const o = json_object();
    set_text(o, "name", run->venue->microphones[m].name);
    set_world(o, "at", &run->scene, run->scene.microphone[m]);
    json_array_append_new(list, o);
  }
  return list;
}

// Shares by name: materials of faces of many sizes have one
static json_t*
absorbed_json(const FhRun* const run)
{
  const FhTraceResult* const t = &run->trace;
  const FhMaterial* const materials = run->scene.materials;
  json_t* const o = json_object();
  for (size_t i = 0;
       t->absorbed_by && i < t->n_materials && i < run->scene.n_materials;
       ++i) {
    if (json_object_get(o, materials[i].name)) {
      continue;
    }
    double sum[FH_N_OCTAVES] = {0.0};
    for (size_t k = i; k < t->n_materials; ++k) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        sum[b] += strcmp(materials[k].name, materials[i].name)
                    ? 0.0
                    : t->absorbed_by[k][b];
      }
    }
    json_object_set_new(o, materials[i].name, json_numbers(sum, FH_N_OCTAVES));
  }
  return o;
}

static json_t*
trace_json(const FhRun* const run)
{
  const FhTraceResult* const t = &run->trace;
  json_t* const o = json_object();
  set_count(o, "rays", t->n_rays_done);
  set_count(o, "bounces", t->n_bounces);
  set_count(o, "escaped_rays", t->n_escaped);
  json_t* const holes = json_array();
  for (size_t i = 0; i < t->n_holes; ++i) {
    double world[3];
    fh_scene_to_world(&run->scene, t->hole_at[i], world);
    json_array_append_new(holes, json_numbers(world, 3));
  }
  json_object_set_new(o, "holes", holes);
  json_t* const balance = json_object();
  const FhEnergyBalance* const e = &t->balance;
  json_object_set_new(
    balance, "absorbed", json_numbers(e->absorbed, FH_N_OCTAVES));
  json_object_set_new(balance, "air", json_numbers(e->air, FH_N_OCTAVES));
  json_object_set_new(
    balance, "escaped", json_numbers(e->escaped, FH_N_OCTAVES));
  json_object_set_new(balance, "left", json_numbers(e->left, FH_N_OCTAVES));
  json_object_set_new(
    balance, "sampling", json_numbers(e->sampling, FH_N_OCTAVES));
  json_object_set_new(o, "energy_balance", balance);
  json_object_set_new(o, "absorbed_by", absorbed_json(run));
  return o;
}

static double
mean_of(const double* const value, const size_t n)
{
  double sum = 0.0;
  size_t n_finite = 0;
  for (size_t i = 0; i < n; ++i) {
    if (isfinite(value[i])) {
      sum += value[i];
      ++n_finite;
    }
  }
  return n_finite ? sum / (double)n_finite : NAN;
}

// Mean standard errors, so that one look tells how good the run is
static json_t*
errors_json(const FhRun* const run)
{
  json_t* const o = json_object();
  const size_t n_pairs =
    run->pairs ? run->n_emitters * run->scene.n_microphones : 0;
  double level = 0.0;
  double c80 = 0.0;
  double t30 = 0.0;
  for (size_t i = 0; i < n_pairs; ++i) {
    const FhMicrophoneMetrics* const m = &run->pairs[i];
    level += mean_of(m->spl_db.se + 2, 5) / (double)n_pairs;
    c80 += mean_of(m->c80_db.se + 2, 5) / (double)n_pairs;
    t30 += mean_of(m->t30_s.se + 2, 5) / (double)n_pairs;
  }
  set_number(o, "microphones_level_db", n_pairs ? level : NAN);
  set_number(o, "microphones_c80_db", n_pairs ? c80 : NAN);
  set_number(o, "microphones_t30_s", n_pairs ? t30 : NAN);
  double seats = 0.0;
  size_t n = 0;
  for (size_t i = 0; run->seats && i < run->scene.n_seats; ++i) {
    if (isfinite(run->seats[i].se_db)) {
      seats += (double)run->seats[i].se_db;
      ++n;
    }
  }
  set_number(o, "seats_level_db", n ? seats / (double)n : NAN);
  const FhTraceResult* const t = &run->trace;
  // Half of a 95 % interval is so many standard errors
  set_number(o, "interval_95", FH_TRACE_INTERVAL_95);
  json_object_set_new(o, "known", json_boolean(!t->errors_unknown));
  json_object_set_new(o,
                      "seats_bias_db",
                      run->seats ? json_floats(t->seat_bias_db, FH_N_OCTAVES)
                                 : json_null());
  json_object_set_new(o,
                      "seats_bias_se_db",
                      run->seats ? json_floats(t->seat_bias_se_db, FH_N_OCTAVES)
                                 : json_null());
  return o;
}

static json_t*
level_json(const FhRun* const run)
{
  json_t* const o = json_object();
  set_text(o,
           "response_unit",
           "Pa: a sample of 1 is 1 Pa when the input has a mean square of 1 in "
           "each octave band (pink noise), at which the sources have their "
           "stated power_db; a pulse of height a is 20 lg(a / 20 uPa) in every "
           "octave");
  set_number(o, "response_rate_hz", 48000.0);
  set_number(o, "full_scale_db", 93.9794001);
  set_number(o, "mean_dba", run->mean_dba);
  set_number(o, "speech_offset_db", run->speech_db);
  set_text(o,
           "speech",
           "STI is that of speech at the simulated A-weighted level, turned "
           "down by speech_offset_db, in the venue's background noise");
  return o;
}

/// What was expected before the rays, and the most that the program held
static json_t*
memory_json(const FhRun* const run)
{
  json_t* const o = json_object();
  set_number(o, "expected_mb", round(1e-6 * run->trace.memory_bytes));
  struct rusage used;
  // In kB on Linux
  const double peak_bytes =
    getrusage(RUSAGE_SELF, &used) ? NAN : 1024.0 * (double)used.ru_maxrss;
  set_number(o, "peak_mb", round(1e-6 * peak_bytes));
  return o;
}

FhStatus
write_run_index(const FhRun* const run,
                const FhRunWriteDesc* const desc,
                FhRunFolder* const folder,
                FhDiag* const diag)
{
  json_t* const root = json_object();
  set_text(root, "program", "fullhouse");
  set_text(root, "version", FULLHOUSE_VERSION);
  set_count(root, "format", FH_RUN_FORMAT);
  set_count(root, "seed", run->desc.seed);
  json_object_set_new(root, "interrupted", json_boolean(run->interrupted));
  // Each in a folder of its own: states/empty, states/full ...
  json_object_set_new(
    root, "states", json_numbers(desc->states, desc->n_states));
  json_object_set_new(root, "venue", venue_json(run->venue));
  FhModalBox box = run->box;
  const char* const solver =
    run->has_wave ? fh_modal_box_solver(&box).name : NULL;
  json_object_set_new(root, "settings", settings_json(&run->desc, solver));
  json_object_set_new(root, "scene", scene_json(run));
  json_object_set_new(root, "sources", sources_json(run));
  json_object_set_new(root, "microphones", microphones_json(run));
  json_object_set_new(root, "trace", trace_json(run));
  json_object_set_new(root, "standard_errors", errors_json(run));
  json_object_set_new(root, "levels", level_json(run));
  json_t* const time = json_object();
  set_number(time, "scene_s", run->scene_s);
  set_number(time, "direct_s", run->direct_s);
  set_number(time, "trace_s", run->trace_s);
  set_number(time, "metrics_s", run->metrics_s);
  set_number(time, "trace_cpu_s", run->trace.cpu_s);
  json_object_set_new(root, "timings", time);
  json_object_set_new(root, "memory", memory_json(run));
  set_text(root, "device", fh_raycaster_device(run->caster));
  return json_save(root, "run.json", folder, diag);
}
