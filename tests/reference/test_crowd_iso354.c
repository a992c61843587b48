// SPDX-License-Identifier: GPL-3.0-or-later
/*
  Audience blocks in a simulated reverberation room: the absorption that the
  traced decay shows by ISO 354 has to be what the tables say, and the tables
  what the literature says.
*/
#include "check.h"
#include "venue_by_hand.h"

#include <fh/crowd_tables.h>
#include <fh/raycast.h>
#include <fh/trace.h>

#include <stdio.h>

/// Reverberation room [m], with the walls of one
static const double room_m[3] = {8.2, 7.1, 5.4};
#define WALL_ABSORPTION 0.03f
#define WALL_SCATTERING 0.5f

/// The specimen, 12 m2 in the middle of the floor (ISO 354: 10 to 12 m2)
static const double specimen[4][3] = {{2.2, 2.0, 0.0},
                                      {6.2, 2.0, 0.0},
                                      {6.2, 5.0, 0.0},
                                      {2.2, 5.0, 0.0}};
#define SPECIMEN_M2    12.0
#define SPECIMEN_GIRTH 14.0

#define BIN_S  0.001
#define N_BINS 20000U

static void
make_room(FhVenue* const venue)
{
  static const double low[3] = {0.0, 0.0, 0.0};
  static const double places[3][3] = {
    {1.5, 1.6, 3.1}, {6.6, 5.5, 2.6}, {2.0, 5.7, 4.2}};
  FhMeshBuilder b;
  memset(&b, 0, sizeof b);
  hand_box(&b, low, room_m, true, "Floor");
  hand_venue(&b, venue);
  for (size_t i = 0; i < venue->mesh.n_materials; ++i) {
    for (size_t k = 0; k < FH_N_OCTAVES; ++k) {
      venue->materials[i].absorption[k] = WALL_ABSORPTION;
      venue->materials[i].scattering[k] = WALL_SCATTERING;
    }
  }
  venue->microphones = (FhMicrophone*)calloc(3, sizeof(FhMicrophone));
  assert_non_null(venue->microphones);
  for (size_t i = 0; i < 3; ++i) {
    memcpy(venue->microphones[i].at, places[i], sizeof places[i]);
  }
  venue->n_microphones = 3;
  hand_loudspeaker(venue, 7.2, 1.1, 3.9);
  hand_loudspeaker(venue, 1.2, 6.2, 1.9);
}

/// T20 of an energy histogram: a line through -5 to -25 dB of its decay curve
static double
decay_time(double* const energy, const size_t n)
{
  double sum = 0.0;
  for (size_t i = n; i-- > 0;) {
    sum += energy[i];
    energy[i] = sum;
  }
  double count = 0.0;
  double sx = 0.0;
  double sy = 0.0;
  double sxx = 0.0;
  double sxy = 0.0;
  // The first 20 ms hold the way from the source
  const size_t first = 20;
  for (size_t i = first; i < n; ++i) {
    const double level = 10.0 * log10(energy[i] / energy[first]);
    if (level <= -5.0 && level >= -25.0) {
      const double x = BIN_S * (double)i;
      count += 1.0;
      sx += x;
      sy += level;
      sxx += x * x;
      sxy += x * level;
    }
  }
  return -60.0 * (count * sxx - sx * sx) / (count * sxy - sx * sy);
}

/// T20 per octave, all pairs of sources and microphones together
static void
trace_decay(const FhVenue* const venue, double t20_s[FH_N_OCTAVES])
{
  static double energy[FH_N_OCTAVES][N_BINS];
  FhScene scene;
  FhRaycaster* caster = NULL;
  assert_int_equal(fh_scene_build(venue, &scene, NULL), FH_OK);
  assert_int_equal(fh_raycaster_new(&scene, 1, &caster), FH_OK);
  FhRadiator sources[2];
  memset(sources, 0, sizeof sources);
  for (size_t i = 0; i < 2; ++i) {
    fh_scene_from_world(&scene, venue->loudspeakers[i].at, sources[i].at);
    for (size_t k = 0; k < FH_N_OCTAVES; ++k) {
      sources[i].power_w[k] = 1.0f;
    }
  }
  FhTraceDesc desc = fh_trace_desc_default();
  desc.n_rays = 4096;
  desc.seats = false;
  FhTraceResult result;
  assert_int_equal(
    fh_trace_radiators(
      &scene, caster, sources, 2, &desc, NULL, NULL, &result, NULL),
    FH_OK);
  memset(energy, 0, sizeof energy);
  size_t n = 0;
  for (size_t p = 0; p < 6; ++p) {
    const FhPairResponse* const pair = &result.pairs[p];
    const size_t n_bins = pair->n_bins < N_BINS ? pair->n_bins : N_BINS;
    n = n_bins > n ? n_bins : n;
    for (size_t k = 0; k < FH_N_OCTAVES; ++k) {
      for (size_t i = 0; i < n_bins; ++i) {
        energy[k][i] += (double)pair->late[i][k];
      }
      for (size_t i = 0; i < pair->n_arrivals; ++i) {
        const size_t bin = (size_t)((double)pair->arrivals[i].time_s / BIN_S);
        energy[k][bin] += (double)pair->arrivals[i].intensity[k];
      }
    }
  }
  for (size_t k = 0; k < FH_N_OCTAVES; ++k) {
    t20_s[k] = decay_time(energy[k], n);
  }
  fh_trace_result_clear(&result);
  fh_raycaster_free(caster);
  fh_scene_clear(&scene);
}

