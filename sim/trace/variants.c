// SPDX-License-Identifier: GPL-3.0-or-later
#include "pool.h"
#include "variant_walk.h"

#include <stdlib.h>

/// Radius of the volume about a point where there is room [m]
#define RADIUS_M 1.0f
/// Directions of sight by which the volume is found
#define VOLUME_RAYS 256u
/// Meetings are counted in sixteenths, so that their sums have room
#define HIT_UNIT 0.0625

/// A trace under way
typedef struct {
  FhScene scene; ///< The caller's, with the mean of the tables
  FhTraceDesc desc;
  Engine engine;
  size_t n_variants;
  Surface* surfaces[FH_VARIANTS_MAX]; ///< Owned
  VariantTally* tallies;              ///< [n_threads]; owned
  size_t n_eights;
  EightPoints* eights; ///< [n_eights]; owned
  FhTraceResult pilot;
  FhProgressFn progress;
  void* user;
  double done, share;
} Run;

/// A walk and the run that it belongs to
typedef struct {
  VariantWalk walk;
  Run* run;
} Watched;

FhVariantsDesc
fh_variants_desc_default(void)
{
  return (FhVariantsDesc){.seed = 1, .n_rays = 16384};
}

void
fh_variants_clear(FhVariants* const variants)
{
  free(variants->energy);
  free(variants->block_total);
  free(variants->hits);
  memset(variants, 0, sizeof *variants);
}

/// Mean of the tables, by which the weight window is made
static FhMaterial*
mean_table(const FhMaterial* const* const tables,
           const size_t n_variants,
           const size_t n_materials)
{
  FhMaterial* const mean =
    (FhMaterial*)calloc(n_materials + 1, sizeof(FhMaterial));
  const float share = 1.0f / (float)n_variants;
  for (size_t m = 0; mean && m < n_materials; ++m) {
    mean[m] = tables[0][m];
    memset(mean[m].absorption, 0, sizeof mean[m].absorption);
    memset(mean[m].scattering, 0, sizeof mean[m].scattering);
    memset(mean[m].transmission, 0, sizeof mean[m].transmission);
    for (size_t v = 0; v < n_variants; ++v) {
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        mean[m].absorption[b] += share * tables[v][m].absorption[b];
        mean[m].scattering[b] += share * tables[v][m].scattering[b];
        mean[m].transmission[b] += share * tables[v][m].transmission[b];
      }
    }
  }
  return mean;
}

static FhStatus
prepare_surfaces(Run* const run,
                 const FhMaterial* const* const tables,
                 FhDiag* const diag)
{
  FhStatus status = surfaces_new(&run->engine, diag);
  const size_t n = run->scene.n_materials;
  FhMaterial* const table = (FhMaterial*)calloc(n + 1, sizeof(FhMaterial));
  if (!table) {
    return FH_ERR_NO_MEM;
  }
  for (size_t v = 0; v < run->n_variants && !status; ++v) {
    memcpy(table, tables[v], n * sizeof *table);
    FhScene scene = run->scene;
    scene.materials = table;
    Engine engine;
    memset(&engine, 0, sizeof engine);
    engine.scene = &scene;
    status = surfaces_new(&engine, diag);
    run->surfaces[v] = engine.surfaces;
  }
  free(table);
  return status;
}

static FhStatus
prepare(Run* const run,
        const FhMaterial* const* const tables,
        const FhRadiator* const radiators,
        const size_t n_radiators,
        const float (*const points)[3],
        const size_t n_points,
        FhDiag* const diag)
{
  Engine* const engine = &run->engine;
  double air[FH_N_OCTAVES];
  fh_air_octaves(&run->scene.air, air);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    engine->air[b] = (float)air[b];
  }
  engine->speed_m_s = (float)fh_air_speed_m_s(&run->scene.air);
  FhStatus status = prepare_surfaces(run, tables, diag);
  engine->emitters = (Emitter*)engine_alloc(n_radiators, sizeof(Emitter));
  engine->mics = (Detector*)engine_alloc(n_points, sizeof(Detector));
  if (!engine->emitters || !engine->mics) {
    return FH_ERR_NO_MEM;
  }
  double delay_s = 0.0;
  engine->n_emitters = n_radiators;
  for (size_t e = 0; e < n_radiators && !status; ++e) {
    status = emitter_init(&engine->emitters[e], &radiators[e]);
    delay_s = fmax(delay_s, radiators[e].delay_s);
  }
  engine->n_mics = n_points;
  for (size_t p = 0; p < n_points && !status; ++p) {
    detector_init(
      engine, points[p], RADIUS_M, p, VOLUME_RAYS, &engine->mics[p]);
  }
  status = status ? status : window_new(engine, &run->pilot);
  engine->duration_s = engine->window.duration_s + (float)delay_s;
  engine->n_air =
    (size_t)(engine->window.duration_s * engine->speed_m_s / AIR_STEP_M) + 2;
  engine->air_at = (F8*)engine_alloc(engine->n_air, sizeof(F8));
  for (size_t i = 0; engine->air_at && i < engine->n_air; ++i) {
    engine->air_at[i] = engine_air_loss(engine, (float)i * AIR_STEP_M);
  }
  return status ? status : engine->air_at ? FH_OK : FH_ERR_NO_MEM;
}

