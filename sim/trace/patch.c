// SPDX-License-Identifier: GPL-3.0-or-later
#include "patch.h"

#include "memory.h"

#include <stdlib.h>

/// Edge of a spot where the scene is small enough [m]; tiles and fields are
/// 4 and 16 times as wide
#define SPOT_M 0.5f
/// Smallest spot, in small rooms [m]
#define SPOT_MIN_M 0.25f
/// Spots that a scene is cut into, about
#define SPOTS_WANTED 60000.0f
/// Chips against spots: edge of a chip over that of a spot
#define CHIP_SHARE 0.8f
/// Chips at most, above it they grow
#define CHIPS_MAX ((size_t)1 << 24)
/// Chips along an edge of a triangle, at most
#define SPLIT_MAX 1024.0f
/// A long triangle is split so that chips are at most this much longer
#define CHIP_STRETCH 4.0f

typedef struct {
  uint64_t key;
  uint32_t id;
  uint32_t used;
} Slot;

/// Numbers of patches by their keys
typedef struct {
  size_t n_slots; ///< A power of two
  size_t n_used;
  Slot* slots; ///< Owned
} Table;

static FhStatus
table_grow(Table* const table)
{
  const size_t n_slots = table->n_slots ? 2 * table->n_slots : 4096;
  Slot* const slots = (Slot*)calloc(n_slots, sizeof(Slot));
  if (!slots) {
    return FH_ERR_NO_MEM;
  }
  for (size_t i = 0; i < table->n_slots; ++i) {
    if (table->slots[i].used) {
      size_t at = mix64(0, table->slots[i].key) & (n_slots - 1);
      while (slots[at].used) {
        at = (at + 1) & (n_slots - 1);
      }
      slots[at] = table->slots[i];
    }
  }
  free(table->slots);
  table->slots = slots;
  table->n_slots = n_slots;
  return FH_OK;
}

/// Number of a key, the next free one when it is new; null when out of memory
static Slot*
table_find(Table* const table, const uint64_t key, size_t* const n_ids)
{
  if (2 * table->n_used >= table->n_slots && table_grow(table)) {
    return NULL;
  }
  size_t at = mix64(0, key) & (table->n_slots - 1);
  while (table->slots[at].used && table->slots[at].key != key) {
    at = (at + 1) & (table->n_slots - 1);
  }
  Slot* const slot = &table->slots[at];
  if (!slot->used) {
    slot->used = 1;
    slot->key = key;
    slot->id = (uint32_t)(*n_ids)++;
    ++table->n_used;
  }
  return slot;
}

/// The three levels under construction
typedef struct {
  const FhScene* scene;
  Patches* patches;
  float spot_m;
  Table table[3];
  size_t n_spots_room, n_tiles_room;
} Cut;

static float
triangle_area(const FhScene* const scene, const size_t t, float* const longest)
{
  const uint32_t* const v = scene->triangle[t];
  float e[3][3];
  *longest = 0.0f;
  for (size_t i = 0; i < 3; ++i) {
    for (size_t k = 0; k < 3; ++k) {
      e[i][k] = scene->vertex[v[(i + 1) % 3]][k] - scene->vertex[v[i]][k];
    }
    *longest = fmaxf(*longest, sqrtf(dot3(e[i], e[i])));
  }
  const float n[3] = {e[0][1] * e[2][2] - e[0][2] * e[2][1],
                      e[0][2] * e[2][0] - e[0][0] * e[2][2],
                      e[0][0] * e[2][1] - e[0][1] * e[2][0]};
  return 0.5f * sqrtf(dot3(n, n));
}

/// How finely each triangle is split, for chips of this edge; number of chips
static size_t
split_triangles(const FhScene* const scene,
                const float chip_m,
                Patches* const patches)
{
  size_t n = 0;
  for (size_t t = 0; t < scene->n_triangles; ++t) {
    float longest = 0.0f;
    const float area = triangle_area(scene, t, &longest);
    const float wide = fmaxf(sqrtf(area), longest / CHIP_STRETCH);
    const float k = fminf(fmaxf(ceilf(wide / chip_m), 1.0f), SPLIT_MAX);
    patches->base[t] = (uint32_t)n;
    patches->split[t] = (uint16_t)k;
    patches->chip_m2[t] = area / (k * k);
    n += (size_t)k * (size_t)k;
  }
  return n;
}

/// One of six: the axis along which a normal points most, and its sign
static uint64_t
facing(const float n[3], const bool back)
{
  size_t axis = 0;
  for (size_t k = 1; k < 3; ++k) {
    axis = fabsf(n[k]) > fabsf(n[axis]) ? k : axis;
  }
  return 2 * axis + ((n[axis] < 0.0f) != back);
}

static FhStatus
make_room(uint32_t** const list, size_t* const n_room, const size_t n)
{
  if (n < *n_room) {
    return FH_OK;
  }
  const size_t more = *n_room ? 2 * *n_room : 4096;
  uint32_t* const grown = (uint32_t*)realloc(*list, more * sizeof(uint32_t));
  if (!grown) {
    return FH_ERR_NO_MEM;
  }
  *list = grown;
  *n_room = more;
  return FH_OK;
}

