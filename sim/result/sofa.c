// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/sofa.h>

#include <math.h>
#include <netcdf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// Samples that are read at most, 8 GB
static const double max_samples = 2147483648.0;

/// A file under way; the first failure sticks
typedef struct {
  int file;
  int status; // netCDF's
} Nc;

static void
keep(Nc* const nc, const int status)
{
  if (nc->status == NC_NOERR) {
    nc->status = status;
  }
}

static void
text_att(Nc* const nc,
         const int variable,
         const char* const name,
         const char* const text)
{
  const char* const t = text ? text : "";
  // netCDF writes an empty text as null: readers want one character
  keep(nc,
       nc_put_att_text(
         nc->file, variable, name, *t ? strlen(t) : 1, *t ? t : " "));
}

static int
dimension(Nc* const nc, const char* const name, const size_t size)
{
  int id = -1;
  keep(nc, nc_def_dim(nc->file, name, size, &id));
  return id;
}

static int
variable(Nc* const nc,
         const char* const name,
         const nc_type type,
         const int n_dims,
         const int* const dims)
{
  int id = -1;
  keep(nc, nc_def_var(nc->file, name, type, n_dims, dims, &id));
  return id;
}

static int
position(Nc* const nc,
         const char* const name,
         const int n_dims,
         const int* const dims)
{
  const int id = variable(nc, name, NC_DOUBLE, n_dims, dims);
  text_att(nc, id, "Type", "cartesian");
  text_att(nc, id, "Units", "metre");
  return id;
}

static void
put(Nc* const nc, const int id, const double* const values)
{
  if (nc->status == NC_NOERR) {
    nc->status = nc_put_var_double(nc->file, id, values);
  }
}

static void
global_atts(Nc* const nc, const FhSofa* const s)
{
  char now[32] = "1970-01-01 00:00:00";
  const time_t t = time(NULL);
  struct tm utc;
  if (gmtime_r(&t, &utc)) {
    strftime(now, sizeof(now), "%Y-%m-%d %H:%M:%S", &utc);
  }
  const char* const date = s->date ? s->date : now;
  const char* const pairs[][2] = {
    {"Conventions", "SOFA"},
    {"Version", "2.1"},
    {"SOFAConventions", "SingleRoomSRIR"},
    {"SOFAConventionsVersion", "1.0"},
    {"APIName", "fullhouse"},
    {"APIVersion", FULLHOUSE_VERSION},
    {"ApplicationName", "fullhouse"},
    {"ApplicationVersion", FULLHOUSE_VERSION},
    {"AuthorContact", "unknown"},
    {"Organization", "unknown"},
    {"License", "No license provided, ask the author for permission"},
    {"DataType", "FIR"},
    {"RoomType", "reverberant"},
    {"RoomShortName", s->room},
    {"DatabaseName", s->room},
    {"Title", s->title},
    {"Comment", s->comment},
    {"Origin", "fullhouse"},
    {"History", ""},
    {"References", ""},
    {"DateCreated", date},
    {"DateModified", date},
  };
  for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); ++i) {
    text_att(nc, NC_GLOBAL, pairs[i][0], pairs[i][1]);
  }
}

