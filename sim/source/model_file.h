// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_SOURCE_MODEL_FILE_H
#define FH_SOURCE_MODEL_FILE_H

#include "model.h"

/// Read a loudspeaker file of our own format (venues/loudspeakers/README.md)
FhStatus
model_file_read(const char* path, Model* out, FhDiag* diag);

/**
   Read a pattern (and what else it holds) from a file of another format.

   The format goes by the ending: .sofa, .csv, .txt or .clf (CLF text); a folder
   holds arcs. What the file says of level on axis, size and the like is filled
   in too.

   @param measurement Which measurement of a SOFA file counts, from 1; 0 for the
   loudest over the sphere at each frequency. Other formats have one.
   @param out Model, cleared by the caller; holds what was read on success.
*/
FhStatus
model_read_foreign(const char* path,
                   size_t measurement,
                   Model* out,
                   FhDiag* diag);

/// Read an on-axis curve: frequency [Hz], level [dB], phase [degrees] per line
FhStatus
read_frd(const char* path, Curve* out, FhDiag* diag);

/// Read a balloon from a table of comma-separated values
FhStatus
read_balloon_csv(const char* path, Model* out, FhDiag* diag);

/// Read the text form of a Common Loudspeaker Format file
FhStatus
read_clf_text(const char* path, Model* out, FhDiag* diag);

/// Read horizontal and vertical arcs of a near-field scanner from a folder
FhStatus
read_arcs(const char* folder, Model* out, FhDiag* diag);

/// Read a SOFA file of convention FreeFieldDirectivityTF
FhStatus
read_sofa(const char* path, size_t measurement, Model* out, FhDiag* diag);

#endif // FH_SOURCE_MODEL_FILE_H
