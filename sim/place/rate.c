// SPDX-License-Identifier: GPL-3.0-or-later
#include "rate.h"

#include "../result/listener.h"
#include "../trace/pool.h"

#include <fh/sti.h>

#include <math.h>
#include <string.h>

/// Seats that one thread takes at a time
#define CHUNK_SEATS 32u
/// Where the windows of a transfer end [s]
#define FIRST_S  0.05
#define SECOND_S 0.08
/// Decay rate of T [nepers of energy in T]: ln 1e6
#define DECAY 13.815510557964274
/// Bins in which echoes are sought [s]
#define ECHO_BIN_S 0.02
#define ECHO_BINS  25u
/// Direct sounds this much later than the first, and this much of the loudest,
/// may be echoes
#define ECHO_AFTER_S 0.04
#define ECHO_SHARE   0.05f

typedef struct {
  const RateJob* in;
  FhSeatMetrics* out;
  double speech_db;
} Job;

/// When a loudspeaker's direct sound reaches a seat, hidden or not [s]
static double
arrival_s(const RateJob* const in, const size_t voice, const size_t seat)
{
  double r2 = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    const double d =
      (double)in->voice[voice].centre[k] - (double)in->seats[seat].at[k];
    r2 += d * d;
  }
  return sqrt(r2) / in->speed_m_s + in->voice[voice].delay_s;
}

/// Spread what a window holds over bins of time after the onset
static void
fill(float bins[ECHO_BINS][FH_N_OCTAVES],
     const double from_s,
     const double length_s,
     const float energy[FH_N_OCTAVES],
     const double impedance)
{
  for (size_t i = 0; i < ECHO_BINS; ++i) {
    const double low = fmax((double)i * ECHO_BIN_S, from_s);
    const double high = fmin((double)(i + 1) * ECHO_BIN_S, from_s + length_s);
    if (high > low) {
      const float share = (float)((high - low) / length_s * impedance);
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        bins[i][b] += share * energy[b];
      }
    }
  }
}

/// The exponential tail of a window that does not end
static void
fill_tail(float bins[ECHO_BINS][FH_N_OCTAVES],
          const double from_s,
          const double decay_s[FH_N_OCTAVES],
          const float energy[FH_N_OCTAVES],
          const double impedance)
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double rate = DECAY / decay_s[b];
    for (size_t i = 0; i < ECHO_BINS; ++i) {
      const double low = fmax((double)i * ECHO_BIN_S - from_s, 0.0);
      const double high = (double)(i + 1) * ECHO_BIN_S - from_s;
      if (high > low) {
        bins[i][b] += (float)((exp(-rate * low) - exp(-rate * high)) *
                              (double)energy[b] * impedance);
      }
    }
  }
}

/// Echoes of one loudspeaker after another: only where one comes late and loud
static void
find_echo(const RateJob* const in,
          const size_t seat,
          const DirectEvents* const events,
          FhSeatMetrics* const m)
{
  float most = 0.0f;
  for (size_t i = 0; i < events->n; ++i) {
    most = fmaxf(most, events->p2[i][4]);
  }
  bool late = false;
  for (size_t i = 0; i < events->n; ++i) {
    late = late || (events->time_s[i] - events->onset_s > ECHO_AFTER_S &&
                    events->p2[i][4] > ECHO_SHARE * most);
  }
  if (!late) {
    return;
  }
  float bins[ECHO_BINS][FH_N_OCTAVES];
  memset(bins, 0, sizeof bins);
  for (size_t v = 0; v < in->n_voices; ++v) {
    if (in->voice[v].heard) {
      const float(*const w)[FH_N_OCTAVES] = in->voice[v].reflected[seat];
      const double from = fmax(arrival_s(in, v, seat) - events->onset_s, 0.0);
      fill(bins, from, FIRST_S, w[0], in->impedance);
      fill(bins, from + FIRST_S, SECOND_S - FIRST_S, w[1], in->impedance);
      fill_tail(bins, from + SECOND_S, in->decay_s, w[2], in->impedance);
    }
  }
  double edge_s[ECHO_BINS + 1];
  for (size_t i = 0; i <= ECHO_BINS; ++i) {
    edge_s[i] = events->onset_s + (double)i * ECHO_BIN_S;
  }
  const FhEchogram echogram = {.n_events = events->n,
                               .event_s = events->time_s,
                               .event =
                                 (const float(*)[FH_N_OCTAVES])events->p2,
                               .n_bins = ECHO_BINS,
                               .edge_s = edge_s,
                               .bin = (const float(*)[FH_N_OCTAVES])bins,
                               .onset_s = events->onset_s};
  seat_set_echo(&echogram, m);
}

static void
rate_levels(const RateJob* const in, const size_t seat, FhSeatMetrics* const m)
{
  memset(m, 0, sizeof *m);
  double reflected[FH_N_OCTAVES] = {0.0};
  double early[FH_N_OCTAVES] = {0.0};
  for (size_t v = 0; v < in->n_voices; ++v) {
    if (!in->voice[v].heard) {
      continue;
    }
    const float(*const w)[FH_N_OCTAVES] = in->voice[v].reflected[seat];
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      early[b] += in->impedance * (double)w[0][b];
      reflected[b] +=
        in->impedance * ((double)w[0][b] + (double)w[1][b] + (double)w[2][b]);
    }
  }
  seat_set_levels(in->direct->p2[seat], reflected, m);
  seat_set_cancellation(in->direct, in->each, in->n_voices, seat, early, m);
  DirectEvents events;
  direct_events(in->direct, in->each, in->n_voices, seat, &events);
  find_echo(in, seat, &events, m);
}

