/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Making a trace: events go through the grammar, become bytes, fill blocks, and at the end the
 * image is sealed. The reader of a binary trace uses the same builder to prove an image. */
#include "trace_private.h"

#include <stdlib.h>
#include <string.h>

enum { ZSTD_LEVEL = 1 }; /* higher levels gain little on these bytes and cost much time */

static enum gcs_status no_memory(struct gcs_error *error)
{
    return gcs_fail(error, GCS_NOMEM, "out of memory");
}

/* NULL: out of memory. */
static struct gcs_trace_builder *make(struct gcs_memory *memory, bool compress)
{
    struct gcs_trace_builder *made = calloc(1, sizeof *made);
    if (!made)
        return NULL;
    made->memory = memory;
    gcs_grammar_init(&made->grammar, memory);
    made->digest = XXH3_createState();
    if (compress)
        made->zstd = ZSTD_createCCtx();
    if (!made->digest || (compress && !made->zstd)) {
        gcs_trace_builder_free(made);
        return NULL;
    }
    XXH3_128bits_reset(made->digest);
    return made;
}

enum gcs_status gcs_trace_builder_new(struct gcs_memory *memory, bool compress,
                                      struct gcs_trace_builder **builder,
                                      struct gcs_error *error)
{
    struct gcs_trace_builder *made = make(memory, compress);
    if (!made)
        return no_memory(error);
    struct gcs_bytes *image = &made->image;
    const size_t header = GCS_HEADER_BYTES + GCS_SUM_BYTES; /* written when sealed */
    enum gcs_status status = GCS_GROW(memory, &image->data, &image->capacity, header, error);
    if (status != GCS_OK) {
        gcs_trace_builder_free(made);
        return status;
    }
    image->length = header;
    *builder = made;
    return GCS_OK;
}

enum gcs_status gcs_trace_builder_prove(struct gcs_memory *memory,
                                        struct gcs_trace_builder **builder,
                                        struct gcs_error *error)
{
    struct gcs_trace_builder *made = make(memory, false);
    if (!made)
        return no_memory(error);
    made->proving = true;
    *builder = made;
    return GCS_OK;
}

void gcs_trace_builder_free(struct gcs_trace_builder *builder)
{
    if (!builder)
        return;
    struct gcs_memory *memory = builder->memory;
    gcs_grammar_fini(&builder->grammar);
    gcs_memory_free(memory, builder->raw.data, builder->raw.capacity, 1);
    gcs_memory_free(memory, builder->image.data, builder->image.capacity, 1);
    gcs_memory_free(memory, builder->places, builder->places_capacity, sizeof *builder->places);
    ZSTD_freeCCtx(builder->zstd);
    XXH3_freeState(builder->digest);
    free(builder);
}

enum gcs_status gcs_trace_builder_options(struct gcs_trace_builder *builder,
                                          const struct gcs_options *options,
                                          struct gcs_error *error)
{
    return gcs_grammar_options(&builder->grammar, options, error);
}

/* Appends the block under way to the image. */
static enum gcs_status write_block(struct gcs_trace_builder *builder, struct gcs_error *error)
{
    struct gcs_bytes *image = &builder->image;
    struct gcs_place *block = &builder->block;
    const struct gcs_bytes *raw = &builder->raw;
    bool compress = builder->zstd && raw->length <= GCS_RAW_MAX;
    size_t room = compress ? ZSTD_compressBound(raw->length) : raw->length;
    size_t head = GCS_HEAD_BYTES + GCS_SUM_BYTES;
    GCS_TRY(GCS_GROW(builder->memory, &image->data, &image->capacity,
                     image->length + head + room + GCS_SUM_BYTES, error));
    unsigned char *stored = image->data + image->length + head;
    size_t bytes = raw->length;
    if (compress) {
        size_t got =
            ZSTD_compressCCtx(builder->zstd, stored, room, raw->data, raw->length, ZSTD_LEVEL);
        compress = !ZSTD_isError(got) && got < raw->length;
        bytes = compress ? got : raw->length;
    }
    if (!compress)
        memcpy(stored, raw->data, raw->length);
    block->compressed = compress;
    block->raw_bytes = (uint32_t)raw->length;
    block->stored_bytes = (uint32_t)bytes;
    block->stored_at = image->length + head;
    gcs_write_head(image->data + image->length, block);
    gcs_store(stored + bytes, XXH3_64bits(stored, bytes), GCS_SUM_BYTES);
    image->length += head + bytes + GCS_SUM_BYTES;
    return GCS_OK;
}

