/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The strict pass: whatever a trace names must be reachable from a root at that moment, for no
 * program can name it otherwise.
 *
 * Proof is a walk backwards, from the object through what holds it, up to a root. The heap
 * keeps the holders of each object in a list meanwhile; a walk that succeeds moves its steps to
 * the front, so the next walk goes there at once. Garbage is collected now and then, lest walks
 * get lost in it; an object that was collected cannot be named either.
 */
#include "heap_private.h"

#include <stdlib.h>
#include <string.h>

/* No version's: each object is one object, and nothing is parked. */
const struct gcs_rules versionless_rules = {.alignment = 16,
                                            .gc_header = 16,
                                            .minor = 13,
                                            .slotless_is_gc = true,
                                            .weak_tuple_from = 1};

/* One step of a walk: an object, and the slot that holds it which is being tried. */
struct step {
    gcs_row row;
    uint32_t place;
};

struct pass {
    struct gcs_heap *heap;
    struct gcs_memory *memory;
    struct step *steps;
    size_t step_capacity;
    uint32_t *seen; /* by row: the last walk that came by */
    size_t seen_capacity;
    uint32_t walk;
    uint64_t collect_at; /* so many objects at a time */
};

/* The slot at `place` in the pool now holds `target` for `owner`. */
void link_slot(struct gcs_heap *heap, uint32_t place, gcs_row owner, gcs_row target)
{
    struct link *links = heap->links;
    gcs_row before = heap->slots[place];
    if (before != NOBODY) {
        struct link link = links[place];
        if (link.previous)
            links[link.previous].next = link.next;
        else
            heap->holders[before] = link.next;
        if (link.next)
            links[link.next].previous = link.previous;
    }
    if (target != NOBODY) {
        uint32_t first = heap->holders[target];
        links[place] = (struct link){.owner = owner, .next = first};
        if (first)
            links[first].previous = place;
        heap->holders[target] = place;
    }
}

static void move_to_front(struct gcs_heap *heap, gcs_row row, uint32_t place)
{
    struct link *links = heap->links;
    struct link link = links[place];
    if (link.previous == 0)
        return;
    links[link.previous].next = link.next;
    if (link.next)
        links[link.next].previous = link.previous;
    uint32_t first = heap->holders[row];
    links[place].previous = 0;
    links[place].next = first;
    links[first].previous = place;
    heap->holders[row] = place;
}

static enum gcs_status make_room(struct pass *pass, struct gcs_error *error)
{
    size_t rows = pass->heap->row_count, known = pass->seen_capacity;
    GCS_TRY(GCS_GROW(pass->memory, &pass->steps, &pass->step_capacity, rows, error));
    GCS_TRY(GCS_GROW(pass->memory, &pass->seen, &pass->seen_capacity, rows, error));
    memset(pass->seen + known, 0, sizeof *pass->seen * (pass->seen_capacity - known));
    if (++pass->walk == 0) { /* the numbers of walks have come round */
        memset(pass->seen, 0, sizeof *pass->seen * pass->seen_capacity);
        pass->walk = 1;
    }
    return GCS_OK;
}

/* Depth first through the holders, each object once. */
static bool is_reachable(struct pass *pass, gcs_row row)
{
    struct gcs_heap *heap = pass->heap;
    size_t height = 0;
    pass->steps[height++] = (struct step){row, heap->holders[row]};
    pass->seen[row] = pass->walk;
    while (height) {
        struct step *step = &pass->steps[height - 1];
        if (heap->rows[step->row].roots > 0) {
            for (size_t i = 0; i + 1 < height; i++)
                move_to_front(heap, pass->steps[i].row, pass->steps[i].place);
            return true;
        }
        while (step->place && pass->seen[heap->links[step->place].owner] == pass->walk)
            step->place = heap->links[step->place].next;
        if (!step->place) {
            height--;
            if (height)
                pass->steps[height - 1].place = heap->links[pass->steps[height - 1].place].next;
            continue;
        }
        gcs_row owner = heap->links[step->place].owner;
        pass->seen[owner] = pass->walk;
        pass->steps[height++] = (struct step){owner, heap->holders[owner]};
    }
    return false;
}

