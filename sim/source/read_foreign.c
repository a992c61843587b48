// SPDX-License-Identifier: GPL-3.0-or-later
#include "model_file.h"

#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

/// What a file we cannot read should become
typedef struct {
  const char* ending;
  const char* way_round;
} Closed;

static const Closed closed[] = {
  {"gll",
   "GLL is a closed format; open it in EASE SpeakerLab or the GLL viewer, "
   "export the balloon as text, and give that as CSV (theta, phi, levels)"},
  {"cf1",
   "binary CLF is made for the CLF viewer alone; ask its maker for the CLF "
   "text form, or give the balloon as CSV"},
  {"cf2",
   "binary CLF is made for the CLF viewer alone; ask its maker for the CLF "
   "text form, or give the balloon as CSV"},
  {"spk", "SPK is EASE's own format; export the balloon as text or CLF text"},
  {"xglc",
   "the layout of XGLC is not published; write the boxes, splay angles and "
   "delays into 'arrays' of the venue file"},
  {"xld",
   "the layout of XLD is not published; write positions, aims and delays into "
   "'loudspeakers' of the venue file"},
};

static bool
has_ending(const char* const path, const char* const ending)
{
  const char* const dot = strrchr(path, '.');
  if (!dot || strlen(dot + 1) != strlen(ending)) {
    return false;
  }
  for (size_t i = 0; ending[i]; ++i) {
    if (tolower((unsigned char)dot[1 + i]) != ending[i]) {
      return false;
    }
  }
  return true;
}

FhStatus
model_read_foreign(const char* const path,
                   const size_t measurement,
                   Model* const out,
                   FhDiag* const diag)
{
  for (size_t i = 0; i < sizeof closed / sizeof closed[0]; ++i) {
    if (has_ending(path, closed[i].ending)) {
      fh_diag_add(diag, FH_DIAG_ERROR, path, 0, 0, "%s", closed[i].way_round);
      return FH_ERR_UNSUPPORTED;
    }
  }
  struct stat info;
  if (stat(path, &info)) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                path,
                0,
                0,
                "the file does not exist; check its name");
    return FH_ERR_IO;
  }
  if (S_ISDIR(info.st_mode)) {
    return read_arcs(path, out, diag);
  }
  if (has_ending(path, "sofa")) {
    return read_sofa(path, measurement, out, diag);
  }
  if (has_ending(path, "csv")) {
    return read_balloon_csv(path, out, diag);
  }
  if (has_ending(path, "txt") || has_ending(path, "tab") ||
      has_ending(path, "clf")) {
    return read_clf_text(path, out, diag);
  }
  fh_diag_add(diag,
              FH_DIAG_ERROR,
              path,
              0,
              0,
              "no loudspeaker format has this ending; known are yaml, json, "
              "sofa, csv, txt (CLF text) and folders of arcs");
  return FH_ERR_UNSUPPORTED;
}
