// SPDX-License-Identifier: GPL-3.0-or-later
// A page of its own about a simulation held against measurements
#include <fh/validate_page.h>

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_SVG ((size_t)8 << 20)

static const char style[] =
  ":root{color-scheme:light dark;--back:#fff;--panel:#f3f5f8;--text:#15191f;"
  "--soft:#4a5462;--line:#c9d0d9;--good:#d7efdc;--fair:#fdf3c8;--poor:#fbdcc0;"
  "--bad:#f6c1bd}"
  "@media(prefers-color-scheme:dark){:root{--back:#10141a;--panel:#1a2029;"
  "--text:#e8edf3;--soft:#aab6c4;--line:#3a4553;--good:#1d4a2b;--fair:#57490f;"
  "--poor:#663a14;--bad:#6b221d}}"
  "body{margin:0 auto;max-width:70rem;padding:1rem;font:15px/1.45 system-ui,"
  "sans-serif;background:var(--back);color:var(--text)}"
  "h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.1rem;margin:1.4rem 0 "
  ".4rem}"
  ".verdict{font-size:1.1rem;padding:.5rem .8rem;background:var(--panel);"
  "border-left:.4rem solid var(--line)}.yes{border-color:#2e8b57}"
  ".no{border-color:#c0392b}.soft{color:var(--soft)}"
  "div.wide{overflow-x:auto}table{border-collapse:collapse;margin:.4rem 0}"
  "caption{text-align:left;color:var(--soft);padding:.2rem 0}"
  "th,td{border:1px solid var(--line);padding:.2rem .5rem;text-align:right;"
  "white-space:nowrap}th[scope=row],th:first-child,td.name{text-align:left}"
  "th{background:var(--panel)}.g{background:var(--good)}.f{background:"
  "var(--fair)}.p{background:var(--poor)}.b{background:var(--bad)}"
  "figure{margin:0;background:#fff;overflow-x:auto}svg{max-width:100%;"
  "height:auto}";

/// A page being written
typedef struct {
  FILE* out;
  const FhValidation* v;
  const FhRun* run;
} Page;

/// Text as HTML
static void
put_text(FILE* const out, const char* const text)
{
  for (const char* c = text; *c; ++c) {
    const char* const entity = *c == '&'   ? "&amp;"
                               : *c == '<' ? "&lt;"
                               : *c == '>' ? "&gt;"
                               : *c == '"' ? "&quot;"
                                           : NULL;
    if (entity) {
      fputs(entity, out);
    } else {
      fputc(*c, out);
    }
  }
}

/// Class of a magnitude, in just noticeable differences
static const char*
class_of(const double jnd)
{
  const double size = fabs(jnd);
  return size <= 1.0 ? "g" : size <= 2.0 ? "f" : size <= 4.0 ? "p" : "b";
}

static const char*
band_name(const size_t band)
{
  return band < FH_N_OCTAVES ? fh_octave_name(band) : "125-1k";
}

/// How a value is shown: factor and digits
static double
shown(const FhQuantity q, const double value, int* const digits)
{
  const bool ts = q == FH_QUANTITY_TS;
  *digits = ts ? 0 : strcmp(fh_quantity_unit(q), "dB") ? 2 : 1;
  return ts ? 1000.0 * value : value;
}

static void
put_value(FILE* const out, const FhQuantity q, const double value, bool sign)
{
  int digits = 0;
  const double x = shown(q, value, &digits);
  fprintf(out, sign ? "%+.*f" : "%.*f", digits, x);
}

static void
put_name(FILE* const out, const FhQuantity q)
{
  for (const char* c = fh_quantity_name(q); *c; ++c) {
    fputc(toupper((unsigned char)*c), out);
  }
  const char* const unit = q == FH_QUANTITY_TS ? "ms" : fh_quantity_unit(q);
  if (*unit) {
    fprintf(out, " [%s]", unit);
  }
}

