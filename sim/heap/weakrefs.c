/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Weak references: who refers weakly to whom, and what their callbacks do.
 *
 * They are rare, so they are kept beside the objects: an array of records, those of one target
 * linked in CPython's order (one without a callback first, then the youngest callback first),
 * and a small hash table from a weak reference, or a target, to its record. Whose records they
 * are is a number: a row of the heap's, or what stands for an object in another pass.
 */
#include "heap_private.h"

#include <string.h>

struct weak {
    uint32_t weakref;
    uint32_t target;
    uint32_t next; /* of the same target; of a free record: the next free one */
    uint32_t previous;
    enum gcs_weak callback;
};

struct weak_place {
    uint64_t key; /* 0: empty */
    uint32_t record;
};

static uint64_t key_of_weakref(uint32_t weakref)
{
    return (uint64_t)weakref * 2;
}

static uint64_t key_of_target(uint32_t target)
{
    return (uint64_t)target * 2 + 1;
}

static size_t home(const struct weak_refs *refs, uint64_t key)
{
    return (size_t)(key * 0x9e3779b97f4a7c15u >> 32) & (refs->place_capacity - 1);
}

/* Where the key is, or where it would go. */
static size_t find(const struct weak_refs *refs, uint64_t key)
{
    size_t at = home(refs, key), mask = refs->place_capacity - 1;
    while (refs->places[at].key != 0 && refs->places[at].key != key)
        at = (at + 1) & mask;
    return at;
}

static uint32_t get(const struct weak_refs *refs, uint64_t key)
{
    return refs->place_capacity ? refs->places[find(refs, key)].record : 0;
}

static void put(struct weak_refs *refs, uint64_t key, uint32_t record)
{
    struct weak_place *place = &refs->places[find(refs, key)];
    refs->place_count += place->key == 0;
    *place = (struct weak_place){key, record};
}

static void forget(struct weak_refs *refs, uint64_t key)
{
    size_t mask = refs->place_capacity - 1, hole = find(refs, key);
    for (size_t i = (hole + 1) & mask; refs->places[i].key; i = (i + 1) & mask)
        if (((i - home(refs, refs->places[i].key)) & mask) >= ((i - hole) & mask)) {
            refs->places[hole] = refs->places[i];
            hole = i;
        }
    refs->places[hole] = (struct weak_place){0};
    refs->place_count--;
}

static enum gcs_status make_room(struct weak_refs *refs, struct gcs_memory *memory,
                                 struct gcs_error *error)
{
    GCS_TRY(GCS_GROW(memory, &refs->records, &refs->capacity, refs->count + 2, error));
    if (refs->count == 0)
        refs->count = 1; /* record 0 is none */
    if ((refs->place_count + 2) * 2 <= refs->place_capacity)
        return GCS_OK;
    struct weak_place *before = refs->places, *grown = NULL;
    size_t capacity = refs->place_capacity, wanted = capacity ? capacity * 2 : 64, room = 0;
    GCS_TRY(GCS_GROW(memory, &grown, &room, wanted, error));
    memset(grown, 0, sizeof *grown * room);
    refs->places = grown;
    refs->place_capacity = room;
    refs->place_count = 0;
    for (size_t i = 0; i < capacity; i++)
        if (before[i].key)
            put(refs, before[i].key, before[i].record);
    gcs_memory_free(memory, before, capacity, sizeof *before);
    return GCS_OK;
}

enum gcs_status weak_refs_add(struct weak_refs *refs, struct gcs_memory *memory,
                              uint32_t weakref, uint32_t target, enum gcs_weak callback,
                              struct gcs_error *error)
{
    GCS_TRY(make_room(refs, memory, error));
    uint32_t record = refs->free;
    if (record)
        refs->free = refs->records[record].next;
    else
        record = (uint32_t)refs->count++;
    uint32_t first = get(refs, key_of_target(target)), before = 0, after = first;
    if (callback != GCS_WEAK_PLAIN && first &&
        refs->records[first].callback == GCS_WEAK_PLAIN) {
        before = first;
        after = refs->records[first].next;
    }
    refs->records[record] = (struct weak){weakref, target, after, before, callback};
    if (after)
        refs->records[after].previous = record;
    if (before)
        refs->records[before].next = record;
    else
        put(refs, key_of_target(target), record);
    put(refs, key_of_weakref(weakref), record);
    return GCS_OK;
}

