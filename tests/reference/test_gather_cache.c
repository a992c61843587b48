// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "hall_scene.h"
#include "reference_room.h"

#include <fh/gather_cache.h>

#define N_SEATS 200

static const float stage[3] = {6.0f, 20.0f, 2.5f};

typedef struct {
  FhScene scene;
  FhRaycaster* caster;
  FhGatherCache* cache;
} Case;

static void
set_up(Case* const c, const unsigned n_threads)
{
  assert_true(hall_init(&c->scene, HALL_SMALL, N_SEATS));
  assert_int_equal(fh_raycaster_new(&c->scene, 1, &c->caster), FH_OK);
  FhGatherCacheDesc desc = fh_gather_cache_desc_default();
  desc.n_threads = n_threads;
  assert_int_equal(fh_gather_cache_new(
                     &c->scene, c->caster, &desc, NULL, NULL, &c->cache, NULL),
                   FH_OK);
  assert_int_equal(fh_gather_cache_seats(c->cache), N_SEATS);
}

static void
tear_down(Case* const c)
{
  fh_gather_cache_free(c->cache);
  fh_raycaster_free(c->caster);
  test_scene_free(&c->scene);
}

/// A horn along +x: cos^2 over the front
static void
horn(const void* const user, const float d[3], float w[FH_N_OCTAVES])
{
  (void)user;
  const float front = d[0] > 0.0f ? d[0] * d[0] : 0.0f;
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    w[b] = 6.0f * (float)POWER_W * front;
  }
}

/// Sums over seats: all, and later than 80 ms
static void
traced(const Case* const c,
       const FhRadiator* const radiator,
       const FhTransfer* const transfer,
       double all[FH_N_OCTAVES],
       double late[FH_N_OCTAVES])
{
  FhTraceDesc desc = fh_trace_desc_default();
  desc.n_rays = 32768;
  FhTraceResult r;
  assert_int_equal(
    fh_trace_radiators(
      &c->scene, c->caster, radiator, 1, &desc, NULL, NULL, &r, NULL),
    FH_OK);
  memset(all, 0, FH_N_OCTAVES * sizeof *all);
  memset(late, 0, FH_N_OCTAVES * sizeof *late);
  for (size_t s = 0; s < N_SEATS; ++s) {
    const double split = (double)transfer->direct_s[s] + 0.08;
    for (size_t i = 0; i < r.n_seat_bins; ++i) {
      const double from = r.seat_bin_edge_s[i];
      const double to = r.seat_bin_edge_s[i + 1];
      const double after = fmin(1.0, fmax(0.0, (to - split) / (to - from)));
      for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
        const double w = (double)r.seat_bins[s * r.n_seat_bins + i][b];
        all[b] += w;
        late[b] += after * w;
      }
    }
  }
  fh_trace_result_clear(&r);
}

// Documented as good to some tenths of a decibel; 0.6 dB covers blurred mirrors
// and the cells of the sphere
static void
test_transfers_agree_with_a_full_trace(void** state)
{
  (void)state;
  Case c = {0};
  set_up(&c, 1);
  FhTransfer transfer;
  assert_int_equal(fh_transfer_trace(c.cache, stage, 16384, &transfer), FH_OK);
  assert_int_equal(transfer.n_seats, N_SEATS);
  float(*const got)[FH_TRANSFER_WINDOWS][FH_N_OCTAVES] =
    (float(*)[FH_TRANSFER_WINDOWS][FH_N_OCTAVES])calloc(N_SEATS, sizeof *got);
  assert_non_null(got);
  float(*const power_w)[FH_N_OCTAVES] =
    (float(*)[FH_N_OCTAVES])calloc(FH_TRANSFER_DIRECTIONS, sizeof *power_w);
  assert_non_null(power_w);
  FhRadiator radiators[2] = {omni_at(stage), omni_at(stage)};
  radiators[1].octaves = horn;
  for (size_t i = 0; i < 2; ++i) {
    double all[FH_N_OCTAVES];
    double late[FH_N_OCTAVES];
    traced(&c, &radiators[i], &transfer, all, late);
    fh_transfer_powers(&radiators[i], power_w);
    fh_transfer_weigh(&transfer, (const float(*)[FH_N_OCTAVES])power_w, got);
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      double sum[FH_TRANSFER_WINDOWS] = {0.0};
      for (size_t s = 0; s < N_SEATS; ++s) {
        for (size_t w = 0; w < FH_TRANSFER_WINDOWS; ++w) {
          sum[w] += (double)got[s][w][b];
        }
      }
      const double total = 10.0 * log10((sum[0] + sum[1] + sum[2]) / all[b]);
      const double tail = 10.0 * log10(sum[2] / late[b]);
      print_message("%s %4s Hz: all %+.2f dB, late %+.2f dB\n",
                    i ? "horn" : "even",
                    fh_octave_name(b),
                    total,
                    tail);
      CHECK_NEAR(total, 0.0, 0.6);
      CHECK_NEAR(tail, 0.0, 0.6);
    }
  }
  free(power_w);
  free(got);
  fh_seat_transfer_clear(&transfer);
  tear_down(&c);
}

static void
test_transfers_are_the_same_on_any_number_of_threads(void** state)
{
  (void)state;
  float(*got[2])[FH_TRANSFER_WINDOWS][FH_N_OCTAVES];
  float(*const power_w)[FH_N_OCTAVES] =
    (float(*)[FH_N_OCTAVES])calloc(FH_TRANSFER_DIRECTIONS, sizeof *power_w);
  assert_non_null(power_w);
  FhRadiator radiator = omni_at(stage);
  radiator.octaves = horn;
  fh_transfer_powers(&radiator, power_w);
  for (size_t i = 0; i < 2; ++i) {
    Case c = {0};
    FhTransfer transfer;
    set_up(&c, i ? 3 : 1);
    got[i] = (float(*)[FH_TRANSFER_WINDOWS][FH_N_OCTAVES])calloc(N_SEATS,
                                                                 sizeof **got);
    assert_non_null(got[i]);
    assert_int_equal(fh_transfer_trace(c.cache, stage, 2048, &transfer), FH_OK);
    fh_transfer_weigh(&transfer, (const float(*)[FH_N_OCTAVES])power_w, got[i]);
    fh_seat_transfer_clear(&transfer);
    tear_down(&c);
  }
  assert_memory_equal(got[0], got[1], N_SEATS * sizeof **got);
  for (size_t i = 0; i < 2; ++i) {
    free(got[i]);
  }
  free(power_w);
}

static void
test_scene_without_seats_is_refused(void** state)
{
  (void)state;
  Case c = {0};
  set_up(&c, 1);
  FhScene bare = c.scene;
  bare.n_seats = 0;
  const FhGatherCacheDesc desc = fh_gather_cache_desc_default();
  FhGatherCache* cache = c.cache;
  assert_int_equal(
    fh_gather_cache_new(&bare, c.caster, &desc, NULL, NULL, &cache, NULL),
    FH_ERR_INVALID_DATA);
  assert_null(cache);
  tear_down(&c);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_transfers_agree_with_a_full_trace),
    cmocka_unit_test(test_transfers_are_the_same_on_any_number_of_threads),
    cmocka_unit_test(test_scene_without_seats_is_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
