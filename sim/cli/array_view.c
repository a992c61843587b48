// SPDX-License-Identifier: GPL-3.0-or-later
#include "array.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Far enough for the far field of any array [m]
#define FAR_M 2000.0
/// Tones that stand for a third octave
#define N_TONES 13
/// Seats this close to the vertical plane of the aim are on its line [m]
#define LINE_M 1.5

size_t
array_band(const double hz)
{
  const double x = rint(10.0 * log10(hz / 1000.0) + 13.0);
  const double top = (double)(FH_N_THIRDS - 1);
  return (size_t)(x < 0.0 ? 0.0 : x > top ? top : x);
}

void
array_view_clear(ArrayView* const view)
{
  free(view->distance_m);
  free(view->line_db);
  memset(view, 0, sizeof *view);
}

static bool
has(const uint64_t mask, const size_t e)
{
  return e < 64 && (mask >> e & 1);
}

/// Mean direction of the boxes on plan, a unit vector, and their middle
static void
find_aim(const ArrayStage* const stage, ArrayView* const view, double aim[2])
{
  aim[0] = 0.0;
  aim[1] = 0.0;
  double centre[3] = {0.0, 0.0, 0.0};
  size_t n = 0;
  view->emitter = SIZE_MAX;
  for (size_t e = 0; e < fh_sources_count(stage->sources); ++e) {
    const FhEmitter* const emitter = fh_sources_emitter(stage->sources, e);
    if (!has(view->mask, e)) {
      continue;
    }
    if (view->emitter == SIZE_MAX) {
      view->emitter = e;
      memcpy(view->name, emitter->name, sizeof view->name);
    } else {
      const size_t used = strlen(view->name);
      (void)snprintf(
        view->name + used, sizeof view->name - used, " + %s", emitter->name);
    }
    for (size_t i = 0; i < emitter->n_elements; ++i) {
      FhElement box;
      fh_sources_element(stage->sources, e, i, &box);
      aim[0] += (double)box.forward[0];
      aim[1] += (double)box.forward[1];
      for (size_t k = 0; k < 3; ++k) {
        centre[k] += (double)box.at[k];
      }
      ++n;
    }
  }
  for (size_t k = 0; k < 3; ++k) {
    view->centre[k] = (float)(centre[k] / (double)(n ? n : 1));
  }
  const double length = hypot(aim[0], aim[1]);
  if (length > 1e-6) {
    aim[0] /= length;
    aim[1] /= length;
  } else {
    aim[0] = 0.0;
    aim[1] = 1.0;
  }
}

/// Mean square pressure of a band in many far directions
static FhStatus
far_pattern(const ArrayStage* const stage,
            const uint64_t mask,
            const float (*const at)[3],
            const double hz,
            double db[ARRAY_N_ANGLES])
{
  double sum[ARRAY_N_ANGLES] = {0.0};
  for (size_t t = 0; t < N_TONES; ++t) {
    const double off = ((double)t + 0.5) / (double)N_TONES - 0.5;
    double p[ARRAY_N_ANGLES][2];
    const FhStatus status = fh_direct_pressure(stage->sources,
                                               NULL,
                                               at,
                                               ARRAY_N_ANGLES,
                                               mask,
                                               false,
                                               hz * pow(10.0, 0.1 * off),
                                               stage->n_threads,
                                               p);
    if (status) {
      return status;
    }
    for (size_t i = 0; i < ARRAY_N_ANGLES; ++i) {
      sum[i] += p[i][0] * p[i][0] + p[i][1] * p[i][1];
    }
  }
  double most = 0.0;
  for (size_t i = 0; i < ARRAY_N_ANGLES; ++i) {
    most = fmax(most, sum[i]);
  }
  for (size_t i = 0; i < ARRAY_N_ANGLES; ++i) {
    db[i] = most > 0.0 ? fmax(-60.0, 10.0 * log10(sum[i] / most)) : -60.0;
  }
  return FH_OK;
}

/// Elevations at -6 dB on either side of the strongest one
static void
find_coverage(ArrayView* const view, const size_t f)
{
  const double* const db = view->vertical_db[f];
  // The front half alone: the boxes' backs are no coverage
  size_t best = 180;
  for (size_t i = 90; i <= 270; ++i) {
    best = db[i] > db[best] ? i : best;
  }
  size_t top = best;
  while (top < 270 && db[top + 1] > db[best] - 6.0) {
    ++top;
  }
  size_t bottom = best;
  while (bottom > 90 && db[bottom - 1] > db[best] - 6.0) {
    --bottom;
  }
  view->aim_deg[f] = (double)best - 180.0;
  view->top_deg[f] = (double)top - 180.0;
  view->bottom_deg[f] = (double)bottom - 180.0;
  view->rear_db[f] =
    fmax(view->horizontal_db[f][0], view->horizontal_db[f][ARRAY_N_ANGLES - 1]);
}

