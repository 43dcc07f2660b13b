/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lifetimes: one pass over a trace with reference counts and no collector. Deaths by reference
 * counting fall where they fall; what is left at the end is reachable or garbage (garbage.c).
 */
#include "garbage.h"

#include <stdlib.h>

static enum gcs_status run(struct gcs_heap *heap, const struct gcs_trace *trace,
                           struct gcs_lifetimes *lifetimes, struct gcs_error *error)
{
    struct gcs_cursor *cursor;
    struct gcs_block block = {0};
    GCS_TRY(gcs_cursor_new(trace, heap->memory, &cursor, error));
    enum gcs_status status;
    do {
        status = gcs_cursor_next(cursor, &block, error);
        for (uint32_t i = 0; i < block.count && status == GCS_OK; i++) {
            if (block.events[i].op == GCS_OP_WEAK && block.events[i].detail != GCS_WEAK_PLAIN)
                lifetimes->weak_callbacks++;
            gcs_heap_expect(heap, &block, i);
            heap->stamp = block.first_event + i;
            status = gcs_heap_apply(heap, &block, i, error);
        }
    } while (status == GCS_OK && block.count);
    gcs_cursor_free(cursor);
    return status;
}

static int by_event_then_object(const void *a, const void *b)
{
    const struct gcs_garbage *x = a, *y = b;
    if (x->event != y->event)
        return x->event < y->event ? -1 : 1;
    return x->object < y->object ? -1 : x->object > y->object;
}

static enum gcs_status analyse(struct gcs_heap *heap, const struct gcs_trace *trace,
                               struct search *search, struct gcs_lifetimes *lifetimes,
                               struct gcs_error *error)
{
    struct gcs_memory *memory = heap->memory;
    GCS_TRY(GCS_GROW(memory, &heap->stamps, &heap->stamp_capacity, heap->row_capacity, error));
    GCS_TRY(run(heap, trace, lifetimes, error));
    GCS_TRY(search_garbage(search, error));
    GCS_TRY(GCS_GROW(memory, &lifetimes->garbage, &lifetimes->garbage_capacity, search->count,
                     error));
    for (size_t i = 0; i < search->count; i++)
        lifetimes->garbage[i] = (struct gcs_garbage){search->garbage[i].stamp,
                                                     heap->rows[search->garbage[i].row].number};
    lifetimes->garbage_count = search->count;
    lifetimes->survivors = search->reachable;
    lifetimes->deaths = trace->allocations - search->reachable - (uint64_t)search->count;
    if (search->count)
        qsort(lifetimes->garbage, search->count, sizeof *lifetimes->garbage,
              by_event_then_object);
    return GCS_OK;
}

enum gcs_status gcs_lifetimes_of(const struct gcs_trace *trace, struct gcs_memory *memory,
                                 struct gcs_lifetimes *lifetimes, struct gcs_error *error)
{
    struct gcs_lifetimes found = {.memory = memory};
    struct gcs_heap *heap;
    GCS_TRY(gcs_heap_new(trace, &versionless_rules, memory, &heap, error));
    struct search search = {.heap = heap, .memory = memory};
    enum gcs_status status = analyse(heap, trace, &search, &found, error);
    search_free(&search);
    gcs_heap_free(heap);
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
