// SPDX-License-Identifier: GPL-3.0-or-later

/*
  Parameters straight from energies, as a simulator has them: the direct sound
  of a seat, two reflections and a late part in bins of 20 ms.
*/
#include <fh/echogram.h>

#include <math.h>
#include <stdio.h>

#define N_BINS 60

int
main(void)
{
  const double event_s[3] = {0.030, 0.038, 0.045};
  const float event[3][FH_N_OCTAVES] = {
    {1.0F, 1.0F, 1.0F, 1.0F, 1.0F, 1.0F, 1.0F, 1.0F},
    {0.3F, 0.3F, 0.3F, 0.3F, 0.25F, 0.2F, 0.15F, 0.1F},
    {0.2F, 0.2F, 0.2F, 0.2F, 0.15F, 0.1F, 0.1F, 0.05F}};
  double edge_s[N_BINS + 1];
  float bin[N_BINS][FH_N_OCTAVES];
  for (size_t i = 0; i <= N_BINS; ++i) {
    edge_s[i] = 0.02 * (double)i + 0.05;
  }
  for (size_t i = 0; i < N_BINS; ++i) {
    for (size_t b = 0; b < FH_N_OCTAVES; ++b) {
      // T = 1.8 s at 63 Hz to 0.75 s at 8 kHz
      const double t60_s = 1.8 - 0.15 * (double)b;
      bin[i][b] = (float)(0.1 * exp(-13.8155 * 0.02 * (double)i / t60_s));
    }
  }
  const FhEchogram echogram = {.n_events = 3,
                               .event_s = event_s,
                               .event = event,
                               .n_bins = N_BINS,
                               .edge_s = edge_s,
                               .bin = (const float(*)[FH_N_OCTAVES])bin,
                               .onset_s = event_s[0]};
  FhParameters parameters;
  float m[FH_N_STI_BANDS][FH_N_MODULATIONS];
  FhSti sti;
  if (fh_echogram_parameters(&echogram, &parameters) ||
      fh_echogram_mtf(&echogram, m) ||
      fh_sti((const float(*)[FH_N_MODULATIONS])m, NULL, NULL, &sti)) {
    return 1;
  }
  for (size_t b = 0; b < parameters.n_bands; ++b) {
    printf("%5s Hz  EDT %.2f s  T30 %.2f s  C80 %.1f dB\n",
           fh_octave_name(b),
           parameters.band[b].edt_s,
           parameters.band[b].t30_s,
           parameters.band[b].c80_db);
  }
  printf("STI %.2f\n", sti.sti);
  return 0;
}
