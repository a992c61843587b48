// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_PDF_H
#define FULLHOUSE_PDF_H

#include <fh/run_record.h>

/**
   Write report.pdf: what a production folder wants on paper.

   Cover with key numbers against the goals, maps, dead zones with causes and
   remedies, loudspeakers with places, aims, delays and gains, octaves, and how
   sure the numbers are.

   @param path Where it goes, through a temporary name.
   @return #FH_ERR_IO, #FH_ERR_NO_MEM.
*/
FhStatus
pdf_write(const FhRunRecord* record, const char* path);

#endif // FULLHOUSE_PDF_H
