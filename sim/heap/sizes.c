/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The memory model: bytes that an object takes in a 64-bit CPython (cpython-gc.md 8).
 *
 * An object is one or more blocks, each rounded up to pymalloc's size class, or to malloc's 16
 * bytes above 512. A type that states its bytes is believed; the header comes on top.
 */
#include "heap_private.h"

enum { SMALL_REQUEST_MAX = 512, MALLOC_STEP = 16, WORD = 8 };

static uint64_t block(const struct gcs_rules *rules, uint64_t bytes)
{
    uint64_t step = bytes <= SMALL_REQUEST_MAX ? rules->alignment : MALLOC_STEP;
    return (bytes + step - 1) / step * step;
}

uint64_t gcs_payload_bytes(const struct gcs_rules *rules, uint64_t extra)
{
    return extra ? block(rules, extra) : 0;
}

bool gcs_is_gc_type(const struct gcs_rules *rules, const struct gcs_type *type)
{
    if (type->kind == GCS_KIND_ATOMIC)
        return false;
    if (type->kind != GCS_KIND_INSTANCE)
        return true;
    return rules->slotless_is_gc || type->slots > 0 || type->dict || type->weakrefable;
}

/* Keys that a table of 2^k slots has room for: two thirds. */
static uint64_t usable(uint64_t slots)
{
    return slots * 2 / 3;
}

/* The table of a dict with string keys that grew by insertion. */
static uint64_t dict_table(const struct gcs_rules *rules, uint32_t keys)
{
    if (keys == 0)
        return 0;
    uint64_t slots = 8;
    while (usable(slots) < keys)
        slots *= 2;
    uint64_t index = slots <= 128 ? 1 : slots <= 32768 ? 2 : 4;
    if (rules->minor <= 10) /* an entry keeps its hash */
        return block(rules, 40 + slots * index + 24 * usable(slots));
    return block(rules, 32 + slots * index + 16 * usable(slots));
}

/* The values of an instance whose keys are shared with its class, in a block of their own. */
static uint64_t shared_values(const struct gcs_rules *rules, uint32_t attributes)
{
    uint64_t slots = 8;
    while (usable(slots) < attributes)
        slots *= 2;
    uint64_t room = attributes ? usable(slots) : 1;
    if (rules->minor <= 10)
        return attributes ? block(rules, WORD * room) : 0;
    uint64_t prefix = (room + 2 + WORD - 1) / WORD * WORD;
    return block(rules, prefix + WORD * room);
}

/* From 3.13 values lie behind the object: 4 bytes, one a slot, then the slots. */
static uint64_t inline_values(uint32_t attributes)
{
    uint64_t room = attributes ? (uint64_t)attributes + 1 : 2;
    return (4 + room + WORD - 1) / WORD * WORD + WORD * room;
}

static uint64_t dict_instance(const struct gcs_rules *rules, uint32_t attributes)
{
    if (rules->minor <= 10) /* refcount, type, __dict__, __weakref__; the dict is a companion */
        return block(rules, rules->gc_header + 32u);
    if (rules->minor == 11) /* two words before the header, __weakref__ inside */
        return block(rules, 16u + rules->gc_header + 24u) + shared_values(rules, attributes);
    if (rules->minor == 12)
        return block(rules, 16u + rules->gc_header + 16u) + shared_values(rules, attributes);
    return block(rules, 16u + rules->gc_header + 16u + inline_values(attributes));
}

static uint64_t slots_instance(const struct gcs_rules *rules, const struct gcs_type *type,
                               uint32_t slots)
{
    uint64_t bytes = 16u + (uint64_t)WORD * slots;
    if (gcs_is_gc_type(rules, type))
        bytes += rules->gc_header;
    if (type->weakrefable)
        bytes += rules->minor >= 12 ? 16 : 8; /* a pre-header of two words, or a slot */
    return block(rules, bytes);
}

static uint64_t set_table(uint32_t members)
{
    if (members < 5)
        return 0; /* inside the object */
    uint64_t slots = 32;
    while (slots * 3 / 5 < members)
        slots *= slots < 50000 ? 4 : 2;
    return 16 * slots;
}

