/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tuples of atoms, and of such tuples, in the baseline pass: the collector untracks them sooner
 * or later, in an order that depends on who holds them. Those that hold others are followed one
 * by one, and so is what they hold. Dicts up to 3.13 are alike.
 */
#include "baseline_private.h"

#include <string.h>

void singles_fini(struct pass *pass)
{
    gcs_memory_free(pass->memory, pass->watched, pass->watched_capacity, sizeof *pass->watched);
    gcs_memory_free(pass->memory, pass->watched_next, pass->watched_next_capacity,
                    sizeof *pass->watched_next);
}

/* What an object holds, as far as untracking goes. */
enum content {
    CONTENT_ATOMS,      /* nothing that the collector knows, as far as one can tell */
    CONTENT_FADING,     /* tracked tuples that it will untrack, too */
    CONTENT_CONTAINERS, /* others, too */
};

static enum content content_of(const struct pass *pass, const uint32_t *slots, uint32_t count)
{
    enum content content = CONTENT_ATOMS;
    for (uint32_t i = 0; i < count; i++) {
        const struct object *held = object_at(pass, slots[i]);
        if (slots[i] == NOBODY || !traits_of(pass, held)->gc)
            continue;
        unsigned variant = facts_of(pass, held)->variant;
        bool tracked = variant & VARIANT_TRACKED;
        if (traits_of(pass, held)->content != CONTENT_OF_TUPLE ||
            (tracked && !(variant & (VARIANT_ATOMS | VARIANT_SINGLE))))
            return CONTENT_CONTAINERS;
        if (tracked)
            content = CONTENT_FADING;
    }
    return content;
}

/* 3.14.1 on the test is the items' type: a tuple with an untracked tuple inside is tracked. */
static bool only_holds_atomic_types(const struct pass *pass, const uint32_t *slots,
                                    uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (slots[i] != NOBODY && traits_of(pass, object_at(pass, slots[i]))->gc)
            return false;
    return true;
}

/* Of a tuple or a lazily tracked dict that holds this. */
unsigned variant_at_birth(const struct pass *pass, const struct family *family,
                          const uint32_t *slots)
{
    uint32_t count = family->traits.slots;
    enum content content = content_of(pass, slots, count);
    if (content == CONTENT_CONTAINERS)
        return VARIANT_TRACKED;
    if (content == CONTENT_FADING)
        return VARIANT_TRACKED | VARIANT_SINGLE;
    if (family->traits.content == CONTENT_OF_DICT)
        return 0;
    if (pass->heap->rules->tuple_by_content && only_holds_atomic_types(pass, slots, count))
        return 0;
    return VARIANT_TRACKED | VARIANT_ATOMS;
}

static size_t watched_place(const struct pass *pass, uint32_t op)
{
    size_t mask = pass->watched_capacity - 1;
    size_t at = (size_t)(op * 0x9e3779b97f4a7c15u >> 32) & mask;
    while (pass->watched[at].child && pass->watched[at].op != op)
        at = (at + 1) & mask;
    return at;
}

static enum gcs_status grow_watched(struct pass *pass)
{
    struct watched *before = pass->watched, *grown = NULL;
    size_t had = pass->watched_capacity, capacity = 0;
    if (pass->watched_count * 2 < had)
        return GCS_OK;
    GCS_TRY(GCS_GROW(pass->memory, &grown, &capacity, had ? had * 2 : 64, pass->error));
    memset(grown, 0, capacity * sizeof *grown);
    pass->watched = grown;
    pass->watched_capacity = capacity;
    for (size_t i = 0; i < had; i++)
        if (before[i].child)
            grown[watched_place(pass, before[i].op)] = before[i];
    gcs_memory_free(pass->memory, before, had, sizeof *before);
    return GCS_OK;
}

