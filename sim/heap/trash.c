/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a collection does with the unreachable, in CPython's order (gc_collect_main): legacy
 * finalizers, weak references, finalizers, resurrection, and at last clearing.
 */
#include "heap_private.h"

/* What has a tp_del, and all that it reaches, is not for the collector to clear. */
static void move_legacy_finalizers(struct gcs_heap *heap)
{
    gcs_row next;
    for (gcs_row row = heap->rows[HEAD_UNREACHABLE].next; row != HEAD_UNREACHABLE; row = next) {
        next = heap->rows[row].next;
        if (shape_of(heap, row)->legacy) {
            unset(heap, row, COLLECTING | UNREACHABLE);
            list_move(heap, row, HEAD_FINALIZERS);
            if (is_free_threaded(heap)) /* the worklist holds what is in it */
                heap->rows[row].refs++;
        }
    }
    for (gcs_row row = heap->rows[HEAD_FINALIZERS].next; row != HEAD_FINALIZERS;
         row = heap->rows[row].next) {
        uint32_t count;
        const uint32_t *slots = slots_of(heap, row, &count);
        for (uint32_t i = 0; i < count; i++)
            if (has(heap, slots[i], UNREACHABLE)) {
                unset(heap, slots[i], COLLECTING | UNREACHABLE);
                list_move(heap, slots[i], HEAD_FINALIZERS);
            }
    }
}

/* gc.garbage holds those with a tp_del from now on; they and what they reach are older. */
static void handle_legacy_finalizers(struct gcs_heap *heap, gcs_row older,
                                     struct gcs_work *work)
{
    gcs_row row;
    while ((row = heap->rows[HEAD_FINALIZERS].next) != HEAD_FINALIZERS) {
        work->uncollectable++;
        list_move(heap, row, older);
        if (!shape_of(heap, row)->legacy)
            continue;
        take_root(heap, row);
        if (is_free_threaded(heap))
            let_go(heap, row);
    }
}

/* Takes the next weak reference off a piece of trash that is to be cleared before finalizers.
 */
static bool next_weakref(struct gcs_heap *heap, gcs_row row, gcs_row *weakref,
                         enum gcs_weak *callback)
{
    return heap->rules->weakrefs_late ? weak_pop_callback(heap, row, weakref, callback)
                                      : weak_pop(heap, row, weakref, callback);
}

/* Clears weak references to trash; those with a callback that are not trash themselves are
 * queued, wherever they were, and kept alive until it has been called. */
static void clear_weak_references(struct gcs_heap *heap)
{
    for (gcs_row row = heap->rows[HEAD_UNREACHABLE].next; row != HEAD_UNREACHABLE;
         row = heap->rows[row].next) {
        gcs_row weakref;
        enum gcs_weak callback;
        if (shape_of(heap, row)->kind == GCS_KIND_WEAKREF && !heap->rules->weakrefs_late)
            weak_clear(heap, row);
        while (next_weakref(heap, row, &weakref, &callback)) {
            if (callback == GCS_WEAK_PLAIN || has(heap, weakref, UNREACHABLE))
                continue;
            heap->rows[weakref].refs++;
            if (callback == GCS_WEAK_DROP)
                set(heap, weakref, DROPS_ROOT);
            if (!is_free_threaded(heap)) /* where it stays frozen */
                leave_permanent(heap, weakref);
            list_move(heap, weakref, HEAD_CALLBACKS);
        }
    }
}

/* From 3.15 on the other weak references of what is still trash go after the finalizers. */
static void clear_late_weak_references(struct gcs_heap *heap)
{
    for (gcs_row row = heap->rows[HEAD_TRASH].next; row != HEAD_TRASH;
         row = heap->rows[row].next) {
        gcs_row weakref;
        enum gcs_weak callback;
        if (shape_of(heap, row)->kind == GCS_KIND_WEAKREF)
            weak_clear(heap, row);
        while (weak_pop(heap, row, &weakref, &callback))
            ;
    }
}

/* Calls the queued callbacks. What is still alive then is older; what is not counts as
 * collected, but not in a free-threaded build. */
static void handle_weakrefs(struct gcs_heap *heap, gcs_row older, struct gcs_work *work)
{
    gcs_row weakref;
    clear_weak_references(heap);
    while ((weakref = heap->rows[HEAD_CALLBACKS].next) != HEAD_CALLBACKS) {
        struct row *row = &heap->rows[weakref];
        if (heap->rules->callback_tuples)
            make_argument_tuple(heap);
        if (has(heap, weakref, DROPS_ROOT) && row->roots > 0) {
            row->roots--;
            row->refs--; /* not the last: the collector has one */
        }
        unset(heap, weakref, DROPS_ROOT);
        if (row->refs > 1)
            list_move(heap, weakref, /* down from older still, too */
                      has(heap, weakref, FROZEN) ? (gcs_row)HEAD_PERMANENT : older);
        else if (!is_free_threaded(heap))
            work->collected++;
        let_go(heap, weakref);
    }
}

