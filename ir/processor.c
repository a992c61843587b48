// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/processor.h>

bool
fh_processor_fits(void)
{
#if defined(__x86_64__) && defined(__AVX2__)
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
  return true;
#endif
}
