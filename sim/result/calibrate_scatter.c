// SPDX-License-Identifier: GPL-3.0-or-later
// Scattering of materials, fitted by steps between traces
#include "calibrate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
  Absorption is fitted octave by octave from meetings that a trace counts;
  scattering turns rays round, so its slopes come from one trace of all
  variants, each with one material moved. Measurements say little of scattering:
  one offset for all octaves of a material keeps the shape that was given.
*/

/// Prior of the offset: a factor of 2 for small scattering
#define PRIOR_SD 0.7
/// Step of the slopes
#define STEP 0.5
/// Longest step, and farthest from the given scattering
#define LONGEST  0.5
#define FARTHEST 2.0
/// Scattering stays within these
#define LEAST    0.01
#define GREATEST 0.99

double
scatter_shifted(const double scattering, const double offset)
{
  const double s = fmin(fmax(scattering, LEAST), GREATEST);
  const double moved = 1.0 / (1.0 + exp(-log(s / (1.0 - s)) - offset));
  // What was given stays to the digit where nothing moves it
  return offset == 0.0 ? scattering : fmin(fmax(moved, LEAST), GREATEST);
}

/// Scattering of a fitted material in the table: its own, and by the size of
/// its faces what the scene added to it
static void
set_table(const FitRoom* const m,
          const size_t k,
          const double offset,
          FhMaterial* const table)
{
  const size_t i = m->fit[k];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double own = (double)m->venue->materials[i].scattering[b];
    const double all = (double)m->scene.materials[i].scattering[b];
    const double mirrors = own < 1.0 ? (1.0 - all) / (1.0 - own) : 1.0;
    table[i].scattering[b] =
      (float)(1.0 - (1.0 - scatter_shifted(own, offset)) * mirrors);
  }
}

void
scatter_of(const FitRoom* const m,
           const size_t k,
           float before[FH_N_OCTAVES],
           float after[FH_N_OCTAVES])
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    before[b] = m->venue->materials[m->fit[k]].scattering[b];
    after[b] = (float)scatter_shifted((double)before[b], m->scatter[k].offset);
  }
}

/// Values now, and slopes of `n` materials from `first` on
static FhStatus
take_slopes(FitRoom* const m,
            const size_t first,
            const size_t n,
            const FhVariants* const trace)
{
  FhStatus status = FH_OK;
  for (size_t i = 0; i < m->n_pairs && !status; ++i) {
    PairValues* const now = &m->points.value[i];
    status = room_values_traced(m, i, trace, 0, now);
    for (size_t v = 0; v < n && !status; ++v) {
      PairValues* const slope = &m->points.slope[i * m->n_fit + first + v];
      status = room_values_traced(m, i, trace, v + 1, slope);
      for (size_t q = 0; q < FH_N_QUANTITIES; ++q) {
        for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
          slope->at[q][b] = (slope->at[q][b] - now->at[q][b]) / STEP;
        }
      }
    }
  }
  return status;
}

static FhStatus
trace_slopes(FitRoom* const m,
             FhMaterial* const table,
             FhVariants* const trace,
             const FhProgressFn progress,
             void* const user,
             FhDiag* const diag)
{
  const size_t n_materials = m->scene.n_materials;
  FhStatus status = FH_OK;
  for (size_t first = 0; first < m->n_fit && !status;
       first += FH_VARIANTS_MAX - 1) {
    const FhMaterial* tables[FH_VARIANTS_MAX];
    const size_t rest = m->n_fit - first;
    const size_t n = rest < FH_VARIANTS_MAX - 1 ? rest : FH_VARIANTS_MAX - 1;
    tables[0] = m->table;
    for (size_t v = 0; v < n; ++v) {
      FhMaterial* const one = table + v * n_materials;
      memcpy(one, m->table, n_materials * sizeof *one);
      set_table(m, first + v, m->scatter[first + v].offset + STEP, one);
      tables[v + 1] = one;
    }
    status = room_trace_tables(m, tables, n + 1, trace, progress, user, diag);
    status = status ? status : take_slopes(m, first, n, trace);
  }
  return status;
}

