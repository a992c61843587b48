// SPDX-License-Identifier: GPL-3.0-or-later
#include "ir_sweep.h"

#include <fh/ir_text.h>
#include <fh/sofa.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

// Time and every channel, a row for each frame
static FhStatus
write_csv(const char* const path, const FhAudio* const a)
{
  const size_t size = strlen(path) + sizeof(".part");
  char* const temporary = (char*)malloc(size);
  if (!temporary) {
    return FH_ERR_NO_MEM;
  }
  snprintf(temporary, size, "%s.part", path);
  FILE* const f = fopen(temporary, "w");
  FhStatus status = f ? FH_OK : FH_ERR_IO;
  if (f) {
    fputs("# time_s", f);
    for (size_t c = 0; c < a->n_channels; ++c) {
      fprintf(f, ",channel_%zu", c + 1);
    }
    fputc('\n', f);
    for (size_t i = 0; i < a->n_frames; ++i) {
      fprintf(f, "%.9g", (double)i / a->rate_hz);
      for (size_t c = 0; c < a->n_channels; ++c) {
        fprintf(f, ",%.9g", (double)a->data[i * a->n_channels + c]);
      }
      fputc('\n', f);
    }
    const bool bad = ferror(f) != 0;
    if (fclose(f) || bad || rename(temporary, path)) {
      status = FH_ERR_IO;
      remove(temporary);
    }
  }
  free(temporary);
  return status;
}

// One measurement; where it was taken is not known here
static FhStatus
write_sofa(const char* const path, const FhAudio* const a)
{
  double nowhere[1][3] = {{0.0, 0.0, 0.0}};
  float* const ir = (float*)malloc(a->n_frames * a->n_channels * sizeof(float));
  if (!ir) {
    return FH_ERR_NO_MEM;
  }
  for (size_t c = 0; c < a->n_channels; ++c) {
    for (size_t i = 0; i < a->n_frames; ++i) {
      ir[c * a->n_frames + i] = a->data[i * a->n_channels + c];
    }
  }
  const FhSofa sofa = {.title = "Impulse response",
                       .room = "unknown",
                       .comment = "Positions are not known",
                       .n_measurements = 1,
                       .n_receivers = a->n_channels,
                       .n_frames = a->n_frames,
                       .rate_hz = a->rate_hz,
                       .source = nowhere,
                       .listener = nowhere,
                       .ir = ir};
  const FhStatus status = fh_sofa_write(path, &sofa);
  free(ir);
  return status;
}

FhExit
ir_export(const char* const path, const FhAudio* const audio, size_t channel)
{
  const char* const dot = strrchr(path, '.');
  const char* const ending = dot ? dot : "";
  FhStatus status = FH_OK;
  if (!strcasecmp(ending, ".txt")) {
    status = fh_ir_text_write(path, audio, channel);
  } else if (!strcasecmp(ending, ".csv")) {
    status = write_csv(path, audio);
  } else if (!strcasecmp(ending, ".sofa")) {
    status = write_sofa(path, audio);
  } else {
    return ir_write_audio(path, audio);
  }
  return status ? ir_error(fh_cli_exit_code(status),
                           path,
                           "cannot be written; check the folder and the disk")
                : FH_EXIT_OK;
}
