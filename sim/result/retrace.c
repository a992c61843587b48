// SPDX-License-Identifier: GPL-3.0-or-later
#include "retrace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Rays from each emitter
#define RETRACE_RAYS 1024
/// Image sources up to this order: looking for more costs more than all rays,
/// and rays find what they leave out
#define RETRACE_ORDER 1
/// Octave by whose reflection surfaces are ranked: 1 kHz
#define RANK_BAND 4
/// A surface with less than this share of the first one's weight is none
#define LEAST_WEIGHT 0.02

static double
triangle_m2(const FhScene* const s, const size_t t)
{
  const float* const a = s->vertex[s->triangle[t][0]];
  const float* const b = s->vertex[s->triangle[t][1]];
  const float* const c = s->vertex[s->triangle[t][2]];
  double u[3];
  double v[3];
  for (size_t k = 0; k < 3; ++k) {
    u[k] = (double)b[k] - (double)a[k];
    v[k] = (double)c[k] - (double)a[k];
  }
  const double x = u[1] * v[2] - u[2] * v[1];
  const double y = u[2] * v[0] - u[0] * v[2];
  const double z = u[0] * v[1] - u[1] * v[0];
  return 0.5 * sqrt(x * x + y * y + z * z);
}

/// The materials of the geometry that send most sound back
static FhStatus
rank_surfaces(const FhRun* const run, Retraced* const out)
{
  const FhScene* const s = &run->scene;
  double* const weight = (double*)calloc(s->n_materials + 1, sizeof(double));
  if (!weight) {
    return FH_ERR_NO_MEM;
  }
  for (size_t t = 0; t < s->n_triangles; ++t) {
    if (s->kind[t] == FH_SURFACE_PLAIN) {
      const FhMaterial* const m = &s->materials[s->material[t]];
      weight[run->face_material[t]] +=
        triangle_m2(s, t) * fmax(1.0 - (double)m->absorption[RANK_BAND], 0.0);
    }
  }
  double first = 0.0;
  while (out->n_surfaces < RETRACE_SURFACES) {
    uint32_t most = 0;
    for (uint32_t m = 1; m < s->n_materials; ++m) {
      most = weight[m] > weight[most] ? m : most;
    }
    first = fmax(first, weight[most]);
    if (!(weight[most] > LEAST_WEIGHT * first)) {
      break;
    }
    weight[most] = 0.0;
    out->material[out->n_surfaces++] = most;
  }
  free(weight);
  return FH_OK;
}

static void
blacken(FhMaterial* const m)
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    m->absorption[b] = 1.0f;
    m->scattering[b] = 0.0f;
    m->transmission[b] = 0.0f;
  }
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    m->absorption_third[b] = 1.0f;
    m->scattering_third[b] = 0.0f;
    m->transmission_third[b] = 0.0f;
  }
}

/// What of a run is traced: a scene that shares all but seats and materials
typedef struct {
  const FhRun* run;
  FhScene scene;
  FhSeat* seats;         ///< Owned
  FhMaterial* materials; ///< [scene.n_materials]; owned
  FhTraceDesc desc;
} Job;

static FhStatus
trace_without(Job* const job, const uint32_t material, FhTraceResult* const out)
{
  const FhRun* const run = job->run;
  memcpy(job->materials,
         run->scene.materials,
         run->scene.n_materials * sizeof(FhMaterial));
  for (size_t t = 0; t < run->scene.n_triangles; ++t) {
    if (run->face_material[t] == material) {
      blacken(&job->materials[run->scene.material[t]]);
    }
  }
  return fh_trace(
    &job->scene, run->caster, run->sources, &job->desc, NULL, NULL, out, NULL);
}

FhStatus
retraced_new(const FhRun* const run,
             const uint32_t* const seat,
             const size_t n_seats,
             const bool surfaces,
             const double until_s,
             Retraced* const out)
{
  memset(out, 0, sizeof *out);
  out->n_seats = n_seats;
  out->seat = seat;
  Job job = {.run = run, .scene = run->scene, .desc = run->desc};
  job.seats = (FhSeat*)calloc(n_seats + 1, sizeof(FhSeat));
  job.materials =
    (FhMaterial*)calloc(run->scene.n_materials + 1, sizeof(FhMaterial));
  FhStatus status = job.seats && job.materials ? FH_OK : FH_ERR_NO_MEM;
  for (size_t i = 0; i < n_seats && !status; ++i) {
    job.seats[i] = run->scene.seats[seat[i]];
  }
  job.scene.seats = job.seats;
  job.scene.n_seats = n_seats;
  job.scene.n_microphones = 0;
  job.scene.materials = job.materials;
  job.desc.n_rays = RETRACE_RAYS;
  job.desc.duration_s = until_s;
  if (job.desc.image_order > RETRACE_ORDER) {
    job.desc.image_order = RETRACE_ORDER;
  }
  job.desc.time_limit_s = 0.0;
  job.desc.seats = true;
  job.desc.per_emitter_seats = true;
  job.desc.team = NULL;
  job.desc.checkpoint = NULL;
  job.desc.resume = false;
  status = status ? status : trace_without(&job, UINT32_MAX, &out->now);
  if (!status && surfaces) {
    status = rank_surfaces(run, out);
  }
  job.desc.per_emitter_seats = false;
  for (size_t i = 0; i < out->n_surfaces && !status; ++i) {
    status = trace_without(&job, out->material[i], &out->without[i]);
  }
  free(job.seats);
  free(job.materials);
  if (status) {
    retraced_clear(out);
  }
  return status;
}

void
retraced_clear(Retraced* const retraced)
{
  fh_trace_result_clear(&retraced->now);
  for (size_t i = 0; i < retraced->n_surfaces; ++i) {
    fh_trace_result_clear(&retraced->without[i]);
  }
  memset(retraced, 0, sizeof *retraced);
}

void
retraced_bins(const FhRun* const run,
              const FhTraceResult* const trace,
              const size_t row,
              const size_t leave_out,
              float (*const bins)[FH_N_OCTAVES])
{
  const float impedance = (float)(fh_air_speed_m_s(&run->scene.air) *
                                  fh_air_density_kg_m3(&run->scene.air));
  const size_t n = trace->n_seat_bins;
  for (size_t i = 0; i < n; ++i) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      float sum = trace->seat_bins[row * n + i][b];
      if (leave_out < trace->n_emitters) {
        // Of a single emitter there are no bins of its own
        sum -=
          trace->seat_emitter_bins
            ? trace->seat_emitter_bins[(leave_out * trace->n_seats + row) * n +
                                       i][b]
            : sum;
      }
      bins[i][b] = impedance * fmaxf(sum, 0.0f);
    }
  }
}
