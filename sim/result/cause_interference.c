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
           const size_t batch,
           double* const fill)
{
  const FhTraceResult* const t = &s->again->now.batch[0];
  float(*const bins)[FH_N_OCTAVES] =
    (float(*)[FH_N_OCTAVES])calloc(t->n_seat_bins + 1, sizeof *bins);
  if (!bins) {
    return FH_ERR_NO_MEM;
  }
  retrace_bins(
    s->run, &s->again->now, s->first_row + i, leave_out, batch, bins);
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

/// Mean level of the early sound in a third, with all and without an emitter
static FhStatus
early_levels(const Suspect* const s,
             const FhDirectField* const others,
             const size_t third,
             const size_t e,
             const size_t batch,
             double level[2])
{
  FhStatus status = FH_OK;
  level[0] = level[1] = 0.0;
  for (size_t i = 0; i < s->n && !status; ++i) {
    double p2[2] = {0.0, 0.0};
    status = early_fill(s, i, third, SIZE_MAX, batch, &p2[0]);
    status = status ? status : early_fill(s, i, third, e, batch, &p2[1]);
    p2[0] += (double)s->run->seat_direct.p2[s->seat[i]][third];
    p2[1] += (double)others->p2[i][third];
    for (size_t k = 0; k < 2; ++k) {
      level[k] += level_db(p2[k] + 1e-30) / (double)s->n;
    }
  }
  return status;
}

/// How much more early sound there is in a third without an emitter
static FhStatus
change_without(const Suspect* const s,
               const size_t third,
               const size_t e,
               FhCounterfactual* const proof)
{
  const FhRun* const run = s->run;
  FhDirectField others;
  memset(&others, 0, sizeof others);
  FhStatus status = suspect_direct(s,
                                   run->sources,
                                   run->caster,
                                   ~((uint64_t)1 << e),
                                   run->desc.diffraction,
                                   &others);
  double change[RETRACE_BATCHES] = {0.0};
  // Last with all batches, which is what is told
  for (size_t k = 0; k <= RETRACE_BATCHES && !status; ++k) {
    double level[2];
    status = early_levels(s, &others, third, e, k, level);
    if (!status && k < RETRACE_BATCHES) {
      change[k] = level[1] - level[0];
    } else if (!status) {
      proof->before = level[0];
      proof->after = level[1];
    }
  }
  proof->change_se = retrace_error(change);
  fh_direct_field_clear(&others);
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
    FhCounterfactual proof = {.quantity = FH_PROOF_EARLY,
                              .traced = true,
                              .blames = FH_CAUSE_INTERFERENCE};
    const FhStatus status = change_without(s, third, e, &proof);
    if (status) {
      return status;
    }
    const char* const other = fh_sources_emitter(run->sources, partner)->name;
    const double late_ms =
      1000.0 * ((double)run->seat_direct_by[e].delay_s[s->seat[0]][0] -
                (double)run->seat_direct_by[partner].delay_s[s->seat[0]][0]);
    char remedy[256];
    (void)snprintf(proof.what,
                   sizeof proof.what,
                   "without %.30s, which works against %.30s at %.0f Hz",
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
    suspect_prove(s, proof, remedy);
  }
  return FH_OK;
}
