// SPDX-License-Identifier: GPL-3.0-or-later
/*
  Every path is counted once: image sources to order 0, 1, 2 and 3 with rays for
  all the rest give the same energy at 20 microphones of the theatre.

    hand_over [--short] [VENUE [RAYS]]

  Microphones stand 0.8 m over the ears of seats spread over the audience. Of
  each octave the energies of all pairs are added up. The scattered rays are the
  same ones at every order, so that the differences are known better than the
  sums; both errors are printed, from 16 blocks of rays. Fails where an order
  differs by more than 0.1 dB from order 0, or, with few rays, by that and three
  standard errors together. Edge diffraction, which image sources of order 1
  have and rays have not, is left out. The long form takes about ten minutes of
  one processor.
*/
#include <fh/finite_faces.h>
#include <fh/trace.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_MICROPHONES 20u
#define N_ORDERS      4u
#define MAX_BLOCKS    64u
/// Over the ears, where no single piece of the audience matters [m]
#define OVER_EARS_M 0.8f
#define ALLOWED_DB  0.1
#define LONG_RAYS   65536u
#define SHORT_RAYS  1024u

/// Energy of all pairs, by octave and block of rays
typedef struct {
  size_t n_blocks;
  double energy[MAX_BLOCKS][FH_N_OCTAVES];
} Sums;

typedef struct {
  FhScene scene;
  FhRaycaster* caster;
  FhSources* sources;
} Stage;

static void
stage_clear(Stage* const s)
{
  fh_sources_free(s->sources);
  fh_raycaster_free(s->caster);
  fh_scene_clear(&s->scene);
}

static FhStatus
place_microphones(FhScene* const scene)
{
  if (scene->n_seats < N_MICROPHONES) {
    return FH_ERR_INVALID_DATA;
  }
  free(scene->microphone);
  scene->n_microphones = 0;
  scene->microphone =
    (float(*)[3])calloc(N_MICROPHONES, sizeof *scene->microphone);
  if (!scene->microphone) {
    return FH_ERR_NO_MEM;
  }
  scene->n_microphones = N_MICROPHONES;
  for (size_t i = 0; i < N_MICROPHONES; ++i) {
    const size_t seat = (2 * i + 1) * scene->n_seats / (2 * N_MICROPHONES);
    memcpy(
      scene->microphone[i], scene->seats[seat].at, sizeof scene->microphone[i]);
    scene->microphone[i][2] += OVER_EARS_M;
  }
  return FH_OK;
}

static FhStatus
stage_init(const char* const path, Stage* const s, FhDiag* const diag)
{
  memset(s, 0, sizeof *s);
  FhVenue venue;
  FhStatus status = fh_venue_read(path, &venue, diag);
  if (status) {
    return status;
  }
  status = fh_scene_build(&venue, &s->scene, diag);
  status = status ? status : fh_raycaster_new(&s->scene, 1, &s->caster);
  if (!status) {
    status = fh_scene_scatter_faces(&s->scene, s->caster, 1, NULL);
  }
  status =
    status ? status : fh_sources_new(&venue, &s->scene, &s->sources, diag);
  fh_venue_clear(&venue);
  return status ? status : place_microphones(&s->scene);
}

static void
add_pair(const FhPairResponse* const pair, Sums* const sums)
{
  sums->n_blocks = pair->n_blocks < MAX_BLOCKS ? pair->n_blocks : MAX_BLOCKS;
  for (size_t k = 0; k < sums->n_blocks; ++k) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      for (size_t i = 0; i < pair->n_block_bins; ++i) {
        sums->energy[k][b] +=
          (double)pair->block_bins[k * pair->n_block_bins + i][b];
      }
      for (size_t i = 0; i < pair->n_arrivals; ++i) {
        sums->energy[k][b] += (double)pair->arrivals[i].intensity[b];
      }
    }
  }
}

