/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lifetimes: one pass over a trace with reference counts and no collector.
 *
 * Deaths by reference counting fall where they fall. What is left at the end and cannot be
 * reached from a root became unreachable at the latest moment at which anything that reaches it
 * lost a reference (Merlin: Hertz, Blackburn, Moss, McKinley, Stefanović 2002): stamps are
 * spread along the references among the garbage, latest first. No program can change what it
 * cannot reach, so the graph at the end serves all moments.
 */
#include "heap_private.h"

#include <stdlib.h>
#include <string.h>

struct pass {
    struct gcs_heap *heap;
    struct gcs_memory *memory;
    gcs_row *stack;
    size_t stack_capacity;
    unsigned char *marks; /* by row */
    size_t mark_capacity;
};

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

/* Marks what `row` reaches and is not marked yet. */
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

static enum gcs_status run(struct pass *pass, const struct gcs_trace *trace,
                           struct gcs_lifetimes *lifetimes, struct gcs_error *error)
{
    struct gcs_cursor *cursor;
    struct gcs_block block = {0};
    GCS_TRY(gcs_cursor_new(trace, pass->memory, &cursor, error));
    enum gcs_status status;
    do {
        status = gcs_cursor_next(cursor, &block, error);
        for (uint32_t i = 0; i < block.count && status == GCS_OK; i++) {
            if (block.events[i].op == GCS_OP_WEAK && block.events[i].detail != GCS_WEAK_PLAIN)
                lifetimes->weak_callbacks++;
            gcs_heap_expect(pass->heap, &block, i);
            status = gcs_heap_apply(pass->heap, &block, i, error);
        }
    } while (status == GCS_OK && block.count);
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

static enum gcs_status analyse(struct pass *pass, const struct gcs_trace *trace,
                               struct gcs_lifetimes *lifetimes, struct gcs_error *error)
{
    struct gcs_heap *heap = pass->heap;
    GCS_TRY(GCS_GROW(pass->memory, &heap->stamps, &heap->stamp_capacity, heap->row_capacity,
                     error));
    GCS_TRY(run(pass, trace, lifetimes, error));
    GCS_TRY(mark_from_roots(pass, error));
    GCS_TRY(list_garbage(pass, lifetimes, error));
    spread_stamps(pass, lifetimes);
    lifetimes->deaths =
        trace->allocations - lifetimes->survivors - (uint64_t)lifetimes->garbage_count;
    return GCS_OK;
}

enum gcs_status gcs_lifetimes_of(const struct gcs_trace *trace, struct gcs_memory *memory,
                                 struct gcs_lifetimes *lifetimes, struct gcs_error *error)
{
    struct pass pass = {.memory = memory};
    struct gcs_lifetimes found = {.memory = memory};
    GCS_TRY(gcs_heap_new(trace, &versionless_rules, memory, &pass.heap, error));
    enum gcs_status status = analyse(&pass, trace, &found, error);
    gcs_heap_free(pass.heap);
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
