// SPDX-License-Identifier: GPL-3.0-or-later
#include "../trace/pool.h"
#include "../trace/unseen.h"
#include "listener.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Values of one response that get a standard error
typedef struct {
  double edt_s[FH_N_OCTAVES], t20_s[FH_N_OCTAVES], t30_s[FH_N_OCTAVES];
  double c50_db[FH_N_OCTAVES], c80_db[FH_N_OCTAVES], d50[FH_N_OCTAVES];
  double ts_s[FH_N_OCTAVES], spl_db[FH_N_OCTAVES];
  double spl_dba, sti;
} Values;

#define N_VALUES (sizeof(Values) / sizeof(double))

/// Energies of one response [Pa^2]
typedef struct {
  size_t n_events, n_bins;
  double* event_s;              ///< Owned
  float (*event)[FH_N_OCTAVES]; ///< Owned
  double* edge_s;               ///< [n_bins + 1]; owned
  float (*bin)[FH_N_OCTAVES];   ///< Owned
  double onset_s;
} Response;

typedef struct {
  const FhVenue* venue;
  const FhScene* scene;
  const FhSources* sources;
  const FhDirectField* direct;
  const FhDirectField* by_emitter;
  const FhTraceResult* trace;
  double impedance;
  double speech_db;
  FhMicrophoneMetrics* pairs;
  FhMicrophoneMetrics* system;
  int failed; ///< Atomic
} Job;

static void
response_clear(Response* const r)
{
  free(r->event_s);
  free(r->event);
  free(r->edge_s);
  free(r->bin);
  memset(r, 0, sizeof(*r));
}

static FhStatus
response_init(Response* const r, const size_t n_events, const size_t n_bins)
{
  memset(r, 0, sizeof(*r));
  r->event_s = (double*)calloc(n_events + 1, sizeof(double));
  r->event = (float(*)[FH_N_OCTAVES])calloc(n_events + 1, sizeof *r->event);
  r->edge_s = (double*)calloc(n_bins + 1, sizeof(double));
  r->bin = (float(*)[FH_N_OCTAVES])calloc(n_bins + 1, sizeof *r->bin);
  if (!r->event_s || !r->event || !r->edge_s || !r->bin) {
    response_clear(r);
    return FH_ERR_NO_MEM;
  }
  r->n_bins = n_bins;
  return FH_OK;
}

static void
response_add(Response* const r,
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
response_sort(Response* const r)
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
echogram_of(const Response* const r)
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
total_energy(const Response* const r, double p2[FH_N_OCTAVES])
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

static FhStatus
values_of(const Job* const job,
          const Response* const r,
          FhParameters* const p,
          Values* const v)
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

/// A response from the coarse bins of the blocks of rays
typedef struct {
  size_t skip;      ///< Block to leave out; SIZE_MAX for none
  int unseen_early; ///< With what may be unseen of the first 80 ms
  int unseen_late;  ///< The same after it
} Variation;

/// Bin of a response whose blocks start at another direct sound
static size_t
bin_at(const Response* const r, const size_t guess, const double at_s)
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
add_blocks(const Job* const job,
           const FhPairResponse* const pair,
           const size_t skip,
           Response* const r)
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
add_unseen(const Job* const job,
           const FhPairResponse* const pair,
           const Variation* const v,
           Response* const r,
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

/*
  Energies of emitters [first, last) at a microphone: by the fine bins of all
  rays, or where `vary` is not null by the coarse bins of their blocks.
*/
static FhStatus
gather(const Job* const job,
       const size_t mic,
       const size_t first,
       const size_t last,
       const DirectEvents* const direct,
       const Variation* const vary,
       Response* const r)
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
    response_clear(r);
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
    response_clear(r);
  }
  return status;
}

/// All values of a response from coarse bins
static FhStatus
vary_values(const Job* const job,
            const size_t mic,
            const size_t first,
            const size_t last,
            const DirectEvents* const direct,
            const Variation* const vary,
            double x[N_VALUES])
{
  Response r;
  FhStatus status = gather(job, mic, first, last, direct, vary, &r);
  if (status) {
    return status;
  }
  FhParameters p;
  Values v;
  status = values_of(job, &r, &p, &v);
  response_clear(&r);
  memcpy(x, &v, sizeof(v));
  return status;
}

