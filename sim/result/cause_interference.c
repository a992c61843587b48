// SPDX-License-Identifier: GPL-3.0-or-later
#include "cause.h"
#include "listener.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Reflections within this time fill a notch [s]
#define FILL_S 0.05

/// The third in which the zone is cancelled deepest
static size_t
worst_third(const Suspect* const s)
{
  float deepest = 0.0f;
  size_t third = 0;
  for (size_t i = 0; i < s->n; ++i) {
    const FhSeatMetrics* const m = &s->run->seats[s->seat[i]];
    if (m->cancel_depth_db > deepest) {
      deepest = m->cancel_depth_db;
      for (size_t b = 0; b < FH_N_THIRDS; ++b) {
        if (fabs(fh_third_hz(b) / (double)m->cancel_hz - 1.0) < 0.1) {
          third = b;
        }
      }
    }
  }
  return third;
}

/// What fills notches at a seat: early reflections of a third, all or without
/// those of an emitter [Pa^2]
static FhStatus
early_fill(const Suspect* const s,
           const size_t i,
           const size_t third,
           const size_t leave_out,
           double* const fill)
{
  const FhTraceResult* const t = &s->again->now;
  float(*const bins)[FH_N_OCTAVES] =
    (float(*)[FH_N_OCTAVES])calloc(t->n_seat_bins + 1, sizeof *bins);
  if (!bins) {
    return FH_ERR_NO_MEM;
  }
  retraced_bins(s->run, t, s->first_row + i, leave_out, bins);
  const FhEchogram echogram = {
    .n_bins = t->n_seat_bins,
    .edge_s = t->seat_bin_edge_s,
    .bin = (const float(*)[FH_N_OCTAVES])bins,
    .onset_s = (double)s->run->seat_direct.delay_s[s->seat[i]][0]};
  double energy[FH_N_OCTAVES] = {0.0};
  const FhStatus status = fh_echogram_energy(&echogram, 0.0, FILL_S, energy);
  free(bins);
  *fill = energy[third / 3] / 3.0;
  return status;
}

/// How much more early sound there is in a third without an emitter [dB]
static FhStatus
change_without(const Suspect* const s,
               const size_t third,
               const size_t e,
               double* const change)
{
  const FhRun* const run = s->run;
  FhDirectField field;
  memset(&field, 0, sizeof field);
  FhStatus status = suspect_direct(s,
                                   run->sources,
                                   run->caster,
                                   ~((uint64_t)1 << e),
                                   run->desc.diffraction,
                                   &field);
  *change = 0.0;
  for (size_t i = 0; i < s->n && !status; ++i) {
    double all = 0.0;
    double others = 0.0;
    status = early_fill(s, i, third, SIZE_MAX, &all);
    status = status ? status : early_fill(s, i, third, e, &others);
    const double before = (double)run->seat_direct.p2[s->seat[i]][third] + all;
    const double after = (double)field.p2[i][third] + others;
    *change += 10.0 * log10((after + 1e-30) / (before + 1e-30)) / (double)s->n;
  }
  fh_direct_field_clear(&field);
  return status;
}

FhStatus
prove_interference(Suspect* const s)
{
  const FhRun* const run = s->run;
  const size_t third = worst_third(s);
  for (size_t e = 0; e < run->n_emitters && e < 64; ++e) {
    const FhEmitter* const emitter = fh_sources_emitter(run->sources, e);
    double own = 0.0;
    double most = 0.0;
    size_t partner = e;
    for (size_t v = 0; v < run->n_emitters; ++v) {
      double sum = 0.0;
      for (size_t i = 0; i < s->n; ++i) {
        sum += (double)run->seat_direct_by[v].p2[s->seat[i]][third];
      }
      own = v == e ? sum : own;
      if (v != e && sum > most) {
        most = sum;
        partner = v;
      }
    }
    // One without weight in this band has no part in it
    if (emitter->muted || partner == e || own < 0.1 * most) {
      continue;
    }
    double change = 0.0;
    const FhStatus status = change_without(s, third, e, &change);
    if (status) {
      return status;
    }
    const char* const other = fh_sources_emitter(run->sources, partner)->name;
    const double late_ms =
      1000.0 * ((double)run->seat_direct_by[e].delay_s[s->seat[0]][0] -
                (double)run->seat_direct_by[partner].delay_s[s->seat[0]][0]);
    char what[112];
    char remedy[256];
    (void)snprintf(what,
                   sizeof what,
                   "without %.30s, which works against %.30s at %.0f Hz,",
                   emitter->name,
                   other,
                   fh_third_hz(third));
    (void)snprintf(remedy,
                   sizeof remedy,
                   "align %s with %s here (it comes %.1f ms %s), check "
                   "its polarity, or lower it",
                   emitter->name,
                   other,
                   fabs(late_ms),
                   late_ms > 0.0 ? "later" : "earlier");
    suspect_prove(s, FH_CAUSE_INTERFERENCE, what, change, "dB", change, remedy);
  }
  return FH_OK;
}
