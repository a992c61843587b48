// SPDX-License-Identifier: GPL-3.0-or-later
// Measured parameters from a folder of impulse responses
#include "measured.h"

#include <fh/analysis.h>
#include <fh/audio.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// As simulate names its files: letters, digits, '-' and '.'
static void
plain(const char* const name, char out[FH_NAME_SIZE])
{
  size_t n = 0;
  for (const char* c = name; *c && n + 1 < FH_NAME_SIZE; ++c) {
    const bool keep = isalnum((unsigned char)*c) || *c == '-' || *c == '.';
    out[n++] = keep ? *c : '-';
  }
  out[n] = '\0';
}

// Whether a file is that of a pair: "_SOURCE_MICROPHONE." or "..._" within
static bool
is_of(const char* const file, const char* const source, const char* const mic)
{
  char a[FH_NAME_SIZE];
  char b[FH_NAME_SIZE];
  char key[2 * FH_NAME_SIZE + 4];
  plain(source, a);
  plain(mic, b);
  snprintf(key, sizeof key, "_%s_%s", a, b);
  const char* const at = strstr(file, key);
  return at && (at[strlen(key)] == '.' || at[strlen(key)] == '_');
}

static bool
find_pair(const FhVenue* const venue,
          const char* const file,
          size_t* const emitter,
          size_t* const microphone)
{
  const char* name = NULL;
  for (size_t e = 0; (name = measured_emitter_name(venue, e)); ++e) {
    for (size_t m = 0; m < venue->n_microphones; ++m) {
      if (is_of(file, name, venue->microphones[m].name)) {
        *emitter = e;
        *microphone = m;
        return true;
      }
    }
  }
  return false;
}

static double
value_of(const FhBandParameters* const p, const FhQuantity quantity)
{
  switch (quantity) {
  case FH_QUANTITY_T30:
    return p->t30_s;
  case FH_QUANTITY_T20:
    return p->t20_s;
  case FH_QUANTITY_EDT:
    return p->edt_s;
  case FH_QUANTITY_D50:
    return p->d50;
  case FH_QUANTITY_C80:
    return p->c80_db;
  case FH_QUANTITY_C50:
    return p->c50_db;
  case FH_QUANTITY_TS:
    return p->ts_s;
  case FH_QUANTITY_G:
  case FH_QUANTITY_LF:
  case FH_QUANTITY_LFC:
  case FH_N_QUANTITIES:
    break;
  }
  return (double)NAN;
}

static FhReason
reason_of(const FhBandParameters* const p, const FhQuantity quantity)
{
  switch (quantity) {
  case FH_QUANTITY_T30:
    return p->t30_reason;
  case FH_QUANTITY_T20:
    return p->t20_reason;
  case FH_QUANTITY_EDT:
    return p->edt_reason;
  default:
    return p->energy_reason;
  }
}

static FhStatus
add_rows(const FhAnalysis* const a,
         const MeasuredResponse* const r,
         FhMeasured* const out,
         size_t* const room,
         FhDiag* const diag)
{
  static const FhQuantity had[] = {FH_QUANTITY_T30,
                                   FH_QUANTITY_T20,
                                   FH_QUANTITY_EDT,
                                   FH_QUANTITY_D50,
                                   FH_QUANTITY_C80,
                                   FH_QUANTITY_C50,
                                   FH_QUANTITY_TS};
  for (size_t q = 0; q < sizeof had / sizeof had[0]; ++q) {
    FhMeasuredRow* const row = measured_add(out, room);
    if (!row) {
      return FH_ERR_NO_MEM;
    }
    row->emitter = r->emitter;
    row->microphone = r->microphone;
    row->quantity = had[q];
    snprintf(row->file, sizeof row->file, "%s", r->name);
    for (size_t b = 0; b < FH_N_OCTAVES && b < a->n_bands; ++b) {
      const FhBandParameters* const p = &a->parameters.band[b];
      row->at[b] = value_of(p, had[q]);
      if (!isfinite(row->at[b])) {
        fh_diag_add(diag,
                    FH_DIAG_WARNING,
                    r->path,
                    0,
                    0,
                    "%s%s%s at %s Hz skipped: %s",
                    strcmp(r->path, out->path) ? "" : r->name,
                    strcmp(r->path, out->path) ? "" : ": ",
                    fh_quantity_name(had[q]),
                    fh_octave_name(b),
                    fh_reason_text(reason_of(p, had[q])));
      }
    }
  }
  return FH_OK;
}

