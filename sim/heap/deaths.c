/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two ends of an object's memory: gc_alloc, and death by reference count with all that
 * hangs on it. Dying is iterative: a chain of a million objects must not recurse.
 */
#include "heap_private.h"

/* The occupancy of the free list that serves such an object, and its capacity; NULL: none does.
 */
static uint16_t *free_list_of(struct gcs_heap *heap, const struct shape *shape, uint32_t slots,
                              bool reuse, uint16_t *capacity)
{
    enum gcs_free_list list;
    switch ((enum gcs_kind)shape->kind) {
    case GCS_KIND_TUPLE: {
        uint32_t longest = reuse ? heap->rules->tuple_reused : heap->rules->tuple_parked;
        *capacity = heap->rules->tuple_free_list;
        return slots >= 1 && slots <= longest ? &heap->tuple_occupancy[slots] : NULL;
    }
    case GCS_KIND_LIST:
        list = GCS_FREE_LIST_LIST;
        break;
    case GCS_KIND_DICT:
        list = GCS_FREE_LIST_DICT;
        break;
    case GCS_KIND_SET:
        list = GCS_FREE_LIST_SET;
        break;
    case GCS_KIND_METHOD:
        list = GCS_FREE_LIST_METHOD;
        break;
    case GCS_KIND_CFUNCTION:
        list = GCS_FREE_LIST_CFUNCTION;
        break;
    case GCS_KIND_SLICE:
        list = GCS_FREE_LIST_SLICE;
        break;
    case GCS_KIND_INSTANCE:
    case GCS_KIND_ATOMIC:
    case GCS_KIND_FUNCTION:
    case GCS_KIND_CELL:
    case GCS_KIND_GENERATOR:
    case GCS_KIND_COROUTINE:
    case GCS_KIND_FRAME:
    case GCS_KIND_ITERATOR:
    case GCS_KIND_WEAKREF:
    case GCS_KIND_CONTAINER:
    case GCS_KIND_COUNT:
    default:
        return NULL;
    }
    *capacity = heap->rules->free_list[list];
    return *capacity ? &heap->occupancy[list] : NULL;
}

/* The allocation counts, unless a free list serves it. */
void gc_alloc(struct gcs_heap *heap, const struct shape *shape, uint32_t slots)
{
    uint16_t capacity;
    uint16_t *occupancy = free_list_of(heap, shape, slots, true, &capacity);
    if (!shape->gc)
        return;
    if (occupancy && *occupancy > 0)
        --*occupancy;
    else if (!heap->rules->count_tracking)
        count_one_more(heap);
}

/* The memory goes: parked on a free list, unseen by the counter, or really released. In a trace
 * recorded with free lists resolved only what a collection frees is parked. */
static void gc_free(struct gcs_heap *heap, const struct shape *shape, uint32_t slots)
{
    uint16_t capacity;
    uint16_t *occupancy = free_list_of(heap, shape, slots, false, &capacity);
    if (!shape->gc)
        return;
    bool resolved = heap->trace->options.freelists_resolved && !heap->collecting;
    if (occupancy && *occupancy < capacity && !resolved)
        ++*occupancy;
    else if (!heap->rules->count_tracking)
        count_one_less(heap);
}

void empty_free_lists(struct gcs_heap *heap)
{
    int64_t shells = 0;
    for (unsigned length = 1; length < GCS_TUPLE_LENGTHS; length++) {
        shells += heap->tuple_occupancy[length];
        heap->tuple_occupancy[length] = 0;
    }
    for (unsigned list = 0; list < GCS_FREE_LIST_COUNT; list++)
        if (heap->rules->emptied[list]) {
            shells += heap->occupancy[list];
            heap->occupancy[list] = 0;
        }
    if (heap->rules->count_tracking)
        return;
    while (shells-- > 0)
        count_one_less(heap);
}

uint64_t row_bytes(const struct gcs_heap *heap, gcs_row row)
{
    const struct shape *shape = shape_of(heap, row);
    uint32_t count;
    slots_of(heap, row, &count);
    if (count == shape->slots || shape->companion) /* a companion's owner has one slot */
        return shape->bytes;
    return gcs_object_bytes(heap->rules, shape->type, count);
}

