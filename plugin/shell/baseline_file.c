// SPDX-License-Identifier: GPL-3.0-or-later
#include "shell.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT "fullhouse soundcheck"

/// An array of one microphone: its key, where it is and how long
typedef struct {
  const char* key;
  size_t offset;
  size_t n;
} Field;

#define FIELD(name, count)                                \
  {                                                       \
#    name, offsetof(FhLiveBaseline, mic[0].name), (count) \
  }

static const Field fields[] = {
  FIELD(delay_ms, 1),
  FIELD(level_db, 1),
  FIELD(third_db, FH_LIVE_BANDS),
  FIELD(coherence, FH_LIVE_BANDS),
  FIELD(total_db, FH_N_OCTAVES),
  FIELD(late_db, FH_N_OCTAVES),
  FIELD(t_s, FH_N_OCTAVES),
  FIELD(t_error, FH_N_OCTAVES),
  FIELD(direct_ratio_db, FH_N_OCTAVES),
  FIELD(octave_coherence, FH_N_OCTAVES),
};

#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

static const size_t mic_stride = sizeof(((const FhLiveBaseline*)NULL)->mic[0]);

// NaN and infinity have no JSON: null
static json_t*
number(float x)
{
  return isfinite(x) ? json_real((double)x) : json_null();
}

static float
value_of(const json_t* json)
{
  return json_is_number(json) ? (float)json_number_value(json) : NAN;
}

char*
fh_shell_baseline_text(const FhLiveBaseline* baseline, const char* venue)
{
  json_t* const mics = json_array();
  for (size_t m = 0; m < baseline->n_mics && m < FH_LIVE_MICS; ++m) {
    json_t* const mic = json_object();
    for (size_t f = 0; f < N_FIELDS; ++f) {
      json_t* const array = json_array();
      for (size_t i = 0; i < fields[f].n; ++i) {
        float x = 0.0f;
        memcpy(&x,
               (const char*)baseline + fields[f].offset + m * mic_stride +
                 i * sizeof(float),
               sizeof(x));
        json_array_append_new(array, number(x));
      }
      json_object_set_new(mic, fields[f].key, array);
    }
    json_array_append_new(mics, mic);
  }
  json_t* const root =
    json_pack("{s:s, s:s, s:i, s:i, s:o, s:o, s:o, s:o, s:o}",
              "format",
              FORMAT,
              "venue",
              venue,
              "version",
              (int)baseline->version,
              "verdict",
              (int)baseline->verdict,
              "seconds",
              number(baseline->seconds),
              "temperature_c",
              number(baseline->temperature_c),
              "humidity_percent",
              number(baseline->humidity_percent),
              "minutes_ago",
              number(baseline->minutes_ago),
              "mics",
              mics);
  char* const text =
    root ? json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) : NULL;
  json_decref(root);
  return text;
}

static bool
read_mic(const json_t* mic, FhLiveBaseline* out, size_t m)
{
  for (size_t f = 0; f < N_FIELDS; ++f) {
    const json_t* const array = json_object_get(mic, fields[f].key);
    if (json_array_size(array) != fields[f].n) {
      return false;
    }
    for (size_t i = 0; i < fields[f].n; ++i) {
      const float x = value_of(json_array_get(array, i));
      memcpy((char*)out + fields[f].offset + m * mic_stride + i * sizeof(float),
             &x,
             sizeof(x));
    }
  }
  return true;
}

FhStatus
fh_shell_baseline_parse(const char* text,
                        FhLiveBaseline* out,
                        char* venue,
                        char* reason)
{
  venue[0] = '\0';
  json_error_t error;
  json_t* const root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
  if (!root) {
    snprintf(reason,
             FH_SHELL_REASON,
             "soundcheck:%d:%d: %.120s",
             error.line,
             error.column,
             error.text);
    return FH_ERR_FORMAT;
  }
  FhStatus status = FH_ERR_FORMAT;
  FhLiveBaseline got = {0};
  const char* const format = json_string_value(json_object_get(root, "format"));
  const char* const hash = json_string_value(json_object_get(root, "venue"));
  snprintf(venue, FH_SHELL_VENUE, "%s", hash ? hash : "");
  const json_t* const mics = json_object_get(root, "mics");
  got.version = (uint32_t)json_integer_value(json_object_get(root, "version"));
  got.verdict = (int32_t)json_integer_value(json_object_get(root, "verdict"));
  got.seconds = value_of(json_object_get(root, "seconds"));
  got.temperature_c = value_of(json_object_get(root, "temperature_c"));
  got.humidity_percent = value_of(json_object_get(root, "humidity_percent"));
  got.minutes_ago = value_of(json_object_get(root, "minutes_ago"));
  got.n_mics = (uint32_t)json_array_size(mics);
  if (!format || strcmp(format, FORMAT) != 0) {
    snprintf(reason, FH_SHELL_REASON, "soundcheck: not a soundcheck");
    goto done;
  }
  if (got.version != FH_LIVE_BASELINE_VERSION) {
    snprintf(reason,
             FH_SHELL_REASON,
             "soundcheck: version %u, this program knows %u; capture again",
             got.version,
             FH_LIVE_BASELINE_VERSION);
    status = FH_ERR_VERSION;
    goto done;
  }
  if (!got.n_mics || got.n_mics > FH_LIVE_MICS) {
    snprintf(reason, FH_SHELL_REASON, "soundcheck: needs 1 or 2 microphones");
    goto done;
  }
  for (size_t m = 0; m < got.n_mics; ++m) {
    if (!read_mic(json_array_get(mics, m), &got, m)) {
      snprintf(reason,
               FH_SHELL_REASON,
               "soundcheck: microphone %zu incomplete",
               m + 1);
      goto done;
    }
  }
  *out = got;
  status = FH_OK;

done:
  json_decref(root);
  return status;
}
