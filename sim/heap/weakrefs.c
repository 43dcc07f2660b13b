/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Weak references: who refers weakly to whom, and what their callbacks do.
 *
 * They are rare, so they are kept beside the rows: an array of records, those of one target
 * linked in CPython's order (one without a callback first, then the youngest callback first),
 * and a small hash table from a weak reference, or a target, to its record.
 */
#include "heap_private.h"

#include <string.h>

struct weak {
    gcs_row weakref;
    gcs_row target;
    uint32_t next; /* of the same target; of a free record: the next free one */
    uint32_t previous;
    enum gcs_weak callback;
};

struct weak_place {
    uint64_t key; /* 0: empty */
    uint32_t record;
};

static uint64_t key_of_weakref(gcs_row row)
{
    return (uint64_t)row * 2;
}

static uint64_t key_of_target(gcs_row row)
{
    return (uint64_t)row * 2 + 1;
}

static size_t home(const struct gcs_heap *heap, uint64_t key)
{
    return (size_t)(key * 0x9e3779b97f4a7c15u >> 32) & (heap->weak_place_capacity - 1);
}

/* Where the key is, or where it would go. */
static size_t find(const struct gcs_heap *heap, uint64_t key)
{
    size_t at = home(heap, key), mask = heap->weak_place_capacity - 1;
    while (heap->weak_places[at].key != 0 && heap->weak_places[at].key != key)
        at = (at + 1) & mask;
    return at;
}

static uint32_t get(const struct gcs_heap *heap, uint64_t key)
{
    return heap->weak_place_capacity ? heap->weak_places[find(heap, key)].record : 0;
}

static void put(struct gcs_heap *heap, uint64_t key, uint32_t record)
{
    struct weak_place *place = &heap->weak_places[find(heap, key)];
    heap->weak_place_count += place->key == 0;
    *place = (struct weak_place){key, record};
}

static void forget(struct gcs_heap *heap, uint64_t key)
{
    size_t mask = heap->weak_place_capacity - 1, hole = find(heap, key);
    for (size_t i = (hole + 1) & mask; heap->weak_places[i].key; i = (i + 1) & mask)
        if (((i - home(heap, heap->weak_places[i].key)) & mask) >= ((i - hole) & mask)) {
            heap->weak_places[hole] = heap->weak_places[i];
            hole = i;
        }
    heap->weak_places[hole] = (struct weak_place){0};
    heap->weak_place_count--;
}

static enum gcs_status make_room(struct gcs_heap *heap, struct gcs_error *error)
{
    GCS_TRY(GCS_GROW(heap->memory, &heap->weaks, &heap->weak_capacity, heap->weak_count + 2,
                     error));
    if (heap->weak_count == 0)
        heap->weak_count = 1; /* record 0 is none */
    if ((heap->weak_place_count + 2) * 2 <= heap->weak_place_capacity)
        return GCS_OK;
    struct weak_place *before = heap->weak_places, *grown = NULL;
    size_t capacity = heap->weak_place_capacity, wanted = capacity ? capacity * 2 : 64,
           room = 0;
    GCS_TRY(GCS_GROW(heap->memory, &grown, &room, wanted, error));
    memset(grown, 0, sizeof *grown * room);
    heap->weak_places = grown;
    heap->weak_place_capacity = room;
    heap->weak_place_count = 0;
    for (size_t i = 0; i < capacity; i++)
        if (before[i].key)
            put(heap, before[i].key, before[i].record);
    gcs_memory_free(heap->memory, before, capacity, sizeof *before);
    return GCS_OK;
}

enum gcs_status weak_add(struct gcs_heap *heap, gcs_row weakref, gcs_row target,
                         enum gcs_weak callback, struct gcs_error *error)
{
    GCS_TRY(make_room(heap, error));
    uint32_t record = heap->weak_free;
    if (record)
        heap->weak_free = heap->weaks[record].next;
    else
        record = (uint32_t)heap->weak_count++;
    uint32_t first = get(heap, key_of_target(target)), before = 0, after = first;
    if (callback != GCS_WEAK_PLAIN && first && heap->weaks[first].callback == GCS_WEAK_PLAIN) {
        before = first;
        after = heap->weaks[first].next;
    }
    heap->weaks[record] = (struct weak){weakref, target, after, before, callback};
    if (after)
        heap->weaks[after].previous = record;
    if (before)
        heap->weaks[before].next = record;
    else
        put(heap, key_of_target(target), record);
    put(heap, key_of_weakref(weakref), record);
    set(heap, target, HAS_WEAKREFS);
    return GCS_OK;
}

/* _PyWeakref_ClearRef: the weak reference refers to nothing from now on. */
static void clear_record(struct gcs_heap *heap, uint32_t record)
{
    struct weak weak = heap->weaks[record];
    if (weak.next)
        heap->weaks[weak.next].previous = weak.previous;
    if (weak.previous)
        heap->weaks[weak.previous].next = weak.next;
    else if (weak.next)
        put(heap, key_of_target(weak.target), weak.next);
    else {
        forget(heap, key_of_target(weak.target));
        unset(heap, weak.target, HAS_WEAKREFS);
    }
    forget(heap, key_of_weakref(weak.weakref));
    heap->weaks[record].next = heap->weak_free;
    heap->weak_free = record;
}

void weak_clear(struct gcs_heap *heap, gcs_row weakref)
{
    uint32_t record = get(heap, key_of_weakref(weakref));
    if (record)
        clear_record(heap, record);
}

bool weak_pop(struct gcs_heap *heap, gcs_row target, gcs_row *weakref, enum gcs_weak *callback)
{
    if (!has(heap, target, HAS_WEAKREFS))
        return false;
    uint32_t record = get(heap, key_of_target(target));
    *weakref = heap->weaks[record].weakref;
    *callback = heap->weaks[record].callback;
    clear_record(heap, record);
    return true;
}

bool weak_pop_callback(struct gcs_heap *heap, gcs_row target, gcs_row *weakref,
                       enum gcs_weak *callback)
{
    uint32_t record = has(heap, target, HAS_WEAKREFS) ? get(heap, key_of_target(target)) : 0;
    if (record && heap->weaks[record].callback == GCS_WEAK_PLAIN)
        record = heap->weaks[record].next;
    if (!record)
        return false;
    *weakref = heap->weaks[record].weakref;
    *callback = heap->weaks[record].callback;
    clear_record(heap, record);
    return true;
}

bool weak_has_plain(const struct gcs_heap *heap, gcs_row target)
{
    return has(heap, target, HAS_WEAKREFS) &&
           heap->weaks[get(heap, key_of_target(target))].callback == GCS_WEAK_PLAIN;
}

uint32_t weak_callbacks(const struct gcs_heap *heap, gcs_row target)
{
    uint32_t count = 0;
    if (has(heap, target, HAS_WEAKREFS))
        for (uint32_t r = get(heap, key_of_target(target)); r; r = heap->weaks[r].next)
            count += heap->weaks[r].callback != GCS_WEAK_PLAIN;
    return count;
}

void weak_free(struct gcs_heap *heap)
{
    gcs_memory_free(heap->memory, heap->weaks, heap->weak_capacity, sizeof *heap->weaks);
    gcs_memory_free(heap->memory, heap->weak_places, heap->weak_place_capacity,
                    sizeof *heap->weak_places);
}
