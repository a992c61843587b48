// SPDX-License-Identifier: GPL-3.0-or-later
#include "report_data.h"

#include "../result/json.h"
#include "page.h"
#include "plan.h"
#include "report_parts.h"

#include <fh/run_states.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Closed lines about the seats of a zone
static json_t*
outlines_json(const Plan* const plan, const FhDeadZone* const z)
{
  Outline outline;
  json_t* const out = json_array();
  if (plan_outline(plan, z->seats, z->n_seats, &outline)) {
    return out;
  }
  size_t i = 0;
  for (size_t l = 0; l < outline.n_loops; ++l) {
    json_t* const loop = json_array();
    for (; i < outline.end[l]; ++i) {
      const double* const p = outline.point[i];
      // Centimetres; a little over the ears
      const double at[3] = {round(p[0] * 100.0) / 100.0,
                            round(p[1] * 100.0) / 100.0,
                            round((p[2] + 0.1) * 100.0) / 100.0};
      json_array_append_new(loop, json_numbers(at, 3));
    }
    json_array_append_new(out, loop);
  }
  outline_clear(&outline);
  return out;
}

/// How far the seats of a zone miss the goals, in words
static void
put_evidence(const FhDeadZone* const z, char out[192])
{
  size_t used = 0;
  out[0] = '\0';
  if (isfinite(z->depth_db)) {
    used += (size_t)snprintf(out, 192, "%.1f dB deep", z->depth_db);
  }
  if (z->reasons & FH_DEAD_UNCLEAR) {
    used += (size_t)snprintf(out + used,
                             192 - used,
                             "%sSTI down to %.2f",
                             used ? "; " : "",
                             z->lowest_sti);
  }
  if (z->reasons & FH_DEAD_ECHO) {
    (void)snprintf(out + used,
                   192 - used,
                   "%secho criterion up to %.2f; from %.1f on an echo disturbs "
                   "speech",
                   used ? "; " : "",
                   z->worst_echo,
                   FH_ECHO_DISTURBS);
  }
}

static json_t*
proofs_json(const FhDeadZone* const z)
{
  json_t* const out = json_array();
  for (size_t i = 0; i < z->n_proofs; ++i) {
    const FhCounterfactual* const p = &z->proof[i];
    const bool level =
      p->quantity == FH_PROOF_LEVEL || p->quantity == FH_PROOF_EARLY;
    json_array_append_new(out,
                          json_pack("{s:s, s:s, s:s, s:f, s:f, s:f, s:s}",
                                    "what",
                                    p->what,
                                    "quantity",
                                    fh_proof_word(p->quantity),
                                    "unit",
                                    level ? "dB" : "",
                                    "before",
                                    p->before,
                                    "after",
                                    p->after,
                                    "change_se",
                                    p->change_se,
                                    "reflections",
                                    p->traced ? "traced" : "kept"));
  }
  return out;
}

static json_t*
zones_json(const FhRun* const run)
{
  json_t* const out = json_array();
  Plan plan;
  if (!run->zones.n || plan_from_run(run, &plan)) {
    return out;
  }
  for (size_t i = 0; i < run->zones.n; ++i) {
    const FhDeadZone* const z = &run->zones.zone[i];
    char title[256] = "";
    size_t used = 0;
    for (size_t r = 0; r < FH_N_DEAD_REASONS; ++r) {
      if (z->reasons >> r & 1u && used < sizeof title) {
        const int n = snprintf(title + used,
                               sizeof title - used,
                               "%s%s",
                               used ? ", " : "",
                               fh_dead_reason_word(r));
        used += n > 0 ? (size_t)n : 0;
      }
    }
    if (used < sizeof title) {
      snprintf(title + used,
               sizeof title - used,
               " in %s",
               run->venue->audience[z->area].name);
    }
    json_t* const seats = json_array();
    for (size_t k = 0; k < z->n_seats; ++k) {
      json_array_append_new(seats, json_integer(z->seats[k]));
    }
    double centre[3];
    fh_scene_to_world(&run->scene, z->centre, centre);
    char evidence[192];
    put_evidence(z, evidence);
    json_array_append_new(
      out,
      json_pack("{s:I, s:s, s:o, s:f, s:o, s:o, s:s, s:s, s:s, s:b, s:o}",
                "id",
                (json_int_t)i + 1,
                "title",
                title,
                "seats",
                seats,
                "area_m2",
                z->area_m2,
                "centre",
                json_numbers(centre, 3),
                "outlines",
                outlines_json(&plan, z),
                "cause",
                z->because[0] ? z->because : fh_dead_cause_word(z->cause),
                "evidence",
                evidence,
                "remedy",
                z->remedy,
                "proved",
                z->proved,
                "proofs",
                proofs_json(z)));
  }
  plan_clear(&plan);
  return out;
}

