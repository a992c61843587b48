// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/keys.h>
#include <fh/rehearse.h>

#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const FhKey fault_keys[] = {
  {.name = "minute",
   .type = FH_KEY_NUMBER,
   .required = true,
   .at = offsetof(FhScenarioFault, minute),
   .unit = "min",
   .low = 0,
   .high = 600,
   .doc = "When it happens, after doors"},
  {.name = "gain_db",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhScenarioFault, gain_db),
   .unit = "dB",
   .low = -60,
   .high = 60,
   .doc = "Gain of the microphone from then on"},
  {.name = "delay_ms",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhScenarioFault, delay_ms),
   .unit = "ms",
   .low = 0,
   .high = 80,
   .doc = "Later than at the soundcheck from then on: it was moved"},
  {.name = "mute",
   .type = FH_KEY_BOOL,
   .at = offsetof(FhScenarioFault, mute),
   .doc = "The cable is out from then on"},
  {.name = "clip",
   .type = FH_KEY_BOOL,
   .at = offsetof(FhScenarioFault, clip),
   .doc = "It clips from then on"}};

static const FhSection fault_section = {.what = "a fault",
                                        .path = "faults[]",
                                        .keys = fault_keys,
                                        .n_keys = COUNT(fault_keys),
                                        .size = sizeof(FhScenarioFault)};

static const FhKey point_keys[] = {
  {.name = "minute",
   .type = FH_KEY_NUMBER,
   .required = true,
   .at = offsetof(FhScenarioPoint, minute),
   .unit = "min",
   .low = 0,
   .high = 600,
   .doc = "Time after doors"},
  {.name = "value",
   .type = FH_KEY_NUMBER,
   .required = true,
   .at = offsetof(FhScenarioPoint, value),
   .low = -50,
   .high = 100,
   .doc = "Value then; straight between points"}};

static const FhSection point_section = {.what = "a point",
                                        .path = "occupancy[]",
                                        .keys = point_keys,
                                        .n_keys = COUNT(point_keys),
                                        .size = sizeof(FhScenarioPoint)};

static const FhKey scenario_keys[] = {
  {.name = "minutes",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhScenario, minutes),
   .unit = "min",
   .low = 1,
   .high = 600,
   .fallback = 60,
   .doc = "Length of the show after doors"},
  {.name = "occupancy",
   .type = FH_KEY_LIST,
   .at = offsetof(FhScenario, occupancy),
   .count_at = offsetof(FhScenario, n_occupancy),
   .high = 1000,
   .section = &point_section,
   .doc = "Share of the capacity that is there, over time"},
  {.name = "temperature_c",
   .type = FH_KEY_LIST,
   .at = offsetof(FhScenario, temperature_c),
   .count_at = offsetof(FhScenario, n_temperature),
   .high = 1000,
   .section = &point_section,
   .doc = "Temperature over time; as in the profile when left out"},
  {.name = "humidity_percent",
   .type = FH_KEY_LIST,
   .at = offsetof(FhScenario, humidity_percent),
   .count_at = offsetof(FhScenario, n_humidity),
   .high = 1000,
   .section = &point_section,
   .doc = "Humidity over time; as in the profile when left out"},
  {.name = "mic_gain_db",
   .type = FH_KEY_LIST,
   .at = offsetof(FhScenario, mic_gain_db),
   .count_at = offsetof(FhScenario, n_mic_gain),
   .high = 1000,
   .section = &point_section,
   .doc = "Gain of the microphone over time, drifting from 0 dB"},
  {.name = "mic_tilt_db",
   .type = FH_KEY_LIST,
   .at = offsetof(FhScenario, mic_tilt_db),
   .count_at = offsetof(FhScenario, n_mic_tilt),
   .high = 1000,
   .section = &point_section,
   .doc = "Its slope over time, per two octaves, drifting from 0 dB"},
  {.name = "faults",
   .type = FH_KEY_LIST,
   .at = offsetof(FhScenario, faults),
   .count_at = offsetof(FhScenario, n_faults),
   .high = 1000,
   .section = &fault_section,
   .doc = "What happens to the microphone"},
  {.name = "crowd_noise_db",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhScenario, crowd_noise_db),
   .unit = "dB",
   .low = -80,
   .high = 20,
   .fallback = -20,
   .doc = "Noise of a full crowd against the programme at the microphone"},
  {.name = "clothing",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhScenario, clothing),
   .low = 0.3,
   .high = 3,
   .fallback = 1.15,
   .doc = "Absorption of the true crowd against the nominal one"},
  {.name = "tilt",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhScenario, tilt),
   .low = -0.3,
   .high = 0.3,
   .fallback = 0.05,
   .doc = "Slope of the true crowd's absorption over frequency"},
  {.name = "attendance",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhScenario, attendance),
   .low = 0,
   .high = 200000,
   .doc = "Persons that the engineer enters; 0 for none"},
  {.name = "sensors",
   .type = FH_KEY_BOOL,
   .at = offsetof(FhScenario, sensors),
   .fallback = 1,
   .doc = "Temperature and humidity are entered as they are"}};