static enum gcs_status must_be_reachable(struct pass *pass, uint64_t object,
                                         struct gcs_error *error)
{
    gcs_row row = object ? number_find(pass->heap, object) : NOBODY;
    if (row != NOBODY && has(pass->heap, row, FINALIZED) &&
        shape_of(pass->heap, row)->finalizer == GCS_FINALIZER_RESURRECT)
        return gcs_fail(
            error, GCS_INVALID,
            "object %llu was resurrected by its finalizer: the trace may not name it "
            "any more",
            (unsigned long long)object);
    if (row == NOBODY || pass->heap->rows[row].roots > 0) /* what is gone, apply will tell */
        return GCS_OK;
    GCS_TRY(make_room(pass, error));
    if (is_reachable(pass, row))
        return GCS_OK;
    return gcs_fail(error, GCS_INVALID,
                    "object %llu is unreachable: no program can name it here (give up its last "
                    "root later, or leave this out)",
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

/* CPython returns a known weak reference again rather than make a second one without a
 * callback. */
static enum gcs_status check_weak(const struct pass *pass, const struct gcs_event *event,
                                  struct gcs_error *error)
{
    gcs_row target = number_find(pass->heap, event->value);
    if (target == NOBODY || event->detail != GCS_WEAK_PLAIN ||
        !weak_has_plain(pass->heap, target))
        return GCS_OK;
    return gcs_fail(
        error, GCS_INVALID,
        "object %llu has a weak reference without a callback already: add a root to "
        "that one instead",
        (unsigned long long)event->value);
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
        for (uint32_t place = slots[i] ? heap->holders[slots[i]] : 0; place;
             place = heap->links[place].next)
            if (heap->links[place].owner == set_row &&
                place != (uint32_t)(slots - heap->slots) + i)
                return gcs_fail(error, GCS_INVALID,
                                "object %llu is a set and holds the same object twice",
                                (unsigned long long)event->object);
    return GCS_OK;
}

static enum gcs_status step(struct pass *pass, const struct gcs_block *block, uint32_t index,
                            struct gcs_error *error)
{
    const struct gcs_event *event = &block->events[index];
    GCS_TRY(check_named(pass, event, block->targets, error));
    if (event->op == GCS_OP_WEAK)
        GCS_TRY(check_weak(pass, event, error));
    GCS_TRY(gcs_heap_apply(pass->heap, block, index, error));
    if (event->op == GCS_OP_STORE || event->op == GCS_OP_ALLOCATE)
        GCS_TRY(check_set(pass, event, error));
    if (pass->heap->totals.live_objects >= pass->collect_at) {
        struct gcs_work work;
        gcs_heap_collect(pass->heap, GCS_GENERATIONS - 1, &work);
        pass->collect_at = 10000 + 2 * pass->heap->totals.live_objects;
    }
    return GCS_OK;
}

static enum gcs_status run(struct pass *pass, const struct gcs_trace *trace,
                           struct gcs_error *error)
{
    struct gcs_cursor *cursor;
    struct gcs_block block;
    GCS_TRY(gcs_cursor_new(trace, pass->memory, &cursor, error));
    enum gcs_status status;
    while ((status = gcs_cursor_next(cursor, &block, error)) == GCS_OK && block.count) {
        uint32_t i = 0;
        for (; i < block.count; i++) {
            gcs_heap_expect(pass->heap, &block, i);
            if ((status = step(pass, &block, i, error)) != GCS_OK)
                break;
        }
        if (status != GCS_OK) {
            if (error && !error->has_event) {
                error->has_event = true;
                error->event = block.first_event + i;
            }
            break;
        }
    }
    gcs_cursor_free(cursor);
    return status;
}

enum gcs_status gcs_trace_check(const struct gcs_trace *trace, struct gcs_memory *memory,
                                struct gcs_error *error)
{
    struct pass pass = {.memory = memory, .collect_at = 10000};
    GCS_TRY(gcs_heap_new(trace, &versionless_rules, memory, &pass.heap, error));
    enum gcs_status status = heap_link_slots(pass.heap, error);
    if (status == GCS_OK)
        status = run(&pass, trace, error);
    gcs_heap_free(pass.heap);
    gcs_memory_free(memory, pass.steps, pass.step_capacity, sizeof *pass.steps);
    gcs_memory_free(memory, pass.seen, pass.seen_capacity, sizeof *pass.seen);
    return status;
}
