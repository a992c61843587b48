// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TESTS_HALL_H
#define FULLHOUSE_TESTS_HALL_H

#include <fh/air.h>
#include <fh/bands.h>
#include <fh/diag.h>
#include <fh/mesh.h>

/*
  Real rooms as their measurers describe them, on the way to venue folders.
*/

#define HALL_MAX_SURFACES 64
#define HALL_MAX_POINTS   64

/// A surface by name: numbers, or an entry of the library
typedef struct {
  char name[FH_NAME_SIZE];
  size_t n_bands; ///< 8 or 24; 0 for a library entry
  double absorption[FH_N_THIRDS];
  double scattering[FH_N_THIRDS];
  char library[FH_NAME_SIZE];
  char source[256];
} HallSurface;

typedef struct {
  char name[FH_NAME_SIZE];
  double at[3]; ///< [m]
} HallPoint;

/// A room; start from a zeroed object
typedef struct {
  const char* title;
  const char* note; ///< One line for the head of the venue file
  FhAir air;
  FhMeshBuilder builder;
  size_t n_surfaces;
  HallSurface surfaces[HALL_MAX_SURFACES];
  size_t n_sources, n_receivers;
  HallPoint sources[HALL_MAX_POINTS];
  HallPoint receivers[HALL_MAX_POINTS];
} Hall;

/// Values in octaves 125 Hz to 4 kHz, in percent, spread to 63 Hz to 8 kHz by
/// repeating the outermost
void
hall_set_six(HallSurface* surface,
             const double absorption[6],
             const double scattering[6]);

/// Add a surface; null when there are too many
HallSurface*
hall_add_surface(Hall* hall, const char* name);

/// Find a surface, null when there is none
const HallSurface*
hall_find_surface(const Hall* hall, const char* name);

/// Add a source or receiver
FhStatus
hall_add_point(HallPoint* points,
               size_t* n,
               const char* name,
               const double at[3]);

/// Write model `model` and venue file `venue` into a folder that is made
FhStatus
hall_write(Hall* hall,
           const char* folder,
           const char* model,
           const char* venue,
           FhDiag* diag);

void
hall_clear(Hall* hall);

// --- tables ---------------------------------------------------------------

#define TABLE_MAX_CELLS 48

/// A table read from a CSV file
typedef struct {
  size_t n_rows;
  char* text;                    ///< Owned
  char* (*row)[TABLE_MAX_CELLS]; ///< [n_rows] trimmed cells; owned
  int* line;                     ///< [n_rows] from 1; owned
} Table;

/// Read a CSV file with quotes; cells beyond the last are empty texts
FhStatus
table_read(const char* data, const char* name, Table* out, FhDiag* diag);

/// Number in a cell; false when it is none
bool
table_number(const Table* table, size_t row, size_t cell, double* out);

void
table_clear(Table* table);

// --- rooms ----------------------------------------------------------------

FhStatus
convert_elmia(const char* data, const char* folder, FhDiag* diag);

FhStatus
convert_ptb_studio(const char* data, const char* folder, FhDiag* diag);

FhStatus
convert_bras_cr2(const char* data, const char* folder, FhDiag* diag);

FhStatus
convert_musikverein(const char* data, const char* folder, FhDiag* diag);

FhStatus
convert_ctk_church(const char* data, const char* folder, FhDiag* diag);

/// Write FOLDER/measured.csv, as `fullhouse validate` reads it
FhStatus
convert_elmia_measured(const char* data, const char* folder, FhDiag* diag);

FhStatus
convert_ptb_measured(const char* data, const char* folder, FhDiag* diag);

FhStatus
convert_bras_measured(const char* data, const char* folder, FhDiag* diag);

#endif // FULLHOUSE_TESTS_HALL_H
