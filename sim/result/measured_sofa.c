// SPDX-License-Identifier: GPL-3.0-or-later
// Measured parameters from a SOFA file of impulse responses
#include "measured.h"

#include <fh/sofa.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/// Farthest that a measured position may be from the venue's [m]
#define SAME_PLACE_M 0.1

static double
distance_m(const double a[3], const double b[3])
{
  double sum = 0.0;
  for (size_t k = 0; k < 3; ++k) {
    sum += (a[k] - b[k]) * (a[k] - b[k]);
  }
  return sqrt(sum);
}

static size_t
nearest_loudspeaker(const FhVenue* const venue, const double at[3])
{
  size_t best = SIZE_MAX;
  double least = SAME_PLACE_M;
  for (size_t i = 0; i < venue->n_loudspeakers; ++i) {
    const double d = distance_m(venue->loudspeakers[i].at, at);
    if (d <= least) {
      least = d;
      best = i;
    }
  }
  return best;
}

static size_t
nearest_microphone(const FhVenue* const venue, const double at[3])
{
  size_t best = SIZE_MAX;
  double least = SAME_PLACE_M;
  for (size_t i = 0; i < venue->n_microphones; ++i) {
    const double d = distance_m(venue->microphones[i].at, at);
    if (d <= least) {
      least = d;
      best = i;
    }
  }
  return best;
}

static FhStatus
add_measurement(const FhVenue* const venue,
                const FhSofa* const sofa,
                const size_t i,
                FhMeasured* const out,
                size_t* const room,
                FhDiag* const diag)
{
  const size_t emitter = nearest_loudspeaker(venue, sofa->source[i]);
  const size_t microphone = nearest_microphone(venue, sofa->listener[i]);
  if (emitter == SIZE_MAX || microphone == SIZE_MAX) {
    const double* const at =
      emitter == SIZE_MAX ? sofa->source[i] : sofa->listener[i];
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                out->path,
                0,
                0,
                "measurement %zu skipped: the venue has no %s within %g m of "
                "(%.2f, %.2f, %.2f)",
                i + 1,
                emitter == SIZE_MAX ? "loudspeaker" : "microphone",
                SAME_PLACE_M,
                at[0],
                at[1],
                at[2]);
    return FH_OK;
  }
  double* const h = (double*)malloc(sofa->n_frames * sizeof(double));
  if (!h) {
    return FH_ERR_NO_MEM;
  }
  const float* const ir = sofa->ir + i * sofa->n_receivers * sofa->n_frames;
  for (size_t k = 0; k < sofa->n_frames; ++k) {
    h[k] = (double)ir[k];
  }
  char name[64];
  (void)snprintf(name, sizeof name, "measurement %zu", i + 1);
  const MeasuredResponse response = {.path = out->path,
                                     .name = name,
                                     .frames = h,
                                     .n_frames = sofa->n_frames,
                                     .rate_hz = sofa->rate_hz,
                                     .emitter = emitter,
                                     .microphone = microphone};
  const FhStatus status = measured_add_response(&response, out, room, diag);
  free(h);
  return status;
}

FhStatus
measured_read_sofa(const FhVenue* const venue,
                   FhMeasured* const out,
                   FhDiag* const diag)
{
  FhSofa sofa;
  FhStatus status = fh_sofa_read(out->path, &sofa);
  if (status) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                out->path,
                0,
                0,
                "is no SOFA file of impulse responses: %s; give one with data "
                "type FIR",
                fh_strerror(status));
    return status;
  }
  size_t room = 0;
  for (size_t i = 0; i < sofa.n_measurements && !status; ++i) {
    status = add_measurement(venue, &sofa, i, out, &room, diag);
  }
  fh_sofa_clear(&sofa);
  return status;
}
