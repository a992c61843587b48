// SPDX-License-Identifier: GPL-3.0-or-later
#include "cause.h"
#include "listener.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Loudspeakers suspected at most
#define MAX_SUSPECTS 4
/// One this far under the strongest would not save a zone [dB]
#define WEAK_DB 10.0
/// A fill is hung this far in front of the zone, and up to this high above the
/// ears [m]
#define FILL_AHEAD_M 3.0f
#define FILL_ABOVE_M 2.5f
/// Sound of a fill comes this much after what is there already [s]
#define FILL_AFTER_S 0.010

/// What the zone's bands hold at a seat, reflections included [Pa^2]
static double
heard_with(const Suspect* const s,
           const size_t i,
           const float direct[FH_N_THIRDS])
{
  float octave[FH_N_OCTAVES];
  fh_thirds_sum(direct, octave);
  double sum = 0.0;
  for (size_t b = s->first_band; b <= s->last_band; ++b) {
    sum += (double)octave[b] + s->reflected[i][b];
  }
  return sum;
}

/// Mean change of the level with another direct field [dB]
static double
change_with(const Suspect* const s, const FhDirectField* const direct)
{
  double sum = 0.0;
  for (size_t i = 0; i < s->n; ++i) {
    const double before = heard_with(s, i, s->run->seat_direct.p2[s->seat[i]]);
    const double after = heard_with(s, i, direct->p2[i]);
    sum += 10.0 * log10((after + 1e-30) / (before + 1e-30));
  }
  return sum / (double)s->n;
}

/// Loudspeakers by what they would bring were nothing in the way
typedef struct {
  size_t n;
  size_t emitter[MAX_SUSPECTS];
  double free_db[MAX_SUSPECTS];
  size_t n_hidden[MAX_SUSPECTS]; ///< Seats that do not see it
} Line;

static FhStatus
line_up(const Suspect* const s, Line* const line)
{
  const FhRun* const run = s->run;
  memset(line, 0, sizeof *line);
  for (size_t e = 0; e < run->n_emitters && e < 64; ++e) {
    const FhEmitter* const emitter = fh_sources_emitter(run->sources, e);
    if (emitter->muted) {
      continue;
    }
    FhDirectField field;
    const FhStatus status =
      suspect_direct(s, run->sources, NULL, (uint64_t)1 << e, false, &field);
    if (status) {
      return status;
    }
    double sum = 0.0;
    size_t hidden = 0;
    for (size_t i = 0; i < s->n; ++i) {
      float octave[FH_N_OCTAVES];
      fh_thirds_sum(field.p2[i], octave);
      for (size_t b = s->first_band; b <= s->last_band; ++b) {
        sum += (double)octave[b];
      }
      hidden += e < 32 && !(run->seat_direct.visible[s->seat[i]] >> e & 1U);
    }
    fh_direct_field_clear(&field);
    const double db = 10.0 * log10(sum + 1e-30);
    size_t at = line->n < MAX_SUSPECTS ? line->n++ : MAX_SUSPECTS;
    if (at == MAX_SUSPECTS) {
      if (db <= line->free_db[MAX_SUSPECTS - 1]) {
        continue;
      }
      at = MAX_SUSPECTS - 1;
    }
    for (; at > 0 && line->free_db[at - 1] < db; --at) {
      line->emitter[at] = line->emitter[at - 1];
      line->free_db[at] = line->free_db[at - 1];
      line->n_hidden[at] = line->n_hidden[at - 1];
    }
    line->emitter[at] = e;
    line->free_db[at] = db;
    line->n_hidden[at] = hidden;
  }
  while (line->n > 1 &&
         line->free_db[line->n - 1] < line->free_db[0] - WEAK_DB) {
    --line->n;
  }
  return FH_OK;
}