static void
add_row(json_t* const rows,
        const char* const label,
        const int decimals,
        const double values[FH_N_OCTAVES])
{
  json_array_append_new(rows,
                        json_pack("{s:s, s:i, s:o}",
                                  "label",
                                  label,
                                  "decimals",
                                  decimals,
                                  "values",
                                  json_numbers(values, FH_N_OCTAVES)));
}

static json_t*
microphones_json(const FhRun* const run)
{
  json_t* const out = json_array();
  for (size_t m = 0; run->system && m < run->scene.n_microphones; ++m) {
    const FhMicrophoneMetrics* const k = &run->system[m];
    json_t* const rows = json_array();
    add_row(rows, "Level [dB]", 1, k->spl_db.at);
    add_row(rows, "EDT [s]", 2, k->edt_s.at);
    add_row(rows, "T30 [s]", 2, k->t30_s.at);
    add_row(rows, "C50 [dB]", 1, k->c50_db.at);
    add_row(rows, "C80 [dB]", 1, k->c80_db.at);
    char name[160];
    snprintf(name,
             sizeof name,
             "%s: %.1f dB(A), STI %.2f",
             run->venue->microphones[m].name,
             k->spl_dba,
             k->sti);
    json_array_append_new(out,
                          json_pack("{s:s, s:o}", "name", name, "rows", rows));
  }
  return out;
}

static json_t*
about_json(const FhRun* const run)
{
  char text[5][128];
  const FhScene* const s = &run->scene;
  snprintf(text[0],
           sizeof text[0],
           "%.1f x %.1f x %.1f m",
           (double)(s->high[0] - s->low[0]),
           (double)(s->high[1] - s->low[1]),
           (double)(s->high[2] - s->low[2]));
  snprintf(text[1], sizeof text[1], "%.0f m³", s->volume_m3);
  snprintf(text[2],
           sizeof text[2],
           "%.1f °C, %.0f %% humidity",
           s->air.temperature_c,
           s->air.humidity_percent);
  snprintf(text[3],
           sizeof text[3],
           "seed %llu, %llu rays from each source",
           (unsigned long long)run->desc.seed,
           (unsigned long long)run->trace.n_rays_done);
  const double schroeder_hz = fh_scene_schroeder_hz(s);
  if (run->has_wave) {
    snprintf(text[4],
             sizeof text[4],
             "%.0f Hz; levels below %.0f Hz are those of modes",
             schroeder_hz,
             run->desc.crossover_hz);
  } else {
    snprintf(text[4],
             sizeof text[4],
             "%.0f Hz; below it single modes stand out",
             schroeder_hz);
  }
  return json_pack("[[s,s],[s,s],[s,s],[s,s],[s,s],[s,s]]",
                   "Program",
                   "fullhouse " FULLHOUSE_VERSION,
                   "Size",
                   text[0],
                   "Volume",
                   s->volume_m3 > 0.0 ? text[1] : "open",
                   "Schroeder frequency",
                   schroeder_hz > 0.0 ? text[4] : "none, open",
                   "Air",
                   text[2],
                   "Made with",
                   text[3]);
}

