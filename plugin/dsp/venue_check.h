// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_DSP_VENUE_CHECK_H
#define FH_DSP_VENUE_CHECK_H

#include <fh/live.h>

/// Whether the soundcheck was made in the venue of the model
typedef struct {
  double distance; ///< As fh_room_distance(), 0 = cannot be told
  bool is_foreign; ///< Another room: the model may move nothing
} FhVenueCheck;

/// Compare a soundcheck with a model
FhVenueCheck
fh_venue_check(const FhLiveModel* model, const FhLiveBaseline* baseline);

#endif // FH_DSP_VENUE_CHECK_H
