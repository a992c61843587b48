// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/live.h>

#include <stdio.h>

static const char* const state_text[FH_LIVE_N_STATES] = {
  "Off: measuring only",
  "Bypassed: audio untouched",
  "No venue profile: measurement and manual EQ only",
  "No soundcheck yet: capture it in the empty room",
  "Capturing the soundcheck",
  "Listening: not heard enough yet",
  "Suggestion ready: press Apply to use it",
  "Moving to the target",
  "Settled on the target",
  "Panic: soundcheck EQ; change mode to go on",
  "Frozen by hand",
  "Holding: no sound from the microphone",
  "Holding: the microphone clips",
  "Holding: the microphone has moved; capture the soundcheck again",
  "Holding: the delay has just jumped",
  "Holding: the programme is too quiet",
  "Holding: coherence too low, the crowd is too loud",
  "Holding: the model does not explain what it hears",
  "Holding: the microphone input carries the programme itself",
  "Holding: the host does not run the worker in time",
  "Holding: not-a-number in the input",
  "Holding: a gain has changed, measuring anew",
  "Holding: the profile does not sound like this room; Apply to trust it",
};

static const char* const verdict_text[FH_LIVE_N_VERDICTS] = {
  "No soundcheck captured",
  "Good",
  "Too little programme was heard: capture again for longer",
  "Coherence too low: play louder or wait for quiet",
  "Programme leaves too many bands empty: play fuller music or pink noise",
  "No delay found: is this the measurement microphone?",
  "The microphone clipped: lower its gain and capture again",
  "Level or delay changed while capturing: capture again",
};

static const char* const move_text[FH_LIVE_N_MOVES] = {"crowd",
                                                       "apply",
                                                       "undo",
                                                       "panic",
                                                       "limit",
                                                       "trim",
                                                       "hold",
                                                       "resume",
                                                       "baseline"};

const char*
fh_live_state_text(const FhLiveState state)
{
  return (unsigned)state < FH_LIVE_N_STATES ? state_text[state] : "Unknown";
}

const char*
fh_live_verdict_text(const FhLiveVerdict verdict)
{
  return (unsigned)verdict < FH_LIVE_N_VERDICTS ? verdict_text[verdict]
                                                : "Unknown";
}

int
fh_live_move_text(const FhLiveMove* const move,
                  char* const text,
                  const size_t size)
{
  const char* const reason = (unsigned)move->reason < FH_LIVE_N_MOVES
                               ? move_text[move->reason]
                               : "unknown";
  const unsigned ms = (unsigned)(move->time_s * 1000.0 + 0.5);
  const unsigned s = ms / 1000;
  if (move->band < 0 || move->band >= FH_LIVE_BANDS) {
    return snprintf(text,
                    size,
                    "%02u:%02u:%02u.%03u %s confidence %.2f: %s",
                    s / 3600,
                    s / 60 % 60,
                    s % 60,
                    ms % 1000,
                    reason,
                    (double)move->confidence,
                    fh_live_state_text(move->state));
  }
  return snprintf(text,
                  size,
                  "%02u:%02u:%02u.%03u %s %s Hz %+.2f to %+.2f dB "
                  "confidence %.2f",
                  s / 3600,
                  s / 60 % 60,
                  s % 60,
                  ms % 1000,
                  reason,
                  fh_live_band_name((size_t)move->band),
                  (double)move->from_db,
                  (double)move->to_db,
                  (double)move->confidence);
}