/* A generator's finalizer closes it: its frame goes, and what only that held, which may be the
 * generator itself. */
static void close_garbage(struct gcs_heap *heap, gcs_row row)
{
    unsigned made = close_allocations(heap, shape_of(heap, row));
    heap->rows[row].refs++;
    for (unsigned i = made; i > 0; i--)
        count_one_more(heap);
    clear_slots(heap, row);
    for (unsigned i = made; i > 0; i--)
        count_one_less(heap);
    let_go(heap, row);
}

/* PEP 442: each finalizer runs once in an object's life. True if one did something: it may have
 * resurrected an object, its own or, in a generator, one that died of the closing. Those seen
 * wait in HEAD_TRASH, as what dies meanwhile leaves the list. */
static bool finalize_garbage(struct gcs_heap *heap, struct gcs_work *work)
{
    bool something = false;
    gcs_row row;
    while ((row = heap->rows[HEAD_UNREACHABLE].next) != HEAD_UNREACHABLE) {
        const struct shape *shape = shape_of(heap, row);
        list_move(heap, row, HEAD_TRASH);
        if ((shape->finalizer == GCS_FINALIZER_NONE && !shape->closes) ||
            has(heap, row, FINALIZED))
            continue;
        set(heap, row, FINALIZED);
        work->finalizers += !shape->closes;
        something = something || shape->closes || shape->finalizer == GCS_FINALIZER_RESURRECT;
        if (shape->finalizer == GCS_FINALIZER_RESURRECT)
            take_root(heap, row);
        else if (shape->closes)
            close_garbage(heap, row);
    }
    list_merge(heap, HEAD_TRASH, HEAD_UNREACHABLE);
    return something;
}

/* Whether anything refers to the unreachable from outside, now that finalizers have run. */
static bool is_resurrected(const struct gcs_heap *heap)
{
    uint64_t references = 0, inner = 0;
    for (gcs_row row = heap->rows[HEAD_UNREACHABLE].next; row != HEAD_UNREACHABLE;
         row = heap->rows[row].next) {
        uint32_t count;
        const uint32_t *slots = slots_of(heap, row, &count);
        references += heap->rows[row].refs;
        for (uint32_t i = 0; i < count; i++)
            inner += has(heap, slots[i], UNREACHABLE);
    }
    return references != inner;
}

/* The resurrected and what they reach live on in the older list; the others are trash. */
static void handle_resurrected_objects(struct gcs_heap *heap, gcs_row older)
{
    if (heap->rules->resurrection == GCS_RESURRECTION_EACH) {
        split_again(heap, HEAD_UNREACHABLE, HEAD_TRASH);
    } else {
        for (gcs_row row = heap->rows[HEAD_UNREACHABLE].next; row != HEAD_UNREACHABLE;
             row = heap->rows[row].next) {
            unset(heap, row, COLLECTING | UNREACHABLE);
        }
    }
    list_merge(heap, HEAD_UNREACHABLE, older);
}

/* Breaks the references among the trash until reference counting has freed it. What has no
 * tp_clear waits in the older list for the others to let it go. */
static void delete_garbage(struct gcs_heap *heap, gcs_row older)
{
    gcs_row row;
    while ((row = heap->rows[HEAD_TRASH].next) != HEAD_TRASH) {
        heap->rows[row].refs++;
        if (shape_of(heap, row)->has_clear)
            clear_slots(heap, row);
        if (heap->rows[row].refs > 1) {
            unset(heap, row, COLLECTING | UNREACHABLE);
            list_move(heap, row, older);
        }
        let_go(heap, row);
    }
}

void handle_unreachable(struct gcs_heap *heap, gcs_row older, struct gcs_work *work)
{
    if (heap->rows[HEAD_UNREACHABLE].next == HEAD_UNREACHABLE)
        return;
    move_legacy_finalizers(heap);
    handle_weakrefs(heap, older, work);
    bool counted_before = heap->rules->resurrection == GCS_RESURRECTION_WHOLE_COUNTED;
    if (counted_before)
        work->collected += list_size(heap, HEAD_UNREACHABLE);
    if (finalize_garbage(heap, work) && is_resurrected(heap))
        handle_resurrected_objects(heap, older);
    else
        list_merge(heap, HEAD_UNREACHABLE, HEAD_TRASH);
    if (!counted_before)
        work->collected += list_size(heap, HEAD_TRASH);
    if (heap->rules->weakrefs_late)
        clear_late_weak_references(heap);
    delete_garbage(heap, older);
    handle_legacy_finalizers(heap, older, work);
}
