// SPDX-License-Identifier: GPL-3.0-or-later
/*
  Arrival times of the direct sound and the first-order echoes of a box against
  picked ones: echo-times VENUE ECHOES.csv. Prints a table in Markdown. Picks
  are sometimes of another echo; so each time is also held against the mirrored
  source's distance, and exit code 1 says that one is more than 1 mm off that.
*/
#include "hall.h"

#include <fh/trace.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// A column of the picks. Upstream's names are permuted: `ceiling` is x = 0 and
/// so on, as the notes of the data say
typedef struct {
  const char* theirs;
  const char* where;
  int axis;       ///< -1 for the direct sound
  double sign;    ///< Of the wall's outward normal
  double most_cm; ///< Mean difference between picks and image sources that the
                  ///< notes state, rounded up
} Column;

static const Column columns[7] = {{"direct", "direct sound", -1, 0.0, 2.5},
                                  {"ceiling", "wall x = 0", 0, -1.0, 10.5},
                                  {"floor", "wall x = 5.7 m", 0, 1.0, 10.5},
                                  {"west", "wall y = 0", 1, -1.0, 23.5},
                                  {"south", "wall y = 6.0 m", 1, 1.0, 10.5},
                                  {"east", "floor", 2, -1.0, 10.5},
                                  {"north", "ceiling", 2, 1.0, 10.5}};

/// Where things are, scene coordinates [m]
typedef struct {
  double source[HALL_MAX_POINTS][3];
  double mic[HALL_MAX_POINTS][3];
  double low[3], high[3];
  double speed_m_s;
} Box;

/// Farthest that a time may be from the mirrored source's [cm]
static const double exact_cm = 0.1;

/// Differences of a column [cm]
typedef struct {
  size_t n;
  double at[512];
  double exact; ///< Greatest from the mirrored source
} Differences;

/// Distance from the mirrored source to a microphone [m]
static double
mirrored_m(const Box* const box,
           const size_t source,
           const size_t mic,
           const Column* const column)
{
  double sum = 0.0;
  for (int k = 0; k < 3; ++k) {
    const double wall = column->sign > 0.0 ? box->high[k] : box->low[k];
    const double s = box->source[source][k];
    const double from = k == column->axis ? 2.0 * wall - s : s;
    sum += (from - box->mic[mic][k]) * (from - box->mic[mic][k]);
  }
  return sqrt(sum);
}

/// A mirror turns round the departure along its normal and keeps what is across
static bool
is_from(const FhArrival* const a, const Column* const column)
{
  for (int k = 0; k < 3; ++k) {
    const double out = (double)a->departure[k];
    const double in = (double)a->direction[k];
    if (fabs(k == column->axis ? out - in : out + in) > 0.02) {
      return false;
    }
  }
  return a->order == 1 &&
         (double)a->departure[column->axis] * column->sign > 0.0;
}

static double
time_of(const FhPairResponse* const pair, const Column* const column)
{
  if (column->axis < 0) {
    return pair->direct_s;
  }
  for (size_t i = 0; i < pair->n_arrivals; ++i) {
    if (is_from(&pair->arrivals[i], column)) {
      return (double)pair->arrivals[i].time_s;
    }
  }
  return (double)NAN;
}