static void
complain(const char* const path, const FhStatus status, FhDiag* const diag)
{
  fh_diag_add(diag,
              FH_DIAG_ERROR,
              path,
              0,
              0,
              "is no usable impulse response: %s; take it out or measure again",
              fh_strerror(status));
}

FhStatus
measured_add_response(const MeasuredResponse* const r,
                      FhMeasured* const out,
                      size_t* const room,
                      FhDiag* const diag)
{
  const FhAnalysisDesc desc = fh_analysis_desc_default();
  FhAnalysis a;
  FhStatus status = fh_analyse(r->frames, r->n_frames, r->rate_hz, &desc, &a);
  if (status == FH_ERR_NO_MEM) {
    return status;
  }
  if (status) {
    complain(r->path, status, diag);
    return FH_ERR_INVALID_DATA;
  }
  status = add_rows(&a, r, out, room, diag);
  fh_analysis_clear(&a);
  return status;
}

static bool
is_sound(const char* const name)
{
  static const char* const endings[] = {".wav", ".flac", ".aif", ".aiff"};
  const char* const dot = strrchr(name, '.');
  for (size_t i = 0; dot && i < sizeof endings / sizeof endings[0]; ++i) {
    if (!strcmp(dot, endings[i])) {
      return true;
    }
  }
  return false;
}

static FhStatus
read_file(const FhVenue* const venue,
          const char* const name,
          FhMeasured* const out,
          size_t* const room,
          FhDiag* const diag)
{
  char path[2048];
  snprintf(path, sizeof path, "%s/%s", out->path, name);
  size_t emitter = 0;
  size_t microphone = 0;
  if (!is_sound(name)) {
    return FH_OK;
  }
  if (!find_pair(venue, name, &emitter, &microphone)) {
    fh_diag_add(diag,
                FH_DIAG_WARNING,
                path,
                0,
                0,
                "skipped: no pair of the venue is in its name; call it "
                "RIR_VENUE_SOURCE_MICROPHONE.wav");
    return FH_OK;
  }
  FhAudio audio;
  FhStatus status = fh_audio_read(path, &audio);
  if (status == FH_ERR_NO_MEM) {
    return status;
  }
  if (status) {
    complain(path, status, diag);
    return FH_ERR_INVALID_DATA;
  }
  double* const h = (double*)malloc(audio.n_frames * sizeof(double));
  status = h ? FH_OK : FH_ERR_NO_MEM;
  if (h) {
    fh_audio_channel(&audio, 0, h);
    const MeasuredResponse response = {.path = path,
                                       .name = name,
                                       .frames = h,
                                       .n_frames = audio.n_frames,
                                       .rate_hz = audio.rate_hz,
                                       .emitter = emitter,
                                       .microphone = microphone};
    status = measured_add_response(&response, out, room, diag);
  }
  free(h);
  fh_audio_clear(&audio);
  return status;
}

FhStatus
measured_read_folder(const FhVenue* const venue,
                     FhMeasured* const out,
                     FhDiag* const diag)
{
  struct dirent** list = NULL;
  const int n = scandir(out->path, &list, NULL, alphasort);
  if (n < 0) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                out->path,
                0,
                0,
                "cannot be read: %s",
                strerror(errno));
    return FH_ERR_IO;
  }
  FhStatus status = FH_OK;
  size_t room = 0;
  for (int i = 0; i < n; ++i) {
    if (!status) {
      status = read_file(venue, list[i]->d_name, out, &room, diag);
    }
    free(list[i]);
  }
  free(list);
  return status;
}
