/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lifetimes: one pass over a trace with reference counts and no collector.
 *
 * Deaths by reference counting fall where they fall. What is left at the end and cannot be
 * reached from a root became unreachable at the latest moment at which anything that reaches it
 * lost a reference (Merlin: Hertz, Blackburn, Moss, McKinley, Stefanović 2002): stamps are
 * spread along the references among the garbage, latest first. No program can change what it
 * cannot reach, so the graph at the end serves all moments.
 *
 * With `strict`, each object that the trace names must be reachable then. Proof is a chain of
 * witnesses: the slot through which the object was last seen held, its holder's witness, and so
 * on up to a root. Where the chain is broken a marking pass from the roots decides, and leaves
 * new witnesses for everything it reaches.
 */
#include "heap_private.h"

#include <stdlib.h>
#include <string.h>

struct witness {
    gcs_row holder;
    uint32_t slot;
};

struct pass {
    struct gcs_heap *heap;
    struct gcs_memory *memory;
    struct witness *witnesses; /* by row; strict only */
    size_t witness_capacity;
    gcs_row *stack;
    size_t stack_capacity;
    unsigned char *marks; /* by row */
    size_t mark_capacity;
};

/* No version's: everything is one object, nothing is parked. */
static const struct gcs_rules plain_rules = {
    .alignment = 16, .gc_header = 16, .minor = 13, .slotless_is_gc = true};

static bool is_live(const struct gcs_heap *heap, gcs_row row)
{
    return heap->rows[row].refs > 0;
}

static enum gcs_status make_room(struct pass *pass, struct gcs_error *error)
{
    size_t rows = pass->heap->row_count;
    GCS_TRY(GCS_GROW(pass->memory, &pass->stack, &pass->stack_capacity, rows, error));
    return GCS_GROW(pass->memory, &pass->marks, &pass->mark_capacity, rows, error);
}

/* Marks what `row` reaches and is not marked yet; tells each its witness if there are any. */
static void mark_from(struct pass *pass, gcs_row row)
{
    struct gcs_heap *heap = pass->heap;
    size_t height = 0;
    pass->marks[row] = 1;
    pass->stack[height++] = row;
    while (height) {
        gcs_row holder = pass->stack[--height];
        uint32_t count;
        const uint32_t *slots = slots_of(heap, holder, &count);
        for (uint32_t i = 0; i < count; i++) {
            if (slots[i] == NOBODY || pass->marks[slots[i]])
                continue;
            pass->marks[slots[i]] = 1;
            if (pass->witnesses)
                pass->witnesses[slots[i]] = (struct witness){holder, i};
            pass->stack[height++] = slots[i];
        }
    }
}

static enum gcs_status mark_from_roots(struct pass *pass, struct gcs_error *error)
{
    struct gcs_heap *heap = pass->heap;
    GCS_TRY(make_room(pass, error));
    memset(pass->marks, 0, heap->row_count);
    for (gcs_row row = FIRST_ROW; row < heap->row_count; row++)
        if (is_live(heap, row) && heap->rows[row].roots > 0 && !pass->marks[row])
            mark_from(pass, row);
    return GCS_OK;
}

/* The chain of witnesses leads up to a root. */
static bool is_witnessed(const struct pass *pass, gcs_row row)
{
    const struct gcs_heap *heap = pass->heap;
    for (uint64_t steps = 0; steps <= heap->totals.live_objects; steps++) {
        if (heap->rows[row].roots > 0)
            return true;
        struct witness witness = pass->witnesses[row];
        if (witness.holder == NOBODY || !is_live(heap, witness.holder))
            return false;
        uint32_t count;
        const uint32_t *slots = slots_of(heap, witness.holder, &count);
        if (witness.slot >= count || slots[witness.slot] != row)
            return false;
        row = witness.holder;
    }
    return false; /* a cycle of witnesses */
}

static enum gcs_status must_be_reachable(struct pass *pass, uint64_t object,
                                         struct gcs_error *error)
{
    gcs_row row = number_find(pass->heap, object);
    if (row == NOBODY || is_witnessed(pass, row)) /* what is gone, apply will tell */
        return GCS_OK;
    GCS_TRY(mark_from_roots(pass, error));
    if (pass->marks[row])
        return GCS_OK;
    return gcs_fail(error, GCS_INVALID,
                    "object %llu is unreachable: no program can name it here (drop its last "
                    "root later, or leave this line out)",
                    (unsigned long long)object);
}

