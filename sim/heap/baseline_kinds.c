/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kinds of objects, for the baseline pass. A shape with a number of slots belongs to a family,
 * with all that are alike to the pass; a family has a kind for each variant that is met.
 */
#include "baseline_private.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES_AT_FIRST = 256 };

static enum gcs_status add_kind(struct pass *pass, const struct gcs_object_kind *kind,
                                const struct kind_facts *facts)
{
    struct gcs_baseline *baseline = pass->baseline;
    size_t at = baseline->kind_count;
    GCS_TRY(GCS_GROW(pass->memory, &baseline->kinds, &baseline->kind_capacity, at + 1,
                     pass->error));
    GCS_TRY(GCS_GROW(pass->memory, &pass->facts, &pass->fact_capacity, at + 1, pass->error));
    baseline->kinds[at] = *kind;
    pass->facts[at] = *facts;
    baseline->kind_count++;
    return GCS_OK;
}

enum gcs_status kinds_init(struct pass *pass)
{
    size_t shapes = pass->heap->shape_count;
    GCS_TRY(GCS_GROW(pass->memory, &pass->latest, &pass->latest_capacity, shapes, pass->error));
    if (shapes) /* a trace without types has none */
        memset(pass->latest, 0, pass->latest_capacity * sizeof *pass->latest);
    GCS_TRY(GCS_GROW(pass->memory, &pass->places, &pass->place_capacity, PLACES_AT_FIRST,
                     pass->error));
    memset(pass->places, 0, pass->place_capacity * sizeof *pass->places);
    GCS_TRY(GCS_GROW(pass->memory, &pass->families, &pass->family_capacity, 1, pass->error));
    memset(pass->families, 0, sizeof *pass->families);
    pass->family_count = 1; /* family 0 is none */
    return add_kind(pass, &(struct gcs_object_kind){0}, &(struct kind_facts){0});
}

void kinds_fini(struct pass *pass)
{
    gcs_memory_free(pass->memory, pass->latest, pass->latest_capacity, sizeof *pass->latest);
    gcs_memory_free(pass->memory, pass->places, pass->place_capacity, sizeof *pass->places);
    gcs_memory_free(pass->memory, pass->families, pass->family_capacity,
                    sizeof *pass->families);
    gcs_memory_free(pass->memory, pass->facts, pass->fact_capacity, sizeof *pass->facts);
}

/* The code of the free list whose occupancy this is. */
static uint8_t list_code(struct pass *pass, const uint16_t *occupancy)
{
    struct gcs_baseline *baseline = pass->baseline;
    const struct gcs_rules *rules = pass->heap->rules;
    if (!occupancy)
        return 0;
    unsigned list = list_number(pass->heap, occupancy);
    if (!pass->codes[list] && baseline->list_count == GCS_LIST_CODES) {
        cannot(pass, "more than 31 free lists");
        return 0;
    }
    if (!pass->codes[list]) {
        unsigned code = pass->codes[list] = baseline->list_count++;
        baseline->list_capacity[code] = list_capacity(rules, list);
        baseline->list_emptied[code] = list >= GCS_FREE_LIST_COUNT || rules->emptied[list];
    }
    return pass->codes[list];
}

/* Whether no cycle of such objects can stay when those that have a tp_clear are cleared: it has
 * one, or is born complete. */
static bool is_complete(enum gcs_kind kind)
{
    return kind == GCS_KIND_TUPLE || kind == GCS_KIND_METHOD || kind == GCS_KIND_CFUNCTION ||
           kind == GCS_KIND_SLICE;
}

static enum content_rule content_rule_of(const struct gcs_rules *rules, enum gcs_kind kind)
{
    return kind == GCS_KIND_TUPLE                      ? CONTENT_OF_TUPLE
           : kind == GCS_KIND_DICT && rules->dict_lazy ? CONTENT_OF_DICT
                                                       : CONTENT_IRRELEVANT;
}

