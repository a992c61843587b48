// SPDX-License-Identifier: GPL-3.0-or-later

/*
  The simulator as a library: read a venue, trace it, and tell the seat where
  speech is understood worst.

    simulate_venue VENUE [RAYS]
*/
#include <fh/run.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void
print_diag(const FhDiag* const diag)
{
  for (size_t i = 0; i < fh_diag_size(diag); ++i) {
    const FhDiagEntry* const entry = fh_diag_entry(diag, i);
    fprintf(stderr, "%s\n", entry->text);
  }
}

static void
print_worst(const FhRun* const run)
{
  size_t worst = 0;
  for (size_t i = 0; i < run->scene.n_seats; ++i) {
    worst = run->seats[i].sti < run->seats[worst].sti ? i : worst;
  }
  double at[3];
  fh_scene_to_world(&run->scene, run->scene.seats[worst].at, at);
  printf("%zu seats, mean level %.1f dB(A), %" PRIu64 " bounces\n",
         run->scene.n_seats,
         run->mean_dba,
         run->trace.n_bounces);
  printf("least STI %.2f at x %.1f, y %.1f, z %.1f m\n",
         (double)run->seats[worst].sti,
         at[0],
         at[1],
         at[2]);
}

int
main(int argc, char** argv)
{
  if (argc < 2) {
    fprintf(stderr, "Usage: simulate_venue VENUE [RAYS]\n");
    return 2;
  }
  FhTraceDesc desc = fh_trace_desc_default();
  desc.seats = true;
  desc.n_rays = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
  FhDiag* const diag = fh_diag_new();
  FhVenue venue;
  FhStatus status = fh_venue_read(argv[1], &venue, diag);
  if (!status) {
    FhRun run;
    status = fh_run_compute(&venue, &desc, NULL, NULL, &run, diag);
    if (!status) {
      print_worst(&run);
      fh_run_clear(&run);
    }
    fh_venue_clear(&venue);
  }
  if (status) {
    print_diag(diag);
    fprintf(stderr, "simulate_venue: %s\n", fh_strerror(status));
  }
  fh_diag_free(diag);
  return status ? 3 : 0;
}
