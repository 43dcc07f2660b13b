/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes to events; the layout is drawn in encode.c. The common records are read without a
 * branch on their length: eight bytes are loaded at each operand and cut to size. That may read
 * up to GCS_SLACK_BYTES beyond the end, which callers provide, and is noticed afterwards.
 */
#include "trace_private.h"

static const uint64_t masks[9] = {0,
                                  0xff,
                                  0xffff,
                                  0xffffff,
                                  0xffffffff,
                                  0xffffffffff,
                                  0xffffffffffff,
                                  0xffffffffffffff,
                                  0xffffffffffffffff};
static const unsigned char widths[4] = {1, 2, 3, 5};
static const unsigned char extra_widths[4] = {0, 1, 2, 5};

/* Takes a number of `bytes` bytes. */
static inline uint64_t take(const unsigned char **at, unsigned bytes)
{
    uint64_t value = gcs_load64(*at) & masks[bytes];
    *at += bytes;
    return value;
}

static inline uint64_t take_sized(const unsigned char **at)
{
    unsigned first = *(*at)++;
    return first < 248 ? first : take(at, first - 247);
}

static inline uint64_t target_of(uint64_t number, uint64_t newest)
{
    return number ? newest - number + 1 : 0;
}

static enum gcs_status broken(struct gcs_error *error)
{
    return gcs_fail(error, GCS_INVALID, "its bytes are no events");
}

enum gcs_status gcs_batch_init(struct gcs_batch *batch, struct gcs_memory *memory,
                               struct gcs_error *error)
{
    *batch = (struct gcs_batch){0};
    return GCS_GROW(memory, &batch->events, &batch->events_capacity, GCS_BATCH_EVENTS, error);
}

void gcs_batch_fini(struct gcs_batch *batch, struct gcs_memory *memory)
{
    gcs_memory_free(memory, batch->events, batch->events_capacity, sizeof *batch->events);
    gcs_memory_free(memory, batch->targets, batch->targets_capacity, sizeof *batch->targets);
    *batch = (struct gcs_batch){0};
}

/* The references an object is born with. Each takes a byte at least, so no more are believed
 * in than there are bytes left. */
static enum gcs_status take_targets(struct gcs_decoder *decoder, const unsigned char **from,
                                    struct gcs_event *event, struct gcs_batch *batch,
                                    struct gcs_memory *memory, struct gcs_error *error)
{
    const unsigned char *at = *from;
    if (at > decoder->end || event->slots > (size_t)(decoder->end - at))
        return broken(error);
    if (!event->slots)
        return GCS_OK; /* which the grammar will not */
    GCS_TRY(GCS_GROW(memory, &batch->targets, &batch->targets_capacity,
                     batch->target_count + event->slots, error));
    event->first = (uint32_t)batch->target_count;
    uint64_t *to = batch->targets + batch->target_count;
    for (uint32_t i = 0; i < event->slots; i++) {
        if (at >= decoder->end)
            return broken(error);
        to[i] = target_of(take_sized(&at), decoder->newest);
    }
    batch->target_count += event->slots;
    *from = at;
    return GCS_OK;
}

static enum gcs_status take_allocate(struct gcs_decoder *decoder, const unsigned char **from,
                                     unsigned code, struct gcs_event *event,
                                     struct gcs_batch *batch, struct gcs_memory *memory,
                                     struct gcs_error *error)
{
    const unsigned char *at = *from;
    unsigned slots_bytes = code >> 3 & 3;
    uint32_t type = (uint32_t)take(&at, code & 1 ? 3 : 1);
    uint64_t extra = take(&at, extra_widths[code >> 1 & 3]);
    uint32_t own = (uint32_t)take(&at, slots_bytes);
    uint32_t usual = type < decoder->type_count ? decoder->type_slots[type] : 0;
    *event = (struct gcs_event){
        .op = GCS_OP_ALLOCATE,
        .flags = (uint8_t)(slots_bytes ? GCS_EVENT_OWN_SLOTS | GCS_EVENT_OWN_EXTRA
                           : extra     ? GCS_EVENT_OWN_EXTRA
                                       : 0),
        .type = type,
        .slots = slots_bytes ? own : usual,
        .object = decoder->newest + 1,
        .value = extra,
    };
    if (code & 0x20) {
        event->flags |= GCS_EVENT_BORN;
        GCS_TRY(take_targets(decoder, &at, event, batch, memory, error));
    }
    decoder->newest++;
    *from = at;
    return GCS_OK;
}