uint64_t row_extra(const struct gcs_heap *heap, gcs_row row)
{
    uint64_t extra = heap->rows[row].extra;
    if (extra == BIG_EXTRA)
        for (size_t i = 0; i < heap->big_count; i++)
            if (heap->big[i].row == row)
                extra = heap->big[i].bytes;
    return gcs_payload_bytes(heap->rules, extra);
}

static void forget_big(struct gcs_heap *heap, gcs_row row)
{
    for (size_t i = 0; i < heap->big_count; i++)
        if (heap->big[i].row == row) {
            heap->big[i] = heap->big[--heap->big_count];
            return;
        }
}

enum gcs_status set_extra(struct gcs_heap *heap, gcs_row row, uint64_t extra,
                          struct gcs_error *error)
{
    if (heap->rows[row].extra == BIG_EXTRA)
        forget_big(heap, row);
    heap->rows[row].extra = (uint32_t)(extra < BIG_EXTRA ? extra : BIG_EXTRA);
    if (extra < BIG_EXTRA)
        return GCS_OK;
    GCS_TRY(
        GCS_GROW(heap->memory, &heap->big, &heap->big_capacity, heap->big_count + 1, error));
    heap->big[heap->big_count++] = (struct big_extra){row, extra};
    return GCS_OK;
}

/* The object is gone for good: books are closed, row and slots handed back. */
static void release(struct gcs_heap *heap, gcs_row row)
{
    const struct shape *shape = shape_of(heap, row);
    uint32_t count;
    slots_of(heap, row, &count);
    uint64_t bytes = row_bytes(heap, row) + row_extra(heap, row);
    heap->totals.live_objects--;
    heap->totals.live_bytes -= bytes;
    if (has(heap, row, GARBAGE)) {
        heap->totals.garbage_objects--;
        heap->totals.garbage_bytes -= bytes;
    }
    gc_free(heap, shape, count);
    if (heap->rows[row].extra == BIG_EXTRA)
        forget_big(heap, row);
    number_remove(heap, row);
    slots_give_back(heap, heap->rows[row].slots);
    row_give_back(heap, row);
}

/* One reference to the object goes. True if it was the last. */
static bool lose(struct gcs_heap *heap, gcs_row row)
{
    GCS_ASSERT(heap->rows[row].refs > 0);
    if (heap->stamps)
        heap->stamps[row] = heap->event + 1;
    return --heap->rows[row].refs == 0;
}

/* PyObject_ClearWeakRefs makes a tuple of callbacks and weak references first. It is gone when
 * the last callback has been called; only that it was allocated can be noticed. */
static void make_callback_tuple(struct gcs_heap *heap, gcs_row row)
{
    static const struct shape tuple = {.kind = GCS_KIND_TUPLE, .gc = true};
    uint32_t callbacks = weak_callbacks(heap, row);
    if (callbacks && callbacks >= heap->rules->weak_tuple_from) {
        gc_alloc(heap, &tuple, 2 * callbacks);
        gc_free(heap, &tuple, 2 * callbacks);
        if (heap->rules->count_tracking) {
            count_one_more(heap);
            count_one_less(heap);
        }
    }
}

/* 2.7 passes a callback its weak reference in a tuple, gone once the call is over. */
void make_argument_tuple(struct gcs_heap *heap)
{
    static const struct shape tuple = {.kind = GCS_KIND_TUPLE, .gc = true};
    gc_alloc(heap, &tuple, 1);
    gc_free(heap, &tuple, 1);
}

/* Runs the finalizer, once in an object's life. True: it resurrected the object, which is young
 * again. */
static bool finalize(struct gcs_heap *heap, gcs_row row)
{
    uint8_t finalizer = shape_of(heap, row)->finalizer;
    if (finalizer == GCS_FINALIZER_NONE || has(heap, row, FINALIZED))
        return false;
    set(heap, row, FINALIZED);
    if (finalizer != GCS_FINALIZER_RESURRECT)
        return false;
    unset(heap, row, DYING);
    heap->rows[row].roots = 0;
    take_root(heap, row);
    track_at_birth(heap, row);
    return true;
}