/* Fixed parts of built-in types, the collector's header not counted. */
static uint64_t builtin_bytes(const struct gcs_rules *rules, enum gcs_kind kind)
{
    unsigned minor = rules->minor;
    switch (kind) {
    case GCS_KIND_FUNCTION:
        return minor <= 10 ? 120 : minor <= 13 ? 144 : 160;
    case GCS_KIND_CELL:
        return 24;
    case GCS_KIND_GENERATOR:
    case GCS_KIND_COROUTINE:
        return minor <= 10   ? 96
               : minor == 11 ? 192
               : minor <= 13 ? 176
               : minor == 14 ? 192
                             : 208;
    case GCS_KIND_FRAME:
        return minor <= 10 ? 400 : 128;
    case GCS_KIND_METHOD:
        return 48;
    case GCS_KIND_CFUNCTION:
        return 56;
    case GCS_KIND_SLICE:
        return 40;
    case GCS_KIND_ITERATOR:
        return 32;
    case GCS_KIND_WEAKREF:
        return minor <= 10 ? 56 : 64;
    case GCS_KIND_LIST:
        return 40;
    case GCS_KIND_DICT:
        return 48;
    case GCS_KIND_SET:
        return 200;
    case GCS_KIND_INSTANCE:
    case GCS_KIND_ATOMIC:
    case GCS_KIND_TUPLE:
    case GCS_KIND_CONTAINER:
    case GCS_KIND_COUNT:
        break;
    }
    return 16;
}

static uint64_t by_model(const struct gcs_rules *rules, const struct gcs_type *type,
                         uint32_t slots)
{
    uint64_t words = (uint64_t)WORD * slots;
    uint64_t fixed = rules->gc_header + builtin_bytes(rules, type->kind);
    switch (type->kind) {
    case GCS_KIND_INSTANCE:
        return type->dict ? dict_instance(rules, slots) : slots_instance(rules, type, slots);
    case GCS_KIND_ATOMIC:
        return block(rules, 24); /* a float, a small int */
    case GCS_KIND_TUPLE:
        return block(rules, rules->gc_header + (rules->minor >= 14 ? 32u : 24u) + words);
    case GCS_KIND_LIST:
        return block(rules, fixed) + (slots ? block(rules, words) : 0);
    case GCS_KIND_DICT: /* flagged: the companion of an instance */
        return block(rules, fixed) +
               (type->dict ? shared_values(rules, slots) : dict_table(rules, slots));
    case GCS_KIND_SET:
        return block(rules, fixed) + set_table(slots);
    case GCS_KIND_FRAME:
    case GCS_KIND_CONTAINER:
        return block(rules, fixed + words);
    case GCS_KIND_FUNCTION: /* their fixed fields are their slots */
    case GCS_KIND_CELL:
    case GCS_KIND_GENERATOR:
    case GCS_KIND_COROUTINE:
    case GCS_KIND_METHOD:
    case GCS_KIND_CFUNCTION:
    case GCS_KIND_SLICE:
    case GCS_KIND_ITERATOR:
    case GCS_KIND_WEAKREF:
    case GCS_KIND_COUNT:
        break;
    }
    return block(rules, fixed);
}

uint64_t gcs_object_bytes(const struct gcs_rules *rules, const struct gcs_type *type,
                          uint32_t slots)
{
    if (type->bytes == GCS_BYTES_BY_MODEL && rules->python2) {
        uint64_t blocks[2];
        python2_blocks(rules, type, slots, blocks);
        return block(rules, blocks[0]) + (blocks[1] ? block(rules, blocks[1]) : 0);
    }
    if (type->bytes == GCS_BYTES_BY_MODEL)
        return by_model(rules, type, slots);
    uint64_t bytes = type->bytes + (gcs_is_gc_type(rules, type) ? rules->gc_header : 0u);
    uint64_t own = (uint64_t)WORD * slots, stated = (uint64_t)WORD * type->slots;
    if (own >= stated)
        bytes += own - stated;
    else
        bytes -= bytes < stated - own ? bytes : stated - own;
    return block(rules, bytes);
}
