/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The heap's invariants H1–H6, executable. */
#include "heap_private.h"

#include <stdlib.h>
#include <string.h>

/* Every row in a list once, and flagged as tracked. */
static const char *check_lists(const struct gcs_heap *heap, unsigned char *listed)
{
    for (gcs_row head = HEAD_YOUNG; head < FIRST_ROW; head++) {
        gcs_row previous = head;
        for (gcs_row row = heap->rows[head].next; row != head; row = heap->rows[row].next) {
            if (row < FIRST_ROW || row >= heap->row_count || listed[row])
                return "H1: a list leads astray, or an object is in two";
            if (heap->rows[row].prev != previous)
                return "H1: a list's links disagree";
            if (!has(heap, row, TRACKED))
                return "H1: an untracked object is in a list";
            if (has(heap, row, COLLECTING | UNREACHABLE))
                return "H5: a candidate is left over from a collection";
            if (has(heap, row, FROZEN) != (head == HEAD_PERMANENT))
                return "H1: an object is frozen if and only if it is permanent";
            listed[row] = 1;
            previous = row;
        }
        if (heap->rows[head].prev != previous)
            return "H1: a list's tail is wrong";
    }
    return heap->rows[HEAD_UNREACHABLE].next == HEAD_UNREACHABLE
               ? NULL
               : "H5: unreachable objects are left over";
}

static const char *check_rows(const struct gcs_heap *heap, const unsigned char *listed,
                              uint32_t *refs)
{
    uint64_t live = 0, bytes = 0;
    for (gcs_row row = FIRST_ROW; row < heap->row_count; row++) {
        if (heap->rows[row].refs == 0 && !has(heap, row, DYING))
            continue; /* a free row */
        live++;
        bytes += row_bytes(heap, row) + row_extra(heap, row);
        if (has(heap, row, TRACKED) != (listed[row] != 0))
            return "H1: a tracked object is in no list";
        uint32_t count;
        const uint32_t *slots = slots_of(heap, row, &count);
        for (uint32_t i = 0; i < count; i++)
            if (slots[i] != NOBODY)
                refs[slots[i]]++;
    }
    for (gcs_row row = FIRST_ROW; row < heap->row_count; row++) {
        uint32_t hidden =
            heap->rows[row].number == 0 || has(heap, row, DYING) ? 0 : heap->rows[row].roots;
        if (is_free_threaded(heap) && has(heap, row, DEFERRED))
            hidden++;
        if (heap->rows[row].refs != refs[row] + hidden)
            return "H2: a reference count is not the number of references";
    }
    if (live != heap->totals.live_objects || bytes != heap->totals.live_bytes)
        return "H3: live objects or bytes do not add up";
    return NULL;
}

static const char *check_free_lists(const struct gcs_heap *heap)
{
    for (unsigned list = 0; list < GCS_FREE_LIST_COUNT; list++)
        if (heap->occupancy[list] > heap->rules->free_list[list])
            return "H4: a free list is over its capacity";
    for (unsigned length = 0; length < GCS_TUPLE_LENGTHS; length++)
        if (heap->tuple_occupancy[length] > heap->rules->tuple_free_list)
            return "H4: a tuple free list is over its capacity";
    return NULL;
}

const char *gcs_heap_check(const struct gcs_heap *heap)
{
    unsigned char *listed = calloc(heap->row_count, 1);
    uint32_t *refs = calloc(heap->row_count, sizeof *refs);
    const char *why = "out of memory";
    if (listed && refs) {
        why = check_lists(heap, listed);
        if (!why)
            why = check_rows(heap, listed, refs);
        if (!why)
            why = check_free_lists(heap);
        if (!why)
            why = pymalloc_check(heap);
    }
    free(listed);
    free(refs);
    return why;
}