/// Receivers in the order of the vector lanes
static FhStatus
prepare_eights(Run* const run)
{
  const Engine* const engine = &run->engine;
  run->n_eights = (engine->n_mics + 7) / 8;
  run->eights = (EightPoints*)engine_alloc(run->n_eights, sizeof(EightPoints));
  if (!run->eights) {
    return FH_ERR_NO_MEM;
  }
  for (size_t p = 0; p < 8 * run->n_eights; ++p) {
    EightPoints* const e = &run->eights[p / 8];
    const bool there = p < engine->n_mics;
    const Detector* const mic = &engine->mics[there ? p : 0];
    e->x[p % 8] = mic->at[0];
    e->y[p % 8] = mic->at[1];
    e->z[p % 8] = mic->at[2];
    e->radius2[p % 8] = there ? mic->radius_m * mic->radius_m : -1.0f;
  }
  return FH_OK;
}

static FhStatus
tally_make(VariantTally* const tally,
           const size_t n_variants,
           const size_t n_points,
           const size_t n_bins,
           const size_t n_hits)
{
  const size_t n_energy = n_variants * n_points * n_bins;
  const size_t n_blocks = n_variants * n_points * FH_VARIANTS_BLOCKS;
  tally->n_words = 8 * (n_energy + n_blocks + n_hits) + FH_VARIANTS_BLOCKS + 8;
  tally->words = (int64_t*)engine_alloc(tally->n_words, sizeof(int64_t));
  if (!tally->words) {
    return FH_ERR_NO_MEM;
  }
  int64_t* next = tally->words;
  tally->energy = (int64_t(*)[8])next;
  next += 8 * n_energy;
  tally->blocks = (int64_t(*)[8])next;
  next += 8 * n_blocks;
  tally->hits = (int64_t(*)[8])next;
  next += 8 * n_hits;
  tally->n_rays = next;
  tally->n_bounces = next + FH_VARIANTS_BLOCKS;
  return FH_OK;
}

static bool
watch(void* const user, const uint64_t n_done, const uint64_t n_chunks)
{
  // The pool hands the walk on: its run lies behind it
  const Run* const run = ((const Watched*)user)->run;
  return !run->progress ||
         run->progress(run->user,
                       "tracing",
                       run->done +
                         run->share * (double)n_done / (double)n_chunks);
}

static FhStatus
run_rays(Run* const run, const FhVariantsDesc* const desc, const size_t n_bins)
{
  const Engine* const engine = &run->engine;
  const uint64_t step = (uint64_t)CHUNK_RAYS * FH_VARIANTS_BLOCKS;
  const uint64_t n_chunks =
    (desc->n_rays + step - 1) / step * FH_VARIANTS_BLOCKS;
  FhStatus status = FH_OK;
  run->share = 1.0 / (double)engine->n_emitters;
  for (size_t e = 0; e < engine->n_emitters && !status; ++e) {
    Watched job = {{.engine = engine,
                    .emitter = &engine->emitters[e],
                    .emitter_index = e,
                    .n_variants = run->n_variants,
                    .surfaces = run->surfaces,
                    .n_bins = n_bins,
                    .n_eights = run->n_eights,
                    .eights = run->eights,
                    .count_hits = desc->material_hits,
                    .tallies = run->tallies},
                   run};
    status =
      pool_run(engine->n_threads, 0, n_chunks, variant_chunk, watch, &job);
    run->done += run->share;
  }
  return status;
}

/// From [point][n][variant] in fixed point to [variant][point][n]
static void
copy_out(const int64_t (*const sums)[8],
         const FhVariants* const shape,
         const size_t n,
         const double unit,
         float (*const out)[FH_N_OCTAVES])
{
  for (size_t p = 0; p < shape->n_points; ++p) {
    for (size_t i = 0; i < n; ++i) {
      for (size_t v = 0; v < shape->n_variants; ++v) {
        const int64_t* const from = sums[(p * n + i) * shape->n_variants + v];
        float* const to = out[(v * shape->n_points + p) * n + i];
        for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
          to[b] = (float)((double)from[b] * unit);
        }
      }
    }
  }
}

