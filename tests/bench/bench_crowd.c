// SPDX-License-Identifier: GPL-3.0-or-later
/*
  Time of one inference of the crowd model with the shipped weights, CPU time of
  one thread, the best and the mean of some rounds. It must correct: weights
  that are not used would cost nothing.

  usage: bench_crowd WEIGHTS
*/
#include "../crowd_room.h"

#include <stdlib.h>
#include <time.h>

#define N_ROUNDS 20
#define N_FRAMES 50

static double
cpu_ms(void)
{
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static FhCrowdModel*
read_weights(const char* const path)
{
  static char bytes[1u << 20];
  FILE* const file = fopen(path, "rb");
  if (!file) {
    return NULL;
  }
  const size_t size = fread(bytes, 1, sizeof bytes, file);
  (void)fclose(file);
  FhCrowdModel* model = NULL;
  return fh_crowd_model_parse(bytes, size, &model, NULL) ? NULL : model;
}

int
main(const int argc, char** const argv)
{
  FhCrowdModel* const model = argc == 2 ? read_weights(argv[1]) : NULL;
  if (!model) {
    (void)fprintf(stderr, "usage: bench_crowd WEIGHTS\n");
    return 2;
  }
  FhProfile* const profile = room_profile();
  FhCrowd* const crowd = fh_crowd_new(profile, model);
  if (!crowd) {
    return 4;
  }
  const FhAir air = fh_air_default();
  double added[FH_N_OCTAVES];
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    added[b] = 0.5 * room_crowd_m2[b];
  }
  FhCrowdObservation frame;
  room_observe(added, &air, &air, &frame);
  FhCrowdEstimate e = {.learned = 0.0f};
  double best = HUGE_VAL;
  double sum = 0.0;
  for (int r = 0; r < N_ROUNDS; ++r) {
    const double from = cpu_ms();
    for (int i = 0; i < N_FRAMES; ++i) {
      fh_crowd_infer(crowd, &frame, &e);
    }
    const double each = (cpu_ms() - from) / N_FRAMES;
    best = fmin(best, each);
    sum += each / N_ROUNDS;
  }
  printf(
    "crowd model: %.3f ms per frame at best, %.3f ms on average\n", best, sum);
  fh_crowd_free(crowd);
  fh_crowd_model_free(model);
  fh_profile_free(profile);
  return e.learned > 0.0f ? 0 : 1;
}
