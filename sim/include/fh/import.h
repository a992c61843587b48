// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_IMPORT_H
#define FH_IMPORT_H

#include <fh/mesh.h>

/// How a surface came to its material
typedef enum {
  FH_ASSIGNED_BY_NAME, ///< Guessed from its name
  FH_ASSIGNED_BLIND,   ///< Its name says nothing: a stopgap
  FH_ASSIGNED_BEFORE   ///< Kept from the venue that was there
} FhAssignment;

typedef struct {
  char name[FH_NAME_SIZE];    ///< In the model
  char library[FH_NAME_SIZE]; ///< In the library; empty for own numbers
  FhAssignment how;
  double area_m2;
} FhImportSurface;

/// What an import did
typedef struct {
  char venue[1100]; ///< The venue file
  bool again;       ///< It was there already
  double low[3], high[3];
  size_t n_surfaces;
  FhImportSurface* surfaces; ///< Owned
  size_t n_gone;
  char (
    *gone)[FH_NAME_SIZE]; ///< Assigned before, no longer in the model; owned
} FhImportReport;

/**
   Turn a model file into a venue folder, or bring one up to date.

   Writes `model.ac` (metres) and `venue.yaml`. Where a venue file is there
   already, only its materials grow: what was assigned by name stays, and so
   does everything else in the file.

   @param model Model file; see fh_mesh_read().
   @param folder Made where it is missing; its parent exists.
   @param[out] out Owned by the caller, see fh_import_clear(); zeroed on error.
   @return As fh_mesh_read(); #FH_ERR_IO when the folder cannot be written,
   #FH_ERR_MISMATCH when its venue file was not made by an import.
*/
FhStatus
fh_import(const char* model,
          const char* folder,
          const FhMeshOptions* options,
          FhImportReport* out,
          FhDiag* diag);

void
fh_import_clear(FhImportReport* report);

/**
   Best guess at a library material from a name such as "Brick_Rough-2".

   @return Name in the library, or null when the name says nothing.
*/
const char*
fh_material_guess(const char* name);

#endif // FH_IMPORT_H
