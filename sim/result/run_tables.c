// SPDX-License-Identifier: GPL-3.0-or-later
#include "json.h"
#include "run_files.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void
put_number(FILE* const f, const double value, const int digits)
{
  if (isfinite(value)) {
    // Without a minus before nothing
    fprintf(f, ",%.*f", digits, value == 0.0 ? 0.0 : value);
  } else {
    fputc(',', f);
  }
}

static void
put_text(FILE* const f, const char* const text)
{
  if (!strpbrk(text, ",\"\n\r")) {
    fputs(text, f);
    return;
  }
  fputc('"', f);
  for (const char* c = text; *c; ++c) {
    if (*c == '"') {
      fputc('"', f);
    }
    fputc(*c, f);
  }
  fputc('"', f);
}

static void
put_octave_names(FILE* const f, const char* const prefix)
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    fprintf(f, ",%s_%s", prefix, fh_octave_name(b));
  }
}

static void
put_header(FILE* const f)
{
  fputs("id,area,x,y,z,spl_db,spl_dba", f);
  put_octave_names(f, "spl");
  fputs(",direct_dba,d_r_db,edt_1000,t30_1000", f);
  put_octave_names(f, "c50");
  put_octave_names(f, "c80");
  fputs(",d50,ts_ms,sti,tilt_db,dead,cause,se_db\n", f);
}

static void
put_octaves(FILE* const f, const float value[FH_N_OCTAVES])
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    put_number(f, (double)value[b], 2);
  }
}

static void
put_reasons(FILE* const f, const unsigned dead)
{
  const char* between = "";
  for (size_t i = 0; i < FH_N_DEAD_REASONS; ++i) {
    if (dead & (1U << i)) {
      fprintf(f, "%s%s", between, fh_dead_reason_word(i));
      between = "+";
    }
  }
}

static void
put_seat(FILE* const f, const FhRun* const run, const size_t i)
{
  const FhSeat* const seat = &run->scene.seats[i];
  const FhSeatMetrics* const m = &run->seats[i];
  double at[3];
  fh_scene_to_world(&run->scene, seat->at, at);
  fprintf(f, "%u,", seat->id);
  put_text(f, run->venue->audience[seat->area].name);
  for (size_t k = 0; k < 3; ++k) {
    put_number(f, at[k], 3);
  }
  put_number(f, (double)m->spl_db, 2);
  put_number(f, (double)m->spl_dba, 2);
  put_octaves(f, m->spl_octave_db);
  put_number(f, (double)m->direct_dba, 2);
  put_number(f, (double)m->d_r_db, 2);
  put_number(f, (double)m->edt_s[4], 3);
  put_number(f, (double)m->t30_s[4], 3);
  put_octaves(f, m->c50_db);
  put_octaves(f, m->c80_db);
  put_number(f, (double)m->d50, 3);
  put_number(f, (double)m->ts_ms, 1);
  put_number(f, (double)m->sti, 3);
  put_number(f, (double)m->tilt_db, 2);
  fputc(',', f);
  put_reasons(f, m->dead);
  fputc(',', f);
  const uint32_t zone = run->zones.zone_of ? run->zones.zone_of[i] : UINT32_MAX;
  put_text(
    f,
    zone == UINT32_MAX ? "" : fh_dead_cause_word(run->zones.zone[zone].cause));
  put_number(f, (double)m->se_db, 3);
  fputc('\n', f);
}

FhStatus
write_seats(const FhRun* const run, FhRunFolder* const folder, FhDiag* diag)
{
  static const char name[] = "seats.csv";
  errno = 0;
  const char* const path = fh_run_folder_path(folder, name);
  FILE* const f = path ? fopen(path, "w") : NULL;
  bool ok = f != NULL;
  if (f) {
    put_header(f);
    for (size_t i = 0; run->seats && i < run->scene.n_seats; ++i) {
      put_seat(f, run, i);
    }
    ok = !ferror(f);
    ok = !fclose(f) && ok;
  }
  if (!ok) {
    fh_run_folder_complain(folder, name, diag);
  }
  return ok ? FH_OK : FH_ERR_IO;
}

static void
set_estimate(json_t* const o, const char* const key, const FhEstimate* const e)
{
  char name[32];
  snprintf(name, sizeof(name), "%s_se", key);
  json_object_set_new(o, key, json_numbers(e->at, FH_N_OCTAVES));
  json_object_set_new(o, name, json_numbers(e->se, FH_N_OCTAVES));
}

static void
add_reason(json_t* const reasons,
           const char* const key,
           const char* const band,
           const FhReason reason)
{
  if (reason != FH_REASON_NONE) {
    char name[64];
    snprintf(name, sizeof(name), "%s_%s", key, band);
    json_object_set_new(reasons, name, json_string(fh_reason_text(reason)));
  }
}

