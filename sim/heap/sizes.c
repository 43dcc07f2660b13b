/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes that an object takes in a 64-bit CPython (cpython-gc.md 8), measured: tests/blocks.py
 * asks every interpreter it finds.
 *
 * An object is one or more blocks. pymalloc rounds each up to its size class; above 512 bytes
 * it is malloc's, which adds eight bytes of its own. A type that states its bytes is believed;
 * the collector's header comes on top.
 *
 * Free-threaded builds have no PyGC_Head, but every object's own header is 16 bytes longer,
 * which comes to the same for containers; their blocks are mimalloc's.
 *
 * What a trace does not tell is taken to be usual: lists are as long as they were born, dicts
 * and sets grew by insertion, dicts' keys are strings, classes found out about their instances'
 * attributes from the code or from earlier instances, generators only yield.
 */
#include "heap_private.h"

enum {
    SMALL_REQUEST_MAX = 512,
    MALLOC_STEP = 16,
    MALLOC_OWN = 8,
    WORD = 8,
    OBJECT = 16,
    LONGER_HEADER = 16
};

/* mimalloc's size classes: double words up to 64 bytes, then four a doubling. */
static uint64_t mimalloc_block(uint64_t bytes)
{
    uint64_t step = 16;
    for (uint64_t class = 64; class * 2 < bytes; class *= 2)
        step *= 2;
    return (bytes + step - 1) / step * step;
}

uint64_t gcs_taken_bytes(const struct gcs_rules *rules, uint64_t bytes)
{
    if (bytes == 0)
        return 0;
    if (rules->mimalloc)
        return mimalloc_block(bytes);
    if (bytes <= SMALL_REQUEST_MAX)
        return (bytes + rules->alignment - 1) / rules->alignment * rules->alignment;
    return (bytes + MALLOC_OWN + MALLOC_STEP - 1) / MALLOC_STEP * MALLOC_STEP;
}

bool gcs_is_gc_type(const struct gcs_rules *rules, const struct gcs_type *type)
{
    if (type->kind == GCS_KIND_ATOMIC)
        return false;
    if (type->kind != GCS_KIND_INSTANCE)
        return true;
    return rules->slotless_is_gc || type->slots > 0 || type->dict || type->weakrefable;
}

static void add(struct gcs_blocks *blocks, uint64_t bytes)
{
    if (bytes)
        blocks->bytes[blocks->count++] = bytes;
}

/* What comes on top of an object's own fields. */
static uint64_t header_bytes(const struct gcs_rules *rules, bool gc)
{
    return rules->mimalloc ? LONGER_HEADER : gc ? rules->gc_header : 0u;
}

/* Keys that a table of 2^k slots has room for: two thirds. */
static uint64_t usable(uint64_t slots)
{
    return slots * 2 / 3;
}

/* The smallest table that has room for so many keys. */
static uint64_t table_slots(uint64_t keys)
{
    uint64_t slots = 8;
    while (usable(slots) < keys)
        slots *= 2;
    return slots;
}

/* A dict's table of so many slots, with string keys. */
static uint64_t dict_table(const struct gcs_rules *rules, uint64_t slots)
{
    uint64_t index = slots <= 128 ? 1 : slots <= 32768 ? 2 : 4;
    if (rules->minor <= 10) /* an entry keeps its hash */
        return 40 + slots * index + 24 * usable(slots);
    return 32 + slots * index + 16 * usable(slots);
}

/* The table of a dict that grew by insertion. Up to 3.7 an empty one has a table too. */
static uint64_t grown_table(const struct gcs_rules *rules, uint32_t keys)
{
    return keys || rules->minor <= 7 ? dict_table(rules, table_slots(keys)) : 0;
}

/* The values of a dict whose keys are its class's: those of instances, up to 3.10. */
static uint64_t split_values(uint32_t attributes)
{
    return attributes ? WORD * usable(table_slots(attributes)) : 0;
}

/* So many attributes can share their keys with the class (3.11 on; SHARED_KEYS_MAX_SIZE). */
static uint32_t shared_keys_max(const struct gcs_rules *rules)
{
    return rules->minor <= 13 ? 29 : 30;
}

/* From 3.11 on there is a place for one attribute more than the class knows of. A byte a place
 * stands before them for the order of insertion: behind two others, padded, up to 3.12, behind
 * a word of its own from 3.13 on. */
static uint64_t inline_values(const struct gcs_rules *rules, uint32_t attributes)
{
    uint64_t room = (uint64_t)attributes + 1;
    if (rules->minor >= 13 && room > shared_keys_max(rules))
        room = shared_keys_max(rules);
    uint64_t own = rules->minor <= 12 ? 2 : WORD;
    return (own + room + WORD - 1) / WORD * WORD + WORD * room;
}