static bool
is_used(const FhValidation* const v, const size_t band)
{
  for (size_t q = 0; q < FH_N_QUANTITIES; ++q) {
    if (v->mean[q][band].n) {
      return true;
    }
  }
  return false;
}

/// Means of every parameter
static void
put_means(const Page* const page)
{
  FILE* const out = page->out;
  fputs(
    "<div class=\"wide\"><table><caption>Means over pairs and octaves</caption>"
    "<thead><tr><th scope=\"col\">Parameter</th><th scope=\"col\">Measured"
    "</th><th scope=\"col\">Simulated</th><th scope=\"col\">Difference</th>"
    "<th scope=\"col\">RMS</th><th scope=\"col\">|JND|</th>"
    "<th scope=\"col\">Values</th></tr></thead><tbody>",
    out);
  for (size_t i = 0; i < FH_N_QUANTITIES; ++i) {
    const FhQuantity q = (FhQuantity)i;
    const FhDeviationMean* const m = &page->v->all[i];
    if (!m->n) {
      continue;
    }
    fputs("<tr><th scope=\"row\">", out);
    put_name(out, q);
    const double value[4] = {m->measured, m->simulated, m->difference, m->rms};
    fputs("</th>", out);
    for (size_t k = 0; k < 4; ++k) {
      fputs("<td>", out);
      put_value(out, q, value[k], k == 2);
      fputs("</td>", out);
    }
    fprintf(out,
            "<td class=\"%s\">%.2f</td><td>%zu</td></tr>\n",
            class_of(m->jnd),
            m->jnd,
            m->n);
  }
  fputs("</tbody></table></div>\n", out);
}

/// Mean differences by octave, coloured by their mean magnitude
static void
put_octaves(const Page* const page)
{
  FILE* const out = page->out;
  fputs(
    "<div class=\"wide\"><table><caption>Simulated less measured by octave; "
    "in brackets the mean magnitude in just noticeable differences"
    "</caption><thead><tr><th scope=\"col\">Parameter</th>",
    out);
  for (size_t b = 0; b <= FH_BAND_MID; ++b) {
    if (is_used(page->v, b)) {
      fprintf(out, "<th scope=\"col\">%s Hz</th>", band_name(b));
    }
  }
  fputs("</tr></thead><tbody>", out);
  for (size_t i = 0; i < FH_N_QUANTITIES; ++i) {
    if (!page->v->all[i].n) {
      continue;
    }
    fputs("<tr><th scope=\"row\">", out);
    put_name(out, (FhQuantity)i);
    fputs("</th>", out);
    for (size_t b = 0; b <= FH_BAND_MID; ++b) {
      const FhDeviationMean* const m = &page->v->mean[i][b];
      if (!is_used(page->v, b)) {
        continue;
      }
      if (!m->n) {
        fputs("<td></td>", out);
        continue;
      }
      fprintf(out, "<td class=\"%s\">", class_of(m->jnd));
      put_value(out, (FhQuantity)i, m->difference, true);
      fprintf(out, " (%.1f)</td>", m->jnd);
    }
    fputs("</tr>\n", out);
  }
  fputs("</tbody></table></div>\n", out);
}

static void
put_pair(const Page* const page, const size_t emitter, const size_t microphone)
{
  put_text(page->out, fh_sources_emitter(page->run->sources, emitter)->name);
  fputs(" ", page->out);
  put_text(page->out, page->run->venue->microphones[microphone].name);
}

