// SPDX-License-Identifier: GPL-3.0-or-later
#include "model_file.h"
#include "samples.h"
#include "textfile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
  The text form of CLF (clfgroup.org): tab-separated tags and values. A balloon
  is one block for each <BAND>: a row per arc about the axis (phi, the first
  one straight up, then clockwise seen from behind), a column per polar angle.
*/

#define MAX_BANDS 64

typedef struct {
  const TextFile* file;
  FhDiag* diag;
  double step_deg;
  size_t n_theta, n_arcs; ///< Given in the file
  bool negative;          ///< Levels are attenuations
  size_t n_bands;
  double hz[MAX_BANDS];
  size_t first[MAX_BANDS]; ///< First row of each band
} Clf;

/// The line of a tag, or null
static const TextLine*
find_tag(const TextFile* const file, const char* const tag)
{
  for (size_t i = 0; i < file->n_lines; ++i) {
    if (!strcmp(file->line[i].field[0], tag)) {
      return &file->line[i];
    }
  }
  return NULL;
}

/// First value of a tag, or ""
static const char*
tag_text(const TextFile* const file, const char* const tag)
{
  const TextLine* const line = find_tag(file, tag);
  for (size_t i = 1; line && i < line->n_fields; ++i) {
    if (*line->field[i] && line->field[i][0] != '#') {
      return line->field[i];
    }
  }
  return "";
}

/// Numbers that follow a tag; `<nodata>` is left out as NaN
static size_t
tag_numbers(const TextFile* const file,
            const char* const tag,
            double* const out,
            const size_t max)
{
  const TextLine* const line = find_tag(file, tag);
  size_t n = 0;
  for (size_t i = 1; line && i < line->n_fields && n < max; ++i) {
    double value = 0.0;
    if (line->field[i][0] == '#') {
      break;
    }
    if (textfile_number(line->field[i], &value)) {
      out[n++] = value;
    } else if (!strcmp(line->field[i], "<nodata>")) {
      out[n++] = NAN;
    }
  }
  return n;
}

static FhStatus
find_bands(Clf* const clf)
{
  for (size_t i = 0; i < clf->file->n_lines; ++i) {
    const TextLine* const line = &clf->file->line[i];
    if (strcmp(line->field[0], "<BAND>") != 0) {
      continue;
    }
    double hz = 0.0;
    if (clf->n_bands == MAX_BANDS || line->n_fields < 2 ||
        !textfile_number(line->field[1], &hz) ||
        !(hz > (clf->n_bands ? clf->hz[clf->n_bands - 1] : 0.0))) {
      textfile_error(clf->file,
                     clf->diag,
                     line->number,
                     "<BAND> needs a frequency in Hz above the one before");
      return FH_ERR_INVALID_DATA;
    }
    clf->hz[clf->n_bands] = hz;
    clf->first[clf->n_bands++] = i + 1;
  }
  if (!clf->n_bands) {
    textfile_error(clf->file,
                   clf->diag,
                   0,
                   "holds no <BAND>: a CLF text file has one block of levels "
                   "for each band");
    return FH_ERR_FORMAT;
  }
  return FH_OK;
}

/// How many arcs stand in the file, from its symmetry
static FhStatus
set_layout(Clf* const clf)
{
  const TextFile* const file = clf->file;
  const bool coarse = !strncmp(file->line[0].field[0], "<CLF1", 5);
  clf->step_deg = coarse ? 10.0 : 5.0;
  const size_t around = coarse ? 36 : 72;
  const bool half = !strcmp(tag_text(file, "<RADIATION>"), "<halfsphere>");
  clf->n_theta = (half ? around / 4 : around / 2) + 1;
  const char* const symmetry = tag_text(file, "<BALLOON-SYMMETRY>");
  if (!strcmp(symmetry, "<rotational>")) {
    clf->n_arcs = 1;
  } else if (!strcmp(symmetry, "<full>")) {
    clf->n_arcs = around / 4 + 1;
  } else if (!strcmp(symmetry, "<horizontal>") ||
             !strcmp(symmetry, "<vertical>")) {
    clf->n_arcs = around / 2 + 1;
  } else if (!strcmp(symmetry, "<none>") || !*symmetry) {
    clf->n_arcs = around;
  } else {
    textfile_error(file,
                   clf->diag,
                   find_tag(file, "<BALLOON-SYMMETRY>")->number,
                   "symmetry '%s' is not one of <none>, <horizontal>, "
                   "<vertical>, <full>, <rotational>; write the arcs out",
                   symmetry);
    return FH_ERR_UNSUPPORTED;
  }
  clf->negative = !strcmp(tag_text(file, "<SIGN>"), "<negative>") ||
                  !strcmp(tag_text(file, "<SIGN>"), "<inverted>");
  return FH_OK;
}

/// The arc of the file that stands for arc `k` of the whole circle
static size_t
arc_of(const Clf* const clf, const size_t k)
{
  const size_t around = (size_t)(360.0 / clf->step_deg + 0.5);
  const size_t half = around / 2;
  const size_t quarter = around / 4;
  if (clf->n_arcs == 1) {
    return 0;
  }
  if (clf->n_arcs == around) {
    return k;
  }
  if (!strcmp(tag_text(clf->file, "<BALLOON-SYMMETRY>"), "<vertical>")) {
    // Upper half from the left over the top to the right, mirrored below
    const size_t from_left = (k + quarter) % around;
    return from_left <= half ? from_left : around - from_left;
  }
  const size_t side = k <= half ? k : around - k;
  return clf->n_arcs == quarter + 1 && side > quarter ? half - side : side;
}

