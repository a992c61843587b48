// SPDX-License-Identifier: GPL-3.0-or-later
#include "../trace/pool.h"
#include "sources.h"

#include <complex.h>
#include <math.h>
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
} Job;

static double complex
element_pressure(const Job* const job,
                 const Element* const element,
                 const float to[3])
{
  const FhSources* const sources = job->sources;
  double v[3];
  double r2 = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    v[k] = (double)to[k] - (double)element->at[k];
    r2 += v[k] * v[k];
  }
  const double r = fmax(sqrt(r2), 0.01);
  float local[3] = {0.0f, 0.0f, 0.0f};
  for (size_t k = 0; k < 3; ++k) {
    const float d = (float)(v[k] / r);
    local[0] += d * element->right[k];
    local[1] += d * element->forward[k];
    local[2] += d * element->up[k];
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

static void
do_block(void* const user, const unsigned worker, const uint64_t chunk)
{
  (void)worker;
  const Job* const job = (const Job*)user;
  const FhSources* const sources = job->sources;
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
      const Element* const element =
        &sources->elements[emitter->first_element + i];
      uint8_t visible[BLOCK];
      memset(visible, 1, sizeof visible);
      if (job->caster) {
        fh_visible_many(
          job->caster, element->at, job->points + first, n, visible);
      }
      for (size_t p = 0; p < n; ++p) {
        if (visible[p]) {
          sum[p] += h * element_pressure(job, element, job->points[first + p]);
        }
      }
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
  (void)diffraction;
  if (!(frequency_hz > 0.0) || !isfinite(frequency_hz)) {
    return FH_ERR_BAD_ARG;
  }
  const double m = fh_air_attenuation_db_m(&sources->air, frequency_hz);
  Job job = {sources,
             caster,
             points,
             n_points,
             emitters,
             frequency_hz,
             m * log(10.0) / 20.0,
             out};
  return pool_run(n_threads ? n_threads : 1,
                  0,
                  (n_points + BLOCK - 1) / BLOCK,
                  do_block,
                  NULL,
                  &job);
}
