// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/crowd_tables.h>

#include <math.h>
#include <string.h>

// Octaves 63 Hz to 8 kHz in every row

/// Absorption area of one person in a sparse crowd [m2]
static const double person_m2[FH_N_OCTAVES] =
  {0.07, 0.18, 0.35, 0.73, 1.43, 2.02, 1.81, 1.80};

/// What a dense crowd saturates at
static const double saturation[FH_N_OCTAVES] =
  {0.35, 0.60, 0.76, 1.20, 1.08, 1.03, 1.05, 1.05};

static const float empty[][FH_N_OCTAVES] = {
  [FH_SEAT_NONE] = {0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f, 0.0f},
  [FH_SEAT_PLASTIC] = {0.11f, 0.15f, 0.19f, 0.22f, 0.39f, 0.38f, 0.30f, 0.30f},
  [FH_SEAT_LIGHT] = {0.27f, 0.36f, 0.47f, 0.57f, 0.62f, 0.62f, 0.60f, 0.60f},
  [FH_SEAT_MEDIUM] = {0.41f, 0.54f, 0.62f, 0.68f, 0.70f, 0.68f, 0.66f, 0.66f},
  [FH_SEAT_HEAVY] = {0.49f, 0.65f, 0.76f, 0.81f, 0.84f, 0.84f, 0.81f, 0.81f}};

static const float occupied[][FH_N_OCTAVES] = {
  [FH_SEAT_NONE] = {0.45f, 0.60f, 0.74f, 0.88f, 0.96f, 0.93f, 0.85f, 0.85f},
  [FH_SEAT_PLASTIC] = {0.45f, 0.60f, 0.74f, 0.88f, 0.96f, 0.93f, 0.85f, 0.85f},
  [FH_SEAT_LIGHT] = {0.38f, 0.51f, 0.64f, 0.75f, 0.80f, 0.82f, 0.83f, 0.83f},
  [FH_SEAT_MEDIUM] = {0.47f, 0.62f, 0.72f, 0.80f, 0.83f, 0.84f, 0.85f, 0.85f},
  [FH_SEAT_HEAVY] = {0.54f, 0.72f, 0.80f, 0.86f, 0.89f, 0.90f, 0.90f, 0.90f}};

static const float scattering_empty[FH_N_OCTAVES] =
  {0.05f, 0.10f, 0.20f, 0.35f, 0.45f, 0.50f, 0.50f, 0.50f};

static const float scattering_crowd[FH_N_OCTAVES] =
  {0.10f, 0.30f, 0.50f, 0.60f, 0.60f, 0.70f, 0.70f, 0.70f};

static const float grazing[FH_N_OCTAVES] =
  {0.0f, 0.3f, 0.3f, 1.0f, 1.0f, 1.2f, 1.2f, 1.0f};

void
fh_crowd_standing(const double density,
                  const double clothing,
                  const double tilt,
                  float absorption[FH_N_OCTAVES])
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double a =
      person_m2[b] * clothing * pow(fh_octave_hz(b) / 1e3, -tilt);
    absorption[b] =
      (float)(saturation[b] * (1.0 - exp(-density * a / saturation[b])));
  }
}

bool
fh_crowd_empty_seats(const FhSeatClass seat, float absorption[FH_N_OCTAVES])
{
  memcpy(absorption, empty[seat], sizeof empty[seat]);
  return seat != FH_SEAT_NONE;
}

void
fh_crowd_occupied_seats(const FhSeatClass seat, float absorption[FH_N_OCTAVES])
{
  memcpy(absorption, occupied[seat], sizeof occupied[seat]);
}

void
fh_crowd_seated(const FhSeatClass seat,
                const double occupancy,
                const double clothing,
                const float bare[FH_N_OCTAVES],
                float absorption[FH_N_OCTAVES])
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const float from =
      seat == FH_SEAT_NONE ? (bare ? bare[b] : 0.0f) : empty[seat][b];
    const float gain = occupied[seat][b] - from;
    absorption[b] = fmaxf(from + (float)(occupancy * clothing) * gain, 0.0f);
  }
}

void
fh_crowd_scattering(const double occupancy, float scattering[FH_N_OCTAVES])
{
  const float o = (float)occupancy;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    scattering[b] = (1.0f - o) * scattering_empty[b] + o * scattering_crowd[b];
  }
}

void
fh_crowd_grazing(const double local, float scale[FH_N_OCTAVES])
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    scale[b] = (float)local * grazing[b];
  }
}

double
fh_crowd_filled_share(const double occupancy)
{
  return occupancy > 0.0 ? fmin(pow(occupancy, 0.7), 1.0) : 0.0;
}

double
fh_crowd_top_m(const FhPosture posture)
{
  return posture == FH_POSTURE_STANDING ? 1.55 : 1.1;
}

double
fh_crowd_ear_m(const FhPosture posture)
{
  return posture == FH_POSTURE_STANDING ? 1.65 : 1.2;
}
