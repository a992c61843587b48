// SPDX-License-Identifier: GPL-3.0-or-later
#include "report_data.h"

#include "../result/json.h"
#include "page.h"
#include "plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Triangles that the page can hold; of larger models the largest are kept
#define MAX_TRIANGLES 30000u
/// Bins of an echogram on the page
#define MAX_BINS 48u
/// Narrow bins of an echogram, and how many there are [s]
#define NARROW_S 0.015
#define N_NARROW 30u
/// Half a decibel is one step of an echogram's level
#define STEPS_PER_DB 2.0

/// A metric of the page and where it comes from
typedef struct {
  const char* key;
  const char* label;
  const char* unit;
  size_t at; ///< Offset in FhSeatMetrics of a float, or of 8
  bool bands;
  double step; ///< Of one count
  int decimals;
  double low, high; ///< Ends of the scale; equal: about the mean level
  double difference;
} Metric;

#define AT(member) offsetof(FhSeatMetrics, member)

static const Metric metrics[] = {
  {"spl_dba", "Level (A)", "dB(A)", AT(spl_dba), false, 0.01, 1, 0, 0, 6},
  {"spl", "Level per octave", "dB", AT(spl_octave_db), true, 0.01, 1, 0, 0, 6},
  {"sti", "STI", "", AT(sti), false, 0.0001, 2, 0.3, 0.8, 0.2},
  {"c80", "Clarity C80", "dB", AT(c80_db), true, 0.01, 1, -5, 15, 6},
  {"c50", "Clarity C50", "dB", AT(c50_db), true, 0.01, 1, -10, 10, 6},
  {"t30", "Reverberation T30", "s", AT(t30_s), true, 0.001, 2, 0, 4, 1},
  {"edt", "Early decay EDT", "s", AT(edt_s), true, 0.001, 2, 0, 4, 1},
  {"d_r_db",
   "Direct / reflected",
   "dB",
   AT(d_r_db),
   false,
   0.01,
   1,
   -10,
   10,
   6},
  {"direct_dba",
   "Direct level (A)",
   "dB(A)",
   AT(direct_dba),
   false,
   0.01,
   1,
   0,
   0,
   6},
  {"tilt_db", "Treble over mid", "dB", AT(tilt_db), false, 0.01, 1, -15, 5, 6},
  {"echo", "Echo criterion", "", AT(echo), false, 0.001, 2, 0, 1.5, 0.5},
};

#define N_METRICS (sizeof metrics / sizeof *metrics)

static const float*
metric_of(const FhSeatMetrics* const seat, const Metric* const m)
{
  return (const float*)(const void*)((const char*)seat + m->at);
}

static json_t*
vector(const double v[3])
{
  return json_pack("[f,f,f]", v[0], v[1], v[2]);
}

static double
triangle_m2(const FhScene* const s, const size_t t)
{
  const uint32_t* const k = s->triangle[t];
  double e[2][3];
  for (size_t i = 0; i < 3; ++i) {
    e[0][i] = (double)(s->vertex[k[1]][i] - s->vertex[k[0]][i]);
    e[1][i] = (double)(s->vertex[k[2]][i] - s->vertex[k[0]][i]);
  }
  const double x = e[0][1] * e[1][2] - e[0][2] * e[1][1];
  const double y = e[0][2] * e[1][0] - e[0][0] * e[1][2];
  const double z = e[0][0] * e[1][1] - e[0][1] * e[1][0];
  return 0.5 * sqrt(x * x + y * y + z * z);
}

static int
descending(const void* const a, const void* const b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return x > y ? -1 : x < y;
}

/// Area that a triangle must have to be shown [m2]
static double
least_area(const FhScene* const s)
{
  if (s->n_triangles <= MAX_TRIANGLES) {
    return 1e-9;
  }
  double* const area = (double*)calloc(s->n_triangles, sizeof *area);
  if (!area) {
    return 1.0;
  }
  for (size_t t = 0; t < s->n_triangles; ++t) {
    area[t] = triangle_m2(s, t);
  }
  qsort(area, s->n_triangles, sizeof *area, descending);
  const double least = area[MAX_TRIANGLES];
  free(area);
  return least;
}

static json_t*
mesh_json(const FhScene* const s)
{
  float* const vertex = (float*)calloc(3 * s->n_vertices + 1, sizeof *vertex);
  uint32_t* const index =
    (uint32_t*)calloc(3 * s->n_triangles + 1, sizeof *index);
  json_t* out = NULL;
  if (vertex && index) {
    for (size_t v = 0; v < s->n_vertices; ++v) {
      double world[3];
      fh_scene_to_world(s, s->vertex[v], world);
      for (size_t k = 0; k < 3; ++k) {
        vertex[3 * v + k] = (float)world[k];
      }
    }
    const double least = least_area(s);
    size_t n = 0;
    for (size_t t = 0; t < s->n_triangles; ++t) {
      if (s->kind[t] == FH_SURFACE_PLAIN && triangle_m2(s, t) > least) {
        memcpy(index + n, s->triangle[t], sizeof s->triangle[t]);
        n += 3;
      }
    }
    out = json_pack("{s:o, s:o}",
                    "vertices",
                    page_pack(PAGE_F32, vertex, 3 * s->n_vertices),
                    "triangles",
                    page_pack(PAGE_U32, index, n));
  }
  free(vertex);
  free(index);
  return out;
}

