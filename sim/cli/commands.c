// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands.h"

const FhCommand* const fh_commands[] = {
  &fh_import_command,
  &fh_check_command,
  &fh_simulate_command,
  &fh_place_command,
  &fh_report_command,
  &fh_tour_command,
  &fh_diff_command,
  &fh_auralize_command,
  &fh_validate_command,
  &fh_calibrate_command,
  &fh_array_command,
  &fh_ir_command,
  &fh_profile_command,
  &fh_crowd_command,
  &fh_bench_command,
  &fh_rehearse_command,
  NULL,
};