/* CPython's subtype_dealloc up to the slots: out of the collector's sight, the finalizer (a
 * legacy one comes later), the weak references. In a collection the object may still be among
 * the unreachable. False: it was resurrected. */
static bool begin_dying(struct gcs_heap *heap, gcs_row row)
{
    const struct shape *shape = shape_of(heap, row);
    if (has(heap, row, TRACKED)) {
        unset(heap, row, COLLECTING | UNREACHABLE);
        untrack(heap, row);
    }
    if (!heap->rules->legacy_finalizers && finalize(heap, row))
        return false;
    set(heap, row, DYING);
    heap->rows[row].roots = 0;
    if (shape->kind == GCS_KIND_WEAKREF)
        weak_clear(heap, row);
    if (has(heap, row, HAS_WEAKREFS))
        make_callback_tuple(heap, row);
    return true;
}

/* Calls the dying object's next callback that takes a root off its weak reference; true if that
 * was the last reference to the weak reference. */
static bool next_callback(struct gcs_heap *heap, gcs_row dying, gcs_row *next)
{
    enum gcs_weak callback;
    while (weak_pop(heap, dying, next, &callback)) {
        if (callback != GCS_WEAK_PLAIN && heap->rules->callback_tuples)
            make_argument_tuple(heap);
        if (callback == GCS_WEAK_DROP && heap->rows[*next].roots > 0) {
            heap->rows[*next].roots--;
            if (lose(heap, *next))
                return true;
        }
    }
    return false;
}

/* Empties one more slot of a dying object; true if that was the last reference to what it held.
 */
static bool next_slot(struct gcs_heap *heap, gcs_row dying, gcs_row *next)
{
    uint32_t count;
    uint32_t *slots = slots_of(heap, dying, &count);
    bool last_first = shape_of(heap, dying)->last_first;
    uint32_t *step = &heap->rows[dying].roots; /* free to use: nobody refers to it any more */
    while (*step < count) {
        uint32_t at = last_first ? count - 1 - *step : *step;
        ++*step;
        *next = slots[at];
        slot_set(heap, dying, &slots[at], NOBODY);
        if (*next != NOBODY && lose(heap, *next))
            return true;
    }
    return false;
}

/* The object has no reference left. Depth first, each object's shell after its contents; the
 * way back is kept in the dying rows themselves. */
static void die(struct gcs_heap *heap, gcs_row row)
{
    gcs_row owner = NOBODY, next;
    if (!begin_dying(heap, row))
        return;
    for (;;) {
        bool called = next_callback(heap, row, &next);
        bool alive = !called && heap->rules->legacy_finalizers && finalize(heap, row);
        if (called || (!alive && next_slot(heap, row, &next))) {
            if (begin_dying(heap, next)) {
                heap->rows[row].next = owner;
                owner = row;
                row = next;
            }
            continue;
        }
        if (!alive)
            release(heap, row);
        if (owner == NOBODY)
            return;
        row = owner;
        owner = heap->rows[row].next;
    }
}

void take_root(struct gcs_heap *heap, gcs_row row)
{
    heap->rows[row].refs++;
    heap->rows[row].roots++;
}

void give_up_root(struct gcs_heap *heap, gcs_row row)
{
    heap->rows[row].roots--;
    let_go(heap, row);
}

void let_go(struct gcs_heap *heap, gcs_row row)
{
    if (lose(heap, row))
        die(heap, row);
}

/* tp_clear: the object gives up what it holds. The caller holds a reference to it. */
void clear_slots(struct gcs_heap *heap, gcs_row row)
{
    uint32_t count;
    slots_of(heap, row, &count);
    bool last_first = shape_of(heap, row)->last_first;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t *slot = slots_of(heap, row, &count) + (last_first ? count - 1 - i : i);
        gcs_row target = *slot;
        slot_set(heap, row, slot, NOBODY);
        if (target != NOBODY)
            let_go(heap, target);
    }
}
