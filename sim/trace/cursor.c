/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A finished trace: reading its events again and again, and letting it go. What is here trusts
 * the image: it was written by the builder, or proved when it was read. */
#include "trace_private.h"

#include <stdlib.h>

struct gcs_cursor {
    const struct gcs_trace_whole *trace;
    struct gcs_memory *memory;
    ZSTD_DCtx *zstd; /* made when the first compressed block comes */
    struct gcs_bytes buffer;
    struct gcs_batch batch;
    struct gcs_decoder decoder;
    size_t next_place;
    uint64_t next_event;
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

enum gcs_status gcs_cursor_new(const struct gcs_trace *trace, struct gcs_memory *memory,
                               struct gcs_cursor **cursor, struct gcs_error *error)
{
    struct gcs_cursor *made = calloc(1, sizeof *made);
    if (!made)
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    made->trace = gcs_trace_inside(trace);
    made->memory = memory;
    enum gcs_status status = gcs_batch_init(&made->batch, memory, error);
    if (status != GCS_OK) {
        gcs_cursor_free(made);
        return status;
    }
    gcs_decoder_init(&made->decoder);
    made->decoder.type_slots = made->trace->grammar.type_slots;
    made->decoder.type_count = made->trace->grammar.type_count;
    *cursor = made;
    return GCS_OK;
}

void gcs_cursor_free(struct gcs_cursor *cursor)
{
    if (!cursor)
        return;
    gcs_batch_fini(&cursor->batch, cursor->memory);
    gcs_memory_free(cursor->memory, cursor->buffer.data, cursor->buffer.capacity, 1);
    ZSTD_freeDCtx(cursor->zstd);
    free(cursor);
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
    GCS_TRY(gcs_block_bytes(cursor->trace->shown.image, place, cursor->zstd, cursor->memory,
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

enum gcs_status gcs_cursor_next_part(struct gcs_cursor *cursor, struct gcs_block *block,
                                     const struct gcs_type **type, struct gcs_error *error)
{
    struct gcs_batch *batch = &cursor->batch;
    *type = NULL;
    batch->count = 0;
    batch->target_count = 0;
    while (!batch->count && !*type) {
        enum gcs_stop stop = GCS_STOP_END;
        if (cursor->decoder.at == cursor->decoder.end) {
            if (cursor->next_place == cursor->trace->place_count)
                break;
            GCS_TRY(open_block(cursor, error));
        }
        do {
            GCS_TRY(gcs_decode(&cursor->decoder, batch, cursor->memory, &stop, error));
            if (stop == GCS_STOP_TYPE || stop == GCS_STOP_LABEL)
                GCS_TRY(step_over(cursor, stop, type, error));
        } while (stop == GCS_STOP_LABEL);
    }
    *block = (struct gcs_block){.events = batch->events,
                                .targets = batch->targets,
                                .count = batch->count,
                                .first_event = cursor->next_event};
    cursor->next_event += batch->count;
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
