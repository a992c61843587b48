// SPDX-License-Identifier: GPL-3.0-or-later
#include "pdf.h"

#include "paper.h"
#include "plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CELL_SIZE 640
/// Zones that are listed, largest first
#define MAX_ZONES 30u

/// The report under way
typedef struct {
  const FhRunRecord* record;
  Paper paper;
  FhCanvas* canvas;
  Plan plan;
  double* value;    ///< [n_seats] scratch; owned
  Outline* outline; ///< [n_zones]; owned
} Report;

static void
set_values(const Report* const r, const size_t at)
{
  for (size_t i = 0; i < r->record->n_seats; ++i) {
    float value = 0.0f;
    memcpy(&value, (const char*)&r->record->seat[i].metrics + at, sizeof value);
    r->value[i] = (double)value;
  }
}

static double
mean_of(const Report* const r, const size_t at)
{
  set_values(r, at);
  double sum = 0.0;
  size_t n = 0;
  for (size_t i = 0; i < r->record->n_seats; ++i) {
    if (isfinite(r->value[i])) {
      sum += r->value[i];
      ++n;
    }
  }
  return n ? sum / (double)n : NAN;
}

static double
share_of(const Report* const r, const size_t at, const double share)
{
  set_values(r, at);
  return plan_quantile(&r->plan, r->value, share);
}

#define AT(member) offsetof(FhSeatMetrics, member)

// A number for a table; a dash for none
static const char*
print(char out[CELL_SIZE], const int decimals, const double value)
{
  if (isfinite(value)) {
    // Without a minus before nothing
    const bool none = fabs(value) < 0.5 * pow(10.0, -decimals);
    snprintf(out, CELL_SIZE, "%.*f", decimals, none ? 0.0 : value);
  } else {
    snprintf(out, CELL_SIZE, "–");
  }
  return out;
}

static size_t
count_dead(const FhRunRecord* const r)
{
  size_t n = 0;
  for (size_t i = 0; i < r->n_seats; ++i) {
    n += r->seat[i].metrics.dead != 0;
  }
  return n;
}

static void
put_goals(Report* const r)
{
  static const PaperColumn columns[] = {{"", 190, false},
                                        {"Goal", 90, true},
                                        {"Simulated", 90, true},
                                        {"", 120, false}};
  const FhRunRecord* const k = r->record;
  const FhGoals* const g = &k->goals;
  const double low = share_of(r, AT(spl_dba), 0.05);
  const double high = share_of(r, AT(spl_dba), 0.95);
  const double sti = mean_of(r, AT(sti));
  const size_t dead = count_dead(k);
  const struct {
    const char* what;
    double goal, is;
    int decimals;
    bool met;
  } rows[] = {
    {"Mean level [dB(A)]",
     g->level_dba,
     k->mean_dba,
     1,
     fabs(k->mean_dba - g->level_dba) <= 3.0},
    {"Spread of the level, 5 % to 95 % of seats [dB]",
     g->spread_db,
     high - low,
     1,
     high - low <= g->spread_db},
    {"Speech transmission index, mean", g->sti, sti, 2, sti >= g->sti},
    {"Dead seats", 0.0, (double)dead, 0, dead == 0},
  };
  paper_heading(&r->paper, 12.0, "Goals");
  paper_row(&r->paper, columns, 4, NULL);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; ++i) {
    char text[2][CELL_SIZE];
    const char* const cells[] = {rows[i].what,
                                 print(text[0], rows[i].decimals, rows[i].goal),
                                 print(text[1], rows[i].decimals, rows[i].is),
                                 rows[i].met ? "met" : "not met"};
    paper_row(&r->paper, columns, 4, cells);
  }
  paper_text(
    &r->paper,
    8.0,
    "The level counts as met within 3 dB. Levels are for pink noise at "
    "the gains of the loudspeaker list.");
}

static void
put_pair(Report* const r, const char* const what, const char* const text)
{
  static const PaperColumn columns[] = {{"", 190, false}, {"", 300, false}};
  const char* const cells[] = {what, text};
  paper_row(&r->paper, columns, 2, cells);
}

