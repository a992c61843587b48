// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_RESULT_JSON_H
#define FH_RESULT_JSON_H

#include <fh/run_folder.h>

#include <jansson.h>

/// A number, or null where it is not finite; rounded to 9 digits
json_t*
json_number(double value);

/// An array of such numbers
json_t*
json_numbers(const double* value, size_t n);

/// An array of such numbers
json_t*
json_floats(const float* value, size_t n);

/**
   Write a document into the part of a run folder and free it.

   @param root Taken over; null means out of memory.
*/
FhStatus
json_save(json_t* root, const char* name, FhRunFolder* folder, FhDiag* diag);

#endif // FH_RESULT_JSON_H
