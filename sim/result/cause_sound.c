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
  float (*bins)[FH_N_OCTAVES]; ///< Owned
} Heard;

/// What a seat hears, of the emitters in a mask
static FhStatus
hear(const Suspect* const s,
     const size_t seat,
     const size_t without,
     Heard* const h)
{
  const FhRun* const run = s->run;
  const size_t n = run->trace.n_seat_bins;
  h->bins = (float(*)[FH_N_OCTAVES])calloc(n + 1, sizeof *h->bins);
  if (!h->bins) {
    return FH_ERR_NO_MEM;
  }
  const float impedance = (float)(fh_air_speed_m_s(&run->scene.air) *
                                  fh_air_density_kg_m3(&run->scene.air));
  for (size_t i = 0; i < n; ++i) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      h->bins[i][b] = impedance * run->trace.seat_bins[seat * n + i][b];
    }
  }
  direct_events(
    &run->seat_direct, run->seat_direct_by, run->n_emitters, seat, &h->events);
  if (without < run->n_emitters) {
    const double at_s = (double)run->seat_direct_by[without].delay_s[seat][0];
    size_t kept = 0;
    for (size_t i = 0; i < h->events.n; ++i) {
      if (fabs(h->events.time_s[i] - at_s) > 1e-6) {
        h->events.time_s[kept] = h->events.time_s[i];
        memcpy(h->events.p2[kept], h->events.p2[i], sizeof h->events.p2[kept]);
        ++kept;
      }
    }
    h->events.n = kept;
  }
  h->echogram =
    (FhEchogram){.n_events = h->events.n,
                 .event_s = h->events.time_s,
                 .event = (const float(*)[FH_N_OCTAVES])h->events.p2,
                 .n_bins = n,
                 .edge_s = run->trace.seat_bin_edge_s,
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
  const FhStatus status = hear(s, seat, SIZE_MAX, &h);
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

static FhStatus
echo_without(const Suspect* const s, const size_t without, double* const echo)
{
  *echo = 0.0;
  for (size_t i = 0; i < s->n; ++i) {
    Heard h;
    const FhStatus status = hear(s, s->seat[i], without, &h);
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

FhStatus
prove_echo(Suspect* const s)
{
  const FhRun* const run = s->run;
  double now = 0.0;
  FhStatus status = echo_without(s, SIZE_MAX, &now);
  for (size_t e = 0; e < run->n_emitters && !status; ++e) {
    const FhEmitter* const emitter = fh_sources_emitter(run->sources, e);
    double without = 0.0;
    status = emitter->muted ? FH_OK : echo_without(s, e, &without);
    if (status || emitter->muted) {
      continue;
    }
    const double late_ms =
      1000.0 * ((double)run->seat_direct_by[e].delay_s[s->seat[0]][0] -
                (double)run->seat_direct.delay_s[s->seat[0]][0]);
    char what[112];
    char remedy[256];
    (void)snprintf(what,
                   sizeof what,
                   "without the direct sound of %.60s, echo criterion",
                   emitter->name);
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
                  late_ms > 0.0 ? (now - without) / ECHO_PER_DB : 0.0,
                  remedy);
  }
  return status;
}