/// A fill for the zone in words: where, and when it has to sound
static void
suggest_fill(const Suspect* const s, char out[256])
{
  const FhRun* const run = s->run;
  const FhDeadZone* const z = s->zone;
  float ear[3] = {z->centre[0], z->centre[1], z->centre[2]};
  float at[3];
  const float* const front = run->scene.seats[z->seats[0]].front;
  for (int step = 10; step > 0; --step) {
    const float share = (float)step / 10.0f;
    at[0] = ear[0] + share * FILL_AHEAD_M * front[0];
    at[1] = ear[1] + share * FILL_AHEAD_M * front[1];
    at[2] = ear[2] + fmaxf(share * FILL_ABOVE_M, 1.0f);
    if (fh_visible(run->caster, ear, at)) {
      break;
    }
  }
  double first_s = 0.0;
  double level = 0.0;
  double r2 = 0.0;
  for (size_t i = 0; i < z->n_seats; ++i) {
    first_s += (double)run->seat_direct.delay_s[z->seats[i]][0];
  }
  first_s /= (double)z->n_seats;
  size_t n = 0;
  for (size_t i = 0; i < run->scene.n_seats; ++i) {
    if (run->scene.seats[i].area == z->area) {
      level += pow(10.0, 0.1 * (double)run->seats[i].spl_dba);
      ++n;
    }
  }
  for (size_t k = 0; k < 3; ++k) {
    r2 += (double)(at[k] - ear[k]) * (double)(at[k] - ear[k]);
  }
  const double delay_s =
    first_s + FILL_AFTER_S - sqrt(r2) / fh_air_speed_m_s(&run->scene.air);
  double world[3];
  fh_scene_to_world(&run->scene, at, world);
  (void)snprintf(out,
                 256,
                 "a fill near (%.1f, %.1f, %.1f), delayed by %.0f ms, with "
                 "%.0f dB(A) at these seats",
                 world[0],
                 world[1],
                 world[2],
                 1000.0 * fmax(delay_s, 0.0),
                 10.0 * log10(level / (double)(n ? n : 1)));
}

/// "without BalconySoffit and BalconyFront"
static void
name_obstacles(const FhRun* const run, const Obstacles* const o, char out[112])
{
  int used = snprintf(out, 112, "without");
  size_t n_named = 0;
  for (size_t i = 0; i < o->n && used > 0 && used < 90; ++i) {
    const char* const name = surface_name(run, run->face_material[o->thing[i]]);
    bool told = false;
    for (size_t k = 0; k < i; ++k) {
      told = told ||
             run->face_material[o->thing[k]] == run->face_material[o->thing[i]];
    }
    if (told) {
      continue;
    }
    if (n_named == 3) {
      (void)snprintf(out + used, 112 - (size_t)used, " and more");
      return;
    }
    const int n = snprintf(
      out + used, 112 - (size_t)used, "%s %.24s", n_named ? " and" : "", name);
    used += n;
    ++n_named;
  }
}

static FhStatus
prove_blocked(Suspect* const s, const Line* const line)
{
  const FhRun* const run = s->run;
  Obstacles obstacles = {0};
  for (size_t k = 0; k < line->n; ++k) {
    const FhEmitter* const emitter =
      fh_sources_emitter(run->sources, line->emitter[k]);
    for (size_t i = 0; 2 * line->n_hidden[k] > s->n && i < s->n; ++i) {
      obstacles_count(&run->scene,
                      run->caster,
                      s->things,
                      s->ear[i],
                      emitter->centre,
                      &obstacles);
    }
  }
  if (!obstacles.n) {
    return FH_OK;
  }
  obstacles_sort(&obstacles);
  Cleared cleared;
  FhStatus status = cleared_new(&run->scene, s->things, &obstacles, &cleared);
  if (status) {
    return status;
  }
  FhDirectField field;
  // What stood in the way bends nothing any more
  status =
    suspect_direct(s, run->sources, cleared.caster, UINT64_MAX, false, &field);
  if (!status) {
    const double change = change_with(s, &field);
    char what[112];
    char remedy[256];
    name_obstacles(run, &obstacles, what);
    suggest_fill(s, remedy);
    suspect_prove(s, FH_CAUSE_BLOCKED, what, change, "dB", change, remedy);
    fh_direct_field_clear(&field);
  }
  cleared_clear(&cleared);
  return status;
}

/// The direct sound as it would be over empty air instead of heads
static FhStatus
prove_heads(Suspect* const s)
{
  const FhRun* const run = s->run;
  FhDirectField field;
  const FhStatus status = fh_direct_field(run->sources,
                                          run->caster,
                                          (const float(*)[3])s->ear,
                                          s->n,
                                          UINT64_MAX,
                                          run->desc.diffraction,
                                          1,
                                          &field);
  if (!status) {
    const double change = change_with(s, &field);
    char remedy[256];
    char fill[256];
    suggest_fill(s, fill);
    (void)snprintf(remedy,
                   sizeof remedy,
                   "raise the loudspeakers until they look down on the heads, "
                   "or %.180s",
                   fill);
    suspect_prove(s,
                  FH_CAUSE_BLOCKED,
                  "without the heads in front",
                  change,
                  "dB",
                  change,
                  remedy);
    fh_direct_field_clear(&field);
  }
  return status;
}

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

