// SPDX-License-Identifier: GPL-3.0-or-later
#include "error_study.h"

/*
  Quoted 95 % intervals hold the truth as often as they should: in 92 to 98 % of
  all values, at microphones and at seats. The truth is a long run with other
  seeds, and at the seats one of microphones there, so that the gather's bias
  counts as an error. Its own error, small, is allowed for.

  Of every value of a seed it is asked whether its interval holds the truth;
  values of one seed hang together, so the share's own error comes from the
  seeds, not from the number of values. The test fails when the share is out of
  the band by 2.33 of those errors: once in a hundred where it is just at a
  limit. Twelve seeds know it to 1 % or so.

  The long study of a bundled venue with some numbers of rays (0: as many as
  the default error asks for):

      test_quoted_errors SEEDS TRUTH_RAYS VENUE RAYS...
*/

#define LEAST_HELD  0.92
#define MOST_HELD   0.98
#define FAR_OFF     2.33
#define TRUTH_SEED  777777u
#define FIRST_SEED  1000u
#define SHORT_SEEDS 12u
#define SHORT_RAYS  4096u
#define SHORT_TRUTH 65536u

/// Kinds of values that are looked at apart
enum { LEVEL, C80, T30, SEAT, SEAT_ALL, N_KINDS };

static const char* const kind_name[N_KINDS] = {"level at microphones",
                                               "C80 at microphones",
                                               "T30 at microphones",
                                               "octaves at seats",
                                               "level at seats"};

/// How often intervals of one kind held
typedef struct {
  double sum, squares, n_seeds; ///< Of the share of each seed
  double low, high, n;          ///< Misses below and above the truth, values
  double octave[FH_N_OCTAVES], octave_n[FH_N_OCTAVES];
  double held, all; ///< Of the seed under way
} Count;

static void
ask(Count* const c, const size_t band, const Quoted value, const Quoted truth)
{
  if (!isfinite(value.at) || !isfinite(value.se) || !isfinite(truth.at)) {
    return;
  }
  const double error = value.at - truth.at;
  const double own = isfinite(truth.se) ? truth.se : 0.0;
  // The millionth: values without any sampled sound differ by rounding
  const double half = FH_TRACE_INTERVAL_95 * hypot(value.se, own) + 1e-6;
  const bool held = fabs(error) <= half;
  c->held += held;
  c->all += 1.0;
  c->n += 1.0;
  c->low += !held && error < 0.0;
  c->high += !held && error > 0.0;
  if (band < FH_N_OCTAVES) {
    c->octave[band] += held;
    c->octave_n[band] += 1.0;
  }
}

static void
end_seed(Count* const c)
{
  if (c->all > 0.0) {
    const double share = c->held / c->all;
    c->sum += share;
    c->squares += share * share;
    c->n_seeds += 1.0;
  }
  c->held = 0.0;
  c->all = 0.0;
}

static double
share_of(const Count* const c)
{
  return c->sum / c->n_seeds;
}

static double
share_error(const Count* const c)
{
  const double mean = share_of(c);
  return sqrt(fmax(0.0, c->squares / c->n_seeds - mean * mean) /
              (c->n_seeds - 1.0));
}

static void
ask_all(Count count[N_KINDS], const Answer* const a, const Answer* const truth)
{
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    for (size_t m = 0; m < STUDY_MICS; ++m) {
      for (size_t k = 0; k < STUDY_METRICS; ++k) {
        ask(&count[LEVEL + k], b, a->mic[m][b][k], truth->mic[m][b][k]);
      }
    }
  }
  for (size_t s = 0; s < STUDY_SEATS; ++s) {
    for (size_t b = 0; b <= FH_N_OCTAVES; ++b) {
      ask(&count[b < FH_N_OCTAVES ? SEAT : SEAT_ALL],
          b,
          a->seat[s][b],
          truth->seat[s][b]);
    }
  }
  for (size_t k = 0; k < N_KINDS; ++k) {
    end_seed(&count[k]);
  }
}

