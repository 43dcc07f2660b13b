/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lives: the pass over the trace. Deaths by reference count are told as they come (lives_end,
 * called by the heap); garbage when it is found. Found garbage goes without what it holds
 * noticing: the references that it had stay counted, so that what else it held ends as if it
 * were there.
 */
#include "lives.h"

#define NAME(name, text) [GCS_FATE_##name] = text,
static const char *const names[GCS_FATE_COUNT] = {GCS_FATE_LIST(NAME)};

const char *gcs_fate_name(enum gcs_fate fate)
{
    return names[fate];
}

void tell(struct lives *lives, gcs_row row, uint64_t end, enum gcs_fate fate)
{
    const struct gcs_heap *heap = lives->heap;
    uint32_t count, references = 0;
    const uint32_t *slots = slots_of(heap, row, &count);
    for (uint32_t i = 0; i < count; i++)
        references += slots[i] != NOBODY;
    const struct gcs_life life = {
        .object = heap->rows[row].number,
        .end = end,
        .bytes = row_bytes(heap, row) + row_extra(heap, row),
        .type = heap->rows[row].shape & SHAPE_MASK,
        .references = references,
        .fate = fate,
    };
    lives->witness->ended(lives->witness->to, &life);
}

void lives_end(struct gcs_heap *heap, gcs_row row)
{
    bool at_once = heap->rows[row].number == heap->newest;
    tell(heap->lives, row, heap->newest, at_once ? GCS_FATE_AT_ONCE : GCS_FATE_LATER);
}

static enum gcs_status take_out_garbage(struct lives *lives, struct gcs_error *error)
{
    struct search *search = &lives->search;
    GCS_TRY(search_garbage(search, error));
    GCS_TRY(tell_garbage(lives, error));
    for (size_t i = 0; i < search->count; i++)
        vanish(lives->heap, search->garbage[i].row);
    return GCS_OK;
}

static enum gcs_status apply(struct lives *lives, const struct gcs_block *block, uint32_t index,
                             struct gcs_error *error)
{
    struct gcs_heap *heap = lives->heap;
    const struct gcs_event *event = &block->events[index];
    uint8_t op = event->op;
    struct gcs_seen seen = {.event = event, .number = block->first_event + index};
    gcs_row row = op == GCS_OP_RESIZE ? number_find(heap, event->object) : NOBODY;
    uint64_t before = row == NOBODY ? 0 : row_extra(heap, row);
    if (op == GCS_OP_ALLOCATE || op == GCS_OP_RESIZE) {
        /* Neither lets go of anything: what the event did can be told before lives end. */
        GCS_TRY(gcs_heap_apply(heap, block, index, error));
        row = number_find(heap, event->object);
        seen.type = heap->rows[row].shape & SHAPE_MASK;
        seen.bytes = (int64_t)(row_extra(heap, row) - before);
        if (op == GCS_OP_ALLOCATE) {
            seen.bytes += (int64_t)row_bytes(heap, row);
            seen.targets = event->flags & GCS_EVENT_BORN ? block->targets + event->first : NULL;
        }
        lives->witness->seen(lives->witness->to, &seen);
        return GCS_OK;
    }
    lives->witness->seen(lives->witness->to, &seen);
    return gcs_heap_apply(heap, block, index, error);
}

static enum gcs_status run(struct lives *lives, const struct gcs_trace *trace,
                           struct gcs_error *error)
{
    struct gcs_heap *heap = lives->heap;
    uint64_t search_at = lives->witness->search_at ? lives->witness->search_at : 65536;
    struct gcs_cursor *cursor;
    struct gcs_block block;
    GCS_TRY(gcs_cursor_new(trace, lives->memory, &cursor, error));
    enum gcs_status status;
    while ((status = gcs_cursor_next(cursor, &block, error)) == GCS_OK && block.count)
        for (uint32_t i = 0; i < block.count && status == GCS_OK; i++) {
            gcs_heap_expect(heap, &block, i);
            heap->stamp = heap->newest;
            status = apply(lives, &block, i, error);
            if (status == GCS_OK && heap->totals.live_objects >= search_at) {
                status = take_out_garbage(lives, error);
                if (heap->totals.live_objects * 2 > search_at)
                    search_at = heap->totals.live_objects * 2;
            }
        }
    gcs_cursor_free(cursor);
    return status;
}

static enum gcs_status tell_all(struct lives *lives, const struct gcs_trace *trace,
                                struct gcs_error *error)
{
    struct gcs_heap *heap = lives->heap;
    GCS_TRY(GCS_GROW(lives->memory, &heap->stamps, &heap->stamp_capacity, heap->row_capacity,
                     error));
    heap->lives = lives;
    GCS_TRY(run(lives, trace, error));
    GCS_TRY(take_out_garbage(lives, error));
    for (gcs_row row = FIRST_ROW; row < heap->row_count; row++)
        if (lives->search.marks[row] == MARK_REACHABLE)
            tell(lives, row, heap->newest, GCS_FATE_ALIVE);
    return GCS_OK;
}

enum gcs_status gcs_lives_of(const struct gcs_trace *trace, struct gcs_memory *memory,
                             const struct gcs_lives_witness *witness, struct gcs_error *error)
{
    struct lives lives = {.memory = memory, .witness = witness};
    GCS_TRY(gcs_heap_new(trace, &versionless_rules, memory, &lives.heap, error));
    lives.search = (struct search){.heap = lives.heap, .memory = memory};
    lives.components = (struct components){.heap = lives.heap, .memory = memory};
    enum gcs_status status = tell_all(&lives, trace, error);
    search_free(&lives.search);
    components_free(&lives.components);
    knots_free(&lives.knots, memory);
    gcs_heap_free(lives.heap);
    return status;
}
