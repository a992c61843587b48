// SPDX-License-Identifier: GPL-3.0-or-later
#include "ir.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
  KEY_THIRD = 0x200,
  KEY_CHANNELS,
  KEY_BINAURAL,
  KEY_MEASUREMENT,
  KEY_RATE,
  KEY_CLIPPED,
  KEY_MTF,
  KEY_DETAIL,
  KEY_CSV,
  KEY_SPEECH,
  KEY_NOISE,
  KEY_REFERENCE,
  KEY_REFERENCE_M,
  KEY_PLOT,
  KEY_WHAT,
  KEY_EXPORT,
  KEY_FILTERS,
  KEY_ONSET
};

static const struct argp_option options[] = {
  {0, 0, 0, 0, "What is analysed:", 1},
  {"third", KEY_THIRD, 0, 0, "Third octaves 50 Hz to 10 kHz, not octaves", 1},
  {"channels",
   KEY_CHANNELS,
   "WHICH",
   0,
   "A channel number from 1 (default: 1), all (a table with a row for each), "
   "or "
   "B-format (FuMa: W X Y Z), AmbiX (W Y Z X) or omni-figure8, which add J_LF "
   "and J_LFC",
   1},
  {"binaural",
   KEY_BINAURAL,
   0,
   0,
   "Channels 1 and 2 are the left and right ear; adds IACC",
   1},
  {"measurement",
   KEY_MEASUREMENT,
   "N",
   0,
   "Measurement of a SOFA file, from 1 (default: 1), or all (a table)",
   1},
  {"rate", KEY_RATE, "HZ", 0, "Sample rate of a text file that lacks it", 1},
  {"allow-clipped",
   KEY_CLIPPED,
   0,
   0,
   "Analyse a clipped response all the same",
   1},
  {0, 0, 0, 0, "Speech and strength:", 2},
  {"speech",
   KEY_SPEECH,
   "DB",
   0,
   "Level of male speech at the listener [dB(A)], or seven octave levels "
   "125 Hz to 8 kHz [dB], comma-separated; turns masking and the reception "
   "threshold on",
   2},
  {"noise",
   KEY_NOISE,
   "DB,...",
   0,
   "Seven octave levels of noise 125 Hz to 8 kHz [dB]; needs --speech",
   2},
  {"mtf", KEY_MTF, 0, 0, "Add the modulation transfer matrix", 2},
  {"reference",
   KEY_REFERENCE,
   "FILE",
   0,
   "Free-field response of the same source through the same chain; adds G",
   2},
  {"reference-distance",
   KEY_REFERENCE_M,
   "M",
   0,
   "Distance at which it was taken (default: 10 m)",
   2},
  {0, 0, 0, 0, "Output:", 3},
  {"detail",
   KEY_DETAIL,
   0,
   0,
   "Add nonlinearity, curvature, double slopes, mid-band means, echo "
   "criterion, "
   "STIPA and ALcons to the JSON",
   3},
  {"csv", KEY_CSV, 0, 0, "One CSV table of all files (default for folders)", 3},
  {"output", 'o', "FILE", 0, "Write the CSV table to FILE", 3},
  {"plot", KEY_PLOT, "FILE", 0, "Draw to FILE (.png .svg .pdf)", 3},
  {"plot-what",
   KEY_WHAT,
   "LIST",
   0,
   "Of decay,echogram,waterfall (default: all)",
   3},
  {"export",
   KEY_EXPORT,
   "FILE",
   0,
   "Write the response to FILE: .txt for REW, .csv, .sofa, or sound",
   3},
  {0, 0, 0, 0, "Agreement with other programs:", 4},
  {"filters",
   KEY_FILTERS,
   "KIND",
   0,
   "class1 (default: IEC 61260-1, time-reversed), steep (order 8, as speech "
   "transmission meters) or cosine (zero phase, sum to the response, 6 dB down "
   "at the edges)",
   4},
  {"onset",
   KEY_ONSET,
   "KIND",
   0,
   "broadband (default) or band: time each band from its own onset (with "
   "cosine "
   "filters)",
   4},
  {0}};

static bool
parse_speech(const char* const text, double speech_db[FH_N_STI_BANDS])
{
  double level = 0.0;
  if (ir_parse_numbers(text, FH_N_STI_BANDS, speech_db)) {
    return true;
  }
  if (!ir_parse_numbers(text, 1, &level)) {
    return false;
  }
  for (size_t k = 0; k < FH_N_STI_BANDS; ++k) {
    speech_db[k] = level + fh_sti_speech_db(k);
  }
  return true;
}

static size_t
parse_count(const struct argp_state* const state,
            const char* const name,
            const char* const text)
{
  char* end = NULL;
  const long value = strtol(text, &end, 10);
  if (end == text || *end || value < 1 || value > 100000000) {
    argp_error(state, "%s needs a whole number from 1, not '%s'", name, text);
  }
  return (size_t)value;
}

static void
parse_channels(const struct argp_state* const state,
               const char* const text,
               IrOptions* const o)
{
  o->all_channels = !strcasecmp(text, "all");
  if (o->all_channels) {
    return;
  }
  static const struct {
    const char* name;
    IrChannels channels;
  } names[] = {{"B-format", IR_CHANNELS_FUMA},
               {"FuMa", IR_CHANNELS_FUMA},
               {"AmbiX", IR_CHANNELS_AMBIX},
               {"omni-figure8", IR_CHANNELS_FIGURE8},
               {"mono", IR_CHANNELS_ONE}};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i) {
    if (!strcasecmp(text, names[i].name)) {
      o->channels = names[i].channels;
      return;
    }
  }
  if (text[0] < '0' || text[0] > '9') {
    argp_error(state,
               "--channels knows numbers, all, B-format, AmbiX and "
               "omni-figure8, not '%s'",
               text);
  }
  o->channels = IR_CHANNELS_ONE;
  o->channel = parse_count(state, "--channels", text) - 1;
}

