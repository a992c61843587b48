// SPDX-License-Identifier: GPL-3.0-or-later
#include "model_file.h"
#include "samples.h"

#include <math.h>
#include <netcdf.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  const char* path;
  FhDiag* diag;
  int file;
} Sofa;

static FhStatus
complain(const Sofa* const sofa, const FhStatus status, const char* const text)
{
  fh_diag_add(sofa->diag, FH_DIAG_ERROR, sofa->path, 0, 0, "%s", text);
  return status;
}

/// A text attribute of the file or a variable, "" where there is none
static void
attribute(const Sofa* const sofa,
          const int variable,
          const char* const name,
          char* const out,
          const size_t size)
{
  out[0] = '\0';
  size_t length = 0;
  nc_type type = NC_NAT;
  if (nc_inq_att(sofa->file, variable, name, &type, &length) || !length) {
    return;
  }
  if (type == NC_CHAR && length < size) {
    if (!nc_get_att_text(sofa->file, variable, name, out)) {
      out[length] = '\0';
    }
  } else if (type == NC_STRING && length == 1) {
    char* text = NULL;
    if (!nc_get_att_string(sofa->file, variable, name, &text) && text) {
      const size_t n = strlen(text) < size - 1 ? strlen(text) : size - 1;
      memcpy(out, text, n);
      out[n] = '\0';
    }
    (void)nc_free_string(1, &text);
  }
}

/// A variable of doubles with its dimensions; null when it is not there
static double*
variable(const Sofa* const sofa,
         const char* const name,
         size_t shape[4],
         int* const n_dims,
         int* const id)
{
  int dims[NC_MAX_VAR_DIMS];
  if (nc_inq_varid(sofa->file, name, id) ||
      nc_inq_varndims(sofa->file, *id, n_dims) || *n_dims > 4 ||
      nc_inq_vardimid(sofa->file, *id, dims)) {
    return NULL;
  }
  size_t n = 1;
  for (int i = 0; i < *n_dims; ++i) {
    if (nc_inq_dimlen(sofa->file, dims[i], &shape[i]) ||
        shape[i] > (size_t)1 << 28 || n * shape[i] > (size_t)1 << 28) {
      return NULL;
    }
    n *= shape[i];
  }
  double* const data = (double*)calloc(n + 1, sizeof(double));
  if (data && nc_get_var_double(sofa->file, *id, data)) {
    free(data);
    return NULL;
  }
  return data;
}

/// Directions of the receivers in local axes: the source looks along x, z is up
static FhStatus
read_directions(const Sofa* const sofa, const size_t n, Samples* const samples)
{
  size_t shape[4] = {0};
  int n_dims = 0;
  int id = 0;
  double* const at = variable(sofa, "ReceiverPosition", shape, &n_dims, &id);
  if (!at || n_dims < 2 || shape[0] != n || shape[1] != 3) {
    free(at);
    return complain(sofa,
                    FH_ERR_FORMAT,
                    "ReceiverPosition does not hold one position for each "
                    "receiver; is the file complete?");
  }
  char type[64];
  attribute(sofa, id, "Type", type, sizeof type);
  // A third dimension counts measurements; the first one holds for all
  const size_t stride = n_dims > 2 ? shape[2] : 1;
  for (size_t i = 0; i < n; ++i) {
    const double a = at[(3 * i + 0) * stride];
    const double b = at[(3 * i + 1) * stride];
    const double c = at[(3 * i + 2) * stride];
    double v[3] = {a, b, c};
    if (!strcmp(type, "spherical")) {
      const double az = a * FH_PI / 180.0;
      const double el = b * FH_PI / 180.0;
      v[0] = cos(el) * cos(az);
      v[1] = cos(el) * sin(az);
      v[2] = sin(el);
    }
    const double r = sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    if (!(r > 0.0)) {
      free(at);
      return complain(sofa,
                      FH_ERR_INVALID_DATA,
                      "a receiver lies in the source or nowhere; directions "
                      "cannot be told");
    }
    const double ahead = fmax(-1.0, fmin(1.0, v[0] / r));
    samples->theta_deg[i] = acos(ahead) * 180.0 / FH_PI;
    // Right is -y of theirs
    const double phi = atan2(v[2], -v[1]) * 180.0 / FH_PI;
    samples->phi_deg[i] = phi < 0.0 ? phi + 360.0 : phi;
  }
  free(at);
  return FH_OK;
}

/// Of several measurements (drivers) the one that is loudest over the sphere
static size_t
loudest(const double* const re,
        const double* const im,
        const size_t n_measured,
        const size_t n_dirs,
        const size_t n_hz,
        const size_t hz)
{
  size_t best = 0;
  double most = -1.0;
  for (size_t m = 0; m < n_measured; ++m) {
    double energy = 0.0;
    for (size_t d = 0; d < n_dirs; ++d) {
      const size_t at = (m * n_dirs + d) * n_hz + hz;
      energy += re[at] * re[at] + im[at] * im[at];
    }
    if (energy > most) {
      most = energy;
      best = m;
    }
  }
  return best;
}

