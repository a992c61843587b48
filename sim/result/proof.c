// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/dead_zone.h>

#include <math.h>
#include <stdio.h>

const char*
fh_proof_word(const FhProofQuantity quantity)
{
  switch (quantity) {
  case FH_PROOF_LEVEL:
    return "level";
  case FH_PROOF_EARLY:
    return "early level";
  case FH_PROOF_STI:
    return "STI";
  case FH_PROOF_ECHO:
    return "echo criterion";
  }
  return "";
}

/// " ± 0.3", or nothing for what was not sampled
static void
put_error(const FhCounterfactual* const p, const int digits, char out[32])
{
  out[0] = '\0';
  if (isfinite(p->change_se) && p->change_se > 0.0) {
    const double least = digits > 1 ? 0.01 : 0.1;
    snprintf(out, 32, " ± %.*f", digits, fmax(p->change_se, least));
  }
}

void
fh_proof_words(const FhCounterfactual* const p, char out[256])
{
  char error[32];
  switch (p->quantity) {
  case FH_PROOF_LEVEL:
  case FH_PROOF_EARLY:
    put_error(p, 1, error);
    snprintf(out,
             256,
             "%s: %s%+.1f%s dB%s",
             p->what,
             p->quantity == FH_PROOF_EARLY ? "early sound " : "",
             p->change,
             error,
             p->traced ? "" : " (reflections left as they are)");
    return;
  case FH_PROOF_STI:
    put_error(p, 2, error);
    snprintf(out,
             256,
             "%s: STI %+.2f%s, from %.2f to %.2f",
             p->what,
             p->change,
             error,
             p->before,
             p->after);
    return;
  case FH_PROOF_ECHO:
    put_error(p, 2, error);
    snprintf(out,
             256,
             "%s: echo criterion %+.2f%s, from %.2f to %.2f (from %.1f on an "
             "echo disturbs speech)",
             p->what,
             p->change,
             error,
             p->before,
             p->after,
             FH_ECHO_DISTURBS);
    return;
  }
}