typedef struct {
  const char* name;
  FhPosture posture;
  FhSeatClass seat;
  double density;
  double occupancy;
} Specimen;

static void
table_of(const Specimen* const s, float absorption[FH_N_OCTAVES])
{
  if (s->posture == FH_POSTURE_STANDING) {
    fh_crowd_standing(s->density, 1.0, 0.0, absorption);
  } else {
    fh_crowd_seated(s->seat, s->occupancy, 1.0, NULL, absorption);
  }
}

// ISO 354: A = 55.3 V / c (1 / T2 - 1 / T1), V that of the empty room, and the
// air cancels. The sample shows its plan area and its edges: 0.5 m for seats,
// in proportion to the height for standing people. 5 % is the Monte Carlo
// error of the two decays (1 % each, about 4 times that in their difference);
// 0.035 allows for what cannot be made less than zero at 63 Hz.
static void
test_blocks_absorb_what_tables_say(void** state)
{
  (void)state;
  static const Specimen specimens[] = {
    {"standing, 1 per m2", FH_POSTURE_STANDING, FH_SEAT_NONE, 1.0, 1.0},
    {"standing, 2.5 per m2", FH_POSTURE_STANDING, FH_SEAT_NONE, 2.5, 1.0},
    {"medium seats, empty", FH_POSTURE_SEATED, FH_SEAT_MEDIUM, 2.0, 0.0},
    {"light seats, full", FH_POSTURE_SEATED, FH_SEAT_LIGHT, 2.0, 1.0}};
  FhVenue empty;
  double t1[FH_N_OCTAVES];
  make_room(&empty);
  trace_decay(&empty, t1);
  const double speed = fh_air_speed_m_s(&empty.air);
  hand_clear(&empty);
  const double factor =
    24.0 * log(10.0) / speed * room_m[0] * room_m[1] * room_m[2];

  for (size_t i = 0; i < sizeof specimens / sizeof specimens[0]; ++i) {
    const Specimen* const s = &specimens[i];
    FhVenue venue;
    make_room(&venue);
    FhAudience* const a = hand_audience(
      &venue, "", s->posture, s->seat, s->density * SPECIMEN_M2, s->occupancy);
    a->polygon = (double(*)[3])malloc(sizeof specimen);
    assert_non_null(a->polygon);
    memcpy(a->polygon, specimen, sizeof specimen);
    a->n_polygon = 4;
    double t2[FH_N_OCTAVES];
    trace_decay(&venue, t2);
    hand_clear(&venue);

    float table[FH_N_OCTAVES];
    table_of(s, table);
    const double strip_m =
      0.5 * fh_crowd_top_m(s->posture) / fh_crowd_top_m(FH_POSTURE_SEATED);
    const double effective = 1.0 + strip_m * SPECIMEN_GIRTH / SPECIMEN_M2;
    print_message("%-22s", s->name);
    for (size_t k = 0; k < FH_N_OCTAVES; ++k) {
      // The floor that the sample covers was counted in the empty room
      const double found_m2 = factor * (1.0 / t2[k] - 1.0 / t1[k]) +
                              (double)WALL_ABSORPTION * SPECIMEN_M2;
      const double found = found_m2 / SPECIMEN_M2 / effective;
      print_message(" %.2f (%.2f)", found, (double)table[k]);
      CHECK_NEAR(
        found, table[k], fmax(0.05 * (double)table[k], 0.035 / effective));
    }
    print_message("\n");
  }
}

