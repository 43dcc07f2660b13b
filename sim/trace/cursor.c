/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A finished trace: reading its events again and again, and letting it go. What is here trusts
 * the image: it was written by the builder, or proved when it was read. */
#include "ahead.h"
#include "trace_private.h"

#include <stdlib.h>

enum { PARTS_AHEAD = 4 }; /* with their events half a megabyte: they stay in a cache */

/* Events up to the next definition, a batch of them at most, and what is defined there. */
struct part {
    struct gcs_batch batch;
    const struct gcs_type *type; /* NULL: no type */
    size_t used;                 /* the own memory when it was filled */
    enum gcs_status status;
    struct gcs_error error;
};

struct gcs_cursor {
    const struct gcs_trace_whole *trace;
    struct gcs_memory *memory;
    uint64_t next_event;
    struct gcs_ahead *ahead; /* NULL: parts[0] is filled when it is asked for */
    struct part parts[PARTS_AHEAD];
    struct gcs_memory own; /* of a thread ahead */
    size_t counted;        /* of it, in `memory` */
    /* Of who fills the parts: */
    struct gcs_memory *room; /* `memory`, or the own */
    ZSTD_DCtx *zstd;         /* made when the first compressed block comes */
    struct gcs_bytes buffer;
    struct gcs_decoder decoder;
    size_t next_place;
};

const struct gcs_trace_whole *gcs_trace_inside(const struct gcs_trace *trace)
{
    return (const struct gcs_trace_whole *)trace;
}

void gcs_trace_free(struct gcs_trace *trace)
{
    if (!trace)
        return;
    struct gcs_trace_whole *whole = (struct gcs_trace_whole *)trace;
    gcs_grammar_fini(&whole->grammar);
    gcs_memory_free(whole->memory, whole->places, whole->places_capacity,
                    sizeof *whole->places);
    gcs_memory_free(whole->memory, whole->image.data, whole->image.capacity, 1);
    free(whole);
}