static FhStatus
read_data(const Sofa* const sofa, const size_t measurement, Model* const out)
{
  size_t shape[4] = {0};
  size_t other[4] = {0};
  int n_dims = 0;
  int id = 0;
  double* const re = variable(sofa, "Data.Real", shape, &n_dims, &id);
  double* const im = variable(sofa, "Data.Imag", other, &n_dims, &id);
  size_t n_shape[4] = {0};
  int hz_dims = 0;
  double* const hz = variable(sofa, "N", n_shape, &hz_dims, &id);
  Samples samples;
  memset(&samples, 0, sizeof samples);
  FhStatus status = FH_OK;
  if (!re || !im || !hz || n_dims != 3 || memcmp(shape, other, 24) != 0 ||
      hz_dims != 1 || n_shape[0] != shape[2] || !shape[0] || !shape[1] ||
      !shape[2]) {
    status = complain(sofa,
                      FH_ERR_FORMAT,
                      "Data.Real and Data.Imag [M R N] with N frequencies are "
                      "needed; is the file complete?");
  }
  if (!status && measurement > shape[0]) {
    status = complain(sofa,
                      FH_ERR_INVALID_DATA,
                      "has fewer measurements than 'measurement' asks for; "
                      "choose a smaller one");
  }
  if (!status) {
    status = samples_init(&samples, sofa->path, shape[1], shape[2], true);
  }
  if (!status) {
    status = read_directions(sofa, shape[1], &samples);
  }
  for (size_t i = 0; !status && i < shape[2]; ++i) {
    samples.hz[i] = hz[i];
    if (!(hz[i] > (i ? hz[i - 1] : 0.0))) {
      status = complain(
        sofa, FH_ERR_INVALID_DATA, "N does not hold rising frequencies in Hz");
      break;
    }
    const size_t m = measurement
                       ? measurement - 1
                       : loudest(re, im, shape[0], shape[1], shape[2], i);
    for (size_t d = 0; d < shape[1]; ++d) {
      const size_t at = (m * shape[1] + d) * shape[2] + i;
      const double p = hypot(re[at], im[at]);
      samples.db[d * shape[2] + i] = (float)(20.0 * log10(fmax(p, 1e-12)));
      samples.turn[d * shape[2] + i] =
        (float)(atan2(im[at], re[at]) / (2.0 * FH_PI));
      if (!isfinite(p)) {
        samples.db[d * shape[2] + i] = NAN;
      }
    }
  }
  if (!status) {
    status = samples_to_balloon(&samples, &out->balloon, sofa->diag);
  }
  if (!status) {
    // Levels are pressures in Pa where they read so, else relative: 90 dB then
    double* const db = (double*)calloc(shape[2], sizeof(double));
    status = db ? FH_OK : FH_ERR_NO_MEM;
    for (size_t i = 0; !status && i < shape[2]; ++i) {
      db[i] = 90.0;
    }
    status = status ? status : curve_set(&out->axis, hz, db, NULL, shape[2]);
    free(db);
  }
  samples_clear(&samples);
  free(re);
  free(im);
  free(hz);
  return status;
}

FhStatus
read_sofa(const char* const path,
          const size_t measurement,
          Model* const out,
          FhDiag* const diag)
{
  Sofa sofa = {path, diag, 0};
  const int error = nc_open(path, NC_NOWRITE, &sofa.file);
  if (error) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "cannot be read as SOFA (%s); is it a netCDF-4 file?",
                nc_strerror(error));
    return FH_ERR_FORMAT;
  }
  char convention[64];
  attribute(&sofa, NC_GLOBAL, "SOFAConventions", convention, sizeof convention);
  FhStatus status = FH_OK;
  if (strcmp(convention, "FreeFieldDirectivityTF") != 0) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "holds '%s', not FreeFieldDirectivityTF; a loudspeaker needs "
                "that convention",
                convention);
    status = FH_ERR_UNSUPPORTED;
  }
  if (!status) {
    attribute(&sofa, NC_GLOBAL, "Title", out->name, sizeof out->name);
    attribute(
      &sofa, NC_GLOBAL, "Title", out->description, sizeof out->description);
    attribute(&sofa, NC_GLOBAL, "Origin", out->source, sizeof out->source);
    out->pattern = PATTERN_BALLOON;
    out->splay_low = 1.0;
    out->input_dbw = 20.0;
    status = read_data(&sofa, measurement, out);
  }
  (void)nc_close(sofa.file);
  return status;
}
