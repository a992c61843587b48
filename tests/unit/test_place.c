// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"

#include <fh/place.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/// Seats of the free-field case stand in a row from -ROW to ROW [m]
#define ROW   15
#define N_ROW (2 * ROW)
#define AHEAD 12.0

static char folder[] = "/tmp/fullhouse-place-XXXXXX";

static void
write_text(const char* const name, const char* const text, char path[256])
{
  (void)snprintf(path, 256, "%s/%s", folder, name);
  FILE* const file = fopen(path, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

/// Pressure of the test's loudspeaker: a cardioid to the fourth
static double
pattern(const double cosine)
{
  return pow(0.5 * (1.0 + cosine), 4.0) + 1e-4;
}

/// The same at all frequencies
static void
write_pattern(void)
{
  char text[16384] = "theta_deg,phi_deg,100,1000,10000\n";
  for (int theta = 0; theta <= 180; theta += 2) {
    const double db = 20.0 * log10(pattern(cos(theta * FH_PI / 180.0)));
    char row[96];
    (void)snprintf(row, sizeof row, "%d,0,%.4f,%.4f,%.4f\n", theta, db, db, db);
    strcat(text, row);
  }
  char path[256];
  write_text("horn.csv", text, path);
}

// The ground swallows everything; one loudspeaker is 0.3 s late, so that the
// two add up as energies. One looks for its place, the other for its aim: place
// and aim of one and the same would nearly make up for each other
static const char free_field[] =
  "fullhouse: 1\n"
  "name: Field\n"
  "open_air: true\n"
  "geometry:\n"
  "  faces:\n"
  "    - {material: Ground, points: [[-200,-200,0],[200,-200,0],[200,200,0],"
  "[-200,200,0]]}\n"
  "materials:\n"
  "  Ground: {absorption: [1,1,1,1,1,1,1,1], scattering: 0.1}\n"
  "audience:\n"
  "  - {name: row, surface: [[-15,11.5,0],[15,11.5,0],[15,12.5,0],"
  "[-15,12.5,0]], posture: standing, capacity: 30, spacing_m: 1}\n"
  "occupancy: 0\n"
  "system:\n"
  "  loudspeakers:\n"
  "    - {name: L, model: horn.csv, at: [-1, 0, 1.65]}\n"
  "    - {name: R, model: horn.csv, at: [8, 0, 1.65], aim: {yaw_deg: -30}, "
  "delay_ms: 300}\n"
  "placement:\n"
  "  - {move: [L], within: [[-14,0,1.65],[2,0,1.65]]}\n"
  "  - {move: [R], yaw_deg: [-60, 60]}\n"
  "goals: {weights: {spread: 1, dead: 0, sti: 0, level: 0}}\n";

/// A-weighted energy of a loudspeaker at a seat, the same in all thirds
static double
energy_at(const double x, const double yaw_deg, const double seat)
{
  const double dx = seat - x;
  const double r2 = dx * dx + AHEAD * AHEAD;
  const double r = sqrt(r2);
  const double yaw = yaw_deg * FH_PI / 180.0;
  const double cosine = (-sin(yaw) * dx + cos(yaw) * AHEAD) / r;
  const double p = pattern(cosine);
  const FhAir air = fh_air_default();
  double m[FH_N_THIRDS];
  fh_air_thirds(&air, m);
  double sum = 0.0;
  for (size_t b = 0; b < FH_N_THIRDS; ++b) {
    sum += pow(10.0, 0.1 * fh_a_weight_db(fh_third_hz(b))) * exp(-m[b] * r);
  }
  return sum * p * p / r2;
}

/// Standard deviation of the level over the row [dB]
static double
deviation(const double x, const double yaw_deg)
{
  double sum = 0.0;
  double square = 0.0;
  for (size_t i = 0; i < N_ROW; ++i) {
    const double seat = (double)i - ROW + 0.5;
    const double db =
      10.0 * log10(energy_at(x, 0.0, seat) + energy_at(8.0, yaw_deg, seat));
    sum += db / N_ROW;
    square += db * db / N_ROW;
  }
  return sqrt(square - sum * sum);
}

/// The optimum by trying everything, on finer and finer grids
static void
known_optimum(double* const x, double* const yaw_deg)
{
  double width[2] = {8.0, 60.0};
  double at[2] = {-6.0, 0.0};
  while (width[0] > 0.002) {
    double best[2] = {at[0], at[1]};
    double least = HUGE_VAL;
    for (int i = -12; i <= 12; ++i) {
      for (int k = -12; k <= 12; ++k) {
        const double tried[2] = {at[0] + width[0] * i / 12.0,
                                 at[1] + width[1] * k / 12.0};
        const double d = deviation(tried[0], tried[1]);
        if (d < least) {
          least = d;
          best[0] = tried[0];
          best[1] = tried[1];
        }
      }
    }
    at[0] = best[0];
    at[1] = best[1];
    width[0] *= 0.7;
    width[1] *= 0.7;
  }
  *x = at[0];
  *yaw_deg = at[1];
}

static void
read_venue(const char* const name, const char* const text, FhVenue* const out)
{
  char path[256];
  write_text(name, text, path);
  FhDiag* const diag = fh_diag_new();
  const FhStatus status = fh_venue_read(path, out, diag);
  for (size_t i = 0; status && i < fh_diag_size(diag); ++i) {
    print_error("%s\n", fh_diag_entry(diag, i)->text);
  }
  assert_int_equal(status, FH_OK);
  fh_diag_free(diag);
}

static FhPlaceDesc
small_desc(const unsigned n_threads)
{
  FhPlaceDesc desc = fh_place_desc_default();
  desc.n_threads = n_threads;
  desc.n_simulated = 1;
  desc.trace.n_rays = 1024;
  desc.trace.gather_rays = 64;
  return desc;
}

// To 0.1 m and 1 degree
static void
test_place_finds_the_known_optimum_of_a_free_field(void** state)
{
  (void)state;
  write_pattern();
  FhVenue venue;
  read_venue("field.yaml", free_field, &venue);
  double x = 0.0;
  double yaw_deg = 0.0;
  known_optimum(&x, &yaw_deg);
  const FhPlaceDesc desc = small_desc(1);
  FhPlace place;
  FhDiag* const diag = fh_diag_new();
  const FhStatus status =
    fh_place(&venue, &desc, NULL, NULL, NULL, &place, diag);
  for (size_t i = 0; i < fh_diag_size(diag); ++i) {
    print_message("%s\n", fh_diag_entry(diag, i)->text);
  }
  assert_int_equal(status, FH_OK);
  assert_true(place.n >= 1);
  const FhLoudspeaker* const l = &place.option[0].venue.loudspeakers[0];
  const FhLoudspeaker* const r = &place.option[0].venue.loudspeakers[1];
  print_message("found x %.2f m, yaw %.1f deg; known %.2f m, %.1f deg; spread "
                "%.2f to %.2f dB\n",
                l->at[0],
                r->yaw_deg,
                x,
                yaw_deg,
                place.full.spread_db,
                place.option[0].full.spread_db);
  CHECK_NEAR(l->at[0], x, 0.1);
  CHECK_NEAR(r->yaw_deg, yaw_deg, 1.0);
  assert_int_equal(place.option[0].n_moves, 2);
  fh_place_clear(&place);
  fh_diag_free(diag);
  fh_venue_clear(&venue);
}

/// The free field whose first loudspeaker may not hide a stage behind it
static const char view_rule[] =
  "  - {move: [L], within: [[-14,0,1.65],[2,0,1.65]], keep_view: "
  "[[-10,-3,1],[-5,-2,2]]}\n";

// Lines from the row, 12 m ahead, to the stage cross the axis of L between
// -10.7 and -2.1 m; boxes keep half a metre off
static void
test_place_keeps_the_stage_in_view(void** state)
{
  (void)state;
  write_pattern();
  char text[sizeof free_field + sizeof view_rule];
  const char* const rule = strstr(free_field, "  - {move: [L]");
  const char* const after = strchr(rule, '\n') + 1;
  (void)snprintf(text,
                 sizeof text,
                 "%.*s%s%s",
                 (int)(rule - free_field),
                 free_field,
                 view_rule,
                 after);
  FhVenue venue;
  read_venue("view.yaml", text, &venue);
  assert_true(venue.placement[0].has_keep_view);
  // Where it would be without the stage is forbidden now
  double x = 0.0;
  double yaw_deg = 0.0;
  known_optimum(&x, &yaw_deg);
  assert_true(x > -11.2 && x < -1.6);
  const FhPlaceDesc desc = small_desc(1);
  FhPlace place;
  assert_int_equal(fh_place(&venue, &desc, NULL, NULL, NULL, &place, NULL),
                   FH_OK);
  const double found = place.option[0].venue.loudspeakers[0].at[0];
  print_message("optimum %.2f m hides the stage; found %.2f m\n", x, found);
  assert_true(found < -11.0 || found > -1.8);
  fh_place_clear(&place);
  fh_venue_clear(&venue);
}

static const char box[] =
  "fullhouse: 1\n"
  "name: Box\n"
  "geometry:\n"
  "  faces:\n"
  "    - {material: Wall, points: [[-8,0,0],[8,0,0],[8,20,0],[-8,20,0]]}\n"
  "    - {material: Wall, points: [[-8,0,7],[-8,20,7],[8,20,7],[8,0,7]]}\n"
  "    - {material: Wall, points: [[-8,0,0],[-8,20,0],[-8,20,7],[-8,0,7]]}\n"
  "    - {material: Wall, points: [[8,0,0],[8,0,7],[8,20,7],[8,20,0]]}\n"
  "    - {material: Wall, points: [[-8,0,0],[-8,0,7],[8,0,7],[8,0,0]]}\n"
  "    - {material: Wall, points: [[-8,20,0],[8,20,0],[8,20,7],[-8,20,7]]}\n"
  "materials:\n"
  "  Wall: {absorption: [0.3,0.3,0.3,0.3,0.3,0.3,0.3,0.3], scattering: 0.3}\n"
  "audience:\n"
  "  - {name: floor, surface: [[-6,5,0],[6,5,0],[6,19,0],[-6,19,0]], posture: "
  "standing, capacity: 100, spacing_m: 1.5}\n"
  "system:\n"
  "  loudspeakers:\n"
  "    - {name: L, model: fh-point-90x60, at: [-5, 1, 3], aim: {yaw_deg: 0}, "
  "gain_db: -10}\n"
  "    - {name: R, model: fh-point-90x60, at: [5, 1, 3], gain_db: -10}\n";

/// The box with rules of its own
static void
box_with(const char* const rules, FhVenue* const out)
{
  char text[4096];
  (void)snprintf(text, sizeof text, "%s%s", box, rules);
  read_venue("box.yaml", text, out);
}

static void
test_place_moves_mirrored_pairs_alike_on_any_number_of_threads(void** state)
{
  (void)state;
  FhVenue venue;
  box_with("placement:\n"
           "  - {move: [L, R], mirror: yz, within: [[-7,0.5,2],[-3,2,5]], "
           "yaw_deg: [-40, 40], pitch_deg: [-40, 0], gain_db: [-20, 0]}\n"
           "goals: {level_dba: 95}\n",
           &venue);
  FhPlace place[2];
  for (unsigned i = 0; i < 2; ++i) {
    FhPlaceDesc desc = small_desc(1 + i);
    desc.n_evaluations = 60;
    assert_int_equal(fh_place(&venue, &desc, NULL, NULL, NULL, &place[i], NULL),
                     FH_OK);
  }
  for (size_t k = 0; k < 2; ++k) {
    const FhLoudspeaker* const a = &place[0].option[0].venue.loudspeakers[k];
    const FhLoudspeaker* const b = &place[1].option[0].venue.loudspeakers[k];
    assert_memory_equal(a->at, b->at, sizeof a->at);
    CHECK_NEAR(a->yaw_deg, b->yaw_deg, 0.0);
    CHECK_NEAR(a->gain_db, b->gain_db, 0.0);
  }
  CHECK_NEAR(place[0].option[0].full.cost, place[1].option[0].full.cost, 0.0);
  const FhLoudspeaker* const l = &place[0].option[0].venue.loudspeakers[0];
  const FhLoudspeaker* const r = &place[0].option[0].venue.loudspeakers[1];
  CHECK_NEAR(r->at[0], -l->at[0], 1e-9);
  CHECK_NEAR(r->at[1], l->at[1], 1e-9);
  CHECK_NEAR(r->yaw_deg, -l->yaw_deg, 1e-9);
  CHECK_NEAR(r->pitch_deg, l->pitch_deg, 1e-9);
  assert_true(l->at[0] >= -7.0 && l->at[0] <= -3.0);
  assert_true(l->gain_db >= -20.0 && l->gain_db <= 0.0);
  // It was 10 dB too quiet or more: the search has to have helped
  assert_true(place[0].option[0].full.cost < place[0].full.cost);
  for (size_t i = 0; i < 2; ++i) {
    fh_place_clear(&place[i]);
  }
  fh_venue_clear(&venue);
}

/// Whether a sentence of a proposal's moves holds a text
static bool
is_said(const FhPlaceOption* const option, const char* const text)
{
  for (size_t i = 0; i < option->n_moves; ++i) {
    if (strstr(option->move[i], text)) {
      return true;
    }
  }
  return false;
}

// Subwoofers where speech is wanted: what else hangs there is right, but there
// is one column only, the heavy box is too heavy, and the third is in stock
static void
test_place_chooses_a_model_that_stock_and_points_allow(void** state)
{
  (void)state;
  FhVenue venue;
  box_with("placement:\n"
           "  - {move: [L, R], mirror: yz, gain_db: [-20, 0], max_mass_kg: 30, "
           "models: [fh-column, fh-line-12, fh-sub-18]}\n"
           "stock: [{model: fh-point-90x60, count: 2}, {model: fh-column, "
           "count: 2}, {model: fh-line-12, count: 2}, {model: fh-sub-18, "
           "count: 1}]\n"
           "goals: {level_dba: 85}\n",
           &venue);
  for (size_t i = 0; i < 2; ++i) {
    (void)snprintf(venue.loudspeakers[i].model,
                   sizeof venue.loudspeakers[i].model,
                   "fh-sub-18");
  }
  FhPlaceDesc desc = small_desc(1);
  desc.n_evaluations = 200;
  FhPlace place;
  FhDiag* const diag = fh_diag_new();
  assert_int_equal(fh_place(&venue, &desc, NULL, NULL, NULL, &place, diag),
                   FH_OK);
  const FhPlaceOption* const best = &place.option[0];
  for (size_t i = 0; i < 2; ++i) {
    assert_string_equal(best->venue.loudspeakers[i].model, "fh-column");
  }
  assert_true(is_said(best, "hang fh-column instead of fh-sub-18"));
  assert_int_equal(place.n_lacking, 0);
  assert_true(best->full.cost < place.full.cost);
  // With one column nothing is left that may hang there
  fh_place_clear(&place);
  venue.stock[1].count = 1;
  venue.stock[3].count = 2;
  assert_int_equal(fh_place(&venue, &desc, NULL, NULL, NULL, &place, diag),
                   FH_ERR_INVALID_DATA);
  bool said = false;
  for (size_t i = 0; i < fh_diag_size(diag); ++i) {
    said = said || strstr(fh_diag_entry(diag, i)->text,
                          "nothing in 'models' that is in stock");
  }
  assert_true(said);
  fh_diag_free(diag);
  fh_venue_clear(&venue);
}

// One fill of a pair is in stock: pairs are whole, so both are to be hired
static void
test_place_lists_what_to_hire(void** state)
{
  (void)state;
  FhVenue venue;
  box_with("placement:\n"
           "  - {move: [L, R], mirror: yz, gain_db: [-20, 0]}\n"
           "  - {move: [], mirror: yz, within: [[-7,12,3],[-3,16,5]], "
           "add: {model: fh-column, max: 2}}\n"
           "goals: {level_dba: 85, spread_db: 1, weights: {spread: 5}}\n",
           &venue);
  const FhStock stock[] = {{"fh-point-90x60", 1}, {"fh-column", 1}};
  FhPlaceDesc desc = small_desc(1);
  desc.n_evaluations = 200;
  desc.stock = stock;
  desc.n_stock = 2;
  FhPlace place;
  // Half a pair stays at home with its other half
  FhDiag* const diag = fh_diag_new();
  assert_int_equal(fh_place(&venue, &desc, NULL, NULL, NULL, &place, diag),
                   FH_ERR_INVALID_DATA);
  assert_non_null(strstr(fh_diag_entry(diag, 0)->text, "nothing in stock"));
  fh_diag_free(diag);
  const FhStock more[] = {{"fh-point-90x60", 2}, {"fh-column", 1}};
  desc.stock = more;
  assert_int_equal(fh_place(&venue, &desc, NULL, NULL, NULL, &place, NULL),
                   FH_OK);
  assert_int_equal(place.option[0].n_added, 0);
  assert_int_equal(place.n_lacking, 1);
  assert_string_equal(place.lacking[0].boxes.model, "fh-column");
  assert_int_equal(place.lacking[0].boxes.count, 2);
  assert_non_null(strstr(place.lacking[0].why, "rule 2 allows"));
  print_message("hire: %s\n", place.lacking[0].why);
  fh_place_clear(&place);
  // With both there they are added, as mirror images, and nothing is lacking
  const FhStock enough[] = {{"fh-point-90x60", 2}, {"fh-column", 2}};
  desc.stock = enough;
  assert_int_equal(fh_place(&venue, &desc, NULL, NULL, NULL, &place, NULL),
                   FH_OK);
  assert_int_equal(place.n_lacking, 0);
  const FhPlaceOption* pair = NULL;
  for (size_t i = 0; i < place.n; ++i) {
    pair = place.option[i].n_added ? &place.option[i] : pair;
  }
  assert_non_null(pair);
  assert_int_equal(pair->n_added, 2);
  assert_int_equal(pair->n_boxes, 4);
  const FhLoudspeaker* const a = &pair->venue.loudspeakers[2];
  const FhLoudspeaker* const b = &pair->venue.loudspeakers[3];
  CHECK_NEAR(a->at[0], -b->at[0], 0.0);
  CHECK_NEAR(a->at[1], b->at[1], 0.0);
  CHECK_NEAR(a->at[2], b->at[2], 0.0);
  CHECK_NEAR(a->yaw_deg, -b->yaw_deg, 1e-9);
  CHECK_NEAR(a->pitch_deg, b->pitch_deg, 0.0);
  CHECK_NEAR(a->delay_ms, b->delay_ms, 0.0);
  CHECK_NEAR(a->gain_db, b->gain_db, 0.0);
  fh_place_clear(&place);
  fh_venue_clear(&venue);
}

/// A field before one array whose upper boxes leave its rear alone
static const char array_field[] =
  "fullhouse: 1\n"
  "name: Array\n"
  "open_air: true\n"
  "geometry:\n"
  "  faces:\n"
  "    - {material: Ground, points: [[-100,-100,0],[100,-100,0],[100,200,0],"
  "[-100,200,0]]}\n"
  "materials:\n"
  "  Ground: {absorption: [1,1,1,1,1,1,1,1], scattering: 0.1}\n"
  "audience:\n"
  "  - {name: field, surface: [[-4,4,0],[4,4,0],[4,50,0],[-4,50,0]], posture: "
  "standing, capacity: 400, spacing_m: 2}\n"
  "system:\n"
  "  arrays:\n"
  "    - {name: Main, box: fh-line-10, count: 8, top: [0,0,11], "
  "splay_deg: [10, 10, 10, 10, 5, 0, 0]}\n"
  "placement:\n"
  "  - {move: [Main], splay_deg: [0, 10], gain_db: [-12, 6]}\n"
  "goals: {level_dba: 100, spread_db: 6, weights: {level: 0.05}}\n";

// Each box that looks 10 degrees lower than the one over it soon looks at the
// ground: 50 m off only the first is left, and the front has all the others
static void
test_place_straightens_an_array_that_is_bent_too_far(void** state)
{
  (void)state;
  FhVenue venue;
  read_venue("array.yaml", array_field, &venue);
  FhPlaceDesc desc = small_desc(1);
  desc.max_seats = 60;
  FhPlace place;
  assert_int_equal(fh_place(&venue, &desc, NULL, NULL, NULL, &place, NULL),
                   FH_OK);
  const FhPlaceOption* const best = &place.option[0];
  const FhArray* const array = &best->venue.arrays[0];
  double sum_deg = 0.0;
  for (size_t i = 0; i < array->n_splay; ++i) {
    const double angle = array->splay_deg[i];
    assert_true(angle >= 0.0 && angle <= 10.0);
    // Rigging has holes each half degree
    CHECK_NEAR(2.0 * angle, round(2.0 * angle), 1e-9);
    sum_deg += angle;
  }
  print_message("spread %.1f to %.1f dB, bent by %.1f degrees in all\n",
                place.full.spread_db,
                best->full.spread_db,
                sum_deg);
  for (size_t i = 0; i < best->n_moves; ++i) {
    print_message("%s\n", best->move[i]);
  }
  assert_true(sum_deg < 25.0);
  assert_true(best->full.spread_db < 0.25 * place.full.spread_db);
  assert_true(is_said(best, "Main: splay between boxes "));
  fh_place_clear(&place);
  fh_venue_clear(&venue);
}

// Its boxes are a metre under where it may be hung: that is where it has to be
// free, and at the top of its range it is no less than anywhere
static void
test_place_hangs_arrays_by_their_tops(void** state)
{
  (void)state;
  char text[2 * sizeof array_field];
  const char* const rule = strstr(array_field, "splay_deg: [0, 10]");
  (void)snprintf(text,
                 sizeof text,
                 "%.*swithin: [[-1, -1, 10.5], [1, 1, 11]], %s",
                 (int)(rule - array_field),
                 array_field,
                 rule);
  FhVenue venue;
  read_venue("array.yaml", text, &venue);
  FhPlaceDesc desc = small_desc(1);
  desc.max_seats = 40;
  desc.n_evaluations = 2;
  FhPlace place;
  assert_int_equal(fh_place(&venue, &desc, NULL, NULL, NULL, &place, NULL),
                   FH_OK);
  assert_true(place.option[0].search.cost <= place.search.cost + 0.1);
  fh_place_clear(&place);
  fh_venue_clear(&venue);
}

/// The text of the one error that a search ends with
static void
expect_error(const char* const rules, const char* const text)
{
  FhVenue venue;
  box_with(rules, &venue);
  FhDiag* const diag = fh_diag_new();
  FhPlaceDesc desc = small_desc(1);
  desc.n_evaluations = 2;
  FhPlace place;
  const FhStatus status =
    fh_place(&venue, &desc, NULL, NULL, NULL, &place, diag);
  assert_int_equal(status, FH_ERR_INVALID_DATA);
  bool found = false;
  for (size_t i = 0; i < fh_diag_size(diag); ++i) {
    const FhDiagEntry* const e = fh_diag_entry(diag, i);
    found = found || (e->severity == FH_DIAG_ERROR && strstr(e->text, text));
    if (e->severity == FH_DIAG_ERROR && !strstr(e->text, text)) {
      print_error("unexpected: %s\n", e->text);
    }
  }
  if (!found) {
    print_error("no error with '%s'\n", text);
  }
  assert_true(found);
  fh_diag_free(diag);
  fh_venue_clear(&venue);
}

static void
test_place_says_which_rule_cannot_be_met(void** state)
{
  (void)state;
  expect_error("occupancy: 1\n", "nothing may be moved");
  expect_error("placement: [{move: [L, R]}]\n", "changes nothing");
  expect_error("placement: [{move: [L], mirror: yz, pitch_deg: [-20, 0]}]\n",
               "mirrors one loudspeaker");
  expect_error(
    "placement: [{move: [], add: {model: fh-point-90x60, max: 2}}]\n",
    "say where with 'within'");
  expect_error("placement: [{move: [L], pitch_deg: [-20, 0]}, {move: [R, L], "
               "yaw_deg: [-20, 0]}]\n",
               "both move 'L'");
  expect_error("placement: [{move: [L], within: [[-30,1,3],[-20,2,4]]}]\n",
               "rule 1 cannot be met: all of 'within' lies in walls");
  expect_error(
    "placement: [{move: [R], pitch_deg: [-20, 0], max_mass_kg: 3}]\n",
    "'R' weighs");
  expect_error("placement: [{move: [L], within: [[-5,1,1.8],[-4,2,2]], "
               "keep_view: [[-5,0.2,1],[5,0.4,2]]}]\n",
               "hide 'keep_view' from some seats");
  expect_error("placement: [{move: [L], gain_db: [18, 20]}]\n",
               "reaches its maximum output");
}

// Two areas of one seat each, 10 dB apart: the formula by hand
static void
test_score_is_the_sum_of_its_parts(void** state)
{
  (void)state;
  FhVenue venue;
  memset(&venue, 0, sizeof venue);
  FhAudience areas[2];
  memset(areas, 0, sizeof areas);
  venue.audience = areas;
  venue.n_audience = 2;
  venue.goals = fh_goals_default();
  venue.goals.level_dba = 90.0;
  venue.goals.spread_db = 5.0;
  venue.goals.sti = 0.6;
  venue.goals.weight_dead = 0.0;
  FhSeat seats[2];
  FhSeatMetrics m[2];
  memset(seats, 0, sizeof seats);
  memset(m, 0, sizeof m);
  for (uint32_t i = 0; i < 2; ++i) {
    seats[i].area = i;
    seats[i].area_m2 = 1.0f;
    m[i].spl_dba = i ? 80.0f : 90.0f;
    m[i].sti = i ? 0.5f : 0.7f;
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      m[i].spl_octave_db[b] = 70.0f;
    }
  }
  FhPlaceScore s;
  assert_int_equal(fh_place_score(&venue, seats, 2, m, -1.0, &s), FH_OK);
  const double mean = 10.0 * log10(0.5 * (1e9 + 1e8));
  const double off = (mean - 90.0) / 3.0;
  // Deviation 5 dB; mean shortfall of STI 0.05; 1 dB over the maximum output
  CHECK_NEAR(
    s.cost, 3.2897 * 5.0 / 5.0 + 0.05 / 0.1 + 0.5 * off * off + 1.0, 1e-6);
  CHECK_NEAR(s.level_dba, mean, 1e-6);
  CHECK_NEAR(s.spread_db, 10.0, 1e-6);
  assert_int_equal(s.n_dead, 0);
  m[1].sti = 0.44f;
  assert_int_equal(fh_place_score(&venue, seats, 2, m, 3.0, &s), FH_OK);
  assert_int_equal(s.n_dead, 1);
  assert_int_equal(m[1].dead, FH_DEAD_UNCLEAR);
  CHECK_NEAR(s.dead_share, 0.5, 1e-9);
}

int
main(void)
{
  if (!mkdtemp(folder)) {
    return 1;
  }
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_place_finds_the_known_optimum_of_a_free_field),
    cmocka_unit_test(test_place_keeps_the_stage_in_view),
    cmocka_unit_test(
      test_place_moves_mirrored_pairs_alike_on_any_number_of_threads),
    cmocka_unit_test(test_place_chooses_a_model_that_stock_and_points_allow),
    cmocka_unit_test(test_place_lists_what_to_hire),
    cmocka_unit_test(test_place_straightens_an_array_that_is_bent_too_far),
    cmocka_unit_test(test_place_hangs_arrays_by_their_tops),
    cmocka_unit_test(test_place_says_which_rule_cannot_be_met),
    cmocka_unit_test(test_score_is_the_sum_of_its_parts),
  };
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  static const char* const names[] = {
    "horn.csv", "field.yaml", "box.yaml", "view.yaml", "array.yaml"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; ++i) {
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    (void)unlink(path);
  }
  (void)rmdir(folder);
  return failed;
}
