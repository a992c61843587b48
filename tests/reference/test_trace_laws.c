// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"
#include "hall_scene.h"
#include "reference_room.h"

/*
  What must hold in any scene: energy is kept, source and receiver may change
  places, rotation and mirroring change nothing, more absorption means less
  sound, and the hand-over from image sources to rays is nowhere seen. Longer
  runs: test_trace_laws N [TEST], with N times as many random scenes and seeds,
  10 for a hundred scenes; TEST may have wildcards.
*/

static size_t effort = 1;

/// Numbers that only depend on their index
static float
draw(const uint32_t scene, const uint32_t k)
{
  uint64_t z = ((uint64_t)scene << 32 | k) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return (float)((z ^ (z >> 31)) >> 40) * 0x1p-24f;
}

typedef struct {
  FhScene scene;
  FhRaycaster* caster;
  float source[3], receiver[3];
} Case;

/// A box with a screen in it, walls of random materials; `extra` absorption
static void
random_case(Case* const c, const uint32_t n, const float extra)
{
  memset(c, 0, sizeof *c);
  assert_true(test_scene_init(&c->scene));
  uint32_t material[7];
  for (uint32_t i = 0; i < 7; ++i) {
    FhMaterial m = test_material(0.0f, 0.0f);
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      m.absorption[b] = 0.05f + 0.5f * draw(n, i) + extra +
                        0.2f * draw(n, 100 + 8 * i + (uint32_t)b);
      m.scattering[b] =
        0.8f * draw(n, 20 + i) + 0.2f * draw(n, 200 + 8 * i + (uint32_t)b);
    }
    material[i] = test_scene_add_material(&c->scene, m);
  }
  float size[3];
  for (uint32_t k = 0; k < 3; ++k) {
    size[k] = 4.0f + 8.0f * draw(n, 40 + k);
    c->source[k] = size[k] * (0.15f + 0.2f * draw(n, 50 + k));
    c->receiver[k] = size[k] * (0.65f + 0.2f * draw(n, 60 + k));
  }
  test_scene_add_box(&c->scene, size, material);
  const float p[3] = {0.5f * size[0], 0.2f * size[1], 0.0f};
  const float u[3] = {0.3f, 0.5f * size[1], 0.0f};
  const float v[3] = {0.0f, 0.0f, 0.6f * size[2]};
  test_scene_add_quad(&c->scene, p, u, v, material[6]);
}

static void
free_case(Case* const c)
{
  fh_raycaster_free(c->caster);
  test_scene_free(&c->scene);
}

/// Energy of a response in one octave and its variance over blocks
typedef struct {
  double energy, variance;
} Estimate;

static Estimate
estimate(const FhPairResponse* const pair, const size_t band)
{
  Estimate e = {0.0, 0.0};
  double block[64];
  double mean = 0.0;
  for (size_t k = 0; k < pair->n_blocks; ++k) {
    block[k] = 0.0;
    for (size_t i = 0; i < pair->n_block_bins; ++i) {
      block[k] += (double)pair->block_bins[k * pair->n_block_bins + i][band];
    }
    mean += block[k] / (double)pair->n_blocks;
  }
  for (size_t k = 0; k < pair->n_blocks; ++k) {
    e.variance += (block[k] - mean) * (block[k] - mean);
  }
  const double n = (double)pair->n_blocks;
  e.variance /= n * (n - 1.0);
  e.energy = mean;
  for (size_t i = 0; i < pair->n_arrivals; ++i) {
    e.energy += (double)pair->arrivals[i].intensity[band];
  }
  return e;
}

/// Reverberation time of a response in one octave: from -5 to -25 dB [s]
static double
decay_s(const FhPairResponse* const pair, const size_t band)
{
  double* const left = (double*)calloc(pair->n_bins + 1, sizeof(double));
  assert_non_null(left);
  for (size_t i = 0; i < pair->n_bins; ++i) {
    left[i] = (double)pair->late[i][band];
  }
  for (size_t i = 0; i < pair->n_arrivals; ++i) {
    const size_t bin = (size_t)((double)pair->arrivals[i].time_s / pair->bin_s);
    left[bin < pair->n_bins ? bin : pair->n_bins - 1] +=
      (double)pair->arrivals[i].intensity[band];
  }
  for (size_t i = pair->n_bins; i > 0; --i) {
    left[i - 1] += left[i];
  }
  double s[5] = {0.0};
  for (size_t i = 0; i < pair->n_bins; ++i) {
    const double l = 10.0 * log10(left[i] / left[0] + 1e-30);
    if (l <= -5.0 && l >= -25.0) {
      const double t = (double)i * pair->bin_s;
      s[0] += 1.0;
      s[1] += t;
      s[2] += l;
      s[3] += t * t;
      s[4] += t * l;
    }
  }
  free(left);
  return -60.0 * (s[0] * s[3] - s[1] * s[1]) / (s[0] * s[4] - s[1] * s[2]);
}

