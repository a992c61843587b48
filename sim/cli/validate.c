// SPDX-License-Identifier: GPL-3.0-or-later
#include "validate.h"

#include "commands.h"

#include <fh/validate_page.h>

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  KEY_WITHIN = 0x2500,
  KEY_PAIRS,
  KEY_PLOT,
  KEY_RAYS,
  KEY_ERROR,
  KEY_FACES,
  KEY_PAGE
};

typedef struct {
  FhCommonOptions common;
  ValidateChoice choice;
  const char* plot;
  const char* page;
  double within_jnd;
  bool pairs;
  FhTraceDesc trace;
} Options;

static const struct argp_option options_table[] = {
  {"within",
   KEY_WITHIN,
   "JND",
   0,
   "Mean difference that passes, in just noticeable differences (default: 1)",
   1},
  {"pairs", KEY_PAIRS, 0, 0, "Print every pair, not only the means", 1},
  {"plot", KEY_PLOT, "FILE", 0, "Draw it: .png, .svg or .pdf", 1},
  {"page",
   KEY_PAGE,
   "FILE",
   0,
   "Write an HTML page about it; the report of a run links to a validate.html "
   "in its folder",
   1},
  {"error",
   KEY_ERROR,
   "DB",
   0,
   "Trace until levels have this standard error (default: 0.3)",
   3},
  {"no-finite-faces",
   KEY_FACES,
   0,
   0,
   "Let faces mirror sound that they are too small for",
   3},
  {"rays", KEY_RAYS, "N", 0, "Trace N rays per source instead", 3},
  {0}};

static error_t
parse_option(const int key, char* const arg, struct argp_state* const state)
{
  Options* const o = (Options*)state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->common;
    state->child_inputs[1] = &o->choice;
    return 0;
  case KEY_WITHIN:
    o->within_jnd = fh_cli_number(state, "within", arg, 0.01, 100.0);
    return 0;
  case KEY_PAIRS:
    o->pairs = true;
    return 0;
  case KEY_FACES:
    o->trace.finite_faces = false;
    return 0;
  case KEY_PLOT:
    o->plot = arg;
    return 0;
  case KEY_PAGE:
    o->page = arg;
    return 0;
  case KEY_RAYS:
    o->trace.n_rays = (uint64_t)fh_cli_number(state, "rays", arg, 64.0, 1e12);
    return 0;
  case KEY_ERROR:
    o->trace.error_db = fh_cli_number(state, "error", arg, 0.01, 10.0);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_child children[] = {
  {&fh_common_argp, 0, NULL, 90},
  {&validate_choice_argp, 0, NULL, 0},
  {0}};

static const struct argp validate_argp = {
  options_table,
  parse_option,
  "VENUE MEASURED",
  "Simulate a venue and hold it against measurements: parameters of ISO 3382-1 "
  "by octave and pair, differences in just noticeable ones (5 % of decay "
  "times, 1 dB, 0.05, 10 ms)."
  "\vMEASURED is a folder of impulse responses whose names have "
  "_SOURCE_MICROPHONE in them, a SOFA file of responses at the venue's places, "
  "or a CSV file that begins with the line "
  "'source,microphone,parameter,125,250,...' (octaves 63 to 8000); parameter "
  "is one of t30_s edt_s t20_s d50 d50_percent c80_db c50_db ts_s ts_ms g_db "
  "lf lf_percent lfc lfc_percent. What does not belong to the venue is named "
  "and left out. Exit code 0: the mean over the parameters is within --within; "
  "1: it is not.",
  children,
  NULL,
  NULL};

static const char*
band_name(const size_t band)
{
  return band < FH_N_OCTAVES ? fh_octave_name(band) : "125-1k";
}

/// How numbers of a quantity are printed
static double
printed(const FhQuantity quantity, const double value)
{
  return quantity == FH_QUANTITY_TS ? 1000.0 * value : value;
}

static int
digits(const FhQuantity quantity)
{
  return quantity == FH_QUANTITY_TS ? 0
         : quantity == FH_QUANTITY_G || quantity == FH_QUANTITY_C80 ||
             quantity == FH_QUANTITY_C50
           ? 1
           : 2;
}

static const char*
title(const FhQuantity quantity, char out[24])
{
  const bool ts = quantity == FH_QUANTITY_TS;
  const char* const unit = ts ? "ms" : fh_quantity_unit(quantity);
  char name[8];
  snprintf(name, sizeof name, "%s", fh_quantity_name(quantity));
  for (char* c = name; *c; ++c) {
    *c = (char)toupper((unsigned char)*c);
  }
  snprintf(out, 24, *unit ? "%s [%s]" : "%s%s", name, unit);
  return out;
}

static void
print_mean(const FhQuantity q, const char* const band, const FhDeviationMean* m)
{
  const int d = digits(q);
  printf("  %-7s %9.*f %9.*f %+9.*f %8.*f %6.2f %5zu\n",
         band,
         d,
         printed(q, m->measured),
         d,
         printed(q, m->simulated),
         d,
         printed(q, m->difference),
         d,
         printed(q, m->rms),
         m->jnd,
         m->n);
}

static void
print_pairs(const FhRun* const run, const FhValidation* const v)
{
  printf("Every pair\n");
  printf("  %-24s %-9s %-7s %9s %9s %9s %7s\n",
         "pair",
         "parameter",
         "Hz",
         "measured",
         "simulated",
         "+- error",
         "JND");
  for (size_t i = 0; i < v->n; ++i) {
    const FhDeviation* const d = &v->at[i];
    char pair[2 * FH_NAME_SIZE];
    char name[24];
    snprintf(pair,
             sizeof pair,
             "%s %s",
             fh_sources_emitter(run->sources, d->emitter)->name,
             run->venue->microphones[d->microphone].name);
    const int n = digits(d->quantity) + 1;
    printf("  %-24s %-9s %-7s %9.*f %9.*f %9.*f %+7.2f\n",
           pair,
           title(d->quantity, name),
           band_name(d->band),
           n,
           printed(d->quantity, d->measured),
           n,
           printed(d->quantity, d->simulated),
           n,
           printed(d->quantity, d->se),
           d->jnd);
  }
  printf("\n");
}

static void
print_table(const Options* const o, const FhRun* run, const FhValidation* v)
{
  if (o->pairs) {
    print_pairs(run, v);
  }
  for (size_t q = 0; q < FH_N_QUANTITIES; ++q) {
    if (!v->all[q].n) {
      continue;
    }
    char name[24];
    printf("%-9s %9s %9s %9s %8s %6s %5s\n",
           title((FhQuantity)q, name),
           "measured",
           "simulated",
           "diff.",
           "rms",
           "JND",
           "n");
    for (size_t b = 0; b <= FH_BAND_MID; ++b) {
      if (v->mean[q][b].n) {
        print_mean((FhQuantity)q, band_name(b), &v->mean[q][b]);
      }
    }
    print_mean((FhQuantity)q, "all", &v->all[q]);
  }
  printf("Mean |difference| over the parameters: %.2f JND; %s %g\n",
         v->jnd,
         v->jnd <= o->within_jnd ? "within" : "NOT within",
         o->within_jnd);
}

static json_t*
number(const double value)
{
  return isfinite(value) ? json_real(value) : json_null();
}

static json_t*
band_json(const size_t band)
{
  return band < FH_N_OCTAVES
           ? json_integer(strtol(fh_octave_name(band), NULL, 10))
           : json_string("125-1000");
}

static json_t*
mean_json(const FhDeviationMean* const m)
{
  return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o}",
                   "n",
                   (json_int_t)m->n,
                   "measured",
                   number(m->measured),
                   "simulated",
                   number(m->simulated),
                   "difference",
                   number(m->difference),
                   "rms",
                   number(m->rms),
                   "jnd",
                   number(m->jnd));
}

