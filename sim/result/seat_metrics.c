// SPDX-License-Identifier: GPL-3.0-or-later
#include "../trace/pool.h"
#include "listener.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Seats that one thread takes at a time
#define CHUNK_SEATS 32u
/// First and last octave of "250 Hz-4 kHz"
#define FIRST_HEARD 2u
#define LAST_HEARD  6u
/// Octave of speech in which echoes are judged: 1 kHz
#define ECHO_BAND 4u

const char*
fh_dead_reason_word(const size_t i)
{
  static const char* const words[FH_N_DEAD_REASONS] = {
    "quiet", "muffled", "unclear", "cancelled", "echo"};
  return words[i];
}

typedef struct {
  const FhVenue* venue;
  const FhScene* scene;
  const FhDirectField* direct;
  const FhDirectField* by_emitter;
  size_t n_emitters;
  const FhTraceResult* trace;
  double impedance; ///< rho c [Pa s/m]
  float* bins;      ///< [n_workers][n_seat_bins][8] scratch [Pa^2]
  double speech_db;
  FhSeatMetrics* out;
  int failed; ///< Atomic
} Job;

static void
sum_bins(const Job* const job,
         const size_t seat,
         float (*const bins)[FH_N_OCTAVES],
         double reflected[FH_N_OCTAVES])
{
  const size_t n = job->trace->n_seat_bins;
  for (size_t i = 0; i < n; ++i) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      const double p2 =
        (double)job->trace->seat_bins[seat * n + i][b] * job->impedance;
      bins[i][b] = (float)p2;
      reflected[b] += p2;
    }
  }
}

void
seat_set_levels(const float direct_p2[FH_N_THIRDS],
                const double reflected[FH_N_OCTAVES],
                FhSeatMetrics* const m)
{
  float direct[FH_N_OCTAVES];
  fh_thirds_sum(direct_p2, direct);
  double total[FH_N_OCTAVES];
  double sum = 0.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    total[b] = (double)direct[b] + reflected[b];
    sum += total[b];
    m->spl_octave_db[b] = (float)level_db(total[b]);
  }
  const double direct_a = a_weighted_thirds(direct_p2);
  const double reflected_a = a_weighted(reflected);
  m->spl_db = (float)level_db(sum);
  m->spl_dba = (float)level_db(direct_a + reflected_a);
  m->direct_dba = (float)level_db(direct_a);
  m->d_r_db = reflected_a > 0.0 && direct_a > 0.0
                ? (float)(10.0 * log10(direct_a / reflected_a))
                : NAN;
  const double low = total[2] + total[3] + total[4];
  const double high = total[5] + total[6] + total[7];
  m->tilt_db =
    low > 0.0 && high > 0.0 ? (float)(10.0 * log10(high / low)) : NAN;
}

static void
set_error(const Job* const job,
          const size_t seat,
          const double reflected[FH_N_OCTAVES],
          FhSeatMetrics* const m)
{
  const FhTraceResult* const t = job->trace;
  double all = 0.0;
  double sampled = 0.0;
  double octaves = 0.0;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    all += FH_P2_REF * pow(10.0, 0.1 * (double)m->spl_octave_db[b]);
    sampled += reflected[b];
    const double se_db = t->seat_se_db ? (double)t->seat_se_db[seat][b] : 0.0;
    octaves += isfinite(se_db) ? reflected[b] * se_db : 0.0;
  }
  const double se_db =
    t->seat_level_se_db ? (double)t->seat_level_se_db[seat] : 0.0;
  // The direct sound has no error
  const bool known = all > 0.0 && !t->errors_unknown;
  m->se_db = known ? (float)(sampled * se_db / all) : NAN;
  m->octave_se_db = known ? (float)(octaves / all) : NAN;
}

// Energy of the bins within 50 ms after the onset, for what fills a notch
static void
early_energy(const FhEchogram* const echogram, double early[FH_N_OCTAVES])
{
  FhEchogram bins = *echogram;
  bins.n_events = 0;
  if (fh_echogram_energy(&bins, 0.0, 0.05, early)) {
    memset(early, 0, FH_N_OCTAVES * sizeof(double));
  }
}

