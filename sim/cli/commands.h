// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_COMMANDS_H
#define FULLHOUSE_COMMANDS_H

#include "cli.h"

/// Every command of the program, in the order of the help text; null-ended
extern const FhCommand* const fh_commands[];

extern const FhCommand fh_bench_command;
extern const FhCommand fh_check_command;
extern const FhCommand fh_auralize_command;
extern const FhCommand fh_crowd_command;
extern const FhCommand fh_diff_command;
extern const FhCommand fh_tour_command;
extern const FhCommand fh_profile_command;
extern const FhCommand fh_rehearse_command;
extern const FhCommand fh_place_command;
extern const FhCommand fh_report_command;
extern const FhCommand fh_import_command;
extern const FhCommand fh_simulate_command;
extern const FhCommand fh_array_command;
extern const FhCommand fh_ir_command;
extern const FhCommand fh_validate_command;
extern const FhCommand fh_calibrate_command;

#endif // FULLHOUSE_COMMANDS_H
