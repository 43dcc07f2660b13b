/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The incremental collector of CPython 3.14.0 to 3.14.4 (Python/gc.c; cpython-gc.md 5).
 *
 * Old objects lie in two lists, visited and pending in this cycle. A cycle first marks what
 * roots reach as visited; then each increment examines the young, and as many pending objects,
 * with all they reach, as its budget allows. When none is pending the cycle is over, and what
 * was visited is pending again. (CPython then swaps the meaning of its two spaces where it can,
 * and retags where objects are frozen; the result is the same, and here it is always
 * retagging.)
 *
 * Roots: in a trace with `o roots=native` the marking sees none, which is exact. Otherwise all
 * roots are taken for what frames and modules hold, once a cycle: approximate.
 */
#include "heap_private.h"

enum { SCAN_DIVISOR = 10 };

static void set_visited(struct gcs_heap *heap, gcs_row head)
{
    for (gcs_row row = heap->rows[head].next; row != head; row = heap->rows[row].next)
        set(heap, row, VISITED);
}

/* The cycle is over. */
static void complete_scavenge(struct gcs_heap *heap)
{
    for (gcs_row row = heap->rows[HEAD_VISITED].next; row != HEAD_VISITED;
         row = heap->rows[row].next)
        unset(heap, row, VISITED);
    list_merge(heap, HEAD_VISITED, HEAD_PENDING);
    heap->work_to_do = 0;
    heap->marked = false;
}

/* Moves every tracked object that `row` and those behind it in the list reach, and that is not
 * visited, to the list's end, visited. Returns how many. */
static int64_t expand_transitively(struct gcs_heap *heap, gcs_row row, gcs_row head)
{
    int64_t added = 0;
    for (; row != head; row = heap->rows[row].next) {
        uint32_t count;
        const uint32_t *slots = slots_of(heap, row, &count);
        bool last_first = shape_of(heap, row)->last_first;
        for (uint32_t i = 0; i < count; i++) {
            gcs_row target = slots[last_first ? count - 1 - i : i];
            if (!has(heap, target, TRACKED) || has(heap, target, VISITED))
                continue;
            set(heap, target, VISITED);
            list_move(heap, target, head);
            added++;
        }
    }
    return added;
}

static int64_t mark_roots_in(struct gcs_heap *heap, gcs_row head)
{
    int64_t marked = 0;
    gcs_row next;
    for (gcs_row row = heap->rows[head].next; row != head; row = next) {
        next = heap->rows[row].next;
        if (heap->rows[row].roots == 0)
            continue;
        set(heap, row, VISITED);
        list_move(heap, row, HEAD_INCREMENT);
        marked++;
    }
    return marked;
}

/* mark_at_start: what roots reach is visited, whatever list it was in. The marked objects are
 * charged twice, as CPython does. */
static void mark_at_start(struct gcs_heap *heap, struct gcs_work *work)
{
    int64_t marked = 0;
    if (!heap->trace->options.roots_native) {
        marked = mark_roots_in(heap, HEAD_YOUNG) + mark_roots_in(heap, HEAD_PENDING);
        marked += expand_transitively(heap, heap->rows[HEAD_INCREMENT].next, HEAD_INCREMENT);
        list_merge(heap, HEAD_INCREMENT, HEAD_VISITED);
    }
    work->candidates += (uint64_t)marked;
    heap->work_to_do -= 2 * marked;
    heap->marked = true;
}

/* What an increment owes: a share of the heap, at most so many times the new objects;
 * from 3.14.1 the new objects, too. (3.14.0's is what its recorded ledgers show, tests/oracle.)
 */
static void assess_work_to_do(struct gcs_heap *heap)
{
    int64_t factor = heap->trigger.threshold1 < 2 ? 2 : heap->trigger.threshold1;
    int64_t share = heap->heap_size / SCAN_DIVISOR / factor;
    int64_t new_objects = heap->counts.count[0];
    int64_t cap = heap->rules->credit ? new_objects * 2 : new_objects * 3 / 2;
    heap->counts.count[0] = 0;
    heap->work_to_do += share < cap ? share : cap;
    if (heap->rules->credit)
        heap->work_to_do += new_objects;
}

static void collect_increment(struct gcs_heap *heap, struct gcs_work *work)
{
    assess_work_to_do(heap);
    work->unnoticed = true;
    if (heap->rules->credit && heap->work_to_do < 0)
        return;
    untrack_tuples(heap, HEAD_YOUNG);
    if (!heap->marked) {
        mark_at_start(heap, work);
        return;
    }
    work->unnoticed = false;
    set_visited(heap, HEAD_YOUNG);
    list_merge(heap, HEAD_YOUNG, HEAD_INCREMENT);
    int64_t size = (int64_t)list_size(heap, HEAD_INCREMENT);
    gcs_row row;
    while (size < heap->work_to_do && (row = heap->rows[HEAD_PENDING].next) != HEAD_PENDING) {
        list_move(heap, row, HEAD_INCREMENT);
        set(heap, row, VISITED);
        size += 1 + expand_transitively(heap, row, HEAD_INCREMENT);
    }
    collect_region(heap, HEAD_INCREMENT, HEAD_VISITED, work);
    heap->work_to_do -= size;
    if (heap->rows[HEAD_PENDING].next == HEAD_PENDING)
        complete_scavenge(heap);
}

static void collect_young(struct gcs_heap *heap, struct gcs_work *work)
{
    untrack_tuples(heap, HEAD_YOUNG);
    set_visited(heap, HEAD_YOUNG);
    collect_region(heap, HEAD_YOUNG, HEAD_VISITED, work);
    heap->counts.count[0] = 0;
    heap->counts.count[1]++;
}

static void collect_full(struct gcs_heap *heap, struct gcs_work *work)
{
    untrack_tuples(heap, HEAD_YOUNG);
    list_merge(heap, HEAD_YOUNG, HEAD_PENDING);
    set_visited(heap, HEAD_PENDING);
    list_merge(heap, HEAD_PENDING, HEAD_VISITED);
    collect_region(heap, HEAD_VISITED, HEAD_VISITED, work);
    for (unsigned g = 0; g < GCS_GENERATIONS; g++)
        heap->counts.count[g] = 0;
    complete_scavenge(heap);
    empty_free_lists(heap);
}

void collect_incrementally(struct gcs_heap *heap, unsigned generation, struct gcs_work *work)
{
    if (generation == 0)
        collect_young(heap, work);
    else if (generation == 1)
        collect_increment(heap, work);
    else
        collect_full(heap, work);
}
