// SPDX-License-Identifier: GPL-3.0-or-later
#include <fh/keys.h>
#include <fh/tour.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const FhKey stock_keys[] = {
  {.name = "model",
   .type = FH_KEY_TEXT,
   .required = true,
   .at = offsetof(FhStock, model),
   .size = sizeof(((FhStock*)0)->model),
   .doc = "Loudspeaker or array box, as venues name it"},
  {.name = "count",
   .type = FH_KEY_COUNT,
   .required = true,
   .at = offsetof(FhStock, count),
   .low = 0,
   .high = 10000,
   .doc = "How many there are"}};

static const FhSection stock_section = {.what = "a model",
                                        .path = "inventory[]",
                                        .keys = stock_keys,
                                        .n_keys = COUNT(stock_keys),
                                        .size = sizeof(FhStock)};

static const FhKey night_keys[] = {
  {.name = "name",
   .type = FH_KEY_TEXT,
   .required = true,
   .at = offsetof(FhTourNight, name),
   .size = FH_NAME_SIZE,
   .doc = "Name of the night, e.g. the town"},
  {.name = "date",
   .type = FH_KEY_TEXT,
   .at = offsetof(FhTourNight, date),
   .size = sizeof(((FhTourNight*)0)->date),
   .fallback_text = "",
   .doc = "Date, in any form"},
  {.name = "venue",
   .type = FH_KEY_TEXT,
   .required = true,
   .at = offsetof(FhTourNight, venue),
   .size = sizeof(((FhTourNight*)0)->venue),
   .doc = "Venue file or folder beside the tour file, or a bundled venue"},
  {.name = "occupancy",
   .type = FH_KEY_RANGE,
   .at = offsetof(FhTourNight, occupancy),
   .has_at = offsetof(FhTourNight, has_occupancy),
   .low = 0,
   .high = 1,
   .doc = "Share of the capacity that comes; as the venue says when left out"}};

static const FhSection night_section = {.what = "a night",
                                        .path = "nights[]",
                                        .keys = night_keys,
                                        .n_keys = COUNT(night_keys),
                                        .size = sizeof(FhTourNight),
                                        .line_at = offsetof(FhTourNight, line)};

static const FhKey tour_keys[] = {
  {.name = "name",
   .type = FH_KEY_TEXT,
   .required = true,
   .at = offsetof(FhTour, name),
   .size = FH_NAME_SIZE,
   .doc = "Name of the tour"},
  {.name = "max_mass_kg",
   .type = FH_KEY_NUMBER,
   .at = offsetof(FhTour, max_mass_kg),
   .unit = "kg",
   .low = 0,
   .high = 100000,
   .doc = "Most that a rigging point carries where the venue does not say; 0 "
          "for no limit"},
  {.name = "inventory",
   .type = FH_KEY_LIST,
   .required = true,
   .at = offsetof(FhTour, stock),
   .count_at = offsetof(FhTour, n_stock),
   .low = 1,
   .high = 200,
   .section = &stock_section,
   .doc = "What is in the truck"},
  {.name = "nights",
   .type = FH_KEY_LIST,
   .required = true,
   .at = offsetof(FhTour, night),
   .count_at = offsetof(FhTour, n_nights),
   .low = 1,
   .high = 999,
   .section = &night_section,
   .doc = "Where it goes"}};

static const FhSection tour_section = {.what = "a tour",
                                       .path = "",
                                       .keys = tour_keys,
                                       .n_keys = COUNT(tour_keys),
                                       .size = sizeof(FhTour)};

void
fh_tour_help(FILE* const out)
{
  fh_keys_help(out, &tour_section);
}

FhStatus
fh_tour_read(const char* const path, FhTour* const out, FhDiag* const diag)
{
  memset(out, 0, sizeof *out);
  FhYaml* yaml = NULL;
  FhStatus status = fh_yaml_read(path, &yaml, diag);
  if (status) {
    return status;
  }
  FhKeyReader reader = {.file = path, .diag = diag};
  fh_keys_read(&reader, &tour_section, fh_yaml_root(yaml), out);
  for (size_t i = 0; i < out->n_stock; ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (!strcmp(out->stock[i].model, out->stock[k].model)) {
        fh_keys_error(&reader,
                      fh_yaml_get(fh_yaml_root(yaml), "inventory"),
                      "inventory: '%s' is listed twice; add up its counts",
                      out->stock[i].model);
      }
    }
  }
  for (size_t i = 0; i < out->n_nights; ++i) {
    if (out->night[i].has_occupancy &&
        out->night[i].occupancy[0] != out->night[i].occupancy[1]) {
      fh_keys_error(&reader,
                    fh_yaml_get(fh_yaml_root(yaml), "nights"),
                    "occupancy of '%s' is one number, not a range",
                    out->night[i].name);
    }
  }
  fh_yaml_free(yaml);
  status = reader.no_memory  ? FH_ERR_NO_MEM
           : reader.n_errors ? FH_ERR_INVALID_DATA
                             : FH_OK;
  if (status) {
    fh_tour_clear(out);
    return status;
  }
  snprintf(out->path, sizeof out->path, "%s", path);
  return FH_OK;
}

void
fh_tour_clear(FhTour* const tour)
{
  free(tour->stock);
  free(tour->night);
  memset(tour, 0, sizeof *tour);
}

FhStatus
fh_tour_venue(const FhTour* const tour,
              const FhTourNight* const night,
              FhVenue* const out,
              FhDiag* const diag)
{
  char path[2048];
  const char* const slash = strrchr(tour->path, '/');
  snprintf(path,
           sizeof path,
           "%.*s%s",
           slash && night->venue[0] != '/' ? (int)(slash + 1 - tour->path) : 0,
           tour->path,
           night->venue);
  const FhStatus status =
    fh_venue_read(access(path, R_OK) ? night->venue : path, out, diag);
  if (status) {
    fh_diag_add(diag,
                FH_DIAG_ERROR,
                tour->path,
                night->line,
                0,
                "the venue of '%s' cannot be used; mend it or name another",
                night->name);
    return status;
  }
  if (night->has_occupancy) {
    fh_venue_set_occupancy(out, night->occupancy[0]);
  }
  return FH_OK;
}

void
fh_tour_night_folder(const FhTour* const tour, const size_t night, char out[96])
{
  const int n = snprintf(out, 96, "%02zu-", night + 1);
  char* to = out + (n > 0 ? n : 0);
  for (const char* c = tour->night[night].name; *c && to < out + 80; ++c) {
    *to++ = isalnum((unsigned char)*c) ? (char)tolower((unsigned char)*c) : '-';
  }
  *to = '\0';
}