/* The digest begins with the header, which is known as soon as anything follows it. */
static void hash_options(struct gcs_trace_builder *builder)
{
    unsigned char header[GCS_HEADER_BYTES + GCS_SUM_BYTES];
    if (builder->hashed)
        return;
    gcs_write_header(header, &builder->grammar.options);
    XXH3_128bits_update(builder->digest, header, GCS_HEADER_BYTES);
    builder->hashed = true;
}

enum gcs_status gcs_trace_builder_close(struct gcs_trace_builder *builder,
                                        struct gcs_error *error)
{
    if (!builder->raw.length)
        return GCS_OK;
    GCS_TRY(GCS_GROW(builder->memory, &builder->places, &builder->places_capacity,
                     builder->place_count + 1, error));
    builder->block.events = (uint32_t)(builder->grammar.events - builder->block.first_event);
    if (!builder->proving)
        GCS_TRY(write_block(builder, error));
    builder->places[builder->place_count++] = builder->block;
    hash_options(builder);
    XXH3_128bits_update(builder->digest, builder->raw.data, builder->raw.length);
    builder->raw.length = 0;
    const struct gcs_watch *watch = builder->memory->watch;
    if (watch)
        watch->moved(watch->watcher, builder->grammar.events, 0);
    builder->block = (struct gcs_place){.first_event = builder->grammar.events,
                                        .allocations = builder->grammar.allocations};
    return GCS_OK;
}

/* Room for a record of at most `bytes`: in this block, or in a fresh one. What is larger than
 * a block may be gets one for itself. */
static enum gcs_status make_room(struct gcs_trace_builder *builder, size_t bytes,
                                 struct gcs_error *error)
{
    struct gcs_bytes *raw = &builder->raw;
    if (raw->length + bytes > GCS_RAW_AIM && !builder->proving)
        GCS_TRY(gcs_trace_builder_close(builder, error));
    bytes += 8; /* stores are eight bytes wide */
    return GCS_GROW(builder->memory, &raw->data, &raw->capacity, raw->length + bytes, error);
}

enum gcs_status gcs_trace_builder_define(struct gcs_trace_builder *builder,
                                         const struct gcs_type *type, size_t name_length,
                                         struct gcs_error *error)
{
    const struct gcs_type *kept;
    GCS_TRY(make_room(builder, 2 * GCS_EVENT_BYTES + GCS_NAME_BYTES_MAX, error));
    GCS_TRY(gcs_grammar_type(&builder->grammar, type, name_length, &kept, error));
    unsigned char *to = builder->raw.data + builder->raw.length;
    builder->raw.length += (size_t)(gcs_encode_type(to, kept) - to);
    return GCS_OK;
}

enum gcs_status gcs_trace_builder_type(struct gcs_trace_builder *builder,
                                       const struct gcs_type *type, struct gcs_error *error)
{
    return gcs_trace_builder_define(builder, type, strlen(type->name), error);
}

enum gcs_status gcs_trace_builder_label(struct gcs_trace_builder *builder, const char *label,
                                        size_t length, uint32_t *id, struct gcs_error *error)
{
    return gcs_grammar_label(&builder->grammar, label, length, id, error);
}

/* The trace numbers labels in order of first use, and defines each right before. */
static void use_label(struct gcs_trace_builder *builder, struct gcs_event *event)
{
    struct gcs_grammar *grammar = &builder->grammar;
    uint32_t *id = &grammar->label_ids[event->type];
    if (*id == GCS_NO_LABEL) {
        unsigned char *to = builder->raw.data + builder->raw.length;
        *id = grammar->labels_used++;
        builder->raw.length +=
            (size_t)(gcs_encode_label(to, grammar->labels[event->type]) - to);
    }
    event->type = *id;
}

enum gcs_status gcs_trace_builder_add(struct gcs_trace_builder *builder,
                                      const struct gcs_event *event, const uint64_t *targets,
                                      struct gcs_error *error)
{
    struct gcs_event clean = *event;
    size_t bytes = GCS_EVENT_BYTES;
    if (targets)
        targets += event->first;
    if (event->op == GCS_OP_MARK)
        bytes += GCS_EVENT_BYTES + GCS_NAME_BYTES_MAX;
    else if (event->op == GCS_OP_ALLOCATE && event->flags & GCS_EVENT_BORN &&
             event->slots <= GCS_SLOTS_MAX)
        bytes += gcs_encoded_targets(targets, event->slots, builder->grammar.allocations);
    if (builder->raw.length + bytes + 8 > builder->raw.capacity ||
        builder->raw.length + bytes > GCS_RAW_AIM)
        GCS_TRY(make_room(builder, bytes, error));
    uint64_t newest = builder->grammar.allocations;
    GCS_TRY(gcs_grammar_step(&builder->grammar, &clean, targets, error));
    if (clean.op == GCS_OP_MARK)
        use_label(builder, &clean);
    unsigned char *to = builder->raw.data + builder->raw.length;
    builder->raw.length += (size_t)(gcs_encode_event(to, &clean, targets, newest) - to);
    return GCS_OK;
}

