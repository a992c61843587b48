// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_RECORD_SEATS_H
#define FULLHOUSE_RECORD_SEATS_H

#include <fh/run_record.h>

/// Read seats.csv of a run folder, whose areas are known already
FhStatus
record_read_seats(const char* folder, FhRunRecord* record, FhDiag* diag);

#endif // FULLHOUSE_RECORD_SEATS_H