/// Mean magnitudes of every pair and parameter
static void
put_pairs(const Page* const page)
{
  FILE* const out = page->out;
  fputs("<div class=\"wide\"><table><caption>Mean magnitude by pair, in just "
        "noticeable differences</caption><thead><tr><th scope=\"col\">Pair"
        "</th>",
        out);
  for (size_t i = 0; i < FH_N_QUANTITIES; ++i) {
    if (page->v->all[i].n) {
      fprintf(
        out, "<th scope=\"col\">%s</th>", fh_quantity_name((FhQuantity)i));
    }
  }
  fputs("</tr></thead><tbody>", out);
  for (size_t e = 0; e < page->run->n_emitters; ++e) {
    for (size_t m = 0; m < page->run->scene.n_microphones; ++m) {
      FhDeviationMean mean[FH_N_QUANTITIES];
      memset(mean, 0, sizeof mean);
      size_t n = 0;
      for (size_t k = 0; k < page->v->n; ++k) {
        const FhDeviation* const d = &page->v->at[k];
        if (d->emitter == e && d->microphone == m) {
          fh_deviation_add(&mean[d->quantity], d);
          ++n;
        }
      }
      if (!n) {
        continue;
      }
      fputs("<tr><th scope=\"row\">", out);
      put_pair(page, e, m);
      fputs("</th>", out);
      for (size_t i = 0; i < FH_N_QUANTITIES; ++i) {
        if (mean[i].n) {
          fprintf(out,
                  "<td class=\"%s\">%.2f</td>",
                  class_of(mean[i].jnd),
                  mean[i].jnd);
        } else if (page->v->all[i].n) {
          fputs("<td></td>", out);
        }
      }
      fputs("</tr>\n", out);
    }
  }
  fputs("</tbody></table></div>\n", out);
}

/// Every single value
static void
put_values(const Page* const page)
{
  FILE* const out = page->out;
  fprintf(
    out,
    "<details><summary>All %zu values</summary><div class=\"wide\"><table>"
    "<thead><tr><th scope=\"col\">Pair</th><th scope=\"col\">Parameter"
    "</th><th scope=\"col\">Hz</th><th scope=\"col\">Measured</th>"
    "<th scope=\"col\">Simulated</th><th scope=\"col\">&plusmn;</th>"
    "<th scope=\"col\">JND</th></tr></thead><tbody>\n",
    page->v->n);
  for (size_t i = 0; i < page->v->n; ++i) {
    const FhDeviation* const d = &page->v->at[i];
    fputs("<tr><td class=\"name\">", out);
    put_pair(page, d->emitter, d->microphone);
    fputs("</td><td class=\"name\">", out);
    put_name(out, d->quantity);
    fprintf(out, "</td><td>%s</td>", band_name(d->band));
    const double value[3] = {d->measured, d->simulated, d->se};
    for (size_t k = 0; k < 3; ++k) {
      fputs("<td>", out);
      put_value(out, d->quantity, value[k], false);
      fputs("</td>", out);
    }
    fprintf(
      out, "<td class=\"%s\">%+.2f</td></tr>\n", class_of(d->jnd), d->jnd);
  }
  fputs("</tbody></table></div></details>\n", out);
}

/// What was left out, and other warnings
static void
put_warnings(const Page* const page, const FhDiag* const diag)
{
  if (!fh_diag_count(diag, FH_DIAG_WARNING)) {
    return;
  }
  fputs("<h2>Doubtful or left out</h2><ul>\n", page->out);
  for (size_t i = 0; i < fh_diag_size(diag); ++i) {
    const FhDiagEntry* const e = fh_diag_entry(diag, i);
    if (e->severity == FH_DIAG_WARNING) {
      fputs("<li>", page->out);
      if (e->line > 0) {
        fprintf(page->out, "Line %d: ", e->line);
      }
      put_text(page->out, e->text);
      fputs("</li>\n", page->out);
    }
  }
  fputs("</ul>\n", page->out);
}