/// Spot of a side at a place, with its tile and field
static FhStatus
find_spot(Cut* const cut,
          const float at[3],
          const uint64_t kind,
          uint32_t* const spot)
{
  Patches* const p = cut->patches;
  uint64_t cell[3];
  for (size_t k = 0; k < 3; ++k) {
    const float x = (at[k] - cut->scene->low[k]) / cut->spot_m + 8.0f;
    cell[k] = (uint64_t)fmaxf(x, 0.0f);
  }
  uint64_t key[3];
  for (size_t level = 0; level < 3; ++level) {
    const unsigned shift = 2 * (unsigned)level;
    key[level] = kind << 45 | (cell[0] >> shift & 0x7fff) << 30 |
                 (cell[1] >> shift & 0x7fff) << 15 |
                 (cell[2] >> shift & 0x7fff);
  }
  const size_t n_spots = p->n_spots;
  const size_t n_tiles = p->n_tiles;
  const Slot* const s = table_find(&cut->table[0], key[0], &p->n_spots);
  if (!s) {
    return FH_ERR_NO_MEM;
  }
  *spot = s->id;
  if (p->n_spots == n_spots) {
    return FH_OK;
  }
  const Slot* const tile = table_find(&cut->table[1], key[1], &p->n_tiles);
  if (!tile || make_room(&p->tile_of, &cut->n_spots_room, n_spots)) {
    return FH_ERR_NO_MEM;
  }
  p->tile_of[n_spots] = tile->id;
  if (p->n_tiles == n_tiles) {
    return FH_OK;
  }
  const Slot* const field = table_find(&cut->table[2], key[2], &p->n_fields);
  if (!field || make_room(&p->field_of, &cut->n_tiles_room, n_tiles)) {
    return FH_ERR_NO_MEM;
  }
  p->field_of[n_tiles] = field->id;
  return FH_OK;
}

/// Give one side of all chips of a triangle their spots
static FhStatus
place_chips(Cut* const cut, const size_t t, const bool back)
{
  const FhScene* const scene = cut->scene;
  Patches* const patches = cut->patches;
  const uint32_t* const v = scene->triangle[t];
  const int k = patches->split[t];
  const float* const n = scene->normal[t];
  // 16 bits of the material: more than any model has
  const uint64_t kind =
    (uint64_t)(scene->material[t] & 0xffffu) << 3 | facing(n, back);
  float e[2][3];
  for (size_t x = 0; x < 3; ++x) {
    e[0][x] = (scene->vertex[v[1]][x] - scene->vertex[v[0]][x]) / (float)k;
    e[1][x] = (scene->vertex[v[2]][x] - scene->vertex[v[0]][x]) / (float)k;
  }
  for (int j = 0; j < k; ++j) {
    for (int i = 0; i < k - j; ++i) {
      for (int up = 0; up < (i + j < k - 1 ? 2 : 1); ++up) {
        const float f = up ? 2.0f / 3.0f : 1.0f / 3.0f;
        float at[3];
        for (size_t x = 0; x < 3; ++x) {
          // A hair off the surface, on its own side of a voxel's border
          at[x] = scene->vertex[v[0]][x] + ((float)i + f) * e[0][x] +
                  ((float)j + f) * e[1][x] + (back ? -0.01f : 0.01f) * n[x];
        }
        const size_t chip =
          patches->base[t] + (size_t)(j * (2 * k - j) + 2 * i + up);
        const FhStatus status =
          find_spot(cut, at, kind, &patches->spot[chip][back]);
        if (status) {
          return status;
        }
      }
    }
  }
  return FH_OK;
}