static void
put_cover(Report* const r)
{
  const FhRunRecord* const k = r->record;
  char text[CELL_SIZE];
  r->paper.y += 24.0;
  paper_heading(&r->paper, 26.0, k->venue);
  snprintf(text,
           sizeof text,
           "Acoustic simulation, %.0f %% of the audience present",
           100.0 * fh_run_record_occupancy(k));
  paper_text(&r->paper, 13.0, text);
  if (k->interrupted) {
    paper_text(&r->paper,
               11.0,
               "This run was stopped before it was finished: its numbers are "
               "rough.");
  }
  put_goals(r);

  paper_heading(&r->paper, 12.0, "Venue");
  snprintf(text,
           sizeof text,
           "%.1f x %.1f x %.1f m",
           k->high[0] - k->low[0],
           k->high[1] - k->low[1],
           k->high[2] - k->low[2]);
  put_pair(r, "Size", text);
  snprintf(text, sizeof text, "%.0f m³", k->volume_m3);
  put_pair(r, "Volume", k->volume_m3 > 0.0 ? text : "open");
  for (size_t a = 0; a < k->n_areas; ++a) {
    snprintf(text,
             sizeof text,
             "%.0f of %.0f persons; one listener every %.2g m",
             k->area[a].capacity * k->area[a].occupancy,
             k->area[a].capacity,
             k->area[a].spacing_m);
    put_pair(r, k->area[a].name, text);
  }
  snprintf(text,
           sizeof text,
           "%.1f °C, %.0f %% humidity",
           k->temperature_c,
           k->humidity_percent);
  put_pair(r, "Air", text);

  paper_heading(&r->paper, 12.0, "How sure the numbers are");
  snprintf(text, sizeof text, "%.2f dB", k->se_seats_db);
  put_pair(r, "Level at a seat, standard error", text);
  if (isfinite(k->se_level_db)) {
    snprintf(text,
             sizeof text,
             "level %.2f dB, C80 %.2f dB, T30 %.3f s (250 Hz to 4 kHz)",
             k->se_level_db,
             k->se_c80_db,
             k->se_t30_s);
    put_pair(r, "At a microphone, standard error", text);
  }
  snprintf(text,
           sizeof text,
           "seed %llu, %llu rays from each loudspeaker, fullhouse %s",
           (unsigned long long)k->seed,
           (unsigned long long)k->rays,
           k->version);
  put_pair(r, "Made with", text);
  put_pair(r,
           "Not in these errors",
           "what is not known of the room: absorption, scattering and the "
           "loudspeakers' data are as good as their sources");
}

static void
put_octaves(Report* const r)
{
  PaperColumn columns[1 + FH_N_OCTAVES] = {{"Octave [Hz]", 138, false}};
  const char* cells[1 + FH_N_OCTAVES];
  char text[FH_N_OCTAVES][CELL_SIZE];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    columns[1 + b] = (PaperColumn){fh_octave_name(b), 45, true};
    cells[1 + b] = text[b];
  }
  paper_heading(&r->paper, 12.0, "Octaves");
  paper_row(&r->paper, columns, 1 + FH_N_OCTAVES, NULL);
  cells[0] = "Level, mean [dB]";
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    (void)print(text[b], 1, mean_of(r, AT(spl_octave_db) + b * sizeof(float)));
  }
  paper_row(&r->paper, columns, 1 + FH_N_OCTAVES, cells);
  cells[0] = "C80, mean [dB]";
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    (void)print(text[b], 1, mean_of(r, AT(c80_db) + b * sizeof(float)));
  }
  paper_row(&r->paper, columns, 1 + FH_N_OCTAVES, cells);
  cells[0] = "T60 by Eyring [s]";
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    (void)print(text[b], 2, r->record->t60_s[b]);
  }
  paper_row(&r->paper, columns, 1 + FH_N_OCTAVES, cells);
  cells[0] = "Background noise [dB]";
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    (void)print(text[b], 0, r->record->noise_db[b]);
  }
  paper_row(&r->paper, columns, 1 + FH_N_OCTAVES, cells);
}

static void
put_map(Report* const r,
        const char* const title,
        const FhColourScale scale,
        const bool zones)
{
  paper_next_page(&r->paper);
  paper_heading(&r->paper, 14.0, title);
  const double room_pt[2] = {PAPER_WIDTH_PT - 1.2 * PAPER_MARGIN_PT,
                             paper_room(&r->paper)};
  const PlanMap map = {.value = r->value,
                       .scale = scale,
                       .outlines = zones ? r->outline : NULL,
                       .n_outlines = zones ? r->record->n_zones : 0};
  plan_draw(fh_canvas_cairo(r->canvas),
            &r->plan,
            0.6 * PAPER_MARGIN_PT,
            r->paper.y,
            room_pt,
            &map);
}

