// SPDX-License-Identifier: GPL-3.0-or-later
#include "model_file.h"
#include "samples.h"
#include "textfile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BANDS 512

static FhStatus
read_header(const TextFile* const file,
            double hz[MAX_BANDS],
            size_t* const n_hz,
            FhDiag* const diag)
{
  const TextLine* const line = &file->line[0];
  if (line->n_fields < 3 || strcmp(line->field[0], "theta_deg") != 0 ||
      strcmp(line->field[1], "phi_deg") != 0) {
    textfile_error(file,
                   diag,
                   line->number,
                   "a balloon begins with the line 'theta_deg,phi_deg,' and "
                   "the frequencies in Hz; angles are degrees");
    return FH_ERR_FORMAT;
  }
  *n_hz = line->n_fields - 2;
  if (*n_hz > MAX_BANDS) {
    textfile_error(file,
                   diag,
                   line->number,
                   "%zu frequencies are more than %d; give third octaves",
                   *n_hz,
                   MAX_BANDS);
    return FH_ERR_LIMIT;
  }
  for (size_t i = 0; i < *n_hz; ++i) {
    if (!textfile_number(line->field[2 + i], &hz[i]) || !(hz[i] >= 5.0) ||
        !(hz[i] > (i ? hz[i - 1] : 0.0))) {
      textfile_error(file,
                     diag,
                     line->number,
                     "'%s' is no frequency in Hz above the one before; name "
                     "the columns by rising frequencies",
                     line->field[2 + i]);
      return FH_ERR_FORMAT;
    }
  }
  return FH_OK;
}

static FhStatus
read_row(const TextFile* const file,
         const TextLine* const line,
         Samples* const samples,
         const size_t row,
         FhDiag* const diag)
{
  double theta = 0.0;
  double phi = 0.0;
  if (line->n_fields != samples->n_hz + 2) {
    textfile_error(file,
                   diag,
                   line->number,
                   "%zu fields where the first line has %zu; fill the row up",
                   line->n_fields,
                   samples->n_hz + 2);
    return FH_ERR_FORMAT;
  }
  if (!textfile_number(line->field[0], &theta) ||
      !textfile_number(line->field[1], &phi) ||
      !(theta >= 0.0 && theta <= 180.0) || !(phi >= -180.0 && phi <= 360.0)) {
    textfile_error(file,
                   diag,
                   line->number,
                   "theta is 0 to 180 and phi -180 to 360 degrees, not '%s' "
                   "and '%s'; convert them",
                   line->field[0],
                   line->field[1]);
    return FH_ERR_INVALID_DATA;
  }
  if (row) {
    const double t = samples->theta_deg[row - 1];
    const double p = samples->phi_deg[row - 1];
    if (theta < t || (theta == t && phi <= p)) {
      textfile_error(file,
                     diag,
                     line->number,
                     "angles must rise, theta first, then phi: (%g, %g) "
                     "follows (%g, %g); sort the rows and drop doubles",
                     theta,
                     phi,
                     t,
                     p);
      return FH_ERR_INVALID_DATA;
    }
  }
  samples->theta_deg[row] = theta;
  samples->phi_deg[row] = phi;
  for (size_t i = 0; i < samples->n_hz; ++i) {
    double db = 0.0;
    if (!textfile_number(line->field[2 + i], &db)) {
      textfile_error(file,
                     diag,
                     line->number,
                     "'%s' is no finite level; measure it again or take the "
                     "direction out",
                     line->field[2 + i]);
      return FH_ERR_INVALID_DATA;
    }
    if (fabs(db) > 200.0) {
      textfile_error(file,
                     diag,
                     line->number,
                     "%g is no level in dB; convert linear factors by 20 lg",
                     db);
      return FH_ERR_INVALID_DATA;
    }
    samples->db[row * samples->n_hz + i] = (float)db;
  }
  return FH_OK;
}

