// SPDX-License-Identifier: GPL-3.0-or-later
#include "../trace/unseen.h"
#include "microphone_response.h"

#include <math.h>
#include <string.h>

/// All values of a response from coarse bins
static FhStatus
vary_values(const MicJob* const job,
            const size_t mic,
            const size_t first,
            const size_t last,
            const DirectEvents* const direct,
            const MicVariation* const vary,
            double x[N_MIC_VALUES])
{
  MicResponse r;
  FhStatus status =
    mic_response_gather(job, mic, first, last, direct, vary, &r);
  if (status) {
    return status;
  }
  FhParameters p;
  MicValues v;
  status = mic_values_of(job, &r, &p, &v);
  mic_response_clear(&r);
  memcpy(x, &v, sizeof(v));
  return status;
}

/*
  Standard errors of all values: delete-one jackknife (B. Efron, C. Stein,
  Annals of Statistics 9 (1981)). What may be unseen shifts the values and adds
  to their variance, as in the limit of Fay and Feuer; the errors hold both, so
  that #FH_TRACE_INTERVAL_95 of them reach as far as that limit.
*/
FhStatus
mic_errors_of(const MicJob* const job,
              const size_t mic,
              const size_t first,
              const size_t last,
              const DirectEvents* const direct,
              MicValues* const se)
{
  memset(se, 0, sizeof(*se));
  const size_t n =
    job->trace->pairs[first * job->trace->n_microphones + mic].n_blocks;
  if (n < 2) {
    return FH_OK;
  }
  double all[N_MIC_VALUES];
  double more[2][N_MIC_VALUES];
  const MicVariation plain = {SIZE_MAX, 0, 0};
  FhStatus status = vary_values(job, mic, first, last, direct, &plain, all);
  for (int i = 0; i < 2 && !status; ++i) {
    const MicVariation vary = {SIZE_MAX, i == 0, i == 1};
    status = vary_values(job, mic, first, last, direct, &vary, more[i]);
  }
  double sum[N_MIC_VALUES] = {0.0};
  double sum2[N_MIC_VALUES] = {0.0};
  double origin[N_MIC_VALUES] = {0.0};
  for (size_t k = 0; k < n && !status; ++k) {
    const MicVariation vary = {k, 0, 0};
    double x[N_MIC_VALUES];
    status = vary_values(job, mic, first, last, direct, &vary, x);
    for (size_t i = 0; i < N_MIC_VALUES && !status; ++i) {
      origin[i] = k ? origin[i] : x[i];
      sum[i] += x[i] - origin[i];
      sum2[i] += (x[i] - origin[i]) * (x[i] - origin[i]);
    }
  }
  if (status) {
    return status;
  }
  double out[N_MIC_VALUES];
  for (size_t i = 0; i < N_MIC_VALUES; ++i) {
    const double mean = sum[i] / (double)n;
    const double spread = sum2[i] / (double)n - mean * mean;
    const double shift = hypot(more[0][i] - all[i], more[1][i] - all[i]);
    out[i] = widened_error(sqrt((double)(n - 1) * fmax(spread, 0.0)), shift);
    const bool known = !job->trace->errors_unknown;
    out[i] = known && isfinite(spread) && isfinite(shift) ? out[i] : NAN;
  }
  memcpy(se, out, sizeof(*se));
  return FH_OK;
}