void
seat_set_cancellation(const FhDirectField* const direct,
                      const FhDirectField* const by_emitter,
                      const size_t n_emitters,
                      const size_t seat,
                      const double early[FH_N_OCTAVES],
                      FhSeatMetrics* const m)
{
  m->cancel_depth_db = 0.0f;
  m->cancel_hz = NAN;
  for (size_t i = 0; i < FH_N_THIRDS && fh_third_hz(i) < 450.0; ++i) {
    double parts = 0.0;
    for (size_t e = 0; by_emitter && e < n_emitters; ++e) {
      parts += (double)by_emitter[e].p2[seat][i];
    }
    const double fill = early[i / 3] / 3.0;
    const double together = (double)direct->p2[seat][i] + fill;
    if (parts > 0.0 && together > 0.0) {
      const double depth = 10.0 * log10((parts + fill) / together);
      if (depth > (double)m->cancel_depth_db) {
        m->cancel_depth_db = (float)depth;
        m->cancel_hz = (float)fh_third_hz(i);
      }
    }
  }
}

static void
set_decays(const FhParameters* const p, FhSeatMetrics* const m)
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const FhBandParameters* const band = &p->band[b];
    m->edt_s[b] = (float)band->edt_s;
    m->t30_s[b] = (float)band->t30_s;
    m->c50_db[b] = (float)band->c50_db;
    m->c80_db[b] = (float)band->c80_db;
  }
  m->d50 = (float)(0.5 * (p->band[3].d50 + p->band[4].d50));
  m->ts_ms = (float)(500.0 * (p->band[3].ts_s + p->band[4].ts_s));
}

/*
  The criterion of Dietsch and Kraak alone calls two equal loudspeakers 18 ms
  apart an echo. The ear joins what comes within 50 ms (H. Haas, Acustica 1
  (1951)), and does not mind what is more than 10 dB under it: so direct sound
  that comes within 50 ms counts as one, and an echo must come later and be
  within 10 dB of what came before it.
*/
static void
set_echo(const FhEchogram* const echogram,
         const double error_p2,
         FhSeatMetrics* const m)
{
  static const double joined_s = 0.05;
  static const double least = 0.1;
  double time_s[MAX_EMITTERS];
  FhEchogram e = *echogram;
  for (size_t i = 0; i < e.n_events; ++i) {
    const double after_s = e.event_s[i] - e.onset_s;
    time_s[i] = after_s < joined_s ? e.onset_s : e.event_s[i];
  }
  e.event_s = time_s;
  double at_s = 0.0;
  const double criterion = fh_echogram_echo(&e, ECHO_BAND, true, &at_s);
  // The greatest quotient ends within 9 ms after the arrival
  double late[FH_N_OCTAVES] = {0.0};
  double before[FH_N_OCTAVES] = {0.0};
  double sampled[FH_N_OCTAVES] = {0.0};
  const double from_s = fmax(at_s - 0.010, 0.0);
  (void)fh_echogram_energy(&e, from_s, at_s + 0.002, late);
  (void)fh_echogram_energy(&e, 0.0, from_s, before);
  const bool heard =
    from_s >= joined_s - 0.010 && late[ECHO_BAND] >= least * before[ECHO_BAND];
  m->echo = heard ? (float)criterion : 0.0f;
  m->echo_ms = heard ? (float)(1000.0 * at_s) : NAN;
  // No part of the sampled energy is less certain than it is large
  e.n_events = 0;
  (void)fh_echogram_energy(&e, from_s, at_s + 0.002, sampled);
  const double error = fmin(error_p2, sampled[ECHO_BAND]);
  // The build-up weighs by the cube root of energy; what may not be there at
  // all is no echo for certain
  m->echo_se = late[ECHO_BAND] > FH_SURE * error
                 ? m->echo / 3.0f * (float)(error / late[ECHO_BAND])
                 : m->echo;
}

void
seat_set_echo(const FhEchogram* const echogram, FhSeatMetrics* const m)
{
  set_echo(echogram, 0.0, m);
}

/// Standard error of the reflected energy in the band of echoes [Pa^2]
static double
echo_error(const Job* const job, const size_t seat, const double reflected)
{
  const double se_db = job->trace->seat_se_db
                         ? (double)job->trace->seat_se_db[seat][ECHO_BAND]
                         : 0.0;
  return isfinite(se_db) ? reflected * (pow(10.0, 0.1 * se_db) - 1.0)
                         : reflected;
}

