// SPDX-License-Identifier: GPL-3.0-or-later
#include "../trace/pool.h"
#include "lines.h"

#include <math.h>
#include <stdlib.h>

/// Steps of the table: 2.5 degrees of elevation, 5 of azimuth (10 for arrays,
/// whose boxes are smooth across)
#define N_EL       73
#define N_AZ       72
#define N_AZ_ARRAY 36
/// Elevations averaged in each row: lobes of long arrays are narrower
#define N_SUB 3

/// Far-field paths of an emitter's elements directions a direction
static void
far_paths(const FhSources* const sources,
          const FhEmitter* const emitter,
          const float d[3],
          Path* const paths)
{
  for (size_t i = 0; i < emitter->n_elements; ++i) {
    const Element* const element =
      &sources->elements[emitter->first_element + i];
    const Model* const model = &sources->models[element->model];
    Path* const path = &paths[i];
    const float local[3] = {
      dot3(d, element->right), dot3(d, element->forward), dot3(d, element->up)};
    memset(path, 0, sizeof *path);
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
    for (size_t b = 0; b < FH_N_THIRDS; ++b) {
      path->amp[b] *= element->gain;
    }
    double ahead_m = 0.0;
    for (size_t k = 0; k < 3; ++k) {
      ahead_m +=
        (double)d[k] * ((double)element->at[k] - (double)emitter->centre[k]);
    }
    path->delay_s = element->delay_s - ahead_m / sources->speed_m_s;
    path->delay = lines_delay(path->delay_s);
  }
}

static void
far_direction(const FhSources* const sources,
              const LineTable* const table,
              const size_t e,
              const float d[3],
              Path* const paths,
              LineSum* const sum,
              float w[FH_N_THIRDS])
{
  const FhEmitter* const emitter = &sources->emitters[e];
  far_paths(sources, emitter, d, paths);
  memset(sum, 0, sizeof *sum);
  const float factor = (float)(4.0 * FH_PI / sources->rho_c);
  for (size_t g = 0; g < N_GROUPS; ++g) {
    lines_add(table, paths, emitter->n_elements, g, 0, sum);
    lines_drive(&sources->drives[e].level[0], g, 0, sum);
    f8_store(w + 8 * g, lines_energy(sum, g, 0) * factor);
  }
}

static void
set_direction(const double el, const double az, float d[3])
{
  d[0] = (float)(cos(el) * cos(az));
  d[1] = (float)(cos(el) * sin(az));
  d[2] = (float)sin(el);
}

static bool
is_omni(const FhSources* const sources, const FhEmitter* const emitter)
{
  return emitter->n_elements == 1 &&
         sources->models[sources->elements[emitter->first_element].model]
             .pattern == PATTERN_OMNI;
}

/// Power from the table: zones of equal steps of elevation
static void
set_power(const FarField* const far, FhEmitter* const emitter)
{
  double sum[FH_N_THIRDS] = {0.0};
  double total = 0.0;
  const double step = FH_PI / (double)(far->n_el - 1);
  for (size_t i = 0; i < far->n_el; ++i) {
    const double el = (double)i * step - 0.5 * FH_PI;
    const double low = fmax(el - 0.5 * step, -0.5 * FH_PI);
    const double high = fmin(el + 0.5 * step, 0.5 * FH_PI);
    const double weight = (sin(high) - sin(low)) / (double)far->n_az;
    for (size_t j = 0; j < far->n_az; ++j) {
      for (size_t b = 0; b < FH_N_THIRDS; ++b) {
        sum[b] += weight * (double)far->w[i * far->n_az + j][b];
      }
      total += weight;
    }
  }
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    emitter->power_third_w[b] = (float)(sum[b] / total);
  }
}

/// Work of one thread at a time: an emitter's table
typedef struct {
  FhSources* sources;
  const LineTable* table;
  FhStatus* status; ///< [n_emitters]
} Job;

static FhStatus
build_table(FhSources* const sources,
            const LineTable* const table,
            const size_t e)
{
  FarField* const far = &sources->far[e];
  FhEmitter* const emitter = &sources->emitters[e];
  const size_t n_az = emitter->n_elements > 1 ? N_AZ_ARRAY : N_AZ;
  LineSum* const sum = (LineSum*)aligned_new(sizeof(LineSum));
  Path* const paths = (Path*)calloc(emitter->n_elements + 1, sizeof(Path));
  far->w = (float(*)[FH_N_THIRDS])calloc(N_EL * n_az, sizeof *far->w);
  far->octave_w =
    (float(*)[FH_N_OCTAVES])calloc(N_EL * n_az, sizeof *far->octave_w);
  if (!paths || !far->w || !far->octave_w || !sum) {
    free(paths);
    free(sum);
    return FH_ERR_NO_MEM;
  }
  far->n_el = N_EL;
  far->n_az = n_az;
  const size_t n_sub = emitter->n_elements > 1 ? N_SUB : 1;
  const double step = FH_PI / (double)(N_EL - 1);
  for (size_t i = 0; i < N_EL; ++i) {
    for (size_t j = 0; j < n_az; ++j) {
      float* const w = far->w[i * n_az + j];
      // All azimuths are one direction at a pole
      if (j && (!i || i + 1 == N_EL)) {
        memcpy(w, far->w[i * n_az], sizeof far->w[0]);
        continue;
      }
      for (size_t s = 0; s < n_sub; ++s) {
        const double offset = ((double)s + 0.5) / (double)n_sub - 0.5;
        const double el = ((double)i + offset) * step - 0.5 * FH_PI;
        float d[3];
        set_direction(el, 2.0 * FH_PI * (double)j / (double)n_az, d);
        float one[FH_N_THIRDS];
        far_direction(sources, table, e, d, paths, sum, one);
        for (size_t b = 0; b < FH_N_THIRDS; ++b) {
          w[b] += one[b] / (float)n_sub;
        }
      }
    }
  }
  free(paths);
  free(sum);
  set_power(far, emitter);
  for (size_t i = 0; i < N_EL * n_az; ++i) {
    fh_thirds_sum(far->w[i], far->octave_w[i]);
  }
  return FH_OK;
}

