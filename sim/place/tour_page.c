// SPDX-License-Identifier: GPL-3.0-or-later
#include "../report/page.h"
#include "../result/json.h"

#include <fh/tour.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 2048

/// A night as its folder tells it
typedef struct {
  size_t night;
  char folder[96];
  json_t* index;  ///< Of night.json; null where there is none; owned
  double trouble; ///< By which nights are ranked
} Entry;

static double
number_of(const json_t* const o, const char* const key)
{
  const json_t* const v = json_object_get(o, key);
  return json_is_number(v) ? json_number_value(v) : NAN;
}

static const char*
text_of(const json_t* const o, const char* const key)
{
  const char* const text = json_string_value(json_object_get(o, key));
  return text ? text : "";
}

static size_t
boxes_of(const json_t* const list)
{
  size_t n = 0;
  for (size_t i = 0; i < json_array_size(list); ++i) {
    n += (size_t)json_integer_value(
      json_object_get(json_array_get(list, i), "count"));
  }
  return n;
}

/*
  What is wrong at night: the cost of the goals that are missed, and the share
  of the boxes that must be hired in. Nights that failed come before all others,
  and before them those that were not done.
*/
static double
trouble_of(const json_t* const index)
{
  static const double not_done = 2e9;
  static const double failed = 1e9;
  if (!index) {
    return not_done;
  }
  if (!json_is_true(json_object_get(index, "done"))) {
    return failed;
  }
  const double cost = number_of(json_object_get(index, "after"), "cost");
  const double hire = (double)boxes_of(json_object_get(index, "hire"));
  const double have = (double)boxes_of(json_object_get(index, "pack"));
  return (isfinite(cost) ? cost : 0.0) + hire / fmax(hire + have, 1.0);
}

static int
by_trouble(const void* const a, const void* const b)
{
  const Entry* const x = (const Entry*)a;
  const Entry* const y = (const Entry*)b;
  if (x->trouble != y->trouble) {
    return x->trouble > y->trouble ? -1 : 1;
  }
  return x->night < y->night ? -1 : 1;
}

static void
put(FILE* const f, const char* const text)
{
  for (const char* c = text; *c; ++c) {
    switch (*c) {
    case '<':
      (void)fputs("&lt;", f);
      break;
    case '>':
      (void)fputs("&gt;", f);
      break;
    case '&':
      (void)fputs("&amp;", f);
      break;
    case '"':
      (void)fputs("&quot;", f);
      break;
    default:
      (void)fputc(*c, f);
    }
  }
}

static const char style[] =
  ":root{color-scheme:light "
  "dark;--back:#fff;--panel:#f3f5f8;--text:#15191f;--soft:#4a5462;--line:#"
  "c9d0d9;--accent:#0b5cab;--bad:#9a1f00;--good:#0a5f2c}"
  "@media(prefers-color-scheme:dark){:root{--back:#10141a;--panel:#1a2029;"
  "--text:#e8edf3;--soft:#aab6c4;--line:#3a4553;--accent:#74b9ff;--bad:#ffb09c;"
  "--good:#8fe0ab}}"
  "body{margin:0 auto;max-width:1200px;padding:16px;font:15px/1.45 "
  "system-ui,sans-serif;background:var(--back);color:var(--text)}"
  "h1{font-size:1.5rem;margin:0}h2{font-size:1.15rem;margin:0}"
  "p{margin:.4em 0}.soft{color:var(--soft)}a{color:var(--accent)}"
  ":focus-visible{outline:3px solid var(--accent);outline-offset:2px}"
  ".scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;"
  "font-variant-numeric:tabular-nums;margin:12px 0}"
  "th,td{padding:5px 8px;text-align:right;border-bottom:1px solid "
  "var(--line)}td{white-space:nowrap}th.t,td.t{text-align:left}"
  "section{border:1px solid var(--line);border-radius:8px;"
  "background:var(--panel);padding:12px 16px;margin:14px 0}"
  ".maps{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));"
  "gap:12px}figure{margin:8px 0}img{width:100%;background:#fff}"
  "figcaption{color:var(--soft)}.bad{color:var(--bad);font-weight:600}"
  ".good{color:var(--good);font-weight:600}"
  "@media print{section{break-inside:avoid}}";

