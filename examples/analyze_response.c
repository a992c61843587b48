// SPDX-License-Identifier: GPL-3.0-or-later

/*
  Reverberation time, clarity and speech transmission of a measured response.

    analyze_response RESPONSE.wav
*/
#include <fh/analysis.h>
#include <fh/audio.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void
print_bands(const FhAnalysis* const a)
{
  printf("%8s %8s %8s\n", "band", "T30 [s]", "C80 [dB]");
  for (size_t b = 0; b < a->n_bands; ++b) {
    const FhBandParameters* const p = &a->parameters.band[b];
    printf("%8s ", fh_octave_name(b));
    if (p->t30_reason) {
      printf("%8s ", "-");
    } else {
      printf("%8.2f ", p->t30_s);
    }
    printf("%8.1f  %s\n", p->c80_db, fh_reason_text(p->t30_reason));
  }
}

int
main(const int argc, char** const argv)
{
  if (argc != 2) {
    fputs("usage: analyze_response RESPONSE.wav\n", stderr);
    return 2;
  }
  FhAudio audio;
  FhStatus status = fh_audio_read(argv[1], &audio);
  if (status) {
    fprintf(stderr, "%s: %s\n", argv[1], fh_strerror(status));
    return 3;
  }
  double* const h = (double*)malloc(audio.n_frames * sizeof(double));
  if (!h) {
    fh_audio_clear(&audio);
    return 4;
  }
  fh_audio_channel(&audio, 0, h);

  const FhAnalysisDesc desc = fh_analysis_desc_default();
  FhAnalysis analysis;
  status = fh_analyse(h, audio.n_frames, audio.rate_hz, &desc, &analysis);
  if (status) {
    fprintf(stderr, "%s: %s\n", argv[1], fh_strerror(status));
  } else {
    float m[FH_N_STI_BANDS][FH_N_MODULATIONS];
    FhSti sti;
    print_bands(&analysis);
    if (!fh_analysis_mtf(&analysis, m) &&
        !fh_sti((const float(*)[FH_N_MODULATIONS])m, NULL, NULL, &sti)) {
      printf("STI %.2f (%s)\n", sti.sti, fh_sti_rating(sti.sti));
    }
    fh_analysis_clear(&analysis);
  }
  free(h);
  fh_audio_clear(&audio);
  return status ? 3 : 0;
}
