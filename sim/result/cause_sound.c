// SPDX-License-Identifier: GPL-3.0-or-later
#include "cause.h"
#include "listener.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Sound later than this after the direct sound harms speech [s]
#define LATE_S 0.08
/// One seat's echogram, with room for its arrays
typedef struct {
  FhEchogram echogram;
  DirectEvents events;
  float (*bins)[FH_N_OCTAVES]; ///< [trace->n_seat_bins]; owned
} Heard;

/// What a seat hears, from bins that are there already, without an emitter
static void
hear(const Suspect* const s,
     const FhTraceResult* const trace,
     const size_t seat,
     const size_t without,
     Heard* const h)
{
  const FhRun* const run = s->run;
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
}

/// Which of a seat's sound stays: what is late, and the venue's noise
typedef struct {
  bool late, noise;
  bool louder; ///< Late sound by its standard error too loud
} Stays;

/// The A-weighted level of the house, as speech is at
static double
speech_offset_db(const FhRun* const run)
{
  double weight = 0.0;
  double sum = 0.0;
  for (size_t i = 0; i < run->scene.n_seats; ++i) {
    const double m2 = (double)run->scene.seats[i].area_m2;
    sum += m2 * pow(10.0, 0.1 * (double)run->seats[i].spl_dba);
    weight += m2;
  }
  return fh_speech_offset_db(10.0 * log10(sum / weight));
}

/// STI of a seat with only some of its sound
static FhStatus
speech(const Suspect* const s,
       const size_t seat,
       const Stays stays,
       const double offset_db,
       double* const sti)
{
  const FhRun* const run = s->run;
  const FhTraceResult* const t = &run->trace;
  const float impedance = (float)(fh_air_speed_m_s(&run->scene.air) *
                                  fh_air_density_kg_m3(&run->scene.air));
  Heard h = {
    .bins = (float(*)[FH_N_OCTAVES])calloc(t->n_seat_bins + 1, sizeof *h.bins)};
  if (!h.bins) {
    return FH_ERR_NO_MEM;
  }
  hear(s, t, seat, SIZE_MAX, &h);
  double octave_db[FH_N_OCTAVES];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    octave_db[b] = (double)run->seats[seat].spl_octave_db[b];
    const double se_db = t->seat_se_db ? (double)t->seat_se_db[seat][b] : 0.0;
    const float louder = (float)pow(10.0, isfinite(se_db) ? 0.1 * se_db : 0.0);
    for (size_t i = 0; i < t->n_seat_bins; ++i) {
      const bool late = t->seat_bin_edge_s[i] > h.events.onset_s + LATE_S;
      const float share =
        !late ? 1.0f : (stays.late ? (stays.louder ? louder : 1.0f) : 0.0f);
      h.bins[i][b] =
        share * impedance * t->seat_bins[seat * t->n_seat_bins + i][b];
    }
  }
  static const float silence_db[FH_N_OCTAVES] = {
    -60.0f, -60.0f, -60.0f, -60.0f, -60.0f, -60.0f, -60.0f, -60.0f};
  *sti = speech_index(&h.echogram,
                      octave_db,
                      offset_db,
                      stays.noise ? run->venue->noise_db : silence_db);
  free(h.bins);
  return FH_OK;
}

/// Mean STI of the zone with only some of its sound
static FhStatus
mean_speech(const Suspect* const s,
            const Stays stays,
            const double offset_db,
            double* const mean)
{
  *mean = 0.0;
  for (size_t i = 0; i < s->n; ++i) {
    double one = 0.0;
    const FhStatus status = speech(s, s->seat[i], stays, offset_db, &one);
    if (status) {
      return status;
    }
    *mean += one / (double)s->n;
  }
  return FH_OK;
}

FhStatus
prove_speech(Suspect* const s)
{
  const double offset_db = speech_offset_db(s->run);
  double now = 0.0;
  double louder = 0.0;
  double dry = 0.0;
  double quiet = 0.0;
  double quiet_louder = 0.0;
  const struct {
    Stays stays;
    double* to;
  } table[] = {{{.late = true, .noise = true}, &now},
               {{.late = true, .noise = true, .louder = true}, &louder},
               {{.noise = true}, &dry},
               {{.late = true}, &quiet},
               {{.late = true, .louder = true}, &quiet_louder}};
  for (size_t i = 0; i < sizeof table / sizeof *table; ++i) {
    const FhStatus status =
      mean_speech(s, table[i].stays, offset_db, table[i].to);
    if (status) {
      return status;
    }
  }
  // As if all seats of the zone erred together, which is more than they do
  suspect_prove(s,
                (FhCounterfactual){.what = "without sound later than 80 ms",
                                   .quantity = FH_PROOF_STI,
                                   .before = now,
                                   .after = dry,
                                   .change_se = fabs(louder - now),
                                   .traced = true,
                                   .blames = FH_CAUSE_REVERBERATION},
                "more direct sound: a fill close to these seats, or "
                "loudspeakers aimed off the walls; else absorption");
  suspect_prove(s,
                (FhCounterfactual){
                  .what = "without the background noise",
                  .quantity = FH_PROOF_STI,
                  .before = now,
                  .after = quiet,
                  .change_se = fabs((quiet_louder - louder) - (quiet - now)),
                  .traced = true,
                  .blames = FH_CAUSE_NOISE},
                "play louder here, or find what makes the noise");
  return FH_OK;
}