/// A complex number
typedef struct {
  double re, im;
} Phasor;

static Phasor
turned(const Phasor a, const double angle)
{
  const double c = cos(angle);
  const double s = sin(angle);
  return (Phasor){a.re * c - a.im * s, a.re * s + a.im * c};
}

/// Transform of an even window over its energy
static Phasor
even_window(const double w, const double from_s, const double to_s)
{
  const double half = 0.5 * w * (to_s - from_s);
  const double size = fabs(half) > 1e-9 ? sin(half) / half : 1.0;
  return turned((Phasor){size, 0.0}, -0.5 * w * (from_s + to_s));
}

/// Modulation transfer of the bands of STI at one frequency
static void
modulation(const RateJob* const in,
           const size_t seat,
           const DirectEvents* const events,
           const double hz,
           double m[FH_N_STI_BANDS])
{
  const double w = 2.0 * FH_PI * hz;
  Phasor sum[FH_N_STI_BANDS];
  double energy[FH_N_STI_BANDS];
  memset(sum, 0, sizeof sum);
  memset(energy, 0, sizeof energy);
  for (size_t i = 0; i < events->n; ++i) {
    const Phasor turn = turned((Phasor){1.0, 0.0}, -w * events->time_s[i]);
    for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
      const double e = (double)events->p2[i][k + 1];
      sum[k].re += e * turn.re;
      sum[k].im += e * turn.im;
      energy[k] += e;
    }
  }
  const Phasor first = even_window(w, 0.0, FIRST_S);
  const Phasor second = even_window(w, FIRST_S, SECOND_S);
  const Phasor late = turned((Phasor){1.0, 0.0}, -w * SECOND_S);
  for (size_t v = 0; v < in->n_voices; ++v) {
    if (!in->voice[v].heard) {
      continue;
    }
    const Phasor turn = turned((Phasor){1.0, 0.0}, -w * arrival_s(in, v, seat));
    for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
      const size_t b = k + 1;
      const float(*const r)[FH_N_OCTAVES] = in->voice[v].reflected[seat];
      const double e[3] = {in->impedance * (double)r[0][b],
                           in->impedance * (double)r[1][b],
                           in->impedance * (double)r[2][b]};
      // The tail's transform is 1 / (1 + j w T / 13.8)
      const double x = w * in->decay_s[b] / DECAY;
      const double norm = e[2] / (1.0 + x * x);
      const Phasor all = {
        e[0] * first.re + e[1] * second.re + norm * (late.re + x * late.im),
        e[0] * first.im + e[1] * second.im + norm * (late.im - x * late.re)};
      sum[k].re += all.re * turn.re - all.im * turn.im;
      sum[k].im += all.re * turn.im + all.im * turn.re;
      energy[k] += e[0] + e[1] + e[2];
    }
  }
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    m[k] = energy[k] > 0.0 ? hypot(sum[k].re, sum[k].im) / energy[k] : 0.0;
  }
}

static void
rate_speech(const Job* const job, const size_t seat, FhSeatMetrics* const m)
{
  const RateJob* const in = job->in;
  DirectEvents events;
  direct_events(in->direct, in->each, in->n_voices, seat, &events);
  float mtf[FH_N_STI_BANDS][FH_N_MODULATIONS];
  for (size_t i = 0; i < FH_N_MODULATIONS; ++i) {
    double one[FH_N_STI_BANDS];
    modulation(in, seat, &events, fh_sti_modulation_hz(i), one);
    for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
      mtf[k][i] = (float)one[k];
    }
  }
  double octave_db[FH_N_OCTAVES];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    octave_db[b] = (double)m->spl_octave_db[b];
  }
  m->sti = (float)speech_index_of((const float(*)[FH_N_MODULATIONS])mtf,
                                  octave_db,
                                  job->speech_db,
                                  in->venue->noise_db);
}

static void
levels_chunk(void* const user, const unsigned worker, const uint64_t chunk)
{
  (void)worker;
  const Job* const job = (const Job*)user;
  const size_t first = (size_t)chunk * CHUNK_SEATS;
  for (size_t i = first; i < first + CHUNK_SEATS && i < job->in->n_seats; ++i) {
    rate_levels(job->in, i, &job->out[i]);
  }
}

static void
speech_chunk(void* const user, const unsigned worker, const uint64_t chunk)
{
  (void)worker;
  const Job* const job = (const Job*)user;
  const size_t first = (size_t)chunk * CHUNK_SEATS;
  for (size_t i = first; i < first + CHUNK_SEATS && i < job->in->n_seats; ++i) {
    rate_speech(job, i, &job->out[i]);
  }
}

FhStatus
rate_seats(const RateJob* const job,
           const unsigned n_threads,
           FhSeatMetrics* const metrics)
{
  Job own = {job, metrics, 0.0};
  const uint64_t n_chunks = (job->n_seats + CHUNK_SEATS - 1) / CHUNK_SEATS;
  FhStatus status = pool_run(n_threads, 0, n_chunks, levels_chunk, NULL, &own);
  // Speech is turned down by the level over all seats
  double sum = 0.0;
  double weight = 0.0;
  for (size_t i = 0; i < job->n_seats; ++i) {
    const double w = (double)job->seats[i].area_m2;
    sum += w * pow(10.0, 0.1 * (double)metrics[i].spl_dba);
    weight += w;
  }
  own.speech_db =
    fh_speech_offset_db(sum > 0.0 ? 10.0 * log10(sum / weight) : -INFINITY);
  return status ? status
                : pool_run(n_threads, 0, n_chunks, speech_chunk, NULL, &own);
}
