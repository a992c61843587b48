// SPDX-License-Identifier: GPL-3.0-or-later
#include "convolver.h"
#include "example.h"
#include "stage.h"
#include "venue_check.h"

#include <fh/live.h>
#include <fh/rehearse.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
  How often the auto-EQ takes a room for another, or another for its own.

    bench_rooms FOLDER [FIRST STEP]

  FOLDER is that of `fullhouse crowd examples`. Every STEP-th venue from FIRST
  on gets a soundcheck: synthetic music in the real house, which differs from
  its plans by surfaces, scattering and the place of the microphone. Its
  distance to its own profile should be short, to 24 others long. About a second
  of one core for each venue.
*/

#define N_CLASSES  6u
#define MAX_VENUES 1296u
#define N_OTHERS   24u
#define MUSIC      ((size_t)9830400)
#define SETTLE_S   10.0
#define LONGEST_S  240.0

static const char* const class_name[N_CLASSES] =
  {"club", "theatre", "hall", "shed", "arena", "open air"};

/// A venue that was listened to
typedef struct {
  size_t klass;
  FhLiveModel* model; ///< Of its plans
  FhLiveBaseline baseline;
} Room;

static void*
read_file(const char* const folder,
          const uint32_t index,
          const char* const suffix,
          size_t* const size)
{
  char path[1024];
  snprintf(path, sizeof path, "%s/venue-%06u.%s", folder, index, suffix);
  FILE* const file = fopen(path, "rb");
  if (!file) {
    return NULL;
  }
  void* bytes = NULL;
  if (!fseek(file, 0, SEEK_END)) {
    const long n = ftell(file);
    rewind(file);
    bytes = n > 0 ? malloc((size_t)n) : NULL;
    *size = bytes ? fread(bytes, 1, (size_t)n, file) : 0;
  }
  fclose(file);
  return bytes;
}

static FhProfile*
read_profile(const char* const folder, const uint32_t index)
{
  size_t size = 0;
  FhProfile* profile = NULL;
  void* const bytes = read_file(folder, index, "fhp", &size);
  if (bytes && fh_profile_parse(bytes, size, &profile, NULL)) {
    profile = NULL;
  }
  free(bytes);
  return profile;
}

/// The real house in the empty states of a profile: what the stage plays
static bool
read_house(const char* const folder, const uint32_t index, CrowdExample* house)
{
  memset(house, 0, sizeof *house);
  house->index = index;
  house->profile = read_profile(folder, index);
  size_t size = 0;
  void* const bytes = read_file(folder, index, "safetensors", &size);
  const bool ok =
    house->profile && bytes &&
    !crowd_example_parse(bytes, size, NULL, house, (char[128]){0});
  free(bytes);
  if (ok) {
    // Two states: the stage goes from one to the next
    const size_t n = house->profile->n_bins * FH_N_OCTAVES;
    memcpy(house->profile->mic_energy, house->mic, n * sizeof(float));
    memcpy(house->profile->mic_energy + n, house->mic, n * sizeof(float));
    house->profile->mic_direct_s[0] = (float)house->real_direct_s;
  }
  return ok;
}

/// A soundcheck in an empty house; false when it gave nothing to use
static bool
listen(const FhProfile* const house,
       const float* const music,
       const uint64_t seed,
       FhLiveBaseline* const out)
{
  Stage* stage = NULL;
  Convolver* room = NULL;
  FhLive* live = NULL;
  float* const response = (float*)calloc(STAGE_FRAMES, sizeof(float));
  bool ok = response && !stage_new(house, 0, seed, &stage) &&
            !convolver_new(STAGE_FRAMES, &room) &&
            !fh_live_new(STAGE_RATE_HZ, &live);
  if (ok) {
    const StageState empty = {.clothing = 1.0, .air = house->air};
    stage_response(stage, &empty, response);
    convolver_set(room, response, STAGE_FRAMES, 1);
  }
  FhLiveControls controls = fh_live_controls_default();
  controls.temperature_c = house->air.temperature_c;
  controls.humidity_percent = house->air.humidity_percent;
  const double block_s = (double)CONVOLVER_BLOCK / STAGE_RATE_HZ;
  const size_t settle = (size_t)(SETTLE_S / block_s);
  const size_t longest = (size_t)(LONGEST_S / block_s);
  float mic[CONVOLVER_BLOCK] = {0.0f};
  float left[CONVOLVER_BLOCK];
  float right[CONVOLVER_BLOCK];
  bool done = false;
  for (size_t i = 0; ok && !done && i < longest; ++i) {
    controls.baseline = i == settle;
    const float* const from = music + i * CONVOLVER_BLOCK % MUSIC;
    const float* const in[2] = {from, from};
    const float* const mics[2] = {mic, NULL};
    float* const to[2] = {left, right};
    fh_live_process(live, &controls, in, mics, to, CONVOLVER_BLOCK);
    convolver_process(room, left, mic);
    while (fh_live_has_work(live)) {
      fh_live_work(live);
    }
    done = i > settle + 8 && fh_live_meters(live)->has_baseline;
  }
  ok = ok && done && fh_live_baseline(live, out);
  fh_live_free(live);
  convolver_free(room);
  stage_free(stage);
  free(response);
  return ok;
}

