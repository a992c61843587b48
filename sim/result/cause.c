// SPDX-License-Identifier: GPL-3.0-or-later
#include "cause.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void
suspect_prove(Suspect* const s,
              const FhDeadCause blames,
              const char* const what,
              const double change,
              const char* const unit,
              const double worth,
              const char* const remedy)
{
  // Less than this is no proof: half a decibel, or as much in its own unit
  static const double least = 0.5;
  FhDeadZone* const z = s->zone;
  if (!(worth > least)) {
    return;
  }
  if (worth > s->best) {
    s->best = worth;
    z->cause = blames;
    (void)snprintf(s->remedy, sizeof s->remedy, "%s", remedy);
  }
  FhCounterfactual proof = {.change = change, .blames = blames};
  (void)snprintf(proof.what, sizeof proof.what, "%s", what);
  (void)snprintf(proof.unit, sizeof proof.unit, "%s", unit);
  // Those of one unit by size; the first of all is what the cause says
  size_t at = z->n_proofs < FH_ZONE_PROOFS ? z->n_proofs++ : FH_ZONE_PROOFS - 1;
  z->proof[at] = proof;
  for (; at > 0 && !strcmp(z->proof[at - 1].unit, unit) &&
         fabs(z->proof[at].change) > fabs(z->proof[at - 1].change);
       --at) {
    const FhCounterfactual other = z->proof[at - 1];
    z->proof[at - 1] = z->proof[at];
    z->proof[at] = other;
  }
}

static void
look_at(FhRun* const run,
        FhDeadZone* const zone,
        const Things* const things,
        Suspect* const s)
{
  memset(s, 0, sizeof *s);
  s->run = run;
  s->zone = zone;
  s->things = things;
  s->n = zone->n_seats < ZONE_SAMPLES ? zone->n_seats : ZONE_SAMPLES;
  const double impedance =
    fh_air_speed_m_s(&run->scene.air) * fh_air_density_kg_m3(&run->scene.air);
  for (size_t i = 0; i < s->n; ++i) {
    const uint32_t seat = zone->seats[(2 * i + 1) * zone->n_seats / (2 * s->n)];
    s->seat[i] = seat;
    memcpy(s->ear[i], run->scene.seats[seat].at, sizeof s->ear[i]);
    for (size_t k = 0; k < run->trace.n_seat_bins; ++k) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        s->reflected[i][b] +=
          impedance *
          (double)run->trace.seat_bins[seat * run->trace.n_seat_bins + k][b];
      }
    }
  }
  // Quiet: 250 Hz to 4 kHz; muffled alone: 2 to 8 kHz
  const bool quiet = zone->reasons & FH_DEAD_QUIET;
  s->first_band = quiet ? 2 : 5;
  s->last_band = quiet ? 6 : 7;
}

static FhStatus
prove_zone(Suspect* const s)
{
  const unsigned reasons = s->zone->reasons;
  FhStatus status = FH_OK;
  if (reasons & (FH_DEAD_QUIET | FH_DEAD_MUFFLED)) {
    status = prove_level(s);
  }
  if (!status && reasons & FH_DEAD_CANCELLED) {
    status = prove_interference(s);
  }
  if (!status && reasons & FH_DEAD_UNCLEAR) {
    status = prove_speech(s);
  }
  if (!status && reasons & FH_DEAD_ECHO) {
    status = prove_echo(s);
  }
  return status;
}

/// The cause in words, with the proof that speaks for it
static void
conclude(const Suspect* const s)
{
  FhDeadZone* const z = s->zone;
  for (size_t i = 0; i < z->n_proofs; ++i) {
    const FhCounterfactual* const p = &z->proof[i];
    if (p->blames == z->cause) {
      const bool sti = !strcmp(p->unit, "STI");
      (void)snprintf(z->because,
                     sizeof z->because,
                     sti ? "%s: %s %+.2f %s" : "%s: %s %+.1f %s",
                     fh_dead_cause_word(z->cause),
                     p->what,
                     p->change,
                     p->unit);
      break;
    }
  }
  (void)snprintf(z->remedy, sizeof z->remedy, "%s", s->remedy);
}

FhStatus
prove_causes(FhRun* const run)
{
  if (!run->zones.n) {
    return FH_OK;
  }
  Things things;
  FhStatus status = things_new(&run->scene, run->face_material, &things);
  for (size_t z = 0; z < run->zones.n && z < MAX_PROVED && !status; ++z) {
    Suspect s;
    look_at(run, &run->zones.zone[z], &things, &s);
    status = prove_zone(&s);
    if (!status) {
      conclude(&s);
    }
  }
  things_clear(&things);
  return status;
}
