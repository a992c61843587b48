// SPDX-License-Identifier: GPL-3.0-or-later
#include "../trace/pool.h"
#include "lines.h"
#include "shadow.h"
#include "sight.h"
#include "utd.h"

#include <math.h>
#include <stdlib.h>

/// Points that share shadow-ray packets
#define BLOCK 64

/// What one worker needs, made once
typedef struct {
  Path* paths;      ///< [n_elements * (1 + MAX_DETOURS)]
  LineSum* sums;    ///< [n_emitters]
  uint8_t* visible; ///< [n_elements * BLOCK]
} Scratch;

typedef struct {
  const FhSources* sources;
  const FhRaycaster* caster;
  const float (*points)[3];
  size_t n_points;
  uint64_t emitters;
  const LineTable* table;
  float air[FH_N_THIRDS]; ///< Pressure attenuation [1/m]
  Scratch* scratch;       ///< [n_threads]
  const Shadow* shadow;   ///< Edges, or null for none
  const UtdTable* utd;
  FhDirectField* out;
} Job;

/// An emitter at a point
typedef struct {
  size_t emitter;
  size_t first_path, n_paths;
  double first_s;  ///< Earliest arrival
  double mean_s;   ///< Energy-weighted arrival
  double spread_s; ///< How far arrivals lie apart
  LineSum* sum;
  float energy; ///< Of all bands [Pa^2]
} Voice;

static bool
is_heard(const Job* const job, const size_t e)
{
  return !job->sources->emitters[e].muted &&
         (e >= 64 ? job->emitters == UINT64_MAX : job->emitters >> e & 1);
}

/// A way that leaves an element along `d` and is `r` long
static void
make_path(const Job* const job,
          const Element* const element,
          const float d[3],
          const double r,
          Path* const path)
{
  const FhSources* const sources = job->sources;
  const Model* const model = &sources->models[element->model];
  const float local[3] = {
    dot3(d, element->right), dot3(d, element->forward), dot3(d, element->up)};
  path->has_turn = false;
  path->has_factor = false;
  path->piston_s = 0.0f;
  path->emitter = element->emitter;
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    path->amp[b] = 1.0f;
  }
  if (model->pattern == PATTERN_BALLOON) {
    balloon_at(&model->balloon, local, path->amp, path->turn);
    path->has_turn = model->balloon.turn != NULL;
  } else if (model->pattern == PATTERN_PISTON) {
    path->piston_s = (float)(model->piston_m / sources->speed_m_s) *
                     sqrtf(local[0] * local[0] + local[2] * local[2]);
  }
  const float gain = element->gain / (float)r;
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    path->amp[b] *= gain * expf(-job->air[b] * (float)r);
  }
  path->delay_s = r / sources->speed_m_s + element->delay_s +
                  sources->processing[element->emitter].delay_s;
  path->delay = lines_delay(path->delay_s);
}

/// The straight way from an element to a point
static void
direct_path(const Job* const job,
            const Element* const element,
            const float to[3],
            Path* const path)
{
  double v[3];
  double r2 = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    v[k] = (double)to[k] - (double)element->at[k];
    r2 += v[k] * v[k];
  }
  // Nobody is nearer to a source than a centimetre
  const double r = fmax(sqrt(r2), 0.01);
  const float d[3] = {(float)(v[0] / r), (float)(v[1] / r), (float)(v[2] / r)};
  make_path(job, element, d, r, path);
}

/// A way over edges
static void
bent_path(const Job* const job,
          const Element* const element,
          const Detour* const detour,
          Path* const path)
{
  make_path(job, element, detour->depart, detour->length_m, path);
  path->has_factor = true;
  for (size_t i = 0; i < detour->n_edges; ++i) {
    float re[FH_N_THIRDS];
    float im[FH_N_THIRDS];
    utd_thirds(job->utd,
               &detour->path[i],
               job->sources->speed_m_s,
               detour->incident[i],
               detour->reflected[i],
               re,
               im);
    if (!i) {
      memcpy(path->re, re, sizeof re);
      memcpy(path->im, im, sizeof im);
      continue;
    }
    for (size_t b = 0; b < FH_N_THIRDS; ++b) {
      const float x = path->re[b] * re[b] - path->im[b] * im[b];
      path->im[b] = path->re[b] * im[b] + path->im[b] * re[b];
      path->re[b] = x;
    }
  }
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    path->amp[b] *= (float)detour->weight;
  }
}

