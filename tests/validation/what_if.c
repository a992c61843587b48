// SPDX-License-Identifier: GPL-3.0-or-later
/*
  What a hall would be like with other physics: what-if VENUE MEASURED.csv RAYS.
  Prints rows of a table in Markdown: the mean magnitude in just noticeable
  differences, five parameters, 125 Hz to 4 kHz and 125 and 250 Hz alone.

  Seat dip, which the simulation has not: from one trace, the direct sound and
  the image sources that come in within GRAZE_DEG of its elevation lose so many
  decibels in the two lowest octaves. T. J. Schultz and B. G. Watters, JASA 36
  (1964) 885; J. S. Bradley, JASA 90 (1991) 324.
*/
#include <fh/run.h>
#include <fh/validate.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/// Arrivals within this elevation of the direct sound skim the same rows
#define GRAZE_DEG 5.0
/// Parameters of the round robin's ranking
#define FIVE                                           \
  ((1u << FH_QUANTITY_T30) | (1u << FH_QUANTITY_EDT) | \
   (1u << FH_QUANTITY_D50) | (1u << FH_QUANTITY_C80) | (1u << FH_QUANTITY_TS))

static double
elevation_deg(const float direction[3])
{
  return asin(fmin(fmax((double)direction[2], -1.0), 1.0)) * 180.0 / FH_PI;
}

/// Elevation of a source as a microphone sees it [degrees]
static double
direct_elevation_deg(const FhRun* const run, const size_t e, const size_t m)
{
  const FhEmitter* const emitter = fh_sources_emitter(run->sources, e);
  float to[3];
  float sum = 0.0f;
  for (size_t k = 0; k < 3; ++k) {
    to[k] = emitter->centre[k] - run->scene.microphone[m][k];
    sum += to[k] * to[k];
  }
  to[2] /= sqrtf(sum);
  return elevation_deg(to);
}

/// Scale what skims the seats in an octave
static void
scale_pair(FhRun* const run,
           const size_t e,
           const size_t m,
           const size_t octave,
           const float by)
{
  FhPairResponse* const pair =
    &run->trace.pairs[e * run->scene.n_microphones + m];
  const double direct = direct_elevation_deg(run, e, m);
  for (size_t i = 0; i < pair->n_arrivals; ++i) {
    FhArrival* const a = &pair->arrivals[i];
    if (fabs(elevation_deg(a->direction) - direct) < GRAZE_DEG) {
      a->intensity[octave] *= by;
    }
  }
  for (size_t i = 3 * octave; i < 3 * octave + 3; ++i) {
    run->mic_direct_by[e].p2[m][i] *= by;
  }
}

static FhStatus
print_row(const FhRun* const run,
          const FhMeasured* const measured,
          const char* const name,
          FhDiag* const diag)
{
  const size_t n = run->n_emitters * run->scene.n_microphones;
  FhMicrophoneMetrics* const pairs =
    (FhMicrophoneMetrics*)calloc(n, sizeof *pairs);
  FhMicrophoneMetrics* const all =
    (FhMicrophoneMetrics*)calloc(run->scene.n_microphones, sizeof *all);
  FhStatus status = pairs && all ? FH_OK : FH_ERR_NO_MEM;
  status = status ? status
                  : fh_microphone_metrics(run->venue,
                                          &run->scene,
                                          run->sources,
                                          &run->mic_direct,
                                          run->mic_direct_by,
                                          &run->trace,
                                          run->speech_db,
                                          run->desc.n_threads,
                                          pairs,
                                          all);
  double jnd[2] = {0.0, 0.0};
  static const size_t range[2][2] = {{1, 6}, {1, 2}};
  for (size_t i = 0; i < 2 && !status; ++i) {
    FhValidation v;
    status = fh_validate(measured,
                         pairs,
                         run->scene.n_microphones,
                         FIVE,
                         range[i][0],
                         range[i][1],
                         &v,
                         diag);
    if (!status) {
      jnd[i] = v.jnd;
      fh_validation_clear(&v);
    }
  }
  if (!status) {
    printf("| %s | %.2f | %.2f |\n", name, jnd[0], jnd[1]);
  }
  free(pairs);
  free(all);
  return status;
}

static FhStatus
try_losses(FhRun* const run,
           const FhMeasured* const measured,
           FhDiag* const diag)
{
  static const double loss_db[] = {3.0, 6.0, 12.0};
  FhStatus status = print_row(run, measured, "as simulated", diag);
  double before = 0.0;
  for (size_t i = 0; i < sizeof loss_db / sizeof loss_db[0] && !status; ++i) {
    const float by = (float)pow(10.0, 0.1 * (before - loss_db[i]));
    before = loss_db[i];
    for (size_t e = 0; e < run->n_emitters; ++e) {
      for (size_t m = 0; m < run->scene.n_microphones; ++m) {
        scale_pair(run, e, m, 1, by);
        scale_pair(run, e, m, 2, by);
      }
    }
    char name[96];
    (void)snprintf(name,
                   sizeof name,
                   "what skims the seats loses %.0f dB at 125 and 250 Hz",
                   loss_db[i]);
    status = print_row(run, measured, name, diag);
  }
  return status;
}

/// Holes of the model
static void
print_leaks(const FhTraceResult* const trace)
{
  double most = 0.0;
  for (size_t b = 1; b <= 6; ++b) {
    most = fmax(most, trace->balance.escaped[b]);
  }
  printf("| (sound that leaves through holes: %.2f %% of the energy) | | |\n",
         100.0 * most);
}

static FhStatus
trace_and_print(const FhVenue* const venue,
                const FhMeasured* const measured,
                const FhTraceDesc* const desc,
                FhDiag* const diag)
{
  FhRun run;
  FhStatus status = fh_run_compute(venue, desc, NULL, NULL, &run, diag);
  if (status) {
    return status;
  }
  if (desc->diffraction && desc->finite_faces) {
    status = try_losses(&run, measured, diag);
    print_leaks(&run.trace);
  } else {
    status = print_row(&run,
                       measured,
                       desc->diffraction ? "faces mirror whatever their size"
                                         : "no diffraction at edges",
                       diag);
  }
  fh_run_clear(&run);
  return status;
}

static FhStatus
study(const char* const path,
      const char* const table,
      const uint64_t n_rays,
      FhDiag* const diag)
{
  FhVenue venue;
  FhStatus status = fh_venue_read(path, &venue, diag);
  if (status) {
    return status;
  }
  FhMeasured measured = {0};
  status = fh_measured_read(table, &venue, &measured, diag);
  for (int i = 0; i < 3 && !status; ++i) {
    FhTraceDesc desc = fh_trace_desc_default();
    desc.seats = false;
    desc.n_rays = n_rays;
    desc.diffraction = i != 1;
    desc.finite_faces = i != 2;
    status = trace_and_print(&venue, &measured, &desc, diag);
  }
  fh_measured_clear(&measured);
  fh_venue_clear(&venue);
  return status;
}

int
main(const int argc, char** const argv)
{
  const double n_rays = argc == 4 ? strtod(argv[3], NULL) : 0.0;
  if (!(n_rays >= 64.0 && n_rays <= 1e9)) {
    fprintf(stderr, "Usage: what-if VENUE MEASURED.csv RAYS\n");
    return 2;
  }
  FhDiag* const diag = fh_diag_new();
  const FhStatus status =
    diag ? study(argv[1], argv[2], (uint64_t)n_rays, diag) : FH_ERR_NO_MEM;
  if (status) {
    fprintf(stderr, "what-if: error: %s\n", fh_strerror(status));
  }
  fh_diag_free(diag);
  return status ? 3 : 0;
}
