// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_AIR_H
#define FH_AIR_H

#include <fh/bands.h>
#include <fh/status.h>

/// State of the air
typedef struct {
  double temperature_c;    ///< Temperature [degrees Celsius], -50 to 60
  double humidity_percent; ///< Relative humidity [%], 0 to 100
  double pressure_kpa;     ///< Static pressure [kPa], 50 to 120
} FhAir;

/// 20 degrees Celsius, 50 % relative humidity, 101.325 kPa
FhAir
fh_air_default(void);

/// #FH_ERR_BAD_ARG when a value is out of range or not finite
FhStatus
fh_air_check(const FhAir* air);

/// Speed of sound [m/s]: 343.2 sqrt(T / 293.15 K); ISO 9613-1:1993
double
fh_air_speed_m_s(const FhAir* air);

/// Density of dry air [kg/m3]: p / (287.058 T)
double
fh_air_density_kg_m3(const FhAir* air);

/**
   Pure-tone attenuation of sound by the atmosphere.

   @param air State of the air, in range (see fh_air_check()).
   @param frequency_hz Frequency [Hz], above zero.
   @return Attenuation [dB/m].

   Source: ISO 9613-1:1993, equations 3 to 5 and annex B.
*/
double
fh_air_attenuation_db_m(const FhAir* air, double frequency_hz);

/**
   Energy attenuation constants m of the octave midbands [1/m].

   Energy falls as exp(-m x); m = attenuation [dB/m] / (10 lg e).
*/
void
fh_air_octaves(const FhAir* air, double m[FH_N_OCTAVES]);

/// Energy attenuation constants m of the third-octave midbands [1/m]
void
fh_air_thirds(const FhAir* air, double m[FH_N_THIRDS]);

#endif // FH_AIR_H
