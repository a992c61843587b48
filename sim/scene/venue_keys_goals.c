// SPDX-License-Identifier: GPL-3.0-or-later
#include "venue_keys.h"

/*
  What is wanted of a system, and what may change for it.
*/

static const char* const mirrors[] = {"none", "yz", "xz", NULL};

static const FhKey add_keys[] = {
  {.name = "model",
   .type = FH_KEY_TEXT,
   .required = true,
   .at = offsetof(FhPlacementRule, add_model),
   .size = ROOM(FhPlacementRule, add_model),
   .doc = "Model of the loudspeakers that may be added"},
  {.name = "max",
   .type = FH_KEY_INT,
   .at = offsetof(FhPlacementRule, add_max),
   .low = 0,
   .high = 16,
   .doc = "How many at most"},
};

static const FhSection add_section = {.what = "an addition",
                                      .path = "placement[].add",
                                      .keys = add_keys,
                                      .n_keys = COUNT(add_keys),
                                      .size = sizeof(FhPlacementRule)};

#define RULE_RANGE(key, member, has, of_unit, from, to, text)            \
  {                                                                      \
    .name = (key), .type = FH_KEY_RANGE,                                 \
    .at = offsetof(FhPlacementRule, member),                             \
    .has_at = offsetof(FhPlacementRule, has), .unit = (of_unit),         \
    .low = (from), .high = (to), .fallback_text = "fixed", .doc = (text) \
  }

static const FhKey placement_keys[] = {
  {.name = "move",
   .type = FH_KEY_OWN,
   .required = true,
   .read = fh_own_read_move,
   .write = fh_own_write_move,
   .form = "name, or list of names",
   .schema = "{\"anyOf\": [{\"type\": \"string\"}, {\"type\": \"array\", "
             "\"items\": {\"type\": \"string\"}}]}",
   .doc = "Loudspeakers or arrays that move together; [] where only `add` is "
          "meant"},
  {.name = "mirror",
   .type = FH_KEY_CHOICE,
   .at = offsetof(FhPlacementRule, mirror),
   .choices = mirrors,
   .doc = "Keep the first two mirror images in the plane yz (x to -x) or xz "
          "(y to -y)"},
  {.name = "within",
   .type = FH_KEY_OWN,
   .unit = "m",
   .low = -POSITION_MAX_M,
   .high = POSITION_MAX_M,
   .read = fh_own_read_within,
   .write = fh_own_write_within,
   .fallback_text = "fixed",
   .form = "[[x0, y0, z0], [x1, y1, z1]]",
   .schema = "{\"type\": \"array\", \"items\": " POINT_SCHEMA
             ", \"minItems\": 2, \"maxItems\": 2}",
   .doc = "Box that `at` or `top` of the first may be in"},
  {.name = "keep_view",
   .type = FH_KEY_OWN,
   .unit = "m",
   .low = -POSITION_MAX_M,
   .high = POSITION_MAX_M,
   .read = fh_own_read_keep_view,
   .write = fh_own_write_keep_view,
   .fallback_text = "none",
   .form = "[[x0, y0, z0], [x1, y1, z1]]",
   .schema = "{\"type\": \"array\", \"items\": " POINT_SCHEMA
             ", \"minItems\": 2, \"maxItems\": 2}",
   .doc = "Sightlines: box, such as the performers' space on stage, that seats "
          "must see past these loudspeakers; lines from eyes to its corners "
          "and middle pass boxes at 0.5 m or more"},
  RULE_RANGE("yaw_deg", yaw_deg, has_yaw, "degrees", -360, 360, "Range of yaw"),
  RULE_RANGE("pitch_deg",
             pitch_deg,
             has_pitch,
             "degrees",
             -90,
             90,
             "Range of pitch"),
  RULE_RANGE("delay_ms", delay_ms, has_delay, "ms", 0, 2000, "Range of delay"),
  RULE_RANGE("gain_db", gain_db, has_gain, "dB", -60, 20, "Range of gain"),
  RULE_RANGE("splay_deg",
             splay_deg,
             has_splay,
             "degrees",
             -30,
             30,
             "Range of each angle between boxes"),
  {.name = "add",
   .type = FH_KEY_SECTION,
   .section = &add_section,
   .doc = "Loudspeakers that may be added, within the same ranges"},
  {.name = "models",
   .type = FH_KEY_OWN,
   .read = fh_own_read_models,
   .write = fh_own_write_models,
   .fallback_text = "none",
   .form = "list of names",
   .schema = "{\"type\": \"array\", \"items\": {\"type\": \"string\"}, "
             "\"maxItems\": 16}",
   .doc = "Models that may hang here instead of those written in `system` or "
          "`add`: the same for all that move together, in arrays boxes for "
          "arrays"},
  {.name = "max_mass_kg",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhPlacementRule, max_mass_kg),
   .unit = "kg",
   .low = 0,
   .high = 100000,
   .doc = "Limit of the rigging point, 0 for none"},
};

