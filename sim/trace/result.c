// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/trace.h>

#include <stdlib.h>
#include <string.h>

void
fh_trace_result_clear(FhTraceResult* const result)
{
  for (size_t i = 0;
       result->pairs && i < result->n_emitters * result->n_microphones;
       ++i) {
    FhPairResponse* const pair = &result->pairs[i];
    free(pair->arrivals);
    free(pair->late);
    free(pair->late_lateral);
    free(pair->block_energy);
    free(pair->block_bins);
    free(pair->unseen);
  }
  free(result->pairs);
  free(result->seat_bin_edge_s);
  free(result->seat_bins);
  free(result->seat_emitter_bins);
  free(result->seat_se_db);
  free(result->seat_level_se_db);
  free(result->absorbed_by);
  free(result->hole_at);
  memset(result, 0, sizeof *result);
}
