// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli.h"
#include "files.h"
#include "rehearse.h"

#include <fh/live.h>
#include <fh/plot.h>

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH_PT  560.0
#define HEIGHT_PT 340.0
#define PATH_SIZE 1200

static json_t*
octaves(const float values[FH_N_OCTAVES])
{
  json_t* const array = json_array();
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    json_array_append_new(array, json_real((double)values[b]));
  }
  return array;
}

static json_t*
to_json(const FhRehearsal* const r, const FhProfile* const world)
{
  json_t* const minutes = json_array();
  for (size_t i = 0; i < r->n_minutes; ++i) {
    const FhRehearsalMinute* const m = &r->minutes[i];
    json_array_append_new(
      minutes,
      json_pack("{s:f, s:f, s:f, s:f, s:f, s:s, s:f, s:s?, s:o, s:o, s:o, s:o, "
                "s:o, s:o, s:o, s:o, s:o, s:f, s:f, s:f, s:f}",
                "minute",
                m->minute,
                "occupancy",
                m->occupancy,
                "occupancy_estimate",
                (double)m->occupancy_estimate,
                "occupancy_sd",
                (double)m->occupancy_sd,
                "confidence",
                (double)m->confidence,
                "state",
                fh_live_state_text((FhLiveState)m->state),
                "held_s",
                (double)m->held_s,
                "hold",
                m->hold < 0 ? NULL : fh_live_state_text((FhLiveState)m->hold),
                "true_change_db",
                octaves(m->true_db),
                "true_early_change_db",
                octaves(m->true_early_db),
                "estimate_db",
                octaves(m->estimate_db),
                "estimate_sd_db",
                octaves(m->estimate_sd_db),
                "estimate_early_db",
                octaves(m->estimate_early_db),
                "wish_db",
                octaves(m->wish_db),
                "target_db",
                octaves(m->target_db),
                "eq_db",
                octaves(m->eq_db),
                "raw_inverse_db",
                octaves(m->raw_db),
                "tonal_untouched_db",
                (double)m->tonal_untouched_db,
                "tonal_raw_inverse_db",
                (double)m->tonal_raw_db,
                "tonal_ours_db",
                (double)m->tonal_ours_db,
                "eq_rms_db",
                (double)m->eq_rms_db));
  }
  const FhRehearsalEnd* const e = &r->end;
  json_t* const end = json_pack("{s:f, s:f, s:f, s:f, s:f, s:f}",
                                "untouched_db",
                                (double)e->untouched_db,
                                "raw_inverse_db",
                                (double)e->raw_db,
                                "ours_db",
                                (double)e->ours_db,
                                "all_untouched_db",
                                (double)e->all_untouched_db,
                                "all_raw_inverse_db",
                                (double)e->all_raw_db,
                                "all_ours_db",
                                (double)e->all_ours_db);
  return json_pack("{s:s, s:s, s:f, s:f, s:o, s:o}",
                   "venue",
                   world->venue,
                   "soundcheck",
                   r->verdict,
                   "soundcheck_min",
                   r->soundcheck_min,
                   "room_distance",
                   r->room_distance,
                   "end",
                   end,
                   "minutes",
                   minutes);
}

void
rehearsal_print_json(const FhRehearsal* const rehearsal,
                     const FhProfile* const world)
{
  fh_cli_print_json(to_json(rehearsal, world), 6);
}

/// Lines over the minutes of the show
typedef struct {
  const char* name;
  double* y;
} Line;

static FhStatus
draw_lines(const char* const path,
           const char* const title,
           const FhRehearsal* const r,
           const Line* const lines,
           const size_t n_lines,
           const double* const low,
           const double* const high,
           const FhAxis y)
{
  FhCanvas* canvas = NULL;
  const FhStatus status = fh_canvas_new(path, WIDTH_PT, HEIGHT_PT, &canvas);
  if (status) {
    return status;
  }
  cairo_t* const cr = fh_canvas_cairo(canvas);
  double* const x = (double*)calloc(r->n_minutes, sizeof *x);
  if (!x) {
    fh_canvas_free(canvas);
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < r->n_minutes; ++i) {
    x[i] = r->minutes[i].minute;
  }
  FhPlot plot = {.x = {.label = "After doors [min]",
                       .low = 0.0,
                       .high = fmax(x[r->n_minutes - 1], 1.0)},
                 .y = y};
  fh_plot_fit(&plot, 8.0, 8.0, WIDTH_PT - 16.0, HEIGHT_PT - 16.0);
  fh_plot_axes(cr, &plot, title);
  FhPen pens[4];
  const char* names[4];
  if (low) {
    fh_plot_interval(cr, &plot, x, low, high, r->n_minutes, fh_plot_pen(1).rgb);
  }
  for (size_t k = 0; k < n_lines; ++k) {
    pens[k] = fh_plot_pen(k);
    names[k] = lines[k].name;
    fh_plot_curve(cr, &plot, x, lines[k].y, r->n_minutes, &pens[k]);
  }
  fh_plot_legend(cr, &plot, names, pens, n_lines, 0);
  free(x);
  return fh_canvas_finish(canvas);
}