/* Too many attributes: a dict of its own. It was converted as a full one is made larger, with
 * slots for three times its keys (GROWTH_RATE). */
static void add_own_dict(const struct gcs_rules *rules, uint32_t attributes,
                         struct gcs_blocks *blocks)
{
    uint64_t slots = 8;
    while (slots < 3 * shared_keys_max(rules))
        slots *= 2;
    while (usable(slots) < attributes)
        slots *= 2;
    add(blocks, rules->gc_header + 48u);
    add(blocks, dict_table(rules, slots));
}

static void dict_instance(const struct gcs_rules *rules, const struct gcs_type *type,
                          uint32_t attributes, struct gcs_blocks *blocks)
{
    uint64_t bytes = rules->gc_header + OBJECT;
    bool shared = attributes <= shared_keys_max(rules);
    if (rules->minor <= 10) { /* __dict__, whose dict is a companion, and __weakref__ */
        add(blocks, bytes + WORD + (type->weakrefable ? WORD : 0));
        return;
    }
    bytes += 2 * WORD; /* before the header; from 3.12 on the weak references are there */
    if (rules->minor == 11 && type->weakrefable)
        bytes += WORD;
    if (rules->minor >= 13)
        bytes += inline_values(rules, attributes);
    add(blocks, bytes);
    if (shared && rules->minor <= 12)
        add(blocks, inline_values(rules, attributes));
    if (!shared)
        add_own_dict(rules, attributes, blocks);
}

static uint64_t slots_instance(const struct gcs_rules *rules, const struct gcs_type *type,
                               uint32_t slots)
{
    uint64_t bytes = OBJECT + (uint64_t)WORD * slots;
    bytes += header_bytes(rules, gcs_is_gc_type(rules, type));
    if (type->weakrefable)
        bytes += rules->minor >= 12 ? 16 : 8; /* a pre-header of two words, or a slot */
    return bytes;
}

/* A set's table of 16-byte entries lies inside the object at first. It grows when three fifths
 * (two thirds, in 3.6) of all places but one are taken, to more than four times the members,
 * twice if they are many (setobject.c, set_add_entry and set_table_resize). */
static uint64_t set_table(const struct gcs_rules *rules, uint32_t members)
{
    uint64_t slots = 8;
    for (;;) {
        uint64_t mask = slots - 1;
        uint64_t full = rules->minor <= 6 ? (mask * 2 + 2) / 3 : (mask * 3 + 4) / 5;
        if (members < full)
            return slots == 8 ? 0 : 16 * slots;
        uint64_t wanted = full > 50000 ? full * 2 : full * 4;
        while (slots <= wanted)
            slots *= 2;
    }
}

static uint64_t function_bytes(unsigned minor)
{
    return minor <= 7    ? 112
           : minor <= 9  ? 120
           : minor == 10 ? 128
           : minor == 11 ? 136
           : minor <= 13 ? 144
                         : 152;
}

/* A frame's places on the stack, of a body that only yields or only calls something. */
static uint64_t stack_places(unsigned minor, enum gcs_kind kind)
{
    return minor <= 10 || (minor == 11 && kind != GCS_KIND_FRAME) ? 1 : 2;
}

/* A frame object; its locals and stack come behind. */
static uint64_t frame_bytes(unsigned minor)
{
    return minor <= 6    ? 384
           : minor <= 9  ? 368
           : minor == 10 ? 360
           : minor <= 12 ? 120
           : minor == 13 ? 136
                         : 152;
}

/* From 3.11 on the frame lies inside, up to 3.10 it is a companion. */
static uint64_t generator_bytes(unsigned minor, enum gcs_kind kind)
{
    bool origin = kind == GCS_KIND_COROUTINE; /* cr_origin_or_finalizer came with 3.7 */
    if (minor <= 6)
        return 64;
    if (minor <= 10)
        return (minor <= 9 ? 96u : 88u) + (origin ? WORD : 0u);
    return minor == 11 ? 152 : minor <= 13 ? 144 : 152;
}

