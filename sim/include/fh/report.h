// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_REPORT_H
#define FH_REPORT_H

#include <fh/diag.h>
#include <fh/status.h>

#include <stddef.h>

/**
   Write the report of a run folder again, with other runs beside it.

   @param folder Run folder; its report.html is replaced.
   @param others [n_others] run folders of the same venue with the same seats
   (another occupancy, another system); each becomes a state to choose and to
   subtract.
   @param diag Says what does not fit and how to mend it.
   @return #FH_ERR_IO, #FH_ERR_FORMAT, #FH_ERR_VERSION, #FH_ERR_MISMATCH.
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
