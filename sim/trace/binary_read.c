/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A foreign image, which may hold anything. Sums tell chance damage, and where; then every
 * event goes through the grammar of a builder, whose bytes must come out as they stand in the
 * image. What is left is a trace that this program could have written itself, so cursors need
 * not check again.
 *
 * Memory: the copy of the image, one block of at most GCS_RAW_MAX (a larger one is not
 * compressed, so the file has the bytes), twice, and what the grammar's bounds allow.
 */
#include "trace_private.h"

#include <string.h>

struct reader {
    const unsigned char *image;
    size_t size;
    size_t at;
    struct gcs_memory *memory;
    struct gcs_trace_builder *builder;
    ZSTD_DCtx *zstd;
    struct gcs_bytes buffer;
    struct gcs_decoder decoder;
    struct gcs_batch batch;
    uint64_t blocks;
    struct gcs_error *error;
};

static enum gcs_status fault(struct reader *reader, const char *what)
{
    return gcs_fail(reader->error, GCS_INVALID, "block %llu: %s",
                    (unsigned long long)reader->blocks, what);
}

/* The same for what a deeper function found wrong. */
static enum gcs_status found(struct reader *reader, const struct gcs_error *inner)
{
    if (inner->status != GCS_INVALID)
        return gcs_fail(reader->error, inner->status, "%s", inner->text);
    return fault(reader, inner->text);
}

/* `count` bytes and their sum are there, and the sum fits. */
static bool sum_fits(const unsigned char *bytes, size_t count)
{
    return gcs_load64(bytes + count) == XXH3_64bits(bytes, count);
}

static size_t left(const struct reader *reader)
{
    return reader->size - reader->at;
}

static enum gcs_status read_header(struct reader *reader)
{
    const unsigned char *at = reader->image;
    if (left(reader) < GCS_HEADER_BYTES + GCS_SUM_BYTES)
        return gcs_fail(reader->error, GCS_INVALID,
                        "the file is cut short: it ends inside its header");
    if (gcs_load32(at + 8) != GCS_IMAGE_VERSION)
        return gcs_fail(reader->error, GCS_INVALID,
                        "binary version %u is unknown: this program reads version %d",
                        gcs_load32(at + 8), GCS_IMAGE_VERSION);
    if (!sum_fits(at, GCS_HEADER_BYTES))
        return gcs_fail(reader->error, GCS_INVALID,
                        "the file is damaged: its header's checksum does not fit");
    struct gcs_options options = {
        .objects_minor = at[12],
        .freelists_resolved = at[13] == 1,
        .roots_native = at[14] == 1,
        .has_start = at[15] == 1,
        .standing = gcs_load64(at + 16),
    };
    for (unsigned i = 0; i < 5; i++)
        options.start[i] = gcs_load64(at + 24 + 8 * i);
    GCS_TRY(gcs_trace_builder_options(reader->builder, &options, reader->error));
    unsigned char again[GCS_HEADER_BYTES + GCS_SUM_BYTES];
    gcs_write_header(again, &options);
    if (memcmp(again, at, sizeof again))
        return gcs_fail(reader->error, GCS_INVALID, "the header holds unknown options");
    reader->at = sizeof again;
    return GCS_OK;
}

/* Reads the head of the block that begins here, and checks its sums and bounds. */
static enum gcs_status read_head(struct reader *reader, struct gcs_place *place)
{
    const unsigned char *at = reader->image + reader->at;
    const size_t head = GCS_HEAD_BYTES + GCS_SUM_BYTES;
    if (left(reader) < head)
        return fault(reader, "the file is cut short here");
    if (!sum_fits(at, GCS_HEAD_BYTES))
        return fault(reader, "damaged (the checksum of its head does not fit)");
    *place = (struct gcs_place){
        .compressed = gcs_load32(at) == GCS_TAG_ZSTD,
        .events = gcs_load32(at + 4),
        .raw_bytes = gcs_load32(at + 8),
        .stored_bytes = gcs_load32(at + 12),
        .first_event = gcs_load64(at + 16),
        .allocations = gcs_load64(at + 24),
        .stored_at = reader->at + head,
    };
    if (left(reader) - head < (size_t)place->stored_bytes + GCS_SUM_BYTES)
        return fault(reader, "the file is cut short here");
    if (!sum_fits(at + head, place->stored_bytes))
        return fault(reader, "damaged (the checksum of its bytes does not fit)");
    if (place->compressed ? place->raw_bytes > GCS_RAW_MAX
                          : place->raw_bytes != place->stored_bytes)
        return fault(reader, "its size is out of bounds");
    if (!place->raw_bytes)
        return fault(reader, "it is empty");
    return GCS_OK;
}