static void
build_one(void* const user, const unsigned worker, const uint64_t chunk)
{
  (void)worker;
  const Job* const job = (const Job*)user;
  const size_t e = (size_t)chunk;
  FhSources* const sources = job->sources;
  FhEmitter* const emitter = &sources->emitters[e];
  if (is_omni(sources, emitter)) {
    const DriveLines* const drive = &sources->drives[e].level[0];
    for (size_t b = 0; b < FH_N_THIRDS; ++b) {
      double p2 = 0.0;
      for (size_t s = 0; s < N_LINES; ++s) {
        p2 += (double)drive->amp[s][b] * (double)drive->amp[s][b];
      }
      emitter->power_third_w[b] = (float)(4.0 * FH_PI * p2 / sources->rho_c);
    }
  } else {
    job->status[e] = build_table(sources, job->table, e);
  }
  fh_thirds_sum(emitter->power_third_w, emitter->power_w);
}

FhStatus
far_build(FhSources* const sources)
{
  LineTable* const table = (LineTable*)aligned_new(sizeof(LineTable));
  FhStatus* const each =
    (FhStatus*)calloc(sources->n_emitters + 1, sizeof(FhStatus));
  FhStatus status = table && each ? FH_OK : FH_ERR_NO_MEM;
  if (!status) {
    lines_init(table);
    Job job = {sources, table, each};
    status = pool_run(
      pool_processors(), 0, sources->n_emitters, build_one, NULL, &job);
    for (size_t e = 0; !status && e < sources->n_emitters; ++e) {
      status = each[e];
    }
  }
  free(table);
  free(each);
  return status;
}

/// The four directions of a table about one, and their weights
typedef struct {
  size_t at[4];
  float weight[4];
} Corners;

static float
between(const float x, const float low, const float high)
{
  return x > low ? (x < high ? x : high) : low;
}

static Corners
corners_of(const FarField* const far, const float direction[3])
{
  const float z = between(direction[2], -1.0f, 1.0f);
  const float el =
    (asinf(z) * (float)(1.0 / FH_PI) + 0.5f) * (float)(far->n_el - 1);
  float az = atan2f(direction[1], direction[0]) * (float)(0.5 / FH_PI);
  az = (az < 0.0f ? az + 1.0f : az) * (float)far->n_az;
  const size_t i = (size_t)between(el, 0.0f, (float)(far->n_el - 2));
  const size_t n = far->n_az;
  const size_t j = (size_t)az % n;
  const size_t k = j + 1 < n ? j + 1 : 0;
  const float u = between(el - (float)i, 0.0f, 1.0f);
  const float v = az - (float)(size_t)az;
  const Corners c = {
    {i * n + j, i * n + k, (i + 1) * n + j, (i + 1) * n + k},
    {(1.0f - u) * (1.0f - v), (1.0f - u) * v, u * (1.0f - v), u * v}};
  return c;
}

void
fh_emitter_thirds(const FhSources* const sources,
                  const size_t emitter,
                  const float direction[3],
                  float w[FH_N_THIRDS])
{
  const FarField* const far = &sources->far[emitter];
  if (!far->w) {
    memcpy(
      w, sources->emitters[emitter].power_third_w, FH_N_THIRDS * sizeof *w);
    return;
  }
  const Corners corners = corners_of(far, direction);
  for (size_t g = 0; g < N_GROUPS; ++g) {
    F8 sum = f8_all(0.0f);
    for (size_t c = 0; c < 4; ++c) {
      sum += f8_load(&far->w[corners.at[c]][8 * g]) * corners.weight[c];
    }
    f8_store(w + 8 * g, sum);
  }
}

void
fh_emitter_octaves(const FhSources* const sources,
                   const size_t emitter,
                   const float direction[3],
                   float w[FH_N_OCTAVES])
{
  const FarField* const far = &sources->far[emitter];
  if (!far->w) {
    memcpy(w, sources->emitters[emitter].power_w, FH_N_OCTAVES * sizeof *w);
    return;
  }
  const Corners corners = corners_of(far, direction);
  F8 sum = f8_all(0.0f);
  for (size_t c = 0; c < 4; ++c) {
    sum += f8_load(far->octave_w[corners.at[c]]) * corners.weight[c];
  }
  f8_store(w, sum);
}