static void
put_list(FILE* const f, const json_t* const list)
{
  for (size_t i = 0; i < json_array_size(list); ++i) {
    const json_t* const o = json_array_get(list, i);
    (void)fprintf(f,
                  "%s%lld × ",
                  i ? ", " : "",
                  (long long)json_integer_value(json_object_get(o, "count")));
    put(f, text_of(o, "model"));
  }
}

/// What a night is in one word
static const char*
verdict(const Entry* const e)
{
  const json_t* const after = json_object_get(e->index, "after");
  const double dead = number_of(after, "dead_share");
  if (!e->index) {
    return "not done";
  }
  if (!after) {
    return "failed";
  }
  if (json_array_size(json_object_get(e->index, "hire"))) {
    return "hire in";
  }
  return dead > 0.05 ? "trouble" : dead > 0.0 ? "some dead seats" : "good";
}

static bool
is_good(const Entry* const e)
{
  return !strcmp(verdict(e), "good");
}

static void
put_number(FILE* const f, const double value, const int digits)
{
  if (isfinite(value)) {
    (void)fprintf(f, "<td>%.*f</td>", digits, value);
  } else {
    (void)fputs("<td>–</td>", f);
  }
}

static void
put_row(FILE* const f, const FhTour* const tour, const Entry* const e)
{
  const json_t* const before = json_object_get(e->index, "before");
  const json_t* const after = json_object_get(e->index, "after");
  (void)fprintf(f, "<tr><td class=t><a href=\"#%s\">", e->folder);
  put(f, tour->night[e->night].name);
  (void)fputs("</a></td><td class=t>", f);
  put(f, tour->night[e->night].date);
  (void)fputs("</td><td class=t>", f);
  put(f, e->index ? text_of(e->index, "venue") : tour->night[e->night].venue);
  (void)fprintf(f,
                "</td><td class=\"t %s\">%s</td>",
                is_good(e) ? "good" : "bad",
                verdict(e));
  put_number(f, 100.0 * number_of(before, "dead_share"), 1);
  put_number(f, 100.0 * number_of(after, "dead_share"), 1);
  put_number(f, number_of(after, "spread_db"), 1);
  put_number(f, number_of(after, "sti"), 2);
  put_number(f, number_of(after, "level_dba"), 1);
  put_number(f, number_of(after, "headroom_db"), 1);
  const json_t* const hire = json_object_get(e->index, "hire");
  put_number(f, hire ? (double)boxes_of(hire) : NAN, 0);
  put_number(f, e->trouble < 1e9 ? e->trouble : NAN, 2);
  (void)fputs("</tr>\n", f);
}

static void
put_map(FILE* const f,
        const char* const folder,
        const Entry* const e,
        const char* const name,
        const char* const words)
{
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s/%s/run/maps/%s.png", folder, e->folder, name);
  json_t* const picture = page_picture(path);
  if (picture) {
    (void)fprintf(
      f,
      "<figure><img alt=\"%s, from above\" src=\"%s\"><figcaption>%s"
      "</figcaption></figure>",
      words,
      json_string_value(picture),
      words);
    json_decref(picture);
  }
}

static void
put_zones(FILE* const f, const char* const folder, const Entry* const e)
{
  char path[PATH_SIZE];
  snprintf(path, sizeof path, "%s/%s/run/deadzones.json", folder, e->folder);
  json_t* const root = json_load_file(path, 0, NULL);
  const json_t* const zones = json_object_get(root, "zones");
  static const size_t most = 5;
  if (json_array_size(zones)) {
    (void)fputs("<p>Dead zones:</p><ul>", f);
  }
  for (size_t i = 0; i < json_array_size(zones) && i < most; ++i) {
    const json_t* const z = json_array_get(zones, i);
    (void)fprintf(f,
                  "<li>%lld seats in ",
                  (long long)json_integer_value(json_object_get(z, "n_seats")));
    put(f, text_of(z, "area"));
    (void)fputs(": ", f);
    put(f, text_of(z, text_of(z, "because")[0] ? "because" : "cause"));
    if (text_of(z, "remedy")[0]) {
      (void)fputs("; ", f);
      put(f, text_of(z, "remedy"));
    }
    (void)fputs("</li>", f);
  }
  if (json_array_size(zones) > most) {
    (void)fprintf(
      f, "<li>and %zu smaller ones</li>", json_array_size(zones) - most);
  }
  if (json_array_size(zones)) {
    (void)fputs("</ul>", f);
  }
  json_decref(root);
}

