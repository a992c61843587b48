// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <sndfile.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/*
  Is this the noise of noise.c, bit for bit? noise_check FILE says how many
  samples follow from the one before, and exits 1 unless all do.
*/

static uint32_t
next(uint32_t state)
{
  return (state * 1664525U + 1013904223U) & 0x3fffffU;
}

int
main(int argc, char** argv)
{
  SF_INFO info = {0};
  SNDFILE* const file = argc == 2 ? sf_open(argv[1], SFM_READ, &info) : NULL;
  if (!file || info.channels != 2) {
    fprintf(stderr, "noise_check: cannot read a stereo file\n");
    return 2;
  }
  float frame[2];
  uint32_t expected = 0;
  size_t n = 0;
  size_t n_bad = 0;
  while (sf_readf_float(file, frame, 1) == 1) {
    const float state = frame[0] * 4194304.0f + 2097152.0f;
    const uint32_t got =
      state >= 0.0f && state < 4194304.0f && state == floorf(state)
        ? (uint32_t)state
        : UINT32_MAX;
    if (got == UINT32_MAX || frame[1] != -frame[0] || (n && got != expected)) {
      ++n_bad;
    }
    expected = next(got);
    ++n;
  }
  sf_close(file);
  printf("%zu frames, %zu not as sent\n", n, n_bad);
  return n > 1000 && !n_bad ? 0 : 1;
}