json_t*
report_data(const FhRun* const run)
{
  const FhVenue* const v = run->venue;
  json_t* const bands = json_array();
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    json_array_append_new(bands, json_string(fh_octave_name(b)));
  }
  json_t* const areas = json_array();
  for (size_t i = 0; i < v->n_audience; ++i) {
    json_array_append_new(areas, json_string(v->audience[i].name));
  }
  char name[32];
  char subtitle[160];
  fh_state_name(fh_venue_occupancy(v), name);
  snprintf(subtitle,
           sizeof subtitle,
           "%zu seats, mean level %.1f dB(A), %zu dead seats in %zu zones",
           run->scene.n_seats,
           run->mean_dba,
           run->zones.n_dead,
           run->zones.n);
  json_t* const state = json_pack("{s:s, s:o, s:o, s:o, s:o}",
                                  "name",
                                  name,
                                  "values",
                                  report_values(run),
                                  "echogram",
                                  report_echograms(run),
                                  "zones",
                                  zones_json(run),
                                  "microphones",
                                  microphones_json(run));
  return json_pack("{s:i, s:s, s:s, s:o, s:f, s:{s:o}, s:o, s:o, s:o, s:o, "
                   "s:[o], s:o, s:o, s:[], "
                   "s:[]}",
                   "format",
                   REPORT_FORMAT,
                   "title",
                   v->name,
                   "subtitle",
                   subtitle,
                   "bands",
                   bands,
                   "schroeder_hz",
                   fh_scene_schroeder_hz(&run->scene),
                   "venue",
                   "noise_db",
                   json_floats(v->noise_db, FH_N_OCTAVES),
                   "mesh",
                   report_mesh(&run->scene),
                   "seats",
                   report_seats(&run->scene),
                   "areas",
                   areas,
                   "metrics",
                   report_metrics(run),
                   "states",
                   state,
                   "loudspeakers",
                   report_loudspeakers(v),
                   "about",
                   about_json(run),
                   "notes",
                   "maps");
}

/// Pictures that stand in for the view where there is no WebGL
void
report_add_maps(json_t* const data, const char* const folder)
{
  static const char* const names[][2] = {{"spl_dba", "Level, A-weighted"},
                                         {"sti", "STI"},
                                         {"c80", "Clarity C80"},
                                         {"t30", "Reverberation T30"},
                                         {"dead", "Dead seats"}};
  json_t* const maps = json_array();
  for (size_t i = 0; i < sizeof names / sizeof *names; ++i) {
    char path[4096];
    snprintf(path, sizeof path, "%s/maps/%s.png", folder, names[i][0]);
    json_t* const picture = page_picture(path);
    if (picture) {
      json_array_append_new(
        maps, json_pack("{s:s, s:o}", "name", names[i][1], "src", picture));
    }
  }
  json_object_set_new(data, "maps", maps);
}

FhStatus
report_write(const FhRun* const run, FhRunFolder* const folder, FhDiag* diag)
{
  json_t* const data = report_data(run);
  if (!data) {
    return FH_ERR_NO_MEM;
  }
  FhStatus status = json_save(json_incref(data), "page.json", folder, diag);
  if (!status) {
    // Maps lie beside: take the folder's name off a path in it
    char parent[4096];
    const char* const map = fh_run_folder_path(folder, "maps/spl_dba.png");
    snprintf(parent, sizeof parent, "%s", map ? map : "");
    char* const cut = strstr(parent, "/maps/spl_dba.png");
    if (cut) {
      *cut = '\0';
      report_add_maps(data, parent);
    }
    const char* const path = fh_run_folder_path(folder, "report.html");
    status = path ? page_write(path, data) : FH_ERR_IO;
    if (status == FH_ERR_IO) {
      fh_run_folder_complain(folder, "report.html", diag);
    }
  }
  json_decref(data);
  return status;
}