static double
parse_positive(const struct argp_state* const state,
               const char* const name,
               const char* const text)
{
  double value = 0.0;
  if (!ir_parse_numbers(text, 1, &value) || !(value > 0.0)) {
    argp_error(state, "%s needs a number above 0, not '%s'", name, text);
  }
  return value;
}

static void
add_file(IrOptions* const o, const char* const path)
{
  const char** const files =
    (const char**)realloc(o->files, (o->n_files + 1) * sizeof(char*));
  if (files) {
    files[o->n_files++] = path;
    o->files = files;
  }
}

static error_t
parse_levels(const int key,
             const char* const arg,
             const struct argp_state* const state,
             IrOptions* const o)
{
  switch (key) {
  case KEY_SPEECH:
    o->has_speech = parse_speech(arg, o->speech_db);
    if (!o->has_speech) {
      argp_error(state,
                 "--speech needs a level in dB(A) or seven octave levels, not "
                 "'%s'",
                 arg);
    }
    return 0;
  case KEY_NOISE:
    o->has_noise = ir_parse_numbers(arg, FH_N_STI_BANDS, o->noise_db);
    if (!o->has_noise) {
      argp_error(state, "--noise needs seven octave levels, not '%s'", arg);
    }
    return 0;
  case KEY_REFERENCE:
    o->reference = arg;
    return 0;
  case KEY_REFERENCE_M:
    o->reference_m = parse_positive(state, "--reference-distance", arg);
    return 0;
  case KEY_FILTERS:
    if (strcmp(arg, "class1") != 0 && strcmp(arg, "cosine") != 0 &&
        strcmp(arg, "steep") != 0) {
      argp_error(
        state, "--filters knows class1, steep and cosine, not '%s'", arg);
    }
    o->desc.shape = !strcmp(arg, "cosine")  ? FH_BANDS_COSINE
                    : !strcmp(arg, "steep") ? FH_BANDS_STEEP
                                            : FH_BANDS_CLASS_1;
    return 0;
  case KEY_ONSET:
    if (strcmp(arg, "band") != 0 && strcmp(arg, "broadband") != 0) {
      argp_error(state, "--onset knows broadband and band, not '%s'", arg);
    }
    o->desc.band_onset = !strcmp(arg, "band");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

static error_t
parse(int key, char* arg, struct argp_state* state)
{
  IrOptions* const o = (IrOptions*)state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->common;
    return 0;
  case KEY_THIRD:
    o->desc.bands_per_octave = 3;
    return 0;
  case KEY_CHANNELS:
    parse_channels(state, arg, o);
    return 0;
  case KEY_BINAURAL:
    o->channels = IR_CHANNELS_EARS;
    return 0;
  case KEY_MEASUREMENT:
    o->all_measurements = !strcmp(arg, "all");
    o->measurement =
      o->all_measurements ? 0 : parse_count(state, "--measurement", arg) - 1;
    return 0;
  case KEY_RATE:
    o->rate_hz = parse_positive(state, "--rate", arg);
    return 0;
  case KEY_CLIPPED:
    o->allow_clipped = true;
    return 0;
  case KEY_MTF:
    o->mtf = true;
    return 0;
  case KEY_DETAIL:
    o->detail = true;
    return 0;
  case KEY_CSV:
    o->csv = true;
    return 0;
  case 'o':
    o->output = arg;
    o->csv = true;
    return 0;
  case KEY_PLOT:
    o->plot = arg;
    return 0;
  case KEY_WHAT:
    o->plot_what = arg;
    return 0;
  case KEY_EXPORT:
    o->export_to = arg;
    return 0;
  case ARGP_KEY_ARG:
    add_file(o, arg);
    return 0;
  case ARGP_KEY_NO_ARGS:
    argp_usage(state);
    return 0;
  case ARGP_KEY_END:
    if (o->has_noise && !o->has_speech) {
      argp_error(state,
                 "--noise needs --speech, the level it is heard against");
    }
    if (o->desc.band_onset && o->desc.shape != FH_BANDS_COSINE) {
      argp_error(state, "--onset band needs --filters cosine");
    }
    return 0;
  default:
    return parse_levels(key, arg, state, o);
  }
}

const struct argp ir_analyze_argp = {
  options,
  parse,
  "FILE|FOLDER...",
  "Analyse impulse responses: decay times, clarity, definition, centre time, "
  "lateral energy, interaural correlation, speech transmission.\v"
  "FILE is sound (WAV, RF64, AIFF, FLAC ...), SOFA, or text (.txt .csv .dat: "
  "REW's export or one sample a line). A value that the response does not "
  "allow "
  "is a dash (null in JSON), with the reason. Noise is measured, subtracted "
  "and "
  "the decay beyond it extrapolated; T20 needs a noise floor 35 dB down, T30 "
  "45 dB (ISO 3382-1).\n\n"
  "Several files, or a folder, make one CSV table.",
  fh_common_children,
  0,
  0};
