// SPDX-License-Identifier: GPL-3.0-or-later
#include "ports.h"

#include <stddef.h>
#include <string.h>

static const FhPortInfo port_info[FH_PORT_COUNT] = {
  {"in_l", "In left", "", FH_PORT_AUDIO_IN, 0, 0, 0, false},
  {"in_r", "In right", "", FH_PORT_AUDIO_IN, 0, 0, 0, false},
  {"mic_1", "Microphone 1", "", FH_PORT_AUDIO_IN, 0, 0, 0, false},
  {"mic_2", "Microphone 2", "", FH_PORT_AUDIO_IN, 0, 0, 0, false},
  {"out_l", "Out left", "", FH_PORT_AUDIO_OUT, 0, 0, 0, false},
  {"out_r", "Out right", "", FH_PORT_AUDIO_OUT, 0, 0, 0, false},
  {"control", "Control", "", FH_PORT_ATOM_IN, 0, 0, 0, false},
  {"notify", "Notify", "", FH_PORT_ATOM_OUT, 0, 0, 0, false},
  {"enabled", "Enabled", "", FH_PORT_CONTROL_IN, 0, 1, 1, false},
  {"mode", "Mode", "", FH_PORT_CONTROL_IN, 0, 1, 2, false},
  {"amount", "Amount", "%", FH_PORT_CONTROL_IN, 0, 100, 100, false},
  {"freeze", "Freeze", "", FH_PORT_CONTROL_IN, 0, 0, 1, false},
  {"limit_db", "Limit", "dB", FH_PORT_CONTROL_IN, 0, 3, 6, false},
  {"boost_ratio", "Boosts", "", FH_PORT_CONTROL_IN, 0, 0.5f, 1, false},
  {"slew_db_per_min",
   "Speed",
   "dB/min",
   FH_PORT_CONTROL_IN,
   0.05f,
   0.5f,
   3,
   false},
  {"baseline", "Capture soundcheck", "", FH_PORT_CONTROL_IN, 0, 0, 1, true},
  {"apply", "Apply", "", FH_PORT_CONTROL_IN, 0, 0, 1, true},
  {"undo", "Undo", "", FH_PORT_CONTROL_IN, 0, 0, 1, true},
  {"panic", "Panic", "", FH_PORT_CONTROL_IN, 0, 0, 1, true},
  {"temperature_c",
   "Temperature",
   "°C",
   FH_PORT_CONTROL_IN,
   -10,
   20,
   50,
   false},
  {"humidity_percent", "Humidity", "%", FH_PORT_CONTROL_IN, 0, 50, 100, false},
  {"attendance",
   "Attendance",
   "persons",
   FH_PORT_CONTROL_IN,
   0,
   0,
   200000,
   false},
  {"mics", "Microphones", "", FH_PORT_CONTROL_IN, 1, 1, 2, false},
  {"latency", "Latency", "frames", FH_PORT_CONTROL_OUT, 0, 0, 0, false},
  {"occupancy", "Occupancy", "", FH_PORT_CONTROL_OUT, 0, 0, 1.15f, false},
  {"occupancy_sd",
   "Occupancy uncertainty",
   "",
   FH_PORT_CONTROL_OUT,
   0,
   1,
   1,
   false},
  {"confidence", "Confidence", "", FH_PORT_CONTROL_OUT, 0, 0, 1, false},
  {"coherence", "Coherence", "", FH_PORT_CONTROL_OUT, 0, 0, 1, false},
  {"delay_ms", "Delay", "ms", FH_PORT_CONTROL_OUT, 0, 0, 2000, false},
  {"level_change_db",
   "Level change",
   "dB",
   FH_PORT_CONTROL_OUT,
   -24,
   0,
   24,
   false},
  {"state", "State", "", FH_PORT_CONTROL_OUT, 0, 0, 22, false},
  {"eq_20", "EQ 20 Hz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_25", "EQ 25 Hz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_31_5", "EQ 31.5 Hz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_40", "EQ 40 Hz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_50", "EQ 50 Hz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_63", "EQ 63 Hz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_80", "EQ 80 Hz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_100", "EQ 100 Hz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_125", "EQ 125 Hz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_160", "EQ 160 Hz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_200", "EQ 200 Hz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_250", "EQ 250 Hz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_315", "EQ 315 Hz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_400", "EQ 400 Hz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_500", "EQ 500 Hz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_630", "EQ 630 Hz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_800", "EQ 800 Hz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_1000", "EQ 1 kHz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_1250", "EQ 1.25 kHz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_1600", "EQ 1.6 kHz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_2000", "EQ 2 kHz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_2500", "EQ 2.5 kHz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_3150", "EQ 3.15 kHz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_4000", "EQ 4 kHz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_5000", "EQ 5 kHz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_6300", "EQ 6.3 kHz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_8000", "EQ 8 kHz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_10000", "EQ 10 kHz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_12500", "EQ 12.5 kHz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_16000", "EQ 16 kHz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
  {"eq_20000", "EQ 20 kHz", "dB", FH_PORT_CONTROL_OUT, -12, 0, 12, false},
};

const FhPortInfo*
fh_port_info(FhPort port)
{
  return (unsigned)port < FH_PORT_COUNT ? &port_info[port] : NULL;
}

bool
fh_port_find(const char* symbol, FhPort* port)
{
  for (unsigned i = 0; i < FH_PORT_COUNT; ++i) {
    if (!strcmp(port_info[i].symbol, symbol)) {
      *port = (FhPort)i;
      return true;
    }
  }
  return false;
}