/// What the truck lacks, and what for
static void
put_hire(FILE* const f, const json_t* const hire)
{
  (void)fputs("<p class=bad>Hire in; below is what the truck can do without:"
              "</p><ul>",
              f);
  for (size_t i = 0; i < json_array_size(hire); ++i) {
    const json_t* const lack = json_array_get(hire, i);
    (void)fprintf(
      f,
      "<li>%lld × ",
      (long long)json_integer_value(json_object_get(lack, "count")));
    put(f, text_of(lack, "model"));
    (void)fputs(" ", f);
    put(f, text_of(lack, "why"));
    (void)fputs("</li>", f);
  }
  (void)fputs("</ul>", f);
}

static void
put_night(FILE* const f,
          const FhTour* const tour,
          const char* const folder,
          const Entry* const e)
{
  (void)fprintf(f, "<section id=\"%s\"><h2>", e->folder);
  put(f, tour->night[e->night].name);
  (void)fputs("</h2><p class=soft>", f);
  put(f, e->index ? text_of(e->index, "venue") : tour->night[e->night].venue);
  (void)fputs(" ", f);
  put(f, tour->night[e->night].date);
  (void)fputs("</p>", f);
  if (!e->index) {
    (void)fputs("<p class=bad>Not done yet: run the tour again to go on.</p>",
                f);
  } else if (text_of(e->index, "error")[0]) {
    (void)fputs("<p class=bad>", f);
    put(f, text_of(e->index, "error"));
    (void)fputs("</p>", f);
  }
  const json_t* const hire = json_object_get(e->index, "hire");
  if (json_array_size(hire)) {
    put_hire(f, hire);
  }
  if (json_object_get(e->index, "after")) {
    (void)fputs("<p>Pack: ", f);
    put_list(f, json_object_get(e->index, "pack"));
    (void)fprintf(f,
                  "</p><p><a href=\"%s/run/report.html\">Report</a> · <a "
                  "href=\"%s/run/report.pdf\">on paper</a> · <a "
                  "href=\"%s/place/venue.yaml\">venue file</a> · <a "
                  "href=\"%s/place/moves.txt\">moves</a></p>",
                  e->folder,
                  e->folder,
                  e->folder,
                  e->folder);
    const json_t* const moves = json_object_get(e->index, "moves");
    (void)fputs("<ul>", f);
    for (size_t i = 0; i < json_array_size(moves); ++i) {
      (void)fputs("<li>", f);
      put(f, json_string_value(json_array_get(moves, i)));
      (void)fputs("</li>", f);
    }
    (void)fputs(json_array_size(moves) ? "</ul>"
                                       : "<li>Leave all as it is.</li></ul>",
                f);
    put_zones(f, folder, e);
    (void)fputs("<div class=maps>", f);
    put_map(f, folder, e, "spl_dba", "Level, A-weighted");
    put_map(f, folder, e, "dead", "Dead seats");
    (void)fputs("</div>", f);
  }
  (void)fputs("</section>\n", f);
}

