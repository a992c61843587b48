// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_DIAG_H
#define FH_DIAG_H

#include <fh/status.h>

#include <stddef.h>

/// How bad a finding is
typedef enum {
  FH_DIAG_NOTE,    ///< Worth knowing
  FH_DIAG_WARNING, ///< Doubtful: the result may not be what was meant
  FH_DIAG_ERROR,   ///< Wrong: nothing sensible can be computed
} FhSeverity;

/// One finding: where it is, what it is, how to mend it
typedef struct {
  FhSeverity severity;
  char* file; ///< File name, or null where there is none
  int line;   ///< Line from 1, or 0 where there is none
  int column; ///< Column from 1, or 0 where there is none
  char* text; ///< "what; how to mend", without a newline
} FhDiagEntry;

typedef struct FhDiagImpl FhDiag; ///< A growing list of findings

/// Create an empty list; null when out of memory
FhDiag*
fh_diag_new(void);

/// Free a list and its entries; does nothing if it is null
void
fh_diag_free(FhDiag* diag);

/**
   Add a finding.

   @param diag List, or null to drop the finding.
   @param severity How bad it is.
   @param file File name, or null; copied.
   @param line Line from 1, or 0 for none.
   @param column Column from 1, or 0 for none.
   @param format printf-like text: "what; how to mend".
*/
#if defined(__GNUC__)
__attribute__((format(printf, 6, 7)))
#endif
void
fh_diag_add(FhDiag* diag,
            FhSeverity severity,
            const char* file,
            int line,
            int column,
            const char* format,
            ...);

/// Number of findings of exactly this severity
size_t
fh_diag_count(const FhDiag* diag, FhSeverity severity);

/// Number of all findings
size_t
fh_diag_size(const FhDiag* diag);

/// Finding `i`, in the order added; borrowed, valid until the next add
const FhDiagEntry*
fh_diag_entry(const FhDiag* diag, size_t i);

#endif // FH_DIAG_H