/// Ways over edges for the elements of an emitter; returns how many
static size_t
add_bent_paths(const Job* const job,
               const Scratch* const scratch,
               const size_t e,
               const size_t point,
               const size_t in_block,
               Path* const paths)
{
  const FhSources* const sources = job->sources;
  const FhEmitter* const emitter = &sources->emitters[e];
  bool hidden = false;
  for (size_t i = 0; i < emitter->n_elements; ++i) {
    const size_t el = emitter->first_element + i;
    hidden = hidden || !scratch->visible[el * BLOCK + in_block];
  }
  Bends bends;
  shadow_find(job->shadow, e, job->points[point], hidden, &bends);
  size_t n = 0;
  for (size_t i = 0; bends.n && i < emitter->n_elements; ++i) {
    const size_t el = emitter->first_element + i;
    Detour detours[MAX_DETOURS];
    const size_t n_detours =
      shadow_detours(job->shadow,
                     &bends,
                     &sources->elements[el],
                     job->points[point],
                     scratch->visible[el * BLOCK + in_block],
                     detours);
    for (size_t k = 0; k < n_detours; ++k) {
      bent_path(job, &sources->elements[el], &detours[k], &paths[n++]);
    }
  }
  return n;
}

/// What a path carries, some bands standing for all
static double
path_energy(const Path* const path)
{
  float e = 1e-30f;
  for (size_t b = 0; b < FH_N_THIRDS; b += 4) {
    const float factor =
      path->has_factor ? path->re[b] * path->re[b] + path->im[b] * path->im[b]
                       : 1.0f;
    e += path->amp[b] * path->amp[b] * factor;
  }
  return (double)e;
}

/// Arrivals of a voice: first, mean and spread, weighted by energy
static void
weigh_voice(Voice* const voice, const Path* const paths)
{
  double weight = 0.0;
  double mean = 0.0;
  double low = HUGE_VAL;
  double high = -HUGE_VAL;
  for (size_t i = 0; i < voice->n_paths; ++i) {
    const Path* const path = &paths[voice->first_path + i];
    const double e = path_energy(path);
    weight += e;
    mean += e * path->delay_s;
    low = fmin(low, path->delay_s);
    high = fmax(high, path->delay_s);
  }
  mean /= weight;
  double square = 0.0;
  for (size_t i = 0; i < voice->n_paths; ++i) {
    const Path* const path = &paths[voice->first_path + i];
    const double e = path_energy(path);
    square += e * (path->delay_s - mean) * (path->delay_s - mean);
  }
  voice->first_s = low;
  voice->mean_s = mean;
  // Faint stragglers do not ask for more lines: four deviations at most
  voice->spread_s = fmin(high - low, 4.0 * sqrt(square / weight));
}

/// Add the voices of one group up: as pressures where that is exact, else by
/// the products of pairs
static F8
sum_group(const Job* const job,
          Voice* const voices,
          const size_t n,
          const size_t g)
{
  double spread = 0.0;
  double low = HUGE_VAL;
  double high = -HUGE_VAL;
  for (size_t i = 0; i < n; ++i) {
    spread = fmax(spread, voices[i].spread_s);
    low = fmin(low, voices[i].mean_s);
    high = fmax(high, voices[i].mean_s);
  }
  const size_t level = lines_level(spread, g);
  const size_t n_lines = (size_t)N_LINES << level;
  const float widest = job->table->width_hz[level][n_lines - 1][g][7];
  const bool together = n > 1 && (high - low) * (double)widest < 0.02;

  F8 p2 = f8_all(0.0f);
  for (size_t i = 0; i < n; ++i) {
    Voice* const voice = &voices[i];
    LineSum* const sum = voice->sum;
    memset(sum->re[g], 0, n_lines * sizeof(F8));
    memset(sum->im[g], 0, n_lines * sizeof(F8));
    lines_add(job->table,
              job->scratch->paths + voice->first_path,
              voice->n_paths,
              g,
              level,
              sum);
    lines_drive(
      &job->sources->drives[voice->emitter].level[level], g, level, sum);
    const F8 e = lines_energy(sum, g, level);
    voice->energy += f8_sum(e);
    p2 += e;
  }
  if (together) {
    LineSum* const all = voices[0].sum;
    for (size_t i = 1; i < n; ++i) {
      for (size_t s = 0; s < n_lines; ++s) {
        all->re[g][s] += voices[i].sum->re[g][s];
        all->im[g][s] += voices[i].sum->im[g][s];
      }
    }
    return lines_energy(all, g, level);
  }
  for (size_t i = 1; i < n; ++i) {
    for (size_t j = 0; j < i; ++j) {
      p2 += lines_cross(job->table,
                        voices[i].sum,
                        voices[j].sum,
                        voices[i].mean_s - voices[j].mean_s,
                        g,
                        level);
    }
  }
  return p2;
}