static FhStatus
rate_seat(const Job* const job, const size_t seat, float* const scratch)
{
  FhSeatMetrics* const m = &job->out[seat];
  memset(m, 0, sizeof(*m));
  float(*const bins)[FH_N_OCTAVES] = (float(*)[FH_N_OCTAVES])scratch;
  double reflected[FH_N_OCTAVES] = {0.0};
  sum_bins(job, seat, bins, reflected);
  seat_set_levels(job->direct->p2[seat], reflected, m);
  set_error(job, seat, reflected, m);

  DirectEvents events;
  direct_events(job->direct, job->by_emitter, job->n_emitters, seat, &events);
  const FhEchogram echogram = {.n_events = events.n,
                               .event_s = events.time_s,
                               .event = (const float(*)[FH_N_OCTAVES])events.p2,
                               .n_bins = job->trace->n_seat_bins,
                               .edge_s = job->trace->seat_bin_edge_s,
                               .bin = (const float(*)[FH_N_OCTAVES])bins,
                               .onset_s = events.onset_s};
  FhParameters parameters;
  const FhStatus status = fh_echogram_parameters(&echogram, &parameters);
  if (status) {
    return status;
  }
  set_decays(&parameters, m);
  double early[FH_N_OCTAVES];
  early_energy(&echogram, early);
  seat_set_cancellation(
    job->direct, job->by_emitter, job->n_emitters, seat, early, m);
  set_echo(&echogram, echo_error(job, seat, reflected[ECHO_BAND]), m);
  double octave_db[FH_N_OCTAVES];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    octave_db[b] = (double)m->spl_octave_db[b];
  }
  m->sti = (float)speech_index(
    &echogram, octave_db, job->speech_db, job->venue->noise_db);
  return FH_OK;
}

static void
rate_chunk(void* const user, const unsigned worker, const uint64_t chunk)
{
  Job* const job = (Job*)user;
  float* const scratch =
    job->bins + (size_t)worker * job->trace->n_seat_bins * FH_N_OCTAVES;
  const size_t first = (size_t)chunk * CHUNK_SEATS;
  for (size_t i = first; i < first + CHUNK_SEATS && i < job->scene->n_seats;
       ++i) {
    const FhStatus status = rate_seat(job, i, scratch);
    if (status) {
      __atomic_store_n(&job->failed, (int)status, __ATOMIC_RELAXED);
    }
  }
}

// Energy mean of the A-weighted level over the seats, by area
static double
mean_dba(const Job* const job)
{
  const size_t n_bins = job->trace->n_seat_bins;
  double sum = 0.0;
  double weight = 0.0;
  for (size_t i = 0; i < job->scene->n_seats; ++i) {
    double p2[FH_N_OCTAVES] = {0.0};
    for (size_t k = 0; k < n_bins; ++k) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        p2[b] += (double)job->trace->seat_bins[i * n_bins + k][b];
      }
    }
    const double w = (double)job->scene->seats[i].area_m2;
    sum += w * (a_weighted_thirds(job->direct->p2[i]) +
                job->impedance * a_weighted(p2));
    weight += w;
  }
  return weight > 0.0 ? level_db(sum / weight) : -INFINITY;
}

FhStatus
fh_seat_metrics(const FhVenue* const venue,
                const FhScene* const scene,
                const FhDirectField* const direct,
                const FhDirectField* const by_emitter,
                const size_t n_emitters,
                const FhTraceResult* const trace,
                const unsigned n_threads,
                FhSeatMetrics* const out)
{
  if (trace->n_seats != scene->n_seats || direct->n_points != scene->n_seats) {
    return FH_ERR_MISMATCH;
  }
  if (!scene->n_seats) {
    return FH_OK;
  }
  const unsigned n_workers = n_threads ? n_threads : pool_processors();
  Job job = {.venue = venue,
             .scene = scene,
             .direct = direct,
             .by_emitter = by_emitter,
             .n_emitters = n_emitters,
             .trace = trace,
             .impedance = fh_air_density_kg_m3(&scene->air) *
                          fh_air_speed_m_s(&scene->air),
             .out = out};
  job.bins = (float*)calloc((size_t)n_workers * trace->n_seat_bins + 1,
                            sizeof(float[FH_N_OCTAVES]));
  if (!job.bins) {
    return FH_ERR_NO_MEM;
  }
  job.speech_db = fh_speech_offset_db(mean_dba(&job));
  const uint64_t n_chunks = (scene->n_seats + CHUNK_SEATS - 1) / CHUNK_SEATS;
  FhStatus status = pool_run(n_workers, 0, n_chunks, rate_chunk, NULL, &job);
  free(job.bins);
  if (!status) {
    status = (FhStatus)job.failed;
  }
  if (!status) {
    status = fh_seat_judge(venue, scene->seats, scene->n_seats, out);
  }
  return status;
}