static void
trace(Case* const c,
      const float source[3],
      const float receiver[3],
      const FhTraceDesc* const desc,
      FhTraceResult* const out)
{
  float at[1][3];
  memcpy(at[0], receiver, sizeof at[0]);
  assert_true(test_scene_set_microphones(&c->scene, (const float(*)[3])at, 1));
  fh_raycaster_free(c->caster);
  assert_int_equal(fh_raycaster_new(&c->scene, 1, &c->caster), FH_OK);
  const FhRadiator radiator = omni_at(source);
  assert_int_equal(
    fh_trace_radiators(
      &c->scene, c->caster, &radiator, 1, desc, NULL, NULL, out, NULL),
    FH_OK);
}

static FhTraceDesc
few_rays(void)
{
  FhTraceDesc desc = fh_trace_desc_default();
  desc.n_rays = 4096;
  desc.seats = false;
  desc.n_threads = 1;
  return desc;
}

/// Deviation of two estimates in units of their error
static double
deviation(const Estimate a, const Estimate b)
{
  const double error =
    sqrt(a.variance + b.variance) + 1e-4 * (a.energy + b.energy);
  return (a.energy - b.energy) / error;
}

/// Turn a scene by 90 degrees about z, or mirror it in x
static void
turn(Case* const c, const bool mirror)
{
  FhScene* const s = &c->scene;
  for (size_t i = 0; i < s->n_vertices; ++i) {
    const float x = s->vertex[i][0];
    s->vertex[i][0] = mirror ? -x : -s->vertex[i][1];
    s->vertex[i][1] = mirror ? s->vertex[i][1] : x;
  }
  for (size_t i = 0; i < s->n_triangles; ++i) {
    const float x = s->normal[i][0];
    s->normal[i][0] = mirror ? -x : -s->normal[i][1];
    s->normal[i][1] = mirror ? s->normal[i][1] : x;
  }
  float* const places[2] = {c->source, c->receiver};
  for (size_t i = 0; i < 2; ++i) {
    const float x = places[i][0];
    places[i][0] = mirror ? -x : -places[i][1];
    places[i][1] = mirror ? places[i][1] : x;
  }
  for (size_t k = 0; k < 3; ++k) {
    s->low[k] = s->vertex[0][k];
    s->high[k] = s->vertex[0][k];
    for (size_t i = 0; i < s->n_vertices; ++i) {
      s->low[k] = fminf(s->low[k], s->vertex[i][k]);
      s->high[k] = fmaxf(s->high[k], s->vertex[i][k]);
    }
  }
}

/*
  Each law gives a deviation in units of its error for each scene and octave:
  over all of them it is a Student variate of 15 degrees of freedom, more or
  less. None beyond 6; the mean square near 1.
*/
typedef struct {
  const char* name;
  double square, worst;
  size_t n;
} Law;

static void
add(Law* const law, const double deviation_now)
{
  law->square += deviation_now * deviation_now;
  law->worst = fmax(law->worst, fabs(deviation_now));
  ++law->n;
}

static void
check_law(const Law* const law)
{
  const double rms = sqrt(law->square / (double)law->n);
  print_message("%s: %zu cells, rms %.2f, worst %.1f errors\n",
                law->name,
                law->n,
                rms,
                law->worst);
  assert_true(law->worst < 6.5);
  assert_true(rms < 1.5);
}

