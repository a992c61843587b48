// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TOUR_H
#define FH_TOUR_H

#include <fh/place.h>

/*
  A tour: many venues, one inventory of loudspeakers. Every night gets the best
  placement of what is in the truck, and a list of what it lacks.
*/

/// A night
typedef struct {
  char name[FH_NAME_SIZE];
  char date[32];   ///< As written; may be empty
  char venue[512]; ///< Venue file or folder, beside the tour file, or the name
                   ///< of a bundled venue
  double occupancy[2]; ///< Of all areas, both the same; used when given
  bool has_occupancy;
  int line; ///< In the tour file
} FhTourNight;

/// A tour file
typedef struct {
  char path[1024];
  char name[FH_NAME_SIZE];
  double max_mass_kg; ///< At a rigging point whose rule has none; 0: no limit
  size_t n_stock;
  FhStock* stock; ///< Owned
  size_t n_nights;
  FhTourNight* night; ///< Owned
} FhTour;

/**
   Read a tour file.

   @param[out] out Owned by the caller, fh_tour_clear(); zeroed on error.
   @return As fh_venue_read().
*/
FhStatus
fh_tour_read(const char* path, FhTour* out, FhDiag* diag);

/// Free what a tour owns and zero it
void
fh_tour_clear(FhTour* tour);

/// Print every key of the tour file
void
fh_tour_help(FILE* out);

/// Read the venue of a night, its occupancy set
FhStatus
fh_tour_venue(const FhTour* tour,
              const FhTourNight* night,
              FhVenue* out,
              FhDiag* diag);

/// How nights are done; start from fh_tour_desc_default()
typedef struct {
  FhPlaceDesc place; ///< `stock` and `max_mass_kg` come from the tour
  FhRunWriteDesc write;
  bool again; ///< Do nights that are done already, too
} FhTourDesc;

FhTourDesc
fh_tour_desc_default(void);

/**
   Do one night: place what the inventory holds (fh_place()), simulate it, and
   write the night's folder: place/ (see fh_place_write()), run/ (a run folder
   of the winner) and, at last, night.json.

   A night whose night.json was made from the same input and settings is kept.
   What a killed program left of a night is removed and done again. A venue that
   cannot be read or placed fails its night, not the tour: night.json says why.

   @param folder That of the tour, which exists.
   @param[out] kept True when the night was done before.
   @return #FH_ERR_IO, #FH_ERR_NO_MEM, #FH_ERR_INTERRUPTED (the night is then
   not done).
*/
FhStatus
fh_tour_night(const FhTour* tour,
              size_t night,
              const FhTourDesc* desc,
              const char* folder,
              FhProgressFn progress,
              void* user,
              bool* kept,
              FhDiag* diag);

/**
   Write tour.json and index.html of a folder of nights.

   Reads night.json of each night's folder (fh_tour_night_folder()); nights that
   have none are listed as not done.

   @return #FH_ERR_IO with a finding.
*/
FhStatus
fh_tour_write_page(const FhTour* tour, const char* folder, FhDiag* diag);

/// Name of a night's folder within that of the tour, e.g. "02-arena"
void
fh_tour_night_folder(const FhTour* tour, size_t night, char out[96]);

#endif // FH_TOUR_H