/* _PyWeakref_ClearRef: the weak reference refers to nothing from now on. */
static void clear_record(struct weak_refs *refs, uint32_t record)
{
    struct weak weak = refs->records[record];
    if (weak.next)
        refs->records[weak.next].previous = weak.previous;
    if (weak.previous)
        refs->records[weak.previous].next = weak.next;
    else if (weak.next)
        put(refs, key_of_target(weak.target), weak.next);
    else
        forget(refs, key_of_target(weak.target));
    forget(refs, key_of_weakref(weak.weakref));
    refs->records[record].next = refs->free;
    refs->free = record;
}

void weak_refs_clear(struct weak_refs *refs, uint32_t weakref)
{
    uint32_t record = get(refs, key_of_weakref(weakref));
    if (record)
        clear_record(refs, record);
}

bool weak_refs_pop(struct weak_refs *refs, uint32_t target, bool with_callback,
                   uint32_t *weakref, enum gcs_weak *callback)
{
    uint32_t record = get(refs, key_of_target(target));
    if (record && with_callback && refs->records[record].callback == GCS_WEAK_PLAIN)
        record = refs->records[record].next;
    if (!record)
        return false;
    *weakref = refs->records[record].weakref;
    *callback = refs->records[record].callback;
    clear_record(refs, record);
    return true;
}

bool weak_refs_has_plain(const struct weak_refs *refs, uint32_t target)
{
    uint32_t record = get(refs, key_of_target(target));
    return record && refs->records[record].callback == GCS_WEAK_PLAIN;
}

uint32_t weak_refs_callbacks(const struct weak_refs *refs, uint32_t target)
{
    uint32_t count = 0;
    for (uint32_t r = get(refs, key_of_target(target)); r; r = refs->records[r].next)
        count += refs->records[r].callback != GCS_WEAK_PLAIN;
    return count;
}

void weak_refs_free(struct weak_refs *refs, struct gcs_memory *memory)
{
    gcs_memory_free(memory, refs->records, refs->capacity, sizeof *refs->records);
    gcs_memory_free(memory, refs->places, refs->place_capacity, sizeof *refs->places);
}

/* The heap's own */

enum gcs_status weak_add(struct gcs_heap *heap, gcs_row weakref, gcs_row target,
                         enum gcs_weak callback, struct gcs_error *error)
{
    GCS_TRY(weak_refs_add(&heap->weak, heap->memory, weakref, target, callback, error));
    set(heap, target, HAS_WEAKREFS);
    return GCS_OK;
}

void weak_clear(struct gcs_heap *heap, gcs_row weakref)
{
    weak_refs_clear(&heap->weak, weakref);
}

bool weak_pop(struct gcs_heap *heap, gcs_row target, gcs_row *weakref, enum gcs_weak *callback)
{
    return has(heap, target, HAS_WEAKREFS) &&
           weak_refs_pop(&heap->weak, target, false, weakref, callback);
}

bool weak_pop_callback(struct gcs_heap *heap, gcs_row target, gcs_row *weakref,
                       enum gcs_weak *callback)
{
    return has(heap, target, HAS_WEAKREFS) &&
           weak_refs_pop(&heap->weak, target, true, weakref, callback);
}

bool weak_has_plain(const struct gcs_heap *heap, gcs_row target)
{
    return has(heap, target, HAS_WEAKREFS) && weak_refs_has_plain(&heap->weak, target);
}

uint32_t weak_callbacks(const struct gcs_heap *heap, gcs_row target)
{
    return has(heap, target, HAS_WEAKREFS) ? weak_refs_callbacks(&heap->weak, target) : 0;
}
