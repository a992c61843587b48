// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_CROWD_TABLES_H
#define FH_CROWD_TABLES_H

#include <fh/bands.h>
#include <fh/venue.h>

/*
  What people and seats do to sound, per octave from 63 Hz to 8 kHz. Values are
  random-incidence coefficients as published, so they may exceed 1 (edge
  effect); whoever traces them has to carry the excess (fh/scene.h does).
*/

/**
   Absorption of a standing crowd per square metre of floor.

   alpha = M (1 - exp(-d a k (f / 1 kHz)^-tilt / M)), saturating with density.

   @param density Persons per square metre, at least 0.
   @param clothing Factor on the absorption of one person, 1 nominal; a winter
   coat is about 2, a summer dress 0.6.
   @param tilt Exponent of a spectral tilt, 0 nominal; -0.5 to 0.5.
   @param[out] absorption Per octave.

   Source: fitted to Vorlaender, Auralization (2008), tables of audience on 0.72
   to 2 persons/m2 (rms 0.03 from 125 Hz to 4 kHz); 63 Hz and 8 kHz are
   assumptions. Valid to about 5 persons/m2.
*/
void
fh_crowd_standing(double density,
                  double clothing,
                  double tilt,
                  float absorption[FH_N_OCTAVES]);

/**
   Absorption of empty seats per square metre of seating.

   @return False for #FH_SEAT_NONE: then the floor itself is what acts, and
   `absorption` is zero.

   Source: Beranek and Hidaka, J. Acoust. Soc. Am. 104 (1998) 3169, for heavy,
   medium and light upholstery; metal or wood seats from Bies, Hansen and
   Howard, Engineering Noise Control (2017), table 6.2. 63 Hz is extrapolated
   as 0.75 of 125 Hz, 8 kHz as 4 kHz.
*/
bool
fh_crowd_empty_seats(FhSeatClass seat, float absorption[FH_N_OCTAVES]);

/**
   Absorption of fully occupied seats per square metre of seating.

   Source: Beranek and Hidaka (1998) for upholstered seats; wooden chairs, 100 %
   occupied, from Bies, Hansen and Howard (2017), table 6.2, for the rest.
*/
void
fh_crowd_occupied_seats(FhSeatClass seat, float absorption[FH_N_OCTAVES]);

/**
   Absorption of seats of which a share is occupied.

   empty + occupancy clothing (occupied - empty), never below 0. For
   #FH_SEAT_NONE `empty` is the bare floor.

   @param occupancy 0 to 1.
   @param bare Absorption of the floor, used for #FH_SEAT_NONE; may be null,
   which counts as 0.
*/
void
fh_crowd_seated(FhSeatClass seat,
                double occupancy,
                double clothing,
                const float bare[FH_N_OCTAVES],
                float absorption[FH_N_OCTAVES]);

/**
   Scattering of an audience area: empty seats 0.05 to 0.5, a crowd 0.1 to 0.7.

   @param occupancy 0 (seats) to 1 (crowd); in between they mix.

   Source: Vorlaender (2008), "theatre audience"; 63 Hz and 8 kHz and the empty
   seats are assumptions.
*/
void
fh_crowd_scattering(double occupancy, float scattering[FH_N_OCTAVES]);

/**
   Share of the grazing loss that a band has over a populated area.

   The loss itself depends on elevation: -20 lg(0.2 + 0.1 g) dB at g degrees
   below 8, none above. 0 at 63 Hz (the seat dip is left out of both states,
   for it hardly changes with people), 0.3 to 250 Hz, 1 to 1.2 above.

   @param local Local occupancy, 0 to 1.

   Source: Mommertz, Acustica 79 (1993) 42; form and shares from memory of
   secondary sources.
*/
void
fh_crowd_grazing(double local, float scale[FH_N_OCTAVES]);

/// Share of a standing area that an occupancy fills, from the front: o^0.7
double
fh_crowd_filled_share(double occupancy);

/// Height of a block's top over its floor [m]: 1.1 seated, 1.55 standing
double
fh_crowd_top_m(FhPosture posture);

/// Height of the ears over the floor [m]: 1.2 seated, 1.65 standing
double
fh_crowd_ear_m(FhPosture posture);

#endif // FH_CROWD_TABLES_H