const FhSection fh_placement_section = {.what = "a placement rule",
                                        .path = "placement[]",
                                        .keys = placement_keys,
                                        .n_keys = COUNT(placement_keys),
                                        .size = sizeof(FhPlacementRule),
                                        .line_at =
                                          offsetof(FhPlacementRule, line)};

static const FhKey stock_keys[] = {
  {.name = "model",
   .type = FH_KEY_TEXT,
   .required = true,
   .at = offsetof(FhStock, model),
   .size = ROOM(FhStock, model),
   .doc = "Loudspeaker or array box, as the system names it"},
  {.name = "count",
   .type = FH_KEY_COUNT,
   .required = true,
   .at = offsetof(FhStock, count),
   .low = 0,
   .high = 10000,
   .doc = "How many there are, those of the system included"}};

const FhSection fh_stock_section = {.what = "a model",
                                    .path = "stock[]",
                                    .keys = stock_keys,
                                    .n_keys = COUNT(stock_keys),
                                    .size = sizeof(FhStock)};

#define GOAL(key, member, of_unit, from, to, value, text)                  \
  {                                                                        \
    .name = (key), .type = FH_KEY_NUMBER, .at = offsetof(FhGoals, member), \
    .unit = (of_unit), .low = (from), .high = (to), .fallback = (value),   \
    .doc = (text)                                                          \
  }

static const FhKey weight_keys[] = {
  GOAL("spread", weight_spread, NULL, 0, 1000, 1, "Weight of the spread"),
  GOAL("dead", weight_dead, NULL, 0, 1000, 2, "Weight of dead seats"),
  GOAL("sti", weight_sti, NULL, 0, 1000, 1, "Weight of intelligibility"),
  GOAL("level", weight_level, NULL, 0, 1000, 0.5, "Weight of the level"),
};

static const FhSection weight_section = {.what = "the weights",
                                         .path = "goals.weights",
                                         .keys = weight_keys,
                                         .n_keys = COUNT(weight_keys),
                                         .size = sizeof(FhGoals)};

static const FhKey dead_keys[] = {
  GOAL("quiet_db",
       dead_quiet_db,
       "dB",
       0.5,
       60,
       6,
       "A seat this far under its area's energy mean (250 Hz-4 kHz) is quiet"),
  GOAL("muffled_db",
       dead_muffled_db,
       "dB",
       0.5,
       60,
       6,
       "A seat whose treble is this far under the mean tilt is muffled"),
  GOAL("sti", dead_sti, NULL, 0, 1, 0.45, "A seat under this STI is unclear"),
  GOAL("cancelled_db",
       dead_cancelled_db,
       "dB",
       1,
       60,
       10,
       "A cancellation this deep over a third octave below 500 Hz counts"),
};

static const FhSection dead_section = {.what = "the dead-zone thresholds",
                                       .path = "goals.dead",
                                       .keys = dead_keys,
                                       .n_keys = COUNT(dead_keys),
                                       .size = sizeof(FhGoals)};

static const FhKey goals_keys[] = {
  GOAL("level_dba",
       level_dba,
       "dB(A)",
       30,
       140,
       102,
       "Mean level over the audience"),
  GOAL("spread_db",
       spread_db,
       "dB",
       0.5,
       60,
       6,
       "Spread of the level over the audience that is allowed"),
  GOAL("sti", sti, NULL, 0, 1, 0.5, "Speech transmission index wanted"),
  {.name = "weights",
   .type = FH_KEY_SECTION,
   .section = &weight_section,
   .doc = "How much each goal counts when loudspeakers are placed"},
  {.name = "dead",
   .type = FH_KEY_SECTION,
   .section = &dead_section,
   .doc = "When a seat counts as dead"},
};

const FhSection fh_goals_section = {.what = "the goals",
                                    .path = "goals",
                                    .keys = goals_keys,
                                    .n_keys = COUNT(goals_keys),
                                    .size = sizeof(FhGoals)};
