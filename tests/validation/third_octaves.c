// SPDX-License-Identifier: GPL-3.0-or-later
/*
  Parameters of a venue by third octaves, means over all pairs of source and
  microphone: third-octaves VENUE RAYS [mirrors]. Prints a CSV table.
*/
#include <fh/run.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Parameters of the table, and the standard error of the mean of T20
enum { T20, EDT, C80, D50, T20_SE, N_COLUMNS };

typedef double Row[N_COLUMNS];

static void
add_means(const FhRun* const run, const unsigned third, Row out[FH_N_THIRDS])
{
  const size_t n = run->n_emitters * run->scene.n_microphones;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double* const row = out[3 * b + third - 1];
    for (size_t i = 0; i < n; ++i) {
      const FhMicrophoneMetrics* const m = &run->pairs[i];
      row[T20] += m->t20_s.at[b] / (double)n;
      row[EDT] += m->edt_s.at[b] / (double)n;
      row[C80] += m->c80_db.at[b] / (double)n;
      row[D50] += m->d50.at[b] / (double)n;
      // Pairs share rays of an emitter: no smaller than the mean of the errors
      row[T20_SE] += m->t20_s.se[b] / (double)n;
    }
  }
}

static FhStatus
simulate(const char* const path,
         const uint64_t n_rays,
         const bool mirrors,
         Row out[FH_N_THIRDS],
         FhDiag* const diag)
{
  FhVenue venue;
  FhStatus status = fh_venue_read(path, &venue, diag);
  if (status) {
    return status;
  }
  FhTraceDesc desc = fh_trace_desc_default();
  desc.seats = false;
  desc.n_rays = n_rays;
  desc.finite_faces = !mirrors;
  FhRun run[FH_TRACE_THIRDS];
  status = fh_run_compute_thirds(&venue, &desc, NULL, NULL, run, diag);
  for (unsigned i = FH_TRACE_THIRDS; i-- > 0 && !status;) {
    add_means(&run[i], i + 1, out);
    fh_run_clear(&run[i]);
  }
  fh_venue_clear(&venue);
  return status;
}

int
main(const int argc, char** const argv)
{
  const double n_rays = argc >= 3 ? strtod(argv[2], NULL) : 0.0;
  const bool mirrors = argc == 4 && !strcmp(argv[3], "mirrors");
  if (argc > 4 || (argc == 4 && !mirrors) ||
      !(n_rays >= 64.0 && n_rays <= 1e9)) {
    fprintf(stderr, "Usage: third-octaves VENUE RAYS [mirrors]\n");
    return 2;
  }
  FhDiag* const diag = fh_diag_new();
  Row table[FH_N_THIRDS] = {{0.0}};
  const FhStatus status =
    diag ? simulate(argv[1], (uint64_t)n_rays, mirrors, table, diag)
         : FH_ERR_NO_MEM;
  for (size_t i = 0; diag && status && i < fh_diag_size(diag); ++i) {
    fprintf(stderr, "third-octaves: %s\n", fh_diag_entry(diag, i)->text);
  }
  fh_diag_free(diag);
  if (status) {
    fprintf(stderr, "third-octaves: error: %s\n", fh_strerror(status));
    return 3;
  }
  printf("hz,t20_s,edt_s,c80_db,d50,t20_se_s\n");
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    printf("%s", fh_third_name(i));
    for (size_t k = 0; k < N_COLUMNS; ++k) {
      printf(",%.6g", table[i][k]);
    }
    printf("\n");
  }
  return 0;
}
