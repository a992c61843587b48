// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"
#include "validate.h"

#include <fh/calibrate.h>

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  KEY_PRIOR = 0x2700,
  KEY_ROUNDS,
  KEY_RAYS,
  KEY_NO_LEFT_OUT,
  KEY_SCATTERING,
  KEY_CARRY,
  KEY_CARRIED
};

typedef struct {
  FhCommonOptions common;
  ValidateChoice choice;
  const char* output;
  const char* carry;   ///< Another state of the room, or null
  const char* carried; ///< Where it goes
  FhCalibrateDesc desc;
} Options;

static const struct argp_option options_table[] = {
  {"output", 'o', "VENUE", 0, "Venue file to write", 1},
  {"carry",
   KEY_CARRY,
   "VENUE",
   0,
   "Another state of the room, e.g. with the curtain drawn, that gets the "
   "fitted absorption of the materials it has in common",
   1},
  {"carry-output", KEY_CARRIED, "VENUE", 0, "Where that state is written", 1},
  {"prior",
   KEY_PRIOR,
   "SD",
   0,
   "How far absorption may be from the venue's: standard deviation of "
   "ln(a / (1 - a)) (default: 0.5, a factor of 1.6 for small a)",
   1},
  {"scattering",
   KEY_SCATTERING,
   0,
   0,
   "Fit scattering, too: one offset of ln(s / (1 - s)) for each material, "
   "prior "
   "0 +- 0.7, within -2 to 2",
   1},
  {"rounds", KEY_ROUNDS, "N", 0, "Traces, 1 to 20 (default: 4)", 3},
  {"rays", KEY_RAYS, "N", 0, "Rays per source and trace (default: 32768)", 3},
  {"no-left-out",
   KEY_NO_LEFT_OUT,
   0,
   0,
   "Do not foretell each pair from the others",
   3},
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
  case 'o':
    o->output = arg;
    return 0;
  case KEY_CARRY:
    o->carry = arg;
    return 0;
  case KEY_CARRIED:
    o->carried = arg;
    return 0;
  case KEY_PRIOR:
    o->desc.prior_sd = fh_cli_number(state, "prior", arg, 0.01, 3.0);
    return 0;
  case KEY_ROUNDS:
    o->desc.n_rounds = (unsigned)fh_cli_number(state, "rounds", arg, 1.0, 20.0);
    return 0;
  case KEY_RAYS:
    o->desc.n_rays = (uint64_t)fh_cli_number(state, "rays", arg, 64.0, 1e9);
    return 0;
  case KEY_SCATTERING:
    o->desc.scattering = true;
    return 0;
  case KEY_NO_LEFT_OUT:
    o->desc.left_out = false;
    return 0;
  case ARGP_KEY_END:
    if (!o->output) {
      argp_error(state, "name the venue file to write with -o VENUE");
    }
    if (!o->carry != !o->carried) {
      argp_error(state, "--carry and --carry-output go together");
    }
    if (o->choice.quantities &
        ((1u << FH_QUANTITY_LF) | (1u << FH_QUANTITY_LFC))) {
      argp_error(state, "lateral fractions cannot be fitted");
    }
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_child children[] = {
  {&fh_common_argp, 0, NULL, 90},
  {&validate_choice_argp, 0, NULL, 0},
  {0}};

static const struct argp calibrate_argp = {
  options_table,
  parse_option,
  "VENUE MEASURED -o VENUE",
  "Fit the absorption of a venue's materials to measurements and write the "
  "venue that has it; --parameters says to what (default here: t30,edt,c80)."
  "\vMEASURED is as for 'fullhouse validate', which has the last word: run it "
  "with the new venue. Absorption stays between 0 and 1 and near the venue's "
  "as --prior says. Each pair is also foretold from the others: where that is "
  "much worse than the fit, absorption has mended what was something else.",
  children,
  NULL,
  NULL};

static void
print_materials(const FhVenue* const venue, const FhCalibration* const c)
{
  printf("%-20s", "Absorption");
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    if (c->octave[b]) {
      printf(" %12s", fh_octave_name(b));
    }
  }
  printf("\n");
  for (size_t k = 0; k < c->n_fitted; ++k) {
    const FhFitted* const f = &c->fitted[k];
    printf("%-20.20s", venue->mesh.material_name[f->material]);
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      if (c->octave[b]) {
        printf("  %4.2f>%4.2f", (double)f->before[b], (double)f->after[b]);
      }
    }
    printf("\n%-20s", "");
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      if (c->octave[b]) {
        printf("      +-%4.2f", (double)f->se[b]);
      }
    }
    printf("\n");
  }
}