static void
test_symmetries_of_random_scenes(void** state)
{
  (void)state;
  Law laws[3] = {
    {"reciprocity", 0, 0, 0}, {"rotation", 0, 0, 0}, {"mirror image", 0, 0, 0}};
  size_t n_absorbed = 0;
  size_t n_shorter = 0;
  size_t n_all = 0;
  for (uint32_t n = 0; n < 10 * effort; ++n) {
    Case c;
    FhTraceResult r[5];
    FhTraceDesc desc = few_rays();
    random_case(&c, n, 0.0f);
    trace(&c, c.source, c.receiver, &desc, &r[0]);
    desc.seed = 2;
    trace(&c, c.receiver, c.source, &desc, &r[1]);
    turn(&c, false);
    desc.seed = 3;
    trace(&c, c.source, c.receiver, &desc, &r[2]);
    turn(&c, true);
    desc.seed = 4;
    trace(&c, c.source, c.receiver, &desc, &r[3]);
    free_case(&c);
    random_case(&c, n, 0.1f);
    desc.seed = 1;
    trace(&c, c.source, c.receiver, &desc, &r[4]);
    free_case(&c);
    for (size_t b = 0; b < FH_N_OCTAVES; b += 2) {
      const Estimate base = estimate(&r[0].pairs[0], b);
      for (size_t i = 0; i < 3; ++i) {
        add(&laws[i], deviation(base, estimate(&r[i + 1].pairs[0], b)));
      }
      // The same seed, absorption up by 0.1 everywhere: less energy and less
      // time, but for chance: 2 % is about the error of a time from 4096 rays
      n_absorbed += estimate(&r[4].pairs[0], b).energy < base.energy;
      n_shorter +=
        decay_s(&r[4].pairs[0], b) < 1.02 * decay_s(&r[0].pairs[0], b);
      ++n_all;
    }
    for (size_t i = 0; i < 5; ++i) {
      fh_trace_result_clear(&r[i]);
    }
  }
  for (size_t i = 0; i < 3; ++i) {
    check_law(&laws[i]);
  }
  assert_int_equal(n_absorbed, n_all);
  assert_int_equal(n_shorter, n_all);
}

static void
test_energy_is_accounted_for(void** state)
{
  (void)state;
  for (uint32_t n = 0; n < 10 * effort; ++n) {
    Case c;
    FhTraceResult r;
    const FhTraceDesc desc = few_rays();
    random_case(&c, n, 0.0f);
    trace(&c, c.source, c.receiver, &desc, &r);
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      const FhEnergyBalance* const e = &r.balance;
      const double sum = e->absorbed[b] + e->air[b] + e->escaped[b] +
                         e->left[b] + e->sampling[b];
      CHECK_NEAR(sum, 1.0, 1e-4);
      // Nothing leaves a closed box, and chance is small
      CHECK_NEAR(e->escaped[b], 0.0, 1e-5);
      CHECK_NEAR(e->sampling[b], 0.0, 0.1);
    }
    fh_trace_result_clear(&r);
    free_case(&c);
  }
}

// No absorption, and no air to speak of: after 200 reflections all is there
static void
test_lossless_room_keeps_its_energy(void** state)
{
  (void)state;
  Case c;
  memset(&c, 0, sizeof c);
  assert_true(test_scene_init(&c.scene));
  uint32_t material[6];
  for (size_t i = 0; i < 6; ++i) {
    material[i] = test_scene_add_material(
      &c.scene, test_material(0.0f, 0.15f * (float)(i + 1)));
  }
  const float size[3] = {8.0f, 6.0f, 4.0f};
  test_scene_add_box(&c.scene, size, material);
  const float source[3] = {2.0f, 2.0f, 1.5f};
  const float receiver[3] = {6.0f, 4.0f, 2.0f};
  FhTraceDesc desc = few_rays();
  // The mean free path is 3.7 m: 200 of them take 2.2 s
  desc.duration_s = 2.2;
  desc.n_rays = 1024;
  FhTraceResult r;
  trace(&c, source, receiver, &desc, &r);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    CHECK_NEAR(r.balance.absorbed[b], 0.0, 1e-6);
    CHECK_NEAR(r.balance.escaped[b], 0.0, 1e-6);
    CHECK_NEAR(
      r.balance.left[b] + r.balance.air[b] + r.balance.sampling[b], 1.0, 1e-4);
  }
  assert_true(r.n_bounces / r.n_rays_done > 150);
  fh_trace_result_clear(&r);
  free_case(&c);
}

