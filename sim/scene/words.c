// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/keys.h>

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define MAX_WORD 64

static size_t
least(const size_t a, const size_t b)
{
  return a < b ? a : b;
}

static char
lower(const char c)
{
  return (char)tolower((unsigned char)c);
}

/// Insertions, deletions, exchanges and swaps of neighbours between two words,
/// letter case aside; Damerau (1964), optimal string alignment
static size_t
distance(const char* const a,
         const size_t n_a,
         const char* const b,
         const size_t n_b)
{
  size_t rows[3][MAX_WORD + 1];
  size_t* before = rows[0];
  size_t* above = rows[1];
  size_t* row = rows[2];
  for (size_t j = 0; j <= n_b; ++j) {
    above[j] = j;
    before[j] = j;
  }
  for (size_t i = 1; i <= n_a; ++i) {
    row[0] = i;
    for (size_t j = 1; j <= n_b; ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = least(least(above[j] + 1, row[j - 1] + 1),
                     above[j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
          lower(a[i - 2]) == lower(b[j - 1])) {
        row[j] = least(row[j], before[j - 2] + 1);
      }
    }
    size_t* const oldest = before;
    before = above;
    above = row;
    row = oldest;
  }
  return above[n_b];
}

const char*
fh_closest_word(const char* const word,
                const char* const* const words,
                const size_t n_words)
{
  const size_t n = strlen(word);
  const char* best = NULL;
  size_t best_distance = SIZE_MAX;
  if (n == 0 || n > MAX_WORD) {
    return NULL;
  }
  for (size_t i = 0; i < n_words; ++i) {
    const size_t m = strlen(words[i]);
    if (m == 0 || m > MAX_WORD) {
      continue;
    }
    size_t d = distance(word, n, words[i], m);
    size_t allowed = (n > m ? n : m) / 3;
    if (n >= 3 && m > n && strncmp(word, words[i], n) == 0) {
      // "gain" for "gain_db": what is left out is a unit, not a mistake
      d = 1;
      allowed = 1;
    }
    if (d <= allowed && d < best_distance) {
      best_distance = d;
      best = words[i];
    }
  }
  return best;
}