/*
  Standard errors of all values: delete-one jackknife (B. Efron, C. Stein,
  Annals of Statistics 9 (1981)). What may be unseen shifts the values and adds
  to their variance, as in the limit of Fay and Feuer; the errors hold both, so
  that #FH_TRACE_INTERVAL_95 of them reach as far as that limit.
*/
static FhStatus
errors_of(const Job* const job,
          const size_t mic,
          const size_t first,
          const size_t last,
          const DirectEvents* const direct,
          Values* const se)
{
  memset(se, 0, sizeof(*se));
  const size_t n =
    job->trace->pairs[first * job->trace->n_microphones + mic].n_blocks;
  if (n < 2) {
    return FH_OK;
  }
  double all[N_VALUES];
  double more[2][N_VALUES];
  const Variation plain = {SIZE_MAX, 0, 0};
  FhStatus status = vary_values(job, mic, first, last, direct, &plain, all);
  for (int i = 0; i < 2 && !status; ++i) {
    const Variation vary = {SIZE_MAX, i == 0, i == 1};
    status = vary_values(job, mic, first, last, direct, &vary, more[i]);
  }
  double sum[N_VALUES] = {0.0};
  double sum2[N_VALUES] = {0.0};
  double origin[N_VALUES] = {0.0};
  for (size_t k = 0; k < n && !status; ++k) {
    const Variation vary = {k, 0, 0};
    double x[N_VALUES];
    status = vary_values(job, mic, first, last, direct, &vary, x);
    for (size_t i = 0; i < N_VALUES && !status; ++i) {
      origin[i] = k ? origin[i] : x[i];
      sum[i] += x[i] - origin[i];
      sum2[i] += (x[i] - origin[i]) * (x[i] - origin[i]);
    }
  }
  if (status) {
    return status;
  }
  double out[N_VALUES];
  for (size_t i = 0; i < N_VALUES; ++i) {
    const double mean = sum[i] / (double)n;
    const double spread = sum2[i] / (double)n - mean * mean;
    const double shift = hypot(more[0][i] - all[i], more[1][i] - all[i]);
    out[i] = widened_error(sqrt((double)(n - 1) * fmax(spread, 0.0)), shift);
    const bool known = !job->trace->errors_unknown;
    out[i] = known && isfinite(spread) && isfinite(shift) ? out[i] : NAN;
  }
  memcpy(se, out, sizeof(*se));
  return FH_OK;
}

static void
set_estimate(FhEstimate* const out,
             const double at[FH_N_OCTAVES],
             const double se[FH_N_OCTAVES])
{
  memcpy(out->at, at, sizeof out->at);
  memcpy(out->se, se, sizeof out->se);
}

static FhStatus
rate(const Job* const job,
     const size_t mic,
     const size_t first,
     const size_t last,
     const DirectEvents* const direct,
     FhMicrophoneMetrics* const m)
{
  Response r;
  FhStatus status = gather(job, mic, first, last, direct, NULL, &r);
  if (status) {
    return status;
  }
  Values v;
  Values se;
  status = values_of(job, &r, &m->parameters, &v);
  response_clear(&r);
  if (!status) {
    status = errors_of(job, mic, first, last, direct, &se);
  }
  if (status) {
    return status;
  }
  m->onset_s = direct->onset_s;
  set_estimate(&m->edt_s, v.edt_s, se.edt_s);
  set_estimate(&m->t20_s, v.t20_s, se.t20_s);
  set_estimate(&m->t30_s, v.t30_s, se.t30_s);
  set_estimate(&m->c50_db, v.c50_db, se.c50_db);
  set_estimate(&m->c80_db, v.c80_db, se.c80_db);
  set_estimate(&m->d50, v.d50, se.d50);
  set_estimate(&m->ts_s, v.ts_s, se.ts_s);
  set_estimate(&m->spl_db, v.spl_db, se.spl_db);
  m->spl_dba = v.spl_dba;
  m->spl_dba_se = se.spl_dba;
  m->sti = v.sti;
  m->sti_se = se.sti;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double p2 = 0.0;
    for (size_t i = 0; i < direct->n; ++i) {
      p2 += (double)direct->p2[i][b];
    }
    m->direct_db[b] = level_db(p2);
    m->g_db.at[b] = NAN;
    m->g_db.se[b] = NAN;
  }
  m->lf = m->lf_se = m->lfc = m->lfc_se = NAN;
  return FH_OK;
}