/// First arrival that is heard, and the energy-weighted one
static void
set_arrival(const Job* const job,
            const size_t point,
            const Voice* const voices,
            const size_t n)
{
  double total = 0.0;
  double mean = 0.0;
  for (size_t i = 0; i < n; ++i) {
    total += (double)voices[i].energy;
    mean += (double)voices[i].energy * voices[i].mean_s;
  }
  double first = HUGE_VAL;
  for (size_t i = 0; i < n; ++i) {
    // Audible: no more than 20 dB under all together
    if ((double)voices[i].energy >= 0.01 * total) {
      first = fmin(first, voices[i].first_s);
    }
  }
  job->out->delay_s[point][0] = n ? (float)first : 0.0f;
  job->out->delay_energy_s[point] = total > 0.0 ? (float)(mean / total) : 0.0f;
}

static void
do_point(const Job* const job,
         Scratch* const scratch,
         Voice* const voices,
         const size_t point,
         const size_t in_block)
{
  const FhSources* const sources = job->sources;
  size_t n_voices = 0;
  size_t n_paths = 0;
  uint32_t mask = 0;
  for (size_t e = 0; e < sources->n_emitters; ++e) {
    if (!is_heard(job, e)) {
      continue;
    }
    const FhEmitter* const emitter = &sources->emitters[e];
    Voice* const voice = &voices[n_voices];
    memset(voice, 0, sizeof *voice);
    voice->emitter = e;
    voice->first_path = n_paths;
    voice->sum = &scratch->sums[n_voices];
    for (size_t i = 0; i < emitter->n_elements; ++i) {
      const size_t el = emitter->first_element + i;
      if (scratch->visible[el * BLOCK + in_block]) {
        direct_path(job,
                    &sources->elements[el],
                    job->points[point],
                    &scratch->paths[n_paths++]);
      }
    }
    if (n_paths > voice->first_path) {
      mask |= e < 32 ? 1u << e : 0u;
    }
    if (job->shadow) {
      n_paths += add_bent_paths(
        job, scratch, e, point, in_block, &scratch->paths[n_paths]);
    }
    voice->n_paths = n_paths - voice->first_path;
    if (voice->n_paths) {
      weigh_voice(voice, scratch->paths);
      ++n_voices;
    }
  }
  job->out->visible[point] = mask;
  Job own = *job;
  own.scratch = scratch;
  for (size_t g = 0; g < N_GROUPS; ++g) {
    F8 p2 = sum_group(&own, voices, n_voices, g);
    for (size_t i = 0; i < 8; ++i) {
      job->out->p2[point][8 * g + i] = p2[i] > 0.0f ? p2[i] : 0.0f;
    }
  }
  set_arrival(job, point, voices, n_voices);
}

