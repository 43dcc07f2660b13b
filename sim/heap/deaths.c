/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The two ends of an object's memory: gc_alloc, and death by reference count with all that
 * hangs on it. Dying is iterative: a chain of a million objects must not recurse.
 */
#include "heap_private.h"

/* The occupancy of the free list that serves such an object, and its capacity; NULL: none does.
 */
uint16_t *free_list_of(struct gcs_heap *heap, const struct shape *shape, uint32_t slots,
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
    case GCS_KIND_FRAME:
        list = GCS_FREE_LIST_FRAME;
        break;
    case GCS_KIND_ITERATOR:
        list = GCS_FREE_LIST_ITERATOR;
        break;
    case GCS_KIND_INSTANCE:
    case GCS_KIND_ATOMIC:
    case GCS_KIND_FUNCTION:
    case GCS_KIND_CELL:
    case GCS_KIND_GENERATOR:
    case GCS_KIND_COROUTINE:
    case GCS_KIND_WEAKREF:
    case GCS_KIND_CONTAINER:
    case GCS_KIND_COUNT:
    default:
        return NULL;
    }
    *capacity = heap->rules->free_list[list];
    return *capacity ? &heap->occupancy[list] : NULL;
}

static bool is_served(const struct shape *shape, const uint16_t *occupancy)
{
    return shape->gc && (shape->zombie || (occupancy && *occupancy > 0));
}

/* In a trace recorded with free lists resolved only what a collection frees is kept. */
static bool may_keep(const struct gcs_heap *heap)
{
    return !heap->trace->options.freelists_resolved || heap->collecting;
}

/* Up to 3.10 a code object keeps one dead frame of its own. */
static bool becomes_zombie(const struct gcs_heap *heap, const struct shape *shape)
{
    return shape->gc && shape->kind == GCS_KIND_FRAME && heap->rules->zombie_frames &&
           !shape->zombie && may_keep(heap);
}

static bool is_parked(const struct gcs_heap *heap, const struct shape *shape,
                      const uint16_t *occupancy, uint16_t capacity)
{
    return shape->gc && occupancy && *occupancy < capacity && may_keep(heap);
}

/* Where the blocks come from, before gc_alloc … */
void take_blocks(struct gcs_heap *heap, gcs_row row, const struct shape *shape, uint32_t slots)
{
    uint16_t capacity;
    const uint16_t *occupancy = free_list_of(heap, shape, slots, true, &capacity);
    int list = shape->zombie                 ? ZOMBIES
               : is_served(shape, occupancy) ? (int)list_number(heap, occupancy)
                                             : NO_FREE_LIST;
    pymalloc_take(heap, row, shape, slots, list);
}

/* … and where they go, before gc_free. */
static void give_blocks_back(struct gcs_heap *heap, gcs_row row, const struct shape *shape,
                             uint32_t slots)
{
    uint16_t capacity;
    const uint16_t *occupancy = free_list_of(heap, shape, slots, false, &capacity);
    int list = becomes_zombie(heap, shape)                   ? ZOMBIES
               : is_parked(heap, shape, occupancy, capacity) ? (int)list_number(heap, occupancy)
                                                             : NO_FREE_LIST;
    pymalloc_give_back(heap, row, shape, slots, list);
}

/* The allocation counts, unless a free list or the code object serves it. */
void gc_alloc(struct gcs_heap *heap, struct shape *shape, uint32_t slots)
{
    uint16_t capacity;
    uint16_t *occupancy = free_list_of(heap, shape, slots, true, &capacity);
    if (!shape->gc)
        return;
    if (shape->zombie)
        shape->zombie = false;
    else if (is_served(shape, occupancy))
        --*occupancy;
    else if (!heap->rules->count_tracking)
        count_one_more(heap);
}