static json_t*
reasons_of(const FhParameters* const p)
{
  json_t* const o = json_object();
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const FhBandParameters* const band = &p->band[b];
    add_reason(o, "edt_s", fh_octave_name(b), band->edt_reason);
    add_reason(o, "t20_s", fh_octave_name(b), band->t20_reason);
    add_reason(o, "t30_s", fh_octave_name(b), band->t30_reason);
    add_reason(o, "c80_db", fh_octave_name(b), band->energy_reason);
  }
  return o;
}

static json_t*
broadband_of(const FhBandParameters* const p)
{
  json_t* const o = json_object();
  json_object_set_new(o, "edt_s", json_number(p->edt_s));
  json_object_set_new(o, "t20_s", json_number(p->t20_s));
  json_object_set_new(o, "t30_s", json_number(p->t30_s));
  json_object_set_new(o, "c50_db", json_number(p->c50_db));
  json_object_set_new(o, "c80_db", json_number(p->c80_db));
  json_object_set_new(o, "d50", json_number(p->d50));
  json_object_set_new(o, "ts_s", json_number(p->ts_s));
  return o;
}

/// One entry of microphones.json
static json_t*
microphone_json(const FhRun* const run, const FhMicrophoneMetrics* const m)
{
  json_t* const o = json_object();
  const bool system = m->emitter == SIZE_MAX;
  json_object_set_new(
    o,
    "source",
    json_string(system ? "system"
                       : fh_sources_emitter(run->sources, m->emitter)->name));
  json_object_set_new(
    o, "microphone", json_string(run->venue->microphones[m->microphone].name));
  json_object_set_new(o, "distance_m", json_number(m->distance_m));
  double hz[FH_N_OCTAVES];
  double range[FH_N_OCTAVES];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    hz[b] = round(fh_octave_hz(b) * 1000.0) / 1000.0;
    range[b] = m->parameters.band[b].range_db;
  }
  json_object_set_new(o, "rate_hz", json_integer(48000));
  json_object_set_new(o, "channels", json_integer(1));
  json_object_set_new(o, "bands_hz", json_numbers(hz, FH_N_OCTAVES));
  set_estimate(o, "edt_s", &m->edt_s);
  set_estimate(o, "t20_s", &m->t20_s);
  set_estimate(o, "t30_s", &m->t30_s);
  set_estimate(o, "c50_db", &m->c50_db);
  set_estimate(o, "c80_db", &m->c80_db);
  set_estimate(o, "d50", &m->d50);
  set_estimate(o, "ts_s", &m->ts_s);
  json_object_set_new(o, "reasons", reasons_of(&m->parameters));
  json_object_set_new(o, "broadband", broadband_of(&m->parameters.broadband));
  json_t* const sti = json_object();
  json_object_set_new(sti, "male", json_number(m->sti));
  json_object_set_new(o, "sti", sti);
  json_object_set_new(o, "sti_se", json_number(m->sti_se));
  // Nothing but the venue's noise limits a simulated response
  json_object_set_new(o, "noise_floor_db", json_null());
  json_object_set_new(o, "usable_range_db", json_numbers(range, FH_N_OCTAVES));
  json_object_set_new(o, "onset_s", json_number(m->onset_s));
  set_estimate(o, "g_db", &m->g_db);
  set_estimate(o, "spl_db", &m->spl_db);
  json_object_set_new(o, "direct_db", json_numbers(m->direct_db, FH_N_OCTAVES));
  static const double zero[FH_N_OCTAVES] = {0.0};
  json_object_set_new(o, "direct_db_se", json_numbers(zero, FH_N_OCTAVES));
  json_object_set_new(o, "spl_dba", json_number(m->spl_dba));
  json_object_set_new(o, "spl_dba_se", json_number(m->spl_dba_se));
  json_object_set_new(o, "lf", json_number(m->lf));
  json_object_set_new(o, "lf_se", json_number(m->lf_se));
  json_object_set_new(o, "lfc", json_number(m->lfc));
  json_object_set_new(o, "lfc_se", json_number(m->lfc_se));
  if (!system) {
    char name[256];
    fh_run_response_name(run, m->emitter, m->microphone, name);
    json_object_set_new(o, "response", json_string(name));
  }
  return o;
}