/// Mean echo criterion of the zone by a trace of its seats, without an emitter
/// and without a batch
static FhStatus
mean_echo(const Suspect* const s,
          const Retrace* const retrace,
          const size_t emitter,
          const size_t batch,
          double* const echo)
{
  const FhTraceResult* const t = &retrace->batch[0];
  Heard h = {
    .bins = (float(*)[FH_N_OCTAVES])calloc(t->n_seat_bins + 1, sizeof *h.bins)};
  if (!h.bins) {
    return FH_ERR_NO_MEM;
  }
  *echo = 0.0;
  for (size_t i = 0; i < s->n; ++i) {
    retrace_bins(s->run, retrace, s->first_row + i, emitter, batch, h.bins);
    hear(s, t, s->seat[i], emitter, &h);
    FhSeatMetrics m;
    memset(&m, 0, sizeof m);
    if (h.events.n) {
      seat_set_echo(&h.echogram, &m);
    }
    *echo += (double)m.echo / (double)s->n;
  }
  free(h.bins);
  return FH_OK;
}

/// Echo criteria of a zone: without each batch in turn, then with all
typedef struct {
  double at[RETRACE_BATCHES + 1];
} Echo;

static FhStatus
echo_of(const Suspect* const s,
        const Retrace* const retrace,
        const size_t emitter,
        Echo* const out)
{
  FhStatus status = FH_OK;
  for (size_t k = 0; k <= RETRACE_BATCHES && !status; ++k) {
    status = mean_echo(s, retrace, emitter, k, &out->at[k]);
  }
  return status;
}

/// Keep what an echo comes from, if it does
static void
prove_one(Suspect* const s,
          const Echo* const now,
          const Echo* const without,
          const char what[112],
          const char* const remedy)
{
  FhCounterfactual proof = {.quantity = FH_PROOF_ECHO,
                            .before = now->at[RETRACE_BATCHES],
                            .after = without->at[RETRACE_BATCHES],
                            .traced = true,
                            .blames = FH_CAUSE_ECHO};
  double change[RETRACE_BATCHES];
  for (size_t k = 0; k < RETRACE_BATCHES; ++k) {
    change[k] = without->at[k] - now->at[k];
  }
  proof.change_se = retrace_error(change);
  (void)snprintf(proof.what, sizeof proof.what, "%s", what);
  suspect_prove(s, proof, remedy);
}

/// Loudspeakers that come after the others
static FhStatus
prove_late(Suspect* const s, const Echo* const now)
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
    Echo without;
    const FhStatus status = echo_of(s, &s->again->now, e, &without);
    if (status) {
      return status;
    }
    char what[112];
    char remedy[256];
    (void)snprintf(what, sizeof what, "without %.60s", emitter->name);
    (void)snprintf(remedy,
                   sizeof remedy,
                   "%s arrives %.0f ms after the first sound: delay the "
                   "others, lower it or turn it away",
                   emitter->name,
                   late_ms);
    prove_one(s, now, &without, what, remedy);
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

/// The surface without which the first batch hears least echo
static FhStatus
choose_surface(const Suspect* const s, size_t* const best)
{
  const Retraced* const r = s->again;
  double least = HUGE_VAL;
  *best = SIZE_MAX;
  for (size_t k = 0; k < r->n_surfaces; ++k) {
    // Others may have all batches by now: look at the one that all have
    const Retrace first = {.batch = {r->without[k].batch[0]}};
    double echo = 0.0;
    const FhStatus status =
      mean_echo(s, &first, SIZE_MAX, RETRACE_BATCHES, &echo);
    if (status) {
      return status;
    }
    if (echo < least) {
      least = echo;
      *best = k;
    }
  }
  return FH_OK;
}

/// The surface that sends most sound back late
static FhStatus
prove_reflection(Suspect* const s, const Echo* const now)
{
  size_t k = SIZE_MAX;
  FhStatus status = choose_surface(s, &k);
  if (status || k == SIZE_MAX) {
    return status;
  }
  Echo without;
  status = retraced_complete(s->again, k);
  if (!status) {
    status = echo_of(s, &s->again->without[k], SIZE_MAX, &without);
  }
  if (status) {
    return status;
  }
  const char* const name = surface_name(s->run, s->again->material[k]);
  char what[112];
  char remedy[256];
  (void)snprintf(what, sizeof what, "without sound off %.50s", name);
  (void)snprintf(remedy,
                 sizeof remedy,
                 "make %.50s absorb, scatter or lean, or keep loudspeakers "
                 "off it: its sound comes about %.0f ms after the first",
                 name,
                 echo_ms(s));
  prove_one(s, now, &without, what, remedy);
  return FH_OK;
}

FhStatus
prove_echo(Suspect* const s)
{
  Echo now;
  FhStatus status = echo_of(s, &s->again->now, SIZE_MAX, &now);
  status = status ? status : prove_late(s, &now);
  return status ? status : prove_reflection(s, &now);
}