static bool
add_room(const char* const folder,
         const uint32_t index,
         const float* const music,
         Room* const out)
{
  CrowdExample house;
  FhProfile* const plans = read_profile(folder, index);
  bool ok = plans && read_house(folder, index, &house) &&
            listen(house.profile, music, 100 + (uint64_t)index, &out->baseline);
  if (plans) {
    crowd_example_clear(&house);
  }
  out->klass = crowd_example_class(index);
  out->model = ok ? fh_live_model_new(plans, NULL) : NULL;
  if (!out->model) {
    fh_profile_free(plans);
  }
  return out->model != NULL;
}

static void
print_rates(const Room* const rooms, const size_t n)
{
  size_t n_own[N_CLASSES] = {0};
  size_t flagged[N_CLASSES] = {0};
  size_t n_other[N_CLASSES][N_CLASSES] = {{0}};
  size_t missed[N_CLASSES][N_CLASSES] = {{0}};
  for (size_t i = 0; i < n; ++i) {
    const size_t k = rooms[i].klass;
    ++n_own[k];
    flagged[k] += fh_venue_check(rooms[i].model, &rooms[i].baseline).is_foreign;
    for (size_t d = 1; d <= N_OTHERS && d < n; ++d) {
      const Room* const other = &rooms[(i + d) % n];
      ++n_other[k][other->klass];
      missed[k][other->klass] +=
        !fh_venue_check(rooms[i].model, &other->baseline).is_foreign;
    }
  }
  printf("Own room held, other rooms taken for it (profile in rows, room in "
         "columns)\n%-10s %8s",
         "",
         "own");
  for (size_t k = 0; k < N_CLASSES; ++k) {
    printf(" %8s", class_name[k]);
  }
  putchar('\n');
  for (size_t k = 0; k < N_CLASSES; ++k) {
    printf("%-10s %4zu/%-3zu", class_name[k], flagged[k], n_own[k]);
    for (size_t j = 0; j < N_CLASSES; ++j) {
      printf(" %4zu/%-3zu", missed[k][j], n_other[k][j]);
    }
    putchar('\n');
  }
}

int
main(const int argc, char** const argv)
{
  if (argc != 2 && argc != 4) {
    fprintf(stderr, "usage: bench_rooms FOLDER [FIRST STEP]\n");
    return 2;
  }
  const uint32_t first = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 2;
  const uint32_t step = argc > 2 ? (uint32_t)strtoul(argv[3], NULL, 10) : 7;
  float* const music = (float*)calloc(MUSIC, sizeof(float));
  Room* const rooms = (Room*)calloc(MAX_VENUES, sizeof(Room));
  size_t n = 0;
  if (!music || !rooms || !step || fh_synthetic_music(100, music, MUSIC)) {
    fprintf(stderr, "bench_rooms: no memory, or STEP is 0\n");
    return 4;
  }
  for (uint32_t i = first; i < MAX_VENUES; i += step) {
    if (add_room(argv[1], i, music, &rooms[n])) {
      ++n;
    } else {
      fprintf(stderr, "venue %u: no soundcheck\n", i);
    }
  }
  print_rates(rooms, n);
  for (size_t i = 0; i < n; ++i) {
    fh_live_model_free(rooms[i].model);
  }
  free(rooms);
  free(music);
  return n ? 0 : 1;
}
