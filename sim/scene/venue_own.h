// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FULLHOUSE_VENUE_OWN_H
#define FULLHOUSE_VENUE_OWN_H

#include <fh/keys.h>

/*
  Readers and writers of the venue table's rows that no plain type covers.
  `object` is that of the row's section.
*/

/// Write a point as [x, y, z]
void
fh_own_write_point(FhKeyWriter* writer, const double p[3]);

void
fh_own_write_nothing(FhKeyWriter* writer, const void* object);

void
fh_own_read_version(FhKeyReader* reader, const FhYamlNode* node, void* object);
void
fh_own_write_version(FhKeyWriter* writer, const void* object);

void
fh_own_read_face_points(FhKeyReader* reader,
                        const FhYamlNode* node,
                        void* object);
void
fh_own_write_geometry(FhKeyWriter* writer, const void* object);

void
fh_own_read_materials(FhKeyReader* reader,
                      const FhYamlNode* node,
                      void* object);
void
fh_own_write_materials(FhKeyWriter* writer, const void* object);

void
fh_own_read_surface(FhKeyReader* reader, const FhYamlNode* node, void* object);
void
fh_own_write_surface(FhKeyWriter* writer, const void* object);

void
fh_own_read_occupancy(FhKeyReader* reader,
                      const FhYamlNode* node,
                      void* object);
void
fh_own_write_occupancy(FhKeyWriter* writer, const void* object);

void
fh_own_read_noise(FhKeyReader* reader, const FhYamlNode* node, void* object);
void
fh_own_write_noise(FhKeyWriter* writer, const void* object);

void
fh_own_read_splay(FhKeyReader* reader, const FhYamlNode* node, void* object);
void
fh_own_write_splay(FhKeyWriter* writer, const void* object);
void
fh_own_read_box_gain(FhKeyReader* reader, const FhYamlNode* node, void* object);
void
fh_own_write_box_gain(FhKeyWriter* writer, const void* object);
void
fh_own_read_box_delay(FhKeyReader* reader,
                      const FhYamlNode* node,
                      void* object);
void
fh_own_write_box_delay(FhKeyWriter* writer, const void* object);
void
fh_own_read_box_invert(FhKeyReader* reader,
                       const FhYamlNode* node,
                       void* object);
void
fh_own_write_box_invert(FhKeyWriter* writer, const void* object);

void
fh_own_read_move(FhKeyReader* reader, const FhYamlNode* node, void* object);
void
fh_own_write_move(FhKeyWriter* writer, const void* object);
void
fh_own_read_models(FhKeyReader* reader, const FhYamlNode* node, void* object);
void
fh_own_write_models(FhKeyWriter* writer, const void* object);
void
fh_own_read_within(FhKeyReader* reader, const FhYamlNode* node, void* object);
void
fh_own_write_within(FhKeyWriter* writer, const void* object);
void
fh_own_read_keep_view(FhKeyReader* reader,
                      const FhYamlNode* node,
                      void* object);
void
fh_own_write_keep_view(FhKeyWriter* writer, const void* object);

#endif // FULLHOUSE_VENUE_OWN_H
