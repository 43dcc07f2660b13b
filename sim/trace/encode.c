/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Events to bytes. A record is one byte, its code, which also tells how long its operands are;
 * so a decoder finds all of them without looking at each first. Objects are written as the
 * distance from the newest one: programs mostly touch what they have just made.
 *
 *   code         record                 operands
 *   00 TTSSLL    s                      source 1 2 3 5 bytes (LL), slot 0…3 (SS), target 1 2 3
 * 5 (TT) 01 tttttt    a of type 0…63, plain  none 1000 dddd    d, distance 0…11, or   1 2 3 5
 * bytes (12…15) 1001 dddd    r                      likewise 10100 nnn    w ns: n + 1 bytes
 *   10101 nnn    i                      likewise
 *   1011 xxxx    all others             numbers in the sized form below
 *   11 BSSEET    a                      type 1 3 bytes (T), extra 0 1 2 5 (EE), own slots none
 *                                       1 2 3 (SS), then if B a sized number for each slot
 *
 * A sized number is its own byte below 248; else 247 + n, and n bytes. A target is 0 if empty,
 * else its distance + 1. Always the shortest form, so that equal traces have equal bytes.
 */
#include "trace_private.h"

#include <string.h>

/* 0 … 3 for what fits in 1, 2, 3, 5 bytes. */
static inline unsigned width_code(uint64_t value)
{
    return (unsigned)(value > 0xff) + (value > 0xffff) + (value > 0xffffff);
}

static const unsigned char widths[4] = {1, 2, 3, 5};

static inline unsigned byte_count(uint64_t value)
{
    return (71 - (unsigned)__builtin_clzll(value | 1)) / 8;
}

/* Without a branch as long as number and length fit in eight bytes: which of the forms is next
 * cannot be foreseen. */
static inline unsigned char *put_sized(unsigned char *to, uint64_t value)
{
    unsigned bytes = byte_count(value);
    if (bytes == 8) {
        *to = 247 + 8;
        return gcs_store(to + 1, value, bytes);
    }
    bool small = value < 248;
    uint64_t long_form = value << 8 | (247 + bytes);
    return gcs_store(to, small ? value : long_form, small ? 1 : bytes + 1);
}

static inline uint64_t target_number(uint64_t target, uint64_t newest)
{
    return target ? newest - target + 1 : 0;
}

size_t gcs_encoded_targets(const uint64_t *targets, uint32_t count, uint64_t newest)
{
    if (count < 256) /* a few bytes too many cost less than counting them */
        return (size_t)count * GCS_TARGET_BYTES;
    size_t bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t number = target_number(targets[i], newest);
        bytes += number < 248 ? 1 : 1 + byte_count(number);
    }
    return bytes;
}

static unsigned char *put_allocate(unsigned char *to, const struct gcs_event *event,
                                   const uint64_t *targets, uint64_t newest)
{
    if (event->type < GCS_TYPES_FOLDED && !event->flags) {
        *to = (unsigned char)(GCS_CODE_ALLOCATE + event->type);
        return to + 1;
    }
    bool own = event->flags & GCS_EVENT_OWN_SLOTS;
    bool born = event->flags & GCS_EVENT_BORN;
    unsigned type = event->type > 0xff;
    unsigned extra =
        (unsigned)(event->value > 0) + (event->value > 0xff) + (event->value > 0xffff);
    unsigned slots = own ? 1u + (event->slots > 0xff) + (event->slots > 0xffff) : 0u;
    *to = (unsigned char)(GCS_CODE_ALLOCATE_MORE + type + (extra << 1) + (slots << 3) +
                          ((unsigned)born << 5));
    to = gcs_store(to + 1, event->type, type ? 3 : 1);
    to = gcs_store(to, event->value, extra < 3 ? extra : 5);
    to = gcs_store(to, event->slots, slots);
    for (uint32_t i = 0, count = born ? event->slots : 0; i < count; i++)
        to = put_sized(to, target_number(targets[i], newest));
    return to;
}

static unsigned char *put_store(unsigned char *to, const struct gcs_event *event,
                                uint64_t newest)
{
    uint64_t source = newest - event->object;
    uint64_t target = target_number(event->value, newest);
    unsigned slot = (unsigned)(event->type > 0) + (event->type > 0xff) + (event->type > 0xffff);
    unsigned from = width_code(source), onto = width_code(target);
    *to = (unsigned char)(GCS_CODE_STORE + from + (slot << 2) + (onto << 4));
    to = gcs_store(to + 1, source, widths[from]);
    to = gcs_store(to, event->type, slot);
    return gcs_store(to, target, widths[onto]);
}