uint64_t gcs_trace_builder_events(const struct gcs_trace_builder *builder)
{
    return builder->grammar.events;
}

struct gcs_trace_totals gcs_trace_builder_totals(struct gcs_trace_builder *builder)
{
    const struct gcs_grammar *grammar = &builder->grammar;
    struct gcs_trace_totals totals = {
        .blocks = builder->place_count,
        .events = grammar->events,
        .allocations = grammar->allocations,
        .types = grammar->types_defined,
        .labels = grammar->labels_used,
        .requests = grammar->requests,
        .work_ns = grammar->work_ns,
    };
    hash_options(builder);
    totals.digest = XXH3_128bits_digest(builder->digest);
    return totals;
}

/* Header and trailer. */
static enum gcs_status seal(struct gcs_trace_builder *builder,
                            const struct gcs_trace_totals *totals, struct gcs_error *error)
{
    struct gcs_bytes *image = &builder->image;
    GCS_TRY(GCS_GROW(builder->memory, &image->data, &image->capacity,
                     image->length + GCS_TRAILER_BYTES + GCS_SUM_BYTES, error));
    gcs_write_header(image->data, &builder->grammar.options);
    gcs_write_trailer(image->data + image->length, totals);
    image->length += GCS_TRAILER_BYTES + GCS_SUM_BYTES;
    return GCS_OK;
}

/* Labels in the trace's order; those that no event names are left out. */
static void order_labels(struct gcs_grammar *grammar)
{
    for (uint32_t i = 0; i < grammar->label_count;) {
        uint32_t to = grammar->label_ids[i];
        if (to == i || to == GCS_NO_LABEL) {
            i++;
            continue;
        }
        const char *label = grammar->labels[to];
        grammar->labels[to] = grammar->labels[i];
        grammar->labels[i] = label;
        grammar->label_ids[i] = grammar->label_ids[to];
        grammar->label_ids[to] = to;
    }
}

/* Moves all that the builder owns into a trace. */
static enum gcs_status hand_out(struct gcs_trace_builder *builder, XXH128_hash_t digest,
                                struct gcs_trace **trace, struct gcs_error *error)
{
    struct gcs_trace_whole *whole = calloc(1, sizeof *whole);
    if (!whole)
        return no_memory(error);
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, digest);
    order_labels(&builder->grammar);
    whole->memory = builder->memory;
    whole->grammar = builder->grammar;
    whole->image = builder->image;
    whole->places = builder->places;
    whole->places_capacity = builder->places_capacity;
    whole->place_count = builder->place_count;
    const struct gcs_grammar *grammar = &whole->grammar;
    whole->shown = (struct gcs_trace){
        .options = grammar->options,
        .types = grammar->types,
        .type_count = grammar->type_count,
        .labels = grammar->labels,
        .label_count = grammar->labels_used,
        .events = grammar->events,
        .allocations = grammar->allocations,
        .requests = grammar->requests,
        .work_ns = grammar->work_ns,
        .image = whole->image.data,
        .image_size = whole->image.length,
    };
    for (size_t i = 0; i < sizeof canonical.digest; i++) {
        whole->shown.digest.hex[2 * i] = "0123456789abcdef"[canonical.digest[i] >> 4];
        whole->shown.digest.hex[2 * i + 1] = "0123456789abcdef"[canonical.digest[i] & 15];
    }
    gcs_grammar_init(&builder->grammar, builder->memory);
    builder->image = (struct gcs_bytes){0};
    builder->places = NULL;
    builder->places_capacity = 0;
    *trace = &whole->shown;
    return GCS_OK;
}

static enum gcs_status finish(struct gcs_trace_builder *builder, struct gcs_trace **trace,
                              struct gcs_error *error)
{
    GCS_TRY(gcs_grammar_end(&builder->grammar, error));
    GCS_TRY(gcs_trace_builder_close(builder, error));
    struct gcs_trace_totals totals = gcs_trace_builder_totals(builder);
    if (!builder->proving)
        GCS_TRY(seal(builder, &totals, error));
    return hand_out(builder, totals.digest, trace, error);
}

enum gcs_status gcs_trace_builder_finish(struct gcs_trace_builder *builder,
                                         struct gcs_trace **trace, struct gcs_error *error)
{
    enum gcs_status status = finish(builder, trace, error);
    gcs_trace_builder_free(builder);
    return status;
}