/* The objects that an event names are reachable before it. */
static enum gcs_status check_named(struct pass *pass, const struct gcs_event *event,
                                   const uint64_t *targets, struct gcs_error *error)
{
    switch ((enum gcs_op)event->op) {
    case GCS_OP_ALLOCATE:
        if (event->flags & GCS_EVENT_BORN)
            for (uint32_t i = 0; i < event->slots; i++)
                GCS_TRY(must_be_reachable(pass, targets[event->first + i], error));
        return GCS_OK;
    case GCS_OP_STORE:
    case GCS_OP_WEAK:
        GCS_TRY(must_be_reachable(pass, event->object, error));
        return must_be_reachable(pass, event->value, error);
    case GCS_OP_ROOT_MORE:
    case GCS_OP_ROOT_LESS:
    case GCS_OP_RESIZE:
        return must_be_reachable(pass, event->object, error);
    case GCS_OP_WORK:
    case GCS_OP_IDLE:
    case GCS_OP_BEGIN:
    case GCS_OP_END:
    case GCS_OP_COLLECT:
    case GCS_OP_GC:
    case GCS_OP_ENTER:
    case GCS_OP_LEAVE:
    case GCS_OP_MARK:
    case GCS_OP_COUNT:
        break;
    }
    return GCS_OK;
}

/* A set holds an object once. */
static enum gcs_status check_set(const struct pass *pass, const struct gcs_event *event,
                                 struct gcs_error *error)
{
    const struct gcs_heap *heap = pass->heap;
    gcs_row set_row = number_find(heap, event->object);
    if (set_row == NOBODY || shape_of(heap, set_row)->kind != GCS_KIND_SET)
        return GCS_OK;
    uint32_t count;
    const uint32_t *slots = slots_of(heap, set_row, &count);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = i + 1; j < count && slots[i] != NOBODY; j++)
            if (slots[i] == slots[j])
                return gcs_fail(
                    error, GCS_INVALID,
                    "object %llu is a set and holds the same object in slots %u and "
                    "%u",
                    (unsigned long long)event->object, i, j);
    return GCS_OK;
}

/* Remembers through which slots the event's targets are held now. */
static void take_witnesses(struct pass *pass, const struct gcs_event *event,
                           const uint64_t *targets)
{
    const struct gcs_heap *heap = pass->heap;
    if (event->op == GCS_OP_ALLOCATE) {
        gcs_row row = number_find(heap, event->object);
        pass->witnesses[row] = (struct witness){NOBODY, 0};
        if (event->flags & GCS_EVENT_BORN)
            for (uint32_t i = 0; i < event->slots; i++)
                if (targets[event->first + i])
                    pass->witnesses[number_find(heap, targets[event->first + i])] =
                        (struct witness){row, i};
    } else if (event->op == GCS_OP_STORE && event->value) {
        gcs_row target = number_find(heap, event->value);
        if (target != NOBODY)
            pass->witnesses[target] =
                (struct witness){number_find(heap, event->object), event->type};
    }
}

static enum gcs_status run_strictly(struct pass *pass, const struct gcs_block *block,
                                    uint32_t index, struct gcs_error *error)
{
    const struct gcs_event *event = &block->events[index];
    GCS_TRY(check_named(pass, event, block->targets, error));
    GCS_TRY(gcs_heap_apply(pass->heap, block, index, error));
    GCS_TRY(GCS_GROW(pass->memory, &pass->witnesses, &pass->witness_capacity,
                     pass->heap->row_capacity, error));
    take_witnesses(pass, event, block->targets);
    if (event->op == GCS_OP_STORE || event->op == GCS_OP_ALLOCATE)
        return check_set(pass, event, error);
    return GCS_OK;
}

static enum gcs_status run(struct pass *pass, const struct gcs_trace *trace, bool strict,
                           struct gcs_lifetimes *lifetimes, struct gcs_error *error)
{
    struct gcs_cursor *cursor;
    struct gcs_block block;
    GCS_TRY(gcs_cursor_new(trace, pass->memory, &cursor, error));
    enum gcs_status status;
    while ((status = gcs_cursor_next(cursor, &block, error)) == GCS_OK && block.count)
        for (uint32_t i = 0; i < block.count && status == GCS_OK; i++) {
            if (block.events[i].op == GCS_OP_WEAK && block.events[i].detail != GCS_WEAK_PLAIN)
                lifetimes->weak_callbacks++;
            status = strict ? run_strictly(pass, &block, i, error)
                            : gcs_heap_apply(pass->heap, &block, i, error);
            if (status != GCS_OK) {
                if (error && !error->has_event) {
                    error->has_event = true;
                    error->event = block.first_event + i;
                }
                gcs_cursor_free(cursor);
                return status;
            }
        }
    gcs_cursor_free(cursor);
    return status;
}

static int by_stamp_then_object(const void *a, const void *b)
{
    const struct gcs_garbage *x = a, *y = b;
    if (x->event != y->event)
        return x->event < y->event ? -1 : 1;
    return x->object < y->object ? -1 : x->object > y->object;
}