static unsigned char *put_root(unsigned char *to, unsigned code, uint64_t distance)
{
    if (distance < GCS_DISTANCES_FOLDED) {
        *to = (unsigned char)(code + distance);
        return to + 1;
    }
    unsigned width = width_code(distance);
    *to = (unsigned char)(code + GCS_DISTANCES_FOLDED + width);
    return gcs_store(to + 1, distance, widths[width]);
}

static unsigned char *put_time(unsigned char *to, unsigned code, uint64_t ns)
{
    unsigned bytes = byte_count(ns);
    *to = (unsigned char)(code + bytes - 1);
    return gcs_store(to + 1, ns, bytes);
}

/* What is there as a one-byte code and up to two sized numbers. */
static unsigned char *put_numbers(unsigned char *to, unsigned code, unsigned count,
                                  uint64_t first, uint64_t second)
{
    *to++ = (unsigned char)code;
    if (count > 0)
        to = put_sized(to, first);
    return count > 1 ? put_sized(to, second) : to;
}

static unsigned char *put_gc(unsigned char *to, const struct gcs_event *event,
                             const uint64_t *targets)
{
    to = put_numbers(to, GCS_CODE_GC, 1, event->detail, 0);
    if (event->detail != GCS_GC_THRESHOLD)
        return to;
    to = put_sized(to, event->slots);
    for (uint32_t i = 0; i < event->slots; i++) /* as a 32-bit number: they are C's int */
        to = put_sized(to, (uint32_t)targets[i]);
    return to;
}

unsigned char *gcs_encode_event(unsigned char *to, const struct gcs_event *event,
                                const uint64_t *targets, uint64_t newest)
{
    uint64_t object = event->object, value = event->value;
    switch ((enum gcs_op)event->op) {
    case GCS_OP_ALLOCATE:
        return put_allocate(to, event, targets, newest);
    case GCS_OP_STORE:
        return put_store(to, event, newest);
    case GCS_OP_ROOT_MORE:
        return put_root(to, GCS_CODE_ROOT_MORE, newest - object);
    case GCS_OP_ROOT_LESS:
        return put_root(to, GCS_CODE_ROOT_LESS, newest - object);
    case GCS_OP_RESIZE:
        return put_numbers(to, GCS_CODE_RESIZE, 2, newest - object, value);
    case GCS_OP_WEAK: /* the weakref is the newest object */
        return put_numbers(to, GCS_CODE_WEAK + event->detail, 1, newest - value, 0);
    case GCS_OP_WORK:
        return put_time(to, GCS_CODE_WORK, object);
    case GCS_OP_IDLE:
        return put_time(to, GCS_CODE_IDLE, object);
    case GCS_OP_BEGIN:
        if (event->flags & GCS_EVENT_ARRIVAL)
            return put_numbers(to, GCS_CODE_BEGIN_AT, 2, object, value);
        return put_numbers(to, GCS_CODE_BEGIN, 1, object, 0);
    case GCS_OP_END:
        return put_numbers(to, GCS_CODE_END, 1, object, 0);
    case GCS_OP_COLLECT:
        return put_numbers(to, GCS_CODE_COLLECT, 1, event->detail, 0);
    case GCS_OP_GC:
        return put_gc(to, event, targets);
    case GCS_OP_ENTER:
        return put_numbers(to, GCS_CODE_ENTER, 0, 0, 0);
    case GCS_OP_LEAVE:
        return put_numbers(to, GCS_CODE_LEAVE, 0, 0, 0);
    case GCS_OP_MARK:
        return put_numbers(to, GCS_CODE_MARK, 1, event->type, 0);
    case GCS_OP_COUNT:
        break;
    }
    GCS_REQUIRE(event->op < GCS_OP_COUNT); /* the grammar lets no other pass */
    return to;
}

static unsigned char *put_name(unsigned char *to, const char *name)
{
    size_t length = strlen(name);
    to = put_sized(to, length);
    memcpy(to, name, length);
    return to + length;
}

unsigned char *gcs_encode_label(unsigned char *to, const char *label)
{
    *to = GCS_CODE_LABEL;
    return put_name(to + 1, label);
}

/* number, name, slots, bytes + 1 (0: by the model), kind, flags; see gcs_decode_type. */
unsigned char *gcs_encode_type(unsigned char *to, const struct gcs_type *type)
{
    to = put_numbers(to, GCS_CODE_TYPE, 1, type->number, 0);
    to = put_name(to, type->name);
    to = put_sized(to, type->slots);
    to = put_sized(to, type->bytes + 1);
    *to++ = (unsigned char)type->kind;
    *to++ = (unsigned char)((unsigned)type->finalizer | (unsigned)type->dict << 2 |
                            (unsigned)type->weakrefable << 3 | (unsigned)type->legacy << 4);
    return to;
}
