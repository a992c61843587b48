// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "hall_scene.h"

#include <fh/trace.h>

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

/*
  Twenty-four third octaves in one walk: what three walks of eight bands expect,
  and the same bytes on threads and ranks, stopped and resumed or not.
*/

#define N_SEATS 12
#define N_MICS  2

typedef struct {
  FhScene scene;
  FhRaycaster* caster;
  FhRadiator radiator;
} Case;

static void
set_up(Case* const c)
{
  static const float microphone[N_MICS][3] = {{30.0f, 18.0f, 4.0f},
                                              {44.0f, 25.0f, 5.0f}};
  memset(c, 0, sizeof *c);
  assert_true(hall_init(&c->scene, HALL_SMALL, N_SEATS));
  assert_true(test_scene_set_microphones(&c->scene, microphone, N_MICS));
  for (size_t i = 0; i < c->scene.n_materials; ++i) {
    FhMaterial* const m = &c->scene.materials[i];
    for (size_t b = 0; b < FH_N_THIRDS; ++b) {
      // Neighbours far apart: the leader's events suit few other bands
      m->scattering_third[b] = 0.15f + 0.6f * (float)(b * 7 % 24) / 23.0f;
      m->absorption_third[b] += 0.02f * (float)((b + i) % 5);
    }
  }
  assert_int_equal(fh_raycaster_new(&c->scene, 1, &c->caster), FH_OK);
  memcpy(c->radiator.at, fh_bench_stage, sizeof c->radiator.at);
  c->radiator.delay_s = 0.01;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    c->radiator.power_w[b] = 0.01f;
  }
}

static void
tear_down(Case* const c)
{
  fh_raycaster_free(c->caster);
  test_scene_free(&c->scene);
}

static FhTraceDesc
describe(const uint64_t n_rays, const unsigned n_threads)
{
  FhTraceDesc desc = fh_trace_desc_default();
  desc.n_rays = n_rays;
  desc.gather_rays = 128;
  desc.image_order = 2;
  desc.duration_s = 1.2;
  desc.n_threads = n_threads;
  return desc;
}

static FhStatus
trace(const Case* const c,
      const FhTraceDesc* const desc,
      const FhProgressFn progress,
      void* const user,
      FhTraceResult out[FH_TRACE_THIRDS])
{
  return fh_trace_radiators_thirds(
    &c->scene, c->caster, &c->radiator, 1, desc, progress, user, out, NULL);
}

static void
clear(FhTraceResult r[FH_TRACE_THIRDS])
{
  for (size_t i = 0; i < FH_TRACE_THIRDS; ++i) {
    fh_trace_result_clear(&r[i]);
  }
}

/// Mean and squared error of what arrives from a block bin on
static void
late_part(const FhPairResponse* const pair,
          const size_t from,
          const size_t band,
          double* const mean,
          double* const error2)
{
  const size_t n = pair->n_blocks;
  double block[64] = {0.0};
  assert_true(n <= 64);
  *mean = 0.0;
  *error2 = 0.0;
  for (size_t k = 0; k < n; ++k) {
    for (size_t i = from; i < pair->n_block_bins; ++i) {
      block[k] += (double)pair->block_bins[k * pair->n_block_bins + i][band];
    }
    *mean += block[k] / (double)n;
  }
  for (size_t k = 0; k < n; ++k) {
    *error2 +=
      (block[k] - *mean) * (block[k] - *mean) / ((double)n * ((double)n - 1.0));
  }
}

/// Squared differences over their errors
typedef struct {
  double squares, n, worst;
} Score;

static void
add_score(Score* const score, const double difference, const double error2)
{
  assert_true(error2 > 0.0);
  score->squares += difference * difference / error2;
  score->worst = fmax(score->worst, fabs(difference) / sqrt(error2));
  score->n += 1.0;
}

/// Errors are themselves estimates from 16 blocks: one in 700 of Student's
/// values is above 4. Bands share rays, so that their squares vary together
static void
check_score(const Score score, const double most)
{
  print_message("mean square of %.0f differences over their errors %.2f, "
                "largest %.1f\n",
                score.n,
                score.squares / score.n,
                score.worst);
  assert_true(score.worst < 5.0);
  assert_true(score.squares / score.n < most);
}

static void
compare_pairs(const FhPairResponse* const one,
              const FhPairResponse* const three,
              Score* const all,
              Score* const late)
{
  // Image sources and ways over edges know no chance
  assert_int_equal(one->n_arrivals, three->n_arrivals);
  assert_true(one->n_arrivals > 5);
  assert_memory_equal(
    one->arrivals, three->arrivals, one->n_arrivals * sizeof one->arrivals[0]);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    double mean[2];
    double error2[2];
    late_part(one, 0, b, &mean[0], &error2[0]);
    late_part(three, 0, b, &mean[1], &error2[1]);
    add_score(all, mean[0] - mean[1], error2[0] + error2[1]);
    // From 0.58 s: forty reflections later weights have spread
    late_part(one, 22, b, &mean[0], &error2[0]);
    late_part(three, 22, b, &mean[1], &error2[1]);
    add_score(late, mean[0] - mean[1], error2[0] + error2[1]);
  }
}