/* Follows a child's references from now on. */
static enum gcs_status watch(struct pass *pass, struct object *object, uint32_t stamp)
{
    struct gcs_baseline *baseline = pass->baseline;
    size_t child = baseline->child_count;
    GCS_TRY(GCS_GROW(pass->memory, &baseline->children, &baseline->child_capacity, child + 1,
                     pass->error));
    GCS_TRY(GCS_GROW(pass->memory, &pass->watched_next, &pass->watched_next_capacity, child + 1,
                     pass->error));
    GCS_TRY(grow_watched(pass));
    struct watched *watched = &pass->watched[watched_place(pass, object->op)];
    pass->watched_count += watched->child == 0;
    pass->watched_next[child] = watched->child;
    baseline->children[child] = (struct gcs_child){
        .op = object->op,
        .rooted_until = object->roots ? GCS_NEVER : stamp,
        .sole_until = object->roots || object->refs == 1 ? GCS_NEVER : stamp,
        .single = facts_of(pass, object)->variant & VARIANT_SINGLE,
    };
    baseline->child_count++;
    *watched = (struct watched){object->op, (uint32_t)baseline->child_count};
    object->state |= STATE_WATCHED;
    return GCS_OK;
}

/* An object that an event named, or that took a reference in it. */
void look_at(struct pass *pass, gcs_handle handle, uint32_t stamp)
{
    const struct object *object = object_at(pass, handle);
    if (handle == NOBODY || !(object->state & STATE_WATCHED))
        return;
    uint32_t i = pass->watched[watched_place(pass, object->op)].child;
    for (; i; i = pass->watched_next[i - 1]) {
        struct gcs_child *child = &pass->baseline->children[i - 1];
        if (child->rooted_until == GCS_NEVER) {
            if (object->roots)
                continue;
            child->rooted_until = stamp;
            if (object->refs > 1)
                child->sole_until = stamp;
        } else if (child->sole_until == GCS_NEVER && (object->roots || object->refs > 1)) {
            child->sole_until = stamp;
        }
    }
}

/* The object of that kind has just been born. */
bool add_single(struct pass *pass, gcs_handle handle, uint16_t kind)
{
    struct gcs_baseline *baseline = pass->baseline;
    struct object *object = object_at(pass, handle);
    uint32_t *slots = slots_behind(object);
    struct gcs_single single = {
        .op = object->op,
        .end = GCS_NEVER,
        .kind = kind,
        .held_from = GCS_NEVER,
        .first_child = (uint32_t)baseline->child_count,
        .dict = traits_of(pass, object)->content == CONTENT_OF_DICT,
    };
    for (uint32_t i = 0; i < facts_of(pass, object)->slots && pass->status == GCS_OK; i++) {
        struct object *held = object_at(pass, slots[i]);
        if (slots[i] != NOBODY && facts_of(pass, held)->variant & VARIANT_TRACKED) {
            pass->status = watch(pass, held, object->op);
            single.children++;
        }
    }
    if (pass->status == GCS_OK)
        pass->status = GCS_GROW(pass->memory, &baseline->singles, &baseline->single_capacity,
                                baseline->single_count + 1, pass->error);
    if (pass->status == GCS_OK)
        baseline->singles[baseline->single_count++] = single;
    return pass->status == GCS_OK;
}

static struct gcs_single *single_of(struct pass *pass, uint32_t op)
{
    return &pass->baseline->singles[gcs_baseline_single(pass->baseline, op)];
}

void end_single(struct pass *pass, uint32_t op, uint32_t end)
{
    single_of(pass, op)->end = end;
}

/* A tracked dict up to 3.13 is untracked by a full collection that finds only atoms in it. One
 * that is born with nothing but fading tuples is followed: until a container is stored in it,
 * and then for good. */
void check_dict(struct pass *pass, gcs_handle dict, uint32_t stamp)
{
    struct object *object = object_at(pass, dict);
    const struct kind_facts *facts = facts_of(pass, object);
    if (!(facts->variant & VARIANT_TRACKED))
        return;
    if (content_of(pass, slots_behind(object), facts->slots) != CONTENT_CONTAINERS)
        cannot(pass, "a tracked dict that holds no container for a while (up to 3.13)");
    else if (facts->variant & VARIANT_SINGLE) {
        struct gcs_single *single = single_of(pass, object->op);
        if (single->held_from == GCS_NEVER)
            single->held_from = stamp;
    }
}
