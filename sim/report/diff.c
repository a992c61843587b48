// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan.h"

#include <fh/diff.h>
#include <fh/run_states.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Seats farther apart than that are not the same [m]
#define SAME_M 0.005

/// A quantity that is compared
typedef struct {
  const char* key;
  const char* label;
  const char* unit;
  size_t at; ///< Offset in FhSeatMetrics
  double step;
  bool relative;
  double half; ///< Half the range of its map; 0 for none
} Quantity;

#define AT(member) offsetof(FhSeatMetrics, member)
#define OCTAVE(i, name)                                                        \
  {                                                                            \
    "spl_" name, "Level, " name " Hz octave", "dB", AT(spl_octave_db[i]), 1.0, \
      false, 6.0                                                               \
  }

static const Quantity quantities[FH_DIFF_ROWS] = {
  {"spl_dba", "Level, A-weighted", "dB", AT(spl_dba), 1.0, false, 6.0},
  OCTAVE(0, "63"),
  OCTAVE(1, "125"),
  OCTAVE(2, "250"),
  OCTAVE(3, "500"),
  OCTAVE(4, "1000"),
  OCTAVE(5, "2000"),
  OCTAVE(6, "4000"),
  OCTAVE(7, "8000"),
  {"sti", "Speech transmission index", "", AT(sti), 0.03, false, 0.2},
  {"c50_1000", "Clarity C50, 1 kHz", "dB", AT(c50_db[4]), 1.1, false, 0.0},
  {"c80_1000", "Clarity C80, 1 kHz", "dB", AT(c80_db[4]), 1.0, false, 6.0},
  {"ts_ms", "Centre time", "ms", AT(ts_ms), 10.0, false, 0.0},
  {"edt_1000", "Early decay EDT, 1 kHz", "s", AT(edt_s[4]), 0.05, true, 0.0},
  {"t30_1000", "Reverberation T30, 1 kHz", "s", AT(t30_s[4]), 0.05, true, 1.0},
};

static double
value_of(const FhRunRecord* const r, const size_t seat, const size_t at)
{
  float value = 0.0f;
  memcpy(&value, (const char*)&r->seat[seat].metrics + at, sizeof value);
  return (double)value;
}

static FhStatus
check_seats(const FhRunRecord* const a,
            const FhRunRecord* const b,
            FhDiag* const diag)
{
  if (a->n_seats != b->n_seats) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                b->folder,
                0,
                0,
                "has %zu seats of '%s' and not the %zu of '%s' in %s; compare "
                "runs of one venue",
                b->n_seats,
                b->venue,
                a->n_seats,
                a->venue,
                a->folder);
    return FH_ERR_MISMATCH;
  }
  for (size_t i = 0; i < a->n_seats; ++i) {
    const double* const p = a->seat[i].at;
    const double* const q = b->seat[i].at;
    const bool same = fabs(p[0] - q[0]) < SAME_M &&
                      fabs(p[1] - q[1]) < SAME_M && fabs(p[2] - q[2]) < SAME_M;
    if (!same || a->seat[i].id != b->seat[i].id ||
        strcmp(a->area[a->seat[i].area].name, b->area[b->seat[i].area].name) !=
          0) {
      fh_diag_add(
        diag,
        FH_DIAG_ERROR,
        b->folder,
        0,
        0,
        "its seat %u is in '%s' at (%.2f, %.2f, %.2f), in %s it is in "
        "'%s' at (%.2f, %.2f, %.2f); compare runs of one venue",
        b->seat[i].id,
        b->area[b->seat[i].area].name,
        q[0],
        q[1],
        q[2],
        a->folder,
        a->area[a->seat[i].area].name,
        p[0],
        p[1],
        p[2]);
      return FH_ERR_MISMATCH;
    }
  }
  return FH_OK;
}

static void
compare(const FhRunRecord* const a,
        const FhRunRecord* const b,
        const Quantity* const q,
        FhDiffRow* const row)
{
  *row = (FhDiffRow){.key = q->key,
                     .label = q->label,
                     .unit = q->unit,
                     .step = q->step,
                     .relative = q->relative,
                     .least = INFINITY,
                     .most = -INFINITY};
  for (size_t i = 0; i < a->n_seats; ++i) {
    const double x = value_of(a, i, q->at);
    const double y = value_of(b, i, q->at);
    if (!isfinite(x) || !isfinite(y)) {
      continue;
    }
    // Both come rounded from a table
    const double step = (q->relative ? q->step * x : q->step) * (1.0 - 1e-6);
    row->before += x;
    row->after += y;
    row->least = fmin(row->least, y - x);
    row->most = fmax(row->most, y - x);
    row->n_up += y - x >= step;
    row->n_down += x - y >= step;
    ++row->n;
  }
  const double n = (double)row->n;
  row->before = row->n ? row->before / n : NAN;
  row->after = row->n ? row->after / n : NAN;
  row->mean = row->after - row->before;
  row->least = row->n ? row->least : NAN;
  row->most = row->n ? row->most : NAN;
}