static json_t*
parameters_json(const FhValidation* const v)
{
  json_t* const list = json_array();
  for (size_t q = 0; q < FH_N_QUANTITIES; ++q) {
    if (!v->all[q].n) {
      continue;
    }
    json_t* const bands = json_array();
    for (size_t b = 0; b <= FH_BAND_MID; ++b) {
      if (v->mean[q][b].n) {
        json_t* const one = mean_json(&v->mean[q][b]);
        json_object_set_new(one, "band_hz", band_json(b));
        json_array_append_new(bands, one);
      }
    }
    json_t* const one = mean_json(&v->all[q]);
    json_object_set_new(
      one, "parameter", json_string(fh_quantity_name((FhQuantity)q)));
    json_object_set_new(
      one, "unit", json_string(fh_quantity_unit((FhQuantity)q)));
    json_object_set_new(one, "bands", bands);
    json_array_append_new(list, one);
  }
  return list;
}

static json_t*
pairs_json(const FhRun* const run, const FhValidation* const v)
{
  json_t* const list = json_array();
  for (size_t i = 0; i < v->n; ++i) {
    const FhDeviation* const d = &v->at[i];
    json_array_append_new(
      list,
      json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}",
                "source",
                fh_sources_emitter(run->sources, d->emitter)->name,
                "microphone",
                run->venue->microphones[d->microphone].name,
                "parameter",
                fh_quantity_name(d->quantity),
                "band_hz",
                band_json(d->band),
                "measured",
                number(d->measured),
                "simulated",
                number(d->simulated),
                "se",
                number(d->se),
                "jnd",
                number(d->jnd)));
  }
  return list;
}