/* Hands a definition to the builder. */
static enum gcs_status define(struct reader *reader, enum gcs_stop stop,
                              struct gcs_error *inner)
{
    struct gcs_decoder *decoder = &reader->decoder;
    size_t length;
    if (stop == GCS_STOP_TYPE) {
        struct gcs_type type;
        GCS_TRY(gcs_decode_type(decoder, &type, &length, inner));
        GCS_TRY(gcs_trace_builder_define(reader->builder, &type, length, inner));
        decoder->type_slots = reader->builder->grammar.type_slots;
        decoder->type_count = reader->builder->grammar.type_count;
        return GCS_OK;
    }
    const char *label;
    uint32_t id;
    GCS_TRY(gcs_decode_label(decoder, &label, &length, inner));
    return gcs_trace_builder_label(reader->builder, label, length, &id, inner);
}

static enum gcs_status read_events(struct reader *reader, struct gcs_error *inner)
{
    struct gcs_batch *batch = &reader->batch;
    enum gcs_stop stop;
    do {
        batch->count = 0;
        batch->target_count = 0;
        GCS_TRY(gcs_decode(&reader->decoder, batch, reader->memory, &stop, inner));
        for (uint32_t i = 0; i < batch->count; i++) {
            enum gcs_status status = gcs_trace_builder_add(reader->builder, &batch->events[i],
                                                           batch->targets, inner);
            if (status != GCS_OK) {
                if (reader->error->status == GCS_OK && status == GCS_INVALID) {
                    reader->error->has_event = true;
                    reader->error->event = reader->builder->grammar.events;
                }
                return status;
            }
        }
        if (stop == GCS_STOP_TYPE || stop == GCS_STOP_LABEL)
            GCS_TRY(define(reader, stop, inner));
    } while (stop != GCS_STOP_END);
    return GCS_OK;
}

static enum gcs_status read_block(struct reader *reader)
{
    struct gcs_place place;
    struct gcs_error inner = {0};
    struct gcs_trace_builder *builder = reader->builder;
    const unsigned char *bytes;
    GCS_TRY(read_head(reader, &place));
    if (place.first_event != builder->grammar.events ||
        place.allocations != builder->grammar.allocations)
        return fault(reader, "it does not continue the block before it");
    if (gcs_block_bytes(reader->image, &place, reader->zstd, reader->memory, &reader->buffer,
                        &bytes, &inner) != GCS_OK)
        return found(reader, &inner);
    reader->decoder.at = bytes;
    reader->decoder.end = bytes + place.raw_bytes;
    if (read_events(reader, &inner) != GCS_OK)
        return found(reader, &inner);
    if (builder->grammar.events - place.first_event != place.events)
        return fault(reader, "it holds another number of events than its head says");
    if (builder->raw.length != place.raw_bytes ||
        memcmp(builder->raw.data, bytes, place.raw_bytes))
        return fault(reader, "its events are not in the one form this version writes");
    builder->block = place;
    GCS_TRY(gcs_trace_builder_close(builder, reader->error));
    reader->blocks++;
    reader->at = place.stored_at + place.stored_bytes + GCS_SUM_BYTES;
    return GCS_OK;
}

static enum gcs_status read_trailer(struct reader *reader)
{
    const unsigned char *at = reader->image + reader->at;
    const size_t size = GCS_TRAILER_BYTES + GCS_SUM_BYTES;
    if (left(reader) < size)
        return gcs_fail(reader->error, GCS_INVALID,
                        "the file is cut short behind its last block: the trailer is missing");
    if (!sum_fits(at, GCS_TRAILER_BYTES))
        return gcs_fail(reader->error, GCS_INVALID,
                        "the file is damaged: its trailer's checksum does not fit");
    if (left(reader) > size)
        return gcs_fail(reader->error, GCS_INVALID,
                        "%zu bytes stand behind the trailer: the file is not a trace alone",
                        left(reader) - size);
    unsigned char again[GCS_TRAILER_BYTES + GCS_SUM_BYTES];
    struct gcs_trace_totals totals = gcs_trace_builder_totals(reader->builder);
    gcs_write_trailer(again, &totals);
    if (memcmp(again, at, sizeof again))
        return gcs_fail(reader->error, GCS_INVALID,
                        "the trailer's totals are not those of the blocks");
    return GCS_OK;
}