static enum gcs_status take_gc(const unsigned char **from, struct gcs_event *event,
                               struct gcs_batch *batch, struct gcs_memory *memory,
                               struct gcs_error *error)
{
    event->detail = *(*from)++;
    if (event->detail != GCS_GC_THRESHOLD)
        return GCS_OK;
    event->slots = *(*from)++;
    event->first = (uint32_t)batch->target_count;
    if (event->slots > 3)
        return broken(error);
    GCS_TRY(GCS_GROW(memory, &batch->targets, &batch->targets_capacity, batch->target_count + 3,
                     error));
    for (uint32_t i = 0; i < event->slots; i++) {
        uint32_t bits = (uint32_t)take_sized(from);
        batch->targets[batch->target_count++] =
            bits | (bits >> 31 ? (uint64_t)UINT32_MAX << 32 : 0); /* the sign, extended */
    }
    return GCS_OK;
}

/* The records of 1011 xxxx. */
static enum gcs_status take_rare(struct gcs_decoder *decoder, const unsigned char **from,
                                 unsigned code, struct gcs_event *event,
                                 struct gcs_batch *batch, struct gcs_memory *memory,
                                 struct gcs_error *error)
{
    *event = (struct gcs_event){0};
    switch (code) {
    case GCS_CODE_RESIZE:
        event->op = GCS_OP_RESIZE;
        event->object = decoder->newest - take_sized(from);
        event->value = take_sized(from);
        return GCS_OK;
    case GCS_CODE_WEAK:
    case GCS_CODE_WEAK + GCS_WEAK_KEEP:
    case GCS_CODE_WEAK + GCS_WEAK_DROP:
        event->op = GCS_OP_WEAK;
        event->detail = (uint8_t)(code - GCS_CODE_WEAK);
        event->object = decoder->newest;
        event->value = decoder->newest - take_sized(from);
        return GCS_OK;
    case GCS_CODE_BEGIN:
    case GCS_CODE_BEGIN_AT:
        event->op = GCS_OP_BEGIN;
        event->object = take_sized(from);
        if (code == GCS_CODE_BEGIN_AT) {
            event->flags = GCS_EVENT_ARRIVAL;
            event->value = take_sized(from);
        }
        return GCS_OK;
    case GCS_CODE_END:
        event->op = GCS_OP_END;
        event->object = take_sized(from);
        return GCS_OK;
    case GCS_CODE_COLLECT:
        event->op = GCS_OP_COLLECT;
        event->detail = *(*from)++;
        return GCS_OK;
    case GCS_CODE_GC:
        event->op = GCS_OP_GC;
        return take_gc(from, event, batch, memory, error);
    case GCS_CODE_ENTER:
    case GCS_CODE_LEAVE:
        event->op = code == GCS_CODE_ENTER ? GCS_OP_ENTER : GCS_OP_LEAVE;
        return GCS_OK;
    case GCS_CODE_MARK:
        event->op = GCS_OP_MARK;
        event->type = (uint32_t)take_sized(from);
        return GCS_OK;
    default:
        return broken(error);
    }
}

/* Fills in what the codes of the common records say; see encode.c. */
void gcs_decoder_init(struct gcs_decoder *decoder)
{
    *decoder = (struct gcs_decoder){0};
    for (unsigned code = 0; code < GCS_CODE_RESIZE; code++) {
        struct gcs_shape *shape = &decoder->shapes[code];
        unsigned low = code & 15;
        *shape = (struct gcs_shape){.relative = -1, .slots_of = GCS_TYPES_FOLDED};
        if (code < GCS_CODE_ALLOCATE) {
            shape->op = GCS_OP_STORE;
            shape->width[0] = widths[code & 3];
            shape->width[1] = (uint8_t)(code >> 2 & 3);
            shape->width[2] = widths[code >> 4];
        } else if (code < GCS_CODE_ROOT_LESS) {
            shape->op = GCS_OP_ALLOCATE;
            shape->folded = -1; /* the distance of the object to come */
            shape->type = (uint8_t)(code - GCS_CODE_ALLOCATE);
            shape->slots_of = shape->type;
            shape->births = 1;
        } else if (code < GCS_CODE_WORK) {
            shape->op = code < GCS_CODE_ROOT_MORE ? GCS_OP_ROOT_LESS : GCS_OP_ROOT_MORE;
            if (low < GCS_DISTANCES_FOLDED)
                shape->folded = (int8_t)low;
            else
                shape->width[0] = widths[low - GCS_DISTANCES_FOLDED];
        } else {
            shape->op = code < GCS_CODE_IDLE ? GCS_OP_WORK : GCS_OP_IDLE;
            shape->relative = 0;
            shape->width[0] = (uint8_t)((code & 7) + 1);
        }
        shape->bytes = (uint8_t)(1 + shape->width[0] + shape->width[1] + shape->width[2]);
    }
}

/* One of the records that make up most of a trace, without a branch: which of them comes next
 * is hard to predict, and a wrong guess costs more than all the work here. */
