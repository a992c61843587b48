// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/validate.h>

#include <math.h>
#include <string.h>

static const struct {
  const char* name;
  const char* unit;
  double relative; ///< Just noticeable difference as a share of the value
  double absolute; ///< Or in the unit
} quantities[FH_N_QUANTITIES] = {[FH_QUANTITY_T30] = {"t30", "s", 0.05, 0.0},
                                 [FH_QUANTITY_EDT] = {"edt", "s", 0.05, 0.0},
                                 [FH_QUANTITY_D50] = {"d50", "", 0.0, 0.05},
                                 [FH_QUANTITY_C80] = {"c80", "dB", 0.0, 1.0},
                                 [FH_QUANTITY_TS] = {"ts", "s", 0.0, 0.010},
                                 [FH_QUANTITY_G] = {"g", "dB", 0.0, 1.0},
                                 [FH_QUANTITY_LF] = {"lf", "", 0.0, 0.05},
                                 [FH_QUANTITY_T20] = {"t20", "s", 0.05, 0.0},
                                 [FH_QUANTITY_C50] = {"c50", "dB", 0.0, 1.0},
                                 [FH_QUANTITY_LFC] = {"lfc", "", 0.0, 0.05}};

const char*
fh_quantity_name(const FhQuantity quantity)
{
  return quantities[quantity].name;
}

const char*
fh_quantity_unit(const FhQuantity quantity)
{
  return quantities[quantity].unit;
}

bool
fh_quantity_find(const char* const name, FhQuantity* const out)
{
  for (size_t i = 0; i < FH_N_QUANTITIES; ++i) {
    if (!strcmp(quantities[i].name, name)) {
      *out = (FhQuantity)i;
      return true;
    }
  }
  return false;
}

double
fh_quantity_jnd(const FhQuantity quantity, const double value)
{
  return quantities[quantity].absolute +
         quantities[quantity].relative * fabs(value);
}
