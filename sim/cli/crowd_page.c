// SPDX-License-Identifier: GPL-3.0-or-later
#include "crowd.h"
#include "files.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 4096

/// One column per class, then all
#define N_COLUMNS (CROWD_N_CLASSES + 1u)

static const char* const octave_name[FH_N_OCTAVES] =
  {"63 Hz", "125 Hz", "250 Hz", "500 Hz", "1 kHz", "2 kHz", "4 kHz", "8 kHz"};

static const CrowdScore*
column(const FhCrowdScores* const s, const size_t i)
{
  return i < CROWD_N_CLASSES ? &s->classes[i] : &s->all;
}

static void
write_head(FILE* const f, const char* const corner)
{
  fprintf(f, "\n| %s |", corner);
  for (size_t i = 0; i < CROWD_N_CLASSES; ++i) {
    fprintf(f, " %s |", crowd_class_name((CrowdClass)i));
  }
  fputs(" all |\n|---|", f);
  for (size_t i = 0; i < N_COLUMNS; ++i) {
    fputs("---:|", f);
  }
  fputs("\n", f);
}

/// Rows of rms errors, the model's bold
static void
write_errors(FILE* const f, const FhCrowdScores* const s, const bool tonal)
{
  write_head(f, tonal ? "tonal, rms dB" : "total, rms dB");
  for (size_t i = 0; i < CROWD_N_METHODS; ++i) {
    const CrowdMethod m = (CrowdMethod)i;
    const char* const face = m == CROWD_MODEL ? "**" : "";
    fprintf(f, "| %s%s%s |", face, crowd_method_name(m), face);
    for (size_t c = 0; c < N_COLUMNS; ++c) {
      fprintf(f,
              " %s%.3f%s |",
              face,
              tonal ? fh_crowd_tonal_rms(column(s, c), m)
                    : fh_crowd_rms(column(s, c), m),
              face);
    }
    fputs("\n", f);
  }
}

static double
ratio(const CrowdScore* const s, const CrowdMethod to, const bool tonal)
{
  const double model =
    tonal ? fh_crowd_tonal_rms(s, CROWD_MODEL) : fh_crowd_rms(s, CROWD_MODEL);
  const double other = tonal ? fh_crowd_tonal_rms(s, to) : fh_crowd_rms(s, to);
  return other > 0.0 ? model / other : 0.0;
}

static void
write_ratios(FILE* const f, const FhCrowdScores* const s)
{
  static const CrowdMethod to[] = {CROWD_NOTHING, CROWD_RAW, CROWD_PHYSICS};
  write_head(f, "model over");
  for (size_t i = 0; i < 2 * (sizeof to / sizeof *to); ++i) {
    const CrowdMethod m = to[i / 2];
    const bool tonal = i % 2;
    fprintf(f, "| %s%s |", crowd_method_name(m), tonal ? ", tonally" : "");
    for (size_t c = 0; c < N_COLUMNS; ++c) {
      fprintf(f, " %.3f |", ratio(column(s, c), m, tonal));
    }
    fputs("\n", f);
  }
}

static void
write_octaves(FILE* const f, const CrowdScore* const s)
{
  static const CrowdMethod shown[] = {
    CROWD_NOTHING, CROWD_RAW, CROWD_SIM_COUNT, CROWD_PHYSICS, CROWD_MODEL};
  for (int tonal = 0; tonal < 2; ++tonal) {
    fprintf(f, "\n| %s, rms dB |", tonal ? "tonal" : "total");
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      fprintf(f, " %s |", octave_name[b]);
    }
    fputs("\n|---|---:|---:|---:|---:|---:|---:|---:|---:|\n", f);
    for (size_t i = 0; i < sizeof shown / sizeof *shown; ++i) {
      fprintf(f, "| %s |", crowd_method_name(shown[i]));
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        fprintf(f, " %.2f |", fh_crowd_octave_rms(s, shown[i], b, tonal == 1));
      }
      fputs("\n", f);
    }
    if (!tonal) {
      fputs("| standard error of the truth |", f);
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        fprintf(f, " %.2f |", sqrt(s->truth2[b] / s->n_venues));
      }
      fputs("\n", f);
    }
  }
}

