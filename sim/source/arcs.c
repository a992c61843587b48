// SPDX-License-Identifier: GPL-3.0-or-later
#include "arcs.h"

#include "textfile.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
arcs_clear(Arcs* const arcs)
{
  free(arcs->hz);
  free(arcs->horizontal);
  free(arcs->vertical);
  memset(arcs, 0, sizeof *arcs);
}

/// Column of each angle; false when one is missing, named in `missing`
static bool
find_columns(const TextLine* const names,
             size_t column[ARC_POINTS],
             int* const missing)
{
  for (size_t i = 0; i < ARC_POINTS; ++i) {
    column[i] = SIZE_MAX;
  }
  for (size_t f = 0; f < names->n_fields; f += 2) {
    const char* const name = names->field[f];
    char* end = NULL;
    const long degrees = strncmp(name, "On", 2) ? strtol(name, &end, 10) : 0;
    if (degrees >= -180 && degrees <= 180 && degrees % 10 == 0 &&
        (end != name)) {
      column[((degrees + 360) / 10) % ARC_POINTS] = f;
    }
  }
  for (size_t i = 0; i < ARC_POINTS; ++i) {
    if (column[i] == SIZE_MAX) {
      *missing = (int)(i <= 18 ? 10 * i : 0) - (i > 18 ? 360 - 10 * (int)i : 0);
      return false;
    }
  }
  return true;
}

/// A number with commas between thousands
static bool
grouped_number(const char* const field, double* const out)
{
  char plain[64];
  size_t n = 0;
  for (const char* at = field; *at && n + 1 < sizeof plain; ++at) {
    if (*at != ',') {
      plain[n++] = *at;
    }
  }
  plain[n] = '\0';
  return textfile_number(plain, out);
}

static FhStatus
read_rows(const TextFile* const file,
          const size_t column[ARC_POINTS],
          const size_t first,
          Arcs* const arcs,
          float (*const level)[ARC_POINTS],
          FhDiag* const diag)
{
  for (size_t r = 0; r < arcs->n_hz; ++r) {
    const TextLine* const line = &file->line[first + r];
    for (size_t i = 0; i < ARC_POINTS; ++i) {
      double hz = 0.0;
      double db = 0.0;
      if (column[i] + 1 >= line->n_fields ||
          !grouped_number(line->field[column[i]], &hz) ||
          !grouped_number(line->field[column[i] + 1], &db)) {
        textfile_error(file,
                       diag,
                       line->number,
                       "column %zu has no finite frequency and level; export "
                       "the table again",
                       column[i] + 1);
        return FH_ERR_INVALID_DATA;
      }
      if (!(arcs->hz[r] > 0.0)) {
        if (!(hz > (r ? arcs->hz[r - 1] : 0.0))) {
          textfile_error(file,
                         diag,
                         line->number,
                         "frequencies must rise, but %g Hz stands here; sort "
                         "the rows",
                         hz);
          return FH_ERR_INVALID_DATA;
        }
        arcs->hz[r] = hz;
      }
      if (fabs(hz - arcs->hz[r]) > 1e-3 * hz) {
        textfile_error(file,
                       diag,
                       line->number,
                       "the curves differ in frequency (%g and %g Hz); export "
                       "all on the same grid",
                       hz,
                       arcs->hz[r]);
        return FH_ERR_INVALID_DATA;
      }
      level[r][i] = (float)db;
    }
  }
  return FH_OK;
}

static FhStatus
read_circle(const char* const folder,
            const char* const name,
            Arcs* const arcs,
            float (** const level)[ARC_POINTS],
            FhDiag* const diag)
{
  char path[1400];
  (void)snprintf(path, sizeof path, "%s/%s", folder, name);
  TextFile file;
  FhStatus status = textfile_read(path, "\t", "", &file, diag);
  if (status) {
    return status;
  }
  size_t column[ARC_POINTS];
  int missing = 0;
  if (file.n_lines < 4) {
    textfile_error(&file,
                   diag,
                   0,
                   "has no rows of levels; three header lines and a table are "
                   "expected");
    status = FH_ERR_FORMAT;
  } else if (!find_columns(&file.line[1], column, &missing)) {
    textfile_error(&file,
                   diag,
                   file.line[1].number,
                   "no curve at %d degrees; measure every 10 degrees all "
                   "around",
                   missing);
    status = FH_ERR_INVALID_DATA;
  }
  const size_t n_hz = file.n_lines > 3 ? file.n_lines - 3 : 0;
  if (!status && !arcs->hz) {
    arcs->n_hz = n_hz;
    arcs->hz = (double*)calloc(n_hz, sizeof(double));
  }
  if (!status && n_hz != arcs->n_hz) {
    textfile_error(&file,
                   diag,
                   0,
                   "has %zu frequencies, the horizontal circle %zu; export "
                   "both on the same grid",
                   n_hz,
                   arcs->n_hz);
    status = FH_ERR_INVALID_DATA;
  }
  if (!status) {
    *level = (float(*)[ARC_POINTS])calloc(n_hz, sizeof **level);
    status = *level && arcs->hz
               ? read_rows(&file, column, 3, arcs, *level, diag)
               : FH_ERR_NO_MEM;
  }
  textfile_clear(&file);
  return status;
}

FhStatus
arcs_read(const char* const folder, Arcs* const out, FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  FhStatus status =
    read_circle(folder, "SPL Horizontal.txt", out, &out->horizontal, diag);
  if (!status) {
    status = read_circle(folder, "SPL Vertical.txt", out, &out->vertical, diag);
  }
  if (status) {
    arcs_clear(out);
  }
  return status;
}

static double
energy(const float db)
{
  return pow(10.0, (double)db / 10.0);
}

double
arcs_listening_window_db(const Arcs* const arcs, const size_t i)
{
  const float* const h = arcs->horizontal[i];
  const float* const v = arcs->vertical[i];
  const double sum = energy(h[0]) + energy(h[1]) + energy(h[35]) +
                     energy(h[2]) + energy(h[34]) + energy(h[3]) +
                     energy(h[33]) + energy(v[1]) + energy(v[35]);
  return 10.0 * log10(sum / 9.0);
}

double
arcs_sound_power_db(const Arcs* const arcs, const size_t i)
{
  // CTA-2034-A, table of weights: 0, 10 ... 90 degrees off axis
  static const double weight[10] = {0.000604486,
                                    0.004730189,
                                    0.008955027,
                                    0.012387354,
                                    0.014989611,
                                    0.016868154,
                                    0.018165962,
                                    0.019006744,
                                    0.019477787,
                                    0.019629373};
  double sum = 0.0;
  double total = 0.0;
  for (size_t k = 0; k < ARC_POINTS; ++k) {
    const size_t off = k <= 18 ? k : ARC_POINTS - k;
    const double w = weight[off <= 9 ? off : 18 - off];
    // The circles share their points on the axis and behind
    sum += w * energy(arcs->horizontal[i][k]);
    total += w;
    if (k != 0 && k != 18) {
      sum += w * energy(arcs->vertical[i][k]);
      total += w;
    }
  }
  return 10.0 * log10(sum / total);
}

double
arcs_directivity_index_db(const Arcs* const arcs, const size_t i)
{
  return arcs_listening_window_db(arcs, i) - arcs_sound_power_db(arcs, i);
}
