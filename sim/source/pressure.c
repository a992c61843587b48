// SPDX-License-Identifier: GPL-3.0-or-later
#include "../trace/pool.h"
#include "shadow.h"
#include "sight.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Points per chunk of work
#define BLOCK 64

typedef struct {
  const FhSources* sources;
  const FhRaycaster* caster;
  const float (*points)[3];
  size_t n_points;
  uint64_t emitters;
  double hz;
  double air; ///< Pressure attenuation [1/m]
  double (*out)[2];
  const Shadow* shadow; ///< Edges, or null for none
  uint8_t* visible;     ///< [n_threads * stride]
  size_t stride;
} Job;

/// Pressure of an element along `d` at the end of a way of `r`
static double complex
way_pressure(const Job* const job,
             const Element* const element,
             const float d[3],
             const double r)
{
  const FhSources* const sources = job->sources;
  float local[3] = {0.0f, 0.0f, 0.0f};
  for (size_t k = 0; k < 3; ++k) {
    local[0] += d[k] * element->right[k];
    local[1] += d[k] * element->forward[k];
    local[2] += d[k] * element->up[k];
  }
  double amp = 1.0;
  double turn = 0.0;
  model_pattern(&sources->models[element->model],
                sources->speed_m_s,
                job->hz,
                local,
                &amp,
                &turn);
  const double delay_s = r / sources->speed_m_s + element->delay_s +
                         sources->processing[element->emitter].delay_s;
  const double turns = turn - job->hz * delay_s;
  return amp * (double)element->gain / r * exp(-job->air * r) *
         cexp(2.0 * FH_PI * turns * (double complex)I);
}

static double complex
direct_pressure(const Job* const job,
                const Element* const element,
                const float to[3])
{
  double v[3];
  double r2 = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    v[k] = (double)to[k] - (double)element->at[k];
    r2 += v[k] * v[k];
  }
  const double r = fmax(sqrt(r2), 0.01);
  const float d[3] = {(float)(v[0] / r), (float)(v[1] / r), (float)(v[2] / r)};
  return way_pressure(job, element, d, r);
}

static double complex
bent_pressure(const Job* const job,
              const Element* const element,
              const Detour* const detour)
{
  double complex p =
    detour->weight *
    way_pressure(job, element, detour->depart, detour->length_m);
  const double k = 2.0 * FH_PI * job->hz / job->sources->speed_m_s;
  for (size_t i = 0; i < detour->n_edges; ++i) {
    double factor[2];
    fh_edge_factor(
      &detour->path[i], k, detour->incident[i], detour->reflected[i], factor);
    p *= factor[0] + factor[1] * (double complex)I;
  }
  return p;
}

/// All ways from an emitter to a point; `visible` holds BLOCK for each element
static double complex
emitter_pressure(const Job* const job,
                 const size_t e,
                 const float to[3],
                 const uint8_t* const visible)
{
  const FhEmitter* const emitter = &job->sources->emitters[e];
  const Element* const elements =
    &job->sources->elements[emitter->first_element];
  double complex sum = 0.0;
  bool hidden = false;
  for (size_t i = 0; i < emitter->n_elements; ++i) {
    if (visible[i * BLOCK]) {
      sum += direct_pressure(job, &elements[i], to);
    } else {
      hidden = true;
    }
  }
  if (!job->shadow) {
    return sum;
  }
  Bends bends;
  shadow_find(job->shadow, e, to, hidden, &bends);
  for (size_t i = 0; bends.n && i < emitter->n_elements; ++i) {
    Detour detours[MAX_DETOURS];
    const size_t n = shadow_detours(
      job->shadow, &bends, &elements[i], to, visible[i * BLOCK], detours);
    for (size_t k = 0; k < n; ++k) {
      sum += bent_pressure(job, &elements[i], &detours[k]);
    }
  }
  return sum;
}

static void
do_block(void* const user, const unsigned worker, const uint64_t chunk)
{
  const Job* const job = (const Job*)user;
  const FhSources* const sources = job->sources;
  uint8_t* const visible = job->visible + worker * job->stride;
  const size_t first = (size_t)chunk * BLOCK;
  const size_t n =
    job->n_points - first < BLOCK ? job->n_points - first : BLOCK;
  double complex sum[BLOCK] = {0.0};
  for (size_t e = 0; e < sources->n_emitters; ++e) {
    const FhEmitter* const emitter = &sources->emitters[e];
    if (emitter->muted ||
        (e < 64 ? !(job->emitters >> e & 1) : job->emitters != UINT64_MAX)) {
      continue;
    }
    double drive[2];
    drive_at(sources, e, job->hz, &drive[0], &drive[1]);
    const double complex h = drive[0] + drive[1] * (double complex)I;
    for (size_t i = 0; i < emitter->n_elements; ++i) {
      if (job->caster) {
        sight_many(sources,
                   job->caster,
                   sources->elements[emitter->first_element + i].at,
                   job->points + first,
                   n,
                   visible + i * BLOCK);
      } else {
        memset(visible + i * BLOCK, 1, BLOCK);
      }
    }
    for (size_t p = 0; p < n; ++p) {
      sum[p] +=
        h * emitter_pressure(job, e, job->points[first + p], visible + p);
    }
  }
  for (size_t p = 0; p < n; ++p) {
    job->out[first + p][0] = creal(sum[p]);
    job->out[first + p][1] = cimag(sum[p]);
  }
}

FhStatus
fh_direct_pressure(const FhSources* const sources,
                   const FhRaycaster* const caster,
                   const float (*const points)[3],
                   const size_t n_points,
                   const uint64_t emitters,
                   const bool diffraction,
                   const double frequency_hz,
                   const unsigned n_threads,
                   double (*const out)[2])
{
  if (!(frequency_hz > 0.0) || !isfinite(frequency_hz)) {
    return FH_ERR_BAD_ARG;
  }
  const unsigned n = n_threads ? n_threads : 1;
  const double m = fh_air_attenuation_db_m(&sources->air, frequency_hz);
  const bool bends =
    diffraction && caster && fh_edges_count(sources->edges) > 0;
  Shadow* const shadow = bends ? shadow_new(sources, caster) : NULL;
  const size_t stride = (sources->n_elements + 1) * BLOCK;
  uint8_t* const visible = (uint8_t*)calloc(n, stride);
  FhStatus status = FH_ERR_NO_MEM;
  if (visible && (!bends || shadow)) {
    Job job = {sources,
               caster,
               points,
               n_points,
               emitters,
               frequency_hz,
               m * log(10.0) / 20.0,
               out,
               shadow,
               visible,
               stride};
    status =
      pool_run(n, 0, (n_points + BLOCK - 1) / BLOCK, do_block, NULL, &job);
  }
  free(visible);
  shadow_free(shadow);
  return status;
}