// Strength: level over that of the same power at 10 m in a free field
static void
set_strength(const Job* const job,
             const FhEmitter* const emitter,
             FhMicrophoneMetrics* const m)
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double power = (double)emitter->power_w[b];
    if (power > 0.0) {
      const double free_p2 =
        power * job->impedance / (4.0 * FH_PI * 10.0 * 10.0);
      m->g_db.at[b] = m->spl_db.at[b] - level_db(free_p2);
      m->g_db.se[b] = m->spl_db.se[b];
    }
  }
}

static double
mid_sum(const float octave[FH_N_OCTAVES])
{
  return (double)octave[1] + (double)octave[2] + (double)octave[3] +
         (double)octave[4];
}

/*
  Lateral fractions, 125 Hz to 1 kHz, with the nose towards the source:
  lateral energy from 5 to 80 ms over all from 0 to 80 ms; ISO 3382-1, A.2.4.
  The error follows from that of the energy in the same window.
*/
static void
set_lateral(const Job* const job,
            const size_t e,
            const size_t mic,
            FhMicrophoneMetrics* const m)
{
  const FhTraceResult* const t = job->trace;
  const FhPairResponse* const pair = &t->pairs[e * t->n_microphones + mic];
  const float* const at = fh_sources_emitter(job->sources, e)->centre;
  const float* const ear = job->scene->microphone[mic];
  const double dx = (double)at[0] - (double)ear[0];
  const double dy = (double)at[1] - (double)ear[1];
  const double flat = hypot(dx, dy);
  const double across[2] = {flat > 1e-6 ? -dy / flat : 1.0,
                            flat > 1e-6 ? dx / flat : 0.0};
  float direct[FH_N_OCTAVES];
  fh_thirds_sum(job->by_emitter[e].p2[mic], direct);
  double all = mid_sum(direct) / job->impedance;
  double lateral[2] = {0.0, 0.0};
  for (size_t i = 0; i < pair->n_arrivals; ++i) {
    const FhArrival* const a = &pair->arrivals[i];
    const double after = (double)a->time_s - m->onset_s;
    if (after > 0.080) {
      continue;
    }
    const double energy = mid_sum(a->intensity);
    const double sine = fabs((double)a->direction[0] * across[0] +
                             (double)a->direction[1] * across[1]);
    all += energy;
    if (after >= 0.005) {
      lateral[0] += energy * sine * sine;
      lateral[1] += energy * sine;
    }
  }
  double sampled = 0.0;
  for (size_t i = 0; i < pair->n_bins; ++i) {
    const double after = ((double)i + 0.5) * pair->bin_s - m->onset_s;
    if (after > 0.080) {
      break;
    }
    const double energy = mid_sum(pair->late[i]);
    all += energy;
    sampled += energy;
    if (after >= 0.005) {
      lateral[0] += energy * (double)pair->late_lateral[i][0];
      lateral[1] += energy * (double)pair->late_lateral[i][1];
    }
  }
  double sum = 0.0;
  double sum2 = 0.0;
  for (size_t k = 0; k < pair->n_blocks; ++k) {
    double x = 0.0;
    for (size_t i = 0; i < FH_TRACE_EARLY_BINS && i < pair->n_block_bins; ++i) {
      x += mid_sum(pair->block_bins[k * pair->n_block_bins + i]);
    }
    sum += x;
    sum2 += x * x;
  }
  const double n = (double)pair->n_blocks;
  const double variance =
    n > 1.0 ? fmax(sum2 / n - sum / n * (sum / n), 0.0) / (n - 1.0) : 0.0;
  if (all > 0.0) {
    m->lf = lateral[0] / all;
    m->lfc = lateral[1] / all;
    double unseen = 0.0;
    for (size_t i = 0; i < FH_TRACE_EARLY_BINS && i < pair->n_block_bins; ++i) {
      unseen += mid_sum(pair->unseen[i]);
    }
    const double error = widened_error(sqrt(variance), unseen);
    const double known = t->errors_unknown ? NAN : error / all;
    const double relative = sampled > 0.0 ? known : 0.0;
    m->lf_se = relative * fmax(m->lf, 1.0 - m->lf);
    m->lfc_se = relative * fmax(m->lfc, 1.0 - m->lfc);
  }
}

