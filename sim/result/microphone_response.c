// SPDX-License-Identifier: GPL-3.0-or-later
#include "microphone_response.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void
mic_response_clear(MicResponse* const r)
{
  free(r->event_s);
  free(r->event);
  free(r->edge_s);
  free(r->bin);
  memset(r, 0, sizeof(*r));
}

static FhStatus
response_init(MicResponse* const r, const size_t n_events, const size_t n_bins)
{
  memset(r, 0, sizeof(*r));
  r->event_s = (double*)calloc(n_events + 1, sizeof(double));
  r->event = (float(*)[FH_N_OCTAVES])calloc(n_events + 1, sizeof *r->event);
  r->edge_s = (double*)calloc(n_bins + 1, sizeof(double));
  r->bin = (float(*)[FH_N_OCTAVES])calloc(n_bins + 1, sizeof *r->bin);
  if (!r->event_s || !r->event || !r->edge_s || !r->bin) {
    mic_response_clear(r);
    return FH_ERR_NO_MEM;
  }
  r->n_bins = n_bins;
  return FH_OK;
}

static void
response_add(MicResponse* const r,
             const double time_s,
             const float energy[FH_N_OCTAVES],
             const double factor)
{
  r->event_s[r->n_events] = time_s;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    r->event[r->n_events][b] = (float)((double)energy[b] * factor);
  }
  ++r->n_events;
}

typedef struct {
  double time_s;
  float energy[FH_N_OCTAVES];
} Event;

static int
by_time(const void* const a, const void* const b)
{
  const double x = ((const Event*)a)->time_s;
  const double y = ((const Event*)b)->time_s;
  return (x > y) - (x < y);
}

static FhStatus
response_sort(MicResponse* const r)
{
  Event* const list = (Event*)calloc(r->n_events + 1, sizeof(Event));
  if (!list) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < r->n_events; ++i) {
    list[i].time_s = r->event_s[i];
    memcpy(list[i].energy, r->event[i], sizeof list[i].energy);
  }
  qsort(list, r->n_events, sizeof(Event), by_time);
  for (size_t i = 0; i < r->n_events; ++i) {
    r->event_s[i] = list[i].time_s;
    memcpy(r->event[i], list[i].energy, sizeof list[i].energy);
  }
  free(list);
  return FH_OK;
}

static FhEchogram
echogram_of(const MicResponse* const r)
{
  return (FhEchogram){.n_events = r->n_events,
                      .event_s = r->event_s,
                      .event = (const float(*)[FH_N_OCTAVES])r->event,
                      .n_bins = r->n_bins,
                      .edge_s = r->edge_s,
                      .bin = (const float(*)[FH_N_OCTAVES])r->bin,
                      .onset_s = r->onset_s};
}

static void
total_energy(const MicResponse* const r, double p2[FH_N_OCTAVES])
{
  memset(p2, 0, FH_N_OCTAVES * sizeof(double));
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    for (size_t i = 0; i < r->n_events; ++i) {
      p2[b] += (double)r->event[i][b];
    }
    for (size_t i = 0; i < r->n_bins; ++i) {
      p2[b] += (double)r->bin[i][b];
    }
  }
}

FhStatus
mic_values_of(const MicJob* const job,
              const MicResponse* const r,
              FhParameters* const p,
              MicValues* const v)
{
  const FhEchogram echogram = echogram_of(r);
  const FhStatus status = fh_echogram_parameters(&echogram, p);
  if (status) {
    return status;
  }
  double p2[FH_N_OCTAVES];
  total_energy(r, p2);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const FhBandParameters* const band = &p->band[b];
    v->edt_s[b] = band->edt_s;
    v->t20_s[b] = band->t20_s;
    v->t30_s[b] = band->t30_s;
    v->c50_db[b] = band->c50_db;
    v->c80_db[b] = band->c80_db;
    v->d50[b] = band->d50;
    v->ts_s[b] = band->ts_s;
    v->spl_db[b] = level_db(p2[b]);
  }
  v->spl_dba = level_db(a_weighted(p2));
  v->sti =
    speech_index(&echogram, v->spl_db, job->speech_db, job->venue->noise_db);
  return FH_OK;
}

/// Bin of a response whose blocks start at another direct sound
static size_t
bin_at(const MicResponse* const r, const size_t guess, const double at_s)
{
  size_t to = guess;
  while (to + 1 < r->n_bins && r->edge_s[to + 1] <= at_s) {
    ++to;
  }
  while (to > 0 && r->edge_s[to] > at_s) {
    --to;
  }
  return to;
}