static FhStatus
draw_errors(const FhRehearsal* const r, const char* const folder)
{
  const size_t n = r->n_minutes;
  double* const y = (double*)calloc(3 * n, sizeof *y);
  if (!y) {
    return FH_ERR_NO_MEM;
  }
  double most = 1.0;
  for (size_t i = 0; i < n; ++i) {
    y[i] = (double)r->minutes[i].tonal_untouched_db;
    y[n + i] = (double)r->minutes[i].tonal_raw_db;
    y[2 * n + i] = (double)r->minutes[i].tonal_ours_db;
    for (size_t k = 0; k < 3; ++k) {
      most = fmax(most, y[k * n + i]);
    }
  }
  const Line lines[] = {
    {"untouched", y}, {"microphone undone", y + n}, {"auto-EQ", y + 2 * n}};
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s/tonal_error.png", folder);
  const FhStatus status = draw_lines(
    path,
    "How far the tone is from the soundcheck",
    r,
    lines,
    3,
    NULL,
    NULL,
    (FhAxis){.label = "Tonal error, rms [dB]", .low = 0.0, .high = 1.2 * most});
  free(y);
  return status;
}

static FhStatus
draw_occupancy(const FhRehearsal* const r, const char* const folder)
{
  const size_t n = r->n_minutes;
  double* const y = (double*)calloc(4 * n, sizeof *y);
  if (!y) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < n; ++i) {
    const FhRehearsalMinute* const m = &r->minutes[i];
    y[i] = m->occupancy;
    y[n + i] = (double)m->occupancy_estimate;
    y[2 * n + i] =
      fmax((double)(m->occupancy_estimate - 1.64f * m->occupancy_sd), 0.0);
    y[3 * n + i] =
      fmin((double)(m->occupancy_estimate + 1.64f * m->occupancy_sd), 1.2);
  }
  const Line lines[] = {{"true", y}, {"estimate, 90 %", y + n}};
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s/occupancy.png", folder);
  const FhStatus status =
    draw_lines(path,
               "Occupancy",
               r,
               lines,
               2,
               y + 2 * n,
               y + 3 * n,
               (FhAxis){.label = "Share of capacity", .low = 0.0, .high = 1.2});
  free(y);
  return status;
}

/// What is heard at the end, by octave
static FhStatus
draw_curves(const FhRehearsal* const r, const char* const folder)
{
  const FhRehearsalMinute* const m = &r->minutes[r->n_minutes - 1];
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s/curves.png", folder);
  FhCanvas* canvas = NULL;
  const FhStatus status = fh_canvas_new(path, WIDTH_PT, HEIGHT_PT, &canvas);
  if (status) {
    return status;
  }
  double hz[FH_N_OCTAVES];
  double y[3][FH_N_OCTAVES];
  double least = -3.0;
  double most = 3.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    hz[b] = fh_octave_hz(b);
    y[0][b] = (double)m->true_db[b];
    y[1][b] = (double)(m->true_db[b] + m->raw_db[b]);
    y[2][b] = (double)(m->true_db[b] + m->eq_db[b]);
    for (size_t k = 0; k < 3; ++k) {
      least = fmin(least, floor(y[k][b]));
      most = fmax(most, ceil(y[k][b]));
    }
  }
  cairo_t* const cr = fh_canvas_cairo(canvas);
  // Room for the legend under the curves
  FhPlot plot = {.x = fh_axis_octaves(),
                 .y = {.label = "Change at the seats [dB]",
                       .low = floor(least - 0.4 * (most - least)),
                       .high = most}};
  fh_plot_fit(&plot, 8.0, 8.0, WIDTH_PT - 16.0, HEIGHT_PT - 16.0);
  fh_plot_axes(cr, &plot, "At the end of the show, against the soundcheck");
  static const char* const names[] = {
    "untouched", "microphone undone", "auto-EQ"};
  FhPen pens[3];
  for (size_t k = 0; k < 3; ++k) {
    pens[k] = fh_plot_pen(k);
    fh_plot_curve(cr, &plot, hz, y[k], FH_N_OCTAVES, &pens[k]);
    fh_plot_dots(cr, &plot, hz, y[k], NULL, FH_N_OCTAVES, 2.5, pens[k].rgb);
  }
  fh_plot_legend(cr, &plot, names, pens, 3, 2);
  return fh_canvas_finish(canvas);
}

static FhStatus
write_texts(const FhRehearsal* const r,
            const FhProfile* const world,
            const char* const folder)
{
  char path[PATH_SIZE];
  json_t* const root = to_json(r, world);
  char* const text = json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
  json_decref(root);
  snprintf(path, sizeof path, "%s/rehearsal.json", folder);
  bool done = text && fh_cli_write_file(path, text, strlen(text));
  free(text);
  const size_t room = r->n_moves * sizeof *r->moves + 1;
  char* const moves = (char*)calloc(room, 1);
  size_t used = 0;
  for (size_t i = 0; moves && i < r->n_moves; ++i) {
    const int n = snprintf(moves + used, room - used, "%s\n", r->moves[i]);
    used += n > 0 ? (size_t)n : 0;
  }
  snprintf(path, sizeof path, "%s/moves.txt", folder);
  done = done && moves && fh_cli_write_file(path, moves, used);
  free(moves);
  return done ? FH_OK : FH_ERR_IO;
}

FhStatus
rehearsal_write(const FhRehearsal* const rehearsal,
                const FhProfile* const world,
                const char* const folder)
{
  FhStatus status = write_texts(rehearsal, world, folder);
  status = status ? status : draw_errors(rehearsal, folder);
  status = status ? status : draw_occupancy(rehearsal, folder);
  return status ? status : draw_curves(rehearsal, folder);
}