static double
distance_m(const float a[3], const float b[3])
{
  double sum = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    sum += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
  }
  return sqrt(sum);
}

static FhStatus
rate_pair(const Job* const job, const size_t e, const size_t mic)
{
  FhMicrophoneMetrics* const m =
    &job->pairs[e * job->trace->n_microphones + mic];
  memset(m, 0, sizeof(*m));
  m->emitter = e;
  m->microphone = mic;
  const FhEmitter* const emitter = fh_sources_emitter(job->sources, e);
  m->distance_m = distance_m(emitter->centre, job->scene->microphone[mic]);
  DirectEvents direct;
  direct_events(&job->by_emitter[e], NULL, 0, mic, &direct);
  const FhStatus status = rate(job, mic, e, e + 1, &direct, m);
  if (!status) {
    set_strength(job, emitter, m);
    set_lateral(job, e, mic, m);
  }
  return status;
}

static FhStatus
rate_system(const Job* const job, const size_t mic)
{
  const size_t n = job->trace->n_emitters;
  FhMicrophoneMetrics* const m = &job->system[mic];
  memset(m, 0, sizeof(*m));
  m->emitter = SIZE_MAX;
  m->microphone = mic;
  m->distance_m = INFINITY;
  for (size_t e = 0; e < n; ++e) {
    m->distance_m = fmin(m->distance_m,
                         distance_m(fh_sources_emitter(job->sources, e)->centre,
                                    job->scene->microphone[mic]));
  }
  DirectEvents direct;
  direct_events(job->direct, job->by_emitter, n, mic, &direct);
  return rate(job, mic, 0, n, &direct, m);
}

static void
rate_chunk(void* const user, const unsigned worker, const uint64_t chunk)
{
  (void)worker;
  Job* const job = (Job*)user;
  const size_t n_mics = job->trace->n_microphones;
  const size_t e = (size_t)chunk / n_mics;
  const size_t mic = (size_t)chunk % n_mics;
  const FhStatus status =
    e < job->trace->n_emitters ? rate_pair(job, e, mic) : rate_system(job, mic);
  if (status) {
    __atomic_store_n(&job->failed, (int)status, __ATOMIC_RELAXED);
  }
}

FhStatus
fh_microphone_metrics(const FhVenue* const venue,
                      const FhScene* const scene,
                      const FhSources* const sources,
                      const FhDirectField* const direct,
                      const FhDirectField* const by_emitter,
                      const FhTraceResult* const trace,
                      const double speech_db,
                      const unsigned n_threads,
                      FhMicrophoneMetrics* const pairs,
                      FhMicrophoneMetrics* const system)
{
  if (trace->n_microphones != scene->n_microphones ||
      trace->n_emitters != fh_sources_count(sources)) {
    return FH_ERR_MISMATCH;
  }
  if (!trace->n_microphones || !trace->n_emitters) {
    return FH_OK;
  }
  Job job = {.venue = venue,
             .scene = scene,
             .sources = sources,
             .direct = direct,
             .by_emitter = by_emitter,
             .trace = trace,
             .impedance = fh_air_density_kg_m3(&scene->air) *
                          fh_air_speed_m_s(&scene->air),
             .speech_db = speech_db,
             .pairs = pairs,
             .system = system};
  const FhStatus status =
    pool_run(n_threads ? n_threads : pool_processors(),
             0,
             (uint64_t)((trace->n_emitters + 1) * trace->n_microphones),
             rate_chunk,
             NULL,
             &job);
  return status ? status : (FhStatus)job.failed;
}