static void
write_all(Nc* const nc, const FhSofa* const s)
{
  global_atts(nc, s);
  const int one = dimension(nc, "I", 1);
  const int xyz = dimension(nc, "C", 3);
  const int m = dimension(nc, "M", s->n_measurements);
  const int r = dimension(nc, "R", s->n_receivers);
  const int e = dimension(nc, "E", 1);
  const int n = dimension(nc, "N", s->n_frames);
  const int listener = position(nc, "ListenerPosition", 2, (int[]){m, xyz});
  const int view = position(nc, "ListenerView", 2, (int[]){one, xyz});
  const int up = variable(nc, "ListenerUp", NC_DOUBLE, 2, (int[]){one, xyz});
  const int receiver =
    position(nc, "ReceiverPosition", 3, (int[]){r, xyz, one});
  const int source = position(nc, "SourcePosition", 2, (int[]){m, xyz});
  const int emitter = position(nc, "EmitterPosition", 3, (int[]){e, xyz, one});
  const int rate =
    variable(nc, "Data.SamplingRate", NC_DOUBLE, 1, (int[]){one});
  text_att(nc, rate, "Units", "hertz");
  const int delay = variable(nc, "Data.Delay", NC_DOUBLE, 2, (int[]){one, r});
  const int ir = variable(nc, "Data.IR", NC_FLOAT, 3, (int[]){m, r, n});
  keep(nc, nc_enddef(nc->file));

  double* const zero = (double*)calloc(3 * s->n_receivers, sizeof(double));
  if (!zero) {
    keep(nc, NC_ENOMEM);
    return;
  }
  put(nc, listener, (const double*)s->listener);
  put(nc, view, (const double[]){1.0, 0.0, 0.0});
  put(nc, up, (const double[]){0.0, 0.0, 1.0});
  put(nc, receiver, s->receiver ? (const double*)s->receiver : zero);
  put(nc, source, (const double*)s->source);
  put(nc, emitter, zero);
  put(nc, rate, &s->rate_hz);
  put(nc, delay, zero);
  if (nc->status == NC_NOERR) {
    nc->status = nc_put_var_float(nc->file, ir, s->ir);
  }
  free(zero);
}

FhStatus
fh_sofa_write(const char* const path, const FhSofa* const sofa)
{
  if (!sofa->n_measurements || !sofa->n_receivers || !sofa->n_frames ||
      !sofa->ir || !sofa->source || !sofa->listener || !(sofa->rate_hz > 0.0)) {
    return FH_ERR_BAD_ARG;
  }
  const size_t size = strlen(path) + sizeof(".part");
  char* const temporary = (char*)malloc(size);
  if (!temporary) {
    return FH_ERR_NO_MEM;
  }
  snprintf(temporary, size, "%s.part", path);
  Nc nc = {-1, NC_NOERR};
  nc.status = nc_create(temporary, NC_NETCDF4 | NC_CLOBBER, &nc.file);
  if (nc.status == NC_NOERR) {
    write_all(&nc, sofa);
    keep(&nc, nc_close(nc.file));
  }
  FhStatus status = nc.status == NC_NOERR ? FH_OK : FH_ERR_IO;
  if (!status && rename(temporary, path)) {
    status = FH_ERR_IO;
  }
  if (status) {
    remove(temporary);
  }
  free(temporary);
  return status;
}

static FhStatus
sizes_of(const int file, const int ir, FhSofa* const out)
{
  int n_dims = 0;
  int dims[NC_MAX_VAR_DIMS];
  size_t size[3];
  if (nc_inq_varndims(file, ir, &n_dims) || n_dims != 3 ||
      nc_inq_vardimid(file, ir, dims)) {
    return FH_ERR_FORMAT;
  }
  for (size_t i = 0; i < 3; ++i) {
    if (nc_inq_dimlen(file, dims[i], &size[i]) || !size[i]) {
      return FH_ERR_FORMAT;
    }
  }
  out->n_measurements = size[0];
  out->n_receivers = size[1];
  out->n_frames = size[2];
  return (double)size[0] * (double)size[1] * (double)size[2] > max_samples
           ? FH_ERR_LIMIT
           : FH_OK;
}

// Azimuth and elevation [degrees] and radius become x, y, z
static void
to_cartesian(double p[3])
{
  const double degree = acos(-1.0) / 180.0;
  const double azimuth = p[0] * degree;
  const double elevation = p[1] * degree;
  const double radius = p[2];
  p[0] = radius * cos(elevation) * cos(azimuth);
  p[1] = radius * cos(elevation) * sin(azimuth);
  p[2] = radius * sin(elevation);
}