static FhStatus
read_level(const Clf* const clf,
           const size_t band,
           const size_t arc,
           const size_t theta,
           float* const out)
{
  const size_t row = clf->first[band] + arc;
  const TextLine* const line =
    row < clf->file->n_lines ? &clf->file->line[row] : NULL;
  if (!line || line->field[0][0] == '<') {
    textfile_error(clf->file,
                   clf->diag,
                   line ? line->number : 0,
                   "band %g Hz has only %zu of %zu arcs; directions are "
                   "missing, export the whole balloon",
                   clf->hz[band],
                   arc,
                   clf->n_arcs);
    return FH_ERR_INVALID_DATA;
  }
  double db = 0.0;
  if (theta >= line->n_fields || !textfile_number(line->field[theta], &db)) {
    textfile_error(clf->file,
                   clf->diag,
                   line->number,
                   "column %zu is no finite level; the arc has %zu columns",
                   theta + 1,
                   clf->n_theta);
    return FH_ERR_INVALID_DATA;
  }
  *out = (float)(clf->negative ? -db : db);
  return FH_OK;
}

static FhStatus
fill(const Clf* const clf, Samples* const samples)
{
  const size_t around = (size_t)(360.0 / clf->step_deg + 0.5);
  const size_t n_theta = around / 2 + 1;
  memcpy(samples->hz, clf->hz, clf->n_bands * sizeof(double));
  for (size_t k = 0; k < around; ++k) {
    for (size_t t = 0; t < n_theta; ++t) {
      const size_t d = k * n_theta + t;
      samples->theta_deg[d] = clf->step_deg * (double)t;
      // Straight up, then clockwise: phi of ours turns the other way
      const double phi = 90.0 - clf->step_deg * (double)k;
      samples->phi_deg[d] = phi < 0.0 ? phi + 360.0 : phi;
      // A half space radiates nothing behind: 40 dB under the last arc
      const size_t given = t < clf->n_theta ? t : clf->n_theta - 1;
      for (size_t b = 0; b < clf->n_bands; ++b) {
        float* const out = &samples->db[d * clf->n_bands + b];
        const FhStatus status = read_level(clf, b, arc_of(clf, k), given, out);
        if (status) {
          return status;
        }
        *out -= t < clf->n_theta ? 0.0f : 40.0f;
      }
    }
  }
  return FH_OK;
}

/// Sensitivity per band, else flat at 90 dB
static FhStatus
set_axis(const Clf* const clf, Model* const out)
{
  double db[MAX_BANDS];
  double spectrum[MAX_BANDS];
  const size_t n = tag_numbers(clf->file, "<SENSITIVITY>", spectrum, MAX_BANDS);
  size_t kept = 0;
  double hz[MAX_BANDS];
  for (size_t b = 0; b < clf->n_bands; ++b) {
    const double value = n == clf->n_bands ? spectrum[b] : 90.0;
    if (isfinite(value)) {
      hz[kept] = clf->hz[b];
      db[kept++] = value;
    }
  }
  FhStatus status = curve_set(&out->axis, hz, db, NULL, kept);
  if (!status && n == clf->n_bands) {
    status = curve_add_minimum_phase(&out->axis);
  }
  return status;
}

static void
copy_text(char* const out, const size_t size, const char* const text)
{
  const size_t n = strlen(text) < size - 1 ? strlen(text) : size - 1;
  memcpy(out, text, n);
  out[n] = '\0';
}

FhStatus
read_clf_text(const char* const path, Model* const out, FhDiag* const diag)
{
  TextFile file;
  FhStatus status = textfile_read(path, "\t", "#", &file, diag);
  if (status) {
    return status;
  }
  Clf clf;
  memset(&clf, 0, sizeof clf);
  clf.file = &file;
  clf.diag = diag;
  if (!file.n_lines || strncmp(file.line[0].field[0], "<CLF", 4) != 0) {
    textfile_error(&file,
                   diag,
                   file.n_lines ? file.line[0].number : 0,
                   "does not begin with <CLF1> or <CLF2>; is it the text form "
                   "of a CLF file?");
    status = FH_ERR_FORMAT;
  }
  if (!status) {
    status = find_bands(&clf);
  }
  if (!status) {
    status = set_layout(&clf);
  }
  Samples samples;
  memset(&samples, 0, sizeof samples);
  if (!status) {
    const size_t around = (size_t)(360.0 / clf.step_deg + 0.5);
    status = samples_init(
      &samples, path, around * (around / 2 + 1), clf.n_bands, false);
  }
  if (!status) {
    status = fill(&clf, &samples);
  }
  if (!status) {
    status = samples_to_balloon(&samples, &out->balloon, diag);
  }
  if (!status) {
    out->pattern = PATTERN_BALLOON;
    out->splay_low = 1.0;
    out->input_dbw = 20.0;
    copy_text(out->name, sizeof out->name, tag_text(&file, "<MODELNAME>"));
    copy_text(out->description,
              sizeof out->description,
              tag_text(&file, "<DESCRIPTION>"));
    status = set_axis(&clf, out);
  }
  samples_clear(&samples);
  textfile_clear(&file);
  return status;
}