static FhStatus
trace_order(const Stage* const s,
            const unsigned order,
            const uint64_t n_rays,
            Sums* const sums,
            FhDiag* const diag)
{
  memset(sums, 0, sizeof *sums);
  FhTraceDesc desc = fh_trace_desc_default();
  desc.n_rays = n_rays;
  desc.image_order = order;
  desc.seats = false;
  desc.diffraction = false;
  FhTraceResult r;
  const FhStatus status =
    fh_trace(&s->scene, s->caster, s->sources, &desc, NULL, NULL, &r, diag);
  for (size_t i = 0; i < r.n_emitters * r.n_microphones && !status; ++i) {
    add_pair(&r.pairs[i], sums);
  }
  fh_trace_result_clear(&r);
  return status;
}

/// Mean over the blocks of a sum, or of what one differs by from another, and
/// its standard error
static void
mean_of(const Sums* const a,
        const Sums* const less,
        const size_t band,
        double* const mean,
        double* const error)
{
  const double n = (double)a->n_blocks;
  double sum = 0.0;
  double square = 0.0;
  for (size_t k = 0; k < a->n_blocks; ++k) {
    const double x = a->energy[k][band] - (less ? less->energy[k][band] : 0.0);
    sum += x;
    square += x * x;
  }
  *mean = sum / n;
  *error = sqrt(fmax(0.0, square - sum * sum / n) / (n * (n - 1.0)));
}

/// Print an order against order 0; false where it differs
static bool
check_order(const Sums sums[N_ORDERS], const unsigned order)
{
  const double per_neper = 10.0 / log(10.0);
  bool good = true;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double base;
    double base_error;
    double mean;
    double error;
    double difference;
    double difference_error;
    mean_of(&sums[0], NULL, b, &base, &base_error);
    mean_of(&sums[order], NULL, b, &mean, &error);
    mean_of(&sums[order], &sums[0], b, &difference, &difference_error);
    const double db = 10.0 * log10(mean / base);
    const double db_error = per_neper * difference_error / base;
    const bool same = fabs(db) <= hypot(ALLOWED_DB, 3.0 * db_error);
    good = good && same;
    (void)printf("%5u %7s %+11.4f %9.4f %13.4f%s\n",
                 order,
                 fh_octave_name(b),
                 db,
                 db_error,
                 per_neper * error / mean,
                 same ? "" : "  DIFFERS");
  }
  return good;
}

int
main(const int argc, char** const argv)
{
  const bool brief = argc > 1 && !strcmp(argv[1], "--short");
  const int first = brief ? 2 : 1;
  const char* const venue = argc > first ? argv[first] : "theatre-1200";
  const double n_rays = argc > first + 1 ? strtod(argv[first + 1], NULL)
                        : brief          ? SHORT_RAYS
                                         : LONG_RAYS;
  if (argc > first + 2 || !(n_rays >= 1024.0 && n_rays <= 1e8)) {
    (void)fprintf(stderr, "Usage: hand_over [--short] [VENUE [RAYS]]\n");
    return 2;
  }
  FhDiag* const diag = fh_diag_new();
  static Sums sums[N_ORDERS];
  Stage stage;
  FhStatus status = stage_init(venue, &stage, diag);
  for (unsigned order = 0; order < N_ORDERS && !status; ++order) {
    status = trace_order(&stage, order, (uint64_t)n_rays, &sums[order], diag);
  }
  stage_clear(&stage);
  fh_diag_free(diag);
  if (status) {
    (void)fprintf(stderr, "%s: %s\n", venue, fh_strerror(status));
    return 3;
  }
  (void)printf("%s, %.0f rays of each loudspeaker\norder  octave  difference"
               "     error  error of sum [dB]\n",
               venue,
               n_rays);
  bool good = true;
  for (unsigned order = 0; order < N_ORDERS; ++order) {
    good = check_order(sums, order) && good;
  }
  return good ? 0 : 1;
}