uint64_t gcs_trace_block_of(const struct gcs_trace *trace, uint64_t event)
{
    const struct gcs_trace_whole *whole = gcs_trace_inside(trace);
    size_t low = 0, high = whole->place_count;
    while (high - low > 1) { /* places[low] begins at or before the event */
        size_t middle = low + (high - low) / 2;
        if (whole->places[middle].first_event <= event)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static enum gcs_status open_block(struct gcs_cursor *cursor, struct gcs_error *error)
{
    const struct gcs_place *place = &cursor->trace->places[cursor->next_place];
    if (place->compressed && !cursor->zstd) {
        cursor->zstd = ZSTD_createDCtx();
        if (!cursor->zstd)
            return gcs_fail(error, GCS_NOMEM, "out of memory");
    }
    const unsigned char *bytes;
    GCS_TRY(gcs_block_bytes(cursor->trace->shown.image, place, cursor->zstd, cursor->room,
                            &cursor->buffer, &bytes, error));
    cursor->decoder.at = bytes;
    cursor->decoder.end = bytes + place->raw_bytes;
    cursor->next_place++;
    return GCS_OK;
}

/* Steps over the definition at which the decoder stands; *type: what it defines, if a type. */
static enum gcs_status step_over(struct gcs_cursor *cursor, enum gcs_stop stop,
                                 const struct gcs_type **type, struct gcs_error *error)
{
    size_t length;
    if (stop == GCS_STOP_LABEL) {
        const char *label;
        return gcs_decode_label(&cursor->decoder, &label, &length, error);
    }
    struct gcs_type found;
    GCS_TRY(gcs_decode_type(&cursor->decoder, &found, &length, error));
    *type = cursor->trace->shown.types[found.number];
    return GCS_OK;
}

static enum gcs_status fill(struct gcs_cursor *cursor, struct part *part,
                            struct gcs_error *error)
{
    struct gcs_batch *batch = &part->batch;
    part->type = NULL;
    batch->count = 0;
    batch->target_count = 0;
    while (!batch->count && !part->type) {
        enum gcs_stop stop = GCS_STOP_END;
        if (cursor->decoder.at == cursor->decoder.end) {
            if (cursor->next_place == cursor->trace->place_count)
                break;
            GCS_TRY(open_block(cursor, error));
        }
        do {
            GCS_TRY(gcs_decode(&cursor->decoder, batch, cursor->room, &stop, error));
            if (stop == GCS_STOP_TYPE || stop == GCS_STOP_LABEL)
                GCS_TRY(step_over(cursor, stop, &part->type, error));
        } while (stop == GCS_STOP_LABEL);
    }
    return GCS_OK;
}

static bool fill_slot(void *work, unsigned slot)
{
    struct gcs_cursor *cursor = work;
    struct part *part = &cursor->parts[slot];
    part->status = fill(cursor, part, &part->error);
    part->used = cursor->own.used;
    return part->status == GCS_OK && (part->batch.count || part->type);
}

/* Parts that a thread fills have a budget of their own, as large; it counts in the caller's
 * when they are handed out, so at the same events whoever is faster. */
static enum gcs_status count_own(struct gcs_cursor *cursor, size_t used,
                                 struct gcs_error *error)
{
    GCS_TRY(gcs_memory_count(cursor->memory, cursor->counted, used, error));
    cursor->counted = used;
    return GCS_OK;
}

static enum gcs_status init(struct gcs_cursor *cursor, unsigned parts, struct gcs_error *error)
{
    for (unsigned i = 0; i < parts; i++)
        GCS_TRY(gcs_batch_init(&cursor->parts[i].batch, cursor->room, error));
    gcs_decoder_init(&cursor->decoder);
    cursor->decoder.type_slots = cursor->trace->grammar.type_slots;
    cursor->decoder.type_count = cursor->trace->grammar.type_count;
    return count_own(cursor, cursor->own.used, error);
}

static enum gcs_status cursor_new(const struct gcs_trace *trace, struct gcs_memory *memory,
                                  bool ahead, struct gcs_cursor **cursor,
                                  struct gcs_error *error)
{
    struct gcs_cursor *made = calloc(1, sizeof *made);
    if (!made)
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    made->trace = gcs_trace_inside(trace);
    made->memory = memory;
    made->own.limit = memory->limit;
    made->room = ahead ? &made->own : memory;
    enum gcs_status status = init(made, ahead ? PARTS_AHEAD : 1, error);
    if (status != GCS_OK) {
        gcs_cursor_free(made);
        return status;
    }
    if (ahead)
        made->ahead = gcs_ahead_new(PARTS_AHEAD, fill_slot, made);
    *cursor = made;
    return GCS_OK;
}

enum gcs_status gcs_cursor_new(const struct gcs_trace *trace, struct gcs_memory *memory,
                               struct gcs_cursor **cursor, struct gcs_error *error)
{
    return cursor_new(trace, memory, false, cursor, error);
}

enum gcs_status gcs_cursor_new_ahead(const struct gcs_trace *trace, struct gcs_memory *memory,
                                     struct gcs_cursor **cursor, struct gcs_error *error)
{
    return cursor_new(trace, memory, true, cursor, error);
}

void gcs_cursor_free(struct gcs_cursor *cursor)
{
    if (!cursor)
        return;
    gcs_ahead_free(cursor->ahead);
    for (unsigned i = 0; i < PARTS_AHEAD; i++)
        gcs_batch_fini(&cursor->parts[i].batch, cursor->room);
    gcs_memory_free(cursor->room, cursor->buffer.data, cursor->buffer.capacity, 1);
    (void)gcs_memory_count(cursor->memory, cursor->counted, 0, NULL); /* less is no failure */
    ZSTD_freeDCtx(cursor->zstd);
    free(cursor);
}

enum gcs_status gcs_cursor_next_part(struct gcs_cursor *cursor, struct gcs_block *block,
                                     const struct gcs_type **type, struct gcs_error *error)
{
    unsigned slot = cursor->ahead ? gcs_ahead_next(cursor->ahead) : 0;
    const struct part *part = &cursor->parts[slot];
    if (!cursor->ahead)
        fill_slot(cursor, slot);
    if (part->status != GCS_OK)
        return gcs_fail(error, part->status, "%s", part->error.text);
    GCS_TRY(count_own(cursor, part->used, error));
    *type = part->type;
    *block = (struct gcs_block){.events = part->batch.events,
                                .targets = part->batch.targets,
                                .count = part->batch.count,
                                .first_event = cursor->next_event};
    cursor->next_event += part->batch.count;
    const struct gcs_watch *watch = cursor->memory->watch;
    if (watch)
        watch->moved(watch->watcher, cursor->next_event, cursor->trace->shown.events);
    return GCS_OK;
}

enum gcs_status gcs_cursor_next(struct gcs_cursor *cursor, struct gcs_block *block,
                                struct gcs_error *error)
{
    const struct gcs_type *type;
    do
        GCS_TRY(gcs_cursor_next_part(cursor, block, &type, error));
    while (!block->count && type);
    return GCS_OK;
}
