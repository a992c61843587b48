// SPDX-License-Identifier: GPL-3.0-or-later
#include "team.h"

#include <stdlib.h>
#include <string.h>

bool
team_share_floats(const FhTeam* const team, float* const values, const size_t n)
{
  enum { N_WORDS = 1 << 16 };
  int64_t* const words = (int64_t*)calloc(N_WORDS, sizeof(int64_t));
  bool ok = words != NULL;
  for (size_t at = 0; at < n && ok; at += 2 * (size_t)N_WORDS) {
    // Two to a word: a sum with zeros keeps their bits
    const size_t left = n - at;
    const size_t n_floats = left < 2 * (size_t)N_WORDS ? left : 2 * N_WORDS;
    memset(words, 0, N_WORDS * sizeof(int64_t));
    memcpy(words, values + at, n_floats * sizeof(float));
    ok = team->sum(team->user, words, (n_floats + 1) / 2);
    memcpy(values + at, words, n_floats * sizeof(float));
  }
  free(words);
  return ok;
}

FhStatus
team_meet(const FhTeam* const team, const FhStatus status)
{
  int64_t failures = status ? 1 : 0;
  if (!team->sum(team->user, &failures, 1)) {
    return FH_ERR_DEVICE;
  }
  return status ? status : failures ? FH_ERR_DEVICE : FH_OK;
}
