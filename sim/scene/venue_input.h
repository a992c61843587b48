// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_VENUE_INPUT_H
#define FULLHOUSE_VENUE_INPUT_H

#include <fh/keys.h>
#include <fh/venue.h>
#include <fh/yaml.h>

/*
  What a venue file says before references are resolved. Private to the
  readers and writers of venues.
*/

/// A material with what the library says about it
typedef struct {
  FhMaterial material;
  char about[128];              ///< One line of description
  char group[32];               ///< Chapter of the library
  char scattering_source[128];  ///< Where the scattering comes from
  bool estimated[FH_N_OCTAVES]; ///< Bands that the source does not print
} FhMaterialEntry;

/// An entry of `materials`: a library name, or own numbers
typedef struct {
  char name[FH_NAME_SIZE];    ///< In the geometry
  char library[FH_NAME_SIZE]; ///< Empty when `own` holds the numbers
  FhMaterialEntry own;
  const FhYamlNode* node;
  bool used;
} FhMaterialInput;

/// An inline polygon
typedef struct {
  char material[FH_NAME_SIZE];
  size_t n_points;
  double (*point)[3]; ///< Owned
  int line;
} FhFaceInput;

/// Occupancy of one area
typedef struct {
  char area[FH_NAME_SIZE];
  double occupancy;
  const FhYamlNode* node;
} FhOccupancyInput;

typedef struct {
  FhVenue venue; ///< First: most rows of the table point into it
  char geometry_file[1024];
  int geometry_unit; ///< Index into fh_length_units
  int geometry_up;   ///< 0 z, 1 y
  size_t n_faces;
  FhFaceInput* faces; ///< Owned
  size_t n_materials;
  FhMaterialInput* materials; ///< Owned
  double occupancy;           ///< Of areas that are not named
  size_t n_occupancy;
  FhOccupancyInput* area_occupancy; ///< Owned
  bool has_noise;
} FhVenueInput;

/// A set of library materials
typedef struct {
  size_t n_entries;
  FhMaterialEntry* entries; ///< In order of name; owned
  uint64_t hash;            ///< Of the file
} FhMaterialLibrary;

/// Words for `units` and their lengths [m]
extern const char* const fh_length_unit_names[];
extern const double fh_length_units_m[];

/// The tables
extern const FhSection fh_venue_section;
extern const FhSection fh_goals_section;
extern const FhSection fh_material_section;
extern const FhSection fh_audience_section;
extern const FhSection fh_array_section;
extern const FhSection fh_placement_section;
extern const FhSection fh_stock_section;

/// Row of a section, by name; the name exists
const FhKey*
fh_section_key(const FhSection* section, const char* name);

/// Free what an input owns, its venue too
void
fh_venue_input_clear(FhVenueInput* input);

/// Read a venue from a parsed file; `input` starts zeroed but for its venue's
/// path and folder, and is cleared by the caller
FhStatus
fh_venue_read_yaml(const FhYaml* yaml,
                   FhVenueInput* input,
                   FhVenue* out,
                   FhDiag* diag);

/// Read the material library; `path` null for the bundled one
FhStatus
fh_material_library_read(const char* path,
                         FhMaterialLibrary* out,
                         FhDiag* diag);

void
fh_material_library_clear(FhMaterialLibrary* library);

/// Entry of a name, or null
const FhMaterialEntry*
fh_material_library_find(const FhMaterialLibrary* library, const char* name);

/// Name in the library most similar to `name`, or null
const char*
fh_material_library_closest(const FhMaterialLibrary* library, const char* name);

/// Read own numbers of a material; `out` is set to defaults first
void
fh_material_read_entry(FhKeyReader* reader,
                       const FhYamlNode* node,
                       const char* name,
                       FhMaterialEntry* out);

/// 64-bit FNV-1a of bytes, continued from `hash` (start: FH_HASH_START)
#define FH_HASH_START 0xCBF29CE484222325U

uint64_t
fh_hash_bytes(uint64_t hash, const void* bytes, size_t size);

/// Hash a file's bytes into `hash`; unchanged when it cannot be read
uint64_t
fh_hash_file(uint64_t hash, const char* path);

/// Levels of a noise criterion curve by name ("NC-35", "NR 30", "RC-40");
/// #FH_ERR_FORMAT for no such form, #FH_ERR_LIMIT outside the curves' range
FhStatus
fh_noise_curve(const char* name, float level_db[FH_N_OCTAVES]);

#endif // FULLHOUSE_VENUE_INPUT_H
