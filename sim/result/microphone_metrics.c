// SPDX-License-Identifier: GPL-3.0-or-later
#include "../trace/pool.h"
#include "../trace/unseen.h"
#include "microphone_response.h"

#include <math.h>
#include <string.h>

static void
set_estimate(FhEstimate* const out,
             const double at[FH_N_OCTAVES],
             const double se[FH_N_OCTAVES])
{
  memcpy(out->at, at, sizeof out->at);
  memcpy(out->se, se, sizeof out->se);
}

static FhStatus
rate(const MicJob* const job,
     const size_t mic,
     const size_t first,
     const size_t last,
     const DirectEvents* const direct,
     FhMicrophoneMetrics* const m)
{
  MicResponse r;
  FhStatus status =
    mic_response_gather(job, mic, first, last, direct, NULL, &r);
  if (status) {
    return status;
  }
  MicValues v;
  MicValues se;
  status = mic_values_of(job, &r, &m->parameters, &v);
  mic_response_clear(&r);
  if (!status) {
    status = mic_errors_of(job, mic, first, last, direct, &se);
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
set_strength(const MicJob* const job,
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
set_lateral(const MicJob* const job,
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
rate_pair(const MicJob* const job, const size_t e, const size_t mic)
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
rate_system(const MicJob* const job, const size_t mic)
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
  MicJob* const job = (MicJob*)user;
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
  MicJob job = {.venue = venue,
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
