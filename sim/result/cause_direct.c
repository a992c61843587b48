// SPDX-License-Identifier: GPL-3.0-or-later
#include "cause.h"
#include "listener.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// One this far under the strongest would not save a zone [dB]
#define WEAK_DB 10.0
/// A fill is hung this far in front of the zone, and up to this high above the
/// ears [m]
#define FILL_AHEAD_M 3.0f
#define FILL_ABOVE_M 2.5f
/// Sound of a fill comes this much after what is there already [s]
#define FILL_AFTER_S 0.010

/// Mean level of the zone's bands [dB]
static double
level_with(const Suspect* const s,
           const ZoneDirect* const direct,
           const ZoneReflected* const reflected)
{
  double mean = 0.0;
  for (size_t i = 0; i < s->n; ++i) {
    float octave[FH_N_OCTAVES];
    fh_thirds_sum(direct->p2[i], octave);
    double sum = 0.0;
    for (size_t b = s->first_band; b <= s->last_band; ++b) {
      sum += (double)octave[b] + reflected->p2[i][b];
    }
    mean += level_db(sum + 1e-30) / (double)s->n;
  }
  return mean;
}

/// A direct field of the zone's seats
static ZoneDirect
direct_of(const Suspect* const s, const FhDirectField* const field)
{
  ZoneDirect direct;
  memset(&direct, 0, sizeof direct);
  memcpy(direct.p2, field->p2, s->n * sizeof direct.p2[0]);
  return direct;
}

/// Keep what another direct sound would do, reflections as they are
static void
prove_direct(Suspect* const s,
             const ZoneDirect* const direct,
             FhCounterfactual proof,
             const char* const remedy)
{
  proof.quantity = FH_PROOF_LEVEL;
  proof.before = level_with(s, &s->direct, &s->reflected);
  proof.after = level_with(s, direct, &s->reflected);
  suspect_prove(s, proof, remedy);
}

double
suspect_promise(const Suspect* const s, const FhDirectField* const field)
{
  const ZoneDirect direct = direct_of(s, field);
  return level_with(s, &direct, &s->reflected) -
         level_with(s, &s->direct, &s->reflected);
}

/// Sum the reflected sound of a trace, without one of its batches
static FhStatus
sum_reflected(const Suspect* const s,
              const Retrace* const retrace,
              const size_t batch,
              ZoneReflected* const out)
{
  const size_t n = retrace->batch[0].n_seat_bins;
  float(*const bins)[FH_N_OCTAVES] =
    (float(*)[FH_N_OCTAVES])calloc(n + 1, sizeof *bins);
  if (!bins) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < s->n; ++i) {
    retrace_bins(s->run, retrace, i, SIZE_MAX, batch, bins);
    memset(out->p2[i], 0, sizeof out->p2[i]);
    for (size_t k = 0; k < n; ++k) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        out->p2[i][b] += (double)bins[k][b];
      }
    }
  }
  free(bins);
  return FH_OK;
}

FhStatus
suspect_prove_level(Suspect* const s,
                    const FhDirectField* const field,
                    const RetraceDesc* const changed,
                    FhCounterfactual proof,
                    const char* const remedy)
{
  const ZoneDirect direct = direct_of(s, field);
  RetraceDesc as_it_is = retrace_desc(s->run, s->seat, s->n);
  as_it_is.emitter = changed->emitter;
  Retrace now;
  Retrace then;
  memset(&now, 0, sizeof now);
  memset(&then, 0, sizeof then);
  FhStatus status = retrace_batches(s->run, &as_it_is, RETRACE_BATCHES, &now);
  if (!status) {
    status = retrace_batches(s->run, changed, RETRACE_BATCHES, &then);
  }
  proof.before = level_with(s, &s->direct, &s->reflected);
  double after[RETRACE_BATCHES] = {0.0};
  // Last with all batches, which is what is told
  for (size_t k = 0; k <= RETRACE_BATCHES && !status; ++k) {
    ZoneReflected was;
    ZoneReflected is;
    status = sum_reflected(s, &now, k, &was);
    status = status ? status : sum_reflected(s, &then, k, &is);
    for (size_t i = 0; i < s->n && !status; ++i) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        is.p2[i][b] =
          fmax(s->reflected.p2[i][b] + is.p2[i][b] - was.p2[i][b], 0.0);
      }
    }
    proof.after = status ? NAN : level_with(s, &direct, &is);
    if (k < RETRACE_BATCHES) {
      after[k] = proof.after;
    }
  }
  retrace_clear(&now);
  retrace_clear(&then);
  if (!status) {
    proof.quantity = FH_PROOF_LEVEL;
    proof.traced = true;
    proof.change_se = retrace_error(after);
    suspect_prove(s, proof, remedy);
  }
  return status;
}

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

void
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
  memset(&field, 0, sizeof field);
  // What stood in the way bends nothing any more
  status =
    suspect_direct(s, run->sources, cleared.caster, UINT64_MAX, false, &field);
  if (!status && suspect_promise(s, &field) > LEAST_PROMISE_DB) {
    FhCounterfactual proof = {.blames = FH_CAUSE_BLOCKED};
    RetraceDesc desc = retrace_desc(run, s->seat, s->n);
    desc.scene = cleared.scene;
    desc.caster = cleared.caster;
    char remedy[256];
    name_obstacles(run, &obstacles, proof.what);
    suggest_fill(s, remedy);
    status = suspect_prove_level(s, &field, &desc, proof, remedy);
  }
  fh_direct_field_clear(&field);
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
    const ZoneDirect direct = direct_of(s, &field);
    char remedy[256];
    char fill[256];
    suggest_fill(s, fill);
    (void)snprintf(remedy,
                   sizeof remedy,
                   "raise the loudspeakers until they look down on the heads, "
                   "or %.180s",
                   fill);
    prove_direct(s,
                 &direct,
                 (FhCounterfactual){.what = "without the heads in front",
                                    .blames = FH_CAUSE_BLOCKED},
                 remedy);
    fh_direct_field_clear(&field);
  }
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
  ZoneDirect direct = s->direct;
  for (size_t i = 0; i < s->n; ++i) {
    for (size_t b = 0; b < FH_N_THIRDS; ++b) {
      direct.p2[i][b] *= (float)(nearer * nearer);
    }
  }
  FhCounterfactual proof = {.blames = FH_CAUSE_DISTANCE};
  char remedy[256];
  (void)snprintf(proof.what,
                 sizeof proof.what,
                 "at the area's mean distance of %.0f m instead of %.0f m",
                 mean_m,
                 own_m);
  suggest_fill(s, remedy);
  prove_direct(s, &direct, proof, remedy);
}

FhStatus
prove_level(Suspect* const s)
{
  Line line;
  FhStatus status = line_up(s, &line);
  status = status ? status : prove_blocked(s, &line);
  status = status ? status : prove_heads(s);
  status = status ? status : prove_off_axis(s, &line);
  if (!status) {
    prove_distance(s);
  }
  return status;
}
