// SPDX-License-Identifier: GPL-3.0-or-later
#include "array_session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
array_picture_path(const ArraySession* const s,
                   const char* const name,
                   const char* const kind,
                   char out[1400])
{
  char plain[FH_NAME_SIZE];
  size_t n = 0;
  for (; name[n] && n + 1 < sizeof plain; ++n) {
    plain[n] = strchr("/\\ :*?\"<>|", name[n]) ? '_' : name[n];
  }
  plain[n] = '\0';
  (void)snprintf(out, 1400, "%s/%s-%s.png", s->options.folder, plain, kind);
}

static FhStatus
map_values(const ArraySession* const s,
           const char* const what,
           double* const db)
{
  const size_t n = s->scene.n_seats;
  if (!strcmp(what, "dba")) {
    for (size_t i = 0; i < n; ++i) {
      db[i] =
        fh_input_level(s->field.p2[i], s->options.input, s->options.crest_db)
          .leq_dba;
    }
    return FH_OK;
  }
  const double hz = strtod(what, NULL);
  if (!s->options.tone) {
    const size_t band = array_band(hz);
    for (size_t i = 0; i < n; ++i) {
      db[i] = 10.0 * log10((double)s->field.p2[i][band] / 4e-10);
    }
    return FH_OK;
  }
  double(*const p)[2] = (double(*)[2])calloc(n + 1, sizeof *p);
  if (!p) {
    return FH_ERR_NO_MEM;
  }
  const FhStatus status = fh_direct_pressure(s->sources,
                                             s->caster,
                                             (const float(*)[3])s->seats,
                                             n,
                                             s->mask,
                                             true,
                                             hz,
                                             s->stage.n_threads,
                                             p);
  for (size_t i = 0; !status && i < n; ++i) {
    db[i] = 20.0 * log10(hypot(p[i][0], p[i][1]) / 20e-6);
  }
  free(p);
  return status;
}

FhStatus
array_draw_maps(const ArraySession* const s)
{
  double* const db = (double*)calloc(s->scene.n_seats + 1, sizeof(double));
  if (!db) {
    return FH_ERR_NO_MEM;
  }
  char copy[256];
  (void)snprintf(copy, sizeof copy, "%s", s->options.maps);
  char* rest = NULL;
  FhStatus status = FH_OK;
  for (char* word = strtok_r(copy, ",", &rest); word && !status;
       word = strtok_r(NULL, ",", &rest)) {
    const double hz = strtod(word, NULL);
    const bool weighted = !strcmp(word, "dba");
    if (!weighted && !(hz >= 20.0 && hz <= 20000.0)) {
      fh_diag_add(s->diag,
                  FH_DIAG_ERROR,
                  NULL,
                  0,
                  0,
                  "--map '%s' is no frequency from 20 to 20000 Hz and not "
                  "'dba'; give one of them",
                  word);
      status = FH_ERR_BAD_ARG;
      break;
    }
    char title[200];
    char name[64];
    if (weighted) {
      (void)snprintf(
        title, sizeof title, "%s: direct sound, dB(A)", s->venue.name);
    } else if (s->options.tone) {
      (void)snprintf(title,
                     sizeof title,
                     "%s: direct sound, tone of %g Hz",
                     s->venue.name,
                     hz);
    } else {
      (void)snprintf(title,
                     sizeof title,
                     "%s: direct sound, third octave at %s Hz",
                     s->venue.name,
                     fh_third_name(array_band(hz)));
    }
    (void)snprintf(
      name, sizeof name, "%s%s", word, s->options.tone ? "-tone" : "");
    char path[1400];
    array_picture_path(s, "map", name, path);
    status = map_values(s, word, db);
    status = status ? status : array_plot_map(&s->stage, db, title, path);
  }
  free(db);
  return status;
}