/// Mirror what a symmetric loudspeaker leaves out: (theta, phi) to its images
static FhStatus
complete(const Samples* const half, Samples* const whole)
{
  double low = 360.0;
  double high = -180.0;
  for (size_t i = 0; i < half->n_dirs; ++i) {
    if (half->theta_deg[i] > 0.0 && half->theta_deg[i] < 180.0) {
      low = fmin(low, half->phi_deg[i]);
      high = fmax(high, half->phi_deg[i]);
    }
  }
  const bool rotational = high <= low;
  const bool mirror_up = low >= 0.0 && high <= 180.0;    // Upper half alone
  const bool mirror_left = low >= -90.0 && high <= 90.0; // Right half alone
  const size_t n_images =
    rotational ? 24 : (mirror_up ? 2U : 1U) * (mirror_left ? 2U : 1U);
  const FhStatus status =
    samples_init(whole, half->file, n_images * half->n_dirs, half->n_hz, false);
  if (status) {
    return status;
  }
  memcpy(whole->hz, half->hz, half->n_hz * sizeof(double));
  for (size_t k = 0; k < n_images; ++k) {
    for (size_t i = 0; i < half->n_dirs; ++i) {
      double phi = half->phi_deg[i];
      if (rotational) {
        phi = 15.0 * (double)k;
      } else {
        phi = mirror_left && k % 2 ? 180.0 - phi : phi;
        phi = mirror_up && k / (mirror_left ? 2U : 1U) ? -phi : phi;
      }
      const size_t at = k * half->n_dirs + i;
      whole->theta_deg[at] = half->theta_deg[i];
      whole->phi_deg[at] = phi;
      memcpy(whole->db + at * half->n_hz,
             half->db + i * half->n_hz,
             half->n_hz * sizeof(float));
    }
  }
  return FH_OK;
}

/// Radians would lie within a few degrees of the axis
static bool
looks_like_radians(const Samples* const samples)
{
  double theta = 0.0;
  for (size_t i = 0; i < samples->n_dirs; ++i) {
    theta = fmax(theta, samples->theta_deg[i]);
  }
  return samples->n_dirs > 4 && theta <= 3.2;
}

static FhStatus
to_model(const Samples* const half, Model* const out, FhDiag* const diag)
{
  Samples whole;
  FhStatus status = complete(half, &whole);
  if (status) {
    return status;
  }
  status = samples_to_balloon(&whole, &out->balloon, diag);
  if (!status) {
    double db[MAX_BANDS];
    bool absolute = true;
    for (size_t i = 0; i < half->n_hz; ++i) {
      db[i] = samples_axis_db(half, i);
      absolute = absolute && db[i] > 40.0;
    }
    // A balloon relative to its axis says nothing of the level: a plain 90 dB
    for (size_t i = 0; !absolute && i < half->n_hz; ++i) {
      db[i] = 90.0;
    }
    out->pattern = PATTERN_BALLOON;
    out->splay_low = 1.0;
    out->input_dbw = 20.0;
    status = curve_set(&out->axis, half->hz, db, NULL, half->n_hz);
    if (!status && absolute) {
      status = curve_add_minimum_phase(&out->axis);
    }
  }
  samples_clear(&whole);
  return status;
}

FhStatus
read_balloon_csv(const char* const path, Model* const out, FhDiag* const diag)
{
  TextFile file;
  FhStatus status = textfile_read(path, ",", "#", &file, diag);
  if (status) {
    return status;
  }
  double hz[MAX_BANDS];
  size_t n_hz = 0;
  Samples samples;
  memset(&samples, 0, sizeof samples);
  if (file.n_lines < 2) {
    textfile_error(&file, diag, 0, "holds no directions; one row for each");
    status = FH_ERR_FORMAT;
  } else {
    status = read_header(&file, hz, &n_hz, diag);
  }
  if (!status) {
    status = samples_init(&samples, path, file.n_lines - 1, n_hz, false);
  }
  if (!status) {
    memcpy(samples.hz, hz, n_hz * sizeof(double));
    for (size_t i = 1; !status && i < file.n_lines; ++i) {
      status = read_row(&file, &file.line[i], &samples, i - 1, diag);
    }
  }
  if (!status && looks_like_radians(&samples)) {
    textfile_error(&file,
                   diag,
                   file.line[1].number,
                   "no theta is above 3.2: these look like radians; write "
                   "degrees");
    status = FH_ERR_INVALID_DATA;
  }
  if (!status) {
    status = to_model(&samples, out, diag);
  }
  samples_clear(&samples);
  textfile_clear(&file);
  return status;
}