/* Unmarked objects with their own stamps. */
static enum gcs_status list_garbage(struct pass *pass, struct gcs_lifetimes *lifetimes,
                                    struct gcs_error *error)
{
    struct gcs_heap *heap = pass->heap;
    for (gcs_row row = FIRST_ROW; row < heap->row_count; row++) {
        if (!is_live(heap, row))
            continue;
        if (pass->marks[row]) {
            lifetimes->survivors++;
            continue;
        }
        GCS_TRY(GCS_GROW(pass->memory, &lifetimes->garbage, &lifetimes->garbage_capacity,
                         lifetimes->garbage_count + 1, error));
        lifetimes->garbage[lifetimes->garbage_count++] =
            (struct gcs_garbage){heap->stamps[row] - 1, row};
    }
    return GCS_OK;
}

/* Spreads stamps latest first; on the way rows become object numbers. */
static void spread_stamps(struct pass *pass, struct gcs_lifetimes *lifetimes)
{
    struct gcs_heap *heap = pass->heap;
    struct gcs_garbage *garbage = lifetimes->garbage;
    size_t count = lifetimes->garbage_count, done = count;
    if (!count)
        return;
    qsort(garbage, count, sizeof *garbage, by_stamp_then_object);
    for (size_t i = count; i-- > 0;) {
        size_t height = 0;
        uint64_t stamp = garbage[i].event;
        gcs_row row = (gcs_row)garbage[i].object;
        if (pass->marks[row])
            continue;
        pass->marks[row] = 1;
        pass->stack[height++] = row;
        while (height) {
            gcs_row holder = pass->stack[--height];
            heap->stamps[holder] = stamp + 1;
            done--;
            uint32_t slots;
            const uint32_t *slot = slots_of(heap, holder, &slots);
            for (uint32_t s = 0; s < slots; s++)
                if (slot[s] != NOBODY && !pass->marks[slot[s]]) {
                    pass->marks[slot[s]] = 1;
                    pass->stack[height++] = slot[s];
                }
        }
    }
    GCS_ASSERT(done == 0);
    for (size_t i = 0; i < count; i++) {
        gcs_row row = (gcs_row)garbage[i].object;
        garbage[i] = (struct gcs_garbage){heap->stamps[row] - 1, heap->rows[row].number};
    }
    qsort(garbage, count, sizeof *garbage, by_stamp_then_object);
}

static enum gcs_status analyse(struct pass *pass, const struct gcs_trace *trace, bool strict,
                               struct gcs_lifetimes *lifetimes, struct gcs_error *error)
{
    struct gcs_heap *heap = pass->heap;
    GCS_TRY(GCS_GROW(pass->memory, &heap->stamps, &heap->stamp_capacity, heap->row_capacity,
                     error));
    if (strict)
        GCS_TRY(GCS_GROW(pass->memory, &pass->witnesses, &pass->witness_capacity,
                         heap->row_capacity, error));
    GCS_TRY(run(pass, trace, strict, lifetimes, error));
    GCS_TRY(mark_from_roots(pass, error));
    GCS_TRY(list_garbage(pass, lifetimes, error));
    spread_stamps(pass, lifetimes);
    lifetimes->deaths =
        trace->allocations - lifetimes->survivors - (uint64_t)lifetimes->garbage_count;
    return GCS_OK;
}

enum gcs_status gcs_lifetimes_of(const struct gcs_trace *trace, bool strict,
                                 struct gcs_memory *memory, struct gcs_lifetimes *lifetimes,
                                 struct gcs_error *error)
{
    struct pass pass = {.memory = memory};
    struct gcs_lifetimes found = {.memory = memory};
    GCS_TRY(gcs_heap_new(trace, &plain_rules, memory, &pass.heap, error));
    enum gcs_status status = analyse(&pass, trace, strict, &found, error);
    gcs_heap_free(pass.heap);
    gcs_memory_free(memory, pass.witnesses, pass.witness_capacity, sizeof *pass.witnesses);
    gcs_memory_free(memory, pass.stack, pass.stack_capacity, sizeof *pass.stack);
    gcs_memory_free(memory, pass.marks, pass.mark_capacity, sizeof *pass.marks);
    if (status == GCS_OK)
        *lifetimes = found;
    else
        gcs_lifetimes_fini(&found);
    return status;
}

void gcs_lifetimes_fini(struct gcs_lifetimes *lifetimes)
{
    if (lifetimes->memory)
        gcs_memory_free(lifetimes->memory, lifetimes->garbage, lifetimes->garbage_capacity,
                        sizeof *lifetimes->garbage);
    *lifetimes = (struct gcs_lifetimes){0};
}