static FhExit
print_json(const Options* const o, const FhRun* run, const FhValidation* v)
{
  json_t* const root = json_pack("{s:s, s:s, s:o, s:f, s:b, s:I, s:o, s:o}",
                                 "venue",
                                 o->choice.venue,
                                 "measured",
                                 o->choice.measured,
                                 "jnd",
                                 number(v->jnd),
                                 "within",
                                 o->within_jnd,
                                 "passed",
                                 v->jnd <= o->within_jnd,
                                 "n_missing",
                                 (json_int_t)v->n_missing,
                                 "parameters",
                                 parameters_json(v),
                                 "pairs",
                                 pairs_json(run, v));
  fh_cli_print_json(root, 7);
  return FH_EXIT_OK;
}

static FhStatus
draw(const Options* const o, const FhRun* const run, const FhValidation* v)
{
  char text[FH_NAME_SIZE + 64];
  snprintf(text,
           sizeof text,
           "%s: %.2f JND off on average",
           run->venue->name[0] ? run->venue->name : "Venue",
           v->jnd);
  return fh_validation_plot(v, text, o->plot);
}

static FhStatus
compare(const Options* const o,
        const FhMeasured* const measured,
        const FhVenue* const venue,
        FhRun* const run,
        FhValidation* const v,
        FhDiag* const diag)
{
  FhProgress progress;
  fh_progress_init(&progress, &o->common);
  FhStatus status =
    fh_run_compute(venue, &o->trace, fh_progress_step, &progress, run, diag);
  fh_progress_end(&progress);
  // Half a trace is no result
  if (!status && run->interrupted) {
    fh_run_clear(run);
    status = FH_ERR_INTERRUPTED;
  }
  if (!status) {
    status = fh_validate(measured,
                         run->pairs,
                         run->scene.n_microphones,
                         o->choice.quantities,
                         o->choice.low_band,
                         o->choice.high_band,
                         v,
                         diag);
    if (status) {
      fh_run_clear(run);
    }
  }
  return status;
}

static int
answer(const Options* const o,
       const FhRun* const run,
       const FhValidation* v,
       const FhDiag* const diag)
{
  if (o->plot) {
    const FhStatus status = draw(o, run, v);
    if (status) {
      fh_cli_error(
        "%s cannot be drawn: %s; the name ends in .png, .svg or .pdf",
        o->plot,
        fh_strerror(status));
      return status == FH_ERR_IO ? FH_EXIT_NO_RESOURCE
                                 : (int)fh_cli_exit_code(status);
    }
  }
  if (o->page) {
    const FhValidationText text = {o->choice.measured, o->within_jnd};
    errno = 0;
    const FhStatus status = fh_validation_page(v, run, &text, diag, o->page);
    if (status) {
      fh_cli_error("%s cannot be written: %s",
                   o->page,
                   errno ? strerror(errno) : fh_strerror(status));
      return FH_EXIT_NO_RESOURCE;
    }
  }
  if (o->common.json) {
    const FhExit code = print_json(o, run, v);
    if (code) {
      return code;
    }
  } else {
    print_table(o, run, v);
  }
  return v->jnd <= o->within_jnd ? FH_EXIT_OK : FH_EXIT_NO;
}

static int
run_validate(const int argc, char** const argv)
{
  Options o = {.common = fh_common_options_default(),
               .choice = validate_choice_default(),
               .within_jnd = 1.0,
               .trace = fh_trace_desc_default()};
  o.trace.diffraction = true;
  fh_cli_parse(&validate_argp, argc, argv, &o);
  o.trace.seats = false;
  o.trace.seed = o.common.seed;
  o.trace.n_threads = o.common.n_threads;

  FhDiag* const diag = fh_diag_new();
  if (!diag) {
    fh_cli_error("out of memory");
    return FH_EXIT_NO_RESOURCE;
  }
  FhVenue venue;
  FhMeasured measured = {0};
  FhStatus status = fh_venue_read(o.choice.venue, &venue, diag);
  const bool read = !status;
  status = status
             ? status
             : fh_measured_read(o.choice.measured, &venue, &measured, diag);
  FhRun run;
  FhValidation v;
  status = status ? status : compare(&o, &measured, &venue, &run, &v, diag);
  fh_cli_print_diag(diag, o.common.quiet);
  int code = fh_cli_exit_code(status);
  if (status == FH_ERR_INTERRUPTED) {
    fh_cli_error("interrupted before the simulation was finished");
  } else if (status && !fh_diag_count(diag, FH_DIAG_ERROR)) {
    fh_cli_error("%s", fh_strerror(status));
  } else if (!status) {
    code = answer(&o, &run, &v, diag);
    fh_validation_clear(&v);
    fh_run_clear(&run);
  }
  fh_measured_clear(&measured);
  if (read) {
    fh_venue_clear(&venue);
  }
  fh_diag_free(diag);
  return code;
}

const FhCommand fh_validate_command = {"validate",
                                       "Hold a simulation against measurements",
                                       &validate_argp,
                                       run_validate,
                                       NULL};
