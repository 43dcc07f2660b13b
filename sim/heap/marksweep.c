/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The generational mark-and-sweep collector of textbooks, for which CPython's is often taken
 * (cpython-gc.md 9). Nobody ships it: it is here to be compared with.
 *
 * Reference counting stays. It is no part of the collector: the trace itself says what dies by
 * count, and even the articles leave acyclic objects to it. So what a collection finds is
 * cyclic garbage, and what hangs on it.
 *
 * A collection marks from roots, through the examined generations, and sweeps what it did not
 * mark. Roots are root references and what older objects refer to: a remembered set, which a
 * write barrier is taken to keep free of charge. Nobody needs to keep one here: an object has
 * such a root if and only if it has more references than the examined ones hold.
 *
 * The work: every examined object is swept, but only roots and the references of marked objects
 * are followed; CPython follows those of all candidates, of the dead too.
 */
#include "heap_private.h"

static_assert(HEAD_YOUNG + 2 == HEAD_OLD, "lists of generations stand in a row");

/* A candidate has COLLECTING until it is marked. Its prev is the number of roots that it has;
 * once marked, the next object on the stack; behind the sweep, the list's again. */
static void count_roots(struct gcs_heap *heap, gcs_row head, struct gcs_work *work)
{
    struct row *rows = heap->rows;
    for (gcs_row row = rows[head].next; row != head; row = rows[row].next) {
        rows[row].prev = rows[row].refs;
        set(heap, row, COLLECTING);
        work->candidates++;
        work->candidate_bytes += row_bytes(heap, row);
    }
    for (gcs_row row = rows[head].next; row != head; row = rows[row].next) {
        uint32_t count;
        const uint32_t *slots = slots_of(heap, row, &count);
        for (uint32_t i = 0; i < count; i++)
            if (has(heap, slots[i], COLLECTING))
                rows[slots[i]].prev--;
    }
}

static gcs_row mark_and_push(struct gcs_heap *heap, gcs_row row, gcs_row top)
{
    unset(heap, row, COLLECTING);
    heap->rows[row].prev = top;
    return row;
}

static void mark(struct gcs_heap *heap, gcs_row head, struct gcs_work *work)
{
    gcs_row top = NOBODY;
    for (gcs_row row = heap->rows[head].next; row != head; row = heap->rows[row].next)
        if (heap->rows[row].prev != 0) {
            work->references += heap->rows[row].prev;
            top = mark_and_push(heap, row, top);
        }
    while (top != NOBODY) {
        uint32_t count;
        const uint32_t *slots = slots_of(heap, top, &count);
        work->references += count + shape_of(heap, top)->visits_type;
        top = heap->rows[top].prev;
        for (uint32_t i = 0; i < count; i++)
            if (has(heap, slots[i], COLLECTING))
                top = mark_and_push(heap, slots[i], top);
    }
}

/* The unmarked go; the others stay in order. */
static void sweep(struct gcs_heap *heap, gcs_row head, struct gcs_work *work)
{
    struct row *rows = heap->rows;
    gcs_row previous = head, row;
    while ((row = rows[previous].next) != head) {
        if (has(heap, row, COLLECTING)) {
            rows[previous].next = rows[row].next;
            set(heap, row, UNREACHABLE);
            list_append(heap, HEAD_UNREACHABLE, row);
        } else {
            rows[row].prev = previous;
            previous = row;
            work->survivors++;
        }
    }
    rows[head].prev = previous;
}

void collect_by_marking(struct gcs_heap *heap, unsigned generation, struct gcs_work *work)
{
    gcs_row head = begin_collection(heap, generation);
    gcs_row older = head < HEAD_OLD ? head + 1 : head;
    count_roots(heap, head, work);
    mark(heap, head, work);
    sweep(heap, head, work);
    if (older != head)
        list_merge(heap, head, older);
    handle_unreachable(heap, older, work);
}