static void
put_maps(Report* const r)
{
  set_values(r, AT(spl_dba));
  put_map(r,
          "Sound pressure level, A-weighted",
          plan_level_scale(&r->plan, r->value, "Level [dB(A)]"),
          false);
  set_values(r, AT(sti));
  put_map(r,
          "Speech transmission index",
          (FhColourScale){FH_COLOUR_VIRIDIS, 0.3, 0.8, "STI"},
          false);
  set_values(r, AT(c80_db[4]));
  put_map(r,
          "Clarity C80, 1 kHz octave",
          (FhColourScale){FH_COLOUR_VIRIDIS, -6.0, 12.0, "C80 [dB]"},
          false);
  for (size_t i = 0; i < r->record->n_seats; ++i) {
    unsigned n = 0;
    for (unsigned bits = r->record->seat[i].metrics.dead; bits; bits >>= 1) {
      n += bits & 1U;
    }
    r->value[i] = (double)n;
  }
  char title[96];
  snprintf(title,
           sizeof title,
           "Dead seats: %zu of %zu",
           count_dead(r->record),
           r->record->n_seats);
  put_map(
    r,
    title,
    (FhColourScale){FH_COLOUR_RISING, 0.0, 3.0, "Reasons why a seat is dead"},
    true);
}

/// Why the seats of a zone are dead, and how far
static void
put_reasons(const FhRecordZone* const z, char out[CELL_SIZE])
{
  size_t used = (size_t)snprintf(out, CELL_SIZE, "%s", z->reasons);
  if (isfinite(z->depth_db)) {
    used += (size_t)snprintf(
      out + used, CELL_SIZE - used, "; %.1f dB deep", z->depth_db);
  }
  if (strstr(z->reasons, "unclear") && isfinite(z->lowest_sti)) {
    used += (size_t)snprintf(
      out + used, CELL_SIZE - used, "; STI down to %.2f", z->lowest_sti);
  }
  if (strstr(z->reasons, "echo") && isfinite(z->worst_echo)) {
    (void)snprintf(out + used,
                   CELL_SIZE - used,
                   "; echo criterion up to %.2f",
                   z->worst_echo);
  }
}

static void
put_zones(Report* const r)
{
  static const PaperColumn columns[] = {{"Zone", 30, true},
                                        {"Where", 84, false},
                                        {"Seats", 36, true},
                                        {"m²", 36, true},
                                        {"How", 74, false},
                                        {"Cause", 120, false},
                                        {"Remedy", 122, false}};
  const FhRunRecord* const k = r->record;
  paper_next_page(&r->paper);
  paper_heading(&r->paper, 14.0, "Dead zones");
  if (!k->n_zones) {
    paper_text(&r->paper, 10.0, "None: every seat meets the thresholds.");
  } else {
    paper_row(&r->paper, columns, 7, NULL);
  }
  size_t n_listed = 0;
  for (size_t i = 0; i < k->n_zones && i < MAX_ZONES; ++i) {
    n_listed += k->zone[i].n_seats;
    const FhRecordZone* const z = &k->zone[i];
    char text[5][CELL_SIZE];
    snprintf(text[0], CELL_SIZE, "%zu", i + 1);
    snprintf(text[1],
             CELL_SIZE,
             "%s, about (%.1f, %.1f, %.1f)",
             z->area,
             z->at[0],
             z->at[1],
             z->at[2]);
    snprintf(text[2], CELL_SIZE, "%zu", z->n_seats);
    put_reasons(z, text[4]);
    const char* const cells[] = {text[0],
                                 text[1],
                                 text[2],
                                 print(text[3], 1, z->area_m2),
                                 text[4],
                                 z->because[0] ? z->because : z->cause,
                                 z->remedy};
    paper_row(&r->paper, columns, 7, cells);
  }
  char text[CELL_SIZE];
  r->paper.y += 6.0;
  if (k->n_zones > MAX_ZONES) {
    snprintf(
      text,
      sizeof text,
      "%zu more zones hold %zu seats together; deadzones.json lists them.",
      k->n_zones - MAX_ZONES,
      count_dead(k) - n_listed);
    paper_text(&r->paper, 8.0, text);
  }
  snprintf(
    text,
    sizeof text,
    "A seat is dead when its level is %.1f dB under the energy mean of its "
    "area (quiet), its treble %.1f dB under (muffled), its STI below %.2f "
    "(unclear), a cancellation is deeper than %.0f dB below 500 Hz "
    "(cancelled), or an echo disturbs speech (echo: criterion of Dietsch and "
    "Kraak %.1f or more). Causes are proved by taking one suspect away and "
    "computing the zone again; ± is the standard error.",
    k->goals.dead_quiet_db,
    k->goals.dead_muffled_db,
    k->goals.dead_sti,
    k->goals.dead_cancelled_db,
    FH_ECHO_DISTURBS);
  paper_text(&r->paper, 8.0, text);
}

