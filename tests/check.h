// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_TESTS_CHECK_H
#define FULLHOUSE_TESTS_CHECK_H

// cmocka wants these four before itself
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
// clang-format on

/// Fail unless `value` is within `tolerance` of `expected` (NaN fails)
#define CHECK_NEAR(value, expected, tolerance)                 \
  do {                                                         \
    const double check_v = (double)(value);                    \
    const double check_e = (double)(expected);                 \
    if (!(fabs(check_v - check_e) <= (double)(tolerance))) {   \
      print_error("%s:%d: %s = %.9g, expected %.9g +- %.3g\n", \
                  __FILE__,                                    \
                  __LINE__,                                    \
                  #value,                                      \
                  check_v,                                     \
                  check_e,                                     \
                  (double)(tolerance));                        \
      fail();                                                  \
    }                                                          \
  } while (0)

#endif // FULLHOUSE_TESTS_CHECK_H
