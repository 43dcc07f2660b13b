/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a program's event does to the objects. */
#include "heap_private.h"

/* The row of an object that the trace names, or NOBODY with the error told. */
static gcs_row named(struct gcs_heap *heap, uint64_t object, struct gcs_error *error)
{
    gcs_row row = number_find(heap, object);
    if (row == NOBODY)
        gcs_fail(error, GCS_INVALID,
                 "object %llu is gone: its last reference went before, or it was collected as "
                 "unreachable",
                 (unsigned long long)object);
    return row;
}

static void peaks(struct gcs_heap *heap)
{
    struct gcs_totals *totals = &heap->totals;
    if (totals->live_bytes > totals->peak_bytes)
        totals->peak_bytes = totals->live_bytes;
    if (totals->live_objects > totals->peak_objects)
        totals->peak_objects = totals->live_objects;
}

/* A row for a new object, with its slots, on the books; no number, no references, untracked. */
static enum gcs_status make(struct gcs_heap *heap, uint32_t shape, uint32_t slots, gcs_row *row,
                            struct gcs_error *error)
{
    gcs_row made;
    uint32_t block;
    GCS_TRY(row_take(heap, &made, error));
    GCS_TRY(slots_take(heap, slots, &block, error));
    heap->rows[made].shape = shape;
    heap->rows[made].slots = block;
    heap->rows[made].refs = 1;
    heap->totals.allocated_objects++;
    heap->totals.live_objects++;
    *row = made;
    return GCS_OK;
}

/* Fills the slots of an object that is born complete. */
static enum gcs_status fill(struct gcs_heap *heap, gcs_row row, const uint64_t *targets,
                            struct gcs_error *error)
{
    uint32_t count;
    uint32_t *slots = slots_of(heap, row, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (targets[i] == 0)
            continue;
        gcs_row target = named(heap, targets[i], error);
        if (target == NOBODY)
            return GCS_INVALID;
        heap->rows[target].refs++;
        slot_set(heap, row, &slots[i], target);
    }
    return GCS_OK;
}

/* Objects that were there before the trace are old, and nobody counted them. */
static void enter_generation(struct gcs_heap *heap, gcs_row row, bool standing)
{
    track_at_birth(heap, row);
    if (standing && has(heap, row, TRACKED))
        list_move(heap, row, HEAD_OLD);
    if (standing && is_free_threaded(heap))
        enter_standing(heap, row);
}

/* CPython's order: the memory is there and counted, a collection may run (up to 3.11), and only
 * then is the object initialised and tracked. */
static enum gcs_status make_and_count(struct gcs_heap *heap, uint32_t shape, uint32_t slots,
                                      gcs_row *row, struct gcs_error *error)
{
    GCS_TRY(make(heap, shape, slots, row, error));
    heap->totals.live_bytes += row_bytes(heap, *row);
    peaks(heap);
    return GCS_OK;
}

/* The hidden dict or frame: a second allocation, which may collect. */
static enum gcs_status make_companion(struct gcs_heap *heap, gcs_row owner, uint32_t slots,
                                      bool standing, struct gcs_error *error)
{
    uint32_t one, shape = shape_of(heap, owner)->companion;
    gcs_row companion;
    GCS_TRY(make_and_count(heap, shape, slots, &companion, error));
    slots_of(heap, owner, &one)[0] = companion;
    set(heap, owner, HAS_COMPANION);
    if (heap->pymalloc)
        take_blocks(heap, companion, &heap->shapes[shape], slots);
    if (!standing)
        gc_alloc(heap, &heap->shapes[shape], slots);
    if (heap->rules->frame_first && heap->shapes[shape].kind == GCS_KIND_FRAME)
        enter_generation(heap, companion, standing);
    return GCS_OK;
}

/* Fills and tracks it. */
static enum gcs_status finish_companion(struct gcs_heap *heap, gcs_row owner,
                                        const uint64_t *targets, bool standing,
                                        struct gcs_error *error)
{
    uint32_t one;
    gcs_row companion = slots_of(heap, owner, &one)[0];
    if (targets)
        GCS_TRY(fill(heap, companion, targets, error));
    if (!has(heap, companion, TRACKED))
        enter_generation(heap, companion, standing);
    return GCS_OK;
}

static enum gcs_status allocate(struct gcs_heap *heap, const struct gcs_event *event,
                                const uint64_t *targets, struct gcs_error *error)
{
    struct shape *shape = &heap->shapes[event->type];
    bool standing = event->object <= heap->trace->options.standing;
    bool pair = shape->companion && (event->slots > 0 || shape->closes);
    gcs_row row;
    if (heap->pymalloc)
        GCS_TRY(pymalloc_reserve(heap, error));
    GCS_TRY(make_and_count(heap, event->type, pair ? 1 : event->slots, &row, error));
    GCS_TRY(number_add(heap, event->object, row, error));
    heap->rows[row].roots = 1;
    if (shape->closes)
        GCS_TRY(GCS_GROW(heap->memory, &heap->closings, &heap->closing_capacity,
                         ++heap->generators, error));
    if (pair && shape->closes) /* the frame comes before its generator, a dict behind */
        GCS_TRY(make_companion(heap, row, event->slots, standing, error));
    if (heap->pymalloc)
        take_blocks(heap, row, shape, event->slots);
    if (!standing)
        gc_alloc(heap, shape, event->slots);
    if (targets && !pair)
        GCS_TRY(fill(heap, row, targets, error));
    if (event->value) {
        GCS_TRY(set_extra(heap, row, event->value, error));
        heap->totals.live_bytes += row_extra(heap, row);
        if (heap->pymalloc)
            pymalloc_resize(heap, row, 0, event->value);
    }
    enter_generation(heap, row, standing);
    if (pair && !shape->closes)
        GCS_TRY(make_companion(heap, row, event->slots, standing, error));
    if (pair)
        GCS_TRY(finish_companion(heap, row, targets, standing, error));
    peaks(heap);
    return GCS_OK;
}