// Image sources to order 0, 1, 2, 3 and rays beyond: the same sum within 0.1 dB
// on the mean of 20 microphones, where chance is 0.03 dB
static void
test_order_of_image_sources_is_not_heard(void** state)
{
  (void)state;
  enum { N = 20 };
  FhScene scene;
  assert_true(hall_init(&scene, HALL_SMALL, N));
  float at[N][3];
  for (size_t i = 0; i < N; ++i) {
    memcpy(at[i], scene.seats[i].at, sizeof at[i]);
    at[i][2] += 0.8f;
  }
  assert_true(test_scene_set_microphones(&scene, (const float(*)[3])at, N));
  FhRaycaster* caster = NULL;
  assert_int_equal(fh_raycaster_new(&scene, 1, &caster), FH_OK);
  const FhRadiator radiator = omni_at(fh_bench_stage);
  double sum[4][FH_N_OCTAVES];
  memset(sum, 0, sizeof sum);
  for (unsigned order = 0; order < 4; ++order) {
    FhTraceDesc desc = few_rays();
    desc.image_order = order;
    desc.n_rays = effort > 1 ? 262144 : 32768;
    FhTraceResult r;
    assert_int_equal(
      fh_trace_radiators(
        &scene, caster, &radiator, 1, &desc, NULL, NULL, &r, NULL),
      FH_OK);
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      double variance = 0.0;
      for (size_t m = 0; m < N; ++m) {
        const Estimate e = estimate(&r.pairs[m], b);
        sum[order][b] += e.energy;
        variance += e.variance;
      }
      if (b == 4) {
        print_message("order %u: %.3f dB +- %.3f\n",
                      order,
                      10.0 * log10(sum[order][b] / sum[0][b]),
                      4.343 * sqrt(variance) / sum[order][b]);
      }
    }
    fh_trace_result_clear(&r);
  }
  for (unsigned order = 1; order < 4; ++order) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      // With fewer rays three errors of both are allowed for
      CHECK_NEAR(
        10.0 * log10(sum[order][b] / sum[0][b]), 0.0, effort > 1 ? 0.1 : 0.25);
    }
  }
  fh_raycaster_free(caster);
  test_scene_free(&scene);
}

// Octaves that die at once beside octaves that ring: their weights run out of
// numbers long before the ray ends
static void
test_dead_octaves_beside_live_ones(void** state)
{
  (void)state;
  Case c;
  memset(&c, 0, sizeof c);
  assert_true(test_scene_init(&c.scene));
  FhMaterial m = test_material(0.005f, 0.3f);
  m.absorption[FH_N_OCTAVES - 3] = 0.7f;
  m.absorption[FH_N_OCTAVES - 2] = 0.8f;
  m.absorption[FH_N_OCTAVES - 1] = 0.9f;
  const uint32_t one = test_scene_add_material(&c.scene, m);
  const uint32_t material[6] = {one, one, one, one, one, one};
  const float size[3] = {8.0f, 6.0f, 4.0f};
  test_scene_add_box(&c.scene, size, material);
  const float source[3] = {2.0f, 2.0f, 1.5f};
  const float receiver[3] = {6.0f, 4.0f, 2.0f};
  FhTraceDesc desc = few_rays();
  desc.n_rays = 1024;
  FhTraceResult r;
  trace(&c, source, receiver, &desc, &r);
  for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
    const double energy = estimate(&r.pairs[0], b).energy;
    assert_true(isfinite(energy) && energy > 0.0);
    CHECK_NEAR(r.balance.absorbed[b] + r.balance.left[b] + r.balance.air[b] +
                 r.balance.escaped[b] + r.balance.sampling[b],
               1.0,
               1e-4);
  }
  fh_trace_result_clear(&r);
  free_case(&c);
}

int
main(const int argc, char** const argv)
{
  if (argc > 1) {
    effort = (size_t)strtoul(argv[1], NULL, 10);
  }
  if (argc > 2) {
    cmocka_set_test_filter(argv[2]);
  }
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_energy_is_accounted_for),
    cmocka_unit_test(test_lossless_room_keeps_its_energy),
    cmocka_unit_test(test_dead_octaves_beside_live_ones),
    cmocka_unit_test(test_symmetries_of_random_scenes),
    cmocka_unit_test(test_order_of_image_sources_is_not_heard),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
