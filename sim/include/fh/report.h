// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_REPORT_H
#define FH_REPORT_H

#include <fh/diag.h>
#include <fh/status.h>

#include <stddef.h>

/**
   Write the report of a run folder again, with its states
   (fh/run_states.h) and other runs beside it.

   @param folder Run folder; its report.html is replaced.
   @param others [n_others] run folders of the same venue with the same seats
   (another occupancy, another system); each becomes a state to choose and to
   subtract.
   @param diag Says what does not fit and how to mend it.
   @return As fh_run_record_read() for what cannot be read, #FH_ERR_MISMATCH,
   #FH_ERR_IO for what cannot be written.
*/
FhStatus
fh_report_write(const char* folder,
                const char* const* others,
                size_t n_others,
                FhDiag* diag);

/**
   Write report.pdf of a run folder again: the report on paper.

   @return As fh_run_record_read(), #FH_ERR_IO.
*/
FhStatus
fh_report_write_pdf(const char* folder, FhDiag* diag);

#endif // FH_REPORT_H