static struct traits make_traits(struct pass *pass, uint32_t number, uint32_t slots)
{
    struct gcs_heap *heap = pass->heap;
    const struct shape *shape = &heap->shapes[number];
    enum gcs_kind kind = (enum gcs_kind)shape->kind;
    bool usual = slots == shape->slots || shape->companion; /* it is the owner of one slot */
    uint64_t bytes = usual ? shape->bytes : gcs_object_bytes(heap->rules, shape->type, slots);
    GCS_ASSERT(bytes % GCS_BYTES_UNIT == 0);
    if (bytes / GCS_BYTES_UNIT >= GCS_NEVER)
        cannot(pass, "a heap of 32 GiB and more");
    uint16_t capacity;
    const uint16_t *taking = free_list_of(heap, shape, slots, false, &capacity);
    const uint16_t *serving = free_list_of(heap, shape, slots, true, &capacity);
    return (struct traits){
        .slots = slots,
        .references = slots + shape->visits_type,
        .bytes = (uint32_t)(bytes / GCS_BYTES_UNIT),
        .companion = slots ? shape->companion : 0,
        .list = shape->gc ? list_code(pass, taking) : 0,
        .content = (uint8_t)content_rule_of(heap->rules, kind),
        .gc = shape->gc,
        .hidden = number >= heap->trace->type_count,
        .unserved = shape->gc && taking && !serving,
        .complete = is_complete(kind),
        .clears = shape->has_clear || is_complete(kind),
        .finalizer = shape->finalizer != GCS_FINALIZER_NONE,
        .order = (uint8_t)dying_order(shape),
        .closing = (uint8_t)(shape->closes ? close_allocations(heap, shape) : 0),
        .closes = shape->closes,
    };
}

static bool same_traits(const struct traits *a, const struct traits *b)
{
    return a->slots == b->slots && a->references == b->references && a->bytes == b->bytes &&
           a->companion == b->companion && a->list == b->list && a->content == b->content &&
           a->gc == b->gc && a->hidden == b->hidden && a->unserved == b->unserved &&
           a->complete == b->complete && a->clears == b->clears &&
           a->finalizer == b->finalizer && a->order == b->order && a->closing == b->closing &&
           a->closes == b->closes;
}

/* 0: there is no room. */
static uint32_t family_of_traits(struct pass *pass, const struct traits *traits)
{
    for (size_t i = 1; i < pass->family_count; i++)
        if (same_traits(&pass->families[i].traits, traits))
            return (uint32_t)i;
    if (pass->family_count == GCS_OBJECT_KINDS) {
        cannot(pass, "more than 16,383 kinds of objects");
        return 0;
    }
    pass->status = GCS_GROW(pass->memory, &pass->families, &pass->family_capacity,
                            pass->family_count + 1, pass->error);
    if (pass->status != GCS_OK)
        return 0;
    uint32_t family = (uint32_t)pass->family_count++;
    pass->families[family] = (struct family){.traits = *traits};
    uint16_t plain = kind_make(pass, family, traits->gc ? VARIANT_TRACKED : 0);
    pass->families[family].plain = plain;
    return plain ? family : 0;
}

/* A kind for another variant; 0: there is no room. */
uint16_t kind_make(struct pass *pass, uint32_t family, unsigned variant)
{
    const struct traits *traits = &pass->families[family].traits;
    struct gcs_baseline *baseline = pass->baseline;
    bool tracked = variant & VARIANT_TRACKED;
    uint32_t rounded;
    struct gcs_object_kind kind = {
        .references = tracked ? traits->references : 0,
        .bytes = traits->bytes,
        .list = variant & VARIANT_UNSERVED ? 0 : traits->list,
        .gc = traits->gc,
        .tracked = tracked,
        .late = variant & VARIANT_LATE,
        .hidden = traits->hidden,
        .extra = variant & VARIANT_EXTRA,
        .atoms = variant & VARIANT_ATOMS,
        .single = variant & VARIANT_SINGLE,
    };
    struct kind_facts facts = {.slots = traits->slots,
                               .bytes = traits->bytes,
                               .family = (uint16_t)family,
                               .class = (uint8_t)block_class(traits->slots, &rounded),
                               .variant = (uint8_t)variant};
    static_assert(BLOCK_CLASSES <= UINT8_MAX, "a class fits");
    if (baseline->kind_count == GCS_OBJECT_KINDS) {
        cannot(pass, "more than 16,383 kinds of objects");
        return 0;
    }
    pass->status = add_kind(pass, &kind, &facts);
    if (pass->status != GCS_OK)
        return 0;
    pass->families[family].kinds[variant] = (uint16_t)(baseline->kind_count - 1);
    return (uint16_t)(baseline->kind_count - 1);
}