static FhStatus
make_patterns(const ArrayStage* const stage,
              const double aim[2],
              ArrayView* const view)
{
  float vertical[ARRAY_N_ANGLES][3];
  float horizontal[ARRAY_N_ANGLES][3];
  for (size_t i = 0; i < ARRAY_N_ANGLES; ++i) {
    const double a = ((double)i - 180.0) * FH_PI / 180.0;
    const double c = FAR_M * cos(a);
    const double s = FAR_M * sin(a);
    const double v[3] = {c * aim[0], c * aim[1], s};
    const double h[3] = {c * aim[0] - s * aim[1], c * aim[1] + s * aim[0], 0.0};
    for (size_t k = 0; k < 3; ++k) {
      vertical[i][k] = view->centre[k] + (float)v[k];
      horizontal[i][k] = view->centre[k] + (float)h[k];
    }
  }
  FhStatus status = FH_OK;
  for (size_t f = 0; !status && f < view->n_hz; ++f) {
    status = far_pattern(stage,
                         view->mask,
                         (const float(*)[3])vertical,
                         view->hz[f],
                         view->vertical_db[f]);
    if (!status) {
      status = far_pattern(stage,
                           view->mask,
                           (const float(*)[3])horizontal,
                           view->hz[f],
                           view->horizontal_db[f]);
    }
    find_coverage(view, f);
  }
  return status;
}

/// A seat on the line of the aim
typedef struct {
  double distance_m;
  size_t seat;
} OnLine;

static int
compare_on_line(const void* const a, const void* const b)
{
  const OnLine* const x = (const OnLine*)a;
  const OnLine* const y = (const OnLine*)b;
  if (x->distance_m != y->distance_m) {
    return x->distance_m < y->distance_m ? -1 : 1;
  }
  return (x->seat > y->seat) - (x->seat < y->seat);
}

static FhStatus
make_line(const ArrayStage* const stage,
          const double aim[2],
          ArrayView* const view)
{
  const FhScene* const scene = stage->scene;
  OnLine* const list = (OnLine*)calloc(scene->n_seats + 1, sizeof(OnLine));
  float(*const at)[3] = (float(*)[3])calloc(scene->n_seats + 1, sizeof *at);
  FhDirectField field;
  memset(&field, 0, sizeof field);
  FhStatus status = list && at ? FH_OK : FH_ERR_NO_MEM;
  size_t n = 0;
  for (size_t i = 0; !status && i < scene->n_seats; ++i) {
    const double x = (double)scene->seats[i].at[0] - (double)view->centre[0];
    const double y = (double)scene->seats[i].at[1] - (double)view->centre[1];
    if (fabs(x * aim[1] - y * aim[0]) <= LINE_M &&
        x * aim[0] + y * aim[1] > 0.0) {
      list[n++] = (OnLine){x * aim[0] + y * aim[1], i};
    }
  }
  if (!status && n) {
    qsort(list, n, sizeof(OnLine), compare_on_line);
    for (size_t i = 0; i < n; ++i) {
      memcpy(at[i], scene->seats[list[i].seat].at, sizeof at[i]);
    }
    status = fh_direct_field(stage->sources,
                             stage->caster,
                             (const float(*)[3])at,
                             n,
                             view->mask,
                             true,
                             stage->n_threads,
                             &field);
  }
  if (!status && n) {
    view->distance_m = (double*)calloc(n, sizeof(double));
    view->line_db = (double*)calloc(n * view->n_hz, sizeof(double));
    status = view->distance_m && view->line_db ? FH_OK : FH_ERR_NO_MEM;
  }
  for (size_t i = 0; !status && i < n; ++i) {
    view->distance_m[i] = list[i].distance_m;
    for (size_t f = 0; f < view->n_hz; ++f) {
      const double p2 = (double)field.p2[i][array_band(view->hz[f])];
      view->line_db[f * n + i] = p2 > 0.0 ? 10.0 * log10(p2 / 4e-10) : NAN;
    }
  }
  view->n_line = status ? 0 : n;
  fh_direct_field_clear(&field);
  free(list);
  free(at);
  return status;
}

FhStatus
array_view_init(const ArrayStage* const stage,
                const uint64_t mask,
                const double* const hz,
                const size_t n_hz,
                ArrayView* const out)
{
  memset(out, 0, sizeof *out);
  out->mask = mask;
  out->n_hz = n_hz;
  memcpy(out->hz, hz, n_hz * sizeof *hz);
  double aim[2];
  find_aim(stage, out, aim);
  FhStatus status = make_patterns(stage, aim, out);
  if (!status) {
    status = make_line(stage, aim, out);
  }
  if (!status) {
    fh_sources_headroom(
      stage->sources, mask, stage->input, stage->crest_db, &out->headroom);
  } else {
    array_view_clear(out);
  }
  return status;
}
