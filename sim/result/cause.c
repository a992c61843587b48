// SPDX-License-Identifier: GPL-3.0-or-later
#include "cause.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/// A change of level that mends a quiet zone by itself [dB]
#define LEVEL_MENDS_DB 3.0

void
suspect_prove(Suspect* const s,
              const FhDeadCause blames,
              const char* const what,
              const double change,
              const char* const unit,
              const double units,
              const char* const remedy)
{
  // Less than this is no proof: half a decibel, or as much in its own unit
  static const double least = 0.5;
  FhDeadZone* const z = s->zone;
  const double worth = fmin(units, s->most);
  if (!(worth > least)) {
    return;
  }
  if (worth > s->best) {
    s->best = worth;
    z->cause = blames;
    (void)snprintf(s->remedy, sizeof s->remedy, "%s", remedy);
  }
  FhCounterfactual proof = {.change = change, .blames = blames, .worth = worth};
  (void)snprintf(proof.what, sizeof proof.what, "%s", what);
  (void)snprintf(proof.unit, sizeof proof.unit, "%s", unit);
  size_t at = z->n_proofs;
  while (at > 0 && z->proof[at - 1].worth < worth) {
    --at;
  }
  if (at == FH_ZONE_PROOFS) {
    return;
  }
  z->n_proofs += z->n_proofs < FH_ZONE_PROOFS;
  for (size_t i = z->n_proofs - 1; i > at; --i) {
    z->proof[i] = z->proof[i - 1];
  }
  z->proof[at] = proof;
}

const char*
surface_name(const FhRun* const run, const uint32_t material)
{
  const FhMesh* const mesh = &run->venue->mesh;
  return material < mesh->n_materials ? mesh->material_name[material]
                                      : run->scene.materials[material].name;
}

FhStatus
suspect_direct(const Suspect* const s,
               const FhSources* const sources,
               const FhRaycaster* const caster,
               const uint64_t emitters,
               const bool bends,
               FhDirectField* const out)
{
  const float(*const ears)[3] = (const float(*)[3])s->ear;
  const FhStatus status =
    fh_direct_field(sources, caster, ears, s->n, emitters, bends, 1, out);
  if (!status && caster) {
    fh_direct_field_graze(sources, &s->run->scene, caster, ears, emitters, out);
  }
  return status;
}

static size_t
sample_count(const FhDeadZone* const zone)
{
  return zone->n_seats < ZONE_SAMPLES ? zone->n_seats : ZONE_SAMPLES;
}

static uint32_t
sample_seat(const FhDeadZone* const zone, const size_t i)
{
  return zone->seats[(2 * i + 1) * zone->n_seats / (2 * sample_count(zone))];
}

/// Whether a zone's causes need its reflections traced again
static bool
needs_again(const FhDeadZone* const zone)
{
  return zone->reasons & (FH_DEAD_ECHO | FH_DEAD_CANCELLED);
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
  s->most = HUGE_VAL;
  s->n = sample_count(zone);
  const double impedance =
    fh_air_speed_m_s(&run->scene.air) * fh_air_density_kg_m3(&run->scene.air);
  for (size_t i = 0; i < s->n; ++i) {
    const uint32_t seat = sample_seat(zone, i);
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
  // A quiet zone is unclear, and hears echoes, because it is quiet: what mends
  // its level comes first
  if (reasons & FH_DEAD_QUIET && s->best >= LEVEL_MENDS_DB) {
    s->most = s->best;
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
  if (z->n_proofs) {
    const FhCounterfactual* const p = &z->proof[0];
    (void)snprintf(z->because,
                   sizeof z->because,
                   strcmp(p->unit, "dB") ? "%s: %s %+.2f %s"
                                         : "%s: %s %+.1f %s",
                   fh_dead_cause_word(p->blames),
                   p->what,
                   p->change,
                   p->unit);
  }
  (void)snprintf(z->remedy, sizeof z->remedy, "%s", s->remedy);
}

/// Trace the reflections of the zones that need it again
static FhStatus
trace_again(const FhRun* const run,
            uint32_t seat[MAX_PROVED * ZONE_SAMPLES],
            Retraced* const out)
{
  // The greatest step of an echo ends soon after its arrival; early sound that
  // fills notches ends before
  static const double after_s = 0.1;
  size_t n = 0;
  bool echoes = false;
  double until_s = 0.0;
  for (size_t z = 0; z < run->zones.n && z < MAX_PROVED; ++z) {
    const FhDeadZone* const zone = &run->zones.zone[z];
    for (size_t i = 0; needs_again(zone) && i < sample_count(zone); ++i) {
      seat[n] = sample_seat(zone, i);
      const FhSeatMetrics* const m = &run->seats[seat[n]];
      const double echo_s =
        isfinite(m->echo_ms) ? 1e-3 * (double)m->echo_ms : 0.0;
      until_s =
        fmax(until_s,
             (double)run->seat_direct.delay_s[seat[n]][0] + echo_s + after_s);
      echoes = echoes || zone->reasons & FH_DEAD_ECHO;
      ++n;
    }
  }
  memset(out, 0, sizeof *out);
  return n ? retraced_new(run, seat, n, echoes, until_s, out) : FH_OK;
}

FhStatus
prove_causes(FhRun* const run)
{
  if (!run->zones.n) {
    return FH_OK;
  }
  uint32_t seat[MAX_PROVED * ZONE_SAMPLES];
  Things things;
  Retraced again;
  FhStatus status = trace_again(run, seat, &again);
  if (status) {
    return status;
  }
  status = things_new(&run->scene, run->face_material, &things);
  size_t row = 0;
  for (size_t z = 0; z < run->zones.n && z < MAX_PROVED && !status; ++z) {
    Suspect s;
    look_at(run, &run->zones.zone[z], &things, &s);
    s.again = &again;
    s.first_row = row;
    row += needs_again(s.zone) ? s.n : 0;
    status = prove_zone(&s);
    if (!status) {
      conclude(&s);
    }
  }
  things_clear(&things);
  retraced_clear(&again);
  return status;
}