FhStatus
write_microphones(const FhRun* const run,
                  FhRunFolder* const folder,
                  FhDiag* const diag)
{
  json_t* const root = json_object();
  json_t* const pairs = json_array();
  json_t* const system = json_array();
  const size_t n = run->scene.n_microphones;
  for (size_t i = 0; run->pairs && i < run->n_emitters * n; ++i) {
    json_array_append_new(pairs, microphone_json(run, &run->pairs[i]));
  }
  for (size_t i = 0; run->system && i < n; ++i) {
    json_array_append_new(system, microphone_json(run, &run->system[i]));
  }
  json_object_set_new(root, "pairs", pairs);
  json_object_set_new(root, "system", system);
  return json_save(root, "microphones.json", folder, diag);
}

static json_t*
zone_json(const FhRun* const run, const FhDeadZone* const z, const size_t id)
{
  json_t* const o = json_object();
  json_object_set_new(o, "id", json_integer((json_int_t)id));
  json_object_set_new(
    o, "area", json_string(run->venue->audience[z->area].name));
  json_t* const reasons = json_array();
  for (size_t i = 0; i < FH_N_DEAD_REASONS; ++i) {
    if (z->reasons & (1U << i)) {
      json_array_append_new(reasons, json_string(fh_dead_reason_word(i)));
    }
  }
  json_object_set_new(o, "reasons", reasons);
  json_object_set_new(o, "n_seats", json_integer((json_int_t)z->n_seats));
  json_t* const seats = json_array();
  for (size_t i = 0; i < z->n_seats; ++i) {
    json_array_append_new(
      seats, json_integer((json_int_t)run->scene.seats[z->seats[i]].id));
  }
  json_object_set_new(o, "seats", seats);
  json_object_set_new(o, "area_m2", json_number(z->area_m2));
  json_object_set_new(o, "depth_db", json_number(z->depth_db));
  json_object_set_new(o, "lowest_sti", json_number(z->lowest_sti));
  json_object_set_new(o, "worst_echo", json_number(z->worst_echo));
  double at[3];
  fh_scene_to_world(&run->scene, z->centre, at);
  json_object_set_new(o, "at", json_numbers(at, 3));
  json_object_set_new(o, "cause", json_string(fh_dead_cause_word(z->cause)));
  json_object_set_new(o, "because", json_string(z->because));
  json_t* const proofs = json_array();
  for (size_t i = 0; i < z->n_proofs; ++i) {
    const FhCounterfactual* const p = &z->proof[i];
    json_t* const one = json_object();
    json_object_set_new(one, "what", json_string(p->what));
    const bool level =
      p->quantity == FH_PROOF_LEVEL || p->quantity == FH_PROOF_EARLY;
    json_object_set_new(
      one, "quantity", json_string(fh_proof_word(p->quantity)));
    json_object_set_new(one, "unit", json_string(level ? "dB" : ""));
    json_object_set_new(one, "before", json_number(p->before));
    json_object_set_new(one, "after", json_number(p->after));
    json_object_set_new(one, "change", json_number(p->change));
    json_object_set_new(one, "change_se", json_number(p->change_se));
    json_object_set_new(
      one, "reflections", json_string(p->traced ? "traced" : "kept"));
    json_object_set_new(
      one, "blames", json_string(fh_dead_cause_word(p->blames)));
    json_array_append_new(proofs, one);
  }
  json_object_set_new(o, "proved", json_boolean(z->proved));
  json_object_set_new(o, "counterfactuals", proofs);
  json_object_set_new(o, "remedy", json_string(z->remedy));
  return o;
}

FhStatus
write_dead_zones(const FhRun* const run,
                 FhRunFolder* const folder,
                 FhDiag* const diag)
{
  json_t* const root = json_object();
  const FhGoals* const g = &run->venue->goals;
  json_object_set_new(
    root,
    "seats",
    json_integer((json_int_t)(run->seats ? run->scene.n_seats : 0)));
  json_object_set_new(
    root, "dead", json_integer((json_int_t)run->zones.n_dead));
  json_t* const limits = json_object();
  json_object_set_new(limits, "quiet_db", json_number(g->dead_quiet_db));
  json_object_set_new(limits, "muffled_db", json_number(g->dead_muffled_db));
  json_object_set_new(limits, "sti", json_number(g->dead_sti));
  json_object_set_new(
    limits, "cancelled_db", json_number(g->dead_cancelled_db));
  json_object_set_new(limits, "echo", json_number(FH_ECHO_DISTURBS));
  json_object_set_new(root, "thresholds", limits);
  json_t* const zones = json_array();
  for (size_t z = 0; z < run->zones.n; ++z) {
    json_array_append_new(zones, zone_json(run, &run->zones.zone[z], z + 1));
  }
  json_object_set_new(root, "zones", zones);
  return json_save(root, "deadzones.json", folder, diag);
}
