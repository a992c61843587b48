// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_CROWD_CONVOLVER_H
#define FULLHOUSE_CROWD_CONVOLVER_H

#include <fh/status.h>

#include <stddef.h>

/// Frames that go in and out at a time
#define CONVOLVER_BLOCK 4096u

typedef struct ConvolverImpl Convolver; ///< A convolution block by block

/// Room for a response of `n_frames`
FhStatus
convolver_new(size_t n_frames, Convolver** out);

void
convolver_free(Convolver* convolver);

/**
   Glide to another response over the blocks to come.

   @param n_frames As many as there is room for, or fewer.
   @param n_blocks Blocks of the glide, at least 1.
*/
void
convolver_set(Convolver* convolver,
              const float* response,
              size_t n_frames,
              size_t n_blocks);

/// One block in, one block out; they may be the same
void
convolver_process(Convolver* convolver,
                  const float in[CONVOLVER_BLOCK],
                  float out[CONVOLVER_BLOCK]);

#endif // FULLHOUSE_CROWD_CONVOLVER_H