static bool is_born_complete(enum gcs_kind kind)
{
    return kind == GCS_KIND_TUPLE || kind == GCS_KIND_SLICE || kind == GCS_KIND_METHOD ||
           kind == GCS_KIND_CFUNCTION;
}

static enum gcs_status store(struct gcs_heap *heap, const struct gcs_event *event,
                             struct gcs_error *error)
{
    gcs_row source = named(heap, event->object, error), target = NOBODY;
    if (source == NOBODY)
        return GCS_INVALID;
    enum gcs_kind kind = (enum gcs_kind)shape_of(heap, source)->kind;
    if (is_born_complete(kind))
        return gcs_fail(error, GCS_INVALID, "object %llu is a %s: nothing can be stored in it",
                        (unsigned long long)event->object, gcs_kind_name(kind));
    if (event->value && (target = named(heap, event->value, error)) == NOBODY)
        return GCS_INVALID;
    uint32_t count;
    if (has(heap, source, HAS_COMPANION))
        source = slots_of(heap, source, &count)[0];
    uint32_t *slots = slots_of(heap, source, &count);
    if (event->type >= count)
        return gcs_fail(error, GCS_INVALID,
                        "object %llu has %u slots (numbered from 0), no slot %u",
                        (unsigned long long)event->object, count, event->type);
    if (target != NOBODY) {
        if (shape_of(heap, source)->kind == GCS_KIND_DICT && heap->rules->dict_lazy)
            dict_maintain_tracking(heap, source, target);
        heap->rows[target].refs++;
    }
    gcs_row before = slots[event->type];
    slot_set(heap, source, &slots[event->type], target);
    if (before != NOBODY)
        let_go(heap, before);
    return GCS_OK;
}

static enum gcs_status root(struct gcs_heap *heap, const struct gcs_event *event,
                            struct gcs_error *error)
{
    gcs_row row = named(heap, event->object, error);
    if (row == NOBODY)
        return GCS_INVALID;
    if (event->op == GCS_OP_ROOT_MORE) {
        take_root(heap, row);
        return GCS_OK;
    }
    if (heap->rows[row].roots == 0)
        return gcs_fail(error, GCS_INVALID, "object %llu has no root reference to give up",
                        (unsigned long long)event->object);
    give_up_root(heap, row);
    return GCS_OK;
}

static enum gcs_status resize(struct gcs_heap *heap, const struct gcs_event *event,
                              struct gcs_error *error)
{
    gcs_row row = named(heap, event->object, error);
    if (row == NOBODY)
        return GCS_INVALID;
    if (heap->pymalloc)
        GCS_TRY(pymalloc_reserve(heap, error));
    uint64_t before = row_extra(heap, row);
    GCS_TRY(set_extra(heap, row, event->value, error));
    heap->totals.live_bytes += row_extra(heap, row) - before;
    if (heap->pymalloc)
        pymalloc_resize(heap, row, before, event->value);
    if (has(heap, row, FROZEN))
        heap->totals.frozen_bytes += row_extra(heap, row) - before;
    peaks(heap);
    return GCS_OK;
}

static enum gcs_status refer_weakly(struct gcs_heap *heap, const struct gcs_event *event,
                                    struct gcs_error *error)
{
    gcs_row weakref = named(heap, event->object, error);
    gcs_row target = weakref == NOBODY ? NOBODY : named(heap, event->value, error);
    if (target == NOBODY)
        return GCS_INVALID;
    return weak_add(heap, weakref, target, (enum gcs_weak)event->detail, error);
}

static enum gcs_status apply(struct gcs_heap *heap, const struct gcs_event *event,
                             const uint64_t *targets, struct gcs_error *error)
{
    switch ((enum gcs_op)event->op) {
    case GCS_OP_ALLOCATE:
        return allocate(heap, event,
                        event->flags & GCS_EVENT_BORN ? targets + event->first : NULL, error);
    case GCS_OP_STORE:
        return store(heap, event, error);
    case GCS_OP_ROOT_MORE:
    case GCS_OP_ROOT_LESS:
        return root(heap, event, error);
    case GCS_OP_RESIZE:
        return resize(heap, event, error);
    case GCS_OP_WEAK:
        return refer_weakly(heap, event, error);
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

enum gcs_status gcs_heap_apply(struct gcs_heap *heap, const struct gcs_block *block,
                               uint32_t index, struct gcs_error *error)
{
    heap->event = block->first_event + index;
    enum gcs_status status = apply(heap, &block->events[index], block->targets, error);
    if (status != GCS_OK && error && !error->has_event) {
        error->has_event = true;
        error->event = heap->event;
    }
    return status;
}

void gcs_heap_mark_garbage(struct gcs_heap *heap, uint64_t object)
{
    gcs_row row = number_find(heap, object);
    while (row != NOBODY && !has(heap, row, GARBAGE)) {
        set(heap, row, GARBAGE);
        heap->totals.garbage_objects++;
        heap->totals.garbage_bytes += row_bytes(heap, row) + row_extra(heap, row);
        uint32_t count;
        row = has(heap, row, HAS_COMPANION) ? slots_of(heap, row, &count)[0] : NOBODY;
    }
    if (heap->totals.garbage_bytes > heap->totals.peak_garbage_bytes)
        heap->totals.peak_garbage_bytes = heap->totals.garbage_bytes;
}