/* Tells a block from the trailer by its tag. */
static enum gcs_status read_rest(struct reader *reader)
{
    for (;;) {
        if (left(reader) < 4)
            return fault(reader, "the file is cut short here");
        uint32_t tag = gcs_load32(reader->image + reader->at);
        if (tag == GCS_TAG_TRAILER)
            return read_trailer(reader);
        if (tag != GCS_TAG_RAW && tag != GCS_TAG_ZSTD)
            return fault(reader, "damaged (no block begins here)");
        GCS_TRY(read_block(reader));
    }
}

static enum gcs_status read_image(struct reader *reader)
{
    struct gcs_bytes *copy = &reader->builder->image;
    GCS_TRY(GCS_GROW(reader->memory, &copy->data, &copy->capacity,
                     reader->size + GCS_SLACK_BYTES, reader->error));
    memcpy(copy->data, reader->image, reader->size);
    memset(copy->data + reader->size, 0, GCS_SLACK_BYTES); /* no trailer may stand there */
    copy->length = reader->size;
    reader->image = copy->data;
    GCS_TRY(gcs_batch_init(&reader->batch, reader->memory, reader->error));
    gcs_decoder_init(&reader->decoder);
    reader->zstd = ZSTD_createDCtx();
    if (!reader->zstd)
        return gcs_fail(reader->error, GCS_NOMEM, "out of memory");
    GCS_TRY(read_header(reader));
    return read_rest(reader);
}

enum gcs_status gcs_binary_read(const unsigned char *bytes, size_t size,
                                struct gcs_memory *memory, struct gcs_trace **trace,
                                struct gcs_error *error)
{
    struct gcs_error unheard = {0};
    struct reader reader = {.image = bytes, .size = size, .memory = memory};
    reader.error = error ? error : &unheard;
    GCS_TRY(gcs_trace_builder_prove(memory, &reader.builder, error));
    enum gcs_status status = read_image(&reader);
    gcs_batch_fini(&reader.batch, memory);
    gcs_memory_free(memory, reader.buffer.data, reader.buffer.capacity, 1);
    ZSTD_freeDCtx(reader.zstd);
    if (status == GCS_OK)
        return gcs_trace_builder_finish(reader.builder, trace, error);
    gcs_trace_builder_free(reader.builder);
    return status;
}

/* Which of the two forms it is, or why neither. */
enum gcs_status gcs_trace_read(const void *bytes, size_t size, struct gcs_memory *memory,
                               struct gcs_trace **trace, struct gcs_error *error)
{
    const unsigned char *at = bytes;
    size_t word = strlen(GCS_TEXT_HEAD) - 1;
    if (size >= GCS_MAGIC_BYTES && !memcmp(at, GCS_IMAGE_MAGIC, GCS_MAGIC_BYTES))
        return gcs_binary_read(at, size, memory, trace, error);
    if (size >= word && !memcmp(at, GCS_TEXT_HEAD, word))
        return gcs_text_read(bytes, size, memory, trace, error);
    if (!size)
        return gcs_fail(error, GCS_INVALID, "the file is empty: not a trace");
    if (size >= 3 && !memcmp(at, "\xef\xbb\xbf", 3))
        return gcs_fail_at(error, 1, 1, NULL,
                           "a byte order mark stands before the text: remove it");
    if (size >= 5 && !memcmp(at, GCS_IMAGE_MAGIC, 5))
        return gcs_fail(error, GCS_INVALID,
                        "the file was cut, or converted as if it were text: copy it as it is");
    return gcs_fail_at(error, 1, 1, NULL,
                       "not a trace: neither its text form ('%s') nor its binary one",
                       GCS_TEXT_VERSION);
}