/// Normal equations of the offsets, factored; their right side
static FhStatus
gather(const FitRoom* const m, const size_t without, const Normal* const s)
{
  memset(s->a, 0, s->n * s->n * sizeof(double));
  memset(s->g, 0, s->n * sizeof(double));
  for (size_t i = 0; i < m->n_pairs; ++i) {
    for (size_t q = 0; q < FH_N_QUANTITIES && i != without; ++q) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        if (fit_counts(m, q, b)) {
          fit_observe(m, &m->points, i, q, b, s);
        }
      }
    }
  }
  for (size_t k = 0; k < s->n; ++k) {
    s->a[k * s->n + k] += 1.0 / (PRIOR_SD * PRIOR_SD);
    s->g[k] -= m->scatter[k].offset / (PRIOR_SD * PRIOR_SD);
  }
  return fit_factor(s) ? FH_OK : FH_ERR_NOT_FINITE;
}

static FhStatus
normal_init(Normal* const s, const size_t n)
{
  s->n = n;
  s->a = (double*)calloc(n * n, sizeof(double));
  s->g = (double*)calloc(n, sizeof(double));
  return s->a && s->g ? FH_OK : FH_ERR_NO_MEM;
}

static void
normal_clear(Normal* const s)
{
  free(s->a);
  free(s->g);
}

static FhStatus
move_all(FitRoom* const m)
{
  Normal s;
  FhStatus status = normal_init(&s, m->n_fit);
  status = status ? status : gather(m, SIZE_MAX, &s);
  if (!status) {
    fit_solve(&s, s.g);
    for (size_t k = 0; k < s.n; ++k) {
      const double by = fmax(-LONGEST, fmin(LONGEST, s.g[k]));
      m->scatter[k].offset =
        fmax(-FARTHEST, fmin(FARTHEST, m->scatter[k].offset + by));
      set_table(m, k, m->scatter[k].offset, m->table);
    }
    for (size_t k = 0; k < s.n; ++k) {
      memset(s.g, 0, s.n * sizeof(double));
      s.g[k] = 1.0;
      fit_solve(&s, s.g);
      m->scatter[k].sd = sqrt(s.g[k]);
    }
  }
  normal_clear(&s);
  return status;
}

FhStatus
scatter_step(FitRoom* const m,
             const FhProgressFn progress,
             void* const user,
             FhDiag* const diag)
{
  FhMaterial* const table = (FhMaterial*)calloc(
    (FH_VARIANTS_MAX - 1) * (m->scene.n_materials + 1), sizeof *table);
  FhVariants* const trace =
    (FhVariants*)calloc(m->n_emitters + 1, sizeof *trace);
  if (!m->points.value) {
    m->points.value = (PairValues*)calloc(m->n_pairs + 1, sizeof(PairValues));
    m->points.slope =
      (PairValues*)calloc(m->n_pairs * m->n_fit + 1, sizeof(PairValues));
  }
  FhStatus status = table && trace && m->points.value && m->points.slope
                      ? FH_OK
                      : FH_ERR_NO_MEM;
  status =
    status ? status : trace_slopes(m, table, trace, progress, user, diag);
  status = status ? status : move_all(m);
  for (size_t e = 0; trace && e < m->n_emitters; ++e) {
    fh_variants_clear(&trace[e]);
  }
  free(trace);
  free(table);
  return status;
}

FhStatus
scatter_leave_out(const FitRoom* const m,
                  const size_t without,
                  PairValues* const values)
{
  Normal all;
  Normal others;
  FhStatus status = normal_init(&all, m->n_fit);
  const FhStatus second = normal_init(&others, m->n_fit);
  status = status ? status : second;
  status = status ? status : gather(m, SIZE_MAX, &all);
  status = status ? status : gather(m, without, &others);
  if (!status) {
    // Both from the same point: what the pair itself pulled is taken back
    fit_solve(&all, all.g);
    fit_solve(&others, others.g);
    for (size_t k = 0; k < m->n_fit; ++k) {
      const PairValues* const slope = &m->points.slope[without * m->n_fit + k];
      for (size_t q = 0; q < FH_N_QUANTITIES; ++q) {
        for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
          values->at[q][b] += (others.g[k] - all.g[k]) * slope->at[q][b];
        }
      }
    }
  }
  normal_clear(&all);
  normal_clear(&others);
  return status;
}
