// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CLI_VALIDATE_H
#define FULLHOUSE_CLI_VALIDATE_H

#include "cli.h"

#include <fh/validate.h>

/*
  What validate and calibrate share: a venue, what was measured in it, and
  which values count.
*/

/// What is held against what
typedef struct {
  const char* venue;
  const char* measured;
  unsigned quantities; ///< Bit set
  size_t low_band, high_band;
} ValidateChoice;

/// All octaves, the usual quantities
ValidateChoice
validate_choice_default(void);

/// argp child whose input is a ValidateChoice (VENUE MEASURED --parameters
/// --bands)
extern const struct argp validate_choice_argp;

#endif // FULLHOUSE_CLI_VALIDATE_H
