/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One collection, step by step as CPython does it (3.12, gcmodule.c, gc_collect_main; the
 * versions' differences are in struct gcs_rules). Function names are CPython's.
 */
#include "heap_private.h"

static const gcs_row heads[GCS_GENERATIONS] = {HEAD_YOUNG, HEAD_MIDDLE, HEAD_OLD};

/* Counters and lists as a collection of `generation` leaves them at its start. */
gcs_row begin_collection(struct gcs_heap *heap, unsigned generation)
{
    gcs_counts_begin(&heap->counts, generation);
    for (unsigned g = 0; g < generation; g++)
        list_merge(heap, heads[g], heads[generation]);
    return heads[generation];
}

/* Every candidate gets gc_refs = its reference count, and COLLECTING. */
static void update_refs(struct gcs_heap *heap, gcs_row head, struct gcs_work *work)
{
    struct row *rows = heap->rows;
    for (gcs_row row = rows[head].next; row != head; row = rows[row].next) {
        rows[row].prev = rows[row].refs;
        rows[row].shape |= COLLECTING;
        work->candidates++;
    }
}

/* gc_refs becomes the number of references from outside the candidates. */
static void subtract_refs(struct gcs_heap *heap, gcs_row head, struct gcs_work *work)
{
    struct row *rows = heap->rows;
    for (gcs_row row = rows[head].next; row != head; row = rows[row].next) {
        uint32_t count;
        const uint32_t *slots = slots_of(heap, row, &count);
        work->references += count + shape_of(heap, row)->visits_type;
        work->candidate_bytes += row_bytes(heap, row); /* here, where the slots are at hand */
        for (uint32_t i = 0; i < count; i++)
            if (rows[slots[i]].shape & COLLECTING) /* NOBODY never has it */
                rows[slots[i]].prev--;
    }
}

/* `row` is referred to by something reachable: it, too, is reachable. What was tentatively
 * unreachable goes to the tail of the examined list, to be looked at again. */
static void visit_reachable(struct gcs_heap *heap, gcs_row row, gcs_row head)
{
    struct row *rows = heap->rows;
    if (!(rows[row].shape & COLLECTING))
        return;
    if (rows[row].shape & UNREACHABLE) {
        list_remove(heap, row);
        rows[row].shape &= ~(uint32_t)UNREACHABLE;
        rows[rows[head].prev].next = row;
        rows[head].prev = row;
        rows[row].next = head;
        rows[row].prev = 1;
    } else if (rows[row].prev == 0) {
        rows[row].prev = 1;
    }
}

static void visit_slots(struct gcs_heap *heap, gcs_row row, gcs_row head)
{
    uint32_t count;
    const uint32_t *slots = slots_of(heap, row, &count);
    if (shape_of(heap, row)->last_first)
        for (uint32_t i = count; i-- > 0;)
            visit_reachable(heap, slots[i], head);
    else
        for (uint32_t i = 0; i < count; i++)
            visit_reachable(heap, slots[i], head);
}

static bool is_tuple_of_atoms(const struct gcs_heap *heap, gcs_row row)
{
    return shape_of(heap, row)->kind == GCS_KIND_TUPLE && only_holds_atoms(heap, row);
}

/* Splits the candidates: the reachable stay, in their order but for the rescued; the others are
 * in `unreachable`. The list is doubly linked again at the end.
 * Up to 3.7 tuples of atoms leave the list right here; `previous` then stays where it is. */
static void move_unreachable(struct gcs_heap *heap, gcs_row head, gcs_row unreachable)
{
    struct row *rows = heap->rows;
    gcs_row previous = head, row = rows[head].next;
    while (row != head) {
        if (rows[row].prev != 0) {
            visit_slots(heap, row, head);
            rows[row].prev = previous;
            rows[row].shape &= ~(uint32_t)COLLECTING;
            if (heap->rules->tuple_while_moving && head != HEAD_UNREACHABLE &&
                is_tuple_of_atoms(heap, row)) {
                rows[row].shape &= ~(uint32_t)TRACKED;
                rows[previous].next = rows[row].next;
            } else {
                previous = row;
            }
        } else {
            rows[previous].next = rows[row].next;
            rows[row].shape |= UNREACHABLE;
            list_append(heap, unreachable, row);
        }
        row = rows[previous].next;
    }
    rows[head].prev = previous;
}

void untrack_tuples(struct gcs_heap *heap, gcs_row head)
{
    for (gcs_row row = heap->rows[head].next, next; row != head; row = next) {
        next = heap->rows[row].next;
        if (is_tuple_of_atoms(heap, row))
            untrack(heap, row);
    }
}

static void untrack_dicts(struct gcs_heap *heap, gcs_row head)
{
    for (gcs_row row = heap->rows[head].next, next; row != head; row = next) {
        next = heap->rows[row].next;
        if (shape_of(heap, row)->kind == GCS_KIND_DICT && only_holds_atoms(heap, row))
            untrack(heap, row);
    }
}

uint64_t list_size(const struct gcs_heap *heap, gcs_row head)
{
    uint64_t size = 0;
    for (gcs_row row = heap->rows[head].next; row != head; row = heap->rows[row].next)
        size++;
    return size;
}

/* Survivors move up, and the long-lived figures follow. */
static void promote(struct gcs_heap *heap, unsigned generation, struct gcs_work *work)
{
    gcs_row head = heads[generation];
    if (generation < GCS_GENERATIONS - 1) {
        work->survivors = list_size(heap, head);
        if (generation == GCS_GENERATIONS - 2)
            heap->counts.long_lived_pending += (int64_t)work->survivors;
        list_merge(heap, head, heads[generation + 1]);
        return;
    }
    if (heap->rules->dict_lazy)
        untrack_dicts(heap, head);
    work->survivors = list_size(heap, head);
    heap->counts.long_lived_pending = 0;
    heap->counts.long_lived_total = (int64_t)work->survivors;
}

/* Splits the list at `head`: what nothing outside it reaches goes to `unreachable`. */
void deduce_unreachable(struct gcs_heap *heap, gcs_row head, gcs_row unreachable,
                        struct gcs_work *work)
{
    update_refs(heap, head, work);
    subtract_refs(heap, head, work);
    move_unreachable(heap, head, unreachable);
}

/* Steps 1 to 3 once more, over what finalizers left of the unreachable: what has a reference
 * from outside stays in `head`, with all it reaches. */
void split_again(struct gcs_heap *heap, gcs_row head, gcs_row unreachable)
{
    struct gcs_work uncounted = {0};
    for (gcs_row row = heap->rows[head].next; row != head; row = heap->rows[row].next)
        unset(heap, row, COLLECTING | UNREACHABLE);
    deduce_unreachable(heap, head, unreachable, &uncounted);
}

/* Collects the examined list `from`; survivors end in `to`, which may be the same. */
void collect_region(struct gcs_heap *heap, gcs_row from, gcs_row to, struct gcs_work *work)
{
    deduce_unreachable(heap, from, HEAD_UNREACHABLE, work);
    untrack_tuples(heap, from);
    work->survivors = list_size(heap, from);
    if (from != to)
        list_merge(heap, from, to);
    handle_unreachable(heap, to, work);
}

static void collect_generation(struct gcs_heap *heap, unsigned generation,
                               struct gcs_work *work)
{
    gcs_row head = begin_collection(heap, generation);
    deduce_unreachable(heap, head, HEAD_UNREACHABLE, work);
    if (!heap->rules->tuple_while_moving)
        untrack_tuples(heap, head);
    promote(heap, generation, work);
    handle_unreachable(
        heap, heads[generation + 1 < GCS_GENERATIONS ? generation + 1 : generation], work);
    if (generation == GCS_GENERATIONS - 1)
        empty_free_lists(heap);
}

void gcs_heap_collect(struct gcs_heap *heap, unsigned generation, struct gcs_work *work)
{
    GCS_REQUIRE(generation < GCS_GENERATIONS && !heap->collecting);
    *work = (struct gcs_work){.generation = generation};
    uint64_t objects = heap->totals.live_objects, bytes = heap->totals.live_bytes;
    heap->collecting = true;
    if (heap->rules->mechanism == GCS_MECHANISM_INCREMENTAL)
        collect_incrementally(heap, generation, work);
    else if (is_free_threaded(heap))
        collect_free_threaded(heap, generation, work);
    else if (heap->rules->mechanism == GCS_MECHANISM_MARK_SWEEP)
        collect_by_marking(heap, generation, work);
    else
        collect_generation(heap, generation, work);
    heap->collecting = false;
    work->freed_objects = objects - heap->totals.live_objects;
    work->freed_bytes = bytes - heap->totals.live_bytes;
    GCS_ASSERT(heap->rows[HEAD_UNREACHABLE].next == HEAD_UNREACHABLE);
}

void gcs_heap_freeze(struct gcs_heap *heap)
{
    for (unsigned g = 0; g < GCS_GENERATIONS; g++) {
        for (gcs_row row = heap->rows[heads[g]].next; row != heads[g];
             row = heap->rows[row].next) {
            set(heap, row, is_free_threaded(heap) ? FROZEN : FROZEN | VISITED);
            heap->totals.frozen_bytes += row_bytes(heap, row) + row_extra(heap, row);
            heap->totals.frozen_objects++;
        }
        list_merge(heap, heads[g], HEAD_PERMANENT);
        if (!is_free_threaded(heap)) /* there it sets a bit of each object, and no more */
            heap->counts.count[g] = 0;
    }
    heap->freeze_active = true;
}

void gcs_heap_unfreeze(struct gcs_heap *heap)
{
    for (gcs_row row = heap->rows[HEAD_PERMANENT].next; row != HEAD_PERMANENT;
         row = heap->rows[row].next)
        unset(heap, row, FROZEN);
    heap->totals.frozen_bytes = heap->totals.frozen_objects = 0;
    heap->freeze_active = false;
    list_merge(heap, HEAD_PERMANENT,
               heap->rules->mechanism == GCS_MECHANISM_INCREMENTAL ? HEAD_VISITED : HEAD_OLD);
}
