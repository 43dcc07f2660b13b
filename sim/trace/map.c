/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Numbers with a value each: open addressing, linear probing, at most half full. Removal moves
 * later entries back, so there are no tombstones and look-ups stay short. */
#include "trace_private.h"

#include <string.h>

/* Every bit of the key must matter: requests may be numbered in any way. */
static size_t home_of(const struct gcs_map *map, uint64_t key)
{
    key = (key ^ key >> 32) * 0xd6e8feb86659fd93u; /* odd, with its bits well spread */
    key = (key ^ key >> 32) * 0xd6e8feb86659fd93u;
    return (size_t)(key ^ key >> 32) & (map->capacity - 1);
}

/* Where the key is, or the free place where it would go. */
static size_t place_of(const struct gcs_map *map, uint64_t key)
{
    size_t at = home_of(map, key);
    while (map->entries[at].used && map->entries[at].key != key)
        at = (at + 1) & (map->capacity - 1);
    return at;
}

uint32_t *gcs_map_find(const struct gcs_map *map, uint64_t key)
{
    if (!map->count)
        return NULL;
    struct gcs_map_entry *entry = &map->entries[place_of(map, key)];
    return entry->used ? &entry->value : NULL;
}

static enum gcs_status enlarge(struct gcs_map *map, struct gcs_memory *memory,
                               struct gcs_error *error)
{
    struct gcs_map wider = {0};
    size_t capacity = map->capacity ? map->capacity * 2 : 64;
    GCS_TRY(GCS_GROW(memory, &wider.entries, &wider.capacity, capacity, error));
    GCS_ASSERT(wider.capacity == capacity);
    memset(wider.entries, 0, capacity * sizeof *wider.entries);
    for (size_t i = 0; i < map->capacity; i++)
        if (map->entries[i].used)
            wider.entries[place_of(&wider, map->entries[i].key)] = map->entries[i];
    wider.count = map->count;
    gcs_map_fini(map, memory);
    *map = wider;
    return GCS_OK;
}

enum gcs_status gcs_map_add(struct gcs_map *map, struct gcs_memory *memory, uint64_t key,
                            uint32_t value, struct gcs_error *error)
{
    if (map->count >= map->capacity / 2)
        GCS_TRY(enlarge(map, memory, error));
    struct gcs_map_entry *entry = &map->entries[place_of(map, key)];
    GCS_ASSERT(!entry->used);
    *entry = (struct gcs_map_entry){.key = key, .value = value, .used = 1};
    map->count++;
    return GCS_OK;
}

void gcs_map_remove(struct gcs_map *map, uint64_t key)
{
    size_t mask = map->capacity - 1;
    size_t hole = place_of(map, key);
    GCS_ASSERT(map->entries[hole].used);
    for (size_t at = (hole + 1) & mask; map->entries[at].used; at = (at + 1) & mask) {
        size_t home = home_of(map, map->entries[at].key);
        if (((at - home) & mask) >= ((at - hole) & mask)) { /* its search passes the hole */
            map->entries[hole] = map->entries[at];
            hole = at;
        }
    }
    map->entries[hole] = (struct gcs_map_entry){0};
    map->count--;
}

void gcs_map_fini(struct gcs_map *map, struct gcs_memory *memory)
{
    gcs_memory_free(memory, map->entries, map->capacity, sizeof *map->entries);
    *map = (struct gcs_map){0};
}