static FhStatus
prove_off_axis(Suspect* const s, const size_t e)
{
  const FhRun* const run = s->run;
  FhVenue venue;
  if (!turnable(run->venue, &venue)) {
    return FH_ERR_NO_MEM;
  }
  double angles_deg[3];
  aim_at(run, &venue, e, s->zone->centre, angles_deg);
  FhSources* sources = NULL;
  FhStatus status =
    fh_sources_vary(run->sources, &venue, &run->scene, true, &sources, NULL);
  FhDirectField field;
  if (!status) {
    status = suspect_direct(
      s, sources, run->caster, UINT64_MAX, run->desc.diffraction, &field);
  }
  if (!status) {
    const double change = change_with(s, &field);
    const char* const name = fh_sources_emitter(run->sources, e)->name;
    char what[112];
    char remedy[256];
    (void)snprintf(what,
                   sizeof what,
                   "with %s turned to these seats by %.0f degrees",
                   name,
                   angles_deg[2]);
    (void)snprintf(remedy,
                   sizeof remedy,
                   "turn %s by %.0f degrees (yaw %.0f, pitch %.0f), or a fill "
                   "of its own",
                   name,
                   angles_deg[2],
                   angles_deg[0],
                   angles_deg[1]);
    suspect_prove(s, FH_CAUSE_OFF_AXIS, what, change, "dB", change, remedy);
    fh_direct_field_clear(&field);
  }
  fh_sources_free(sources);
  free(venue.loudspeakers);
  free(venue.arrays);
  return status;
}

static double
nearest_m(const FhRun* const run, const float at[3])
{
  double least = HUGE_VAL;
  for (size_t e = 0; e < run->n_emitters; ++e) {
    const FhEmitter* const emitter = fh_sources_emitter(run->sources, e);
    double r2 = 0.0;
    for (size_t k = 0; k < 3; ++k) {
      const double d = (double)emitter->centre[k] - (double)at[k];
      r2 += d * d;
    }
    least = emitter->muted ? least : fmin(least, r2);
  }
  return sqrt(least);
}

/// The direct sound as loud as at the area's mean distance
static void
prove_distance(Suspect* const s)
{
  const FhRun* const run = s->run;
  double sum = 0.0;
  size_t n = 0;
  for (size_t i = 0; i < run->scene.n_seats; ++i) {
    if (run->scene.seats[i].area == s->zone->area) {
      sum += nearest_m(run, run->scene.seats[i].at);
      ++n;
    }
  }
  const double mean_m = sum / (double)(n ? n : 1);
  const double own_m = nearest_m(run, s->zone->centre);
  if (!(own_m > mean_m)) {
    return;
  }
  const double nearer = own_m / mean_m;
  double change = 0.0;
  for (size_t i = 0; i < s->n; ++i) {
    float direct[FH_N_THIRDS];
    for (size_t b = 0; b < FH_N_THIRDS; ++b) {
      direct[b] = run->seat_direct.p2[s->seat[i]][b] * (float)(nearer * nearer);
    }
    change +=
      10.0 *
      log10(heard_with(s, i, direct) /
            (heard_with(s, i, run->seat_direct.p2[s->seat[i]]) + 1e-30)) /
      (double)s->n;
  }
  char what[112];
  char remedy[256];
  (void)snprintf(what,
                 sizeof what,
                 "at the area's mean distance of %.0f m instead of %.0f m",
                 mean_m,
                 own_m);
  suggest_fill(s, remedy);
  suspect_prove(s, FH_CAUSE_DISTANCE, what, change, "dB", change, remedy);
}

FhStatus
prove_level(Suspect* const s)
{
  Line line;
  FhStatus status = line_up(s, &line);
  status = status ? status : prove_blocked(s, &line);
  status = status ? status : prove_heads(s);
  for (size_t k = 0; k < line.n && !status; ++k) {
    // One out of sight is no better for being turned
    if (2 * line.n_hidden[k] <= s->n) {
      status = prove_off_axis(s, line.emitter[k]);
    }
  }
  if (!status) {
    prove_distance(s);
  }
  return status;
}