FhStatus
patches_new(const Engine* const engine,
            const float fine_s,
            const float end_s,
            Patches* const patches)
{
  const FhScene* const scene = engine->scene;
  memset(patches, 0, sizeof *patches);
  const size_t n = scene->n_triangles;
  patches->n_triangles = n;
  patches->base = (uint32_t*)engine_alloc(n, sizeof(uint32_t));
  patches->split = (uint16_t*)engine_alloc(n, sizeof(uint16_t));
  patches->chip_m2 = (float*)engine_alloc(n, sizeof(float));
  if (!patches->base || !patches->split || !patches->chip_m2) {
    patches_clear(patches);
    return FH_ERR_NO_MEM;
  }

  Cut cut;
  memset(&cut, 0, sizeof cut);
  cut.scene = scene;
  cut.patches = patches;
  cut.spot_m = fminf(
    fmaxf(sqrtf((float)scene->surface_m2 / SPOTS_WANTED), SPOT_MIN_M), 32.0f);
  for (size_t k = 0; k < 3; ++k) {
    // Cell numbers have 15 bits
    cut.spot_m = fmaxf(cut.spot_m, (scene->high[k] - scene->low[k]) / 32000.0f);
  }
  float chip_m = CHIP_SHARE * cut.spot_m;
  patches->n_chips = split_triangles(scene, chip_m, patches);
  while (patches->n_chips > CHIPS_MAX && patches->n_chips > 4 * n) {
    chip_m *= 1.5f;
    patches->n_chips = split_triangles(scene, chip_m, patches);
  }

  FhStatus status = FH_ERR_NO_MEM;
  patches->spot =
    (uint32_t(*)[2])engine_alloc(patches->n_chips, sizeof *patches->spot);
  patches->seen = (uint8_t*)engine_alloc(patches->n_chips, 1);
  if (patches->spot && patches->seen) {
    status = FH_OK;
  }
  // Fronts first: backs that nothing meets stay together and take no memory
  for (size_t side = 0; side < 2; ++side) {
    for (size_t t = 0; t < n && !status; ++t) {
      status = place_chips(&cut, t, side != 0);
    }
  }
  for (size_t level = 0; level < 3; ++level) {
    free(cut.table[level].slots);
  }
  const size_t early = (size_t)ceilf(fine_s / SEAT_FINE_S);
  patches->n_fine = (early / COARSE_FACTOR + 1) * COARSE_FACTOR;
  patches->n_coarse = (size_t)ceilf(end_s / SEAT_FINE_S) / COARSE_FACTOR + 2;
  if (patches->n_coarse < patches->n_fine / COARSE_FACTOR + 1) {
    patches->n_coarse = patches->n_fine / COARSE_FACTOR + 1;
  }
  patches->per_m = 1.0f / (SEAT_FINE_S * engine->speed_m_s);
  if (status) {
    patches_clear(patches);
  }
  return status;
}

void
patches_clear(Patches* const patches)
{
  free(patches->base);
  free(patches->split);
  free(patches->chip_m2);
  free(patches->spot);
  free(patches->seen);
  free(patches->tile_of);
  free(patches->field_of);
  free(patches->spot_m2);
  free(patches->tile_m2);
  free(patches->field_m2);
  memset(patches, 0, sizeof *patches);
}

FhStatus
patches_measure(Patches* const p)
{
  free(p->spot_m2);
  free(p->tile_m2);
  free(p->field_m2);
  p->spot_m2 = (float*)engine_alloc(p->n_spots, sizeof(float));
  p->tile_m2 = (float*)engine_alloc(p->n_tiles, sizeof(float));
  p->field_m2 = (float*)engine_alloc(p->n_fields, sizeof(float));
  if (!p->spot_m2 || !p->tile_m2 || !p->field_m2) {
    return FH_ERR_NO_MEM;
  }
  for (size_t t = 0; t < p->n_triangles; ++t) {
    const size_t first = p->base[t];
    const size_t n = (size_t)p->split[t] * p->split[t];
    for (size_t chip = first; chip < first + n; ++chip) {
      for (size_t side = 0; side < 2; ++side) {
        if (p->seen[chip] >> side & 1) {
          const uint32_t tile = p->tile_of[p->spot[chip][side]];
          p->spot_m2[p->spot[chip][side]] += p->chip_m2[t];
          p->tile_m2[tile] += p->chip_m2[t];
          p->field_m2[p->field_of[tile]] += p->chip_m2[t];
        }
      }
    }
  }
  return FH_OK;
}

static size_t
words_of(const Patches* const patches, const size_t n_octets)
{
  return 8 * n_octets *
         (patches->n_tiles * patches->n_fine +
          patches->n_fields * patches->n_coarse + patches->n_spots +
          patches->n_tiles * N_BLOCKS);
}

size_t
patch_tally_bytes(const Patches* const patches, const size_t n_octets)
{
  return words_of(patches, n_octets) * sizeof(int64_t);
}

void
patch_tally_move(PatchTally* const tally, PatchTally* const from)
{
  for (size_t i = 0; i < tally->n_words; ++i) {
    // Pages that nobody wrote to stay so
    if (from->words[i]) {
      tally->words[i] += from->words[i];
      from->words[i] = 0;
    }
  }
}

FhStatus
patch_tally_init(const Patches* const patches,
                 const size_t n_octets,
                 PatchTally* const tally)
{
  memset(tally, 0, sizeof *tally);
  const size_t n_fine = patches->n_tiles * patches->n_fine;
  const size_t n_late = patches->n_fields * patches->n_coarse;
  tally->n_octets = n_octets;
  tally->n_words = words_of(patches, n_octets);
  tally->words = (int64_t*)memory_new(tally->n_words, sizeof(int64_t));
  if (!tally->words) {
    return FH_ERR_NO_MEM;
  }
  tally->fine = 0;
  tally->late = tally->fine + n_fine;
  tally->spots = tally->late + n_late;
  tally->blocks = tally->spots + patches->n_spots;
  return FH_OK;
}

void
patch_tally_clear(PatchTally* const tally)
{
  memory_free(tally->words, tally->n_words, sizeof(int64_t));
  memset(tally, 0, sizeof *tally);
}