static json_t*
seats_json(const FhScene* const s)
{
  float* const at = (float*)calloc(3 * s->n_seats + 1, sizeof *at);
  uint8_t* const area = (uint8_t*)calloc(s->n_seats + 1, 1);
  uint32_t* const id = (uint32_t*)calloc(s->n_seats + 1, sizeof *id);
  json_t* out = NULL;
  if (at && area && id) {
    for (size_t i = 0; i < s->n_seats; ++i) {
      double world[3];
      fh_scene_to_world(s, s->seats[i].at, world);
      for (size_t k = 0; k < 3; ++k) {
        at[3 * i + k] = (float)world[k];
      }
      area[i] = (uint8_t)(s->seats[i].area < 255 ? s->seats[i].area : 255);
      id[i] = s->seats[i].id;
    }
    out = json_pack("{s:I, s:o, s:o, s:o}",
                    "count",
                    (json_int_t)s->n_seats,
                    "position",
                    page_pack(PAGE_F32, at, 3 * s->n_seats),
                    "area",
                    page_pack(PAGE_U8, area, s->n_seats),
                    "id",
                    page_pack(PAGE_U32, id, s->n_seats));
  }
  free(at);
  free(area);
  free(id);
  return out;
}

static json_t*
values_json(const FhRun* const run)
{
  const size_t n = run->scene.n_seats;
  int16_t* const counts =
    (int16_t*)calloc(n * FH_N_OCTAVES + 1, sizeof *counts);
  json_t* const out = json_object();
  for (size_t m = 0; counts && m < N_METRICS; ++m) {
    const size_t n_bands = metrics[m].bands ? FH_N_OCTAVES : 1;
    for (size_t i = 0; i < n; ++i) {
      const float* const value = metric_of(&run->seats[i], &metrics[m]);
      for (size_t b = 0; b < n_bands; ++b) {
        const double count = (double)value[b] / metrics[m].step;
        counts[i * n_bands + b] =
          isfinite(count)
            ? (int16_t)lround(fmin(fmax(count, -32767.0), 32767.0))
            : PAGE_NO_VALUE;
      }
    }
    json_object_set_new(
      out, metrics[m].key, page_pack(PAGE_I16, counts, n * n_bands));
  }
  free(counts);
  return out;
}

static json_t*
metrics_json(const FhRun* const run)
{
  json_t* const out = json_array();
  const double middle = isfinite(run->mean_dba) ? run->mean_dba : 90.0;
  const double high = 5.0 * ceil((middle + 4.0) / 5.0);
  for (size_t m = 0; m < N_METRICS; ++m) {
    const Metric* const k = &metrics[m];
    const bool level = k->low == k->high;
    json_array_append_new(out,
                          json_pack("{s:s, s:s, s:s, s:b, s:f, s:i, s:f, s:f, "
                                    "s:f}",
                                    "key",
                                    k->key,
                                    "label",
                                    k->label,
                                    "unit",
                                    k->unit,
                                    "bands",
                                    k->bands,
                                    "step",
                                    k->step,
                                    "decimals",
                                    k->decimals,
                                    "low",
                                    level ? high - 20.0 : k->low,
                                    "high",
                                    level ? high : k->high,
                                    "difference",
                                    k->difference));
  }
  return out;
}

/// Bin of a time on the page's grid
static size_t
bin_of(const double s, const size_t n_bins, const double wide_s)
{
  const double narrow = NARROW_S * (double)N_NARROW;
  const size_t bin = s < narrow ? (size_t)(fmax(s, 0.0) / NARROW_S)
                                : N_NARROW + (size_t)((s - narrow) / wide_s);
  return bin < n_bins ? bin : n_bins - 1;
}