static double
heard_p2(const FhSeatMetrics* const m)
{
  double sum = 0.0;
  for (size_t b = FIRST_HEARD; b <= LAST_HEARD; ++b) {
    sum += FH_P2_REF * pow(10.0, 0.1 * (double)m->spl_octave_db[b]);
  }
  return sum;
}

void
seat_margins(const FhVenue* const venue,
             const FhSeat* const seats,
             const size_t n_seats,
             const FhSeatMetrics* const metrics,
             float (*const margin)[FH_N_DEAD_REASONS])
{
  const FhGoals* const goals = &venue->goals;
  double tilt = 0.0;
  double tilted = 0.0;
  for (size_t i = 0; i < n_seats; ++i) {
    if (isfinite(metrics[i].tilt_db)) {
      tilt += (double)(metrics[i].tilt_db * seats[i].area_m2);
      tilted += (double)seats[i].area_m2;
    }
  }
  tilt = tilted > 0.0 ? tilt / tilted : 0.0;
  for (size_t a = 0; a < venue->n_audience; ++a) {
    double sum = 0.0;
    double weight = 0.0;
    for (size_t i = 0; i < n_seats; ++i) {
      if (seats[i].area == a) {
        sum += heard_p2(&metrics[i]) * (double)seats[i].area_m2;
        weight += (double)seats[i].area_m2;
      }
    }
    const double mean_db = weight > 0.0 ? level_db(sum / weight) : 0.0;
    for (size_t i = 0; i < n_seats; ++i) {
      const FhSeatMetrics* const m = &metrics[i];
      if (seats[i].area != a) {
        continue;
      }
      margin[i][0] =
        (float)(mean_db - goals->dead_quiet_db - level_db(heard_p2(m)));
      margin[i][1] =
        (float)(tilt - goals->dead_muffled_db - (double)m->tilt_db);
      margin[i][2] = (float)(goals->dead_sti - (double)m->sti);
      margin[i][3] =
        (float)((double)m->cancel_depth_db - goals->dead_cancelled_db);
      margin[i][4] = (float)((double)m->echo - FH_ECHO_DISTURBS);
      // Silence is quiet, and no number is no reason to call a seat good
      for (size_t k = 0; k < 3; ++k) {
        margin[i][k] = isnan(margin[i][k]) ? INFINITY : margin[i][k];
      }
    }
  }
}

/// Standard error of a seat's margin for reason `k`, in its unit
static double
margin_error(const FhSeatMetrics* const m, const size_t k)
{
  static const double sti_per_db = 1.0 / 30.0;
  switch (1U << k) {
  case FH_DEAD_MUFFLED:
    return sqrt(2.0) * (double)m->octave_se_db;
  case FH_DEAD_UNCLEAR:
    return sti_per_db * (double)m->octave_se_db;
  case FH_DEAD_ECHO:
    return (double)m->echo_se;
  default:
    return (double)m->octave_se_db;
  }
}

FhStatus
fh_seat_judge(const FhVenue* const venue,
              const FhSeat* const seats,
              const size_t n_seats,
              FhSeatMetrics* const metrics)
{
  float(*const margin)[FH_N_DEAD_REASONS] =
    (float(*)[FH_N_DEAD_REASONS])calloc(n_seats + 1, sizeof *margin);
  if (!margin) {
    return FH_ERR_NO_MEM;
  }
  seat_margins(venue, seats, n_seats, metrics, margin);
  for (size_t i = 0; i < n_seats; ++i) {
    unsigned dead = 0;
    unsigned sure = 0;
    for (size_t k = 0; k < FH_N_DEAD_REASONS; ++k) {
      const double by = (double)margin[i][k];
      dead |= by > 0.0 ? 1U << k : 0U;
      // An unknown error makes nothing certain
      sure |= by > FH_SURE * margin_error(&metrics[i], k) ? 1U << k : 0U;
    }
    metrics[i].dead = (uint8_t)dead;
    metrics[i].sure = (uint8_t)(dead & sure);
  }
  free(margin);
  return FH_OK;
}