/* The memory goes: parked on a free list, unseen by the counter, or really released. */
static void gc_free(struct gcs_heap *heap, struct shape *shape, uint32_t slots)
{
    uint16_t capacity;
    uint16_t *occupancy = free_list_of(heap, shape, slots, false, &capacity);
    if (!shape->gc)
        return;
    if (becomes_zombie(heap, shape))
        shape->zombie = true;
    else if (is_parked(heap, shape, occupancy, capacity))
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
        if (heap->pymalloc)
            pymalloc_empty(heap, GCS_FREE_LIST_COUNT + length);
    }
    for (unsigned list = 0; list < GCS_FREE_LIST_COUNT; list++)
        if (heap->rules->emptied[list]) {
            shells += heap->occupancy[list];
            heap->occupancy[list] = 0;
            if (heap->pymalloc)
                pymalloc_empty(heap, list);
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
    return gcs_taken_bytes(heap->rules, extra);
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

unsigned close_allocations(const struct gcs_heap *heap, const struct shape *shape)
{
    return shape->kind == GCS_KIND_GENERATOR ? heap->rules->close_generator
                                             : heap->rules->close_coroutine;
}

/* A suspended generator is closed before it dies: an exception is thrown into it, which drops
 * what it holds. What that makes for the time may collect (CPython 3.10, genobject.c,
 * gen_dealloc); the generator is young and kept meanwhile. */
static void begin_closing(struct gcs_heap *heap, gcs_row row)
{
    heap->closings[heap->closing_count++] = (struct closing){.owner = heap->rows[row].next};
    unset(heap, row, DYING);
    set(heap, row, FINALIZED);
    heap->rows[row].roots = 0;
    take_root(heap, row);
    track(heap, row);
    for (unsigned i = close_allocations(heap, shape_of(heap, row)); i > 0; i--)
        count_one_more(heap);
    set(heap, row, CLOSING);
}

/* Where closing makes nothing, to give up the slots is all there is to it. */
static bool wants_closing(const struct gcs_heap *heap, gcs_row row)
{
    const struct shape *shape = shape_of(heap, row);
    return shape->closes && !has(heap, row, FINALIZED) &&
           (close_allocations(heap, shape) || heap->rules->count_tracking);
}

static void end_closing(struct gcs_heap *heap, gcs_row row)
{
    heap->closing_count--;
    untrack(heap, row);
    heap->rows[row].refs = heap->rows[row].roots = 0;
    for (unsigned i = close_allocations(heap, shape_of(heap, row)); i > 0; i--)
        count_one_less(heap);
}

/* Whose death let a dying object go. */
static gcs_row *owner_of(struct gcs_heap *heap, gcs_row dying)
{
    return has(heap, dying, CLOSING) ? &heap->closings[heap->closing_count - 1].owner
                                     : &heap->rows[dying].next;
}

/* How many of its slots a dying object has given up: in roots, as nobody refers to it any more.
 */
static uint32_t *step_of(struct gcs_heap *heap, gcs_row dying)
{
    return has(heap, dying, CLOSING) ? &heap->closings[heap->closing_count - 1].step
                                     : &heap->rows[dying].roots;
}

/* The object is gone for good: books are closed, row and slots handed back. */
static void release(struct gcs_heap *heap, gcs_row row)
{
    struct shape *shape = &heap->shapes[heap->rows[row].shape & SHAPE_MASK];
    uint32_t count;
    slots_of(heap, row, &count);
    uint64_t bytes = row_bytes(heap, row) + row_extra(heap, row);
    heap->totals.live_objects--;
    heap->totals.live_bytes -= bytes;
    if (has(heap, row, GARBAGE)) {
        heap->totals.garbage_objects--;
        heap->totals.garbage_bytes -= bytes;
    }
    if (has(heap, row, CLOSING))
        end_closing(heap, row);
    heap->generators -= shape->closes;
    if (heap->pymalloc)
        give_blocks_back(heap, row, shape, count);
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
        heap->stamps[row] = heap->stamp;
    return --heap->rows[row].refs == 0;
}

/* PyObject_ClearWeakRefs makes a tuple of callbacks and weak references first. It is gone when
 * the last callback has been called; only that it was allocated can be noticed. */
static void make_callback_tuple(struct gcs_heap *heap, gcs_row row)
{
    static const struct gcs_type type = {.kind = GCS_KIND_TUPLE, .bytes = GCS_BYTES_BY_MODEL};
    struct shape tuple = {.type = &type, .kind = GCS_KIND_TUPLE, .gc = true};
    uint32_t callbacks = weak_callbacks(heap, row);
    /* Such a tuple may start a collection, in which another one is made, but no third. */
    gcs_row passing = heap->collecting ? HEAD_YOUNG : NOBODY;
    if (callbacks && callbacks >= heap->rules->weak_tuple_from) {
        if (heap->pymalloc)
            take_blocks(heap, passing, &tuple, 2 * callbacks);
        gc_alloc(heap, &tuple, 2 * callbacks);
        if (heap->pymalloc)
            give_blocks_back(heap, passing, &tuple, 2 * callbacks);
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
    struct shape tuple = {.kind = GCS_KIND_TUPLE, .gc = true};
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
    bool stays_frozen = is_free_threaded(heap) && has(heap, row, FROZEN);
    if (has(heap, row, TRACKED)) {
        unset(heap, row, COLLECTING | UNREACHABLE);
        untrack(heap, row);
    }
    if (!heap->rules->legacy_finalizers && finalize(heap, row)) {
        if (stays_frozen)
            enter_permanent(heap, row);
        return false;
    }
    if (heap->lives)
        lives_end(heap, row);
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
    uint32_t *step = step_of(heap, dying);
    while (*step < count) {
        uint32_t at = given_up(dying_order(shape_of(heap, dying)), (*step)++, count);
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
    gcs_row next;
    if (!begin_dying(heap, row))
        return;
    *owner_of(heap, row) = NOBODY;
    while (row != NOBODY) {
        gcs_row owner = *owner_of(heap, row);
        bool called = next_callback(heap, row, &next);
        bool alive = !called && heap->rules->legacy_finalizers && finalize(heap, row);
        if (heap->generators && !called && !alive && wants_closing(heap, row)) {
            begin_closing(heap, row);
            continue;
        }
        if (called || (!alive && next_slot(heap, row, &next))) {
            if (begin_dying(heap, next)) {
                *owner_of(heap, next) = row;
                row = next;
            }
            continue;
        }
        if (!alive)
            release(heap, row);
        row = owner;
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

/* The object is gone, and what it holds does not notice. */
void vanish(struct gcs_heap *heap, gcs_row row)
{
    gcs_row weakref;
    enum gcs_weak callback;
    if (has(heap, row, TRACKED))
        untrack(heap, row);
    if (shape_of(heap, row)->kind == GCS_KIND_WEAKREF)
        weak_clear(heap, row);
    while (weak_pop(heap, row, &weakref, &callback))
        continue;
    release(heap, row);
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
