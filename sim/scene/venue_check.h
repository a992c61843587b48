// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_VENUE_CHECK_H
#define FULLHOUSE_VENUE_CHECK_H

#include "venue_input.h"

/*
  What has to fit together once the keys of a venue file are read. Findings go
  to the reader; `root` is the file's outermost map.
*/

/// Names that must differ, names that must exist, occupancies
void
fh_venue_check_names(FhKeyReader* reader,
                     const FhYamlNode* root,
                     FhVenueInput* input);

/// Millimetres taken for metres and the like
FhStatus
fh_venue_check_size(FhKeyReader* reader,
                    const FhYamlNode* root,
                    const FhVenueInput* input);

/// Give each material name of the mesh its numbers
FhStatus
fh_venue_assign_materials(FhKeyReader* reader,
                          const FhYamlNode* root,
                          FhVenueInput* input);

/// Audience areas against the mesh
void
fh_venue_check_audience(FhKeyReader* reader,
                        const FhYamlNode* root,
                        const FhVenueInput* input);

#endif // FULLHOUSE_VENUE_CHECK_H