static void
put_loudspeakers(Report* const r)
{
  static const PaperColumn columns[] = {{"Name", 74, false},
                                        {"Model", 80, false},
                                        {"Boxes", 36, true},
                                        {"x [m]", 38, true},
                                        {"y [m]", 38, true},
                                        {"z [m]", 38, true},
                                        {"Yaw [°]", 40, true},
                                        {"Pitch [°]", 42, true},
                                        {"Gain [dB]", 42, true},
                                        {"Delay [ms]", 46, true},
                                        {"", 30, false}};
  const FhRunRecord* const k = r->record;
  paper_heading(&r->paper, 14.0, "Loudspeakers");
  paper_row(&r->paper, columns, 11, NULL);
  for (size_t i = 0; i < k->n_sources; ++i) {
    const FhRecordSource* const s = &k->source[i];
    char text[8][CELL_SIZE];
    const char* cells[11] = {s->name, s->model};
    snprintf(text[0], CELL_SIZE, "%zu", s->elements);
    cells[2] = text[0];
    for (size_t c = 0; c < 3; ++c) {
      cells[3 + c] = print(text[1 + c], 2, s->at[c]);
    }
    cells[6] = print(text[4], 1, s->yaw_deg);
    cells[7] = print(text[5], 1, s->pitch_deg);
    cells[8] = print(text[6], 1, s->gain_db);
    cells[9] = print(text[7], 1, s->delay_ms);
    cells[10] = s->muted ? "muted" : s->invert ? "inv." : "";
    paper_row(&r->paper, columns, 11, cells);
    if (s->splay[0]) {
      char splay[CELL_SIZE];
      snprintf(
        splay, sizeof splay, "%s, between boxes: %s°", s->name, s->splay);
      paper_text(&r->paper, 7.5, splay);
    }
  }
  paper_text(
    &r->paper,
    8.0,
    "Places are acoustic centres. Yaw 0 looks along +y and turns to -x; "
    "pitch is negative downwards, of an array that of its top box.");
}

static FhStatus
report_init(Report* const r, const char* const path)
{
  const size_t n = r->record->n_seats;
  r->value = (double*)calloc(n + 1, sizeof(double));
  r->outline = (Outline*)calloc(r->record->n_zones + 1, sizeof(Outline));
  if (!r->value || !r->outline) {
    return FH_ERR_NO_MEM;
  }
  FhStatus status = plan_from_record(r->record, &r->plan);
  for (size_t z = 0; z < r->record->n_zones && !status; ++z) {
    status = plan_outline(&r->plan,
                          r->record->zone[z].seat,
                          r->record->zone[z].n_seats,
                          &r->outline[z]);
  }
  return status
           ? status
           : fh_canvas_new(path, PAPER_WIDTH_PT, PAPER_HEIGHT_PT, &r->canvas);
}

FhStatus
pdf_write(const FhRunRecord* const record, const char* const path)
{
  Report r = {.record = record};
  FhStatus status = report_init(&r, path);
  if (!status) {
    char foot[CELL_SIZE];
    snprintf(foot,
             sizeof foot,
             "%s, %.0f %% full, simulated by fullhouse %s",
             record->venue,
             100.0 * fh_run_record_occupancy(record),
             record->version);
    paper_begin(&r.paper, r.canvas, foot);
    put_cover(&r);
    put_maps(&r);
    put_zones(&r);
    put_loudspeakers(&r);
    put_octaves(&r);
    paper_end(&r.paper);
    status = fh_canvas_finish(r.canvas);
  }
  for (size_t z = 0; r.outline && z < record->n_zones; ++z) {
    outline_clear(&r.outline[z]);
  }
  free(r.outline);
  free(r.value);
  plan_clear(&r.plan);
  return status;
}