static void
do_block(void* const user, const unsigned worker, const uint64_t chunk)
{
  const Job* const job = (const Job*)user;
  const FhSources* const sources = job->sources;
  Scratch* const scratch = &job->scratch[worker];
  const size_t first = (size_t)chunk * BLOCK;
  const size_t n =
    job->n_points - first < BLOCK ? job->n_points - first : BLOCK;
  for (size_t el = 0; el < sources->n_elements; ++el) {
    uint8_t* const visible = scratch->visible + el * BLOCK;
    if (job->caster && is_heard(job, sources->elements[el].emitter)) {
      sight_many(sources,
                 job->caster,
                 sources->elements[el].at,
                 job->points + first,
                 n,
                 visible);
    } else {
      memset(visible, 1, n);
    }
  }
  Voice* const voices = (Voice*)(void*)(scratch->sums + sources->n_emitters);
  for (size_t i = 0; i < n; ++i) {
    do_point(job, scratch, voices, first + i, i);
  }
}

static bool
scratch_init(Scratch* const scratch, const FhSources* const sources)
{
  // Sums are aligned; the voices lie behind them
  const size_t n = sources->n_emitters;
  const size_t bytes = n * (sizeof(LineSum) + sizeof(Voice));
  scratch->paths =
    (Path*)calloc((sources->n_elements + 1) * (1 + MAX_DETOURS), sizeof(Path));
  scratch->sums = (LineSum*)aligned_new(bytes + 64);
  scratch->visible = (uint8_t*)calloc(sources->n_elements + 1, BLOCK);
  return scratch->paths && scratch->sums && scratch->visible;
}

static void
scratch_clear(Scratch* const scratch)
{
  free(scratch->paths);
  free(scratch->sums);
  free(scratch->visible);
}

void
fh_direct_field_clear(FhDirectField* const field)
{
  free(field->p2);
  free(field->delay_s);
  free(field->delay_energy_s);
  free(field->visible);
  memset(field, 0, sizeof *field);
}

static bool
field_init(FhDirectField* const field, const size_t n)
{
  memset(field, 0, sizeof *field);
  field->n_points = n;
  field->p2 = (float(*)[FH_N_THIRDS])calloc(n + 1, sizeof *field->p2);
  field->delay_s = (float(*)[1])calloc(n + 1, sizeof *field->delay_s);
  field->delay_energy_s = (float*)calloc(n + 1, sizeof(float));
  field->visible = (uint32_t*)calloc(n + 1, sizeof(uint32_t));
  return field->p2 && field->delay_s && field->delay_energy_s && field->visible;
}

FhStatus
fh_direct_field(const FhSources* const sources,
                const FhRaycaster* const caster,
                const float (*const points)[3],
                const size_t n_points,
                const uint64_t emitters,
                const bool diffraction,
                const unsigned n_threads,
                FhDirectField* const out)
{
  const unsigned n = n_threads ? n_threads : 1;
  FhStatus status = FH_ERR_NO_MEM;
  LineTable* const table = (LineTable*)aligned_new(sizeof(LineTable));
  Scratch* const scratch = (Scratch*)calloc(n, sizeof(Scratch));
  bool ready = field_init(out, n_points) && table && scratch;
  const bool bends =
    diffraction && caster && fh_edges_count(sources->edges) > 0;
  Shadow* const shadow = bends ? shadow_new(sources, caster) : NULL;
  UtdTable* const utd = bends ? utd_table_new() : NULL;
  ready = ready && (!bends || (shadow && utd));
  for (unsigned i = 0; ready && i < n; ++i) {
    ready = scratch_init(&scratch[i], sources);
  }
  if (ready) {
    lines_init(table);
    Job job = {sources,
               caster,
               points,
               n_points,
               emitters,
               table,
               {0},
               scratch,
               shadow,
               utd,
               out};
    double m[FH_N_THIRDS];
    fh_air_thirds(&sources->air, m);
    for (size_t b = 0; b < FH_N_THIRDS; ++b) {
      job.air[b] = (float)(0.5 * m[b]);
    }
    status =
      pool_run(n, 0, (n_points + BLOCK - 1) / BLOCK, do_block, NULL, &job);
  }
  for (unsigned i = 0; scratch && i < n; ++i) {
    scratch_clear(&scratch[i]);
  }
  free(scratch);
  free(table);
  shadow_free(shadow);
  utd_table_free(utd);
  if (status) {
    fh_direct_field_clear(out);
  }
  return status;
}