// Positions [n][3] from a variable [1 or n, 3, ...] of which the first of any
// further dimension counts
static FhStatus
read_positions(const int file,
               const char* const name,
               const size_t n,
               double (** const out)[3])
{
  int id = 0;
  int n_dims = 0;
  int dims[NC_MAX_VAR_DIMS];
  size_t rows = 0;
  size_t columns = 0;
  double(*const p)[3] = (double(*)[3])calloc(n, sizeof(*p));
  *out = p;
  if (!p) {
    return FH_ERR_NO_MEM;
  }
  if (nc_inq_varid(file, name, &id) || nc_inq_varndims(file, id, &n_dims) ||
      n_dims < 2 || n_dims > 3 || nc_inq_vardimid(file, id, dims) ||
      nc_inq_dimlen(file, dims[0], &rows) ||
      nc_inq_dimlen(file, dims[1], &columns) || columns != 3 ||
      (rows != 1 && rows != n)) {
    return FH_ERR_FORMAT;
  }
  char type[32] = {0};
  size_t length = 0;
  const bool spherical =
    !nc_inq_attlen(file, id, "Type", &length) && length < sizeof(type) &&
    !nc_get_att_text(file, id, "Type", type) && !strncmp(type, "spherical", 9);
  for (size_t i = 0; i < n; ++i) {
    const size_t start[3] = {rows == 1 ? 0 : i, 0, 0};
    const size_t count[3] = {1, 3, 1};
    if (nc_get_vara_double(file, id, start, count, p[i])) {
      return FH_ERR_FORMAT;
    }
    if (spherical) {
      to_cartesian(p[i]);
    }
  }
  return FH_OK;
}

static FhStatus
read_samples(const int file, const int ir, FhSofa* const out)
{
  const size_t n = out->n_measurements * out->n_receivers * out->n_frames;
  int rate = 0;
  const size_t first = 0;
  if (nc_inq_varid(file, "Data.SamplingRate", &rate) ||
      nc_get_var1_double(file, rate, &first, &out->rate_hz) ||
      !(out->rate_hz > 0.0)) {
    return FH_ERR_FORMAT;
  }
  out->ir = (float*)malloc(n * sizeof(float));
  if (!out->ir) {
    return FH_ERR_NO_MEM;
  }
  if (nc_get_var_float(file, ir, out->ir)) {
    return FH_ERR_FORMAT;
  }
  for (size_t i = 0; i < n; ++i) {
    if (!isfinite(out->ir[i])) {
      return FH_ERR_NOT_FINITE;
    }
  }
  return FH_OK;
}

static FhStatus
read_all(const int file, FhSofa* const out)
{
  char type[32] = {0};
  size_t length = 0;
  int ir = 0;
  if (nc_inq_attlen(file, NC_GLOBAL, "DataType", &length) ||
      length >= sizeof(type) ||
      nc_get_att_text(file, NC_GLOBAL, "DataType", type)) {
    return FH_ERR_FORMAT;
  }
  if (strcmp(type, "FIR") != 0) {
    return FH_ERR_UNSUPPORTED;
  }
  if (nc_inq_varid(file, "Data.IR", &ir)) {
    return FH_ERR_FORMAT;
  }
  FhStatus status = sizes_of(file, ir, out);
  status = status ? status : read_samples(file, ir, out);
  status = status
             ? status
             : read_positions(
                 file, "SourcePosition", out->n_measurements, &out->source);
  status = status
             ? status
             : read_positions(
                 file, "ListenerPosition", out->n_measurements, &out->listener);
  return status ? status
                : read_positions(
                    file, "ReceiverPosition", out->n_receivers, &out->receiver);
}

FhStatus
fh_sofa_read(const char* const path, FhSofa* const out)
{
  int file = -1;
  memset(out, 0, sizeof(*out));
  if (access(path, R_OK)) {
    return FH_ERR_IO;
  }
  if (nc_open(path, NC_NOWRITE, &file)) {
    return FH_ERR_FORMAT;
  }
  const FhStatus status = read_all(file, out);
  nc_close(file);
  if (status) {
    fh_sofa_clear(out);
  }
  return status;
}

void
fh_sofa_clear(FhSofa* const sofa)
{
  free(sofa->source);
  free(sofa->listener);
  free(sofa->receiver);
  free(sofa->ir);
  memset(sofa, 0, sizeof(*sofa));
}
