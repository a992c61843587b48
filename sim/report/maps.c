// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/// The pictures of one run
typedef struct {
  const FhRun* run;
  Plan plan;
  double* value;    ///< [n_seats]; owned
  Outline* outline; ///< [run->zones.n]; owned
  FhRunFolder* folder;
  FhDiag* diag;
} Maps;

static FhStatus
draw(const Maps* const maps,
     const char* const title,
     const FhColourScale scale,
     const char* const name)
{
  const PlanMap map = {.value = maps->value, .scale = scale};
  return plan_write(&maps->plan, title, &map, maps->folder, name, maps->diag);
}

static FhStatus
draw_levels(const Maps* const maps)
{
  const FhRun* const run = maps->run;
  for (size_t i = 0; i < run->scene.n_seats; ++i) {
    maps->value[i] = (double)run->seats[i].spl_dba;
  }
  FhStatus status =
    draw(maps,
         "sound pressure level, A-weighted",
         plan_level_scale(&maps->plan, maps->value, "Level [dB(A)]"),
         "maps/spl_dba.png");
  for (size_t b = 0; b < FH_N_OCTAVES && !status; ++b) {
    char name[64];
    char title[96];
    snprintf(name, sizeof(name), "maps/spl_%s.png", fh_octave_name(b));
    snprintf(title,
             sizeof(title),
             "sound pressure level, %s Hz octave",
             fh_octave_name(b));
    for (size_t i = 0; i < run->scene.n_seats; ++i) {
      maps->value[i] = (double)run->seats[i].spl_octave_db[b];
    }
    status = draw(maps,
                  title,
                  plan_level_scale(&maps->plan, maps->value, "Level [dB]"),
                  name);
  }
  return status;
}

static FhStatus
draw_quality(const Maps* const maps)
{
  const FhRun* const run = maps->run;
  const size_t n = run->scene.n_seats;
  for (size_t i = 0; i < n; ++i) {
    maps->value[i] = (double)run->seats[i].sti;
  }
  FhStatus status = draw(maps,
                         "speech transmission index",
                         (FhColourScale){FH_COLOUR_VIRIDIS, 0.3, 0.8, "STI"},
                         "maps/sti.png");
  for (size_t i = 0; i < n; ++i) {
    maps->value[i] = (double)run->seats[i].c80_db[4];
  }
  if (!status) {
    status = draw(maps,
                  "clarity C80, 1 kHz octave",
                  (FhColourScale){FH_COLOUR_VIRIDIS, -6.0, 12.0, "C80 [dB]"},
                  "maps/c80.png");
  }
  for (size_t i = 0; i < n; ++i) {
    maps->value[i] = (double)run->seats[i].d_r_db;
  }
  if (!status) {
    status =
      draw(maps,
           "direct to reflected sound, A-weighted",
           (FhColourScale){
             FH_COLOUR_CIVIDIS, -12.0, 12.0, "Direct over reflected [dB]"},
           "maps/d_r.png");
  }
  return status;
}

static FhStatus
draw_decay(const Maps* const maps)
{
  for (size_t i = 0; i < maps->run->scene.n_seats; ++i) {
    maps->value[i] = (double)maps->run->seats[i].t30_s[4];
  }
  // About the median by a factor: the same span in every house
  const double middle = plan_quantile(&maps->plan, maps->value, 0.5);
  const double top = isfinite(middle) ? ceil(middle * 15.0) / 10.0 : 1.0;
  return draw(
    maps,
    "reverberation time T30, 1 kHz octave",
    (FhColourScale){FH_COLOUR_VIRIDIS, 0.0, fmax(top, 0.2), "T30 [s]"},
    "maps/t30.png");
}

static FhStatus
draw_dead(const Maps* const maps)
{
  for (size_t i = 0; i < maps->run->scene.n_seats; ++i) {
    unsigned n = 0;
    for (unsigned bits = maps->run->seats[i].dead; bits; bits >>= 1) {
      n += bits & 1U;
    }
    maps->value[i] = (double)n;
  }
  const PlanMap map = {
    .value = maps->value,
    .scale = {FH_COLOUR_RISING, 0.0, 3.0, "Reasons why a seat is dead"},
    .outlines = maps->outline,
    .n_outlines = maps->run->zones.n};
  char title[96];
  snprintf(title,
           sizeof(title),
           "dead seats (%zu of %zu)",
           maps->run->zones.n_dead,
           maps->run->scene.n_seats);
  return plan_write(
    &maps->plan, title, &map, maps->folder, "maps/dead.png", maps->diag);
}

static FhStatus
make_outlines(const Maps* const maps)
{
  const FhDeadZones* const zones = &maps->run->zones;
  FhStatus status = FH_OK;
  for (size_t z = 0; z < zones->n && !status; ++z) {
    status = plan_outline(&maps->plan,
                          zones->zone[z].seats,
                          zones->zone[z].n_seats,
                          &maps->outline[z]);
  }
  return status;
}

typedef FhStatus (*DrawFn)(const Maps* maps);

FhStatus
fh_run_write_maps(const FhRun* const run,
                  const FhProgressFn progress,
                  void* const user,
                  FhRunFolder* const folder,
                  FhDiag* const diag)
{
  static const DrawFn steps[] = {
    draw_levels, draw_quality, draw_decay, draw_dead};
  if (!run->seats || !run->scene.n_seats) {
    return FH_OK;
  }
  Maps maps = {.run = run, .folder = folder, .diag = diag};
  FhStatus status = plan_from_run(run, &maps.plan);
  if (!status) {
    maps.value = (double*)calloc(run->scene.n_seats, sizeof(double));
    maps.outline = (Outline*)calloc(run->zones.n + 1, sizeof(Outline));
    status = maps.value && maps.outline ? make_outlines(&maps) : FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !status; ++i) {
    if (progress) {
      // Ctrl-C does not end the writing of what is finished
      (void)progress(user, "Maps", (double)i / 4.0);
    }
    status = steps[i](&maps);
  }
  for (size_t z = 0; maps.outline && z < run->zones.n; ++z) {
    outline_clear(&maps.outline[z]);
  }
  free(maps.outline);
  free(maps.value);
  plan_clear(&maps.plan);
  return status;
}
