// SPDX-License-Identifier: GPL-3.0-or-later
#include "venue_check.h"

#include <fh/room_sound.h>

#include <math.h>
#include <string.h>

/// What a soundcheck tells of the room at one microphone
static void
read_baseline(const FhLiveBaseline* const baseline,
              const size_t mic,
              FhRoomSound* const out)
{
  memset(out, 0, sizeof(*out));
  for (size_t o = 0; o < FH_N_OCTAVES; ++o) {
    if (!(baseline->mic[mic].octave_coherence[o] > 0.2F)) {
      continue;
    }
    const float t = baseline->mic[mic].t_s[o];
    if (t > 0.0F) {
      out->t_known[o] = true;
      out->log_t[o] = logf(t);
      out->t_error[o] = baseline->mic[mic].t_error[o];
    }
    const double ratio_db = (double)baseline->mic[mic].direct_ratio_db[o];
    const double late_db = (double)baseline->mic[mic].late_db[o];
    const double late =
      pow(10.0, 0.1 * (late_db - (double)baseline->mic[mic].total_db[o]));
    if (isfinite(ratio_db) && late > 0.0 && late < 1.0) {
      out->energy_known[o] = true;
      out->direct_db[o] = (float)ratio_db;
      out->clarity_db[o] = (float)(10.0 * log10((1.0 - late) / late));
    }
  }
}

FhVenueCheck
fh_venue_check(const FhLiveModel* const model,
               const FhLiveBaseline* const baseline)
{
  FhVenueCheck check = {0.0, false};
  if (!model || !model->distance) {
    return check;
  }
  FhAir air = fh_air_default();
  air.temperature_c = (double)baseline->temperature_c;
  air.humidity_percent = (double)baseline->humidity_percent;
  size_t n = 0;
  for (size_t m = 0; m < baseline->n_mics; ++m) {
    FhRoomSound sound;
    read_baseline(baseline, m, &sound);
    const double distance = model->distance(model->self, m, &air, &sound);
    check.distance += distance;
    n += distance > 0.0;
  }
  check.distance = n ? check.distance / (double)n : 0.0;
  check.is_foreign = check.distance > FH_ROOM_LIMIT;
  return check;
}
