// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TESTS_LOUDSPEAKER_H
#define FULLHOUSE_TESTS_LOUDSPEAKER_H

#include "../sim/source/model_file.h"

#include <math.h>

/*
  Loudspeaker models of tests.
*/

static inline double
level_at(const Model* const model,
         const double hz,
         const double theta_deg,
         const double phi_deg)
{
  const double theta = theta_deg * FH_PI / 180.0;
  const double phi = phi_deg * FH_PI / 180.0;
  const float d[3] = {(float)(sin(theta) * cos(phi)),
                      (float)cos(theta),
                      (float)(sin(theta) * sin(phi))};
  double amp = 0.0;
  double turn = 0.0;
  model_pattern(model, 343.2, hz, d, &amp, &turn);
  return 20.0 * log10(amp);
}

static inline void
load(const char* const name, Model* const model)
{
  FhDiag* const diag = fh_diag_new();
  const FhStatus status = model_load(name, NULL, NULL, 0, model, diag);
  for (size_t i = 0; i < fh_diag_size(diag); ++i) {
    print_error("%s:%d: %s\n",
                fh_diag_entry(diag, i)->file,
                fh_diag_entry(diag, i)->line,
                fh_diag_entry(diag, i)->text);
  }
  assert_int_equal(status, FH_OK);
  fh_diag_free(diag);
}

#endif // FULLHOUSE_TESTS_LOUDSPEAKER_H