/* Fixed parts of built-in types, the collector's header not counted. */
static uint64_t builtin_bytes(const struct gcs_rules *rules, enum gcs_kind kind)
{
    unsigned minor = rules->minor;
    switch (kind) {
    case GCS_KIND_FUNCTION:
        return function_bytes(minor);
    case GCS_KIND_CELL:
        return 24;
    case GCS_KIND_GENERATOR:
    case GCS_KIND_COROUTINE:
        return generator_bytes(minor, kind);
    case GCS_KIND_FRAME:
        return frame_bytes(minor);
    case GCS_KIND_METHOD:
        return minor <= 7 ? 40 : 48;
    case GCS_KIND_CFUNCTION:
        return minor <= 7 ? 48 : 56;
    case GCS_KIND_SLICE:
        return 40;
    case GCS_KIND_ITERATOR:
        return 32;
    case GCS_KIND_WEAKREF:
        return rules->mimalloc ? 72 : minor <= 10 ? 56 : 64;
    case GCS_KIND_TUPLE:
        return minor <= 13 ? 24 : 32; /* its hash is kept from 3.14 on */
    case GCS_KIND_LIST:
        return 40;
    case GCS_KIND_DICT:
        return 48;
    case GCS_KIND_SET:
        return 200;
    case GCS_KIND_INSTANCE:
    case GCS_KIND_ATOMIC:
    case GCS_KIND_CONTAINER:
    case GCS_KIND_COUNT:
        break;
    }
    return OBJECT;
}

static void by_model(const struct gcs_rules *rules, const struct gcs_type *type, uint32_t slots,
                     struct gcs_blocks *blocks)
{
    uint64_t words = (uint64_t)WORD * slots;
    uint64_t stack = WORD * stack_places(rules->minor, type->kind);
    uint64_t fixed = rules->gc_header + builtin_bytes(rules, type->kind);
    switch (type->kind) {
    case GCS_KIND_INSTANCE:
        if (type->dict)
            dict_instance(rules, type, slots, blocks);
        else
            add(blocks, slots_instance(rules, type, slots));
        return;
    case GCS_KIND_ATOMIC:
        add(blocks, header_bytes(rules, false) + 24); /* a float, a small int */
        return;
    case GCS_KIND_LIST:
        add(blocks, fixed);
        add(blocks, rules->mimalloc && slots ? words + WORD : words); /* it knows its length */
        return;
    case GCS_KIND_DICT: /* flagged: the companion of an instance */
        add(blocks, fixed);
        add(blocks, type->dict ? split_values(slots) : grown_table(rules, slots));
        return;
    case GCS_KIND_SET:
        add(blocks, fixed);
        add(blocks, set_table(rules, slots));
        return;
    case GCS_KIND_GENERATOR:
    case GCS_KIND_COROUTINE:
        add(blocks, rules->minor <= 10 ? fixed : fixed + words + stack);
        return;
    case GCS_KIND_FRAME:
        add(blocks, fixed + words + stack);
        return;
    case GCS_KIND_TUPLE:
    case GCS_KIND_CONTAINER:
        add(blocks, fixed + words);
        return;
    case GCS_KIND_FUNCTION: /* their fixed fields are their slots */
    case GCS_KIND_CELL:
    case GCS_KIND_METHOD:
    case GCS_KIND_CFUNCTION:
    case GCS_KIND_SLICE:
    case GCS_KIND_ITERATOR:
    case GCS_KIND_WEAKREF:
    case GCS_KIND_COUNT:
        break;
    }
    add(blocks, fixed);
}

void gcs_object_blocks(const struct gcs_rules *rules, const struct gcs_type *type,
                       uint32_t slots, struct gcs_blocks *blocks)
{
    blocks->count = 0;
    if (type->bytes == GCS_BYTES_BY_MODEL && rules->python2) {
        uint64_t taken[2];
        python2_blocks(rules, type, slots, taken);
        add(blocks, taken[0]);
        add(blocks, taken[1]);
        return;
    }
    if (type->bytes == GCS_BYTES_BY_MODEL) {
        by_model(rules, type, slots, blocks);
        return;
    }
    uint64_t bytes = type->bytes + header_bytes(rules, gcs_is_gc_type(rules, type));
    uint64_t own = (uint64_t)WORD * slots, stated = (uint64_t)WORD * type->slots;
    if (own >= stated)
        bytes += own - stated;
    else
        bytes -= bytes < stated - own ? bytes : stated - own;
    add(blocks, bytes);
}

uint64_t gcs_object_bytes(const struct gcs_rules *rules, const struct gcs_type *type,
                          uint32_t slots)
{
    struct gcs_blocks blocks;
    uint64_t bytes = 0;
    gcs_object_blocks(rules, type, slots, &blocks);
    for (unsigned i = 0; i < blocks.count; i++)
        bytes += gcs_taken_bytes(rules, blocks.bytes[i]);
    return bytes;
}
