/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "interned.h"

#include <string.h>

static uint64_t hash_of(const uint32_t *words, size_t count)
{
    uint64_t hash = count;
    for (size_t i = 0; i < count; i++) {
        hash = (hash ^ words[i]) * 0x9e3779b97f4a7c15u;
        hash ^= hash >> 32;
    }
    return hash;
}

/* At most half full. */
static enum gcs_status make_room(struct interned *interned, struct gcs_memory *memory,
                                 struct gcs_error *error)
{
    struct interned_place *before = interned->places, *grown = NULL;
    size_t capacity = interned->capacity, room = 0;
    if ((interned->count + 1) * 2 <= capacity)
        return GCS_OK;
    GCS_TRY(GCS_GROW(memory, &grown, &room, capacity ? capacity * 2 : 64, error));
    memset(grown, 0, sizeof *grown * room);
    for (size_t i = 0; i < capacity; i++) {
        if (!before[i].entry)
            continue;
        size_t at = (size_t)before[i].hash & (room - 1);
        while (grown[at].entry)
            at = (at + 1) & (room - 1);
        grown[at] = before[i];
    }
    gcs_memory_free(memory, before, capacity, sizeof *before);
    interned->places = grown;
    interned->capacity = room;
    return GCS_OK;
}

enum gcs_status intern(struct interned *interned, struct gcs_memory *memory,
                       const uint32_t *words, size_t word_count,
                       bool (*same)(const void *table, size_t index, const void *key),
                       const void *table, const void *key, size_t *index,
                       struct gcs_error *error)
{
    GCS_TRY(make_room(interned, memory, error));
    uint64_t hash = hash_of(words, word_count);
    size_t mask = interned->capacity - 1, at = (size_t)hash & mask;
    for (; interned->places[at].entry; at = (at + 1) & mask) {
        const struct interned_place *place = &interned->places[at];
        if (place->hash == hash && same(table, place->entry - 1, key)) {
            *index = place->entry - 1;
            return GCS_OK;
        }
    }
    *index = interned->count++;
    interned->places[at] = (struct interned_place){hash, interned->count};
    return GCS_OK;
}

void interned_free(struct interned *interned, struct gcs_memory *memory)
{
    gcs_memory_free(memory, interned->places, interned->capacity, sizeof *interned->places);
    *interned = (struct interned){0};
}
