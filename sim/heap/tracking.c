/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which objects the collector knows: tracking and untracking (cpython-gc.md 2.4). */
#include "heap_private.h"

/* The counter rises, and with it the question whether to collect (CPython 3.12, gcmodule.c,
 * _PyObject_GC_Link; from 3.14.1 to 3.14.4 _PyObject_GC_TRACK). */
void count_one_more(struct gcs_heap *heap)
{
    heap->heap_size++;
    if (heap->rules->count_buffer) {
        buffer_one_more(heap);
        return;
    }
    if (++heap->counts.count[0] > heap->trigger.above && !heap->collecting)
        heap->trigger.fire(heap->trigger.engine);
}

/* It is net of deaths (but for textbooks'), and never below zero. */
void count_one_less(struct gcs_heap *heap)
{
    heap->heap_size--;
    if (heap->rules->count_buffer)
        buffer_one_less(heap);
    else if (heap->counts.count[0] > 0 && !heap->rules->count_births)
        heap->counts.count[0]--;
}

void track(struct gcs_heap *heap, gcs_row row)
{
    GCS_ASSERT(!has(heap, row, TRACKED));
    set(heap, row, TRACKED);
    if (heap->rules->mechanism == GCS_MECHANISM_INCREMENTAL)
        unset(heap, row, VISITED);
    list_append(heap, HEAD_YOUNG, row);
    if (heap->rules->count_tracking)
        count_one_more(heap);
}

void enter_permanent(struct gcs_heap *heap, gcs_row row)
{
    set(heap, row, FROZEN);
    list_move(heap, row, HEAD_PERMANENT);
    heap->totals.frozen_bytes += row_bytes(heap, row) + row_extra(heap, row);
    heap->totals.frozen_objects++;
}

void leave_permanent(struct gcs_heap *heap, gcs_row row)
{
    if (!has(heap, row, FROZEN))
        return;
    unset(heap, row, FROZEN);
    heap->totals.frozen_bytes -= row_bytes(heap, row) + row_extra(heap, row);
    heap->totals.frozen_objects--;
}

void untrack(struct gcs_heap *heap, gcs_row row)
{
    GCS_ASSERT(has(heap, row, TRACKED) && !has(heap, row, COLLECTING | UNREACHABLE));
    leave_permanent(heap, row);
    unset(heap, row, TRACKED);
    list_remove(heap, row);
    if (heap->rules->count_tracking)
        count_one_less(heap);
}

/* CPython's _PyObject_GC_MAY_BE_TRACKED: a container, unless it is a tuple found to hold atoms.
 * An untracked dict may become tracked any time, so it counts as a container. */
bool may_be_tracked(const struct gcs_heap *heap, gcs_row row)
{
    const struct shape *shape = shape_of(heap, row);
    return shape->gc && (shape->kind != GCS_KIND_TUPLE || has(heap, row, TRACKED));
}

bool only_holds_atoms(const struct gcs_heap *heap, gcs_row row)
{
    uint32_t count;
    const uint32_t *slots = slots_of(heap, row, &count);
    for (uint32_t i = 0; i < count; i++)
        if (slots[i] != NOBODY && may_be_tracked(heap, slots[i]))
            return false;
    return true;
}

/* 3.14.1 on, tuple constructors: the test is the item's type, so a tuple with an untracked
 * tuple inside starts tracked. */
static bool only_holds_atomic_types(const struct gcs_heap *heap, gcs_row row)
{
    uint32_t count;
    const uint32_t *slots = slots_of(heap, row, &count);
    for (uint32_t i = 0; i < count; i++)
        if (slots[i] != NOBODY && shape_of(heap, slots[i])->gc)
            return false;
    return true;
}

void track_at_birth(struct gcs_heap *heap, gcs_row row)
{
    const struct shape *shape = shape_of(heap, row);
    if (!shape->gc)
        return;
    if (shape->kind == GCS_KIND_TUPLE && heap->rules->tuple_by_content &&
        only_holds_atomic_types(heap, row))
        return;
    if (shape->kind == GCS_KIND_DICT && heap->rules->dict_lazy && only_holds_atoms(heap, row))
        return;
    track(heap, row);
}

/* CPython's MAINTAIN_TRACKING: the first container stored makes the collector know the dict. */
void dict_maintain_tracking(struct gcs_heap *heap, gcs_row dict, gcs_row value)
{
    if (!has(heap, dict, TRACKED) && may_be_tracked(heap, value))
        track(heap, dict);
}