static void
print_scattering(const FhVenue* const venue, const FhCalibration* const c)
{
  printf("%-20s %20s", "Scattering", "ln(s / (1 - s))");
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    printf(" %10s", fh_octave_name(b));
  }
  printf("\n");
  for (size_t k = 0; k < c->n_fitted; ++k) {
    const FhFitted* const f = &c->fitted[k];
    printf("%-20.20s %+12.2f +-%6.2f",
           venue->mesh.material_name[f->material],
           (double)f->scattering_offset,
           (double)f->scattering_sd);
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      printf("  %4.2f>%4.2f",
             (double)f->scattering_before[b],
             (double)f->scattering_after[b]);
    }
    printf("\n");
  }
}

static void
print_quality(const FhCalibration* const c, const bool left_out)
{
  printf("Mean |difference| in JND, %zu pairs\n", c->n_pairs);
  printf("  %-6s %8s %8s %9s\n", "", "before", "fitted", "left out");
  for (size_t q = 0; q <= FH_N_QUANTITIES; ++q) {
    const bool mean = q == FH_N_QUANTITIES;
    if (!mean && !c->before.all[q].n) {
      continue;
    }
    printf("  %-6s %8.2f %8.2f",
           mean ? "mean" : fh_quantity_name((FhQuantity)q),
           mean ? c->before.jnd : c->before.all[q].jnd,
           mean ? c->after.jnd : c->after.all[q].jnd);
    if (left_out && c->n_pairs > 1) {
      printf(" %9.2f\n", mean ? c->left_out.jnd : c->left_out.all[q].jnd);
    } else {
      printf(" %9s\n", "-");
    }
  }
}

static json_t*
number(const double value)
{
  return isfinite(value) ? json_real(value) : json_null();
}

static json_t*
octaves_json(const FhCalibration* const c, const float* const value)
{
  json_t* const list = json_array();
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    json_array_append_new(
      list, c->octave[b] ? number((double)value[b]) : json_null());
  }
  return list;
}

static json_t*
quality_json(const FhFitQuality* const quality)
{
  json_t* const root = json_object();
  for (size_t q = 0; q < FH_N_QUANTITIES; ++q) {
    if (quality->all[q].n) {
      json_object_set_new(
        root, fh_quantity_name((FhQuantity)q), number(quality->all[q].jnd));
    }
  }
  json_object_set_new(root, "mean", number(quality->jnd));
  return root;
}

static FhExit
print_json(const Options* const o, const FhVenue* venue, const FhCalibration* c)
{
  json_t* const list = json_array();
  for (size_t k = 0; k < c->n_fitted; ++k) {
    const FhFitted* const f = &c->fitted[k];
    json_t* const one = json_pack("{s:s, s:o, s:o, s:o}",
                                  "material",
                                  venue->mesh.material_name[f->material],
                                  "before",
                                  octaves_json(c, f->before),
                                  "after",
                                  octaves_json(c, f->after),
                                  "se",
                                  octaves_json(c, f->se));
    if (c->scattering) {
      json_object_set_new(
        one, "scattering_offset", number((double)f->scattering_offset));
      json_object_set_new(
        one, "scattering_sd", number((double)f->scattering_sd));
    }
    json_array_append_new(list, one);
  }
  const bool foretold = o->desc.left_out && c->n_pairs > 1;
  json_t* const root =
    json_pack("{s:s, s:I, s:o, s:o, s:o, s:o}",
              "venue",
              o->output,
              "n_pairs",
              (json_int_t)c->n_pairs,
              "materials",
              list,
              "jnd_before",
              quality_json(&c->before),
              "jnd_fitted",
              quality_json(&c->after),
              "jnd_left_out",
              foretold ? quality_json(&c->left_out) : json_null());
  fh_cli_print_json(root, 5);
  return FH_EXIT_OK;
}

