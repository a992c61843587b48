// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_PROCESSOR_H
#define FH_PROCESSOR_H

#include <stdbool.h>

/// What to say where fh_processor_fits() is false
#define FH_PROCESSOR_WORDS                                               \
  "this build needs a processor with AVX2 (from 2013 on); rebuild with " \
  "-DFULLHOUSE_ARCH=x86-64"

/**
   False where the library was built for instructions that this processor has
   not: ask before anything else, and call nothing of the library then.
*/
bool
fh_processor_fits(void);

#endif // FH_PROCESSOR_H