static void
print_counts(const Count count[N_KINDS])
{
  for (size_t k = 0; k < N_KINDS; ++k) {
    const Count* const c = &count[k];
    printf("  %-20s %5.1f %% +- %.1f of %6.0f (%.1f %% below, %.1f %% above)",
           kind_name[k],
           100.0 * share_of(c),
           100.0 * share_error(c),
           c->n,
           100.0 * c->low / c->n,
           100.0 * c->high / c->n);
    for (size_t b = 0; b < FH_N_OCTAVES && k != SEAT_ALL; ++b) {
      printf(" %3.0f", 100.0 * c->octave[b] / fmax(1.0, c->octave_n[b]));
    }
    printf("\n");
  }
  (void)fflush(stdout);
}

/// Long runs: at the microphones, and at microphones in place of the seats
static void
find_truth(Study* const s, const uint64_t rays, Answer* const truth)
{
  Answer at_mics;
  memset(&at_mics, 0, sizeof at_mics);
  memset(truth, 0, sizeof *truth);
  study_run(s, TRUTH_SEED, rays, 1, &at_mics);
  study_microphones(s, true);
  study_run(s, TRUTH_SEED + 1, rays, 1, truth);
  study_microphones(s, false);
  memcpy(truth->mic, at_mics.mic, sizeof truth->mic);
}

/// Ask with many seeds; the mean number of rays
static double
run_seeds(const Study* const s,
          const Answer* const truth,
          const size_t n_seeds,
          const uint64_t rays,
          Count count[N_KINDS])
{
  double mean_rays = 0.0;
  for (size_t i = 0; i < n_seeds; ++i) {
    Answer a;
    memset(&a, 0, sizeof a);
    study_run(s, FIRST_SEED + i, rays, 1, &a);
    ask_all(count, &a, truth);
    mean_rays += a.rays / (double)n_seeds;
  }
  return mean_rays;
}

static void
test_quoted_errors_are_right(void** state)
{
  (void)state;
  Study s;
  Answer truth;
  Count count[N_KINDS];
  memset(count, 0, sizeof count);
  study_init(&s, "concert-hall-1700");
  find_truth(&s, SHORT_TRUTH, &truth);
  (void)run_seeds(&s, &truth, SHORT_SEEDS, SHORT_RAYS, count);
  print_counts(count);
  for (size_t k = 0; k < N_KINDS; ++k) {
    const double slack = FAR_OFF * share_error(&count[k]);
    assert_true(share_of(&count[k]) > LEAST_HELD - slack);
    assert_true(share_of(&count[k]) < MOST_HELD + slack);
  }
  study_free(&s);
}

// Where nobody can know an error, none is quoted
static void
test_few_rays_under_the_sky_say_so(void** state)
{
  (void)state;
  Study s;
  Answer a;
  memset(&a, 0, sizeof a);
  study_init(&s, "festival-field");
  study_run(&s, FIRST_SEED, 1024, 1, &a);
  for (size_t m = 0; m < STUDY_MICS; ++m) {
    assert_true(isfinite(a.mic[m][4][LEVEL].at));
    assert_true(isnan(a.mic[m][4][LEVEL].se));
  }
  for (size_t i = 0; i < STUDY_SEATS; ++i) {
    assert_true(isfinite(a.seat[i][FH_N_OCTAVES].at));
    assert_true(isnan(a.seat[i][FH_N_OCTAVES].se));
  }
  study_free(&s);
}

/// The table over numbers of rays
static void
long_study(const size_t n_seeds,
           const uint64_t truth_rays,
           const char* const venue,
           char** const rays,
           const size_t n_rays)
{
  Study s;
  Answer truth;
  study_init(&s, venue);
  // Under the open sky rays are short, and so many more are needed
  find_truth(&s, (s.scene.closed ? 1 : 16) * truth_rays, &truth);
  for (size_t i = 0; i < n_rays; ++i) {
    Count count[N_KINDS];
    memset(count, 0, sizeof count);
    const uint64_t asked = strtoull(rays[i], NULL, 10);
    const double n = run_seeds(&s, &truth, n_seeds, asked, count);
    printf("%s, %.0f rays%s, %zu seeds\n",
           venue,
           n,
           asked ? "" : " (default)",
           n_seeds);
    print_counts(count);
  }
  study_free(&s);
}

int
main(const int argc, char** const argv)
{
  if (argc > 4) {
    long_study((size_t)strtoull(argv[1], NULL, 10),
               strtoull(argv[2], NULL, 10),
               argv[3],
               argv + 4,
               (size_t)argc - 4);
    return 0;
  }
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_few_rays_under_the_sky_say_so),
    cmocka_unit_test(test_quoted_errors_are_right),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