/// Row of seats_and_audience.csv, 125 Hz to 4 kHz; false where it is absent
static bool
find_row(const char* const source, const char* const description, double v[6])
{
  const char* const data = getenv("FULLHOUSE_DATA");
  char path[1024];
  (void)snprintf(path,
                 sizeof path,
                 "%s/crowd_absorption/seats_and_audience.csv",
                 data && *data ? data : FULLHOUSE_DATA_DEFAULT);
  FILE* const f = fopen(path, "r");
  if (!f) {
    return false;
  }
  char line[1024];
  bool found = false;
  while (!found && fgets(line, sizeof line, f)) {
    found = strstr(line, source) == line && strstr(line, description);
  }
  (void)fclose(f);
  if (found) {
    // The last six cells
    char* at = line + strcspn(line, "\r\n");
    *at = '\0';
    for (size_t i = 6; i-- > 0;) {
      char* const comma = strrchr(line, ',');
      assert_non_null(comma);
      v[i] = strtod(comma + 1, NULL);
      *comma = '\0';
    }
  }
  return found;
}

static void
test_tables_agree_with_literature(void** state)
{
  (void)state;
  static const struct {
    const char* description;
    FhSeatClass seat;
    double occupancy;
    double tolerance; ///< Rounding where it is the source, else the spread of
                      ///< sources for one kind of seat
  } rows[] = {
    {",unoccupied,heavily upholstered seats", FH_SEAT_HEAVY, 0.0, 0.005},
    {",unoccupied,medium upholstered seats", FH_SEAT_MEDIUM, 0.0, 0.005},
    {",unoccupied,light upholstered seats", FH_SEAT_LIGHT, 0.0, 0.005},
    {",unoccupied,metal or wood seats", FH_SEAT_PLASTIC, 0.0, 0.005},
    {",occupied 100%,wooden chairs", FH_SEAT_PLASTIC, 1.0, 0.005},
    {",occupied 75%,wooden chairs", FH_SEAT_PLASTIC, 0.75, 0.12},
    {",occupied 100%,wooden pews", FH_SEAT_PLASTIC, 1.0, 0.14},
    {",occupied 100%,audience; orchestra", FH_SEAT_MEDIUM, 1.0, 0.15}};
  double v[6] = {0.0};
  if (!find_row("bies2017", rows[0].description, v)) {
    print_message("skipped: no published absorption beside the tree\n");
    skip();
  }
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
    assert_true(find_row("bies2017", rows[i].description, v));
    float table[FH_N_OCTAVES];
    fh_crowd_seated(rows[i].seat, rows[i].occupancy, 1.0, NULL, table);
    for (size_t k = 0; k < 6; ++k) {
      CHECK_NEAR(table[k + 1], v[k], rows[i].tolerance);
    }
  }
  // Standing persons in m2 each (Bies: 0.15 to 0.44): a crowd of 2 per m2
  assert_true(find_row("bies2017", "per person standing", v));
  float crowd[FH_N_OCTAVES];
  fh_crowd_standing(2.0, 1.0, 0.0, crowd);
  for (size_t k = 0; k < 6; ++k) {
    CHECK_NEAR(0.5f * crowd[k + 1], v[k], 0.15);
  }
}

/// The library's entries for crowds and seats are these tables
static void
test_library_agrees(void** state)
{
  (void)state;
  static const char* const names[] = {
    "crowd_standing_1", "crowd_standing_2", "crowd_standing_3"};
  float table[FH_N_OCTAVES];
  for (size_t i = 0; i < 3; ++i) {
    FhMaterial m;
    assert_int_equal(fh_material_find(names[i], &m), FH_OK);
    fh_crowd_standing((double)(i + 1), 1.0, 0.0, table);
    for (size_t k = 0; k < FH_N_OCTAVES; ++k) {
      CHECK_NEAR(m.absorption[k], table[k], 0.06);
    }
  }
  static const struct {
    const char* name;
    FhSeatClass seat;
    double occupancy;
  } seats[] = {{"seats_heavy", FH_SEAT_HEAVY, 0.0},
               {"seats_medium", FH_SEAT_MEDIUM, 0.0},
               {"seats_light", FH_SEAT_LIGHT, 0.0},
               {"seats_heavy_occupied", FH_SEAT_HEAVY, 1.0},
               {"seats_medium_occupied", FH_SEAT_MEDIUM, 1.0},
               {"seats_light_occupied", FH_SEAT_LIGHT, 1.0}};
  for (size_t i = 0; i < sizeof seats / sizeof seats[0]; ++i) {
    FhMaterial m;
    assert_int_equal(fh_material_find(seats[i].name, &m), FH_OK);
    fh_crowd_seated(seats[i].seat, seats[i].occupancy, 1.0, NULL, table);
    for (size_t k = 1; k < FH_N_OCTAVES; ++k) {
      CHECK_NEAR(m.absorption[k], table[k], 0.02);
    }
  }
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_blocks_absorb_what_tables_say),
    cmocka_unit_test(test_tables_agree_with_literature),
    cmocka_unit_test(test_library_agrees),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