static void
add_blocks(const MicJob* const job,
           const FhPairResponse* const pair,
           const size_t skip,
           MicResponse* const r)
{
  const double n = (double)(pair->n_blocks - (skip < pair->n_blocks ? 1 : 0));
  const double w = job->impedance / n;
  for (size_t i = 0; i < pair->n_block_bins; ++i) {
    const double at_s = pair->direct_s + fh_trace_block_edge_s(i) + 1e-6;
    const size_t to = bin_at(r, i, at_s);
    for (size_t k = 0; k < pair->n_blocks && to < r->n_bins; ++k) {
      for (size_t b = 0; b < FH_N_OCTAVES && k != skip; ++b) {
        r->bin[to][b] +=
          (float)((double)pair->block_bins[k * pair->n_block_bins + i][b] * w);
      }
    }
  }
}

/// What may be unseen of each emitter is a chance of its own: add as squares
static void
add_unseen(const MicJob* const job,
           const FhPairResponse* const pair,
           const MicVariation* const v,
           MicResponse* const r,
           double (*const squares)[FH_N_OCTAVES])
{
  for (size_t i = 0; i < pair->n_block_bins; ++i) {
    const int wanted =
      i < FH_TRACE_EARLY_BINS ? v->unseen_early : v->unseen_late;
    const double at_s = pair->direct_s + fh_trace_block_edge_s(i) + 1e-6;
    const size_t to = bin_at(r, i, at_s);
    for (size_t b = 0; b < FH_N_OCTAVES && wanted && to < r->n_bins; ++b) {
      const double p2 = (double)pair->unseen[i][b] * job->impedance;
      squares[to][b] += p2 * p2;
    }
  }
}

FhStatus
mic_response_gather(const MicJob* const job,
                    const size_t mic,
                    const size_t first,
                    const size_t last,
                    const DirectEvents* const direct,
                    const MicVariation* const vary,
                    MicResponse* const r)
{
  const FhTraceResult* const t = job->trace;
  const bool fine = !vary;
  size_t n_events = direct->n;
  size_t n_bins = 0;
  double bin_s = 0.001;
  for (size_t e = first; e < last; ++e) {
    const FhPairResponse* const pair = &t->pairs[e * t->n_microphones + mic];
    n_events += pair->n_arrivals;
    n_bins = pair->n_bins > n_bins ? pair->n_bins : n_bins;
    bin_s = pair->bin_s > 0.0 ? pair->bin_s : bin_s;
  }
  const FhPairResponse* const one = &t->pairs[first * t->n_microphones + mic];
  if (!fine) {
    n_bins = one->n_block_bins;
  }
  FhStatus status = response_init(r, n_events, n_bins);
  if (status) {
    return status;
  }
  double(*const squares)[FH_N_OCTAVES] =
    (double(*)[FH_N_OCTAVES])calloc(n_bins + 1, sizeof *squares);
  if (!squares) {
    mic_response_clear(r);
    return FH_ERR_NO_MEM;
  }
  r->onset_s = direct->onset_s;
  for (size_t i = 0; i < direct->n; ++i) {
    response_add(r, direct->time_s[i], direct->p2[i], 1.0);
  }
  for (size_t i = 0; i <= n_bins; ++i) {
    r->edge_s[i] =
      fine ? (double)i * bin_s : one->direct_s + fh_trace_block_edge_s(i);
  }
  for (size_t e = first; e < last; ++e) {
    const FhPairResponse* const pair = &t->pairs[e * t->n_microphones + mic];
    for (size_t i = 0; i < pair->n_arrivals; ++i) {
      response_add(r,
                   (double)pair->arrivals[i].time_s,
                   pair->arrivals[i].intensity,
                   job->impedance);
    }
    for (size_t i = 0; fine && i < pair->n_bins; ++i) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        r->bin[i][b] += (float)((double)pair->late[i][b] * job->impedance);
      }
    }
    // Blocks of other emitters start at their own direct sound
    if (vary) {
      add_blocks(job, pair, vary->skip, r);
      add_unseen(job, pair, vary, r, squares);
    }
  }
  for (size_t i = 0; vary && i < n_bins; ++i) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      r->bin[i][b] += (float)sqrt(squares[i][b]);
    }
  }
  free(squares);
  status = response_sort(r);
  if (status) {
    mic_response_clear(r);
  }
  return status;
}
