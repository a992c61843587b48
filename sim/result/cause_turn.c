// SPDX-License-Identifier: GPL-3.0-or-later
#include "cause.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// A loudspeaker that turns farther than that no longer serves its own seats
#define MOST_TURN_DEG 30.0

/// Turn an emitter of a venue towards a point; its new angles
static void
aim_at(const FhRun* const run,
       FhVenue* const venue,
       const size_t e,
       const float to[3],
       double angles_deg[3])
{
  const FhEmitter* const emitter = fh_sources_emitter(run->sources, e);
  FhElement box;
  fh_sources_element(run->sources, e, emitter->n_elements / 2, &box);
  double d[3];
  double r = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    d[k] = (double)to[k] - (double)box.at[k];
    r += d[k] * d[k];
  }
  r = sqrt(fmax(r, 1e-6));
  const double yaw = atan2(-d[0], d[1]);
  const double pitch = asin(fmin(fmax(d[2] / r, -1.0), 1.0));
  const double old_yaw = atan2(-(double)box.forward[0], (double)box.forward[1]);
  const double old_pitch = asin(fmin(fmax((double)box.forward[2], -1.0), 1.0));
  double cosine = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    cosine += (double)box.forward[k] * d[k] / r;
  }
  const double deg = 180.0 / FH_PI;
  double* const own_yaw = e < venue->n_loudspeakers
                            ? &venue->loudspeakers[e].yaw_deg
                            : &venue->arrays[e - venue->n_loudspeakers].yaw_deg;
  double* const own_pitch =
    e < venue->n_loudspeakers
      ? &venue->loudspeakers[e].pitch_deg
      : &venue->arrays[e - venue->n_loudspeakers].pitch_deg;
  *own_yaw = remainder(*own_yaw + deg * (yaw - old_yaw), 360.0);
  *own_pitch = fmin(fmax(*own_pitch + deg * (pitch - old_pitch), -90.0), 90.0);
  angles_deg[0] = *own_yaw;
  angles_deg[1] = *own_pitch;
  angles_deg[2] = deg * acos(fmin(fmax(cosine, -1.0), 1.0));
}

/// A venue whose loudspeakers may be turned, sharing all else
static bool
turnable(const FhVenue* const venue, FhVenue* const out)
{
  *out = *venue;
  out->loudspeakers =
    (FhLoudspeaker*)calloc(venue->n_loudspeakers + 1, sizeof(FhLoudspeaker));
  out->arrays = (FhArray*)calloc(venue->n_arrays + 1, sizeof(FhArray));
  if (!out->loudspeakers || !out->arrays) {
    free(out->loudspeakers);
    free(out->arrays);
    return false;
  }
  for (size_t i = 0; i < venue->n_loudspeakers; ++i) {
    out->loudspeakers[i] = venue->loudspeakers[i];
  }
  for (size_t i = 0; i < venue->n_arrays; ++i) {
    out->arrays[i] = venue->arrays[i];
  }
  return true;
}

/// An emitter turned to the zone
typedef struct {
  FhSources* sources;   ///< Owned
  FhDirectField direct; ///< Owned
  double angles_deg[3]; ///< New yaw and pitch, and by how much it turns
  double promise_db;
} Turned;

static void
turned_clear(Turned* const turned)
{
  fh_direct_field_clear(&turned->direct);
  fh_sources_free(turned->sources);
  memset(turned, 0, sizeof *turned);
}

static FhStatus
turned_new(const Suspect* const s, const size_t e, Turned* const out)
{
  const FhRun* const run = s->run;
  memset(out, 0, sizeof *out);
  FhVenue venue;
  if (!turnable(run->venue, &venue)) {
    return FH_ERR_NO_MEM;
  }
  aim_at(run, &venue, e, s->zone->centre, out->angles_deg);
  FhStatus status = fh_sources_vary(
    run->sources, &venue, &run->scene, true, &out->sources, NULL);
  if (!status) {
    status = suspect_direct(s,
                            out->sources,
                            run->caster,
                            UINT64_MAX,
                            run->desc.diffraction,
                            &out->direct);
  }
  free(venue.loudspeakers);
  free(venue.arrays);
  if (status) {
    turned_clear(out);
    return status;
  }
  out->promise_db = suspect_promise(s, &out->direct);
  return FH_OK;
}

FhStatus
prove_off_axis(Suspect* const s, const Line* const line)
{
  const FhRun* const run = s->run;
  Turned best = {.promise_db = LEAST_PROMISE_DB};
  size_t emitter = SIZE_MAX;
  FhStatus status = FH_OK;
  for (size_t k = 0; k < line->n && !status; ++k) {
    // One out of sight is no better for being turned
    if (2 * line->n_hidden[k] > s->n) {
      continue;
    }
    Turned turned;
    status = turned_new(s, line->emitter[k], &turned);
    if (!status && turned.promise_db > best.promise_db) {
      turned_clear(&best);
      best = turned;
      emitter = line->emitter[k];
    } else if (!status) {
      turned_clear(&turned);
    }
  }
  if (!status && emitter != SIZE_MAX) {
    const char* const name = fh_sources_emitter(run->sources, emitter)->name;
    FhCounterfactual proof = {.blames = FH_CAUSE_OFF_AXIS};
    char remedy[256];
    (void)snprintf(proof.what,
                   sizeof proof.what,
                   "with %s turned to these seats by %.0f degrees",
                   name,
                   best.angles_deg[2]);
    char fill[256];
    suggest_fill(s, fill);
    if (best.angles_deg[2] <= MOST_TURN_DEG) {
      (void)snprintf(remedy,
                     sizeof remedy,
                     "turn %.40s by %.0f degrees (yaw %.0f, pitch %.0f), or "
                     "%.150s",
                     name,
                     best.angles_deg[2],
                     best.angles_deg[0],
                     best.angles_deg[1],
                     fill);
    } else {
      (void)snprintf(remedy,
                     sizeof remedy,
                     "%.150s; turning %.40s that far takes it from others",
                     fill,
                     name);
    }
    RetraceDesc desc = retrace_desc(run, s->seat, s->n);
    desc.sources = best.sources;
    desc.emitter = emitter;
    status = suspect_prove_level(s, &best.direct, &desc, proof, remedy);
  }
  turned_clear(&best);
  return status;
}
