/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What cannot be reached from a root, and since when.
 *
 * The heap stamps an object whenever it loses a reference. What is unreachable became so at the
 * latest stamp of anything that reaches it (Merlin: Hertz, Blackburn, Moss, McKinley,
 * Stefanović 2002): stamps are spread along the references among the garbage, latest first. No
 * program can change what it cannot reach, so the graph found serves all moments.
 */
#include "garbage.h"

#include <stdlib.h>
#include <string.h>

static bool is_live(const struct gcs_heap *heap, gcs_row row)
{
    return heap->rows[row].refs > 0;
}

static enum gcs_status make_room(struct search *search, struct gcs_error *error)
{
    size_t rows = search->heap->row_count;
    GCS_TRY(GCS_GROW(search->memory, &search->stack, &search->stack_capacity, rows, error));
    return GCS_GROW(search->memory, &search->marks, &search->mark_capacity, rows, error);
}

/* Marks what `row` reaches and is not marked yet. */
static void mark_from(struct search *search, gcs_row row)
{
    struct gcs_heap *heap = search->heap;
    size_t height = 0;
    search->marks[row] = MARK_REACHABLE;
    search->stack[height++] = row;
    while (height) {
        gcs_row holder = search->stack[--height];
        uint32_t count;
        const uint32_t *slots = slots_of(heap, holder, &count);
        for (uint32_t i = 0; i < count; i++) {
            if (slots[i] == NOBODY || search->marks[slots[i]])
                continue;
            search->marks[slots[i]] = MARK_REACHABLE;
            search->stack[height++] = slots[i];
        }
    }
}

static enum gcs_status mark_from_roots(struct search *search, struct gcs_error *error)
{
    struct gcs_heap *heap = search->heap;
    GCS_TRY(make_room(search, error));
    memset(search->marks, 0, heap->row_count);
    for (gcs_row row = FIRST_ROW; row < heap->row_count; row++)
        if (is_live(heap, row) && heap->rows[row].roots > 0 && !search->marks[row])
            mark_from(search, row);
    return GCS_OK;
}

static int by_stamp_then_row(const void *a, const void *b)
{
    const struct unreachable *x = a, *y = b;
    if (x->stamp != y->stamp)
        return x->stamp < y->stamp ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

/* Unmarked objects with their own stamps. */
static enum gcs_status list_garbage(struct search *search, struct gcs_error *error)
{
    struct gcs_heap *heap = search->heap;
    search->count = 0;
    search->reachable = 0;
    for (gcs_row row = FIRST_ROW; row < heap->row_count; row++) {
        if (!is_live(heap, row))
            continue;
        if (search->marks[row]) {
            search->reachable++;
            continue;
        }
        GCS_TRY(GCS_GROW(search->memory, &search->garbage, &search->capacity, search->count + 1,
                         error));
        search->garbage[search->count++] = (struct unreachable){heap->stamps[row], row};
    }
    return GCS_OK;
}

/* Gives a stamp to all that `row` reaches and that has none yet. */
static void spread_from(struct search *search, gcs_row row, uint64_t stamp)
{
    struct gcs_heap *heap = search->heap;
    size_t height = 0;
    search->marks[row] = MARK_GARBAGE;
    search->stack[height++] = row;
    while (height) {
        gcs_row holder = search->stack[--height];
        heap->stamps[holder] = stamp;
        uint32_t slots;
        const uint32_t *slot = slots_of(heap, holder, &slots);
        for (uint32_t s = 0; s < slots; s++)
            if (slot[s] != NOBODY && !search->marks[slot[s]]) {
                search->marks[slot[s]] = MARK_GARBAGE;
                search->stack[height++] = slot[s];
            }
    }
}

enum gcs_status search_garbage(struct search *search, struct gcs_error *error)
{
    GCS_TRY(mark_from_roots(search, error));
    GCS_TRY(list_garbage(search, error));
    if (search->count)
        qsort(search->garbage, search->count, sizeof *search->garbage, by_stamp_then_row);
    for (size_t i = search->count; i-- > 0;)
        if (!search->marks[search->garbage[i].row])
            spread_from(search, search->garbage[i].row, search->garbage[i].stamp);
    for (size_t i = 0; i < search->count; i++)
        search->garbage[i].stamp = search->heap->stamps[search->garbage[i].row];
    return GCS_OK;
}

void search_free(struct search *search)
{
    struct gcs_memory *memory = search->memory;
    gcs_memory_free(memory, search->stack, search->stack_capacity, sizeof *search->stack);
    gcs_memory_free(memory, search->marks, search->mark_capacity, sizeof *search->marks);
    gcs_memory_free(memory, search->garbage, search->capacity, sizeof *search->garbage);
}