/* 0: there is no room. */
static uint16_t passing_kind(struct pass *pass, uint8_t list)
{
    const struct gcs_object_kind kind = {.list = list, .gc = true, .passing = true};
    struct gcs_baseline *baseline = pass->baseline;
    if (baseline->kind_count == GCS_OBJECT_KINDS) {
        cannot(pass, "more than 16,383 kinds of objects");
        return 0;
    }
    pass->status = add_kind(pass, &kind, &(struct kind_facts){0});
    return pass->status == GCS_OK ? (uint16_t)(baseline->kind_count - 1) : 0;
}

/* Tuples too long for a free list are alike. */
bool passing_make(struct pass *pass, uint32_t callbacks)
{
    static const struct shape tuple = {.kind = GCS_KIND_TUPLE, .gc = true};
    struct passing *passing = passing_of(pass, callbacks);
    uint16_t capacity;
    if (passing->freed)
        return true;
    uint32_t length = callbacks <= GCS_TUPLE_LENGTHS ? 2 * callbacks : NO_LIST;
    uint8_t taking =
        list_code(pass, free_list_of(pass->heap, &tuple, length, false, &capacity));
    bool served = free_list_of(pass->heap, &tuple, length, true, &capacity) != NULL;
    passing->born = passing_kind(pass, served ? taking : 0);
    passing->freed = served || !passing->born ? passing->born : passing_kind(pass, taking);
    return passing->freed != 0;
}

static size_t place_of(const struct pass *pass, uint32_t shape, uint32_t slots)
{
    size_t mask = pass->place_capacity - 1;
    uint64_t hash = ((uint64_t)shape << 32 | slots) * 0x9e3779b97f4a7c15u;
    size_t at = (size_t)(hash >> 32) & mask;
    while (pass->places[at].family &&
           (pass->places[at].shape != shape || pass->places[at].slots != slots))
        at = (at + 1) & mask;
    return at;
}

static bool grow_places(struct pass *pass)
{
    struct place *before = pass->places, *grown = NULL;
    size_t had = pass->place_capacity, capacity = 0;
    if (pass->place_count * 2 < had)
        return true;
    pass->status = GCS_GROW(pass->memory, &grown, &capacity, had * 2, pass->error);
    if (pass->status != GCS_OK)
        return false;
    memset(grown, 0, capacity * sizeof *grown);
    pass->places = grown;
    pass->place_capacity = capacity;
    for (size_t i = 0; i < had; i++)
        if (before[i].family)
            grown[place_of(pass, before[i].shape, before[i].slots)] = before[i];
    gcs_memory_free(pass->memory, before, had, sizeof *before);
    return true;
}

uint32_t family_find(struct pass *pass, uint32_t shape, uint32_t slots)
{
    if (!grow_places(pass))
        return 0;
    struct place *place = &pass->places[place_of(pass, shape, slots)];
    if (!place->family) {
        struct traits traits = make_traits(pass, shape, slots);
        uint32_t family = family_of_traits(pass, &traits);
        if (!family || (traits.closing && !passing_make(pass, NO_LIST)))
            return 0;
        pass->in_order |= traits.closing > 0;
        *place = (struct place){shape, slots, family};
        pass->place_count++;
    }
    const struct traits *traits = &pass->families[place->family].traits;
    bool as_usual = traits->content == CONTENT_IRRELEVANT && !traits->unserved &&
                    !traits->closing && !pass->heap->shapes[shape].companion;
    pass->latest[shape] = (struct known){slots, place->family, as_usual};
    return place->family;
}