static const FhSection scenario_section = {.what = "a scenario",
                                           .path = "",
                                           .keys = scenario_keys,
                                           .n_keys = COUNT(scenario_keys),
                                           .size = sizeof(FhScenario)};

static FhScenarioPoint*
copy_points(const FhScenarioPoint* const points, const size_t n)
{
  FhScenarioPoint* const copy = (FhScenarioPoint*)calloc(n, sizeof *copy);
  if (copy) {
    memcpy(copy, points, n * sizeof *copy);
  }
  return copy;
}

FhStatus
fh_scenario_default(FhScenario* const out)
{
  static const FhScenarioPoint filling[] = {
    {0.0, 0.0}, {10.0, 0.2}, {30.0, 0.8}, {45.0, 1.0}};
  memset(out, 0, sizeof *out);
  fh_keys_default(&scenario_section, out);
  out->occupancy = copy_points(filling, COUNT(filling));
  if (!out->occupancy) {
    return FH_ERR_NO_MEM;
  }
  out->n_occupancy = COUNT(filling);
  return FH_OK;
}

/// Points must follow each other in time
static void
check_points(FhKeyReader* const reader,
             const FhYamlNode* const root,
             const char* const name,
             const FhScenarioPoint* const points,
             const size_t n,
             const double low,
             const double high)
{
  for (size_t i = 0; i < n; ++i) {
    if (!(points[i].value >= low && points[i].value <= high)) {
      fh_keys_error(reader,
                    fh_yaml_get(root, name),
                    "%s: the value %g is out of range; give %g to %g",
                    name,
                    points[i].value,
                    low,
                    high);
    }
    if (i && !(points[i].minute > points[i - 1].minute)) {
      fh_keys_error(reader,
                    fh_yaml_get(root, name),
                    "%s: minute %g does not come after minute %g; sort them",
                    name,
                    points[i].minute,
                    points[i - 1].minute);
    }
  }
}

FhStatus
fh_scenario_read(const char* const path,
                 FhScenario* const out,
                 FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  FhYaml* yaml = NULL;
  FhStatus status = fh_yaml_read(path, &yaml, diag);
  if (status) {
    return status;
  }
  const FhYamlNode* const root = fh_yaml_root(yaml);
  FhKeyReader reader = {.file = path, .diag = diag};
  fh_keys_read(&reader, &scenario_section, root, out);
  check_points(
    &reader, root, "occupancy", out->occupancy, out->n_occupancy, 0.0, 1.0);
  check_points(&reader,
               root,
               "temperature_c",
               out->temperature_c,
               out->n_temperature,
               -10.0,
               50.0);
  check_points(&reader,
               root,
               "humidity_percent",
               out->humidity_percent,
               out->n_humidity,
               0.0,
               100.0);
  check_points(&reader,
               root,
               "mic_gain_db",
               out->mic_gain_db,
               out->n_mic_gain,
               -20.0,
               20.0);
  check_points(
    &reader, root, "mic_tilt_db", out->mic_tilt_db, out->n_mic_tilt, -6.0, 6.0);
  fh_yaml_free(yaml);
  status = reader.no_memory  ? FH_ERR_NO_MEM
           : reader.n_errors ? FH_ERR_INVALID_DATA
                             : FH_OK;
  if (status) {
    fh_scenario_clear(out);
  }
  return status;
}

void
fh_scenario_clear(FhScenario* const scenario)
{
  free(scenario->occupancy);
  free(scenario->temperature_c);
  free(scenario->humidity_percent);
  free(scenario->mic_gain_db);
  free(scenario->mic_tilt_db);
  free(scenario->faults);
  memset(scenario, 0, sizeof *scenario);
}
