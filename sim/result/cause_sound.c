// SPDX-License-Identifier: GPL-3.0-or-later
#include "cause.h"
#include "listener.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Sound later than this after the direct sound harms speech [s]
#define LATE_S 0.08
/// What counts as much as a decibel: STI (a just noticeable difference is
/// 0.03), echo criterion
#define STI_PER_DB  0.02
#define ECHO_PER_DB 0.1

/// One seat's echogram, with room for its arrays
typedef struct {
  FhEchogram echogram;
  DirectEvents events;
  float (*bins)[FH_N_OCTAVES]; ///< [trace->n_seat_bins]; owned
} Heard;

/// What a seat hears by a trace of which it is a row, without an emitter
static FhStatus
hear(const Suspect* const s,
     const FhTraceResult* const trace,
     const size_t row,
     const size_t seat,
     const size_t without,
     Heard* const h)
{
  const FhRun* const run = s->run;
  h->bins =
    (float(*)[FH_N_OCTAVES])calloc(trace->n_seat_bins + 1, sizeof *h->bins);
  if (!h->bins) {
    return FH_ERR_NO_MEM;
  }
  retraced_bins(run, trace, row, without, h->bins);
  direct_events(
    &run->seat_direct, run->seat_direct_by, run->n_emitters, seat, &h->events);
  size_t kept = 0;
  for (size_t i = 0; i < h->events.n; ++i) {
    if (h->events.emitter[i] != without) {
      h->events.time_s[kept] = h->events.time_s[i];
      memcpy(h->events.p2[kept], h->events.p2[i], sizeof h->events.p2[kept]);
      ++kept;
    }
  }
  h->events.n = kept;
  h->echogram =
    (FhEchogram){.n_events = h->events.n,
                 .event_s = h->events.time_s,
                 .event = (const float(*)[FH_N_OCTAVES])h->events.p2,
                 .n_bins = trace->n_seat_bins,
                 .edge_s = trace->seat_bin_edge_s,
                 .bin = (const float(*)[FH_N_OCTAVES])h->bins,
                 .onset_s = h->events.onset_s};
  return FH_OK;
}

/// STI of a seat, without its late sound or without the venue's noise
static FhStatus
speech(const Suspect* const s,
       const size_t seat,
       const bool late,
       const bool noise,
       double* const sti)
{
  const FhRun* const run = s->run;
  Heard h;
  const FhStatus status = hear(s, &run->trace, seat, seat, SIZE_MAX, &h);
  if (status) {
    return status;
  }
  double octave_db[FH_N_OCTAVES];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    octave_db[b] = (double)run->seats[seat].spl_octave_db[b];
  }
  for (size_t i = 0; !late && i < h.echogram.n_bins; ++i) {
    if (h.echogram.edge_s[i] > h.events.onset_s + LATE_S) {
      memset(h.bins[i], 0, sizeof h.bins[i]);
    }
  }
  static const float silence_db[FH_N_OCTAVES] = {
    -60.0f, -60.0f, -60.0f, -60.0f, -60.0f, -60.0f, -60.0f, -60.0f};
  double weight = 0.0;
  double sum = 0.0;
  for (size_t i = 0; i < run->scene.n_seats; ++i) {
    const double m2 = (double)run->scene.seats[i].area_m2;
    sum += m2 * pow(10.0, 0.1 * (double)run->seats[i].spl_dba);
    weight += m2;
  }
  *sti = speech_index(&h.echogram,
                      octave_db,
                      fh_speech_offset_db(10.0 * log10(sum / weight)),
                      noise ? run->venue->noise_db : silence_db);
  free(h.bins);
  return FH_OK;
}

FhStatus
prove_speech(Suspect* const s)
{
  double dry = 0.0;
  double still = 0.0;
  for (size_t i = 0; i < s->n; ++i) {
    const double now = (double)s->run->seats[s->seat[i]].sti;
    double one = 0.0;
    FhStatus status = speech(s, s->seat[i], false, true, &one);
    dry += (one - now) / (double)s->n;
    status = status ? status : speech(s, s->seat[i], true, false, &one);
    still += (one - now) / (double)s->n;
    if (status) {
      return status;
    }
  }
  suspect_prove(s,
                FH_CAUSE_REVERBERATION,
                "without sound later than 80 ms",
                dry,
                "STI",
                dry / STI_PER_DB,
                "more direct sound: a fill close to these seats, or "
                "loudspeakers aimed off the walls; else absorption");
  suspect_prove(s,
                FH_CAUSE_NOISE,
                "without the background noise",
                still,
                "STI",
                still / STI_PER_DB,
                "play louder here, or find what makes the noise");
  return FH_OK;
}

