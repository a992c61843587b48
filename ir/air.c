// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/air.h>

#include <math.h>

static const double kelvin_at_0_c = 273.15;
static const double kelvin_at_20_c = 293.15;
static const double triple_point_k = 273.16;
static const double reference_kpa = 101.325;

FhAir
fh_air_default(void)
{
  return (FhAir){20.0, 50.0, 101.325};
}

FhStatus
fh_air_check(const FhAir* const air)
{
  const int ok = air->temperature_c >= -50.0 && air->temperature_c <= 60.0 &&
                 air->humidity_percent >= 0.0 &&
                 air->humidity_percent <= 100.0 && air->pressure_kpa >= 50.0 &&
                 air->pressure_kpa <= 120.0;
  return ok ? FH_OK : FH_ERR_BAD_ARG;
}

double
fh_air_speed_m_s(const FhAir* const air)
{
  return 343.2 * sqrt((air->temperature_c + kelvin_at_0_c) / kelvin_at_20_c);
}

double
fh_air_density_kg_m3(const FhAir* const air)
{
  const double t = air->temperature_c + kelvin_at_0_c;
  return 1000.0 * air->pressure_kpa / (287.058 * t);
}

double
fh_air_attenuation_db_m(const FhAir* const air, const double frequency_hz)
{
  const double t = air->temperature_c + kelvin_at_0_c;
  const double pa = air->pressure_kpa / reference_kpa;
  const double rel = t / kelvin_at_20_c;

  // Molar concentration of water vapour [%]; annex B
  const double saturation =
    pow(10.0, -6.8346 * pow(triple_point_k / t, 1.261) + 4.6151);
  const double h = air->humidity_percent * saturation / pa;

  // Relaxation frequencies of oxygen and nitrogen [Hz]; equations 3 and 4
  const double fro = pa * (24.0 + 4.04e4 * h * (0.02 + h) / (0.391 + h));
  const double frn =
    pa * pow(rel, -0.5) *
    (9.0 + 280.0 * h * exp(-4.170 * (pow(rel, -1.0 / 3.0) - 1.0)));

  const double f_2 = frequency_hz * frequency_hz;
  return 8.686 * f_2 *
         (1.84e-11 / pa * sqrt(rel) +
          pow(rel, -2.5) * (0.01275 * exp(-2239.1 / t) / (fro + f_2 / fro) +
                            0.1068 * exp(-3352.0 / t) / (frn + f_2 / frn)));
}

static double
energy_constant(const FhAir* const air, const double frequency_hz)
{
  return fh_air_attenuation_db_m(air, frequency_hz) / (10.0 / log(10.0));
}

void
fh_air_octaves(const FhAir* const air, double m[FH_N_OCTAVES])
{
  for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
    m[i] = energy_constant(air, fh_octave_hz(i));
  }
}

void
fh_air_thirds(const FhAir* const air, double m[FH_N_THIRDS])
{
  for (size_t i = 0; i < FH_N_THIRDS; ++i) {
    m[i] = energy_constant(air, fh_third_hz(i));
  }
}