static inline void take_common(const unsigned char *at, const struct gcs_shape *shape,
                               const uint32_t *slots, uint64_t newest, struct gcs_event *event)
{
    const unsigned char *second = at + 1 + shape->width[0];
    const unsigned char *third = second + shape->width[1];
    uint64_t first = (gcs_load64(at + 1) & masks[shape->width[0]]) + (uint64_t)shape->folded;
    uint64_t relative = (uint64_t)shape->relative; /* all ones: newest − first; 0: first */
    *event = (struct gcs_event){
        .op = shape->op,
        .type = shape->type + (uint32_t)(gcs_load64(second) & masks[shape->width[1]]),
        .slots = slots[shape->slots_of],
        .object = (newest & relative) + ((first ^ relative) - relative),
        .value = target_of(gcs_load64(third) & masks[shape->width[2]], newest),
    };
}

static enum gcs_status take_event(struct gcs_decoder *decoder, const unsigned char **at,
                                  unsigned code, struct gcs_batch *batch,
                                  struct gcs_memory *memory, struct gcs_error *error)
{
    struct gcs_event *event = &batch->events[batch->count];
    if (code >= GCS_CODE_ALLOCATE_MORE)
        return take_allocate(decoder, at, code, event, batch, memory, error);
    return take_rare(decoder, at, code, event, batch, memory, error);
}

/* Slots of the types that common records name, and 0 for records that allocate nothing. */
static void folded_slots(const struct gcs_decoder *decoder, uint32_t slots[])
{
    for (uint32_t type = 0; type < GCS_TYPES_FOLDED; type++)
        slots[type] = type < decoder->type_count ? decoder->type_slots[type] : 0;
    slots[GCS_TYPES_FOLDED] = 0;
}

enum gcs_status gcs_decode(struct gcs_decoder *decoder, struct gcs_batch *batch,
                           struct gcs_memory *memory, enum gcs_stop *stop,
                           struct gcs_error *error)
{
    uint32_t slots[GCS_TYPES_FOLDED + 1];
    const unsigned char *at = decoder->at, *const end = decoder->end;
    folded_slots(decoder, slots);
    *stop = GCS_STOP_END;
    while (at < end) {
        const struct gcs_shape *shape = &decoder->shapes[*at];
        if (batch->count == GCS_BATCH_EVENTS || batch->target_count >= GCS_BATCH_TARGETS) {
            *stop = GCS_STOP_FULL;
            break;
        }
        if (shape->bytes) {
            take_common(at, shape, slots, decoder->newest, &batch->events[batch->count]);
            decoder->newest += shape->births;
            at += shape->bytes;
        } else {
            unsigned code = *at;
            if (code == GCS_CODE_TYPE || code == GCS_CODE_LABEL) {
                *stop = code == GCS_CODE_TYPE ? GCS_STOP_TYPE : GCS_STOP_LABEL;
                break;
            }
            at++;
            GCS_TRY(take_event(decoder, &at, code, batch, memory, error));
        }
        batch->count++;
    }
    if (at > end)
        return broken(error);
    decoder->at = at;
    return GCS_OK;
}

static enum gcs_status take_name(const struct gcs_decoder *decoder, const unsigned char **at,
                                 const char **name, size_t *length, struct gcs_error *error)
{
    uint64_t bytes = take_sized(at);
    if (*at > decoder->end || bytes > (size_t)(decoder->end - *at))
        return broken(error);
    *name = (const char *)*at;
    *length = (size_t)bytes;
    *at += bytes;
    return GCS_OK;
}

enum gcs_status gcs_decode_type(struct gcs_decoder *decoder, struct gcs_type *type,
                                size_t *name_length, struct gcs_error *error)
{
    const unsigned char *at = decoder->at + 1;
    uint64_t number = take_sized(&at);
    const char *name = NULL;
    GCS_TRY(take_name(decoder, &at, &name, name_length, error));
    /* What follows is at most 2 × 9 + 2 bytes, which the slack covers. */
    uint64_t slots = take_sized(&at);
    uint64_t bytes = take_sized(&at);
    unsigned kind = *at++, flags = *at++;
    if (at > decoder->end || number > GCS_TYPE_NUMBER_MAX || slots > GCS_SLOTS_MAX ||
        kind >= GCS_KIND_COUNT || (flags & 3) > GCS_FINALIZER_RESURRECT || flags >> 5)
        return broken(error);
    *type = (struct gcs_type){
        .name = name,
        .bytes = bytes - 1,
        .number = (uint32_t)number,
        .slots = (uint32_t)slots,
        .kind = (enum gcs_kind)kind,
        .finalizer = (enum gcs_finalizer)(flags & 3),
        .dict = flags >> 2 & 1,
        .weakrefable = flags >> 3 & 1,
        .legacy = flags >> 4 & 1,
    };
    decoder->at = at;
    return GCS_OK;
}

enum gcs_status gcs_decode_label(struct gcs_decoder *decoder, const char **label,
                                 size_t *length, struct gcs_error *error)
{
    const unsigned char *at = decoder->at + 1;
    GCS_TRY(take_name(decoder, &at, label, length, error));
    decoder->at = at;
    return GCS_OK;
}