static int
by_value(const void* const a, const void* const b)
{
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

/// Print a column; false where an echo is lost or not where it must be
static bool
print_column(const Column* const column, Differences* const d, size_t n_lost)
{
  double mean = 0.0;
  double signed_mean = 0.0;
  for (size_t i = 0; i < d->n; ++i) {
    mean += fabs(d->at[i]) / (double)d->n;
    signed_mean += d->at[i] / (double)d->n;
    d->at[i] = fabs(d->at[i]);
  }
  qsort(d->at, d->n, sizeof(double), by_value);
  printf("| %s | %zu | %.3f | %+.1f | %.1f | %.1f | %.1f | %s |\n",
         column->where,
         d->n,
         d->exact,
         signed_mean,
         mean,
         d->n ? d->at[d->n / 2] : (double)NAN,
         column->most_cm,
         mean <= column->most_cm ? "yes" : "NO");
  return d->n && !n_lost && d->exact < exact_cm;
}

static bool
compare(const Table* const t,
        const FhTraceResult* const trace,
        const Box* const box)
{
  bool good = true;
  printf(
    "| arrival | n | greatest from the mirrored source [cm] | mean from the "
    "picks [cm] | mean of magnitude [cm] | median of magnitude [cm] | stated "
    "picking error [cm] | within |\n|---|---|---|---|---|---|---|---|\n");
  for (size_t c = 0; c < 7; ++c) {
    Differences d = {0};
    size_t n_lost = 0;
    for (size_t r = 1; r < t->n_rows && d.n < 512; ++r) {
      double mic = 0.0;
      double source = 0.0;
      double picked_s = 0.0;
      if (!table_number(t, r, 1, &mic) || !table_number(t, r, 3, &source) ||
          !table_number(t, r, 4 + c, &picked_s)) {
        continue;
      }
      if (!(source >= 0.0 && source < (double)trace->n_emitters) ||
          !(mic >= 0.0 && mic < (double)trace->n_microphones)) {
        continue;
      }
      const size_t pair = (size_t)source * trace->n_microphones + (size_t)mic;
      const double time_s = time_of(&trace->pairs[pair], &columns[c]);
      if (isfinite(time_s)) {
        const double m =
          mirrored_m(box, (size_t)source, (size_t)mic, &columns[c]);
        const double heard_m = box->speed_m_s * time_s;
        d.at[d.n++] = 100.0 * (heard_m - box->speed_m_s * picked_s);
        d.exact = fmax(d.exact, 100.0 * fabs(heard_m - m));
      } else {
        ++n_lost;
      }
    }
    if (n_lost) {
      fprintf(stderr,
              "echo-times: error: %zu echoes '%s' were not found\n",
              n_lost,
              columns[c].where);
    }
    good = print_column(&columns[c], &d, n_lost) && good;
  }
  return good;
}

static void
place(const FhScene* const scene, const FhSources* const sources, Box* box)
{
  box->speed_m_s = fh_air_speed_m_s(&scene->air);
  for (size_t k = 0; k < 3; ++k) {
    box->low[k] = (double)scene->low[k];
    box->high[k] = (double)scene->high[k];
    for (size_t i = 0; i < fh_sources_count(sources) && i < HALL_MAX_POINTS;
         ++i) {
      box->source[i][k] = (double)fh_sources_emitter(sources, i)->centre[k];
    }
    for (size_t i = 0; i < scene->n_microphones && i < HALL_MAX_POINTS; ++i) {
      box->mic[i][k] = (double)scene->microphone[i][k];
    }
  }
}

static FhStatus
trace_box(const char* const path,
          FhTraceResult* const out,
          Box* const box,
          FhDiag* const diag)
{
  FhVenue venue;
  FhScene scene = {0};
  FhRaycaster* caster = NULL;
  FhSources* sources = NULL;
  FhStatus status = fh_venue_read(path, &venue, diag);
  status = status ? status : fh_scene_build(&venue, &scene, diag);
  status = status ? status : fh_raycaster_new(&scene, 0, &caster);
  status = status ? status : fh_sources_new(&venue, &scene, &sources, diag);
  if (!status) {
    FhTraceDesc desc = fh_trace_desc_default();
    desc.seats = false;
    desc.image_order = 1;
    desc.n_rays = 256;
    place(&scene, sources, box);
    status = fh_trace(&scene, caster, sources, &desc, NULL, NULL, out, diag);
  }
  fh_sources_free(sources);
  fh_raycaster_free(caster);
  fh_scene_clear(&scene);
  fh_venue_clear(&venue);
  return status;
}

int
main(const int argc, char** const argv)
{
  if (argc != 3) {
    fprintf(stderr, "Usage: echo-times VENUE ECHOES.csv\n");
    return 2;
  }
  FhDiag* const diag = fh_diag_new();
  FhTraceResult trace = {0};
  Table t = {0};
  Box box = {0};
  FhStatus status = trace_box(argv[1], &trace, &box, diag);
  char folder[1024];
  const char* const slash = strrchr(argv[2], '/');
  (void)snprintf(folder,
                 sizeof folder,
                 "%.*s",
                 slash ? (int)(slash - argv[2]) : 1,
                 slash ? argv[2] : ".");
  status =
    status ? status : table_read(folder, slash ? slash + 1 : argv[2], &t, diag);
  for (size_t i = 0; i < fh_diag_size(diag); ++i) {
    const FhDiagEntry* const e = fh_diag_entry(diag, i);
    fprintf(stderr, "%s: %s\n", e->file ? e->file : argv[1], e->text);
  }
  int code = 3;
  if (!status) {
    code = compare(&t, &trace, &box) ? 0 : 1;
  } else {
    fprintf(stderr, "echo-times: error: %s\n", fh_strerror(status));
  }
  table_clear(&t);
  fh_trace_result_clear(&trace);
  fh_diag_free(diag);
  return code;
}
