// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef FH_TRACE_IMAGE_PRIVATE_H
#define FH_TRACE_IMAGE_PRIVATE_H

#include "image_box.h"

/*
  Sequences of mirrors, and how rays find them.
*/

/// A sequence: that of its parent and one more plane
typedef struct {
  double image[3]; ///< Of the source
  uint64_t hash;
  uint32_t parent; ///< Node 0 is the source itself
  uint32_t plane;
  uint32_t order;
} Node;

struct ImagesImpl {
  const Engine* engine;
  const Emitter* emitter;
  unsigned order;
  bool is_box;
  ImageBox box;
  size_t n_nodes, n_room;
  Node* nodes;
  size_t n_slots;
  uint32_t* slots;      ///< Node of a hash, 0 for none
  const SeatGrid* grid; ///< Null when every node is tried everywhere
  size_t n_pairs, n_pair_slots;
  uint64_t* pairs;      ///< Set of zone << 32 | node, 0 for none; owned
  uint32_t* zone_first; ///< [n_zones + 1] range in `zone_nodes`; owned
  uint32_t* zone_nodes; ///< Nodes to try in a zone; owned
};

/// Slot of a zone and a node in `pairs`, whether taken or free
size_t
image_find_pair(const Images* images, uint64_t pair);

/// The node of a parent's sequence and one more plane; 0 when it cannot be
uint32_t
image_add_node(Images* images, uint32_t parent, uint32_t plane);

/// Follow mirrored rays and note the planes that they meet
FhStatus
image_search(Images* images, uint64_t emitter_index);

#endif // FH_TRACE_IMAGE_PRIVATE_H