static bool
put_page(FILE* const f,
         const FhTour* const tour,
         const char* const folder,
         const Entry* const entries)
{
  (void)fputs("<!doctype html>\n<html lang=en><head><meta charset=utf-8><meta "
              "name=viewport content=\"width=device-width, initial-scale=1\">"
              "<meta http-equiv=Content-Security-Policy content=\"default-src "
              "'none'; style-src 'unsafe-inline'; img-src data:\"><title>",
              f);
  put(f, tour->name);
  (void)fprintf(f, "</title><style>%s</style></head><body><header><h1>", style);
  put(f, tour->name);
  (void)fputs("</h1><p class=soft>In the truck: ", f);
  for (size_t i = 0; i < tour->n_stock; ++i) {
    (void)fprintf(f, "%s%zu × ", i ? ", " : "", tour->stock[i].count);
    put(f, tour->stock[i].model);
  }
  (void)fputs(
    "</p></header><main><h2>Nights, the most trouble first</h2><div "
    "class=scroll tabindex=0 role=region aria-label=Ranking><table><thead><tr>"
    "<th class=t scope=col>Night<th class=t scope=col>Date<th class=t "
    "scope=col>Venue<th class=t scope=col>Verdict<th scope=col>Dead, own "
    "system "
    "[%]<th scope=col>Dead, this truck [%]<th scope=col>Spread [dB]<th "
    "scope=col>STI<th scope=col>Level [dB(A)]<th scope=col>To spare [dB]<th "
    "scope=col>Boxes to hire<th scope=col>Trouble</tr></thead><tbody>\n",
    f);
  for (size_t i = 0; i < tour->n_nights; ++i) {
    put_row(f, tour, &entries[i]);
  }
  (void)fputs("</tbody></table></div><p class=soft>Trouble is what the "
              "placement leaves undone of the venue's goals (as 'fullhouse "
              "place' counts it) and the share of boxes that are not in the "
              "truck.</p>\n",
              f);
  for (size_t i = 0; i < tour->n_nights; ++i) {
    put_night(f, tour, folder, &entries[i]);
  }
  (void)fprintf(f,
                "</main><footer class=soft>fullhouse " FULLHOUSE_VERSION
                "</footer></body></html>\n");
  return !ferror(f);
}

static json_t*
index_json(const FhTour* const tour, const Entry* const entries)
{
  json_t* const nights = json_array();
  for (size_t i = 0; i < tour->n_nights; ++i) {
    const Entry* const e = &entries[i];
    json_t* const o =
      e->index ? json_deep_copy(e->index)
               : json_pack(
                   "{s:s, s:b}", "name", tour->night[e->night].name, "done", 0);
    json_object_set_new(o, "night", json_integer((json_int_t)e->night + 1));
    json_object_set_new(o, "folder", json_string(e->folder));
    json_object_set_new(o, "verdict", json_string(verdict(e)));
    json_object_set_new(
      o, "trouble", e->trouble < 1e9 ? json_number(e->trouble) : json_null());
    json_array_append_new(nights, o);
  }
  return json_pack("{s:s, s:s, s:o}",
                   "fullhouse",
                   FULLHOUSE_VERSION,
                   "tour",
                   tour->name,
                   "nights",
                   nights);
}

static FhStatus
write_both(const FhTour* const tour,
           const char* const folder,
           const Entry* const entries,
           FhDiag* const diag)
{
  static const char* const names[] = {"tour.json", "index.html"};
  for (size_t i = 0; i < 2; ++i) {
    char path[PATH_SIZE];
    char temporary[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, names[i]);
    snprintf(temporary, sizeof temporary, "%s/.%s", folder, names[i]);
    errno = 0;
    FILE* const f = fopen(temporary, "w");
    bool ok = f != NULL;
    if (f && i) {
      ok = put_page(f, tour, folder, entries);
    } else if (f) {
      json_t* const root = index_json(tour, entries);
      ok = root &&
           !json_dumpf(root, f, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) &&
           fputc('\n', f) != EOF;
      json_decref(root);
    }
    ok = f && !fclose(f) && ok && !rename(temporary, path);
    if (!ok) {
      fh_diag_add(diag,
                  FH_DIAG_ERROR,
                  path,
                  0,
                  0,
                  "cannot be written (%s)",
                  strerror(errno));
      (void)remove(temporary);
      return FH_ERR_IO;
    }
  }
  return FH_OK;
}

FhStatus
fh_tour_write_page(const FhTour* const tour,
                   const char* const folder,
                   FhDiag* const diag)
{
  Entry* const entries = (Entry*)calloc(tour->n_nights + 1, sizeof(Entry));
  if (!entries) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < tour->n_nights; ++i) {
    Entry* const e = &entries[i];
    char path[PATH_SIZE];
    e->night = i;
    fh_tour_night_folder(tour, i, e->folder);
    snprintf(path, sizeof path, "%s/%s/night.json", folder, e->folder);
    e->index = json_load_file(path, 0, NULL);
    e->trouble = trouble_of(e->index);
  }
  qsort(entries, tour->n_nights, sizeof(Entry), by_trouble);
  const FhStatus status = write_both(tour, folder, entries, diag);
  for (size_t i = 0; i < tour->n_nights; ++i) {
    json_decref(entries[i].index);
  }
  free(entries);
  return status;
}
