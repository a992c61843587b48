// SPDX-License-Identifier: GPL-3.0-or-later
#include "model_file.h"
#include "textfile.h"

#include <math.h>
#include <stdlib.h>

FhStatus
read_frd(const char* const path, Curve* const out, FhDiag* const diag)
{
  TextFile file;
  FhStatus status = textfile_read(path, " \t;", "*#\"!", &file, diag);
  if (status) {
    return status;
  }
  double* const hz = (double*)calloc(file.n_lines + 1, sizeof(double));
  double* const db = (double*)calloc(file.n_lines + 1, sizeof(double));
  double* const turn = (double*)calloc(file.n_lines + 1, sizeof(double));
  bool phase = true;
  size_t n = 0;
  if (!hz || !db || !turn) {
    status = FH_ERR_NO_MEM;
  }
  for (size_t i = 0; !status && i < file.n_lines; ++i) {
    const TextLine* const line = &file.line[i];
    double degrees = 0.0;
    if (!textfile_number(line->field[0], &hz[n]) && !n) {
      continue; // Words before the table
    }
    if (line->n_fields < 2 || !textfile_number(line->field[0], &hz[n]) ||
        !textfile_number(line->field[1], &db[n]) ||
        (line->n_fields > 2 && !textfile_number(line->field[2], &degrees))) {
      textfile_error(&file,
                     diag,
                     line->number,
                     "needs frequency [Hz], level [dB] and, if known, phase "
                     "[degrees] as finite numbers");
      status = FH_ERR_INVALID_DATA;
    } else if (!(hz[n] > (n ? hz[n - 1] : 0.0))) {
      textfile_error(&file,
                     diag,
                     line->number,
                     "frequencies must rise, but %g Hz follows %g Hz; sort the "
                     "lines",
                     hz[n],
                     n ? hz[n - 1] : 0.0);
      status = FH_ERR_INVALID_DATA;
    } else if (fabs(db[n]) > 200.0) {
      textfile_error(&file,
                     diag,
                     line->number,
                     "%g is no level in dB; is the second column linear?",
                     db[n]);
      status = FH_ERR_INVALID_DATA;
    }
    phase = phase && line->n_fields > 2;
    turn[n] = degrees / 360.0;
    if (n) {
      turn[n] -= rint(turn[n] - turn[n - 1]);
    }
    ++n;
  }
  if (!status && n < 2) {
    textfile_error(&file, diag, 0, "holds no curve; two lines at least");
    status = FH_ERR_FORMAT;
  }
  if (!status) {
    status = curve_set(out, hz, db, phase ? turn : NULL, n);
  }
  if (!status && !phase) {
    status = curve_add_minimum_phase(out);
  }
  free(hz);
  free(db);
  free(turn);
  textfile_clear(&file);
  return status;
}