static FhStatus
fill(const Run* const run, const bool hits, FhVariants* const out)
{
  VariantTally* const sum = &run->tallies[0];
  for (unsigned i = 1; i < run->engine.n_threads; ++i) {
    for (size_t k = 0; k < sum->n_words; ++k) {
      sum->words[k] += run->tallies[i].words[k];
    }
  }
  const size_t receivers = out->n_variants * out->n_points;
  const size_t n_energy = receivers * out->n_bins;
  const size_t n_hits =
    hits ? out->n_points * out->n_bins * out->n_materials : 0;
  out->energy = (float(*)[8])calloc(n_energy + 1, sizeof *out->energy);
  out->block_total = (float(*)[8])calloc(receivers * FH_VARIANTS_BLOCKS + 1,
                                         sizeof *out->block_total);
  out->hits = hits ? (float(*)[8])calloc(n_hits + 1, sizeof *out->hits) : NULL;
  if (!out->energy || !out->block_total || (hits && !out->hits)) {
    return FH_ERR_NO_MEM;
  }
  // Every emitter has the same number of rays
  double n_rays = 0.0;
  for (size_t b = 0; b < FH_VARIANTS_BLOCKS; ++b) {
    n_rays += (double)sum->n_rays[b] / (double)run->engine.n_emitters;
  }
  const double unit = (double)VARIANT_SCALE / (FIXED_ONE * n_rays);
  copy_out(
    (const int64_t(*)[8])sum->energy, out, out->n_bins, unit, out->energy);
  copy_out((const int64_t(*)[8])sum->blocks,
           out,
           FH_VARIANTS_BLOCKS,
           unit * FH_VARIANTS_BLOCKS,
           out->block_total);
  for (size_t i = 0; i < n_hits; ++i) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      out->hits[i][b] = (float)((double)sum->hits[i][b] * unit / HIT_UNIT);
    }
  }
  out->n_bounces = (uint64_t)*sum->n_bounces;
  return FH_OK;
}

static void
run_clear(Run* const run)
{
  for (size_t e = 0; e < run->engine.n_emitters; ++e) {
    emitter_clear(&run->engine.emitters[e]);
  }
  for (size_t v = 0; v < run->n_variants; ++v) {
    free(run->surfaces[v]);
  }
  for (unsigned i = 0; run->tallies && i < run->engine.n_threads; ++i) {
    free(run->tallies[i].words);
  }
  free(run->tallies);
  free(run->eights);
  free(run->engine.emitters);
  free(run->engine.surfaces);
  free(run->engine.mics);
  free(run->engine.window.inverse);
  free(run->engine.air_at);
  free(run->scene.materials);
  fh_trace_result_clear(&run->pilot);
}

FhStatus
fh_trace_variants_radiators(const FhScene* const scene,
                            const FhRaycaster* const caster,
                            const FhRadiator* const radiators,
                            const size_t n_radiators,
                            const FhMaterial* const* const tables,
                            const size_t n_variants,
                            const float (*const points)[3],
                            const size_t n_points,
                            const FhVariantsDesc* const desc,
                            const FhProgressFn progress,
                            void* const user,
                            FhVariants* const out,
                            FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  if (!n_variants || n_variants > FH_VARIANTS_MAX || !n_radiators ||
      !n_points || !desc->n_rays ||
      (desc->material_hits && scene->n_materials > VARIANT_MAX_HITS)) {
    return FH_ERR_BAD_ARG;
  }
  Run* const run = (Run*)engine_alloc(1, sizeof(Run));
  if (!run) {
    return FH_ERR_NO_MEM;
  }
  run->scene = *scene;
  run->scene.materials = mean_table(tables, n_variants, scene->n_materials);
  run->n_variants = n_variants;
  run->desc = fh_trace_desc_default();
  run->desc.seed = desc->seed;
  run->desc.duration_s = desc->duration_s;
  run->progress = progress;
  run->user = user;
  run->engine.n_octets = 1;
  run->engine.scene = &run->scene;
  run->engine.caster = caster;
  run->engine.desc = &run->desc;
  run->engine.n_threads = desc->n_threads ? desc->n_threads : pool_processors();
  FhStatus status = run->scene.materials ? FH_OK : FH_ERR_NO_MEM;
  status =
    status
      ? status
      : prepare(run, tables, radiators, n_radiators, points, n_points, diag);
  status = status ? status : prepare_eights(run);
  if (!status) {
    out->n_variants = n_variants;
    out->n_points = n_points;
    out->n_materials = scene->n_materials;
    out->n_bins =
      (size_t)ceil((double)run->engine.duration_s / FH_VARIANTS_BIN_S) + 1;
    run->tallies =
      (VariantTally*)calloc(run->engine.n_threads, sizeof(VariantTally));
    status = run->tallies ? FH_OK : FH_ERR_NO_MEM;
  }
  const size_t n_hits =
    desc->material_hits ? n_points * out->n_bins * scene->n_materials : 0;
  for (unsigned i = 0; i < run->engine.n_threads && !status; ++i) {
    status =
      tally_make(&run->tallies[i], n_variants, n_points, out->n_bins, n_hits);
  }
  status = status ? status : run_rays(run, desc, out->n_bins);
  status = status ? status : fill(run, desc->material_hits, out);
  run_clear(run);
  free(run);
  if (status) {
    fh_variants_clear(out);
  }
  return status;
}