static double
seat_total(const FhTraceResult* const r, const size_t seat, const size_t band)
{
  double sum = 0.0;
  for (size_t i = 0; i < r->n_seat_bins; ++i) {
    sum += (double)r->seat_bins[seat * r->n_seat_bins + i][band];
  }
  return sum;
}

static void
compare_seats(const FhTraceResult* const one,
              const FhTraceResult* const three,
              Score* const score)
{
  assert_int_equal(one->n_seats, N_SEATS);
  for (size_t s = 0; s < one->n_seats; ++s) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      const double db =
        10.0 * log10(seat_total(one, s, b) / seat_total(three, s, b));
      const double se[2] = {(double)one->seat_se_db[s][b],
                            (double)three->seat_se_db[s][b]};
      add_score(score, db, se[0] * se[0] + se[1] * se[1]);
    }
  }
}

static void
test_expects_what_three_walks_do(void** state)
{
  (void)state;
  Case c;
  set_up(&c);
  FhTraceDesc desc = describe(16384, 2);
  FhTraceResult one[FH_TRACE_THIRDS];
  assert_int_equal(trace(&c, &desc, NULL, NULL, one), FH_OK);
  Score all = {0.0, 0.0, 0.0};
  Score late = {0.0, 0.0, 0.0};
  Score seats = {0.0, 0.0, 0.0};
  double cpu_s = 0.0;
  for (unsigned third = 1; third <= FH_TRACE_THIRDS; ++third) {
    FhTraceResult three;
    desc.third = third;
    // Rays of their own
    desc.seed = 100 + third;
    assert_int_equal(
      fh_trace_radiators(
        &c.scene, c.caster, &c.radiator, 1, &desc, NULL, NULL, &three, NULL),
      FH_OK);
    const FhTraceResult* const mine = &one[third - 1];
    for (size_t m = 0; m < N_MICS; ++m) {
      compare_pairs(&mine->pairs[m], &three.pairs[m], &all, &late);
    }
    compare_seats(mine, &three, &seats);
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      const FhEnergyBalance* const e = &mine->balance;
      CHECK_NEAR(e->absorbed[b] + e->air[b] + e->escaped[b] + e->left[b] +
                   e->sampling[b],
                 1.0,
                 1e-4);
    }
    cpu_s += three.cpu_s;
    fh_trace_result_clear(&three);
  }
  print_message(
    "%.2f s of processor time, three walks %.2f s\n", one[0].cpu_s, cpu_s);
  check_score(all, 2.5);
  check_score(late, 2.5);
  check_score(seats, 2.5);
  clear(one);
  tear_down(&c);
}

static void
check_same(const FhTraceResult a[FH_TRACE_THIRDS],
           const FhTraceResult b[FH_TRACE_THIRDS])
{
  for (size_t i = 0; i < FH_TRACE_THIRDS; ++i) {
    assert_int_equal(a[i].n_rays_done, b[i].n_rays_done);
    assert_int_equal(a[i].n_bounces, b[i].n_bounces);
    assert_int_equal(a[i].n_seat_bins, b[i].n_seat_bins);
    assert_memory_equal(a[i].seat_bins,
                        b[i].seat_bins,
                        N_SEATS * a[i].n_seat_bins * sizeof a[i].seat_bins[0]);
    assert_memory_equal(
      a[i].seat_se_db, b[i].seat_se_db, N_SEATS * sizeof a[i].seat_se_db[0]);
    assert_memory_equal(&a[i].balance, &b[i].balance, sizeof(FhEnergyBalance));
    for (size_t m = 0; m < N_MICS; ++m) {
      const FhPairResponse* const p = &a[i].pairs[m];
      const FhPairResponse* const q = &b[i].pairs[m];
      assert_int_equal(p->n_bins, q->n_bins);
      assert_memory_equal(p->late, q->late, p->n_bins * sizeof p->late[0]);
      assert_memory_equal(p->block_bins,
                          q->block_bins,
                          p->n_blocks * p->n_block_bins *
                            sizeof p->block_bins[0]);
    }
  }
}

/// Two ranks in one process meet here
typedef struct {
  pthread_barrier_t both;
  int64_t* words[2];
} Meeting;

typedef struct {
  const Case* c;
  Meeting* meeting;
  FhTeam team;
  FhTraceResult out[FH_TRACE_THIRDS];
  FhStatus status;
} Rank;