static void
write_shows(FILE* const f, const FhCrowdScores* const s)
{
  static const struct {
    const char* name;
    CrowdMethod method;
    bool tonal;
  } worse[] = {
    {"applied: over 0.1 dB worse than nothing", CROWD_APPLIED, false},
    {"the same, tonally", CROWD_APPLIED, true},
    {"in full: worse", CROWD_MODEL, false},
    {"the same, tonally", CROWD_MODEL, true},
    {"physics fit: worse", CROWD_PHYSICS, false},
    {"raw inverse: worse", CROWD_RAW, false},
  };
  write_head(f, "shows and intervals");
  for (size_t i = 0; i < sizeof worse / sizeof *worse; ++i) {
    fprintf(f, "| %s |", worse[i].name);
    for (size_t c = 0; c < N_COLUMNS; ++c) {
      fprintf(f,
              " %.1f %% |",
              100.0 *
                fh_crowd_worse(column(s, c), worse[i].method, worse[i].tonal));
    }
    fputs("\n", f);
  }
  fputs("| 90 % intervals hold |", f);
  for (size_t c = 0; c < N_COLUMNS; ++c) {
    fprintf(f, " %.1f %% |", 100.0 * fh_crowd_coverage(column(s, c)));
  }
  for (int counted = 0; counted < 2; ++counted) {
    fprintf(
      f, "\n| occupancy off by, %s count |", counted ? "with a" : "without");
    for (size_t c = 0; c < N_COLUMNS; ++c) {
      fprintf(
        f, " %.3f |", fh_crowd_occupancy_error(column(s, c), counted == 1));
    }
  }
  fputs("\n", f);
}

static void
write_variants(FILE* const f,
               const FhCrowdComparison* const c,
               const FhCrowdVariantKind kind,
               const char* const corner)
{
  fprintf(f,
          "\n| %s | model, rms dB | tonal | physics fit | occupancy, no count "
          "| 90 %% intervals hold |\n|---|---:|---:|---:|---:|---:|\n",
          corner);
  for (size_t i = 0; i < c->n; ++i) {
    const FhCrowdVariant* const v = &c->variant[i];
    const bool whole = v->kind == FH_CROWD_BASE &&
                       (kind == FH_CROWD_SIZE || kind == FH_CROWD_ABLATION);
    if (v->kind != kind && !whole) {
      continue;
    }
    char name[96];
    if (whole && kind == FH_CROWD_SIZE) {
      snprintf(name, sizeof name, "%u venues", v->n_venues);
    } else {
      snprintf(name, sizeof name, "%s", v->name);
    }
    fprintf(f,
            "| %s | %.3f | %.3f | %.3f | %.3f | %.1f %% |\n",
            name,
            fh_crowd_rms(&v->score, CROWD_MODEL),
            fh_crowd_tonal_rms(&v->score, CROWD_MODEL),
            fh_crowd_rms(&v->score, CROWD_PHYSICS),
            fh_crowd_occupancy_error(&v->score, false),
            100.0 * fh_crowd_coverage(&v->score));
  }
}

static void
write_page(FILE* const f, const FhCrowdScores* const s)
{
  fprintf(f,
          "# Results\n\n%.0f venues that were held out, version %s. Written by "
          "`fullhouse crowd evaluate --page`;\nwhat the words mean is in "
          "[README.md](README.md).\n\n![Errors by octave](octaves.png)\n",
          s->all.n_venues,
          FULLHOUSE_VERSION);
  write_octaves(f, &s->all);
  fputs("\n![By class](classes.png)\n\nDashed: what was asked, of all "
        "classes together.\n",
        f);
  write_errors(f, s, false);
  write_errors(f, s, true);
  write_ratios(f, s);
  write_shows(f, s);
  fputs("\n## Trained in place of the weights\n\n![Venues and "
        "parts](parts.png)\n",
        f);
  write_variants(f, s->comparison, FH_CROWD_SIZE, "learned from");
  write_variants(f, s->comparison, FH_CROWD_ABLATION, "left out");
  write_variants(f, s->comparison, FH_CROWD_CLASS, "class not learned");
  write_variants(
    f, s->comparison, FH_CROWD_CLASS_UNGATED, "the same without the gate");
}

FhStatus
fh_crowd_write_page(const char* const folder, const FhCrowdScores* const scores)
{
  char* text = NULL;
  size_t size = 0;
  FILE* const f = open_memstream(&text, &size);
  if (!f) {
    return FH_ERR_NO_MEM;
  }
  write_page(f, scores);
  if (fclose(f)) {
    free(text);
    return FH_ERR_NO_MEM;
  }
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s/results.md", folder);
  FhStatus status = FH_OK;
  if (!fh_cli_write_file(path, text, size)) {
    fh_cli_error(
      "%s: %s; choose a folder that is there", path, strerror(errno));
    status = FH_ERR_IO;
  }
  free(text);
  return status ? status : fh_crowd_draw_page(folder, scores);
}