/// The picture, drawn to a file beside the page that goes away
static FhStatus
put_picture(const Page* const page, const char* const path)
{
  char name[1100];
  const int n = snprintf(name, sizeof name, "%s.%d.svg", path, (int)getpid());
  if (n < 0 || (size_t)n >= sizeof name) {
    return FH_ERR_BAD_ARG;
  }
  FhStatus status = fh_validation_plot(page->v, "Simulated and measured", name);
  if (status == FH_ERR_INVALID_DATA) {
    return FH_OK; // Nothing by octave: no picture
  }
  FILE* const in = status ? NULL : fopen(name, "rb");
  char* const text = (char*)malloc(MAX_SVG + 1);
  if (!status) {
    status = !text ? FH_ERR_NO_MEM : in ? FH_OK : FH_ERR_IO;
  }
  if (!status) {
    text[fread(text, 1, MAX_SVG, in)] = '\0';
    // Without the declaration of XML, which has no place in HTML
    const char* const svg = strstr(text, "<svg");
    fputs("<figure role=\"img\" aria-label=\"Parameters by octave, simulated "
          "and measured\">",
          page->out);
    fputs(svg ? svg : "", page->out);
    fputs("</figure>\n", page->out);
  }
  free(text);
  if (in) {
    fclose(in);
  }
  (void)unlink(name);
  return status;
}

static FhStatus
put_page(const Page* const page,
         const FhValidationText* const text,
         const FhDiag* const diag,
         const char* const path)
{
  FILE* const out = page->out;
  const FhVenue* const venue = page->run->venue;
  const char* const name = venue->name[0] ? venue->name : "Venue";
  const bool passed = page->v->jnd <= text->within_jnd;
  fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width, "
        "initial-scale=1\"><meta http-equiv=\"Content-Security-Policy\" "
        "content=\"default-src 'none'; style-src 'unsafe-inline'\"><title>",
        out);
  put_text(out, name);
  fprintf(
    out, " against measurements</title><style>%s</style></head>\n", style);
  fputs("<body><header><h1>", out);
  put_text(out, name);
  fputs(" against measurements</h1><p class=\"soft\">", out);
  put_text(out, text->measured);
  fprintf(out,
          "</p></header><main><p class=\"verdict %s\">%.2f just noticeable "
          "differences on average over the parameters: %s %g.</p>\n",
          passed ? "yes" : "no",
          page->v->jnd,
          passed ? "within" : "not within",
          text->within_jnd);
  put_means(page);
  const FhStatus status = put_picture(page, path);
  fputs("<h2>Where</h2>\n", out);
  put_octaves(page);
  put_pairs(page);
  put_values(page);
  put_warnings(page, diag);
  fprintf(out,
          "<p class=\"soft\">Just noticeable differences of ISO 3382-1, annex "
          "A: 5 %% of decay times, 1 dB, 0.05, 10 ms. Colours: up to 1, 2, 4, "
          "over 4. Simulated by fullhouse %s with %llu rays, seed %llu; %zu "
          "measured values had no simulated counterpart.</p></main></body>"
          "</html>\n",
          FULLHOUSE_VERSION,
          (unsigned long long)page->run->trace.n_rays_done,
          (unsigned long long)page->run->desc.seed,
          page->v->n_missing);
  return status;
}

FhStatus
fh_validation_page(const FhValidation* const validation,
                   const FhRun* const run,
                   const FhValidationText* const text,
                   const FhDiag* const diag,
                   const char* const path)
{
  char name[1100];
  const int n = snprintf(name, sizeof name, "%s.%d.tmp", path, (int)getpid());
  if (n < 0 || (size_t)n >= sizeof name) {
    return FH_ERR_BAD_ARG;
  }
  FILE* const out = fopen(name, "wb");
  if (!out) {
    return FH_ERR_IO;
  }
  const Page page = {.out = out, .v = validation, .run = run};
  FhStatus status = put_page(&page, text, diag, path);
  const bool bad = ferror(out) != 0;
  if ((fclose(out) || bad) && !status) {
    status = FH_ERR_IO;
  }
  if (!status && rename(name, path)) {
    status = FH_ERR_IO;
  }
  if (status) {
    const int reason = errno;
    (void)unlink(name);
    errno = reason;
  }
  return status;
}
