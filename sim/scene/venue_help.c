// SPDX-License-Identifier: GPL-3.0-or-later
#include "venue_input.h"

#include <fh/venue.h>

#include <stdio.h>
#include <stdlib.h>

void
fh_venue_help(FILE* const out)
{
  fputs("A venue is a YAML (or JSON) file, or a folder that holds venue.yaml.\n"
        "Lengths are metres, z is up, files are relative to the venue file.\n"
        "Its keys:\n\n",
        out);
  fh_keys_help(out, &fh_venue_section);
}

char*
fh_venue_schema_json(void)
{
  char* text = NULL;
  size_t size = 0;
  FILE* const out = open_memstream(&text, &size);
  if (!out) {
    return NULL;
  }
  fputs("{\n"
        "  \"$schema\": \"http://json-schema.org/draft-07/schema#\",\n"
        "  \"title\": \"Venue file of fullhouse\",\n"
        "  \"allOf\": [",
        out);
  fh_keys_schema(out, &fh_venue_section, 2);
  fputs("]\n}\n", out);
  if (fclose(out)) {
    free(text);
    return NULL;
  }
  return text;
}