/// Mean echo criterion of the zone by a trace of its seats, without an emitter
static FhStatus
echo_of(const Suspect* const s,
        const FhTraceResult* const trace,
        const size_t without,
        double* const echo)
{
  *echo = 0.0;
  for (size_t i = 0; i < s->n; ++i) {
    Heard h;
    const FhStatus status =
      hear(s, trace, s->first_row + i, s->seat[i], without, &h);
    if (status) {
      return status;
    }
    FhSeatMetrics m;
    memset(&m, 0, sizeof m);
    if (h.events.n) {
      seat_set_echo(&h.echogram, &m);
    }
    *echo += (double)m.echo / (double)s->n;
    free(h.bins);
  }
  return FH_OK;
}

/// Loudspeakers that come after the others
static FhStatus
prove_late(Suspect* const s, const double now)
{
  const FhRun* const run = s->run;
  for (size_t e = 0; e < run->n_emitters; ++e) {
    const FhEmitter* const emitter = fh_sources_emitter(run->sources, e);
    const double late_ms =
      1000.0 * ((double)run->seat_direct_by[e].delay_s[s->seat[0]][0] -
                (double)run->seat_direct.delay_s[s->seat[0]][0]);
    if (emitter->muted || !(late_ms > 0.0)) {
      continue;
    }
    double without = 0.0;
    const FhStatus status = echo_of(s, &s->again->now, e, &without);
    if (status) {
      return status;
    }
    char what[112];
    char remedy[256];
    (void)snprintf(
      what, sizeof what, "without %.60s, echo criterion", emitter->name);
    (void)snprintf(remedy,
                   sizeof remedy,
                   "%s arrives %.0f ms after the first sound: delay the "
                   "others, lower it or turn it away",
                   emitter->name,
                   late_ms);
    suspect_prove(s,
                  FH_CAUSE_ECHO,
                  what,
                  without - now,
                  "EC",
                  (now - without) / ECHO_PER_DB,
                  remedy);
  }
  return FH_OK;
}

/// When the echo comes, mean over the zone's seats that have one [ms]
static double
echo_ms(const Suspect* const s)
{
  double sum = 0.0;
  size_t n = 0;
  for (size_t i = 0; i < s->n; ++i) {
    const double ms = (double)s->run->seats[s->seat[i]].echo_ms;
    sum += isfinite(ms) ? ms : 0.0;
    n += isfinite(ms);
  }
  return sum / (double)(n ? n : 1);
}

/// Surfaces that send sound back late
static FhStatus
prove_reflection(Suspect* const s, const double now)
{
  for (size_t k = 0; k < s->again->n_surfaces; ++k) {
    double without = 0.0;
    const FhStatus status =
      echo_of(s, &s->again->without[k], SIZE_MAX, &without);
    if (status) {
      return status;
    }
    const char* const name = surface_name(s->run, s->again->material[k]);
    char what[112];
    char remedy[256];
    (void)snprintf(
      what, sizeof what, "without sound off %.50s, echo criterion", name);
    (void)snprintf(remedy,
                   sizeof remedy,
                   "make %.50s absorb, scatter or lean, or keep loudspeakers "
                   "off it: its sound comes about %.0f ms after the first",
                   name,
                   echo_ms(s));
    suspect_prove(s,
                  FH_CAUSE_ECHO,
                  what,
                  without - now,
                  "EC",
                  (now - without) / ECHO_PER_DB,
                  remedy);
  }
  return FH_OK;
}

FhStatus
prove_echo(Suspect* const s)
{
  double now = 0.0;
  FhStatus status = echo_of(s, &s->again->now, SIZE_MAX, &now);
  status = status ? status : prove_late(s, now);
  return status ? status : prove_reflection(s, now);
}
