// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_REPORT_PARTS_H
#define FULLHOUSE_REPORT_PARTS_H

#include <fh/run.h>

#include <jansson.h>

/*
  Parts of what the page shows (report_data.h). Each is a new reference, or
  null when out of memory.
*/

/// The venue's surfaces but for those of its people
json_t*
report_mesh(const FhScene* scene);

/// Places and areas of the seats
json_t*
report_seats(const FhScene* scene);

/// Those that play, with their aims
json_t*
report_loudspeakers(const FhVenue* venue);

/// What the page can colour seats by, with units, steps and scales
json_t*
report_metrics(const FhRun* run);

/// Values of all those at all seats
json_t*
report_values(const FhRun* run);

/// Levels of all seats' echograms, half decibels under the loudest of each
json_t*
report_echograms(const FhRun* run);

#endif // FULLHOUSE_REPORT_PARTS_H