static int
answer(const Options* const o, const FhVenue* venue, const FhCalibration* c)
{
  if (o->common.json) {
    return print_json(o, venue, c);
  }
  print_materials(venue, c);
  if (c->scattering) {
    print_scattering(venue, c);
  }
  print_quality(c, o->desc.left_out);
  printf("Wrote %s; look with 'fullhouse validate %s %s'\n",
         o->output,
         o->output,
         o->choice.measured);
  return FH_EXIT_OK;
}

static FhStatus
write_carried(const Options* const o,
              const FhCalibration* const c,
              const FhVenue* const venue,
              FhVenue* const other,
              FhDiag* const diag)
{
  if (!fh_calibration_carry(c, venue, other)) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                o->carry,
                0,
                0,
                "has no material in common with '%s'; name a state of the "
                "same room",
                o->choice.venue);
    return FH_ERR_MISMATCH;
  }
  return fh_venue_write(other, o->carried, diag);
}

static FhStatus
fit_and_write(const Options* const o,
              const FhMeasured* const measured,
              FhVenue* const venue,
              FhVenue* const other,
              FhCalibration* const out,
              FhDiag* const diag)
{
  FhProgress progress;
  fh_progress_init(&progress, &o->common);
  FhStatus status = fh_calibrate(
    venue, measured, &o->desc, fh_progress_step, &progress, out, diag);
  fh_progress_end(&progress);
  if (!status) {
    fh_calibration_apply(out, venue);
    status = fh_venue_write(venue, o->output, diag);
    if (!status && o->carry) {
      status = write_carried(o, out, venue, other, diag);
    }
    if (status) {
      fh_calibration_clear(out);
    }
  }
  return status;
}

static int
run_calibrate(const int argc, char** const argv)
{
  Options o = {.common = fh_common_options_default(),
               .choice = validate_choice_default(),
               .desc = fh_calibrate_desc_default()};
  o.choice.quantities = o.desc.quantities;
  fh_cli_parse(&calibrate_argp, argc, argv, &o);
  o.desc.quantities = o.choice.quantities;
  o.desc.low_band = o.choice.low_band;
  o.desc.high_band = o.choice.high_band;
  o.desc.seed = o.common.seed;
  o.desc.n_threads = o.common.n_threads;

  FhDiag* const diag = fh_diag_new();
  if (!diag) {
    fh_cli_error("out of memory");
    return FH_EXIT_NO_RESOURCE;
  }
  FhVenue venue;
  FhMeasured measured = {0};
  FhCalibration c = {0};
  FhStatus status = fh_venue_read(o.choice.venue, &venue, diag);
  const bool read = !status;
  status = status
             ? status
             : fh_measured_read(o.choice.measured, &venue, &measured, diag);
  FhVenue other = {0};
  if (!status && o.carry) {
    status = fh_venue_read(o.carry, &other, diag);
  }
  const bool computing = !status;
  status =
    status ? status : fit_and_write(&o, &measured, &venue, &other, &c, diag);
  fh_cli_print_diag(diag, o.common.quiet);
  int code = fh_cli_exit_code(status);
  if (status == FH_ERR_INTERRUPTED) {
    fh_cli_error("interrupted; nothing written");
  } else if (status && !fh_diag_count(diag, FH_DIAG_ERROR)) {
    fh_cli_error("%s", fh_strerror(status));
  } else if (status == FH_ERR_IO && computing) {
    code = FH_EXIT_NO_RESOURCE;
  } else if (!status) {
    code = answer(&o, &venue, &c);
  }
  fh_calibration_clear(&c);
  fh_measured_clear(&measured);
  fh_venue_clear(&other);
  if (read) {
    fh_venue_clear(&venue);
  }
  fh_diag_free(diag);
  return code;
}

const FhCommand fh_calibrate_command = {
  "calibrate",
  "Fit the absorption of materials to measurements",
  &calibrate_argp,
  run_calibrate,
  NULL};
