// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/import.h>

#include <ctype.h>
#include <string.h>

/// Part of a name, and what it stands for; the first that fits counts
static const struct {
  const char* part;
  const char* library;
} guesses[] = {
  // Things that name their use before their stuff
  {"curtain", "curtain_medium"},
  {"drape", "curtain_medium"},
  {"vorhang", "curtain_medium"},
  {"carpet", "carpet_heavy"},
  {"teppich", "carpet_heavy"},
  {"window", "glass_window"},
  {"fenster", "glass_window"},
  {"glass", "glass_window"},
  {"glas", "glass_window"},
  {"glazing", "glass_window"},
  {"door", "door_wood"},
  {"tuer", "door_wood"},
  {"grille", "ventilation_grille"},
  {"vent", "ventilation_grille"},
  {"opening", "opening"},
  {"stage", "wood_stage_floor"},
  {"buehne", "wood_stage_floor"},
  {"bestuhlung", "seats_medium"},
  {"plastic_seat", "seats_plastic"},
  {"seat", "seats_medium"},
  {"pew", "chairs_wooden"},
  {"chair", "chairs_wooden"},
  {"audience", "wood_audience_floor"},
  {"crowd", "wood_audience_floor"},
  {"publikum", "wood_audience_floor"},
  {"mineral", "mineral_wool_50mm"},
  {"rockwool", "mineral_wool_50mm"},
  {"absorber", "mineral_wool_50mm"},
  {"acoustic", "mineral_wool_50mm"},
  {"foam", "foam_50mm"},
  {"baffle", "baffles_400mm"},
  {"diffus", "diffuser_qrd"},
  {"perforat", "plasterboard_perforated"},
  {"gypsum", "plasterboard_on_studs"},
  {"drywall", "plasterboard_on_studs"},
  {"plasterboard", "plasterboard_on_studs"},
  {"rigips", "plasterboard_on_studs"},
  {"plaster", "plaster_on_brick"},
  {"putz", "plaster_on_brick"},
  {"stucco", "plaster_on_lath"},
  {"brick", "brick_painted"},
  {"ziegel", "brick_painted"},
  {"block", "concrete_block_painted"},
  {"concrete", "concrete_bare"},
  {"beton", "concrete_bare"},
  {"cement", "concrete_bare"},
  {"marble", "marble_floor"},
  {"stone", "limestone"},
  {"stein", "limestone"},
  {"tile", "ceramic_tiles"},
  {"fliese", "ceramic_tiles"},
  {"linoleum", "linoleum_on_concrete"},
  {"vinyl", "linoleum_on_concrete"},
  {"rubber", "rubber_floor_5mm"},
  {"parquet", "wood_parquet_on_concrete"},
  {"parkett", "wood_parquet_on_concrete"},
  {"plywood", "plywood_thin"},
  {"wood", "wood_panel_16mm"},
  {"holz", "wood_panel_16mm"},
  {"timber", "wood_panel_16mm"},
  {"panel", "wood_panel_16mm"},
  {"metal", "metal_panel_ceiling"},
  {"steel", "metal_panel_ceiling"},
  {"deck", "metal_deck_perforated_75mm"},
  {"membrane", "membrane_pvc"},
  {"tent", "membrane_pvc"},
  {"grass", "grass"},
  {"lawn", "grass"},
  {"gravel", "gravel"},
  {"soil", "soil_rough"},
  {"ground", "grass"},
  {"water", "water"},
  {"asphalt", "asphalt_dense"},
  {"reflector", "plywood_10mm"},
  // Where it is, at last
  {"ceiling", "plasterboard_ceiling"},
  {"decke", "plasterboard_ceiling"},
  {"roof", "plasterboard_ceiling"},
  {"floor", "concrete_floor"},
  {"boden", "concrete_floor"},
  {"stair", "steps_concrete"},
  {"step", "steps_concrete"},
  {"balcony", "wood_audience_floor"},
  {"column", "concrete_bare"},
  {"wall", "plaster_on_brick"},
  {"wand", "plaster_on_brick"},
};

const char*
fh_material_guess(const char* const name)
{
  char low[FH_NAME_SIZE];
  size_t n = 0;
  for (; name[n] && n + 1 < sizeof low; ++n) {
    const char c = (char)tolower((unsigned char)name[n]);
    low[n] = c == ' ' || c == '-' ? '_' : c;
  }
  low[n] = '\0';
  for (size_t i = 0; i < sizeof guesses / sizeof guesses[0]; ++i) {
    if (strstr(low, guesses[i].part)) {
      return guesses[i].library;
    }
  }
  return NULL;
}
