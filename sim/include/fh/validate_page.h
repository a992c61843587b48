// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_VALIDATE_PAGE_H
#define FH_VALIDATE_PAGE_H

#include <fh/run.h>
#include <fh/validate.h>

/// What a page says besides its numbers
typedef struct {
  const char* measured; ///< Where the measurements come from
  double within_jnd;    ///< Mean that passes [just noticeable differences]
} FhValidationText;

/**
   Write a page about a comparison: verdict, means, picture, differences by
   octave and by pair, every value, and what was left out.

   One HTML file that needs nothing else and runs no script.

   @param run The simulation that was compared.
   @param diag Its warnings are listed.
   @param path Written under a temporary name, then renamed.
   @return #FH_ERR_IO with `errno` set when it cannot be written,
   #FH_ERR_NO_MEM.
*/
FhStatus
fh_validation_page(const FhValidation* validation,
                   const FhRun* run,
                   const FhValidationText* text,
                   const FhDiag* diag,
                   const char* path);

#endif // FH_VALIDATE_PAGE_H