static bool
sum_ranks(void* const user, int64_t* const words, const size_t n)
{
  const Rank* const rank = (const Rank*)user;
  Meeting* const meeting = rank->meeting;
  meeting->words[rank->team.rank] = words;
  (void)pthread_barrier_wait(&meeting->both);
  if (!rank->team.rank) {
    for (size_t i = 0; i < n; ++i) {
      meeting->words[0][i] += meeting->words[1][i];
    }
  }
  (void)pthread_barrier_wait(&meeting->both);
  if (rank->team.rank) {
    memcpy(words, meeting->words[0], n * sizeof *words);
  }
  (void)pthread_barrier_wait(&meeting->both);
  return true;
}

static void*
run_rank(void* const user)
{
  Rank* const rank = (Rank*)user;
  FhTraceDesc desc = describe(2048, 1);
  desc.team = &rank->team;
  rank->status = trace(rank->c, &desc, NULL, NULL, rank->out);
  return NULL;
}

static void
test_same_bytes_on_threads_and_ranks(void** state)
{
  (void)state;
  Case c;
  set_up(&c);
  FhTraceDesc desc = describe(2048, 1);
  FhTraceResult one[FH_TRACE_THIRDS];
  assert_int_equal(trace(&c, &desc, NULL, NULL, one), FH_OK);
  static const unsigned n_threads[2] = {2, 7};
  for (size_t i = 0; i < 2; ++i) {
    FhTraceResult more[FH_TRACE_THIRDS];
    desc.n_threads = n_threads[i];
    assert_int_equal(trace(&c, &desc, NULL, NULL, more), FH_OK);
    check_same(one, more);
    clear(more);
  }
  Meeting meeting;
  memset(&meeting, 0, sizeof meeting);
  assert_int_equal(pthread_barrier_init(&meeting.both, NULL, 2), 0);
  Rank rank[2];
  pthread_t thread[2];
  memset(rank, 0, sizeof rank);
  for (unsigned i = 0; i < 2; ++i) {
    rank[i].c = &c;
    rank[i].meeting = &meeting;
    rank[i].team = (FhTeam){i, 2, sum_ranks, &rank[i]};
    assert_int_equal(pthread_create(&thread[i], NULL, run_rank, &rank[i]), 0);
  }
  for (size_t i = 0; i < 2; ++i) {
    assert_int_equal(pthread_join(thread[i], NULL), 0);
    assert_int_equal(rank[i].status, FH_OK);
    check_same(one, rank[i].out);
    clear(rank[i].out);
  }
  assert_int_equal(pthread_barrier_destroy(&meeting.both), 0);
  clear(one);
  tear_down(&c);
}

/// Stop after the first step of rays
static bool
stop_early(void* const user, const char* const stage, const double fraction)
{
  (void)user;
  return strcmp(stage, "tracing") != 0 || fraction < 0.2;
}

static void
test_resumes(void** state)
{
  (void)state;
  Case c;
  set_up(&c);
  char folder[] = "/tmp/fh_one_walk_XXXXXX";
  assert_non_null(mkdtemp(folder));
  FhTraceDesc desc = describe(8192, 1);
  FhTraceResult whole[FH_TRACE_THIRDS];
  FhTraceResult part[FH_TRACE_THIRDS];
  assert_int_equal(trace(&c, &desc, NULL, NULL, whole), FH_OK);
  desc.checkpoint = folder;
  assert_int_equal(trace(&c, &desc, stop_early, NULL, part),
                   FH_ERR_INTERRUPTED);
  assert_true(part[0].n_rays_done > 0 && part[0].n_rays_done < 8192);
  clear(part);
  desc.resume = true;
  assert_int_equal(trace(&c, &desc, NULL, NULL, part), FH_OK);
  check_same(whole, part);
  clear(part);

  // A state of 24 bands is none of eight, nor of other third octaves
  FhTraceResult other;
  assert_int_equal(
    fh_trace_radiators(
      &c.scene, c.caster, &c.radiator, 1, &desc, NULL, NULL, &other, NULL),
    FH_ERR_MISMATCH);
  c.scene.materials[HALL_WALL].absorption_third[7] += 0.01f;
  assert_int_equal(trace(&c, &desc, NULL, NULL, part), FH_ERR_MISMATCH);
  char path[64];
  (void)snprintf(path, sizeof path, "%s/trace.state", folder);
  assert_int_equal(remove(path), 0);
  assert_int_equal(rmdir(folder), 0);
  clear(whole);
  tear_down(&c);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_expects_what_three_walks_do),
    cmocka_unit_test(test_same_bytes_on_threads_and_ranks),
    cmocka_unit_test(test_resumes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
