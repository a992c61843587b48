// SPDX-License-Identifier: GPL-3.0-or-later
#include "cause.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/// A change of level that mends a quiet zone by itself [dB]
#define LEVEL_MENDS_DB 3.0

/// What counts as much as a decibel: STI (a just noticeable difference is
/// 0.03), echo criterion
#define STI_PER_DB  0.02
#define ECHO_PER_DB 0.1

/// A change in units that compare, about decibels
static double
worth_of(const FhCounterfactual* const p)
{
  switch (p->quantity) {
  case FH_PROOF_LEVEL:
  case FH_PROOF_EARLY:
    return p->change;
  case FH_PROOF_STI:
    return p->change / STI_PER_DB;
  case FH_PROOF_ECHO:
    return -p->change / ECHO_PER_DB;
  }
  return 0.0;
}

void
suspect_prove(Suspect* const s,
              FhCounterfactual proof,
              const char* const remedy)
{
  // Less than this is no proof: half a decibel, or as much in its own unit
  static const double least = 0.5;
  FhDeadZone* const z = s->zone;
  proof.change = proof.after - proof.before;
  proof.worth = fmin(worth_of(&proof), s->most);
  if (!(proof.worth > least) ||
      !(fabs(proof.change) > PROOF_ERRORS * proof.change_se)) {
    return;
  }
  if (proof.worth > s->best) {
    s->best = proof.worth;
    z->cause = proof.blames;
    (void)snprintf(s->remedy, sizeof s->remedy, "%s", remedy);
  }
  size_t at = z->n_proofs;
  while (at > 0 && z->proof[at - 1].worth < proof.worth) {
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
    memcpy(s->direct.p2[i], run->seat_direct.p2[seat], sizeof s->direct.p2[i]);
    for (size_t k = 0; k < run->trace.n_seat_bins; ++k) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        s->reflected.p2[i][b] +=
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
  z->proved = true;
  if (z->n_proofs) {
    char words[256];
    fh_proof_words(&z->proof[0], words);
    (void)snprintf(z->because,
                   sizeof z->because,
                   "%s: %s",
                   fh_dead_cause_word(z->proof[0].blames),
                   words);
  } else {
    (void)snprintf(z->because,
                   sizeof z->because,
                   "%s; no single thing that was taken away changes much",
                   fh_dead_cause_word(z->cause));
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

static bool
go_on(const FhProgressFn progress, void* const user, const double done)
{
  return !progress || progress(user, "Causes of dead zones", done);
}

/// Zones without a proof say so
static void
tell_unproved(FhRun* const run)
{
  for (size_t i = 0; i < run->zones.n; ++i) {
    FhDeadZone* const z = &run->zones.zone[i];
    if (!z->proved) {
      (void)snprintf(z->because,
                     sizeof z->because,
                     "%s (by its looks, not proved)",
                     fh_dead_cause_word(z->cause));
    }
  }
}

FhStatus
prove_causes(FhRun* const run, const FhProgressFn progress, void* const user)
{
  const size_t n = run->zones.n < MAX_PROVED ? run->zones.n : MAX_PROVED;
  if (!n || !run->desc.proofs || !go_on(progress, user, 0.0)) {
    tell_unproved(run);
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
  for (size_t z = 0; z < n && !status; ++z) {
    if (!go_on(progress, user, 0.5 + 0.5 * (double)z / (double)n)) {
      break;
    }
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
  tell_unproved(run);
  things_clear(&things);
  retraced_clear(&again);
  return status;
}