/// Levels of all seats' echograms, half decibels under the loudest of each
static json_t*
echogram_json(const FhRun* const run)
{
  const FhTraceResult* const t = &run->trace;
  const size_t n = run->scene.n_seats;
  if (!t->n_seat_bins || !t->seat_bins || t->n_seats != n) {
    return json_null();
  }
  const double start = t->seat_bin_edge_s[0];
  const double length = t->seat_bin_edge_s[t->n_seat_bins] - start;
  const double narrow = NARROW_S * (double)N_NARROW;
  const size_t n_bins = length > narrow ? MAX_BINS : N_NARROW;
  const double wide_s =
    length > narrow ? (length - narrow) / (double)(MAX_BINS - N_NARROW) : 1.0;
  const double rho_c =
    fh_air_density_kg_m3(&run->scene.air) * fh_air_speed_m_s(&run->scene.air);
  const size_t per_seat = n_bins * FH_N_OCTAVES;
  uint8_t* const level = (uint8_t*)calloc(n * per_seat + 1, 1);
  json_t* const edges = json_array();
  for (size_t i = 0; i <= n_bins; ++i) {
    const double at = i <= N_NARROW ? NARROW_S * (double)i
                                    : narrow + wide_s * (double)(i - N_NARROW);
    json_array_append_new(edges, json_real(start + at));
  }
  for (size_t s = 0; level && s < n; ++s) {
    double energy[MAX_BINS][FH_N_OCTAVES] = {{0.0}};
    for (size_t i = 0; i < t->n_seat_bins; ++i) {
      const double middle =
        0.5 * (t->seat_bin_edge_s[i] + t->seat_bin_edge_s[i + 1]) - start;
      double* const to = energy[bin_of(middle, n_bins, wide_s)];
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        to[b] += (double)t->seat_bins[s * t->n_seat_bins + i][b];
      }
    }
    float direct[FH_N_OCTAVES];
    fh_thirds_sum(run->seat_direct.p2[s], direct);
    double* const first = energy[bin_of(
      (double)run->seat_direct.delay_energy_s[s] - start, n_bins, wide_s)];
    double most = 0.0;
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      first[b] += (double)direct[b] / rho_c;
    }
    for (size_t i = 0; i < n_bins; ++i) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        most = fmax(most, energy[i][b]);
      }
    }
    for (size_t i = 0; i < n_bins && most > 0.0; ++i) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        const double db = 10.0 * log10(energy[i][b] / most + 1e-30);
        const double steps = 255.0 + STEPS_PER_DB * db;
        level[s * per_seat + i * FH_N_OCTAVES + b] =
          steps > 1.0 ? (uint8_t)lround(steps) : 0;
      }
    }
  }
  json_t* const out = json_pack("{s:o, s:o}",
                                "edge_s",
                                edges,
                                "level",
                                page_pack(PAGE_U8, level, n * per_seat));
  free(level);
  return out;
}

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
    char evidence[128] = "";
    if (isfinite(z->depth_db)) {
      snprintf(evidence,
               sizeof evidence,
               "down to %.1f dB under the area",
               z->depth_db);
    } else if (isfinite(z->lowest_sti)) {
      snprintf(evidence, sizeof evidence, "STI down to %.2f", z->lowest_sti);
    }
    json_array_append_new(
      out,
      json_pack("{s:I, s:s, s:o, s:f, s:o, s:o, s:s, s:s, s:s}",
                "id",
                (json_int_t)i + 1,
                "title",
                title,
                "seats",
                seats,
                "area_m2",
                z->area_m2,
                "centre",
                vector(centre),
                "outlines",
                outlines_json(&plan, z),
                "cause",
                z->because[0] ? z->because : fh_dead_cause_word(z->cause),
                "evidence",
                evidence,
                "remedy",
                z->remedy));
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

static void
add_loudspeaker(json_t* const out,
                const char* const name,
                const double at[3],
                const double yaw_deg,
                const double pitch_deg)
{
  const double yaw = yaw_deg * FH_PI / 180.0;
  const double pitch = pitch_deg * FH_PI / 180.0;
  const double aim[3] = {
    -sin(yaw) * cos(pitch), cos(yaw) * cos(pitch), sin(pitch)};
  json_array_append_new(
    out,
    json_pack(
      "{s:s, s:o, s:o}", "name", name, "at", vector(at), "aim", vector(aim)));
}

static json_t*
loudspeakers_json(const FhVenue* const v)
{
  json_t* const out = json_array();
  for (size_t i = 0; i < v->n_loudspeakers; ++i) {
    const FhLoudspeaker* const s = &v->loudspeakers[i];
    if (!s->muted) {
      add_loudspeaker(out, s->name, s->at, s->yaw_deg, s->pitch_deg);
    }
  }
  for (size_t i = 0; i < v->n_arrays; ++i) {
    const FhArray* const a = &v->arrays[i];
    if (!a->muted) {
      add_loudspeaker(out, a->name, a->top, a->yaw_deg, a->pitch_deg);
    }
  }
  return out;
}

/// "full", "empty", or the share of the capacity that is there
static void
state_name(const FhVenue* const v, char out[64])
{
  double persons = 0.0;
  double capacity = 0.0;
  for (size_t i = 0; i < v->n_audience; ++i) {
    persons += v->audience[i].capacity * v->audience[i].occupancy;
    capacity += v->audience[i].capacity;
  }
  const double share = capacity > 0.0 ? persons / capacity : 0.0;
  if (share > 0.995) {
    snprintf(out, 64, "full");
  } else if (share < 0.005) {
    snprintf(out, 64, "empty");
  } else {
    snprintf(out, 64, "%.0f %% full", 100.0 * share);
  }
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
  char name[64];
  char subtitle[160];
  state_name(v, name);
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
                                  values_json(run),
                                  "echogram",
                                  echogram_json(run),
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
                   mesh_json(&run->scene),
                   "seats",
                   seats_json(&run->scene),
                   "areas",
                   areas,
                   "metrics",
                   metrics_json(run),
                   "states",
                   state,
                   "loudspeakers",
                   loudspeakers_json(v),
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
