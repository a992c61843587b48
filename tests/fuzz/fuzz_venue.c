// SPDX-License-Identifier: GPL-3.0-or-later
#include "scene/venue_input.h"

#include <fh/venue.h>
#include <fh/yaml.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/*
  Any bytes as a venue file: no crash, and either a venue or at least one error
  with a place. Geometry files are looked for in a folder that does not exist.
*/

/// Write every part of a venue, to nowhere
static void
write_all(const FhVenue* const venue, const bool json)
{
  char* text = NULL;
  size_t size = 0;
  FhKeyWriter writer = {open_memstream(&text, &size), json};
  if (!writer.out) {
    return;
  }
  for (size_t i = 0; i < fh_venue_section.n_keys; ++i) {
    // Materials would read the library each time
    if (fh_venue_section.keys[i].section != &fh_material_section) {
      fh_keys_write_value(&writer, &fh_venue_section.keys[i], venue);
    }
  }
  fclose(writer.out);
  free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t* const data, const size_t size)
{
  FhDiag* const diag = fh_diag_new();
  FhVenueInput* const input = (FhVenueInput*)calloc(1, sizeof(FhVenueInput));
  FhYaml* yaml = NULL;
  FhVenue venue;
  if (!diag || !input) {
    abort();
  }
  snprintf(input->venue.path, sizeof(input->venue.path), "fuzz.yaml");
  snprintf(input->venue.folder, sizeof(input->venue.folder), "/nowhere");
  FhStatus status =
    fh_yaml_parse("fuzz.yaml", (const char*)data, size, &yaml, diag);
  if (!status) {
    status = fh_venue_read_yaml(yaml, input, &venue, diag);
  }
  if (!status) {
    write_all(&venue, size % 2 == 1);
    fh_venue_clear(&venue);
  }
  if ((status == FH_OK) != (fh_diag_count(diag, FH_DIAG_ERROR) == 0)) {
    abort();
  }
  fh_venue_input_clear(input);
  free(input);
  fh_yaml_free(yaml);
  fh_diag_free(diag);
  return 0;
}
