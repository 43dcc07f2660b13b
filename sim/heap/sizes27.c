/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The memory model of CPython 2.7, as sys.getsizeof tells: the blocks that objects ask for. */
#include "heap_private.h"

enum { WORD = 8, OBJECT = 16, INSIDE = 8, MANY = 50000, DICT_ENTRY = 24, SET_ENTRY = 16 };

/* Dicts and sets keep eight entries inside. What grew by insertion has a table that was made
 * four times as large, twice from 50,000 entries on, whenever it was two thirds full (CPython
 * 2.7, dictobject.c, PyDict_SetItem; setobject.c, set_add_key). */
static uint64_t table(uint32_t entries, uint64_t bytes)
{
    uint64_t slots = INSIDE;
    while (entries > slots * 2 / 3)
        slots *= slots * 2 / 3 < MANY ? 4 : 2;
    return slots > INSIDE ? slots * bytes : 0;
}

static uint64_t instance(const struct gcs_type *type, uint32_t slots)
{
    if (type->dict) /* the pointer; the dict is a companion */
        return OBJECT + WORD + (type->weakrefable ? WORD : 0);
    return OBJECT + (uint64_t)WORD * slots + (type->weakrefable ? WORD : 0);
}

/* Without the collector's header and tables. */
static uint64_t object(const struct gcs_type *type, uint32_t slots)
{
    switch (type->kind) {
    case GCS_KIND_INSTANCE:
        return instance(type, slots);
    case GCS_KIND_TUPLE:
        return OBJECT + WORD + (uint64_t)WORD * slots;
    case GCS_KIND_FRAME: /* of a small function */
        return 384 + (uint64_t)WORD * slots;
    case GCS_KIND_CONTAINER:
        return OBJECT + (uint64_t)WORD * slots;
    case GCS_KIND_LIST:
        return 40;
    case GCS_KIND_DICT:
        return 248;
    case GCS_KIND_SET:
        return 200;
    case GCS_KIND_FUNCTION:
        return 88;
    case GCS_KIND_GENERATOR:
    case GCS_KIND_COROUTINE: /* 2.7 has none but generators */
    case GCS_KIND_METHOD:
        return 48;
    case GCS_KIND_CFUNCTION:
    case GCS_KIND_SLICE:
        return 40;
    case GCS_KIND_ITERATOR:
        return 32;
    case GCS_KIND_WEAKREF:
        return 56;
    case GCS_KIND_CELL:
    case GCS_KIND_ATOMIC: /* an int, a float */
    case GCS_KIND_COUNT:
        break;
    }
    return 24;
}

/* The object first, then its table or 0. */
void python2_blocks(const struct gcs_rules *rules, const struct gcs_type *type, uint32_t slots,
                    uint64_t blocks[2])
{
    blocks[0] = object(type, slots) + (gcs_is_gc_type(rules, type) ? rules->gc_header : 0u);
    blocks[1] = type->kind == GCS_KIND_LIST   ? (uint64_t)WORD * slots
                : type->kind == GCS_KIND_DICT ? table(slots, DICT_ENTRY)
                : type->kind == GCS_KIND_SET  ? table(slots, SET_ENTRY)
                                              : 0;
}
