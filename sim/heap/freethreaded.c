/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The collector of free-threaded builds (CPython 3.13t on, Python/gc_free_threading.c;
 * cpython-gc.md 6), for a program of one thread.
 *
 * There is one generation: every run examines all tracked objects that are not frozen, whatever
 * number it was asked for. They are kept in the list of the old; new ones wait in that of the
 * young for the next run. Before anything else tuples and dicts of atoms are untracked, the
 * unreachable among them too, so these do not count as collected.
 *
 * CPython walks its memory page by page, this walks objects by age. That differs only for a
 * tuple of atoms inside a tuple or a dict: which of the two is met first decides whether the
 * outer one is untracked in the same run.
 *
 * All free lists are emptied in a run, which happens here at its end: what dies before is
 * either released at once or parked and released then, and the count falls alike.
 */
#include "heap_private.h"

/* What the marking pass reached. */
enum { HEAD_ALIVE = HEAD_INCREMENT };

/* Resident memory of a bare interpreter (3.13.15, `python3.13t -c pass`), which the memory test
 * of 3.14 counts too. */
enum { INTERPRETER_KIB = 12 * 1024 };

static int64_t process_kib(const struct gcs_heap *heap)
{
    return INTERPRETER_KIB + (int64_t)(heap->totals.live_bytes / 1024);
}

/* Hands the thread's count over; CPython's generations[0].count, or young.count. */
static void flush(struct gcs_heap *heap)
{
    struct gcs_counts *counts = &heap->counts;
    counts->count[0] += counts->buffered;
    counts->buffered = 0;
    if (counts->count[0] < 0 && !heap->rules->count_below_zero)
        counts->count[0] = 0;
    counts->memory_kib = process_kib(heap);
}

/* record_allocation: only a count handed over can be found too high. */
void buffer_one_more(struct gcs_heap *heap)
{
    if (++heap->counts.buffered < heap->rules->count_buffer)
        return;
    flush(heap);
    if (heap->counts.count[0] > heap->trigger.above && !heap->collecting)
        heap->trigger.fire(heap->trigger.engine);
}

/* record_deallocation */
void buffer_one_less(struct gcs_heap *heap)
{
    if (--heap->counts.buffered <= -(int64_t)heap->rules->count_buffer)
        flush(heap);
}

void gcs_heap_defer(struct gcs_heap *heap)
{
    heap->counts.deferred += heap->counts.count[0];
    heap->counts.count[0] = 0;
}

/* An object from before the trace. Functions among them are taken for a module's, whose
 * reference counts are deferred; those made later for nested ones, whose are not (CPython 3.13,
 * funcobject.c, PyFunction_New). */
void enter_standing(struct gcs_heap *heap, gcs_row row)
{
    const struct shape *shape = shape_of(heap, row);
    heap->heap_size += shape->gc;
    if (shape->kind == GCS_KIND_FUNCTION) {
        set(heap, row, DEFERRED);
        heap->rows[row].refs++;
    }
}

static void begin(struct gcs_heap *heap, unsigned generation)
{
    gcs_counts_begin(&heap->counts, generation);
    heap->counts.deferred = 0;
    list_merge(heap, HEAD_YOUNG, HEAD_OLD);
}

static bool can_be_untracked(const struct gcs_heap *heap, gcs_row row)
{
    uint8_t kind = shape_of(heap, row)->kind;
    return (kind == GCS_KIND_TUPLE || (kind == GCS_KIND_DICT && heap->rules->dict_lazy)) &&
           only_holds_atoms(heap, row);
}

static void untrack_atoms(struct gcs_heap *heap)
{
    for (gcs_row row = heap->rows[HEAD_OLD].next, next; row != HEAD_OLD; row = next) {
        next = heap->rows[row].next;
        if (can_be_untracked(heap, row))
            untrack(heap, row);
    }
}

static void mark_one(struct gcs_heap *heap, gcs_row row)
{
    unset(heap, row, COLLECTING);
    list_move(heap, row, HEAD_ALIVE);
}

/* gc_mark_alive_from_roots: what roots reach need not be examined any further. It costs a visit
 * of each of its references all the same. COLLECTING says here: not reached yet. */
static void mark_alive(struct gcs_heap *heap, struct gcs_work *work)
{
    gcs_row next;
    for (gcs_row row = heap->rows[HEAD_OLD].next; row != HEAD_OLD; row = heap->rows[row].next)
        set(heap, row, COLLECTING);
    for (gcs_row row = heap->rows[HEAD_OLD].next; row != HEAD_OLD; row = next) {
        next = heap->rows[row].next;
        if (heap->rows[row].roots > 0)
            mark_one(heap, row);
    }
    for (gcs_row row = heap->rows[HEAD_ALIVE].next; row != HEAD_ALIVE;
         row = heap->rows[row].next) {
        uint32_t count;
        const uint32_t *slots = slots_of(heap, row, &count);
        work->marked++;
        work->references += count + shape_of(heap, row)->visits_type;
        work->candidate_bytes += row_bytes(heap, row);
        for (uint32_t i = 0; i < count; i++)
            if (has(heap, slots[i], COLLECTING))
                mark_one(heap, slots[i]);
    }
}

/* The bias of deferred reference counts is no reference: `by` -1 before, +1 after. */
static void add_bias(struct gcs_heap *heap, gcs_row head, int by)
{
    for (gcs_row row = heap->rows[head].next; row != head; row = heap->rows[row].next)
        if (has(heap, row, DEFERRED))
            heap->rows[row].refs += (uint32_t)by;
}

/* What is unreachable counts its references as anything else from now on. */
static void stop_deferring(struct gcs_heap *heap)
{
    for (gcs_row row = heap->rows[HEAD_UNREACHABLE].next; row != HEAD_UNREACHABLE;
         row = heap->rows[row].next)
        unset(heap, row, DEFERRED);
}

void collect_free_threaded(struct gcs_heap *heap, unsigned generation, struct gcs_work *work)
{
    begin(heap, generation);
    untrack_atoms(heap);
    add_bias(heap, HEAD_OLD, -1);
    if (heap->rules->mark_alive && !heap->freeze_active && !heap->trace->options.roots_native)
        mark_alive(heap, work);
    deduce_unreachable(heap, HEAD_OLD, HEAD_UNREACHABLE, work);
    list_merge(heap, HEAD_ALIVE, HEAD_OLD);
    add_bias(heap, HEAD_OLD, 1);
    stop_deferring(heap);
    work->survivors = list_size(heap, HEAD_OLD);
    int64_t allocated = heap->heap_size;
    handle_unreachable(heap, HEAD_OLD, work);
    heap->counts.long_lived_total =
        heap->rules->total_is_heap
            ? allocated - (int64_t)work->collected - (int64_t)work->uncollectable
            : (int64_t)work->survivors;
    empty_free_lists(heap);
    heap->counts.last_memory_kib = process_kib(heap);
}
