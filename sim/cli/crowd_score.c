// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd.h"
#include "crowd_folder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

FhStatus
fh_crowd_read_frames(const char* const folder,
                     const FhCrowdPart* const part,
                     const uint64_t seed,
                     CrowdFrames* const frames)
{
  bool there = true;
  FhStatus status = FH_OK;
  for (uint32_t i = 0; there && !status; ++i) {
    CrowdExample example;
    status = fh_crowd_read_venue(folder, i, NULL, &example, &there);
    const bool wanted = part
                          ? crowd_example_fold(i, part->n_folds) == part->fold
                          : crowd_example_held_out(i);
    if (!status && there && wanted) {
      status = crowd_frames_add(frames, &example, seed);
    }
    crowd_example_clear(&example);
    if (!status && fh_cli_interrupted()) {
      status = FH_ERR_INTERRUPTED;
    }
  }
  return status;
}

static double
root_mean(const double sum, const double n)
{
  return n > 0.0 ? sqrt(sum / n) : 0.0;
}

double
fh_crowd_rms(const CrowdScore* const score, const CrowdMethod method)
{
  const CrowdMethodSums* const m = &score->method[method];
  return root_mean(m->total2, m->n);
}

double
fh_crowd_tonal_rms(const CrowdScore* const score, const CrowdMethod method)
{
  const CrowdMethodSums* const m = &score->method[method];
  return root_mean(m->tonal2, m->n);
}

double
fh_crowd_octave_rms(const CrowdScore* const score,
                    const CrowdMethod method,
                    const size_t octave,
                    const bool tonal)
{
  const CrowdMethodSums* const m = &score->method[method];
  return root_mean(tonal ? m->tonal_band2[octave] : m->band2[octave], m->n);
}

double
fh_crowd_worse(const CrowdScore* const score,
               const CrowdMethod method,
               const bool tonally)
{
  const CrowdMethodSums* const m = &score->method[method];
  const double n = tonally ? m->n_tonal_worse : m->n_worse;
  return m->n > 0.0 ? n / m->n : 0.0;
}

double
fh_crowd_coverage(const CrowdScore* const score)
{
  return score->n_intervals > 0.0 ? score->n_covered / score->n_intervals : 0.0;
}

double
fh_crowd_occupancy_error(const CrowdScore* const score, const bool counted)
{
  const double n = score->n_occupancy[counted];
  return n > 0.0 ? score->occupancy_error[counted] / n : 0.0;
}

/// Rows of the venues outside one part
static FhStatus
rows_without(const CrowdRows* const rows,
             const FhCrowdPart* const part,
             CrowdRows* const out)
{
  const size_t n = rows->n_rows;
  memset(out, 0, sizeof *out);
  out->inputs = (float(*)[CROWD_N_INPUTS])calloc(n + 1, sizeof *out->inputs);
  out->targets = (float(*)[CROWD_N_TARGETS])calloc(n + 1, sizeof *out->targets);
  out->venue = (uint32_t*)calloc(n + 1, sizeof *out->venue);
  out->klass = (uint32_t*)calloc(n + 1, sizeof *out->klass);
  if (!out->inputs || !out->targets || !out->venue || !out->klass) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < n; ++i) {
    if (crowd_example_fold(rows->venue[i], part->n_folds) != part->fold) {
      const size_t r = out->n_rows++;
      memcpy(out->inputs[r], rows->inputs[i], sizeof *out->inputs);
      memcpy(out->targets[r], rows->targets[i], sizeof *out->targets);
      out->venue[r] = rows->venue[i];
      out->klass[r] = rows->klass[i];
    }
  }
  return FH_OK;
}

static void
print_line(const char* const name, const CrowdScore* const s)
{
  const double model = fh_crowd_rms(s, CROWD_MODEL);
  const double physics = fh_crowd_rms(s, CROWD_PHYSICS);
  printf("  %-12s %7.4f %7.4f %7.4f %7.4f %8.4f %8.4f\n",
         name,
         model,
         physics,
         physics > 0.0 ? model / physics : 0.0,
         fh_crowd_tonal_rms(s, CROWD_MODEL),
         fh_crowd_occupancy_error(s, false),
         fh_crowd_occupancy_error(s, true));
  (void)fflush(stdout);
}

FhStatus
fh_crowd_cross_validate(const char* const folder,
                        const CrowdRows* const rows,
                        const CrowdRecipe* const recipe,
                        const uint32_t n_folds,
                        FhProgress* const progress)
{
  FhCrowdModel* const model = crowd_model_new();
  CrowdScore classes[CROWD_N_CLASSES];
  CrowdScore sum;
  memset(classes, 0, sizeof classes);
  memset(&sum, 0, sizeof sum);
  CrowdRecipe part = *recipe;
  part.progress = fh_progress_step;
  part.user = progress;
  part.share = 1.0 / (double)n_folds;
  printf("  %-12s %7s %7s %7s %7s %8s %8s\n",
         "venues",
         "model",
         "physics",
         "ratio",
         "tonal",
         "occup.",
         "counted");
  FhStatus status = model ? FH_OK : FH_ERR_NO_MEM;
  for (uint32_t k = 0; k < n_folds && !status; ++k) {
    const FhCrowdPart left = {n_folds, k};
    CrowdRows others;
    CrowdFrames frames = {NULL, 0};
    CrowdScore one;
    memset(&one, 0, sizeof one);
    status = rows_without(rows, &left, &others);
    part.done = part.share * k;
    status = status
               ? status
               : crowd_train_network(&others, &part, CROWD_N_CLASSES, model);
    crowd_rows_clear(&others);
    status = status
               ? status
               : fh_crowd_read_frames(folder, &left, recipe->seed + 1, &frames);
    if (!status) {
      char name[32];
      crowd_frames_score(&frames, model, classes, &one);
      snprintf(name, sizeof name, "part %u", k + 1);
      fh_progress_end(progress);
      print_line(name, &one);
      crowd_score_add(&sum, &one);
    }
    crowd_frames_clear(&frames);
  }
  for (uint32_t c = 0; c < CROWD_N_CLASSES && !status; ++c) {
    if (classes[c].n_venues > 0.0) {
      print_line(crowd_class_name((CrowdClass)c), &classes[c]);
    }
  }
  if (!status) {
    print_line("all", &sum);
  }
  fh_crowd_model_free(model);
  return status;
}
