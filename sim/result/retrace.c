// SPDX-License-Identifier: GPL-3.0-or-later
#include "retrace.h"

#include "../trace/sources.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/// Rays of a batch from each emitter: the least that there are
#define RETRACE_RAYS 1024
/// Rays of a batch from each seat at most: zones have many seats
#define RETRACE_GATHER 32u
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

/// The materials of a run, those of one surface black
static void
blacken_all(const FhRun* const run,
            const uint32_t material,
            FhMaterial* const materials)
{
  memcpy(materials,
         run->scene.materials,
         run->scene.n_materials * sizeof(FhMaterial));
  for (size_t t = 0; t < run->scene.n_triangles; ++t) {
    if (run->face_material[t] == material) {
      blacken(&materials[run->scene.material[t]]);
    }
  }
}

RetraceDesc
retrace_desc(const FhRun* const run,
             const uint32_t* const seat,
             const size_t n_seats)
{
  const FhTraceResult* const t = &run->trace;
  return (RetraceDesc){.scene = run->scene,
                       .caster = run->caster,
                       .sources = run->sources,
                       .seat = seat,
                       .n_seats = n_seats,
                       .emitter = SIZE_MAX,
                       .until_s = 0.5 * t->seat_bin_edge_s[t->n_seat_bins]};
}

static FhTraceDesc
trace_desc(const FhRun* const run, const RetraceDesc* const desc)
{
  FhTraceDesc trace = run->desc;
  trace.n_rays = RETRACE_RAYS;
  if (trace.gather_rays > RETRACE_GATHER) {
    trace.gather_rays = RETRACE_GATHER;
  }
  trace.duration_s = desc->until_s;
  if (trace.image_order > RETRACE_ORDER) {
    trace.image_order = RETRACE_ORDER;
  }
  trace.time_limit_s = 0.0;
  trace.seats = true;
  trace.per_emitter_seats = desc->by_emitter;
  trace.team = NULL;
  trace.checkpoint = NULL;
  trace.resume = false;
  return trace;
}

FhStatus
retrace_batches(const FhRun* const run,
                const RetraceDesc* const desc,
                const size_t n_batches,
                Retrace* const retrace)
{
  FhSeat* const seats = (FhSeat*)calloc(desc->n_seats + 1, sizeof(FhSeat));
  if (!seats) {
    return FH_ERR_NO_MEM;
  }
  FhScene scene = desc->scene;
  for (size_t i = 0; i < desc->n_seats; ++i) {
    seats[i] = run->scene.seats[desc->seat[i]];
  }
  scene.seats = seats;
  scene.n_seats = desc->n_seats;
  scene.n_microphones = 0;
  FhTraceDesc trace = trace_desc(run, desc);
  Choir choir;
  FhStatus status = choir_new(desc->sources, &choir);
  const bool alone = desc->emitter < choir.n;
  const FhRadiator* const first = choir.radiators + (alone ? desc->emitter : 0);
  for (uint64_t i = 0; i < n_batches && !status; ++i) {
    if (!retrace->batch[i].n_seat_bins) {
      trace.seed = run->desc.seed + (i << 32);
      status = fh_trace_radiators(&scene,
                                  desc->caster,
                                  first,
                                  alone ? 1 : choir.n,
                                  &trace,
                                  NULL,
                                  NULL,
                                  &retrace->batch[i],
                                  NULL);
    }
  }
  choir_clear(&choir);
  free(seats);
  return status;
}

void
retrace_clear(Retrace* const retrace)
{
  for (size_t i = 0; i < RETRACE_BATCHES; ++i) {
    fh_trace_result_clear(&retrace->batch[i]);
  }
}

/// Add a batch's echogram of a seat, without an emitter
static void
add_bins(const FhTraceResult* const t,
         const size_t row,
         const size_t emitter,
         const float share,
         float (*const bins)[FH_N_OCTAVES])
{
  const size_t n = t->n_seat_bins;
  if (emitter < t->n_emitters && !t->seat_emitter_bins) {
    return; // Of a single emitter there are no bins of its own
  }
  for (size_t i = 0; i < n; ++i) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      float sum = t->seat_bins[row * n + i][b];
      if (emitter < t->n_emitters) {
        sum -= t->seat_emitter_bins[(emitter * t->n_seats + row) * n + i][b];
      }
      bins[i][b] += share * fmaxf(sum, 0.0f);
    }
  }
}

void
retrace_bins(const FhRun* const run,
             const Retrace* const retrace,
             const size_t row,
             const size_t emitter,
             const size_t batch,
             float (*const bins)[FH_N_OCTAVES])
{
  const float impedance = (float)(fh_air_speed_m_s(&run->scene.air) *
                                  fh_air_density_kg_m3(&run->scene.air));
  size_t n_batches = 0;
  for (size_t k = 0; k < RETRACE_BATCHES; ++k) {
    n_batches += k != batch && retrace->batch[k].n_seat_bins;
  }
  memset(bins, 0, retrace->batch[0].n_seat_bins * sizeof *bins);
  for (size_t k = 0; k < RETRACE_BATCHES; ++k) {
    if (k != batch && retrace->batch[k].n_seat_bins) {
      add_bins(
        &retrace->batch[k], row, emitter, impedance / (float)n_batches, bins);
    }
  }
}

double
retrace_error(const double without[RETRACE_BATCHES])
{
  static const double n = RETRACE_BATCHES;
  double mean = 0.0;
  for (size_t i = 0; i < RETRACE_BATCHES; ++i) {
    mean += without[i] / n;
  }
  double sum = 0.0;
  for (size_t i = 0; i < RETRACE_BATCHES; ++i) {
    sum += (without[i] - mean) * (without[i] - mean);
  }
  return sqrt((n - 1.0) / n * sum);
}

static FhStatus
trace_without(Retraced* const r, const size_t k, const size_t n_batches)
{
  blacken_all(r->run, r->material[k], r->black);
  r->desc.scene.materials = r->black;
  return retrace_batches(r->run, &r->desc, n_batches, &r->without[k]);
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
  out->run = run;
  out->black =
    (FhMaterial*)calloc(run->scene.n_materials + 1, sizeof(FhMaterial));
  if (!out->black) {
    return FH_ERR_NO_MEM;
  }
  out->desc = retrace_desc(run, seat, n_seats);
  out->desc.until_s = until_s;
  out->desc.by_emitter = true;
  FhStatus status =
    retrace_batches(run, &out->desc, RETRACE_BATCHES, &out->now);
  out->desc.by_emitter = false;
  if (!status && surfaces) {
    status = rank_surfaces(run, out);
  }
  for (size_t k = 0; k < out->n_surfaces && !status; ++k) {
    status = trace_without(out, k, 1);
  }
  if (status) {
    retraced_clear(out);
  }
  return status;
}

FhStatus
retraced_complete(Retraced* const retraced, const size_t k)
{
  return trace_without(retraced, k, RETRACE_BATCHES);
}

void
retraced_clear(Retraced* const retraced)
{
  retrace_clear(&retraced->now);
  for (size_t i = 0; i < retraced->n_surfaces; ++i) {
    retrace_clear(&retraced->without[i]);
  }
  free(retraced->black);
  memset(retraced, 0, sizeof *retraced);
}
