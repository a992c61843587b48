// SPDX-License-Identifier: GPL-3.0-or-later
#include "check.h"

#include <fh/bands.h>

#include <stdlib.h>

static void
test_midbands_are_base_ten(void** state)
{
  (void)state;
  CHECK_NEAR(fh_octave_hz(4), 1000.0, 1e-9);
  CHECK_NEAR(fh_octave_hz(0), 63.0957, 1e-3);
  CHECK_NEAR(fh_third_hz(13), 1000.0, 1e-9);
  CHECK_NEAR(fh_third_hz(23), 10000.0, 1e-9);
  for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
    CHECK_NEAR(fh_octave_hz(i), fh_third_hz(3 * i + 1), 1e-9);
  }
}

static void
test_spreading_keeps_the_octave_value_in_its_middle(void** state)
{
  (void)state;
  const float octave[FH_N_OCTAVES] = {0, 1, 4, 9, 16, 25, 36, 49};
  float third[FH_N_THIRDS];
  fh_octaves_to_thirds(octave, third);
  for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
    CHECK_NEAR(third[3 * i + 1], octave[i], 1e-5);
  }
  CHECK_NEAR(third[0], 0.0, 0.0);
  CHECK_NEAR(third[2], 1.0 / 3.0, 1e-6);
  CHECK_NEAR(third[23], 49.0, 1e-5);
}

static void
test_spreading_means_keeps_the_means(void** state)
{
  (void)state;
  const float octave[FH_N_OCTAVES] = {3, -1, 0, 6, -2, 0.5F, 4, -3};
  float third[FH_N_THIRDS];
  float mean[FH_N_OCTAVES];
  fh_octave_means_to_thirds(octave, third);
  fh_thirds_mean(third, mean);
  for (size_t i = 0; i < FH_N_OCTAVES; ++i) {
    CHECK_NEAR(mean[i], octave[i], 1e-5);
  }
  // A straight line stays one, but at the ends, which are level beyond
  const float line[FH_N_OCTAVES] = {0, 1, 2, 3, 4, 5, 6, 7};
  fh_octave_means_to_thirds(line, third);
  for (size_t i = 9; i < 15; ++i) {
    CHECK_NEAR(third[i], ((double)i - 1.0) / 3.0, 1e-3);
  }
}

// Values printed in IEC 61672-1, table 3 (rounded to 0.1 dB)
static void
test_weightings_match_the_table(void** state)
{
  (void)state;
  CHECK_NEAR(fh_a_weight_db(1000.0), 0.0, 1e-12);
  CHECK_NEAR(fh_a_weight_db(fh_octave_hz(0)), -26.2, 0.05);
  CHECK_NEAR(fh_a_weight_db(fh_third_hz(23)), -2.5, 0.05);
  CHECK_NEAR(fh_c_weight_db(fh_octave_hz(0)), -0.8, 0.05);
  CHECK_NEAR(fh_c_weight_db(fh_octave_hz(7)), -3.0, 0.05);
}

int
main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_midbands_are_base_ten),
    cmocka_unit_test(test_spreading_keeps_the_octave_value_in_its_middle),
    cmocka_unit_test(test_spreading_means_keeps_the_means),
    cmocka_unit_test(test_weightings_match_the_table),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