static double
error_of(const FhRunRecord* const a, const FhRunRecord* const b)
{
  double sum = 0.0;
  size_t n = 0;
  for (size_t i = 0; i < a->n_seats; ++i) {
    const double x = value_of(a, i, AT(se_db));
    const double y = value_of(b, i, AT(se_db));
    if (isfinite(x) && isfinite(y)) {
      sum += x * x + y * y;
      ++n;
    }
  }
  return n ? sqrt(sum / (double)n) : NAN;
}

FhStatus
fh_diff(const FhRunRecord* const before,
        const FhRunRecord* const after,
        FhDiff* const out,
        FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  const FhStatus status = check_seats(before, after, diag);
  if (status) {
    return status;
  }
  const size_t n = before->n_seats;
  out->gained = (uint32_t*)calloc(n + 1, sizeof(uint32_t));
  out->lost = (uint32_t*)calloc(n + 1, sizeof(uint32_t));
  if (!out->gained || !out->lost) {
    fh_diff_clear(out);
    return FH_ERR_NO_MEM;
  }
  out->n_seats = n;
  for (size_t i = 0; i < FH_DIFF_ROWS; ++i) {
    compare(before, after, &quantities[i], &out->row[i]);
  }
  for (uint32_t i = 0; i < n; ++i) {
    const bool was = before->seat[i].metrics.dead;
    const bool is = after->seat[i].metrics.dead;
    out->n_dead_before += was;
    out->n_dead_after += is;
    if (was && !is) {
      out->gained[out->n_gained++] = i;
    } else if (is && !was) {
      out->lost[out->n_lost++] = i;
    }
  }
  out->error_db = error_of(before, after);
  return FH_OK;
}

void
fh_diff_clear(FhDiff* const diff)
{
  free(diff->gained);
  free(diff->lost);
  memset(diff, 0, sizeof *diff);
}

/// The maps under way
typedef struct {
  const FhRunRecord* before;
  const FhRunRecord* after;
  const FhDiff* diff;
  Plan plan;
  double* value;   ///< [n_seats]; owned
  char states[80]; ///< ", empty to full", or nothing where they are the same
  FhRunFolder* folder;
  FhDiag* diag;
} Maps;

static FhStatus
draw_change(const Maps* const m, const size_t row)
{
  const Quantity* const q = &quantities[row];
  double step = q->step;
  for (size_t i = 0; i < m->plan.n_seats; ++i) {
    m->value[i] = value_of(m->after, i, q->at) - value_of(m->before, i, q->at);
  }
  if (q->relative) {
    step *= isfinite(m->diff->row[row].before) ? m->diff->row[row].before : 1.0;
  }
  char label[96];
  char title[160];
  char name[64];
  snprintf(label,
           sizeof label,
           "Change%s%s%s",
           q->unit[0] ? " [" : "",
           q->unit,
           q->unit[0] ? "]" : "");
  snprintf(title, sizeof title, "change, %s%s", q->label, m->states);
  snprintf(name, sizeof name, "maps/change_%s.png", q->key);
  const PlanMap map = {.value = m->value,
                       .scale = {FH_COLOUR_DIVERGING, -q->half, q->half, label},
                       .sign_from = step};
  return plan_write(&m->plan, title, &map, m->folder, name, m->diag);
}

static FhStatus
draw_dead(const Maps* const m)
{
  for (size_t i = 0; i < m->plan.n_seats; ++i) {
    m->value[i] = (double)(m->before->seat[i].metrics.dead != 0) -
                  (double)(m->after->seat[i].metrics.dead != 0);
  }
  char title[160];
  snprintf(title,
           sizeof title,
           "seats gained (+ %zu) and lost (- %zu)%s",
           m->diff->n_gained,
           m->diff->n_lost,
           m->states);
  const PlanMap map = {
    .value = m->value,
    .scale = {FH_COLOUR_DIVERGING, -1.0, 1.0, "Lost -1, gained +1"},
    .sign_from = 1.0};
  return plan_write(
    &m->plan, title, &map, m->folder, "maps/change_dead.png", m->diag);
}

FhStatus
fh_diff_write_maps(const FhRunRecord* const before,
                   const FhRunRecord* const after,
                   const FhDiff* const diff,
                   FhRunFolder* const folder,
                   FhDiag* const diag)
{
  Maps m = {.before = before,
            .after = after,
            .diff = diff,
            .folder = folder,
            .diag = diag};
  char from[32];
  char to[32];
  fh_state_name(fh_run_record_occupancy(before), from);
  fh_state_name(fh_run_record_occupancy(after), to);
  if (strcmp(from, to) != 0) {
    snprintf(m.states, sizeof m.states, ", %s to %s", from, to);
  }
  FhStatus status = plan_from_record(after, &m.plan);
  if (!status) {
    m.value = (double*)calloc(m.plan.n_seats + 1, sizeof(double));
    status = m.value ? FH_OK : FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < FH_DIFF_ROWS && !status; ++i) {
    if (quantities[i].half > 0.0) {
      status = draw_change(&m, i);
    }
  }
  if (!status) {
    status = draw_dead(&m);
  }
  free(m.value);
  plan_clear(&m.plan);
  return status;
}
